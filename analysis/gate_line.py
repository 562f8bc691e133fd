"""One gate sweep R(Vg): its leakage, and, with its partner in the other direction, the hysteresis of the gate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.completeness import cut_short
from analysis.curves import Curve, FloatArray
from analysis.errors import AnalysisError
from analysis.findings import Condition, Finding, Verdict
from analysis.statistics import aicc, noise_from_differences, weighted_least_squares
from analysis.steepness import thermal_load

#: Conditions that findings of a gate sweep carry on.
KEPT = ("temperature_K", "field_T", "orientation", "direction", "channel")
HYSTERESIS = "gate_hysteresis"
#: Fewest points of a sweep that is analysed, and fewest pairs of sweeps whose scatter is told.
FEWEST_POINTS, FEWEST_PAIRS = 8, 3
#: Bins on which up and down are compared; points each needs; highest degree of the polynomial that gives dR/dVg.
MOST_BINS, POINTS_PER_BIN, MOST_DEGREE = 60, 3, 16
#: What of dR/dVg is no constant and no change of temperature must be so many errors from zero to tell a shift.
LEAST_STEEPNESS = 10.0


#: Points, and the power, by which the bend of R(Vg) is told.
_AROUND, _QUARTIC = 9, 4


@dataclass(frozen=True, slots=True, eq=False)
class GateLine:
    """A sweep in order of the gate voltage: gate (n,) in V, resistance (n,) in ohm, and the error of one point.

    ``field_T`` is the size of the field; both it and the temperature are those asked for where there are such;
    ``measured_K`` is the mean temperature of the readings.
    """

    name: str
    conditions: dict[str, Condition]
    temperature_K: float
    field_T: float
    direction: str
    gate_V: FloatArray
    resistance_ohm: FloatArray
    noise_ohm: float
    complete: bool
    measured_K: float


def gate_line(curve: Curve) -> GateLine | str:
    """The sweep put in order; in words why it can be none."""
    gate = curve.columns.get("gate_V")
    if gate is None or gate.size < FEWEST_POINTS:
        return f"only {0 if gate is None else gate.size} points with a gate voltage, {FEWEST_POINTS} are needed"
    if not float(np.ptp(gate)) > 0:
        return "the gate voltage does not change"
    known = curve.info.conditions
    kept = {name: known[name] for name in KEPT if name in known}
    temperature = _number(known.get("temperature_K"), float(np.median(curve.temperature_K)))
    field = abs(_number(known.get("field_T"), float(np.median(curve.field_T))))
    kept = {"temperature_K": temperature, "field_T": field, **kept}
    order = np.argsort(gate, kind="stable")
    direction = str(known.get("direction", "up" if gate[-1] >= gate[0] else "down"))
    resistance = curve.resistance_ohm[order]
    noise = noise_from_differences(curve.resistance_ohm)
    return GateLine(
        curve.info.name,
        kept,
        temperature,
        field,
        direction,
        gate[order],
        resistance,
        noise,
        curve.complete,
        float(np.mean(curve.temperature_K)),
    )


def leakage_finding(curve: Curve) -> Finding:
    """``gate_leakage`` [A]: the largest absolute leakage current of a sweep, with the noise of one reading.

    A largest value out of n readings of pure noise is that of the noise, so that it is a bound; whether it is too
    large is for the limits of the station to say.
    """
    known = {name: value for name, value in curve.info.conditions.items() if name in KEPT}
    names, gate, leakage = (curve.info.name,), curve.columns.get("gate_V"), curve.columns.get("leakage_A")
    if leakage is None or gate is None or not leakage.size:
        reason = "no leakage was recorded"
        return Finding("gate_leakage", None, None, "A", Verdict.NOT_ENOUGH_DATA, reason, "", known, names)
    noise = noise_from_differences(leakage)
    largest = float(np.max(np.abs(leakage)))
    window = {"gate_V": (float(np.min(gate)), float(np.max(gate)))}
    at = float(gate[int(np.argmax(np.abs(leakage)))])
    reason = f"bound: nowhere more than {largest:.3g} A, which is at {at:.4g} V"
    if largest < 5.0 * noise:
        reason += f"; no more than the noise of {noise:.2g} A gives"
    method = f"largest of {leakage.size} readings"
    found = Finding("gate_leakage", largest, noise, "A", Verdict.GOOD, reason, method, known, names, window)
    return found if curve.complete else cut_short([found])[0]


def hysteresis_finding(up: GateLine, down: GateLine) -> Finding:
    """``gate_hysteresis`` [V]: by how much the sweep up lies at higher gate voltage than the sweep down at equal R.

    The shift d in R_up(V) = R_down(V - d) + c + k R (R_c - R), by least squares on a common grid weighted with
    dR/dVg (of a smooth polynomial through both). The constant takes up a resistance that has moved between the
    sweeps; the last term, with a ceiling R_c above all, a temperature that was not the same, which looks much like
    a shift. The errors are those of the scatter that remains.
    """
    conditions = {name: value for name, value in up.conditions.items() if name != "direction"}
    names, quantity = (up.name, down.name), HYSTERESIS

    def none(reason: str) -> Finding:
        return Finding(quantity, None, None, "V", Verdict.NOT_ENOUGH_DATA, reason, "", conditions, names)

    low, high = max(up.gate_V[0], down.gate_V[0]), min(up.gate_V[-1], down.gate_V[-1])
    shared = [int(np.count_nonzero((line.gate_V >= low) & (line.gate_V <= high))) for line in (up, down)]
    bins = min(MOST_BINS, min(shared) // POINTS_PER_BIN)
    if bins < FEWEST_POINTS:
        return none(f"sweeps up and down share only {min(shared)} points of gate voltage")
    centres, one, one_error = binned(up, low, high, bins)
    _, other, other_error = binned(down, low, high, bins)
    sigma = np.hypot(one_error, other_error)
    if not np.all(sigma > 0):
        sigma = np.full(bins, max(float(np.max(sigma)), 1e-9 * float(np.max(np.abs(one))), 1e-300))
    smooth = _smooth(centres, 0.5 * (one + other), 0.5 * sigma)
    slope, level = smooth.deriv()(centres), smooth(centres)
    largest = float(np.max(np.abs(level))) or 1.0
    warmer = thermal_load(level, largest) / largest
    beside = np.column_stack([np.ones(bins), warmer])
    own = slope - beside @ np.linalg.lstsq(beside / sigma[:, None], slope / sigma, rcond=None)[0]
    steepness = float(np.sqrt(np.sum((own * float(np.ptp(centres)) / sigma) ** 2) / bins))
    if steepness < LEAST_STEEPNESS:
        return none("the resistance hardly bends with the gate voltage here: a shift cannot be seen")
    try:
        line = weighted_least_squares(np.column_stack([-slope, beside]), one - other, sigma)
    except AnalysisError:
        return none("a shift in gate voltage cannot be told from a change of the resistance here")
    rest = (one - other - np.column_stack([-slope, beside]) @ line.coefficients) / sigma
    scatter = float(np.sqrt(max(1.0, line.chi2 / max(line.dof, 1)))) * _correlated(rest)
    shift, error = float(line.coefficients[0]), scatter * float(np.sqrt(line.covariance[0, 0]))
    reason = _none_or_not(shift, error)
    method = f"shift of R(Vg), {bins} common gate voltages"
    found = Finding(
        quantity, shift, error, "V", Verdict.GOOD, reason, method, conditions, names, {"gate_V": (low, high)}
    )
    return found if up.complete and down.complete else cut_short([found])[0]


def _correlated(rest: FloatArray) -> float:
    """By how much errors grow where residuals of neighbours are correlated: those of fewer independent points."""
    correlation = float(np.sum(rest[1:] * rest[:-1]) / max(float(np.sum(rest**2)), 1e-300))
    if correlation < 2.0 / np.sqrt(rest.size):
        return 1.0
    return float(np.sqrt((1.0 + correlation) / max(1.0 - correlation, 0.02)))


def pooled_hysteresis(pairs: Sequence[Finding], conditions: Mapping[str, Condition]) -> list[Finding]:
    """Hysteresis of pairs of sweeps, then ``gate_hysteresis`` [V] of all together, the weighted mean.

    Pairs that scatter beyond their errors have something in them that a pair does not show, such as a temperature
    that was not the same in both: the errors of all grow by that.
    """
    known = [f for f in pairs if f.value is not None and f.error]
    if len(known) < FEWEST_PAIRS:
        return list(pairs)
    values = np.array([f.value for f in known], dtype=float)
    errors = np.array([f.error for f in known], dtype=float)
    weights = errors**-2.0 / np.sum(errors**-2.0)
    value = float(np.sum(weights * values))
    growth = float(np.sqrt(max(1.0, np.sum(((values - value) / errors) ** 2) / (values.size - 1))))
    error = growth * float(np.sum(errors**-2.0) ** -0.5)
    told = f"pairs of sweeps scatter {growth:.2g} times their errors, which are enlarged by that"
    scattered = growth**2 > 1.0 + 3.0 * np.sqrt(2.0 / (values.size - 1))
    note = (told,) if scattered else ()
    widened = [
        replace(f, error=growth * f.error, reason=_none_or_not(f.value, growth * f.error, *note))
        if scattered and f.value is not None and f.error
        else f
        for f in pairs
    ]
    names = tuple(dict.fromkeys(name for f in known for name in f.curves))
    held = {"across": "curves", **conditions}
    method, reason = f"weighted mean of {values.size} pairs of sweeps", _none_or_not(value, error, *note)
    return [*widened, Finding(HYSTERESIS, value, error, "V", Verdict.GOOD, reason, method, held, names)]


def _none_or_not(value: float, error: float, *notes: str) -> str:
    said = "none within its error" if abs(value) < 2 * error else f"{abs(value) / error:.1f} errors from none"
    return "; ".join((said, *notes))


def _smooth(x: FloatArray, y: FloatArray, sigma: FloatArray) -> np.polynomial.Legendre:
    """The polynomial of the degree that Akaike's criterion prefers."""
    fits = []
    for degree in range(2, min(MOST_DEGREE, x.size // 2) + 1):
        fit = np.polynomial.Legendre.fit(x, y, degree, w=1.0 / sigma)
        chi2 = float(np.sum(((y - fit(x)) / sigma) ** 2))
        fits.append((aicc(chi2, x.size, degree + 1), degree, fit))
    return min(fits, key=lambda item: item[:2])[2]


def binned(line: GateLine, low: float, high: float, bins: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Centres (bins,), R there and its error: a line through a bin's points, less what their bend adds to it.

    The noise is that of differences in the neighbourhood, or of the whole line if that is more. A bin of fewer
    than three points gives the value interpolated between neighbours, with the error of one point.
    """
    edges = np.linspace(low, high, bins + 1)
    centres = 0.5 * (edges[1:] + edges[:-1])
    places = np.searchsorted(line.gate_V, edges)
    places[-1] = np.searchsorted(line.gate_V, high, side="right")
    first, last = places[:-1], places[1:]
    count = last - first
    inside = slice(int(places[0]), int(places[-1]))
    x, r = line.gate_V[inside], line.resistance_ohm[inside]
    owner = np.repeat(np.arange(bins), count)
    x = x - centres[owner]
    n, sx, sr, sxx, sxr = (np.bincount(owner, w, bins) for w in (np.ones_like(x), x, r, x * x, x * r))
    spread = sxx - sx**2 / np.maximum(n, 1)
    good = (count >= 3) & (spread > 1e-12 * np.maximum(sxx, 1e-300))
    here = _rolling_noise(line)[np.minimum((first + last) // 2, line.gate_V.size - 1)]
    safe, many = np.where(good, spread, 1.0), np.maximum(n, 1)
    slope = (sxr - sx * sr / many) / safe
    # what a straight line makes of the bend of R(Vg) over a bin, which the points around it tell
    reach = sxx / many - sx / many * (np.bincount(owner, x**3, bins) - sx / many * sxx) / safe
    bend, bend_error = _bends(line, centres, here)
    straight = (sr - slope * sx) / many - reach * bend
    values = np.where(good, straight, np.interp(centres, line.gate_V, line.resistance_ohm))
    own = here * np.sqrt(1.0 / many + (sx / many) ** 2 / safe)
    errors = np.where(good, np.hypot(own, reach * bend_error), here)
    return centres, values, errors


def _bends(line: GateLine, centres: FloatArray, noise: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Coefficient of the square in R(Vg) at each centre and its error: a quartic through the nearest points."""
    count = min(_AROUND, line.gate_V.size)
    bends, errors = np.zeros(centres.size), np.zeros(centres.size)
    if count <= _QUARTIC + 1:
        return bends, errors
    for index, centre in enumerate(centres):
        first = int(np.searchsorted(line.gate_V, centre)) - count // 2
        first = min(max(first, 0), line.gate_V.size - count)
        x = line.gate_V[first : first + count] - centre
        scale = float(np.max(np.abs(x)))
        design = np.vander(x / scale, _QUARTIC + 1, increasing=True)
        inverse = np.linalg.pinv(design)
        bends[index] = float(inverse[2] @ line.resistance_ohm[first : first + count]) / scale**2
        errors[index] = noise[index] * float(np.linalg.norm(inverse[2])) / scale**2
    return bends, errors


def _rolling_noise(line: GateLine) -> FloatArray:
    """Noise of a point along the line, from second differences of 41 neighbours, at least half of the line's."""
    count = line.resistance_ohm.size
    if count < 60:
        return np.full(count, line.noise_ohm)
    square = np.diff(line.resistance_ohm, 2) ** 2 / 6.0
    limit = np.percentile(square, 99)
    mean = np.convolve(np.pad(np.minimum(square, limit), 21, mode="reflect"), np.ones(41) / 41, mode="same")[20:-20]
    return np.maximum(np.sqrt(mean[:count]), 0.5 * line.noise_ohm)


def _number(condition: Condition | None, otherwise: float) -> float:
    return float(condition) if isinstance(condition, (int, float)) else otherwise

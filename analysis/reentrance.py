"""Re-entrant features: significant peaks of R(B), whether they move with gate or temperature, Tc minimum."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import find_peaks, savgol_filter

from analysis.curves import Curve, FloatArray
from analysis.errors import AnalysisError
from analysis.field_branches import Branch, Sweep, branches, sweeps
from analysis.field_sweep import Maker
from analysis.findings import Condition, Finding, Verdict
from analysis.statistics import SIGMA_PER_MAD, chi2_probability, weighted_least_squares

#: Savitzky-Golay window and order in which peaks are looked for, and the prominence they need in sigma of a point.
SMOOTHING, ORDER, PROMINENCE = 9, 2, 6.0
#: Fewest points of a branch; length of the stretch whose differences tell the noise there.
FEWEST_POINTS, STRETCH = 3 * SMOOTHING, 41
#: A point this many sigma, and this many ranges of its four neighbours, off their median is a spike.
SPIKE_SIGMAS, SPIKE_RANGES = 6.0, 2.0
#: The top of a peak that fixes its place: points above this share of its prominence; a parabola for few of them.
FEWEST_FOR_QUARTIC = 12
TOP_SHARES = (0.9, 0.8, 0.7, 0.6, 0.5)
#: A trend beyond so many errors, or a scatter less probable than this, says that peaks do not share one field.
TREND_SIGMAS, LEAST_PROBABILITY = 3.0, 1e-3
#: Peaks on both sides of zero field within so many errors of each other, or this share, are one.
SAME_SIGMAS, SAME_SHARE = 5.0, 0.15


@dataclass(frozen=True, slots=True)
class Peak:
    """A maximum of R(|B|): its field and error, its prominence in ohm and in sigma of one point, fields used."""

    field_T: float
    error_T: float
    prominence_ohm: float
    significance: float
    window_T: tuple[float, float]


def find_field_peaks(size_T: FloatArray, resistance_ohm: FloatArray) -> list[Peak] | str:
    """Peaks of one branch of R(|B|), rising in field; in words why there can be none.

    Looked for in the smoothed curve (Savitzky and Golay, Anal. Chem. 36, 1627 (1964); 9 points, second order),
    with a prominence of at least 6 sigma; sigma is the noise of one point from the median absolute deviation of
    differences, the larger of that of the whole branch and that near the peak. Single points far off their
    neighbours are spikes, and no peaks. Needs points in equal steps, as sweeps have them.
    """
    if size_T.size < FEWEST_POINTS:
        return f"only {size_T.size} points on this side of zero field; at least {FEWEST_POINTS} are needed"
    order = np.argsort(size_T, kind="stable")
    h, r = size_T[order], resistance_ohm[order]
    noise = _noise(np.diff(r))
    clean = _without_spikes(r, noise)
    smooth = np.asarray(savgol_filter(clean, SMOOTHING, ORDER), dtype=float)
    least = max(PROMINENCE * noise, 1e-9 * float(np.ptp(clean)))
    if least == 0:
        return "the resistance does not change in any digit: a channel that is not alive"
    places, found = find_peaks(smooth, prominence=least)
    means = np.convolve(np.pad(clean, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    real, real_found = find_peaks(means, prominence=0.5 * least)
    peaks = []
    for place, height in zip(places.tolist(), found["prominences"].tolist(), strict=True):
        near = slice(max(0, place - STRETCH // 2), place + STRETCH // 2 + 1)
        # the curve's own slope is no noise: second differences near the peak
        local = _noise(np.diff(clean[near], 2)) / np.sqrt(3.0)
        sigma = max(noise, local)
        # running means do not overshoot beside a step, as the smoothed curve does
        low, high = _extent(smooth, int(place), float(smooth[place]) - 0.5 * float(height))
        backed = real_found["prominences"][(real >= low) & (real < high)]
        if height < PROMINENCE * sigma or not np.any(backed > 0.5 * height):
            continue
        peak = _place(h, clean, smooth, int(place), float(height), local)
        peak = (
            None
            if peak is None
            else replace(peak, significance=float(height) / sigma if sigma > 0 else float("inf"))
        )
        if peak is not None:
            peaks.append(peak)
    return peaks


def peak_findings(curve: Curve) -> list[Finding]:
    """``resistance_peak_field`` of every significant peak; without one, a finding that says so.

    Sweeps through both signs of the field give half the distance of a peak's two places, from which a remanent
    field cancels.
    """
    maker = Maker(curve)
    parts = sweeps(curve.field_T, curve.resistance_ohm)
    quantity, unit = "resistance_peak_field", "T"
    if isinstance(parts, str):
        return [maker.none(quantity, unit, parts)]
    peaks: list[Peak] = []
    problems: list[str] = []
    for sweep in parts:
        found, problem = _of_sweep(sweep)
        peaks += [peak for peak in found if not any(_same(peak, other) for other in peaks)]
        problems += problem
    if not peaks:
        reason = (
            "; ".join(dict.fromkeys(problems)) or f"no peak of R(B) is {PROMINENCE:g} sigma above its surroundings"
        )
        return [maker.none(quantity, unit, reason)]
    method = f"maximum of R(B), Savitzky-Golay {SMOOTHING} points, local polynomial"
    return [
        maker.some(
            quantity,
            peak.field_T,
            float(np.hypot(peak.error_T, curve.info.field_accuracy * peak.field_T)),
            unit,
            [],
            method,
            peak.window_T,
            f"rises {peak.prominence_ohm:.3g} ohm, {peak.significance:.0f} sigma of a point, above its sides",
        )
        for peak in sorted(peaks, key=lambda peak: peak.field_T)
    ]


def _of_sweep(sweep: Sweep) -> tuple[list[Peak], list[str]]:
    sides: list[list[Peak]] = []
    problems: list[str] = []
    for branch in branches(sweep):
        found = _of_branch(branch)
        if isinstance(found, str):
            problems.append(found)
        else:
            sides.append(found)
    if len(sides) < 2:
        return (sides[0] if sides else []), problems
    left = list(sides[1])
    joined = []
    for peak in sides[0]:
        partner = next((other for other in left if _same(peak, other)), None)
        if partner is not None:
            left.remove(partner)
        joined.append(peak if partner is None else _both(peak, partner))
    return [*joined, *left], problems


def _of_branch(branch: Branch) -> list[Peak] | str:
    return find_field_peaks(branch.size_T, branch.resistance_ohm)


def _same(one: Peak, other: Peak) -> bool:
    distance = abs(one.field_T - other.field_T)
    return distance < max(SAME_SIGMAS * float(np.hypot(one.error_T, other.error_T)), SAME_SHARE * one.field_T)


def _both(one: Peak, other: Peak) -> Peak:
    error = 0.5 * float(np.hypot(one.error_T, other.error_T))
    window = min(one.window_T[0], other.window_T[0]), max(one.window_T[1], other.window_T[1])
    weaker = min(one, other, key=lambda peak: peak.significance)
    place = 0.5 * (one.field_T + other.field_T)
    return Peak(place, error, weaker.prominence_ohm, weaker.significance, window)


def _noise(differences: FloatArray) -> float:
    """Sigma of one point from first differences, by the median absolute deviation."""
    deviation = np.abs(differences - np.median(differences))
    return SIGMA_PER_MAD * float(np.median(deviation)) / float(np.sqrt(2.0))


def _without_spikes(r: FloatArray, noise: float) -> FloatArray:
    clean = r.copy()
    around = np.stack([r[:-4], r[1:-3], r[3:-1], r[4:]])
    middle = np.median(around, axis=0)
    off = np.abs(r[2:-2] - middle)
    spike = (off > SPIKE_SIGMAS * noise) & (off > SPIKE_RANGES * np.ptp(around, axis=0))
    clean[2:-2][spike] = middle[spike]
    return clean


def _place(
    h: FloatArray, clean: FloatArray, smooth: FloatArray, index: int, height: float, sigma: float
) -> Peak | None:
    """The maximum of a quartic through the top of the peak, the widest top that bends no more than a quartic.

    A polynomial of sixth order tells: what it moves the maximum by, beyond what noise allows, ends the widening,
    and is in the error where even the narrowest top bends.
    """
    best: Peak | None = None
    for share in TOP_SHARES:
        low, high = _extent(smooth, index, smooth[index] - (1.0 - share) * height)
        order = 4 if high - low >= FEWEST_FOR_QUARTIC else 2
        quoted = _maximum(h[low:high], clean[low:high], sigma, order)
        tested = _maximum(h[low:high], clean[low:high], sigma, order + 2)
        if quoted is None:
            continue
        place, error = quoted
        moved = 0.0 if tested is None else tested[0] - place
        excess = moved**2 - (0.0 if tested is None else max(tested[1] ** 2 - error**2, 0.0))
        if best is not None and (excess > 0 or best.error_T < error):
            break
        error = float(np.sqrt(error**2 + max(excess, 0.0)))
        window = (float(h[low]), float(h[high - 1]))
        best = Peak(place, error, height, 0.0, window)
        if excess > 0:
            break
    return best


def _extent(smooth: FloatArray, index: int, level: float) -> tuple[int, int]:
    below = np.flatnonzero(smooth < level)
    left, right = below[below < index], below[below > index]
    low = int(left[-1]) + 1 if left.size else 0
    high = int(right[0]) if right.size else smooth.size
    low, high = min(low, max(index - 4, 0)), max(high, min(index + 5, smooth.size))
    return low, high


def _maximum(h: FloatArray, r: FloatArray, sigma: float, order: int) -> tuple[float, float] | None:
    """Where the polynomial through these points peaks, and its error from their scatter or ``sigma``."""
    if np.unique(h).size < order + 3:
        return None
    centre, half = 0.5 * float(h[0] + h[-1]), 0.5 * float(h[-1] - h[0])
    x = (h - centre) / half
    design = np.vander(x, order + 1, increasing=True)
    try:
        fit = weighted_least_squares(design, r, np.ones_like(r))
    except AnalysisError:
        return None
    line = np.polynomial.Polynomial(fit.coefficients)
    slope, bend = line.deriv(), line.deriv(2)
    grid = np.linspace(-0.95, 0.95, 191)
    x0 = float(grid[int(np.argmax(line(grid)))])
    for _ in range(20):
        if not float(bend(x0)) < 0:
            return None
        move = -float(slope(x0)) / float(bend(x0))
        x0 = min(max(x0 + move, -1.0), 1.0)
        if abs(move) < 1e-10:
            break
    if abs(x0) >= 1.0:
        return None
    scatter = max(float(np.sqrt(fit.chi2 / max(fit.dof, 1))), sigma)
    # d x0 = -d slope(x0) / bend(x0)
    powers = np.arange(order + 1)
    gradient = -powers * x0 ** np.maximum(powers - 1, 0) / float(bend(x0))
    error = scatter * float(np.sqrt(gradient @ fit.covariance @ gradient)) * half
    step = 2 * half / (h.size - 1)
    return centre + x0 * half, float(np.hypot(error, 1e-3 * step))


# -- across curves -------------------------------------------------------------------------------------------


def common_peak(peaks: Sequence[Finding], conditions: dict[str, Condition] | None = None) -> list[Finding]:
    """Whether the peaks of several R(B) lines share one field: ``resistance_peak_field`` across, with its verdict.

    Weighted mean; MODEL_REJECTED where the fields have a trend in gate voltage or in temperature of more than
    3 errors, or scatter with a probability below 0.1 % (the error of the mean holds the scatter otherwise). Lines
    at one temperature and one gate voltage test nothing. Where temperature varies and the field does not, it is
    that of the minimum of Tc(B): ``tc_minimum_field``.
    """
    given: dict[str, Condition] = {"across": "curves", **(conditions or {})}
    known = [peak for peak in peaks if peak.value is not None and peak.error]
    names = tuple(dict.fromkeys(name for peak in known for name in peak.curves))
    quantity = "resistance_peak_field"
    if len(known) < 3:
        reason = f"{len(known)} peak(s); a test of independence needs 3"
        return [Finding(quantity, None, None, "T", Verdict.NOT_ENOUGH_DATA, reason, conditions=given, curves=names)]
    values = np.array([peak.value for peak in known], dtype=float)
    errors = np.array([peak.error for peak in known], dtype=float)
    flat = weighted_least_squares(np.ones((values.size, 1)), values, errors)
    mean, error = float(flat.coefficients[0]), float(np.sqrt(flat.covariance[0, 0]))
    told: list[str] = []
    against: list[str] = []
    varied = False
    for name, words, unit in (("gate_V", "gate voltage", "V"), ("temperature_K", "temperature", "K")):
        text, rejected = _trend(known, values, errors, name, words, unit)
        if text:
            varied = True
            (against if rejected else told).append(text)
    probability = chi2_probability(flat.chi2, flat.dof)
    chi2 = f"chi2 {flat.chi2:.3g} for {flat.dof} degrees of freedom"
    if probability < LEAST_PROBABILITY and not against:
        against.append(f"the fields scatter beyond their errors ({chi2})")
    window = {"field_T": (float(np.min(values)), float(np.max(values)))}
    method = f"weighted mean of {values.size} peaks"
    if against:
        reason = "; ".join([*against, *told])
        return [Finding(quantity, None, None, "T", Verdict.MODEL_REJECTED, reason, method, given, names, window)]
    error *= float(np.sqrt(max(1.0, flat.chi2 / max(flat.dof, 1))))
    doubts = [] if varied else ["neither gate voltage nor temperature differs between the lines"]
    doubtful = [peak for peak in known if peak.verdict is not Verdict.GOOD]
    doubts += ["some of the peaks are provisional"] if doubtful else []
    verdict = Verdict.PROVISIONAL if doubts else Verdict.GOOD
    reason = "; ".join([*doubts, *told, chi2])
    made = [Finding(quantity, mean, error, "T", verdict, reason, method, given, names, window)]
    if any("temperature" in text for text in told):
        method = f"R(B) peaks at one field at every temperature, that of the minimum of Tc(B); {method}"
        made.append(Finding("tc_minimum_field", mean, error, "T", verdict, reason, method, given, names, window))
    return made


def _trend(
    known: Sequence[Finding], values: FloatArray, errors: FloatArray, name: str, words: str, unit: str
) -> tuple[str, bool]:
    """What a straight line against a condition says, and whether it speaks against independence."""
    numbers = [peak.conditions.get(name) for peak in known]
    if not all(isinstance(number, (int, float)) for number in numbers):
        return "", False
    x = np.array(numbers, dtype=float)
    if np.unique(x).size < 2:
        return "", False
    line = weighted_least_squares(np.column_stack([np.ones_like(x), x - np.mean(x)]), values, errors)
    scatter = float(np.sqrt(max(1.0, line.chi2 / line.dof))) if line.dof > 0 else 1.0
    slope, error = float(line.coefficients[1]), float(np.sqrt(line.covariance[1, 1])) * scatter
    share = f"trend with {words} {slope:.2g} +- {error:.2g} T/{unit}"
    rejected = abs(slope) > TREND_SIGMAS * error
    return (f"the peak moves: {share}" if rejected else f"independent of {words}: {share}"), rejected


def tc_minimum(
    field_T: FloatArray, tc_K: FloatArray, error_K: FloatArray, conditions: dict[str, Condition] | None = None
) -> Finding:
    """``tc_minimum_field`` from Tc against field: the local minimum with a significant rise above it.

    The deepest local minimum whose rise on either side is at least 3 errors; place and error by a cubic through
    the five points around it (a parabola through fewer), with known errors of Tc. A Tc that only falls has none.
    """
    order = np.argsort(field_T, kind="stable")
    b, t, s = field_T[order], tc_K[order], error_K[order]
    given = dict(conditions or {})

    def none(reason: str) -> Finding:
        return Finding("tc_minimum_field", None, None, "T", Verdict.NOT_ENOUGH_DATA, reason, conditions=given)

    if b.size < 4 or not np.all(s > 0) or np.unique(b).size < b.size:
        return none(f"{b.size} fields with a Tc; a minimum needs 4 different ones with errors")
    best: tuple[float, int] | None = None
    for index in range(1, b.size - 1):
        left, right = int(np.argmax(t[:index])), index + 1 + int(np.argmax(t[index + 1 :]))
        rises = [(t[side] - t[index]) / float(np.hypot(s[side], s[index])) for side in (left, right)]
        if (
            min(rises) > TREND_SIGMAS
            and t[index] == np.min(t[left : right + 1])
            and (not best or rises[1] > best[0])
        ):
            best = (float(rises[1]), index)
    if best is None:
        return none("Tc falls with field throughout, within 3 errors: no minimum below a rise")
    index = best[1]
    around = slice(max(0, index - 2), min(b.size, index + 3))
    x = b[around] - b[index]
    found = _lowest(x, t[around], s[around])
    if found is None:
        return none(f"no parabola has its minimum near {b[index]:.4g} T")
    shift, own = found
    # a polynomial through few points knows the minimum no better than a part of their distance
    error = float(np.hypot(own, float(np.ptp(x)) / 12**0.5 / x.size))
    window = {"field_T": (float(b[around][0]), float(b[around][-1]))}
    method = "cubic through Tc(B) around its minimum" if x.size > 4 else "parabola through Tc(B) around its minimum"
    reason = f"Tc rises by {best[0]:.0f} errors above it"
    return Finding(
        "tc_minimum_field", float(b[index]) + shift, error, "T", Verdict.GOOD, reason, method, given, (), window
    )


def _lowest(x: FloatArray, y: FloatArray, sigma: FloatArray) -> tuple[float, float] | None:
    """Minimum and its error of the parabola through these points; of five and more, of the cubic beside it.

    A dip on a falling curve leans to one side, and the parabola's minimum with it.
    """
    quoted: tuple[float, float] | None = None
    for order in (2, 3) if x.size > 4 else (2,):
        powers = np.arange(order + 1)
        fit = weighted_least_squares(np.vander(x, order + 1, increasing=True), y, sigma)
        line = np.polynomial.Polynomial(fit.coefficients)
        slope, bend = line.deriv(), line.deriv(2)
        place = 0.0 if quoted is None else quoted[0]
        for _ in range(20):
            curvature = float(bend(place))
            if not curvature > 0:
                return quoted
            place -= float(slope(place)) / curvature
        if not float(x[0]) < place < float(x[-1]) or not float(bend(place)) > 0:
            return quoted
        # d place = -d slope(place) / bend(place)
        gradient = -powers * place ** np.maximum(powers - 1, 0) / float(bend(place))
        scatter = float(np.sqrt(max(1.0, fit.chi2 / max(fit.dof, 1)))) if fit.dof > 1 else 1.0
        quoted = place, scatter * float(np.sqrt(gradient @ fit.covariance @ gradient))
    return quoted

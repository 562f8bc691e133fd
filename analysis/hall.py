"""Hall coefficient and carrier density from R_xy(B), antisymmetrised against contact misalignment."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.curves import Curve, FloatArray
from analysis.errors import AnalysisError
from analysis.findings import Condition, Finding, Verdict
from analysis.models.hall import carrier_density, sheet_density
from analysis.normal_state import bin_means
from analysis.statistics import chi2_probability, noise_from_differences, weighted_least_squares

#: Fewest points with either sign of the field; most fields of the common grid.
FEWEST_POINTS, MOST_FIELDS = 8, 100
#: A cubic term must be this many errors from zero, and bend the line by this share at the largest field.
CURVED_SIGMAS, CURVED_SHARE = 3.0, 3e-3
#: A slope within so many errors of zero has no sign and no carriers.
LEAST_SIGMAS = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class OddPart:
    """[R(B) - R(-B)]/2 at fields |B| (T) with its standard error, all (n,)."""

    field_T: FloatArray
    resistance_ohm: FloatArray
    sigma_ohm: FloatArray


def antisymmetrise(field_T: FloatArray, resistance_ohm: FloatArray) -> OddPart | str:
    """The odd part of R(B) on a common |B| grid, from one sweep through zero or any number of sweeps.

    Points of either sign are averaged in the same intervals of |B|, and those of the negative side interpolated to
    the fields of the positive one, so that the even part of misaligned contacts cancels. In words why not.
    """
    if not (np.all(np.isfinite(field_T)) and np.all(np.isfinite(resistance_ohm))):
        return "the data hold values that are not finite"
    if field_T.size and float(np.ptp(resistance_ohm)) == 0:
        return "the resistance does not change in any digit: a channel that is not alive"
    plus, minus = field_T > 0, field_T < 0
    counts = int(np.count_nonzero(plus)), int(np.count_nonzero(minus))
    if min(counts) < FEWEST_POINTS:
        return f"{counts[0]} points at positive and {counts[1]} at negative field; both need {FEWEST_POINTS}"
    noise = noise_from_differences(resistance_ohm)
    fields = min(MOST_FIELDS, min(counts) // 2)
    up, up_sigma = _side(field_T[plus], resistance_ohm[plus], fields, noise)
    down, down_sigma = _side(-field_T[minus], resistance_ohm[minus], fields, noise)
    common = (up[0] >= down[0, 0] - 0.5 * (down[0, 1] - down[0, 0])) & (up[0] <= down[0, -1] * (1 + 1e-3))
    if np.count_nonzero(common) < 4:
        return "positive and negative fields hardly overlap in size"
    place = up[0, common]
    odd = 0.5 * (up[1, common] - _interpolate(place, down))
    return OddPart(place, odd, np.full(place.size, 0.5 * float(np.hypot(up_sigma, down_sigma))))


def hall_findings(curve: Curve, exclude_below_T: float | None = None) -> list[Finding]:
    """Hall coefficient (slope of the odd part), and what follows from it.

    ``carrier_density`` where the thickness is known, else also ``sheet_density``; ``mobility`` = |dR_xy/dB| / R_s
    where the sheet resistance is (condition ``sheet_resistance_ohm``). A line that is not straight is provisional:
    two bands, or another reason to bend; ``hall_slope_low_field`` and ``hall_slope_high_field`` are its slopes at
    zero and at the upper end of the window.
    Fields below ``exclude_below_T``, the upper critical field at this temperature, are left out: what remains of
    R_xy there is of vortices. The errors hold the scatter about the line and the relative accuracy of the field.
    """
    known = curve.info.conditions
    conditions = {name: known[name] for name in ("temperature_K", "orientation", "gate_V") if name in known}
    odd = antisymmetrise(curve.field_T, curve.resistance_ohm)
    if not isinstance(odd, str) and exclude_below_T is not None:
        odd = _above(curve, odd, exclude_below_T)
    if isinstance(odd, str):
        return [_none(curve, quantity, unit, odd, conditions) for quantity, unit in _QUANTITIES]
    try:
        line = _line(odd)
    except AnalysisError as problem:
        return [_none(curve, quantity, unit, str(problem), conditions) for quantity, unit in _QUANTITIES]
    slope, doubts = line.slope, line.doubts
    error = float(np.hypot(line.error, curve.info.field_accuracy * slope))
    certain = abs(slope) > LEAST_SIGMAS * error
    carriers = ("holes" if slope > 0 else "electrons") if certain else "sign not certain"
    if not certain:
        doubts.append("the slope is zero within its error")
    if not curve.complete:
        doubts.append("the curve is still being measured")

    def some(quantity: str, unit: str, value: float, its_error: float) -> Finding:
        return _some(curve, quantity, unit, value, its_error, doubts, carriers, odd, conditions)

    made = [some("hall_coefficient", "ohm/T", slope, error)]
    thickness, relative = curve.info.thickness_m, error / abs(slope) if slope else 0.0
    if thickness is not None and certain:
        density = carrier_density(slope, thickness)
        made.append(some("carrier_density", "1/m^3", density, density * relative))
    else:
        reason = (
            "the Hall slope is zero within its error" if thickness else "the thickness of the sample is not known"
        )
        made.append(_none(curve, *_QUANTITIES[1], reason, conditions))
    if thickness is None and certain:
        sheet = sheet_density(slope)
        made.append(some("sheet_density", "1/m^2", sheet, sheet * relative))
    if certain and (resistance := _sheet_resistance(curve)) is not None:
        size, its_error = resistance
        value = abs(slope) / size
        made.append(some("mobility", "m^2/Vs", value, value * float(np.hypot(relative, its_error / size))))
    for name, bent in line.bent.items():
        its_error = float(np.hypot(bent[1], curve.info.field_accuracy * bent[0]))
        made.append(some(f"hall_slope_{name}_field", "ohm/T", bent[0], its_error))
    return made


def _sheet_resistance(curve: Curve) -> tuple[float, float] | None:
    value, error = (curve.info.conditions.get(f"sheet_resistance_{name}") for name in ("ohm", "error_ohm"))
    if not isinstance(value, (int, float)) or not value > 0:
        return None
    return float(value), float(error) if isinstance(error, (int, float)) else 0.0


def _above(curve: Curve, odd: OddPart, field_T: float) -> OddPart | str:
    count = int(np.count_nonzero(odd.field_T > field_T))
    if count < FEWEST_POINTS:
        return f"only {count} fields are above Bc2 = {field_T:.4g} T; {FEWEST_POINTS} are needed"
    # anew, so that no interpolation reaches across Bc2
    keep = np.abs(curve.field_T) > field_T
    return antisymmetrise(curve.field_T[keep], curve.resistance_ohm[keep])


_QUANTITIES = (("hall_coefficient", "ohm/T"), ("carrier_density", "1/m^3"))


def _side(field: FloatArray, resistance: FloatArray, fields: int, noise: float) -> tuple[FloatArray, float]:
    """|B| and R over neighbours in |B|, (2, n), and the error of such an R.

    The mean of a bent line lies off the line at the mean field; half the curvature times the spread of the fields
    is taken off.
    """
    order = np.argsort(field, kind="stable")
    x, y = bin_means(field[order], fields), bin_means(resistance[order], fields)
    spread = np.maximum(bin_means(field[order] ** 2, fields) - x**2, 0.0)
    keep = np.append(True, np.diff(x) > 0)
    x, y, spread = x[keep], y[keep], spread[keep]
    if x.size > 2:
        slope = np.diff(y) / np.diff(x)
        bend = 2 * np.diff(slope) / (x[2:] - x[:-2])
        y = y - 0.5 * spread * np.pad(bend, 1, mode="edge")
    return np.stack([x, y]), noise / float(np.sqrt(field.size / fields))


def _interpolate(place: FloatArray, side: FloatArray) -> FloatArray:
    """Cubic through the four nearest, and continued in a straight line by half an interval at the ends."""
    x, y = side
    index = np.clip(np.searchsorted(x, place), 1, x.size - 1)
    slope = (y[index] - y[index - 1]) / (x[index] - x[index - 1])
    line = y[index - 1] + slope * (place - x[index - 1])
    if x.size < 4:
        return np.asarray(line)
    four = np.clip(index - 2, 0, x.size - 4)[:, None] + np.arange(4)
    nodes = x[four]
    cubic = np.zeros(place.size)
    for k in range(4):
        others = [other for other in range(4) if other != k]
        weight = np.prod([(place - nodes[:, o]) / (nodes[:, k] - nodes[:, o]) for o in others], axis=0)
        cubic += weight * y[four[:, k]]
    return np.where((place < x[0]) | (place > x[-1]), line, cubic)


@dataclass(frozen=True, slots=True)
class _Line:
    """Slope through the origin, its error, doubts, and the slopes (with errors) at low and high field if bent."""

    slope: float
    error: float
    doubts: list[str]
    bent: Mapping[str, tuple[float, float]]


def _line(odd: OddPart) -> _Line:
    x, sigma = odd.field_T, np.maximum(odd.sigma_ohm, 1e-12 * float(np.max(np.abs(odd.resistance_ohm))))
    straight = weighted_least_squares(x[:, None], odd.resistance_ohm, sigma)
    cubic = weighted_least_squares(np.column_stack([x, x**3]), odd.resistance_ohm, sigma)
    scatter = float(np.sqrt(max(1.0, cubic.chi2 / max(cubic.dof, 1))))
    slope, error = float(straight.coefficients[0]), float(np.sqrt(straight.covariance[0, 0])) * scatter
    bend, bend_error = float(cubic.coefficients[1]), float(np.sqrt(cubic.covariance[1, 1])) * scatter
    doubts: list[str] = []
    bent: Mapping[str, tuple[float, float]] = {}
    share = abs(bend) * float(np.max(x)) ** 2
    if abs(bend) > CURVED_SIGMAS * bend_error and share > CURVED_SHARE * abs(slope):
        bent = _end_slopes(odd, sigma)
        low, high = bent["low"][0], bent["high"][0]
        doubts.append(f"R_xy is not straight: slope {low:.4g} ohm/T at low and {high:.4g} ohm/T at high field")
    elif chi2_probability(cubic.chi2, cubic.dof) < 1e-4:
        doubts.append("R_xy scatters about the line more than its noise explains; the error allows for it")
    return _Line(slope, error, doubts, bent)


def _end_slopes(odd: OddPart, sigma: FloatArray) -> dict[str, tuple[float, float]]:
    """Slopes with errors at zero and at the largest field of R = B (a + b B^2)/(1 + d B^2).

    This is the form of two bands (:func:`analysis.models.hall.two_band_resistance`), and with d = 0 a cubic.
    Linear least squares, weighted by the denominator, then Gauss-Newton; errors from the scatter.
    """
    top, x = float(np.max(odd.field_T)), odd.field_T / float(np.max(odd.field_T))
    y = odd.resistance_ohm
    a, b, d = 0.0, 0.0, 0.0
    for _ in range(4):
        linear = weighted_least_squares(np.column_stack([x, x**3, -y * x**2]), y, sigma * (1 + d * x * x))
        a, b, d = (float(c) for c in linear.coefficients)
        d = max(d, -0.9)
    for _ in range(8):
        below = 1 + d * x * x
        shape = x * (a + b * x * x) / below
        step = weighted_least_squares(np.column_stack([x, x**3, -shape * x * x]) / below[:, None], y - shape, sigma)
        a, b, d = a + float(step.coefficients[0]), b + float(step.coefficients[1]), d + float(step.coefficients[2])
        d = max(d, -0.9)
    scatter = float(np.sqrt(max(1.0, step.chi2 / max(step.dof, 1))))
    # dR/dx at 1 is [(a + 3 b)(1 + d) - 2 d (a + b)]/(1 + d)^2
    above, below_1 = (a + 3 * b) * (1 + d) - 2 * d * (a + b), 1 + d
    by_d = ((a + 3 * b) - 2 * (a + b)) / below_1**2 - 2 * above / below_1**3
    gradients = {
        "low": (a, np.array([1.0, 0.0, 0.0])),
        "high": (above / below_1**2, np.array([(1 - d) / below_1**2, (3 + d) / below_1**2, by_d])),
    }
    return {
        name: (value / top, scatter * float(np.sqrt(gradient @ step.covariance @ gradient)) / top)
        for name, (value, gradient) in gradients.items()
    }


def _some(
    curve: Curve,
    quantity: str,
    unit: str,
    value: float,
    error: float,
    doubts: list[str],
    carriers: str,
    odd: OddPart,
    conditions: Mapping[str, Condition],
) -> Finding:
    verdict = Verdict.PROVISIONAL if doubts else Verdict.GOOD
    method = f"slope of the odd part of R_xy; {carriers}"
    window = {"field_T": (float(odd.field_T[0]), float(odd.field_T[-1]))}
    names = (curve.info.name,)
    return Finding(quantity, value, error, unit, verdict, "; ".join(doubts), method, conditions, names, window)


def _none(curve: Curve, quantity: str, unit: str, reason: str, conditions: Mapping[str, Condition]) -> Finding:
    if not curve.complete:
        reason = f"{reason}; the curve is still being measured"
    names = (curve.info.name,)
    return Finding(quantity, None, None, unit, Verdict.NOT_ENOUGH_DATA, reason, conditions=conditions, curves=names)

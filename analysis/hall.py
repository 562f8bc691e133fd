"""Hall coefficient and carrier density from R_xy(B), antisymmetrised against contact misalignment."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.curves import Curve, FloatArray
from analysis.errors import AnalysisError
from analysis.findings import Condition, Finding, Verdict
from analysis.models.hall import carrier_density
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


def hall_findings(curve: Curve) -> list[Finding]:
    """Hall coefficient (slope of the odd part) and, where the thickness is known, the carrier density.

    The error holds the scatter about the line and the relative accuracy of the field. A line that is not straight
    is provisional: its low-field and high-field slopes are in the reason.
    """
    known = curve.info.conditions
    conditions = {name: known[name] for name in ("temperature_K", "orientation") if name in known}
    odd = antisymmetrise(curve.field_T, curve.resistance_ohm)
    if isinstance(odd, str):
        return [_none(curve, quantity, unit, odd, conditions) for quantity, unit in _QUANTITIES]
    try:
        slope, error, doubts = _line(odd)
    except AnalysisError as problem:
        return [_none(curve, quantity, unit, str(problem), conditions) for quantity, unit in _QUANTITIES]
    error = float(np.hypot(error, curve.info.field_accuracy * slope))
    certain = abs(slope) > LEAST_SIGMAS * error
    carriers = ("holes" if slope > 0 else "electrons") if certain else "sign not certain"
    if not certain:
        doubts.append("the slope is zero within its error")
    if not curve.complete:
        doubts.append("the curve is still being measured")
    made = [_some(curve, "hall_coefficient", "ohm/T", slope, error, doubts, carriers, odd, conditions)]
    thickness = curve.info.thickness_m
    if thickness is None:
        made.append(_none(curve, *_QUANTITIES[1], "the thickness of the sample is not known", conditions))
    elif not certain:
        made.append(_none(curve, *_QUANTITIES[1], "the Hall slope is zero within its error", conditions))
    else:
        density = carrier_density(slope, thickness)
        relative = error / abs(slope)
        made.append(
            _some(curve, "carrier_density", "1/m^3", density, density * relative, doubts, carriers, odd, conditions)
        )
    return made


_QUANTITIES = (("hall_coefficient", "ohm/T"), ("carrier_density", "1/m^3"))


def _side(field: FloatArray, resistance: FloatArray, fields: int, noise: float) -> tuple[FloatArray, float]:
    """Means of |B| and R over neighbours in |B|, (2, n), and the error of a mean of R."""
    order = np.argsort(field, kind="stable")
    means = np.stack([bin_means(field[order], fields), bin_means(resistance[order], fields)])
    keep = np.append(True, np.diff(means[0]) > 0)
    return means[:, keep], noise / float(np.sqrt(field.size / fields))


def _interpolate(place: FloatArray, side: FloatArray) -> FloatArray:
    """Linear between means, and continued by half an interval at the ends."""
    x, y = side
    index = np.clip(np.searchsorted(x, place), 1, x.size - 1)
    slope = (y[index] - y[index - 1]) / (x[index] - x[index - 1])
    return np.asarray(y[index - 1] + slope * (place - x[index - 1]))


def _line(odd: OddPart) -> tuple[float, float, list[str]]:
    """Slope through the origin, its error, and what speaks against a straight line."""
    x, sigma = odd.field_T, np.maximum(odd.sigma_ohm, 1e-12 * float(np.max(np.abs(odd.resistance_ohm))))
    straight = weighted_least_squares(x[:, None], odd.resistance_ohm, sigma)
    cubic = weighted_least_squares(np.column_stack([x, x**3]), odd.resistance_ohm, sigma)
    scatter = float(np.sqrt(max(1.0, cubic.chi2 / max(cubic.dof, 1))))
    slope, error = float(straight.coefficients[0]), float(np.sqrt(straight.covariance[0, 0])) * scatter
    bend, bend_error = float(cubic.coefficients[1]), float(np.sqrt(cubic.covariance[1, 1])) * scatter
    doubts = []
    share = abs(bend) * float(np.max(x)) ** 2
    if abs(bend) > CURVED_SIGMAS * bend_error and share > CURVED_SHARE * abs(slope):
        low = float(cubic.coefficients[0])
        high = low + 3 * bend * float(np.max(x)) ** 2
        doubts.append(f"R_xy is not straight: slope {low:.4g} ohm/T at low and {high:.4g} ohm/T at high field")
    elif chi2_probability(cubic.chi2, cubic.dof) < 1e-4:
        doubts.append("R_xy scatters about the line more than its noise explains; the error allows for it")
    return slope, error, doubts


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

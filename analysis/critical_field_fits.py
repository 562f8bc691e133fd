"""Fits of the upper critical field against temperature, as findings: Bc2(0) by every law that describes the points.

Laws: WHH with everything free, with the Maki parameter tied to the slope (one parameter fewer), and without spin
effects; Ginzburg-Landau (linear), two-fluid and parabolic shapes; and the simple estimate 0.693 Tc |dHc2/dT|. Every
verdict stands by itself: a law is rejected if its chi2 is improbable, or if another law that fits is better in chi2
and in AICc by more than chance. Errors come from the known errors of the points, never from their scatter. Where
the shape is free, value and error are middle and half of the interval of the profile, so that value +- error is it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from analysis.errors import AnalysisError
from analysis.findings import Condition, Finding, Verdict
from analysis.models.bcs import pauli_field
from analysis.models.ginzburg_landau import coherence_length
from analysis.models.whh import MAKI_PER_SLOPE_K_PER_T, ORBITAL_RATIO, turning_point
from analysis.upper_field.choice import FAMILY, allowed, ambiguity, comparison, disagreement, rivals, why_rejected
from analysis.upper_field.context import COMMON, ORBITAL_SLOPE, QUANTITIES, Context
from analysis.upper_field.fit import CriticalFieldPoints, LawFit, fit_law
from analysis.upper_field.models import GL, LAWS, PARABOLIC, TWO_FLUID, WHH, WHH_ORBITAL, WHH_SLOPE, Quantity
from analysis.upper_field.profile import (
    ONE_SIDED,
    better,
    parameter_bound,
    profile_end,
    profile_interval,
    significance,
)
from analysis.upper_field.slope import FEWEST as FEWEST_WARM
from analysis.upper_field.slope import UPWARD, SlopeAtTc, slope_at_tc, warm_points
from analysis.upper_field.solver import HOPELESS

FloatArray = npt.NDArray[np.float64]

__all__ = [
    "FEWEST_POINTS",
    "GL",
    "ORBITAL_SLOPE",
    "PARABOLIC",
    "TWO_FLUID",
    "WHH",
    "WHH_ORBITAL",
    "WHH_SLOPE",
    "CriticalFieldPoints",
    "critical_field_fit_findings",
    "fit_laws",
    "points_findings",
]

FEWEST_POINTS = 5
#: Standard deviations from zero from which on a number is given. Without spin effects there is no Maki parameter.
#: Where there are, spin-orbit scattering has a number as soon as its interval is closed: to ask for more would
#: choose the sets where it came out too large.
DETERMINED = {"maki_square": 2.0, "spin_orbit": 1.0}
#: An open parameter this far from zero has no upper bound worth telling, but perhaps a lower one.
FAR_FROM_ZERO = 2.0
#: An interval whose sides differ by more than this cannot be told by one error.
LOPSIDED = 2.0
#: Bc2(0) is a measured number rather than an extrapolation if the coldest point is below this share of Tc.
COLD_ENOUGH = 0.3


def critical_field_fit_findings(
    hc2: Sequence[Finding], tc: Finding | None, complete: bool, temperature_offset_K: float = 0.0
) -> list[Finding]:
    """Everything that the points Hc2(T) of one orientation and criterion say about the whole boundary.

    ``hc2``: findings "Hc2" with ``temperature_K`` among their conditions, their errors in T with that of the
    temperature in them; ``tc``: the critical temperature in zero field by the same criterion;
    ``temperature_offset_K``: standard error of the offset that all temperatures share, not in those of hc2. While
    curves are missing (``complete`` false) intervals are those of the curvature at the minimum, and all numbers
    provisional.

    Raises:
        AnalysisError: the points are of several orientations or criteria, or one has no temperature or field.
    """
    used = [one for one in hc2 if one.value and one.error and "temperature_K" in one.conditions]
    used.sort(key=lambda one: float(one.conditions["temperature_K"]))
    bases = [{k: v for k, v in one.conditions.items() if k != "temperature_K"} for one in used]
    if any(base != bases[0] for base in bases):
        raise AnalysisError("points of several orientations or criteria cannot be fitted together")
    distinct = len({one.conditions["temperature_K"] for one in used})
    if distinct < FEWEST_POINTS:
        reason = f"points Hc2(T) at {distinct} temperatures, need {FEWEST_POINTS}"
        context = Context(bases[0] if bases else {}, tuple(c for one in used for c in one.curves), {}, (), False)
        return [context.empty("", "Bc2_0", "T", Verdict.NOT_ENOUGH_DATA, reason)]
    known = tc if tc is not None and tc.value is not None and tc.error is not None else None
    points = CriticalFieldPoints(
        np.array([float(one.conditions["temperature_K"]) for one in used]),
        np.array([float(one.value or 0.0) for one in used]),
        np.array([float(one.error or 0.0) for one in used]),
        np.zeros(len(used)),
        None if known is None else known.value,
        0.0 if known is None or known.error is None else known.error,
        temperature_offset_K,
    )
    doubts = [] if complete else ["more points may still come"]
    shaky = sum(one.verdict is not Verdict.GOOD for one in used)
    if shaky and complete:
        doubts.append(f"{shaky} of {len(used)} points are provisional")
    if any("extrapolat" in one.reason or "extrapolat" in one.method for one in used):
        doubts.append("points rest on an extrapolated normal state")
    curves = tuple(dict.fromkeys(name for one in used for name in one.curves))
    return points_findings(points, bases[0], curves, tuple(doubts), complete)


def points_findings(
    points: CriticalFieldPoints,
    conditions: dict[str, Condition],
    curves: tuple[str, ...] = (),
    doubts: tuple[str, ...] = (),
    exact: bool = True,
) -> list[Finding]:
    """The same for bare arrays. ``exact`` False: no profiles, linear errors.

    Raises:
        AnalysisError: points at fewer than five temperatures.
    """
    distinct = int(np.unique(points.temperature_K).size)
    if distinct < FEWEST_POINTS:
        raise AnalysisError(f"points Hc2(T) at {distinct} temperatures, need {FEWEST_POINTS}")
    window = {
        "temperature_K": (float(np.min(points.temperature_K)), float(np.max(points.temperature_K))),
        "field_T": (float(np.min(points.field_T)), float(np.max(points.field_T))),
    }
    context = Context(conditions, curves, window, doubts, exact)
    fits = fit_laws(points)
    fitting = allowed(fits)
    findings: list[Finding] = []
    for law in LAWS:
        fit = next((one for one in fits if one.law.name == law.name), None)
        if fit is None:
            reason = f"{points.temperature_K.size} points are too few for {len(law.parameters)} parameters"
            findings += context.all_empty(law.name, Verdict.NOT_ENOUGH_DATA, reason)
        elif fit not in fitting:
            findings += context.all_empty(law.name, Verdict.MODEL_REJECTED, why_rejected(fit, fits))
        else:
            findings += _with_numbers(context, fit, fitting)
    return findings + _orbital_slope(context, points, fitting)


def fit_laws(points: CriticalFieldPoints) -> list[LawFit]:
    """Every law with data to spare, in the order of the findings."""
    fits = []
    for law in LAWS:
        if points.measured > len(law.parameters) + 1:
            fit = fit_law(law, points)
            # from nowhere near the points no other start leads to them
            fits.append(fit if fit.chi2 > HOPELESS * points.measured else better(fit))
    return fits


def _parameter(fit: LawFit, name: str) -> Callable[[FloatArray], Quantity]:
    place, count = fit.law.index(name), len(fit.law.parameters)
    return lambda values: Quantity(float(values[place]), np.eye(count)[place])


def _with_numbers(context: Context, fit: LawFit, fitting: Sequence[LawFit]) -> list[Finding]:
    """Findings of a law that describes the points."""
    text = comparison(fit, fitting)
    others = [f"{one.law.name} describes the points too, without this parameter" for one in rivals(fit, fitting)]
    shape = [name for name in ("maki_square", "spin_orbit") if name in fit.law.parameters]
    known = [_shape_finding(context, fit, name, others, text) for name in shape]
    doubts = [*_doubts_of_zero_temperature(fit), *disagreement(fit, fitting)]
    method = fit.law.name
    findings = []
    zero, own_error, remark = _best_number(context, fit, fit.law.field_at_zero)
    # only the law's own error is one while others are as likely
    zero_error = float(np.hypot(own_error, ambiguity(fit, fitting)))
    stretch = zero_error / (fit.linear_error(fit.law.field_at_zero(fit.values)) or zero_error or 1.0)
    ratio = _pauli_ratio(fit)
    moved = zero / fit.law.field_at_zero(fit.values).value
    against_pauli = (ratio.value * moved, fit.linear_error(ratio) * stretch)
    reason = "; ".join(filter(None, (text, remark)))
    findings += _of_field(context, method, (zero, zero_error), against_pauli, doubts, reason)
    if ("whh_slope", "T/K") in QUANTITIES[method]:
        slope, error, remark = _best_number(context, fit, _parameter(fit, "scale"))
        findings += _of_slope(context, method, (slope, error), "; ".join(filter(None, (text, remark))))
    return findings + known


def _doubts_of_zero_temperature(fit: LawFit) -> list[str]:
    coldest = float(np.min(fit.points.temperature_K)) / fit.get("tc")
    doubts = [f"EXTRAPOLATED from T/Tc = {coldest:.2f} to zero temperature"] if coldest > COLD_ENOUGH else []
    maki, spin_orbit = _maki(fit), fit.get("spin_orbit") if "spin_orbit" in fit.law.parameters else 0.0
    turn = turning_point(maki, spin_orbit) if maki > 1 else 0.0
    if turn > 0:
        doubts.append(
            f"the fitted Hc2(T) rises with temperature below T/Tc = {turn:.2f}: not the phase boundary there"
        )
    return doubts


def _maki(fit: LawFit) -> float:
    if "maki_square" in fit.law.parameters:
        return float(np.sqrt(fit.get("maki_square")))
    return MAKI_PER_SLOPE_K_PER_T * fit.get("scale") if fit.law.name == WHH_SLOPE else 0.0


def _pauli_ratio(fit: LawFit) -> Quantity:
    """Bc2(0) over the Pauli field of the fitted Tc, on which Bc2(0) depends too."""
    zero, tc = fit.law.field_at_zero(fit.values), fit.get("tc")
    pauli = float(pauli_field(tc))
    gradient = zero.gradient / pauli
    gradient[fit.law.index("tc")] -= zero.value / pauli / tc
    return Quantity(zero.value / pauli, gradient)


def _best_number(
    context: Context, fit: LawFit, quantity: Callable[[FloatArray], Quantity]
) -> tuple[float, float, str]:
    """Value and error by the profile, for laws whose shape is free: the curvature at the minimum misleads there."""
    now = quantity(fit.values)
    linear = fit.linear_error(now)
    if not context.exact or fit.law.own == 2:
        return now.value, linear, ""
    interval = profile_interval(fit, quantity)
    error = interval.error
    if error is None:
        ends = [abs(end - now.value) for end in (interval.lower, interval.upper) if end is not None]
        return now.value, max([linear, *ends]), "its interval is open on one side"
    remark = f"middle of the 68 % interval, best fit {now.value:.4g}" if interval.lopsided else ""
    return interval.middle, error, remark


def _of_field(
    context: Context,
    method: str,
    field: tuple[float, float],
    ratio: tuple[float, float],
    doubts: Sequence[str],
    text: str,
) -> list[Finding]:
    """Bc2(0), its ratio to the Pauli field, and the coherence length."""
    length, error, remark = _length(*field)
    return [
        context.number(method, "Bc2_0", field, doubts, text),
        context.number(method, "pauli_ratio", ratio, doubts, text),
        context.number(
            method, "coherence_length", (length, error), doubts, "; ".join(filter(None, (text, remark)))
        ),
    ]


def _length(field: float, error: float) -> tuple[float, float, str]:
    """The coherence length; where its error is large, the middle of the interval that it and the field share."""
    length = float(coherence_length(field))
    if error < field:
        upper, lower = (float(coherence_length(field + side * error)) for side in (-1, 1))
        if upper - length > 1.2 * (length - lower):
            return 0.5 * (lower + upper), 0.5 * (upper - lower), f"middle of its interval, by Bc2(0) {length:.4g} m"
    return length, 0.5 * length * error / field, ""


def _of_slope(context: Context, method: str, slope: tuple[float, float], text: str) -> list[Finding]:
    maki = (MAKI_PER_SLOPE_K_PER_T * slope[0], MAKI_PER_SLOPE_K_PER_T * slope[1])
    convention = f"{MAKI_PER_SLOPE_K_PER_T:.4f} K/T |dHc2/dT|; {text}"
    return [
        context.number(method, "whh_slope", slope, (), text),
        context.number(method, "maki_parameter_from_slope", maki, (), convention),
    ]


def _shape_finding(context: Context, fit: LawFit, name: str, doubts: Sequence[str], text: str) -> Finding:
    """Maki parameter or spin-orbit scattering: a number with an interval, or the bound that the points set."""
    quantity = _parameter(fit, name)
    public, unwrap = (
        ("maki_parameter", np.sqrt) if name == "maki_square" else ("spin_orbit_scattering", lambda x: x)
    )
    if name == "spin_orbit" and "maki_square" in fit.law.parameters:
        text = f"correlation with the Maki parameter {fit.correlation('maki_square', 'spin_orbit'):.3f}; {text}"
    if name == "maki_square" and "spin_orbit" in fit.law.parameters:
        text = (
            f"correlation with the spin-orbit scattering {fit.correlation('maki_square', 'spin_orbit'):.3f}; {text}"
        )
    away = significance(fit, name)
    value = float(fit.get(name))
    linear = fit.linear_error(quantity(fit.values))
    lower, upper = value - linear, value + linear
    if context.exact:
        low, high = (
            profile_end(fit, quantity, side, 1.0) if away >= DETERMINED[name] else None for side in (-1, 1)
        )
        lower, upper = (np.nan if low is None else low, np.nan if high is None else high)
    top = fit.law.upper[fit.law.index(name)]
    if away < DETERMINED[name] or not (lower > 0 and upper < top):
        return context.empty(
            fit.law.name, public, "1", Verdict.NOT_ENOUGH_DATA, f"{_bound(context, fit, name, away)}; {text}"
        )
    ends = unwrap(np.array([lower, value, upper]))
    below, above = float(ends[1] - ends[0]), float(ends[2] - ends[1])
    if max(below, above) > LOPSIDED * min(below, above):
        reason = f"badly determined: {ends[0]:.3g} to {ends[2]:.3g} (68 %), best {ends[1]:.3g}; {text}"
        return context.empty(fit.law.name, public, "1", Verdict.NOT_ENOUGH_DATA, reason)
    if max(below, above) > 1.2 * min(below, above):
        text = f"middle of the 68 % interval, best fit {ends[1]:.4g}; {text}"
    number = (0.5 * float(ends[0] + ends[2]), 0.5 * (below + above))
    return context.number(fit.law.name, public, number, doubts, text)


def _bound(context: Context, fit: LawFit, name: str, away: float) -> str:
    """The one-sided bound that a parameter has which is not determined."""
    if not context.exact:
        return f"not determined: {away:.1f} standard errors from zero"
    unwrap = np.sqrt if name == "maki_square" else np.asarray
    high = parameter_bound(fit, name, 1)
    low = parameter_bound(fit, name, -1) if away > ONE_SIDED else None
    top = float(unwrap(fit.law.upper[fit.law.index(name)]))
    if high is not None and float(unwrap(high)) < top and away < FAR_FROM_ZERO:
        return f"not determined: below {float(unwrap(high)):.3g} (95 %)"
    if low is not None and low > 0:
        return f"not determined: above {float(unwrap(low)):.3g} (95 %)"
    return "not determined: every value describes the points"


def _orbital_slope(context: Context, points: CriticalFieldPoints, fitting: Sequence[LawFit]) -> list[Finding]:
    """0.693 Tc |dHc2/dT|, the orbital field, from the points near Tc alone.

    0.693 is a number of WHH: where other laws describe all points and none of WHH does, only the slope remains.
    """
    found = slope_at_tc(points)
    if found is None and warm_points(points) < FEWEST_WARM:
        reason = f"{warm_points(points)} points between Tc/2 and Tc, need {FEWEST_WARM}"
        return context.all_empty(ORBITAL_SLOPE, Verdict.NOT_ENOUGH_DATA, reason)
    if found is None:
        reason = "the points near Tc lie on no smooth falling curve that has a slope at Tc"
        return context.all_empty(ORBITAL_SLOPE, Verdict.MODEL_REJECTED, reason)
    if found.curvature > UPWARD:
        reason = f"Hc2(T) curves upwards at Tc by {found.curvature:.1f} standard errors, as no law with 0.693 does"
        return context.all_empty(ORBITAL_SLOPE, Verdict.MODEL_REJECTED, reason)
    context = replace(context, window={**context.window, "temperature_K": (found.coldest_K, found.tc_K)})
    relative = found.error_T_per_K / found.slope_T_per_K
    field = ORBITAL_RATIO * found.tc_K * found.slope_T_per_K
    ratio = field / float(pauli_field(found.tc_K))
    text = _slope_text(found)
    # right for one law only, which the points near Tc cannot tell from the others
    doubt = "EXTRAPOLATED from the slope at Tc: the orbital field, Bc2(0) only without spin effects"
    tc_error_K = float(np.hypot(found.tc_error_K, points.temperature_offset_K))
    field_error = field * float(np.hypot(relative, tc_error_K / found.tc_K))
    numbers = _of_field(context, ORBITAL_SLOPE, (field, field_error), (ratio, ratio * relative), (doubt,), text)
    if fitting and not any(fit.law.name in FAMILY for fit in fitting):
        names = " and ".join(fit.law.name for fit in fitting)
        reason = f"{names} describes the points, and no law of WHH, whose number 0.693 is; {text}"
        numbers = [context.empty(ORBITAL_SLOPE, *one, Verdict.MODEL_REJECTED, reason) for one in COMMON]
    return numbers + _of_slope(context, ORBITAL_SLOPE, (found.slope_T_per_K, found.error_T_per_K), text)


def _slope_text(found: SlopeAtTc) -> str:
    return f"series T(B) through {found.points} points above {found.coldest_K:.3g} K"

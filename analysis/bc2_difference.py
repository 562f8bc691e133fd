"""Whether Bc2(0) of the WHH fit differs from the orbital field of the slope at Tc, though from the same points."""

from collections.abc import Sequence

import numpy as np

from analysis.curves import FloatArray
from analysis.errors import AnalysisError
from analysis.findings import Condition, Finding, Verdict
from analysis.models.whh import ORBITAL_RATIO
from analysis.upper_field.fit import CriticalFieldPoints, fit_law
from analysis.upper_field.models import LAWS, WHH, WHH_ORBITAL, WHH_SLOPE
from analysis.upper_field.slope import SlopeAtTc, slope_at_tc

QUANTITY, ORBITAL_SLOPE = "Bc2_0_difference", "orbital slope"
#: The laws with spin effects, in the order of preference: the second has one parameter less, for few points.
SPIN_LAWS = (WHH, WHH_SLOPE)
METHOD = "WHH less orbital slope"
METHOD_OWN = "WHH less the orbital field of its own slope"
#: A difference of so many standard errors is significant.
SIGNIFICANT = 2.0
#: The share of its error by which a point is moved to see what follows.
_PUSH = 0.1


def bc2_differences(findings: Sequence[Finding]) -> list[Finding]:
    """``Bc2_0_difference`` [T] for every boundary that has both: Bc2(0) by WHH less that by the slope at Tc.

    Where points are too few for WHH with everything free, its Maki parameter is tied to the slope.

    Both rest on the same points Hc2(T), so that their errors are correlated: the correlation is found by following
    how each moves with every point. A slope at Tc without a law is known badly from few warm points; a second
    finding takes the slope of the WHH fit itself. Negative where spins pull the boundary below the orbital field.
    """
    made = []
    for whh in spin_fits(findings):
        slope = next(
            (
                f
                for f in findings
                if f.quantity == "Bc2_0" and f.method == ORBITAL_SLOPE and f.conditions == whh.conditions
            ),
            None,
        )
        points = boundary_points(findings, whh)
        if slope is not None and slope.value is not None:
            made.append(_difference(whh, slope, points))
        if points is not None and (own := own_difference(points, whh.method)) is not None:
            made.append(_own_finding(whh, own))
    return made


def spin_fits(findings: Sequence[Finding]) -> list[Finding]:
    """Bc2(0) of every boundary by the first of the laws with spin effects that describes it."""
    best: dict[str, Finding] = {}
    for method in reversed(SPIN_LAWS):
        for f in findings:
            if f.quantity == "Bc2_0" and f.method == method and f.value is not None:
                best[repr(sorted(f.conditions.items()))] = f
    return list(best.values())


def own_difference(points: CriticalFieldPoints, method: str = WHH) -> tuple[float, float] | None:
    """Bc2(0) less 0.693 Tc |dHc2/dT|, both of one WHH fit, and its error; None where that cannot be fitted.

    The error is that of the covariance, or that which makes the difference as significant as the fit without spin
    effects is worse (root of the difference of chi2), whichever is larger: near zero the first is none.
    """
    laws = {law.name: law for law in LAWS}
    try:
        fit, orbital = fit_law(laws[method], points), fit_law(laws[WHH_ORBITAL], points)
    except AnalysisError:
        return None
    zero = fit.law.field_at_zero(fit.values)
    scale, tc = fit.get("scale"), fit.get("tc")
    gradient = zero.gradient.copy()
    gradient[fit.law.index("scale")] -= ORBITAL_RATIO * tc
    gradient[fit.law.index("tc")] -= ORBITAL_RATIO * scale
    value = zero.value - ORBITAL_RATIO * tc * scale
    linear = float(np.sqrt(max(float(gradient @ fit.covariance @ gradient), 0.0)))
    worse = max(orbital.chi2 - fit.chi2, 0.0)
    # without anything gained by spin effects, their size is known as well as the orbital field is
    least = abs(value) / float(np.sqrt(worse)) if worse > 1.0 else abs(value)
    size = orbital.linear_error(orbital.law.field_at_zero(orbital.values))
    error = max(linear, least, size if worse <= 1.0 else 0.0)
    return (value, error) if np.isfinite(error) and error > 0 else None


def _own_finding(whh: Finding, own: tuple[float, float]) -> Finding:
    value, error = own
    certain = whh.verdict is Verdict.GOOD
    reason = _said(value, error) if certain else f"{_said(value, error)}; {whh.method}: {whh.reason}"
    verdict = Verdict.GOOD if certain else Verdict.PROVISIONAL
    return Finding(QUANTITY, value, error, "T", verdict, reason, METHOD_OWN, whh.conditions, whh.curves, whh.window)


def _said(value: float, error: float) -> str:
    away = abs(value) / error if error > 0 else float("inf")
    return f"{'significant' if away > SIGNIFICANT else 'not significant'}: {away:.1f} standard errors from none"


def correlation(points: CriticalFieldPoints, method: str = WHH) -> float | None:
    """Correlation of the two estimates of Bc2(0) under the errors of the points; None where one cannot be made."""
    law = next(law for law in LAWS if law.name == method)
    try:
        fit = fit_law(law, points)
        reference = slope_at_tc(points)
    except AnalysisError:
        return None
    if reference is None:
        return None
    gradient = law.field_at_zero(fit.values).gradient
    # residuals are (law - data)/sigma, so that data moved by sigma move the parameters by covariance J
    by_whh = gradient @ fit.covariance @ fit.solution.jacobian
    by_slope = np.array([_orbital_moved(points, index, reference) for index in range(points.temperature_K.size)])
    if points.tc_K is not None and points.tc_error_K > 0:
        by_slope = np.append(by_slope, _orbital_moved(points, None, reference))
    size = float(np.sqrt(np.sum(by_whh[: by_slope.size] ** 2) * np.sum(by_slope**2)))
    if not (np.isfinite(size) and size > 0):
        return None
    return float(np.clip(np.sum(by_whh[: by_slope.size] * by_slope) / size, -1.0, 1.0))


def _orbital_moved(points: CriticalFieldPoints, index: int | None, reference: SlopeAtTc) -> float:
    """By how much the orbital field moves with one point (or Tc) moved by its error."""

    def orbital(sign: float) -> float:
        found = slope_at_tc(_moved(points, index, sign * _PUSH))
        # another window is another estimate, no derivative
        if found is None or found.points != reference.points:
            found = reference
        return ORBITAL_RATIO * found.tc_K * found.slope_T_per_K

    return (orbital(1.0) - orbital(-1.0)) / (2.0 * _PUSH)


def _moved(points: CriticalFieldPoints, index: int | None, push: float) -> CriticalFieldPoints:
    fields, tc = points.field_T.copy(), points.tc_K
    if index is None:
        tc = None if tc is None else tc + push * points.tc_error_K
    else:
        fields[index] += push * points.field_error_T[index]
    return CriticalFieldPoints(
        points.temperature_K, fields, points.field_error_T, points.temperature_error_K, tc, points.tc_error_K
    )


def boundary_points(findings: Sequence[Finding], whh: Finding) -> CriticalFieldPoints | None:
    """The points behind a fit: Hc2 of the same conditions and curves, and Tc by the same criterion."""
    used = [
        f
        for f in findings
        if f.quantity == "Hc2"
        and f.value
        and f.error
        and {k: v for k, v in f.conditions.items() if k != "temperature_K"} == dict(whh.conditions)
        and set(f.curves) <= set(whh.curves)
    ]
    used.sort(key=lambda f: float(f.conditions["temperature_K"]))
    if not used:
        return None
    tc = _tc(findings, whh.conditions)
    temperature, field, error = (
        np.array(column, dtype=float)
        for column in zip(*[(f.conditions["temperature_K"], f.value, f.error) for f in used], strict=True)
    )
    none: FloatArray = np.zeros(temperature.size)
    try:
        return CriticalFieldPoints(temperature, field, error, none, *tc)
    except AnalysisError:
        return None


def _tc(findings: Sequence[Finding], conditions: dict[str, Condition] | object) -> tuple[float | None, float]:
    held = dict(conditions) if isinstance(conditions, dict) else {}
    name = {"onset": "Tc_onset", "mid": "Tc_mid", "zero": "Tc_zero"}.get(str(held.get("criterion")))
    known = [
        f
        for f in findings
        if f.quantity == name
        and f.value
        and f.conditions.get("field_T") == 0
        and f.conditions.get("gate_V") == held.get("gate_V")
    ]
    return (known[0].value, float(known[0].error or 0.0)) if known else (None, 0.0)


def _difference(whh: Finding, slope: Finding, points: CriticalFieldPoints | None) -> Finding:
    a, b = float(whh.error or 0.0), float(slope.error or 0.0)
    shared = correlation(points, whh.method) if points is not None else None
    rho = 0.0 if shared is None else shared
    value = float(whh.value or 0.0) - float(slope.value or 0.0)
    error = float(np.sqrt(max(a * a + b * b - 2.0 * rho * a * b, 0.0)))
    told = f"correlation {rho:.2f}" if shared is not None else "errors taken for independent"
    reason = f"{_said(value, error)}; {whh.value:.4g} and {slope.value:.4g} T, {told}"
    doubts = [f"{f.method}: {f.reason}" for f in (whh, slope) if f.verdict is not Verdict.GOOD]
    # the orbital field is extrapolated by definition, which is what is compared here
    certain = whh.verdict is Verdict.GOOD and shared is not None
    verdict = Verdict.GOOD if certain else Verdict.PROVISIONAL
    reason = reason if certain else "; ".join([reason, *doubts])
    curves = tuple(dict.fromkeys((*whh.curves, *slope.curves)))
    return Finding(QUANTITY, value, error, "T", verdict, reason, METHOD, whh.conditions, curves, whh.window)

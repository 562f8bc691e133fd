"""Upper critical fields beyond the reach of the magnet: where the law through the warmer points puts them."""

from collections.abc import Sequence

import numpy as np

from analysis.bc2_difference import boundary_points, spin_fits
from analysis.errors import AnalysisError
from analysis.findings import Finding, Verdict
from analysis.upper_field.choice import describes
from analysis.upper_field.fit import CriticalFieldPoints, LawFit, fit_law, refit
from analysis.upper_field.models import LAWS, Quantity
from analysis.upper_field.profile import better

QUANTITY = "Hc2_extrapolated"
#: Where the valley of Maki parameter and spin-orbit scattering is looked into.
_SPIN_ORBIT = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 35.0, 60.0, 100.0)
#: Rise of chi2 at the ends of the interval: two standard deviations.
_RISE = 4.0


def extrapolated_fields(findings: Sequence[Finding]) -> list[Finding]:
    """``Hc2_extrapolated`` [T] for isotherms below the coldest measured Hc2 that show none themselves.

    Always provisional, and said to be EXTRAPOLATED: the WHH law through the points of the same orientation and
    criterion at warmer temperatures, where it describes them.
    """
    made: list[Finding] = []
    for bound in spin_fits(findings):
        points = boundary_points(findings, bound)
        if points is None:
            continue
        coldest = float(np.min(points.temperature_K))
        beyond = [one for one in _beyond(findings, bound) if _kelvin(one) < coldest]
        if beyond and (valley := _valley(points, bound.method)):
            made += [_extrapolated(valley, one, bound, coldest) for one in beyond]
    return made


def _beyond(findings: Sequence[Finding], bound: Finding) -> list[Finding]:
    """Isotherms of the same boundary without a field of their own, one for each temperature."""
    found = [
        f
        for f in findings
        if f.quantity == "Hc2"
        and f.value is None
        and isinstance(f.conditions.get("temperature_K"), (int, float))
        and {k: v for k, v in f.conditions.items() if k != "temperature_K"} == dict(bound.conditions)
    ]
    return list({_kelvin(f): f for f in reversed(found)}.values())[::-1]


def _kelvin(finding: Finding) -> float:
    return float(finding.conditions["temperature_K"])


def _valley(points: CriticalFieldPoints, method: str) -> list[LawFit]:
    """Fits at fixed spin-orbit scattering whose chi2 is within two standard deviations of the least.

    Maki parameter and spin-orbit scattering compensate each other in the points along a long valley, and less so
    further down in temperature: an interval that starts from the best fit alone may see one end of it only.
    """
    law = next(law for law in LAWS if law.name == method)
    try:
        best = better(fit_law(law, points))
    except AnalysisError:
        return []
    if not describes(best):
        return []
    fits, start = [best], best.values
    for spin_orbit in _SPIN_ORBIT:
        fits.append(refit(best, start, {"spin_orbit": spin_orbit}))
        start = fits[-1].values
    least = min(fit.chi2 for fit in fits)
    return [fit for fit in fits if fit.chi2 <= least + _RISE]


def _extrapolated(valley: Sequence[LawFit], isotherm: Finding, bound: Finding, coldest_K: float) -> Finding:
    value, error = _span(valley, _kelvin(isotherm))
    reason = f"EXTRAPOLATED from the points above {coldest_K:.4g} K; the sweep itself: {isotherm.reason}"
    curves = tuple(dict.fromkeys((*bound.curves, *isotherm.curves)))
    return Finding(
        QUANTITY,
        value,
        error,
        "T",
        Verdict.PROVISIONAL,
        reason,
        bound.method,
        isotherm.conditions,
        curves,
        bound.window,
    )


def _span(valley: Sequence[LawFit], temperature_K: float) -> tuple[float, float]:
    """Middle of the interval that all fits of the valley span, each with what of its error chi2 has left for it.

    The interval is that of two standard deviations, and the error half of what one side of it would be: towards
    strong spin-orbit scattering the field has a highest value, where intervals of one close far too early.
    """
    least = min(fit.chi2 for fit in valley)
    lows, highs = [], []
    for fit in valley:
        found = fit.law.predict(np.array([temperature_K]), fit.values)
        value = float(found.field_T[0])
        error = fit.linear_error(Quantity(value, found.jacobian[:, 0])) * np.sqrt(least + _RISE - fit.chi2)
        lows.append(value - error)
        highs.append(value + error)
    low, high = min(lows), max(highs)
    return 0.5 * (low + high), float(0.5 * (high - low) / np.sqrt(_RISE))

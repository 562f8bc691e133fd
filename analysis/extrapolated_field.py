"""Upper critical fields beyond the reach of the magnet: where the law through the warmer points puts them."""

from collections.abc import Sequence

import numpy as np

from analysis.bc2_difference import boundary_points, spin_fits
from analysis.errors import AnalysisError
from analysis.findings import Finding, Verdict
from analysis.upper_field.fit import LawFit, fit_law
from analysis.upper_field.models import LAWS

QUANTITY = "Hc2_extrapolated"


def extrapolated_fields(findings: Sequence[Finding]) -> list[Finding]:
    """``Hc2_extrapolated`` [T] for isotherms below the coldest measured Hc2 that show none themselves.

    Always provisional, and said to be EXTRAPOLATED: the WHH law through the points of the same orientation and
    criterion at warmer temperatures, its error that of its parameters.
    """
    made: list[Finding] = []
    for bound in spin_fits(findings):
        points = boundary_points(findings, bound)
        beyond = _beyond(findings, bound)
        if points is None or not beyond:
            continue
        law = next(law for law in LAWS if law.name == bound.method)
        try:
            fit = fit_law(law, points)
        except AnalysisError:
            continue
        coldest = float(np.min(points.temperature_K))
        made += [_extrapolated(fit, one, bound, coldest) for one in beyond if _kelvin(one) < coldest]
    return made


def _beyond(findings: Sequence[Finding], bound: Finding) -> list[Finding]:
    """Isotherms of the same boundary without a field of their own."""
    return [
        f
        for f in findings
        if f.quantity == "Hc2"
        and f.value is None
        and isinstance(f.conditions.get("temperature_K"), (int, float))
        and {k: v for k, v in f.conditions.items() if k != "temperature_K"} == dict(bound.conditions)
    ]


def _kelvin(finding: Finding) -> float:
    return float(finding.conditions["temperature_K"])


def _extrapolated(fit: LawFit, isotherm: Finding, bound: Finding, coldest_K: float) -> Finding:
    found = fit.law.predict(np.array([_kelvin(isotherm)]), fit.values)
    gradient = found.jacobian[:, 0]
    error = float(np.sqrt(max(float(gradient @ fit.covariance @ gradient), 0.0)))
    reason = f"EXTRAPOLATED from the points above {coldest_K:.4g} K; the sweep itself: {isotherm.reason}"
    curves = tuple(dict.fromkeys((*bound.curves, *isotherm.curves)))
    value, verdict = float(found.field_T[0]), Verdict.PROVISIONAL
    return Finding(
        QUANTITY, value, error, "T", verdict, reason, bound.method, isotherm.conditions, curves, bound.window
    )

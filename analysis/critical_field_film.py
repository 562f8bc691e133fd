"""Fits of the parallel critical field of a thin film or a layered superconductor, for those who know they have one.

A film thinner than the coherence length loses superconductivity by its orbits as B0 sqrt(1 - t) (Tinkham, Phys.
Rev. 129, 2413 (1963)), one in which only the spins feel the field as Klemm, Luther and Beasley say (Phys. Rev. B
12, 877 (1975)). Both leave Tc with an infinite slope. Their squares do not: B0^2 (1 - t), and the orbital curve of
WHH. So the squares of the fields are fitted, by the same laws and fits as for bulk material.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.constants import hbar, physical_constants
from scipy.constants import k as boltzmann

from analysis.errors import AnalysisError
from analysis.findings import Condition, Finding, Verdict
from analysis.models.bcs import pauli_field
from analysis.models.ginzburg_landau import film_thickness
from analysis.models.klb import spin_orbit_scattering
from analysis.upper_field.choice import allowed, comparison, why_rejected
from analysis.upper_field.context import Context
from analysis.upper_field.fit import CriticalFieldPoints, LawFit, fit_law
from analysis.upper_field.models import FILM, FILM_LAWS, KLB

__all__ = ["FEWEST_FILM_POINTS", "FILM", "KLB", "film_findings"]

FEWEST_FILM_POINTS = 5
#: Klemm, Luther and Beasley assume strong spin-orbit scattering, lambda_so >> 1.
STRONG = 5.0
COLD_ENOUGH = 0.3
_PER_SLOPE = 8.0 * hbar * boltzmann / (3.0 * np.pi * physical_constants["Bohr magneton"][0] ** 2)


def film_findings(
    points: CriticalFieldPoints,
    conditions: dict[str, Condition],
    perpendicular: Finding | None = None,
    curves: tuple[str, ...] = (),
    doubts: tuple[str, ...] = (),
) -> list[Finding]:
    """Bc2(0) of a film in a parallel field, with its thickness or its spin-orbit time.

    ``perpendicular``: Bc2(0) of the same film in a field across it, by the Ginzburg-Landau law, for the thickness.

    Raises:
        AnalysisError: points at fewer than five temperatures, or ``perpendicular`` has no number in tesla.
    """
    distinct = int(np.unique(points.temperature_K).size)
    if distinct < FEWEST_FILM_POINTS:
        raise AnalysisError(f"points Hc2(T) at {distinct} temperatures, need {FEWEST_FILM_POINTS}")
    if perpendicular is not None and not (
        perpendicular.value and perpendicular.error and perpendicular.unit == "T"
    ):
        raise AnalysisError("the perpendicular Bc2(0) must be a finding with value and error in T")
    window = {
        "temperature_K": (float(np.min(points.temperature_K)), float(np.max(points.temperature_K))),
        "field_T": (float(np.min(points.field_T)), float(np.max(points.field_T))),
    }
    context = Context(conditions, curves, window, doubts, True)
    fits = _fits(points)
    fitting = allowed(fits)
    findings: list[Finding] = []
    for fit in fits:
        if fit in fitting:
            findings += _numbers(context, fit, fitting, perpendicular)
        else:
            findings += context.all_empty(fit.law.name, Verdict.MODEL_REJECTED, why_rejected(fit, fits))
    return findings


def _fits(points: CriticalFieldPoints) -> list[LawFit]:
    """Each law on the squares of the fields.

    The error of a square is 2 B sigma. With B as measured, points that came out low would weigh more than those
    that came out high, and pull the curve down by a twentieth of its error; so B is that of the better curve in a
    second round.
    """
    field = points.field_T
    square = replace(points, field_T=field**2, field_error_T=2.0 * field * points.field_error_T)
    best = min((fit_law(law, square) for law in FILM_LAWS), key=lambda fit: fit.chi2)
    found = np.sqrt(np.maximum(best.law.predict(points.temperature_K, best.values).field_T, 0.0))
    smooth = np.clip(found, 0.5 * field, 2.0 * field)
    # sigma^2 is what scatter adds to a square on average
    mean = np.maximum(field**2 - points.field_error_T**2, 0.25 * field**2)
    square = replace(square, field_T=mean, field_error_T=2.0 * smooth * points.field_error_T)
    return [fit_law(law, square) for law in FILM_LAWS]


def _numbers(
    context: Context, fit: LawFit, fitting: Sequence[LawFit], perpendicular: Finding | None
) -> list[Finding]:
    coldest = float(np.min(fit.points.temperature_K)) / fit.get("tc")
    cold = [f"EXTRAPOLATED from T/Tc = {coldest:.2f} to zero temperature"] if coldest > COLD_ENOUGH else []
    others = [f"{one.law.name} describes the points too" for one in fitting if one is not fit]
    doubts, method = [*cold, *others], fit.law.name
    zero = fit.law.field_at_zero(fit.values)
    field = float(np.sqrt(zero.value))
    error = 0.5 * fit.linear_error(zero) / field
    pauli = float(pauli_field(fit.get("tc")))
    turned = zero.gradient / (2.0 * field * pauli)
    turned[fit.law.index("tc")] -= field / pauli / fit.get("tc")
    ratio = (field / pauli, fit.linear_error(replace(zero, value=field / pauli, gradient=turned)))
    text = f"{comparison(fit, [fit])}; fitted to the squares of the fields"
    return [
        context.number(method, "Bc2_0", (field, error), doubts, text),
        context.number(method, "pauli_ratio", ratio, doubts, text),
        _thickness(context, (field, error), perpendicular, doubts, text)
        if method == FILM
        else _spin_orbit_time(context, fit, others, text),
    ]


def _thickness(
    context: Context,
    along: tuple[float, float],
    perpendicular: Finding | None,
    doubts: Sequence[str],
    text: str,
) -> Finding:
    if perpendicular is None or perpendicular.value is None or perpendicular.error is None:
        reason = "needs the perpendicular Bc2(0) of the same film"
        return context.empty(FILM, "film_thickness", "m", Verdict.NOT_ENOUGH_DATA, reason)
    thickness = float(film_thickness(perpendicular.value, along[0]))
    relative = float(np.hypot(0.5 * perpendicular.error / perpendicular.value, along[1] / along[0]))
    shaky = [] if perpendicular.verdict is Verdict.GOOD else ["the perpendicular Bc2(0) is provisional"]
    return context.number(FILM, "film_thickness", (thickness, thickness * relative), [*doubts, *shaky], text)


def _spin_orbit_time(context: Context, fit: LawFit, doubts: Sequence[str], text: str) -> Finding:
    """tau_so = 8 hbar k/(3 pi mu_B^2 |d(B^2)/dT| at Tc)."""
    slope, place = fit.get("scale"), fit.law.index("scale")
    time = _PER_SLOPE / slope
    error = time * float(np.sqrt(fit.covariance[place, place])) / slope
    strength = float(spin_orbit_scattering(fit.get("tc"), time))
    weak = [f"lambda_so {strength:.2g}: the law is for strong scattering"] if strength < STRONG else []
    return context.number(KLB, "spin_orbit_time", (time, error), [*doubts, *weak], text)

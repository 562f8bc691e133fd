"""Which laws of Hc2(T) the points allow: by chi2 alone, and against the other laws that fit.

A law is rejected if its chi2 is improbable, or if another law that fits is better in chi2 and in AICc by more than
chance. What cannot be rejected is named: two laws of different kind that both describe the points leave open which
one the material follows, and numbers on which they disagree are provisional.
"""

from collections.abc import Sequence

import numpy as np

from analysis.upper_field.fit import LawFit
from analysis.upper_field.models import WHH, WHH_ORBITAL, WHH_SLOPE

#: A fit with less probability than this does not describe the data: the right law meets it once in 10000. Wrong
#: laws are far beyond, so that a less strict limit would lose right ones and catch no more wrong ones.
LEAST_PROBABILITY = 1e-4
#: A law is rejected if another one that fits is better by more than this in AICc and in chi2: many parameters alone
#: are no reason against a law, and a lower chi2 by more parameters alone is none for the other.
AICC_MARGIN = 10.0
#: Two laws disagree about Bc2(0) if it differs by more than so many errors.
DISAGREE = 2.0
FAMILY = frozenset({WHH, WHH_SLOPE, WHH_ORBITAL})


def describes(fit: LawFit) -> bool:
    """Is its chi2 one that chance makes?"""
    return fit.solution.converged and fit.probability > LEAST_PROBABILITY


def beaten(fit: LawFit, fitting: Sequence[LawFit]) -> bool:
    """Is another law that fits better by more than chance and more than parameters?"""
    return any(fit.aicc > one.aicc + AICC_MARGIN and fit.chi2 > one.chi2 + AICC_MARGIN for one in fitting)


def allowed(fits: Sequence[LawFit]) -> list[LawFit]:
    """The fits that are not rejected."""
    fitting = [fit for fit in fits if describes(fit)]
    return [fit for fit in fitting if not beaten(fit, fitting)]


def rivals(fit: LawFit, among: Sequence[LawFit]) -> list[LawFit]:
    """Fits of another kind: those of WHH differ from each other in their parameters only."""
    return [one for one in among if one is not fit and not {one.law.name, fit.law.name} <= FAMILY]


def disagreement(fit: LawFit, among: Sequence[LawFit]) -> list[str]:
    """A doubt for every rival that gives another Bc2(0)."""
    return [
        f"{one.law.name} describes the points too and gives {_at_zero(one):.4g} T" for one in _apart(fit, among)
    ]


def ambiguity(fit: LawFit, among: Sequence[LawFit]) -> float:
    """By how much Bc2(0) in T is from the mean of all laws that the points do not tell apart, by their odds.

    The odds are Akaike's, exp(-AICc/2), of the law itself and its rivals that give another number; laws of WHH
    count once, by the best of them (Burnham and Anderson, Model Selection and Multimodel Inference, section 4.3).
    """
    apart = _apart(fit, among)
    of_whh = sorted((one for one in apart if one.law.name in FAMILY), key=lambda one: one.aicc)
    counted = [fit, *of_whh[:1], *(one for one in apart if one.law.name not in FAMILY)]
    odds = np.exp(-0.5 * np.array([one.aicc - fit.aicc for one in counted]))
    return abs(float(np.average([_at_zero(one) for one in counted], weights=odds)) - _at_zero(fit))


def _apart(fit: LawFit, among: Sequence[LawFit]) -> list[LawFit]:
    """The rivals whose Bc2(0) is another one."""
    error = fit.linear_error(fit.law.field_at_zero(fit.values))
    return [
        one
        for one in rivals(fit, among)
        if abs(_at_zero(one) - _at_zero(fit))
        > DISAGREE * float(np.hypot(error, one.linear_error(one.law.field_at_zero(one.values))))
    ]


def _at_zero(fit: LawFit) -> float:
    return float(fit.law.field_at_zero(fit.values).value)


def why_rejected(fit: LawFit, fits: Sequence[LawFit]) -> str:
    """The reason of a law that is not among the allowed ones."""
    text = goodness(fit)
    if not fit.solution.converged:
        return f"the fit did not converge; {text}"
    best = min((one for one in fits if describes(one)), key=lambda one: one.aicc, default=None)
    if best is None:
        return f"{text}; no law describes these points"
    return f"{text}; AICc {fit.aicc - best.aicc:+.1f} against {best.law.name}"


def goodness(fit: LawFit) -> str:
    """Chi2 in words."""
    return f"chi2 {fit.chi2:.1f} for {fit.dof} degrees of freedom"


def comparison(fit: LawFit, among: Sequence[LawFit]) -> str:
    """Goodness of a law that fits, and the Bc2(0) of the others that do."""
    others = [
        f"{other.law.name} ({other.law.field_at_zero(other.values).value:.4g} T, AICc {other.aicc - fit.aicc:+.1f})"
        for other in among
        if other is not fit and other.aicc < fit.aicc + AICC_MARGIN
    ]
    text = f"{goodness(fit)}, errors from the known errors of the points"
    return f"{text}; Bc2(0) by others that fit: {', '.join(others)}" if others else text

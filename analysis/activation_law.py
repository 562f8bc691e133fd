"""Which law the activation energies follow in field: one power law, two, or the parabolic form.

The energies of one campaign share thermometer, q and Tc, so their covariance is far from diagonal; all of it is
used. Fits are in ln U0, where the first two laws are straight lines.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.errors import AnalysisError
from analysis.findings import Finding, Verdict
from analysis.statistics import aicc, chi2_probability

FloatArray = npt.NDArray[np.float64]

POWER, BROKEN, PARABOLIC = "power law", "broken power law", "parabolic"
#: A law with more parameters must be this much better in AICc; laws closer than this cannot be told apart.
AICC_MARGIN = 4.0
#: A fit with less probability than this does not describe the data.
LEAST_PROBABILITY = 1e-3
#: A crossover is determined when leaving a single field on one side of it costs so much chi2: three deviations.
DETERMINED = 9.0
#: Fewest fields for each law, one more than its parameters at least. Of five the corrected criterion of the broken
#: law is infinite: it is then chosen only where chi2 rejects every simpler law.
FEWEST_FIELDS = {POWER: 4, BROKEN: 5, PARABOLIC: 5}
_QUANTITIES = {
    POWER: (("U0_exponent", "1"),),
    BROKEN: (("U0_exponent_low", "1"), ("U0_exponent_high", "1"), ("U0_crossover_field", "T")),
    PARABOLIC: (("U0_beta", "K"), ("U0_gamma", "1"), ("U0_kramer_field", "T")),
}
_GRID, _REFINEMENTS = 120, 7


@dataclass(frozen=True, slots=True, eq=False)
class ActivationEnergies:
    """ln(U0/K) at positive fields (n,) and its covariance (n, n); ``field_accuracy`` is relative and common."""

    field_T: FloatArray
    log_energy: FloatArray
    covariance: FloatArray
    field_accuracy: float = 0.0
    orientation: str = ""
    curves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class LawFit:
    """Parameters in the order of the findings, and their covariance; ``remark`` if one is not determined."""

    law: str
    values: FloatArray
    covariance: FloatArray
    chi2: float
    dof: int
    aicc: float
    remark: str = ""

    @property
    def probability(self) -> float:
        """Chance of a chi2 at least this large if the law holds."""
        return chi2_probability(self.chi2, self.dof)


def fit_laws(energies: ActivationEnergies) -> list[LawFit]:
    """All laws for which there are enough fields, simplest first.

    Raises:
        AnalysisError: a field is not positive, or the covariance is none.
    """
    if not np.all(energies.field_T > 0):
        raise AnalysisError("activation energy laws need fields above zero")
    try:
        whitener = np.linalg.inv(np.linalg.cholesky(energies.covariance))
    except np.linalg.LinAlgError as error:
        raise AnalysisError("the covariance of the activation energies is not positive definite") from error
    count = np.unique(energies.field_T).size
    fitters: dict[str, Callable[[ActivationEnergies, FloatArray], LawFit | None]] = {
        POWER: _fit_power,
        PARABOLIC: _fit_parabolic,
        BROKEN: _fit_broken,
    }
    fits = [fit(energies, whitener) for law, fit in fitters.items() if count >= FEWEST_FIELDS[law]]
    return [fit for fit in fits if fit is not None]


def activation_law_findings(energies: ActivationEnergies, complete: bool) -> list[Finding]:
    """Parameters of the law that the energies follow, and why not those of the others.

    With too few fields, or while curves are missing (``complete`` false), the verdicts say so.

    Raises:
        AnalysisError: as :func:`fit_laws`.
    """
    count = int(np.unique(energies.field_T).size)
    fits = fit_laws(energies) if count >= min(FEWEST_FIELDS.values()) else []
    chosen, doubt = _choose(fits)
    findings: list[Finding] = []
    for law in (POWER, BROKEN, PARABOLIC):
        fit = next((one for one in fits if one.law == law), None)
        if fit is None:
            reason = f"{count} fields, need {FEWEST_FIELDS[law]}"
            if count >= FEWEST_FIELDS[law]:
                reason = f"{count} fields, too few on either side of a crossover"
            findings += _without_number(energies, law, Verdict.NOT_ENOUGH_DATA, reason)
        elif fit is not chosen:
            open_question = chosen is None and fit.remark and fit.probability > LEAST_PROBABILITY
            verdict = Verdict.NOT_ENOUGH_DATA if open_question else Verdict.MODEL_REJECTED
            findings += _without_number(energies, law, verdict, _why_rejected(fit, chosen))
        else:
            findings += _with_numbers(energies, fit, _comparison(fit, fits), doubt, complete)
    return findings


def _choose(fits: Sequence[LawFit]) -> tuple[LawFit | None, str]:
    """The simplest law within the margin of the best, and what is doubtful about the choice."""
    fitting = [fit for fit in fits if fit.probability > LEAST_PROBABILITY and not fit.remark]
    if not fitting:
        return None, ""
    best = min(fit.aicc for fit in fitting)
    chosen = next(fit for fit in fitting if fit.aicc <= best + AICC_MARGIN)
    rivals = [fit.law for fit in fitting if fit is not chosen and abs(fit.aicc - chosen.aicc) < AICC_MARGIN]
    if chosen.law != POWER and rivals:
        return chosen, f"cannot be told from the {rivals[0]}"
    possible = [fit for fit in fits if fit.remark and fit.probability > LEAST_PROBABILITY]
    vague = [fit for fit in possible if fit.aicc + AICC_MARGIN < chosen.aicc]
    if vague:
        return chosen, f"the {vague[0].law} fits better, but {vague[0].remark}"
    return chosen, ""


def _comparison(fit: LawFit, fits: Sequence[LawFit]) -> str:
    others = sorted((other for other in fits if other is not fit), key=lambda other: other.aicc)
    text = f"chi2 {fit.chi2:.1f} for {fit.dof} degrees of freedom"
    if not np.isfinite(fit.aicc):
        return f"{text}; every simpler law is rejected"
    if others:
        text += f"; runner-up {others[0].law}, AICc higher by {others[0].aicc - fit.aicc:.1f}"
    return text


def _why_rejected(fit: LawFit, chosen: LawFit | None) -> str:
    text = fit.remark or f"chi2 {fit.chi2:.1f} for {fit.dof} degrees of freedom"
    if chosen is None and not fit.remark:
        return f"{text}; no law describes these energies"
    if chosen is not None and not np.isfinite(fit.aicc - chosen.aicc):
        return f"{text}; the {chosen.law} describes them"
    return text if chosen is None else f"{text}; AICc {fit.aicc - chosen.aicc:+.1f} against the {chosen.law}"


def _base(energies: ActivationEnergies, law: str, quantity: str, unit: str) -> Finding:
    return Finding(
        quantity,
        None,
        None,
        unit,
        Verdict.NOT_ENOUGH_DATA,
        "not fitted",
        method=law,
        conditions={"orientation": energies.orientation},
        curves=energies.curves,
        window={"field_T": (float(np.min(energies.field_T)), float(np.max(energies.field_T)))},
    )


def _without_number(energies: ActivationEnergies, law: str, verdict: Verdict, reason: str) -> list[Finding]:
    return [
        replace(_base(energies, law, name, unit), verdict=verdict, reason=reason) for name, unit in _QUANTITIES[law]
    ]


def _with_numbers(
    energies: ActivationEnergies, fit: LawFit, comparison: str, doubt: str, complete: bool
) -> list[Finding]:
    reasons = [comparison]
    if not complete:
        reasons.insert(0, f"after {energies.field_T.size} of the fields")
    if doubt:
        reasons.insert(0, doubt)
    verdict = Verdict.GOOD if complete and not doubt else Verdict.PROVISIONAL
    return [
        replace(
            _base(energies, fit.law, name, unit),
            value=float(value),
            error=float(error),
            verdict=verdict,
            reason="; ".join(reasons),
        )
        for (name, unit), value, error in zip(
            _QUANTITIES[fit.law], fit.values, np.sqrt(np.diagonal(fit.covariance)), strict=True
        )
    ]


def _linear(design: FloatArray, target: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Coefficients, covariance and chi2 of whitened columns."""
    coefficients = np.asarray(np.linalg.lstsq(design, target, rcond=None)[0], dtype=float)
    rest = target - design @ coefficients
    return coefficients, np.asarray(np.linalg.pinv(design.T @ design), dtype=float), float(rest @ rest)


def _fit_power(energies: ActivationEnergies, whitener: FloatArray) -> LawFit:
    logs = np.log(energies.field_T)
    design = np.stack([np.ones_like(logs), logs], axis=1)
    coefficients, covariance, chi2 = _linear(whitener @ design, whitener @ energies.log_energy)
    count = logs.size
    return LawFit(POWER, -coefficients[1:], covariance[1:, 1:], chi2, count - 2, aicc(chi2, count, 2))


def _scan(chi2: Callable[[FloatArray], FloatArray], start: float, end: float) -> float:
    """The one nonlinear parameter with the least chi2: a grid, then finer ones about its minimum."""
    points = _GRID
    for _ in range(_REFINEMENTS):
        grid = np.linspace(start, end, points)
        best = int(np.argmin(chi2(grid)))
        start, end = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, points - 1)])
        points = 12
    return 0.5 * (start + end)


def _least_chi2(design: FloatArray, target: FloatArray) -> FloatArray:
    """Least chi2 of whitened columns (..., n, k) for targets (..., n)."""
    basis = np.linalg.qr(design)[0]
    rest = target - (basis @ (np.swapaxes(basis, -1, -2) @ target[..., None]))[..., 0]
    return np.asarray(np.sum(rest**2, axis=-1))


def _fit_broken(energies: ActivationEnergies, whitener: FloatArray) -> LawFit | None:
    logs, target = np.log(energies.field_T), whitener @ energies.log_energy
    fields = np.unique(logs)

    def basis(crossover: float | FloatArray) -> FloatArray:
        away = logs - np.asarray(crossover)[..., None]
        return np.stack([np.ones_like(away), -np.minimum(away, 0.0), -np.maximum(away, 0.0)], axis=-1)

    def chi2_of(crossover: FloatArray) -> FloatArray:
        return _least_chi2(whitener @ basis(crossover), target)

    # two fields at least on either side, or an exponent rests on a single curve
    crossover = _scan(chi2_of, float(fields[1]), float(fields[-2]))
    coefficients, _, chi2 = _linear(whitener @ basis(crossover), target)
    by_crossover = np.where(logs > crossover, coefficients[2], coefficients[1])
    design = np.column_stack([basis(crossover)[:, 1:], by_crossover, np.ones_like(logs)])
    whitened = whitener @ design
    covariance = np.linalg.pinv(whitened.T @ whitened)[:3, :3]
    scale = float(np.exp(crossover))
    jacobian = np.diag([1.0, 1.0, scale])
    covariance = jacobian @ covariance @ jacobian
    covariance[2, 2] += (energies.field_accuracy * scale) ** 2
    count = logs.size
    values = np.array([coefficients[1], coefficients[2], scale])
    # beyond the last field but one, any crossover fits as well as any other: its exponent is that of one curve
    beyond = chi2_of(np.array([0.5 * (fields[0] + fields[1]), 0.5 * (fields[-2] + fields[-1])]))
    remark = ""
    if np.min(beyond) < chi2 + DETERMINED:
        side = "below" if beyond[0] < beyond[1] else "above"
        remark = f"the crossover is not determined: a single field {side} it describes the energies as well"
    return LawFit(BROKEN, values, covariance, chi2, count - 4, aicc(chi2, count, 4), remark)


def _fit_parabolic(energies: ActivationEnergies, whitener: FloatArray) -> LawFit:
    logs, target = np.log(energies.field_T), whitener @ energies.log_energy
    highest = float(np.max(energies.field_T))

    basis = np.stack([np.ones_like(logs), logs], axis=1)
    design = whitener @ basis

    def rest_of(share: float | FloatArray) -> FloatArray:
        bracket = 2.0 * np.log1p(-np.asarray(share)[..., None] * energies.field_T / highest)
        return np.asarray(target - bracket @ whitener.T)

    # share = highest field / H*, between 0 (a plain power law) and 1 (beyond which the square rises again)
    share = _scan(lambda shares: _least_chi2(design, rest_of(shares)), 0.0, 1.0 - 1e-6)
    kramer = highest / share
    coefficients, _, chi2 = _linear(design, rest_of(share))
    by_kramer = 2.0 * energies.field_T / (kramer * (kramer - energies.field_T))
    whitened = whitener @ np.column_stack([basis, by_kramer])
    covariance = np.linalg.pinv(whitened.T @ whitened)
    beta = float(np.exp(coefficients[0]))
    jacobian = np.diag([beta, 1.0, 1.0])
    covariance = jacobian @ covariance @ jacobian
    # a common scale of the field moves beta by -gamma and H* by one power of it
    scale = energies.field_accuracy * np.array([-coefficients[1] * beta, 0.0, kramer])
    covariance += np.outer(scale, scale)
    count = logs.size
    remark = ""
    if share < 1e-3 or covariance[2, 2] > (0.5 * kramer) ** 2:
        remark = f"the Kramer field is not determined (beyond {highest:g} T)"
    values = np.array([beta, coefficients[1], kramer])
    return LawFit(PARABOLIC, values, covariance, chi2, count - 3, aicc(chi2, count, 3), remark)

"""One contact has one barrier: its strength from many spectra, and whether they agree about it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from analysis.findings import Finding, Verdict
from analysis.statistics import chi2_probability

FloatArray = npt.NDArray[np.float64]

#: Below this probability of chi2 the spectra do not share a barrier; below the other the error is enlarged.
_REJECTED, _DOUBTFUL = 1e-4, 1e-2
_FEWEST = 3


def common_barrier(
    findings: Sequence[Finding], shifted: Sequence[Finding] = (), times: float = 1.0
) -> list[Finding]:
    """``common_barrier`` [1] of the spectra of one contact, from their ``barrier`` findings.

    The mean of the transparencies tau = 1/(1 + Z^2) weighted with their errors, given as Z: tau is what a spectrum
    is nearly linear in, so that its errors are even where those of Z are not. The chi2 of the spectra about it says
    whether they agree; where they do not, the contact has changed (or the law left something out), and no number
    stands for all. Spectra of a hardly resolved gap count with the little weight that their errors give them.

    ``shifted`` are the findings of the same spectra with the thermometer off: what that does to the mean, at the
    same weights, is in its error so many ``times``. Whether they still agree then is no question.
    """
    known = [f for f in findings if f.quantity == "barrier" and f.value is not None and f.error]
    curves = tuple(dict.fromkeys(name for f in known for name in f.curves))
    window = _window(known)
    if len(known) < _FEWEST:
        reason = f"{len(known)} spectra with a barrier, {_FEWEST} are needed"
        return [Finding("common_barrier", None, None, "1", Verdict.NOT_ENOUGH_DATA, reason, "", {}, curves, window)]
    strength = np.array([f.value for f in known], dtype=float)
    spread = np.array([f.error for f in known], dtype=float)
    tau, error = _transparencies(strength, spread)
    mean, mean_error = _weighted(tau, error)
    moved = {f.curves: f.value for f in shifted if f.quantity == "barrier" and f.value is not None}
    warmer = np.array([moved.get(f.curves, f.value) for f in known], dtype=float)
    shift = times * _weighted(1.0 / (1.0 + warmer**2) - tau, error)[0]
    chi2, freedom = float(np.sum(((tau - mean) / error) ** 2)), tau.size - 1
    probability = chi2_probability(chi2, freedom)
    value = float(np.sqrt(1.0 / mean - 1.0)) if 0 < mean <= 1 else 0.0
    worst = known[int(np.argmax(np.abs(tau - mean) / error))]
    farthest = f"the farthest {worst.value:.3g} +- {worst.error:.2g} ({_named(worst)})"
    apart = f"{np.sqrt(chi2 / freedom):.2g} times their errors apart, {farthest}"
    verdict, reason, growth = Verdict.GOOD, f"{tau.size} spectra agree", 1.0
    if probability < _REJECTED:
        verdict, reason = Verdict.MODEL_REJECTED, f"the spectra do not share a barrier: {apart}"
    elif probability < _DOUBTFUL:
        verdict, reason = (
            Verdict.PROVISIONAL,
            f"the spectra hardly agree: {apart}; error enlarged",
        )
        growth = float(np.sqrt(chi2 / freedom))
    elif 2 * sum(f.verdict is not Verdict.GOOD for f in known) > len(known):
        verdict, reason = Verdict.PROVISIONAL, "most of the barriers are provisional themselves"
    whole = _of_strength(mean, float(np.hypot(growth * mean_error, shift)))
    number: tuple[float | None, float | None] = (value, whole)
    if verdict is Verdict.MODEL_REJECTED:
        number = None, None
    method = "weighted mean of the transparencies"
    return [Finding("common_barrier", *number, "1", verdict, reason, method, {}, curves, window)]


def _transparencies(strength: FloatArray, error: FloatArray) -> tuple[FloatArray, FloatArray]:
    """tau and its error, of which that of Z is the wider side: the smaller of the two that would make it."""
    tau = 1.0 / (1.0 + strength**2)
    lower = tau - 1.0 / (1.0 + (strength + error) ** 2)
    upper = 1.0 / (1.0 + (strength - error) ** 2) - tau
    # at Z = 0 the other side ends, and says nothing
    return tau, np.where(error < strength, np.minimum(lower, upper), lower)


def _weighted(values: FloatArray, errors: FloatArray) -> tuple[float, float]:
    weights = errors**-2.0
    return float(np.sum(weights * values) / np.sum(weights)), float(np.sum(weights) ** -0.5)


def _of_strength(tau: float, error: float) -> float:
    """The error of Z: the wider side."""

    def strength(transparency: float) -> float:
        return float(np.sqrt(max(1.0 / max(transparency, 1e-6) - 1.0, 0.0)))

    return max(strength(tau - error) - strength(tau), strength(tau) - strength(tau + error))


def _named(finding: Finding) -> str:
    at = (
        f"{name.split('_')[0]} {value:g}"
        for name, value in finding.conditions.items()
        if not isinstance(value, str)
    )
    return ", ".join((*finding.curves, *at))


def _window(known: list[Finding]) -> dict[str, tuple[float, float]]:
    window = {}
    for name in ("temperature_K", "field_T"):
        at = [float(f.conditions[name]) for f in known if name in f.conditions]
        if at:
            window[name] = (min(at), max(at))
    return window

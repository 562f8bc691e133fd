"""From one spectrum to findings: gap, broadening, barrier and bias offset, and how far to trust them."""

from dataclasses import dataclass

import numpy as np

from analysis.errors import AnalysisError
from analysis.findings import Finding, Verdict
from analysis.spectroscopy.choice import HIGHEST, LOWEST, Candidate, Choice, choose
from analysis.spectroscopy.gapless import is_as_good, leaves_little, polynomial_residual
from analysis.spectroscopy.junction import GAP, OFFSET, SERIES, TRANSPARENCY, WIDTH
from analysis.spectroscopy.spectrum import Spectrum, asymmetry

#: A smooth misfit of more than this share of the spectrum's structure is another law, not an imperfect contact.
LARGEST_MISFIT = 0.03
#: Gaps that the bias should reach beyond the offset; a third of the misfit is allowed where it does not.
WANTED_REACH = 3.0
_QUANTITIES = (("gap", "meV"), ("broadening", "meV"), ("barrier", "1"), ("bias_offset", "mV"))


#: A series resistance with a larger standard error, in units of the contact's own, is not determined.
LARGEST_SERIES_ERROR = 0.05
#: Value, error and doubt.
_Row = tuple[float | None, float | None, str]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Verdict on a fit, in words, and the factor by which its errors grow."""

    verdict: Verdict
    reasons: tuple[str, ...]
    inflation: float


def spectrum_findings(
    spectrum: Spectrum, *, compare_broadening: bool = True, series_resistance_ratio: float | None = 0.0
) -> list[Finding]:
    """``gap``, ``broadening`` [meV], ``barrier`` [1] and ``bias_offset`` [mV] of one dI/dV curve.

    The law (Blonder-Tinkham-Klapwijk, or Dynes where the barrier is infinite for all the data can tell) times a
    straight or parabolic background is fitted with the noise found from fourth differences; errors are those
    of that noise, larger where the fit leaves more. Lifetime and Gaussian broadening are compared by their
    evidence, with the weight of which the difference of their gaps enters the error.

    ``series_resistance_ratio`` is the resistance in series (spreading, leads) over the contact's own normal one, r;
    :func:`~analysis.spectroscopy.series_ratio` has it from ohms. Neglected, it makes the gap 1.1 r too large and
    hardly shows in the residual. None fits it and adds the finding ``series_resistance_ratio`` [1]; where the
    spectrum does not determine it, nothing is given at all.

    Raises:
        AnalysisError: a series resistance ratio that is negative or not a number.
    """
    ratio = series_resistance_ratio
    if ratio is not None and not 0 <= ratio < np.inf:
        raise AnalysisError(f"the series resistance ratio must not be negative, None fits it; found {ratio!r}")
    quantities = _QUANTITIES if ratio is not None else (*_QUANTITIES, ("series_resistance_ratio", "1"))
    conditions = {"temperature_K": spectrum.temperature_K, "field_T": spectrum.field_T}
    try:
        choice = choose(spectrum, compare_broadening, ratio)
    except AnalysisError as refusal:
        return [
            Finding(q, None, None, u, Verdict.NOT_ENOUGH_DATA, str(refusal), "", conditions, (spectrum.name,))
            for q, u in quantities
        ]
    judgement = judge(choice)
    rows = _values(choice, judgement)
    if ratio is None:
        rows = _with_series(choice, judgement, rows)
    window = {"bias_mV": (float(choice.data.bias_mV[0]), float(choice.data.bias_mV[-1]))}
    method = _method(choice.best) + ("" if ratio == 0 else _behind(ratio))
    findings = []
    for (quantity, unit), (value, error, doubt) in zip(quantities, rows, strict=True):
        verdict, reasons = judgement.verdict, judgement.reasons
        if verdict in (Verdict.MODEL_REJECTED, Verdict.NOT_ENOUGH_DATA):
            value, error = None, None
        elif value is None:
            verdict, reasons = Verdict.NOT_ENOUGH_DATA, (doubt,)
        elif doubt:
            verdict, reasons = Verdict.PROVISIONAL, (*reasons, doubt)
        reason = "; ".join((*reasons, *_notes(choice)))
        findings.append(
            Finding(quantity, value, error, unit, verdict, reason, method, conditions, (spectrum.name,), window)
        )
    return findings


def judge(choice: Choice) -> Judgement:
    """Does the law describe the data: size of the residual against the noise, and agreement of neighbours."""
    fit, count = choice.best.fit, choice.data.values.size
    if not _has_structure(choice):
        if leaves_little(choice.data):
            text = "no gap: a background without a gap describes the data as well"
            return Judgement(Verdict.NOT_ENOUGH_DATA, (text,), 1.0)
        text = "neither a single gap nor a smooth background without one describes the data"
        return Judgement(Verdict.MODEL_REJECTED, (text,), 1.0)
    freedom = max(count - fit.free, 1)
    reduced = fit.chi2 / freedom
    # the noise itself is known to sqrt(1.6/n) from fourth differences
    allowed = 1.0 + 4.0 * np.sqrt(2.0 / freedom + 4.0 * 1.6 / count)
    product = float(np.sum(fit.residual[1:] * fit.residual[:-1]))
    correlation = product / max(fit.chi2, 1e-300)
    structured = correlation * np.sqrt(count) > 4.5
    misfit = np.sqrt(max(product, 0.0) / count) * choice.data.noise
    contrast = float(np.sqrt(np.mean((fit.shape - 1.0) ** 2)))
    shares = f"{misfit:.2%} of the normal state, {misfit / contrast:.1%} of the spectrum's own"
    left = f"the residual has a structure of {shares}"
    # where the normal state is hardly reached, a wide gap can imitate what is none
    unsure = choice.reach_in_gaps < WANTED_REACH
    far_off = reduced > 9.0 and np.sqrt(reduced) * choice.data.noise > 2.0 * LARGEST_MISFIT * contrast
    if far_off or (structured and misfit > (LARGEST_MISFIT / 3 if unsure else LARGEST_MISFIT) * contrast):
        if is_as_good(choice.data, fit.chi2, correlation):
            text = "no gap: a polynomial without a gap describes what little structure there is as well"
            return Judgement(Verdict.NOT_ENOUGH_DATA, (text,), 1.0)
        text = f"{left} ({_times_noise(reduced)}): no single gap with this broadening makes such a spectrum"
        return Judgement(Verdict.MODEL_REJECTED, (text,), 1.0)
    if not fit.converged:
        return Judgement(Verdict.NOT_ENOUGH_DATA, ("the fit did not converge",), 1.0)
    if structured:
        growth = float(np.sqrt(max(reduced, 1.0) * (1.0 + correlation) / max(1.0 - correlation, 0.02)))
        return Judgement(Verdict.PROVISIONAL, (f"{left}; errors enlarged",), growth)
    if reduced > allowed:
        text = f"the residual is {_times_noise(reduced)}; errors enlarged"
        return Judgement(Verdict.PROVISIONAL, (text,), float(np.sqrt(reduced)))
    return Judgement(Verdict.GOOD, (), 1.0)


def _times_noise(reduced_chi2: float) -> str:
    """The size of a residual in words: its root is what one sees in a plot."""
    return f"{np.sqrt(reduced_chi2):.2g} times the noise of neighbours"


def _has_structure(choice: Choice) -> bool:
    """Whether the gap improves on a polynomial by far more than its parameters would by chance."""
    residual = polynomial_residual(choice.data)
    scale = max(choice.best.fit.chi2 / choice.data.values.size, 1.0)
    return (float(residual @ residual) - choice.best.fit.chi2) / scale > 30.0


def _behind(ratio: float | None) -> str:
    return ", series resistance fitted" if ratio is None else f", behind {ratio:.3g} of its resistance"


def _with_series(choice: Choice, judgement: Judgement, rows: list[_Row]) -> list[_Row]:
    """The rows and that of the series resistance, or refusals where it is not determined."""
    fit = choice.best.fit
    ratio = float(fit.parameters[SERIES])
    error = float(np.hypot(judgement.inflation * fit.error(SERIES), choice.model_spread(SERIES)))
    on_bound = not LOWEST[0] < ratio < HIGHEST[0]
    if on_bound or error > LARGEST_SERIES_ERROR or rows[0][0] is None:
        found = f"{ratio:.2g} +- {error:.2g}" if np.isfinite(error) else "nothing"
        text = (
            f"the spectrum does not determine a resistance in series ({found} of the contact's own, below"
            f" {LARGEST_SERIES_ERROR:g} is wanted): the gap would be wrong by 1.1 of it"
        )
        return [(None, None, text)] * (len(rows) + 1)
    negative = f"a negative resistance of {ratio:.2g} +- {error:.2g}: something else is at work"
    return [*rows, (ratio, error, negative if ratio < -3.0 * error else "")]


def _values(choice: Choice, judgement: Judgement) -> list[_Row]:
    """Value, error and doubt for gap, broadening, barrier and offset."""
    fit = choice.best.fit
    gap, width = float(fit.parameters[GAP]), float(fit.parameters[WIDTH])
    gap_error = float(np.hypot(judgement.inflation * fit.error(GAP), choice.model_spread(GAP)))
    width_error = judgement.inflation * fit.error(WIDTH)
    offset_error = judgement.inflation * fit.error(OFFSET)
    reach = choice.reach_in_gaps
    gap_doubt = (
        f"the bias reaches only {reach:.2g} gaps, {WANTED_REACH:g} are wanted" if reach < WANTED_REACH else ""
    )
    rows: list[_Row]
    if choice.gap_on_bound:
        return [(None, None, f"the gap is not resolved: the fit runs to the end of its range, {gap:.3g} meV")] * 4
    if gap_error > 0.4 * gap:
        text = f"the gap is not resolved: {gap:.3g} +- {gap_error:.2g} meV"
        return [(None, None, text)] * 4
    rows = [(gap, gap_error, gap_doubt)]
    rows.append((width, width_error, "compatible with none" if width < 2 * width_error else ""))
    rows.append(_barrier(choice, judgement.inflation))
    if choice.data.symmetrised:
        rows.append((None, None, "the spectrum was symmetrised before, which hides its offset"))
    else:
        rows.append((float(fit.parameters[OFFSET]), offset_error, ""))
    return rows


def _barrier(choice: Choice, inflation: float) -> tuple[float | None, float | None, str]:
    best = choice.best
    if best.tunnelling:
        return None, None, "tunnelling: the barrier cannot be told from an infinite one"
    tau = float(best.fit.parameters[TRANSPARENCY])
    error = float(np.hypot(inflation * best.fit.error(TRANSPARENCY), choice.model_spread(TRANSPARENCY)))

    def strength(transparency: float) -> float:
        return float(np.sqrt(max(1.0 / max(transparency, 1e-6) - 1.0, 0.0)))

    value = strength(tau)
    # Z is the root of 1/tau - 1, so that near Z = 0 the error is that of the wider side
    return value, max(strength(tau - error) - value, value - strength(tau + error)), ""


def _method(best: Candidate) -> str:
    return f"{'Dynes' if best.tunnelling else 'BTK'}, {best.broadening} broadening"


def _notes(choice: Choice) -> list[str]:
    """What a reader of a number should know, whatever the verdict."""
    notes = []
    fit, data = choice.best.fit, choice.data
    if data.skipped:
        notes.append(f"{data.skipped} rows without a number left out")
    if choice.outliers:
        notes.append(f"{choice.outliers} lone values far off left out")
    if data.symmetrised:
        notes.append("symmetrised before: one half used, so that errors are those of the values that are there")
    else:
        size, significance = asymmetry(data.bias_mV, fit.residual, float(fit.parameters[OFFSET]))
        if significance > 4.5:
            notes.append(f"not symmetric about its offset: odd part {size * data.noise:.2%} of the normal state")
    for other in choice.others:
        shift = other.gap_meV - choice.best.gap_meV
        if other.criterion < choice.best.criterion + 10.0 and abs(shift) > 0.5 * fit.error(GAP):
            curved = "" if other.curved == choice.best.curved else " with a parabolic background"
            notes.append(f"{_method(other)}{curved} would give a gap {shift:+.2g} meV from this one")
    return notes

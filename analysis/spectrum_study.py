"""dI/dV spectra of a campaign: gap of each, and the gap against temperature and against field."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.calibration import with_abscissa_error, with_field_scale, with_shift
from analysis.completeness import cut_short, unfinished
from analysis.current_modulation import MOST, without_current_modulation
from analysis.curves import Curve, CurveInfo
from analysis.errors import AnalysisError
from analysis.findings import Condition, Finding, Verdict
from analysis.spectroscopy import (
    Spectrum,
    common_barrier,
    gap_against_field,
    gap_against_temperature,
    spectrum_findings,
)

#: Conditions that vary within one series of spectra; contacts that differ in another are series of their own.
VARIED = ("temperature_K", "field_T", "direction")
#: More points than this are averaged over neighbours of the bias before the fit.
MOST_POINTS = 2000
#: A modulation that varies by more than this share over a spectrum is told: the fit takes one for all biases.
STEADY_MODULATION = 0.1
#: A modulation is a current when that varies by less than this share, over at least so many points.
STEADY_CURRENT, FEWEST_FOR_CURRENT = 1e-3, 20
#: Thermometers are moved by this share of their standard error, and what that changes is taken so many times more:
#: the whole of it may show in the residual, so that another background or broadening is chosen.
PUSH = 0.2
_ASKED = ("temperature_K", "field_T")


@dataclass(frozen=True, slots=True)
class SpectrumResult:
    """A finished spectrum: what it is, whether it is whole, and its findings.

    ``shifted`` are the findings if the thermometer read too little by ``PUSH`` of its standard error: what that
    changes tells the error of the calibration, of each spectrum and, since it is common, of the series.
    """

    info: CurveInfo
    complete: bool
    findings: list[Finding]
    shifted: list[Finding] = field(default_factory=list)

    @property
    def series(self) -> tuple[tuple[str, Condition], ...]:
        """What is common to the spectra that belong together."""
        return tuple(sorted((k, v) for k, v in self.info.conditions.items() if k not in VARIED))


def spectrum_of(curve: Curve) -> Spectrum:
    """The curve as conductance against bias in mV, at its mean temperature and the field it was asked for.

    Temperature is the median of the readings, to five digits, for it smears the spectrum; the field that was
    commanded groups spectra, since magnets do not return exactly. Where the modulation was a current, its smearing
    is taken off (see :mod:`analysis.current_modulation`) and none is left; otherwise it is the rms over all biases.

    Raises:
        AnalysisError: a column is missing, or temperature or modulation are none.
    """
    missing = [name for name in ("bias_V", "modulation_V") if name not in curve.columns]
    if missing:
        raise AnalysisError(f"{curve.info.name}: dI/dV needs {' and '.join(missing)}")
    if not len(curve):
        raise AnalysisError(f"{curve.info.name}: no points")
    asked = curve.info.conditions.get("field_T")
    tesla = float(asked) if isinstance(asked, (int, float)) else float(f"{np.median(curve.field_T):.4g}")
    kelvin = float(f"{np.median(curve.temperature_K):.5g}")
    current = _modulation_current(curve)
    resistance, modulation = curve.resistance_ohm, float(np.sqrt(np.mean(curve.columns["modulation_V"] ** 2)))
    if current is not None:
        resistance, share = without_current_modulation(curve.columns["current_A"], resistance, current)
        resistance, modulation = (resistance, 0.0) if share <= MOST else (curve.resistance_ohm, modulation)
    with np.errstate(divide="ignore"):
        conductance = 1.0 / resistance
    bias, conductance = _averaged(curve.columns["bias_V"], conductance)
    return Spectrum(curve.info.name, 1e3 * bias, conductance, kelvin, tesla, 1e3 * modulation)


def evaluate_spectrum(curve: Curve) -> SpectrumResult:
    """Findings of one spectrum."""
    shifted: list[Finding] = []
    try:
        spectrum = spectrum_of(curve)
        findings = spectrum_findings(spectrum)
        if curve.info.temperature_accuracy_K > 0 and any(f.value is not None for f in findings):
            warmer = spectrum.temperature_K + PUSH * curve.info.temperature_accuracy_K
            shifted = spectrum_findings(replace(spectrum, temperature_K=warmer))
    except AnalysisError as problem:
        held = {k: v for k, v in curve.info.conditions.items() if k in ("temperature_K", "field_T")}
        none = Verdict.NOT_ENOUGH_DATA
        findings = [Finding("gap", None, None, "meV", none, str(problem), "", held, (curve.info.name,))]
    result = SpectrumResult(curve.info, curve.complete, findings, shifted)
    more = dict(result.series)
    noted = _modulation_note(curve)
    findings = [
        replace(f, conditions={**f.conditions, **more}, reason="; ".join(filter(None, (f.reason, noted))))
        for f in findings
    ]
    shifted = [replace(f, conditions={**f.conditions, **more}) for f in shifted]
    return replace(result, findings=findings if curve.complete else cut_short(findings), shifted=shifted)


def _modulation_current(curve: Curve) -> float | None:
    """The rms of an alternating current that is the same at every bias, None where there is none."""
    if "current_A" not in curve.columns or len(curve) < FEWEST_FOR_CURRENT:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        currents = curve.columns["modulation_V"] / curve.resistance_ohm
    middle = float(np.median(currents))
    steady = np.all(np.abs(currents - middle) <= STEADY_CURRENT * abs(middle))
    return middle if steady and middle > 0 else None


def calibrated(results: Sequence[SpectrumResult]) -> list[Finding]:
    """The findings of all spectra, with what temperature and field of each leave open."""
    own = [(f, result.info) for result in results for f in with_shift(result.findings, result.shifted, 1 / PUSH)]
    temperature = max((result.info.temperature_accuracy_K for result in results), default=0.0)
    field = max((result.info.field_accuracy for result in results), default=0.0)
    # measured temperatures differ in their last digits: the ones asked for make the series
    asked = [
        replace(f, conditions={**f.conditions, **{k: info.conditions[k] for k in _ASKED if k in info.conditions}})
        for f, info in own
    ]
    widened = with_abscissa_error(asked, "temperature_K", lambda _: temperature)
    widened = with_abscissa_error(widened, "field_T", lambda field_T: field * abs(field_T))
    return [replace(f, error=wide.error) for (f, _), wide in zip(own, widened, strict=True)]


def across_spectra(results: Sequence[SpectrumResult], tc: Finding | None, complete: bool) -> list[Finding]:
    """Gap against temperature and field, and the barrier, of each series; ``tc``: the resistive Tc if known."""
    findings: list[Finding] = []
    for series in dict.fromkeys(result.series for result in results):
        mine = [result for result in results if result.series == series]
        own = [finding for result in mine for finding in result.findings]
        across = _series(own, tc)
        kelvin = max(result.info.temperature_accuracy_K for result in mine)
        if kelvin > 0 and all(result.shifted for result in mine if _has_gap(result)):
            warmer = None if tc is None or tc.value is None else replace(tc, value=tc.value + PUSH * kelvin)
            shifted = _series([f for result in mine for f in result.shifted], warmer)
            across = with_shift(across, shifted, 1 / PUSH)
        if len({f.curves for f in own}) > 1:
            across += common_barrier(own, [f for result in mine for f in result.shifted], 1 / PUSH)
        across = with_field_scale(across, max(result.info.field_accuracy for result in mine))
        across = [replace(f, conditions={**f.conditions, **dict(series)}) for f in across]
        findings += across if complete and all(r.complete for r in mine) else unfinished(across)
    return findings


def _has_gap(result: SpectrumResult) -> bool:
    return any(f.quantity == "gap" and f.value is not None for f in result.findings)


def _series(own: list[Finding], tc: Finding | None) -> list[Finding]:
    """The gaps of one contact together."""
    across: list[Finding] = []
    if len({f.conditions["temperature_K"] for f in own if "temperature_K" in f.conditions}) > 1:
        across += gap_against_temperature(own, tc)
    if len({abs(float(f.conditions.get("field_T", 0.0))) for f in own}) > 1:
        across += gap_against_field(own)
    return across


def _averaged(bias: np.ndarray, conductance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means over equally many neighbours in bias, where there are more points than a fit needs."""
    if bias.size <= MOST_POINTS:
        return bias, conductance
    order = np.argsort(bias, kind="stable")
    starts = np.linspace(0, bias.size, MOST_POINTS + 1).astype(int)[:-1]
    counts = np.diff(np.append(starts, bias.size))
    return np.add.reduceat(bias[order], starts) / counts, np.add.reduceat(conductance[order], starts) / counts


def _modulation_note(curve: Curve) -> str:
    modulation = curve.columns.get("modulation_V")
    if _modulation_current(curve) is not None:
        return ""
    if modulation is None or modulation.size < 2 or not np.median(modulation) > 0:
        return ""
    low, high = np.percentile(modulation, [5, 95])
    if high - low <= STEADY_MODULATION * float(np.median(modulation)):
        return ""
    return f"the modulation runs from {1e6 * low:.3g} to {1e6 * high:.3g} uV rms; the fit takes one for all biases"

"""A campaign of any kinds of curves: each goes to the study of its kind, and what they say together is added.

R(T) and R(B) go to one :class:`analysis.study.Study` per gate voltage, whose findings then carry ``gate_V``;
spectra to :mod:`analysis.spectrum_study`, gate sweeps to :class:`analysis.map_study.MapStudy`. Curves come in any
order, one at a time. Spectra and gate sweeps are worked out when they are finished, so that a snapshot costs one
step of a Study at most.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import hypot, isfinite

import numpy as np

from analysis.blocks import RowBlocks
from analysis.boundary import ISOTHERM, with_temperature_errors
from analysis.calibration import with_abscissa_error
from analysis.completeness import unfinished, with_losses
from analysis.curves import Curve, CurveInfo
from analysis.errors import AnalysisError
from analysis.field_study import is_hall
from analysis.findings import Condition, Finding
from analysis.map_study import MapStudy
from analysis.spectrum_study import SpectrumResult, across_spectra, calibrated, evaluate_spectrum
from analysis.studies_across import AGAINST_GATE, across_findings, resistive_tc
from analysis.study import Study, analyze

#: What every point must have, what a kind of curve needs beside, and what it may have.
NEEDED = ("temperature_K", "field_T", "resistance_ohm")
COLUMNS: Mapping[str, tuple[str, ...]] = {"R(Vg)": ("gate_V", "leakage_A"), "dI/dV": ("bias_V", "modulation_V")}
OPTIONAL: Mapping[str, tuple[str, ...]] = {"R(Vg)": ("hall_resistance_ohm",), "dI/dV": ("current_A",)}


class Studies:
    """Findings while points arrive: ``start``, ``add``, ``finish`` for each curve, ``snapshot`` any time.

    Args:
        expected_curves: how many curves the campaign has; None when that is not known, and then it never ends.
    """

    def __init__(self, expected_curves: int | None = None) -> None:
        self._expected = expected_curves
        self._finished = 0
        self._by_gate: dict[Condition | None, Study] = {}
        self._gate: Condition | None = None
        self._maps = MapStudy()
        self._spectra: list[SpectrumResult] = []
        self._info: CurveInfo | None = None
        self._rows = RowBlocks(len(NEEDED))
        self._names: tuple[str, ...] = ()
        self._lost = 0
        self._temperature_accuracy_K = 0.0
        self._fixed: list[Finding] = []

    def start(self, info: CurveInfo) -> None:
        """A curve begins.

        Raises:
            AnalysisError: the curve before has not been finished.
        """
        if self._info is not None:
            raise AnalysisError(f"{info.name} begins, but {self._info.name} has not been finished")
        self._info, self._lost = info, 0
        self._temperature_accuracy_K = max(self._temperature_accuracy_K, info.temperature_accuracy_K)
        if info.kind in COLUMNS:
            self._names = (*NEEDED, *COLUMNS[info.kind], *OPTIONAL[info.kind])
            self._rows = RowBlocks(len(self._names))
        else:
            self._study(info).start(info)

    def add(self, values: Mapping[str, float]) -> None:
        """One point of the running curve by column; unknown columns are ignored.

        A point that lacks a number its kind needs, or has one that is not finite, is counted and left out.

        Raises:
            AnalysisError: no curve is running.
        """
        if self._info is None:
            raise AnalysisError("a point without a curve")
        nan = float("nan")
        if self._info.kind not in COLUMNS:
            t, b, r = (float(values.get(name, nan)) for name in NEEDED)
            self._study(self._info).add(t, b, r)
            return
        row = tuple(float(values.get(name, nan)) for name in self._names)
        needed = len(NEEDED) + len(COLUMNS[self._info.kind])
        if all(isfinite(value) for value in row[:needed]):
            self._rows.add(row)
        else:
            self._lost += 1

    def finish(self) -> None:
        """The running curve is complete.

        Raises:
            AnalysisError: no curve is running.
        """
        if self._info is None:
            raise AnalysisError("finish without a curve")
        info, self._info = self._info, None
        self._finished += 1
        if info.kind not in COLUMNS:
            self._study(info).finish()
        else:
            self._take(_curve(info, self._names, self._rows))
        complete = self._expected is not None and self._finished >= self._expected
        curves = [curve for study in self._by_gate.values() for curve in study.curves]
        self._fixed = _with_across(self._by_study(), self._spectra, self._maps, curves, complete)

    def snapshot(self) -> list[Finding]:
        """All findings as of now; costs one short step of work."""
        return _published([*self._by_study(), *self._fixed], (), self._temperature_accuracy_K)

    @property
    def busy(self) -> bool:
        """Whether the next snapshot takes up work, so that one after it may say more."""
        return any(study.busy for study in self._by_gate.values())

    def _study(self, info: CurveInfo) -> Study:
        gate = info.conditions.get("gate_V")
        if gate not in self._by_gate:
            self._by_gate[gate] = Study(self._expected)
        return self._by_gate[gate]

    def _by_study(self) -> list[Finding]:
        return [f for gate, study in self._by_gate.items() for f in _at_gate(study.snapshot(), gate)]

    def _take(self, curve: Curve) -> None:
        if curve.info.kind == "R(Vg)":
            self._maps.add(curve, self._lost)
        else:
            result = evaluate_spectrum(curve)
            self._spectra.append(replace(result, findings=with_losses(result.findings, self._lost)))


def analyze_all(curves: Sequence[Curve], expected_curves: int | None = None) -> list[Finding]:
    """All findings over all points of all curves: by kind and gate voltage, then across.

    A curve that was cut short, or fewer curves than expected (None: as many as there are), make what rests on
    several curves provisional.
    """
    missing = len(curves) < (expected_curves or 0)
    by_gate: dict[Condition | None, list[Curve]] = {}
    for curve in curves:
        if curve.info.kind not in COLUMNS:
            by_gate.setdefault(curve.info.conditions.get("gate_V"), []).append(curve)
    findings: list[Finding] = []
    for gate, mine in by_gate.items():
        findings += _at_gate(analyze(mine, len(mine) + 1 if missing else None), gate)
    spectra = [evaluate_spectrum(curve) for curve in curves if curve.info.kind == "dI/dV"]
    maps = MapStudy()
    maps.add_all([curve for curve in curves if curve.info.kind == "R(Vg)"])
    complete = not missing and all(curve.complete for curve in curves)
    accuracy = max((curve.info.temperature_accuracy_K for curve in curves), default=0.0)
    return _published([*findings, *_with_across(findings, spectra, maps, curves, complete)], curves, accuracy)


def _with_across(
    by_study: Sequence[Finding],
    spectra: Sequence[SpectrumResult],
    maps: MapStudy,
    curves: Sequence[Curve],
    complete: bool,
) -> list[Finding]:
    """Findings of spectra and gate sweeps, and those across all studies."""
    own = calibrated(spectra)
    gaps = across_spectra(spectra, resistive_tc(by_study), complete)
    sweeps = maps.findings(complete, [curve for curve in curves if _is_isotherm(curve.info)])
    across = across_findings([*by_study, *sweeps])
    return [*own, *gaps, *sweeps, *(across if complete else unfinished(across))]


def _published(
    findings: Sequence[Finding], curves: Sequence[Curve], temperature_accuracy_K: float
) -> list[Finding]:
    """The findings in their order, with what only the others tell: errors of the temperature or gate they stand at.

    Hc2 of isotherms goes with the temperature; everything at a gate voltage with where in the dielectric's loop it
    was taken, half of the loop's width to either side, once that was measured.
    """
    found = list(findings)
    isotherms = [index for index, f in enumerate(found) if f.quantity == "Hc2" and ISOTHERM in f.method]
    if isotherms:
        swept = [curve for curve in curves if curve.info.kind == "R(B)"]
        wide = with_temperature_errors([found[index] for index in isotherms], swept, temperature_accuracy_K)
        for index, finding in zip(isotherms, wide, strict=True):
            found[index] = finding
    loop = max(
        (hypot(f.value, f.error) for f in found if f.quantity == "gate_hysteresis" and f.value and f.error),
        default=0.0,
    )
    if not loop:
        return found
    return [_with_loop(f, loop / 2) for f in with_abscissa_error(found, "gate_V", lambda _: loop / 2)]


def _with_loop(finding: Finding, half_V: float) -> Finding:
    """A slope against the gate, whose ends may have been taken on either branch of the dielectric's loop."""
    if finding.quantity not in AGAINST_GATE.values() or finding.value is None or finding.error is None:
        return finding
    low, high = finding.window["gate_V"]
    tilt = hypot(half_V, half_V) / (high - low) * finding.value
    return replace(finding, error=hypot(finding.error, tilt))


def _is_isotherm(info: CurveInfo) -> bool:
    return info.kind == "R(B)" and not is_hall(info)


def _curve(info: CurveInfo, names: tuple[str, ...], rows: RowBlocks) -> Curve:
    columns = dict(zip(names, rows.arrays(), strict=True))
    temperature, field, resistance = (columns.pop(name) for name in NEEDED)
    known = {name: values for name, values in columns.items() if np.any(np.isfinite(values))}
    return Curve(info, temperature, field, resistance, True, known)


def _at_gate(findings: Sequence[Finding], gate: Condition | None) -> list[Finding]:
    if gate is None:
        return list(findings)
    return [replace(f, conditions={**f.conditions, "gate_V": gate}) for f in findings]

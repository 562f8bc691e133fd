"""R(B) curves of a campaign: what each says, what they lend each other, and what they say together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.curves import Curve, CurveInfo
from analysis.field_sweep import KEPT, FieldReport, Place, field_report
from analysis.findings import Condition, Finding
from analysis.hall import hall_findings
from analysis.normal_field import FieldNormal
from analysis.reentrance import common_peak, peak_findings
from analysis.steps import Steps, stepwise
from analysis.zero_window import Crossings, common_threshold, crossings_of, hysteresis_findings, window_findings

#: Temperatures of two isotherms within this share are one.
SAME_TEMPERATURE = 0.02


@dataclass(frozen=True, slots=True)
class Lent:
    """What other curves lend to one: a normal state, or the field below which a Hall signal is of vortices."""

    normal: FieldNormal | None = None
    exclude_below_T: float | None = None


@dataclass(frozen=True, slots=True)
class FieldResult:
    """One R(B) curve, its findings, and what they rest on."""

    curve: Curve
    findings: list[Finding]
    lent: Lent
    report: FieldReport | None = None
    peaks: tuple[Finding, ...] = ()


@stepwise
def evaluate_field(curve: Curve, lent: Lent | None = None) -> Steps[FieldResult]:
    """Findings of one R(B) curve: of the Hall contacts where ``signal`` is "hall", else longitudinal."""
    lent = lent or Lent()
    if is_hall(curve.info):
        return FieldResult(curve, hall_findings(curve, lent.exclude_below_T), lent)
    report = yield from field_report.steps(curve, lent.normal)
    yield
    both = [sweep for sweep in report.parts if np.min(sweep.field_T) < 0 < np.max(sweep.field_T)]
    peaks = tuple(peak_findings(curve))
    yield
    return FieldResult(curve, [*report.findings, *window_findings(curve, both), *peaks], lent, report, peaks)


def is_hall(info: CurveInfo) -> bool:
    """Whether a curve is of the Hall contacts."""
    return info.conditions.get("signal") == "hall"


def settled(results: Sequence[FieldResult]) -> list[FieldResult]:
    """The same curves, those evaluated anew to which the others now lend something else."""
    longitudinal = [_anew(result, results) for result in results]
    return [_anew(result, longitudinal) if is_hall(result.curve.info) else result for result in longitudinal]


def _anew(result: FieldResult, others: Sequence[FieldResult]) -> FieldResult:
    lent = lend(result.curve.info, [other for other in others if other.curve is not result.curve])
    same = lent.exclude_below_T == result.lent.exclude_below_T and _same_normal(lent.normal, result.lent.normal)
    return result if same else evaluate_field(result.curve, lent)


def _same_normal(one: FieldNormal | None, other: FieldNormal | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.remark == other.remark and bool(np.array_equal(one.coefficients, other.coefficients))


def lend(info: CurveInfo, others: Sequence[FieldResult]) -> Lent:
    """What finished curves lend to the curve of this name: see :class:`Lent`."""
    alike = [other for other in others if other.report is not None and _alike(other.curve.info, info)]
    temperature = _number(info.conditions.get("temperature_K"))
    if is_hall(info):
        onsets = [
            finding.value
            for other in alike
            if _near(_number(other.curve.info.conditions.get("temperature_K")), temperature)
            for finding in other.findings
            if finding.quantity == "Hc2"
            and finding.conditions["criterion"] == "onset"
            and finding.value is not None
        ]
        return Lent(exclude_below_T=max(onsets) if onsets else None)
    having = [
        (abs(known - temperature), normal, other.curve.info.name)
        for other in alike
        if other.report is not None and temperature is not None
        for known in [_number(other.curve.info.conditions.get("temperature_K"))]
        if known is not None
        for normal in other.report.normals[:1]
    ]
    having.sort(key=lambda item: (item[0], item[2]))
    return Lent(_borrowed(having)) if having else Lent()


def _borrowed(having: Sequence[tuple[float, FieldNormal, str]]) -> FieldNormal:
    """The normal state of the nearest temperature; how much that of the next differs is in its error."""
    _, normal, name = having[0]
    low, high = normal.window_T
    told = f"the sweep ends before the normal state; R_n is that of {name}, {low:.4g} to {high:.4g} T, extrapolated"
    if len(having) > 1:
        place = normal.reference_T
        difference = float(having[1][1].resistance(place) - normal.resistance(place))
        lever = np.array([difference, 0.0])
        return replace(normal, covariance=normal.covariance + np.outer(lever, lever), remark=told, lent=True)
    return replace(normal, remark=f"{told}; how it depends on temperature is not known", lent=True)


def across_field(results: Sequence[FieldResult]) -> list[Finding]:
    """Hysteresis of sweeps up and down, and whether the peaks of all lines share one field."""
    findings: list[Finding] = []
    groups: dict[str, list[FieldResult]] = {}
    for result in results:
        if result.report is not None:
            groups.setdefault(repr(_held(result.curve.info)), []).append(result)
    for group in groups.values():
        findings += _hysteresis(group)
    by_orientation: dict[Condition | None, list[FieldResult]] = {}
    for result in results:
        if result.report is not None:
            by_orientation.setdefault(result.curve.info.conditions.get("orientation"), []).append(result)
    for orientation, lines in by_orientation.items():
        peaks = [peak for line in lines for peak in line.peaks if peak.value is not None]
        if len(lines) > 2 and peaks:
            findings += common_peak(peaks, {} if orientation is None else {"orientation": orientation})
    return findings


def _hysteresis(group: Sequence[FieldResult]) -> list[Finding]:
    """The first sweep up and the first sweep down at the same conditions; nothing where there is one direction."""
    sweeps = [(sweep, result) for result in group if result.report for sweep in result.report.parts]
    up = next(((s, r) for s, r in sweeps if s.direction == "up"), None)
    down = next(((s, r) for s, r in sweeps if s.direction == "down"), None)
    if up is None or down is None:
        return []
    threshold = common_threshold(up[0], down[0])
    crossings: list[dict[str, Crossings]] = []
    for sweep, result in (up, down):
        places: dict[str, list[Place]] = {} if result.report is None else dict(result.report.places)
        crossings.append(crossings_of(sweep, places, threshold))
    return hysteresis_findings([up[1].curve, down[1].curve], *crossings)


def _held(info: CurveInfo) -> list[tuple[str, Condition]]:
    return [(name, info.conditions[name]) for name in KEPT if name in info.conditions]


def _alike(one: CurveInfo, other: CurveInfo) -> bool:
    names = ("orientation", "gate_V")
    return all(one.conditions.get(name) == other.conditions.get(name) for name in names)


def _near(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) <= SAME_TEMPERATURE * max(one, other)


def _number(condition: Condition | None) -> float | None:
    return float(condition) if isinstance(condition, (int, float)) else None

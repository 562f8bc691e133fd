"""A whole campaign: findings of every curve and across curves, live or at the end, by the same code."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite

import numpy as np

from analysis.blocks import Blocks
from analysis.boundary import as_measured, boundary_laws, without_offset
from analysis.critical_field import (
    FieldCurve,
    critical_field_findings,
    with_field_calibration,
    zero_resistance_field,
)
from analysis.critical_field_fits import FEWEST_POINTS
from analysis.curves import Curve, CurveInfo
from analysis.errors import AnalysisError
from analysis.field_study import FieldResult, across_field, evaluate_field, lend, settled
from analysis.findings import Condition, Finding, Verdict
from analysis.lowest_tc import lowest_tc_findings
from analysis.normal_state import NormalState, fit_normal_state
from analysis.pieces import Pieces
from analysis.residual_ratio import ROOM_K, SHORT, residual_ratio
from analysis.steps import Progress, Steps, stepwise
from analysis.taff import TaffCurve, prepare, taff_findings
from analysis.transition import CRITERIA, TransitionReport, transition_report

#: A growing curve is looked at through at most so many blocks, and again after it has grown by this share.
LIVE_BLOCKS, LIVE_GROWTH = 512, 0.05
#: Findings of R(T) curves that depend on the field they were taken in.
MOVED_BY_FIELD = ("Tc_onset", "Tc_mid", "Tc_zero", "transition_width", "resistance_fraction_at_base")
UNFINISHED = "more curves are to come"


@dataclass(frozen=True, slots=True)
class CurveResult:
    """One curve, what it says by itself, and what it hands to the analyses across curves."""

    curve: Curve
    findings: list[Finding]
    normal: NormalState | None = None
    report: TransitionReport | None = None
    taff: TaffCurve | None = None
    field: FieldResult | None = None

    @property
    def orientation(self) -> Condition | None:
        """Direction of the field, where the conditions name one."""
        return self.curve.info.conditions.get("orientation")

    @property
    def field_T(self) -> float | None:
        """The commanded field of an R(T) curve."""
        field = self.curve.info.conditions.get("field_T")
        return float(field) if isinstance(field, (int, float)) else None


def analyze(curves: Sequence[Curve], expected_curves: int | None = None) -> list[Finding]:
    """All findings over all points: those of each curve in the order given, then those across curves.

    A curve that was cut short makes its own findings, and those across curves, provisional; so do fewer curves
    than were expected (None: as many as there are).
    """
    by_field = sorted(range(len(curves)), key=lambda index: _field_size(curves[index]))
    known: dict[int, CurveResult] = {}
    for index in by_field:
        known[index] = _evaluate(curves[index], _above(curves[index].info, list(known.values())))
    results = _settled([known[index] for index in range(len(curves))])
    own = _calibrated(results)
    whole = len(curves) >= (expected_curves or 0) and all(curve.complete for curve in curves)
    return own + _across(results, whole, Pieces())


class Study:
    """The same findings while points arrive: ``start``, ``add``, ``finish`` for each curve, ``snapshot`` any time.

    Nothing here waits, reads or stores. Curves are kept as block averages; a finished one is worked out once, and
    again only when a curve in a lower field shows where the normal state begins. The running one is looked at step
    by step, one step for each snapshot, so that none takes long: while ``busy``, another has more to say.

    Args:
        expected_curves: how many curves the campaign has; None when that is not known, and then it never ends.
    """

    def __init__(self, expected_curves: int | None = None) -> None:
        self._expected = expected_curves
        self._results: list[CurveResult] = []
        self._own: list[Finding] = []
        self._across: list[Finding] = []
        self._pieces = Pieces()
        self._info: CurveInfo | None = None
        self._blocks = Blocks()
        self._lost = 0
        self._growing: list[Finding] = []
        self._look: Progress[CurveResult] | None = None
        self._looked_at = 0

    def start(self, info: CurveInfo) -> None:
        """A curve begins.

        Raises:
            AnalysisError: the curve before has not been finished.
        """
        if self._info is not None:
            raise AnalysisError(f"{info.name} begins, but {self._info.name} has not been finished")
        self._info, self._blocks, self._lost = info, Blocks(), 0
        self._growing, self._look, self._looked_at = [], None, 0

    def add(self, temperature_K: float, field_T: float, resistance_ohm: float) -> None:
        """One point of the running curve; one that is not finite is counted and left out."""
        if isfinite(temperature_K) and isfinite(resistance_ohm) and isfinite(field_T):
            self._blocks.add(temperature_K, field_T, resistance_ohm)
        else:
            self._lost += 1

    def finish(self) -> None:
        """The running curve is complete.

        Raises:
            AnalysisError: no curve is running.
        """
        if self._info is None:
            raise AnalysisError("finish without a curve")
        curve = self._blocks.curve(self._info, complete=True)
        self._info, self._growing, self._look = None, [], None
        result = _evaluate(curve, _above(curve.info, self._results))
        self._results.append(replace(result, findings=_with_losses(result.findings, self._lost)))
        self._refresh(len(self._results) - 1)
        if result.field is not None:
            self._results = _settled(self._results)
        self._own = _calibrated(self._results)
        self._across = _across(self._results, self._complete, self._pieces)

    def snapshot(self) -> list[Finding]:
        """All findings as of now. Costs one step of work, and only for a running curve that has grown a little."""
        if self._look is not None:
            if self._look.advance():
                self._growing, self._look = _with_losses(self._look.result.findings, self._lost), None
        elif self._info is not None and self._grown:
            curve = self._blocks.curve(self._info, complete=False, most=LIVE_BLOCKS)
            self._look = Progress(_own.steps(curve, _above(self._info, self._results), self._results))
            self._looked_at = self._blocks.points
        return [*self._own, *self._growing, *self._across]

    @property
    def busy(self) -> bool:
        """Whether the next snapshot takes up work, so that one after it may say more."""
        return self._look is not None or (self._info is not None and self._grown)

    @property
    def curves(self) -> list[Curve]:
        """The finished curves, as block averages."""
        return [result.curve for result in self._results]

    @property
    def _grown(self) -> bool:
        return self._blocks.points > (1 + LIVE_GROWTH) * self._looked_at

    @property
    def _complete(self) -> bool:
        return self._expected is not None and len(self._results) >= self._expected

    def _refresh(self, newest: int) -> None:
        """Curves taken earlier in a higher field learn where the normal state begins."""
        new = self._results[newest]
        if new.normal is None or new.field_T is None:
            return
        for index, old in enumerate(self._results[:newest]):
            if old.orientation == new.orientation and _field_size(old.curve) > abs(new.field_T):
                others = [result for result in self._results if result is not old]
                self._results[index] = _evaluate(old.curve, _above(old.curve.info, others))


def _field_size(curve: Curve) -> float:
    field = curve.info.conditions.get("field_T", 0.0)
    return abs(float(field)) if isinstance(field, (int, float)) else 0.0


def _above(info: CurveInfo, results: Sequence[CurveResult]) -> float | None:
    """Where the normal state begins in the lowest field known, if that is lower than this curve's."""
    field = info.conditions.get("field_T")
    if info.kind != "R(T)" or not isinstance(field, (int, float)):
        return None
    lower = [
        (abs(result.field_T), result.normal.window_K[0])
        for result in results
        if result.normal is not None
        and result.field_T is not None
        and result.orientation == info.conditions.get("orientation")
        and abs(result.field_T) < abs(field)
        and result.report is not None
        and result.report.critical["onset"].value is not None
    ]
    return min(lower)[1] if lower else None


@stepwise
def _own(curve: Curve, above_K: float | None, others: Sequence[CurveResult] = ()) -> Steps[CurveResult]:
    curve = _without_repeats(curve)
    if curve.info.kind == "R(B)":
        field = yield from evaluate_field.steps(
            curve, lend(curve.info, [other.field for other in others if other.field is not None])
        )
        return CurveResult(curve, field.findings, field=field)
    normal = yield from fit_normal_state.steps(curve, above_K)
    report = yield from transition_report.steps(curve, normal)
    yield
    findings = [*report.findings, *_residual_ratio(curve, normal)]
    return CurveResult(curve, findings, None if isinstance(normal, str) else normal, report)


def _residual_ratio(curve: Curve, normal: NormalState | str) -> list[Finding]:
    """Of curves in zero field that begin at room temperature; the others are not asked."""
    warm = curve.temperature_K.size > 0 and float(np.max(curve.temperature_K)) >= (1 - SHORT) * ROOM_K
    if not warm or isinstance(normal, str) or _field_size(curve) > 0:
        return []
    return [residual_ratio(curve, normal=normal)]


def _without_repeats(curve: Curve) -> Curve:
    """A reading equal to the one before in every digit is the same reading, and must not count twice."""
    r = curve.resistance_ohm
    varied = curve.temperature_K if curve.info.kind == "R(T)" else curve.field_T
    if varied.size < 2 or not varied.size == r.size == curve.temperature_K.size == curve.field_T.size:
        return curve
    new = np.append(True, (np.diff(varied) != 0) | (np.diff(r) != 0))
    return replace(curve, temperature_K=curve.temperature_K[new], field_T=curve.field_T[new], resistance_ohm=r[new])


def _evaluate(curve: Curve, above_K: float | None) -> CurveResult:
    result = _own(curve, above_K)
    if result.normal is None:
        return result
    return replace(result, taff=prepare(result.curve, result.normal))


def _settled(results: Sequence[CurveResult]) -> list[CurveResult]:
    """R(B) curves learn from each other: a normal state beyond reach, the field where a Hall signal begins."""
    fields = iter(settled([result.field for result in results if result.field is not None]))
    anew = [result.field if result.field is None else next(fields) for result in results]
    return [
        result if field is None or field is result.field else replace(result, field=field, findings=field.findings)
        for result, field in zip(results, anew, strict=True)
    ]


def _with_losses(findings: list[Finding], lost: int) -> list[Finding]:
    if not lost:
        return findings
    note = f"{lost} point(s) that were no numbers are left out"
    return [replace(finding, reason="; ".join(filter(None, (finding.reason, note)))) for finding in findings]


def _calibrated(results: Sequence[CurveResult]) -> list[Finding]:
    """The curves' own findings in their order, the magnet's calibration in the errors of those that it moves."""
    own = [finding for result in results for finding in result.findings]
    accuracy, _ = _accuracies(results)
    groups: dict[tuple[str, Condition | None], list[int]] = {}
    for index, finding in enumerate(own):
        if finding.quantity in MOVED_BY_FIELD:
            groups.setdefault((finding.quantity, finding.conditions.get("orientation")), []).append(index)
    for members in groups.values():
        widened = with_field_calibration([own[index] for index in members], accuracy)
        for index, finding in zip(members, widened, strict=True):
            own[index] = finding
    return own


def _across(results: Sequence[CurveResult], complete: bool, pieces: Pieces) -> list[Finding]:
    findings: list[Finding] = []
    for orientation in dict.fromkeys(result.orientation for result in results if result.report is not None):
        group = [result for result in results if result.report is not None and result.orientation == orientation]
        work = partial(_of_orientation, group, orientation, complete)
        findings += pieces.of(("R(T)", orientation, complete), group, work)
    ramps = [result for result in results if result.report is not None]
    findings += pieces.of("lowest Tc", ramps, partial(_lowest_tc, ramps))
    sweeps = [result.field for result in results if result.field is not None]
    findings += pieces.of("R(B)", sweeps, partial(across_field, sweeps))
    findings += pieces.of(
        ("isotherms", complete), results, partial(_boundary_by_isotherms, list(results), complete)
    )
    return findings if complete else [_unfinished(finding) for finding in findings]


def _of_orientation(group: Sequence[CurveResult], orientation: Condition | None, complete: bool) -> list[Finding]:
    """What the R(T) curves of one orientation say together."""
    findings: list[Finding] = []
    fields = [_field_curve(result) for result in group if result.field_T is not None]
    if all(curve.field_T == 0 for curve in fields):
        return []
    alike = [_against_each_other(curve, group) for curve in fields]
    for criterion in CRITERIA:
        points = critical_field_findings(fields, orientation, criterion, complete)
        findings += points
        # fewer points say nothing of the whole boundary that the points themselves do not
        if sum(point.value is not None for point in points) >= FEWEST_POINTS:
            own = critical_field_findings(alike, orientation, criterion, complete)
            findings += boundary_laws(own, _at_zero_field(alike, criterion), complete, *_accuracies(group))
    findings += zero_resistance_field(fields, orientation, complete)
    prepared = [result.taff for result in group if result.taff is not None]
    onset, middle = (_at_zero_field(fields, criterion) for criterion in ("onset", "mid"))
    return findings + taff_findings(prepared, onset, middle, complete)


def _lowest_tc(ramps: Sequence[CurveResult]) -> list[Finding]:
    return lowest_tc_findings([(ramp.curve, ramp.report) for ramp in ramps if ramp.report is not None])


def _boundary_by_isotherms(results: Sequence[CurveResult], complete: bool) -> list[Finding]:
    """Laws of Hc2(T) through the points of R(B) isotherms, where R(T) in fields gives too few of its own."""
    found: dict[str, list[tuple[Finding, Curve]]] = {}
    for result in results:
        if result.field is not None and result.field.report is not None:
            for point in result.field.findings:
                if point.quantity == "Hc2" and point.value is not None and "temperature_K" in point.conditions:
                    held = sorted((k, v) for k, v in point.conditions.items() if k != "temperature_K")
                    found.setdefault(repr(held), []).append((point, result.curve))
    findings: list[Finding] = []
    for pairs in found.values():
        asked = {float(point.conditions["temperature_K"]) for point, _ in pairs}
        points = as_measured([point for point, _ in pairs], [curve for _, curve in pairs])
        orientation, criterion = points[0].conditions.get("orientation"), str(points[0].conditions["criterion"])
        curves = [r for r in results if r.report is not None and r.orientation in (orientation, None)]
        fields = [_field_curve(result) for result in curves if result.field_T is not None]
        enough = len(points) >= FEWEST_POINTS and len(asked) >= FEWEST_POINTS
        if enough and sum(curve.field_T != 0 for curve in fields) < FEWEST_POINTS:
            # a ramp and a standing temperature may differ by as much as the thermometer may be off, and a gate that
            # was somewhere else in between by its loop: Tc keeps its whole error
            at_zero = _at_zero_field(fields, criterion) if criterion in CRITERIA else None
            findings += boundary_laws(points, at_zero, complete, *_accuracies(results))
    return findings


def _against_each_other(curve: FieldCurve, group: Sequence[CurveResult]) -> FieldCurve:
    """With critical temperatures that are as sure as they are against each other."""
    offset_K = _accuracies(group)[1]
    return replace(curve, critical={name: without_offset(tc, offset_K) for name, tc in curve.critical.items()})


def _accuracies(results: Sequence[CurveResult]) -> tuple[float, float]:
    """Of the field (relative) and of the temperature (K), standard errors common to all curves."""
    infos = [result.curve.info for result in results]
    field = max((info.field_accuracy for info in infos), default=0.0)
    return field, max((info.temperature_accuracy_K for info in infos), default=0.0)


def _unfinished(finding: Finding) -> Finding:
    if finding.verdict is Verdict.GOOD:
        return replace(finding, verdict=Verdict.PROVISIONAL, reason=UNFINISHED)
    return finding if UNFINISHED in finding.reason else replace(finding, reason=f"{finding.reason}; {UNFINISHED}")


def _field_curve(result: CurveResult) -> FieldCurve:
    assert result.report is not None
    assert result.field_T is not None
    info = result.curve.info
    return FieldCurve(info.name, result.field_T, info.field_accuracy, result.report.critical, result.report.base)


def _at_zero_field(curves: Sequence[FieldCurve], criterion: str) -> Finding | None:
    """The best known Tc in zero field; a curve that does not fall to half may bend for another reason."""
    seen = [curve for curve in curves if curve.field_T == 0 and curve.critical["mid"].value is not None]
    sure = [curve.critical[criterion] for curve in seen if curve.critical[criterion].value is not None]
    return min(sure, key=lambda finding: (finding.verdict is not Verdict.GOOD, finding.error or 0.0), default=None)

"""What the R(T) curves of one orientation say about thermally activated flux flow."""

from collections.abc import Sequence

from analysis.findings import Finding, Verdict
from analysis.taff.curve import TaffCurve, below
from analysis.taff.judgement import ARRHENIUS, MODIFIED, judged
from analysis.taff.report import UNITS, Report

#: The tail of a transition, in widths from onset to middle: its share of R_n is then 2e-6 (1e-2 at one width).
TAIL = 2.0


def taff_findings(
    curves: Sequence[TaffCurve], tc_onset: Finding | None, tc_mid: Finding | None, complete: bool
) -> list[Finding]:
    """Everything the curves of one orientation say about thermally activated flux flow, U0(H) included.

    ``tc_onset`` and ``tc_mid`` are those of zero field; ``complete`` says whether all curves have been taken.
    Curves at zero field are passed over, and of the others what lies in the tail of the transition of zero field.
    For every field there is one activation energy per model; at most one of the two has a number.
    """
    vortices = _vortices(curves, tc_onset, tc_mid)
    findings = [
        _unusable(curve, method) for curve in vortices if not curve.usable for method in (ARRHENIUS, MODIFIED)
    ]
    report = _report(vortices, tc_onset, tc_mid, complete)
    return findings if report is None else [*findings, *report.findings()]


def taff_report(
    curves: Sequence[TaffCurve], tc_onset: Finding | None, tc_mid: Finding | None, complete: bool
) -> Report | None:
    """The fits and the judgement behind :func:`taff_findings`; None without a usable curve."""
    return _report(_vortices(curves, tc_onset, tc_mid), tc_onset, tc_mid, complete)


def _report(
    vortices: Sequence[TaffCurve], tc_onset: Finding | None, tc_mid: Finding | None, complete: bool
) -> Report | None:
    usable = sorted((curve for curve in vortices if curve.usable), key=lambda curve: curve.field_T)
    return Report(judged(usable, tc_onset, tc_mid), complete) if usable else None


def _vortices(curves: Sequence[TaffCurve], tc_onset: Finding | None, tc_mid: Finding | None) -> list[TaffCurve]:
    ceiling_K = _ceiling(tc_onset, tc_mid)
    return [below(curve, ceiling_K) for curve in curves if curve.field_T > 0]


def _ceiling(tc_onset: Finding | None, tc_mid: Finding | None) -> float:
    """Above it the tail of the transition in zero field adds to what vortices do; infinite if that is not known."""
    if tc_onset is None or tc_mid is None or tc_onset.value is None or tc_mid.value is None:
        return float("inf")
    return tc_mid.value - TAIL * (tc_onset.value - tc_mid.value)


def _unusable(curve: TaffCurve, method: str) -> Finding:
    return Finding(
        "activation_energy",
        None,
        None,
        UNITS["activation_energy"],
        Verdict.NOT_ENOUGH_DATA,
        curve.reason,
        method=method,
        conditions={"field_T": curve.field_T, "orientation": curve.orientation},
        curves=(curve.info.name,),
    )

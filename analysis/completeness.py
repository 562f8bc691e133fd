"""What findings say while curves are cut short or still to come."""

from collections.abc import Sequence
from dataclasses import replace

from analysis.findings import Finding, Verdict
from analysis.study import UNFINISHED

CUT_SHORT = "the curve was cut short"


def unfinished(findings: Sequence[Finding]) -> list[Finding]:
    """The same while more curves are to come: nothing is good yet."""
    return [_doubted(finding, UNFINISHED) for finding in findings]


def cut_short(findings: Sequence[Finding]) -> list[Finding]:
    """The same of a curve that has not been measured to its end."""
    return [_doubted(finding, CUT_SHORT) for finding in findings]


def with_losses(findings: Sequence[Finding], lost: int) -> list[Finding]:
    """The same with a note on points that were left out because they were no numbers."""
    if not lost:
        return list(findings)
    note = f"{lost} point(s) that were no numbers are left out"
    return [replace(f, reason="; ".join(filter(None, (f.reason, note)))) for f in findings]


def _doubted(finding: Finding, doubt: str) -> Finding:
    if doubt in finding.reason:
        return finding
    verdict = Verdict.PROVISIONAL if finding.verdict is Verdict.GOOD else finding.verdict
    return replace(finding, verdict=verdict, reason="; ".join(filter(None, (finding.reason, doubt))))

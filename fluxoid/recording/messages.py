"""What a run says while it is recorded: start, then curves of points, events and findings, then end.

The journal, the HDF5 file, the readers and the tests all speak these messages and nothing else. Times
(``time_s``) are seconds on the run's clock.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from analysis.curves import CurveInfo
from analysis.findings import Finding
from fluxoid.recording.header import RunHeader
from procedures.point import Column

Level = Literal["debug", "info", "warning", "error"]
CurveStatus = Literal["complete", "stopped"]
EndStatus = Literal["finished", "interrupted", "failed"]


@dataclass(frozen=True, slots=True)
class Start:
    """First message of every run."""

    time_s: float
    unix_time_s: float
    header: RunHeader


@dataclass(frozen=True, slots=True)
class CurveStart:
    """The points that follow belong to this curve and have these columns."""

    time_s: float
    info: CurveInfo
    columns: tuple[Column, ...]


class PointRow(NamedTuple):
    """Values in the order of the curve's columns, and the bits of the flags; a tuple because there are many."""

    values: tuple[float, ...]
    flags: int


@dataclass(frozen=True, slots=True)
class CurveEnd:
    """No more points of this curve; ``points`` is how many there were."""

    time_s: float
    status: CurveStatus
    points: int


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth a line in the log."""

    time_s: float
    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings as they stand; a later message replaces an earlier one."""

    time_s: float
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class End:
    """Last message of a run that ended in order, whatever its outcome."""

    time_s: float
    status: EndStatus
    reason: str


Message = Start | CurveStart | PointRow | CurveEnd | Event | Findings | End

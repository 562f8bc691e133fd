"""Runs that the tests of this folder record."""

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from analysis.curves import CurveInfo
from analysis.findings import Finding, Verdict
from fluxoid.recording import Recorder, RunHeader
from instruments.clock import VirtualClock
from instruments.roles import Identity, ReadingFlag
from procedures.point import COLUMNS, Point

HEADER = RunHeader(
    title="A film",
    experiment="title: A film  # µ\n",
    station="name: rack\r\n",
    sample="Tc: 5.3 K\n",
    sample_name="film 7",
    seed=11,
    simulated=True,
    identities={"magnet": Identity("Oxford", "iPS", "1", "2.5.04")},
    instruments={"magnet": {"field_T": 0.1, "switch": True, "heater": "off", "retries": 3}},
    versions={"fluxoid": "0.1.0", "numpy": "2.0"},
)
RT = CurveInfo("R(T) 0.1 T", "R(T)", {"field_T": 0.1, "orientation": "out_of_plane"}, 0.02, 0.001, 3e-8, 0.013)
RB = CurveInfo("hall", "R(B)", {"temperature_K": 10.0, "signal": "hall"})
FINDINGS = [
    Finding("Tc", 5.3, 0.01, "K", Verdict.GOOD, method="midpoint", conditions={"field_T": 0.1}, curves=(RT.name,),
            window={"temperature_K": (5.0, 5.6)}),
    Finding("U0", None, None, "K", Verdict.NOT_ENOUGH_DATA, reason="one curve"),
]  # fmt: skip


def points(count: int, first: int = 0) -> Iterator[Point]:
    """Points whose every value tells its number, with a NaN quadrature."""
    for i in range(first, first + count):
        flags = ReadingFlag.OVERLOAD | ReadingFlag.STALE if i % 10 == 3 else ReadingFlag.GOOD
        values = (float(i), 7 - i / 3000, 0.1, 1e-6 * math.sqrt(i), math.nan, 12.5)
        yield Point({column.name: value for column, value in zip(COLUMNS, values, strict=True)}, flags)


def record(directory: Path, count: int = 600, status: str = "finished") -> None:
    """Two curves of ``count`` points each, events, findings, and an end."""
    clock = VirtualClock()
    recorder = Recorder(directory, HEADER, clock)
    recorder.event("info", "cooling")
    for info in (RT, RB):
        recorder.start_curve(info, COLUMNS)
        for i, point in enumerate(points(count)):
            clock.sleep(1.5)
            recorder.add(point)
            if i == count // 2:
                recorder.event("warning", f"half of {info.name}")
        recorder.end_curve()
        recorder.findings(FINDINGS)
    recorder.finish(status)


@pytest.fixture
def runs() -> ModuleType:
    """This module: header, curves, points and a whole small run."""
    return sys.modules[__name__]

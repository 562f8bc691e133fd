"""A recorded run in memory."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.curves import Curve, CurveInfo, FloatArray
from analysis.findings import Finding
from fluxoid.recording.header import RunHeader
from fluxoid.recording.messages import Event
from procedures.point import (
    BIAS,
    CURRENT,
    FIELD,
    GATE,
    LEAKAGE,
    MODULATION,
    RESISTANCE,
    TEMPERATURE,
    UNUSABLE,
    Column,
)

_NEEDED = (TEMPERATURE.name, FIELD.name, RESISTANCE.name)
_FURTHER = tuple(column.name for column in (GATE, LEAKAGE, BIAS, CURRENT, MODULATION))

NOT_FINISHED = "not finished"


@dataclass(frozen=True, slots=True, eq=False)
class RecordedCurve:
    """A curve as it was measured: one array per column, all of the length of ``flags`` (bits of ReadingFlag).

    ``complete`` is whether the curve was measured to its end.
    """

    info: CurveInfo
    columns: Mapping[str, FloatArray]
    flags: npt.NDArray[np.uint16]
    complete: bool
    described: tuple[Column, ...] = ()

    def __len__(self) -> int:
        return len(self.flags)

    def as_curve(self) -> Curve:
        """The usable points: without any flag of ``procedures.point.UNUSABLE`` and without NaN in T, B or R.

        Raises:
            KeyError: the curve has no temperature, field or resistance column.
        """
        good = (self.flags & UNUSABLE.value) == 0
        for name in _NEEDED:
            good &= np.isfinite(self.columns[name])
        return curve_of(self.info, {name: values[good] for name, values in self.columns.items()}, self.complete)


def curve_of(info: CurveInfo, columns: Mapping[str, FloatArray], complete: bool) -> Curve:
    """A curve from its columns: temperature, field and resistance, and what analysis may use besides."""
    temperature, field, resistance = (columns[name] for name in _NEEDED)
    others = {name: columns[name] for name in _FURTHER if name in columns}
    return Curve(info, temperature, field, resistance, complete, others)


@dataclass(frozen=True, slots=True, eq=False)
class RunRecord:
    """A run as recorded so far.

    ``status`` is "finished", "interrupted" or "failed" with a ``reason``, or "not finished" when no end was
    written: the run is still going on, or its process died. ``warnings`` tell what could not be read.
    """

    header: RunHeader
    start_unix_s: float
    curves: tuple[RecordedCurve, ...]
    events: tuple[Event, ...]
    findings: tuple[Finding, ...]
    status: str
    reason: str = ""
    warnings: tuple[str, ...] = ()

"""A measured curve as analysis sees it: arrays, and what was held fixed while they were taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.findings import Condition

FloatArray = npt.NDArray[np.float64]
CurveKind = Literal["R(T)", "R(B)"]


@dataclass(frozen=True, slots=True)
class CurveInfo:
    """What is known of a curve before its first point.

    ``conditions`` are the commanded ones, e.g. ``{"field_T": 0.1, "orientation": "out_of_plane"}`` for R(T) and
    ``{"temperature_K": 10.0, "orientation": "out_of_plane", "signal": "hall"}`` for R(B).
    ``temperature_accuracy_K`` and ``field_accuracy`` (relative) are standard deviations of calibrations that are
    common to all curves of a run; ``thickness_m`` serves the carrier density.
    """

    name: str
    kind: CurveKind
    conditions: Mapping[str, Condition]
    temperature_accuracy_K: float = 0.0
    field_accuracy: float = 0.0
    thickness_m: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Arrays of equal length in the order in which the points came; bad points are left out beforehand."""

    info: CurveInfo
    temperature_K: FloatArray
    field_T: FloatArray
    resistance_ohm: FloatArray
    complete: bool = True

    def __len__(self) -> int:
        return int(self.temperature_K.size)

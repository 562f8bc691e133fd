"""A measured curve as analysis sees it: arrays, and what was held fixed while they were taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.findings import Condition

FloatArray = npt.NDArray[np.float64]
CurveKind = Literal["R(T)", "R(B)", "R(Vg)", "dI/dV"]


@dataclass(frozen=True, slots=True)
class CurveInfo:
    """What is known of a curve before its first point.

    ``conditions`` are the commanded ones, e.g. ``{"field_T": 0.1, "orientation": "out_of_plane"}`` for R(T) and
    ``{"temperature_K": 10.0, "orientation": "out_of_plane", "signal": "hall"}`` for R(B), both with ``gate_V``
    where there is a gate; ``temperature_K``, ``field_T``, ``orientation`` and ``direction`` ("up" or "down") for
    R(Vg); ``temperature_K``, ``field_T`` and ``orientation`` for dI/dV.
    ``temperature_accuracy_K`` and ``field_accuracy`` (relative) are standard deviations of calibrations that are
    common to all curves of a run; ``thickness_m`` serves the carrier density. ``smearing_K`` is the standard
    deviation of the temperatures that one reading of a continuous R(T) sweep mixes, by the filter of its read-out.
    """

    name: str
    kind: CurveKind
    conditions: Mapping[str, Condition]
    temperature_accuracy_K: float = 0.0
    field_accuracy: float = 0.0
    thickness_m: float | None = None
    smearing_K: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Arrays of equal length in the order in which the points came; bad points are left out beforehand.

    ``columns`` holds further arrays of that length by name. R(Vg): ``gate_V`` as measured and ``leakage_A``, and
    where a second lock-in is there ``hall_resistance_ohm``. dI/dV: ``bias_V`` (the voltage measured across the
    contact), ``current_A`` and ``modulation_V`` (rms of the alternating voltage across the contact, measured);
    ``resistance_ohm`` is dV/dI, its reciprocal the conductance.
    """

    info: CurveInfo
    temperature_K: FloatArray
    field_T: FloatArray
    resistance_ohm: FloatArray
    complete: bool = True
    columns: Mapping[str, FloatArray] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.temperature_K.size)

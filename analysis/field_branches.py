"""A field sweep taken apart: sweeps up and down, and their branches on either side of zero field."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from analysis.curves import FloatArray
from analysis.normal_state import FEWEST_POINTS

Direction = Literal["up", "down"]

#: A field that turns back by this share of its range begins another sweep; less is noise of the reading.
TURN = 0.05
#: More turns than this, and the points are in no order that a magnet takes.
MOST_SWEEPS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """Signed field (T) and resistance (ohm) of one passage in one direction, in the order of the points."""

    direction: Direction
    field_T: FloatArray
    resistance_ohm: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """The part of a sweep on one side of zero: ``side`` +1 or -1, ``size_T`` = |B| in the order of the points."""

    direction: Direction
    side: int
    size_T: FloatArray
    resistance_ohm: FloatArray


def unusable(field_T: FloatArray, resistance_ohm: FloatArray) -> str:
    """Why these data cannot be a field sweep at all; empty when they can."""
    if field_T.size != resistance_ohm.size:
        return f"{field_T.size} fields do not belong to {resistance_ohm.size} resistances"
    if field_T.size < FEWEST_POINTS:
        return f"only {field_T.size} points; at least {FEWEST_POINTS} are needed"
    if not (np.all(np.isfinite(field_T)) and np.all(np.isfinite(resistance_ohm))):
        return "the data hold values that are not finite"
    if np.unique(field_T).size < FEWEST_POINTS // 2:
        return "the field does not change"
    if float(np.ptp(resistance_ohm)) == 0:
        return "the resistance does not change in any digit: a channel that is not alive"
    return ""


def sweeps(field_T: FloatArray, resistance_ohm: FloatArray) -> list[Sweep] | str:
    """Split at the turning points of the field; in words why the points are no sweep.

    Passages of fewer points than make a curve are left out.
    """
    if problem := unusable(field_T, resistance_ohm):
        return problem
    turns = _turning_points(field_T, TURN * float(np.ptp(field_T)))
    if len(turns) - 1 > MOST_SWEEPS:
        return f"the field turns {len(turns) - 2} times: the points are not in the order of a sweep"
    found = []
    for first, last in pairwise(turns):
        part = slice(first, last + 1)
        direction: Direction = "up" if field_T[last] > field_T[first] else "down"
        if last + 1 - first >= FEWEST_POINTS:
            found.append(Sweep(direction, field_T[part], resistance_ohm[part]))
    return found or f"no passage in one direction has {FEWEST_POINTS} points"


def branches(sweep: Sweep) -> list[Branch]:
    """The sides of a sweep that have enough points for a curve, the positive one first."""
    found = []
    for side in (1, -1):
        inside = side * sweep.field_T >= 0
        if np.count_nonzero(inside) >= FEWEST_POINTS:
            size = side * sweep.field_T[inside]
            found.append(Branch(sweep.direction, side, size, sweep.resistance_ohm[inside]))
    return found


def _turning_points(field: FloatArray, enough: float) -> list[int]:
    """Indices of the first and last point and of every turn by more than ``enough``."""
    turns, extreme, rising = [0], 0, 0
    values = field.tolist()
    for index, value in enumerate(values):
        if rising == 0:
            if abs(value - values[0]) > enough:
                rising, extreme = (1 if value > values[0] else -1), index
        elif (value - values[extreme]) * rising >= 0:
            extreme = index
        elif (values[extreme] - value) * rising > enough:
            turns.append(extreme)
            rising, extreme = -rising, index
    return [*turns, len(values) - 1]

"""How steeply a resistance rises with temperature on its way from zero to normal."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from analysis.curves import Curve, FloatArray

#: The resistance of a step is still below its ceiling by this factor where it is largest.
CEILING = 1.25
#: Fields at which isotherms are compared, and fewest of them.
FIELDS, FEWEST_FIELDS = 60, 5
#: Isotherms nearer to each other than this share of their temperature tell no slope, nor do resistances below this
#: share of the largest; the slopes are told in so many steps of the resistance.
LEAST_APART, LEAST_SHARE, STEPS = 0.01, 1e-3, 12


def thermal_load(resistance_ohm: FloatArray, largest_ohm: FloatArray | float) -> FloatArray:
    """R (1 - R/c) in ohm, about in proportion to which a temperature moves R wherever R is a smooth step in T.

    The ceiling c is above the largest resistance that is known of the step; never negative.
    """
    size = np.abs(resistance_ohm)
    ceiling = CEILING * np.maximum(largest_ohm, 1e-300)
    return np.asarray(np.maximum(size * (1.0 - size / ceiling), 0.0), dtype=float)


@dataclass(frozen=True, slots=True, eq=False)
class Steepness:
    """d ln R/dT (m,) in 1/K at rising ln(R/ohm) (m,), as it was at one gate voltage."""

    ln_ohm: FloatArray
    per_K: FloatArray

    def ohm_per_K(self, resistance_ohm: npt.ArrayLike) -> FloatArray:
        """dR/dT where the resistance is this; NaN above the resistances that are known.

        At another gate voltage within a factor of two or so, as the normal resistance there is another one.
        """
        size = np.maximum(np.abs(np.asarray(resistance_ohm, dtype=float)), 1e-300)
        per_K = np.interp(np.log(size), self.ln_ohm, self.per_K, right=np.nan)
        return np.asarray(size * per_K, dtype=float)


def steepness(isotherms: Sequence[Curve]) -> Steepness | None:
    """How R moves with temperature, by R itself, from R(B) at several temperatures and all else equal; or None.

    Every two isotherms next to each other tell d ln R/dT at the fields that they share; the median of those of
    about one resistance is taken. Where only the place of a step moves with field and gate, R alone decides.
    """
    groups: dict[str, list[Curve]] = {}
    for curve in isotherms:
        if curve.field_T.size >= FEWEST_FIELDS:
            held = {k: v for k, v in curve.info.conditions.items() if k not in ("temperature_K", "sweep")}
            groups.setdefault(repr(sorted(held.items())), []).append(curve)
    pairs = [pair for group in groups.values() for pair in _pairs(group)]
    if not pairs:
        return None
    level, slope = np.concatenate(pairs, axis=1)
    if level.size == 0:
        return None
    step = np.linspace(float(np.min(level)), float(np.max(level)), STEPS + 1)
    which = np.clip(np.searchsorted(step, level, side="right") - 1, 0, STEPS - 1)
    places = np.unique(which)
    return Steepness(
        np.array([np.median(level[which == place]) for place in places]),
        np.array([np.median(slope[which == place]) for place in places]),
    )


def _pairs(group: Sequence[Curve]) -> list[FloatArray]:
    by_temperature = sorted(group, key=lambda curve: float(np.mean(curve.temperature_K)))
    least = LEAST_SHARE * max(float(np.max(np.abs(curve.resistance_ohm))) for curve in group)
    return [_slopes(colder, warmer, least) for colder, warmer in pairwise(by_temperature)]


def _slopes(colder: Curve, warmer: Curve, least_ohm: float) -> FloatArray:
    """ln R and d ln R/dT (2, n) halfway between two isotherms."""
    low_K, high_K = (float(np.mean(curve.temperature_K)) for curve in (colder, warmer))
    ends = [(float(np.min(np.abs(c.field_T))), float(np.max(np.abs(c.field_T)))) for c in (colder, warmer)]
    low_T, high_T = max(end[0] for end in ends), min(end[1] for end in ends)
    if high_K - low_K < LEAST_APART * high_K or not high_T > low_T:
        return np.empty((2, 0))
    grid = np.linspace(low_T, high_T, FIELDS)
    one, other = (_at(curve, grid) for curve in (colder, warmer))
    known = (one > least_ohm) & (other > least_ohm)
    below, above = np.log(one[known]), np.log(other[known])
    return np.array([0.5 * (below + above), (above - below) / (high_K - low_K)])


def _at(curve: Curve, grid: FloatArray) -> FloatArray:
    """R at sizes of the field, the mean of readings at one field."""
    fields, which = np.unique(np.abs(curve.field_T), return_inverse=True)
    return np.interp(grid, fields, np.bincount(which, curve.resistance_ohm) / np.bincount(which))

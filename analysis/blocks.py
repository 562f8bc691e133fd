"""Running means over a growing curve: constant memory and constant cost per point, however long it grows."""

import numpy as np

from analysis.curves import Curve, CurveInfo, FloatArray

#: Blocks kept at most; an even number.
CAPACITY = 4096


class Blocks:
    """Means over runs of consecutive points; when all blocks are full, neighbours merge and runs double in length.

    Up to CAPACITY points every block is one point. Means along a sweep keep a curve's place, since T and R are
    averaged over the same points; only structure narrower than a block is lost.
    """

    __slots__ = ("_blocks", "_count", "_filled", "_length", "_sum_b", "_sum_r", "_sum_t", "points")

    def __init__(self) -> None:
        self._blocks = np.empty((3, CAPACITY))
        self._filled = 0
        self._length = 1
        self._count = 0
        self._sum_t = self._sum_b = self._sum_r = 0.0
        self.points = 0

    def add(self, temperature_K: float, field_T: float, resistance_ohm: float) -> None:
        """One more point."""
        self.points += 1
        self._count += 1
        self._sum_t += temperature_K
        self._sum_b += field_T
        self._sum_r += resistance_ohm
        if self._count == self._length:
            self._close()

    def curve(self, info: CurveInfo, complete: bool, most: int = CAPACITY) -> Curve:
        """The full blocks, at most ``most`` of them; points of a block not yet full wait for the rest of it."""
        arrays = self._blocks[:, : self._filled]
        while arrays.shape[1] > most:
            arrays = _merged(arrays[:, : arrays.shape[1] // 2 * 2])
        temperature, field, resistance = arrays.copy()
        return Curve(info, temperature, field, resistance, complete)

    def _close(self) -> None:
        self._blocks[:, self._filled] = (
            self._sum_t / self._count,
            self._sum_b / self._count,
            self._sum_r / self._count,
        )
        self._filled += 1
        self._count = 0
        self._sum_t = self._sum_b = self._sum_r = 0.0
        if self._filled == CAPACITY:
            self._blocks[:, : CAPACITY // 2] = _merged(self._blocks)
            self._filled //= 2
            self._length *= 2


def _merged(arrays: FloatArray) -> FloatArray:
    return 0.5 * (arrays[:, ::2] + arrays[:, 1::2])

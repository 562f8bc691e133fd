"""Running means over a growing curve: constant memory and constant cost per point, however long it grows."""

import numpy as np

from analysis.curves import Curve, CurveInfo, FloatArray

#: Blocks kept at most; an even number.
CAPACITY = 4096


class RowBlocks:
    """Means over runs of consecutive rows; when all blocks are full, neighbours merge and runs double in length.

    Up to CAPACITY rows every block is one row. Means along a sweep keep a curve's place, since all columns are
    averaged over the same points; only structure narrower than a block is lost.
    """

    __slots__ = ("_blocks", "_count", "_filled", "_length", "_sum", "points")

    def __init__(self, columns: int) -> None:
        self._blocks = np.empty((columns, CAPACITY))
        self._filled = 0
        self._length = 1
        self._count = 0
        self._sum = [0.0] * columns
        self.points = 0

    def add(self, row: tuple[float, ...]) -> None:
        """One more row, of as many values as there are columns."""
        self.points += 1
        self._count += 1
        self._sum = [total + value for total, value in zip(self._sum, row, strict=True)]
        if self._count == self._length:
            self._close()

    def arrays(self, most: int = CAPACITY) -> FloatArray:
        """The full blocks (columns, n), n at most ``most``; rows of a block not yet full wait for its rest."""
        arrays = self._blocks[:, : self._filled]
        while arrays.shape[1] > most:
            arrays = _merged(arrays[:, : arrays.shape[1] // 2 * 2])
        return arrays.copy()

    def _close(self) -> None:
        self._blocks[:, self._filled] = [total / self._count for total in self._sum]
        self._filled += 1
        self._count = 0
        self._sum = [0.0] * len(self._sum)
        if self._filled == CAPACITY:
            self._blocks[:, : CAPACITY // 2] = _merged(self._blocks)
            self._filled //= 2
            self._length *= 2


class Blocks:
    """Row blocks of temperature, field and resistance: a curve without further columns."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows = RowBlocks(3)

    @property
    def points(self) -> int:
        """Points added so far."""
        return self._rows.points

    def add(self, temperature_K: float, field_T: float, resistance_ohm: float) -> None:
        """One more point."""
        self._rows.add((temperature_K, field_T, resistance_ohm))

    def curve(self, info: CurveInfo, complete: bool, most: int = CAPACITY) -> Curve:
        """The curve of at most ``most`` blocks."""
        temperature, field, resistance = self._rows.arrays(most)
        return Curve(info, temperature, field, resistance, complete)


def _merged(arrays: FloatArray) -> FloatArray:
    return 0.5 * (arrays[:, ::2] + arrays[:, 1::2])

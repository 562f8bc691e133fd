"""Functions that a run asks for some 100 000 times: cubic pieces, read for one number with no numpy in the way."""

from bisect import bisect_right

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline, PPoly

FloatArray = npt.NDArray[np.float64]

#: Knots in place of a few given points: the spline through them is the function to 1e-9.
_FINE = 801


class Table:
    """A piecewise cubic function; beyond its ends the values there hold, or the end pieces go on (``onwards``)."""

    def __init__(self, pieces: PPoly, *, onwards: bool = False) -> None:
        self._pieces = pieces
        self._knots: list[float] = pieces.x.tolist()
        self._cubes: list[list[float]] = pieces.c.T.tolist()
        self._low, self._high = self._knots[0], self._knots[-1]
        if onwards:
            self._low, self._high = -float("inf"), float("inf")

    @property
    def ends(self) -> tuple[float, float]:
        """The first and the last knot."""
        return self._knots[0], self._knots[-1]

    def at(self, x: float) -> float:
        """The value at one number."""
        x = min(max(x, self._low), self._high)
        index = min(max(bisect_right(self._knots, x) - 1, 0), len(self._cubes) - 1)
        a, b, c, d = self._cubes[index]
        y = x - self._knots[index]
        return ((a * y + b) * y + c) * y + d

    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """The values at an array."""
        return np.asarray(self._pieces(np.clip(x, self._low, self._high)), dtype=float)


def smooth_table(x: FloatArray, y: FloatArray, *, onwards: bool = False) -> Table:
    """Cubic spline through samples of a smooth function."""
    return Table(CubicSpline(x, y), onwards=onwards)


def positive_table(x: FloatArray, y: FloatArray) -> Table:
    """A smooth function through a few positive values that stays positive: a spline of the logarithm."""
    fine = np.linspace(x[0], x[-1], _FINE)
    return smooth_table(fine, np.exp(CubicSpline(x, np.log(y))(fine)))

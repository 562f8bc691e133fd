"""Lines whose shape comes from findings and whose height from the points they pass, with error bands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.curves import FloatArray

Shape = Callable[..., FloatArray]


@dataclass(frozen=True, slots=True)
class Points:
    """What the line passes: abscissa, ordinate and the errors of the ordinate (all ones: equal weights)."""

    x: FloatArray
    y: FloatArray
    sigma: FloatArray


def anchored(
    shape: Shape, parameters: Sequence[float], errors: Sequence[float], x: FloatArray, points: Points
) -> tuple[FloatArray, FloatArray]:
    """y(x) = shape(x, *parameters) + c and its standard error, with c the weighted mean distance to the points.

    Findings carry no covariances. Each parameter is moved by its error with the height fitted anew, and the changes
    are added in quadrature with the error of c: the band is rather too wide than too narrow.
    """
    weights = 1.0 / points.sigma**2

    def line(moved: Sequence[float]) -> FloatArray:
        height = np.average(points.y - shape(points.x, *moved), weights=weights)
        return np.asarray(shape(x, *moved) + height, dtype=float)

    centre = line(parameters)
    variance = np.full(x.shape, 1.0 / float(np.sum(weights)))
    for index, error in enumerate(errors):
        moved = list(parameters)
        moved[index] += error
        variance = variance + (line(moved) - centre) ** 2
    return centre, np.sqrt(variance)

"""Numbers that bend: the middle of an error bar instead of its best fit.

The best-fit value of a quantity that bends as a function of normal variables is off centre in its own error bar:
short errors go with values on one side. The second order takes that out of the mean pull.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def bend(function: Callable[[FloatArray], FloatArray], values: FloatArray, covariance: FloatArray) -> FloatArray:
    """Half the trace of Hessian times covariance: how far the mean of a function lies from its value.

    ``function`` takes (..., k) and gives (...); ``values`` (..., k) and ``covariance`` (..., k, k) are those of its
    arguments. By differences one standard deviation along each principal axis, so that third orders cancel.
    """
    size, axes = np.linalg.eigh(covariance)
    steps = np.sqrt(np.maximum(size, 0.0))[..., None] * np.swapaxes(axes, -1, -2)
    centre = function(values)
    total = np.zeros_like(centre)
    for index in range(values.shape[-1]):
        step = steps[..., index, :]
        total += 0.5 * (function(values + step) + function(values - step)) - centre
    return total

"""Least squares with bounds, for a handful of parameters and an analytic Jacobian (Levenberg and Marquardt).

Written out because the general solvers cost more than the model here: a fit is some ten evaluations.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

#: Residuals (n,) and their derivatives (k, n) at the parameters (k,).
Residuals = Callable[[FloatArray], tuple[FloatArray, FloatArray]]

#: The valley of Maki parameter and spin-orbit scattering is long and flat; ordinary fits take ten steps.
_STEPS = 300
#: A sum of squares beyond so much for each residual is that of a wrong law, and known well enough to a per mille.
HOPELESS = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Parameters of the least sum of squares, that sum, and the Jacobian (k, n) there."""

    values: FloatArray
    chi2: float
    jacobian: FloatArray
    converged: bool

    def covariance(self, lower: FloatArray, upper: FloatArray) -> FloatArray:
        """Inverse of J J^T of the parameters off their bounds; zero for the others and for those of no effect."""
        free = (self.values > lower) & (self.values < upper)
        result = np.zeros((self.values.size, self.values.size))
        inside = self.jacobian[free]
        size = np.sqrt(np.sum(inside**2, axis=1))
        size[size == 0] = np.inf
        scaled = inside / size[:, None]
        result[np.ix_(free, free)] = np.linalg.pinv(scaled @ scaled.T, rcond=1e-13) / np.outer(size, size)
        return result


def minimise(
    residuals: Residuals, start: FloatArray, lower: FloatArray, upper: FloatArray, tolerance: float = 1e-6
) -> Solution:
    """The minimum of the sum of squares that is downhill from ``start``; ``tolerance`` is in units of chi2.

    A step that leaves the box is cut off at its side; a parameter on a bound takes part again as soon as the
    gradient points inwards.
    """
    values = np.clip(start, lower, upper)
    rest, jacobian = residuals(values)
    chi2, damping, quiet = float(rest @ rest), 1e-3, 0
    for _ in range(_STEPS):
        gradient = jacobian @ rest
        free = ~((values <= lower) & (gradient > 0)) & ~((values >= upper) & (gradient < 0))
        if not free.any():
            return Solution(values, chi2, jacobian, True)
        normal = jacobian[free] @ jacobian[free].T
        diagonal = np.diagonal(normal)
        normal = normal + np.diag(damping * np.maximum(diagonal, 1e-12 * np.max(diagonal)) + 1e-300)
        try:
            step = -np.linalg.solve(normal, gradient[free])
        except np.linalg.LinAlgError:
            damping = max(10.0 * damping, 1e-6)
            continue
        trial = values.copy()
        trial[free] += step
        trial = np.clip(trial, lower, upper)
        new_rest, new_jacobian = residuals(trial)
        new = float(new_rest @ new_rest)
        if not new <= chi2:
            damping = max(8.0 * damping, 1e-6)
            if damping > 1e12:
                return Solution(values, chi2, jacobian, True)
            continue
        gain, values, rest, jacobian, chi2 = chi2 - new, trial, new_rest, new_jacobian, new
        damping = damping / 8.0 if damping > 1e-9 else damping
        enough = 1e-3 * chi2 if chi2 > HOPELESS * rest.size else tolerance * max(1.0, 1e-4 * chi2)
        quiet = quiet + 1 if gain < enough else 0
        if quiet and (damping < 1e-1 or quiet > 3):
            return Solution(values, chi2, jacobian, True)
    return Solution(values, chi2, jacobian, False)

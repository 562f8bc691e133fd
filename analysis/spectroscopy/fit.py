"""Least squares of one spectrum: a contact's law times a background, with bounds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.errors import AnalysisError

FloatArray = npt.NDArray[np.float64]

#: Parameters of the law, before those of the background.
LAW = 5

Law = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Parameters (5 + k,), their covariance for the noise given (free ones; zero rows where held), chi2.

    ``residual`` is (data - model)/noise; ``shape`` the law without its background.
    """

    parameters: FloatArray
    covariance: FloatArray
    chi2: float
    free: int
    converged: bool
    residual: FloatArray
    shape: FloatArray

    def error(self, index: int) -> float:
        """Standard error of one parameter."""
        return float(np.sqrt(max(self.covariance[index, index], 0.0)))

    @property
    def log_volume(self) -> float:
        """Logarithm of the volume that the noise leaves to the free parameters: half that of the determinant."""
        free = np.diag(self.covariance) > 0
        spread = np.sqrt(np.diag(self.covariance)[free])
        correlation = self.covariance[np.ix_(free, free)] / np.outer(spread, spread)
        return float(np.sum(np.log(spread)) + 0.5 * np.linalg.slogdet(correlation)[1])


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Law, biases scaled to [-1, 1], values, noise, and which of the parameters are held."""

    law: Law
    unit_bias: FloatArray
    values: FloatArray
    noise: float
    lower: FloatArray
    upper: FloatArray
    held: npt.NDArray[np.bool_]

    def evaluate(self, parameters: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Residual in units of the noise, Jacobian (n, parameters) of the model likewise, and the bare law."""
        shape, slopes = self.law(parameters[:LAW])
        powers = np.vander(self.unit_bias, parameters.size - LAW, increasing=True)
        background = powers @ parameters[LAW:]
        jacobian = np.concatenate([slopes.T * background[:, None], powers * shape[:, None]], axis=1) / self.noise
        return (self.values - background * shape) / self.noise, jacobian, shape


def least_squares(problem: Problem, start: FloatArray, most: int = 40) -> Fit:
    """Levenberg-Marquardt with the free parameters kept within their bounds.

    The covariance is that of all parameters not held, also of those that end on a bound.

    Raises:
        AnalysisError: the law is not finite at the starting values.
    """
    here = np.clip(start, problem.lower, problem.upper)
    residual, jacobian, shape = problem.evaluate(here)
    chi2 = float(residual @ residual)
    if not np.isfinite(chi2):
        raise AnalysisError("the law has no value at the starting parameters")
    damping, converged = 1e-3, False
    for _ in range(most):
        gradient, curvature = jacobian.T @ residual, jacobian.T @ jacobian
        at_bound = ((here <= problem.lower) & (gradient < 0)) | ((here >= problem.upper) & (gradient > 0))
        active = ~(problem.held | at_bound)
        step = _step(curvature[active][:, active], gradient[active], damping)
        # what chi2 could still fall by: a hundredth of a standard error is near enough
        if damping <= 1e-2 and float(step @ gradient[active]) < 1e-4:
            converged = True
            break
        trial = here.copy()
        trial[active] += step
        trial = np.clip(trial, problem.lower, problem.upper)
        new_residual, new_jacobian, new_shape = problem.evaluate(trial)
        new_chi2 = float(new_residual @ new_residual)
        gain = chi2 - new_chi2
        if np.isfinite(new_chi2) and gain >= 0:
            here, residual, jacobian, shape, chi2 = trial, new_residual, new_jacobian, new_shape, new_chi2
            damping = max(damping * 0.1, 1e-9)
            if gain < 1e-4:
                converged = True
                break
        else:
            damping *= 10.0
            if damping > 1e8 or -gain < 1e-7 * max(chi2, 1.0) * 1e-3:
                converged = bool(np.isfinite(new_chi2))
                break
    covariance = _covariance(jacobian, ~problem.held)
    return Fit(here, covariance, chi2, int(np.count_nonzero(~problem.held)), converged, residual, shape)


def _step(curvature: FloatArray, gradient: FloatArray, damping: float) -> FloatArray:
    scale = np.sqrt(np.maximum(np.diag(curvature), 1e-300))
    matrix = curvature / np.outer(scale, scale)
    matrix[np.diag_indices_from(matrix)] += damping
    return np.asarray(np.linalg.solve(matrix, gradient / scale) / scale, dtype=float)


def _covariance(jacobian: FloatArray, free: npt.NDArray[np.bool_]) -> FloatArray:
    size = free.size
    covariance = np.zeros((size, size))
    columns = jacobian[:, free]
    scale = np.sqrt(np.sum(columns**2, axis=0))
    scale[scale == 0] = 1e-300
    inverse = np.linalg.pinv((columns / scale).T @ (columns / scale), rcond=1e-13, hermitian=True)
    covariance[np.ix_(free, free)] = inverse / np.outer(scale, scale)
    return covariance

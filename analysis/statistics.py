"""Small statistics that several analyses share: least squares with covariance, robust noise, model choice."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincc

from analysis.errors import AnalysisError

FloatArray = npt.NDArray[np.float64]

#: Standard deviation of a Gaussian in units of its median absolute deviation.
SIGMA_PER_MAD = 1.482602218505602


@dataclass(frozen=True, slots=True, eq=False)
class LinearFit:
    """Coefficients (k,), their covariance (k, k) for the sigma given, chi2 and degrees of freedom."""

    coefficients: FloatArray
    covariance: FloatArray
    chi2: float
    dof: int


def weighted_least_squares(design: FloatArray, values: FloatArray, sigma: npt.ArrayLike) -> LinearFit:
    """Linear least squares ``design`` (n, k) times coefficients = ``values`` (n,), with known standard errors.

    Columns are scaled internally, so that powers of a large number do no harm.

    Raises:
        AnalysisError: fewer values than coefficients, a sigma not positive, or columns that depend on each other.
    """
    weight = 1.0 / np.broadcast_to(np.asarray(sigma, dtype=float), values.shape)
    matrix = design * weight[:, None]
    count, parameters = matrix.shape
    if count < parameters or not np.all(np.isfinite(matrix)) or not np.all(weight > 0):
        raise AnalysisError(f"cannot fit {parameters} coefficients to {count} values: too few, or a weight is none")
    scale = np.sqrt(np.sum(matrix**2, axis=0))
    if not np.all(scale > 0):
        raise AnalysisError("a column of the fit is zero everywhere")
    u, s, vt = np.linalg.svd(matrix / scale, full_matrices=False)
    if s[-1] < 1e-11 * s[0]:
        raise AnalysisError("the columns of the fit depend on each other")
    target = values * weight
    coefficients = (vt.T @ ((u.T @ target) / s)) / scale
    half = vt.T / s / scale[:, None]
    residual = target - matrix @ coefficients
    return LinearFit(coefficients, half @ half.T, float(residual @ residual), count - parameters)


def robust_sigma(values: FloatArray) -> float:
    """Standard deviation of the bulk of ``values`` about their median, 0 for fewer than two values.

    Starts from the median absolute deviation and refines with the values inside five of it, which restores the
    efficiency of the ordinary estimate. Values that mostly coincide (coarse digits) give the ordinary one.
    """
    if values.size < 2:
        return 0.0
    centred = values - np.median(values)
    first = SIGMA_PER_MAD * float(np.median(np.abs(centred)))
    inside = centred[np.abs(centred) <= 5 * first] if first > 0 else centred
    return float(np.std(inside, ddof=1)) if inside.size > 1 else first


def noise_from_differences(values: FloatArray) -> float:
    """White noise per value, from second differences in the order given: blind to offset and steady drift.

    Returns 0 for fewer than four values.
    """
    if values.size < 4:
        return 0.0
    return robust_sigma(np.diff(values, 2)) / float(np.sqrt(6.0))


def aicc(chi2: float, points: int, parameters: int) -> float:
    """Akaike's criterion with the small-sample correction, for known errors; infinite without spare points.

    Source: Hurvich and Tsai, Biometrika 76, 297 (1989).
    """
    spare = points - parameters - 1
    if spare <= 0:
        return float("inf")
    return chi2 + 2 * parameters + 2 * parameters * (parameters + 1) / spare


def chi2_probability(chi2: float, dof: int) -> float:
    """Probability of a chi2 at least this large by chance; 1 without degrees of freedom."""
    return float(gammaincc(dof / 2, chi2 / 2)) if dof > 0 else 1.0

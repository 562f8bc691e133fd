"""The slope of Hc2(T) at Tc from the warm points alone, without a law for the whole curve."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.statistics import chi2_probability, weighted_least_squares
from analysis.upper_field.fit import CriticalFieldPoints

FloatArray = npt.NDArray[np.float64]

#: A window counts as described with this probability; it shrinks from the cold end until it is.
LEAST_PROBABILITY = 0.05
FEWEST, DEGREE = 4, 3
#: Upward curvature of the boundary at Tc by so many standard deviations contradicts every law with a slope there.
UPWARD = 4.0
_COLDEST = 0.5


@dataclass(frozen=True, slots=True)
class SlopeAtTc:
    """|dHc2/dT| at Tc with its error, Tc itself, and what was used; ``curvature`` is d2Hc2/dT2 in errors."""

    slope_T_per_K: float
    error_T_per_K: float
    tc_K: float
    coldest_K: float
    points: int
    degree: int
    curvature: float


def slope_at_tc(points: CriticalFieldPoints) -> SlopeAtTc | None:
    """A polynomial through the warm points, zero field at Tc among them; None where there are too few.

    Cubic or quadratic, because the boundary is bent: a line over a tenth of Tc is too flat where spins matter. The
    window begins at Tc/2 and loses its coldest point until the polynomial describes it.
    """
    order = np.argsort(points.temperature_K)[::-1]
    temperature, field = points.temperature_K[order], points.field_T[order]
    field_error, temperature_error = points.field_error_T[order], points.temperature_error_K[order]
    reference = points.tc_K if points.tc_K is not None else float(temperature[0])
    if points.tc_K is not None:
        temperature, field = np.append(reference, temperature), np.append(0.0, field)
        field_error = np.append(0.0, field_error)
        temperature_error = np.append(points.tc_error_K, temperature_error)
    warm = int(np.count_nonzero(temperature >= _COLDEST * reference))
    for count in range(warm, FEWEST - 1, -1):
        degree = DEGREE if count >= FEWEST + 2 else DEGREE - 1
        x = temperature[:count] - reference
        arrays = (x, field[:count], field_error[:count], temperature_error[:count])
        found = _polynomial(*arrays, degree)
        if found is not None:
            slope, error, tc, curvature = found
            # the next power is what the choice of a polynomial may cost
            more = _polynomial(*arrays, degree + 1) if count > degree + 2 else None
            error = float(np.hypot(error, slope - more[0])) if more is not None else error
            coldest = float(temperature[count - 1])
            return SlopeAtTc(slope, error, reference + tc, coldest, count, degree, curvature)
    return None


def _polynomial(
    x: FloatArray, field: FloatArray, field_error: FloatArray, temperature_error: FloatArray, degree: int
) -> tuple[float, float, float, float] | None:
    """Slope, its error, Tc and curvature in errors, or None if the polynomial does not describe the points."""
    design = np.vander(x, degree + 1, increasing=True)
    derivative = design[:, :-1] * np.arange(1, degree + 1)
    steep = np.full(x.size, float(np.ptp(field) / np.ptp(x)) if np.ptp(x) > 0 else 0.0)
    for _ in range(3):
        sigma = np.hypot(field_error, temperature_error * steep)
        sigma = np.maximum(sigma, 1e-6 * np.max(np.abs(field)))  # Tc given without an error: all but fixed
        fit = weighted_least_squares(design, field, sigma)
        steep = np.abs(derivative @ fit.coefficients[1:])
    if chi2_probability(fit.chi2, fit.dof) < LEAST_PROBABILITY or not fit.coefficients[1] < 0:
        return None
    tc = -float(fit.coefficients[0] / fit.coefficients[1])
    powers = np.arange(1, degree + 1)
    gradient = np.append(0.0, powers * tc ** (powers - 1))
    slope = -float(gradient @ fit.coefficients)
    # Tc follows the fit: its part of the slope's error is the curvature times that of Tc
    gradient = -gradient + np.eye(degree + 1)[0] * 2.0 * fit.coefficients[2] / fit.coefficients[1]
    error = float(np.sqrt(gradient @ fit.covariance @ gradient))
    bend = float(fit.coefficients[2] / np.sqrt(fit.covariance[2, 2]))
    return (slope, error, tc, bend) if slope > 0 else None

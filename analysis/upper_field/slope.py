"""The slope of Hc2(T) at Tc from the warm points alone, without a law for the whole curve."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.errors import AnalysisError
from analysis.statistics import chi2_probability, weighted_least_squares
from analysis.upper_field.fit import CriticalFieldPoints

FloatArray = npt.NDArray[np.float64]

#: A window counts as described with this probability; it shrinks from the cold end until it is. Much more than 1 %
#: would shorten windows by chance, and choose among the points.
LEAST_PROBABILITY = 0.01
#: Points needed for a line with curvature, and the degree of the polynomial. Down to Tc/2 the slope of laws with
#: spin effects is wrong by -1 to -3 % in a cubic, by +0.2 to +0.9 % in a quartic, a third of it in a quintic: that
#: is taken where the last power of the quartic changes the slope by more than twice its error.
FEWEST, DEGREE, TELLING = 4, 4, 2.0
#: Upward curvature of the boundary at Tc by so many standard deviations contradicts every law with a slope there.
UPWARD = 4.0
_COLDEST = 0.5


@dataclass(frozen=True, slots=True)
class SlopeAtTc:
    """|dHc2/dT| at Tc, Tc itself, their errors, and what was used; ``curvature`` is d2T/dB2 in its errors."""

    slope_T_per_K: float
    error_T_per_K: float
    tc_K: float
    tc_error_K: float
    coldest_K: float
    points: int
    degree: int
    curvature: float


def slope_at_tc(points: CriticalFieldPoints) -> SlopeAtTc | None:
    """From a polynomial T(B) through the warm points, Tc in zero field among them; None where there are too few.

    A line over a tenth of Tc is too flat where spins matter, because there T falls as B + B^2: nearly a polynomial
    of the field, and a root as a function of the temperature. The window begins at Tc/2 and loses its coldest point
    until the polynomial describes it. The next power, if there are points for it, tells what the end of the series
    costs. A lower degree serves where points are few, a higher one where they have many digits.
    """
    order = np.argsort(points.temperature_K)[::-1]
    arrays = [
        a[order] for a in (points.field_T, points.temperature_K, points.field_error_T, points.temperature_error_K)
    ]
    reference = float(arrays[1][0])
    if points.tc_K is not None:
        reference = points.tc_K
        # a Tc without an error is all but fixed
        zero = (0.0, reference, 0.0, max(points.tc_error_K, 1e-6 * reference))
        arrays = [np.append(first, array) for first, array in zip(zero, arrays, strict=True)]
    warm = int(np.count_nonzero(arrays[1] >= _COLDEST * reference))
    for count in range(warm, FEWEST - 1, -1):
        window = [array[:count] for array in arrays]
        distinct = _distinct(window[1])  # sweeps up and down are one place of the boundary
        if distinct < FEWEST:
            continue
        found = _series(window, distinct)
        if found is None:
            continue
        degree, coefficients, covariance = found
        choice = _of_the_end(window, distinct, degree, coefficients, covariance)
        if not np.isfinite(choice):
            continue
        slope = -1.0 / coefficients[1]
        return SlopeAtTc(
            float(slope),
            float(np.hypot(np.sqrt(covariance[1, 1]), choice) * slope**2),
            float(coefficients[0]),
            float(np.sqrt(covariance[0, 0])),
            float(window[1][-1]),
            count,
            degree,
            _curvature(window, degree),
        )
    return None


def _series(window: list[FloatArray], distinct: int) -> tuple[int, FloatArray, FloatArray] | None:
    """Degree, coefficients and covariance of the polynomial that is long enough."""
    degree = min(DEGREE, max(distinct // 2, 2))
    found = _polynomial(window, degree)
    if found is None or degree < DEGREE or distinct < DEGREE + 4:
        return None if found is None else (degree, *found)
    less = _polynomial(window, degree - 1, described=False)
    short = less is not None and abs(float(found[0][1] - less[0][1])) > TELLING * float(np.sqrt(found[1][1, 1]))
    more = _polynomial(window, degree + 1) if short else None
    return (degree, *found) if more is None else (degree + 1, *more)


def _of_the_end(
    window: list[FloatArray], distinct: int, degree: int, coefficients: FloatArray, covariance: FloatArray
) -> float:
    """What the end of the series costs dT/dB at Tc; infinite where nothing tells."""
    more = _polynomial(window, degree + 1) if distinct > degree + 2 else None
    if more is not None:
        choice = abs(float(coefficients[1] - more[0][1]))
        if degree < DEGREE:
            return choice
        # only what noise does not explain
        return float(np.sqrt(max(choice**2 - float(more[1][1, 1] - covariance[1, 1]), 0.0)))
    if degree >= DEGREE:
        return 0.0
    # nothing beyond it: half of what the last power made says how much
    less = _polynomial(window, degree - 1, described=False)
    return 0.5 * abs(float(coefficients[1] - less[0][1])) if less is not None else float("inf")


def _distinct(temperature: FloatArray) -> int:
    """Temperatures that are told apart by a hundredth of their range."""
    steps = np.abs(np.diff(np.sort(temperature)))
    return 1 + int(np.count_nonzero(steps > 0.01 * float(np.ptp(temperature)))) if temperature.size else 0


def _curvature(window: list[FloatArray], degree: int) -> float:
    """d2T/dB2 at Tc in its errors, by the lowest degree that describes the window: the one that knows it best."""
    for lower in range(2, degree + 1):
        found = _polynomial(window, lower)
        if found is not None:
            coefficients, covariance = found
            return float(coefficients[2] / np.sqrt(covariance[2, 2]))
    return 0.0


def warm_points(points: CriticalFieldPoints) -> int:
    """Points of the widest window, a known Tc among them."""
    known = points.tc_K is not None
    reference = float(np.max(points.temperature_K)) if points.tc_K is None else points.tc_K
    return int(np.count_nonzero(points.temperature_K >= _COLDEST * reference)) + known


def _polynomial(
    window: list[FloatArray], degree: int, described: bool = True
) -> tuple[FloatArray, FloatArray] | None:
    """Coefficients of T(B) and their covariance, None if it must be ``described`` by them and is not."""
    field, temperature, field_error, temperature_error = window
    if np.unique(field).size <= degree:
        return None
    design = np.vander(field, degree + 1, increasing=True)
    derivative = design[:, :-1] * np.arange(1, degree + 1)
    flat = np.full(field.size, float(np.ptp(temperature) / np.ptp(field)))
    for _ in range(3):
        try:
            fit = weighted_least_squares(design, temperature, np.hypot(temperature_error, field_error * flat))
        except AnalysisError:  # fields too close together for this degree
            return None
        flat = np.maximum(np.abs(derivative @ fit.coefficients[1:]), 0.1 * flat)
    if described and (chi2_probability(fit.chi2, fit.dof) < LEAST_PROBABILITY or not fit.coefficients[1] < 0):
        return None
    return fit.coefficients, fit.covariance

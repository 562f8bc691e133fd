"""The slope of Hc2(T) at Tc from the warm points alone, whatever spins do to the cold ones."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

from analysis.errors import AnalysisError
from analysis.statistics import chi2_probability, weighted_least_squares
from analysis.upper_field.fit import CriticalFieldPoints

FloatArray = npt.NDArray[np.float64]

#: A window counts as described with this probability; it shrinks from the cold end until it is. Much more than 1 %
#: would shorten windows by chance, and choose among the points.
LEAST_PROBABILITY = 0.01
#: Points needed.
FEWEST = 4
#: Upward curvature of the boundary at Tc by so many standard deviations contradicts every law with a slope there.
UPWARD = 4.0
_COLDEST = 0.5
#: With u the field over that of Tc/2, (1 - T/Tc)/u is a sum of Legendre polynomials of 2u - 1. Their coefficients
#: from the third on are of one family for all curves of WHH and for 1 - t^2: those of the higher powers follow from
#: c, that of the second, as a c + b c^2, to some 5 % (Maki parameter 0-5, spin-orbit scattering 0.05-20; c itself
#: is 0.008 without spins, 0.075 at most). Units: half of Tc.
_LINEAR, _SQUARE = (0.153, 0.013, 0.0), (4.1, 2.4, 1.26)
#: What is assumed of c (mean and standard deviation), and of the higher ones about that relation. The two-fluid
#: law, which is none of WHH, is off by 0.006, a straight line by nothing.
_BEND, _BEND_FREE = 0.03, 0.08
_ABOUT = (4e-3, 2e-3, 1e-3)
_LARGEST_BEND = 0.08
_HIGHEST = 2 + len(_ABOUT)
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class SlopeAtTc:
    """|dHc2/dT| at Tc, Tc itself, their errors, and what was used; ``curvature`` is d2T/dB2 in its errors."""

    slope_T_per_K: float
    error_T_per_K: float
    tc_K: float
    tc_error_K: float
    coldest_K: float
    points: int
    curvature: float


def slope_at_tc(points: CriticalFieldPoints) -> SlopeAtTc | None:
    """From a series T(B) through the warm points, Tc in zero field among them; None where there are too few.

    A line over a tenth of Tc is too flat where spins matter, because there T falls as B + B^2: nearly a polynomial
    of the field, and a root as a function of the temperature. A free polynomial long enough to be right costs two
    thirds of what the points know; here level, slope and bend are free, and what the higher powers may be, given
    the bend, is known from what boundaries look like and joins the error. The window begins at Tc/2 and loses its
    coldest point until the series describes it.
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
        if _distinct(window[1]) < FEWEST:  # sweeps up and down are one place of the boundary
            continue
        try:
            found = _series(window, reference)
        except AnalysisError:  # fields too close together
            continue
        if found is not None:
            return found
    return None


def _series(window: list[FloatArray], reference_K: float) -> SlopeAtTc | None:
    """The slope by one window, None where the series does not describe it or does not fall.

    Raises:
        AnalysisError: the points do not determine level, slope and bend.
    """
    field, temperature, field_error, temperature_error = window
    mean = float(np.ptp(temperature) / np.ptp(field)) if np.ptp(field) > 0 else 1.0
    half, flat = _scale(window, reference_K, mean)
    unit, u = 0.5 * reference_K, field / half
    powers = legendre.legvander(2.0 * u - 1.0, _HIGHEST)
    design = np.column_stack([np.ones(u.size), -unit * u[:, None] * powers])
    turned = np.stack([legendre.legval(2.0 * u - 1.0, 2.0 * legendre.legder(one)) for one in np.eye(_HIGHEST + 1)])
    derivative = -unit / half * (powers + u[:, None] * turned.T)
    bend = _BEND
    for _ in range(_ROUNDS):
        expected, assumed, spread = _assumed(bend)
        fit = weighted_least_squares(
            np.vstack([design, assumed]),
            np.concatenate([temperature, expected]),
            np.concatenate([np.hypot(temperature_error, field_error * flat), spread]),
        )
        series = fit.coefficients[1:]
        bend = float(np.clip(series[2], 0.0, _LARGEST_BEND))
        flat = np.maximum(np.abs(derivative @ series), 0.1 * mean)
    orders = np.arange(_HIGHEST + 1)
    at_tc = unit / half * np.concatenate([[0.0], (-1.0) ** orders])
    fall = float(at_tc @ fit.coefficients)
    if chi2_probability(fit.chi2, fit.dof) < LEAST_PROBABILITY or not fall > 0:
        return None
    return SlopeAtTc(
        1.0 / fall,
        float(np.sqrt(at_tc @ fit.covariance @ at_tc)) / fall**2,
        float(fit.coefficients[0]),
        float(np.sqrt(fit.covariance[0, 0])),
        float(temperature[-1]),
        temperature.size,
        _curvature(window, np.hypot(temperature_error, field_error * flat)),
    )


def _curvature(window: list[FloatArray], sigma_K: FloatArray) -> float:
    """d2T/dB2 at Tc in its errors, by the shortest polynomial that describes the window, which knows it best.

    With nothing assumed, for what is assumed of a boundary does not hold for one that bends upwards.
    """
    field, temperature = window[:2]
    found = 0.0
    for degree in range(2, min(_HIGHEST, field.size - 1) + 1):
        try:
            fit = weighted_least_squares(np.vander(field, degree + 1, increasing=True), temperature, sigma_K)
        except AnalysisError:  # fields too close together for this degree
            break
        found = float(fit.coefficients[2] / np.sqrt(fit.covariance[2, 2]))
        if chi2_probability(fit.chi2, fit.dof) >= LEAST_PROBABILITY:
            break
    return found


def _scale(window: list[FloatArray], reference_K: float, mean: float) -> tuple[float, FloatArray]:
    """The field of Tc/2 by a parabola T(B), roughly, and |dT/dB| at each point."""
    field, temperature, field_error, temperature_error = window
    sigma = np.hypot(temperature_error, field_error * mean)
    level, linear, square = weighted_least_squares(
        np.vander(field, 3, increasing=True), temperature, sigma
    ).coefficients
    roots = np.roots([square, linear, level - _COLDEST * reference_K])
    real = [float(root.real) for root in roots if abs(root.imag) <= 1e-9 * abs(root) and root.real > 0]
    last = float(np.max(field))
    half = float(np.clip(min(real, default=last), 0.9 * last, 3.0 * last))
    return half, np.maximum(np.abs(linear + 2.0 * square * field), 0.1 * mean)


def _assumed(bend: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Values, rows and errors of what is known beforehand, linear about a bend."""
    linear, square = np.array(_LINEAR), np.array(_SQUARE)
    rows = np.eye(_HIGHEST + 2)[3:]
    rows[1:, 3] = -(linear + 2.0 * square * bend)
    return np.append(_BEND, -square * bend**2), rows, np.array([_BEND_FREE, *_ABOUT])


def _distinct(temperature: FloatArray) -> int:
    """Temperatures that are told apart by a hundredth of their range."""
    steps = np.abs(np.diff(np.sort(temperature)))
    return 1 + int(np.count_nonzero(steps > 0.01 * float(np.ptp(temperature)))) if temperature.size else 0


def warm_points(points: CriticalFieldPoints) -> int:
    """Points of the widest window, a known Tc among them."""
    known = points.tc_K is not None
    reference = float(np.max(points.temperature_K)) if points.tc_K is None else points.tc_K
    return int(np.count_nonzero(points.temperature_K >= _COLDEST * reference)) + known

"""The slope of Hc2(T) at Tc from warm points alone: right within its error, however many digits the points have."""

import numpy as np
import pytest

from analysis.models.whh import upper_critical_field
from analysis.upper_field.fit import CriticalFieldPoints
from analysis.upper_field.slope import UPWARD, slope_at_tc

TC_K, SLOPE = 11.35, 4.5
WARM = np.array([7.0, 7.5, 8.0, 8.5, 9.0, 9.5, 10.0, 10.5, 11.0])


def points(relative, maki, spin_orbit, rng=None):
    field = upper_critical_field(WARM, TC_K, SLOPE, maki, spin_orbit)
    error = relative * field
    noise = error * rng.normal(size=field.size) if rng is not None else 0.0
    return CriticalFieldPoints(WARM, field + noise, error, np.full(WARM.size, 1e-6), TC_K, 1e-5)


@pytest.mark.parametrize(("maki", "spin_orbit"), [(0.0, 0.0), (0.7, 0.5), (1.5, 0.9)])
@pytest.mark.parametrize("relative", [1e-4, 3e-4, 1e-3, 1e-2])
def test_no_bias_that_the_error_does_not_hold(relative, maki, spin_orbit):
    found = slope_at_tc(points(relative, maki, spin_orbit))
    assert abs(found.slope_T_per_K - SLOPE) < found.error_T_per_K
    assert found.tc_K == pytest.approx(TC_K, abs=1e-3)


@pytest.mark.parametrize("relative", [2e-4, 1e-3])
def test_pulls_scatter_like_errors(relative):
    rng = np.random.default_rng(11)
    found = [slope_at_tc(points(relative, 1.5, 0.9, rng)) for _ in range(150)]
    pulls = np.array([(one.slope_T_per_K - SLOPE) / one.error_T_per_K for one in found])
    assert abs(np.mean(pulls)) < 0.5
    assert 0.5 < np.std(pulls) < 1.2
    assert np.mean(np.abs(pulls) < 2) > 0.93


def test_free_polynomial_of_many_digits_agrees():
    exact = points(1e-6, 1.5, 0.9)
    field = np.append(0.0, exact.field_T[::-1])
    polynomial = np.polynomial.Polynomial.fit(field, np.append(TC_K, WARM[::-1]), 7)
    found = slope_at_tc(exact)
    assert found.slope_T_per_K == pytest.approx(-1.0 / polynomial.deriv()(0.0), rel=1e-3)


@pytest.mark.parametrize(
    ("law", "slope"),
    [(lambda t: 1 - t, 1.0), (lambda t: 1 - t**2, 2.0), (lambda t: (1 - t**2) / (1 + t**2), 1.0)],
    ids=["line", "parabola", "two-fluid"],
)
@pytest.mark.parametrize("relative", [1e-3, 1e-2])
def test_laws_without_spins_or_microscopic_theory(law, slope, relative):
    field = 20.0 * law(WARM / TC_K)
    boundary = CriticalFieldPoints(WARM, field, relative * field, np.full(WARM.size, 1e-6), TC_K, 1e-5)
    found = slope_at_tc(boundary)
    assert abs(found.slope_T_per_K - 20.0 * slope / TC_K) < 2.0 * found.error_T_per_K


def test_a_line_that_bends_upwards_is_told_by_its_curvature():
    field = 20.0 * (1 - WARM / TC_K) * (1 - 0.5 * (1 - WARM / TC_K)) ** -1
    found = slope_at_tc(CriticalFieldPoints(WARM, field, 1e-3 * field, np.full(WARM.size, 1e-6), TC_K, 1e-5))
    assert found is None or found.curvature > UPWARD


@pytest.mark.parametrize("scale_T", [1e-3, 1e3])
@pytest.mark.parametrize("scale_K", [1e-2, 1e2])
def test_units_of_field_and_temperature_do_not_matter(scale_T, scale_K):
    one = points(1e-3, 1.5, 0.9)
    other = CriticalFieldPoints(
        one.temperature_K * scale_K,
        one.field_T * scale_T,
        one.field_error_T * scale_T,
        one.temperature_error_K * scale_K,
        one.tc_K * scale_K,
        one.tc_error_K * scale_K,
    )
    first, second = slope_at_tc(one), slope_at_tc(other)
    assert second.slope_T_per_K * scale_K / scale_T == pytest.approx(first.slope_T_per_K)
    assert second.error_T_per_K * scale_K / scale_T == pytest.approx(first.error_T_per_K)

"""The slope of Hc2(T) at Tc from warm points alone: right within its error, however many digits the points have."""

import numpy as np
import pytest

from analysis.models.whh import upper_critical_field
from analysis.upper_field.fit import CriticalFieldPoints
from analysis.upper_field.slope import slope_at_tc

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


def test_digits_decide_how_long_the_series_is():
    assert slope_at_tc(points(1e-4, 1.5, 0.9)).degree == 5
    assert slope_at_tc(points(1e-2, 1.5, 0.9)).degree == 4

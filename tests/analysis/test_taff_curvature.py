import numpy as np
import pytest

from analysis.taff.curvature import bend


def test_half_the_trace_of_hessian_times_covariance():
    # f = 3 + 2 x - y + 4 x^2 + 6 x y - y^2: half the trace is 4 Cxx + 6 Cxy - Cyy
    covariance = np.array([[[2.0, 0.5], [0.5, 1.0]], [[1.0, -0.9], [-0.9, 1.0]]])
    values = np.array([[1.0, -2.0], [10.0, 0.3]])

    def quadratic(p):
        x, y = p[..., 0], p[..., 1]
        return 3 + 2 * x - y + 4 * x**2 + 6 * x * y - y**2

    assert bend(quadratic, values, covariance) == pytest.approx([4 * 2 + 6 * 0.5 - 1, 4 - 6 * 0.9 - 1])


def test_what_is_straight_or_exact_does_not_bend():
    values, covariance = np.array([[1.0, 2.0]]), np.array([[[1.0, 0.3], [0.3, 2.0]]])
    assert bend(lambda p: p @ np.array([3.0, -1.0]), values, covariance) == pytest.approx([0.0], abs=1e-12)
    assert bend(lambda p: np.exp(p[..., 0]), values, np.zeros((1, 2, 2))) == pytest.approx([0.0])


def test_mean_of_an_exponential():
    # <exp(s z)> = exp(s^2/2), which the second order takes for 1 + s^2/2 + s^4/24
    sigma = 0.3
    found = bend(lambda p: np.exp(p[..., 0]), np.zeros((1, 1)), np.full((1, 1, 1), sigma**2))
    assert 1 + found[0] == pytest.approx(np.exp(sigma**2 / 2), rel=1e-3)

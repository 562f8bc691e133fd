import numpy as np
import pytest

from analysis.findings import Verdict
from analysis.normal_state import NormalState, fit_normal_state
from analysis.residual_ratio import residual_ratio
from analysis.study import analyze
from tests.analysis.synthetic import Sample, r_of_t

SAMPLE = Sample(quadratic=4e-6)
CURVE = r_of_t(SAMPLE, np.random.default_rng(1), start_K=301.0, end_K=2.0, points=6000, noise_ohm=1e-4)


def true(hot, cold):
    # R = 0.05 + 4e-6 T^2
    return (0.05 + 4e-6 * hot**2) / (0.05 + 4e-6 * cold**2)


@pytest.mark.parametrize(("hot", "cold"), [(300.0, 20.0), (300.0, 10.0), (290.0, 77.0)])
def test_ratio_by_its_definition(hot, cold):
    found = residual_ratio(CURVE, hot, cold)
    assert found.verdict is Verdict.GOOD
    assert found.value == pytest.approx(true(hot, cold), abs=4 * (found.error or 0))
    assert found.conditions["hot_K"] == hot
    assert found.conditions["cold_K"] == cold


def test_errors_over_seeds():
    pulls = []
    for seed in range(60):
        curve = r_of_t(SAMPLE, np.random.default_rng(seed), start_K=301.0, end_K=8.0, points=2000, noise_ohm=1e-4)
        found = residual_ratio(curve, 300.0, 20.0)
        assert found.value is not None
        pulls.append((found.value - true(300, 20)) / (found.error or 1))
    assert abs(np.mean(pulls)) < 0.4
    assert 0.7 < np.std(pulls) < 1.3


def test_the_cold_end_is_just_above_the_transition_unless_told():
    normal = fit_normal_state(CURVE)
    assert isinstance(normal, NormalState)
    found = residual_ratio(CURVE, normal=normal)
    cold = float(found.conditions["cold_K"])
    assert normal.window_K[0] <= cold < 1.1 * normal.window_K[0]
    assert found.value == pytest.approx(true(300, cold), abs=4 * (found.error or 0))
    assert any(finding.quantity == "RRR" for finding in analyze([CURVE]))


def test_what_has_no_ratio():
    short = r_of_t(SAMPLE, np.random.default_rng(2))
    assert "outside the curve" in residual_ratio(short, 300.0, 6.8).reason
    assert "neither" in residual_ratio(CURVE).reason
    normal = fit_normal_state(CURVE)
    assert isinstance(normal, NormalState)
    assert "not in the normal state" in residual_ratio(CURVE, 300.0, 4.2, normal).reason
    assert "not above its error" in residual_ratio(CURVE, 300.0, 4.2).reason
    assert not any(finding.quantity == "RRR" for finding in analyze([short]))


@pytest.mark.parametrize("step_K", [0.5, 1.0, 2.0])
def test_coarse_steps_and_a_large_ratio(step_K):
    # R = 0.05 + A T^2 with R(300 K)/R(0) = 37
    sample = Sample(1.0, 1.02, 0.98, quadratic=2e-5)
    points = int(299 / step_K) + 1
    pulls = []
    for seed in range(12):
        rng = np.random.default_rng([3, seed])
        curve = r_of_t(sample, rng, start_K=301.0, end_K=2.0, points=points, noise_ohm=1e-4)
        found = residual_ratio(curve, cold_K=10.0)
        assert found.verdict is Verdict.GOOD
        assert found.value is not None
        assert found.error is not None
        assert found.error < 0.02 * found.value
        pulls.append((found.value - (0.05 + 2e-5 * 300**2) / (0.05 + 2e-5 * 10**2)) / found.error)
    # 12 seeds: mean to 0.29, width to 0.2
    assert abs(np.mean(pulls)) < 1.0
    assert 0.4 < np.std(pulls) < 1.7


def test_points_of_the_transition_have_no_part_in_the_cold_resistance():
    sample = Sample(9.0, 9.2, 8.8, quadratic=2e-5)
    curve = r_of_t(sample, np.random.default_rng(4), start_K=301.0, end_K=2.0, points=600, noise_ohm=1e-5)
    normal = fit_normal_state(curve)
    assert isinstance(normal, NormalState)
    assert normal.window_K[0] > 9.2
    found = residual_ratio(curve, normal=normal)
    cold = float(found.conditions["cold_K"])
    assert found.value == pytest.approx((0.05 + 1.8) / (0.05 + 2e-5 * cold**2), abs=4 * (found.error or 0))


def test_too_few_points_anywhere_near():
    curve = r_of_t(SAMPLE, np.random.default_rng(5), start_K=301.0, end_K=2.0, points=30, noise_ohm=1e-4)
    assert "fewer than 6 temperatures" in residual_ratio(curve, 300.0, 8.0).reason

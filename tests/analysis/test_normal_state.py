import numpy as np
import pytest

from analysis.curves import Curve, CurveInfo
from analysis.models.activation import parabolic
from analysis.normal_state import NormalState, fit_normal_state
from tests.analysis.synthetic import Sample, r_of_t

IN_PLANE = Sample(law="modified", prefactor=10, energy_K=lambda h: float(parabolic(h, 4653.88, -0.77, 14.5)))
#: sample, field, and the arguments of its sweep
CASES = {
    "zero field": (Sample(), 0.0, {}),
    "in a field": (Sample(), 1.0, {}),
    "two steps": (IN_PLANE, 2.0, {}),
    "1 % noise": (Sample(), 0.0, {"noise_ohm": 5e-4, "points": 400}),
    "narrow": (Sample(1.2, 1.21, 1.19), 0.0, {"start_K": 2.0, "end_K": 0.4}),
    "high Tc": (Sample(90, 91, 89, quadratic=1e-6), 0.0, {"start_K": 110.0, "end_K": 70.0, "noise_ohm": 5e-6}),
}


@pytest.mark.parametrize("case", CASES)
def test_extrapolated_to_the_onset_it_is_right_within_its_error(case):
    sample, field, sweep = CASES[case]
    onset = sample.crossing(0.99, field)
    pulls = []
    for seed in range(20):
        state = fit_normal_state(r_of_t(sample, np.random.default_rng([1, seed]), field_T=field, **sweep))
        assert isinstance(state, NormalState)
        assert state.window_K[0] > onset
        pulls.append(float((state.resistance(onset) - sample.normal(onset)) / state.sigma(onset)))
    # 20 seeds: mean to 0.22, width to 0.16
    assert abs(np.mean(pulls)) < 0.7
    assert 0.5 < np.std(pulls) < 1.5


def test_noise_of_the_resistance_is_found():
    state = fit_normal_state(r_of_t(Sample(), np.random.default_rng(3), noise_ohm=2e-5))
    assert isinstance(state, NormalState)
    assert state.noise_ohm == pytest.approx(2e-5, rel=0.15)


def test_a_long_ramp_is_fitted_just_above_the_transition():
    sample = Sample(9, 9.2, 8.9, quadratic=1e-5)
    state = fit_normal_state(r_of_t(sample, np.random.default_rng(4), points=4000, start_K=298.0, end_K=2.0))
    assert isinstance(state, NormalState)
    assert state.window_K[1] < 20
    assert float(state.resistance(9.2)) == pytest.approx(float(sample.normal(9.2)), rel=2e-3)


def test_a_lower_field_tells_where_the_normal_state_begins():
    # at 12 T the last 0.9 % of the resistance come back at 6 K, far above what looks like a plateau
    curve = r_of_t(IN_PLANE, np.random.default_rng(5), field_T=12.0)
    state = fit_normal_state(curve, above_K=6.4)
    assert isinstance(state, NormalState)
    assert state.window_K[0] >= 6.4
    assert abs(float(state.resistance(3.3) - IN_PLANE.normal(3.3))) < 3 * float(state.sigma(3.3))


def test_a_curve_that_is_normal_throughout_is_fitted_throughout():
    sample = Sample(flow_onset_T=1.9, full_T=4.0)
    state = fit_normal_state(r_of_t(sample, np.random.default_rng(6), field_T=12.0))
    assert isinstance(state, NormalState)
    assert state.window_K[0] < 1.7


GOOD = r_of_t(Sample(), np.random.default_rng(7), points=1000)


@pytest.mark.parametrize(
    ("temperature", "resistance", "reason"),
    [
        (GOOD.temperature_K, np.where(np.arange(1000) == 500, np.nan, GOOD.resistance_ohm), "not finite"),
        (GOOD.temperature_K[:8], GOOD.resistance_ohm[:8], "only 8 points"),
        (np.empty(0), np.empty(0), "only 0 points"),
        (GOOD.temperature_K[:-1], GOOD.resistance_ohm, "do not belong"),
        (np.full(1000, 4.2), GOOD.resistance_ohm, "temperature does not change"),
        (GOOD.temperature_K - 3, GOOD.resistance_ohm, "not positive"),
        (GOOD.temperature_K, np.full(1000, 0.05), "not alive"),
        (GOOD.temperature_K, np.random.default_rng(8).normal(0, 2e-3, 1000), "not connected"),
        (GOOD.temperature_K, -GOOD.resistance_ohm, "not connected"),
        (
            GOOD.temperature_K[GOOD.temperature_K < 6.05],
            GOOD.resistance_ohm[GOOD.temperature_K < 6.05],
            "fewer than",
        ),
        (
            GOOD.temperature_K[GOOD.temperature_K < 5.5],
            GOOD.resistance_ohm[GOOD.temperature_K < 5.5],
            "never normal",
        ),
    ],
)
def test_without_a_normal_state_it_says_why(temperature, resistance, reason):
    answer = fit_normal_state(Curve(GOOD.info, temperature, np.zeros(temperature.size), resistance))
    assert isinstance(answer, str)
    assert reason in answer


def test_a_transition_no_steeper_than_the_metal_far_above_it_is_found():
    # R(300 K)/R(0) = 181: 0.006 ohm/K at 150 K, 0.025 ohm/K in the mean over two of 200 intervals of the ramp
    sample = Sample(5.0, 5.1, 4.9, residual_ohm=0.05, quadratic=1e-4)
    curve = r_of_t(sample, np.random.default_rng(9), points=3000, start_K=302.0, end_K=2.0, noise_ohm=1e-5)
    state = fit_normal_state(curve)
    assert isinstance(state, NormalState)
    assert 5.1 < state.window_K[0] < 8
    assert abs(float(state.resistance(5.1) - sample.normal(5.1))) < 4 * float(state.sigma(5.1))


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0, 3.0])
def test_any_power_of_the_temperature_is_within_its_error(power):
    onset = Sample().crossing(0.99)
    pulls = []
    for seed in range(16):
        curve = r_of_t(Sample(quadratic=0.0), np.random.default_rng([2, seed]), start_K=10.0, noise_ohm=1e-5)
        metal = 1 + 0.3 * (curve.temperature_K / 6) ** power
        rising = Curve(curve.info, curve.temperature_K, curve.field_T, curve.resistance_ohm * metal)
        state = fit_normal_state(rising)
        assert isinstance(state, NormalState)
        pulls.append(
            float((state.resistance(onset) - 0.05 * (1 + 0.3 * (onset / 6) ** power)) / state.sigma(onset))
        )
    # 16 seeds: mean to 0.25, width to 0.18
    assert abs(np.mean(pulls)) < 0.9
    assert np.std(pulls) < 1.7


def test_its_slope_is_the_derivative_of_its_resistance():
    state = fit_normal_state(r_of_t(Sample(), np.random.default_rng(10)))
    assert isinstance(state, NormalState)
    step = 1e-4
    for place in (3.0, 6.3, 7.0):
        difference = float(state.resistance(place + step) - state.resistance(place - step)) / (2 * step)
        assert float(state.slope(place)) == pytest.approx(difference, rel=1e-6)


@pytest.mark.parametrize("step_K", [0.7, 1.1, 1.5])
def test_a_step_between_two_points_of_a_steep_metal_is_a_transition(step_K):
    # above 5.2 K R = 0.2 + 0.02 (T/K)^1.5: the step falls within two points, not ten times as steep as the metal
    t = np.arange(302.0, 2.0, -step_K)
    r = np.where(t > 5.2, 0.2 + 0.02 * t**1.5, 0.0) + np.random.default_rng(8).normal(0, 1e-2, t.size)
    state = fit_normal_state(Curve(CurveInfo("r", "R(T)", {}), t, 0 * t, r))
    assert isinstance(state, NormalState)
    assert state.window_K[0] > 5.2
    assert not state.remark
    assert abs(float(state.resistance(10.0)) - 0.2 - 0.02 * 10**1.5) < 4 * float(state.sigma(10.0))


def test_a_sweep_that_ends_in_its_transition_has_no_normal_state():
    # halfway up, where the slope no longer grows: nothing above it is the metal's
    t = np.linspace(8.0, 5.0, 300)
    r = 1 / (1 + np.exp(-(t - 7.9) / 0.3)) + np.random.default_rng(9).normal(0, 1e-3, t.size)
    state = fit_normal_state(Curve(CurveInfo("r", "R(T)", {}), t, 0 * t, r))
    assert isinstance(state, str) or state.remark

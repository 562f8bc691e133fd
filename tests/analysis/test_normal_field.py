import numpy as np
import pytest
from scipy.special import ndtr

from analysis.normal_field import FieldNormal, fit_normal_field

FIELD = np.linspace(0, 10, 500)


def line(field, level=10.0, slope=0.05):
    return level + slope * field


def noisy(resistance, seed=0, noise=1e-3):
    return resistance + np.random.default_rng(seed).normal(0, noise, resistance.size)


def test_line_above_the_transition():
    state = fit_normal_field(FIELD, noisy(line(FIELD) * ndtr((FIELD - 4) / 0.3)))
    assert isinstance(state, FieldNormal)
    assert 4.6 < state.window_T[0] < 6
    for place in (4.0, 10.0):
        assert state.resistance(place) == pytest.approx(line(place), abs=4 * float(state.sigma(place)))
    assert float(state.sigma(4.0)) > float(state.sigma(7.5))


def test_a_branch_without_transition_is_normal_throughout():
    state = fit_normal_field(FIELD, noisy(line(FIELD)))
    assert isinstance(state, FieldNormal)
    assert state.window_T == pytest.approx((0, 10))


@pytest.mark.parametrize(
    ("resistance", "reason"),
    [
        (noisy(10 * ndtr((FIELD - 10) / 2)), "may end before the normal state"),
        (noisy(0.1 * FIELD), "may end before the normal state"),
        (noisy(0 * FIELD, noise=2e-3), "not connected"),
        (noisy(np.full(500, 1e-3), noise=2e-3), "not connected"),
    ],
    ids=["in mid transition", "flux flow", "shorted", "unwired"],
)
def test_what_is_no_normal_state(resistance, reason):
    answer = fit_normal_field(FIELD, resistance)
    assert isinstance(answer, str)
    assert reason in answer


def test_a_short_window_says_that_it_is_extrapolated_and_widens():
    short = FIELD[FIELD < 6.2]
    state = fit_normal_field(short, noisy(line(short, slope=0.2) * ndtr((short - 4) / 0.5)))
    assert isinstance(state, FieldNormal)
    assert "extrapolated" in state.remark
    assert float(state.resistance(4.0)) == pytest.approx(line(4.0, slope=0.2), abs=3 * float(state.sigma(4.0)))


def test_a_spike_does_not_steer():
    resistance = noisy(line(FIELD) * ndtr((FIELD - 4) / 0.3))
    clean = fit_normal_field(FIELD, resistance)
    resistance[400] += 50
    spiked = fit_normal_field(FIELD, resistance)
    assert isinstance(clean, FieldNormal)
    assert isinstance(spiked, FieldNormal)
    assert float(spiked.resistance(4)) == pytest.approx(float(clean.resistance(4)), abs=3 * float(clean.sigma(4)))

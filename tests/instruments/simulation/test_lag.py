import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.simulation.lag import Signal, lagged


def test_step_is_an_exponential():
    assert lagged(Signal(1.0, 0.0), 20.0, 0.0).at(20.0) == pytest.approx(1 - 1 / math.e)


def test_ramp_is_followed_by_slope_times_time_constant():
    assert lagged(Signal(5.0, 0.1), 2.0, 5.0).at(100.0) == pytest.approx(5.0 + 10.0 - 0.2)


def test_decay_at_resonance_is_t_exp_minus_t():
    # tau y' = exp(-t/tau) - y with y(0) = 0 gives (t/tau) exp(-t/tau)
    response = lagged(Signal(0.0, 0.0, ((1.0, 0.05),)), 20.0, 0.0)
    assert response.at(30.0) == pytest.approx(1.5 * math.exp(-1.5), rel=1e-5)


def test_no_lag_is_the_signal():
    signal = Signal(1.0, 2.0, ((3.0, 4.0),))
    assert lagged(signal, 0.0, 99.0) is signal


@given(
    tau=st.floats(0.5, 50.0),
    start=st.floats(-5, 5),
    slope=st.floats(-1, 1),
    amplitude=st.floats(0.01, 5),
    rate=st.floats(0.01, 1.0),
)
def test_solves_its_equation(tau, start, slope, amplitude, rate):
    signal = Signal(1.0, slope, ((amplitude, rate),))
    response = lagged(signal, tau, start)
    assert response.at(0.0) == pytest.approx(start, abs=1e-6)
    h = 1e-3
    for time_s in np.array([0.3, 2.0, 11.0]):
        derivative = (response.at(time_s + h) - response.at(time_s - h)) / (2 * h)
        assert tau * derivative == pytest.approx(signal.at(time_s) - response.at(time_s), abs=1e-4 * (1 + tau))

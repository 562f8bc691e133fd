import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.simulation.insert import Insert
from instruments.simulation.thermal import ThermalModel

BASE = 1.5


def thermal(start_K):
    """Base 1.5 K, insert 40 s, sample 20 s, sensors 0.3 s, 50 W."""
    return ThermalModel(BASE, 40.0, 20.0, 0.3, 50.0, start_K)


def at(temperature_K):
    """A cryostat at rest at a temperature, loop on."""
    model = thermal(temperature_K)
    model.set_loop(True)
    for _ in range(60):
        model.advance(10.0)
    return model


def ramp(model, target_K, rate_K_per_min):
    model.set_ramp(rate_K_per_min, enabled=True)
    model.set_setpoint(target_K)


def test_insert_cools_as_its_equation_integrates():
    # from 8 K to 4 K above the base: 40 s ln 2 + 4 K/(0.05 K/s) = 107.726 s
    insert = Insert(BASE, 40.0, 50.0)
    assert insert.after(9.5, 0.0, 40 * math.log(2) + 80) == pytest.approx(5.5)


def test_insert_warms_as_its_equation_integrates():
    # 1 % of 50 W holds 0.5 W/(0.1 W/K) = 5 K; half of it takes (40 + 100) s ln 2 - 50 s = 47.04 s
    insert = Insert(BASE, 40.0, 50.0)
    assert insert.after(BASE, 5.0, 140 * math.log(2) - 50) == pytest.approx(BASE + 2.5)


def test_insert_near_base_relaxes_with_its_time_constant():
    insert = Insert(BASE, 40.0, 50.0)
    assert insert.after(BASE + 1e-6, 0.0, 40.0) - BASE == pytest.approx(1e-6 / math.e, rel=1e-5)


def test_insert_at_its_equilibrium_stays():
    assert Insert(BASE, 40.0, 50.0).after(4.0, 2.5, 1e4) == 4.0


def test_manual_heater_holds_power_over_conductance():
    model = thermal(7.0)
    model.set_manual_heater(1.0)
    for _ in range(60):
        model.advance(60.0)
    assert model.insert_K == pytest.approx(BASE + 5.0, abs=1e-6)
    assert model.heater_percent == 1.0


@pytest.mark.parametrize("percent", [-1.0, 100.5, float("nan")])
def test_impossible_heater_is_refused(percent):
    with pytest.raises(ValueError, match="0 to 100 %"):
        thermal(7.0).set_manual_heater(percent)


def test_loop_at_rest_needs_the_power_of_the_rise():
    # 5.5 K above base times 0.1 W/K, of 50 W
    model = at(7.0)
    assert model.insert_K == pytest.approx(7.0, abs=1e-9)
    assert model.heater_percent == pytest.approx(1.1, abs=1e-6)


@pytest.mark.parametrize(
    ("start_K", "target_K", "rate"), [(7.0, 1.6, 0.1), (7.0, 1.6, 0.07), (1.6, 10.0, 2.0), (8.0, 7.0, 2.0)]
)
def test_ramps_are_tracked(start_K, target_K, rate):
    model = at(start_K)
    ramp(model, target_K, rate)
    while model.ramping:
        model.advance(1.5)
        assert model.insert_K == pytest.approx(model.working_setpoint_K, abs=0.05)


def test_ramp_takes_way_over_rate():
    model = at(7.0)
    ramp(model, 5.0, 0.5)
    model.advance(239.0)
    assert model.ramping
    model.advance(1.0 + 1e-6)
    assert not model.ramping
    assert model.working_setpoint_K == 5.0


def test_lags_on_a_long_ramp():
    # 0.1 K/min: the sample is 20 s behind, its sensor another 0.3 s
    model = at(7.0)
    ramp(model, 2.0, 0.1)
    model.advance(1200.0)
    rate = -0.1 / 60
    assert model.sample_K - model.insert_K == pytest.approx(-20 * rate, abs=1e-5)
    assert model.sample_sensor_K - model.sample_K == pytest.approx(-0.3 * rate, abs=1e-6)
    assert model.insert_sensor_K - model.insert_K == pytest.approx(-0.3 * rate, abs=1e-6)


def test_sample_reaches_1_6_K():
    model = at(7.0)
    ramp(model, 1.6, 0.1)
    model.advance(54 * 60 + 120)
    assert model.sample_sensor_K == pytest.approx(1.6, abs=1e-3)


def test_below_the_base_the_heater_is_off_and_the_base_is_the_end():
    model = at(3.0)
    model.set_setpoint(1.0)
    model.advance(1e4)
    assert model.heater_percent == 0.0
    assert model.insert_K == pytest.approx(BASE, abs=1e-6)
    assert model.insert_K >= BASE


def test_step_overshoots_a_little_and_settles():
    model = at(7.0)
    model.set_setpoint(8.0)
    highest = 0.0
    for _ in range(3000):
        model.advance(0.1)
        highest = max(highest, model.insert_K)
    assert 0.01 < highest - 8.0 < 0.08
    assert model.insert_K == pytest.approx(8.0, abs=1e-4)


def test_cooling_from_room_temperature_takes_hours_and_ends():
    model = thermal(300.0)
    model.set_loop(True)
    model.set_setpoint(7.0)
    model.advance(3600.0)
    assert model.heater_percent == 0.0
    assert 100.0 < model.insert_K < 140.0  # 300 K less somewhat under 180 K
    model.advance(2 * 3600.0)
    assert model.sample_K == pytest.approx(7.0, abs=0.001)


def test_heating_is_limited_by_full_power():
    model = at(10.0)
    model.set_setpoint(300.0)
    model.advance(1.0)
    assert model.heater_percent == 100.0
    model.advance(3600.0)
    assert model.insert_K == pytest.approx(300.0, abs=0.01)


def test_ramp_starts_from_the_insert_when_the_loop_is_turned_on():
    model = thermal(300.0)
    ramp(model, 7.0, 2.0)
    model.advance(600.0)
    cold_K = model.insert_K
    model.set_loop(True)
    assert model.working_setpoint_K == cold_K
    model.set_ramp(0.0, enabled=False)
    assert model.working_setpoint_K == 7.0


def test_without_a_ramp_the_set_point_jumps():
    model = at(7.0)
    model.set_setpoint(9.0)
    assert model.working_setpoint_K == 9.0
    assert not model.ramping


commands = st.lists(
    st.tuples(st.floats(1.0, 60.0), st.floats(0.0, 5.0), st.booleans(), st.floats(5.0, 200.0)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=30, deadline=None)
@given(start=st.floats(1.6, 50.0), commands=commands, cut_s=st.sampled_from([0.05, 0.7, 1.5, 13.0]))
def test_division_of_time_hardly_matters(start, commands, cut_s):
    def run(piece_s):
        model = thermal(start)
        for target_K, rate, loop, time_s in commands:
            model.set_loop(loop)
            model.set_ramp(rate, enabled=rate > 1.0)
            model.set_setpoint(target_K)
            left_s = time_s
            while left_s > 0:
                model.advance(min(piece_s, left_s))
                left_s -= piece_s
        return model

    whole, divided = run(1e9), run(cut_s)
    # a jump of the set point saturates the heater; when it comes out of that depends a little on the steps taken
    jumps = [abs(target_K - start) for target_K, rate, loop, _ in commands if loop and rate <= 1.0]
    tolerance_K = 2e-3 + 0.03 * max(jumps, default=0.0)
    assert divided.insert_K == pytest.approx(whole.insert_K, abs=tolerance_K)
    assert divided.sample_K == pytest.approx(whole.sample_K, abs=tolerance_K)
    assert divided.sample_sensor_K == pytest.approx(whole.sample_sensor_K, abs=tolerance_K)


@settings(max_examples=50, deadline=None)
@given(start=st.floats(1.5, 300.0), commands=commands)
def test_temperatures_stay_within_what_the_cryostat_can_do(start, commands):
    model = thermal(start)
    model.set_loop(True)
    for target_K, rate, ramped, time_s in commands:
        model.set_ramp(rate, enabled=ramped)
        model.set_setpoint(target_K)
        model.advance(time_s)
        assert 0.0 <= model.heater_percent <= 100.0
        for temperature_K in (model.insert_K, model.sample_K, model.insert_sensor_K, model.sample_sensor_K):
            # saturation is entered between two instants that are compared: a few microkelvin, far below any noise
            assert BASE - 1e-5 <= temperature_K <= BASE + 500.0

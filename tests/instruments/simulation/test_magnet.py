import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.simulation.magnet import MagnetAction, MagnetModel

HOLD, TO_SETPOINT = MagnetAction.HOLD, MagnetAction.TO_SETPOINT
TO_ZERO, CLAMP = MagnetAction.TO_ZERO, MagnetAction.CLAMP


def magnet(*, switch=False, **changes):
    """25 H, 0.11 T/A, 5 V, 5 mOhm leads, 20 s switch."""
    parts = {
        "inductance_H": 25.0,
        "tesla_per_ampere": 0.11,
        "voltage_limit_V": 5.0,
        "lead_resistance_ohm": 5e-3,
        "switch_fitted": switch,
        "switch_time_s": 20.0,
    }
    return MagnetModel(**(parts | changes))


def ramp(model, field_T, rate_T_per_min):
    model.set_target_field(field_T)
    model.set_field_rate(rate_T_per_min)
    assert model.set_action(TO_SETPOINT)


def opened(field_T=0.0):
    """A magnet with its switch open at a field."""
    model = magnet(switch=True)
    model.set_heater(True)
    model.advance(20.0)
    if field_T:
        ramp(model, field_T, 0.3)
        model.advance(1e4)
    return model


def test_ramp_takes_field_over_rate():
    model = magnet()
    ramp(model, 12.0, 0.3)
    model.advance(2399.0)
    assert model.sweeping
    assert model.coil_field_T == pytest.approx(12.0 - 0.3 / 60)
    model.advance(1.0 + 1e-6)
    assert not model.sweeping
    assert model.action is HOLD
    assert model.coil_field_T == 12.0


def test_voltage_is_inductive_and_resistive():
    # 0.3 T/min = 45.4545 mA/s: 25 H * 45.4545 mA/s = 1.13636 V; 12 T = 109.0909 A through 5 mOhm = 0.54545 V
    model = magnet()
    ramp(model, 12.0, 0.3)
    assert model.voltage_V == pytest.approx(1.1363636)
    model.advance(2400.0 + 1e-6)
    assert model.voltage_V == pytest.approx(0.5454545)
    model.set_action(TO_ZERO)
    assert model.voltage_V == pytest.approx(0.5454545 - 1.1363636)
    assert not model.limiting


def test_voltage_limit_slows_a_fast_ramp():
    # 2 T/min wants 7.6 V; at 5 V the current is 1000 A (1 - exp(-t/5000 s))
    model = magnet()
    ramp(model, 10.0, 2.0)
    assert model.limiting
    assert model.voltage_V == pytest.approx(5.0)
    model.advance(100.0)
    assert model.coil_current_A == pytest.approx(1000 * (1 - math.exp(-0.02)))
    assert model.voltage_V == pytest.approx(5.0)


def test_voltage_limit_sets_in_on_the_way():
    # 0.19 A/s wants 4.75 V and leaves 0.25 V for the leads: limited from 50 A on, reached after 263.158 s
    model = magnet()
    model.target_current_A, model.rate_A_per_s = 100.0, 0.19
    model.set_action(TO_SETPOINT)
    model.advance(263.0)
    assert not model.limiting
    assert model.supply_current_A == pytest.approx(49.97)
    model.advance(50.0 / 0.19 - 263.0 + 100.0)
    assert model.limiting
    assert model.supply_current_A == pytest.approx(1000 - 950 * math.exp(-0.02))


def test_leads_without_resistance():
    model = magnet(lead_resistance_ohm=0.0)
    ramp(model, 10.0, 2.0)
    model.advance(100.0)
    assert model.coil_current_A == pytest.approx(20.0)  # 5 V / 25 H


def test_limit_is_the_same_for_either_sign():
    up, down = magnet(), magnet()
    ramp(up, 10.0, 2.0)
    ramp(down, -10.0, 2.0)
    up.advance(77.0)
    down.advance(77.0)
    assert down.coil_current_A == -up.coil_current_A
    assert down.voltage_V == -up.voltage_V


@given(
    start=st.floats(-12, 12),
    target=st.floats(-12, 12),
    rate=st.floats(0.01, 5.0),
    steps=st.lists(st.floats(1e-3, 600.0), min_size=1, max_size=20),
)
def test_never_overshoots_nor_turns_back(start, target, rate, steps):
    model = magnet()
    model.supply_current_A = model.coil_current_A = start / 0.11
    ramp(model, target, rate)
    before = model.supply_current_A
    low, high = sorted((before, model.target_current_A))
    for step_s in steps:
        model.advance(step_s)
        assert low <= model.supply_current_A <= high
        assert abs(model.target_current_A - model.supply_current_A) <= abs(model.target_current_A - before)
        assert abs(model.voltage_V) <= 5.0 + 1e-9
        before = model.supply_current_A
    model.advance(1e7)
    assert model.coil_current_A == model.target_current_A


@given(
    target=st.floats(-12, 12),
    rate=st.floats(0.05, 5.0),
    cuts=st.lists(st.floats(0.0, 500.0), min_size=1, max_size=30),
    heat_at=st.floats(0, 500.0),
)
def test_division_of_time_does_not_matter(target, rate, cuts, heat_at):
    def run(times):
        model = magnet(switch=True)
        model.set_heater(True)
        model.advance(heat_at)
        ramp(model, target, rate)
        now = 0.0
        for time_s in [*sorted(times), 500.0]:
            model.advance(time_s - now)
            now = time_s
        return model

    whole, divided = run([]), run(cuts)
    assert divided.quenched == whole.quenched
    assert divided.supply_current_A == pytest.approx(whole.supply_current_A, abs=1e-8)
    if not whole.quenched:
        assert divided.coil_current_A == pytest.approx(whole.coil_current_A, abs=1e-8)


def test_hold_stops_a_ramp_where_it_is():
    model = magnet()
    ramp(model, 12.0, 0.3)
    model.advance(100.0)
    model.set_action(HOLD)
    model.advance(1000.0)
    assert model.coil_field_T == pytest.approx(0.5)
    assert not model.sweeping


def test_ramp_to_where_it_is_ends_at_once():
    model = magnet()
    ramp(model, 0.0, 0.3)
    assert model.action is HOLD


def test_clamp_only_at_zero_and_hold_before_leaving_it():
    model = magnet()
    assert model.set_action(CLAMP)
    model.set_target_field(1.0)
    model.set_field_rate(0.3)
    assert not model.set_action(TO_SETPOINT)
    assert model.action is CLAMP
    assert model.set_action(HOLD)
    assert model.set_action(TO_SETPOINT)
    model.advance(10.0)
    model.set_action(HOLD)
    assert not model.set_action(CLAMP)


def test_closed_switch_keeps_the_coil_away_from_the_supply():
    model = magnet(switch=True)
    ramp(model, 1.0, 0.3)
    assert model.voltage_V == 0.0  # no inductance in the circuit, no current in the leads yet
    model.advance(300.0)
    assert model.supply_field_T == pytest.approx(1.0)
    assert model.coil_field_T == 0.0


def test_switch_opens_after_its_time():
    model = magnet(switch=True)
    assert model.set_heater(True)
    model.advance(19.9)
    assert not model.switch_open
    assert model.switch_moving
    model.advance(0.2)
    assert model.switch_open
    assert not model.switch_moving


def test_coil_keeps_its_field_when_the_switch_is_cold():
    model = opened(field_T=2.0)
    model.set_heater(False)
    model.advance(10.0)
    assert model.switch_open
    model.advance(10.0)
    assert not model.switch_open
    model.set_action(TO_ZERO)
    model.advance(1000.0)
    assert model.supply_field_T == 0.0
    assert model.coil_field_T == 2.0


def test_coil_follows_until_the_switch_is_cold_within_one_step():
    model = opened(field_T=2.0)
    model.set_heater(False)
    model.set_action(TO_ZERO)
    model.advance(1000.0)  # the first 20 s at 0.3 T/min reach the coil
    assert model.coil_field_T == pytest.approx(1.9)


def test_heater_is_refused_when_currents_differ():
    model = magnet(switch=True)
    ramp(model, 1.0, 0.3)
    model.advance(300.0)
    assert not model.set_heater(True)
    assert not model.heater_on


@pytest.mark.parametrize("late", [False, True])
def test_switch_that_opens_on_different_currents_quenches(late):
    model = magnet(switch=True)
    if late:
        assert model.set_heater(True)
    ramp(model, 1.0, 3.0)
    model.advance(15.0)
    if not late:
        assert model.set_heater(True, checked=False)
    model.advance(21.0)
    assert model.quenched
    assert "A in the supply and 0.000 A in the coil" in model.quench_reason
    assert model.supply_current_A == 0.0


def test_no_heater_without_a_switch():
    model = magnet()
    assert not model.set_heater(True)
    assert model.switch_open


def test_quench_latches_and_the_field_decays():
    model = opened(field_T=2.0)
    ramp(model, 3.0, 0.3)
    model.quench("a test")
    assert model.supply_current_A == 0.0
    assert not model.sweeping
    model.advance(2.0)
    assert model.coil_field_T == pytest.approx(2.0 / math.e)
    assert not model.set_action(TO_SETPOINT)
    assert not model.set_heater(True)
    assert not model.acknowledge_quench()
    model.advance(100.0)
    assert model.coil_field_T == 0.0
    assert model.quenched
    assert model.acknowledge_quench()
    assert model.set_heater(True)
    model.advance(20.0)
    ramp(model, 1.0, 0.3)
    model.advance(200.0)
    assert model.coil_field_T == 1.0


def persistent(field_T=2.0, **changes):
    """The coil at a field behind its closed switch, the supply at zero."""
    model = opened(field_T=field_T)
    for name, value in changes.items():
        setattr(model, name, value)
    model.set_heater(False)
    model.advance(20.0)
    model.set_action(TO_ZERO)
    model.advance(1000.0)
    assert not model.switch_open
    return model


def test_a_persistent_coil_decays_and_the_supply_does_not_know():
    """2 T after 1020 s of which 1000 s behind the closed switch: exp(-1000/1e4) is left."""
    model = persistent(decay_time_s=1e4)
    assert model.coil_field_T == pytest.approx(2.0 * math.exp(-0.1))
    assert model.remembered_field_T == pytest.approx(2.0)
    whole, parts = persistent(decay_time_s=1e4), persistent(decay_time_s=1e4)
    whole.advance(500.0)
    for _ in range(50):
        parts.advance(10.0)
    assert parts.coil_field_T == pytest.approx(whole.coil_field_T, rel=1e-12)


def test_what_the_supply_remembers_is_what_it_carried_when_the_switch_was_cold():
    model = opened(field_T=2.0)
    model.set_heater(False)
    ramp(model, 1.0, 0.3)  # 0.1 T in the 20 s until the switch is cold
    model.advance(400.0)
    assert model.supply_field_T == pytest.approx(1.0)
    assert model.remembered_field_T == pytest.approx(1.9)
    assert model.coil_field_T == pytest.approx(1.9)


def test_the_supply_heats_only_what_it_remembers_as_matched_and_the_truth_decides():
    model = persistent(decay_time_s=1e4)
    assert not model.set_heater(True)
    ramp(model, 2.0, 0.6)
    model.advance(1000.0)
    assert model.set_heater(True)
    assert not model.heater_mismatch
    model.advance(20.0)
    assert model.quenched  # 2 T in the supply, 1.6 T in the coil


def test_a_heater_stuck_on_keeps_the_coil_in_the_circuit():
    model = opened(field_T=2.0)
    model.heater_stuck = True
    assert model.set_heater(False)
    assert not model.heater_on
    model.advance(60.0)
    assert model.switch_open
    model.set_action(TO_ZERO)
    model.set_field_rate(0.3)
    model.advance(100.0)
    assert model.coil_field_T == pytest.approx(1.5)
    assert model.remembered_field_T == pytest.approx(2.0)
    assert model.voltage_V == pytest.approx(-25.0 * 0.3 / 60 / 0.11 + 5e-3 * 1.5 / 0.11)


def test_a_heater_stuck_off_never_opens_the_switch():
    model = persistent()
    model.heater_stuck = False
    ramp(model, 2.0, 0.6)
    model.advance(1000.0)
    assert model.set_heater(True)
    model.advance(1000.0)
    ramp(model, 1.0, 0.3)
    model.advance(100.0)
    assert model.supply_field_T == pytest.approx(1.5)
    assert model.coil_field_T == pytest.approx(2.0)
    assert not model.quenched
    assert model.voltage_V == pytest.approx(5e-3 * 1.5 / 0.11)  # the leads alone

"""A dilution refrigerator with numbers from a pocket calculator: c = 1 J/K^2, q = 5 mW/K^2, so c/(2 q) = 100 s."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.simulation.dilution import DilutionModel, DilutionSettings
from instruments.simulation.mixing_chamber import MixingChamber

BASE = 0.015
SETTINGS = DilutionSettings(
    base_K=BASE,
    heat_capacity_J_per_K2=1.0,
    cooling_W_per_K2=5e-3,
    sample_link_W_per_K2=2e-3,
    sample_time_constant_s=10.0,
    sensor_lag_s=2.0,
    heater_power_W=10e-3,
    sensor_noise_K=50e-6,
    start_K=0.05,
)
CHAMBER = MixingChamber(BASE, 1.0, 5e-3)


def fridge(start_K=0.05, **changes) -> DilutionModel:
    return DilutionSettings(
        **{**{name: getattr(SETTINGS, name) for name in SETTINGS.__slots__}, **changes, "start_K": start_K}
    ).model()


def at(temperature_K):
    """At rest at a temperature, loop on."""
    model = fridge(temperature_K)
    model.set_loop(True)
    model.advance(7200.0)
    return model


def ramp(model, target_K, rate_K_per_min):
    model.set_ramp(rate_K_per_min, enabled=True)
    model.set_setpoint(target_K)


class TestChamber:
    def test_cooling_power_is_zero_at_the_base_and_quadratic_above(self):
        assert CHAMBER.cooling_W(BASE) == 0.0
        assert CHAMBER.cooling_W(0.1) == pytest.approx(5e-3 * (0.01 - 0.000225))  # 48.9 uW

    def test_the_square_of_the_temperature_relaxes_with_c_over_2q(self):
        # from 0.1 K: 0.01 K^2 less the base's 0.000225 K^2 falls by e in 100 s
        assert CHAMBER.after(0.1, 0.0, 100.0) ** 2 == pytest.approx(0.000225 + 0.009775 / math.e)

    def test_energy_balance(self):
        """U = c T^2/2 changes by what the heater gave less what was cooled away (integrated by small steps)."""
        temperature_K, cooled_J, dt_s, power_W = 0.1, 0.0, 0.01, 2e-3
        for _ in range(3000):
            middle_K = CHAMBER.after(temperature_K, power_W, dt_s / 2)
            cooled_J += CHAMBER.cooling_W(middle_K) * dt_s
            temperature_K = CHAMBER.after(temperature_K, power_W, dt_s)
        stored_J = 0.5 * (temperature_K**2 - 0.1**2)
        assert stored_J == pytest.approx(power_W * 30.0 - cooled_J, rel=1e-6)

    def test_power_for_a_rate_gives_the_rate(self):
        power_W = CHAMBER.power_for(0.2, 1e-3)
        assert (CHAMBER.after(0.2, power_W, 1e-3) - 0.2) / 1e-3 == pytest.approx(1e-3, rel=1e-4)


class TestWithoutLoop:
    def test_a_heater_holds_q_times_the_difference_of_squares(self):
        # 5 % of 10 mW = 0.5 mW = 5 mW/K^2 (T^2 - 0.000225 K^2): T^2 = 0.100225 K^2
        model = fridge()
        model.set_manual_heater(5.0)
        model.advance(3600.0)
        for temperature_K in (model.insert_K, model.sample_K, model.insert_sensor_K, model.sample_sensor_K):
            assert temperature_K == pytest.approx(math.sqrt(0.100225), abs=1e-6)
        assert model.heater_percent == 5.0

    def test_cools_to_its_base_and_not_below(self):
        model = fridge(1.2)
        model.advance(5 * 3600.0)
        assert model.insert_K == pytest.approx(BASE, abs=1e-9)
        assert model.insert_K >= BASE

    def test_a_field_ramp_warms_until_eddy_heat_and_cooling_balance(self):
        """k (dB/dt)^2 with k = 4.5 J s/T^2 at 0.1 T/min is 12.5 uW: the chamber's T^2 rises by 2.5e-3 K^2 over
        the base's, the sample's by another 6.25e-3 K^2 over the link of 2 mW/K^2."""
        model = fridge(BASE)
        for _ in range(3600):
            model.deposit(4.5 * (0.1 / 60 * 1.0) ** 2 / 1.0)
            model.advance(1.0)
        assert model.insert_K**2 == pytest.approx(0.000225 + 0.0025, rel=1e-6)
        assert model.sample_K**2 == pytest.approx(0.000225 + 0.0025 + 0.00625, rel=1e-6)
        assert model.sample_sensor_K == pytest.approx(model.sample_K, abs=1e-6)

    def test_a_burst_of_heat_leaves_its_energy_in_the_chamber(self):
        # 1 mJ within a millisecond: c (T'^2 - T^2)/2 = 1 mJ
        model = fridge(0.05)
        model.deposit(1e-3)
        model.advance(1e-3)
        assert model.insert_K**2 == pytest.approx(0.05**2 + 2e-3, rel=1e-4)

    def test_the_sample_follows_with_its_time_constant(self):
        model = fridge(0.3)
        model.set_manual_heater(100.0 * CHAMBER.cooling_W(0.3) / 10e-3)
        model.advance(1.0)
        model._unheated_K = 0.31  # the sample alone is 10 mK warm
        model.advance(10.0)
        assert model.sample_K - 0.3 == pytest.approx(0.01 / math.e, rel=1e-3)

    @pytest.mark.parametrize("percent", [-1.0, 100.5, float("nan")])
    def test_impossible_heater_is_refused(self, percent):
        with pytest.raises(ValueError, match="0 to 100 %"):
            fridge().set_manual_heater(percent)


class TestLoop:
    def test_holding_needs_the_cooling_power(self):
        # 5 mW/K^2 (0.0081 - 0.000225) K^2 = 39.4 uW of 10 mW
        model = at(0.09)
        assert model.insert_K == pytest.approx(0.09, abs=1e-9)
        assert model.heater_percent == pytest.approx(0.394, abs=1e-3)

    @pytest.mark.parametrize(
        ("start_K", "target_K", "rate"), [(0.02, 1.2, 0.1), (0.9, 0.33, 0.05), (0.09, 0.03, 0.005)]
    )
    def test_ramps_are_tracked_and_end(self, start_K, target_K, rate):
        model = at(start_K)
        ramp(model, target_K, rate)
        while model.ramping:
            model.advance(1.5)
            assert model.insert_K == pytest.approx(model.working_setpoint_K, abs=1e-3)
        model.advance(600.0)
        assert model.sample_sensor_K == pytest.approx(target_K, abs=1e-5)

    def test_a_ramp_takes_way_over_rate(self):
        model = at(0.1)
        ramp(model, 0.3, 0.1)
        model.advance(119.0)
        assert model.ramping
        model.advance(1.0 + 1e-6)
        assert not model.ramping
        assert model.working_setpoint_K == 0.3

    def test_lags_on_a_ramp(self):
        # 0.1 K/min: the sample is 10 s behind, its sensor another 2 s
        model = at(0.1)
        ramp(model, 1.2, 0.1)
        model.advance(300.0)
        rate = 0.1 / 60
        assert model.insert_K - model.sample_K == pytest.approx(10 * rate, abs=1e-6)
        assert model.sample_K - model.sample_sensor_K == pytest.approx(2 * rate, abs=1e-6)

    def test_more_heat_than_the_loop_can_give_up_warms_the_chamber(self):
        """At 90 mK the loop can give up 39.4 uW; 100 uW hold T^2 = 0.000225 + 0.02 K^2 whatever it does."""
        model = at(0.09)
        for _ in range(3600):
            model.deposit(100e-6)
            model.advance(1.0)
        assert model.heater_percent == 0.0
        assert model.insert_K**2 == pytest.approx(0.020225, rel=1e-6)
        model.advance(3600.0)
        assert model.sample_sensor_K == pytest.approx(0.09, abs=1e-6)

    def test_less_heat_is_compensated_at_the_chamber_but_not_at_the_sample(self):
        model = at(0.09)
        for _ in range(3600):
            model.deposit(10e-6)
            model.advance(1.0)
        assert model.insert_K == pytest.approx(0.09, abs=1e-6)
        assert model.heater_percent == pytest.approx(0.294, abs=1e-3)
        assert model.sample_K**2 == pytest.approx(0.0081 + 0.005, rel=1e-5)

    def test_a_set_point_below_the_base_leaves_the_heater_off(self):
        model = at(0.05)
        model.set_setpoint(0.01)
        model.advance(3 * 3600.0)
        assert model.heater_percent == 0.0
        assert model.insert_K == pytest.approx(BASE, abs=1e-6)

    def test_a_ramp_starts_from_the_chamber_when_the_loop_is_turned_on(self):
        model = fridge(0.8)
        ramp(model, 0.1, 0.1)
        model.advance(60.0)
        cold_K = model.insert_K
        model.set_loop(True)
        assert model.working_setpoint_K == cold_K
        model.set_ramp(0.0, enabled=False)
        assert model.working_setpoint_K == 0.1

    @settings(max_examples=15, deadline=None)
    @given(start_K=st.floats(0.02, 1.2), target_K=st.floats(0.02, 1.2), piece_s=st.sampled_from([0.3, 2.0, 40.0]))
    def test_a_jump_of_the_set_point_arrives_without_overshoot(self, start_K, target_K, piece_s):
        model = at(start_K)
        model.set_setpoint(target_K)
        sign = 1.0 if target_K > start_K else -1.0
        for _ in range(int(120.0 / piece_s)):
            model.advance(piece_s)
            assert sign * (model.insert_K - target_K) < 1e-6
        model.advance(7200.0)
        assert model.sample_sensor_K == pytest.approx(target_K, abs=1e-6)


commands = st.lists(
    st.tuples(
        st.floats(0.02, 1.2),
        st.floats(0.0, 0.2),
        st.booleans(),
        st.floats(5.0, 400.0),
        st.sampled_from([0.0, 0.0, 2e-5, 3e-4]),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=25, deadline=None)
@given(start_K=st.floats(0.016, 1.2), commands=commands, cut_s=st.sampled_from([0.05, 0.7, 13.0]))
def test_division_of_time_does_not_matter(start_K, commands, cut_s):
    def run(piece_s):
        model = fridge(start_K)
        for target_K, rate, loop, time_s, heat_W in commands:
            model.set_loop(loop)
            model.set_ramp(rate, enabled=rate > 0.02)
            model.set_setpoint(target_K)
            left_s = time_s
            while left_s > 0:
                step_s = min(piece_s, left_s)
                model.deposit(heat_W * step_s)
                model.advance(step_s)
                left_s -= step_s
        return model

    whole, divided = run(1e9), run(cut_s)
    for name in ("insert_K", "sample_K", "insert_sensor_K", "sample_sensor_K"):
        assert getattr(divided, name) == pytest.approx(getattr(whole, name), abs=SETTINGS.sensor_noise_K), name


@settings(max_examples=50, deadline=None)
@given(start_K=st.floats(0.015, 1.2), commands=commands)
def test_temperatures_and_heater_stay_within_what_the_cryostat_can_do(start_K, commands):
    model = fridge(start_K)
    model.set_loop(True)
    hottest_K = math.sqrt(BASE**2 + (10e-3 + 3e-4) / 5e-3 + 3e-4 / 2e-3)
    for target_K, rate, ramped, time_s, heat_W in commands:
        model.set_ramp(rate, enabled=ramped)
        model.set_setpoint(target_K)
        model.deposit(heat_W * time_s)
        model.advance(time_s)
        assert 0.0 <= model.heater_percent <= 100.0
        for temperature_K in (model.insert_K, model.sample_K, model.insert_sensor_K, model.sample_sensor_K):
            assert BASE - 1e-6 <= temperature_K <= hottest_K

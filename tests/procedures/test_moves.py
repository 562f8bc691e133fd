"""Moves: legs with limits of their own, arrival by read-back, the persistent-switch trap, refused set points."""

import pytest

from instruments.errors import DeadlineExceeded, GuardTripped, LimitError
from instruments.roles import MagnetState
from procedures.bench import Bench
from procedures.moves import go_to_field, go_to_temperature, settle_temperature
from tests.procedures.fakes import fake_station


def test_a_ramp_is_split_where_the_limit_changes():
    station = fake_station()
    go_to_field(Bench(station), 9.0, 0.5)
    assert station.magnet.commands == ["ramp 6 T at 0.5 T/min", "ramp 9 T at 0.3 T/min"]
    assert station.magnet.read_field() == pytest.approx(9.0)
    # 12 min for the first leg, 10 min for the second, 10 s for arrival
    assert station.clock.now() == pytest.approx(22 * 60 + 10, abs=15)


def test_a_field_beyond_the_magnet_is_refused_before_anything_moves():
    station = fake_station()
    with pytest.raises(LimitError, match="nothing was sent"):
        go_to_field(Bench(station), 9.5, 0.3)
    assert station.magnet.commands == []


def test_a_persistent_magnet_is_opened_first_when_the_currents_match():
    station = fake_station()
    station.magnet.state = MagnetState.PERSISTENT
    go_to_field(Bench(station), 1.0, 0.5)
    assert station.magnet.commands == ["heater True", "ramp 1 T at 0.5 T/min"]


def test_a_persistent_magnet_with_another_supply_current_is_left_alone():
    station = fake_station()
    station.magnet.state = MagnetState.PERSISTENT
    station.magnet.supply_offset_T = 2.0
    with pytest.raises(GuardTripped, match="would quench"):
        go_to_field(Bench(station), 1.0, 0.5)
    assert station.magnet.commands == []


def test_a_field_that_stands_still_meets_its_deadline():
    station = fake_station()
    station.magnet.start_ramp = lambda target_T, rate: None
    with pytest.raises(DeadlineExceeded, match="field 1 T"):
        go_to_field(Bench(station), 1.0, 0.5)


def test_a_set_point_that_was_not_taken_stops_the_run():
    station = fake_station()
    station.temperature.reported_setpoint_K = 300.0
    with pytest.raises(GuardTripped, match="set point of 300 K"):
        go_to_temperature(Bench(station), 8.0, 2.0)


def test_a_temperature_is_reached_on_time():
    station = fake_station()
    go_to_temperature(Bench(station), 8.0, 2.0)
    assert station.clock.now() == pytest.approx(60.0, abs=6.0)


def test_settling_asks_for_rest_not_for_equality():
    station = fake_station()
    station.temperature.floor_K = 8.04  # the sample's sensor stops 40 mK above the set point
    settle_temperature(Bench(station), 8.0, 2.0, drift_K=0.003, settle_s=60.0)
    assert station.clock.now() == pytest.approx(60 + 60, abs=10)


def test_a_slow_cryostat_is_waited_for_as_long_as_it_comes_nearer():
    """Asked for 5 K/min, it manages 0.5: ten times the ramp's own time, far beyond twice and an hour."""
    station = fake_station()
    loop = station.temperature
    loop.start_K = loop.target_K = 290.0
    start = loop.start_ramp
    loop.start_ramp = lambda target_K, rate: start(target_K, rate / 10)
    go_to_temperature(Bench(station), 10.0, 5.0)
    assert station.clock.now() > 9 * 60 * 280 / 5.0


def test_one_that_stands_still_is_not():
    station = fake_station()
    station.temperature.start_K = station.temperature.target_K = 20.0
    station.temperature.floor_K = 15.0
    with pytest.raises(DeadlineExceeded, match="sample temperature 10 K"):
        go_to_temperature(Bench(station), 10.0, 5.0)

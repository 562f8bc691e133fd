"""Waiting: deadlines, stop requests and guards that fail closed, all on virtual time."""

import pytest

from instruments.errors import DeadlineExceeded, GuardTripped, MagnetQuenched, StoppedByOperator
from instruments.roles import MagnetState
from procedures.bench import GUARD_INTERVAL_S, Bench
from procedures.guards import standard_guards
from tests.procedures.fakes import fake_station


def guarded(station, **options):
    return Bench(station, standard_guards(station), **options)


def test_a_pause_takes_its_time_on_the_clock():
    bench = guarded(fake_station())
    bench.pause(3600.0)
    assert bench.clock.now() == pytest.approx(3600.0)


def test_a_wait_ends_when_the_condition_held_long_enough():
    bench = guarded(fake_station())
    # true between 100 s and 104 s, and from 200 s on: only the second stretch lasts 10 s
    bench.wait_until(
        "test", lambda: 100 <= bench.clock.now() <= 104 or bench.clock.now() >= 200, 1000.0, 1.0, hold_s=10.0
    )
    assert bench.clock.now() == pytest.approx(210.0, abs=1.0)


def test_a_wait_that_does_not_end_names_itself():
    bench = guarded(fake_station())
    with pytest.raises(DeadlineExceeded, match="field 3 T: not reached within 2 min"):
        bench.wait_until("field 3 T", lambda: False, 120.0, 1.0)
    assert bench.clock.now() < 125


def test_a_stop_request_is_heard_within_one_guard_interval():
    station = fake_station()
    bench = guarded(station, should_stop=lambda: station.clock.now() > 50.0)
    with pytest.raises(StoppedByOperator):
        bench.pause(1e5)
    assert station.clock.now() <= 50.0 + 2 * GUARD_INTERVAL_S


def test_a_quench_ends_any_wait():
    station = fake_station()
    bench = guarded(station)
    bench.pause(10.0)
    station.magnet.state = MagnetState.QUENCHED
    with pytest.raises(MagnetQuenched, match="acknowledge"):
        bench.pause(100.0)


def test_a_guard_that_cannot_be_read_trips():
    station = fake_station()
    bench = guarded(station)
    station.magnet.silent = True
    with pytest.raises(GuardTripped, match="cannot be watched"):
        bench.pause(100.0)


def test_a_loop_that_went_off_stops_the_run_only_once_it_was_commanded():
    station = fake_station()
    bench = guarded(station)
    station.temperature.on = False
    bench.pause(20.0)
    bench.arm_loop_guard()
    with pytest.raises(GuardTripped, match="loop went off"):
        bench.pause(20.0)

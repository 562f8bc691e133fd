"""The gate: slewed, watched, brought home."""

import itertools
from dataclasses import replace

import pytest

from instruments.errors import GuardTripped, LimitError, StoppedByOperator
from instruments.roles import ReadingFlag
from procedures.bench import Bench
from procedures.gate import bring_gate_home, gate_flags, move_gate, read_gate, turn_gate_on
from procedures.guards import GateGuard, standard_guards
from tests.procedures.fakes import FakeGate, fake_station


@pytest.fixture
def station():
    plain = fake_station()
    return replace(plain, gate=FakeGate(plain.clock))


def on(station, **options):
    """A bench whose gate is on."""
    bench = Bench(station, standard_guards(station), **options)
    turn_gate_on(bench)
    return bench


def test_turned_on_at_zero_with_the_leakage_limit_as_compliance(station):
    bench = on(station)
    assert station.gate.commands == ["configure 2e-08 A, 200 V"]
    assert station.gate.on
    assert station.gate.voltage_V == 0.0
    guard = next(guard for guard in bench.guards if isinstance(guard, GateGuard))
    assert guard.armed


def test_slews_no_faster_than_asked(station):
    bench = on(station)
    started_s = bench.clock.now()
    move_gate(bench, 10.0, 0.5)
    assert station.gate.voltage_V == 10.0
    assert bench.clock.now() - started_s == pytest.approx(20.0)
    for (t0, v0), (t1, v1) in itertools.pairwise(station.gate.history[1:]):
        assert abs(v1 - v0) <= 0.5 * (t1 - t0) + 1e-9


@pytest.mark.parametrize(
    ("target_V", "slew"), [(181.0, 1.0), (-201.0, 1.0), (10.0, 3.0), (10.0, 0.0), (float("nan"), 1)]
)
def test_beyond_the_limits_nothing_moves(station, target_V, slew):
    bench = on(station)
    with pytest.raises(LimitError, match="allowed is"):
        move_gate(bench, target_V, slew)
    assert station.gate.voltage_V == 0.0


def test_one_bad_reading_is_a_strike_two_in_a_row_trip(station):
    bench = on(station)
    station.gate.leakages_A = [30e-9, 1e-9, 30e-9, -30e-9]
    for _ in range(3):
        read_gate(bench)
    with pytest.raises(GuardTripped, match=r"leaks -3e-08 A at 0 V \(allowed is 2e-08 A\), twice in a row"):
        read_gate(bench)


def test_compliance_is_a_strike_too(station):
    bench = on(station)
    station.gate.limited = True
    assert read_gate(bench).flags & ReadingFlag.IN_COMPLIANCE
    with pytest.raises(GuardTripped, match="in compliance"):
        read_gate(bench)


def test_an_output_that_went_off_by_itself_stops_the_run(station):
    bench = on(station)
    station.gate.on = False
    with pytest.raises(GuardTripped, match="went off by itself"):
        bench.pause(10.0)


def test_home_is_reached_at_the_fastest_slew_whatever_asks_to_stop(station):
    bench = on(station)
    move_gate(bench, -20.0, 2.0)
    stopping = Bench(station, standard_guards(station), should_stop=lambda: True)
    with pytest.raises(StoppedByOperator):
        move_gate(stopping, 0.0, 2.0)
    started_s = bench.clock.now()
    bring_gate_home(stopping)
    assert station.gate.voltage_V == 0.0
    assert not station.gate.on
    assert bench.clock.now() - started_s == pytest.approx(19.5 / 2.0, abs=0.51)


def test_a_leaking_gate_comes_home_too(station):
    bench = on(station)
    move_gate(bench, 5.0, 2.0)
    station.gate.limited = True
    bring_gate_home(bench)
    assert (station.gate.voltage_V, station.gate.on) == (0.0, False)


def test_without_a_gate_nothing_happens():
    bench = Bench(fake_station())
    bring_gate_home(bench)


def test_a_leak_flags_the_point(station):
    bench = on(station)
    station.gate.leakages_A = [25e-9]
    assert gate_flags(read_gate(bench), station.limits.gate) & ReadingFlag.OUT_OF_LIMITS
    assert not gate_flags(read_gate(bench), station.limits.gate)

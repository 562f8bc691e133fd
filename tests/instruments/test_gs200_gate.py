"""What a GS200 does at the gate that a source-measure unit does not: it measures nothing, and reaches 32 V."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest

from instruments.errors import ConfigurationError, GuardTripped, LimitError
from instruments.roles import ReadingFlag, SourceReading
from instruments.station import Station
from procedures.bench import Bench
from procedures.gate import bring_gate_home, move_gate, turn_gate_on
from procedures.guards import GateGuard
from tests.instruments.simulated_station import SimulatedStation, box_of, fails_and_recovers, later
from tests.instruments.test_every_gate import READS, rack

GS200 = ("driver: gs200",)
WIDE = "lowest: -200 V, highest: 180 V, slew: 2 V/s"
NARROW = "lowest: -30 V, highest: 30 V, slew: 2 V/s"


def gs200_rack(directory: Path, limits: str = f"{NARROW}, leakage: 1 mA") -> SimulatedStation:
    return rack(GS200, directory, limits)


@pytest.fixture
def simulated(tmp_path: Path) -> SimulatedStation:
    return gs200_rack(tmp_path)


def test_a_gate_beyond_its_reach_is_refused_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="found -200 V to 180 V; a gs200 sources -32 V to 32 V"):
        gs200_rack(tmp_path, f"{WIDE}, leakage: 1 mA")


def test_a_leakage_that_nobody_would_watch_is_refused_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"leakage: found 2e-08 A; a gs200 limits .* 0\.001 A at the least"
    ):
        gs200_rack(tmp_path, f"{NARROW}, leakage: 20 nA")


def test_a_slew_there_and_back(simulated: SimulatedStation, station: Station) -> None:
    bench = Bench(station)
    turn_gate_on(bench)
    move_gate(bench, 25.0, 2.0)
    gate: Any = station.gate
    reading = gate.read()
    assert (reading.voltage_V, reading.flags) == (25.0, ReadingFlag.GOOD)
    assert math.isnan(reading.current_A)
    assert simulated.cryostat.gate.plate_V == pytest.approx(25.0, abs=0.01)
    gate.configure(1e-3, 30.0)
    assert gate.read_setpoint() == 25.0
    bring_gate_home(bench)
    assert not gate.output_is_on()
    assert not simulated.cryostat.gate.output_on
    assert simulated.cryostat.gate.source_V == 0.0


def test_limits(station: Station) -> None:
    gate: Any = station.gate
    for voltage_V in (30.1, -31.0, math.nan):
        with pytest.raises(LimitError):
            gate.set_voltage(voltage_V)
    for compliance_A, range_V in ((2e-3, 30.0), (0.5e-3, 30.0), (1e-3, 33.0)):
        with pytest.raises(LimitError):
            gate.configure(compliance_A, range_V)


def test_the_limiter_is_told(simulated: SimulatedStation, station: Station) -> None:
    gate: Any = station.gate
    gate.configure(1e-3, 30.0)
    gate.set_output(True)
    gate.set_voltage(20.0)
    simulated.cryostat.gate.compliance_A = 1e-9  # as with a load that draws more than the limit
    later(station, 0.1)
    assert gate.read().flags is ReadingFlag.IN_COMPLIANCE


def test_an_output_that_went_off_stops_a_run(simulated: SimulatedStation, station: Station) -> None:
    limits, gate = simulated.plan.limits.gate, station.gate
    assert limits is not None
    assert gate is not None
    turn_gate_on(Bench(station))
    guard = GateGuard(gate, limits, armed=True)
    guard.check()
    instrument: Any = box_of(simulated, "gate").instrument
    instrument.press_emergency()
    with pytest.raises(GuardTripped, match="went off by itself"):
        guard.check()


def test_unknown_currents_pass_the_guard_only_of_a_source_that_measures_none(
    simulated: SimulatedStation, station: Station
) -> None:
    limits = simulated.plan.limits.gate
    gate: Any = station.gate
    assert limits is not None
    guard = GateGuard(gate, limits, armed=True)
    unknown = SourceReading(20.0, math.nan)
    for _ in range(3):
        guard.judge(unknown)
    limited = dataclasses.replace(unknown, flags=ReadingFlag.IN_COMPLIANCE)
    guard.judge(limited)
    with pytest.raises(GuardTripped, match="more than is measured at 20 V"):
        guard.judge(limited)


@pytest.mark.parametrize("read", READS)
def test_silence_and_garbage(simulated: SimulatedStation, station: Station, read: str) -> None:
    gate: Any = station.gate
    gate.configure(1e-3, 30.0)
    gate.set_output(True)
    fails_and_recovers(simulated, station, "gate", read)

"""What every source at a gate must do: all of them behind real VISA addresses on the simulated rack.

The gate takes its current through 1 MOhm; its dielectric holds to some 190 V.
"""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from instruments.errors import GuardTripped, IdentityError, LimitError, RefusedError
from instruments.opening import open_station
from instruments.roles import ReadingFlag, SourceReading
from instruments.station import Station
from procedures.guards import GateGuard
from tests.instruments.simulated_station import (
    STATIONS,
    SimulatedStation,
    box_of,
    fails_and_recovers,
    later,
    with_section,
    written_station,
)
from tests.instruments.simulation.samples import GatedResistor

READS = ("read", "read_setpoint", "output_is_on", "identify", "snapshot")
#: Name: driver and what else its section says.
GATES = {
    "keithley_2400": ("driver: keithley_2400", "terminals: rear"),
    "keithley_2450": ("driver: keithley_2450", "terminals: rear"),
}


def rack(lines: Sequence[str], directory: Path, limits: str | None = None, **options: Any) -> SimulatedStation:
    text = (STATIONS / "dilution_9t.yaml").read_text("utf-8")
    text = with_section(text, "gate", "address: GPIB0::24::INSTR", *lines)
    if limits is not None:
        text, count = re.subn(r"gate: {lowest.*}", f"gate: {{{limits}}}", text)
        assert count == 1
    return written_station(directory, text, options, GatedResistor())


@pytest.fixture(params=GATES)
def simulated(request: pytest.FixtureRequest, tmp_path: Path) -> SimulatedStation:
    return rack(GATES[request.param], tmp_path)


@pytest.fixture
def station(station: Station) -> Station:
    gate: Any = station.gate
    gate.configure(20e-9, 200.0)
    gate.set_output(True)
    return station


def test_voltage_and_current_are_measured(simulated: SimulatedStation, station: Station) -> None:
    gate: Any = station.gate
    for voltage_V in (0.5, 100.0, -150.0):
        gate.set_voltage(voltage_V)
        later(station, 60.0)
        reading = gate.read()
        assert gate.read_setpoint() == pytest.approx(voltage_V, abs=1e-9)
        assert reading.flags is ReadingFlag.GOOD
        assert reading.voltage_V == pytest.approx(voltage_V, abs=0.05)
        assert abs(reading.current_A) < 1e-9
        assert simulated.cryostat.gate.plate_V == pytest.approx(voltage_V, abs=0.01)


def test_breakdown_is_limited_and_told(station: Station) -> None:
    gate: Any = station.gate
    gate.set_voltage(-200.0)
    later(station, 60.0)
    reading = gate.read()
    assert reading.flags is ReadingFlag.IN_COMPLIANCE
    assert reading.current_A == pytest.approx(-20e-9, abs=1e-9)
    assert reading.voltage_V > -199.0


def test_limits(station: Station) -> None:
    gate: Any = station.gate
    for voltage_V in (181.0, -201.0, math.nan, math.inf):
        with pytest.raises(LimitError):
            gate.set_voltage(voltage_V)
    for compliance_A, range_V in ((21e-9, 200.0), (0.5e-9, 200.0), (0.0, 200.0), (20e-9, 250.0), (20e-9, 0.0)):
        with pytest.raises(LimitError):
            gate.configure(compliance_A, range_V)
    assert gate.read_setpoint() == 0.0


def test_turning_on_is_refused_unless_zero_is_programmed(station: Station) -> None:
    gate: Any = station.gate
    gate.set_output(False)
    gate.set_voltage(10.0)
    with pytest.raises(RefusedError, match="at 0 V only"):
        gate.set_output(True)
    assert not gate.output_is_on()
    with pytest.raises(RefusedError, match="output is off"):
        gate.read()


def test_configuring_leaves_the_output_as_it_is(station: Station) -> None:
    gate: Any = station.gate
    gate.set_voltage(5.0)
    gate.configure(2e-9, 200.0)
    gate.configure(20e-9, 200.0)
    assert gate.output_is_on()
    assert gate.read_setpoint() == 5.0
    gate.make_safe()
    gate.make_safe()
    gate.configure(20e-9, 200.0)
    assert not gate.output_is_on()


def test_a_gate_on_at_the_other_jacks_is_left_alone(simulated: SimulatedStation, station: Station) -> None:
    gate: Any = station.gate
    gate.make_safe()
    box = box_of(simulated, "gate")
    box.respond(b":ROUT:TERM FRON;:OUTP 1")
    with pytest.raises(RefusedError, match="its output is on at FRON"):
        gate.configure(20e-9, 200.0)
    assert box.respond(b":OUTP?") == b"1"


def test_safe_state_is_zero_and_off(simulated: SimulatedStation, station: Station) -> None:
    gate: Any = station.gate
    gate.set_voltage(-50.0)
    gate.make_safe()
    assert gate.read_setpoint() == 0.0
    assert not gate.output_is_on()
    assert not simulated.cryostat.gate.output_on


def test_a_denied_set_is_an_error(simulated: SimulatedStation, station: Station) -> None:
    gate: Any = station.gate
    box_of(simulated, "gate").deny_next_set()
    with pytest.raises(RefusedError):
        gate.set_voltage(1.0)
    assert gate.read_setpoint() == 0.0


@pytest.mark.parametrize("read", READS)
def test_silence_and_garbage(simulated: SimulatedStation, station: Station, read: str) -> None:
    fails_and_recovers(simulated, station, "gate", read)


def test_nothing_waits(station: Station) -> None:
    gate: Any = station.gate
    before_s = station.clock.now()
    gate.set_voltage(1.0)
    gate.configure(20e-9, 200.0)
    gate.make_safe()
    assert station.clock.now() == before_s


class TestKeithley2450:
    @pytest.mark.parametrize("language", ["SCPI2400", "TSP"])
    def test_another_command_set_is_refused(self, tmp_path: Path, language: str) -> None:
        simulated = rack(GATES["keithley_2450"], tmp_path, language=language)
        with pytest.raises(IdentityError, match=f"gate: .*{language}"):
            open_station(simulated.plan, simulated.clock, simulated.manager)

    def test_overvoltage_protection_is_told(self, tmp_path: Path) -> None:
        simulated = rack(GATES["keithley_2450"], tmp_path)
        box_of(simulated, "gate").respond(b":SOUR:VOLT:PROT PROT20")
        station = open_station(simulated.plan, simulated.clock, simulated.manager)
        gate: Any = station.gate
        gate.configure(20e-9, 200.0)
        gate.set_output(True)
        gate.set_voltage(50.0)
        later(station, 60.0)
        reading = gate.read()
        assert reading.flags is ReadingFlag.IN_COMPLIANCE
        assert reading.voltage_V == pytest.approx(20.0, abs=0.05)
        assert gate.snapshot()["overvoltage_protection"] == "PROT20"
        station.close()


def test_a_source_that_measures_trips_on_a_current_that_is_unknown(station: Station) -> None:
    limits = station.limits.gate
    gate: Any = station.gate
    assert limits is not None
    assert gate.measures_current()
    guard = GateGuard(gate, limits, armed=True)
    guard.judge(SourceReading(20.0, math.nan))
    with pytest.raises(GuardTripped):
        guard.judge(SourceReading(20.0, math.nan))

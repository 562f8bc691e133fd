"""What every source at a gate must do: all of them behind real VISA addresses on the simulated rack.

The gate takes its current through 1 MOhm; its dielectric holds to some 190 V.
"""

import dataclasses
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from instruments.clock import VirtualClock
from instruments.errors import (
    CommunicationError,
    ConfigurationError,
    GuardTripped,
    IdentityError,
    InstrumentError,
    LimitError,
    RefusedError,
)
from instruments.opening import open_station
from instruments.roles import ReadingFlag, SourceReading
from instruments.station import Station
from procedures.bench import Bench
from procedures.gate import bring_gate_home, move_gate, turn_gate_on
from procedures.guards import GateGuard
from tests.instruments.simulated_station import CONFIGS, SimulatedStation, simulated_station
from tests.instruments.simulation.samples import GatedResistor

DILUTION = CONFIGS / "stations" / "dilution_9t.yaml"
READS = ("read", "read_setpoint", "output_is_on", "identify", "snapshot")
ADDRESS = "GPIB0::24::INSTR"
#: Name: driver and what else its section says.
GATES = {
    "keithley_2400": "driver: keithley_2400\n    terminals: rear",
    "keithley_2450": "driver: keithley_2450\n    terminals: rear",
}


def rack(section: str, directory: Path, limits: str | None = None, **options: Any) -> SimulatedStation:
    text, count = re.subn(
        r"  gate:.*\n(    .*\n)+",
        f"  gate:\n    address: {ADDRESS}\n    {section}\n",
        DILUTION.read_text("utf-8"),
        count=1,
    )
    assert count == 1
    if limits is not None:
        text, count = re.subn(r"gate: {lowest.*}", f"gate: {{{limits}}}", text)
        assert count == 1
    path = directory / "station.yaml"
    path.write_text(text, "utf-8")
    return simulated_station(path=path, rack_options=options, sample=GatedResistor())


@pytest.fixture(params=GATES)
def simulated(request: pytest.FixtureRequest, tmp_path: Path) -> SimulatedStation:
    return rack(GATES[request.param], tmp_path)


@pytest.fixture
def station(simulated: SimulatedStation) -> Iterator[Station]:
    station = open_station(simulated.plan, simulated.clock, simulated.manager)
    gate: Any = station.gate
    gate.configure(20e-9, 200.0)
    gate.set_output(True)
    yield station
    assert station.close() == []


def later(station: Station, time_s: float) -> None:
    assert isinstance(station.clock, VirtualClock)
    station.clock.sleep(time_s)


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
    box = simulated.rack.box(ADDRESS)
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
    simulated.rack.box(ADDRESS).deny_next_set()
    with pytest.raises(RefusedError):
        gate.set_voltage(1.0)
    assert gate.read_setpoint() == 0.0


@pytest.mark.parametrize("read", READS)
def test_silence_is_a_communication_error_and_the_next_answer_is_right(
    simulated: SimulatedStation, station: Station, read: str
) -> None:
    box = simulated.rack.box(ADDRESS)
    box.go_silent()
    with pytest.raises(CommunicationError, match=ADDRESS):
        getattr(station.gate, read)()
    box.heal()
    getattr(station.gate, read)()


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("garbage", [b"#?\x07~", b"", b"9.91E37", b"\xff\xfe"])
def test_garbage_is_an_error_and_never_a_value(
    simulated: SimulatedStation, station: Station, read: str, garbage: bytes
) -> None:
    simulated.rack.box(ADDRESS).garble_next_reply(garbage)
    with pytest.raises(InstrumentError):
        getattr(station.gate, read)()
    getattr(station.gate, read)()


class TestKeithley2450:
    @pytest.mark.parametrize("language", ["SCPI2400", "TSP"])
    def test_another_command_set_is_refused(self, tmp_path: Path, language: str) -> None:
        simulated = rack(GATES["keithley_2450"], tmp_path, language=language)
        with pytest.raises(IdentityError, match=f"gate: .*{language}"):
            open_station(simulated.plan, simulated.clock, simulated.manager)

    def test_overvoltage_protection_is_told(self, tmp_path: Path) -> None:
        simulated = rack(GATES["keithley_2450"], tmp_path)
        simulated.rack.box(ADDRESS).respond(b":SOUR:VOLT:PROT PROT20")
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


GS200 = "driver: gs200"
WIDE, NARROW = (
    "lowest: -200 V, highest: 180 V, slew: 2 V/s, leakage: 20 nA",
    "lowest: -30 V, highest: 30 V, slew: 2 V/s",
)


class TestGs200:
    def rack(self, directory: Path, limits: str = f"{NARROW}, leakage: 1 mA") -> SimulatedStation:
        return rack(GS200, directory, limits)

    @pytest.fixture
    def simulated(self, tmp_path: Path) -> SimulatedStation:
        return self.rack(tmp_path)

    @pytest.fixture
    def station(self, simulated: SimulatedStation) -> Iterator[Station]:
        station = open_station(simulated.plan, simulated.clock, simulated.manager)
        yield station
        assert station.close() == []

    def test_a_gate_beyond_its_reach_is_refused_with_the_file(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="found -200 V to 180 V; a gs200 sources -32 V to 32 V"):
            self.rack(tmp_path, f"{WIDE.rpartition(',')[0]}, leakage: 1 mA")

    def test_a_leakage_that_nobody_would_watch_is_refused_with_the_file(self, tmp_path: Path) -> None:
        with pytest.raises(
            ConfigurationError, match=r"leakage: found 2e-08 A; a gs200 limits .* 0\.001 A at the least"
        ):
            self.rack(tmp_path, f"{NARROW}, leakage: 20 nA")

    def test_a_slew_there_and_back(self, simulated: SimulatedStation, station: Station) -> None:
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

    def test_limits(self, station: Station) -> None:
        gate: Any = station.gate
        for voltage_V in (30.1, -31.0, math.nan):
            with pytest.raises(LimitError):
                gate.set_voltage(voltage_V)
        for compliance_A, range_V in ((2e-3, 30.0), (0.5e-3, 30.0), (1e-3, 33.0)):
            with pytest.raises(LimitError):
                gate.configure(compliance_A, range_V)

    def test_the_limiter_is_told(self, simulated: SimulatedStation, station: Station) -> None:
        gate: Any = station.gate
        gate.configure(1e-3, 30.0)
        gate.set_output(True)
        gate.set_voltage(20.0)
        simulated.cryostat.gate.compliance_A = 1e-9  # as with a load that draws more than the limit
        later(station, 0.1)
        assert gate.read().flags is ReadingFlag.IN_COMPLIANCE

    def test_an_output_that_went_off_stops_a_run(self, simulated: SimulatedStation, station: Station) -> None:
        limits, gate = simulated.plan.limits.gate, station.gate
        assert limits is not None
        assert gate is not None
        turn_gate_on(Bench(station))
        guard = GateGuard(gate, limits, armed=True)
        guard.check()
        instrument: Any = simulated.rack.box(ADDRESS).instrument
        instrument.press_emergency()
        with pytest.raises(GuardTripped, match="went off by itself"):
            guard.check()

    def test_unknown_currents_pass_the_guard_only_of_a_source_that_measures_none(
        self, simulated: SimulatedStation, station: Station
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
    @pytest.mark.parametrize("garbage", [b"#?\x07~", b"", b"9.91E37", b"\xff\xfe"])
    def test_garbage_is_an_error_and_never_a_value(
        self, simulated: SimulatedStation, station: Station, read: str, garbage: bytes
    ) -> None:
        gate: Any = station.gate
        gate.configure(1e-3, 30.0)
        gate.set_output(True)
        simulated.rack.box(ADDRESS).garble_next_reply(garbage)
        with pytest.raises(InstrumentError):
            getattr(gate, read)()
        getattr(gate, read)()


def test_a_source_that_measures_trips_on_a_current_that_is_unknown(station: Station) -> None:
    limits = station.limits.gate
    gate: Any = station.gate
    assert limits is not None
    assert gate.measures_current()
    guard = GateGuard(gate, limits, armed=True)
    guard.judge(SourceReading(20.0, math.nan))
    with pytest.raises(GuardTripped):
        guard.judge(SourceReading(20.0, math.nan))

"""What every DC current source must do: all of them behind real VISA addresses on the simulated rack.

The sample is 1 kOhm, its leads 20 Ohm.
"""

import math
from pathlib import Path
from typing import Any

import pytest

from instruments.clock import VirtualClock
from instruments.drivers.catalogue import drivers_for
from instruments.drivers.checks import SOURCE_CHECKS
from instruments.errors import LimitError, RefusedError
from instruments.roles import ReadingFlag
from instruments.station import Station
from tests.instruments.simulated_station import (
    STATIONS,
    SimulatedStation,
    box_of,
    fails_and_recovers,
    with_section,
    written_station,
)
from tests.instruments.simulation.samples import GatedResistor

SOURCES = ("gs200", "keithley_6221")
READS = ("in_compliance", "identify", "snapshot")
LOAD_OHM = 1020.0


def test_no_source_is_left_out() -> None:
    assert drivers_for("current_source") == SOURCES
    assert tuple(sorted(SOURCE_CHECKS)) == SOURCES


@pytest.fixture(params=SOURCES)
def simulated(request: pytest.FixtureRequest, tmp_path: Path) -> SimulatedStation:
    text = (STATIONS / "teslatron_pt12.yaml").read_text("utf-8")
    lines = (f"driver: {request.param}", "address: GPIB0::12::INSTR")
    return written_station(tmp_path, with_section(text, "current_source", *lines), sample=GatedResistor())


@pytest.fixture
def source(station: Station) -> Any:
    return station.current_source


def test_a_current_flows_in_either_sign(simulated: SimulatedStation, source: Any) -> None:
    source.configure(2.0, 1e-3)
    source.set_current(0.0)
    source.set_output(True)
    for current_A in (1e-3, -1e-3, 0.5e-3, 0.0):
        source.set_current(current_A)
        assert simulated.cryostat.dc_current_A == pytest.approx(current_A, abs=1e-12)
        assert simulated.cryostat.dc_output_on
        assert not source.in_compliance()


def test_the_voltmeter_sees_it(station: Station, source: Any) -> None:
    voltmeter: Any = station.voltmeter
    voltmeter.configure(1, 5, 10.0)
    source.configure(2.0, 1e-3)
    source.set_output(True)
    source.set_current(0.2e-3)
    reading = voltmeter.read_voltage()
    assert reading.flags is ReadingFlag.GOOD
    assert reading.value == pytest.approx(0.2, rel=1e-6)
    source.set_current(-0.2e-3)
    assert voltmeter.read_voltage().value == pytest.approx(-0.2, rel=1e-6)


def test_a_voltage_beyond_the_range_has_no_value(station: Station, source: Any) -> None:
    voltmeter: Any = station.voltmeter
    voltmeter.configure(1, 5, 10e-3)
    source.configure(2.0, 1e-3)
    source.set_output(True)
    source.set_current(0.2e-3)
    reading = voltmeter.read_voltage()
    assert reading.flags is ReadingFlag.OVERLOAD
    assert math.isnan(reading.value)


@pytest.mark.parametrize("sign", [1, -1])
def test_compliance_is_told_and_ends(simulated: SimulatedStation, source: Any, sign: int) -> None:
    source.configure(2.0, 10e-3)
    source.set_output(True)
    source.set_current(sign * 4e-3)
    assert source.in_compliance()
    assert simulated.cryostat.dc_current_A == pytest.approx(sign * 2.0 / LOAD_OHM)
    source.set_current(sign * 1e-3)
    source.in_compliance()  # what latched
    assert not source.in_compliance()


def test_compliance_that_the_sample_brings_about_is_told(simulated: SimulatedStation, source: Any) -> None:
    source.configure(2.0, 10e-3)
    source.set_output(True)
    source.set_current(1.9e-3)
    assert not source.in_compliance()
    simulated.cryostat.gate.plate_V = 100.0  # 1.1 kOhm, and it leaks in 1000 s
    simulated.clock.sleep(1.0)
    assert source.in_compliance()


def test_limits(simulated: SimulatedStation, source: Any) -> None:
    for compliance_V, range_A in ((11.0, 1e-3), (0.0, 1e-3), (math.nan, 1e-3), (1.0, 21e-3), (1.0, math.nan)):
        with pytest.raises(LimitError):
            source.configure(compliance_V, range_A)
    source.configure(1.0, 1e-3)
    for current_A in (21e-3, -21e-3, math.nan, math.inf):
        with pytest.raises(LimitError):
            source.set_current(current_A)
    assert source.snapshot()["current_A"] == 0.0


def test_beyond_the_range_is_refused_and_the_current_stays(simulated: SimulatedStation, source: Any) -> None:
    source.configure(10.0, 1e-3)
    source.set_output(True)
    source.set_current(0.5e-3)
    with pytest.raises(RefusedError):
        source.set_current(5e-3)
    assert simulated.cryostat.dc_current_A == 0.5e-3


def test_configuring_leaves_the_output_as_it_is(simulated: SimulatedStation, source: Any) -> None:
    source.configure(2.0, 1e-3)
    assert source.snapshot()["output_on"] is False
    source.set_output(True)
    source.set_current(0.4e-3)
    source.configure(3.0, 1e-3)
    assert simulated.cryostat.dc_current_A == 0.4e-3
    assert source.snapshot()["output_on"] is True
    assert source.snapshot()["compliance_V"] == 3.0


def test_safe_state_is_zero_and_off(simulated: SimulatedStation, source: Any) -> None:
    source.configure(2.0, 1e-3)
    source.set_output(True)
    source.set_current(0.4e-3)
    source.make_safe()
    source.make_safe()
    assert source.snapshot()["current_A"] == 0.0
    assert source.snapshot()["output_on"] is False
    assert (simulated.cryostat.dc_current_A, simulated.cryostat.dc_output_on) == (0.0, False)


def test_a_denied_set_is_an_error(simulated: SimulatedStation, source: Any) -> None:
    source.configure(2.0, 1e-3)
    box_of(simulated, "current_source").deny_next_set()
    with pytest.raises(RefusedError):
        source.set_current(0.4e-3)
    assert source.snapshot()["current_A"] == 0.0


def test_nothing_waits(station: Station, source: Any) -> None:
    assert isinstance(station.clock, VirtualClock)
    before_s = station.clock.now()
    source.configure(2.0, 1e-3)
    source.set_output(True)
    source.set_current(1e-4)
    source.in_compliance()
    source.make_safe()
    assert station.clock.now() == before_s


@pytest.mark.parametrize("read", READS)
def test_silence_and_garbage(simulated: SimulatedStation, station: Station, read: str) -> None:
    fails_and_recovers(simulated, station, "current_source", read)


@pytest.mark.parametrize("simulated", ["gs200"], indirect=True)
class TestGs200:
    def test_the_emergency_input_is_told(self, simulated: SimulatedStation, source: Any) -> None:
        source.configure(2.0, 1e-3)
        source.set_output(True)
        source.set_current(1e-4)
        assert not source.in_compliance()
        instrument: Any = box_of(simulated, "current_source").instrument
        instrument.press_emergency()
        assert source.in_compliance()
        assert simulated.cryostat.dc_current_A == 0.0
        with pytest.raises(RefusedError):
            source.set_output(True)

    def test_as_a_voltage_source_it_is_left_alone(self, simulated: SimulatedStation, source: Any) -> None:
        source.configure(2.0, 1e-3)
        box_of(simulated, "current_source").respond(b":SOUR:FUNC VOLT;:OUTP 1")
        for action in (
            lambda: source.set_current(1e-4),
            lambda: source.set_output(True),
            lambda: source.configure(2.0, 1e-3),
        ):
            with pytest.raises(RefusedError, match="expected CURR"):
                action()

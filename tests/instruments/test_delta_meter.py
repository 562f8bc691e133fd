"""What a delta meter must do, behind a real VISA address on the simulated rack: 1 kOhm, leads of 20 Ohm."""

import math
from pathlib import Path
from typing import Any

import pytest

from instruments.clock import VirtualClock
from instruments.delta_role import DeltaSettings
from instruments.errors import LimitError, RefusedError
from instruments.opening import open_station
from instruments.roles import ReadingFlag
from instruments.station import Station
from tests.instruments.simulated_station import (
    STATIONS,
    SimulatedStation,
    box_of,
    fails_and_recovers,
    simulated_station,
    with_section,
    written_station,
)
from tests.instruments.simulation.samples import GatedResistor

READS = ("read_voltage", "is_armed", "identify", "snapshot")
SETTINGS = DeltaSettings(0.1e-3, 1.0, 1.0, 5.0, 0.01, 4)


@pytest.fixture
def simulated(tmp_path: Path) -> SimulatedStation:
    """The 6221 is the current source and, with the 2182A on its serial port, the delta meter."""
    text = (STATIONS / "teslatron_pt12.yaml").read_text("utf-8")
    lines = ("driver: keithley_6221", "address: GPIB0::12::INSTR")
    return written_station(
        tmp_path, with_section(text, "voltmeter", *lines, named="delta_meter"), sample=GatedResistor()
    )


@pytest.fixture
def meter(station: Station) -> Any:
    return station.delta_meter


def run(station: Station, settings: DeltaSettings = SETTINGS) -> None:
    meter: Any = station.delta_meter
    meter.configure(settings)
    station.clock.sleep(1.0)
    meter.arm()
    station.clock.sleep(10.0)
    assert meter.is_armed()
    meter.start()
    station.clock.sleep(2.0)
    meter.read_voltage()
    station.clock.sleep(2.0)


def test_the_voltage_of_the_sample(simulated: SimulatedStation, station: Station, meter: Any) -> None:
    run(station)
    reading = meter.read_voltage()
    assert reading.flags is ReadingFlag.GOOD
    assert type(reading.value) is float
    assert reading.value == pytest.approx(0.1, rel=1e-6)
    meter.make_safe()
    meter.make_safe()
    assert not meter.is_armed()
    assert (simulated.cryostat.dc_current_A, simulated.cryostat.dc_output_on) == (0.0, False)
    with pytest.raises(RefusedError, match="was stopped"):
        meter.read_voltage()


def test_nothing_flows_before_the_start(simulated: SimulatedStation, station: Station, meter: Any) -> None:
    meter.configure(SETTINGS)
    station.clock.sleep(1.0)
    meter.arm()
    station.clock.sleep(10.0)
    assert not simulated.cryostat.dc_output_on


def test_not_newer_is_told(station: Station, meter: Any) -> None:
    run(station)
    meter.read_voltage()
    assert meter.read_voltage().flags is ReadingFlag.STALE
    station.clock.sleep(0.2)
    assert meter.read_voltage().flags is ReadingFlag.GOOD


def test_compliance_and_overload_are_told(simulated: SimulatedStation, station: Station, meter: Any) -> None:
    run(station, DeltaSettings(0.5e-3, 0.4, 1.0, 5.0, 0.01, 4))  # needs 0.51 V
    assert meter.read_voltage().flags is ReadingFlag.IN_COMPLIANCE
    run(station, DeltaSettings(0.1e-3, 1.0, 0.01, 5.0, 0.01, 4))
    beyond = meter.read_voltage()
    assert beyond.flags is ReadingFlag.OVERLOAD
    assert math.isnan(beyond.value)
    assert meter.is_armed()


def test_a_sample_that_comes_out_of_compliance_is_good_again(
    simulated: SimulatedStation, station: Station, meter: Any
) -> None:
    run(station, DeltaSettings(0.5e-3, 0.525, 1.0, 5.0, 0.01, 4))
    assert meter.read_voltage().flags is ReadingFlag.GOOD
    simulated.cryostat.gate.plate_V = 100.0  # 1.1 kOhm, which the gate's leak brings back in 1000 s
    station.clock.sleep(2.0)
    assert meter.read_voltage().flags is ReadingFlag.IN_COMPLIANCE
    station.clock.sleep(1500.0)
    meter.read_voltage()  # the last that was in compliance on the way
    station.clock.sleep(2.0)
    assert meter.read_voltage().flags is ReadingFlag.GOOD


def test_without_its_voltmeter_it_refuses_and_nothing_moves(tmp_path: Path, simulated: SimulatedStation) -> None:
    bare = simulated_station(
        path=tmp_path / "station.yaml", sample=GatedResistor(), rack_options={"nanovoltmeter": False}
    )
    station = open_station(bare.plan, bare.clock, bare.manager)
    meter: Any = station.delta_meter
    before = meter.snapshot()
    with pytest.raises(RefusedError, match="no 2182A answers"):
        meter.configure(SETTINGS)
    with pytest.raises(RefusedError):
        meter.arm()
    with pytest.raises(RefusedError):
        meter.start()
    assert meter.snapshot() == before
    assert not bare.cryostat.dc_output_on
    station.close()


def test_limits(meter: Any) -> None:
    before = meter.snapshot()
    for settings in (
        DeltaSettings(21e-3, 1.0, 1.0, 5.0, 0.01, 4),
        DeltaSettings(1e-3, 11.0, 1.0, 5.0, 0.01, 4),
        DeltaSettings(math.nan, 1.0, 1.0, 5.0, 0.01, 4),
        DeltaSettings(1e-3, 1.0, 1.0, 5.0, 0.01, 301),
    ):
        with pytest.raises(LimitError):
            meter.configure(settings)
    assert meter.snapshot() == before


def test_the_source_is_free_again_after_the_safe_state(
    simulated: SimulatedStation, station: Station, meter: Any
) -> None:
    source: Any = station.current_source
    run(station)
    with pytest.raises(RefusedError, match="413"):
        source.set_current(1e-4)
    meter.make_safe()
    source.configure(1.0, 1e-3)
    source.set_output(True)
    source.set_current(1e-4)
    assert simulated.cryostat.dc_current_A == 1e-4
    run(station)
    assert meter.read_voltage().value == pytest.approx(0.1, rel=1e-6)


def test_the_safe_state_of_the_source_ends_delta_mode_too(
    simulated: SimulatedStation, station: Station, meter: Any
) -> None:
    run(station)
    assert station.make_safe() == []
    assert not simulated.cryostat.dc_output_on
    run(station)
    source: Any = station.current_source
    source.make_safe()
    assert not simulated.cryostat.dc_output_on
    assert not meter.is_armed()


def test_a_denied_set_is_an_error(simulated: SimulatedStation, station: Station, meter: Any) -> None:
    meter.configure(SETTINGS)
    station.clock.sleep(1.0)
    meter.arm()
    station.clock.sleep(10.0)
    box_of(simulated, "delta_meter").deny_next_set()
    with pytest.raises(RefusedError):
        meter.start()
    assert not simulated.cryostat.dc_output_on


def test_nothing_waits(station: Station, meter: Any) -> None:
    assert isinstance(station.clock, VirtualClock)
    before_s = station.clock.now()
    meter.configure(SETTINGS)
    with pytest.raises(RefusedError, match="has not told its range"):
        meter.arm()
    meter.make_safe()
    assert station.clock.now() == before_s


@pytest.mark.parametrize("read", READS)
def test_silence_and_garbage(simulated: SimulatedStation, station: Station, read: str) -> None:
    run(station)
    fails_and_recovers(simulated, station, "delta_meter", read)

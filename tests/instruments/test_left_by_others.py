"""What an earlier program or a person left in a source: ended or named, never taken for what was asked for."""

from pathlib import Path

import pytest

from instruments.delta_role import DeltaSettings
from instruments.errors import RefusedError
from instruments.opening import open_station
from instruments.station import Station
from tests.instruments.simulated_station import (
    STATIONS,
    SimulatedStation,
    box_of,
    with_section,
    written_station,
)
from tests.instruments.simulation.samples import GatedResistor

SHIPPED = (STATIONS / "teslatron_pt12.yaml").read_text("utf-8")
GATE_LIMITS = "  gate: {lowest: -5 V, highest: 5 V, slew: 1 V/s, leakage: 2 mA}\n  accuracy:"
GS200 = ("driver: gs200", "address: GPIB0::12::INSTR")


def opened(folder: Path, text: str) -> tuple[SimulatedStation, Station]:
    simulated = written_station(folder, text, sample=GatedResistor())
    return simulated, open_station(simulated.plan, simulated.clock, simulated.manager)


def test_delta_mode_is_prepared_without_the_current_that_flowed(tmp_path: Path) -> None:
    lines = ("driver: keithley_6221", "address: GPIB0::12::INSTR")
    simulated, station = opened(tmp_path, with_section(SHIPPED, "voltmeter", *lines, named="delta_meter"))
    box_of(simulated, "current_source").respond(b":SOUR:CURR:RANG 1e-3;:SOUR:CURR 5e-4;:OUTP 1")
    assert simulated.cryostat.dc_current_A == pytest.approx(5e-4)
    assert station.delta_meter is not None
    station.delta_meter.configure(DeltaSettings(0.1e-3, 1.0, 1.0, 5.0, 0.01, 4))
    assert (simulated.cryostat.dc_current_A, simulated.cryostat.dc_output_on) == (0.0, False)


def test_a_current_left_beyond_the_range_is_zero_before_the_range_is_chosen(tmp_path: Path) -> None:
    simulated, station = opened(tmp_path, with_section(SHIPPED, "current_source", *GS200))
    box_of(simulated, "current_source").respond(b":SOUR:FUNC CURR;RANG 10e-3;LEV 8e-3")
    assert station.current_source is not None
    station.current_source.configure(2.0, 1e-3)
    found = station.current_source.snapshot()
    assert (found["current_A"], found["range_A"], found["output_on"]) == (0.0, 1e-3, False)


def test_a_current_that_flows_beyond_the_range_is_not_changed_by_itself(tmp_path: Path) -> None:
    simulated, station = opened(tmp_path, with_section(SHIPPED, "current_source", *GS200))
    box_of(simulated, "current_source").respond(b":SOUR:FUNC CURR;RANG 10e-3;LEV 1.5e-3;:OUTP 1")
    flowed_A = simulated.cryostat.dc_current_A
    assert flowed_A > 0
    assert station.current_source is not None
    with pytest.raises(RefusedError, match=r"refused ':SOUR:RANG 0\.001"):
        station.current_source.configure(2.0, 1e-3)
    assert simulated.cryostat.dc_current_A == flowed_A


def test_a_gate_voltage_left_beyond_the_range_is_zero_before_the_range_is_chosen(tmp_path: Path) -> None:
    text = with_section(SHIPPED, "current_source", *GS200, named="gate").replace("  accuracy:", GATE_LIMITS)
    simulated, station = opened(tmp_path, text)
    box_of(simulated, "gate").respond(b":SOUR:FUNC VOLT;RANG 30;LEV 20")
    assert station.gate is not None
    station.gate.configure(1e-3, 5.0)
    assert (station.gate.read_setpoint(), station.gate.snapshot()["voltage_range_V"]) == (0.0, 10.0)


@pytest.mark.parametrize(
    ("role", "left", "name", "other", "value"),
    [
        ("current_source", b":SOUR:FUNC VOLT;RANG 10;LEV 5", "voltage_V", "current_A", 5.0),
        ("gate", b":SOUR:FUNC CURR;RANG 10e-3;LEV 5e-3", "current_A", "voltage_V", 5e-3),
    ],
)
def test_volts_are_never_told_as_amperes(
    tmp_path: Path, role: str, left: bytes, name: str, other: str, value: float
) -> None:
    text = with_section(SHIPPED, "current_source", *GS200, named=role).replace("  accuracy:", GATE_LIMITS)
    simulated, station = opened(tmp_path, text)
    box_of(simulated, role).respond(left)
    found = station.require(role).snapshot()
    assert found[name] == pytest.approx(value)
    assert other not in found

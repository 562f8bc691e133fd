"""What every instrument of a station must do, on the simulated rack and through real addresses.

What those of one role must do is in test_every_*.py.
"""

from pathlib import Path
from typing import Any

import pytest

from instruments.station import Station
from tests.instruments.simulated_station import (
    STATIONS,
    SimulatedStation,
    fails_and_recovers,
    later,
    simulated_station,
    teslatron_with,
)
from tests.instruments.simulation.samples import GatedResistor

READS = {
    "magnet": ("read_field", "read_supply_field", "status", "switch_is_open"),
    "temperature": ("read_temperature", "read_setpoint", "read_heater", "loop_is_on"),
    "sample_thermometer": ("read_temperature",),
    "lock_in": ("read_xy", "read_sensitivity"),
    "current_source": ("in_compliance",),
    "voltmeter": ("read_voltage",),
    "hall_lock_in": ("read_xy", "read_sensitivity"),
    "gate": ("read", "read_setpoint", "output_is_on"),
}
TESLATRON, DILUTION, MFLI = "teslatron_pt12", "dilution_9t", "teslatron_pt12 with an mfli"
ROLES = {
    TESLATRON: ("magnet", "temperature", "sample_thermometer", "lock_in", "current_source", "voltmeter"),
    DILUTION: ("temperature", "sample_thermometer", "lock_in", "hall_lock_in", "gate"),
    MFLI: ("lock_in",),
}
EVERY_ROLE = [(name, role) for name, roles in ROLES.items() for role in roles]
EVERY_READ = [(name, role, read) for name, role in EVERY_ROLE for read in (*READS[role], "identify", "snapshot")]


@pytest.fixture
def simulated(request: pytest.FixtureRequest, tmp_path: Path) -> SimulatedStation:
    name = getattr(request, "param", TESLATRON)
    path = STATIONS / f"{name}.yaml" if name != MFLI else teslatron_with(tmp_path)
    return simulated_station(path=path, sample=GatedResistor() if name == DILUTION else None)


@pytest.fixture
def station(station: Station) -> Station:
    if station.gate is not None:  # a gate that is off has nothing to read
        station.gate.configure(20e-9, 200.0)
        station.gate.set_output(True)
    return station


@pytest.mark.parametrize(("simulated", "role"), EVERY_ROLE, indirect=["simulated"])
def test_snapshot_holds_scalars(station: Station, role: str) -> None:
    snapshot = station.require(role).snapshot()
    assert snapshot
    assert all(isinstance(value, float | int | str | bool) for value in snapshot.values())


@pytest.mark.parametrize(("simulated", "role"), EVERY_ROLE, indirect=["simulated"])
def test_safe_state_may_be_asked_for_at_any_moment_and_twice(station: Station, role: str) -> None:
    station.require(role).make_safe()
    station.require(role).make_safe()


@pytest.mark.parametrize(("simulated", "role", "read"), EVERY_READ, indirect=["simulated"])
def test_silence_and_garbage(simulated: SimulatedStation, station: Station, role: str, read: str) -> None:
    fails_and_recovers(simulated, station, role, read)


def test_nothing_waits(station: Station) -> None:
    magnet: Any = station.magnet
    magnet.set_switch_heater(True)
    later(station, 120.0)
    controller: Any = station.temperature
    before_s = station.clock.now()
    magnet.start_ramp(1.0, 0.3)
    controller.start_ramp(290.0, 1.0)
    controller.hold()
    magnet.hold()
    station.make_safe()
    assert station.clock.now() == before_s

"""What every temperature controller must do, whoever drives it: all of them behind VISA addresses on the rack."""

import math
from pathlib import Path
from typing import Any

import pytest

from instruments.errors import IdentityError, LimitError, RefusedError
from instruments.opening import open_station
from instruments.roles import Reading, ReadingFlag
from instruments.station import Station
from procedures.bench import Bench
from procedures.moves import go_to_temperature
from tests.instruments.simulated_station import (
    STATIONS,
    SimulatedStation,
    box_of,
    fails_and_recovers,
    later,
    with_section,
    written_station,
)

GPIB = "GPIB0::24::INSTR"
#: Name: options of the loop and of the sensor beside the sample, and how somebody turns the loop off at the panel.
CONTROLLERS: dict[str, tuple[str, str, str, tuple[bytes, ...]]] = {
    "lakeshore 335": ("lakeshore_335", "channel: A; output: 1; range: high", "channel: B", (b"RANGE 1,0",)),
    "lakeshore 336": ("lakeshore_336", "channel: C; output: 2; range: high", "channel: D3", (b"RANGE 2,0",)),
    "lakeshore 340": ("lakeshore_340", "channel: A; output: 1; range: 5", "channel: B", (b"RANGE 0",)),
    "lakeshore 340 off": ("lakeshore_340", "channel: B; output: 1; range: 5", "channel: A", (b"CSET 1,B,1,0",)),
    "lakeshore 350": ("lakeshore_350", "channel: B; output: 1; range: 5", "channel: A", (b"OUTMODE 1,3,2,0",)),
    "itc_503": ("itc_503", "sensor: 1", "sensor: 3", (b"A0", b"O0")),
}
READS = ("read_temperature", "read_setpoint", "read_heater", "loop_is_on", "identify", "snapshot")


@pytest.fixture(params=CONTROLLERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def simulated(name: str, tmp_path: Path) -> SimulatedStation:
    driver, loop, sensor, _ = CONTROLLERS[name]
    text = (STATIONS / "teslatron_pt12.yaml").read_text("utf-8")
    for role, options in (("temperature", loop), ("sample_thermometer", sensor)):
        text = with_section(text, role, f"driver: {driver}", f"address: {GPIB}", *options.split("; "))
    return written_station(tmp_path, text)


@pytest.fixture
def loop(station: Station) -> Any:
    return station.temperature


@pytest.mark.parametrize("role", ["temperature", "sample_thermometer"])
def test_a_sensor_reads_a_flagged_number(station: Station, role: str) -> None:
    thermometer: Any = station.require(role)
    reading = thermometer.read_temperature()
    assert isinstance(reading, Reading)
    assert reading.flags is ReadingFlag.GOOD
    assert reading.value == pytest.approx(300.0, abs=0.1)
    thermometer.make_safe()


def test_ramps_the_set_point_from_where_the_sensor_is(
    simulated: SimulatedStation, station: Station, loop: Any
) -> None:
    """2 K/min for 150 s is half of 10 K."""
    assert not loop.loop_is_on()
    loop.start_ramp(290.0, 2.0)
    assert loop.loop_is_on()
    assert loop.read_setpoint() == pytest.approx(290.0, abs=1e-6)
    later(station, 150.0)
    assert loop.read_temperature().value == pytest.approx(295.0, abs=0.5)
    assert loop.read_setpoint() == pytest.approx(290.0, abs=1e-6)
    assert simulated.cryostat.thermal.working_setpoint_K == pytest.approx(295.0, abs=0.2)
    later(station, 900.0)
    assert loop.read_temperature().value == pytest.approx(290.0, abs=0.1)
    assert loop.read_setpoint() == pytest.approx(290.0, abs=1e-6)


def test_a_new_ramp_starts_where_the_old_one_is(simulated: SimulatedStation, station: Station, loop: Any) -> None:
    """After 150 s at 295 K; 30 s later, upwards at 4 K/min, at 297 K. The set point never jumps."""
    loop.start_ramp(290.0, 2.0)
    later(station, 150.0)
    loop.start_ramp(300.0, 4.0)
    simulated.cryostat.advance()
    assert simulated.cryostat.thermal.working_setpoint_K == pytest.approx(295.0, abs=0.3)
    later(station, 30.0)
    simulated.cryostat.advance()
    assert simulated.cryostat.thermal.working_setpoint_K == pytest.approx(297.0, abs=0.3)


def test_goes_at_once_holds_and_is_made_safe(simulated: SimulatedStation, station: Station, loop: Any) -> None:
    loop.set_temperature(280.0)
    assert loop.loop_is_on()
    assert loop.read_setpoint() == pytest.approx(280.0, abs=1e-6)
    later(station, 40.0)
    here_K = loop.read_temperature().value
    assert 280.0 < here_K < 300.0
    loop.hold()
    assert loop.read_setpoint() == pytest.approx(here_K, abs=0.06)
    later(station, 600.0)
    assert loop.read_heater() > 0.0
    loop.make_safe()
    loop.make_safe()
    assert not loop.loop_is_on()
    assert loop.read_heater() == 0.0
    simulated.cryostat.advance()
    assert simulated.cryostat.thermal.heater_percent == 0.0


def test_hold_ends_a_ramp_and_leaves_a_loop_that_is_off_as_it_is(station: Station, loop: Any) -> None:
    loop.hold()
    assert not loop.loop_is_on()
    loop.start_ramp(290.0, 2.0)
    later(station, 150.0)
    loop.hold()
    later(station, 600.0)
    assert loop.read_temperature().value == pytest.approx(295.0, abs=0.7)


def test_limits(loop: Any) -> None:
    for target_K, rate in ((1.0, 1.0), (400.0, 1.0), (100.0, 6.0), (100.0, 0.0), (math.nan, 1.0), (100.0, 0.001)):
        with pytest.raises(LimitError):
            loop.start_ramp(target_K, rate)
    with pytest.raises(LimitError):
        loop.set_temperature(321.0)
    assert not loop.loop_is_on()


def test_a_loop_turned_off_at_the_panel_is_seen(simulated: SimulatedStation, name: str, loop: Any) -> None:
    loop.set_temperature(290.0)
    assert loop.loop_is_on()
    for line in CONTROLLERS[name][3]:
        box_of(simulated, "temperature").respond(line)
    assert not loop.loop_is_on()


def test_a_denied_set_is_an_error(simulated: SimulatedStation, loop: Any) -> None:
    box_of(simulated, "temperature").deny_next_set()
    with pytest.raises(RefusedError):
        loop.set_temperature(290.0)
    assert not loop.loop_is_on()


@pytest.mark.parametrize("read", READS)
def test_silence_and_garbage(simulated: SimulatedStation, station: Station, read: str) -> None:
    fails_and_recovers(simulated, station, "temperature", read)


def test_nothing_waits_and_a_snapshot_holds_scalars(station: Station, loop: Any) -> None:
    before_s = station.clock.now()
    loop.start_ramp(290.0, 1.0)
    for role in ("temperature", "sample_thermometer"):
        snapshot = station.require(role).snapshot()
        assert all(isinstance(value, float | int | str | bool) for value in snapshot.values())
    loop.hold()
    loop.make_safe()
    assert station.clock.now() == before_s


def test_another_model_is_refused(simulated: SimulatedStation) -> None:
    box_of(simulated, "temperature").answer_as("LSCI,MODEL625,1,1.0")
    with pytest.raises(IdentityError, match=GPIB):
        open_station(simulated.plan, simulated.clock, simulated.manager)


def test_procedures_take_the_sample_to_a_temperature(simulated: SimulatedStation, station: Station) -> None:
    go_to_temperature(Bench(station), 292.0, 4.0)
    assert simulated.cryostat.true_temperature_K() == pytest.approx(292.0, abs=0.1)

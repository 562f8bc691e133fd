"""Temperature controllers and thermometers of the stations of configs/: one at room temperature, one at 50 mK."""

import math
from typing import Any

import pytest

from instruments.errors import LimitError, RefusedError
from instruments.roles import Reading, ReadingFlag
from instruments.station import Station
from tests.instruments.simulated_station import STATIONS, SimulatedStation, box_of, later, simulated_station

TESLATRON, DILUTION = "teslatron_pt12", "dilution_9t"
#: Of each station: start, target, rate in K/min, the time to be half way, what is half way, error of the sensor.
RAMPS = [(TESLATRON, 300.0, 290.0, 2.0, 150.0, 295.0, 0.5), (DILUTION, 0.05, 0.15, 0.1, 30.0, 0.1, 2e-3)]


@pytest.fixture
def simulated(request: pytest.FixtureRequest) -> SimulatedStation:
    return simulated_station(path=STATIONS / f"{request.param}.yaml")


@pytest.mark.parametrize(
    ("simulated", "start_K", "target_K", "rate", "half_s", "half_K", "error_K"), RAMPS, indirect=["simulated"]
)
def test_ramps_the_set_point_from_where_the_sensor_is(
    station: Station,
    start_K: float,
    target_K: float,
    rate: float,
    half_s: float,
    half_K: float,
    error_K: float,
) -> None:
    controller: Any = station.temperature
    assert controller.read_temperature().value == pytest.approx(start_K, abs=error_K)
    controller.start_ramp(target_K, rate)
    assert controller.loop_is_on()
    assert controller.read_setpoint() == pytest.approx(target_K, abs=1e-6)
    later(station, half_s)
    assert controller.read_temperature().value == pytest.approx(half_K, abs=error_K)
    assert controller.read_setpoint() == pytest.approx(target_K, abs=1e-6)
    later(station, 2 * half_s + 600.0)
    assert controller.read_temperature().value == pytest.approx(target_K, abs=error_K)


@pytest.mark.parametrize(
    ("simulated", "target_K", "rate", "error_K"),
    [(TESLATRON, 280.0, 5.0, 0.01), (DILUTION, 0.15, 0.1, 5e-4)],
    indirect=["simulated"],
)
def test_hold_and_safe_state(station: Station, target_K: float, rate: float, error_K: float) -> None:
    controller: Any = station.temperature
    controller.start_ramp(target_K, rate)
    later(station, 40.0)
    here_K = controller.read_temperature().value
    controller.hold()
    assert controller.read_setpoint() == pytest.approx(here_K, abs=error_K)
    controller.make_safe()
    assert not controller.loop_is_on()
    assert controller.read_heater() == 0.0


@pytest.mark.parametrize(
    ("simulated", "refused"),
    [
        (TESLATRON, ((1.0, 1.0), (400.0, 1.0), (100.0, 6.0), (100.0, 0.0), (math.nan, 1.0))),
        (DILUTION, ((0.019, 0.1), (1.6, 0.1), (0.1, 0.11), (0.1, 0.0), (0.1, 0.0009), (math.nan, 0.1))),
    ],
    indirect=["simulated"],
)
def test_limits(station: Station, refused: tuple[tuple[float, float], ...]) -> None:
    controller: Any = station.temperature
    for target_K, rate in refused:
        with pytest.raises(LimitError):
            controller.start_ramp(target_K, rate)
    assert not controller.loop_is_on()


@pytest.mark.parametrize(
    ("simulated", "target_K", "at_the_panel"),
    [(TESLATRON, 290.0, b"SET:DEV:DB8.T1:TEMP:LOOP:ENAB:OFF"), (DILUTION, 0.1, b"RANGE 0,0")],
    indirect=["simulated"],
)
def test_a_loop_turned_off_by_somebody_else_is_seen(
    simulated: SimulatedStation, station: Station, target_K: float, at_the_panel: bytes
) -> None:
    controller: Any = station.temperature
    controller.set_temperature(target_K)
    assert controller.loop_is_on()
    box_of(simulated, "temperature").respond(at_the_panel)
    assert not controller.loop_is_on()


@pytest.mark.parametrize(("simulated", "target_K"), [(TESLATRON, 290.0), (DILUTION, 0.1)], indirect=["simulated"])
def test_a_denied_set_is_an_error(simulated: SimulatedStation, station: Station, target_K: float) -> None:
    controller: Any = station.temperature
    box_of(simulated, "temperature").deny_next_set()
    with pytest.raises(RefusedError):
        controller.set_temperature(target_K)


@pytest.mark.parametrize("role", ["temperature", "sample_thermometer"])
@pytest.mark.parametrize(
    ("simulated", "start_K", "error_K"), [(TESLATRON, 300.0, 0.1), (DILUTION, 0.05, 1.5e-3)], indirect=["simulated"]
)
def test_thermometer_reads_a_flagged_number(station: Station, role: str, start_K: float, error_K: float) -> None:
    thermometer: Any = station.require(role)
    reading = thermometer.read_temperature()
    assert isinstance(reading, Reading)
    assert type(reading.value) is float
    assert reading.flags is ReadingFlag.GOOD
    assert reading.value == pytest.approx(start_K, abs=error_K)

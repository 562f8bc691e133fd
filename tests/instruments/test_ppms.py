"""A PPMS behind its VISA address: three roles on one connection, and a temperature that is always controlled."""

import math
from typing import Any

import pytest

from instruments.errors import LimitError, RefusedError
from instruments.opening import open_station
from instruments.roles import Reading, ReadingFlag
from instruments.station import Station
from procedures.bench import Bench
from procedures.guards import standard_guards
from procedures.moves import go_to_temperature, settle_temperature
from tests.instruments.simulated_station import (
    STATIONS,
    SimulatedStation,
    box_of,
    fails_and_recovers,
    later,
    simulated_station,
)

READS = [
    ("temperature", "read_temperature"),
    ("temperature", "read_setpoint"),
    ("temperature", "loop_is_on"),
    ("temperature", "snapshot"),
    ("temperature", "identify"),
    ("sample_thermometer", "read_temperature"),
    ("sample_thermometer", "snapshot"),
]


@pytest.fixture
def simulated() -> SimulatedStation:
    return simulated_station(path=STATIONS / "ppms_16t.yaml")


@pytest.mark.parametrize(("role", "read"), READS)
def test_silence_and_garbage(simulated: SimulatedStation, station: Station, role: str, read: str) -> None:
    garbage = (b"#?\x07~", b"9.91E37", b"\xff\xfe", b"\x00\x02{}")
    fails_and_recovers(simulated, station, role, read, garbage, r"27183.*is the server running")


def test_a_question_whose_answer_got_lost_is_asked_once_more(simulated: SimulatedStation, station: Station) -> None:
    thermometer: Any = station.sample_thermometer
    box_of(simulated, "temperature").garble_next_reply(b"")
    reading = thermometer.read_temperature()
    assert isinstance(reading, Reading)
    assert reading.value == pytest.approx(300.0, abs=0.1)
    assert reading.flags is ReadingFlag.GOOD
    assert thermometer.read_temperature().value == pytest.approx(300.0, abs=0.1)


def test_both_thermometers_are_one_sensor_and_the_heater_is_not_told(station: Station) -> None:
    controller: Any = station.temperature
    thermometer: Any = station.sample_thermometer
    assert controller.read_temperature().value == pytest.approx(thermometer.read_temperature().value, abs=0.01)
    assert math.isnan(controller.read_heater())
    assert controller.loop_is_on()


def test_ramps_holds_and_stays(station: Station) -> None:
    """1 K/min for two minutes from 300 K; the simulated insert lags a little behind its working set point."""
    controller: Any = station.temperature
    controller.start_ramp(350.0, 1.0)
    assert controller.read_setpoint() == 350.0
    later(station, 120.0)
    here_K = controller.read_temperature().value
    assert here_K == pytest.approx(302.0, abs=0.2)
    controller.make_safe()
    controller.make_safe()
    assert controller.read_setpoint() == pytest.approx(here_K, abs=0.5)
    later(station, 600.0)
    assert controller.read_temperature().value == pytest.approx(here_K, abs=0.5)
    assert controller.loop_is_on()


def test_limits_and_refusals(simulated: SimulatedStation, station: Station) -> None:
    controller: Any = station.temperature
    for target_K, rate in ((1.0, 1.0), (401.0, 1.0), (100.0, 21.0), (100.0, 0.0), (math.nan, 1.0)):
        with pytest.raises(LimitError):
            controller.start_ramp(target_K, rate)
    box_of(simulated, "temperature").deny_next_set()
    with pytest.raises(RefusedError, match="MultiPyVuError"):
        controller.start_ramp(100.0, 5.0)
    assert controller.read_setpoint() == 300.0


def test_procedures_take_it_to_a_temperature(simulated: SimulatedStation, station: Station) -> None:
    bench = Bench(station, standard_guards(station))
    go_to_temperature(bench, 310.0, 20.0)
    settle_temperature(bench, 305.0, 1.0, drift_K=20e-3, settle_s=30.0)
    assert simulated.cryostat.true_temperature_K() == pytest.approx(305.0, abs=0.1)


def test_a_server_takes_another_client_after_the_first_has_left(simulated: SimulatedStation) -> None:
    for _ in range(2):
        station = open_station(simulated.plan, simulated.clock, simulated.manager)
        assert station.magnet is not None
        assert station.magnet.read_field() == pytest.approx(0.0, abs=1e-3)
        assert station.close() == []


def test_leaving_a_silent_server_is_told_once_and_the_line_is_closed(simulated: SimulatedStation) -> None:
    station = open_station(simulated.plan, simulated.clock, simulated.manager)
    box_of(simulated, "temperature").go_silent()
    failures = station.close()
    assert len(failures) == 1
    assert "started anew" in failures[0]

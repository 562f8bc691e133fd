"""A heater that is found on may have been turned on a second ago, by a run that was stopped: every run waits."""

from pathlib import Path

import pytest

from instruments.opening import open_station
from instruments.roles import Magnet
from instruments.station import Station
from procedures.bench import Bench
from procedures.moves import go_to_field
from procedures.switch import wait_for_switch
from tests.instruments.simulated_station import (
    STATIONS,
    SimulatedStation,
    with_section,
    written_station,
)

SHIPPED = (STATIONS / "teslatron_pt12.yaml").read_text("utf-8")
SWITCH_TIME_S = 30.0  # of the station file; the simulated switch takes 20 s
SUPPLIES = {
    "mercury_ips": ("address: TCPIP0::192.168.1.11::7020::SOCKET", "group: GRPZ", "switch_time: 30 s"),
    "ips_120": ("address: GPIB0::25::INSTR", "switch_time: 30 s"),
    "cryomagnetics_4g": ("address: GPIB0::21::INSTR", "tesla_per_ampere: 0.11 T/A", "switch_time: 30 s"),
    "ami_430": ("address: TCPIP0::192.168.1.11::7180::SOCKET",),
}


def found_heating(folder: Path, driver: str) -> tuple[SimulatedStation, Station]:
    """Coil and supply at 1 T, the heater on for a second, and a program that has just been started."""
    text = with_section(SHIPPED, "magnet", f"driver: {driver}", "switch: true", *SUPPLIES[driver])
    simulated = written_station(folder, text)
    coil = simulated.cryostat.magnet
    coil.coil_current_A = coil.supply_current_A = coil.noted_current_A = 1.0 / coil.tesla_per_ampere
    coil.heater_on, coil.switch_warmth = True, 0.05
    return simulated, open_station(simulated.plan, simulated.clock, simulated.manager)


def watched_ramps(station: Station, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When each ramp was started, in s."""
    started_s: list[float] = []
    start = type(station.magnet).start_ramp

    def noted(magnet: Magnet, target_T: float, rate_T_per_min: float) -> None:
        started_s.append(station.clock.now())
        start(magnet, target_T, rate_T_per_min)

    monkeypatch.setattr(type(station.magnet), "start_ramp", noted)
    return started_s


@pytest.mark.parametrize("driver", SUPPLIES)
def test_a_run_waits_before_it_moves_the_field(
    tmp_path: Path, driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated, station = found_heating(tmp_path, driver)
    started_s = watched_ramps(station, monkeypatch)
    said: list[str] = []
    go_to_field(Bench(station, log=lambda _, text: said.append(text)), 0.5, 0.3)
    coil = simulated.cryostat.magnet
    assert coil.coil_current_A * coil.tesla_per_ampere == pytest.approx(0.5, abs=2e-3)
    assert not coil.quenched
    assert started_s[0] >= 19.0  # of its 20 s the switch had 1
    if driver != "ami_430":  # which tells by itself
        assert started_s[0] >= SWITCH_TIME_S
        assert any("since when is not known: giving the switch 30 s" in text for text in said)


@pytest.mark.parametrize("driver", SUPPLIES)
def test_what_has_been_waited_for_once_is_known(
    tmp_path: Path, driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, station = found_heating(tmp_path, driver)
    started_s = watched_ramps(station, monkeypatch)
    bench = Bench(station)
    go_to_field(bench, 0.9, 0.3)
    before_s = station.clock.now()
    go_to_field(bench, 0.8, 0.3)
    assert started_s[1] - before_s < 2.0


@pytest.mark.parametrize("driver", ["mercury_ips", "ips_120", "cryomagnetics_4g"])
def test_the_time_counts_from_when_the_heater_was_first_seen(tmp_path: Path, driver: str) -> None:
    simulated, station = found_heating(tmp_path, driver)
    magnet = station.magnet
    assert magnet is not None
    magnet.status()
    simulated.clock.sleep(12.0)
    assert magnet.switch_settles_in_s() == pytest.approx(SWITCH_TIME_S - 12.0, abs=1.0)
    wait_for_switch(Bench(station), magnet)
    assert magnet.switch_settles_in_s() == 0.0
    magnet.set_switch_heater(False)
    assert magnet.switch_settles_in_s() == pytest.approx(SWITCH_TIME_S, abs=1.0)


def test_without_a_switch_nothing_is_waited_for(tmp_path: Path) -> None:
    text = SHIPPED.replace("switch: true", "switch: false", 1)
    simulated = written_station(tmp_path, text)
    station = open_station(simulated.plan, simulated.clock, simulated.manager)
    assert station.magnet is not None
    assert station.magnet.switch_settles_in_s() == 0.0

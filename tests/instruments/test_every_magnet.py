"""What every magnet must do, whoever drives it: all of them behind real VISA addresses on the simulated rack."""

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from instruments.errors import (
    GuardTripped,
    IdentityError,
    LimitError,
    MagnetQuenched,
    RefusedError,
)
from instruments.opening import open_station
from instruments.roles import MagnetState
from instruments.station import Station
from procedures.bench import Bench
from procedures.moves import go_to_field
from tests.instruments.simulated_station import (
    GARBAGE,
    STATIONS,
    SimulatedStation,
    box_of,
    fails_and_recovers,
    later,
    simulated_station,
    with_section,
    written_station,
)

AMI = "TCPIP0::192.168.1.11::7180::SOCKET"
AMI_430 = f"driver: ami_430\naddress: {AMI}\nswitch: true"
IPS_120 = "driver: ips_120\naddress: GPIB0::25::INSTR\nswitch: true\nswitch_time: 21 s"
SWITCHED = ("ips 120", "4g kG", "4g A, echoes")
MODEL_4G = (
    "driver: cryomagnetics_4g\naddress: GPIB0::21::INSTR\nswitch: true\nswitch_time: 21 s\n"
    "tesla_per_ampere: 0.11 T/A"
)
READS = ("read_field", "read_supply_field", "status", "switch_is_open", "identify", "snapshot")
#: Name: base file, magnet section (None: as shipped), what the simulated supply is set to.
MAGNETS: dict[str, tuple[str, str | None, dict[str, Any]]] = {
    "mercury_ips": ("teslatron_pt12", None, {}),
    "mercury_ips SPSU": ("teslatron_pt12", None, {"firmware": "2.6.04.000"}),
    "ami T/min": ("teslatron_pt12", AMI_430, {"per_second": False}),
    "ami T/s": ("teslatron_pt12", AMI_430, {}),
    "ami kG/min, silent": ("teslatron_pt12", AMI_430, {"kilogauss": True, "per_second": False, "greets": False}),
    "ami kG/s": ("teslatron_pt12", AMI_430, {"kilogauss": True}),
    "ami without switch": ("teslatron_pt12", AMI_430.replace("true", "false"), {"kilogauss": True}),
    "ips 120": ("teslatron_pt12", IPS_120, {}),
    "ips 120 without switch": ("teslatron_pt12", IPS_120.replace("true", "false"), {}),
    "4g kG": ("teslatron_pt12", MODEL_4G, {}),
    "4g A, echoes": ("teslatron_pt12", MODEL_4G, {"amperes": True, "echoes": True}),
    "4g without switch": ("teslatron_pt12", MODEL_4G.replace("true", "false"), {}),
    "ppms": ("ppms_16t", None, {}),
}
WITH_SWITCH = [name for name in MAGNETS if "without" not in name and name != "ppms"]
EVERY_READ = [(name, read) for name in MAGNETS for read in READS if read != "switch_is_open" or name in WITH_SWITCH]


def rack(name: str, directory: Path) -> SimulatedStation:
    base, magnet, options = MAGNETS[name]
    path = STATIONS / f"{base}.yaml"
    if magnet is None:
        return simulated_station(path=path, rack_options=options)
    return written_station(
        directory, with_section(path.read_text("utf-8"), "magnet", *magnet.splitlines()), options
    )


@pytest.fixture(params=MAGNETS)
def simulated(request: pytest.FixtureRequest, tmp_path: Path) -> SimulatedStation:
    return rack(request.param, tmp_path)


def ready(station: Station) -> Any:
    """The magnet, its switch open."""
    magnet: Any = station.magnet
    if magnet.has_switch():
        magnet.set_switch_heater(True)
        later(station, 120.0)
    assert magnet.switch_is_open()
    return magnet


def coil_T(simulated: SimulatedStation) -> float:
    simulated.cryostat.advance()
    return simulated.cryostat.magnet.coil_field_T


def test_goes_where_it_is_sent_at_the_rate_asked_for(simulated: SimulatedStation, station: Station) -> None:
    """0.3 T/min for 100 s is 0.5 T, whatever units the front panel has."""
    magnet = ready(station)
    magnet.start_ramp(1.0, 0.3)
    assert magnet.status().state is MagnetState.RAMPING
    later(station, 100.0)
    assert magnet.read_field() == pytest.approx(0.5, abs=2e-3)
    assert coil_T(simulated) == pytest.approx(0.5, abs=1e-3)
    assert magnet.read_supply_field() == pytest.approx(0.5, abs=2e-3)
    later(station, 110.0)
    assert magnet.status().state is MagnetState.HOLDING
    assert coil_T(simulated) == pytest.approx(1.0, abs=1e-3)


def test_hold_stops_and_a_new_ramp_turns_round(simulated: SimulatedStation, station: Station) -> None:
    magnet = ready(station)
    magnet.start_ramp(1.0, 0.6)
    later(station, 30.0)
    magnet.hold()
    later(station, 60.0)
    assert coil_T(simulated) == pytest.approx(0.3, abs=1e-3)
    assert magnet.status().state is MagnetState.HOLDING
    magnet.start_ramp(-1.0, 0.6)
    later(station, 60.0)
    assert coil_T(simulated) == pytest.approx(-0.3, abs=1e-3)


def test_safe_state_holds_a_ramp_even_a_moment_after_its_start(
    simulated: SimulatedStation, station: Station
) -> None:
    magnet = ready(station)
    magnet.start_ramp(1.0, 0.6)
    magnet.make_safe()
    magnet.make_safe()
    later(station, 60.0)
    assert coil_T(simulated) == pytest.approx(0.0, abs=1e-3)
    magnet.start_ramp(1.0, 0.6)
    later(station, 30.0)
    magnet.make_safe()
    later(station, 60.0)
    assert coil_T(simulated) == pytest.approx(0.3, abs=1e-3)
    assert magnet.status().state is MagnetState.HOLDING


def test_limits(simulated: SimulatedStation, station: Station) -> None:
    magnet = ready(station)
    reach_T = station.limits.magnet.max_field_T
    top_T = station.limits.magnet.segments[0].up_to_field_T + 1
    fast = station.limits.magnet.segments[0].max_rate_T_per_min
    for target_T, rate in ((reach_T + 0.1, 0.1), (math.nan, 0.1), (1.0, 1.01 * fast), (1.0, 0.0), (top_T, fast)):
        with pytest.raises(LimitError):
            magnet.start_ramp(target_T, rate)
    later(station, 60.0)
    assert coil_T(simulated) == 0.0


def test_a_quench_is_a_state_and_stops_ramps(simulated: SimulatedStation, station: Station) -> None:
    magnet = ready(station)
    magnet.start_ramp(2.0, 0.3)
    later(station, 60.0)
    simulated.cryostat.quench("a test")
    assert magnet.status().state is MagnetState.QUENCHED
    later(station, 60.0)
    assert magnet.status().state is MagnetState.QUENCHED
    with pytest.raises(MagnetQuenched):
        magnet.start_ramp(0.0, 0.1)
    magnet.make_safe()


def test_a_denied_set_is_an_error_and_the_magnet_stays(simulated: SimulatedStation, station: Station) -> None:
    magnet = ready(station)
    box_of(simulated, "magnet").deny_next_set()
    with pytest.raises(RefusedError):
        magnet.start_ramp(1.0, 0.3)
    assert magnet.status().state is MagnetState.HOLDING
    later(station, 60.0)
    assert coil_T(simulated) == 0.0


@pytest.mark.parametrize(("simulated", "read"), EVERY_READ, indirect=["simulated"])
def test_silence_and_garbage(simulated: SimulatedStation, station: Station, read: str) -> None:
    asks_again = simulated.plan.instruments["magnet"].driver == "multipyvu"  # when it hears nothing
    garbage = [reply for reply in GARBAGE if reply or not asks_again]
    fails_and_recovers(simulated, station, "magnet", read, garbage)


def test_nothing_waits_and_a_snapshot_holds_scalars(station: Station) -> None:
    magnet = ready(station)
    before_s = station.clock.now()
    magnet.start_ramp(1.0, 0.3)
    assert all(isinstance(value, float | int | str | bool) for value in magnet.snapshot().values())
    magnet.hold()
    magnet.make_safe()
    assert station.clock.now() == before_s


def test_procedures_take_it_to_a_field_through_all_its_segments(
    simulated: SimulatedStation, station: Station
) -> None:
    """From 1 T before the first bound to the end of the reach."""
    ready(station)
    target_T = -station.limits.magnet.max_field_T
    start_T = 1.0 - station.limits.magnet.segments[0].up_to_field_T
    coil = simulated.cryostat.magnet
    coil.coil_current_A = coil.supply_current_A = start_T / coil.tesla_per_ampere
    go_to_field(Bench(station), target_T, 100.0)
    assert coil_T(simulated) == pytest.approx(target_T, abs=2e-3)


@pytest.mark.parametrize("simulated", WITH_SWITCH, indirect=True)
def test_a_closed_switch_refuses_a_ramp_and_takes_its_time(station: Station) -> None:
    magnet: Any = station.magnet
    assert magnet.has_switch()
    assert magnet.status().state is MagnetState.PERSISTENT
    with pytest.raises(RefusedError, match="would not follow"):
        magnet.start_ramp(1.0, 0.3)
    magnet.set_switch_heater(True)
    assert magnet.status().state is MagnetState.HEATING_SWITCH
    assert not magnet.switch_is_open()
    later(station, 120.0)
    assert magnet.switch_is_open()


@pytest.mark.parametrize(("declared", "words"), [("true", "with a.*without a"), ("false", "without a.*with a")])
def test_the_switch_of_an_ami_must_be_the_one_declared(tmp_path: Path, declared: str, words: str) -> None:
    simulated = rack("ami T/s" if declared == "true" else "ami without switch", tmp_path)
    simulated.cryostat.magnet.switch_fitted = declared == "false"
    with pytest.raises(IdentityError, match=words):
        open_station(simulated.plan, simulated.clock, simulated.manager)


def test_the_persistent_switch_of_an_ami(tmp_path: Path) -> None:
    simulated = rack("ami kG/s", tmp_path)
    station = open_station(simulated.plan, simulated.clock, simulated.manager)
    magnet: Any = station.magnet
    assert magnet.status().state is MagnetState.PERSISTENT
    with pytest.raises(RefusedError, match="would not follow"):
        magnet.start_ramp(1.0, 0.3)
    magnet.set_switch_heater(True)
    assert magnet.status().state is MagnetState.HEATING_SWITCH
    later(station, 19.0)  # of the 20 s that this switch takes
    assert not magnet.switch_is_open()
    later(station, 2.0)
    assert magnet.switch_is_open()
    magnet.start_ramp(1.0, 0.6)
    with pytest.raises(RefusedError, match="ramping"):
        magnet.set_switch_heater(False)
    later(station, 120.0)
    magnet.set_switch_heater(False)
    assert magnet.status().state is MagnetState.COOLING_SWITCH
    later(station, 30.0)
    assert magnet.status().state is MagnetState.PERSISTENT
    simulated.cryostat.magnet.supply_current_A = 0.0  # run down by hand, as one does
    assert magnet.read_field() == pytest.approx(1.0, abs=2e-3)
    assert magnet.read_supply_field() == pytest.approx(0.0, abs=2e-3)
    with pytest.raises(RefusedError, match="quenches"):
        magnet.set_switch_heater(True)
    assert not simulated.cryostat.magnet.heater_on
    assert station.close() == []


@pytest.mark.parametrize("name", SWITCHED)
class TestSwitch:
    """What supplies whose switch this program times must do; these switches take 20 s."""

    @pytest.fixture
    def simulated(self, name: str, tmp_path: Path) -> SimulatedStation:
        return rack(name, tmp_path)

    def test_the_whole_sequence(self, simulated: SimulatedStation, station: Station) -> None:
        magnet: Any = station.magnet
        assert magnet.status().state is MagnetState.PERSISTENT
        with pytest.raises(RefusedError, match="would not follow"):
            magnet.start_ramp(1.0, 0.3)
        magnet.set_switch_heater(True)
        assert magnet.status().state is MagnetState.HEATING_SWITCH
        later(station, 19.0)
        assert not magnet.switch_is_open()
        later(station, 3.0)
        assert magnet.switch_is_open()
        magnet.start_ramp(1.0, 0.6)
        with pytest.raises(RefusedError, match="ramping"):
            magnet.set_switch_heater(False)
        later(station, 120.0)
        magnet.set_switch_heater(False)
        assert magnet.status().state is MagnetState.COOLING_SWITCH
        later(station, 30.0)
        assert coil_T(simulated) == pytest.approx(1.0, abs=1e-3)
        magnet.hold()
        simulated.cryostat.magnet.supply_current_A = 0.0  # run down by hand, as one does
        status = magnet.status()
        assert status.state is MagnetState.PERSISTENT
        assert re.fullmatch(r"coil at 1\.000 T, supply at -?0\.000 T", status.detail)
        assert magnet.read_field() == pytest.approx(1.0, abs=2e-3)
        assert magnet.read_supply_field() == pytest.approx(0.0, abs=2e-3)
        with pytest.raises(RefusedError, match="quenches"):
            magnet.set_switch_heater(True)
        assert not simulated.cryostat.magnet.heater_on

    def test_a_persistent_magnet_found_at_start_up(self, simulated: SimulatedStation, station: Station) -> None:
        simulated.cryostat.magnet.coil_current_A = 3.0 / simulated.cryostat.magnet.tesla_per_ampere
        magnet: Any = station.magnet
        assert magnet.status().state is MagnetState.PERSISTENT
        assert magnet.status().detail.startswith("coil at 3.000 T, supply at ")
        with pytest.raises(RefusedError, match=r"coil persistent at 3 T.*nothing was set"):
            magnet.set_switch_heater(True)
        with pytest.raises(GuardTripped, match="persistent at 3 T"):
            go_to_field(Bench(station), 1.0, 0.1)
        assert coil_T(simulated) == pytest.approx(3.0)

    def test_a_ramp_flag_that_comes_late_is_not_arrival(
        self, simulated: SimulatedStation, station: Station, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The supply says that it is at rest, whatever it does."""
        magnet = ready(station)
        truth = magnet._examine
        monkeypatch.setattr(magnet, "_examine", lambda: replace(truth(), ramping=False))
        assert magnet.status().state is MagnetState.HOLDING
        go_to_field(Bench(station), 0.5, 0.3)
        assert coil_T(simulated) == pytest.approx(0.5, abs=2e-3)


def test_a_ppms_has_no_switch_to_be_worked(tmp_path: Path) -> None:
    simulated = rack("ppms", tmp_path)
    station = open_station(simulated.plan, simulated.clock, simulated.manager)
    assert station.magnet is not None
    with pytest.raises(RefusedError, match="by itself"):
        station.magnet.set_switch_heater(True)
    assert station.close() == []

import socket
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
import pyvisa

from instruments.clock import RealClock, VirtualClock
from instruments.drivers.catalogue import DRIVERS, drivers_for
from instruments.errors import CommunicationError, ConfigurationError, IdentityError
from instruments.opening import open_station, resource_manager_for, visa_library_for
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.rack import Rack, RackInstrument, build_rack
from instruments.simulation.visa import open_resource_manager
from instruments.station import InstrumentPlan, StationPlan
from tests.instruments.simulated_station import SimulatedStation, simulated_station
from tests.instruments.simulation.samples import NBS2, SETTINGS


@pytest.fixture
def simulated() -> SimulatedStation:
    return simulated_station()


def with_instrument(plan: StationPlan, role: str, **changes: Any) -> StationPlan:
    return replace(plan, instruments={**plan.instruments, role: replace(plan.instruments[role], **changes)})


def test_every_role_is_filled_and_identified(simulated: SimulatedStation) -> None:
    with closing(open_station(simulated.plan, simulated.clock, simulated.manager)) as station:
        assert station.name == simulated.plan.name
        models = {role: identity.model for role, identity in station.identify().items()}
    assert models == {
        "lock_in": "SR830",
        "current_source": "MODEL 6221",
        "magnet": "MERCURY IPS",
        "temperature": "MERCURY ITC",
        "sample_thermometer": "MERCURY ITC",
        "voltmeter": "MODEL 2182A",
    }


def test_two_sensors_at_one_address_share_their_connection(simulated: SimulatedStation) -> None:
    with closing(open_station(simulated.plan, simulated.clock, simulated.manager)) as station:
        temperature: Any = station.temperature
        sample: Any = station.sample_thermometer
        assert temperature.itc is sample.itc
        assert temperature.sensor != sample.sensor


def test_closing_twice_is_no_fault(simulated: SimulatedStation) -> None:
    station = open_station(simulated.plan, simulated.clock, simulated.manager)
    assert station.close() == []
    assert station.close() == []


@pytest.mark.parametrize("role", ["magnet", "temperature", "lock_in", "current_source", "voltmeter"])
def test_another_model_is_named_and_everything_is_closed(simulated: SimulatedStation, role: str) -> None:
    address = simulated.plan.instruments[role].address
    simulated.rack.box(address).answer_as("HEWLETT-PACKARD,34401A,0,10-5-2")
    with pytest.raises(IdentityError, match=rf"{role}: at {address} .* found .*34401A"):
        open_station(simulated.plan, simulated.clock, simulated.manager)
    assert len(simulated.manager.list_opened_resources()) == 0


def test_a_silent_instrument(simulated: SimulatedStation) -> None:
    address = simulated.plan.instruments["lock_in"].address
    simulated.rack.box(address).go_silent()
    with pytest.raises(CommunicationError, match=rf"lock_in: Sr830 at {address} did not answer in time"):
        open_station(simulated.plan, simulated.clock, simulated.manager)
    assert len(simulated.manager.list_opened_resources()) == 0


def test_an_address_where_nothing_is(simulated: SimulatedStation) -> None:
    plan = with_instrument(simulated.plan, "lock_in", address="GPIB0::9::INSTR")
    with pytest.raises(CommunicationError, match=r"lock_in: GPIB0::9::INSTR \(sr830\) cannot be opened"):
        open_station(plan, simulated.clock, simulated.manager)
    assert len(simulated.manager.list_opened_resources()) == 0


def test_a_refused_connection(simulated: SimulatedStation) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    plan = with_instrument(simulated.plan, "magnet", address=f"TCPIP0::127.0.0.1::{port}::SOCKET")
    plan = replace(plan, instruments={"magnet": plan.instruments["magnet"]})
    with pytest.raises(CommunicationError, match=rf"magnet: .*{port}"):
        open_station(plan, RealClock(), resource_manager_for("pyvisa-py"))


@pytest.mark.parametrize(
    ("role", "changes", "message"),
    [
        ("magnet", {"driver": "mercury_isp"}, "magnet: found driver 'mercury_isp'; expected one of ami_430, cryo"),
        ("magnet", {"driver": "sr830"}, "magnet: driver sr830 cannot play it; expected one of: ami_430, cryo"),
        (
            "temperature",
            {"options": {"sensor": "DB8.T1"}},
            "temperature: driver mercury_itc needs the option heater",
        ),
        ("voltmeter", {"address": "somewhere"}, "voltmeter: found address 'somewhere'"),
        ("lock_in", {"driver": "mfli"}, "expected one for mfli such as mfli://192.168.1.51:8004/dev1234"),
        ("lock_in", {"address": "mfli://host/dev1"}, "expected one for sr830 such as GPIB0::8::INSTR"),
        (
            "voltmeter",
            {"address": "GPIB0::8::INSTR"},
            "voltmeter: driver keithley_2182a at GPIB0::8::INSTR, where sr830 is declared too",
        ),
    ],
)
def test_a_wrong_plan_opens_nothing(
    simulated: SimulatedStation, role: str, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_station(with_instrument(simulated.plan, role, **changes), simulated.clock, simulated.manager)
    assert message in str(caught.value)
    assert len(simulated.manager.list_opened_resources()) == 0


def test_all_problems_of_a_plan_are_told_at_once(simulated: SimulatedStation) -> None:
    nothing = InstrumentPlan("nothing", "GPIB0::1::INSTR", {})
    with pytest.raises(ConfigurationError) as caught:
        open_station(
            replace(simulated.plan, instruments={"magnet": nothing, "lock_in": nothing}),
            simulated.clock,
            simulated.manager,
        )
    assert len(caught.value.problems) == 2


def test_backends() -> None:
    assert visa_library_for("visa") == "@ivi"
    assert visa_library_for("pyvisa-py") == "@py"
    with pytest.raises(ConfigurationError, match="found backend 'simulated'; expected visa or pyvisa-py"):
        visa_library_for("simulated")  # type: ignore[arg-type]  # a word of a station file


def test_a_backend_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise pyvisa.errors.LibraryError("no libvisa here")

    monkeypatch.setattr(pyvisa, "ResourceManager", missing)
    with pytest.raises(ConfigurationError, match="'visa' is not installed on this computer"):
        resource_manager_for("visa")


def test_opening_makes_no_remarks_and_loads_no_simulation() -> None:
    program = (
        "import sys, instruments.opening as o; o.resource_manager_for('pyvisa-py');"
        "sys.exit(any(m.startswith('instruments.simulation') for m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_catalogue_names_roles_and_options() -> None:
    assert drivers_for("magnet") == ("ami_430", "cryomagnetics_4g", "ips_120", "mercury_ips", "multipyvu")
    assert drivers_for("coffee") == ()
    assert DRIVERS["mercury_itc"].roles == ("temperature", "sample_thermometer")
    assert DRIVERS["mercury_itc"].options["temperature"] == {"sensor", "heater"}


MFLI = InstrumentPlan("mfli", "mfli://192.168.1.51:8004/dev1234", {})


def mfli_rack(clock: VirtualClock) -> Rack:
    entry = RackInstrument(MFLI.driver, MFLI.address, {"ballast_ohm": 1000.0})
    return build_rack(clock, Cryostat(clock, SETTINGS, NBS2, "out_of_plane", 1), [entry])


def test_a_data_servers_device_is_reached_on_the_simulated_rack_without_its_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "zhinst.core", None)
    plan = replace(simulated_station().plan, instruments={"lock_in": MFLI})
    rack = mfli_rack(clock := VirtualClock())
    with closing(open_station(plan, clock, open_resource_manager(rack))) as station:
        identity = station.identify()["lock_in"]
    assert (identity.vendor, identity.model, identity.serial) == ("Zurich Instruments", "MFLI", "dev1234")


def test_a_library_that_is_not_installed_is_named_with_its_extra(
    simulated: SimulatedStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zhinst.core", None)
    plan = replace(simulated.plan, instruments={**simulated.plan.instruments, "lock_in": MFLI})
    with closing(resource_manager_for("pyvisa-py")) as manager, pytest.raises(ConfigurationError) as caught:
        open_station(plan, RealClock(), manager)
    assert len(caught.value.problems) == 1
    assert "pip install 'fluxoid[mfli]'; nothing was opened" in str(caught.value)


@pytest.mark.parametrize("address", ["mfli://192.168.1.52:8004/dev1234", "mfli://192.168.1.51:8004/dev9999"])
def test_a_device_that_is_not_there(address: str) -> None:
    plan = replace(simulated_station().plan, instruments={"lock_in": replace(MFLI, address=address)})
    rack = mfli_rack(clock := VirtualClock())
    with pytest.raises(CommunicationError, match=rf"lock_in: {address} \(mfli\) cannot be opened: .*check address"):
        open_station(plan, clock, open_resource_manager(rack))

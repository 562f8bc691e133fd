"""How each simulated instrument is made from its entries, by driver."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from instruments.addresses import DeviceAddress, is_device_address
from instruments.clock import Clock
from instruments.errors import ConfigurationError
from instruments.simulation.cryostat import Cryostat, Place
from instruments.simulation.devices.ami_430 import MOST_CURRENT_A, Ami430
from instruments.simulation.devices.cryomagnetics_4g import Cryomagnetics4G
from instruments.simulation.devices.gs200 import Gs200
from instruments.simulation.devices.ips_120 import Ips120
from instruments.simulation.devices.itc_503 import Itc503
from instruments.simulation.devices.keithley_2182a import ChannelKind, Keithley2182A
from instruments.simulation.devices.keithley_2400 import Keithley2400
from instruments.simulation.devices.keithley_2450 import Keithley2450
from instruments.simulation.devices.keithley_6221 import Keithley6221
from instruments.simulation.devices.lakeshore_336 import LakeShore336
from instruments.simulation.devices.lakeshore_372 import LakeShore372
from instruments.simulation.devices.mercury_ips import MercuryIPS
from instruments.simulation.devices.mercury_itc import MercuryITC, Sensor
from instruments.simulation.devices.mfli import Mfli
from instruments.simulation.devices.multipyvu import MultiPyVuServer
from instruments.simulation.devices.signal_recovery_7265 import SignalRecovery7265
from instruments.simulation.devices.sr830 import SR830
from instruments.simulation.devices.sr860 import SR860
from instruments.simulation.rack_instrument import Option, RackInstrument
from instruments.simulation.wire import WireInstrument

ON_DATA_SERVER = "mfli"


@dataclass(frozen=True, slots=True)
class Site:
    """Where an instrument is built: what it shares, its address and its entries."""

    clock: Clock
    cryostat: Cryostat
    address: str
    entries: Sequence[RackInstrument]

    @property
    def driver(self) -> str:
        """The one driver of all entries."""
        return self.entries[0].driver

    def option(self, name: str, default: Option | None = None) -> Option:
        """The option's value in the first entry that has it."""
        for entry in self.entries:
            if name in entry.options:
                return entry.options[name]
        if default is None:
            raise ConfigurationError(
                f"the simulated {self.entries[0].driver} at {self.address} needs the option {name}"
            )
        return default

    def words(self, *names: str) -> dict[str, str]:
        """Those of the named options that are given, as text."""
        return {
            name: str(value) for entry in self.entries for name, value in entry.options.items() if name in names
        }


def _mercury_ips(site: Site) -> WireInstrument:
    build: Callable[..., WireInstrument] = MercuryIPS
    words = site.words("group", "firmware", "serial")
    others = tuple(str(site.option("other_groups", "")).split())
    limit_A = float(site.option("current_limit_A", 120.0))
    return build(site.cryostat, other_groups=others, current_limit_A=limit_A, start_s=site.clock.now(), **words)


def _mercury_itc(site: Site) -> WireInstrument:
    sensors = []
    for entry in site.entries:
        uid = entry.options.get("sensor")
        if uid is None:
            raise ConfigurationError(f"the simulated mercury_itc at {site.address} needs the option sensor")
        heater = entry.options.get("heater")
        if heater is None:
            sensors.append(Sensor(str(uid), "sample"))
        else:
            sensors.append(Sensor(str(uid), "insert", str(heater)))
    return MercuryITC(site.cryostat, tuple(sensors), **site.words("firmware", "serial"))


def _ami_430(site: Site) -> WireInstrument:
    return Ami430(
        site.cryostat,
        kilogauss=bool(site.option("kilogauss", False)),
        per_second=bool(site.option("per_second", True)),
        greets=bool(site.option("greets", True)),
        current_limit_A=float(site.option("current_limit_A", MOST_CURRENT_A)),
    )


def _cryomagnetics_4g(site: Site) -> WireInstrument:
    return Cryomagnetics4G(
        site.cryostat,
        amperes=bool(site.option("amperes", False)),
        echoes=bool(site.option("echoes", False)),
        current_limit_A=float(site.option("current_limit_A", 120.0)),
    )


def _itc_503(site: Site) -> WireInstrument:
    sensors: dict[int, Place] = {}
    loop_sensor = None
    for entry in site.entries:
        sensor = int(entry.options.get("sensor", 0))
        if not sensor:
            raise ConfigurationError(f"the simulated itc_503 at {site.address} needs the option sensor")
        if entry.options.get("role") == "temperature":
            loop_sensor = sensor
        sensors[sensor] = "insert" if sensor == loop_sensor else "sample"
    loop = loop_sensor if loop_sensor is not None else min(sensors)
    build: Callable[..., WireInstrument] = Itc503
    return build(site.cryostat, sensors, loop_sensor=loop, start_s=site.clock.now())


def _ips_120(site: Site) -> WireInstrument:
    return Ips120(site.cryostat, current_limit_A=float(site.option("current_limit_A", 120.0)))


def _multipyvu(site: Site) -> WireInstrument:
    return MultiPyVuServer(site.cryostat, **site.words("version"))


def _lakeshore_336(site: Site) -> WireInstrument:
    inputs: dict[str, Place] = {}
    loop = {"loop_input": "A", "output": 1}
    driver = site.entries[0].driver
    for entry in site.entries:
        name = str(entry.options.get("channel", ""))
        if not name:
            raise ConfigurationError(f"the simulated {driver} at {site.address} needs the option channel")
        if "output" in entry.options:
            loop = {"loop_input": name, "output": int(entry.options["output"])}
        inputs[name] = "insert" if "output" in entry.options else inputs.get(name, "sample")
    build: Callable[..., WireInstrument] = LakeShore336
    model = driver.removeprefix("lakeshore_")
    return build(site.cryostat, inputs, model=model, **loop, **site.words("serial"))


def _lakeshore_372(site: Site) -> WireInstrument:
    channels: dict[int, Place] = {}
    loop_channel = None
    for entry in site.entries:
        channel = int(entry.options.get("channel", 0))
        if not channel:
            raise ConfigurationError(f"the simulated lakeshore_372 at {site.address} needs the option channel")
        if "heater" in entry.options:
            loop_channel = channel
        channels[channel] = "insert" if "heater" in entry.options else channels.get(channel, "sample")
    build: Callable[..., WireInstrument] = LakeShore372
    return build(site.cryostat, channels, loop_channel=loop_channel, **site.words("serial"))


def _sr830(site: Site) -> WireInstrument:
    ballast_ohm = float(site.option("ballast_ohm"))
    contacts: ChannelKind = "hall" if site.option("role", "lock_in") == "hall_lock_in" else "longitudinal"
    name = f"sr830 {site.address}"
    return SR830(site.clock, site.cryostat, ballast_ohm, contacts=contacts, name=name, **site.words("serial"))


def _signal_recovery_7265(site: Site) -> WireInstrument:
    return SignalRecovery7265(
        site.clock,
        site.cryostat,
        float(site.option("ballast_ohm")),
        contacts="hall" if site.option("role", "lock_in") == "hall_lock_in" else "longitudinal",
        name=f"signal_recovery_7265 {site.address}",
    )


def _sr860(model: str) -> Callable[[Site], WireInstrument]:
    def build(site: Site) -> WireInstrument:
        return SR860(
            site.clock,
            site.cryostat,
            float(site.option("ballast_ohm")),
            model=model,
            contacts="hall" if site.option("role", "lock_in") == "hall_lock_in" else "longitudinal",
            name=f"{model} {site.address}",
            greets=bool(site.option("greets", False)),
            **site.words("serial"),
        )

    return build


def build_mfli(site: Site) -> Mfli:
    """The one instrument that is on a data server, not on a bus."""
    return Mfli(
        site.clock,
        site.cryostat,
        float(site.option("ballast_ohm")),
        device=DeviceAddress.parse(site.address).device,
        contacts="hall" if site.option("role", "lock_in") == "hall_lock_in" else "longitudinal",
        options=str(site.option("fitted", "")),
    )


def _keithley_2400(site: Site) -> WireInstrument:
    return Keithley2400(site.clock, site.cryostat, name=f"keithley_2400 {site.address}", **site.words("serial"))


def _gs200(site: Site) -> WireInstrument:
    at: Literal["gate", "sample"] = "sample" if site.option("role", "gate") == "current_source" else "gate"
    lead_resistance_ohm = float(site.option("lead_resistance_ohm", 20.0))
    return Gs200(site.clock, site.cryostat, at=at, lead_resistance_ohm=lead_resistance_ohm, **site.words("serial"))


def _keithley_2450(site: Site) -> WireInstrument:
    name = f"keithley_2450 {site.address}"
    return Keithley2450(site.clock, site.cryostat, name=name, **site.words("serial", "language"))


def _keithley_6221(site: Site) -> WireInstrument:
    """With the role of a delta meter, or the option, a 2182A is on the serial port: only its input 1 is used."""
    lead_resistance_ohm = float(site.option("lead_resistance_ohm", 20.0))
    for_delta = any(entry.options.get("role") == "delta_meter" for entry in site.entries)
    nanovoltmeter = None
    if site.option("nanovoltmeter", for_delta):
        name = f"keithley_2182a at {site.address}"
        nanovoltmeter = Keithley2182A(site.clock, site.cryostat, _voltmeter_wiring(site), name=name)
    return Keithley6221(
        site.clock,
        site.cryostat,
        nanovoltmeter=nanovoltmeter,
        lead_resistance_ohm=lead_resistance_ohm,
        **site.words("serial"),
    )


def _voltmeter_wiring(site: Site) -> dict[int, ChannelKind]:
    return {
        int(site.option("longitudinal_channel", 1)): "longitudinal",
        int(site.option("hall_channel", 2)): "hall",
    }


def _keithley_2182a(site: Site) -> WireInstrument:
    terminator = str(site.option("terminator", "\n")).encode("ascii")
    name = f"keithley_2182a {site.address}"
    return Keithley2182A(
        site.clock, site.cryostat, _voltmeter_wiring(site), name=name, terminator=terminator, **site.words("serial")
    )


#: By driver, what makes the instrument on a bus.
BUILDERS: dict[str, Callable[[Site], WireInstrument]] = {
    "mercury_ips": _mercury_ips,
    "mercury_itc": _mercury_itc,
    "ami_430": _ami_430,
    "cryomagnetics_4g": _cryomagnetics_4g,
    "itc_503": _itc_503,
    "ips_120": _ips_120,
    "multipyvu": _multipyvu,
    **dict.fromkeys(("lakeshore_335", "lakeshore_336", "lakeshore_340", "lakeshore_350"), _lakeshore_336),
    "lakeshore_372": _lakeshore_372,
    "sr830": _sr830,
    "signal_recovery_7265": _signal_recovery_7265,
    "sr860": _sr860("SR860"),
    "sr865a": _sr860("SR865A"),
    "keithley_2400": _keithley_2400,
    "gs200": _gs200,
    "keithley_2450": _keithley_2450,
    "keithley_6221": _keithley_6221,
    "keithley_2182a": _keithley_2182a,
}


def site_at(clock: Clock, cryostat: Cryostat, address: str, entries: Sequence[RackInstrument]) -> Site:
    """Where the instrument of these entries is built.

    Raises:
        ConfigurationError: two drivers at one address, or one that no simulated instrument is made for.
    """
    drivers = {entry.driver for entry in entries}
    if len(drivers) > 1:
        raise ConfigurationError(f"two kinds of instrument at {address}: {', '.join(sorted(drivers))}")
    driver = entries[0].driver
    known = {ON_DATA_SERVER} if is_device_address(address) else {*BUILDERS}
    if driver not in known:
        raise ConfigurationError(f"no simulated {driver} (at {address}); there are {', '.join(sorted(known))}")
    return Site(clock, cryostat, address, entries)

"""A rack of simulated instruments at VISA addresses, all on one cryostat, and the faults a test can give them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from instruments.addresses import DeviceAddress, canonical, is_device_address
from instruments.clock import Clock
from instruments.data_server import DataServer
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
from instruments.simulation.nodes import NodeBox, NodeSession
from instruments.simulation.ports import Port
from instruments.simulation.wire import WireInstrument

Option = float | int | str | bool
_ON_DATA_SERVER = "mfli"


@dataclass(frozen=True, slots=True)
class RackInstrument:
    """One entry of a station: driver name, VISA address, options.

    Options by driver (all but those marked * may be left out):

    ========================  ===========================================================================
    ``mercury_ips``           group, other_groups (separated by blanks), firmware (2.6 and above: node SPSU),
                              current_limit_A
    ``mercury_itc``           sensor*, heater (with it: the insert's loop; without: beside the sample)
    ``cryomagnetics_4g``      amperes, echoes, current_limit_A
    ``itc_503``               sensor*, role (temperature: the insert's loop; else: beside the sample)
    ``ips_120``               current_limit_A
    ``ami_430``               kilogauss, per_second, greets, current_limit_A
    ``multipyvu``             version
    ``lakeshore_336``         channel*, output (with it: the insert's loop; without: beside the sample);
                              so are ``lakeshore_335``, ``lakeshore_340``, ``lakeshore_350``
    ``lakeshore_372``         channel*, heater (with it: on the mixing chamber; without: beside the sample)
    ``sr830``                 ballast_ohm*, role (hall_lock_in: at the Hall contacts, drives nothing)
    ``sr860`` ``sr865a``      as sr830; greets (as through telnet)
    ``signal_recovery_7265``  as sr830
    ``mfli``                  as sr830; fitted (options of the instrument separated by blanks, such as MD)
    ``keithley_2400``         (none)
    ``gs200``                 role (current_source: at the sample, else at the gate), lead_resistance_ohm
    ``keithley_2450``         language (SCPI, SCPI2400 or TSP)
    ``keithley_6221``         lead_resistance_ohm, nanovoltmeter (whether one is on its serial port; it is with the
                              role delta_meter)
    ``keithley_2182a``        longitudinal_channel, hall_channel, terminator
    any                       serial
    ========================  ===========================================================================

    Entries of one driver at one address are one box (a temperature controller with two sensors).
    """

    driver: str
    address: str
    options: Mapping[str, Option] = field(default_factory=dict)


class Box:
    """An instrument at its address, and the faults injected there. Faults last until :meth:`heal`."""

    def __init__(self, instrument: WireInstrument) -> None:
        self.instrument = instrument
        self.terminator = instrument.terminator
        self.line_end, self.takes_bytes, self.greeting = (
            instrument.line_end,
            instrument.takes_bytes,
            instrument.greeting,
        )
        self._silent = False
        self._garbage: bytes | None = None
        self._identity = instrument.identity

    def respond(self, line: bytes) -> bytes | None:
        """Pass a line to the instrument, and its reply through the injected faults."""
        if self._silent:
            return None
        reply = self.instrument.respond(line)
        if self._garbage is not None and reply is not None:
            reply, self._garbage = self._garbage, None
        return reply

    def clear(self) -> None:
        """Device clear."""
        self.instrument.clear()

    def status_byte(self, reply_waiting: bool) -> int:
        """Serial poll."""
        return self.instrument.status_byte(reply_waiting)

    def answer_as(self, identity: str) -> None:
        """Answer ``*IDN?`` with this text."""
        self.instrument.identity = identity

    def go_silent(self) -> None:
        """Neither act nor answer, like a frozen firmware or a pulled plug."""
        self._silent = True

    def garble_next_reply(self, reply: bytes = b"#?\x07~") -> None:
        """Replace the next reply."""
        self._garbage = reply

    def deny_next_set(self) -> None:
        """Refuse the next setting in the instrument's own words (DENIED, or an execution error)."""
        self.instrument.deny_next_set()

    def heal(self) -> None:
        """Undo every fault."""
        self._silent = False
        self._garbage = None
        self.instrument.identity = self._identity


class Rack:
    """Boxes by address; each call of :func:`~instruments.simulation.visa.open_resource_manager` opens them."""

    def __init__(self, clock: Clock, cryostat: Cryostat, instruments: Sequence[RackInstrument]) -> None:
        """Raises ConfigurationError for an unknown driver, a missing option or two drivers at one address."""
        self.clock = clock
        self.cryostat = cryostat
        self._boxes: dict[str, Box | NodeBox] = {}
        by_address: dict[str, list[RackInstrument]] = {}
        for instrument in instruments:
            by_address.setdefault(canonical(instrument.address), []).append(instrument)
        for address, entries in by_address.items():
            site = _site(clock, cryostat, address, entries)
            on_server = is_device_address(address)
            self._boxes[address] = NodeBox(_mfli(site)) if on_server else Box(_BUILDERS[site.driver](site))

    def ports(self) -> dict[str, Port]:
        """Instruments on buses, by canonical VISA address."""
        return {address: box for address, box in self._boxes.items() if isinstance(box, Box)}

    def reach_data_server(self, address: DeviceAddress) -> DataServer:
        """A session with the simulated data server at this host and port.

        Raises:
            ConnectionError: none is there.
        """
        boxes = {}
        for place, box in self._boxes.items():
            if isinstance(box, NodeBox):
                other = DeviceAddress.parse(place)
                if (other.host, other.port) == (address.host, address.port):
                    boxes[other.device] = box
        if not boxes:
            raise ConnectionError(f"no simulated data server at {address.host}:{address.port}")
        return NodeSession(boxes)

    def box(self, address: str) -> Box | NodeBox:
        """The box at an address, to inject faults into it.

        Raises:
            ConfigurationError: nothing is there.
        """
        box = self._boxes.get(canonical(address))
        if box is None:
            raise ConfigurationError(f"no simulated instrument at {address}; there are {', '.join(self._boxes)}")
        return box


def build_rack(clock: Clock, cryostat: Cryostat, instruments: Sequence[RackInstrument]) -> Rack:
    """A rack of these instruments on one cryostat and one clock (the cryostat must use the same clock)."""
    return Rack(clock, cryostat, instruments)


@dataclass(frozen=True, slots=True)
class _Site:
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


def _mercury_ips(site: _Site) -> WireInstrument:
    build: Callable[..., WireInstrument] = MercuryIPS
    words = site.words("group", "firmware", "serial")
    others = tuple(str(site.option("other_groups", "")).split())
    limit_A = float(site.option("current_limit_A", 120.0))
    return build(site.cryostat, other_groups=others, current_limit_A=limit_A, start_s=site.clock.now(), **words)


def _mercury_itc(site: _Site) -> WireInstrument:
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


def _ami_430(site: _Site) -> WireInstrument:
    return Ami430(
        site.cryostat,
        kilogauss=bool(site.option("kilogauss", False)),
        per_second=bool(site.option("per_second", True)),
        greets=bool(site.option("greets", True)),
        current_limit_A=float(site.option("current_limit_A", MOST_CURRENT_A)),
    )


def _cryomagnetics_4g(site: _Site) -> WireInstrument:
    return Cryomagnetics4G(
        site.cryostat,
        amperes=bool(site.option("amperes", False)),
        echoes=bool(site.option("echoes", False)),
        current_limit_A=float(site.option("current_limit_A", 120.0)),
    )


def _itc_503(site: _Site) -> WireInstrument:
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


def _ips_120(site: _Site) -> WireInstrument:
    return Ips120(site.cryostat, current_limit_A=float(site.option("current_limit_A", 120.0)))


def _multipyvu(site: _Site) -> WireInstrument:
    return MultiPyVuServer(site.cryostat, **site.words("version"))


def _lakeshore_336(site: _Site) -> WireInstrument:
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


def _lakeshore_372(site: _Site) -> WireInstrument:
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


def _sr830(site: _Site) -> WireInstrument:
    ballast_ohm = float(site.option("ballast_ohm"))
    contacts: ChannelKind = "hall" if site.option("role", "lock_in") == "hall_lock_in" else "longitudinal"
    name = f"sr830 {site.address}"
    return SR830(site.clock, site.cryostat, ballast_ohm, contacts=contacts, name=name, **site.words("serial"))


def _signal_recovery_7265(site: _Site) -> WireInstrument:
    return SignalRecovery7265(
        site.clock,
        site.cryostat,
        float(site.option("ballast_ohm")),
        contacts="hall" if site.option("role", "lock_in") == "hall_lock_in" else "longitudinal",
        name=f"signal_recovery_7265 {site.address}",
    )


def _sr860(model: str) -> Callable[[_Site], WireInstrument]:
    def build(site: _Site) -> WireInstrument:
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


def _mfli(site: _Site) -> Mfli:
    return Mfli(
        site.clock,
        site.cryostat,
        float(site.option("ballast_ohm")),
        device=DeviceAddress.parse(site.address).device,
        contacts="hall" if site.option("role", "lock_in") == "hall_lock_in" else "longitudinal",
        options=str(site.option("fitted", "")),
    )


def _keithley_2400(site: _Site) -> WireInstrument:
    return Keithley2400(site.clock, site.cryostat, name=f"keithley_2400 {site.address}", **site.words("serial"))


def _gs200(site: _Site) -> WireInstrument:
    at: Literal["gate", "sample"] = "sample" if site.option("role", "gate") == "current_source" else "gate"
    lead_resistance_ohm = float(site.option("lead_resistance_ohm", 20.0))
    return Gs200(site.clock, site.cryostat, at=at, lead_resistance_ohm=lead_resistance_ohm, **site.words("serial"))


def _keithley_2450(site: _Site) -> WireInstrument:
    name = f"keithley_2450 {site.address}"
    return Keithley2450(site.clock, site.cryostat, name=name, **site.words("serial", "language"))


def _keithley_6221(site: _Site) -> WireInstrument:
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


def _voltmeter_wiring(site: _Site) -> dict[int, ChannelKind]:
    return {
        int(site.option("longitudinal_channel", 1)): "longitudinal",
        int(site.option("hall_channel", 2)): "hall",
    }


def _keithley_2182a(site: _Site) -> WireInstrument:
    terminator = str(site.option("terminator", "\n")).encode("ascii")
    name = f"keithley_2182a {site.address}"
    return Keithley2182A(
        site.clock, site.cryostat, _voltmeter_wiring(site), name=name, terminator=terminator, **site.words("serial")
    )


_BUILDERS: dict[str, Callable[[_Site], WireInstrument]] = {
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


def _site(clock: Clock, cryostat: Cryostat, address: str, entries: Sequence[RackInstrument]) -> _Site:
    drivers = {entry.driver for entry in entries}
    if len(drivers) > 1:
        raise ConfigurationError(f"two kinds of instrument at {address}: {', '.join(sorted(drivers))}")
    driver = entries[0].driver
    known = {_ON_DATA_SERVER} if is_device_address(address) else {*_BUILDERS}
    if driver not in known:
        raise ConfigurationError(f"no simulated {driver} (at {address}); there are {', '.join(sorted(known))}")
    return _Site(clock, cryostat, address, entries)

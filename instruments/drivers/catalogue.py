"""The drivers by the names that station files use, the roles each can play, and how it is made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pymeasure.adapters import Adapter

from instruments.clock import Clock
from instruments.data_server import DataServer
from instruments.drivers import (
    ami_430,
    cryomagnetics_4g,
    keithley,
    lakeshore,
    mercury,
    multipyvu,
    oxford_legacy,
    sr830,
    sr860,
)
from instruments.drivers.ami_430 import Ami430
from instruments.drivers.checked import Checked
from instruments.drivers.cryomagnetics_4g import Cryomagnetics4G
from instruments.drivers.gs200 import Gs200, Gs200Gate
from instruments.drivers.gs200_current import Gs200Current
from instruments.drivers.ips_120 import Ips120
from instruments.drivers.itc_503 import Itc503, Itc503Loop, Itc503Sensor
from instruments.drivers.keithley import Keithley
from instruments.drivers.keithley_2182a import Keithley2182A
from instruments.drivers.keithley_2400 import Keithley2400, Keithley2400Gate
from instruments.drivers.keithley_2450 import Keithley2450, Keithley2450Gate
from instruments.drivers.keithley_6221 import Keithley6221
from instruments.drivers.keithley_6221_delta import Keithley6221Delta
from instruments.drivers.lakeshore_336 import (
    CONTROLLERS,
    LakeShore336Sensor,
    LetteredLakeShore,
    loop_for,
    range_index,
)
from instruments.drivers.lakeshore_372 import LakeShore372, LakeShore372Loop, LakeShore372Sensor
from instruments.drivers.mercury_ips import MercuryIps
from instruments.drivers.mercury_itc import MercuryItc, MercuryItcLoop, MercuryItcSensor
from instruments.drivers.mfli import Mfli
from instruments.drivers.multipyvu import MultiPyVu
from instruments.drivers.multipyvu_magnet import MultiPyVuMagnet
from instruments.drivers.multipyvu_temperature import MultiPyVuLoop, MultiPyVuThermometer
from instruments.drivers.signal_recovery_7265 import CONNECTION as CONNECTION_7265
from instruments.drivers.signal_recovery_7265 import SignalRecovery7265
from instruments.drivers.source_meter_gate import SourceMeterGate, Terminals
from instruments.drivers.sr830 import Sr830
from instruments.drivers.sr860 import FOLLOWS_FULL_SCALE, Sr860, Sr865A
from instruments.drivers.switched_magnet import DEFAULT_SWITCH_TIME_S
from instruments.errors import ConfigurationError
from instruments.limits import GateLimits
from instruments.roles import Instrument, Scalar
from instruments.station import StationLimits, Wiring


@dataclass(frozen=True, slots=True)
class Request:
    """What a driver is made for: a role, its options, and the station around it."""

    role: str
    options: Mapping[str, Scalar]
    limits: StationLimits
    wiring: Wiring
    clock: Clock
    address: str = ""

    def option(self, name: str) -> Scalar:
        """An option that must be there.

        Raises:
            ConfigurationError: it is not.
        """
        if name not in self.options:
            raise ConfigurationError(f"the {self.role} needs the option {name!r}; nothing was opened")
        return self.options[name]


class Connection(Protocol):
    """What is open at an address."""

    def close(self) -> None:
        """Release it, leaving the instrument as it is."""
        ...


@dataclass(frozen=True, slots=True)
class Driver:
    """A driver: one ``connect`` per address, one ``play`` per role there.

    ``options`` says by role which options it needs; ``connection`` holds pymeasure's connection settings. What is
    ``on_data_server`` connects with a :class:`~instruments.data_server.DataServer` instead of an adapter.
    """

    options: Mapping[str, frozenset[str]]
    connection: Mapping[str, Any]
    connect: Callable[[Any, Request], Connection]
    play: Callable[[Any, Request], Instrument]
    on_data_server: bool = False

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles this driver can play, as :class:`~instruments.station.Station` names them."""
        return tuple(self.options)


def _itself(instrument: Any, _: Request) -> Instrument:  # noqa: ANN401  a driver that is its own role
    return instrument  # type: ignore[no-any-return]  # the table chose it by kind


def _mercury_ips(adapter: Adapter, request: Request) -> Checked:
    return MercuryIps(
        adapter,
        limits=request.limits.magnet,
        clock=request.clock,
        group=str(request.option("group")),
        has_switch=bool(request.option("switch")),
        switch_time_s=float(request.options.get("switch_time", DEFAULT_SWITCH_TIME_S)),
    )


def _mercury_itc_role(itc: MercuryItc, request: Request) -> Instrument:
    sensor = str(request.option("sensor"))
    if request.role == "temperature":
        heater = str(request.option("heater"))
        return MercuryItcLoop(itc, sensor=sensor, heater=heater, limits=request.limits.temperature)
    return MercuryItcSensor(itc, sensor=sensor, limits=request.limits.temperature)


def _ami_430(adapter: Adapter, request: Request) -> Checked:
    has_switch = bool(request.option("switch"))
    return Ami430(adapter, limits=request.limits.magnet, clock=request.clock, has_switch=has_switch)


def _itc_503_role(itc: Itc503, request: Request) -> Instrument:
    part = Itc503Loop if request.role == "temperature" else Itc503Sensor
    return part(itc, sensor=int(request.option("sensor")), limits=request.limits.temperature)


def _ips_120(adapter: Adapter, request: Request) -> Checked:
    return Ips120(
        adapter,
        limits=request.limits.magnet,
        clock=request.clock,
        has_switch=bool(request.option("switch")),
        switch_time_s=float(request.options.get("switch_time", DEFAULT_SWITCH_TIME_S)),
    )


def _cryomagnetics_4g(adapter: Adapter, request: Request) -> Checked:
    return Cryomagnetics4G(
        adapter,
        limits=request.limits.magnet,
        clock=request.clock,
        tesla_per_ampere=float(request.option("tesla_per_ampere")),
        has_switch=bool(request.option("switch")),
        switch_time_s=float(request.options.get("switch_time", DEFAULT_SWITCH_TIME_S)),
    )


def _multipyvu_role(multivu: MultiPyVu, request: Request) -> Instrument:
    if request.role == "magnet":
        return MultiPyVuMagnet(multivu, limits=request.limits.magnet)
    part = MultiPyVuLoop if request.role == "temperature" else MultiPyVuThermometer
    return part(multivu, limits=request.limits.temperature)


def _sr830(adapter: Adapter, request: Request) -> Checked:
    ballast_ohm = request.wiring.lock_in_ballast_ohm
    return Sr830(adapter, limits=request.limits.excitation, ballast_ohm=ballast_ohm)


def _signal_recovery_7265(adapter: Adapter, request: Request) -> Checked:
    ballast_ohm = request.wiring.lock_in_ballast_ohm
    return SignalRecovery7265(adapter, limits=request.limits.excitation, ballast_ohm=ballast_ohm)


def _sr860(kind: type[Sr860]) -> Callable[[Adapter, Request], Checked]:
    def connect(adapter: Adapter, request: Request) -> Checked:
        return kind(
            adapter,
            limits=request.limits.excitation,
            ballast_ohm=request.wiring.lock_in_ballast_ohm,
            input_range=str(request.options.get("input_range", FOLLOWS_FULL_SCALE)),
        )

    return connect


def _mfli(session: DataServer, request: Request) -> Connection:
    return Mfli(
        session,
        request.address,
        clock=request.clock,
        limits=request.limits.excitation,
        ballast_ohm=request.wiring.lock_in_ballast_ohm,
        input_mode=str(request.options.get("input", "differential")),
        reference_input=str(request.options.get("reference_input", "aux input 1")),
    )


def _keithley_6221(adapter: Adapter, request: Request) -> Checked:
    return Keithley6221(adapter, limits=request.limits.excitation)


def _keithley_6221_role(source: Keithley6221, request: Request) -> Instrument:
    return Keithley6221Delta(source) if request.role == "delta_meter" else source


def _lakeshore_336(name: str) -> Driver:
    """One of the models whose inputs have letters."""

    def play(bridge: LetteredLakeShore, request: Request) -> Instrument:
        channel, limits = str(request.option("channel")), request.limits.temperature
        if request.role != "temperature":
            return LakeShore336Sensor(bridge, channel=channel, limits=limits)
        return loop_for(bridge)(
            bridge,
            channel=channel,
            output=int(request.option("output")),
            range_index=range_index(request.option("range")),
            limits=limits,
        )

    options = {
        "temperature": frozenset({"channel", "output", "range"}),
        "sample_thermometer": frozenset({"channel"}),
    }
    return Driver(options, lakeshore.CONNECTION, lambda adapter, _: CONTROLLERS[name](adapter), play)


def _lakeshore_372_role(bridge: LakeShore372, request: Request) -> Instrument:
    channel = int(request.option("channel"))
    limits = request.limits.temperature
    if request.role == "temperature":
        return LakeShore372Loop(bridge, channel=channel, range_A=float(request.option("range")), limits=limits)
    return LakeShore372Sensor(bridge, channel=channel, limits=limits)


def _gate_limits(request: Request) -> GateLimits:
    if request.limits.gate is None:
        raise ConfigurationError("the gate needs limits (limits.gate); nothing was opened")
    return request.limits.gate


def _source_meter_gate(kind: type[SourceMeterGate]) -> Callable[[Keithley, Request], Instrument]:
    def play(meter: Keithley, request: Request) -> Instrument:
        terminals: Terminals = "rear" if request.options.get("terminals", "front") == "rear" else "front"
        return kind(meter, limits=_gate_limits(request), terminals=terminals)

    return play


def _gs200_role(source: Gs200, request: Request) -> Instrument:
    if request.role == "current_source":
        return Gs200Current(source, limits=request.limits.excitation)
    return Gs200Gate(source, limits=_gate_limits(request))


_NO_OPTIONS: frozenset[str] = frozenset()
_LOCK_IN_ROLES: Mapping[str, frozenset[str]] = {"lock_in": _NO_OPTIONS, "hall_lock_in": _NO_OPTIONS}
DRIVERS: Mapping[str, Driver] = {
    "mercury_ips": Driver({"magnet": frozenset({"group", "switch"})}, mercury.CONNECTION, _mercury_ips, _itself),
    "ami_430": Driver({"magnet": frozenset({"switch"})}, ami_430.CONNECTION, _ami_430, _itself),
    "ips_120": Driver({"magnet": frozenset({"switch"})}, oxford_legacy.CONNECTION, _ips_120, _itself),
    "cryomagnetics_4g": Driver(
        {"magnet": frozenset({"tesla_per_ampere", "switch"})},
        cryomagnetics_4g.CONNECTION,
        _cryomagnetics_4g,
        _itself,
    ),
    "multipyvu": Driver(
        dict.fromkeys(("magnet", "temperature", "sample_thermometer"), _NO_OPTIONS),
        multipyvu.CONNECTION,
        lambda adapter, _: MultiPyVu(adapter),
        _multipyvu_role,
    ),
    "mercury_itc": Driver(
        {"temperature": frozenset({"sensor", "heater"}), "sample_thermometer": frozenset({"sensor"})},
        mercury.CONNECTION,
        lambda adapter, _: MercuryItc(adapter),
        _mercury_itc_role,
    ),
    "itc_503": Driver(
        dict.fromkeys(("temperature", "sample_thermometer"), frozenset({"sensor"})),
        oxford_legacy.CONNECTION,
        lambda adapter, _: Itc503(adapter),
        _itc_503_role,
    ),
    **{name: _lakeshore_336(name) for name in CONTROLLERS},
    "lakeshore_372": Driver(
        {"temperature": frozenset({"channel", "heater", "range"}), "sample_thermometer": frozenset({"channel"})},
        lakeshore.CONNECTION,
        lambda adapter, _: LakeShore372(adapter),
        _lakeshore_372_role,
    ),
    "sr830": Driver(_LOCK_IN_ROLES, sr830.CONNECTION, _sr830, _itself),
    "signal_recovery_7265": Driver(_LOCK_IN_ROLES, CONNECTION_7265, _signal_recovery_7265, _itself),
    "sr860": Driver(_LOCK_IN_ROLES, sr860.CONNECTION, _sr860(Sr860), _itself),
    "sr865a": Driver(_LOCK_IN_ROLES, sr860.CONNECTION, _sr860(Sr865A), _itself),
    "mfli": Driver(_LOCK_IN_ROLES, {}, _mfli, _itself, on_data_server=True),
    "keithley_6221": Driver(
        dict.fromkeys(("current_source", "delta_meter"), _NO_OPTIONS),
        keithley.CONNECTION,
        _keithley_6221,
        _keithley_6221_role,
    ),
    "keithley_2182a": Driver(
        {"voltmeter": _NO_OPTIONS}, keithley.CONNECTION, lambda adapter, _: Keithley2182A(adapter), _itself
    ),
    "gs200": Driver(
        dict.fromkeys(("gate", "current_source"), _NO_OPTIONS),
        keithley.CONNECTION,
        lambda adapter, _: Gs200(adapter),
        _gs200_role,
    ),
    "keithley_2400": Driver(
        {"gate": _NO_OPTIONS},
        keithley.CONNECTION,
        lambda adapter, _: Keithley2400(adapter),
        _source_meter_gate(Keithley2400Gate),
    ),
    "keithley_2450": Driver(
        {"gate": _NO_OPTIONS},
        keithley.CONNECTION,
        lambda adapter, _: Keithley2450(adapter),
        _source_meter_gate(Keithley2450Gate),
    ),
}


def drivers_for(role: str) -> tuple[str, ...]:
    """Names of the drivers that can play a role, in alphabetical order."""
    return tuple(sorted(name for name, driver in DRIVERS.items() if role in driver.options))

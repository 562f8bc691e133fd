"""What measures the sample, in the catalogue: lock-ins, DC sources and meters, sources at the gate."""

from collections.abc import Callable, Mapping

from pymeasure.adapters import Adapter

from instruments.data_server import DataServer
from instruments.drivers import (
    keithley,
    sr830,
    sr860,
)
from instruments.drivers.checked import Checked
from instruments.drivers.entry import NO_OPTIONS, Connection, Driver, Request, itself
from instruments.drivers.gs200 import Gs200, Gs200Gate
from instruments.drivers.gs200_current import Gs200Current
from instruments.drivers.keithley import Keithley
from instruments.drivers.keithley_2182a import Keithley2182A
from instruments.drivers.keithley_2400 import Keithley2400, Keithley2400Gate
from instruments.drivers.keithley_2450 import Keithley2450, Keithley2450Gate
from instruments.drivers.keithley_6221 import Keithley6221
from instruments.drivers.keithley_6221_delta import Keithley6221Delta
from instruments.drivers.mfli import Mfli
from instruments.drivers.signal_recovery_7265 import CONNECTION as CONNECTION_7265
from instruments.drivers.signal_recovery_7265 import SignalRecovery7265
from instruments.drivers.source_meter_gate import SourceMeterGate, Terminals
from instruments.drivers.sr830 import Sr830
from instruments.drivers.sr860 import FOLLOWS_FULL_SCALE, Sr860, Sr865A
from instruments.errors import ConfigurationError
from instruments.limits import GateLimits
from instruments.roles import Instrument


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


_LOCK_IN_ROLES: Mapping[str, frozenset[str]] = {"lock_in": NO_OPTIONS, "hall_lock_in": NO_OPTIONS}
TRANSPORT: Mapping[str, Driver] = {
    "sr830": Driver(_LOCK_IN_ROLES, sr830.CONNECTION, _sr830, itself),
    "signal_recovery_7265": Driver(_LOCK_IN_ROLES, CONNECTION_7265, _signal_recovery_7265, itself),
    "sr860": Driver(_LOCK_IN_ROLES, sr860.CONNECTION, _sr860(Sr860), itself),
    "sr865a": Driver(_LOCK_IN_ROLES, sr860.CONNECTION, _sr860(Sr865A), itself),
    "mfli": Driver(_LOCK_IN_ROLES, {}, _mfli, itself, on_data_server=True),
    "keithley_6221": Driver(
        dict.fromkeys(("current_source", "delta_meter"), NO_OPTIONS),
        keithley.CONNECTION,
        _keithley_6221,
        _keithley_6221_role,
    ),
    "keithley_2182a": Driver(
        {"voltmeter": NO_OPTIONS}, keithley.CONNECTION, lambda adapter, _: Keithley2182A(adapter), itself
    ),
    "gs200": Driver(
        dict.fromkeys(("gate", "current_source"), NO_OPTIONS),
        keithley.CONNECTION,
        lambda adapter, _: Gs200(adapter),
        _gs200_role,
    ),
    "keithley_2400": Driver(
        {"gate": NO_OPTIONS},
        keithley.CONNECTION,
        lambda adapter, _: Keithley2400(adapter),
        _source_meter_gate(Keithley2400Gate),
    ),
    "keithley_2450": Driver(
        {"gate": NO_OPTIONS},
        keithley.CONNECTION,
        lambda adapter, _: Keithley2450(adapter),
        _source_meter_gate(Keithley2450Gate),
    ),
}

"""From a station's plan to open instruments that have said who they are.

The resource manager decides what is behind the addresses: real instruments through a VISA library, or a simulated
rack; nothing here knows which. Devices behind a data server are reached by their maker's library, unless the
manager's library reaches data servers itself.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Literal

import pyvisa
from pymeasure.adapters import VISAAdapter

from instruments.addresses import EXAMPLE, DeviceAddress, canonical, is_device_address
from instruments.clock import Clock
from instruments.data_server import LIBRARY_ERRORS, DataServer, ReachesDataServers, connect, real_reach
from instruments.drivers.catalogue import DRIVERS, drivers_for
from instruments.drivers.entry import Connection, Driver, Request
from instruments.errors import CommunicationError, ConfigurationError, FluxoidError
from instruments.roles import Instrument
from instruments.station import RIVALS, InstrumentPlan, Station, StationPlan

_LIBRARIES: Mapping[str, str] = {"visa": "@ivi", "pyvisa-py": "@py"}


def visa_library_for(backend: Literal["visa", "pyvisa-py"]) -> str:
    """pyvisa's name of a backend: the vendor's VISA library, or pyvisa-py.

    Raises:
        ConfigurationError: no such backend.
    """
    if backend not in _LIBRARIES:
        raise ConfigurationError(f"found backend {backend!r}; expected {' or '.join(_LIBRARIES)}")
    return _LIBRARIES[backend]


def resource_manager_for(backend: Literal["visa", "pyvisa-py"]) -> pyvisa.ResourceManager:
    """A resource manager for real instruments.

    Raises:
        ConfigurationError: no such backend, or its library is not installed on this computer.
    """
    library = visa_library_for(backend)
    try:
        with _quiet():
            return pyvisa.ResourceManager(library)
    except (ValueError, OSError, ImportError, pyvisa.errors.LibraryError) as error:
        other = next(name for name in _LIBRARIES if name != backend)
        raise ConfigurationError(
            f"backend {backend!r} is not installed on this computer; install it, or use {other!r}"
        ) from error


def open_station(plan: StationPlan, clock: Clock, resource_manager: pyvisa.ResourceManager) -> Station:
    """Open every instrument of a plan and ask each who it is; roles at one address share its connection.

    Nothing is set. When one fails, those already open are closed. ``contextlib.closing`` closes a station.

    Raises:
        ConfigurationError: an unknown driver, a role it cannot play, a missing option, or a library that a driver
            needs is not installed; nothing was opened.
        CommunicationError: an address that cannot be opened or does not answer.
        IdentityError: another model than declared answered.
    """
    _check(plan)
    reach = _reach_for(plan, resource_manager)
    with ExitStack() as opened:
        connections: dict[str, Connection] = {}
        roles: dict[str, Any] = {}
        for role, instrument_plan in plan.instruments.items():
            driver = DRIVERS[instrument_plan.driver]
            key = canonical(instrument_plan.address)
            request = Request(role, instrument_plan.options, plan.limits, plan.wiring, clock, key)
            if key not in connections:
                adapter = reach(role, instrument_plan, driver)
                connections[key] = driver.connect(adapter, request)
                opened.callback(_close_quietly, connections[key].close)
            roles[role] = driver.play(connections[key], request)
            _identify(role, roles[role])
        opened.pop_all()
    return Station(plan.name, clock, plan.limits, plan.wiring, **roles)


def _check(plan: StationPlan) -> None:
    problems = [problem for role, instrument in plan.instruments.items() for problem in _problems(role, instrument)]
    if not problems:
        problems = list(_clashes(plan))
    if problems:
        raise ConfigurationError(*problems)


def _clashes(plan: StationPlan) -> Iterator[str]:
    """What is declared at one address, and one instrument cannot be."""
    addresses = {role: canonical(instrument.address) for role, instrument in plan.instruments.items()}
    drivers: dict[str, str] = {}
    for role, instrument in plan.instruments.items():
        other = drivers.setdefault(addresses[role], instrument.driver)
        if other != instrument.driver:
            yield (
                f"{role}: driver {instrument.driver} at {instrument.address}, where {other} is declared too;"
                " expected one driver for one address"
            )
        elif addresses.get(RIVALS.get(role, "")) == addresses[role]:
            yield (
                f"{role}: found {instrument.address}, where the {RIVALS[role]} is declared too; expected another"
                " instrument: one cannot play both roles"
            )


def _problems(role: str, plan: InstrumentPlan) -> Iterator[str]:
    if plan.driver not in DRIVERS:
        yield f"{role}: found driver {plan.driver!r}; expected one of {', '.join(sorted(DRIVERS))}"
        return
    needed = DRIVERS[plan.driver].options
    if role not in needed:
        able = ", ".join(drivers_for(role)) or "no driver plays this role"
        yield f"{role}: driver {plan.driver} cannot play it; expected one of: {able}"
        return
    missing = sorted(needed[role] - plan.options.keys())
    if missing:
        yield f"{role}: driver {plan.driver} needs the option {', '.join(missing)}"
    if is_device_address(plan.address) is not DRIVERS[plan.driver].on_data_server:
        example = EXAMPLE if DRIVERS[plan.driver].on_data_server else "GPIB0::8::INSTR"
        yield f"{role}: found address {plan.address!r}; expected one for {plan.driver} such as {example}"
        return
    try:
        canonical(plan.address)
    except ConfigurationError as error:
        yield f"{role}: {error}"


def _reach_for(
    plan: StationPlan, manager: pyvisa.ResourceManager
) -> Callable[[str, InstrumentPlan, Driver], VISAAdapter | DataServer]:
    """How the instruments of a plan are opened, once everything that it takes is there."""
    visa = partial(_open, manager=manager)
    if not any(DRIVERS[instrument.driver].on_data_server for instrument in plan.instruments.values()):
        return visa
    own = manager.visalib
    servers = own.reach_data_server if isinstance(own, ReachesDataServers) else real_reach()

    def reach(role: str, plan: InstrumentPlan, driver: Driver) -> VISAAdapter | DataServer:
        if not driver.on_data_server:
            return visa(role, plan, driver)
        try:
            return connect(servers, DeviceAddress.parse(plan.address))
        except LIBRARY_ERRORS as error:
            reason = " ".join(str(error).partition(" [")[0].split())
            raise CommunicationError(
                f"{role}: {plan.address} ({plan.driver}) cannot be opened: {reason};"
                " check address, network and power"
            ) from error

    return reach


def _open(role: str, plan: InstrumentPlan, driver: Driver, manager: pyvisa.ResourceManager) -> VISAAdapter:
    try:
        with _quiet():
            return VISAAdapter(plan.address, visa_library=manager.visalib, **_fresh(driver.connection))
    except Exception as error:
        reason = error.description if isinstance(error, pyvisa.errors.VisaIOError) else " ".join(str(error).split())
        raise CommunicationError(
            f"{role}: {plan.address} ({plan.driver}) cannot be opened: {reason}; check address, cable and power"
        ) from error


def _fresh(connection: Mapping[str, Any]) -> dict[str, Any]:
    return {key: dict(value) if isinstance(value, Mapping) else value for key, value in connection.items()}


def _identify(role: str, instrument: Instrument) -> None:
    try:
        with _quiet():
            instrument.identify()
    except FluxoidError as error:
        raise type(error)(f"{role}: {error}") from error


def _close_quietly(close: Callable[[], None]) -> None:
    try:
        close()
    except FluxoidError as error:
        warnings.warn(f"a connection could not be closed: {error}", RuntimeWarning, stacklevel=2)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without pyvisa's remarks on optional packages, which are of no use to who runs an experiment."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield

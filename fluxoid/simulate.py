"""``fluxoid simulate``: a station's simulated instruments on this computer's network, until somebody stops it."""

import ipaddress
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from instruments.addresses import canonical, is_device_address
from instruments.clock import Clock, FastClock, RealClock
from instruments.simulation.server import RackServer, Served
from instruments.simulation.shared import TICK_S, SharedRack, TurnClock
from instruments.simulation.station_rack import specimen_and_orientation, station_rack
from instruments.station_file import StationFile, load_station
from instruments.yaml_lines import show_path

_LOOK_S = 0.5


def simulate(
    station: Path,
    sample: Path | None,
    orientation: str | None,
    *,
    seed: int,
    host: str,
    first_port: int,
    speed: float,
    say: Callable[[str], None],
    warn: Callable[[str], None],
    stopped: Callable[[float], bool] | None = None,
) -> None:
    """Serve until Ctrl-C; ``stopped`` waits so many seconds and tells whether to end instead.

    Raises:
        ConfigurationError: the files are wrong, or a port is taken; nothing is served.
    """
    file = load_station(station)
    specimen, direction = specimen_and_orientation(sample, orientation)
    clock: Clock = RealClock() if speed == 1.0 else FastClock(speed)
    turns = TurnClock(clock, TICK_S)
    rack = SharedRack(station_rack(file, specimen, direction, turns, seed), turns)
    with RackServer(rack.ports(), host, first_port) as server:
        if not _is_loopback(host):
            warn(f"served on {host}: every computer that reaches this one can use the rack; there is no password")
        say(f"{file.name}, simulated ({show_path(station)}), with {specimen.name} {direction} in the cryostat")
        for line in _lines(file, server.served):
            say(line)
        say("serving; Ctrl-C ends it")
        _wait(stopped)
    say("ended")


def _lines(file: StationFile, served: list[Served]) -> list[str]:
    roles: dict[str, list[str]] = {}
    drivers: dict[str, str] = {}
    for role, plan in file.plan().instruments.items():
        address = canonical(plan.address)
        roles.setdefault(address, []).append(role)
        drivers[address] = plan.driver
    longest = max((len(each.visa_address) for each in served), default=0)
    lines = [
        f"  {each.visa_address:<{longest}}  {drivers[each.address]}: {', '.join(roles[each.address])}"
        f" (in the station file {each.address})"
        for each in served
    ]
    return lines + [
        f"  {'not served':<{longest}}  {drivers[address]}: {', '.join(roles[address])}"
        f" (in the station file {address}): how its data server talks to programs is not public"
        for address in roles
        if is_device_address(address)
    ]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _wait(stopped: Callable[[float], bool] | None) -> None:
    if stopped is not None:
        while not stopped(_LOOK_S):
            pass
        return
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        while not ended.wait(_LOOK_S):  # in pieces, because on Windows a wait without end hears no Ctrl-C
            pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

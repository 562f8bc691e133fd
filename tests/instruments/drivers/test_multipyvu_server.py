"""The driver of a PPMS against Quantum Design's own simulated server, over a real socket and in real time.

Needs MultiPyVu (the extra ``foreign``). The server's simulated PPMS waits for a second before it moves.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import pyvisa

from instruments.clock import RealClock
from instruments.errors import CommunicationError, LimitError
from instruments.limits import ExcitationLimits, MagnetLimits, RampSegment, TemperatureLimits
from instruments.opening import open_station
from instruments.roles import MagnetState, ReadingFlag
from instruments.station import InstrumentPlan, Station, StationLimits, StationPlan, Wiring

pytest.importorskip("MultiPyVu", reason="MultiPyVu is not installed: pip install fluxoid[foreign]")

LIMITS = StationLimits(
    MagnetLimits(16.0, (RampSegment(14.0, 1.1), RampSegment(16.0, 0.6))),
    TemperatureLimits(1.9, 400.0, 20.0),
    ExcitationLimits(20e-3, 10.0),
    thermometer_accuracy_K=0.01,
    field_accuracy=1e-3,
)
ROLES = ("magnet", "temperature", "sample_thermometer")


#: The server in a process of its own: it shares its logging and its sockets' state with every client in its own.
#: Its ``open`` returns before its thread listens, it calls itself idle even earlier, and a connection made to find
#: out would be a client: so its socket tells.
SERVE = """
import socket, sys, threading, MultiPyVu
listening, listen = threading.Event(), socket.socket.listen
def listen_and_tell(self, *backlog):
    listen(self, *backlog)
    listening.set()
socket.socket.listen = listen_and_tell
server = MultiPyVu.Server(flags=["-s", "PPMS"], port=int(sys.argv[1]))
server.open()
if not listening.wait(30):
    sys.exit("the server does not listen")
print("ready", flush=True)
sys.stdin.read()
server.close()
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    directory = tmp_path_factory.mktemp("server")  # it writes its log where it stands
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(port)],
        cwd=directory,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        while "ready" not in (line := server.stdout.readline()):
            assert line, "the server ended before it was ready"
        try:
            yield f"TCPIP0::127.0.0.1::{port}::SOCKET"
        finally:
            server.stdin.close()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()


@pytest.fixture(scope="module")
def station(address: str) -> Iterator[Station]:
    plan = StationPlan(
        "PPMS", {role: InstrumentPlan("multipyvu", address, {}) for role in ROLES}, Wiring(1000.0), LIMITS
    )
    station = open_when_ready(plan)
    yield station
    assert station.close() == []


def open_when_ready(plan: StationPlan) -> Station:
    manager = pyvisa.ResourceManager("@py")
    return open_station(plan, RealClock(), manager)


def within(deadline_s: float, condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + deadline_s
    while time.monotonic() < end_s:
        if condition():
            return True
    return False


def test_it_says_who_it_is(station: Station) -> None:
    identity = station.identify()
    assert set(identity) == set(ROLES)
    assert identity["magnet"].model == "PPMS"
    assert identity["magnet"].firmware.startswith("MultiPyVu 3.")


def test_readings_and_snapshots(station: Station) -> None:
    assert station.magnet is not None
    assert station.sample_thermometer is not None
    assert station.magnet.status().state is MagnetState.HOLDING
    assert station.magnet.read_field() == 0.0
    reading = station.sample_thermometer.read_temperature()
    assert (reading.value, reading.flags) == (300.0, ReadingFlag.GOOD)
    assert station.snapshot()["temperature"]["set_point_K"] == 300.0


def test_no_question_is_lost_on_the_way(station: Station) -> None:
    """One that is lost costs the driver's whole timeout, 5 s, before it is asked again."""
    assert station.magnet is not None
    for _ in range(10):
        start_s = time.monotonic()
        station.magnet.read_field()
        assert time.monotonic() - start_s < 4.0


def test_limits_are_kept_here_because_the_server_has_none(station: Station) -> None:
    magnet: Any = station.magnet
    controller: Any = station.temperature
    with pytest.raises(LimitError, match="nothing was sent"):
        magnet.start_ramp(1e5, 0.5)
    with pytest.raises(LimitError, match="nothing was sent"):
        controller.start_ramp(1000.0, 5.0)
    assert controller.read_setpoint() == 300.0


def test_a_field_ramp_is_taken_moves_and_is_held(station: Station) -> None:
    """1.1 T/min is 183 Oe/s."""
    magnet: Any = station.magnet
    magnet.start_ramp(0.5, 1.1)
    assert within(5.0, lambda: magnet.status().state is MagnetState.RAMPING)
    assert within(5.0, lambda: magnet.read_field() > 0.005)
    magnet.make_safe()
    assert magnet.snapshot()["set_point_T"] < 0.4


def test_a_temperature_is_taken(station: Station) -> None:
    controller: Any = station.temperature
    controller.start_ramp(299.8, 20.0)
    assert controller.read_setpoint() == pytest.approx(299.8, abs=1e-6)
    assert controller.loop_is_on()
    assert within(5.0, lambda: controller.read_temperature().value < 300.0)
    controller.make_safe()


def test_a_second_client_is_told_so(station: Station, address: str) -> None:
    plan = StationPlan("PPMS", {"magnet": InstrumentPlan("multipyvu", address, {})}, Wiring(1000.0), LIMITS)
    with pytest.raises(CommunicationError, match="another client is connected"):
        open_when_ready(plan)
    assert station.identify()

"""A simulated rack over TCP: one port for each instrument, as raw sockets, for programs of any kind.

Every connection has buffers of its own; commands of all clients are done one after the other by the one instrument
behind them. An instrument that speaks frames and not lines (MultiPyVu) is told who sends them, and may hang up.
"""

import errno
import logging
import selectors
import socket
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from instruments.errors import ConfigurationError
from instruments.simulation.ports import Device, Port
from instruments.simulation.wire import SimulatorDefect

_CHUNK = 1 << 16
_GOOD_BYE_S = 2.0
_LAST_PORT = 65535
_EVERYWHERE = ("", "0.0.0.0", "::")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Served:
    """An instrument that is served: its address in the station file and where it is now."""

    address: str
    host: str
    port: int

    @property
    def visa_address(self) -> str:
        """Where a VISA program finds it; one that listens everywhere goes by the computer's name."""
        host = socket.gethostname() if self.host in _EVERYWHERE else self.host
        return f"TCPIP0::{host}::{self.port}::SOCKET"


class RackServer:
    """Serves instruments from its construction until :meth:`close`; a context manager.

    Args:
        instruments: by the addresses that the station file gives them.
        host: address of this computer to listen at; loopback is heard by no other computer.
        first_port: instruments get this one and those after it; 0 lets the system choose each.
    """

    def __init__(self, instruments: dict[str, Port], host: str = "127.0.0.1", first_port: int = 0) -> None:
        """Raises ConfigurationError when a port or the host cannot be had; nothing is served then."""
        self._listeners = _listen(host, _numbers(first_port, len(instruments)))
        self._lock = threading.Lock()
        self._clients: dict[socket.socket, threading.Thread] = {}
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._closing = False
        self.served: list[Served] = []
        for (address, port), listener in zip(instruments.items(), self._listeners, strict=True):
            self.served.append(Served(address, host, listener.getsockname()[1]))
            self._selector.register(listener, selectors.EVENT_READ, port)
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._accept, name="simulated rack", daemon=True)
        self._thread.start()

    def __enter__(self) -> "RackServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all clients and ports; commands under way are finished first."""
        self._closing = True
        self._wake.send(b"x")
        self._thread.join(_GOOD_BYE_S)
        with self._lock:
            clients = dict(self._clients)
        for client in clients:
            _hang_up(client)
        for thread in clients.values():
            thread.join(_GOOD_BYE_S)
        self._selector.close()
        for each in (*self._listeners, self._wake, self._woken):
            each.close()

    def _accept(self) -> None:
        while not self._closing:
            for key, _ in self._selector.select():
                if key.data is None:
                    self._woken.recv(_CHUNK)
                elif isinstance(key.fileobj, socket.socket):
                    self._admit(key.fileobj, key.data)

    def _admit(self, listener: socket.socket, port: Port) -> None:
        try:
            client, _ = listener.accept()
        except OSError:  # it left before it was let in
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        thread = threading.Thread(target=self._serve, args=(client, port), daemon=True)
        with self._lock:
            self._clients[client] = thread
        thread.start()

    def _serve(self, client: socket.socket, port: Port) -> None:
        device = Device(port, lines_end_with_message=False)
        try:
            _converse(client, device)
        except OSError as error:
            _log.debug("a client left: %s", error)
        except SimulatorDefect:
            _log.exception("a simulated instrument failed; its client was let go")
        finally:
            with self._lock:
                del self._clients[client]
            client.close()
            device.disconnect()


def _converse(client: socket.socket, device: Device) -> None:
    device.connect()
    _send_all(client, device)
    while not device.hung_up and (data := client.recv(_CHUNK)):
        device.write(data)
        _send_all(client, device)


def _send_all(client: socket.socket, device: Device) -> None:
    while (answer := device.read(_CHUNK, None)) is not None:
        client.sendall(answer[0])


def _numbers(first_port: int, count: int) -> Iterable[int]:
    if not 0 <= first_port <= _LAST_PORT or (first_port and first_port + count - 1 > _LAST_PORT):
        raise ConfigurationError(
            f"found ports from {first_port} for {count} instruments; expected 0 or ports from 1 to {_LAST_PORT}"
        )
    return range(first_port, first_port + count) if first_port else [0] * count


def _listen(host: str, ports: Iterable[int]) -> list[socket.socket]:
    listeners: list[socket.socket] = []
    try:
        for port in ports:
            listeners.append(_listener(host, port))
    except OSError as error:
        for listener in listeners:
            listener.close()
        reason = (error.strerror or str(error)).partition(" (while")[0].lower()
        taken = "; is another simulated rack served there? Choose others with --port-base"
        raise ConfigurationError(
            f"port {port} on {host} cannot be had: {reason}; nothing is served"
            + (taken if error.errno == errno.EADDRINUSE else "")
        ) from error
    return listeners


def _listener(host: str, port: int) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    return socket.create_server((host, port), family=family)


def _hang_up(client: socket.socket) -> None:
    try:
        client.shutdown(socket.SHUT_RDWR)
    except OSError as error:  # it has left already
        _log.debug("a client had left: %s", error)

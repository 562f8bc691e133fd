"""One simulated rack for several programs or threads: a turn at a time, and nobody waits for another's integration.

A box does one command at a time. While it lets time pass, as a voltmeter does over its integration time, the others
go on: whoever sleeps gives the turn away and takes it back afterwards.
"""

import math
import threading
from types import TracebackType

from instruments.addresses import DeviceAddress
from instruments.clock import Clock
from instruments.data_server import DataServer
from instruments.simulation.ports import Port
from instruments.simulation.rack import Rack

#: Racks in real time live in steps of this length, in their own seconds.
TICK_S = 1e-3


class TurnClock:
    """A clock whose ``with`` block is a turn. The cryostat and all instruments of a rack use the same one.

    In a turn time stands still, but for sleeping: one command sees one moment. Moments are multiples of ``tick_s``,
    so that programs which ask faster than that do not make the cryostat live through ever shorter steps; 0 leaves
    the time of the clock inside as it is.
    """

    def __init__(self, clock: Clock, tick_s: float = 0.0) -> None:
        self._clock = clock
        self._tick_s = tick_s
        self._turn = threading.Lock()
        self._owner: int | None = None
        self._moment_s = 0.0

    def now(self) -> float:
        """Seconds of the clock inside, or of the present turn's moment."""
        return self._moment_s if self._owner == threading.get_ident() else self._read()

    def unix_time(self) -> float:
        """Unix time of the clock inside."""
        return self._clock.unix_time()

    def sleep(self, duration_s: float) -> None:
        """Let time pass; a turn, if this thread has it, goes to others meanwhile."""
        if self._owner != threading.get_ident():
            self._clock.sleep(duration_s)
            return
        self._release()
        try:
            self._clock.sleep(duration_s)
        finally:
            self._acquire()

    def __enter__(self) -> None:
        self._acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def _acquire(self) -> None:
        self._turn.acquire()
        self._moment_s = self._read()
        self._owner = threading.get_ident()

    def _read(self) -> float:
        now_s = self._clock.now()
        return math.floor(now_s / self._tick_s) * self._tick_s if self._tick_s else now_s

    def _release(self) -> None:
        self._owner = None
        self._turn.release()


class SharedPort:
    """A box, one command at a time."""

    def __init__(self, port: Port, turns: TurnClock) -> None:
        self.terminator, self.line_end = port.terminator, port.line_end
        self.takes_bytes, self.greeting = port.takes_bytes, port.greeting
        self._port = port
        self._turns = turns
        self._busy = threading.Lock()

    def respond(self, line: bytes) -> bytes | None:
        """Act on one line when it is its turn."""
        with self._busy, self._turns:
            return self._port.respond(line)

    def clear(self) -> None:
        """Device clear."""
        with self._busy, self._turns:
            self._port.clear()

    def status_byte(self, reply_waiting: bool) -> int:
        """Serial poll, which a busy box answers too."""
        with self._turns:
            return self._port.status_byte(reply_waiting)


class SharedRack:
    """A rack whose boxes take turns; ``rack`` is the one behind, to inject faults into."""

    def __init__(self, rack: Rack, turns: TurnClock) -> None:
        """``turns`` must be the clock that the rack was built on."""
        self.rack = rack
        self.clock: Clock = turns
        self._ports: dict[str, Port] = {address: SharedPort(port, turns) for address, port in rack.ports().items()}

    def ports(self) -> dict[str, Port]:
        """Instruments by canonical VISA address."""
        return dict(self._ports)

    def reach_data_server(self, address: DeviceAddress) -> DataServer:
        """Data servers cannot take turns, and are not shared.

        Raises:
            ConnectionError: always.
        """
        raise ConnectionError(f"{address} is simulated for one program only")

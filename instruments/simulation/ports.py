"""Between a bus and a simulated instrument: bytes are collected into lines, replies wait to be read."""

import itertools
from collections import deque
from typing import Protocol

from pyvisa.constants import StatusCode

from instruments.simulation.wire import Block, Farewell, Sent

_REQUEST_BIT = 0x40
#: A line that does not end by then is forgotten, as an instrument's input buffer does.
LONGEST_LINE = 1 << 20


class Port(Protocol):
    """An instrument at an address, as this file needs it."""

    terminator: bytes
    #: What ends a line that is sent to it (a carriage return before a line feed is forgotten).
    line_end: bytes
    #: No lines: whatever is written is handed over as it comes, by connection, and replies go out as they are.
    takes_bytes: bool
    #: Sent to whoever opens a connection; empty for most.
    greeting: bytes

    def respond(self, line: bytes) -> bytes | None:
        """Act on one line; the reply without terminator, if any; one that needs none is a Block."""
        ...

    def clear(self) -> None:
        """Device clear."""
        ...

    def status_byte(self, reply_waiting: bool) -> int:
        """Serial poll."""
        ...


_connections = itertools.count(1)


class Device:
    """Buffers between pyvisa and one instrument; whole lines only, unless it takes bytes."""

    def __init__(self, port: Port, lines_end_with_message: bool) -> None:
        self._connection = next(_connections)
        self._port = port
        self._wants_service = False
        self._requests_service = False
        self._lines_end_with_message = lines_end_with_message
        self._input = b""
        self._output: deque[bytes] = deque()
        self.resource_name: str | None = None
        #: The instrument has closed the connection.
        self.hung_up = False

    def write(self, data: bytes) -> None:
        """Collect bytes and act on every complete line; except on a stream, the message's end ends a line too."""
        if self._port.takes_bytes:
            answer = self._port.respond(Sent(data, self._connection))
            self.hung_up |= isinstance(answer, Farewell)
            if answer:
                self._output.append(answer)
            return
        *lines, self._input = (self._input + data).split(self._port.line_end)
        if self._input and self._lines_end_with_message:
            lines.append(self._input)
            self._input = b""
        if len(self._input) > LONGEST_LINE:
            self._input = b""
        for line in lines:
            reply = self._port.respond(line.removesuffix(b"\r"))
            if reply is not None:
                self._output.append(reply if isinstance(reply, Block) else reply + self._port.terminator)

    def read(self, count: int, termchar: bytes | None) -> tuple[bytes, StatusCode] | None:
        """At most ``count`` bytes of the oldest reply, up to ``termchar`` if given; None when there is none."""
        if not self._output:
            return None
        message = self._output[0]
        end = len(message)
        status = StatusCode.success
        if termchar is not None and (found := message.find(termchar)) >= 0:
            end = found + 1
            status = StatusCode.success_termination_character_read
        if end > count:
            end, status = count, StatusCode.success_max_count_read
        if end == len(message):
            self._output.popleft()
        else:
            self._output[0] = message[end:]
        return message[:end], status

    def connect(self) -> "Device":
        """The buffers of a connection that was opened; the instrument may greet.

        Connections to one address share them, and on a stream nothing is left of an older one; an instrument that
        tells its connections apart has some for each.
        """
        if self._port.takes_bytes:
            return Device(self._port, self._lines_end_with_message)
        if not self._lines_end_with_message:
            self.clear()
        if self._port.greeting:
            self._output.append(self._port.greeting)
        return self

    def disconnect(self) -> None:
        """The connection was closed."""
        if self._port.takes_bytes:
            self._port.respond(Sent(b"", self._connection))

    def clear(self) -> None:
        """Device clear: both buffers, and the instrument's own parser."""
        self._input = b""
        self._output.clear()
        self._port.clear()

    def discard_output(self) -> None:
        """Forget replies that nobody read."""
        self._output.clear()

    def status_byte(self) -> int:
        """Serial poll; it takes a request for service back, and another reason must come for the next one."""
        byte = self._present_status()
        requested, self._requests_service = self._requests_service, False
        return byte & ~_REQUEST_BIT | (_REQUEST_BIT if requested else 0)

    def requests_service(self) -> bool:
        """Whether the SRQ line is pulled: a reason came up since the last serial poll."""
        self._present_status()
        return self._requests_service

    def _present_status(self) -> int:
        byte = self._port.status_byte(bool(self._output))
        wants = bool(byte & _REQUEST_BIT)
        if wants and not self._wants_service:
            self._requests_service = True
        self._requests_service &= wants
        self._wants_service = wants
        return byte

"""pyvisa over a simulated rack: the one file that knows pyvisa-sim's private hooks (written against 0.7.1).

pyvisa-sim builds its devices from YAML, splits a line at ``;``, reads byte by byte, and sleeps 10 ms at a time
while it waits for a reply that will never come. Here devices come from a rack, a line reaches the instrument
whole, a queued reply is handed over at once, and a read without reply times out on the rack's own clock: in
virtual time it costs nothing.

Any VISA program can use it::

    manager = open_resource_manager(rack)
    resource = manager.open_resource("GPIB0::8::INSTR")

An unchanged pymeasure driver takes the same address as ``adapter`` and the library as ``visa_library``::

    SR830("GPIB0::8::INSTR", visa_library=manager.visalib)

so that a simulated rack and a real one (``visa_library=""`` or ``"@py"``) differ in that one argument.
"""

import itertools
from collections import deque
from typing import Any, Protocol, SupportsInt

import pyvisa
from pyvisa import constants, errors
from pyvisa.constants import ResourceAttribute, StatusCode
from pyvisa.typing import VISARMSession, VISASession
from pyvisa_sim.devices import Devices
from pyvisa_sim.highlevel import SimVisaLibrary

from instruments.clock import Clock
from instruments.errors import ConfigurationError

_numbers = itertools.count(1)


class Port(Protocol):
    """An instrument at an address, as this file needs it."""

    terminator: bytes
    #: No lines: whatever is written is handed over as it comes, and replies go out as they are.
    takes_bytes: bool
    #: Sent to whoever opens a connection; empty for most.
    greeting: bytes

    def respond(self, line: bytes) -> bytes | None:
        """Act on one line; the reply without terminator, if any."""
        ...

    def clear(self) -> None:
        """Device clear."""
        ...

    def status_byte(self, reply_waiting: bool) -> int:
        """Serial poll."""
        ...


class RackLike(Protocol):
    """What this file needs of a rack."""

    clock: Clock

    def ports(self) -> dict[str, Port]:
        """Instruments by canonical VISA address."""
        ...


def canonical(address: str) -> str:
    """A VISA address in full: ``GPIB::8`` is ``GPIB0::8::INSTR``.

    Raises:
        ConfigurationError: not an address.
    """
    try:
        return pyvisa.rname.to_canonical_name(address)
    except (pyvisa.rname.InvalidResourceName, ValueError) as error:
        raise ConfigurationError(
            f"found address {address!r}; expected a VISA address such as GPIB0::8::INSTR"
        ) from error


class Device:
    """Buffers between pyvisa and one instrument; whole lines only, unless it takes bytes."""

    def __init__(self, port: Port, lines_end_with_message: bool) -> None:
        self._port = port
        self._lines_end_with_message = lines_end_with_message
        self._input = b""
        self._output: deque[bytes] = deque()
        self.resource_name: str | None = None

    def write(self, data: bytes) -> None:
        """Collect bytes and act on every complete line; except on a stream, the message's end ends a line too."""
        if self._port.takes_bytes:
            answer = self._port.respond(data)
            if answer:
                self._output.append(answer)
            return
        *lines, self._input = (self._input + data).split(b"\n")
        if self._input and self._lines_end_with_message:
            lines.append(self._input)
            self._input = b""
        for line in lines:
            reply = self._port.respond(line.removesuffix(b"\r"))
            if reply is not None:
                self._output.append(reply + self._port.terminator)

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

    def connect(self) -> None:
        """A connection was opened: on a stream nothing is left of an older one, and the instrument may greet."""
        if not self._lines_end_with_message:
            self.clear()
        if self._port.greeting:
            self._output.append(self._port.greeting)

    def clear(self) -> None:
        """Device clear: both buffers, and the instrument's own parser."""
        self._input = b""
        self._output.clear()
        self._port.clear()

    def discard_output(self) -> None:
        """Forget replies that nobody read."""
        self._output.clear()

    def status_byte(self) -> int:
        """Serial poll."""
        return self._port.status_byte(bool(self._output))


class RackVisaLibrary(SimVisaLibrary):
    """A VISA library whose instruments are those of one rack."""

    clock: Clock

    def _init(self) -> None:
        self.sessions: dict[int, Any] = {}
        self.devices = Devices()

    def attach(self, rack: RackLike) -> None:
        """Take the rack's clock and instruments."""
        self.clock = rack.clock
        for address, port in rack.ports().items():
            is_stream = address.endswith("SOCKET") or address.startswith("ASRL")
            self.devices.add_device(address, Device(port, lines_end_with_message=not is_stream))

    def open(
        self,
        session: VISARMSession,
        resource_name: str,
        access_mode: constants.AccessModes = constants.AccessModes.no_lock,
        open_timeout: SupportsInt = constants.VI_TMO_IMMEDIATE,
    ) -> tuple[VISASession, StatusCode]:
        """Open a session; the instrument may have something to say first."""
        opened, status = super().open(session, resource_name, access_mode, open_timeout)
        if opened in self.sessions:
            self.sessions[opened].device.connect()
        return opened, status

    def write(self, session: VISASession, data: bytes) -> tuple[int, StatusCode]:
        """Hand the bytes to the device; what fails there is raised as it is."""
        if session not in self.sessions:
            return 0, StatusCode.error_invalid_object
        self.sessions[session].device.write(data)
        return len(data), StatusCode.success

    def read(self, session: VISASession, count: int) -> tuple[bytes, StatusCode]:
        """The oldest reply, or, after the session's timeout on the rack's clock, a timeout."""
        if session not in self.sessions:
            return b"", StatusCode.error_invalid_object
        opened = self.sessions[session]
        attributes = opened.attrs
        termchar = None
        if attributes.get(ResourceAttribute.termchar_enabled):
            termchar = bytes((attributes[ResourceAttribute.termchar],))
        answer: tuple[bytes, StatusCode] | None = opened.device.read(count, termchar)
        if answer is not None:
            return answer
        timeout_ms, _ = opened.get_attribute(ResourceAttribute.timeout_value)
        if timeout_ms != constants.VI_TMO_INFINITE:
            self.clock.sleep(timeout_ms / 1000.0)
        raise errors.VisaIOError(constants.VI_ERROR_TMO)

    def clear(self, session: VISASession) -> StatusCode:
        """Device clear."""
        self.sessions[session].device.clear()
        return StatusCode.success

    def flush(self, session: VISASession, mask: constants.BufferOperation) -> StatusCode:
        """Discard unread replies when a read buffer is meant; writes are never held back."""
        read_buffers = (
            constants.BufferOperation.discard_read_buffer
            | constants.BufferOperation.discard_read_buffer_no_io
            | constants.BufferOperation.discard_receive_buffer
            | constants.BufferOperation.discard_receive_buffer2
        )
        if mask & read_buffers:
            self.sessions[session].device.discard_output()
        return StatusCode.success

    def read_stb(self, session: VISASession) -> tuple[int, StatusCode]:
        """Serial poll."""
        return self.sessions[session].device.status_byte(), StatusCode.success

    def assert_trigger(self, session: VISASession, protocol: constants.TriggerProtocol) -> StatusCode:
        """Group execute trigger, as ``*TRG``."""
        self.sessions[session].device.write(b"*TRG\n")
        return StatusCode.success


def open_resource_manager(rack: RackLike) -> pyvisa.ResourceManager:
    """A resource manager on a rack of its own.

    pyvisa keeps libraries by their path, so each call gets a path that no other has: state of one rack cannot
    reach another. (Never the path "unset": pymeasure closes the whole manager on it.)
    """
    library = RackVisaLibrary(f"simulated-rack-{next(_numbers)}")
    library.attach(rack)
    return pyvisa.ResourceManager(library)

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
import math
from typing import Any, Protocol, SupportsInt

import pyvisa
from pyvisa import constants, errors
from pyvisa.constants import ResourceAttribute, StatusCode
from pyvisa.typing import VISAEventContext, VISARMSession, VISASession
from pyvisa_sim.devices import Devices
from pyvisa_sim.highlevel import SimVisaLibrary

from instruments.addresses import DeviceAddress
from instruments.clock import Clock
from instruments.data_server import DataServer
from instruments.simulation.ports import Device, Port

_numbers = itertools.count(1)
#: While a request for service is awaited, the instrument is looked at so often.
_LOOK_S = 0.01


class RackLike(Protocol):
    """What this file needs of a rack."""

    clock: Clock

    def ports(self) -> dict[str, Port]:
        """Instruments by canonical VISA address."""
        ...

    def reach_data_server(self, address: DeviceAddress) -> DataServer:
        """A session with the data server there."""
        ...


class RackVisaLibrary(SimVisaLibrary):
    """A VISA library whose instruments are those of one rack."""

    clock: Clock
    _rack: RackLike

    def _init(self) -> None:
        self.sessions: dict[int, Any] = {}
        self.devices = Devices()
        self._awaited: set[tuple[VISASession, constants.EventType]] = set()

    def attach(self, rack: RackLike) -> None:
        """Take the rack's clock and instruments."""
        self.clock, self._rack = rack.clock, rack
        for address, port in rack.ports().items():
            is_stream = address.endswith("SOCKET") or address.startswith("ASRL")
            self.devices.add_device(address, Device(port, lines_end_with_message=not is_stream))

    def reach_data_server(self, address: DeviceAddress) -> DataServer:
        """A session with one of the rack's data servers; not VISA's business, but who opens a station asks here."""
        return self._rack.reach_data_server(address)

    def open(
        self,
        session: VISARMSession,
        resource_name: str,
        access_mode: constants.AccessModes = constants.AccessModes.no_lock,
        open_timeout: SupportsInt = constants.VI_TMO_IMMEDIATE,
    ) -> tuple[VISASession, StatusCode]:
        """Open a session; the instrument may have something to say first.

        Raises:
            VisaIOError: nothing is at this address, or it is none.
        """
        try:
            opened, status = super().open(session, resource_name, access_mode, open_timeout)
        except ValueError as error:  # pyvisa-sim has no sessions of this kind, so that nothing can be there
            raise errors.VisaIOError(StatusCode.error_resource_not_found) from error
        if status < 0:
            raise errors.VisaIOError(status)
        self.sessions[opened].device = self.sessions[opened].device.connect()
        return opened, status

    def close(self, session: VISASession | VISARMSession | VISAEventContext) -> StatusCode:
        """Close a session; the instrument may want to know."""
        device = getattr(self.sessions.get(session), "device", None)
        if device is not None:
            device.disconnect()
        status: StatusCode = super().close(session)
        return status

    def list_resources(self, session: VISARMSession, query: str = "?*::INSTR") -> tuple[str, ...]:
        """Addresses that match; none is no error."""
        return tuple(pyvisa.rname.filter(self.devices.list_resources(), query))

    def write(self, session: VISASession, data: bytes) -> tuple[int, StatusCode]:
        """Hand the bytes to the device; what fails there is raised as it is."""
        if session not in self.sessions:
            return 0, StatusCode.error_invalid_object
        device = self.sessions[session].device
        _check_connection(device)
        device.write(data)
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
        _check_connection(opened.device)
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

    def enable_event(
        self,
        session: VISASession,
        event_type: constants.EventType,
        mechanism: constants.EventMechanism,
        context: None = None,
    ) -> StatusCode:
        """Let requests for service be awaited; there are no other events, and no handlers.

        Raises:
            VisaIOError: another event, or another mechanism than the queue.
        """
        if event_type != constants.EventType.service_request:
            raise errors.VisaIOError(StatusCode.error_invalid_event)
        if mechanism != constants.EventMechanism.queue:
            raise errors.VisaIOError(StatusCode.error_nonsupported_mechanism)
        self._awaited.add((session, event_type))
        return StatusCode.success

    def disable_event(
        self, session: VISASession, event_type: constants.EventType, mechanism: constants.EventMechanism
    ) -> StatusCode:
        """Await no longer."""
        everything = event_type == constants.EventType.all_enabled
        self._awaited = {
            (of, event) for of, event in self._awaited if of != session or not (everything or event == event_type)
        }
        return StatusCode.success

    def discard_events(
        self, session: VISASession, event_type: constants.EventType, mechanism: constants.EventMechanism
    ) -> StatusCode:
        """Nothing is kept: a request lasts until the serial poll."""
        return StatusCode.success_queue_already_empty

    def wait_on_event(
        self, session: VISASession, in_event_type: constants.EventType, timeout: int | None
    ) -> tuple[constants.EventType, VISAEventContext, StatusCode]:
        """Wait until the instrument requests service, at most ``timeout`` ms on the rack's clock.

        Raises:
            VisaIOError: not enabled, or nothing came in time.
        """
        wanted = (constants.EventType.service_request, constants.EventType.all_enabled)
        if in_event_type not in wanted or (session, wanted[0]) not in self._awaited:
            raise errors.VisaIOError(StatusCode.error_not_enabled)
        device = self.sessions[session].device
        forever = timeout is None or timeout == constants.VI_TMO_INFINITE
        end_s = math.inf if forever else self.clock.now() + float(timeout or 0) / 1000.0
        while not device.requests_service():
            left_s = end_s - self.clock.now()
            if left_s <= 0:
                raise errors.VisaIOError(StatusCode.error_timeout)
            self.clock.sleep(min(left_s, _LOOK_S))
        return wanted[0], VISAEventContext(self._register(_Event())), StatusCode.success

    def assert_trigger(self, session: VISASession, protocol: constants.TriggerProtocol) -> StatusCode:
        """Group execute trigger, as ``*TRG``."""
        self.sessions[session].device.write(b"*TRG\n")
        return StatusCode.success


def _check_connection(device: Device) -> None:
    if device.hung_up:
        raise errors.VisaIOError(StatusCode.error_connection_lost)


class _Event:
    """What happened, for whoever asks."""

    def get_attribute(self, attribute: constants.EventAttribute) -> tuple[Any, StatusCode]:
        """Its type; there is nothing else to know."""
        if attribute == constants.EventAttribute.event_type:
            return constants.EventType.service_request, StatusCode.success
        return 0, StatusCode.error_nonsupported_attribute


def open_resource_manager(rack: RackLike) -> pyvisa.ResourceManager:
    """A resource manager on a rack of its own.

    pyvisa keeps libraries by their path, so each call gets a path that no other has: state of one rack cannot
    reach another. (Never the path "unset": pymeasure closes the whole manager on it.)
    """
    library = RackVisaLibrary(f"simulated-rack-{next(_numbers)}")
    library.attach(rack)
    return pyvisa.ResourceManager(library)

"""A rack of simulated instruments at VISA addresses, all on one cryostat, and the faults a test can give them."""

from collections.abc import Sequence

from instruments.addresses import DeviceAddress, canonical, is_device_address
from instruments.clock import Clock
from instruments.data_server import DataServer
from instruments.errors import ConfigurationError
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.faults import FaultyBox
from instruments.simulation.nodes import NodeBox, NodeSession
from instruments.simulation.ports import Port
from instruments.simulation.rack_builders import BUILDERS, build_mfli, site_at
from instruments.simulation.rack_instrument import Option, RackInstrument
from instruments.simulation.wire import WireInstrument

__all__ = ["Box", "Option", "Rack", "RackInstrument", "build_rack"]


class Box(FaultyBox[WireInstrument]):
    """An instrument on a bus, a serial line or a socket."""

    def __init__(self, instrument: WireInstrument) -> None:
        super().__init__(instrument)
        self.terminator = instrument.terminator
        self.line_end, self.takes_bytes, self.greeting = (
            instrument.line_end,
            instrument.takes_bytes,
            instrument.greeting,
        )

    def respond(self, line: bytes) -> bytes | None:
        """Pass a line to the instrument, and its reply through the injected faults."""
        if self._silent:
            return None
        reply = self.instrument.respond(line)
        if self._garbage is not None and reply is not None:
            reply, self._garbage = self._garbage, None
        return reply

    def clear(self) -> None:
        """Device clear."""
        self.instrument.clear()

    def status_byte(self, reply_waiting: bool) -> int:
        """Serial poll."""
        return self.instrument.status_byte(reply_waiting)

    def deny_next_set(self) -> None:
        """Refuse the next setting in the instrument's own words (DENIED, or an execution error)."""
        self.instrument.deny_next_set()


class Rack:
    """Boxes by address; each call of :func:`~instruments.simulation.visa.open_resource_manager` opens them."""

    def __init__(self, clock: Clock, cryostat: Cryostat, instruments: Sequence[RackInstrument]) -> None:
        """Raises ConfigurationError for an unknown driver, a missing option or two drivers at one address."""
        self.clock = clock
        self.cryostat = cryostat
        self._boxes: dict[str, Box | NodeBox] = {}
        by_address: dict[str, list[RackInstrument]] = {}
        for instrument in instruments:
            by_address.setdefault(canonical(instrument.address), []).append(instrument)
        for address, entries in by_address.items():
            site = site_at(clock, cryostat, address, entries)
            on_server = is_device_address(address)
            self._boxes[address] = NodeBox(build_mfli(site)) if on_server else Box(BUILDERS[site.driver](site))

    def ports(self) -> dict[str, Port]:
        """Instruments on buses, by canonical VISA address."""
        return {address: box for address, box in self._boxes.items() if isinstance(box, Box)}

    def reach_data_server(self, address: DeviceAddress) -> DataServer:
        """A session with the simulated data server at this host and port.

        Raises:
            ConnectionError: none is there.
        """
        boxes = {}
        for place, box in self._boxes.items():
            if isinstance(box, NodeBox):
                other = DeviceAddress.parse(place)
                if (other.host, other.port) == (address.host, address.port):
                    boxes[other.device] = box
        if not boxes:
            raise ConnectionError(f"no simulated data server at {address.host}:{address.port}")
        return NodeSession(boxes)

    def box(self, address: str) -> Box | NodeBox:
        """The box at an address, to inject faults into it.

        Raises:
            ConfigurationError: nothing is there.
        """
        box = self._boxes.get(canonical(address))
        if box is None:
            raise ConfigurationError(f"no simulated instrument at {address}; there are {', '.join(self._boxes)}")
        return box


def build_rack(clock: Clock, cryostat: Cryostat, instruments: Sequence[RackInstrument]) -> Rack:
    """A rack of these instruments on one cryostat and one clock (the cryostat must use the same clock)."""
    return Rack(clock, cryostat, instruments)

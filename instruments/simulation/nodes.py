"""Simulated devices behind a data server of Zurich Instruments: a tree of nodes, and sessions in this process.

How the server talks to its clients is not public, so that there are no bytes here: a session has the methods of the
maker's ``ziDAQServer`` and raises what its library raises (a RuntimeError, or a TimeoutError). Values that a node
does not have are brought to the nearest that it has, as the server does, which tells nobody; a node that there is
not, one that is read only and one of another type are refused. Node names know no capitals.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from instruments.clock import Clock
from instruments.simulation.faults import FaultyBox

#: How long the library waits for an answer.
_PATIENCE_S = 5.0
Value = int | float | str


class NodeError(RuntimeError):
    """What the data server refuses."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value of one type (int, float or str); without ``write`` it is read only."""

    kind: type[int] | type[float] | type[str]
    read: Callable[[], Value]
    write: Callable[[Any], None] | None = None


class NodeTree:
    """The nodes of one device, by their path below it; who listens is told of changes."""

    #: Nodes that are read as samples.
    streams: tuple[str, ...] = ()

    def __init__(self, device: str, model: str, clock: Clock, ticks_per_s: float) -> None:
        self.device, self.identity = device, model
        self.clock = clock
        self._ticks_per_s = ticks_per_s
        self._nodes: dict[str, Node] = {}
        self._listeners: list[Callable[[str, int, int], None]] = []
        self.tell("features/devtype", str, lambda: self.identity)
        self.tell("features/serial", str, lambda: device.removeprefix("dev"))
        self.tell("clockbase", float, lambda: ticks_per_s)
        self.tell("status/time", int, self.ticks)

    def commands(self) -> tuple[str, ...]:
        """Every node, as a path below the device."""
        return tuple(sorted(self._nodes))

    def settings(self) -> tuple[str, ...]:
        """Those that can be set."""
        return tuple(sorted(path for path, node in self._nodes.items() if node.write is not None))

    def refresh(self) -> None:
        """Bring the device to now; each device says how."""

    def ticks(self) -> int:
        """The device's time."""
        return round(self.clock.now() * self._ticks_per_s)

    def tell(self, path: str, kind: type[int] | type[float] | type[str], read: Callable[[], Value]) -> None:
        """Add a node that is read only."""
        self._nodes[path] = Node(kind, read)

    def knob(
        self,
        path: str,
        kind: type[int] | type[float],
        read: Callable[[], Value],
        write: Callable[[Any], None],
    ) -> None:
        """Add a node that does something when it is set."""
        self._nodes[path] = Node(kind, read, write)

    def get(self, path: str, kind: type) -> Value:
        """The value of a node of this type."""
        return self._node(path, kind).read()

    def put(self, path: str, kind: type, value: float) -> None:
        """Set a node of this type."""
        node = self._node(path, kind)
        if node.write is None:
            raise NodeError(f"Path /{self.device}/{path} is read-only")
        if not math.isfinite(value):
            raise NodeError(f"Path /{self.device}/{path} takes no {value}")
        node.write(value)

    def sample(self, path: str) -> Mapping[str, Any]:
        """The newest sample of one of :attr:`streams`."""
        raise NodeError(f"Path /{self.device}/{path} is no demodulator sample")

    def listen(self, listener: Callable[[str, int, int], None]) -> None:
        """Tell this one path, ticks and value of every change from now on."""
        self._listeners.append(listener)

    def forget(self, listener: Callable[[str, int, int], None]) -> None:
        """Tell this one no longer."""
        self._listeners.remove(listener)

    def publish(self, path: str, value: int) -> None:
        """A node has changed by itself."""
        for listener in self._listeners:
            listener(path, self.ticks(), value)

    def _node(self, path: str, kind: type) -> Node:
        node = self._nodes.get(path)
        if node is None:
            raise NodeError(f"Path /{self.device}/{path} not found")
        if node.kind is not kind:
            raise NodeError(f"Path /{self.device}/{path} holds {node.kind.__name__}, not {kind.__name__}")
        return node


class NodeBox(FaultyBox[NodeTree]):
    """A device of a data server."""

    def __init__(self, instrument: NodeTree) -> None:
        super().__init__(instrument)
        self._deny_next_set = False

    def answer(self) -> None:
        """Be there, and be at the present moment.

        Raises:
            TimeoutError: silent.
        """
        if self._silent:
            self.instrument.clock.sleep(_PATIENCE_S)
            raise TimeoutError("Timeout while waiting for an answer")
        self.instrument.refresh()

    def get(self, path: str, kind: type) -> Any:  # noqa: ANN401  (a value of the kind asked for)
        """A value, or what a fault makes of it: not a number, a number below all registers, other text."""
        self.answer()
        value = self.instrument.get(path, kind)
        garbage, self._garbage = self._garbage, None
        if garbage is None:
            return value
        return garbage.decode("latin-1") if kind is str else float("nan") if kind is float else -1

    def sample(self, path: str) -> Mapping[str, Any]:
        """A sample; garbled, one without values."""
        self.answer()
        sample = self.instrument.sample(path)
        garbage, self._garbage = self._garbage, None
        return sample if garbage is None else {}

    def put(self, path: str, kind: type, value: float) -> None:
        """Set a node."""
        self.answer()
        denied, self._deny_next_set = self._deny_next_set, False
        if not denied:
            self.instrument.put(path, kind, value)

    def deny_next_set(self) -> None:
        """Let the next setting have no effect."""
        self._deny_next_set = True

    def heal(self) -> None:
        """Undo every fault."""
        super().heal()
        self._deny_next_set = False


class NodeSession:
    """A client's session with a data server: the shape of ``zhinst.core.ziDAQServer``, as far as drivers need it.

    Args:
        boxes: the devices of the server by name.
    """

    def __init__(self, boxes: Mapping[str, NodeBox]) -> None:
        self._boxes = dict(boxes)
        self._subscribed: set[str] = set()
        self._events: dict[str, list[tuple[int, int]]] = {}
        self._open = True
        self._listeners = {device: partial(self._hear, device) for device in self._boxes}
        for device, box in self._boxes.items():
            box.instrument.listen(self._listeners[device])

    def getInt(self, path: str, /) -> int:
        """Value of a node of whole numbers."""
        box, node = self._find(path)
        return int(box.get(node, int))

    def getDouble(self, path: str, /) -> float:
        """Value of a node of numbers."""
        box, node = self._find(path)
        return float(box.get(node, float))

    def getString(self, path: str, /) -> str:
        """Value of a node of text; of the server itself only which devices it has reached."""
        if path.lower() == "/zi/devices/connected":
            self._answer()
            return ",".join(device.upper() for device in self._boxes)
        box, node = self._find(path)
        return str(box.get(node, str))

    def getSample(self, path: str, /) -> Mapping[str, Any]:
        """The newest sample of a demodulator, as arrays of length one."""
        box, node = self._find(path)
        return box.sample(node)

    def setInt(self, path: str, value: int, /) -> None:
        """Set a node of whole numbers."""
        box, node = self._find(path)
        box.put(node, int, int(value))

    def setDouble(self, path: str, value: float, /) -> None:
        """Set a node of numbers."""
        box, node = self._find(path)
        box.put(node, float, float(value))

    def sync(self) -> None:
        """Devices have here what was set as soon as it is set; what was kept for a poll is discarded."""
        self._answer()
        self._events.clear()

    def subscribe(self, path: str, /) -> None:
        """Keep changes of a node."""
        box, node = self._find(path)
        if node not in box.instrument.commands():
            raise NodeError(f"Path {path} not found")
        self._subscribed.add(path.lower())

    def poll(self, recording_time_s: float, timeout_ms: int, /, *, flat: bool) -> Mapping[str, Any]:
        """Changes since the last poll; time does not pass, because all that will come has come."""
        if not flat or recording_time_s < 0 or timeout_ms < 0:
            raise NodeError("only polls of flat dictionaries are simulated")
        self._answer()
        events, self._events = self._events, {}
        return {
            path: {"timestamp": np.array([t for t, _ in kept]), "value": np.array([v for _, v in kept])}
            for path, kept in events.items()
        }

    def connectDevice(self, dev: str, interface: Any, /) -> None:  # noqa: ANN401  (a Literal in the library)
        """All devices are connected; another one is not there."""
        if dev.lower() not in self._boxes:
            raise NodeError(f"Device {dev} is not visible to the data server on {interface}")

    def disconnect(self) -> None:
        """End the session."""
        if self._open:
            self._open = False
            for device, listener in self._listeners.items():
                self._boxes[device].instrument.forget(listener)

    def _hear(self, device: str, node: str, ticks: int, value: int) -> None:
        path = f"/{device}/{node}"
        if path in self._subscribed:
            self._events.setdefault(path, []).append((ticks, value))

    def _answer(self) -> None:
        if not self._open:
            raise ConnectionError("The session is closed")
        for box in self._boxes.values():
            box.answer()

    def _find(self, path: str) -> tuple[NodeBox, str]:
        if not self._open:
            raise ConnectionError("The session is closed")
        device, _, node = path.lower().removeprefix("/").partition("/")
        if device not in self._boxes:
            raise NodeError(f"Path {path} not found")
        return self._boxes[device], node

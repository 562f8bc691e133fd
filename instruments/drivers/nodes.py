"""Checked access to nodes of a device behind a data server: values are strict, broken sessions are our errors."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from instruments.addresses import DeviceAddress
from instruments.data_server import LIBRARY_ERRORS, DataServer
from instruments.errors import CommunicationError, IdentityError, RefusedError, ReplyError
from instruments.roles import Identity

#: A poll that finds no change returns after so long; longer than the way to an instrument in the same building.
_POLL_MS = 10


class NodeInstrument:
    """What drivers of such devices have in common, as :class:`~instruments.drivers.checked.Checked` has for VISA.

    Paths are those below the device: ``oscs/0/freq``.

    Args:
        session: a session with the data server, such as a ``zhinst.core.ziDAQServer``.
        address: where the server is, and the device.
    """

    MODELS: ClassVar[tuple[str, ...]]
    #: Nodes whose changes are kept between readings.
    WATCHED: ClassVar[tuple[str, ...]] = ()

    def __init__(self, session: DataServer, address: str) -> None:
        place = DeviceAddress.parse(address)
        self._session = session
        self._device = place.device
        self.address = str(place)
        self._watching = self._closed = self.isShutdown = False

    @property
    def description(self) -> str:
        """Driver and address, for messages."""
        return f"{type(self).__name__} at {self.address}"

    def identify(self) -> Identity:
        """Ask which device is there.

        Raises:
            IdentityError: another model.
        """
        model = self.get_text("features/devtype")
        if model not in self.MODELS:
            raise IdentityError(
                f"at {self.address} the station file declares a {' or '.join(self.MODELS)}; found {model!r} there"
            )
        return Identity(
            "Zurich Instruments", model, self._device, str(self.get_int("system/fwrevision", 0, 1 << 62))
        )

    def get_int(self, node: str, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``: a choice or a register.

        Raises:
            ReplyError: another one.
        """
        with self._translated(f"getInt {node}"):
            value = self._session.getInt(self._path(node))
        if not low <= value <= high:
            raise self._unexpected(node, value, f"a whole number from {low} to {high}")
        return value

    def get_float(self, node: str) -> float:
        """A finite number.

        Raises:
            ReplyError: none.
        """
        with self._translated(f"getDouble {node}"):
            value = self._session.getDouble(self._path(node))
        if not math.isfinite(value):
            raise self._unexpected(node, value, "a finite number")
        return value

    def get_text(self, node: str) -> str:
        """Text, without blanks around it."""
        with self._translated(f"getString {node}"):
            return str(self._session.getString(self._path(node))).strip()

    def get_sample(self, node: str, *names: str) -> list[float]:
        """The named numbers of the newest sample, all of one instant.

        Raises:
            ReplyError: one is missing, or none.
        """
        with self._translated(f"getSample {node}"):
            sample = self._session.getSample(self._path(node))
        return [self._last(node, sample, name) for name in names]

    def set_int(self, node: str, value: int) -> None:
        """Set a choice; :meth:`finish_setting` and a reading tell what became of it."""
        with self._translated(f"setInt {node} {value}"):
            self._session.setInt(self._path(node), value)

    def set_float(self, node: str, value: float) -> None:
        """Set a number."""
        with self._translated(f"setDouble {node} {value:g}"):
            self._session.setDouble(self._path(node), float(value))

    def finish_setting(self) -> None:
        """Return when the device has all that was set."""
        with self._translated("sync"):
            self._session.sync()

    def verify_int(self, node: str, wanted: int) -> None:
        """Read a choice back.

        Raises:
            RefusedError: it is another.
        """
        with self._translated(f"getInt {node}"):
            found = self._session.getInt(self._path(node))
        self._compare(node, wanted, found, 0.0)

    def verify_float(self, node: str, wanted: float, tolerance: float) -> None:
        """Read a number back.

        Raises:
            RefusedError: it is another.
        """
        self._compare(node, wanted, self.get_float(node), tolerance)

    def watch(self) -> None:
        """Let the server keep changes of the watched nodes, if it does not yet."""
        if self._watching:
            return
        for node in self.WATCHED:
            with self._translated(f"subscribe {node}"):
                self._session.subscribe(self._path(node))
        self._watching = True

    def changes(self) -> Mapping[str, Sequence[int]]:
        """Values that the watched nodes took since this was asked before, by node.

        Raises:
            ReplyError: the server gives something else.
        """
        self.watch()
        with self._translated("poll"):
            found = self._session.poll(0.0, _POLL_MS, flat=True)
        by_path = {str(path).lower(): events for path, events in found.items()}
        try:
            return {
                node: [int(value) for value in by_path.get(self._path(node), {"value": ()})["value"]]
                for node in self.WATCHED
            }
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise self._unexpected("poll", found, "values by node") from error

    def make_safe(self) -> None:
        """Bring the device to its safe state; each driver says how."""

    def shutdown(self) -> None:
        """pymeasure's name for :meth:`make_safe`."""
        self.make_safe()
        self.isShutdown = True

    def close(self) -> None:
        """End the session, leaving the device as it is."""
        if not self._closed:
            self._closed = True
            with self._translated("disconnect"):
                self._session.disconnect()

    def _path(self, node: str) -> str:
        return f"/{self._device}/{node}"

    def _last(self, node: str, sample: Mapping[str, Any], name: str) -> float:
        try:
            value = float(sample[name][-1])
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise self._unexpected(node, sample, f"a sample with {name}") from error
        if not math.isfinite(value):
            raise self._unexpected(node, value, f"a finite {name}")
        return value

    def _compare(self, node: str, wanted: float, found: float, tolerance: float) -> None:
        if not abs(found - wanted) <= tolerance * (1 + 1e-9):
            raise RefusedError(f"{self.description}: {node} was set to {wanted:g} and reads back {found:g}")

    def _unexpected(self, node: str, found: object, expected: str) -> ReplyError:
        return ReplyError(f"{self.description} answered {str(found)[:80]!r} to {node!r}; expected {expected}")

    @contextmanager
    def _translated(self, command: str) -> Iterator[None]:
        try:
            yield
        except LIBRARY_ERRORS as error:
            self._watching = False  # a session that broke keeps nothing for us
            words = " ".join(str(error).split()) or type(error).__name__
            if isinstance(error, TimeoutError):
                raise CommunicationError(
                    f"{self.description} did not answer in time ({words}); the command was {command!r}"
                ) from error
            if isinstance(error, OSError | EOFError):
                raise CommunicationError(
                    f"{self.description} is out of reach ({words}); the command was {command!r}"
                ) from error
            raise RefusedError(f"{self.description}: the data server says {words!r} to {command!r}") from error

"""Checked conversation for pymeasure instruments: replies are strict, broken lines are our errors."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pyvisa

from instruments.drivers.replies import Reply
from instruments.errors import CommunicationError, InstrumentError, ReplyError, RunStopped

_ATTEMPTS = 2
_DRAIN_MS = 50
_DRAINED_REPLIES = 16


class Checked:
    """Stands before a pymeasure Instrument in the bases of a driver and replaces how it talks.

    pymeasure's own conversions hand a string on when a reply is no number; drivers here therefore read
    through :meth:`query`, whose :class:`~instruments.drivers.replies.Reply` converts or raises. After an error
    the next command first discards what may still be under way, so that a late reply is never
    taken for the answer to another question.
    """

    MODELS: ClassVar[tuple[str, ...]]
    adapter: Any
    isShutdown: bool
    #: pymeasure searches a list of reserved names (of its dynamic properties) at every look-up of an attribute; no
    #: driver here reads such a name, and the plain look-up halves the time of a reading.
    __getattribute__ = object.__getattribute__
    _asked = ""
    _out_of_step = False

    @property
    def address(self) -> str:
        """The VISA address, or what stands in for one."""
        return str(getattr(self.adapter, "resource_name", None) or "an address unknown")

    @property
    def description(self) -> str:
        """Driver and address, for messages."""
        return f"{type(self).__name__} at {self.address}"

    def write(self, command: str, **kwargs: object) -> None:
        """Send a command.

        Raises:
            CommunicationError: the connection is gone.
        """
        with self._translated(command):
            if self._out_of_step:
                self._discard_pending()
            self.adapter.write(command, **kwargs)
        self._asked = command

    def read(self, **kwargs: object) -> str:
        """Read one reply.

        Raises:
            CommunicationError: no reply in time, or the connection is gone.
            ReplyError: the reply is not text.
        """
        with self._translated(self._asked):
            return str(self.adapter.read(**kwargs))

    def query(self, command: str) -> Reply:
        """Send a command and read its reply, white space and terminators around it removed."""
        self.write(command)
        return Reply(self.description, command, self.read().strip(), self.lose_step)

    def lose_step(self) -> None:
        """A reply was not what was expected: the next command starts clean."""
        self._out_of_step = True

    def make_safe(self) -> None:
        """Bring the instrument to its safe state; each driver says how."""

    def shutdown(self) -> None:
        """pymeasure's name for :meth:`make_safe`."""
        self.make_safe()
        self.isShutdown = True

    def close(self) -> None:
        """Release the connection, leaving the instrument as it is."""
        with self._translated("close"):
            self.adapter.close()

    @contextmanager
    def _translated(self, command: str) -> Iterator[None]:
        try:
            yield
        except UnicodeDecodeError as error:
            self.lose_step()
            raise ReplyError(
                f"{self.description} answered bytes that are no text to {command!r}: {error.object[:40]!r}"
            ) from error
        except pyvisa.errors.VisaIOError as error:
            self.lose_step()
            timed_out = error.error_code == pyvisa.constants.StatusCode.error_timeout
            what = "did not answer in time" if timed_out else f"is out of reach ({error.description})"
            raise CommunicationError(f"{self.description} {what}; the command was {command!r}") from error
        except (pyvisa.errors.InvalidSession, OSError, EOFError) as error:
            self.lose_step()
            raise CommunicationError(
                f"{self.description} is out of reach ({error}); the command was {command!r}"
            ) from error

    def _discard_pending(self) -> None:
        # pyvisa-py's clear and flush of a raw socket never return once the other side has closed it
        if self.address.upper().endswith("::SOCKET"):
            self._drain()
        else:
            try:
                self.adapter.connection.clear()
            except (pyvisa.errors.VisaIOError, NotImplementedError):
                self._drain()
        self._out_of_step = False

    def _drain(self) -> None:
        connection = self.adapter.connection
        usual_ms, connection.timeout = connection.timeout, _DRAIN_MS
        try:
            for _ in range(_DRAINED_REPLIES):
                connection.read_raw()
        except pyvisa.errors.VisaIOError as error:
            if error.error_code != pyvisa.constants.StatusCode.error_timeout:
                raise
        finally:
            connection.timeout = usual_ms


def insist(*actions: Callable[[], object]) -> None:
    """Do every action, for safe states: one that fails is tried once more and never keeps the rest from being done.

    Raises:
        InstrumentError: the first action that failed for good, once all have been tried.
    """
    failures: list[InstrumentError | RunStopped] = []
    for action in actions:
        failure = _tried(action)
        if failure is not None:
            failures.append(failure)
    if failures:
        for other in failures[1:]:
            failures[0].add_note(str(other))
        raise failures[0]


def _tried(action: Callable[[], object]) -> InstrumentError | RunStopped | None:
    failure: InstrumentError | RunStopped | None = None
    for _ in range(_ATTEMPTS):
        try:
            action()
        except (InstrumentError, RunStopped) as error:
            failure = error
        else:
            return None
    return failure


def fixed(value: float, decimals: int = 6) -> str:
    """A number in fixed point without needless zeros, for instruments that read no exponents."""
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be sent to an instrument")
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text

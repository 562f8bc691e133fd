"""What every simulated instrument has in common on the wire: one line of bytes in, at most one line out.

No sockets, no buffers, no terminators here: :mod:`instruments.simulation.visa` brings complete lines and takes
the reply. Two dialects are built on :class:`WireInstrument`: IEEE 488.2 with SCPI-like headers
(:mod:`instruments.simulation.wire_ieee`) and Oxford's colon-separated one
(:mod:`instruments.simulation.wire_mercury`). An instrument that speaks no lines ``takes_bytes``: it is given what
was sent as it was sent, by connection, and its reply goes out as it is.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar


class Block(bytes):
    """A reply of bytes that says itself how long it is: nothing ends it."""


class Sent(bytes):
    """What one of several connections sent to an instrument that tells them apart; nothing at all when it ended."""

    connection: int

    def __new__(cls, data: bytes, connection: int) -> "Sent":
        """The bytes, and the number of the connection."""
        sent = super().__new__(cls, data)
        sent.connection = connection
        return sent


class Farewell(bytes):
    """The last that is sent through a connection: the instrument closes it."""


class SimulatorDefect(RuntimeError):
    """A simulated instrument failed inside; deliberately not in the error tree, so that no driver catches it."""


class Refusal(Exception):
    """An instrument cannot or will not do a command: its error number and words, and the 488.2 event bit."""

    def __init__(self, code: int, words: str, event_bit: int) -> None:
        super().__init__(words)
        self.code = code
        self.words = words
        self.event_bit = event_bit


COMMAND_ERROR_BIT = 0x20
EXECUTION_ERROR_BIT = 0x10


def undefined_header() -> Refusal:
    """No such command."""
    return Refusal(-113, "Undefined header", COMMAND_ERROR_BIT)


def missing_parameter() -> Refusal:
    """A command came without the parameter it needs."""
    return Refusal(-109, "Missing parameter", COMMAND_ERROR_BIT)


def not_a_number() -> Refusal:
    """A parameter that should be a number is none."""
    return Refusal(-104, "Data type error", COMMAND_ERROR_BIT)


def out_of_range() -> Refusal:
    """A number outside the instrument's range; the setting stays as it was."""
    return Refusal(-222, "Parameter data out of range", EXECUTION_ERROR_BIT)


def illegal_value() -> Refusal:
    """A word that is not among the allowed ones."""
    return Refusal(-224, "Illegal parameter value", EXECUTION_ERROR_BIT)


def settings_conflict() -> Refusal:
    """Understood, but not possible in the present state."""
    return Refusal(-221, "Settings conflict", EXECUTION_ERROR_BIT)


class WireInstrument(ABC):
    """One instrument as the bus sees it. ``identity`` is its answer to ``*IDN?``, ``greeting`` what it sends to
    whoever connects."""

    takes_bytes: ClassVar[bool] = False
    line_end: ClassVar[bytes] = b"\n"
    greeting: bytes = b""

    def __init__(self, identity: str, terminator: bytes = b"\n") -> None:
        self.identity = identity
        self.terminator = terminator
        self._deny_next_set = False

    def respond(self, line: bytes) -> bytes | None:
        """Act on one line (without terminator) and give the reply line (without terminator), if any.

        Raises:
            SimulatorDefect: the model behind the wire failed; chained to what went wrong.
        """
        try:
            return self._answer_bytes(line)
        except Exception as error:
            # A backend takes some exceptions (AttributeError) for its own and reports a timeout instead.
            raise SimulatorDefect(f"{type(self).__name__} failed on {line!r}: {error!r}") from error

    def _answer_bytes(self, line: bytes) -> bytes | None:
        reply = self._answer(line.decode("ascii", "replace"))
        return None if reply is None else reply.encode("ascii", "replace")

    @abstractmethod
    def _answer(self, line: str) -> str | None:
        """Act on one decoded line."""

    @abstractmethod
    def commands(self) -> tuple[str, ...]:
        """Every command that is understood, as its manual writes it, without the values."""

    def clear(self) -> None:  # noqa: B027  (an instrument without an input parser of its own has nothing to do)
        """Device clear: forget a half-done exchange; settings stay."""

    def status_byte(self, reply_waiting: bool) -> int:
        """Serial poll; ``reply_waiting`` says whether a reply is in the output queue."""
        return 0x10 if reply_waiting else 0

    def deny_next_set(self) -> None:
        """Refuse the next setting, in the instrument's own words."""
        self._deny_next_set = True

    def _takes_denial(self) -> bool:
        denied, self._deny_next_set = self._deny_next_set, False
        return denied


def parse_float(text: str, low: float, high: float, words: Mapping[str, float] | None = None) -> float:
    """A number between ``low`` and ``high``, or one of ``words`` in capitals.

    Raises:
        Refusal: not a number, or out of range.
    """
    if words is not None and text.upper() in words:
        return words[text.upper()]
    try:
        value = float(text)
    except ValueError:
        raise not_a_number() from None
    if not low <= value <= high:
        raise out_of_range()
    return value


def parse_int(text: str, low: int, high: int) -> int:
    """A whole number (``2`` or ``2.0``) between ``low`` and ``high``.

    Raises:
        Refusal: not a number, not whole, or out of range.
    """
    value = parse_float(text, low, high)
    if value != int(value):
        raise not_a_number()
    return int(value)

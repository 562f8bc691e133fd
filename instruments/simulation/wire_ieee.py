"""IEEE 488.2 instruments with SCPI-like headers: command table, message parser, status and error queue.

A table maps patterns such as ``SENSe:VOLTage[:DC]:NPLCycles?`` to handlers; capitals are the short form, nodes
in brackets may be left out, case never matters. One line may chain commands with ``;``; its replies come back
as one line joined with ``;``. What cannot be understood gives no reply, a bit in ``*ESR?`` and an entry in the
error queue, and ends the line.
"""

import itertools
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from instruments.simulation.wire import (
    Refusal,
    WireInstrument,
    missing_parameter,
    parse_int,
    settings_conflict,
    undefined_header,
)


@dataclass(frozen=True, slots=True)
class Arguments:
    """Parameters of a command, as text; asking for one that did not come is the sender's error."""

    texts: tuple[str, ...] = ()

    def __getitem__(self, index: int) -> str:
        """One parameter; raises Refusal when it is missing."""
        if index >= len(self.texts):
            raise missing_parameter()
        return self.texts[index]

    def __len__(self) -> int:
        return len(self.texts)


Handler = Callable[[Arguments], str | None]

SCPI_HEADER = re.compile(r"(:?\*?[A-Za-z][A-Za-z0-9_:]*)\s*(\??)\s*(.*)", re.DOTALL)
"""Headers of colon-separated nodes; a parameter is set off by white space."""
MNEMONIC_HEADER = re.compile(r"(\*?[A-Za-z]+)\s*(\??)\s*(.*)", re.DOTALL)
"""Headers of letters only; a parameter may follow at once (``SENS14``, ``OUTP?1``)."""

_NODE = re.compile(r"(\[(?=:|[A-Za-z]))?:?(\*?[A-Za-z0-9]+)(?:\[(\d)\])?\]?")
_PARSED_LINES_KEPT = 2048
_ERRORS_KEPT = 10


def spellings(pattern: str) -> set[str]:
    """Every accepted spelling, in capitals, of a header pattern (without its ``?``).

    A number in brackets after a node (``SOURce[1]``) may be left out too.
    """
    choices = []
    for opening, name, number in _NODE.findall(pattern):
        forms = {name.upper(), "".join(c for c in name if not c.islower())}
        forms |= {form + number for form in forms}
        choices.append([f":{form}" for form in sorted(forms)] + ([""] if opening else []))
    return {"".join(path).removeprefix(":") for path in itertools.product(*choices)}


@dataclass(frozen=True, slots=True)
class Call:
    """One parsed command; ``handler`` is None when the table has no such header."""

    handler: Handler | None
    arguments: Arguments
    is_query: bool


class CommandTable:
    """Handlers by header, and the parser of whole lines; parsed lines are kept, because polling repeats them."""

    def __init__(self, header: re.Pattern[str]) -> None:
        self._header = header
        self._handlers: dict[str, Handler] = {}
        self._parsed: dict[str, tuple[Call, ...]] = {}
        self._patterns: dict[str, None] = {}  # a set that keeps its order

    @property
    def patterns(self) -> tuple[str, ...]:
        """What is bound, in the order of binding."""
        return tuple(self._patterns)

    def add(self, pattern: str, handler: Handler) -> None:
        """Bind a pattern; one that ends in ``?`` is a query."""
        self._patterns[pattern] = None
        query = "?" if pattern.endswith("?") else ""
        for spelling in spellings(pattern.removesuffix("?")):
            self._handlers[spelling + query] = handler

    def parse(self, line: str) -> tuple[Call, ...]:
        """Commands of one line, in order; empty parts vanish."""
        calls = self._parsed.get(line)
        if calls is None:
            if len(self._parsed) >= _PARSED_LINES_KEPT:
                self._parsed.clear()
            calls = self._parsed[line] = tuple(self._calls(line))
        return calls

    def _calls(self, line: str) -> list[Call]:
        calls = []
        path = ""
        for part in split_outside_quotes(line):
            match = self._header.fullmatch(part.strip())
            if match is None:
                if part.strip():
                    calls.append(Call(None, Arguments(), is_query=False))
                continue
            header, query, rest = match.groups()
            header = header.upper()
            absolute = header.startswith((":", "*"))  # else relative to the command before it
            full = header.removeprefix(":") if absolute else path + header
            if not full.startswith("*"):
                path = full.rpartition(":")[0] + ":" if ":" in full else ""
            arguments = Arguments(tuple(text.strip() for text in rest.split(",")) if rest.strip() else ())
            calls.append(Call(self._handlers.get(full + query), arguments, bool(query)))
        return calls


def split_outside_quotes(line: str) -> list[str]:
    """Parts of a line between the ``;`` that are not inside single or double quotes."""
    if '"' not in line and "'" not in line:
        return line.split(";")
    return re.findall(r"""(?:[^;"']|"[^"]*"|'[^']*'|["'])+""", line)


class IeeeInstrument(WireInstrument):
    """Command table, standard event register, error queue and the commands every 488.2 instrument has."""

    def __init__(self, identity: str, header: re.Pattern[str], terminator: bytes = b"\n") -> None:
        super().__init__(identity, terminator)
        self.table = CommandTable(header)
        self.events = 0x80  # power on
        self.event_enable = 0
        self.request_enable = 0
        self.errors: deque[Refusal] = deque()
        self.settings: dict[str, str] = {}
        self._defaults: dict[str, str] = {}
        self._add_common_commands()

    def commands(self) -> tuple[str, ...]:
        """The patterns of the table."""
        return self.table.patterns

    def _answer(self, line: str) -> str | None:
        replies: list[str] = []
        for call in self.table.parse(line):
            try:
                reply = self._run(call)
            except Refusal as refusal:
                self._record(refusal)
                break
            if reply is not None:
                replies.append(reply)
        return ";".join(replies) if replies else None

    def _run(self, call: Call) -> str | None:
        if call.handler is None:
            raise undefined_header()
        if self._deny_next_set and not call.is_query and self._takes_denial():
            raise settings_conflict()
        return call.handler(call.arguments)

    def _record(self, refusal: Refusal) -> None:
        self.events |= refusal.event_bit
        if len(self.errors) < _ERRORS_KEPT:
            self.errors.append(refusal)
        else:
            self.errors[-1] = Refusal(-350, "Queue overflow", refusal.event_bit)

    def add_setting(self, pattern: str, default: str, check: Callable[[str], str]) -> None:
        """A register that is only stored: set, query, and its reset value.

        ``check`` turns the parameter into the text that the query answers, or raises :class:`Refusal`.
        """
        self._defaults[pattern] = self.settings[pattern] = default

        def store(arguments: Arguments) -> None:
            self.settings[pattern] = check(arguments[0])

        self.table.add(pattern, store)
        self.table.add(pattern + "?", lambda _: self.settings[pattern])

    def add_action(self, pattern: str, action: Callable[[], None]) -> None:
        """A command without parameter or reply."""
        self.table.add(pattern, lambda _: action())

    def add_query(self, pattern: str, query: Callable[[], str]) -> None:
        """A query without parameter."""
        self.table.add(pattern, lambda _: query())

    def next_error(self) -> str:
        """Oldest entry of the error queue, which forgets it."""
        if not self.errors:
            return '0,"No error"'
        refusal = self.errors.popleft()
        return f'{refusal.code},"{refusal.words}"'

    def reset(self) -> None:
        """``*RST``: settings back to their defaults; status and error queue stay."""
        self.settings.update(self._defaults)

    def clear_status(self) -> None:
        """``*CLS``: event registers and error queue."""
        self.events = 0
        self.errors.clear()

    def status_byte(self, reply_waiting: bool) -> int:
        """488.2 summary: error available (4), message available (16), event summary (32), request (64)."""
        byte = (4 if self.errors else 0) | (16 if reply_waiting else 0)
        byte |= 32 if self.events & self.event_enable else 0
        return byte | (64 if byte & self.request_enable else 0)

    def read_events(self, arguments: Arguments) -> str:
        """``*ESR?``: the events since the last read, which clears them; with a number, one bit only."""
        return self._latched("events", arguments)

    def _latched(self, register: str, arguments: Arguments) -> str:
        value: int = getattr(self, register)
        if not len(arguments):
            setattr(self, register, 0)
            return str(value)
        bit = parse_int(arguments[0], 0, 7)
        setattr(self, register, value & ~(1 << bit))
        return str(value >> bit & 1)

    def _add_common_commands(self) -> None:
        add = self.table.add
        add("*IDN?", lambda _: self.identity)
        add("*ESR?", self.read_events)
        add("*STB?", lambda a: self._one_bit(self.status_byte(reply_waiting=False), a))
        self.add_action("*CLS", self.clear_status)
        self.add_action("*RST", self.reset)
        for pattern, register in (("*ESE", "event_enable"), ("*SRE", "request_enable")):
            self.add_mask(pattern, register)
        self.add_action("*OPC", self._operation_complete)
        add("*OPC?", lambda _: "1")
        add("*TST?", lambda _: "0")
        add("*OPT?", lambda _: "0")
        self.add_action("*WAI", lambda: None)
        self.add_action("*TRG", lambda: None)

    def add_mask(self, pattern: str, register: str) -> None:
        """An enable register held in the attribute ``register``: ``*ESE 32``, ``ERRE 5,1`` (one bit), ``*ESE?``."""

        def store(arguments: Arguments) -> None:
            if len(arguments) == 2:
                bit = 1 << parse_int(arguments[0], 0, 7)
                kept: int = getattr(self, register) & ~bit
                setattr(self, register, kept | (bit if parse_int(arguments[1], 0, 1) else 0))
            else:
                setattr(self, register, parse_int(arguments[0], 0, 255))

        self.table.add(pattern, store)
        self.table.add(pattern + "?", lambda a: self._one_bit(getattr(self, register), a))

    @staticmethod
    def _one_bit(value: int, arguments: Arguments) -> str:
        return str(value >> parse_int(arguments[0], 0, 7) & 1) if len(arguments) else str(value)

    def _operation_complete(self) -> None:
        self.events |= 1

"""Oxford's Mercury dialect: colon-separated nouns, case-sensitive and exact, every line answered.

``READ:<path>`` is answered ``STAT:<path>:<value>``, ``SET:<path>:<value>`` with
``STAT:SET:<path>:<value>:VALID`` or ``...:INVALID`` or ``...:DENIED``. A term that cannot be interpreted is
echoed up to and including itself, followed by ``INVALID``; an unknown device gives ``NOT_FOUND``.
Source: MercuryiPS manual (Issue 14) and MercuryiTC manual (Issue 05), command reference.
"""

from collections.abc import Callable

from instruments.simulation.wire import Refusal, WireInstrument

Reader = Callable[[], str]
Writer = Callable[[str], str]
"""Takes the value's text, acts, and gives the text of what was set; raises Refusal."""

_LONGEST_LINE = 1024


def invalid() -> Refusal:
    """The value cannot be interpreted or lies outside the instrument's range."""
    return Refusal(0, "INVALID", 0)


def denied() -> Refusal:
    """Understood, but not permitted now."""
    return Refusal(0, "DENIED", 0)


def fixed(value: float, unit: str = "", digits: int = 4) -> str:
    """A number as a Mercury writes it: fixed point with its unit, never an exponent."""
    return f"{value:.{digits}f}{unit}"


def number(text: str, low: float, high: float) -> float:
    """A plain number within the range.

    Raises:
        Refusal: INVALID.
    """
    try:
        value = float(text)
    except ValueError:
        raise invalid() from None
    if not low <= value <= high:
        raise invalid()
    return value


def word(text: str, *allowed: str) -> str:
    """One of the allowed words, exactly.

    Raises:
        Refusal: INVALID.
    """
    if text not in allowed:
        raise invalid()
    return text


class MercuryInstrument(WireInstrument):
    """Readers and writers by path. ``uids`` are the devices that exist."""

    def __init__(self, identity: str, terminator: bytes = b"\n") -> None:
        super().__init__(identity, terminator)
        self.uids: set[str] = set()
        self._readers: dict[str, Reader] = {}
        self._writers: dict[str, Writer] = {}
        self._known: set[str] = set()

    def add(self, path: str, reader: Reader, writer: Writer | None = None) -> None:
        """Bind a noun path; without ``writer`` it is read-only."""
        self._readers[path] = reader
        if writer is not None:
            self._writers[path] = writer
        nouns = path.split(":")
        self._known.update(":".join(nouns[:count]) for count in range(1, len(nouns) + 1))
        if nouns[0] == "DEV":
            self.uids.add(nouns[1])

    def commands(self) -> tuple[str, ...]:
        """``READ:<path>`` and ``SET:<path>``."""
        return ("*IDN?", *(f"READ:{path}" for path in self._readers), *(f"SET:{path}" for path in self._writers))

    def _answer(self, line: str) -> str | None:
        if line.startswith("READ:") and len(line) < _LONGEST_LINE:
            return self._read(line[5:])
        if line.startswith("SET:") and len(line) < _LONGEST_LINE:
            return self._set(line[4:])
        if line == "*IDN?":
            return self.identity
        return f"{line.partition(':')[0]}:INVALID" if line else None

    def _read(self, path: str) -> str:
        reader = self._readers.get(path)
        return f"STAT:{path}:{reader()}" if reader is not None else self._not_understood("READ", path)

    def _set(self, noun_and_value: str) -> str:
        path, _, text = noun_and_value.rpartition(":")
        writer = self._writers.get(path)
        if writer is None:
            if path in self._readers:
                return f"STAT:SET:{noun_and_value}:INVALID"
            return self._not_understood("SET", path)
        try:
            if self._deny_next_set and self._takes_denial():
                raise denied()
            return f"STAT:SET:{path}:{writer(text)}:VALID"
        except Refusal as refusal:
            return f"STAT:SET:{noun_and_value}:{refusal.words}"

    def _not_understood(self, verb: str, path: str) -> str:
        nouns = path.split(":")
        if nouns[0] == "DEV" and len(nouns) > 1 and nouns[1] not in self.uids:
            return "NOT_FOUND"
        for count in range(1, len(nouns) + 1):
            if ":".join(nouns[:count]) not in self._known:
                return f"{verb}:{':'.join(nouns[:count])}:INVALID"
        return f"{verb}:{path}:INVALID"

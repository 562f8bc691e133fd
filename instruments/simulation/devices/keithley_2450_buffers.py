"""Reading buffers of a Keithley 2450: what is kept of each reading, and how its elements are written.

Source: Model 2450 reference manual (2450-901-01), :TRACe commands, and that of the 2461 where it says more; how
elements are written, from an exchange with a real one (QCoDeS's example). The default buffers hold 100 000 readings
(10 000 with the first firmware) and forget the oldest when full; one that a program makes fills once. Index 1 is
the oldest reading that is left.
"""

import math
import statistics
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from instruments.simulation.wire import COMMAND_ERROR_BIT, Refusal, out_of_range, parse_int

DEFAULT_BUFFERS = ("defbuffer1", "defbuffer2")
DEFAULT_CAPACITY, LEAST_CAPACITY, MOST_CAPACITY = 100_000, 10, 6_875_000
STYLES = ("COMPact", "STANdard", "FULL")
MOST_ELEMENTS = 14
_UNITS = {"VOLT": "Volt DC", "CURR": "Amp DC", "RES": "Ohm"}
_SYMBOLS = {"VOLT": "V", "CURR": "A", "RES": "Ohm"}
_PREFIXES = {6: "M", 3: "k", 0: "", -3: "m", -6: "u", -9: "n", -12: "p"}
_MEASURE_DIGITS, _SOURCE_DIGITS = 6, 7
_DISPLAY_LIMIT = 9e37


def unknown_name(position: int) -> Refusal:
    """A parameter that should be one of some names is none."""
    words = f"Parameter {position}, Syntax error, expected valid name parameters"
    return Refusal(1133, words, COMMAND_ERROR_BIT)


@dataclass(frozen=True, slots=True)
class Measured:
    """One quantity: function (VOLT, CURR, RES), value in V, A or Ohm, range it was measured on."""

    function: str
    value: float
    range: float

    def displayed(self, digits: int) -> str:
        """As at the front panel: ``-016.084 nA``."""
        if abs(self.value) > _DISPLAY_LIMIT:
            return "Overflow"
        exponent = min(max(3 * math.floor(math.log10(self.range) / 3 + 1e-9), -12), 6)
        before = len(str(round(self.range / 10.0**exponent)))
        number = f"{self.value / 10.0**exponent:+0{digits + 2}.{digits - before}f}"
        return f"{number} {_PREFIXES[exponent]}{_SYMBOLS[self.function]}"


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading with its source value, their status bits, and when it was taken (Unix time)."""

    measured: Measured
    source: Measured
    status: int
    source_status: int
    unix_s: float

    @property
    def date(self) -> datetime:
        """When, on the instrument's clock."""
        return datetime.fromtimestamp(self.unix_s, UTC)


def _fraction(reading: Reading) -> float:
    return reading.unix_s - math.floor(reading.unix_s)


def _number(value: float) -> str:
    return f"{value:.6E}"


_ELEMENTS: Mapping[str, Callable[[Reading, float], str]] = {
    "DATE": lambda r, _: r.date.strftime("%m/%d/%Y"),
    "FORMatted": lambda r, _: r.measured.displayed(_MEASURE_DIGITS),
    "FRACtional": lambda r, _: _number(_fraction(r)),
    "READing": lambda r, _: _number(r.measured.value),
    "RELative": lambda r, start_s: _number(r.unix_s - start_s),
    "SEConds": lambda r, _: str(math.floor(r.unix_s)),
    "SOURce": lambda r, _: _number(r.source.value),
    "SOURFORMatted": lambda r, _: r.source.displayed(_SOURCE_DIGITS),
    "SOURSTATus": lambda r, _: _number(float(r.source_status)),
    "SOURUNIT": lambda r, _: _UNITS[r.source.function],
    "STATus": lambda r, _: _number(float(r.status)),
    "TIME": lambda r, _: r.date.strftime("%H:%M:%S"),
    "TSTamp": lambda r, _: r.date.strftime("%m/%d/%Y %H:%M:%S.") + f"{_fraction(r):.9f}"[2:],
    "UNIT": lambda r, _: _UNITS[r.measured.function],
}
_SPELLED = {
    spelling: name
    for name in _ELEMENTS
    for spelling in (name.upper(), "".join(letter for letter in name if not letter.islower()))
}


def elements_of(texts: tuple[str, ...], position: int) -> tuple[str, ...]:
    """Names of the elements that are asked for; the reading alone when none are.

    Raises:
        Refusal: not an element, or too many; ``position`` is the parameter that the first of them is.
    """
    if len(texts) > MOST_ELEMENTS:
        raise out_of_range()
    names = tuple(_SPELLED.get(text.upper(), "") for text in texts)
    if "" in names:
        raise unknown_name(position + names.index(""))
    return names or ("READing",)


@dataclass(slots=True)
class ReadingBuffer:
    """Readings in the order they were taken."""

    capacity: int
    continuous: bool
    readings: deque[Reading] = field(default_factory=deque)
    start_s: float = 0.0

    def store(self, reading: Reading) -> None:
        """Keep a reading; a full buffer forgets its oldest one, or does not take it when it fills once."""
        if not self.readings:
            self.start_s = reading.unix_s
        if len(self.readings) >= self.capacity:
            if not self.continuous:
                return
            self.readings.popleft()
        self.readings.append(reading)

    def resize(self, capacity: int) -> None:
        """Another capacity; the readings are lost."""
        self.capacity = capacity
        self.readings.clear()

    def written(self, reading: Reading, names: tuple[str, ...]) -> str:
        """Elements of a reading."""
        return ",".join(_ELEMENTS[name](reading, self.start_s) for name in names)

    def last(self, names: tuple[str, ...]) -> str:
        """Elements of the newest reading; raises Refusal when there is none."""
        if not self.readings:
            raise out_of_range()
        return self.written(self.readings[-1], names)

    def between(self, first: str, last: str, names: tuple[str, ...]) -> str:
        """Elements of the readings from one index to another; raises Refusal when there is none with it."""
        begin = parse_int(first, 1, len(self.readings))
        end = parse_int(last, begin, len(self.readings))
        return ",".join(self.written(reading, names) for reading in islice(self.readings, begin - 1, end))

    def statistic(self, name: str) -> str:
        """AVERage, MAXimum, MINimum, STDDev or PK2Pk of the readings; zero when there are none."""
        values = [reading.measured.value for reading in self.readings]
        return _number(_STATISTICS[name](values) if values else 0.0)


_STATISTICS: Mapping[str, Callable[[list[float]], float]] = {
    "AVERage": statistics.fmean,
    "MAXimum": max,
    "MINimum": min,
    "STDDev": lambda values: statistics.stdev(values) if len(values) > 1 else 0.0,
    "PK2Pk": lambda values: max(values) - min(values),
}
STATISTICS = tuple(_STATISTICS)


class Buffers:
    """The buffers by name: the default ones always, others while a program keeps them."""

    def __init__(self) -> None:
        self._buffers: dict[str, ReadingBuffer] = {}
        self.reset()

    def reset(self) -> None:
        """Empty default buffers, no others."""
        self._buffers = {name: ReadingBuffer(DEFAULT_CAPACITY, continuous=True) for name in DEFAULT_BUFFERS}

    def __iter__(self) -> Iterator[ReadingBuffer]:
        return iter(self._buffers.values())

    def find(self, text: str, position: int) -> ReadingBuffer:
        """The buffer of a name, in quotes or not; raises Refusal when there is none."""
        buffer = self._buffers.get(_bare(text))
        if buffer is None:
            raise unknown_name(position)
        return buffer

    def make(self, text: str, capacity: str, style: str) -> None:
        """A new buffer that fills once; no style is the standard one.

        Raises:
            Refusal: the name is taken, or size or style are none.
        """
        name = _bare(text)
        if name in self._buffers:
            words = "Parameter error: TRACe:MAKE cannot take an existing reading buffer name"
            raise Refusal(1115, words, COMMAND_ERROR_BIT)
        if not name.isidentifier():
            raise unknown_name(1)
        spelled = {form for word in STYLES for form in (word.upper(), "".join(c for c in word if not c.islower()))}
        if style and style.upper() not in spelled:
            raise unknown_name(3)
        self._buffers[name] = ReadingBuffer(parse_int(capacity, LEAST_CAPACITY, MOST_CAPACITY), continuous=False)

    def delete(self, text: str) -> None:
        """Forget a buffer; raises Refusal for a default one, or when there is none of this name."""
        self.find(text, 1)
        if _bare(text) in DEFAULT_BUFFERS:
            raise unknown_name(1)
        del self._buffers[_bare(text)]


def _bare(text: str) -> str:
    return text.strip("'\"")

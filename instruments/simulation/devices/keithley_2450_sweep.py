"""Sweeps of a Keithley 2450: what :SOURce:SWEep sets up, :INITiate runs and *WAI waits for.

Source: Model 2450 reference manual (2450-901-01), :SOURce:SWEep commands, and that of the 2470 where it says more.
A sweep clears its buffer, turns the output on, steps the source, reads once at each level, and turns the output
off; a limit that is reached ends it, unless it says otherwise. Its delay is added to the source delay. Not
simulated: lists and logarithmic steps, sweeps without end, other trigger models.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import chain

from instruments.simulation.devices.keithley_2400 import word_of
from instruments.simulation.devices.keithley_2450_buffers import ReadingBuffer, unknown_name
from instruments.simulation.devices.keithley_2450_functions import LEVELS, SourceFunction
from instruments.simulation.wire import out_of_range, parse_float, parse_int
from instruments.simulation.wire_ieee import Arguments

MOST_POINTS, MOST_RUNS = 1_000_000, 268_435_455
_LEAST_DELAY_S, _MOST_DELAY_S = 50e-6, 10e3
_SWITCH = {"1": True, "ON": True, "0": False, "OFF": False}


class Ranging(Enum):
    """Which source range a sweep uses."""

    AUTO = "AUTO"
    BEST = "BEST"
    FIXED = "FIX"


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep as it was set up: levels in V or A, the delay between its points in s."""

    function: str
    start: float
    stop: float
    points: int
    delay_s: float
    runs: int
    ranging: Ranging
    stops_at_limit: bool
    dual: bool
    buffer: ReadingBuffer

    def levels(self) -> Iterator[float]:
        """Levels in the order they are sourced."""
        step = (self.stop - self.start) / (self.points - 1)
        last = self.points - 1
        for _ in range(self.runs):
            down = range(last, -1, -1) if self.dual else ()
            for index in chain(range(self.points), down):
                yield self.stop if index == last else self.start + index * step

    def prepare(self, source: SourceFunction, level: float) -> None:
        """Choose the range for the next level."""
        if self.ranging is Ranging.AUTO:
            source.fit_range(level)
        elif self.ranging is Ranging.BEST:
            source.fit_range(max(abs(self.start), abs(self.stop)))

    def check_range(self, source: SourceFunction) -> None:
        """Raises Refusal when a fixed range does not reach the levels."""
        farthest = max(abs(self.start), abs(self.stop))
        if self.ranging is Ranging.FIXED and not source.fits(farthest):
            raise out_of_range()


def parse_sweep(function: str, arguments: Arguments, buffer: ReadingBuffer, *, by_step: bool) -> Sweep:
    """The sweep of ``:SOURce:SWEep:<function>:LINear`` (with a number of points) or ``:LINear:STEP`` (with a step).

    Raises:
        Refusal: a parameter is missing, or none that is allowed.
    """
    reach = LEVELS[function]
    start, stop = (parse_float(arguments[index], reach.low, reach.high) for index in (0, 1))
    points = _points_by_step(start, stop, arguments[2]) if by_step else parse_int(arguments[2], 2, MOST_POINTS)
    texts = dict(enumerate(arguments.texts))
    runs = parse_int(texts.get(4, "1"), 1, MOST_RUNS)
    dual = _switch(texts.get(7, "OFF"), 8)
    if points * runs * (2 if dual else 1) > MOST_POINTS:
        raise out_of_range()
    return Sweep(
        function=function,
        start=start,
        stop=stop,
        points=points,
        delay_s=_delay(texts.get(3, "-1")),
        runs=runs,
        ranging=Ranging(word_of(texts.get(5, "BEST"), *(ranging.value for ranging in Ranging))),
        stops_at_limit=_switch(texts.get(6, "ON"), 7),
        dual=dual,
        buffer=buffer,
    )


def _points_by_step(start: float, stop: float, text: str) -> int:
    step = parse_float(text, 0.0, 420.0)
    if step == 0.0 or abs(stop - start) / step > MOST_POINTS or abs(stop - start) < step:
        raise out_of_range()
    return round(abs(stop - start) / step) + 1


def _delay(text: str) -> float:
    """-1 leaves the delay to the instrument, which needs none here."""
    delay_s = parse_float(text, -1.0, _MOST_DELAY_S)
    if delay_s in (-1.0, 0.0):
        return 0.0
    if delay_s < _LEAST_DELAY_S:
        raise out_of_range()
    return delay_s


def _switch(text: str, position: int) -> bool:
    if text.upper() not in _SWITCH:
        raise unknown_name(position)
    return _SWITCH[text.upper()]


class SweepRun:
    """A sweep that runs: what comes next, and when."""

    def __init__(self, sweep: Sweep, start_s: float) -> None:
        self.sweep = sweep
        self.due_s = start_s
        self.measures_next = False
        self._levels = sweep.levels()

    def next_level(self) -> float | None:
        """The level that is due; None when it was the last."""
        return next(self._levels, None)

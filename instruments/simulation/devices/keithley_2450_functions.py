"""What a Keithley 2450 remembers of each source and measure function: ranges, limits, delays, integration.

Source: Model 2450 reference manual (2450-901-01), :SOURce and :SENSe commands. A setting of one function stays when
another is chosen. MINimum, MAXimum and DEFault may stand for a number, and be asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from instruments.simulation.devices.keithley_2400 import OVER_RANGE, smallest_range
from instruments.simulation.wire import parse_float

VOLTAGE_RANGES_V = (0.02, 0.2, 2.0, 20.0, 200.0)
CURRENT_RANGES_A = (10e-9, 100e-9, 1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0)
RESISTANCE_RANGES_OHM = (20.0, 200.0, 2e3, 20e3, 200e3, 2e6, 20e6, 200e6)
RANGES: Mapping[str, tuple[float, ...]] = {
    "VOLT": VOLTAGE_RANGES_V,
    "CURR": CURRENT_RANGES_A,
    "RES": RESISTANCE_RANGES_OHM,
}
USER_DELAYS = 5


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric parameter: its bounds, and what it is after a reset."""

    low: float
    high: float
    default: float

    @property
    def words(self) -> Mapping[str, float]:
        """The words that may stand for a number."""
        by_word = {"MINIMUM": self.low, "MAXIMUM": self.high, "DEFAULT": self.default}
        return by_word | {word[:3]: value for word, value in by_word.items()}

    def parse(self, text: str) -> float:
        """The number; raises Refusal when it is none, or out of bounds."""
        return parse_float(text, self.low, self.high, self.words)


#: Reach of a source function, and the limit that goes with it: a voltage source limits current, and vice versa.
LEVELS = {"VOLT": Number(-210.0, 210.0, 0.0), "CURR": Number(-1.05, 1.05, 0.0)}
LIMITS = {"VOLT": Number(1e-9, 1.05, 105e-6), "CURR": Number(0.02, 210.0, 21.0)}
CYCLES = Number(0.01, 10.0, 1.0)
DELAY = Number(0.0, 10e3, 0.0)
AVERAGE_COUNT = Number(1, 100, 10)
COUNT = Number(1, 300_000, 1)


@dataclass(slots=True)
class SourceFunction:
    """Settings of a source function, named VOLT or CURR; level in V or A, limit in A or V."""

    name: str
    level: float = 0.0
    range: float = 0.0
    auto: bool = True
    limit: float = 0.0
    delay_s: float = DELAY.default
    auto_delay: bool = True
    read_back: bool = True
    user_delays_s: list[float] = field(default_factory=lambda: [DELAY.default] * USER_DELAYS)

    def __post_init__(self) -> None:
        self.range, self.limit = RANGES[self.name][0], LIMITS[self.name].default

    def fit_range(self, level: float) -> None:
        """Take the smallest range for a level; raises Refusal beyond the largest."""
        self.range = smallest_range(level, RANGES[self.name])

    def fits(self, level: float) -> bool:
        """Whether the present range reaches a level."""
        return abs(level) <= OVER_RANGE * self.range


@dataclass(slots=True)
class SenseFunction:
    """Settings of a measure function, named VOLT, CURR or RES; integration in power-line cycles."""

    name: str
    range: float = 0.0
    auto: bool = True
    cycles: float = CYCLES.default
    auto_zero: bool = True
    four_wire: bool = False
    averages: bool = False
    average_count: float = AVERAGE_COUNT.default
    user_delays_s: list[float] = field(default_factory=lambda: [DELAY.default] * USER_DELAYS)

    def __post_init__(self) -> None:
        self.range = {"VOLT": 0.02, "CURR": 10e-9, "RES": 200e6}[self.name]

"""What instruments answer (readings with their flags, identities, states), and what a lock-in is set to."""

from dataclasses import dataclass
from enum import Enum, Flag, auto

Scalar = float | int | str | bool


class ReadingFlag(Flag):
    """What is wrong with a reading, recorded with every point; several may be set."""

    GOOD = 0
    OVERLOAD = auto()
    REFERENCE_UNLOCKED = auto()
    UNSETTLED = auto()
    IN_COMPLIANCE = auto()
    RANGE_CHANGED = auto()
    STALE = auto()
    OUT_OF_LIMITS = auto()


@dataclass(frozen=True, slots=True)
class Reading:
    """One value in the SI unit of its role, and its flags."""

    value: float
    flags: ReadingFlag = ReadingFlag.GOOD


@dataclass(frozen=True, slots=True)
class LockInReading:
    """In-phase and quadrature rms voltage of one instant."""

    x_V: float
    y_V: float
    flags: ReadingFlag = ReadingFlag.GOOD


@dataclass(frozen=True, slots=True)
class SourceReading:
    """What a source-meter sources and measures, of one instant; IN_COMPLIANCE when it limits.

    A source that measures no current (:meth:`VoltageSource.measures_current`) gives NaN for it.
    """

    voltage_V: float
    current_A: float
    flags: ReadingFlag = ReadingFlag.GOOD


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answered."""

    vendor: str
    model: str
    serial: str
    firmware: str


class MagnetState(Enum):
    """The one state machine of all magnets."""

    HOLDING = "holding"
    RAMPING = "ramping"
    CLAMPED = "clamped"
    HEATING_SWITCH = "heating the switch"
    COOLING_SWITCH = "cooling the switch"
    PERSISTENT = "persistent"
    QUENCHED = "quenched"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class MagnetStatus:
    """State of the magnet and, for fault and quench, the supply's words."""

    state: MagnetState
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LockInSettings:
    """How a lock-in measures: oscillator amplitude (rms), frequency, filter.

    With ``external_reference`` it follows another lock-in's oscillator, drives nothing, and its own amplitude
    and frequency are left alone.
    """

    oscillator_V: float
    frequency_Hz: float
    time_constant_s: float
    filter_slope_dB: int
    sensitivity_V: float
    external_reference: bool = False

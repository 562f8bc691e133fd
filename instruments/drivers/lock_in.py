"""What lock-ins have in common: settings are checked before any is sent.

Those of the SR830, the SR860 and the 7265 are indexes of tables.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from instruments.drivers.checked import Checked
from instruments.errors import LimitError, RefusedError
from instruments.limits import ExcitationLimits, Range, nearest_allowed
from instruments.roles import LockInSettings, ReadingFlag


class CheckedSettings:
    """What a lock-in's oscillator can do; what it cannot is refused before a byte is sent."""

    MODELS: ClassVar[tuple[str, ...]]
    _OSCILLATOR: ClassVar[Range]
    _FREQUENCY: ClassVar[Range]

    @classmethod
    @abstractmethod
    def nearest_amplitude(cls, amplitude_V: float) -> float:
        """What the instrument makes of an amplitude within its range."""

    @classmethod
    @abstractmethod
    def nearest_frequency(cls, frequency_Hz: float) -> float:
        """What the instrument makes of a frequency within its range."""

    @classmethod
    def _check_oscillator(cls, settings: LockInSettings, limits: ExcitationLimits, ballast_ohm: float) -> None:
        amplitude_V, frequency_Hz = settings.oscillator_V, settings.frequency_Hz
        cls._OSCILLATOR.check(amplitude_V)
        cls._check_resolved("sine amplitude", amplitude_V, cls.nearest_amplitude(amplitude_V), "V")
        cls._FREQUENCY.check(frequency_Hz)
        cls._check_resolved("frequency", frequency_Hz, cls.nearest_frequency(frequency_Hz), "Hz")
        limits.check_current(amplitude_V / ballast_ohm)

    @classmethod
    def _index_of(cls, what: str, value: float, allowed: Sequence[float], unit: str) -> int:
        for index, candidate in enumerate(allowed):
            if candidate > 0 and abs(value - candidate) <= 1e-6 * candidate:
                return index
        nearest = nearest_allowed(value, [candidate for candidate in allowed if candidate > 0])
        raise LimitError(
            f"asked for a {what} of {value:g} {unit}; the {cls.MODELS[0]} has none, the nearest is"
            f" {nearest:g} {unit}; nothing was sent"
        )

    @classmethod
    def _check_resolved(cls, what: str, value: float, nearest: float, unit: str) -> None:
        if abs(value - nearest) > 1e-9 * abs(value):
            raise LimitError(
                f"asked for a {what} of {value:.9g} {unit}, finer than the {cls.MODELS[0]} resolves; the nearest is"
                f" {nearest:.9g} {unit}; nothing was sent"
            )


class TableLockIn(CheckedSettings, Checked):
    """A lock-in whose oscillator drives the sample through a ballast resistor, or that follows another's.

    A subclass says which values it has (tables by index) and by which mnemonics they are set; settings that it does
    not have are refused before a byte is sent.
    """

    limits: ExcitationLimits
    _ballast_ohm: float
    #: Mnemonics of time constant, filter slope and sensitivity.
    _TIME_CONSTANT: ClassVar[str]
    _SLOPE: ClassVar[str]
    _SENSITIVITY: ClassVar[str]
    #: What stands at each index, in s, dB per octave and V rms; zero where an index means nothing.
    TIME_CONSTANTS: ClassVar[Sequence[float]]
    FILTER_SLOPES: ClassVar[Sequence[int]]
    SENSITIVITIES: ClassVar[Sequence[float]]

    @classmethod
    def check(cls, settings: LockInSettings, limits: ExcitationLimits, ballast_ohm: float) -> dict[str, int]:
        """Refuse settings that the instrument does not have, without an instrument; returns its registers.

        Raises:
            LimitError: a value the instrument does not have, or a current beyond the limit.
        """
        if not settings.external_reference:
            cls._check_oscillator(settings, limits, ballast_ohm)
        return {
            cls._TIME_CONSTANT: cls._index_of("time constant", settings.time_constant_s, cls.TIME_CONSTANTS, "s"),
            cls._SLOPE: cls._index_of("filter slope", settings.filter_slope_dB, cls.FILTER_SLOPES, "dB per octave"),
            cls._SENSITIVITY: cls._index_of("sensitivity", settings.sensitivity_V, cls.SENSITIVITIES, "V"),
        }

    def read_sensitivity(self) -> float:
        """Full-scale input in V rms."""
        return float(self.SENSITIVITIES[self._index(self._SENSITIVITY, self.SENSITIVITIES)])

    def set_sensitivity(self, full_scale_V: float) -> None:
        """Choose a full scale that the instrument has; it is read back.

        Raises:
            LimitError: no such full scale; the message names the nearest; nothing was sent.
            RefusedError: another full scale reads back.
        """
        index = self._index_of("sensitivity", full_scale_V, self.SENSITIVITIES, "V")
        self._set(self._SENSITIVITY, str(index))
        self._verify(self._SENSITIVITY, float(index), tolerance=0)

    def sensitivities(self) -> tuple[float, ...]:
        """Full scales in V rms, rising."""
        return tuple(sorted(float(value) for value in self.SENSITIVITIES if value > 0))

    def read_time_constant(self) -> float:
        """Time constant of the filter in s."""
        return float(self.TIME_CONSTANTS[self._index(self._TIME_CONSTANT, self.TIME_CONSTANTS)])

    def read_filter_slope(self) -> int:
        """Slope of the filter in dB per octave; with the time constant it says how long settling takes."""
        return int(self.FILTER_SLOPES[self._index(self._SLOPE, self.FILTER_SLOPES)])

    def _set(self, name: str, value: str) -> None:
        self.write(f"{name}{value}")

    @staticmethod
    def _asking(name: str) -> str:
        return f"{name}?"

    def _index(self, name: str, values: Sequence[Any]) -> int:
        return self.query(self._asking(name)).integer(0, len(values) - 1)

    def _verify(self, name: str, wanted: float, tolerance: float) -> None:
        found = self.query(self._asking(name)).number()
        if not abs(found - wanted) <= tolerance * (1 + 1e-9):
            raise RefusedError(f"{self.description}: {name} was set to {wanted:g} and reads back {found:g}")


def flags_of(register: int, meanings: Mapping[int, ReadingFlag]) -> ReadingFlag:
    """The flags of all bits that are set; a bit without a meaning has none."""
    flags = ReadingFlag.GOOD
    for bit, flag in meanings.items():
        if register & bit:
            flags |= flag
    return flags

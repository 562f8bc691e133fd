"""Stanford Research SR830 lock-in amplifier, on pymeasure's driver, without its clipping.

Source: SR830 manual, chapter 5 (remote programming); X and Y come from SNAP?, which samples them at one instant.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pymeasure.adapters import Adapter
from pymeasure.instruments.srs import SR830

from instruments.drivers.checked import Checked, insist
from instruments.errors import LimitError, RefusedError
from instruments.limits import ExcitationLimits, Range, nearest_allowed
from instruments.roles import Identity, LockIn, LockInReading, LockInSettings, ReadingFlag, Scalar

_OSCILLATOR_STEP_V = 0.002
_OSCILLATOR_MINIMUM_V = 0.004
_OSCILLATOR = Range("sine amplitude", _OSCILLATOR_MINIMUM_V, 5.0, "V")
_FREQUENCY = Range("frequency", 0.001, 102e3, "Hz")
_STATUS_FLAGS: Mapping[int, ReadingFlag] = {
    0x01: ReadingFlag.OVERLOAD,  # input or reserve
    0x02: ReadingFlag.OVERLOAD,  # filter
    0x04: ReadingFlag.OVERLOAD,  # output
    0x08: ReadingFlag.REFERENCE_UNLOCKED,
    0x10: ReadingFlag.UNSETTLED,  # detection range of the frequency changed
    0x20: ReadingFlag.UNSETTLED,  # time constant changed indirectly
}
CONNECTION: Mapping[str, Any] = {"read_termination": "\n", "write_termination": "\n", "timeout": 5000}


class Sr830(Checked, SR830, LockIn):
    """An SR830 whose sine output drives the sample through a ballast resistor, or one that follows another's.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
        limits: the current that the oscillator may drive.
        ballast_ohm: resistor in series with the sine output; the sample's own resistance is neglected, so that
            the current checked is never below the true one.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("SR830",)

    def __init__(self, adapter: Adapter | str, *, limits: ExcitationLimits, ballast_ohm: float) -> None:
        super().__init__(adapter, "SR830", **(dict(CONNECTION) if isinstance(adapter, str) else {}))
        self.limits = limits
        self._ballast_ohm = ballast_ohm

    def identify(self) -> Identity:
        """Ask who is there.

        Raises:
            IdentityError: another model than an SR830 answered.
        """
        return self.query("*IDN?").identity(",", self.MODELS, self.address)

    @classmethod
    def check(cls, settings: LockInSettings, limits: ExcitationLimits, ballast_ohm: float) -> dict[str, int]:
        """Refuse settings that the instrument does not have, without an instrument; returns its registers.

        Raises:
            LimitError: a value the instrument does not have, or a current beyond the limit.
        """
        if not settings.external_reference:
            _check_oscillator(settings, limits, ballast_ohm)
        return {
            "OFLT": _index_of("time constant", settings.time_constant_s, cls.TIME_CONSTANTS, "s"),
            "OFSL": _index_of("filter slope", settings.filter_slope_dB, cls.FILTER_SLOPES, "dB per octave"),
            "SENS": _index_of("sensitivity", settings.sensitivity_V, cls.SENSITIVITIES, "V"),
        }

    def configure(self, settings: LockInSettings) -> None:
        """Reference, first harmonic, and all settings, each read back.

        With an external reference amplitude and frequency are left alone; readings are flagged until it locks.

        Raises:
            LimitError: a value the instrument does not have, or a current beyond the limit; nothing was sent.
            RefusedError: a setting reads back as another.
        """
        wanted = self.check(settings, self.limits, self._ballast_ohm)
        internal = int(not settings.external_reference)
        self.write(f"FMOD {internal}")
        self.write("HARM1")
        for name, index in wanted.items():
            self.write(f"{name}{index}")
        if internal:
            self.write(f"FREQ{settings.frequency_Hz:.5e}")
            self.write(f"SLVL{settings.oscillator_V:.3f}")
        for name, index in {"FMOD": internal, "HARM": 1, **wanted}.items():
            self._verify(name, float(index), tolerance=0)
        if not internal:
            return
        self._verify("FREQ", settings.frequency_Hz, tolerance=1e-4 + 1e-4 * settings.frequency_Hz)
        self._verify("SLVL", settings.oscillator_V, tolerance=_OSCILLATOR_STEP_V / 2)

    def read_xy(self) -> LockInReading:
        """X and Y of one instant, then what latched in the status register since the reading before."""
        x_V, y_V = self.query("SNAP? 1,2").numbers(2)
        register = self.query("LIAS?").integer(0, 255)
        flags = ReadingFlag.GOOD
        for bit, flag in _STATUS_FLAGS.items():
            if register & bit:
                flags |= flag
        return LockInReading(x_V, y_V, flags)

    def read_sensitivity(self) -> float:
        """Full-scale input in V rms."""
        return float(self.SENSITIVITIES[self._index("SENS", self.SENSITIVITIES)])

    def set_sensitivity(self, full_scale_V: float) -> None:
        """Choose a full scale that the instrument has; it is read back.

        Raises:
            LimitError: no such full scale; the message names the nearest; nothing was sent.
            RefusedError: another full scale reads back.
        """
        index = _index_of("sensitivity", full_scale_V, self.SENSITIVITIES, "V")
        self.write(f"SENS{index}")
        self._verify("SENS", float(index), tolerance=0)

    def sensitivities(self) -> tuple[float, ...]:
        """Full scales in V rms, rising."""
        return tuple(float(value) for value in self.SENSITIVITIES)

    def read_time_constant(self) -> float:
        """Time constant of the filter in s."""
        return float(self.TIME_CONSTANTS[self._index("OFLT", self.TIME_CONSTANTS)])

    def read_filter_slope(self) -> int:
        """Slope of the filter in dB per octave; with the time constant it says how long settling takes."""
        return int(self.FILTER_SLOPES[self._index("OFSL", self.FILTER_SLOPES)])

    def snapshot(self) -> Mapping[str, Scalar]:
        """Oscillator, filter, input and reference settings."""
        return {
            "oscillator_V": self.query("SLVL?").number(),
            "frequency_Hz": self.query("FREQ?").number(),
            "external_reference": self._index("FMOD", (False, True)) == 0,
            "phase_deg": self.query("PHAS?").number(),
            "time_constant_s": self.read_time_constant(),
            "filter_slope_dB": self.read_filter_slope(),
            "sensitivity_V": self.read_sensitivity(),
            "reserve": str(self.RESERVE_VALUES[self._index("RMOD", self.RESERVE_VALUES)]),
            "input": str(self.INPUT_CONFIGS[self._index("ISRC", self.INPUT_CONFIGS)]),
            "ballast_ohm": self._ballast_ohm,
        }

    def make_safe(self) -> None:
        """Oscillator at its minimum; the SR830 cannot turn it off."""
        insist(self._oscillator_to_minimum)

    def _oscillator_to_minimum(self) -> None:
        self.write(f"SLVL{_OSCILLATOR_MINIMUM_V:.3f}")
        self._verify("SLVL", _OSCILLATOR_MINIMUM_V, tolerance=_OSCILLATOR_STEP_V / 2)

    def _index(self, name: str, values: Sequence[Any]) -> int:
        return self.query(f"{name}?").integer(0, len(values) - 1)

    def _verify(self, name: str, wanted: float, tolerance: float) -> None:
        found = self.query(f"{name}?").number()
        if not abs(found - wanted) <= tolerance * (1 + 1e-9):
            raise RefusedError(f"{self.description}: {name} was set to {wanted:g} and reads back {found:g}")


def _check_oscillator(settings: LockInSettings, limits: ExcitationLimits, ballast_ohm: float) -> None:
    _OSCILLATOR.check(settings.oscillator_V)
    amplitude_V = round(settings.oscillator_V / _OSCILLATOR_STEP_V) * _OSCILLATOR_STEP_V
    _check_resolved("sine amplitude", settings.oscillator_V, amplitude_V, "V")
    _check_resolved("frequency", settings.frequency_Hz, _rounded_frequency(settings.frequency_Hz), "Hz")
    limits.check_current(settings.oscillator_V / ballast_ohm)


def _index_of(what: str, value: float, allowed: Sequence[float], unit: str) -> int:
    for index, candidate in enumerate(allowed):
        if abs(value - candidate) <= 1e-6 * abs(candidate):
            return index
    nearest = nearest_allowed(value, allowed)
    raise LimitError(
        f"asked for a {what} of {value:g} {unit}; the SR830 has none, the nearest is {nearest:g} {unit};"
        " nothing was sent"
    )


def _rounded_frequency(frequency_Hz: float) -> float:
    """What the SR830 makes of a frequency: five digits or 0.1 mHz, whichever is coarser."""
    _FREQUENCY.check(frequency_Hz)
    return round(float(f"{frequency_Hz:.4e}"), 4)


def _check_resolved(what: str, value: float, nearest: float, unit: str) -> None:
    if abs(value - nearest) > 1e-9 * abs(value):
        raise LimitError(
            f"asked for a {what} of {value:.9g} {unit}, finer than the SR830 resolves; the nearest is"
            f" {nearest:.9g} {unit}; nothing was sent"
        )

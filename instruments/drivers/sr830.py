"""Stanford Research SR830 lock-in amplifier, on pymeasure's driver, without its clipping.

Source: SR830 manual, chapter 5 (remote programming); X and Y come from SNAP?, which samples them at one instant.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from pymeasure.adapters import Adapter
from pymeasure.instruments.srs import SR830

from instruments.drivers.checked import insist
from instruments.drivers.lock_in import TableLockIn, flags_of
from instruments.limits import ExcitationLimits, Range
from instruments.roles import Identity, LockIn, LockInReading, LockInSettings, ReadingFlag, Scalar

_OSCILLATOR_STEP_V = 0.002
_OSCILLATOR_MINIMUM_V = 0.004
_STATUS_FLAGS: Mapping[int, ReadingFlag] = {
    0x01: ReadingFlag.OVERLOAD,  # input or reserve
    0x02: ReadingFlag.OVERLOAD,  # filter
    0x04: ReadingFlag.OVERLOAD,  # output
    0x08: ReadingFlag.REFERENCE_UNLOCKED,
    0x10: ReadingFlag.UNSETTLED,  # detection range of the frequency changed
    0x20: ReadingFlag.UNSETTLED,  # time constant changed indirectly
}
CONNECTION: Mapping[str, Any] = {"read_termination": "\n", "write_termination": "\n", "timeout": 5000}


class Sr830(TableLockIn, SR830, LockIn):
    """An SR830 whose sine output drives the sample through a ballast resistor, or one that follows another's.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
        limits: the current that the oscillator may drive.
        ballast_ohm: resistor in series with the sine output; the sample's own resistance is neglected, so that
            the current checked is never below the true one.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("SR830",)
    _TIME_CONSTANT, _SLOPE, _SENSITIVITY = "OFLT", "OFSL", "SENS"
    TIME_CONSTANTS, FILTER_SLOPES = SR830.TIME_CONSTANTS, SR830.FILTER_SLOPES
    SENSITIVITIES = SR830.SENSITIVITIES
    _OSCILLATOR = Range("sine amplitude", _OSCILLATOR_MINIMUM_V, 5.0, "V")
    _FREQUENCY = Range("frequency", 0.001, 102e3, "Hz")

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
    def nearest_amplitude(cls, amplitude_V: float) -> float:
        """Steps of 2 mV."""
        return round(amplitude_V / _OSCILLATOR_STEP_V) * _OSCILLATOR_STEP_V

    @classmethod
    def nearest_frequency(cls, frequency_Hz: float) -> float:
        """Five digits or 0.1 mHz, whichever is coarser."""
        return round(float(f"{frequency_Hz:.4e}"), 4)

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
        return LockInReading(x_V, y_V, flags_of(register, _STATUS_FLAGS))

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

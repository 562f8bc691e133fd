"""Stanford Research SR860 and SR865A lock-in amplifiers.

Sources: mnemonics, tables and status bits as in SRS's own package for these instruments; the frequency's resolution
from the SR865's manual, chapter 4. Sensitivities fall with their index, unlike the SR830's. The sensitivity scales
outputs only: what overloads the input is the input range, which is chosen to hold the full scale and follows it.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from pymeasure.adapters import Adapter
from pymeasure.instruments import Instrument as PymeasureInstrument

from instruments.drivers.checked import insist
from instruments.drivers.lock_in import TableLockIn, flags_of
from instruments.limits import ExcitationLimits, Range
from instruments.roles import Identity, LockIn, LockInReading, LockInSettings, ReadingFlag, Scalar

INPUT_RANGES: Mapping[str, float] = {"1 V": 1.0, "300 mV": 0.3, "100 mV": 0.1, "30 mV": 0.03, "10 mV": 0.01}
"""Input ranges by their name in a station file, in the order of IRNG."""
FOLLOWS_FULL_SCALE = "full scale"
_AMPLITUDE_STEP_V = 1e-9
_STATUS_FLAGS: Mapping[int, ReadingFlag] = {
    0x001: ReadingFlag.OVERLOAD,  # scale of output 1
    0x002: ReadingFlag.OVERLOAD,  # scale of output 2
    0x008: ReadingFlag.REFERENCE_UNLOCKED,
    0x010: ReadingFlag.OVERLOAD,  # input range
    0x040: ReadingFlag.OVERLOAD,  # synchronous filter
    0xF00: ReadingFlag.OVERLOAD,  # scale of a displayed channel
}
_STATUS_BITS = (1 << 15) - 1
CONNECTION: Mapping[str, Any] = {"read_termination": "\n", "write_termination": "\n", "timeout": 5000}


class Sr860(TableLockIn, PymeasureInstrument, LockIn):
    """An SR860 whose sine output drives the sample through a ballast resistor, or one that follows another's.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
        limits: the current that the oscillator may drive.
        ballast_ohm: resistor in series with the sine output; the sample's own resistance is neglected, so that
            the current checked is never below the true one.
        input_range: one of :data:`INPUT_RANGES`, or the smallest that holds the full scale.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("SR860",)
    _TIME_CONSTANT, _SLOPE, _SENSITIVITY = "OFLT", "OFSL", "SCAL"
    TIME_CONSTANTS = tuple(float(f"{m}e{e}") for e in range(-6, 5) for m in (1, 3))
    FILTER_SLOPES = (6, 12, 18, 24)
    SENSITIVITIES = (1.0, *(float(f"{m}e-{e}") for e in range(1, 10) for m in (5, 2, 1)))
    _OSCILLATOR = Range("sine amplitude", _AMPLITUDE_STEP_V, 2.0, "V")
    _FREQUENCY = Range("frequency", 0.001, 500e3, "Hz")

    def __init__(
        self,
        adapter: Adapter | str,
        *,
        limits: ExcitationLimits,
        ballast_ohm: float,
        input_range: str = FOLLOWS_FULL_SCALE,
    ) -> None:
        connection = dict(CONNECTION) if isinstance(adapter, str) else {}
        super().__init__(adapter, self.MODELS[0], includeSCPI=False, **connection)
        self.limits = limits
        self._ballast_ohm = ballast_ohm
        self._input_range_V = None if input_range == FOLLOWS_FULL_SCALE else INPUT_RANGES[input_range]

    def identify(self) -> Identity:
        """Ask who is there; the line that greets a new connection through telnet is passed over.

        Raises:
            IdentityError: another model answered.
        """
        reply = self.query("*IDN?")
        if self.address.upper().endswith("::SOCKET") and reply.text.count(",") != 3:
            reply = reply.with_text(self.read().strip())
        return reply.identity(",", self.MODELS, self.address)

    @classmethod
    def nearest_amplitude(cls, amplitude_V: float) -> float:
        """Three digits or 1 nV, whichever is coarser."""
        return round(float(f"{amplitude_V:.2e}"), 9)

    @classmethod
    def nearest_frequency(cls, frequency_Hz: float) -> float:
        """Six digits or 0.1 mHz, whichever is coarser."""
        return round(float(f"{frequency_Hz:.5e}"), 4)

    def configure(self, settings: LockInSettings) -> None:
        """Reference, first harmonic, voltage input, plain filter, and all settings, each read back.

        With an external reference amplitude, offset and frequency are left alone; readings are flagged until it
        locks.

        Raises:
            LimitError: a value the instrument does not have, or a current beyond the limit; nothing was sent.
            RefusedError: a setting reads back as another.
        """
        registers = self.check(settings, self.limits, self._ballast_ohm)
        external = int(settings.external_reference)
        wanted = {"RSRC": external, "HARM": 1, "IVMD": 0, "ADVFILT": 0}
        wanted |= {"IRNG": self._input_range_for(settings.sensitivity_V), **registers}
        for name, index in wanted.items():
            self._set(name, str(index))
        if not external:
            self._set("SOFF", "0")
            self._set("FREQINT", f"{settings.frequency_Hz:.5e}")
            self._set("SLVL", f"{settings.oscillator_V:.3e}")
        for name, index in wanted.items():
            self._verify(name, float(index), tolerance=0)
        if external:
            return
        self._verify("SOFF", 0.0, tolerance=1e-4)
        self._verify("FREQINT", settings.frequency_Hz, tolerance=1e-4 + 1e-5 * settings.frequency_Hz)
        self._verify("SLVL", settings.oscillator_V, tolerance=_AMPLITUDE_STEP_V + 5e-3 * settings.oscillator_V)

    def read_xy(self) -> LockInReading:
        """X and Y of one instant, and what was wrong since the reading before or is so now."""
        x_V, y_V = self.query("SNAP? 0,1").numbers(2)
        register = self.query("LIAS?").integer(0, _STATUS_BITS)
        register |= self.query("CUROVLDSTAT?").integer(0, _STATUS_BITS)
        return LockInReading(x_V, y_V, flags_of(register, _STATUS_FLAGS))

    def set_sensitivity(self, full_scale_V: float) -> None:
        """Choose a full scale that the instrument has, and the input range that goes with it; both are read back.

        Raises:
            LimitError: no such full scale; the message names the nearest; nothing was sent.
            RefusedError: another one reads back.
        """
        self._index_of("sensitivity", full_scale_V, self.SENSITIVITIES, "V")
        input_range = self._input_range_for(full_scale_V)
        if self._index("IRNG", tuple(INPUT_RANGES)) != input_range:
            self._set("IRNG", str(input_range))
            self._verify("IRNG", float(input_range), tolerance=0)
        super().set_sensitivity(full_scale_V)

    def snapshot(self) -> Mapping[str, Scalar]:
        """Oscillator, filter, input and reference settings."""
        return {
            "oscillator_V": self.query("SLVL?").number(),
            "offset_V": self.query("SOFF?").number(),
            "frequency_Hz": self.query("FREQ?").number(),
            "external_reference": self._index("RSRC", range(4)) != 0,
            "phase_deg": self.query("PHAS?").number(),
            "time_constant_s": self.read_time_constant(),
            "filter_slope_dB": self.read_filter_slope(),
            "sensitivity_V": self.read_sensitivity(),
            "input_range_V": tuple(INPUT_RANGES.values())[self._index("IRNG", tuple(INPUT_RANGES))],
            "input": ("A", "A-B")[self._index("ISRC", range(2))],
            "synchronous_filter": self._index("SYNC", range(2)) == 1,
            "ballast_ohm": self._ballast_ohm,
        }

    def make_safe(self) -> None:
        """Oscillator at its minimum of 1 nV, no offset."""
        insist(
            lambda: self._set_and_verify("SLVL", _AMPLITUDE_STEP_V, 0.5 * _AMPLITUDE_STEP_V),
            lambda: self._set_and_verify("SOFF", 0.0, 1e-4),
        )

    def _set(self, name: str, value: str) -> None:
        self.write(f"{name} {value}")

    def _set_and_verify(self, name: str, value: float, tolerance: float) -> None:
        self._set(name, f"{value:g}")
        self._verify(name, value, tolerance)

    def _input_range_for(self, full_scale_V: float) -> int:
        """Smallest range that holds the full scale's peak; the widest when none does."""
        ranges = tuple(INPUT_RANGES.values())
        if self._input_range_V is not None:
            return ranges.index(self._input_range_V)
        fitting = [index for index, value in enumerate(ranges) if value >= math.sqrt(2) * full_scale_V]
        return max(fitting, default=0)


class Sr865A(Sr860):
    """An SR865A: the same to 4 MHz."""

    MODELS: ClassVar[tuple[str, ...]] = ("SR865A",)
    _FREQUENCY = Range("frequency", 0.001, 4e6, "Hz")

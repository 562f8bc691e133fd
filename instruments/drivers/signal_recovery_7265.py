"""Signal Recovery (EG&G) 7265 lock-in amplifier, through GPIB.

Sources: table of time constants and bits of ST and N from the manual of the 7220, its smaller sister; the rest of
the tables and the mnemonics as in pymeasure and Lab::Measurement, which agree with that manual where both can be
compared. A mnemonic without a parameter is a question; one with a full stop is answered in V, Hz or degrees.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pymeasure.adapters import Adapter
from pymeasure.instruments import Instrument as PymeasureInstrument

from instruments.drivers.checked import fixed, insist
from instruments.drivers.lock_in import TableLockIn, flags_of
from instruments.errors import IdentityError
from instruments.limits import ExcitationLimits, Range
from instruments.roles import Identity, LockIn, LockInReading, LockInSettings, ReadingFlag, Scalar

_EXTERNAL_FRONT = 2
_LEAST_AMPLITUDE_V = 1e-6
#: Bits of ST: the command before was not understood, or its parameter was not.
_NOT_UNDERSTOOD = 0x06
_STATUS_FLAGS: Mapping[int, ReadingFlag] = {0x08: ReadingFlag.REFERENCE_UNLOCKED, 0x10: ReadingFlag.OVERLOAD}
_OVERLOAD_FLAGS: Mapping[int, ReadingFlag] = {
    0x02: ReadingFlag.OVERLOAD,  # output 1 beyond 120 % of full scale
    0x04: ReadingFlag.OVERLOAD,  # output 2
    0x08: ReadingFlag.OVERLOAD,  # Y beyond 300 %
    0x10: ReadingFlag.OVERLOAD,  # X
    0x40: ReadingFlag.OVERLOAD,  # input
    0x80: ReadingFlag.REFERENCE_UNLOCKED,
}
#: Replies end with the message, whatever terminator is set at the panel.
CONNECTION: Mapping[str, Any] = {"write_termination": "\r\n", "timeout": 5000}


class SignalRecovery7265(TableLockIn, PymeasureInstrument, LockIn):
    """A 7265 whose oscillator drives the sample through a ballast resistor, or one that follows another's.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
        limits: the current that the oscillator may drive.
        ballast_ohm: resistor in series with the oscillator; the sample's own resistance is neglected, so that the
            current checked is never below the true one.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("7265",)
    _TIME_CONSTANT, _SLOPE, _SENSITIVITY = "TC", "SLOPE", "SEN"
    TIME_CONSTANTS = (
        *(float(f"{m}e-6") for m in (10, 20, 40, 80, 160, 320, 640)),
        *tuple(float(f"{m}e{e}") for e in range(-3, 5) for m in (1, 2, 5))[2:],
    )
    FILTER_SLOPES = (6, 12, 18, 24)
    SENSITIVITIES = (0.0, *tuple(float(f"{m}e{e}") for e in range(-9, 1) for m in (1, 2, 5))[1:28])
    _OSCILLATOR = Range("sine amplitude", _LEAST_AMPLITUDE_V, 5.0, "V")
    _FREQUENCY = Range("frequency", 0.001, 250e3, "Hz")

    def __init__(self, adapter: Adapter | str, *, limits: ExcitationLimits, ballast_ohm: float) -> None:
        connection = dict(CONNECTION) if isinstance(adapter, str) else {}
        super().__init__(adapter, "Signal Recovery 7265", includeSCPI=False, **connection)
        self.limits = limits
        self._ballast_ohm = ballast_ohm

    def identify(self) -> Identity:
        """Ask who is there; it tells no serial number.

        Raises:
            IdentityError: another model than a 7265 answered.
        """
        model = self.query("ID").text
        if model not in self.MODELS:
            raise IdentityError(f"at {self.address} the station file declares a 7265; found {model!r} there")
        return Identity("Signal Recovery", model, "", str(self.query("VER").number()))

    @classmethod
    def nearest_amplitude(cls, amplitude_V: float) -> float:
        """Steps of 1 uV; where the instrument's are wider it is found by reading back."""
        return round(amplitude_V, 6)

    @classmethod
    def nearest_frequency(cls, frequency_Hz: float) -> float:
        """Steps of 1 mHz."""
        return round(frequency_Hz, 3)

    def configure(self, settings: LockInSettings) -> None:
        """Reference, first harmonic, voltage input, and all settings, each read back.

        With an external reference (the analogue input at the front) amplitude and frequency are left alone;
        readings are flagged until it locks.

        Raises:
            LimitError: a value the instrument does not have, or a current beyond the limit; nothing was sent.
            RefusedError: a setting reads back as another.
        """
        registers = self.check(settings, self.limits, self._ballast_ohm)
        source = _EXTERNAL_FRONT if settings.external_reference else 0
        wanted = {"IE": source, "REFN": 1, "IMODE": 0, **registers}
        for name, index in wanted.items():
            self._set(name, str(index))
        if not source:
            self._set("OF.", fixed(settings.frequency_Hz, 3))
            self._set("OA.", fixed(settings.oscillator_V))
        for name, index in wanted.items():
            self._verify(name, float(index), tolerance=0)
        if not source:
            self._verify("OF.", settings.frequency_Hz, tolerance=1e-3 + 1e-5 * settings.frequency_Hz)
            self._verify("OA.", settings.oscillator_V, tolerance=_LEAST_AMPLITUDE_V + 1e-3 * settings.oscillator_V)

    def read_xy(self) -> LockInReading:
        """X and Y of one instant, then what the status and overload bytes say.

        Raises:
            ReplyError: no two numbers, or the instrument did not understand the question.
        """
        x_V, y_V = self.query("XY.").numbers(2)
        reply = self.query("ST")
        status = reply.integer(0, 255)
        if status & _NOT_UNDERSTOOD:
            raise reply.error("a status without command or parameter error after XY.")
        overloads = self.query("N").integer(0, 255)
        return LockInReading(x_V, y_V, flags_of(status, _STATUS_FLAGS) | flags_of(overloads, _OVERLOAD_FLAGS))

    def snapshot(self) -> Mapping[str, Scalar]:
        """Oscillator, filter, input and reference settings."""
        return {
            "oscillator_V": self.query("OA.").number(),
            "frequency_Hz": self.query("FRQ.").number(),
            "external_reference": self._index("IE", range(3)) != 0,
            "phase_deg": self.query("REFP.").number(),
            "time_constant_s": self.read_time_constant(),
            "filter_slope_dB": self.read_filter_slope(),
            "sensitivity_V": self.read_sensitivity(),
            "input": ("grounded", "A", "-B", "A-B")[self._index("VMODE", range(4))],
            "ballast_ohm": self._ballast_ohm,
        }

    def make_safe(self) -> None:
        """Oscillator at zero."""
        insist(self._oscillator_to_zero)

    def _oscillator_to_zero(self) -> None:
        self._set("OA.", "0")
        self._verify("OA.", 0.0, tolerance=_LEAST_AMPLITUDE_V)

    def _set(self, name: str, value: str) -> None:
        self.write(f"{name} {value}")

    @staticmethod
    def _asking(name: str) -> str:
        return name

    def _index(self, name: str, values: Sequence[Any]) -> int:
        least = 1 if name == self._SENSITIVITY else 0  # there is no sensitivity 0
        return self.query(name).integer(least, len(values) - 1)

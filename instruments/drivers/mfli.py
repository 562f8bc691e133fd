"""Zurich Instruments MFLI lock-in amplifier, through the maker's own library and data server.

Sources: names, types and meanings of nodes from the MFLI's node documentation (its user manual, chapter "Device
Node Tree"; the maker's toolkit carries it in full); orders, time constants and the frequency's resolution from the
chapter "Specifications"; the number of the output's amplitude from the maker's utilities. Input ranges, output
ranges and the steps of the amplitude come from programs of users. To 500 kHz, also with the option for 5 MHz.
"""

from collections.abc import Mapping
from typing import ClassVar

from instruments.clock import Clock
from instruments.data_server import DataServer
from instruments.drivers.checked import insist
from instruments.drivers.lock_in import CheckedSettings, flags_of
from instruments.drivers.mfli_settings import (
    FILTER_SLOPES,
    FULL_SCALES_V,
    INPUT_RANGES_V,
    INPUTS,
    LEAST_AMPLITUDE_V,
    OUTPUT_RANGES_V,
    REFERENCE_INPUTS,
    ROOT_2,
    Numbers,
    amplitude_node,
    demodulator,
    external_reference,
    known_range,
    measurement,
    nearest_amplitude,
    oscillator,
    output,
    same,
)
from instruments.drivers.nodes import NodeInstrument
from instruments.errors import RefusedError
from instruments.limits import ExcitationLimits, Range
from instruments.roles import Identity, LockIn, LockInReading, LockInSettings, ReadingFlag, Scalar

_FLAGS, _LOCKED, _FOLLOWS = "status/flags/binary", "extrefs/0/locked", "extrefs/0/enable"
_STATUS_FLAGS: Mapping[int, ReadingFlag] = {
    1 << 0: ReadingFlag.OVERLOAD,  # voltage input
    1 << 2: ReadingFlag.REFERENCE_UNLOCKED,  # the instrument's own clock
    1 << 5: ReadingFlag.OVERLOAD,  # the output clips: the sample gets less than what was set
}
_ANY_FLAGS = (1 << 63) - 1
#: There are a hundred samples in this time; without a new one the demodulator stands still.
_PATIENCE_S = 0.1


class Mfli(CheckedSettings, NodeInstrument, LockIn):
    """An MFLI whose signal output drives the sample through a ballast resistor, or one that follows another's.

    Args:
        session: a session with the data server, such as a ``zhinst.core.ziDAQServer``.
        address: where the server is, and the device.
        clock: tells how long no new sample has come.
        limits: the current that the oscillator may drive.
        ballast_ohm: resistor in series with the output; the sample's own resistance is neglected, so that the
            current checked is never below the true one.
        input_mode: one of :data:`~instruments.drivers.mfli_settings.INPUTS`.
        reference_input: one of :data:`~instruments.drivers.mfli_settings.REFERENCE_INPUTS`.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("MFLI",)
    WATCHED: ClassVar[tuple[str, ...]] = (_FLAGS, _LOCKED)
    _OSCILLATOR = Range("sine amplitude", LEAST_AMPLITUDE_V, OUTPUT_RANGES_V[-1] / ROOT_2, "V")
    _FREQUENCY = Range("frequency", 0.001, 500e3, "Hz")
    _TIME_CONSTANT = Range("time constant", 337e-9, 83.0, "s")

    def __init__(
        self,
        session: DataServer,
        address: str,
        *,
        clock: Clock,
        limits: ExcitationLimits,
        ballast_ohm: float,
        input_mode: str = "differential",
        reference_input: str = "aux input 1",
    ) -> None:
        super().__init__(session, address)
        self._clock = clock
        self.limits = limits
        self._ballast_ohm = ballast_ohm
        self._differential = INPUTS[input_mode]
        self._reference = REFERENCE_INPUTS[reference_input]
        self._options: list[str] | None = None
        self._drives = False
        self._newest, self._newest_at_s = -1.0, clock.now()

    def identify(self) -> Identity:
        """Ask which device is there, and which options it has.

        Raises:
            IdentityError: another model.
        """
        identity = super().identify()
        self._options = self._read_options()
        return identity

    @classmethod
    def nearest_amplitude(cls, amplitude_V: float) -> float:
        """The amplitude itself where a step of the output is within 0.1 % of it, or else the nearest step."""
        return nearest_amplitude(amplitude_V)

    @classmethod
    def nearest_frequency(cls, frequency_Hz: float) -> float:
        """Steps of 1 uHz."""
        return round(frequency_Hz, 6)

    @classmethod
    def check(cls, settings: LockInSettings, limits: ExcitationLimits, ballast_ohm: float) -> tuple[int, float]:
        """Refuse settings that the instrument does not have, without an instrument.

        Returns:
            The filter's order and the input range in V.

        Raises:
            LimitError: a value the instrument does not have, or a current beyond the limit.
        """
        if not settings.external_reference:
            cls._check_oscillator(settings, limits, ballast_ohm)
        cls._TIME_CONSTANT.check(settings.time_constant_s)
        slope = cls._index_of("filter slope", settings.filter_slope_dB, FILTER_SLOPES, "dB per octave")
        return slope + 1, cls._input_range(settings.sensitivity_V)

    def configure(self, settings: LockInSettings) -> None:
        """Reference, first harmonic, voltage input, plain filter, and all settings, each read back.

        With an external reference amplitude, frequency and output are left alone; readings are flagged until it
        locks. Unless the output is as it should be already, it is changed and turned on at amplitude zero.

        Raises:
            LimitError: a value the instrument does not have, or a current beyond the limit; nothing was sent.
            RefusedError: a setting reads back as another.
        """
        order, input_range_V = self.check(settings, self.limits, self._ballast_ohm)
        choices = demodulator(order, self._differential)
        numbers = measurement(settings.time_constant_s, input_range_V)
        if settings.external_reference:
            choices |= external_reference(self._reference, self._has_md())
        else:
            choices |= output(self._has_md())
            numbers |= oscillator(settings.oscillator_V, settings.frequency_Hz, self._has_md())
            self._quieten_unless_set(output(self._has_md()), numbers["sigouts/0/range"][0])
        self._set_and_verify(choices, numbers)
        self._drives = not settings.external_reference
        if settings.external_reference:
            self.verify_int("extrefs/0/adcselect", self._reference)
        self.watch()

    def read_xy(self) -> LockInReading:
        """X and Y of one sample, and what was wrong since the reading before or is so now.

        STALE when the newest sample is an old one: somebody has turned the demodulator off.

        Raises:
            RefusedError: the output that drives the sample is off; without a current every sample would look
                superconducting.
        """
        if self._drives and not self.get_int("sigouts/0/on", 0, 1):
            raise RefusedError(
                f"{self.description}: its signal output, which was on, is off; somebody has turned it off"
            )
        x_V, y_V, timestamp = self.get_sample("demods/0/sample", "x", "y", "timestamp")
        changes = self.changes()
        flags = ReadingFlag.GOOD
        for register in (*changes[_FLAGS], self.get_int(_FLAGS, 0, _ANY_FLAGS)):
            flags |= flags_of(register, _STATUS_FLAGS)
        if self._follows() and not all((*changes[_LOCKED], self.get_int(_LOCKED, 0, 1))):
            flags |= ReadingFlag.REFERENCE_UNLOCKED
        now_s = self._clock.now()
        if timestamp > self._newest:
            self._newest, self._newest_at_s = timestamp, now_s
        elif now_s - self._newest_at_s > _PATIENCE_S:
            flags |= ReadingFlag.STALE
        return LockInReading(x_V, y_V, flags)

    def read_sensitivity(self) -> float:
        """Full-scale input in V rms.

        Raises:
            ReplyError: an input range that an MFLI does not have.
        """
        return FULL_SCALES_V[INPUT_RANGES_V.index(self._read_input_range())]

    def set_sensitivity(self, full_scale_V: float) -> None:
        """Choose a full scale that the instrument has; its input range is read back.

        Raises:
            LimitError: no such full scale; the message names the nearest; nothing was sent.
            RefusedError: another range reads back.
        """
        range_V = self._input_range(full_scale_V)
        self._set_and_verify({}, {"sigins/0/range": (range_V, 0.01 * range_V)})

    def sensitivities(self) -> tuple[float, ...]:
        """Full scales in V rms, rising."""
        return FULL_SCALES_V

    def read_time_constant(self) -> float:
        """Time constant of the filter in s."""
        return self.get_float("demods/0/timeconstant")

    def read_filter_slope(self) -> int:
        """Slope of the filter in dB per octave; with the time constant it says how long settling takes."""
        return FILTER_SLOPES[self.get_int("demods/0/order", 1, len(FILTER_SLOPES)) - 1]

    def snapshot(self) -> Mapping[str, Scalar]:
        """Oscillator, filter, input and reference settings; the oscillator as rms, ranges as peaks."""
        return {
            "oscillator_V": self.get_float(self._amplitude) / ROOT_2,
            "offset_V": self.get_float("sigouts/0/offset"),
            "output_on": self.get_int("sigouts/0/on", 0, 1) == 1,
            "output_range_V": self.get_float("sigouts/0/range"),
            "frequency_Hz": self.get_float("oscs/0/freq"),
            "external_reference": self._follows(),
            "phase_deg": self.get_float("demods/0/phaseshift"),
            "time_constant_s": self.read_time_constant(),
            "filter_slope_dB": self.read_filter_slope(),
            "sensitivity_V": self.read_sensitivity(),
            "input_range_V": self._read_input_range(),
            "input": ("A", "A-B")[self.get_int("sigins/0/diff", 0, 1)],
            "coupling": ("DC", "AC")[self.get_int("sigins/0/ac", 0, 1)],
            "floating": self.get_int("sigins/0/float", 0, 1) == 1,
            "ballast_ohm": self._ballast_ohm,
        }

    def make_safe(self) -> None:
        """Amplitude and offset at zero, output off."""
        self._drives = False
        insist(
            lambda: self._set_and_verify({}, {self._amplitude: (0.0, 1e-6)}),
            lambda: self._set_and_verify({}, {"sigouts/0/offset": (0.0, 1e-4)}),
            lambda: self._set_and_verify({"sigouts/0/on": 0}, {}),
        )

    def _set_and_verify(self, choices: Mapping[str, int], numbers: Numbers) -> None:
        for node, choice in choices.items():
            self.set_int(node, choice)
        for node, (value, _) in numbers.items():
            self.set_float(node, value)
        self.finish_setting()
        for node, choice in choices.items():
            self.verify_int(node, choice)
        for node, (value, tolerance) in numbers.items():
            self.verify_float(node, value, tolerance)

    def _quieten_unless_set(self, choices: Mapping[str, int], range_V: float) -> None:
        """No amplitude and no offset that somebody left there reaches the sample while the output changes."""
        is_set = all(self.get_int(node, 0, 1) == choice for node, choice in choices.items())
        if not (is_set and same(self.get_float("sigouts/0/range"), range_V)):
            self.set_float(self._amplitude, 0.0)
            self.set_float("sigouts/0/offset", 0.0)

    @property
    def _amplitude(self) -> str:
        return amplitude_node(self._has_md())

    def _has_md(self) -> bool:
        """Whether the option with four demodulators is fitted, whose amplitudes are mixed at the output."""
        if self._options is None:
            self._options = self._read_options()
        return "MD" in self._options

    def _read_options(self) -> list[str]:
        options = self.get_text("features/options").split()
        if not all(option.isascii() and option.isalnum() for option in options):
            raise self._unexpected("features/options", options, "names of options")
        return options

    def _follows(self) -> bool:
        return self.get_int(_FOLLOWS, 0, 1) == 1

    def _read_input_range(self) -> float:
        found_V = self.get_float("sigins/0/range")
        range_V = known_range(found_V)
        if range_V is None:
            raise self._unexpected("sigins/0/range", found_V, "an input range of an MFLI")
        return range_V

    @classmethod
    def _input_range(cls, full_scale_V: float) -> float:
        return INPUT_RANGES_V[cls._index_of("sensitivity", full_scale_V, FULL_SCALES_V, "V")]

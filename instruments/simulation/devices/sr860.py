"""Stanford Research SR860 and SR865A lock-in amplifiers, the oscillator driving the sample through a ballast.

Source: mnemonics, tables and status bits as in SRS's own package, the rest from the SR865A's manual. The
sensitivity scales outputs and does not limit what OUTP? shows; the input range is taken as a peak value, and 109 %
of full scale as the end of an output, as on an SR830. The noise bandwidth is that of RC stages. Not simulated: what
offset, expand and ratio do to an output (they are kept), the synchronous filter, streaming, scans, and auxiliary
inputs.
"""

import cmath
import math
from collections.abc import Callable

from instruments.clock import Clock
from instruments.simulation.cryostat import ChannelKind, Cryostat
from instruments.simulation.devices.signal_path import rounded_frequency, whole, wrapped_deg
from instruments.simulation.devices.sr860_channels import Sr860Channels
from instruments.simulation.devices.sr860_words import (
    CH1_SCALE,
    CH2_SCALE,
    DEFAULTS,
    INPUT_RANGE,
    INPUT_RANGES_V,
    LIA_BITS,
    MODELS,
    OVERLOAD,
    QUANTITIES,
    SENSITIVITIES_V,
    TIME_CONSTANTS_S,
    UNLOCKED,
    WORDS,
    index_of,
    quantity,
    written,
)
from instruments.simulation.wire import illegal_value, parse_float, parse_int
from instruments.simulation.wire_ieee import MNEMONIC_HEADER, Arguments


class SR860(Sr860Channels):
    """Registers, filter and status of an SR860 or SR865A."""

    def __init__(
        self,
        clock: Clock,
        cryostat: Cryostat,
        ballast_ohm: float,
        *,
        model: str = "SR860",
        contacts: ChannelKind = "longitudinal",
        name: str = "sr860",
        serial: str = "003165",
        greets: bool = False,
    ) -> None:
        super().__init__(f"Stanford_Research_Systems,{model},{serial},v1.51", MNEMONIC_HEADER)
        self.greeting = f"{model} Lock-in Amplifier\r\n".encode("ascii") if greets else b""
        self.highest_Hz = MODELS[model]
        self._join(clock, cryostat, ballast_ohm, contacts, name)
        self.lia_status = self.lia_enable = self.error_status = self.error_enable = 0
        self._load_defaults()
        self._bind()
        cryostat.attach(self)

    def _load_defaults(self) -> None:
        self.oscillator_V, self.frequency_Hz, self.phase_deg = 0.0, 100e3, 0.0
        self.internal_Hz, self.offset_V, self.harmonic = self.frequency_Hz, 0.0, 1
        self.reference, self.input_mode, self.input_range = 0, 0, 0
        self.internal = 1
        self.sensitivity, self.time_constant, self.slope = 0, 10, 3
        self.aux_out_V = [0.0] * 4
        self._followed_Hz: float | None = None
        self._filter.set_order(self.slope + 1)
        self._load_channels()

    @property
    def full_scale_V(self) -> float:
        """Sensitivity in V rms."""
        return SENSITIVITIES_V[self.sensitivity]

    @property
    def time_constant_s(self) -> float:
        """Time constant of the filter."""
        return TIME_CONSTANTS_S[self.time_constant]

    @property
    def voltage_input(self) -> bool:
        """Voltage, not current."""
        return self.input_mode == 0

    @property
    def input_limit_V(self) -> float:
        """Largest rms voltage of a sine wave before the input overloads."""
        return INPUT_RANGES_V[self.input_range] / math.sqrt(2)

    def _condition(self) -> int:
        """What is wrong now."""
        condition = (INPUT_RANGE if self._overloaded else 0) | (UNLOCKED if self._unlocked else 0)
        limit_V, output = OVERLOAD * self.full_scale_V, self._filter.output
        condition |= CH1_SCALE if abs(output.real) > limit_V else 0
        return condition | (CH2_SCALE if abs(output.imag) > limit_V else 0)

    def _latch_overload(self) -> None:
        self.lia_status |= self._condition()

    def _slipped(self) -> None:
        self.lia_status |= UNLOCKED

    def _value(self, number: int) -> float:
        """Quantity of OUTP? and SNAP?, in the order of their numbers."""
        output = self._filter.output
        if number <= 2:
            return (output.real, output.imag, abs(output))[number]
        if number == 3:
            return math.degrees(cmath.phase(output))
        if number in (10, 11):
            return self.aux_out_V[number - 10]
        others = {12: self.phase_deg, 13: self.oscillator_V, 14: self.offset_V, 15: self.internal_Hz}
        return self._followed_Hz or 0.0 if number == 16 else others.get(number, 0.0)

    def _fresh(self, *texts: str) -> str:
        numbers = [index_of(text, QUANTITIES) for text in texts]
        self._update()
        return ",".join(written(self._value(number)) for number in numbers)

    def _snap(self, arguments: Arguments) -> str:
        if not 2 <= len(arguments) <= 3:
            raise illegal_value()
        return self._fresh(*arguments.texts)

    def _lia(self, arguments: Arguments) -> str:
        self._update()
        value = self.lia_status
        if not len(arguments):
            self.lia_status = 0
            return str(value)
        bit = 1 << parse_int(arguments[0], 0, LIA_BITS)
        self.lia_status &= ~bit
        return str(int(bool(value & bit)))

    def _overloads_now(self) -> str:
        self._update()
        return str(self._condition())

    def _enable_lia(self, arguments: Arguments) -> None:
        self.lia_enable = parse_int(arguments[0], 0, (1 << LIA_BITS + 1) - 1)

    # knobs

    def _knob(self, mnemonic: str, attribute: str, parse: Callable[[str], float], whole_number: bool) -> None:
        self.table.add(mnemonic, lambda a: self._turn(attribute, parse(a[0])))
        write: Callable[[float], str] = (lambda value: str(int(value))) if whole_number else written
        self.table.add(mnemonic + "?", lambda _: write(getattr(self, attribute)))

    def _set_reference(self, arguments: Arguments) -> None:
        self.reference = index_of(arguments[0], WORDS["RSRC"])
        self._update()
        self.internal = int(self.reference == 0)
        if self.internal:
            self.frequency_Hz = self.internal_Hz
        self._changed()

    def _set_frequency(self, arguments: Arguments) -> None:
        self.internal_Hz = rounded_frequency(quantity(arguments[0], 0.001, self.highest_Hz), 6)
        if self.internal:
            self._turn("frequency_Hz", self.internal_Hz)

    def _set_slope(self, arguments: Arguments) -> None:
        slope = parse_int(arguments[0], 0, 3)
        self._update()
        self.slope = slope
        self._filter.set_order(slope + 1)

    def _set_aux(self, arguments: Arguments) -> None:
        self.aux_out_V[parse_int(arguments[0], 0, 3)] = parse_float(arguments[1], -10.5, 10.5)

    def _auto_phase(self) -> None:
        self._update()
        turned = self.phase_deg + math.degrees(cmath.phase(self._filter.output))
        self._turn("phase_deg", wrapped_deg(turned, 7))

    def _auto_scale(self) -> None:
        self._update()
        magnitude = abs(self._filter.output)
        fitting = [index for index, value in enumerate(SENSITIVITIES_V) if value >= magnitude]
        self._turn("sensitivity", max(fitting, default=0))

    def _auto_range(self) -> None:
        self._update()
        peak_V = abs(self._signal()) * math.sqrt(2)
        fitting = [index for index, value in enumerate(INPUT_RANGES_V) if value >= peak_V]
        self._turn("input_range", max(fitting, default=0))

    def _level(self) -> str:
        """Signal strength at the input, 0 to 4."""
        self._update()
        share = abs(self._signal()) / self.input_limit_V
        return str(sum(share > bound for bound in (0.1, 0.3, 0.7, 1.0)))

    def _bind(self) -> None:
        add = self.table.add
        add("OUTP?", lambda a: self._fresh(a[0]))
        add("SNAP?", self._snap)
        add("LIAS?", self._lia)
        self.add_query("CUROVLDSTAT?", self._overloads_now)
        add("LIAE", self._enable_lia)
        self.add_query("LIAE?", lambda: str(self.lia_enable))
        add("ERRS?", lambda a: self._latched("error_status", a))
        self.add_mask("ERRE", "error_enable")
        self._knob("SCAL", "sensitivity", lambda text: parse_int(text, 0, 27), whole_number=True)
        self._knob("OFLT", "time_constant", lambda text: parse_int(text, 0, 21), whole_number=True)
        self._knob("HARM", "harmonic", lambda text: parse_int(text, 1, 99), whole_number=True)
        self._knob("IVMD", "input_mode", lambda text: index_of(text, WORDS["IVMD"]), whole_number=True)
        self._knob("IRNG", "input_range", lambda text: index_of(text, WORDS["IRNG"]), whole_number=True)
        self._knob("SLVL", "oscillator_V", self._amplitude, whole_number=False)
        self._knob("SOFF", "offset_V", lambda text: round(quantity(text, -5.0, 5.0), 4), whole_number=False)
        self._knob("PHAS", "phase_deg", lambda t: wrapped_deg(parse_float(t, -36e4, 36e4), 7), whole_number=False)
        add("RSRC", self._set_reference)
        self.add_query("RSRC?", lambda: str(self.reference))
        for mnemonic in ("FREQ", "FREQINT"):
            add(mnemonic, self._set_frequency)
        self.add_query("FREQ?", lambda: self._frequency(self.frequency_Hz))
        self.add_query("FREQINT?", lambda: self._frequency(self.internal_Hz))
        self.add_query("FREQEXT?", lambda: self._fresh("16"))
        self.add_query("FREQDET?", lambda: self._frequency(self.frequency_Hz * self.harmonic))
        add("OFSL", self._set_slope)
        self.add_query("OFSL?", lambda: str(self.slope))
        self._bind_stored()
        self._bind_channels()
        self.add_action("APHS", self._auto_phase)
        self.add_action("ASCL", self._auto_scale)
        self.add_action("ARNG", self._auto_range)
        self.add_query("ILVL?", self._level)

    def _bind_stored(self) -> None:
        for mnemonic, words in WORDS.items():
            if mnemonic not in ("RSRC", "IVMD", "IRNG"):
                self.add_setting(mnemonic, str(DEFAULTS.get(mnemonic, 0)), self._choice(words))
        self.add_setting("HARMDUAL", "1", whole(1, 99))
        self.add_setting("OVRM", "1", whole(0, 1))
        self.add_query("TBSTAT?", lambda: "1")
        self.table.add("AUXV", self._set_aux)
        self.table.add("AUXV?", lambda a: written(self.aux_out_V[parse_int(a[0], 0, 3)]))
        self.table.add("OAUX?", lambda a: written(0.0 * parse_int(a[0], 0, 3)))

    @staticmethod
    def _choice(words: tuple[str, ...]) -> Callable[[str], str]:
        return lambda text: str(index_of(text, words))

    def _frequency(self, frequency_Hz: float) -> str:
        self._update()
        return written(frequency_Hz)

    @staticmethod
    def _amplitude(text: str) -> float:
        return round(float(f"{quantity(text, 0.0, 2.0):.2e}"), 9)

    def reset(self) -> None:
        """``*RST``: factory settings."""
        self._update()
        super().reset()
        self._load_defaults()
        self._changed()

    def clear_status(self) -> None:
        """``*CLS``: also the lock-in and error status."""
        super().clear_status()
        self.lia_status = self.error_status = 0

    def status_byte(self, reply_waiting: bool) -> int:
        """ERR (4), LIA (8), message (16), event (32), request (64)."""
        byte = (4 if self.error_status & self.error_enable else 0) | (16 if reply_waiting else 0)
        byte |= 8 if self.lia_status & self.lia_enable else 0
        byte |= 32 if self.events & self.event_enable else 0
        return byte | (64 if byte & self.request_enable else 0)

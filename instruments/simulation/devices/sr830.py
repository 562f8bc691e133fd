"""Stanford Research SR830 lock-in amplifier, its oscillator driving the sample through a ballast resistor.

Source: SR830 manual, remote programming; reply formats as in recorded exchanges (``-4.17234e-007``: six digits,
exponent of three). Without an external reference, FMOD 0 leaves it unlocked and without signal; FREQ is refused.
"""

import cmath
import math
from collections.abc import Callable

from instruments.clock import Clock
from instruments.simulation.cryostat import ChannelKind, Cryostat
from instruments.simulation.devices.signal_path import SignalPath, rounded_frequency, whole, wrapped_deg
from instruments.simulation.wire import illegal_value, parse_float, parse_int, settings_conflict
from instruments.simulation.wire_ieee import MNEMONIC_HEADER, Arguments, IeeeInstrument

SENSITIVITIES_V = tuple(float(f"{m}e{e}") for e in range(-9, 1) for m in (1, 2, 5))[1:28]
TIME_CONSTANTS_S = tuple(float(f"{m}e{e}") for e in range(-5, 5) for m in (1, 3))
OVERLOAD = 1.09
INPUT_LIMIT_V = 1.0
MAX_Hz = 102_000.0
INPUT_OVERLOAD, OUTPUT_OVERLOAD, UNLOCKED = 0x1, 0x4, 0x8
QUANTUM = 2.0**-24
"""Step of the numbers behind OUTP? and SNAP?, in full scales: recorded readings are multiples of it."""

_STORED = {"IGND": (0, 1, 0), "ICPL": (0, 1, 0), "ILIN": (0, 3, 0), "RMOD": (0, 2, 1)}
_STORED |= {"RSLP": (0, 2, 0), "SYNC": (0, 1, 0), "OUTX": (0, 1, 1), "SRAT": (0, 14, 4), "SEND": (0, 1, 0)}
_STORED |= {"TSTR": (0, 1, 0), "FAST": (0, 2, 0), "OVRM": (0, 1, 1), "KCLK": (0, 1, 1), "ALRM": (0, 1, 1)}
_STORED |= {"LOCL": (0, 2, 1)}


def exponent_of_three(value: float) -> str:
    """Six significant digits, exponents with three, as the instrument writes numbers."""
    text = f"{value:.6g}"
    mantissa, mark, exponent = text.partition("e")
    return f"{mantissa}e{exponent[0]}{int(exponent[1:]):03d}" if mark else text


class SR830(SignalPath, IeeeInstrument):
    """Registers, filter and overload latches of an SR830."""

    def __init__(
        self,
        clock: Clock,
        cryostat: Cryostat,
        ballast_ohm: float,
        *,
        contacts: ChannelKind = "longitudinal",
        name: str = "sr830",
        serial: str = "70324",
    ) -> None:
        super().__init__(f"Stanford_Research_Systems,SR830,s/n{serial},ver1.07", MNEMONIC_HEADER)
        self._join(clock, cryostat, ballast_ohm, contacts, name)
        self.lia_status = self.lia_enable = self.error_status = self.error_enable = 0
        self._load_defaults()
        self._bind()
        cryostat.attach(self)

    def _load_defaults(self) -> None:
        self.oscillator_V, self.frequency_Hz, self.phase_deg = 1.0, 1000.0, 0.0
        self.harmonic, self.internal, self.input_source = 1, 1, 0
        self._followed_Hz: float | None = None
        self.sensitivity, self.time_constant, self.slope = 26, 8, 1
        self.aux_out_V = [0.0] * 4
        self.offsets: list[tuple[float, int]] = [(0.0, 0)] * 3
        self.displays = [[0, 0], [0, 0]]
        self._filter.set_order(self.slope + 1)

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
        """A or A-B."""
        return self.input_source <= 1

    @property
    def input_limit_V(self) -> float:
        """Largest rms voltage before the input overloads."""
        return INPUT_LIMIT_V

    def _set_frequency(self, arguments: Arguments) -> None:
        value_Hz = rounded_frequency(parse_float(arguments[0], 0.001, MAX_Hz / self.harmonic), 5)
        if not self.internal:
            raise settings_conflict()
        self._turn("frequency_Hz", value_Hz)

    def _latch_overload(self) -> None:
        self.lia_status |= (INPUT_OVERLOAD if self._overloaded else 0) | (UNLOCKED if self._unlocked else 0)
        full_scale_V = self.full_scale_V
        output = self._filter.output
        for value, (offset, expand) in zip((output.real, output.imag, abs(output)), self.offsets, strict=True):
            if abs(value - offset / 100.0 * full_scale_V) * 10**expand > OVERLOAD * full_scale_V:
                self.lia_status |= OUTPUT_OVERLOAD

    def _slipped(self) -> None:
        self.lia_status |= UNLOCKED

    def _displayed(self, which: int, value: float) -> float:
        """X, Y or R (0, 1, 2): offset, held within the output's range, in the instrument's steps."""
        offset, expand = self.offsets[which]
        full_scale_V = self.full_scale_V
        limit: float = OVERLOAD / 10**expand
        share = min(max(value / full_scale_V - offset / 100.0, -limit), limit)
        return round(share / QUANTUM) * QUANTUM * full_scale_V

    def _value(self, number: int) -> float:
        """Quantity of SNAP?: X Y R theta, aux in 1-4, frequency, displays 1 and 2."""
        output = self._filter.output
        if number == 4:
            return math.degrees(cmath.phase(output))
        if number <= 3:
            return self._displayed(number - 1, (output.real, output.imag, abs(output))[number - 1])
        if number <= 8:
            return 0.0
        if number == 9:
            return self.frequency_Hz
        shown = self.displays[number - 10][0]
        return self._value((1, 3)[shown] if number == 10 else (2, 4)[shown]) if shown <= 1 else 0.0

    def _output(self, arguments: Arguments) -> str:
        number = parse_int(arguments[0], 1, 4)
        self._update()
        return exponent_of_three(self._value(number))

    def _snap(self, arguments: Arguments) -> str:
        if not 2 <= len(arguments) <= 6:
            raise illegal_value()
        numbers = [parse_int(text, 1, 11) for text in arguments.texts]
        self._update()
        return ",".join(exponent_of_three(self._value(number)) for number in numbers)

    def _lia(self, arguments: Arguments) -> str:
        self._update()
        return self._latched("lia_status", arguments)

    def _knob(self, mnemonic: str, attribute: str, parse: Callable[[str], float]) -> None:
        """A setting that the signal path depends on."""

        self.table.add(mnemonic, lambda a: self._turn(attribute, parse(a[0])))
        self.table.add(mnemonic + "?", lambda _: exponent_of_three(float(getattr(self, attribute))))

    def _bind(self) -> None:
        add = self.table.add
        add("OUTP?", self._output)
        add("SNAP?", self._snap)
        add("OUTR?", lambda a: exponent_of_three(self._fresh(9 + parse_int(a[0], 1, 2))))
        add("LIAS?", self._lia)
        add("ERRS?", lambda a: self._latched("error_status", a))
        self.add_mask("LIAE", "lia_enable")
        self.add_mask("ERRE", "error_enable")
        self._knob("SENS", "sensitivity", lambda text: parse_int(text, 0, 26))
        self._knob("OFLT", "time_constant", lambda text: parse_int(text, 0, 19))
        self._knob("SLVL", "oscillator_V", lambda text: round(parse_float(text, 0.004, 5.0) / 0.002) * 0.002)
        self._knob("PHAS", "phase_deg", lambda text: wrapped_deg(parse_float(text, -360.0, 729.99)))
        self._knob("HARM", "harmonic", lambda text: parse_int(text, 1, int(min(19999, MAX_Hz / self.frequency_Hz))))
        self._knob("ISRC", "input_source", lambda text: parse_int(text, 0, 3))
        self._knob("FMOD", "internal", lambda text: parse_int(text, 0, 1))
        add("FREQ", self._set_frequency)
        add("FREQ?", lambda _: exponent_of_three(self._fresh(9)))
        add("OFSL", self._set_slope)
        add("OFSL?", lambda _: str(self.slope))
        for mnemonic, (low, high, default) in _STORED.items():
            self.add_setting(mnemonic, str(default), whole(low, high))
        add("AUXV", self._set_aux)
        add("AUXV?", lambda a: f"{self.aux_out_V[parse_int(a[0], 1, 4) - 1]:.3f}")
        add("OAUX?", lambda a: exponent_of_three(self._value(4 + parse_int(a[0], 1, 4))))
        add("OEXP", self._set_offset)
        add("OEXP?", lambda a: "{:g},{:d}".format(*self.offsets[parse_int(a[0], 1, 3) - 1]))
        add("AOFF", self._auto_offset)
        add("DDEF", self._set_display)
        add("DDEF?", lambda a: "{},{}".format(*self.displays[parse_int(a[0], 1, 2) - 1]))
        self.add_action("AGAN", self._auto_gain)
        self.add_action("APHS", self._auto_phase)
        self.add_action("ARSV", lambda: None)
        for idle in ("STRT", "STRD", "PAUS", "REST", "TRIG"):  # no data are stored
            self.add_action(idle, lambda: None)
        add("SPTS?", lambda _: "0")

    def _fresh(self, number: int) -> float:
        self._update()
        return self._value(number)

    def _set_slope(self, arguments: Arguments) -> None:
        slope = parse_int(arguments[0], 0, 3)
        self._update()
        self.slope = slope
        self._filter.set_order(slope + 1)

    def _set_aux(self, arguments: Arguments) -> None:
        self.aux_out_V[parse_int(arguments[0], 1, 4) - 1] = parse_float(arguments[1], -10.5, 10.5)

    def _set_offset(self, arguments: Arguments) -> None:
        which = parse_int(arguments[0], 1, 3) - 1
        self.offsets[which] = (parse_float(arguments[1], -105.0, 105.0), parse_int(arguments[2], 0, 2))

    def _auto_offset(self, arguments: Arguments) -> None:
        which = parse_int(arguments[0], 1, 3) - 1
        self._update()
        output = self._filter.output
        share = (output.real, output.imag, abs(output))[which] / self.full_scale_V * 100.0
        self.offsets[which] = (round(min(max(share, -105.0), 105.0), 2), self.offsets[which][1])

    def _set_display(self, arguments: Arguments) -> None:
        self.displays[parse_int(arguments[0], 1, 2) - 1] = [
            parse_int(arguments[1], 0, 4),
            parse_int(arguments[2], 0, 2),
        ]

    def _auto_gain(self) -> None:
        self._update()
        magnitude = abs(self._filter.output)
        fitting = [index for index, value in enumerate(SENSITIVITIES_V) if value >= magnitude]
        self.sensitivity = fitting[0] if fitting else len(SENSITIVITIES_V) - 1
        self._changed()

    def _auto_phase(self) -> None:
        self._update()
        turned = self.phase_deg + math.degrees(cmath.phase(self._filter.output))
        self.phase_deg = wrapped_deg(turned)
        self._changed()

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
        """No scan (1), no command (2), ERR (4), LIA (8), message (16), event (32), request (64)."""
        byte = 0x3 | (4 if self.error_status & self.error_enable else 0) | (16 if reply_waiting else 0)
        byte |= 8 if self.lia_status & self.lia_enable else 0
        byte |= 32 if self.events & self.event_enable else 0
        return byte | (64 if byte & self.request_enable else 0)

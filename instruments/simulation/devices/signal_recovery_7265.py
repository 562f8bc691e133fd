"""Signal Recovery 7265 lock-in amplifier, the oscillator driving the sample through a ballast resistor.

Source: manual of the 7220 (command format, status and overload bytes, time constants); mnemonics and tables as in
pymeasure and Lab::Measurement. Mnemonics without a parameter ask; a full stop asks for V, Hz and degrees. ST speaks
of the command before it; ST and N show what is so now, nothing is latched. Fixed-point answers (without the full
stop) of X, Y and magnitude are in 1/10000 of full scale. Not simulated: curve buffer, dual modes, AC gain.
"""

import cmath
import math
from collections.abc import Callable

from instruments.clock import Clock
from instruments.simulation.cryostat import ChannelKind, Cryostat
from instruments.simulation.devices.signal_path import SignalPath
from instruments.simulation.wire import Refusal, WireInstrument, missing_parameter, parse_float, parse_int

SENSITIVITIES_V = (math.nan, *tuple(m * 10.0**e for e in range(-9, 1) for m in (1, 2, 5))[1:28])
TIME_CONSTANTS_S = (
    *(m * 1e-6 for m in (10, 20, 40, 80, 160, 320, 640)),
    *tuple(m * 10.0**e for e in range(-3, 5) for m in (1, 2, 5))[2:],
)
INPUT_LIMIT_V = 1.0
STEPS_PER_SCALE = 10_000
OUTPUT_END, SIGNAL_END = 1.2, 3.0
COMPLETE, INVALID, BAD_PARAMETER, UNLOCKED, OVERLOADED = 0x01, 0x02, 0x04, 0x08, 0x10
N_OUTPUTS, N_Y, N_X, N_INPUT, N_UNLOCKED = (0x02, 0x04), 0x08, 0x10, 0x40, 0x80
_STORED = {"VMODE": (1, 0, 3), "FLOAT": (1, 0, 1), "FET": (1, 0, 1), "CP": (0, 0, 1), "ACGAIN": (0, 0, 9)}
_STORED |= {"AUTOMATIC": (1, 0, 1), "SYNC": (0, 0, 1), "REMOTE": (0, 0, 1), "DD": (44, 13, 125), "MSK": (0, 0, 255)}


class SignalRecovery7265(SignalPath, WireInstrument):
    """Registers, filter and status of a 7265."""

    def __init__(
        self,
        clock: Clock,
        cryostat: Cryostat,
        ballast_ohm: float,
        *,
        contacts: ChannelKind = "longitudinal",
        name: str = "signal_recovery_7265",
        terminator: bytes = b"\r\n",
    ) -> None:
        super().__init__("7265", terminator)
        self._join(clock, cryostat, ballast_ohm, contacts, name)
        self._status = COMPLETE
        self._load_defaults()
        self._bind()
        cryostat.attach(self)

    def _load_defaults(self) -> None:
        self.oscillator_V, self.frequency_Hz, self.phase_deg = 0.0, 1000.0, 0.0
        self.internal_Hz, self.harmonic, self.internal, self.source = 1000.0, 1, 1, 0
        self.sensitivity, self.time_constant, self.slope, self.input_mode = 24, 11, 1, 0
        self.stored = {name: default for name, (default, _, _) in _STORED.items()}
        self._followed_Hz: float | None = None
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
        """Voltage mode, and not both inputs grounded."""
        return self.input_mode == 0 and self.stored["VMODE"] != 0

    @property
    def input_limit_V(self) -> float:
        """Largest rms voltage before the input overloads."""
        return INPUT_LIMIT_V

    def _latch_overload(self) -> None:
        pass  # nothing is latched

    def _slipped(self) -> None:
        pass

    # the wire

    def commands(self) -> tuple[str, ...]:
        """The mnemonics."""
        return ("ID", "ST", *sorted(self._handlers))

    def _answer(self, line: str) -> str | None:
        replies = []
        for part in line.split(";"):
            name, *parameters = part.replace(",", " ").upper().split() or [""]
            if name:
                reply = self._run(name, parameters)
                if reply is not None:
                    replies.append(reply)
        return self.terminator.decode().join(replies) if replies else None

    def _run(self, name: str, parameters: list[str]) -> str | None:
        if name == "ST":
            return str(self._condition() | self._status)
        if name == "ID":
            return self.identity
        handler = self._handlers.get(name)
        self._status = COMPLETE
        if handler is None:
            self._status |= INVALID
            return None
        if parameters and self._takes_denial():
            self._status |= BAD_PARAMETER
            return None
        try:
            return handler(parameters)
        except Refusal:
            self._status |= BAD_PARAMETER
            return None

    def _condition(self) -> int:
        overloads = self._overloads()
        return (UNLOCKED if overloads & N_UNLOCKED else 0) | (OVERLOADED if overloads & ~N_UNLOCKED else 0)

    def _overloads(self) -> int:
        """The overload byte."""
        self._update()
        output, full_scale_V = self._filter.output, self.full_scale_V
        byte = (N_INPUT if self._overloaded else 0) | (N_UNLOCKED if self._unlocked else 0)
        for value, bit, far in ((output.real, N_OUTPUTS[0], N_X), (output.imag, N_OUTPUTS[1], N_Y)):
            byte |= bit if abs(value) > OUTPUT_END * full_scale_V else 0
            byte |= far if abs(value) > SIGNAL_END * full_scale_V else 0
        return byte

    def _counts(self, value_V: float) -> int:
        """A voltage in 1/10000 of full scale, held at 300 %."""
        end = int(SIGNAL_END * STEPS_PER_SCALE)
        return min(max(round(value_V / self.full_scale_V * STEPS_PER_SCALE), -end), end)

    def _volts(self, value_V: float) -> str:
        return f"{self._counts(value_V) / STEPS_PER_SCALE * self.full_scale_V:.4E}"

    def _outputs(self) -> tuple[float, float, float]:
        self._update()
        output = self._filter.output
        return output.real, output.imag, abs(output)

    def _phase(self) -> float:
        self._update()
        return math.degrees(cmath.phase(self._filter.output))

    # knobs

    def _knob(self, name: str, attribute: str, low: int, high: int) -> None:
        def turn(parameters: list[str]) -> str | None:
            if not parameters:
                return str(int(getattr(self, attribute)))
            self._turn(attribute, parse_int(parameters[0], low, high))
            return None

        self._handlers[name] = turn

    def _number(
        self, name: str, ask: Callable[[], float], act: Callable[[float], None], reach: tuple[float, float]
    ) -> None:
        """A quantity with a fixed-point form in thousandths and a floating one."""

        def floating(parameters: list[str]) -> str | None:
            if not parameters:
                self._update()
                return f"{ask():.6E}"
            act(parse_float(parameters[0], *reach))
            return None

        def whole(parameters: list[str]) -> str | None:
            if not parameters:
                self._update()
                return str(round(ask() * 1e3))
            act(parse_float(parameters[0], reach[0] * 1e3, reach[1] * 1e3) / 1e3)
            return None

        self._handlers[name + "."], self._handlers[name] = floating, whole

    def _set_source(self, parameters: list[str]) -> str | None:
        if not parameters:
            return str(self.source)
        self.source = parse_int(parameters[0], 0, 2)
        self._update()
        self.internal = int(self.source == 0)
        if self.internal:
            self.frequency_Hz = self.internal_Hz
        self._changed()
        return None

    def _set_slope(self, parameters: list[str]) -> str | None:
        if not parameters:
            return str(self.slope)
        slope = parse_int(parameters[0], 0, 3)
        self._update()
        self.slope = slope
        self._filter.set_order(slope + 1)
        return None

    def _set_frequency(self, frequency_Hz: float) -> None:
        self.internal_Hz = round(frequency_Hz, 3)
        if self.internal:
            self._turn("frequency_Hz", self.internal_Hz)

    def _shown_frequency(self) -> float:
        """FRQ.: of the reference; zero without lock."""
        return 0.0 if self._unlocked else self.frequency_Hz

    def _store(self, name: str) -> Callable[[list[str]], str | None]:
        _, low, high = _STORED[name]

        def store(parameters: list[str]) -> str | None:
            if not parameters:
                return str(self.stored[name])
            self.stored[name] = parse_int(parameters[0], low, high)
            self._changed()
            return None

        return store

    def _bind(self) -> None:
        self._handlers: dict[str, Callable[[list[str]], str | None]] = {name: self._store(name) for name in _STORED}
        ask = self._handlers
        for index, name in enumerate(("X", "Y", "MAG")):
            ask[name + "."] = lambda _, index=index: self._volts(self._outputs()[index])  # type: ignore[misc]  # mypy cannot type a default
            ask[name] = lambda _, index=index: str(self._counts(self._outputs()[index]))  # type: ignore[misc]  # mypy cannot type a default
        ask["XY."] = lambda _: ",".join(self._volts(value) for value in self._outputs()[:2])
        ask["XY"] = lambda _: ",".join(str(self._counts(value)) for value in self._outputs()[:2])
        ask["PHA."] = lambda _: f"{self._phase():.3E}"
        ask["N"] = lambda _: str(self._overloads())
        ask["VER"] = lambda _: "2.4"
        self._knob("SEN", "sensitivity", 1, 27)
        self._knob("TC", "time_constant", 0, len(TIME_CONSTANTS_S) - 1)
        self._knob("REFN", "harmonic", 1, 65535)
        self._knob("IMODE", "input_mode", 0, 2)
        ask["SEN."] = lambda _: f"{self.full_scale_V:.3E}"
        ask["TC."] = lambda _: f"{self.time_constant_s:.3E}"
        ask["SLOPE"], ask["IE"] = self._set_slope, self._set_source
        self._number("OA", lambda: self.oscillator_V, lambda v: self._turn("oscillator_V", round(v, 6)), (0.0, 5.0))
        self._number("OF", lambda: self.internal_Hz, self._set_frequency, (0.0, 250e3))
        self._number("REFP", lambda: self.phase_deg, lambda deg: self._turn("phase_deg", deg), (-360.0, 360.0))
        ask["FRQ."] = lambda _: f"{self._refreshed(self._shown_frequency):.6E}"
        ask["AQN"] = self._auto_phase
        ask["LOCK"] = lambda _: None
        ask["ADF"] = self._auto_default

    def _refreshed(self, ask: Callable[[], float]) -> float:
        self._update()
        return ask()

    def _auto_phase(self, _: list[str]) -> None:
        self._turn("phase_deg", round(self.phase_deg + self._phase(), 3))

    def _auto_default(self, parameters: list[str]) -> None:
        """``ADF 1``: factory settings."""
        if not parameters:
            raise missing_parameter()
        self._update()
        self._load_defaults()
        self._changed()

    def status_byte(self, reply_waiting: bool) -> int:
        """Serial poll: as ST, and data available."""
        return self._condition() | self._status | (0x80 if reply_waiting else 0)

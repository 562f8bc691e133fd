"""Keithley 2400 source-meter, voltage source only: ranges, compliance, output, readings of voltage and current.

Source: Series 2400 user's manual (2400S-900), SCPI reference. A compliance below 0.1 % of the measurement
range, and a range of which it would be less, are refused (settings conflict); so is :READ? with the output off.
:MEASure does what the manual warns of: it turns the output on. Noise per reading at one power-line cycle: a
share of the range, falling as 1/sqrt(cycles); 50 Hz mains. With its output off the gate floats, and only its
leakage discharges it.
"""

import math

from instruments.clock import Clock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.devices.registers import any_word, number_text, on_or_off
from instruments.simulation.wire import Refusal, illegal_value, out_of_range, parse_float, settings_conflict
from instruments.simulation.wire_ieee import SCPI_HEADER, Arguments, IeeeInstrument

VOLTAGE_RANGES_V = (0.2, 2.0, 20.0, 200.0)
CURRENT_RANGES_A = (1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0)
OVER_RANGE = 1.05
LEAST_SHARE = 1e-3
MAINS_HZ = 50.0
STEPS_PER_RANGE = 40_000
"""Resolution of the source: 5 mV on the range of 200 V."""
OVERFLOW, NOT_MEASURED = 9.9e37, 9.91e37
_IDENTITY = "KEITHLEY INSTRUMENTS INC.,MODEL 2400,{},C33   Mar 31 2015 09:32:39/A02  /K/J"
_CURRENT_NOISE, _VOLTAGE_NOISE = 2e-5, 1e-5
_OVER_RANGE_BIT, _FRONT_BIT, _COMPLIANCE_BIT = 0x1, 0x4, 0x8
_MEASURES_BOTH_SOURCES_VOLTAGE = 0x800 | 0x1000 | 0x4000
_ELEMENTS = ("VOLT", "CURR", "RES", "TIME", "STAT")
_CONDITION_COMPLIANCE, _CONDITION_READING = 0x4000, 0x40


class Keithley2400(IeeeInstrument):
    """Registers of the source-meter; the cryostat's gate carries its voltage."""

    def __init__(
        self, clock: Clock, cryostat: Cryostat, *, name: str = "keithley_2400", serial: str = "4070214"
    ) -> None:
        super().__init__(_IDENTITY.format(serial), SCPI_HEADER)
        self._clock = clock
        self._cryostat = cryostat
        self._gate = cryostat.gate
        self._noise = cryostat.noise_source(name)
        self._load_defaults()
        self._bind()

    def _load_defaults(self) -> None:
        self.voltage_V, self.range_V, self.source_auto = 0.0, VOLTAGE_RANGES_V[-1], True
        self.compliance_A, self.range_A, self.measure_auto = 105e-6, CURRENT_RANGES_A[2], True
        self.function, self.terminals, self.output = "VOLT", "FRON", False
        self.elements = list(_ELEMENTS)
        self.cycles = 1.0
        self.clear_after = False

    # the output

    def _drive(self) -> None:
        """Pass the present settings on to the gate."""
        self._cryostat.advance()
        gate = self._gate
        gate.source_V = self._sourced_V()
        gate.compliance_A = min(self.compliance_A, OVER_RANGE * self._measuring_range_A())
        gate.output_on = self.output
        gate.advance(0.0)

    def _sourced_V(self) -> float:
        step_V = self.range_V / STEPS_PER_RANGE
        return round(self.voltage_V / step_V) * step_V

    def _measuring_range_A(self) -> float:
        if not self.measure_auto:
            return self.range_A
        return next(r for r in CURRENT_RANGES_A if self.compliance_A <= OVER_RANGE * r)

    def _in_compliance(self) -> bool:
        self._cryostat.advance()
        return self._gate.in_compliance

    # readings

    def _read(self) -> str:
        if not self.output:
            raise Refusal(803, "Not permitted with output off", 0x10)
        reply = self._convert()
        if self.clear_after:
            self.output = False
            self._drive()
        return reply

    def _convert(self) -> str:
        values = self._measured()
        return ",".join(f"{values[element]:+.6E}" for element in _ELEMENTS if element in self.elements)

    def _measured(self) -> dict[str, float]:
        """Voltage and current, one after the other, each over the integration time."""
        integration_s = self.cycles / MAINS_HZ
        self._clock.sleep(integration_s)
        self._cryostat.advance()
        range_A = self._measuring_range_A()
        voltage_V = self._gate.terminal_V if self.output else 0.0
        voltage_V += self._deviation(_VOLTAGE_NOISE * self.range_V)
        current_A = self._gate.current_A + self._deviation(_CURRENT_NOISE * range_A)
        self._clock.sleep(integration_s)
        over = abs(current_A) > OVER_RANGE * range_A
        limited = self._in_compliance()
        status = _MEASURES_BOTH_SOURCES_VOLTAGE | (_FRONT_BIT if self.terminals == "FRON" else 0)
        status |= (_OVER_RANGE_BIT if over else 0) | (_COMPLIANCE_BIT if limited else 0)
        return {
            "VOLT": voltage_V,
            "CURR": OVERFLOW if over else current_A,
            "RES": NOT_MEASURED,
            "TIME": self._clock.now(),
            "STAT": float(status),
        }

    def _deviation(self, share: float) -> float:
        return share / math.sqrt(self.cycles) * float(self._noise.standard_normal())

    def _measure(self) -> str:
        """What the manual warns of: settings reset, output on."""
        self.measure_auto, self.cycles, self.output = True, 1.0, True
        self._drive()
        return self._convert()

    # settings

    def _set_voltage(self, arguments: Arguments) -> None:
        value_V = parse_float(arguments[0], -210.0, 210.0)
        if self.source_auto:
            self.range_V = smallest_range(value_V, VOLTAGE_RANGES_V)
        elif abs(value_V) > OVER_RANGE * self.range_V:
            raise out_of_range()
        self.voltage_V = value_V
        self._drive()

    def _set_source_range(self, arguments: Arguments) -> None:
        self.range_V = smallest_range(parse_float(arguments[0], -210.0, 210.0), VOLTAGE_RANGES_V)
        self.source_auto = False
        if abs(self.voltage_V) > OVER_RANGE * self.range_V:
            self.voltage_V = math.copysign(OVER_RANGE * self.range_V, self.voltage_V)
        self._drive()

    def _set_source_auto(self, arguments: Arguments) -> None:
        self.source_auto = on_or_off(arguments[0]) == "1"

    def _set_compliance(self, arguments: Arguments) -> None:
        value_A = parse_float(arguments[0], LEAST_SHARE * CURRENT_RANGES_A[0], 1.05)
        if not self.measure_auto and value_A < LEAST_SHARE * self.range_A * (1 - 1e-9):
            raise settings_conflict()
        self.compliance_A = value_A
        self._drive()

    def _set_measure_range(self, arguments: Arguments) -> None:
        range_A = smallest_range(parse_float(arguments[0], -1.05, 1.05), CURRENT_RANGES_A)
        if self.compliance_A < LEAST_SHARE * range_A * (1 - 1e-9):
            raise settings_conflict()
        self.range_A, self.measure_auto = range_A, False
        self._drive()

    def _set_measure_auto(self, arguments: Arguments) -> None:
        self.measure_auto = on_or_off(arguments[0]) == "1"
        self._drive()

    def _set_output(self, arguments: Arguments) -> None:
        self.output = on_or_off(arguments[0]) == "1"
        self._drive()

    def _set_function(self, arguments: Arguments) -> None:
        function = word_of(arguments[0], "VOLT", "CURR")
        if function != "VOLT":
            raise settings_conflict()  # a gate is no load for a current source; not simulated
        self.function = function

    def _set_terminals(self, arguments: Arguments) -> None:
        terminals = word_of(arguments[0], "FRON", "REAR")
        if terminals != self.terminals:
            self.terminals, self.output = terminals, False
            self._drive()

    def _set_elements(self, arguments: Arguments) -> None:
        self.elements = [word_of(text, *_ELEMENTS) for text in arguments.texts]

    def _set_clear_after(self, arguments: Arguments) -> None:
        self.clear_after = on_or_off(arguments[0]) == "1"

    def _set_cycles(self, arguments: Arguments) -> None:
        self.cycles = parse_float(arguments[0], 0.01, 10.0)

    def _condition(self) -> str:
        return str(_CONDITION_READING | (_CONDITION_COMPLIANCE if self._in_compliance() else 0))

    def _bind(self) -> None:
        add, level = self.table.add, "SOURce:VOLTage[:LEVel][:IMMediate][:AMPLitude]"
        add(level, self._set_voltage)
        add(level + "?", lambda _: f"{self.voltage_V:.6E}")
        add("SOURce:VOLTage:RANGe", self._set_source_range)
        add("SOURce:VOLTage:RANGe?", lambda _: f"{self.range_V:.6E}")
        add("SOURce:VOLTage:RANGe:AUTO", self._set_source_auto)
        add("SOURce:VOLTage:RANGe:AUTO?", lambda _: str(int(self.source_auto)))
        self.add_setting("SOURce:VOLTage:MODE", "FIX", lambda text: word_of(text, "FIX"))
        add("SOURce:FUNCtion[:MODE]", self._set_function)
        add("SOURce:FUNCtion[:MODE]?", lambda _: self.function)
        add("SOURce:CLEar:AUTO", self._set_clear_after)
        add("SOURce:CLEar:AUTO?", lambda _: str(int(self.clear_after)))
        add("SENSe:CURRent[:DC]:PROTection[:LEVel]", self._set_compliance)
        add("SENSe:CURRent[:DC]:PROTection[:LEVel]?", lambda _: f"{self.compliance_A:.6E}")
        add("SENSe:CURRent[:DC]:PROTection:TRIPped?", lambda _: str(int(self._in_compliance())))
        add("SENSe:CURRent[:DC]:RANGe[:UPPer]", self._set_measure_range)
        add("SENSe:CURRent[:DC]:RANGe[:UPPer]?", lambda _: f"{self._measuring_range_A():.6E}")
        add("SENSe:CURRent[:DC]:RANGe:AUTO", self._set_measure_auto)
        add("SENSe:CURRent[:DC]:RANGe:AUTO?", lambda _: str(int(self.measure_auto)))
        self._bind_voltmeter()
        for quantity in ("CURRent", "VOLTage"):
            add(f"SENSe:{quantity}[:DC]:NPLCycles", self._set_cycles)
            add(f"SENSe:{quantity}[:DC]:NPLCycles?", lambda _: f"{self.cycles:.2f}")
        self.add_setting("SENSe:FUNCtion[:ON]", "'VOLT','CURR'", any_word)
        self.add_setting("SENSe:FUNCtion:CONCurrent", "1", on_or_off)
        add("OUTPut[:STATe]", self._set_output)
        add("OUTPut[:STATe]?", lambda _: str(int(self.output)))
        self.add_setting("OUTPut:SMODe", "NORM", lambda text: word_of(text, "NORM", "HIMP", "ZERO", "GUAR"))
        add("ROUTe:TERMinals", self._set_terminals)
        add("ROUTe:TERMinals?", lambda _: self.terminals)
        add("FORMat:ELEMents[:SENSe]", self._set_elements)
        add("FORMat:ELEMents[:SENSe]?", lambda _: ",".join(e for e in _ELEMENTS if e in self.elements))
        self.add_setting("FORMat[:DATA]", "ASC", lambda text: word_of(text, "ASC"))
        for layer in ("ARM", "TRIGger"):
            self.add_setting(f"{layer}:COUNt", "1", lambda text: str(int(parse_float(text, 1, 2500))))
        for pattern, default in (
            ("SYSTem:RSENse", "0"),
            ("SYSTem:AZERo[:STATe]", "1"),
            ("DISPlay:ENABle", "1"),
            ("SENSe:AVERage[:STATe]", "0"),
        ):
            self.add_setting(pattern, default, on_or_off)
        for pattern, value in (("SOURce:DELay", 0.0), ("TRIGger:DELay", 0.0), ("SENSe:AVERage:COUNt", 10.0)):
            self.add_setting(pattern, f"{value:.6E}", number_text)
        for pattern, default in (
            ("ARM:SOURce", "IMM"),
            ("TRIGger:SOURce", "IMM"),
            ("SENSe:AVERage:TCONtrol", "REP"),
        ):
            self.add_setting(pattern, default, any_word)
        self.add_query("SYSTem:LFRequency?", lambda: f"{MAINS_HZ:.0f}")
        self.add_query("READ?", self._read)
        for function in ("CURRent", "VOLTage"):
            self.add_query(f"MEASure:{function}[:DC]?", self._measure)
        self.add_query("STATus:MEASurement:CONDition?", self._condition)
        self.add_query("STATus:QUEStionable:CONDition?", lambda: "0")
        for pattern in ("SYSTem:ERRor[:NEXT]?", "STATus:QUEue[:NEXT]?"):
            self.add_query(pattern, self.next_error)

    def _bind_voltmeter(self) -> None:
        """While it sources voltage it measures on the source's range; its voltage limit is a current source's."""
        add, prefix = self.table.add, "SENSe:VOLTage[:DC]"

        def take_range(arguments: Arguments) -> None:
            smallest_range(parse_float(arguments[0], -210.0, 210.0), VOLTAGE_RANGES_V)

        add(prefix + ":RANGe[:UPPer]", take_range)
        add(prefix + ":RANGe[:UPPer]?", lambda _: f"{self.range_V:.6E}")
        self.add_setting(prefix + ":RANGe:AUTO", "1", on_or_off)
        self.add_setting(
            prefix + ":PROTection[:LEVel]", f"{21.0:.6E}", lambda text: f"{parse_float(text, -210.0, 210.0):.6E}"
        )
        self.add_query(prefix + ":PROTection:TRIPped?", lambda: "0")

    def reset(self) -> None:
        """``*RST``: 0 V, output off, factory settings."""
        super().reset()
        self._load_defaults()
        self._drive()


def smallest_range(value: float, ranges: tuple[float, ...]) -> float:
    """The smallest range that reaches a value; raises Refusal beyond the largest."""
    for candidate in ranges:
        if abs(value) <= OVER_RANGE * candidate:
            return candidate
    raise out_of_range()


def word_of(text: str, *allowed: str) -> str:
    """One of the words, in its short form; longer spellings of it are taken too."""
    word = text.strip("'\"").upper()
    for candidate in allowed:
        if word == candidate or (word.startswith(candidate) and word.isalpha()):
            return candidate
    raise illegal_value()

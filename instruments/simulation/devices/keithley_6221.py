"""Keithley 6221 current source: level, range, compliance, output, status, and delta mode with a 2182A.

Source: 6220/6221 reference manual, SCPI and status chapters; sections 5 (delta: a reading that is asked for while
it does not run is error -221, one that is not fresh -230), 6 (averaging filter, buffer) and 13 (elements of a
reading, timestamp from the first reading on) for delta mode. What a setting during delta mode is answered with
(+413), that ``ARM?`` is 0 while arming lasts (3 s), and how long the relay to the 2182A takes (0.1 s) rest on
reports of users. The load is the sample with its leads (``lead_resistance_ohm``); where the load would need more
than the compliance voltage, the current is what the compliance drives, and the condition bit is set. Waves are
registers only: arming them is refused. Not simulated: pulse delta, differential conductance, math on readings, the
filter's window, limit tests.
"""

from instruments.clock import Clock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.devices.keithley_2182a import Keithley2182A
from instruments.simulation.devices.keithley_6221_delta import DeltaWire
from instruments.simulation.devices.registers import any_word, number_text, on_or_off
from instruments.simulation.devices.sample_current import SampleCurrent
from instruments.simulation.wire import out_of_range, parse_float, settings_conflict
from instruments.simulation.wire_ieee import SCPI_HEADER, Arguments, IeeeInstrument

MAX_CURRENT_A = 0.105
RANGES_A = (2e-9, 20e-9, 200e-9, 2e-6, 20e-6, 200e-6, 2e-3, 20e-3, 100e-3)
OVER_RANGE = 1.05
IN_COMPLIANCE = 0x8
_SOURCE = "[SOURce]:"
_LEVEL = "[SOURce]:CURRent[:LEVel][:IMMediate][:AMPLitude]"
_WORDS = {"MIN": -MAX_CURRENT_A, "MAX": MAX_CURRENT_A, "DEF": 0.0}


class Keithley6221(IeeeInstrument):
    """Registers of the source; the cryostat carries its current. ``nanovoltmeter`` is on its serial port."""

    def __init__(
        self,
        clock: Clock,
        cryostat: Cryostat,
        *,
        nanovoltmeter: Keithley2182A | None = None,
        lead_resistance_ohm: float = 20.0,
        serial: str = "1335720",
    ) -> None:
        super().__init__(f"KEITHLEY INSTRUMENTS INC.,MODEL 6221,{serial},D03 /700x", SCPI_HEADER)
        self._cryostat = cryostat
        self._sample = SampleCurrent(cryostat, lead_resistance_ohm)
        self._measurement_events = 0
        self._in_compliance = False
        self._load_defaults()
        self._bind()
        self.delta = DeltaWire(self, clock, cryostat, self._sample, nanovoltmeter)

    def _load_defaults(self) -> None:
        self.current_A = 0.0
        self.range_A = RANGES_A[-1]
        self.autorange = True
        self.compliance_V = 10.0
        self.output = False

    def _drive(self) -> None:
        """Pass the present setting on to the cryostat; in delta mode, that is not ours to do."""
        self._cryostat.advance()
        if self.delta.mode.off:
            self._in_compliance = self._sample.drive(self.current_A, self.compliance_V, output_on=self.output)
        else:
            self._in_compliance = self.delta.mode.limited
        if self._in_compliance:
            self.latch_compliance()

    def latch_compliance(self) -> None:
        """The event register remembers."""
        self._measurement_events |= IN_COMPLIANCE

    def _condition(self) -> str:
        self._drive()
        return str(IN_COMPLIANCE if self._in_compliance else 0)

    def _events(self) -> str:
        self._drive()
        events, self._measurement_events = self._measurement_events, 0
        return str(events)

    def _bind(self) -> None:
        add = self.table.add
        add(_LEVEL, self._set_current)
        add(_LEVEL + "?", lambda _: f"{self.current_A:.6E}")
        add(_SOURCE + "CURRent:RANGe", self._set_range)
        add(_SOURCE + "CURRent:RANGe?", lambda _: f"{self.range_A:.6E}")
        add(_SOURCE + "CURRent:RANGe:AUTO", self._set_autorange)
        add(_SOURCE + "CURRent:RANGe:AUTO?", lambda _: str(int(self.autorange)))
        add(_SOURCE + "CURRent:COMPliance", self._set_compliance)
        add(_SOURCE + "CURRent:COMPliance?", lambda _: f"{self.compliance_V:.6E}")
        self.add_setting(_SOURCE + "CURRent:FILTer[:STATe]", "0", on_or_off)
        self.add_setting(_SOURCE + "DELay", "1.000000E-03", number_text)
        self.add_action(_SOURCE + "CLEar[:IMMediate]", self._clear_source)
        add("OUTPut[:STATe]", self._set_output)
        add("OUTPut[:STATe]?", lambda _: str(int(self.output)))
        self.add_setting("OUTPut:LTEarth", "0", on_or_off)
        self.add_setting("OUTPut:ISHield", "OLOW", any_word)
        self.add_query("STATus:MEASurement:CONDition?", self._condition)
        self.add_query("STATus:MEASurement[:EVENt]?", self._events)
        self.add_query("STATus:QUEStionable:CONDition?", lambda: "0")
        self.add_query("STATus:QUEStionable[:EVENt]?", lambda: "0")
        for register in ("MEASurement", "OPERation", "QUEStionable"):
            self.add_setting(f"STATus:{register}:ENABle", "0", lambda text: str(int(parse_float(text, 0, 65535))))
        self.add_action("STATus:PRESet", lambda: None)
        self.add_action("STATus:QUEue:CLEar", self.errors.clear)
        for pattern in ("SYSTem:ERRor[:NEXT]?", "STATus:QUEue[:NEXT]?"):
            self.add_query(pattern, self.next_error)
        self.add_setting("DISPlay:ENABle", "1", on_or_off)
        add("SYSTem:BEEPer", lambda _: None)
        self._bind_waves()

    def _bind_waves(self) -> None:
        wave = _SOURCE + "WAVE:"
        self.add_setting(wave + "FUNCtion", "SIN", any_word)
        self.add_setting(wave + "RANGing", "BEST", any_word)
        for name, default in (("FREQuency", 1e3), ("AMPLitude", 1e-3), ("OFFSet", 0.0), ("DCYCle", 50.0)):
            self.add_setting(wave + name, f"{default:.6E}", number_text)
        for name in ("TIME", "CYCLes"):
            self.add_setting(f"{wave}DURation:{name}", "9.900000E+37", number_text)
        for pattern in (wave + "ARM", wave + "INITiate"):
            self.add_action(pattern, self._refuse)
        self.add_action(wave + "ABORt", lambda: None)

    @staticmethod
    def _refuse() -> None:
        raise settings_conflict()

    def _set_current(self, arguments: Arguments) -> None:
        self.delta.refuse_while_armed()
        value = parse_float(arguments[0], -MAX_CURRENT_A, MAX_CURRENT_A, _WORDS)
        if self.autorange:
            self.range_A = self._smallest_range(value)
        elif abs(value) > OVER_RANGE * self.range_A:
            raise out_of_range()
        self.current_A = value
        self._drive()

    @staticmethod
    def _smallest_range(value_A: float) -> float:
        return next(r for r in RANGES_A if abs(value_A) <= OVER_RANGE * r)

    def _set_range(self, arguments: Arguments) -> None:
        self.delta.refuse_while_armed()
        self.range_A = self._smallest_range(parse_float(arguments[0], -MAX_CURRENT_A, MAX_CURRENT_A, _WORDS))
        self.autorange = False
        if abs(self.current_A) > OVER_RANGE * self.range_A:
            self.current_A = 0.0
        self._drive()

    def _set_autorange(self, arguments: Arguments) -> None:
        self.autorange = on_or_off(arguments[0]) == "1"

    def _set_compliance(self, arguments: Arguments) -> None:
        value_V = parse_float(arguments[0], 0.1, 105.0, {"MIN": 0.1, "MAX": 105.0, "DEF": 10.0})
        self._cryostat.advance()  # with the old one, which delta mode asks for
        self.compliance_V = value_V
        self._drive()

    def _set_output(self, arguments: Arguments) -> None:
        self.turn_output(on_or_off(arguments[0]) == "1")

    def turn_output(self, on: bool) -> None:
        """Output on or off; off ends delta mode."""
        if not on:
            self.delta.mode.stop()
        self.output = on
        self._drive()

    def _clear_source(self) -> None:
        self.current_A = 0.0
        self.turn_output(False)

    def reset(self) -> None:
        """``*RST``: zero current, output off, factory settings."""
        super().reset()
        self.delta.reset()
        self._load_defaults()
        self._drive()

    def clear_status(self) -> None:
        """``*CLS``: also the measurement events."""
        super().clear_status()
        self._measurement_events = 0

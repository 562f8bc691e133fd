"""Keithley 6221 current source, DC: level, range, compliance, output, status.

Source: 6220/6221 reference manual, SCPI and status chapters. Waves and delta are registers only: arming them is
refused. The load is the sample with its leads (``lead_resistance_ohm``); where the load would need more than
the compliance voltage, the current is what the compliance drives, and the condition bit is set.
"""

from instruments.simulation.cryostat import Cryostat
from instruments.simulation.wire import (
    illegal_value,
    out_of_range,
    parse_float,
    settings_conflict,
)
from instruments.simulation.wire_ieee import SCPI_HEADER, Arguments, IeeeInstrument

MAX_CURRENT_A = 0.105
RANGES_A = (2e-9, 20e-9, 200e-9, 2e-6, 20e-6, 200e-6, 2e-3, 20e-3, 100e-3)
OVER_RANGE = 1.05
IN_COMPLIANCE = 0x8
_SOURCE = "[SOURce]:"
_LEVEL = "[SOURce]:CURRent[:LEVel][:IMMediate][:AMPLitude]"
_WORDS = {"MIN": -MAX_CURRENT_A, "MAX": MAX_CURRENT_A, "DEF": 0.0}


def on_or_off(text: str) -> str:
    """``1`` or ``0`` for ON, OFF or a number."""
    value = {"ON": "1", "OFF": "0", "1": "1", "0": "0"}.get(text.upper())
    if value is None:
        raise illegal_value()
    return value


def number_text(text: str) -> str:
    """A number as it will be read back; INF allowed."""
    return f"{parse_float(text, -9.9e37, 9.9e37, {'INF': 9.9e37, 'MIN': 0.0, 'DEF': 0.0}):.6E}"


def any_word(text: str) -> str:
    """A word in capitals."""
    return text.strip("'\"").upper()


class Keithley6221(IeeeInstrument):
    """Registers of the source; the cryostat carries its current."""

    def __init__(self, cryostat: Cryostat, *, lead_resistance_ohm: float = 20.0, serial: str = "1335720") -> None:
        super().__init__(f"KEITHLEY INSTRUMENTS INC.,MODEL 6221,{serial},D03 /700x", SCPI_HEADER)
        self._cryostat = cryostat
        self._lead_resistance_ohm = lead_resistance_ohm
        self._measurement_events = 0
        self._in_compliance = False
        self._load_defaults()
        self._bind()

    def _load_defaults(self) -> None:
        self.current_A = 0.0
        self.range_A = RANGES_A[-1]
        self.autorange = True
        self.compliance_V = 10.0
        self.output = False

    def load_resistance_ohm(self) -> float:
        """Leads and sample now, seen by a small probe current of 1 mA rms."""
        in_phase, quadrature = self._cryostat.lock_in_signal_V(1e-3)
        return self._lead_resistance_ohm + abs(complex(in_phase, quadrature)) / 1e-3

    def _drive(self) -> None:
        """Pass the present setting on to the cryostat."""
        self._cryostat.advance()
        current_A = self.current_A if self.output else 0.0
        self._in_compliance = False
        if current_A:
            reach_A = self.compliance_V / self.load_resistance_ohm()
            if abs(current_A) > reach_A:
                self._in_compliance = True
                self._measurement_events |= IN_COMPLIANCE
                current_A = reach_A if current_A > 0.0 else -reach_A
        self._cryostat.dc_current_A = current_A
        self._cryostat.dc_output_on = self.output

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
        self.add_query("STATus:OPERation:CONDition?", lambda: "1024")  # idle: nothing is ever armed
        self.add_query("STATus:QUEStionable:CONDition?", lambda: "0")
        for register in ("OPERation", "QUEStionable"):
            self.add_query(f"STATus:{register}[:EVENt]?", lambda: "0")
        for register in ("MEASurement", "OPERation", "QUEStionable"):
            self.add_setting(f"STATus:{register}:ENABle", "0", lambda text: str(int(parse_float(text, 0, 65535))))
        self.add_action("STATus:PRESet", lambda: None)
        self.add_action("STATus:QUEue:CLEar", self.errors.clear)
        for pattern in ("SYSTem:ERRor[:NEXT]?", "STATus:QUEue[:NEXT]?"):
            self.add_query(pattern, self.next_error)
        self.add_setting("DISPlay:ENABle", "1", on_or_off)
        self.add_setting("UNIT:VOLTage[:DC]", "V", any_word)
        add("SYSTem:BEEPer", lambda _: None)
        self._bind_waves_and_delta()

    def _bind_waves_and_delta(self) -> None:
        wave, delta = _SOURCE + "WAVE:", _SOURCE + "DELTa:"
        self.add_setting(wave + "FUNCtion", "SIN", any_word)
        self.add_setting(wave + "RANGing", "BEST", any_word)
        for name, default in (("FREQuency", 1e3), ("AMPLitude", 1e-3), ("OFFSet", 0.0), ("DCYCle", 50.0)):
            self.add_setting(wave + name, f"{default:.6E}", number_text)
        for name in ("TIME", "CYCLes"):
            self.add_setting(f"{wave}DURation:{name}", "9.900000E+37", number_text)
        for name, default in (("HIGH", 1e-3), ("LOW", -1e-3), ("DELay", 2e-3), ("COUNt", 9.9e37)):
            self.add_setting(delta + name, f"{default:.6E}", number_text)
        for name in ("CABort", "CSWitch"):
            self.add_setting(delta + name, "0", on_or_off)
        self.add_query(delta + "NVPResent?", lambda: "0")
        for pattern in (wave + "ARM", wave + "INITiate", delta + "ARM", "INITiate[:IMMediate]"):
            self.add_action(pattern, self._refuse)
        for pattern in (wave + "ABORt", _SOURCE + "SWEep:ABORt", "ABORt"):
            self.add_action(pattern, lambda: None)

    @staticmethod
    def _refuse() -> None:
        raise settings_conflict()

    def _set_current(self, arguments: Arguments) -> None:
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
        self.range_A = self._smallest_range(parse_float(arguments[0], -MAX_CURRENT_A, MAX_CURRENT_A, _WORDS))
        self.autorange = False
        if abs(self.current_A) > OVER_RANGE * self.range_A:
            self.current_A = 0.0
        self._drive()

    def _set_autorange(self, arguments: Arguments) -> None:
        self.autorange = on_or_off(arguments[0]) == "1"

    def _set_compliance(self, arguments: Arguments) -> None:
        self.compliance_V = parse_float(arguments[0], 0.1, 105.0, {"MIN": 0.1, "MAX": 105.0, "DEF": 10.0})
        self._drive()

    def _set_output(self, arguments: Arguments) -> None:
        self.output = on_or_off(arguments[0]) == "1"
        self._drive()

    def _clear_source(self) -> None:
        self.current_A = 0.0
        self.output = False
        self._drive()

    def reset(self) -> None:
        """``*RST``: zero current, output off, factory settings."""
        super().reset()
        self._load_defaults()
        self._drive()

    def clear_status(self) -> None:
        """``*CLS``: also the measurement events."""
        super().clear_status()
        self._measurement_events = 0

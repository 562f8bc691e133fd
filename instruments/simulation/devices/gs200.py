"""Yokogawa GS200 (a GS210) without monitor option, voltage source at the gate.

Source: GS200 user's manual (IM GS210-01EN), section 13.2; numbers as its examples have them (``+1E+0``). A level
that does not fit into a new range is refused with the range. As a current source it drives nothing. Not simulated:
programs, and that the limiter does not work on the two lowest ranges.
"""

from instruments.clock import Clock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.wire import illegal_value, out_of_range, parse_float, settings_conflict
from instruments.simulation.wire_ieee import SCPI_HEADER, Arguments, IeeeInstrument

#: Range and reach, by function.
RANGES = {
    "VOLT": {10e-3: 12e-3, 100e-3: 120e-3, 1.0: 1.2, 10.0: 12.0, 30.0: 32.0},
    "CURR": {1e-3: 1.2e-3, 10e-3: 12e-3, 100e-3: 120e-3, 200e-3: 200e-3},
}
LOW_LIMIT, HIGH_LIMIT, EMERGENCY, TRIPPED = 0x400, 0x800, 0x2000, 0x1000
_SWITCH = {"1": True, "ON": True, "0": False, "OFF": False}
_LIMITS = {"MIN": 0, "MINIMUM": 0, "MAX": 1, "MAXIMUM": 1}


class Gs200(IeeeInstrument):
    """Registers of the source; the cryostat's gate carries its voltage."""

    def __init__(self, clock: Clock, cryostat: Cryostat, *, serial: str = "91F104247") -> None:
        super().__init__(f"YOKOGAWA,GS210,{serial},2.02", SCPI_HEADER)
        self._clock = clock
        self._cryostat = cryostat
        self.events_of_source = 0
        self._load_defaults()
        self._bind()

    def _load_defaults(self) -> None:
        self.function, self.output = "VOLT", False
        self.ranges = {"VOLT": 10e-3, "CURR": 1e-3}
        self.levels = {"VOLT": 0.0, "CURR": 0.0}
        self.limits = {"VOLTage": 30.0, "CURRent": 200e-3}
        self.emergency = False

    def _drive(self) -> None:
        """Pass the present settings on to the gate."""
        self._cryostat.advance()
        gate = self._cryostat.gate
        gate.source_V = self.levels["VOLT"]
        gate.compliance_A = self.limits["CURRent"]
        gate.output_on = self.output and self.function == "VOLT"
        gate.advance(0.0)

    def press_emergency(self) -> None:
        """The emergency input at the back: the output goes off."""
        self.emergency, self.output = True, False
        self._drive()

    def condition(self) -> int:
        """What is so now; an event as well, from its beginning on."""
        self._cryostat.advance()
        gate = self._cryostat.gate
        condition = EMERGENCY if self.emergency else 0
        if self.output and gate.in_compliance:
            condition |= HIGH_LIMIT if gate.current_A > 0 else LOW_LIMIT
        self.events_of_source |= condition
        return condition

    def _read_events(self) -> str:
        self.condition()
        events, self.events_of_source = self.events_of_source, 0
        return str(events)

    def _set_function(self, arguments: Arguments) -> None:
        word = arguments[0].upper()
        if word not in ("VOLT", "VOLTAGE", "CURR", "CURRENT"):
            raise illegal_value()
        if word[:4] != self.function:
            self.function, self.output = word[:4], False
            self._drive()

    def _set_range(self, arguments: Arguments) -> None:
        ranges = RANGES[self.function]
        asked = parse_float(arguments[0], 0.0, max(ranges), {"MIN": min(ranges), "MAX": max(ranges)})
        chosen = min(candidate for candidate in ranges if candidate >= asked * (1 - 1e-9))
        if abs(self.levels[self.function]) > ranges[chosen]:
            raise settings_conflict()
        self.ranges[self.function] = chosen

    def _set_level(self, arguments: Arguments) -> None:
        reach = RANGES[self.function][self.ranges[self.function]]
        self.levels[self.function] = parse_float(arguments[0], -reach, reach, {"MIN": -reach, "MAX": reach})
        self._drive()

    def _set_level_auto(self, arguments: Arguments) -> None:
        ranges = RANGES[self.function]
        value = parse_float(arguments[0], -max(ranges.values()), max(ranges.values()))
        self.ranges[self.function] = min(r for r, reach in ranges.items() if abs(value) <= reach)
        self.levels[self.function] = value
        self._drive()

    def _limit(self, quantity: str, low: float, high: float) -> None:
        pattern = f"SOURce:PROTection:{quantity}"

        def ask(arguments: Arguments) -> str:
            bound = _LIMITS.get(arguments[0].upper()) if len(arguments) else None
            return _written(self.limits[quantity] if bound is None else (low, high)[bound])

        def limit(arguments: Arguments) -> None:
            self.limits[quantity] = parse_float(arguments[0], low, high, {"MIN": low, "MAX": high})
            self._drive()

        self.table.add(pattern, limit)
        self.table.add(pattern + "?", ask)

    def _set_output(self, arguments: Arguments) -> None:
        word = arguments[0].upper()
        if word not in _SWITCH:
            raise illegal_value()
        if _SWITCH[word] and self.emergency:
            raise out_of_range()
        self.output = _SWITCH[word]
        self._drive()

    def _bind(self) -> None:
        add = self.table.add
        add("SOURce:FUNCtion", self._set_function)
        self.add_query("SOURce:FUNCtion?", lambda: self.function)
        add("SOURce:RANGe", self._set_range)
        self.add_query("SOURce:RANGe?", lambda: _written(self.ranges[self.function]))
        add("SOURce:LEVel[:FIXed]", self._set_level)
        add("SOURce:LEVel:AUTO", self._set_level_auto)
        for query in ("SOURce:LEVel[:FIXed]?", "SOURce:LEVel:AUTO?"):
            self.add_query(query, lambda: _written(self.levels[self.function]))
        self._limit("VOLTage", 1.0, 30.0)
        self._limit("CURRent", 1e-3, 200e-3)
        add("OUTPut[:STATe]", self._set_output)
        self.add_query("OUTPut[:STATe]?", lambda: str(int(self.output)))
        self.add_query("STATus:CONDition?", lambda: str(self.condition()))
        self.add_query("STATus:EVENt?", self._read_events)
        self.add_setting("STATus:ENABle", "0", lambda text: str(int(parse_float(text, 0, 65535))))
        self.add_query("STATus:ERRor?", self.next_error)
        self.add_query("SYSTem:ERRor?", self.next_error)

    def reset(self) -> None:
        """``*RST``: 0 V, output off, factory settings."""
        super().reset()
        self._load_defaults()
        self._drive()

    def clear_status(self) -> None:
        """``*CLS``: also the extended event register."""
        super().clear_status()
        self.events_of_source = 0


def _written(value: float) -> str:
    """A number as the manual's examples have them: ``+1E+0``, ``+14.5E+0`` written ``+1.45E+1``."""
    mantissa, _, exponent = f"{value:+.6E}".partition("E")
    return f"{mantissa.rstrip('0').rstrip('.')}E{int(exponent):+d}"

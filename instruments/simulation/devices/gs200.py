"""Yokogawa GS200 (a GS210) without monitor option: a voltage source at the gate, or a current source at the sample.

Source: GS200 user's manual (IM GS210-01EN), section 13.2 for the commands and 13.3.4 for the registers: a bit of
the condition register that rises is an event; numbers as its examples have them (``+30E+0``). A level that does
not fit into a new range is refused with the range. At the gate a current drives nothing, at the sample a voltage
neither.

Programs: interval 0.1 s to 3600 s and slope 0 s to 3600 s in steps of 0.1 s, at most 10 000 steps. A slope starts
from where the output is, and moves it in a staircase of 0.1 s; one that is longer than the interval is left for the
next. What hold and pause differ in is not known here: both stop the time of the program. Not simulated: the text of
program files, and that the limiter does not work on the two lowest ranges of voltage.
"""

import math
from collections.abc import Callable
from typing import Literal

from instruments.clock import Clock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.devices.gs200_program import Program, Step
from instruments.simulation.devices.gs200_program_wire import bind_program, switch
from instruments.simulation.devices.sample_current import SampleCurrent
from instruments.simulation.wire import illegal_value, out_of_range, parse_float, settings_conflict
from instruments.simulation.wire_ieee import SCPI_HEADER, Arguments, IeeeInstrument, spellings

#: Range and reach, by function.
RANGES = {
    "VOLT": {10e-3: 12e-3, 100e-3: 120e-3, 1.0: 1.2, 10.0: 12.0, 30.0: 32.0},
    "CURR": {1e-3: 1.2e-3, 10e-3: 12e-3, 100e-3: 120e-3, 200e-3: 200e-3},
}
#: A range in steps, and the two whose steps are those of the next decade below and above.
_STEPS_OF_A_RANGE = 1e5
_OTHER_STEPS = {30.0: 1e-3, 200e-3: 1e-6}
LOW_LIMIT, HIGH_LIMIT, EMERGENCY, TRIPPED = 0x400, 0x800, 0x2000, 0x1000
#: Not measuring, not storing, no file being made, no trigger lost, ready for a program: 1 at rest.
AT_REST = 0x1 | 0x4 | 0x8 | 0x10 | 0x100
SOURCE_CHANGED, END_OF_STEP, END_OF_PROGRAM = 0x20, 0x40, 0x80
_LIMITS = {"MIN": 0, "MINIMUM": 0, "MAX": 1, "MAXIMUM": 1}
_EXTENDED_EVENTS = 0x2


class Gs200(IeeeInstrument):
    """Registers of the source; the cryostat's gate or sample carries what it puts out."""

    def __init__(
        self,
        clock: Clock,
        cryostat: Cryostat,
        *,
        at: Literal["gate", "sample"] = "gate",
        lead_resistance_ohm: float = 20.0,
        serial: str = "91F104247",
    ) -> None:
        super().__init__(f"YOKOGAWA,GS210,{serial},2.02", SCPI_HEADER)
        self._cryostat = cryostat
        self._sample = SampleCurrent(cryostat, lead_resistance_ohm) if at == "sample" else None
        self.events_of_source = 0
        self._condition = AT_REST
        self._load_defaults()
        self._bind()
        bind_program(self, cryostat, clock)
        self._bind_rear_panel()
        cryostat.attach(self)

    def _load_defaults(self) -> None:
        self.function, self.output = "VOLT", False
        self.ranges = {"VOLT": 10e-3, "CURR": 1e-3}
        self.levels = {"VOLT": 0.0, "CURR": 0.0}
        self.limits = {"VOLTage": 30.0, "CURRent": 200e-3}
        self.emergency = self._limited = False
        self._edited_range = 0.0
        self.program = Program(self._put, self._event(END_OF_STEP), self._event(END_OF_PROGRAM))

    def next_look_s(self, now_s: float) -> float:
        """When the program wants to move the output."""
        return self.program.next_look_s(now_s)

    def look(self, at_s: float) -> None:
        """Let the program move the output, and the registers see what is so."""
        self.program.look(at_s)
        if self._sample is not None and self.output:
            self._let_out()  # the load may have changed
        self._see()

    def _drive(self) -> None:
        """Pass the present settings on; what changes them has let the past be lived with the old ones."""
        self._let_out()
        self._see()

    def _let_out(self) -> None:
        level = self.levels[self.function]
        if self._sample is not None:
            on = self.output and self.function == "CURR"
            self._limited = self._sample.drive(level, self.limits["VOLTage"], output_on=on)
            return
        gate = self._cryostat.gate
        gate.source_V = self.levels["VOLT"]
        gate.compliance_A = self.limits["CURRent"]
        gate.output_on = self.output and self.function == "VOLT"
        gate.advance(0.0)

    def _see(self) -> None:
        """Bring the condition register up to date; what has risen is an event."""
        condition = AT_REST | (EMERGENCY if self.emergency else 0)
        gate = self._cryostat.gate
        if self._sample is not None and self._limited:
            condition |= HIGH_LIMIT if self.levels["CURR"] > 0 else LOW_LIMIT
        elif self._sample is None and self.output and gate.in_compliance:
            condition |= HIGH_LIMIT if gate.current_A > 0 else LOW_LIMIT
        self.events_of_source |= condition & ~self._condition
        self._condition = condition

    def press_emergency(self) -> None:
        """The emergency input at the back: the output goes off."""
        self._cryostat.advance()
        self.emergency, self.output = True, False
        self._drive()

    def condition(self) -> int:
        """What is so now."""
        self._cryostat.advance()
        self._see()
        return self._condition

    def _read_events(self) -> str:
        self.condition()
        events, self.events_of_source = self.events_of_source, 0
        return str(events)

    def status_byte(self, reply_waiting: bool) -> int:
        """488.2 summary, and: extended event (2), error available (4)."""
        self.condition()
        enabled = self.events_of_source & int(self.settings["STATus:ENABle"])
        return super().status_byte(reply_waiting) | (_EXTENDED_EVENTS if enabled else 0)

    def _event(self, bit: int) -> Callable[[], None]:
        def happens() -> None:
            self.events_of_source |= bit

        return happens

    def _put(self, step: Step) -> None:
        """A level on its range, in the steps that the range has."""
        self.ranges[self.function] = step.range
        step_of_range = _OTHER_STEPS.get(step.range, step.range / _STEPS_OF_A_RANGE)
        level = round(step.level / step_of_range) * step_of_range
        if level != self.levels[self.function]:
            self.levels[self.function] = level
            self.events_of_source |= SOURCE_CHANGED
        self._let_out()

    def _source(self, step: Step) -> None:
        """A level from the bus: a step of the program that is being written, or the output's."""
        if self.program.editing:
            self.program.add(step)
            return
        self._refuse_while_running()
        self._cryostat.advance()
        self._put(step)
        self._see()

    def _refuse_while_running(self) -> None:
        if self.program.running:
            raise settings_conflict()

    def _set_function(self, arguments: Arguments) -> None:
        word = arguments[0].upper()
        if word not in ("VOLT", "VOLTAGE", "CURR", "CURRENT"):
            raise illegal_value()
        if word[:4] != self.function:
            if self.program.running or self.program.editing:
                raise settings_conflict()
            self._cryostat.advance()
            self.function, self.output = word[:4], False
            self._drive()

    def _set_range(self, arguments: Arguments) -> None:
        ranges = RANGES[self.function]
        asked = parse_float(arguments[0], 0.0, max(ranges), {"MIN": min(ranges), "MAX": max(ranges)})
        chosen = min(candidate for candidate in ranges if candidate >= asked * (1 - 1e-9))
        if self.program.editing:
            self._edited_range = chosen
            return
        self._refuse_while_running()
        if abs(self.levels[self.function]) > ranges[chosen] * (1 + 1e-9):
            raise settings_conflict()
        self.ranges[self.function] = chosen

    def _set_level(self, arguments: Arguments) -> None:
        in_use = self._edited_range if self.program.editing else self.ranges[self.function]
        reach = RANGES[self.function][in_use]
        self._source(Step(in_use, parse_float(arguments[0], -reach, reach, {"MIN": -reach, "MAX": reach})))

    def _set_level_auto(self, arguments: Arguments) -> None:
        ranges = RANGES[self.function]
        most = max(ranges.values())
        value = parse_float(arguments[0], -most, most, {"MIN": -most, "MAX": most})
        self._source(Step(min(r for r, reach in ranges.items() if abs(value) <= reach), value))

    def present_level(self) -> float:
        """What is put out now."""
        self._cryostat.advance()
        return self.levels[self.function]

    def begin_program(self) -> None:
        """Levels are steps of a new program from now on, made on the range in use unless another is chosen."""
        self._cryostat.advance()
        self._edited_range = self.ranges[self.function]
        self.program.edit()

    def _limit(self, quantity: str, low: float, high: float, step: float) -> None:
        pattern = f"SOURce:PROTection:{quantity}"

        def ask(arguments: Arguments) -> str:
            bound = _LIMITS.get(arguments[0].upper()) if len(arguments) else None
            return _written(self.limits[quantity] if bound is None else (low, high)[bound])

        def limit(arguments: Arguments) -> None:
            asked = parse_float(arguments[0], low, high, {"MIN": low, "MAX": high})
            self._cryostat.advance()
            self.limits[quantity] = round(asked / step) * step
            self._drive()

        self.table.add(pattern, limit)
        self.table.add(pattern + "?", ask)

    def _set_output(self, arguments: Arguments) -> None:
        on = switch(arguments[0])
        if on and self.emergency:
            raise out_of_range()
        self._cryostat.advance()
        self.output = on
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
            self.add_query(query, lambda: _written(self.present_level()))
        self._limit("VOLTage", 1.0, 30.0, 1.0)
        self._limit("CURRent", 1e-3, 200e-3, 1e-3)
        add("OUTPut[:STATe]", self._set_output)
        self.add_query("OUTPut[:STATe]?", lambda: str(int(self.output)))
        self.add_query("STATus:CONDition?", lambda: str(self.condition()))
        self.add_query("STATus:EVENt?", self._read_events)
        self.add_setting("STATus:ENABle", "0", lambda text: str(int(parse_float(text, 0, 65535))))
        self.add_query("STATus:ERRor?", self.next_error)
        self.add_query("SYSTem:ERRor?", self.next_error)

    def _bind_rear_panel(self) -> None:
        self.add_setting("ROUTe:BNCO", "TRIG", _one_of("TRIGger", "OUTPut", "READy"))
        self.add_setting("ROUTe:BNCI", "TRIG", _one_of("TRIGger", "OUTPut"))
        for pattern in ("SENSe:REMote", "SENSe:GUARd"):
            self.add_setting(pattern, "0", lambda text: str(int(switch(text))))
        self.add_query("SYSTem:LFRequency?", lambda: "50")

    def reset(self) -> None:
        """``*RST``: 0 V, output off, factory settings."""
        super().reset()
        self._cryostat.advance()
        self._load_defaults()
        self._drive()

    def clear_status(self) -> None:
        """``*CLS``: also the extended event register."""
        super().clear_status()
        self.condition()
        self.events_of_source = 0


def _one_of(*words: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        for word in words:
            if text.upper() in spellings(word):
                return word[:4].upper()
        raise illegal_value()

    return check


def _written(value: float) -> str:
    """A number as the manual's examples have them: ``+1E+0``, ``+30E+0``, exponents in steps of three."""
    exponent = 3 * math.floor(math.log10(abs(value) * (1 + 1e-9)) / 3) if value else 0
    mantissa = f"{value / 10.0**exponent:+.6f}".rstrip("0").rstrip(".")
    return f"{mantissa}E{exponent:+d}"

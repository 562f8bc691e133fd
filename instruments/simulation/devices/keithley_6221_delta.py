"""The 6221's delta mode on the wire: its settings, arming, readings and buffer, and the relay to the 2182A."""

from collections.abc import Callable
from dataclasses import fields
from math import inf
from typing import TYPE_CHECKING

from instruments.clock import Clock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.devices.delta_mode import BUFFER_POINTS, DeltaKnobs, DeltaMode, DeltaState
from instruments.simulation.devices.keithley_2182a import OVERFLOW, Keithley2182A
from instruments.simulation.devices.registers import any_word, on_or_off
from instruments.simulation.devices.sample_current import SampleCurrent
from instruments.simulation.wire import EXECUTION_ERROR_BIT, Refusal, illegal_value, parse_float, parse_int
from instruments.simulation.wire_ieee import Arguments, spellings

if TYPE_CHECKING:
    from instruments.simulation.devices.keithley_6221 import Keithley6221

SERIAL_S = 0.1
MAX_CURRENT_A = 0.105
IDLE, SWEEPING, ABORTED = 1024, 8, 4
#: Order in which the elements of a reading come, whatever the order they were asked for.
_ELEMENTS = {
    "".join(letter for letter in word if letter.isupper()): spellings(word)
    for word in ("READing", "TSTamp", "UNITs", "SOURce", "AVOLtage", "COMPliance", "RNUMber")
}
_DELTA = "[SOURce]:DELTa:"
#: The one sense function, with its number or without.
_SENSE = ("SENSe", "SENSe1")


class DeltaWire:
    """What the 6221 adds to its command table for delta mode."""

    def __init__(
        self,
        bus: "Keithley6221",
        clock: Clock,
        cryostat: Cryostat,
        output: SampleCurrent,
        nanovoltmeter: Keithley2182A | None,
    ) -> None:
        self._bus, self._clock = bus, clock
        self.mode = DeltaMode(
            clock, cryostat, output, nanovoltmeter, lambda: bus.compliance_V, bus.latch_compliance, self._aborted
        )
        self._relayed: list[tuple[float, str]] = []
        self._operation_events = 0
        self._load_defaults()
        self._bind_knobs()
        self._bind_run()
        self._bind_readings()

    def _load_defaults(self) -> None:
        self.mode.knobs = DeltaKnobs()
        self._unit = "V"
        self._elements: tuple[str, ...] = ("READ", "TST")

    def reset(self) -> None:
        """``*RST``: off, factory settings."""
        self.mode.stop()
        self._load_defaults()

    def refuse_while_armed(self) -> None:
        """Source and delta settings stand still from arming on."""
        if not self.mode.off:
            raise Refusal(413, "Not allowed with mode arm", EXECUTION_ERROR_BIT)

    def _aborted(self) -> None:
        self._operation_events |= ABORTED
        self._bus.output = False

    def _knob(self, pattern: str, name: str, read: Callable[[str], object], show: Callable[[object], str]) -> None:
        assert name in {knob.name for knob in fields(DeltaKnobs)}

        def store(arguments: Arguments) -> None:
            value = read(arguments[0])
            self.refuse_while_armed()
            setattr(self.mode.knobs, name, value)

        self._bus.table.add(pattern, store)
        self._bus.table.add(pattern + "?", lambda _: show(getattr(self.mode.knobs, name)))

    def _bind_knobs(self) -> None:
        self._bus.table.add(_DELTA + "HIGH", self._set_high)
        self._bus.add_query(_DELTA + "HIGH?", lambda: f"{self.mode.knobs.high_A:.6E}")
        self._knob(_DELTA + "LOW", "low_A", lambda text: parse_float(text, -MAX_CURRENT_A, 0.0), _number)
        self._knob(_DELTA + "DELay", "delay_s", lambda text: parse_float(text, 0.0, 9999.999), _number)
        self._knob(_DELTA + "COUNt", "count", _count, _number)
        self._knob(_DELTA + "CABort", "aborts_in_compliance", _switch, _flag)
        self._bus.add_setting(_DELTA + "CSWitch", "0", on_or_off)
        self._bus.add_setting("[SOURce]:SWEep:COUNt", "1.000000E+00", lambda text: _number(_count(text)))
        for sense in _SENSE:
            self._knob(f"{sense}:AVERage[:STATe]", "filter_on", _switch, _flag)
            self._knob(f"{sense}:AVERage:TCONtrol", "filter_moves", _moves, lambda moves: "MOV" if moves else "REP")
            self._knob(f"{sense}:AVERage:COUNt", "filter_count", lambda text: parse_int(text, 2, 300), str)
            window = f"{sense}:AVERage:WINDow"
            self._bus.add_setting(window, "0.00", lambda text: f"{parse_float(text, 0.0, 10.0):.2f}")
        self._knob("TRACe:POINts", "buffer_points", lambda text: parse_int(text, 1, BUFFER_POINTS), str)

    def _set_high(self, arguments: Arguments) -> None:
        """The low level follows to the same with the other sign."""
        value_A = parse_float(arguments[0], 0.0, MAX_CURRENT_A)
        self.refuse_while_armed()
        self.mode.knobs.high_A, self.mode.knobs.low_A = value_A, -value_A

    def _bind_run(self) -> None:
        bus = self._bus
        bus.add_query(_DELTA + "NVPResent?", lambda: str(int(self.mode.nanovoltmeter is not None)))
        bus.add_action(_DELTA + "ARM", self.mode.arm)
        bus.add_query(
            _DELTA + "ARM?", lambda: str(int(self.mode.state() in (DeltaState.ARMED, DeltaState.RUNNING)))
        )
        bus.add_action("INITiate[:IMMediate]", self._start)
        for pattern in ("[SOURce]:SWEep:ABORt", "ABORt"):
            bus.add_action(pattern, self._stop)
        bus.add_query("STATus:OPERation:CONDition?", self._condition)
        bus.add_query("STATus:OPERation[:EVENt]?", self._read_events)
        bus.table.add("SYSTem:COMMunicate:SERial:SEND", self._send)
        bus.add_query("SYSTem:COMMunicate:SERial:ENTer?", self._enter)

    def _start(self) -> None:
        self.mode.start()
        self._bus.output = True

    def _stop(self) -> None:
        if not self.mode.off:
            self._bus.turn_output(False)

    def _condition(self) -> str:
        return str(SWEEPING if self.mode.state() is DeltaState.RUNNING else IDLE)

    def _read_events(self) -> str:
        self.mode.state()
        events, self._operation_events = self._operation_events, 0
        return str(events)

    def _send(self, arguments: Arguments) -> None:
        """Pass a text on to whatever is on the serial port; in delta mode the port is in use."""
        self.refuse_while_armed()
        text = ",".join([arguments[index] for index in range(max(len(arguments), 1))])
        meter = self.mode.nanovoltmeter
        if text[:1] in ('"', "'") and text.endswith(text[0]):
            text = text[1:-1]
        reply = meter.respond(text.encode("ascii", "replace")) if meter is not None else None
        if reply is not None:
            self._relayed.append((self._clock.now() + SERIAL_S, reply.decode("ascii")))

    def _enter(self) -> str:
        """What has come back so far; an empty line when nothing has."""
        now_s = self._clock.now()
        arrived = [text for at_s, text in self._relayed if at_s <= now_s]
        self._relayed = self._relayed[len(arrived) :]
        return "\n".join(arrived)

    def _bind_readings(self) -> None:
        bus = self._bus
        bus.table.add("UNIT[:VOLTage][:DC]", self._set_unit)
        bus.add_query("UNIT[:VOLTage][:DC]?", lambda: self._unit)
        bus.table.add("FORMat:ELEMents", self._set_elements)
        bus.add_query("FORMat:ELEMents?", lambda: ",".join(self._elements))
        for sense in _SENSE:
            bus.add_query(f"{sense}:DATA[:LATest]?", lambda: self._newest(only_fresh=False))
            bus.add_query(f"{sense}:DATA:FRESh?", lambda: self._newest(only_fresh=True))
        bus.add_action("TRACe:CLEar", self.mode.buffer.clear)
        bus.add_query("TRACe:DATA:TYPE?", lambda: "DELT" if self.mode.buffer else "NONE")
        bus.add_query("TRACe:DATA?", self._buffered)

    def _set_unit(self, arguments: Arguments) -> None:
        unit = {"V": "V", "OHMS": "OHMS", "W": "W", "SIEMENS": "SIEM", "SIEM": "SIEM"}.get(any_word(arguments[0]))
        if unit is None:
            raise illegal_value()
        self._unit = unit

    def _set_elements(self, arguments: Arguments) -> None:
        asked = {arguments[index].upper() for index in range(max(len(arguments), 1))}
        if asked == {"ALL"}:
            self._elements = tuple(_ELEMENTS)
        elif asked <= {"DEF", "DEFAULT"}:
            self._elements = ("READ", "TST")
        else:
            chosen = tuple(name for name, words in _ELEMENTS.items() if words & asked)
            if asked - set().union(*_ELEMENTS.values()):
                raise illegal_value()
            self._elements = chosen

    def _newest(self, *, only_fresh: bool) -> str:
        latest = self.mode.latest(only_fresh=only_fresh)
        return self._written(*(latest or (OVERFLOW, OVERFLOW)))

    def _buffered(self) -> str:
        self.mode.state()
        return ",".join(self._written(*reading) for reading in self.mode.buffer)

    def _written(self, value_V: float, time_s: float) -> str:
        current_A = (self.mode.knobs.high_A - self.mode.knobs.low_A) / 2
        parts = {
            "READ": f"{self._in_unit(value_V, current_A):+.6E}",
            "TST": f"{time_s:+.6E}",
            "UNIT": {"V": "VDC", "OHMS": "OHMS", "W": "W", "SIEM": "SIEMENS"}[self._unit],
            "SOUR": f"{current_A:+.6E}",
            "AVOL": f"{OVERFLOW:+.6E}",
            "COMP": "T" if self.mode.limited else "F",
            "RNUM": f"{max(len(self.mode.buffer) - 1, 0):+.6E}",
        }
        return ",".join(parts[name] for name in self._elements)

    def _in_unit(self, value_V: float, current_A: float) -> float:
        if value_V == OVERFLOW or self._unit == "V":
            return value_V
        if self._unit == "W":
            return value_V * current_A
        above, below = (value_V, current_A) if self._unit == "OHMS" else (current_A, value_V)
        return above / below if below else OVERFLOW


def _number(value: object) -> str:
    return f"{min(float(str(value)), OVERFLOW):.6E}"


def _count(text: str) -> float:
    value = parse_float(text, 1, inf, {"INF": inf, "INFINITE": inf, "DEF": inf, "MIN": 1.0, "MAX": inf})
    if value > BUFFER_POINTS and value < OVERFLOW:
        raise illegal_value()
    return float(int(value)) if value < OVERFLOW else inf


def _switch(text: str) -> bool:
    return on_or_off(text) == "1"


def _flag(value: object) -> str:
    return str(int(bool(value)))


def _moves(text: str) -> bool:
    moves = {"MOV": True, "MOVING": True, "REP": False, "REPEAT": False}.get(any_word(text))
    if moves is None:
        raise illegal_value()
    return moves

"""The PROGram group of a GS200's commands."""

from typing import Protocol

from instruments.clock import Clock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.devices.gs200_program import MOST_STEPS, Program, Step
from instruments.simulation.wire import illegal_value, parse_float, settings_conflict
from instruments.simulation.wire_ieee import Arguments, CommandTable

_SWITCH = {"1": True, "ON": True, "0": False, "OFF": False}


class Programmed(Protocol):
    """A source with a program: what is needed of it here."""

    table: CommandTable
    program: Program

    def begin_program(self) -> None:
        """Start to write a new one."""
        ...

    def present_level(self) -> float:
        """What is put out now."""
        ...


def bind_program(source: Programmed, cryostat: Cryostat, clock: Clock) -> None:
    """Add the group to the source's command table."""
    _ProgramWire(source, cryostat, clock).bind()


def switch(text: str) -> bool:
    """ON, OFF, 1 or 0."""
    on = _SWITCH.get(text.upper())
    if on is None:
        raise illegal_value()
    return on


class _ProgramWire:
    """Programs by name, and the commands that run the one in use."""

    def __init__(self, source: Programmed, cryostat: Cryostat, clock: Clock) -> None:
        self._source, self._cryostat, self._clock = source, cryostat, clock
        self._kept: dict[str, list[Step]] = {}
        self._loaded = ""

    @property
    def _program(self) -> Program:
        return self._source.program

    def bind(self) -> None:
        """All commands of the group."""
        add = self._source.table.add
        self._bind_time("INTerval", "interval_s", 0.1)
        self._bind_time("SLOPe", "slope_s", 0.0)
        add("PROGram:REPeat", lambda a: setattr(self._program, "repeats", switch(a[0])))
        add("PROGram:REPeat?", lambda _: str(int(self._program.repeats)))
        add("PROGram:COUNt", self._set_count)
        add("PROGram:COUNt?", self._count)
        add("PROGram:EDIT:STARt", lambda _: self._source.begin_program())
        add("PROGram:EDIT:END", lambda _: setattr(self._program, "editing", False))
        add("PROGram:RUN", lambda _: self._run(single=False))
        add("PROGram:STEP", lambda _: self._run(single=True))
        for pattern in ("PROGram:HOLD", "PROGram:PAUSe"):
            add(pattern, self._hold)
        add("PROGram:CONTinue", lambda _: self._program.go_on(self._now_s()))
        add("PROGram:SAVE", self._save)
        add("PROGram:LOAD", self._load)
        add("PROGram:LOAD?", lambda _: f'"{self._loaded}"')
        add("PROGram:DELete", self._delete)

    def _bind_time(self, word: str, name: str, least_s: float) -> None:
        words = {"MIN": least_s, "MINIMUM": least_s, "MAX": 3600.0, "MAXIMUM": 3600.0}

        def store(arguments: Arguments) -> None:
            setattr(self._program, name, round(parse_float(arguments[0], least_s, 3600.0, words), 1))

        self._source.table.add(f"PROGram:{word}", store)
        self._source.table.add(f"PROGram:{word}?", lambda _: f"{getattr(self._program, name):.1f}")

    def _now_s(self) -> float:
        self._cryostat.advance()
        return self._clock.now()

    def _count(self, _: Arguments) -> str:
        self._cryostat.advance()
        return str(min(self._program.index + 1, max(len(self._program.steps), 1)))

    def _set_count(self, arguments: Arguments) -> None:
        last = float(len(self._program.steps))
        number = parse_float(
            arguments[0], 1, MOST_STEPS, {"MIN": 1.0, "MINIMUM": 1.0, "MAX": last, "MAXIMUM": last}
        )
        if self._program.running or number > last:
            raise settings_conflict()
        self._program.index = int(number) - 1

    def _run(self, *, single: bool) -> None:
        self._program.run(self._now_s(), self._source.present_level(), single=single)

    def _hold(self, _: Arguments) -> None:
        self._cryostat.advance()
        self._program.hold()

    def _save(self, arguments: Arguments) -> None:
        self._kept[_name(arguments[0])] = list(self._program.steps)

    def _load(self, arguments: Arguments) -> None:
        name = _name(arguments[0])
        if name not in self._kept or self._program.running or self._program.editing:
            raise settings_conflict()
        self._program.steps, self._program.index = list(self._kept[name]), 0
        self._loaded = name

    def _delete(self, arguments: Arguments) -> None:
        if self._kept.pop(_name(arguments[0]), None) is None:
            raise settings_conflict()


def _name(text: str) -> str:
    return text.strip("'\"")

"""Commands of a Keithley 2450 that set and ask: source and measure functions, each with settings of its own.

Source: Model 2450 reference manual (2450-901-01), SCPI command reference. A limit below 10 % of a fixed current
range is refused (data sheet: the least limit), with error -221 for want of a better number. A source delay turns
the automatic one off, which is none here. How the instrument writes its numbers is in no source.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping

from instruments.simulation.devices.keithley_2400 import MAINS_HZ, OVER_RANGE, smallest_range, word_of
from instruments.simulation.devices.keithley_2450_functions import (
    AVERAGE_COUNT,
    COUNT,
    CYCLES,
    DELAY,
    LEVELS,
    LIMITS,
    RANGES,
    USER_DELAYS,
    Number,
    SenseFunction,
    SourceFunction,
)
from instruments.simulation.devices.registers import on_or_off
from instruments.simulation.wire import illegal_value, out_of_range, parse_float, settings_conflict
from instruments.simulation.wire_ieee import Arguments, IeeeInstrument

LEAST_SHARE = 0.1
PROTECTIONS = ("NONE", *(f"PROT{level}" for level in (2, 5, 10, 20, 40, 60, 80, 100, 120, 140, 160, 180)))
_FUNCTIONS = {"VOLT": "VOLT:DC", "CURR": "CURR:DC", "RES": "RES"}
_SOURCE_HEADERS = {"VOLT": "SOURce[1]:VOLTage", "CURR": "SOURce[1]:CURRent"}
_LIMIT_HEADERS = {"VOLT": ":ILIMit[:LEVel]", "CURR": ":VLIMit[:LEVel]"}
SENSE_HEADERS: Mapping[str, str] = {"VOLT": "VOLTage[:DC]", "CURR": "CURRent[:DC]", "RES": "RESistance"}
_OFF_STATES = ("NORM", "HIMP", "ZERO", "GUAR")


def _general(value: float) -> str:
    return f"{value:.6G}"


def _scientific(value: float) -> str:
    return f"{value:.6E}"


class Keithley2450Settings(IeeeInstrument):
    """The registers, without what they do."""

    sources: dict[str, SourceFunction]
    senses: dict[str, SenseFunction]

    def _load_defaults(self) -> None:
        self.sources = {name: SourceFunction(name) for name in LEVELS}
        self.senses = {name: SenseFunction(name) for name in RANGES}
        self.function, self.measured, self.terminals, self.output = "VOLT", "CURR", "FRON", False
        self.protection, self.count = "NONE", int(COUNT.default)

    @property
    def source(self) -> SourceFunction:
        """Settings of the present source function."""
        return self.sources[self.function]

    @abstractmethod
    def _drive(self) -> None:
        """Pass the present settings on to the gate."""

    @abstractmethod
    def _source_changed(self) -> None:
        """The source was moved or turned on: it has to settle, and drives the gate."""

    @abstractmethod
    def _tripped(self, function: str) -> bool:
        """Whether a source function is at its limit."""

    @abstractmethod
    def _protected(self) -> bool:
        """Whether the overvoltage protection holds the source back."""

    def measuring_range(self, name: str) -> float:
        """The range a quantity is measured on; the source's own when it is the sourced one."""
        if name == self.function:
            return self.source.range
        sense = self.senses[name]
        if name == "RES" or not sense.auto:
            return sense.range
        return smallest_range(self.source.limit, RANGES[name])

    # sources

    def _set_level(self, source: SourceFunction, arguments: Arguments) -> None:
        level = LEVELS[source.name].parse(arguments[0])
        if source.auto:
            source.fit_range(level)
        elif not source.fits(level):
            raise out_of_range()
        source.level = level
        self._source_changed()

    def _set_source_range(self, source: SourceFunction, arguments: Arguments) -> None:
        source.fit_range(LEVELS[source.name].parse(arguments[0]))
        source.auto = False
        if not source.fits(source.level):
            reach = OVER_RANGE * source.range
            source.level = min(max(source.level, -reach), reach)
        self._drive()

    def _set_source_auto(self, source: SourceFunction, arguments: Arguments) -> None:
        source.auto = on_or_off(arguments[0]) == "1"
        if source.auto:
            source.fit_range(source.level)
        self._drive()

    def _set_limit(self, source: SourceFunction, arguments: Arguments) -> None:
        limit = LIMITS[source.name].parse(arguments[0])
        self._check_share(limit, self.senses["CURR"].range, fixed=not self.senses["CURR"].auto, source=source)
        source.limit = limit
        self._drive()

    @staticmethod
    def _check_share(limit: float, range_A: float, *, fixed: bool, source: SourceFunction) -> None:
        if fixed and source.name == "VOLT" and limit < LEAST_SHARE * range_A * (1 - 1e-9):
            raise settings_conflict()

    def _set_protection(self, arguments: Arguments) -> None:
        word = arguments[0].upper()
        if word not in PROTECTIONS:
            raise illegal_value()
        self.protection = word
        self._drive()

    def _set_function(self, arguments: Arguments) -> None:
        function = word_of(arguments[0], *LEVELS)
        if function != self.function:
            self.function, self.output = function, False
            self._drive()

    def _set_output(self, arguments: Arguments) -> None:
        self.output = on_or_off(arguments[0]) == "1"
        self._source_changed()

    def _set_terminals(self, arguments: Arguments) -> None:
        terminals = word_of(arguments[0], "FRON", "REAR")
        if terminals != self.terminals:
            self.terminals, self.output = terminals, False
            self._drive()

    # measuring

    def choose_measured(self, text: str) -> None:
        """Measure a function, given as in ``"CURR:DC"``."""
        self.measured = word_of(text.strip("'\"").partition(":")[0], *RANGES)

    def _set_sense_range(self, sense: SenseFunction, arguments: Arguments) -> None:
        ranges = RANGES[sense.name]
        words = {"MIN": ranges[0], "MAX": ranges[-1], "DEF": SenseFunction(sense.name).range}
        chosen = smallest_range(parse_float(arguments[0], 0.0, OVER_RANGE * ranges[-1], words), ranges)
        if sense.name == "CURR":
            self._check_share(self.sources["VOLT"].limit, chosen, fixed=True, source=self.sources["VOLT"])
        sense.range, sense.auto = chosen, False
        self._drive()

    def _set_sense_auto(self, sense: SenseFunction, arguments: Arguments) -> None:
        sense.auto = on_or_off(arguments[0]) == "1"
        self._drive()

    def _set_count(self, arguments: Arguments) -> None:
        self.count = int(COUNT.parse(arguments[0]))

    # the table

    def _bind_settings(self) -> None:
        add = self.table.add
        for name in LEVELS:
            self._bind_source(name, _SOURCE_HEADERS[name])
        for name in RANGES:
            self._bind_sense(name, "[:SENSe[1]]:" + SENSE_HEADERS[name])
        add("SOURce[1]:FUNCtion[:MODE]", self._set_function)
        add("SOURce[1]:FUNCtion[:MODE]?", lambda _: self.function)
        add("[:SENSe[1]]:FUNCtion[:ON]", lambda a: self.choose_measured(a[0]))
        add("[:SENSe[1]]:FUNCtion[:ON]?", lambda _: f'"{_FUNCTIONS[self.measured]}"')
        add("[:SENSe[1]]:COUNt", self._set_count)
        add("[:SENSe[1]]:COUNt?", lambda _: str(self.count))
        self.add_action("[:SENSe[1]]:AZERo:ONCE", lambda: None)
        add("OUTPut[1][:STATe]", self._set_output)
        add("OUTPut[1][:STATe]?", lambda _: str(int(self.output)))
        for name in ("VOLTage", "CURRent"):
            self.add_setting(f"OUTPut[1]:{name}:SMODe", "NORM", lambda text: word_of(text, *_OFF_STATES))
        add("ROUTe:TERMinals", self._set_terminals)
        self.add_query("ROUTe:TERMinals?", lambda: self.terminals)
        self.add_setting("FORMat[:DATA]", "ASC", lambda text: word_of(text, "ASC"))
        self.add_query("SYSTem:LFRequency?", lambda: f"{MAINS_HZ:.0f}")

    def _bind_source(self, name: str, header: str) -> None:
        def of() -> SourceFunction:
            return self.sources[name]

        add, level, limit = (
            self.table.add,
            header + "[:LEVel][:IMMediate][:AMPLitude]",
            header + _LIMIT_HEADERS[name],
        )
        add(level, lambda a: self._set_level(of(), a))
        self._asks(level, lambda: of().level, LEVELS[name], _general)
        add(header + ":RANGe", lambda a: self._set_source_range(of(), a))
        add(header + ":RANGe?", lambda _: _general(of().range))
        add(header + ":RANGe:AUTO", lambda a: self._set_source_auto(of(), a))
        add(header + ":RANGe:AUTO?", lambda _: str(int(of().auto)))
        add(limit, lambda a: self._set_limit(of(), a))
        self._asks(limit, lambda: of().limit, LIMITS[name], _scientific)
        add(limit + ":TRIPped?", lambda _: str(int(self._tripped(name))))
        self._switch(header + ":READ:BACK", of, "read_back")
        self._switch(header + ":DELay:AUTO", of, "auto_delay")
        self._number(header + ":DELay", lambda delay_s: self._set_delay(of(), delay_s), lambda: of().delay_s, DELAY)
        self._bind_user_delays(header, lambda: of().user_delays_s)
        if name == "VOLT":
            add(header + ":PROTection[:LEVel]", self._set_protection)
            add(header + ":PROTection[:LEVel]?", lambda _: self.protection)
            add(header + ":PROTection[:LEVel]:TRIPped?", lambda _: str(int(self._protected())))

    @staticmethod
    def _set_delay(source: SourceFunction, delay_s: float) -> None:
        source.delay_s, source.auto_delay = delay_s, False

    def _bind_sense(self, name: str, header: str) -> None:
        def of() -> SenseFunction:
            return self.senses[name]

        add = self.table.add
        add(header + ":RANGe[:UPPer]", lambda a: self._set_sense_range(of(), a))
        add(header + ":RANGe[:UPPer]?", lambda _: _general(self.measuring_range(name)))
        add(header + ":RANGe:AUTO", lambda a: self._set_sense_auto(of(), a))
        add(header + ":RANGe:AUTO?", lambda _: str(int(of().auto)))
        self._number(
            header + ":NPLCycles", lambda v: setattr(of(), "cycles", v), lambda: of().cycles, CYCLES, _general
        )
        self._switch(header + ":AZERo[:STATe]", of, "auto_zero")
        self._switch(header + ":RSENse", of, "four_wire")
        self._switch(header + ":AVERage[:STATe]", of, "averages")
        self._number(
            header + ":AVERage:COUNt",
            lambda v: setattr(of(), "average_count", int(v)),
            lambda: of().average_count,
            AVERAGE_COUNT,
            _general,
        )
        self.add_setting(header + ":AVERage:TCONtrol", "REP", lambda text: word_of(text, "REP", "MOV"))
        self._bind_user_delays(header, lambda: of().user_delays_s)

    def _bind_user_delays(self, header: str, delays_s: Callable[[], list[float]]) -> None:
        def bind(index: int) -> None:
            def store(delay_s: float) -> None:
                delays_s()[index] = delay_s

            self._number(f"{header}:DELay:USER{index + 1}", store, lambda: delays_s()[index], DELAY)

        for index in range(USER_DELAYS):
            bind(index)

    def _asks(
        self, pattern: str, value: Callable[[], float], number: Number, write: Callable[[float], str]
    ) -> None:
        """A query that takes MINimum, MAXimum or DEFault."""

        def answer(arguments: Arguments) -> str:
            if not len(arguments):
                return write(value())
            asked = number.words.get(arguments[0].upper())
            if asked is None:
                raise illegal_value()
            return write(asked)

        self.table.add(pattern + "?", answer)

    def _number(
        self,
        pattern: str,
        store: Callable[[float], None],
        value: Callable[[], float],
        number: Number,
        write: Callable[[float], str] = _scientific,
    ) -> None:
        self.table.add(pattern, lambda a: store(number.parse(a[0])))
        self._asks(pattern, value, number, write)

    def _switch(self, pattern: str, of: Callable[[], object], attribute: str) -> None:
        self.table.add(pattern, lambda a: setattr(of(), attribute, on_or_off(a[0]) == "1"))
        self.table.add(pattern + "?", lambda _: str(int(getattr(of(), attribute))))

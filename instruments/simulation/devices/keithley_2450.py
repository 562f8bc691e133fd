"""Keithley 2450 source-meter in its own SCPI: voltage or current at the gate, readings in buffers, linear sweeps.

Source: Model 2450 reference manual (2450-901-01), SCPI command reference; form of the identity and of readings as
in QCoDeS. With another command set than SCPI only the identification and ``*LANG`` are understood. A reading with
the output off is refused; :MEASure does what :READ does, and changes the function when it names one. What a sweep
does happens at its time; other commands do not wait for it, unless ``*WAI`` or ``*OPC?`` says so. The default
buffers hold 100 000 readings (10 000 with the first firmware). Not simulated: other trigger models than linear
sweeps, digital lines, the time that automatic zeroing takes, averaging (its settings are kept), what four wires
change.
"""

from datetime import UTC, datetime
from functools import partial

from instruments.clock import Clock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.devices.keithley_2400 import word_of
from instruments.simulation.devices.keithley_2450_buffers import (
    DEFAULT_BUFFERS,
    LEAST_CAPACITY,
    MOST_CAPACITY,
    STATISTICS,
    Buffers,
    Reading,
    ReadingBuffer,
    elements_of,
)
from instruments.simulation.devices.keithley_2450_functions import LEVELS
from instruments.simulation.devices.keithley_2450_settings import SENSE_HEADERS
from instruments.simulation.devices.keithley_2450_sweep import Sweep, SweepRun, parse_sweep
from instruments.simulation.devices.keithley_2450_terminals import Keithley2450Terminals
from instruments.simulation.wire import (
    EXECUTION_ERROR_BIT,
    Refusal,
    illegal_value,
    parse_int,
    settings_conflict,
)
from instruments.simulation.wire_ieee import SCPI_HEADER, Arguments

_LANGUAGES = ("SCPI", "SCPI2400", "TSP")
_LEAST_WAIT_S = 1e-3


class Keithley2450(Keithley2450Terminals):
    """The source-meter; the cryostat's gate carries its voltage."""

    def __init__(
        self,
        clock: Clock,
        cryostat: Cryostat,
        *,
        name: str = "keithley_2450",
        serial: str = "04400001",
        language: str = "SCPI",
    ) -> None:
        super().__init__(f"KEITHLEY INSTRUMENTS,MODEL 2450,{serial},1.7.12b", SCPI_HEADER)
        self.language = language
        self.buffers = Buffers()
        self._sweep: Sweep | None = None
        self._running: SweepRun | None = None
        self._tells_end = False
        self._join(clock, cryostat, name)
        self._bind()
        cryostat.attach(self)

    # readings

    def _take(self, buffer: ReadingBuffer) -> Reading:
        """As many readings as are asked for; the last one."""
        if not self.output:
            raise Refusal(5001, "Not permitted with output off", EXECUTION_ERROR_BIT)
        if self._running is not None:
            raise settings_conflict()
        for _ in range(self.count):
            self._clock.sleep(self._unsettled_s + self._integration_s())
            self._unsettled_s = 0.0
            self._cryostat.advance()
            reading = self._sample(self._clock.now())
            buffer.store(reading)
        return reading

    def _buffer(self, arguments: Arguments, index: int = 0) -> ReadingBuffer:
        named = arguments[index] if index < len(arguments) else DEFAULT_BUFFERS[0]
        return self.buffers.find(named, index + 1)

    def _read(self, arguments: Arguments, function: str = "") -> str:
        buffer, names = self._buffer(arguments), elements_of(arguments.texts[1:], 2)
        if function:
            self.choose_measured(function)
        return buffer.written(self._take(buffer), names)

    def _trace_data(self, arguments: Arguments) -> str:
        names = elements_of(arguments.texts[3:], 4)
        return self._advanced(arguments, 2).between(arguments[0], arguments[1], names)

    def _advanced(self, arguments: Arguments, index: int = 0) -> ReadingBuffer:
        """A buffer with the readings of a sweep up to now."""
        self._cryostat.advance()
        return self._buffer(arguments, index)

    def _resize(self, arguments: Arguments) -> None:
        self._buffer(arguments, 1).resize(parse_int(arguments[0], LEAST_CAPACITY, MOST_CAPACITY))

    # sweeps

    def next_look_s(self, now_s: float) -> float:
        """When the sweep that runs does its next step."""
        return now_s if self._running is None else min(self._running.due_s, now_s)

    def look(self, at_s: float) -> None:
        """Do what is due by now."""
        while self._running is not None and self._running.due_s <= at_s:
            self._step(self._running)

    def _step(self, run: SweepRun) -> None:
        if run.measures_next:
            run.sweep.buffer.store(self._sample(run.due_s))
            if run.sweep.stops_at_limit and self._limited():
                self._stop()
                return
        level = run.next_level()
        if level is None:
            self._stop()
            return
        source = self.source
        run.sweep.prepare(source, level)
        source.level = level
        self._apply()
        run.due_s += run.sweep.delay_s + (0.0 if source.auto_delay else source.delay_s) + self._integration_s()
        run.measures_next = True

    def _set_sweep(self, function: str, arguments: Arguments, *, by_step: bool) -> None:
        buffer = self._buffer(arguments, 8)
        self._sweep = parse_sweep(function, arguments, buffer, by_step=by_step)

    def _initiate(self) -> None:
        self._cryostat.advance()
        if self._running is not None:
            raise Refusal(-213, "Init ignored", EXECUTION_ERROR_BIT)
        sweep = self._sweep
        if sweep is None:
            raise settings_conflict()
        sweep.check_range(self.sources[sweep.function])
        sweep.buffer.readings.clear()
        self.function, self.output = sweep.function, True
        self._running = SweepRun(sweep, self._clock.now())
        self._step(self._running)

    def _stop(self) -> None:
        """The sweep's end: output off."""
        if self._running is not None:
            self._running, self.output = None, False
            self._apply()
        self.events |= int(self._tells_end)
        self._tells_end = False

    def _abort(self) -> None:
        self._cryostat.advance()
        self._stop()

    def _wait(self) -> None:
        self._cryostat.advance()
        while self._running is not None:
            self._clock.sleep(max(self._running.due_s - self._clock.now(), _LEAST_WAIT_S))
            self._cryostat.advance()

    def _tell_end(self) -> None:
        self._cryostat.advance()
        self._tells_end = True
        if self._running is None:
            self._stop()

    def _complete(self) -> str:
        self._wait()
        return "1"

    # the table

    def _set_language(self, arguments: Arguments) -> None:
        word = arguments[0].upper()
        if word not in _LANGUAGES:
            raise illegal_value()
        self.language = word

    def _bind(self) -> None:
        self.table.add("*LANG", self._set_language)
        self.table.add("*LANG?", lambda _: self.language)
        if self.language != "SCPI":
            return
        self._bind_settings()
        self._bind_readings()
        for name in LEVELS:
            header = "SOURce[1]:SWEep:" + SENSE_HEADERS[name].removesuffix("[:DC]") + ":LINear"
            self.table.add(header, partial(self._set_sweep, name, by_step=False))
            self.table.add(header + ":STEP", partial(self._set_sweep, name, by_step=True))
        self.add_action("INITiate[:IMMediate]", self._initiate)
        self.add_action("ABORt", self._abort)
        self.add_action("*WAI", self._wait)
        self.add_action("*OPC", self._tell_end)
        self.add_query("*OPC?", self._complete)
        self.add_query("SYSTem:ERRor[:NEXT]?", self.next_error)
        self.add_query("SYSTem:ERRor:COUNt?", lambda: str(len(self.errors)))
        self.add_action("SYSTem:CLEar", self.errors.clear)
        self.add_action("STATus:CLEar", self.clear_status)
        self.add_query("STATus:QUEStionable:CONDition?", lambda: "0")

    def _bind_readings(self) -> None:
        add, buffers = self.table.add, self.buffers
        for header in ("READ?", "MEASure?"):
            add(header, self._read)
        for name, header in SENSE_HEADERS.items():
            add(f"MEASure:{header}?", partial(self._read, function=name))
        add("FETCh?", lambda a: self._advanced(a).last(elements_of(a.texts[1:], 2)))
        add("TRACe:ACTual?", lambda a: str(len(self._advanced(a).readings)))
        add("TRACe:CLEar", lambda a: self._advanced(a).readings.clear())
        add("TRACe:DATA?", self._trace_data)
        add("TRACe:DELete", lambda a: buffers.delete(a[0]))
        add("TRACe:MAKE", lambda a: buffers.make(a[0], a[1], a[2] if len(a) > 2 else ""))
        add("TRACe:POINts", self._resize)
        add("TRACe:POINts?", lambda a: str(self._buffer(a).capacity))
        add("TRACe:TRIGger", lambda a: self._trigger(self._buffer(a)))
        add("TRACe:FILL:MODE", self._set_fill_mode)
        add("TRACe:FILL:MODE?", lambda a: "CONT" if self._buffer(a).continuous else "ONCE")
        for name in STATISTICS:
            add(f"TRACe:STATistics:{name}?", partial(self._statistic, name))

    def _trigger(self, buffer: ReadingBuffer) -> None:
        self._take(buffer)

    def _statistic(self, name: str, arguments: Arguments) -> str:
        return self._advanced(arguments).statistic(name)

    def _set_fill_mode(self, arguments: Arguments) -> None:
        self._buffer(arguments, 1).continuous = word_of(arguments[0], "CONT", "ONCE") == "CONT"

    def _record(self, refusal: Refusal) -> None:
        """Into the error queue, with the kind of event and when it was, as this instrument does."""
        when = datetime.fromtimestamp(self._epoch_s + self._clock.now(), UTC)
        words = f"{refusal.words};1;{when:%Y/%m/%d %H:%M:%S}.{when.microsecond // 1000:03d}"
        super()._record(Refusal(refusal.code, words, refusal.event_bit))

    def next_error(self) -> str:
        """Oldest entry of the error queue, which forgets it."""
        return super().next_error() if self.errors else '0,"No error;0;0 0"'

    def reset(self) -> None:
        """``*RST``: output off, 0 V, factory settings, no sweep, empty default buffers and no others."""
        self._abort()
        super().reset()
        self._load_defaults()
        self.buffers.reset()
        self._sweep, self._unsettled_s = None, 0.0
        self._drive()

"""Commands of an SR860 and SR865A about its data channels, its outputs and its capture buffer."""

from abc import abstractmethod

from instruments.simulation.devices.lock_in_filter import equivalent_noise_bandwidth
from instruments.simulation.devices.signal_path import SignalPath
from instruments.simulation.devices.sr860_capture import (
    LONGEST_BLOCK_KB,
    LONGEST_KB,
    MOST_HALVINGS,
    CaptureBuffer,
    Trigger,
    fastest_rate_Hz,
)
from instruments.simulation.devices.sr860_words import (
    CAPTURE,
    CAPTURED,
    CHOICES_BY_CHANNEL,
    OFFSETS,
    index_of,
    written,
)
from instruments.simulation.wire import Block, parse_float, parse_int
from instruments.simulation.wire_ieee import Arguments, IeeeInstrument

_MODES, _TRIGGERS = ("ONE", "CONT"), ("IMM", "TRIG", "SAMP")


class Sr860Channels(SignalPath, IeeeInstrument):
    """A lock-in whose outputs are captured while its filter follows the signal."""

    lia_status: int
    slope: int
    _block: Block | None = None

    def _load_channels(self) -> None:
        self.choices = {mnemonic: list(defaults) for mnemonic, (_, defaults, _) in CHOICES_BY_CHANNEL.items()}
        self.offsets_percent = [0.0] * len(OFFSETS)
        self.capture = CaptureBuffer()

    @abstractmethod
    def _fresh(self, *texts: str) -> str:
        """Quantities of one moment."""

    def _follow(self, at_s: float, signal: complex) -> None:
        capture, tau_s = self.capture, self.time_constant_s
        capture.skip_to(at_s, tau_s)
        begin_s, begin = self._time_s, self._filter.input
        while capture.due_s <= at_s:
            share = (capture.due_s - begin_s) / (at_s - begin_s)
            super()._follow(capture.due_s, begin + share * (signal - begin))
            if capture.take(self._filter.output, tau_s):
                self.lia_status |= CAPTURE
        super()._follow(at_s, signal)

    def _start_capture(self, arguments: Arguments) -> None:
        continuous = index_of(arguments[0], _MODES) == 1
        trigger = Trigger(index_of(arguments[1], _TRIGGERS))
        self._update()
        self.capture.start(self._time_s, self.time_constant_s, continuous=continuous, trigger=trigger)

    def _stop_capture(self) -> None:
        self._update()
        self.capture.stop()

    def _trigger_capture(self) -> None:
        self._update()
        if self.capture.triggered(self._time_s, self.time_constant_s, self._filter.output):
            self.lia_status |= CAPTURE

    def _present(self) -> CaptureBuffer:
        """The capture buffer, up to now."""
        self._update()
        return self.capture

    def _set_config(self, arguments: Arguments) -> None:
        self._present().set_config(index_of(arguments[0], CAPTURED))

    def _set_length(self, arguments: Arguments) -> None:
        self._present().set_length(parse_int(arguments[0], 1, LONGEST_KB))

    def _set_rate(self, arguments: Arguments) -> None:
        self._present().halvings = parse_int(arguments[0], 0, MOST_HALVINGS)

    def _read_sample(self, arguments: Arguments) -> str:
        return ",".join(map(written, self._present().sample(parse_int(arguments[0], 0, LONGEST_KB << 10))))

    def _answer_bytes(self, line: bytes) -> bytes | None:
        """A block of captured samples is bytes and not text; it is asked for alone in its line."""
        self._block = None
        reply = super()._answer_bytes(line)
        return reply if self._block is None else self._block

    def _read_block(self, arguments: Arguments) -> None:
        offset_kB = parse_int(arguments[0], 0, LONGEST_KB)
        self._block = self._present().block(offset_kB, parse_int(arguments[1], 1, LONGEST_BLOCK_KB))

    def _bind_channels(self) -> None:
        add = self.table.add
        add("SNAPD?", lambda _: self._fresh(*map(str, self.choices["CDSP"])))
        add("OUTR?", lambda a: self._fresh(str(self.choices["CDSP"][parse_int(a[0], 0, 3)])))
        for mnemonic in CHOICES_BY_CHANNEL:
            self._bind_choice(mnemonic)
        add("COFP", self._set_offset)
        add("COFP?", lambda a: written(self.offsets_percent[index_of(a[0], OFFSETS)]))
        bandwidth_Hz = equivalent_noise_bandwidth
        self.add_query("ENBW?", lambda: written(bandwidth_Hz(self.time_constant_s, self.slope + 1)))
        self._bind_capture()

    def _bind_choice(self, mnemonic: str) -> None:
        channels, _, words = CHOICES_BY_CHANNEL[mnemonic]

        def choose(arguments: Arguments) -> None:
            self.choices[mnemonic][index_of(arguments[0], channels)] = index_of(arguments[1], words)

        self.table.add(mnemonic, choose)
        self.table.add(mnemonic + "?", lambda a: str(self.choices[mnemonic][index_of(a[0], channels)]))

    def _set_offset(self, arguments: Arguments) -> None:
        value = parse_float(arguments[1], -999.99, 999.99)
        self.offsets_percent[index_of(arguments[0], OFFSETS)] = value

    def _bind_capture(self) -> None:
        add, ask = self.table.add, self.add_query
        add("CAPTURECFG", self._set_config)
        ask("CAPTURECFG?", lambda: str(self.capture.config))
        add("CAPTURELEN", self._set_length)
        ask("CAPTURELEN?", lambda: str(self.capture.length_kB))
        add("CAPTURERATE", self._set_rate)
        ask("CAPTURERATE?", lambda: written(1.0 / self.capture.period_s(self.time_constant_s)))
        ask("CAPTURERATEMAX?", lambda: written(fastest_rate_Hz(self.time_constant_s)))
        add("CAPTURESTART", self._start_capture)
        self.add_action("CAPTURESTOP", self._stop_capture)
        self.add_action("*TRG", self._trigger_capture)
        for query in ("CAPTURESTAT?", "CAPTURESTATE?"):
            ask(query, lambda: str(self._present().status()))
        ask("CAPTUREBYTES?", lambda: str(self._present().captured_bytes()))
        ask("CAPTUREPROG?", lambda: str(self._present().captured_kB()))
        add("CAPTUREVAL?", self._read_sample)
        add("CAPTUREGET?", self._read_block)

"""Keithley 2182A nanovoltmeter: two inputs, fixed or automatic ranges, readings that take their integration time.

Source: 2182/2182A user's manual, SCPI chapter; 50 Hz mains. A reading beyond 120 % of a fixed range is +9.9E37.
The noise is that of the cryostat's settings at 5 power-line cycles and falls as 1/sqrt(cycles).
"""

import math
from collections.abc import Mapping
from typing import Literal

from instruments.clock import Clock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.devices.registers import any_word, number_text, on_or_off
from instruments.simulation.wire import illegal_value, parse_float, parse_int
from instruments.simulation.wire_ieee import SCPI_HEADER, Arguments, IeeeInstrument

ChannelKind = Literal["longitudinal", "hall"]
RANGES_V = {1: (0.01, 0.1, 1.0, 10.0, 100.0), 2: (0.1, 1.0, 10.0)}
OVER_RANGE = 1.2
OVERFLOW = 9.9e37
MAINS_HZ = 50.0
INTERNAL_CELSIUS = 23.0
"""Reading of channel 0, the sensor at the input terminals."""
_NOISE_CYCLES = 5.0
_READING_AVAILABLE = 0x20
_OVERFLOWED = 0x1


class Keithley2182A(IeeeInstrument):
    """Registers and conversions. ``wiring`` says which contacts are on which input."""

    def __init__(
        self,
        clock: Clock,
        cryostat: Cryostat,
        wiring: Mapping[int, ChannelKind],
        *,
        name: str = "keithley_2182a",
        serial: str = "1183947",
        terminator: bytes = b"\n",
    ) -> None:
        super().__init__(f"KEITHLEY INSTRUMENTS INC.,MODEL 2182A,{serial},C02 /A02", SCPI_HEADER, terminator)
        self._clock = clock
        self._cryostat = cryostat
        self._wiring = dict(wiring)
        self._noise = cryostat.noise_source(name)
        self._measurement_events = 0
        self._load_defaults()
        self._bind()

    def _load_defaults(self) -> None:
        self.channel = 1
        self.cycles = 5.0
        self.ranges_V = {channel: ranges[-1] for channel, ranges in RANGES_V.items()}
        self.autorange = dict.fromkeys(RANGES_V, True)
        self.continuous = True
        self._last: str | None = None

    @property
    def integration_s(self) -> float:
        """Time of one conversion."""
        return self.cycles / MAINS_HZ

    def convert(self) -> str:
        """One conversion of the chosen input, which lets its integration time pass; also kept for FETCh?."""
        self._clock.sleep(self.integration_s / 2)  # the middle stands for the mean of what drifts meanwhile
        self._cryostat.advance()
        value_V = self.sample_V()
        self._clock.sleep(self.integration_s / 2)
        self._last = f"{value_V:+.8E}"
        return self._last

    def sample_V(self) -> float:
        """What a conversion around the cryostat's last step shows; time is the business of whoever triggers it."""
        noise_V = self._cryostat.settings.voltmeter_noise_V * math.sqrt(_NOISE_CYCLES / self.cycles)
        value_V = noise_V * float(self._noise.standard_normal())
        kind = self._wiring.get(self.channel)
        if kind is not None:
            value_V += self._cryostat.last_dc_voltage_V(kind)
        self._measurement_events |= _READING_AVAILABLE
        return self._in_range(value_V) if self.channel in RANGES_V else INTERNAL_CELSIUS

    def _in_range(self, value_V: float) -> float:
        channel = self.channel
        if self.autorange[channel]:
            fitting = [r for r in RANGES_V[channel] if abs(value_V) <= OVER_RANGE * r]
            self.ranges_V[channel] = fitting[0] if fitting else RANGES_V[channel][-1]
        if abs(value_V) > OVER_RANGE * self.ranges_V[channel]:
            self._measurement_events |= _OVERFLOWED
            return OVERFLOW
        return value_V

    def _read(self) -> str:
        self.continuous = False
        return self.convert()

    def _fetch(self) -> str:
        if self.continuous or self._last is None:
            return self.convert()
        return self._last

    def _initiate(self) -> None:
        self.convert()

    def _events(self) -> str:
        events, self._measurement_events = self._measurement_events, 0
        return str(events)

    def _bind(self) -> None:
        add = self.table.add
        self.add_query("READ?", self._read)
        self.add_query("FETCh?", self._fetch)
        self.add_action("INITiate[:IMMediate]", self._initiate)
        add("INITiate:CONTinuous", self._set_continuous)
        add("INITiate:CONTinuous?", lambda _: str(int(self.continuous)))
        self.add_action("ABORt", lambda: None)
        self.add_query("[SENSe]:DATA[:LATest]?", self._fetch)
        self.add_query("[SENSe]:DATA:FRESh?", self.convert)
        add("[SENSe]:CHANnel", self._set_channel)
        add("[SENSe]:CHANnel?", lambda _: str(self.channel))
        self.add_setting("[SENSe]:FUNCtion", '"VOLT:DC"', self._voltage_only)
        add("[SENSe]:VOLTage[:DC]:NPLCycles", self._set_cycles)
        add("[SENSe]:VOLTage[:DC]:NPLCycles?", lambda _: f"{self.cycles:.2f}")
        self._bind_ranges("[SENSe]:VOLTage[:DC]", None)
        for channel in RANGES_V:
            self._bind_ranges(f"[SENSe]:VOLTage[:DC]:CHANnel{channel}", channel)
            for filter_ in ("DFILter", "LPASs"):
                self.add_setting(f"[SENSe]:VOLTage[:DC]:CHANnel{channel}:{filter_}[:STATe]", "0", on_or_off)
        for pattern in ("SYSTem:AZERo[:STATe]", "SYSTem:FAZero[:STATe]", "DISPlay:ENABle"):
            self.add_setting(pattern, "1", on_or_off)
        self.add_query("SYSTem:LFRequency?", lambda: f"{MAINS_HZ:.0f}")
        self.add_setting("TRIGger:COUNt", "1", lambda text: str(parse_int(text, 1, 9999)))
        self.add_setting("TRIGger:DELay", "0.000000E+00", number_text)
        self.add_setting("TRIGger:SOURce", "IMM", any_word)
        self.add_setting("SAMPle:COUNt", "1", lambda text: str(parse_int(text, 1, 1)))
        self.add_setting("FORMat[:DATA]", "ASC", any_word)
        self.add_query("STATus:MEASurement[:EVENt]?", self._events)
        self.add_query("STATus:MEASurement:CONDition?", lambda: str(self._measurement_events))
        for register in ("OPERation", "QUEStionable"):
            self.add_query(f"STATus:{register}[:EVENt]?", lambda: "0")
            self.add_query(f"STATus:{register}:CONDition?", lambda: "0")
        self.add_action("STATus:PRESet", lambda: None)
        self.add_action("STATus:QUEue:CLEar", self.errors.clear)
        for pattern in ("SYSTem:ERRor[:NEXT]?", "STATus:QUEue[:NEXT]?"):
            self.add_query(pattern, self.next_error)

    def _bind_ranges(self, prefix: str, channel: int | None) -> None:
        """Range registers; without a channel, those of the chosen input."""

        def which() -> int:
            return channel if channel is not None else max(self.channel, 1)

        def set_range(arguments: Arguments) -> None:
            ranges = RANGES_V[which()]
            wanted = abs(parse_float(arguments[0], -OVER_RANGE * ranges[-1], OVER_RANGE * ranges[-1]))
            self.ranges_V[which()] = next(r for r in ranges if wanted <= OVER_RANGE * r)
            self.autorange[which()] = False

        def set_auto(arguments: Arguments) -> None:
            self.autorange[which()] = on_or_off(arguments[0]) == "1"

        add = self.table.add
        add(prefix + ":RANGe[:UPPer]", set_range)
        add(prefix + ":RANGe[:UPPer]?", lambda _: f"{self.ranges_V[which()]:.6E}")
        add(prefix + ":RANGe:AUTO", set_auto)
        add(prefix + ":RANGe:AUTO?", lambda _: str(int(self.autorange[which()])))

    @staticmethod
    def _voltage_only(text: str) -> str:
        if any_word(text) not in ("VOLT", "VOLT:DC", "VOLTAGE", "VOLTAGE:DC"):
            raise illegal_value()  # no thermocouple is wired
        return '"VOLT:DC"'

    def _set_channel(self, arguments: Arguments) -> None:
        self.channel = parse_int(arguments[0], 0, 2)

    def _set_cycles(self, arguments: Arguments) -> None:
        self.cycles = parse_float(arguments[0], 0.01, MAINS_HZ, {"MIN": 0.01, "MAX": MAINS_HZ, "DEF": 5.0})

    def _set_continuous(self, arguments: Arguments) -> None:
        self.continuous = on_or_off(arguments[0]) == "1"

    def reset(self) -> None:
        """``*RST``: factory settings, one reading at a time."""
        super().reset()
        self._load_defaults()
        self.continuous = False

    def clear_status(self) -> None:
        """``*CLS``: also the measurement events."""
        super().clear_status()
        self._measurement_events = 0

"""Lake Shore Model 372: channels of a scanner, and the sample heater (output 0) with its loop.

Source: Lake Shore Model 372 user's manual, section 6.6.1. Commands that cannot be done set a bit of the event
register and leave the rest of their line alone. The set point that SETP? answers moves while it ramps, as that on
the panel does. Not simulated: the dwell of the scanner (every channel is fresh), the control input A, alarms,
zones. The settings of outputs 1 and 2 are stored, and nothing hangs on them. A sensor's resistance is that of a
made-up ruthenium oxide thermometer.
"""

import math
from collections.abc import Callable, Mapping

from instruments.simulation.cryostat import Cryostat, Place
from instruments.simulation.wire import (
    missing_parameter,
    out_of_range,
    parse_float,
    parse_int,
    settings_conflict,
)
from instruments.simulation.wire_ieee import Arguments
from instruments.simulation.wire_lakeshore import LakeShoreInstrument

HEATER_RANGES_A = (0.0, 31.6e-6, 100e-6, 316e-6, 1e-3, 3.16e-3, 10e-3, 31.6e-3, 100e-3)
CHANNELS = 16
HIGHEST_K = 40.0
"""End of the made-up calibration: above it a channel reads T. OVER."""
_OPEN_LOOP, _CLOSED_LOOP = 2, 5
_T_OVER, _CS_OVERLOAD = 0x40, 0x01

_STORED_PER_CHANNEL = {
    "INSET": "1,007,003,21,1",
    "INTYPE": "0,07,1,10,0,1",
    "FILTER": "1,005,10",
    "TLIMIT": "+0000",
}
"""Registers that are stored and answered, and change nothing here; texts as recorded."""
_STORED_PER_OUTPUT = {
    "SETP": ("+0.000000",),
    "RAMP": ("0,+0.000",),
    "PID": ("+50.0000,+20.0000,+0.0000",),
    "HTRSET": ("2,1,+0000.00,1",),
    "OUTMODE": ("0,0,0,0,0,001", "0,0,0,0,0,001"),
    "MOUT": ("+0.0000", "+0.0000"),
    "RAMPST": ("0",),
    "HTRST": ("0",),
}
"""The same of outputs 1 (warm-up) and 2 (still), as far as they have them."""


def six_digits(value: float) -> str:
    """A reading with six digits and an exponent."""
    return f"{value:+.5E}"


def sensor_resistance_ohm(temperature_K: float) -> float:
    """Falls as 1 kOhm exp(sqrt(1 K / T)): 20 kOhm at 0.11 K."""
    return 1e3 * math.exp(math.sqrt(1.0 / max(temperature_K, 1e-3)))


class LakeShore372(LakeShoreInstrument):
    """The bridge's wire over the cryostat's temperatures.

    ``channels`` says what is mounted where; the others are open (CS OVL). ``loop_channel`` is the one that the
    sample heater follows.
    """

    def __init__(
        self,
        cryostat: Cryostat,
        channels: Mapping[int, Place],
        *,
        loop_channel: int | None = None,
        heater_ohm: float = 120.0,
        serial: str = "LSA23JD",
    ) -> None:
        super().__init__(f"LSCI,MODEL372,{serial},1.3")
        self._cryostat = cryostat
        self._thermal = cryostat.thermal
        self._heater_W = self._thermal.heater_power_W
        self._channels = dict(channels)
        self._loop_channel = loop_channel if loop_channel is not None else min(channels, default=1)
        self.heater_ohm = heater_ohm
        self.heater_error = 0
        self._load_defaults()
        self._stored = {
            (name, channel): text
            for name, text in _STORED_PER_CHANNEL.items()
            for channel in range(1, CHANNELS + 1)
        }
        self._stored |= {
            (name, -output): text
            for name, texts in _STORED_PER_OUTPUT.items()
            for output, text in enumerate(texts, start=1)
        }
        self._names = {channel: f"Channel {channel:02d}" for channel in range(1, CHANNELS + 1)}
        self._bind()

    def _load_defaults(self) -> None:
        self.range = 0
        self._other_outputs = {1: 0, 2: 0}  # warm-up and still: stored, nothing hangs on them
        self.mode = _OPEN_LOOP
        self.output_rest = (1, 0, 0, 1)  # power-up, polarity, filter, delay
        self.manual_percent = 0.0
        self.shows_power = False
        self.ramp_on, self.rate_K_per_min = False, 1.0
        self.gains = (10.0, 20.0, 0.0)
        self.autoscan = len(self._channels) > 1
        self.scanned = self._loop_channel

    def fail_heater(self, error: int) -> None:
        """The heater opens (1) or shorts (2); the instrument turns its range off."""
        self.heater_error = error
        self.range = 0
        self._drive()

    def status_byte(self, reply_waiting: bool) -> int:
        """Valid reading of the scanner (4), message available (16), event summary (32), request (64)."""
        byte = 4 | (16 if reply_waiting else 0) | (32 if self.events & self.event_enable else 0)
        return byte | (64 if byte & self.request_enable else 0)

    def reset(self) -> None:
        """``*RST``: power-up settings, heater off."""
        super().reset()
        self._load_defaults()
        self._drive()

    # channels

    def _kelvin(self, channel: int) -> float:
        place = self._channels.get(channel)
        return 0.0 if place is None else self._cryostat.read_thermometer(place)

    def _read_kelvin(self, arguments: Arguments) -> str:
        temperature_K = self._kelvin(parse_int(arguments[0], 1, CHANNELS))
        return six_digits(temperature_K if temperature_K <= HIGHEST_K else 0.0)

    def _read_ohm(self, arguments: Arguments) -> str:
        channel = parse_int(arguments[0], 1, CHANNELS)
        return six_digits(sensor_resistance_ohm(self._kelvin(channel)) if channel in self._channels else 0.0)

    def _reading_status(self, arguments: Arguments) -> str:
        channel = parse_int(arguments[0], 1, CHANNELS)
        if channel not in self._channels:
            return f"{_CS_OVERLOAD:03d}"
        return f"{_T_OVER if self._kelvin(channel) > HIGHEST_K else 0:03d}"

    def _set_scan(self, arguments: Arguments) -> None:
        self.scanned = parse_int(arguments[0], 1, CHANNELS)
        self.autoscan = len(arguments) > 1 and parse_int(arguments[1], 0, 1) == 1

    # the sample heater

    def _drive(self) -> None:
        """Pass range, mode and manual output on to the cryostat."""
        self._cryostat.advance()
        thermal = self._thermal
        full_A = HEATER_RANGES_A[self.range]
        if self.range:
            thermal.heater_power_W = min(self._heater_W, full_A**2 * self.heater_ohm)
        manual = self.manual_percent if self.range and self.mode == _OPEN_LOOP else 0.0
        thermal.set_manual_heater(manual**2 / 100.0)
        thermal.set_loop(self.range > 0 and self.mode == _CLOSED_LOOP)

    def _heater_output(self) -> str:
        self._cryostat.advance()
        power_W = self._thermal.heater_percent / 100.0 * self._thermal.heater_power_W if self.range else 0.0
        if self.shows_power:
            return six_digits(power_W)
        current_A = math.sqrt(power_W / self.heater_ohm)
        return f"{100.0 * current_A / HEATER_RANGES_A[self.range] if self.range else 0.0:+07.3f}"

    def _heater_status(self) -> str:
        error, self.heater_error = self.heater_error, 0
        return str(error)

    def _set_range(self, arguments: Arguments) -> None:
        output = parse_int(arguments[0], 0, 2)
        if output:
            self._other_outputs[output] = parse_int(arguments[1], 0, 1)
            return
        self.range = parse_int(arguments[1], 0, len(HEATER_RANGES_A) - 1)
        self._drive()

    def _range_text(self, arguments: Arguments) -> str:
        output = parse_int(arguments[0], 0, 2) if len(arguments) else 0
        return str(self._other_outputs[output] if output else self.range)

    def _set_mode(self, arguments: Arguments) -> None:
        mode = parse_int(arguments[1], 0, 6)
        if parse_int(arguments[2], 0, CHANNELS) != self._loop_channel:
            raise settings_conflict()  # the thermometer on the mixing chamber is on one channel only
        power_up, polarity, filter_ = (parse_int(arguments[i], 0, 1) for i in (3, 4, 5))
        self.mode, self.output_rest = mode, (power_up, polarity, filter_, parse_int(arguments[6], 1, 255))
        self._drive()

    def _mode_text(self) -> str:
        power_up, polarity, filter_, delay_s = self.output_rest
        return f"{self.mode},{self._loop_channel},{power_up},{polarity},{filter_},{delay_s:03d}"

    def _set_manual(self, arguments: Arguments) -> None:
        self.manual_percent = parse_float(arguments[1], 0.0, 100.0)
        self._drive()

    def _set_setup(self, arguments: Arguments) -> None:
        resistance_ohm = parse_float(arguments[1], 1.0, 2000.0)
        self.shows_power = parse_int(arguments[4], 1, 2) == 2
        self.heater_ohm = resistance_ohm
        self._drive()

    # the set point

    def _ramping(self) -> bool:
        self._cryostat.advance()
        return self._thermal.loop_on and self._thermal.ramping

    def _setpoint(self) -> str:
        setpoint_K = self._thermal.working_setpoint_K if self._ramping() else self._thermal.setpoint_K
        return f"{setpoint_K:+.6f}"

    def _set_setpoint(self, arguments: Arguments) -> None:
        setpoint_K = parse_float(arguments[1], 0.0, 400.0)
        self._cryostat.advance()
        self._thermal.set_setpoint(setpoint_K)

    def _set_ramp(self, arguments: Arguments) -> None:
        enabled = parse_int(arguments[1], 0, 1) == 1
        rate = parse_float(arguments[2], 0.0, 100.0)
        if 0.0 < rate < 0.001:
            raise out_of_range()
        self._cryostat.advance()
        self.ramp_on, self.rate_K_per_min = enabled, round(rate, 3)
        self._thermal.set_ramp(self.rate_K_per_min, enabled=enabled)

    def _set_gains(self, arguments: Arguments) -> None:
        p, i, d = (parse_float(arguments[k], 0.0, 10_000.0) for k in (1, 2, 3))
        self.gains = (p, i, d)

    def _bind(self) -> None:
        add = self.table.add
        add("KRDG?", self._read_kelvin)
        add("SRDG?", self._read_ohm)
        add("RDGR?", self._read_ohm)
        add("RDGST?", self._reading_status)
        add("SCAN", self._set_scan)
        add("SCAN?", lambda _: f"{self.scanned:02d},{int(self.autoscan)}")
        for name in _STORED_PER_CHANNEL:
            add(name, self._store(name))
            add(name + "?", self._recall(name))
        add("INNAME", self._set_name)
        add("INNAME?", lambda a: f"{self._names[parse_int(a[0], 1, CHANNELS)]:<15}")
        for name, default, highest in (("EMUL", "0", 1), ("MODE", "1", 2), ("BEEP", "1", 1), ("LOCK", "0", 1)):
            self.add_setting(name, default, _whole_up_to(highest))
        self.add_query("HTR?", self._heater_output)
        for mnemonic, handler, query in (
            ("SETP", self._set_setpoint, self._setpoint),
            ("RAMP", self._set_ramp, lambda: f"{int(self.ramp_on)},{self.rate_K_per_min:+.3f}"),
            ("OUTMODE", self._set_mode, self._mode_text),
            ("MOUT", self._set_manual, lambda: f"{self.manual_percent:+.4f}"),
            ("PID", self._set_gains, lambda: ",".join(f"{gain:+.4f}" for gain in self.gains)),
            ("HTRSET", self._set_setup, lambda: f"{self.heater_ohm:+08.3f},0,+0000.00,{1 + self.shows_power}"),
        ):
            add(mnemonic, self._of_output(mnemonic, handler))
            add(mnemonic + "?", self._answered_for_output(mnemonic, query))
        add("RANGE", self._set_range)
        add("RANGE?", self._range_text)
        add("RAMPST?", self._answered_for_output("RAMPST", lambda: str(int(self._ramping()))))
        add("HTRST?", self._answered_for_output("HTRST", self._heater_status))

    def _store(self, name: str) -> Callable[[Arguments], None]:
        def store(arguments: Arguments) -> None:
            channel, texts = parse_int(arguments[0], 1, CHANNELS), arguments.texts[1:]
            if len(texts) != _STORED_PER_CHANNEL[name].count(",") + 1:
                raise missing_parameter()
            self._stored[name, channel] = ",".join(texts)

        return store

    def _recall(self, name: str) -> Callable[[Arguments], str]:
        return lambda arguments: self._stored[name, parse_int(arguments[0], 1, CHANNELS)]

    def _set_name(self, arguments: Arguments) -> None:
        self._names[parse_int(arguments[0], 1, CHANNELS)] = arguments[1].strip('"')[:15]

    def _of_output(self, name: str, handler: Callable[[Arguments], None]) -> Callable[[Arguments], None]:
        def checked(arguments: Arguments) -> None:
            output, texts = parse_int(arguments[0], 0, len(_STORED_PER_OUTPUT[name])), arguments.texts[1:]
            if not output:
                handler(arguments)
            elif len(texts) != _STORED_PER_OUTPUT[name][0].count(",") + 1:
                raise missing_parameter()
            else:
                self._stored[name, -output] = ",".join(texts)

        return checked

    def _answered_for_output(self, name: str, query: Callable[[], str]) -> Callable[[Arguments], str]:
        """Output 0 is meant when none is named."""

        def checked(arguments: Arguments) -> str:
            output = parse_int(arguments[0], 0, len(_STORED_PER_OUTPUT[name])) if len(arguments) else 0
            return self._stored[name, -output] if output else query()

        return checked


def _whole_up_to(highest: int) -> Callable[[str], str]:
    return lambda text: str(parse_int(text, 0, highest))

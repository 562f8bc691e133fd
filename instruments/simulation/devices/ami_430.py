"""American Magnetics Model 430: a programmer of ramps, with a persistent switch.

Source: AMI manual of the 05100PS-430-601 system, revision 5, chapter 4. Field and rate come in the units of the
front panel. The bound of the last ramp segment is the current limit, whatever is set. With the switch cold the
segments are not asked: one rate holds (PS:PSRR, 10 A/s at first; from AMI's own program Magnet-DAQ). The switch
heater is not checked: with currents that differ the magnet quenches. In a quench, and while the switch moves, ramps
are ignored.
"""

import math
from collections.abc import Callable
from functools import partial

from instruments.simulation.cryostat import Cryostat
from instruments.simulation.devices.rate_by_field import RateByField
from instruments.simulation.magnet import MagnetAction
from instruments.simulation.wire import Refusal, out_of_range, parse_float, parse_int
from instruments.simulation.wire_ieee import SCPI_HEADER, Arguments, Call, IeeeInstrument

_GREETING = b"American Magnetics Model 430 IP Interface\r\nHello.\r\n"
#: AMI's own codes and words for what the table of commands refuses.
_WORDS = {
    -113: (-101, "Unrecognized command"),
    -109: (-104, "Missing parameter"),
    -104: (-102, "Invalid argument"),
    -222: (-105, "Out of range"),
    -221: (-105, "Out of range"),
    -350: (-304, "Error buffer overflow"),
}
_MOST_SEGMENTS = 10
#: A limit of current that no magnet meets, unless the rack is told of one.
MOST_CURRENT_A = 1e5


class Ami430(IeeeInstrument):
    """The programmer's wire over the cryostat's magnet.

    Args:
        cryostat: whose magnet it drives.
        kilogauss: units of field at the front panel, kG instead of T.
        per_second: units of rate at the front panel, per second instead of per minute.
        greets: whether a new connection is greeted with two lines.
        current_limit_A: targets beyond it are out of range.
    """

    def __init__(
        self,
        cryostat: Cryostat,
        *,
        kilogauss: bool = False,
        per_second: bool = True,
        greets: bool = True,
        identity: str = "AMERICAN MAGNETICS INC.,MODEL 430,3.05",
        current_limit_A: float = MOST_CURRENT_A,
    ) -> None:
        super().__init__(identity, SCPI_HEADER, b"\r\n")
        self.greeting = _GREETING if greets else b""
        self._cryostat = cryostat
        self._magnet = cryostat.magnet
        self._kilogauss, self._per_second = kilogauss, per_second
        self._current_limit_A = current_limit_A
        self._heater_mA = 50.0
        self._cold_rate_A_per_s = 10.0
        self._paused, self._zeroed = True, False
        self._quenches = 0
        self._was_quenched = False
        self._target_T = 0.0
        self._rates = RateByField(self._magnet, [(0.1, math.inf)])
        self._bind()
        cryostat.attach(self)

    @property
    def _field_T(self) -> float:
        return 0.1 if self._kilogauss else 1.0

    @property
    def _times_per_min(self) -> float:
        return 60.0 if self._per_second else 1.0

    def _bind(self) -> None:
        magnet, scale = self._magnet, self._magnet.tesla_per_ampere
        field = self._cryostat
        self._now("FIELD:MAGnet?", lambda: (magnet.remembered_field_T + self._noise_T()) / self._field_T)
        self._now("CURRent:MAGnet?", lambda: magnet.remembered_current_A)
        self.add_query("CURRent:SUPPly?", lambda: f"{field.read_field_T() / scale:.4f}")
        self._now("VOLTage:SUPPly?", lambda: magnet.voltage_V)
        self._now("COILconst?", lambda: scale / self._field_T, digits=6)
        self._now("CURRent:LIMit?", lambda: self._current_limit_A)
        self.table.add("CONFigure:CURRent:LIMit", self._set_current_limit)
        self._now("FIELD:TARGet?", lambda: self._target_T / self._field_T)
        self.table.add("CONFigure:FIELD:TARGet", self._set_target)
        self._now("CURRent:TARGet?", lambda: self._target_T / scale)
        self.table.add("CONFigure:CURRent:TARGet", self._set_target_current)
        self._now("VOLTage:LIMit?", lambda: magnet.voltage_limit_V)
        self._flag("FIELD:UNITS", lambda: not self._kilogauss, self._set_tesla)
        self._flag("RAMP:RATE:UNITS", lambda: not self._per_second, self._set_per_minute)
        self.add_query("RAMP:RATE:SEGments?", lambda: str(len(self._rates.segments)))
        self.table.add("CONFigure:RAMP:RATE:SEGments", self._set_segment_count)
        self.table.add("CONFigure:RAMP:RATE:FIELD", partial(self._set_segment, lambda: self._field_T))
        self.table.add("CONFigure:RAMP:RATE:CURRent", partial(self._set_segment, lambda: scale))
        for number in range(1, _MOST_SEGMENTS + 1):
            self.add_query(f"RAMP:RATE:FIELD:{number}?", partial(self._read_segment, number, lambda: self._field_T))
            self.add_query(f"RAMP:RATE:CURRent:{number}?", partial(self._read_segment, number, lambda: scale))
        self._do("RAMP", MagnetAction.TO_SETPOINT)
        self._do("PAUSE", MagnetAction.HOLD)
        self._do("ZERO", MagnetAction.TO_ZERO)
        self._count("STATE?", self._state)
        self._count("PSwitch?", lambda: int(magnet.heater_on))
        self.table.add("PSwitch", self._set_heater)
        self._count("PSwitch:INSTalled?", lambda: int(magnet.switch_fitted))
        self._count("PSwitch:HeatTIME?", lambda: math.ceil(magnet.switch_time_s))
        self._count("PSwitch:CoolTIME?", lambda: math.ceil(magnet.switch_time_s))
        self.add_query("PSwitch:CURRent?", lambda: f"{self._heater_mA:.1f}")
        self.table.add("CONFigure:PSwitch:CURRent", self._set_heater_current)
        self.add_query("PSwitch:PowerSupplyRampRate?", lambda: f"{self._cold_rate_A_per_s:.4f}")
        self.add_query("PSwitch:PSRR?", lambda: f"{self._cold_rate_A_per_s:.4f}")
        for name in ("PowerSupplyRampRate", "PSRR"):
            self.table.add(f"CONFigure:PSwitch:{name}", self._set_cold_rate)
        self._count("PERSistent?", lambda: int(magnet.switch_fitted and not magnet.switch_open))
        self._count("QUench?", lambda: int(magnet.quenched))
        self.table.add("QUench", self._set_quench)
        self._count("QUench:COUNT?", lambda: self._quenches)
        self.add_query("SYSTem:ERRor?", self.next_error)

    # what the cryostat asks: a look at every segment bound, where the rate changes

    def next_look_s(self, now_s: float) -> float:
        """When the field reaches the next segment bound, if it does before ``now_s``."""
        return self._rates.next_look_s(now_s)

    def look(self, at_s: float) -> None:
        """Take the rate of the segment that the field is in, and count a quench."""
        if self._magnet.quenched and not self._was_quenched:
            self._quenches += 1
        self._was_quenched = self._magnet.quenched
        self._rates.look(at_s)
        self._choose_rate()

    # commands

    def _set_target(self, arguments: Arguments) -> None:
        self._take_target(parse_float(arguments[0], -math.inf, math.inf) * self._field_T)

    def _set_target_current(self, arguments: Arguments) -> None:
        self._take_target(parse_float(arguments[0], -math.inf, math.inf) * self._magnet.tesla_per_ampere)

    def _take_target(self, target_T: float) -> None:
        if not abs(target_T) <= self._current_limit_A * self._magnet.tesla_per_ampere:
            raise out_of_range()
        self._target_T = target_T
        self._cryostat.advance()
        self._magnet.set_target_field(target_T)

    def _set_segment_count(self, arguments: Arguments) -> None:
        count = parse_int(arguments[0], 1, _MOST_SEGMENTS)
        self._cryostat.advance()
        self._rates.segments = (self._rates.segments + [self._rates.segments[-1]] * count)[:count]

    def _set_segment(self, unit_T: Callable[[], float], arguments: Arguments) -> None:
        """Rate and bound of a segment, in a unit of field or in amperes: one table, two ways to write it."""
        number = parse_int(arguments[0], 1, len(self._rates.segments))
        rate = parse_float(arguments[1], 0.0, math.inf) * unit_T() * self._times_per_min
        bound = parse_float(arguments[2], 0.0, math.inf) * unit_T()
        if not rate > 0:
            raise out_of_range()
        self._cryostat.advance()
        self._rates.segments[number - 1] = (rate, bound)
        self._choose_rate()

    def _read_segment(self, number: int, unit_T: Callable[[], float]) -> str:
        if number > len(self._rates.segments):
            raise out_of_range()
        rate, bound = self._rates.segments[number - 1]
        if number == len(self._rates.segments):
            bound = self._current_limit_A * self._magnet.tesla_per_ampere
        return f"{rate / unit_T() / self._times_per_min:.8f},{bound / unit_T():.4f}"

    def _set_tesla(self, on: bool) -> None:
        self._kilogauss = not on

    def _set_per_minute(self, on: bool) -> None:
        self._per_second = not on

    def _set_heater(self, arguments: Arguments) -> None:
        on = _boolean(arguments[0])
        if not self._magnet.switch_fitted:
            raise Refusal(-107, "No switch installed", 0x10)
        self._cryostat.advance()
        self._magnet.set_heater(on, checked=False)

    def _set_heater_current(self, arguments: Arguments) -> None:
        self._heater_mA = parse_float(arguments[0], 0.0, 125.0)

    def _set_cold_rate(self, arguments: Arguments) -> None:
        self._cryostat.advance()
        self._cold_rate_A_per_s = parse_float(arguments[0], 1e-4, 100.0)
        self._choose_rate()

    def _choose_rate(self) -> None:
        """The segments' rate, or while the supply holds its switch for cold the one rate for that."""
        magnet = self._magnet
        if magnet.switch_fitted and not magnet.heater_on and not magnet.switch_moving:
            magnet.rate_A_per_s = self._cold_rate_A_per_s
        else:
            self._rates.choose()

    def _set_current_limit(self, arguments: Arguments) -> None:
        limit_A = parse_float(arguments[0], 0.0, MOST_CURRENT_A)
        if limit_A * self._magnet.tesla_per_ampere < abs(self._target_T):
            raise out_of_range()
        self._current_limit_A = limit_A

    def _set_quench(self, arguments: Arguments) -> None:
        on = _boolean(arguments[0])
        self._cryostat.advance()
        if on:
            self._magnet.quench("set by command")
        else:
            self._magnet.acknowledge_quench()

    def _state(self) -> int:
        magnet = self._magnet
        if magnet.quenched:
            return 7
        if magnet.switch_moving:
            return 9 if magnet.heater_on else 10
        if magnet.sweeping:
            return 6 if magnet.action is MagnetAction.TO_ZERO else 1
        if self._paused:
            return 3
        return 8 if self._zeroed else 2

    def _begin(self, action: MagnetAction) -> None:
        self._cryostat.advance()
        ramps = action is not MagnetAction.HOLD
        if ramps and self._magnet.switch_moving:
            return
        if self._magnet.set_action(action):
            self._paused = not ramps
            self._zeroed = action is MagnetAction.TO_ZERO
            self._choose_rate()

    # binding

    def _noise_T(self) -> float:
        return self._cryostat.read_field_T() - self._magnet.supply_field_T

    def _now(self, pattern: str, read: Callable[[], float], digits: int = 4) -> None:
        def answer() -> str:
            self._cryostat.advance()
            return f"{read():.{digits}f}"

        self.add_query(pattern, answer)

    def _count(self, pattern: str, read: Callable[[], int]) -> None:
        def answer() -> str:
            self._cryostat.advance()
            return str(read())

        self.add_query(pattern, answer)

    def _flag(self, pattern: str, read: Callable[[], bool], write: Callable[[bool], None]) -> None:
        self.add_query(pattern + "?", lambda: str(int(read())))
        self.table.add("CONFigure:" + pattern, lambda arguments: write(_boolean(arguments[0])))

    def _do(self, pattern: str, action: MagnetAction) -> None:
        self.add_action(pattern, lambda: self._begin(action))

    def _run(self, call: Call) -> str | None:
        if call.handler is None and call.is_query:
            raise Refusal(-201, "Unrecognized query", 0x04)
        return super()._run(call)

    def _record(self, refusal: Refusal) -> None:
        super()._record(refusal)
        last = self.errors.pop()
        code, words = _WORDS.get(last.code, (last.code, last.words))
        self.errors.append(Refusal(code, words, last.event_bit))

    def next_error(self) -> str:
        """Oldest entry of the error queue, which forgets it."""
        return super().next_error() if self.errors else '0,"No errors"'


def _boolean(text: str) -> bool:
    if text not in ("0", "1"):
        raise Refusal(-103, "Non-boolean argument", 0x20)
    return text == "1"

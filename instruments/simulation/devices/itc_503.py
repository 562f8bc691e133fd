"""Oxford ITC 503: three temperature sensors and a heater loop with a sweep program.

Sources: Mercury iTC handbook issue 05, section 8.4; pymeasure's ITC503 for the sweep table. The set point that
``R0`` reads moves during a sweep, steps without time pass at once, a set point is refused while a sweep runs, and
a heater that is put on manual stays where it was. The status string has always thirteen characters. Numbers have
one decimal from 200 K, two from 20 K, three below. Not simulated: gas flow (a number that is kept), learnt PID
and valve tables.
"""

import math
from collections.abc import Callable, Mapping

from instruments.simulation.cryostat import Cryostat, Place
from instruments.simulation.wire import out_of_range, parse_float, parse_int, settings_conflict
from instruments.simulation.wire_oxford import OxfordInstrument, digit

_STEPS, _PARAMETERS = 16, 3
_HIGHEST_K, _LONGEST_MIN = 1677.7, 1339.9
_HEATER_V = 40.0


class Itc503(OxfordInstrument):
    """The controller's wire over the cryostat's insert.

    Args:
        cryostat: whose temperatures it reads and whose heater it drives.
        sensors: what is mounted where; the others are open and read 0.
        loop_sensor: the one that the heater follows.
        start_s: the time on the cryostat's clock.
    """

    def __init__(
        self,
        cryostat: Cryostat,
        sensors: Mapping[int, Place],
        *,
        loop_sensor: int = 1,
        start_s: float = 0.0,
        identity: str = "ITC503 Version 1.11 (c) OXFORD 1997",
    ) -> None:
        super().__init__(identity)
        self._cryostat = cryostat
        self._thermal = cryostat.thermal
        self._sensors = dict(sensors)
        self._loop_sensor = loop_sensor
        self._auto = self._auto_pid = 0
        self._kept = {"G": 0.0, "P": 15.0, "I": 1.0, "D": 0.0}
        self._table = [[0.0] * _PARAMETERS for _ in range(_STEPS)]
        self._x = self._y = 0
        self._sweep = 0  # 2P-1: on the way to step P; 2P: holding there
        self._looked_s = self._phase_end_s = start_s
        self._bind()
        cryostat.attach(self)

    def _bind(self) -> None:
        self.add_value(0, lambda: _kelvin(self._setpoint_K()))
        for number in (1, 2, 3):
            self.add_value(number, self._reader(number))
        self.add_value(4, lambda: _kelvin(self._setpoint_K() - self._read(self._loop_sensor)))
        self.add_value(5, lambda: f"{self._heater_percent():.1f}")
        self.add_value(6, lambda: f"{_HEATER_V * self._heater_percent() / 100.0:.1f}")
        for number, letter in ((7, "G"), (8, "P"), (9, "I"), (10, "D")):
            self.add_value(number, self._recall(letter))
        for letter, highest in (("G", 99.9), ("P", _HIGHEST_K), ("I", 140.0), ("D", 273.0)):
            self.add_control(letter, self._keep(letter, highest))
        for letter, control in (
            ("A", self._set_auto),
            ("H", self._choose_sensor),
            ("L", self._set_auto_pid),
            ("O", self._set_heater),
            ("S", self._start_or_stop),
            ("T", self._set_setpoint),
            ("s", self._write_table),
            ("x", self._point_x),
            ("y", self._point_y),
        ):
            self.add_control(letter, control)

    def commands(self) -> tuple[str, ...]:
        """Those of every box of this dialect, and ``r``, which reads the table of the sweep."""
        return (*super().commands(), "r")

    def status(self) -> str:
        """``XnAnCnSnnHnLn``."""
        self._cryostat.advance()
        return f"X0A{self._auto}C{self.local_remote}S{self._sweep:02d}H{self._loop_sensor}L{self._auto_pid}"

    def _obey(self, letter: str, text: str) -> str:
        if letter == "r" and not text:
            return f"r{self._cell()[self._y - 1]:.3f}"
        return super()._obey(letter, text)

    # what the cryostat asks: a look at the end of every step

    def next_look_s(self, now_s: float) -> float:
        """When the step of the sweep ends, if it does before ``now_s``."""
        return min(self._phase_end_s, now_s) if self._sweep else now_s

    def look(self, at_s: float) -> None:
        """Go on to the next step."""
        self._looked_s = at_s
        self._go_on()

    def _go_on(self) -> None:
        while self._sweep and self._looked_s >= self._phase_end_s - 1e-9:
            self._sweep = (self._sweep + 1) % (2 * _STEPS + 1)
            self._begin_phase()

    def _begin_phase(self) -> None:
        if not self._sweep:
            self._thermal.set_ramp(0.0, enabled=False)
            return
        temperature_K, sweep_min, hold_min = self._table[(self._sweep - 1) // 2]
        if self._sweep % 2:
            way_K = abs(temperature_K - self._thermal.working_setpoint_K)
            self._thermal.set_ramp(way_K / sweep_min if sweep_min else 0.0, enabled=sweep_min > 0)
            self._thermal.set_setpoint(temperature_K)
        self._phase_end_s = self._looked_s + 60.0 * (sweep_min if self._sweep % 2 else hold_min)

    # commands

    def _start_or_stop(self, text: str) -> None:
        number = parse_int(text, 0, 2 * _STEPS)
        self._cryostat.advance()
        self._sweep = number
        if number:
            self._begin_phase()
            self._go_on()
        else:
            self._thermal.set_setpoint(self._thermal.working_setpoint_K)
            self._thermal.set_ramp(0.0, enabled=False)

    def _set_setpoint(self, text: str) -> None:
        temperature_K = parse_float(text, 0.0, _HIGHEST_K)
        self._cryostat.advance()
        if self._sweep:
            raise settings_conflict()
        self._thermal.set_setpoint(temperature_K)

    def _set_auto(self, text: str) -> None:
        auto = digit(text, "0123")
        self._cryostat.advance()
        if self._auto & 1 and not auto & 1:
            self._thermal.set_manual_heater(self._thermal.heater_percent)
        self._auto = auto
        self._thermal.set_loop(bool(auto & 1))

    def _set_heater(self, text: str) -> None:
        percent = parse_float(text, 0.0, 99.9)
        self._cryostat.advance()
        self._thermal.set_manual_heater(percent**2 / 100.0)  # of voltage, of power

    def _choose_sensor(self, text: str) -> None:
        if digit(text, "123") != self._loop_sensor:
            raise settings_conflict()  # only one sensor is where the heater is

    def _set_auto_pid(self, text: str) -> None:
        self._auto_pid = digit(text, "01")

    def _point_x(self, text: str) -> None:
        self._x = parse_int(text, 0, 128)

    def _point_y(self, text: str) -> None:
        self._y = parse_int(text, 0, 128)

    def _write_table(self, text: str) -> None:
        highest = _HIGHEST_K if self._y == 1 else _LONGEST_MIN
        self._cell()[self._y - 1] = parse_float(text, 0.0, highest)

    def _cell(self) -> list[float]:
        if not (1 <= self._x <= _STEPS and 1 <= self._y <= _PARAMETERS):
            raise out_of_range()
        return self._table[self._x - 1]

    def _keep(self, letter: str, highest: float) -> Callable[[str], None]:
        def keep(text: str) -> None:
            self._kept[letter] = parse_float(text, 0.0, highest)

        return keep

    def _recall(self, letter: str) -> Callable[[], str]:
        return lambda: f"{self._kept[letter]:.1f}"

    # what is read

    def _reader(self, number: int) -> Callable[[], str]:
        return lambda: _kelvin(self._read(number))

    def _read(self, number: int) -> float:
        place = self._sensors.get(number)
        return 0.0 if place is None else self._cryostat.read_thermometer(place)

    def _setpoint_K(self) -> float:
        self._cryostat.advance()
        return self._thermal.working_setpoint_K if self._sweep else self._thermal.setpoint_K

    def _heater_percent(self) -> float:
        self._cryostat.advance()
        return 10.0 * math.sqrt(self._thermal.heater_percent)


def _kelvin(temperature_K: float) -> str:
    size_K = abs(temperature_K)
    return f"{temperature_K:.{1 if size_K >= 200.0 else 2 if size_K >= 20.0 else 3}f}"

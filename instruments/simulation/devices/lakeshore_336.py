"""Lake Shore Models 335, 336, 340 and 350: inputs, and one heater output with its loop.

Sources: Lake Shore's manuals of the Model 350 (page 154) and the Model 340 (pages 9-38 to 9-40). Commands that
cannot be done set a bit of the event register and leave the rest of their line alone. The set point that SETP?
answers moves while it ramps. A heater range is a tenth of the power of the next. Not simulated: the second heater
output (stored, nothing hangs on it), the voltage outputs, alarms, zones, curves, autotuning, relays.
"""

from collections.abc import Callable, Mapping

from instruments.simulation.cryostat import Cryostat, Place
from instruments.simulation.wire import illegal_value, parse_float, parse_int, settings_conflict
from instruments.simulation.wire_ieee import Arguments
from instruments.simulation.wire_lakeshore import LakeShoreInstrument

_UNITS_OVER = 128
_CLOSED, _OPEN_LOOP = 1, 3
_CLOSED_MODES = (1, 2)
_INPUTS = ("A", "B", "C", "D", "D2", "D3", "D4", "D5")
_FIRMWARE = {"335": "1.0", "336": "2.8", "340": "032003", "350": "1.4"}
_RANGES = {"335": 3, "336": 3, "340": 5, "350": 5}
_INPUTS_OF_335 = ("A", "B")


class LakeShore336(LakeShoreInstrument):
    """The controller's wire over the cryostat's temperatures.

    Args:
        cryostat: whose temperatures it reads and whose heater it drives.
        inputs: what is mounted where; the others are open (units overrange).
        model: 335, 336, 340 or 350.
        loop_input: the input that the heater's loop follows.
        output: the heater's output, 1 or 2 (340: 1).
    """

    def __init__(
        self,
        cryostat: Cryostat,
        inputs: Mapping[str, Place],
        *,
        model: str = "336",
        loop_input: str = "A",
        output: int = 1,
        serial: str = "LSA1PX9",
    ) -> None:
        super().__init__(f"LSCI,MODEL{model},{serial},{_FIRMWARE[model]}")
        self._cryostat = cryostat
        self._thermal = cryostat.thermal
        self._heater_W = self._thermal.heater_power_W
        self._model = model
        self._inputs = dict(inputs)
        self._loop_input = loop_input
        self._output = output
        self.input_status: dict[str, int] = {}
        self.heater_error = 0
        self._load_defaults()
        self._bind()

    def _load_defaults(self) -> None:
        self.range = 0
        self._mode, self._power_up, self._enabled = _CLOSED, 0, True
        self._other = {"RANGE": "0", "SETP": "+0.000", "RAMP": "0,+1.000", "PID": "+50.0,+20.0,+0.0"}
        self._other |= {"OUTMODE": "0,0,0", "MOUT": "+0.00", "CSET": "B,1,0,0", "CMODE": "1"}
        self._manual_percent = 0.0
        self._ramp_on, self._rate_K_per_min = False, 1.0
        self._gains = (50.0, 20.0, 0.0)

    def fail_heater(self, error: int) -> None:
        """The heater opens (1) or shorts (2); the instrument turns its range off."""
        self.heater_error = error
        self.range = 0
        self._drive()

    def status_byte(self, reply_waiting: bool) -> int:
        """Message available (16), event summary (32), request (64)."""
        byte = (16 if reply_waiting else 0) | (32 if self.events & self.event_enable else 0)
        return byte | (64 if byte & self.request_enable else 0)

    def reset(self) -> None:
        """``*RST``: power-up settings, heater off."""
        super().reset()
        self._load_defaults()
        self._drive()

    # inputs

    def _input(self, arguments: Arguments) -> str:
        name = arguments[0].upper()
        name = "D" if name == "D1" else name
        if name not in (_INPUTS_OF_335 if self._model == "335" else _INPUTS):
            raise illegal_value()
        return name

    def _kelvin(self, arguments: Arguments) -> str:
        place = self._inputs.get(self._input(arguments))
        temperature_K = 0.0 if place is None else self._cryostat.read_thermometer(place)
        return f"{temperature_K:+.4E}" if self._model == "340" else f"{temperature_K:+08.3f}"

    def _reading_status(self, arguments: Arguments) -> str:
        name = self._input(arguments)
        missing = 0 if name in self._inputs else _UNITS_OVER
        return f"{self.input_status.get(name, missing):03d}"

    # the heater

    def _is_on(self) -> bool:
        closed = self._mode != _OPEN_LOOP if self._model == "340" else self._mode in _CLOSED_MODES
        return self.range > 0 and closed and self._enabled

    def _drive(self) -> None:
        """Pass range, mode and manual output on to the cryostat."""
        self._cryostat.advance()
        if self.range:
            self._thermal.heater_power_W = self._heater_W * 10.0 ** (self.range - _RANGES[self._model])
        manual = self._manual_percent if self.range and self._mode == _OPEN_LOOP else 0.0
        self._thermal.set_manual_heater(manual)
        self._thermal.set_loop(self._is_on())

    def _heater_output(self) -> str:
        self._cryostat.advance()
        return f"{self._thermal.heater_percent if self.range else 0.0:+06.1f}"

    def _heater_status(self) -> str:
        error, self.heater_error = self.heater_error, 0
        return f"{error:02d}" if self._model == "340" else str(error)

    def _set_range(self, text: str) -> None:
        self.range = parse_int(text, 0, _RANGES[self._model])
        self._drive()

    def _set_outmode(self, arguments: Arguments) -> None:
        mode, power_up = parse_int(arguments[1], 0, 5), parse_int(arguments[3], 0, 1)
        if parse_int(arguments[2], 0, 8) != _INPUTS.index(self._loop_input) + 1:
            raise settings_conflict()  # the thermometer at the heater is on one input only
        self._mode, self._power_up = mode, power_up
        self._drive()

    def _set_cset(self, arguments: Arguments) -> None:
        if len(arguments) > 1 and self._input(Arguments((arguments[1],))) != self._loop_input:
            raise settings_conflict()
        if len(arguments) > 3:
            self._enabled = parse_int(arguments[3], 0, 1) == 1
        self._drive()

    def _set_cmode(self, arguments: Arguments) -> None:
        self._mode = parse_int(arguments[1], 1, 6)
        self._drive()

    def _set_manual(self, arguments: Arguments) -> None:
        self._manual_percent = parse_float(arguments[1], 0.0, 100.0)
        self._drive()

    # the set point

    def _ramping(self) -> bool:
        self._cryostat.advance()
        return self._thermal.loop_on and self._thermal.ramping

    def _setpoint(self) -> str:
        setpoint_K = self._thermal.working_setpoint_K if self._ramping() else self._thermal.setpoint_K
        return f"{setpoint_K:+.4E}" if self._model == "340" else f"{setpoint_K:+08.3f}"

    def _set_setpoint(self, arguments: Arguments) -> None:
        setpoint_K = parse_float(arguments[1], 0.0, 1505.0)
        self._cryostat.advance()
        self._thermal.set_setpoint(setpoint_K)

    def _set_ramp(self, arguments: Arguments) -> None:
        enabled = parse_int(arguments[1], 0, 1) == 1
        rate = parse_float(arguments[2], 0.0, 100.0)
        self._cryostat.advance()
        self._ramp_on, self._rate_K_per_min = enabled, round(rate, 1 if self._model == "340" else 3)
        self._thermal.set_ramp(self._rate_K_per_min, enabled=enabled)

    def _set_gains(self, arguments: Arguments) -> None:
        p, i, d = (parse_float(arguments[k], 0.0, 1000.0) for k in (1, 2, 3))
        self._gains = (p, i, d)

    def _bind(self) -> None:
        add = self.table.add
        add("KRDG?", self._kelvin)
        add("RDGST?", self._reading_status)
        self._add("SETP", self._set_setpoint, self._setpoint)
        self._add("RAMP", self._set_ramp, lambda: f"{int(self._ramp_on)},{self._rate_K_per_min:+.3f}")
        self._add("PID", self._set_gains, lambda: ",".join(f"{gain:+.1f}" for gain in self._gains))
        self._add("MOUT", self._set_manual, lambda: f"{self._manual_percent:+.2f}")
        add("RAMPST?", lambda a: str(int(self._is_heater(a) and self._ramping())))
        if self._model == "340":
            self._add("CSET", self._set_cset, lambda: f"{self._loop_input},1,{int(self._enabled)},{self._power_up}")
            self._add("CMODE", self._set_cmode, lambda: str(self._mode))
            add("RANGE", lambda a: self._set_range(a[0]))
            add("RANGE?", lambda _: str(self.range))
            add("HTR?", lambda _: self._heater_output())
            add("HTRST?", lambda _: self._heater_status())
        else:
            number = _INPUTS.index(self._loop_input) + 1
            self._add("OUTMODE", self._set_outmode, lambda: f"{self._mode},{number},{self._power_up}")
            self._add("RANGE", lambda a: self._set_range(a[1]), lambda: str(self.range))
            add("HTR?", lambda a: self._heater_output() if self._is_heater(a) else "+000.0")
            add("HTRST?", lambda a: self._heater_status() if self._is_heater(a) else "0")

    def _add(self, name: str, act: Callable[[Arguments], None], ask: Callable[[], str]) -> None:
        """A setting of an output and its query; those of other outputs are stored, and nothing hangs on them."""

        def store(arguments: Arguments) -> None:
            if self._is_heater(arguments):
                act(arguments)
            else:
                self._other[name] = ",".join(arguments.texts[1:])

        self.table.add(name, store)
        self.table.add(name + "?", lambda a: ask() if self._is_heater(a) else self._other[name])

    def _is_heater(self, arguments: Arguments) -> bool:
        """Whether the output with the loop is meant."""
        return parse_int(arguments[0], 1, 2 if self._model in ("335", "340") else 4) == self._output

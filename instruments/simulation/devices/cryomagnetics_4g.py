"""Cryomagnetics Model 4G: a magnet supply with five ranges of rate, a persistent switch, limits to sweep between.

Sources: public programs that run real units, and a summary of Cryomagnetics' manual, revision 9.3, in one of
them. Values carry their unit, kG or A as the front panel is set; rates and ranges are in A/s and A. SWEEP? and
the sweep bit of the status byte stay as they are when the limit is reached. An upper limit below the lower one is
refused, and so is every setting after LOCAL (QCoDeS's driver sets before it says REMOTE, as the bus itself does
on GPIB). The switch heater is not checked: with currents that differ the magnet quenches. A quench stays until
QRESET. Not simulated: shim mode, several modules, the time the switch takes at PSHTR? (it answers 0 or 1).
"""

from collections.abc import Callable

from instruments.simulation.cryostat import Cryostat
from instruments.simulation.devices.rate_by_field import RateByField
from instruments.simulation.magnet import MagnetAction
from instruments.simulation.wire import illegal_value, out_of_range, parse_float, parse_int, settings_conflict
from instruments.simulation.wire_ieee import MNEMONIC_HEADER, Arguments, IeeeInstrument

_RANGES, _RATES = 4, 5
_FAST = 5
_SWEEPS = {"UP": "sweep up", "DOWN": "sweep down", "ZERO": "zeroing", "PAUSE": "sweep paused"}
_SWEEPING, _STANDBY, _QUENCH = 1, 2, 4


class Cryomagnetics4G(IeeeInstrument):
    """The supply's wire over the cryostat's magnet.

    Args:
        cryostat: whose magnet it drives.
        amperes: units at the front panel, A instead of kG.
        echoes: every line comes back before its reply, as over USB.
        current_limit_A: limits beyond it are out of range.
    """

    def __init__(
        self,
        cryostat: Cryostat,
        *,
        amperes: bool = False,
        echoes: bool = False,
        current_limit_A: float = 120.0,
        identity: str = "Cryomagnetics,4G,2239,1.02,208",
    ) -> None:
        super().__init__(identity, MNEMONIC_HEADER, b"\r\n")
        self._cryostat = cryostat
        self._magnet = cryostat.magnet
        self._amperes, self._echoes = amperes, echoes
        self._current_limit_A = current_limit_A
        self._remote = True
        self._sweep, self._fast = "STANDBY", False
        self._limits_A = {"ULIM": 0.0, "LLIM": 0.0}
        self._range_A = [current_limit_A] * _RANGES
        self._rate_A_per_s = [0.01] * _RATES + [0.1]
        self._rates = RateByField(self._magnet, [])
        self._choose_rates()
        self._bind()
        cryostat.attach(self._rates)

    def _bind(self) -> None:
        magnet, add = self._magnet, self.table.add
        self._now("IMAG?", lambda: self._text(magnet.remembered_current_A))
        self._now("IOUT?", lambda: self._text(self._cryostat.read_field_T() / magnet.tesla_per_ampere))
        self._now(
            "VMAG?", lambda: f"{magnet.voltage_V - magnet.lead_resistance_ohm * magnet.supply_current_A:.4f}V"
        )
        self._now("VOUT?", lambda: f"{magnet.voltage_V:.4f}V")
        self._now("VLIM?", lambda: f"{magnet.voltage_limit_V:.4f}V")
        self._now("SWEEP?", self._sweep_text)
        self._now("PSHTR?", self._heater_text)
        for name in self._limits_A:
            add(name, self._in_remote(self._limit_setter(name)))
            self.add_query(name + "?", self._limit_reader(name))
        add("RATE", self._in_remote(self._set_rate))
        add("RATE?", lambda a: f"{self._rate_A_per_s[parse_int(a[0], 0, _FAST)]:.4f}")
        add("RANGE", self._in_remote(self._set_range))
        add("RANGE?", lambda a: f"{self._range_A[parse_int(a[0], 0, _RANGES - 1)]:.4f}")
        add("SWEEP", self._in_remote(self._set_sweep))
        add("PSHTR", self._in_remote(self._set_heater))
        add("QRESET", self._in_remote(self._reset_quench))
        add("UNITS", self._in_remote(self._set_units))
        self.add_query("UNITS?", lambda: "A" if self._amperes else "kG")
        self.add_query("MODE?", lambda: "Manual")
        for word, remote in (("REMOTE", True), ("RWLOCK", True), ("LOCAL", False)):
            self.add_action(word, self._remote_setter(remote))

    def _answer(self, line: str) -> str | None:
        reply = super()._answer(line)
        if not self._echoes or not line:
            return reply
        return line if reply is None else f"{line}\r\n{reply}"

    def status_byte(self, reply_waiting: bool) -> int:
        """Sweep (1), standby (2), quench (4), message available (16), event summary (32), request (64)."""
        self._cryostat.advance()
        byte = _QUENCH if self._magnet.quenched else 0
        byte |= _STANDBY if self._sweep == "STANDBY" else 0
        byte |= _SWEEPING if self._sweep in ("UP", "DOWN", "ZERO") else 0
        byte |= (16 if reply_waiting else 0) | (32 if self.events & self.event_enable else 0)
        return byte | (64 if byte & self.request_enable else 0)

    # what is read

    def _text(self, current_A: float) -> str:
        if self._amperes:
            return f"{current_A:.4f}A"
        return f"{current_A * self._magnet.tesla_per_ampere * 10.0:.4f}kG"

    def _sweep_text(self) -> str:
        return _SWEEPS.get(self._sweep, "standby") + (" fast" if self._fast and self._sweep != "PAUSE" else "")

    def _heater_text(self) -> str:
        if not self._magnet.switch_fitted:
            raise settings_conflict()
        return str(int(self._magnet.heater_on))

    def _limit_reader(self, name: str) -> Callable[[], str]:
        return lambda: self._text(self._limits_A[name])

    def _now(self, pattern: str, read: Callable[[], str]) -> None:
        def answer() -> str:
            self._cryostat.advance()
            return read()

        self.add_query(pattern, answer)

    # commands

    def _in_remote(self, handler: Callable[[list[str]], None]) -> Callable[[Arguments], None]:
        """Words between blanks are the parameters; in local nothing is set."""

        def checked(arguments: Arguments) -> None:
            if not self._remote:
                raise settings_conflict()
            self._cryostat.advance()
            handler(arguments[0].upper().split() if len(arguments) else [""])

        return checked

    def _remote_setter(self, remote: bool) -> Callable[[], None]:
        def act() -> None:
            self._remote = remote

        return act

    def _limit_setter(self, name: str) -> Callable[[list[str]], None]:
        def store(words: list[str]) -> None:
            value = parse_float(words[0], -float("inf"), float("inf"))
            current_A = value if self._amperes else value / 10.0 / self._magnet.tesla_per_ampere
            if not abs(current_A) <= self._current_limit_A:
                raise out_of_range()
            limits = {**self._limits_A, name: current_A}
            if limits["ULIM"] < limits["LLIM"]:
                raise settings_conflict()
            self._limits_A = limits
            if (self._sweep, name) in (("UP", "ULIM"), ("DOWN", "LLIM")):
                self._go()

        return store

    def _set_rate(self, words: list[str]) -> None:
        number, rate = _two(words, _FAST)
        self._rate_A_per_s[number] = round(rate, 4)
        self._choose_rates()

    def _set_range(self, words: list[str]) -> None:
        number, current_A = _two(words, _RANGES - 1)
        self._range_A[number] = current_A
        self._choose_rates()

    def _choose_rates(self) -> None:
        scale = self._magnet.tesla_per_ampere
        rates = [rate * 60.0 * scale for rate in self._rate_A_per_s]
        bounds = [current_A * scale for current_A in (*self._range_A, float("inf"))]
        self._rates.segments = (
            [(rates[_FAST], bounds[-1])] if self._fast else list(zip(rates, bounds, strict=False))
        )
        self._rates.choose()

    def _set_sweep(self, words: list[str]) -> None:
        if words[0] not in _SWEEPS or not {*words[1:]} <= {"FAST", "SLOW"}:
            raise illegal_value()
        if self._magnet.quenched and words[0] != "PAUSE":
            raise settings_conflict()
        self._sweep = words[0]
        self._fast = self._fast if len(words) == 1 else words[1] == "FAST"
        self._go()

    def _go(self) -> None:
        magnet = self._magnet
        if self._sweep in ("UP", "DOWN"):
            magnet.target_current_A = self._limits_A["ULIM" if self._sweep == "UP" else "LLIM"]
            rises = magnet.target_current_A >= magnet.supply_current_A
            magnet.set_action(MagnetAction.TO_SETPOINT if rises == (self._sweep == "UP") else MagnetAction.HOLD)
        else:
            magnet.set_action(MagnetAction.TO_ZERO if self._sweep == "ZERO" else MagnetAction.HOLD)
        self._choose_rates()

    def _set_heater(self, words: list[str]) -> None:
        if words[0] not in ("ON", "OFF", "1", "0"):
            raise illegal_value()
        if not self._magnet.switch_fitted:
            raise settings_conflict()
        self._magnet.set_heater(words[0] in ("ON", "1"), checked=False)

    def _reset_quench(self, _: list[str]) -> None:
        self._magnet.acknowledge_quench()
        self._sweep = "STANDBY"

    def _set_units(self, words: list[str]) -> None:
        if words[0] not in ("A", "G", "KG"):
            raise illegal_value()
        self._amperes = words[0] == "A"


def _two(words: list[str], highest: int) -> tuple[int, float]:
    """A number of a range and its value."""
    if len(words) != 2:
        raise illegal_value()
    return parse_int(words[0], 0, highest), parse_float(words[1], 0.0, 1e3)

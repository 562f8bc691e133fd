"""Oxford IPS 120-10: a magnet supply with a persistent switch.

Sources: EPICS support of ISIS (status string, numbers of ``R``); Mercury iPS handbook issue 14, legacy commands.
A supply that has arrived stays in "to set point", at rest: a new set point is then gone to at once. ``H1`` with
currents that differ is answered and not done; ``H2`` is done. A quench stays until it is acknowledged at the
panel, and the control digit shows auto-run-down. Not simulated: slow sweep, polarity contactors (P is constant),
the trip record, the rate of its own at which some units move behind a closed switch.
"""

from collections.abc import Callable

from instruments.simulation.cryostat import Cryostat
from instruments.simulation.magnet import MagnetAction
from instruments.simulation.wire import out_of_range, parse_float, settings_conflict
from instruments.simulation.wire_oxford import OxfordInstrument, digit

ACTIONS = {
    0: MagnetAction.HOLD,
    1: MagnetAction.TO_SETPOINT,
    2: MagnetAction.TO_ZERO,
    4: MagnetAction.CLAMP,
}
_EMPTY_A = 1e-3
_RUN_DOWN = 4


class Ips120(OxfordInstrument):
    """The supply's wire over the cryostat's magnet."""

    def __init__(
        self,
        cryostat: Cryostat,
        *,
        identity: str = "IPS120-10  Version 3.07  (c) OXFORD 1996",
        current_limit_A: float = 120.0,
        heater_current_mA: float = 50.0,
    ) -> None:
        super().__init__(identity)
        self._cryostat = cryostat
        self._magnet = cryostat.magnet
        self._current_limit_A = current_limit_A
        self._max_rate_A_per_min = 60.0 * self._magnet.voltage_limit_V / self._magnet.inductance_H
        self._asked = 0
        self._mode = 1
        self._bind(heater_current_mA)

    def _bind(self, heater_current_mA: float) -> None:
        magnet, scale = self._magnet, self._magnet.tesla_per_ampere
        output_A = self._output_A
        for number, read_A in (
            (0, output_A),
            (2, output_A),
            (5, lambda: magnet.target_current_A),
            (6, lambda: magnet.rate_A_per_s * 60.0),
            (16, lambda: magnet.remembered_current_A),
            (17, lambda: 0.0),
            (21, lambda: -self._current_limit_A),
            (22, lambda: self._current_limit_A),
        ):
            self.add_value(number, self._now(read_A, 1.0, 4, 2))
        for number, read_A in (
            (7, output_A),
            (8, lambda: magnet.target_current_A),
            (9, lambda: magnet.rate_A_per_s * 60.0),
            (18, lambda: magnet.remembered_current_A),
            (19, lambda: 0.0),
        ):
            self.add_value(number, self._now(read_A, scale, 5, 3))
        for number, read in (
            (1, lambda: magnet.voltage_V),
            (15, lambda: magnet.voltage_limit_V),
            (20, lambda: heater_current_mA if magnet.switch_fitted else 0.0),
            (23, lambda: magnet.lead_resistance_ohm * 1e3),
            (24, lambda: magnet.inductance_H),
        ):
            self.add_value(number, self._now(read, 1.0, 3, 1))
        self.add_control("A", self._act)
        self.add_control("I", lambda text: self._set_target(text, 1.0))
        self.add_control("J", lambda text: self._set_target(text, scale))
        self.add_control("S", lambda text: self._set_rate(text, 1.0))
        self.add_control("T", lambda text: self._set_rate(text, scale))
        self.add_control("H", self._heat)
        self.add_control("M", self._set_mode)

    def status(self) -> str:
        """``XmnAnCnHnMmnPmn``."""
        self._cryostat.advance()
        magnet = self._magnet
        sweep = (1 if magnet.sweeping else 0) | (2 if magnet.limiting else 0)
        control = self.local_remote + (_RUN_DOWN if magnet.quenched else 0)
        voltage_limit = 0
        if magnet.limiting:
            voltage_limit = 1 if magnet.voltage_V > 0 else 2
        return (
            f"X{int(magnet.quenched)}{voltage_limit}A{self._action()}C{control}H{self._heater()}"
            f"M{self._mode}{sweep}P03"
        )

    def _action(self) -> int:
        """What was asked for; the model itself goes to hold when it has arrived."""
        return self._asked if not self._magnet.quenched else 0

    def _heater(self) -> int:
        magnet = self._magnet
        if not magnet.switch_fitted:
            return 8
        if magnet.heater_on:
            return 1
        return 2 if abs(magnet.remembered_current_A) > _EMPTY_A else 0

    def _output_A(self) -> float:
        return self._cryostat.read_field_T() / self._magnet.tesla_per_ampere

    def _now(self, read: Callable[[], float], scale: float, digits: int, few_digits: int) -> Callable[[], str]:
        def text() -> str:
            self._cryostat.advance()
            return f"{read() * scale:+.{digits if self.extended else few_digits}f}"

        return text

    def _act(self, text: str) -> None:
        number = digit(text, "0124")
        self._cryostat.advance()
        if not self._magnet.set_action(ACTIONS[number]):
            raise settings_conflict()
        self._asked = number

    def _set_target(self, text: str, scale: float) -> None:
        target_A = parse_float(text, -float("inf"), float("inf")) / scale
        if not abs(target_A) <= self._current_limit_A:
            raise out_of_range()
        self._cryostat.advance()
        self._magnet.target_current_A = target_A
        if self._asked == 1:
            self._magnet.set_action(MagnetAction.TO_SETPOINT)

    def _set_rate(self, text: str, scale: float) -> None:
        rate_A_per_min = parse_float(text, 0.0, float("inf")) / scale
        if not rate_A_per_min <= self._max_rate_A_per_min:
            raise out_of_range()
        self._cryostat.advance()
        self._magnet.rate_A_per_s = rate_A_per_min / 60.0

    def _heat(self, text: str) -> None:
        number = digit(text, "012")
        self._cryostat.advance()
        if not self._magnet.switch_fitted:
            raise settings_conflict()
        self._magnet.set_heater(number != 0, checked=number != 2)

    def _set_mode(self, text: str) -> None:
        self._mode = digit(text, "0145")

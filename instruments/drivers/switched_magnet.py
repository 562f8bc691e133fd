"""What supplies with a persistent switch have in common: the checks before a ramp or the heater, and the states.

A supply tells what it is doing as one :class:`SupplyState`; everything that is decided from it stands here.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from pymeasure.instruments import Instrument as PymeasureInstrument

from instruments.clock import Clock
from instruments.drivers.checked import Checked, insist
from instruments.errors import InstrumentError, LimitError, MagnetQuenched, RefusedError
from instruments.limits import MagnetLimits, past_bound
from instruments.roles import Magnet, MagnetState, MagnetStatus

#: How long a switch is given to warm or cool unless the station file says otherwise.
DEFAULT_SWITCH_TIME_S = 60.0
_MATCH_T = 1e-3


@dataclass(frozen=True, slots=True)
class SupplyState:
    """What a supply says of itself: a quench or fault, its heater, and whether it moves.

    ``switch_moves`` is True when the supply itself says that the switch is on its way.
    """

    failure: MagnetStatus | None
    heater_on: bool
    ramping: bool
    clamped: bool = False
    switch_moves: bool = False
    detail: str = ""


class SwitchedMagnet(Checked, PymeasureInstrument, Magnet, ABC):
    """A supply whose magnet may have a persistent switch.

    Supplies do not tell when the switch has become normal or superconducting, so that the time since this driver
    operated the heater decides.
    """

    #: The slowest rate that the supply can be told.
    least_rate_T_per_min: float = 0.0

    limits: MagnetLimits
    _clock: Clock
    _has_switch: bool
    _switch_time_s: float
    _switch_moves_until_s: float | None = None

    @abstractmethod
    def _examine(self) -> SupplyState:
        """Ask the supply what it is doing."""

    @abstractmethod
    def _read_coil_field(self) -> float:
        """Field in T that the supply remembers of the coil."""

    @abstractmethod
    def _start(self, from_T: float, target_T: float, rate_T_per_min: float) -> None:
        """Set rate and target of a supply on hold, read both back, and go."""

    @abstractmethod
    def _operate_heater(self, on: bool) -> None:
        """Turn the heater on or off, and see that the supply did."""

    def read_field(self) -> float:
        """Field at the sample in T: the coil's own when the switch is closed."""
        return self.read_supply_field() if self.switch_is_open() else self._read_coil_field()

    def start_ramp(self, target_T: float, rate_T_per_min: float) -> None:
        """Start towards ``target_T``: hold, rate, target, both read back, then go.

        Raises:
            LimitError: target or rate beyond the limits; nothing was set.
            MagnetQuenched: the supply reports a quench; nothing was set.
            RefusedError: a fault, a closed switch, or a setting that the supply did not take; the supply holds.
        """
        self._check_asked(target_T, rate_T_per_min)
        state = self._checked_state()
        if not self._is_open(state):
            raise RefusedError(
                f"{self.description}: the persistent switch is closed or still moving, so that the field would not"
                f" follow a ramp to {target_T:g} T; turn the switch heater on and wait; nothing was set"
            )
        here_T = self.read_supply_field()
        self.limits.check_ramp(past_bound(here_T, target_T), target_T, rate_T_per_min)
        self.hold()
        self._start(here_T, target_T, rate_T_per_min)

    def status(self) -> MagnetStatus:
        """Quench and faults first, then switch and ramp; of a persistent magnet, where coil and supply stand."""
        state = self._examine()
        if state.failure is not None:
            return state.failure
        if state.switch_moves or self._switch_is_moving():
            return MagnetStatus(MagnetState.HEATING_SWITCH if state.heater_on else MagnetState.COOLING_SWITCH)
        if state.ramping:
            return MagnetStatus(MagnetState.RAMPING, state.detail)
        if not state.heater_on:
            coil_T, supply_T = self._read_coil_field(), self.read_supply_field()
            clamped = ", clamped" if state.clamped else ""
            return MagnetStatus(
                MagnetState.PERSISTENT, f"coil at {coil_T:.3f} T, supply at {supply_T:.3f} T{clamped}"
            )
        return MagnetStatus(MagnetState.CLAMPED if state.clamped else MagnetState.HOLDING, state.detail)

    def has_switch(self) -> bool:
        """Whether a persistent switch is fitted, as the station file says."""
        return self._has_switch

    def switch_is_open(self) -> bool:
        """Whether coil and supply carry one current: heater on for long enough, or no switch fitted."""
        return not self._has_switch or self._is_open(self._examine())

    def set_switch_heater(self, on: bool) -> None:
        """Turn the heater on (when supply and coil match) or off.

        Raises:
            MagnetQuenched: the supply reports a quench; nothing was set.
            RefusedError: no switch, a ramp under way, a fault, or currents that do not match; nothing was set.
        """
        if not self._has_switch:
            raise RefusedError(
                f"{self.description}: the station file says that no switch is fitted; nothing was set"
            )
        state = self._checked_state()
        if state.heater_on == on:
            return
        if state.ramping:
            raise RefusedError(
                f"{self.description}: the supply is ramping; hold before the switch heater is operated;"
                " nothing was set"
            )
        if on:
            self._check_match()
        self._operate_heater(on)
        self._switch_moves_until_s = self._clock.now() + self._switch_time_s

    def make_safe(self) -> None:
        """Hold the field; a clamped output is left clamped."""
        insist(self._hold_unless_clamped)

    def _hold_unless_clamped(self) -> None:
        try:
            clamped = self._examine().clamped
        except InstrumentError:
            clamped = False  # holding is safe in every state; not holding is not
        if not clamped:
            self.hold()

    def _check_asked(self, target_T: float, rate_T_per_min: float) -> None:
        """Everything that can be refused before the supply is asked where it stands."""
        self.limits.check_field(target_T)
        fastest = max(segment.max_rate_T_per_min for segment in self.limits.segments)
        if not (0 < rate_T_per_min <= fastest * (1 + 1e-9) and rate_T_per_min >= self.least_rate_T_per_min):
            low = f"at least {self.least_rate_T_per_min:.4g}" if self.least_rate_T_per_min else "more than 0"
            raise LimitError(
                f"asked to ramp at {rate_T_per_min:g} T/min; allowed is {low} up to {fastest:g} T/min;"
                " nothing was sent"
            )

    def _checked_state(self) -> SupplyState:
        state = self._examine()
        if state.failure is None:
            return state
        detail = state.failure.detail
        if state.failure.state is MagnetState.QUENCHED:
            raise MagnetQuenched(
                f"{self.description} reports a quench ({detail}); acknowledge it at the supply; nothing was set"
            )
        raise RefusedError(f"{self.description} reports a fault: {detail}; nothing was set")

    def _check_match(self) -> None:
        supply_T, coil_T = self.read_supply_field(), self._read_coil_field()
        if abs(supply_T - coil_T) > _MATCH_T:
            raise RefusedError(
                f"{self.description}: supply at {supply_T:g} T, coil persistent at {coil_T:g} T; opening the switch"
                f" needs them within {_MATCH_T:g} T, or the magnet quenches; nothing was set"
            )

    def _check_taken(self, what: str, asked: float, taken: float, unit: str, resolution: float) -> None:
        if abs(taken - asked) > resolution:
            raise RefusedError(
                f"{self.description}: the {what} was set to {asked:g} {unit} and reads back {taken:g} {unit};"
                " no ramp was started"
            )

    def _is_open(self, state: SupplyState) -> bool:
        return state.heater_on and not state.switch_moves and not self._switch_is_moving()

    def _switch_is_moving(self) -> bool:
        return self._switch_moves_until_s is not None and self._clock.now() < self._switch_moves_until_s

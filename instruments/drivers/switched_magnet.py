"""What supplies with a persistent switch have in common: the checks before a ramp or the heater, and the states.

A supply tells what it is doing as one :class:`SupplyState`; everything that is decided from it stands here.
"""

from abc import ABC, abstractmethod

from pymeasure.instruments import Instrument as PymeasureInstrument

from instruments.clock import Clock
from instruments.drivers.checked import insist
from instruments.drivers.supply_refusals import SupplyRefusals
from instruments.drivers.supply_state import SupplyState, Switch
from instruments.errors import InstrumentError, RefusedError
from instruments.limits import past_bound
from instruments.roles import Magnet, MagnetState, MagnetStatus

#: How long a switch is given to warm or cool unless the station file says otherwise.
DEFAULT_SWITCH_TIME_S = 60.0
_MATCH_T = 1e-3


class SwitchedMagnet(SupplyRefusals, PymeasureInstrument, Magnet, ABC):
    """A supply whose magnet may have a persistent switch.

    Supplies do not tell when the switch has become normal or superconducting, so that the time since this driver
    operated the heater decides, or since it first saw the heater as it is.
    """

    _clock: Clock
    _switch_time_s: float
    _switch_moves_until_s: float | None = None
    _heater_seen: bool | None = None
    _heater_seen_since_s = 0.0
    _rate_is_of_leads = False

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
        if self._checked_switch() is not Switch.OPEN:
            raise RefusedError(
                f"{self.description}: the persistent switch is closed or still moving, so that the field would not"
                f" follow a ramp to {target_T:g} T; turn the switch heater on and wait; nothing was set"
            )
        here_T = self._start_field()
        self.limits.check_ramp(past_bound(here_T, target_T), target_T, rate_T_per_min)
        self._hold_first()
        self._start(here_T, target_T, rate_T_per_min)

    def start_supply_ramp(self, target_T: float, rate_T_per_min: float) -> None:
        """Move the supply alone, behind a closed switch, while the coil keeps its field; returns at once.

        Raises:
            LimitError: target or rate beyond the limits; nothing was set.
            MagnetQuenched: the supply reports a quench; nothing was set.
            RefusedError: a fault, no switch, one that is open or still moving so that the coil would follow, a coil
                whose field the supply does not know, or a setting that it did not take; the supply holds.
        """
        if not self._has_switch:
            raise self._no_switch()
        self.limits.check_field(target_T)
        if (switch := self._checked_switch()) is not Switch.CLOSED:
            raise RefusedError(
                f"{self.description}: the persistent switch is {switch.value}, so that the coil would follow a ramp"
                f" of the supply to {target_T:g} T; turn its heater off and wait; nothing was set"
            )
        self._check_memory()
        here_T = self.read_supply_field()
        self.limits.check_supply_ramp(past_bound(here_T, target_T), target_T, rate_T_per_min)
        self._hold_first()
        self._start_supply(here_T, target_T, rate_T_per_min)

    def status(self) -> MagnetStatus:
        """Quench and faults first, then switch and ramp; of a persistent magnet, where coil and supply stand."""
        state = self._examine()
        if state.failure is not None:
            return state.failure
        self._see_heater(state.heater_on)
        if state.switch_moves or self._switch_is_moving():
            return MagnetStatus(MagnetState.HEATING_SWITCH if state.heater_on else MagnetState.COOLING_SWITCH)
        if state.ramping:
            return MagnetStatus(MagnetState.RAMPING, state.detail)
        if not state.heater_on:
            return MagnetStatus(MagnetState.PERSISTENT, self._persistent_detail(state))
        return MagnetStatus(MagnetState.CLAMPED if state.clamped else MagnetState.HOLDING, state.detail)

    def has_switch(self) -> bool:
        """Whether a persistent switch is fitted, as the station file says."""
        return self._has_switch

    def switch_is_open(self) -> bool:
        """Whether coil and supply carry one current: heater on for long enough, or no switch fitted."""
        return not self._has_switch or self._position(self._examine()) is Switch.OPEN

    def set_switch_heater(self, on: bool) -> None:
        """Turn the heater on (when supply and coil match) or off.

        Raises:
            MagnetQuenched: the supply reports a quench; nothing was set.
            RefusedError: no switch, a ramp under way, a fault, or currents that do not match; nothing was set.
        """
        if not self._has_switch:
            raise self._no_switch()
        if self._heater_stands(on):
            return
        if on:
            self._check_match()
        time_s = self._time_of_switch_s(on)
        self._operate_heater(on)
        self._see_heater(on)
        self._switch_moves_until_s = self._clock.now() + time_s

    def switch_settles_in_s(self) -> float:
        """How long in s until the switch has surely followed its heater, by the time since this was first seen so.

        Raises:
            MagnetQuenched: the supply reports a quench.
            RefusedError: a fault.
        """
        if not self._has_switch:
            return 0.0
        heater_on = self._checked_state().heater_on
        self._see_heater(heater_on)
        end_s = self._heater_seen_since_s + self._time_of_switch_s(heater_on)
        return max(0.0, end_s - self._clock.now())

    def make_safe(self) -> None:
        """Hold the field; a clamped output is left clamped."""
        insist(self._hold_unless_clamped)

    # what a supply may do in another way

    def _persistent_detail(self, state: SupplyState) -> str:
        """What the status of a persistent magnet says besides."""
        coil_T, supply_T = self._read_coil_field(), self.read_supply_field()
        return f"coil at {coil_T:.3f} T, supply at {supply_T:.3f} T{', clamped' if state.clamped else ''}"

    def _start_field(self) -> float:
        """The field that a ramp starts from, in T."""
        return self.read_supply_field()

    def _hold_first(self) -> None:
        self.hold()

    def _check_memory(self) -> None:
        """Refuse when what the supply says of a coil behind a closed switch contradicts itself."""

    def _start_supply(self, from_T: float, target_T: float, rate_T_per_min: float) -> None:
        """As :meth:`_start`, with the switch closed."""
        self._rate_is_of_leads = self._is_of_leads(from_T, target_T, rate_T_per_min)
        self._start(from_T, target_T, rate_T_per_min)

    def _program_rate(self, rate_T_per_min: float) -> None:
        """Set the rate of ramps to come and read it back, where coil and leads have one and the same."""

    def _forget_rate_of_leads(self) -> None:
        """Once a supply holds, leave no rate in it that only leads may see: somebody may start it at the panel."""
        if self._rate_is_of_leads:
            self._program_rate(self.limits.slowest_rate_T_per_min)
            self._rate_is_of_leads = False

    def _is_of_leads(self, from_T: float, target_T: float, rate_T_per_min: float) -> bool:
        """Whether the coil itself must not be ramped so fast on this way."""
        return rate_T_per_min > self.limits.max_rate(past_bound(from_T, target_T), target_T) * (1 + 1e-9)

    def _time_of_switch_s(self, on: bool) -> float:
        """How long the switch will take to open or close."""
        return self._switch_time_s

    def _checked_switch(self) -> Switch:
        """Where the switch stands, of a supply without quench and fault."""
        return self._position(self._checked_state())

    def _heater_stands(self, on: bool) -> bool:
        """Whether the heater is as asked for; RefusedError when it is not and must not be operated now."""
        state = self._checked_state()
        if state.heater_on == on:
            return True
        if state.ramping:
            raise self._ramps()
        return False

    def _is_clamped(self) -> bool:
        return self._examine().clamped

    def _see_heater(self, on: bool) -> None:
        """Remember since when the heater is known to be as it is."""
        if self._heater_seen is not on:
            self._heater_seen, self._heater_seen_since_s = on, self._clock.now()

    # checks

    def _hold_unless_clamped(self) -> None:
        try:
            clamped = self._is_clamped()
        except InstrumentError:
            clamped = False  # holding is safe in every state; not holding is not
        if not clamped:
            self.hold()

    def _checked_state(self) -> SupplyState:
        state = self._examine()
        self._refuse_failure(state.failure)
        return state

    def _check_match(self) -> None:
        supply_T, coil_T = self.read_supply_field(), self._read_coil_field()
        if abs(supply_T - coil_T) > _MATCH_T:
            raise RefusedError(
                f"{self.description}: supply at {supply_T:g} T, coil persistent at {coil_T:g} T; opening the switch"
                f" needs them within {_MATCH_T:g} T, or the magnet quenches; nothing was set"
            )

    def _position(self, state: SupplyState) -> Switch:
        if state.switch_moves or self._switch_is_moving():
            return Switch.MOVING
        return Switch.OPEN if state.heater_on else Switch.CLOSED

    def _switch_is_moving(self) -> bool:
        return self._switch_moves_until_s is not None and self._clock.now() < self._switch_moves_until_s

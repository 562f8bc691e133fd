"""A superconducting magnet, its supply and its persistent switch: state in, state out, time is an argument."""

import math
from dataclasses import dataclass
from enum import Enum


class MagnetAction(Enum):
    """What the supply is doing."""

    HOLD = "hold"
    TO_SETPOINT = "to setpoint"
    TO_ZERO = "to zero"
    CLAMP = "clamp"


_RAMPS = (MagnetAction.TO_SETPOINT, MagnetAction.TO_ZERO)

#: A decaying coil is empty below this, in A; without it exp would never end.
_EMPTY_A = 1e-6


@dataclass(slots=True)
class MagnetModel:
    """Currents in A, rates in A/s. Fields follow from ``tesla_per_ampere``.

    The first block is fixed; the second is the supply's settings; the third the state. Without a switch the
    switch counts as open for ever. A switch is open (resistive, coil and supply carry one current) from the moment
    it is fully warm until it is fully cold. Behind a closed switch the coil decays with ``decay_time_s``, and the
    supply knows of it only what it noted a switch time after its heater went off (``remembered_current_A``). With
    ``heater_stuck`` the heater stays as that says, on or off, while the supply believes its own ``heater_on``.
    """

    inductance_H: float
    tesla_per_ampere: float
    voltage_limit_V: float
    lead_resistance_ohm: float
    switch_fitted: bool
    switch_time_s: float
    match_tolerance_A: float = 0.02
    quench_time_s: float = 2.0
    decay_time_s: float = math.inf

    target_current_A: float = 0.0
    rate_A_per_s: float = 0.0
    heater_on: bool = False
    heater_stuck: bool | None = None

    action: MagnetAction = MagnetAction.HOLD
    supply_current_A: float = 0.0
    coil_current_A: float = 0.0
    switch_warmth: float = 0.0
    switch_open: bool = False
    quenched: bool = False
    quench_reason: str = ""
    noted_current_A: float | None = None
    cooling_left_s: float = 0.0

    def __post_init__(self) -> None:
        if not self.switch_fitted:
            self.switch_open, self.switch_warmth = True, 1.0

    @property
    def supply_field_T(self) -> float:
        """Field that the supply's output current would make in the coil."""
        return self.supply_current_A * self.tesla_per_ampere

    @property
    def coil_field_T(self) -> float:
        """Field of the coil."""
        return self.coil_current_A * self.tesla_per_ampere

    @property
    def remembered_current_A(self) -> float:
        """What the supply believes of the coil: its own current until it holds the switch for cold, then what it
        noted."""
        return self.supply_current_A if self.heater_on or self.cooling_left_s > 0 else self._noted_A

    @property
    def _noted_A(self) -> float:
        return self.coil_current_A if self.noted_current_A is None else self.noted_current_A

    @property
    def remembered_field_T(self) -> float:
        """Field of :attr:`remembered_current_A`."""
        return self.remembered_current_A * self.tesla_per_ampere

    @property
    def heated(self) -> bool:
        """Whether the switch is being heated, whatever the supply says."""
        return self.heater_on if self.heater_stuck is None else self.heater_stuck

    @property
    def sweeping(self) -> bool:
        """Whether the supply's current is on its way (False at the target, on hold, after a quench)."""
        return self.action in _RAMPS and self._goal_A() != self.supply_current_A

    @property
    def limiting(self) -> bool:
        """Whether the voltage limit slows the ramp now."""
        return self.sweeping and abs(self._slope_A_per_s()) < self.rate_A_per_s

    @property
    def voltage_V(self) -> float:
        """Supply output: L dI/dt (switch open) + R_leads I."""
        inductive = self.inductance_H * self._slope_A_per_s() if self.switch_open else 0.0
        return inductive + self.lead_resistance_ohm * self.supply_current_A

    @property
    def currents_match(self) -> bool:
        """Whether the supply lets the switch be heated: its current and the one it remembers of the coil agree."""
        return abs(self.supply_current_A - self.remembered_current_A) <= self.match_tolerance_A

    @property
    def heater_mismatch(self) -> bool:
        """Whether the supply heats a switch that by what it noted it must not."""
        differ = abs(self.supply_current_A - self._noted_A) > self.match_tolerance_A
        return self.heater_on and self.switch_moving and differ

    @property
    def switch_moving(self) -> bool:
        """Whether the switch is warming or cooling."""
        return self.switch_fitted and self.switch_warmth != (1.0 if self.heated else 0.0)

    def set_action(self, action: MagnetAction) -> bool:
        """Ask for an action; False when refused (quenched; clamped and not put on hold first; clamp at a current).

        A ramp that arrives returns to HOLD.
        """
        if action is not MagnetAction.HOLD and self.quenched:
            return False
        if action in _RAMPS and self.action is MagnetAction.CLAMP:
            return False
        if action is MagnetAction.CLAMP and abs(self.supply_current_A) > self.match_tolerance_A:
            return False
        self.action = action
        self._arrive()
        return True

    def set_target_field(self, field_T: float) -> None:
        """Set ``target_current_A`` from a field."""
        self.target_current_A = field_T / self.tesla_per_ampere

    def set_field_rate(self, rate_T_per_min: float) -> None:
        """Set ``rate_A_per_s`` from a field rate."""
        self.rate_A_per_s = rate_T_per_min / 60.0 / self.tesla_per_ampere

    def set_heater(self, on: bool, *, checked: bool = True) -> bool:
        """Switch heater on or off; False when refused: no switch, quenched, or (``checked``) currents that differ.

        With currents that differ when the switch opens, the magnet quenches.
        """
        if not self.switch_fitted or (on and (self.quenched or (checked and not self.currents_match))):
            return False
        if self.heater_on != on:
            self.cooling_left_s = 0.0 if on else self.switch_time_s
        self.heater_on = on
        return True

    def quench(self, reason: str) -> None:
        """Lose the field: output 0 at once, coil decays, ramps refused; latched until acknowledged."""
        self.quenched, self.quench_reason = True, reason
        self.action = MagnetAction.HOLD
        self.supply_current_A = 0.0
        self.heater_on = False
        self.noted_current_A, self.cooling_left_s = None, 0.0

    def acknowledge_quench(self) -> bool:
        """Clear the latch; False while the coil still carries current."""
        if self.quenched and self.coil_current_A != 0.0:
            return False
        self.quenched, self.quench_reason = False, ""
        return True

    def advance(self, dt_s: float) -> None:
        """Let time pass; exact for any ``dt_s``, never beyond the target."""
        left_s = dt_s
        while left_s > 0:
            step_s = min(left_s, self._time_to_switch_s(), self.cooling_left_s or math.inf)
            self._move_currents(step_s)
            self._move_switch(step_s)
            self._note(step_s)
            left_s -= step_s

    def time_to_goal_s(self) -> float:
        """Time until a sweep arrives at the present rate, at least a microsecond; infinite without a sweep."""
        slope = abs(self._slope_A_per_s())
        return max(abs(self._goal_A() - self.supply_current_A) / slope, 1e-6) if slope else math.inf

    def _time_to_switch_s(self) -> float:
        """Time until the switch has finished warming or cooling; infinite when it is at rest."""
        if not self.switch_moving:
            return math.inf
        way = 1.0 - self.switch_warmth if self.heated else self.switch_warmth
        return way * self.switch_time_s

    def _move_switch(self, step_s: float) -> None:
        if not self.switch_moving:
            return
        if step_s >= self._time_to_switch_s() * (1 - 1e-12):
            self.switch_warmth = 1.0 if self.heated else 0.0
            self._switch_arrived()
        else:
            self.switch_warmth += (step_s if self.heated else -step_s) / self.switch_time_s

    def _note(self, step_s: float) -> None:
        """A switch time after its heater went off the supply holds the switch for cold."""
        if self.cooling_left_s > 0:
            self.cooling_left_s -= step_s
            if self.cooling_left_s <= 0:
                self.cooling_left_s, self.noted_current_A = 0.0, self.supply_current_A

    def _switch_arrived(self) -> None:
        if self.heated and not self.switch_open and not self.quenched:
            if abs(self.supply_current_A - self.coil_current_A) > self.match_tolerance_A:
                self.quench(
                    f"switch opened with {self.supply_current_A:.3f} A in the supply"
                    f" and {self.coil_current_A:.3f} A in the coil"
                )
                return
            self.coil_current_A = self.supply_current_A
        self.switch_open = self.heated

    def _move_currents(self, step_s: float) -> None:
        if self.quenched:
            self.coil_current_A *= math.exp(-step_s / self.quench_time_s)
            if abs(self.coil_current_A) < _EMPTY_A:
                self.coil_current_A = 0.0
            return
        if self.sweeping:
            self.supply_current_A = self._ramped(step_s)
        self._arrive()
        if self.switch_open:
            self.coil_current_A = self.supply_current_A
        elif self.coil_current_A:
            self.coil_current_A *= math.exp(-step_s / self.decay_time_s)

    def _arrive(self) -> None:
        if self.action in _RAMPS and self.supply_current_A == self._goal_A():
            self.action = MagnetAction.HOLD

    def _goal_A(self) -> float:
        return self.target_current_A if self.action is MagnetAction.TO_SETPOINT else 0.0

    def _slope_A_per_s(self) -> float:
        """dI/dt now, as the rate and, with the coil in the circuit, the voltage limit allow."""
        if not self.sweeping:
            return 0.0
        direction = math.copysign(1.0, self._goal_A() - self.supply_current_A)
        slope = self.rate_A_per_s
        if self.switch_open:
            spare_V = self.voltage_limit_V - self.lead_resistance_ohm * direction * self.supply_current_A
            slope = min(slope, max(spare_V, 0.0) / self.inductance_H)
        return direction * slope

    def _ramped(self, step_s: float) -> float:
        """Supply current after ``step_s`` on the way to the goal."""
        goal = self._goal_A()
        direction = math.copysign(1.0, goal - self.supply_current_A)
        end = direction * self._risen(direction * self.supply_current_A, step_s)
        return goal if direction * (goal - end) <= 0 else end

    def _risen(self, current_A: float, step_s: float) -> float:
        """Current after rising for ``step_s``: a straight line until L dI/dt + R I meets the voltage limit, then
        the exponential approach to limit/R that a constant voltage drives."""
        free = current_A + self.rate_A_per_s * step_s
        if not self.switch_open:
            return free
        limit_V, resistance = self.voltage_limit_V, self.lead_resistance_ohm
        spare_V = limit_V - self.inductance_H * self.rate_A_per_s
        if resistance * free <= spare_V:
            return free
        if resistance == 0:
            return current_A + limit_V / self.inductance_H * step_s
        knee = max(current_A, spare_V / resistance)
        late_s = step_s - ((knee - current_A) / self.rate_A_per_s if knee > current_A else 0.0)
        final = limit_V / resistance
        if knee >= final:
            return current_A
        return final - (final - knee) * math.exp(-late_s * resistance / self.inductance_H)

"""A superconducting magnet, its supply and its persistent switch: state in, state out, time is an argument."""

from dataclasses import dataclass
from enum import Enum


class MagnetAction(Enum):
    """What the supply is doing."""

    HOLD = "hold"
    TO_SETPOINT = "to setpoint"
    TO_ZERO = "to zero"
    CLAMP = "clamp"


@dataclass(slots=True)
class MagnetModel:
    """Currents in A, rates in A/s. Fields follow from ``tesla_per_ampere``.

    The first block is fixed; the second is the supply's settings; the third the state.
    """

    inductance_H: float
    tesla_per_ampere: float
    voltage_limit_V: float
    lead_resistance_ohm: float
    switch_fitted: bool
    switch_time_s: float
    match_tolerance_A: float = 0.02
    quench_time_s: float = 2.0

    target_current_A: float = 0.0
    rate_A_per_s: float = 0.0
    heater_on: bool = False

    action: MagnetAction = MagnetAction.HOLD
    supply_current_A: float = 0.0
    coil_current_A: float = 0.0
    switch_warmth: float = 0.0
    switch_open: bool = False
    quenched: bool = False
    quench_reason: str = ""

    @property
    def supply_field_T(self) -> float:
        """Field that the supply's output current would make in the coil."""
        return self.supply_current_A * self.tesla_per_ampere

    @property
    def coil_field_T(self) -> float:
        """Field of the coil."""
        return self.coil_current_A * self.tesla_per_ampere

    @property
    def sweeping(self) -> bool:
        """Whether the supply's current is on its way (False at the target, on hold, after a quench)."""
        raise NotImplementedError

    @property
    def limiting(self) -> bool:
        """Whether the voltage limit slows the ramp now."""
        raise NotImplementedError

    @property
    def voltage_V(self) -> float:
        """Supply output: L dI/dt (switch open) + R_leads I."""
        raise NotImplementedError

    @property
    def currents_match(self) -> bool:
        """Whether the switch may be heated: supply and coil agree within the tolerance."""
        raise NotImplementedError

    @property
    def switch_moving(self) -> bool:
        """Whether the switch is warming or cooling."""
        raise NotImplementedError

    def set_action(self, action: MagnetAction) -> bool:
        """Ask for an action; False when refused (quenched; clamped and not put on hold first; clamp at a current).

        A ramp that arrives returns to HOLD.
        """
        raise NotImplementedError

    def set_target_field(self, field_T: float) -> None:
        """Set ``target_current_A`` from a field."""
        self.target_current_A = field_T / self.tesla_per_ampere

    def set_field_rate(self, rate_T_per_min: float) -> None:
        """Set ``rate_A_per_s`` from a field rate."""
        self.rate_A_per_s = rate_T_per_min / 60.0 / self.tesla_per_ampere

    def set_heater(self, on: bool, *, checked: bool = True) -> bool:
        """Switch heater on or off; False when refused: no switch, quenched, or (``checked``) currents that differ.

        Unchecked with different currents, the magnet quenches when the switch opens.
        """
        raise NotImplementedError

    def quench(self, reason: str) -> None:
        """Lose the field: output 0 at once, coil decays, latched until acknowledged."""
        raise NotImplementedError

    def acknowledge_quench(self) -> bool:
        """Clear the latch; False while the coil still carries current."""
        raise NotImplementedError

    def advance(self, dt_s: float) -> None:
        """Let time pass; exact for any ``dt_s``, never beyond the target."""
        raise NotImplementedError

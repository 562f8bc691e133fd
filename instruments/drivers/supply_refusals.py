"""What supplies with a persistent switch refuse, in the same words: rates, quenches, faults, another setup."""

from typing import ClassVar

from instruments.drivers.checked import Checked
from instruments.errors import IdentityError, LimitError, MagnetQuenched, RefusedError
from instruments.limits import MagnetLimits
from instruments.roles import MagnetState, MagnetStatus


class SupplyRefusals(Checked):
    """The refusals of a supply, and what they depend on."""

    #: The slowest rate that the supply can be told.
    least_rate_T_per_min: float = 0.0
    #: Whether a rate that no field allows is refused before the supply is asked where it stands, or only then.
    judges_rates_early: ClassVar[bool] = True

    limits: MagnetLimits
    _has_switch: bool

    def _check_asked(self, target_T: float, rate_T_per_min: float) -> None:
        """Everything that can be refused before the supply is asked where it stands."""
        self.limits.check_field(target_T)
        fastest = max(segment.max_rate_T_per_min for segment in self.limits.segments)
        too_fast = self.judges_rates_early and not rate_T_per_min <= fastest * (1 + 1e-9)
        if too_fast or not (rate_T_per_min > 0 and rate_T_per_min >= self.least_rate_T_per_min):
            low = f"at least {self.least_rate_T_per_min:.4g}" if self.least_rate_T_per_min else "more than 0"
            raise LimitError(
                f"asked to ramp at {rate_T_per_min:g} T/min; allowed is {low} up to {fastest:g} T/min;"
                " nothing was sent"
            )

    def _refuse_failure(self, failure: MagnetStatus | None) -> None:
        if failure is None:
            return
        if failure.state is MagnetState.QUENCHED:
            raise MagnetQuenched(
                f"{self.description} reports a quench ({failure.detail}); acknowledge it at the supply;"
                " nothing was set"
            )
        raise RefusedError(f"{self.description} reports a fault: {failure.detail}; nothing was set")

    def _check_fitted(self, fitted: bool) -> None:
        """Refuse a supply that is set up for another kind of magnet than the station file says."""
        if fitted != self._has_switch:
            declared, found = (
                f"{'with' if each else 'without'} a persistent switch" for each in (self._has_switch, fitted)
            )
            raise IdentityError(
                f"at {self.address} the station file declares a magnet {declared}; found that the supply is set up"
                f" for one {found}"
            )

    def _heater_disobeyed(self, on: bool) -> RefusedError:
        return RefusedError(
            f"{self.description}: the switch heater was turned {'on' if on else 'off'}, and the supply says that it"
            " is not"
        )

    def _no_switch(self) -> RefusedError:
        return RefusedError(f"{self.description}: the station file says that no switch is fitted; nothing was set")

    def _ramps(self) -> RefusedError:
        return RefusedError(
            f"{self.description}: the supply is ramping; hold before the switch heater is operated; nothing was set"
        )

    def _check_taken(self, what: str, asked: float, taken: float, unit: str, resolution: float) -> None:
        """``unit`` is empty where the supply's own units are compared."""
        if abs(taken - asked) > resolution:
            end = f" {unit}" if unit else ""
            whose = "" if unit else " (in the supply's units)"
            raise RefusedError(
                f"{self.description}: the {what} was set to {asked:g}{end} and reads back {taken:g}{end}{whose};"
                " no ramp was started"
            )

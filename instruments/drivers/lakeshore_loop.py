"""What the sensors and loops of Lake Shore's controllers have in common; each model adds how its heater is run.

Source: the interface commands of Lake Shore's manuals (SETP, RAMP, RAMPST, PID), which agree between the models.
Whether SETP? moves while the set point ramps is not written there: this driver understands both.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from instruments.drivers.checked import fixed, insist
from instruments.drivers.lakeshore import LakeShore
from instruments.errors import LimitError, RefusedError
from instruments.limits import Range, TemperatureLimits
from instruments.roles import Identity, TemperatureController, Thermometer

_RAMP_STEP_K_PER_MIN = 0.001
_SETPOINT_STEP_K = 1e-6


class LakeShoreSensor(Thermometer, ABC):
    """An input of a controller.

    Args:
        bridge: the controller, possibly shared with another role.
        channel: as its commands name the input.
        limits: readings not above zero or above ``max_K`` are flagged.
    """

    def __init__(self, bridge: LakeShore, *, channel: int | str, limits: TemperatureLimits) -> None:
        self.bridge = bridge
        self.channel = channel
        self.limits = limits

    def identify(self) -> Identity:
        """Ask the controller who it is."""
        return self.bridge.identify()

    def make_safe(self) -> None:
        """A sensor is safe as it is."""

    def close(self) -> None:
        """Release the connection of the controller."""
        self.bridge.close()

    def _plausible_temperature(self) -> float:
        reading = self.read_temperature()
        if reading.flags:
            flags = str(reading.flags).removeprefix("ReadingFlag.")
            raise LimitError(
                f"{self.bridge.description}: channel {self.channel} reads {reading.value:g} K ({flags}); a set"
                " point cannot be taken from it; nothing was set"
            )
        return reading.value


class LakeShoreLoop(LakeShoreSensor, TemperatureController):
    """An input with the loop of an output. ``output`` is its number in the commands."""

    RAMP_RATE: ClassVar[Range]

    output: int
    _way_K: tuple[float, float] | None = None

    @abstractmethod
    def _turn_on(self) -> None:
        """Closed loop, heater at the range of the station file."""

    @abstractmethod
    def _turn_off(self) -> None:
        """Heater range off, read back."""

    def start_ramp(self, target_K: float, rate_K_per_min: float) -> None:
        """Ramp the set point; when the loop was off, from the temperature read now.

        Raises:
            LimitError: target or rate beyond the limits or the instrument; nothing was sent.
            RefusedError: a setting was not taken.
        """
        self.limits.check_temperature(target_K)
        self.limits.check_rate(rate_K_per_min)
        self.RAMP_RATE.check(rate_K_per_min)
        if not self.loop_is_on():
            here_K = self._plausible_temperature()
            self.bridge.set(f"RAMP {self.output},0,0", f"SETP {self.output},{fixed(here_K)}")
        self._set_target(
            target_K,
            f"RAMP {self.output},1,{fixed(rate_K_per_min)}",
            f"SETP {self.output},{fixed(target_K)}",
        )
        enabled, found = self.bridge.query(f"RAMP? {self.output}").numbers(2)
        if not enabled or abs(found - rate_K_per_min) > _RAMP_STEP_K_PER_MIN / 2 * (1 + 1e-9):
            raise RefusedError(
                f"{self.bridge.description}: a ramp of {rate_K_per_min:g} K/min was set and reads back as"
                f" {found:g} K/min, {'on' if enabled else 'off'}"
            )
        self._turn_on()
        # turned on, the instrument may begin its ramp at the temperature of that moment
        self._way_K = (self.bridge.query(f"SETP? {self.output}").number(), target_K)

    def set_temperature(self, target_K: float) -> None:
        """Go to ``target_K`` as fast as the loop can.

        The target is set before a ramp is ended, so that the loop never heads for an older target.

        Raises:
            LimitError: target beyond the limits; nothing was sent.
            RefusedError: a setting was not taken.
        """
        self.limits.check_temperature(target_K)
        self._set_target(target_K, f"SETP {self.output},{fixed(target_K)}", f"RAMP {self.output},0,0")
        self._turn_on()

    def hold(self) -> None:
        """Set point to the temperature read now; a loop that is off stays off.

        Raises:
            LimitError: the sensor reads a temperature that cannot be true or lies above the limit.
        """
        here_K = self._plausible_temperature()
        self._set_target(here_K, f"SETP {self.output},{fixed(here_K)}", f"RAMP {self.output},0,0")

    def read_setpoint(self) -> float:
        """The final set point in K.

        While it ramps on the way commanded last, SETP? may answer where it is now; its end is then the target.
        """
        ramping, found_K = self._ask_setpoint()
        if ramping and self._way_K is not None and _between(found_K, *self._way_K):
            return self._way_K[1]
        return found_K

    def make_safe(self) -> None:
        """Heater range off, which ends the loop; read back."""
        insist(self._turn_off)

    def _set_target(self, target_K: float, *commands: str) -> None:
        """Set, and compare the set point that was taken with the one commanded."""
        before_K = self.bridge.query(f"SETP? {self.output}").number()
        self.bridge.set(*commands)
        self._way_K = (before_K, target_K)
        ramping, found_K = self._ask_setpoint()
        if not _between(found_K, before_K if ramping else target_K, target_K):
            raise RefusedError(
                f"{self.bridge.description}: a set point of {target_K:g} K was set and {found_K:g} K reads back"
            )

    def _ask_setpoint(self) -> tuple[bool, float]:
        ramping, setpoint = self.bridge.ask(f"RAMPST? {self.output}", f"SETP? {self.output}")
        found_K = setpoint.number()
        return ramping.integer(0, 1) == 1, found_K


def _between(found_K: float, start_K: float, end_K: float) -> bool:
    """Whether a set point that was read lies on a way, within the resolution of six digits."""
    step_K = max(_SETPOINT_STEP_K, 1e-5 * end_K)
    return min(start_K, end_K) - step_K <= found_K <= max(start_K, end_K) + step_K

"""The temperature of a Quantum Design PPMS, controlled by MultiVu.

A PPMS has one sensor at the sample chamber that MultiPyVu tells of, so that loop and sample read the same. The
loop cannot be turned off and its heater is not told.
"""

import math
from collections.abc import Mapping

from instruments.drivers.checked import insist
from instruments.drivers.multipyvu import MultiPyVu
from instruments.errors import InstrumentError, LimitError, RefusedError
from instruments.limits import Range, TemperatureLimits
from instruments.roles import Identity, Reading, ReadingFlag, Scalar, TemperatureController, Thermometer

_FAST_SETTLE, _NO_OVERSHOOT = 0, 1
#: What MultiPyVu's own client allows; the server does not look.
_RATES = Range("temperature ramp rate", 0.01, 20.0, "K/min")
_CONTROLLING = ("Stable", "Tracking", "Near", "Chasing", "Pot Operation")
_NOT_CONTROLLING = ("Standby", "Diagnostic", "Impedance Control Error", "General Failure", "Unknown")
_SAME_K = 1e-3
_SAME_RATE = 0.01
_AT_SET_POINT_K, _AT_SET_POINT = 0.05, 0.005


class MultiPyVuThermometer(Thermometer):
    """The sensor of the sample chamber.

    Args:
        multivu: the connection, shared with the other roles.
        limits: readings not above zero or above ``max_K`` are flagged.
    """

    def __init__(self, multivu: MultiPyVu, *, limits: TemperatureLimits) -> None:
        self.multivu = multivu
        self.limits = limits

    def identify(self) -> Identity:
        """Ask the server who it is."""
        return self.multivu.identify()

    def read_temperature(self) -> Reading:
        """Temperature in K; flagged when it cannot be true or lies above the limit."""
        return self._read()[0]

    def snapshot(self) -> Mapping[str, Scalar]:
        """Temperature and state."""
        reading, state = self._read()
        return {"temperature_K": reading.value, "state": state}

    def make_safe(self) -> None:
        """A sensor is safe as it is."""

    def close(self) -> None:
        """Release the connection of the PPMS."""
        self.multivu.close()

    def _read(self) -> tuple[Reading, str]:
        temperature_K, state = self.multivu.read_value("TEMP?", "K")
        plausible = 0 < temperature_K <= self.limits.max_K
        word = state.word(*_CONTROLLING, *_NOT_CONTROLLING)
        return Reading(temperature_K, ReadingFlag.GOOD if plausible else ReadingFlag.OUT_OF_LIMITS), word


class MultiPyVuLoop(MultiPyVuThermometer, TemperatureController):
    """The temperature control of a PPMS."""

    def start_ramp(self, target_K: float, rate_K_per_min: float) -> None:
        """Move to a set point at a rate, without overshoot.

        Raises:
            LimitError: target or rate beyond the limits; nothing was sent.
            RefusedError: MultiVu did not take it.
        """
        self._go(target_K, rate_K_per_min, _NO_OVERSHOOT)

    def set_temperature(self, target_K: float) -> None:
        """Go to a set point at the fastest rate that is allowed, settling fast.

        Raises:
            LimitError: target beyond the limits; nothing was sent.
            RefusedError: MultiVu did not take it.
        """
        self._go(target_K, self._fastest(), _FAST_SETTLE)

    def hold(self) -> None:
        """Make the temperature read now the set point.

        Raises:
            LimitError: the sensor reads a temperature that cannot be true or lies above the limit.
        """
        reading, _ = self._read()
        if reading.flags:
            raise LimitError(
                f"{self.multivu.description} reads {reading.value:g} K, allowed is above 0 to"
                f" {self.limits.max_K:g} K; a set point cannot be taken from it; nothing was set"
            )
        self.multivu.command("TEMP", reading.value, self._fastest(), _FAST_SETTLE)

    def read_setpoint(self) -> float:
        """The final set point in K."""
        return self._read_set_point()[0]

    def read_heater(self) -> float:
        """Not a number: MultiPyVu does not tell the heater's output."""
        return math.nan

    def loop_is_on(self) -> bool:
        """Whether MultiVu controls the temperature: not on standby, in a diagnosis or at fault."""
        return self._read()[1] in _CONTROLLING

    def snapshot(self) -> Mapping[str, Scalar]:
        """Temperature, state, and what was set last."""
        set_point_K, rate_K_per_min = self._read_set_point()
        return {**super().snapshot(), "set_point_K": set_point_K, "ramp_rate_K_per_min": rate_K_per_min}

    def make_safe(self) -> None:
        """Stay at the present temperature.

        MultiPyVu has no command that turns the heater off, and a PPMS is made to control all the time: what is
        left to stop is a ramp. One that stands at its set point is left alone.
        """
        insist(self._hold_unless_there)

    def _hold_unless_there(self) -> None:
        here_K = self._read()[0].value
        try:
            there = abs(self.read_setpoint() - here_K) <= min(_AT_SET_POINT_K, _AT_SET_POINT * here_K)
        except InstrumentError:
            there = False
        if not there:
            self.hold()

    def _fastest(self) -> float:
        return min(self.limits.max_rate_K_per_min, _RATES.high)

    def _go(self, target_K: float, rate_K_per_min: float, approach: int) -> None:
        self.limits.check_temperature(target_K)
        self.limits.check_rate(rate_K_per_min)
        _RATES.check(rate_K_per_min)
        self.multivu.command("TEMP", target_K, rate_K_per_min, approach)
        taken_K, taken_rate = self._read_set_point()
        if abs(taken_K - target_K) > _SAME_K or abs(taken_rate - rate_K_per_min) > _SAME_RATE * rate_K_per_min:
            raise RefusedError(
                f"{self.multivu.description}: asked for {target_K:g} K at {rate_K_per_min:g} K/min, read back"
                f" {taken_K:g} K at {taken_rate:g} K/min"
            )

    def _read_set_point(self) -> tuple[float, float]:
        temperature_K, rate_K_per_min, _ = self.multivu.read_set_points("TEMP_SETPOINTS?", 3, "K")
        return temperature_K, abs(rate_K_per_min)

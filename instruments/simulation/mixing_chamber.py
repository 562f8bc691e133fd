"""The mixing chamber of a dilution refrigerator, and the sample on it.

Both obey linear equations in the square of their temperature. The chamber has the heat capacity c T and the cooling
power q (T^2 - base^2), so that

    (c/2) d(T^2)/dt = P - q (T^2 - base^2):

it relaxes with the time constant c/(2 q), and a constant power P holds T^2 = base^2 + P/q. The sample hangs on the
chamber by a metal (Wiedemann-Franz) link through which k (Ts^2 - T^2) flows. Heat left at the sample therefore
warms both: the sample above the chamber, and the chamber by all of it; the sample's own heat capacity is
neglected beside the chamber's.

Source: F. Pobell, Matter and Methods at Low Temperatures, 3rd ed., sections 7.3 (cooling power) and 4.2 (links).
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MixingChamber:
    """The plant of the temperature loop, in SI units."""

    base_K: float
    heat_capacity_J_per_K2: float
    cooling_W_per_K2: float

    @property
    def time_constant_s(self) -> float:
        """Time in which a deviation of T^2 falls by e, without a loop."""
        return self.heat_capacity_J_per_K2 / (2.0 * self.cooling_W_per_K2)

    def cooling_W(self, temperature_K: float) -> float:
        """Power that leaves at a temperature."""
        return self.cooling_W_per_K2 * (temperature_K**2 - self.base_K**2)

    def power_for(self, temperature_K: float, rate_K_per_s: float) -> float:
        """Power that gives this rate of change now."""
        return self.cooling_W(temperature_K) + self.heat_capacity_J_per_K2 * temperature_K * rate_K_per_s

    def after(self, temperature_K: float, power_W: float, time_s: float) -> float:
        """Temperature after a time at constant power."""
        held = self.base_K**2 + power_W / self.cooling_W_per_K2
        square = held + (temperature_K**2 - held) * math.exp(-time_s / self.time_constant_s)
        return math.sqrt(max(square, 0.0))

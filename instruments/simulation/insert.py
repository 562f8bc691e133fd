"""The variable-temperature insert: a heat capacity that grows with temperature, cooled to a base, with a heater.

With x the rise above the base and u the rise that the heater's power would hold in the end,

    (time_constant + x/fastest_cooling) dx/dt = u - x:

near the base x relaxes with the time constant; far above it cools at no more than ``FASTEST_COOLING_K_PER_S``.
"""

import math
from dataclasses import dataclass

from scipy.special import lambertw, wrightomega

#: Why cooling from 300 K takes about two hours; typical of a gas-flow insert.
FASTEST_COOLING_K_PER_S = 0.05

#: Heat that a rise of 1 K costs: 50 W still warm by 2 K/min at 300 K, and 1 % holds about 6 K.
CONDUCTANCE_W_PER_K = 0.10


@dataclass(frozen=True, slots=True)
class Insert:
    """The plant of the temperature loop; temperatures in K."""

    base_K: float
    time_constant_s: float
    heater_power_W: float

    @property
    def full_rise_K(self) -> float:
        """Rise above the base that the full heater holds."""
        return self.heater_power_W / CONDUCTANCE_W_PER_K

    def drive_for(self, temperature_K: float, rate_K_per_s: float) -> float:
        """Drive u that gives this rate now; beyond 0 to ``full_rise_K`` the heater cannot."""
        rise = temperature_K - self.base_K
        return rise + (self.time_constant_s + rise / FASTEST_COOLING_K_PER_S) * rate_K_per_s

    def after(self, temperature_K: float, drive_K: float, time_s: float) -> float:
        """Temperature after ``time_s`` at a constant drive.

        The equation separates: with y = x - u, a = time_constant + u/c and z = y/(a c) it reads
        ln|z| + z = ln|z0| + z0 - t/a, solved by the Lambert W function.
        """
        gap = temperature_K - self.base_K - drive_K
        if gap == 0:
            return temperature_K
        slowness_s = self.time_constant_s + drive_K / FASTEST_COOLING_K_PER_S
        scale = slowness_s * FASTEST_COOLING_K_PER_S
        start = gap / scale
        exponent = math.log(abs(start)) + start - time_s / slowness_s
        end = float(wrightomega(exponent)) if gap > 0 else float(lambertw(-math.exp(exponent)).real)
        return self.base_K + drive_K + end * scale

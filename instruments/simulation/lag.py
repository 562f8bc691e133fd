"""Signals that are a line plus decaying exponentials, and what a first-order lag makes of them, exactly."""

import math
from typing import NamedTuple

#: Amplitudes below this, in the signal's unit, are dropped: far below any reading.
_NEGLIGIBLE = 1e-12


class Signal(NamedTuple):
    """offset + slope t + sum of amplitude exp(-rate t), t from 0 on."""

    offset: float
    slope: float
    decays: tuple[tuple[float, float], ...] = ()

    def at(self, time_s: float) -> float:
        """Value at a time."""
        value = self.offset + self.slope * time_s
        for amplitude, rate in self.decays:
            value += amplitude * math.exp(-rate * time_s)
        return value


def lagged(signal: Signal, time_constant_s: float, start: float) -> Signal:
    """The solution y of time_constant dy/dt = signal - y with y(0) = start; the signal itself without a lag."""
    if time_constant_s <= 0:
        return signal
    offset = signal.offset - signal.slope * time_constant_s
    decays = []
    settled = offset
    for amplitude, rate in signal.decays:
        gain = 1.0 - rate * time_constant_s
        if abs(gain) < 1e-6:  # resonance: t exp(-t) is approached through a rate a millionth off
            rate *= 1.0 + 2e-6
            gain = 1.0 - rate * time_constant_s
        decays.append((amplitude / gain, rate))
        settled += amplitude / gain
    decays.append((start - settled, 1.0 / time_constant_s))
    return Signal(offset, signal.slope, tuple(d for d in decays if abs(d[0]) > _NEGLIGIBLE))

"""The rate of a supply that depends on the range its field is in."""

import math

from instruments.simulation.magnet import MagnetAction, MagnetModel

_SHORTEST_LOOK_S = 0.01


class RateByField:
    """Rates in T/min with the upper bound in T of the range where each holds, the last one beyond it too.

    It follows the cryostat, to change the rate at every bound.
    """

    def __init__(self, magnet: MagnetModel, segments: list[tuple[float, float]]) -> None:
        self.segments = segments
        self._magnet = magnet
        self._looked_s = 0.0

    def next_look_s(self, now_s: float) -> float:
        """When the field reaches the next bound, if it does before ``now_s``."""
        magnet = self._magnet
        if not magnet.sweeping or magnet.rate_A_per_s <= 0 or len(self.segments) == 1:
            return now_s
        here_T, goal_T = magnet.supply_field_T, self._goal_T()
        way = 1.0 if goal_T > here_T else -1.0
        bounds = [sign * bound for _, bound in self.segments[:-1] for sign in (1.0, -1.0)]
        ahead = [abs(bound - here_T) for bound in bounds if (bound - here_T) * way > 1e-9]
        if not ahead:
            return now_s
        time_s = min(ahead) / (magnet.rate_A_per_s * magnet.tesla_per_ampere)
        return self._looked_s + max(time_s, _SHORTEST_LOOK_S)

    def look(self, at_s: float) -> None:
        """Take the rate of the range that the field is in."""
        self._looked_s = at_s
        self.choose()

    def choose(self) -> None:
        """The same now, after a setting was changed."""
        here_T = self._magnet.supply_field_T
        ahead_T = here_T + math.copysign(2e-9, self._goal_T() - here_T)
        rates = (rate for rate, bound in self.segments if abs(ahead_T) <= bound)
        self._magnet.set_field_rate(next(rates, self.segments[-1][0]))

    def _goal_T(self) -> float:
        to_setpoint = self._magnet.action is MagnetAction.TO_SETPOINT
        return self._magnet.target_current_A * self._magnet.tesla_per_ampere if to_setpoint else 0.0

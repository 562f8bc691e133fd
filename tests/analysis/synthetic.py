"""Curves from the forward law, with noise; and the noise-free crossings that an analysis must find again."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import brentq

from analysis.curves import Curve, CurveInfo, FloatArray
from analysis.models import taff, transition


@dataclass(frozen=True)
class Sample:
    """R_n = residual + quadratic T^2 above a transition, with an activated resistance below it in a field.

    ``energy_K`` gives U0 at a field; ``law`` is "arrhenius" or "modified"; no flux flow while ``full_T`` is None.
    """

    tc_K: float = 6.0
    onset_K: float = 6.17
    zero_K: float = 5.83
    residual_ohm: float = 0.05
    quadratic: float = 20e-6
    law: str = "arrhenius"
    meeting_K: float = 5.95
    prefactor: float = 1.6e5
    exponent_q: float = 2.0
    saturation: float = 2.0
    energy_K: Callable[[float], float] = field(default=lambda h: 1228.76 * (h / 0.1) ** -0.71)
    flow_onset_T: float = 0.0
    full_T: float | None = None

    def normal(self, temperature_K):
        return self.residual_ohm + self.quadratic * np.asarray(temperature_K) ** 2

    def fraction(self, temperature_K, field_T: float = 0.0) -> FloatArray:
        temperature = np.asarray(temperature_K, dtype=float)
        f = transition.normal_fraction(temperature, self.tc_K, self.onset_K, self.zero_K)
        flow = 0.0
        if self.full_T is not None:
            flow = min(max((abs(field_T) - self.flow_onset_T) / (self.full_T - self.flow_onset_T), 0.0), 1.0)
        return 1.0 - (1.0 - f) * (1.0 - self._vortices(temperature, field_T)) * (1.0 - flow)

    def _vortices(self, temperature: FloatArray, field_T: float):
        if field_T == 0:
            return np.zeros_like(temperature)
        energy = self.energy_K(abs(field_T))
        if self.law == "arrhenius":
            rho = taff.arrhenius(temperature, energy, self.prefactor * np.exp(energy / self.meeting_K))
        else:
            rho = taff.modified(temperature, energy, self.tc_K, self.exponent_q, self.prefactor)
        return taff.saturate(rho, 1.0, self.saturation)

    def resistance(self, temperature_K, field_T: float = 0.0) -> FloatArray:
        return self.normal(temperature_K) * self.fraction(temperature_K, field_T)

    def crossing(self, share: float, field_T: float = 0.0) -> float:
        """The temperature where the noise-free R/R_n passes ``share`` last."""
        grid = np.linspace(0.2 * self.tc_K, self.onset_K + 3 * (self.onset_K - self.tc_K), 20001)
        below = np.nonzero(self.fraction(grid, field_T) < share)[0]
        low = int(below[-1])
        return float(
            brentq(lambda t: float(self.fraction(t, field_T)) - share, grid[low], grid[low + 1], xtol=1e-12)
        )


def r_of_t(
    sample: Sample,
    rng: np.random.Generator,
    *,
    field_T: float = 0.0,
    points: int = 2000,
    start_K: float = 7.0,
    end_K: float = 1.6,
    noise_ohm: float = 1e-6,
    noise_K: float = 3e-4,
    offset_K: float = 0.0,
    accuracy_K: float = 0.0,
    field_accuracy: float = 0.0,
) -> Curve:
    """A falling sweep: white noise on R and T, and a thermometer that reads ``offset_K`` too high."""
    true = np.linspace(start_K, end_K, points)
    read = true + offset_K + rng.normal(0, noise_K, points)
    resistance = sample.resistance(true, field_T) + rng.normal(0, noise_ohm, points)
    info = CurveInfo(
        f"R(T) {field_T:g} T",
        "R(T)",
        {"field_T": field_T, "orientation": "out_of_plane"},
        temperature_accuracy_K=accuracy_K,
        field_accuracy=field_accuracy,
    )
    return Curve(info, read, np.full(points, field_T), resistance)

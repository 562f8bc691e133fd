"""The laws of thermally activated flux flow as ln R/R_n with derivatives, for all curves at once.

R_n hardly changes within a window, but its slope would add T^2 d lnR_n/dT to every apparent energy (0.1 K of 1000 K
in a residual-resistance metal at 5 K, 1 K at 15 K), hence R/R_n; below, R stands for it.

Arrays have the shape (curves, bins). Each law has per-curve parameters (``local``) and parameters that all curves
share. Values agree with :mod:`analysis.models.taff`; there the laws are, here they are arranged for fitting:
written from a pivot inside the window, so that ln R there and U0 are nearly independent.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class LogLaw(NamedTuple):
    """ln R and its derivatives: by local (…, k) and shared (…, m) parameters, and by temperature."""

    value: FloatArray
    by_local: FloatArray
    by_shared: FloatArray
    by_temperature: FloatArray


class Law(Protocol):
    """A family of curves; ``shared_step`` is the largest step of each shared parameter in one iteration."""

    @property
    def shared_step(self) -> FloatArray:
        """Largest step of each shared parameter."""
        ...

    def evaluate(self, temperature_K: FloatArray, local: FloatArray, shared: FloatArray) -> LogLaw:
        """ln R at temperatures (curves, bins), for local (curves, k) and shared (m,) parameters."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Curved:
    """A parabola in ln R against 1/T; colder than ``low`` it goes on along its tangent.

    Local: ln R at the pivot, slope, curvature. No physics: it tells the noise, and whether lines are straight.
    """

    pivot_per_K: FloatArray
    low_per_K: FloatArray

    @property
    def shared_step(self) -> FloatArray:
        """Largest step of each shared parameter."""
        return np.empty(0)

    def evaluate(self, temperature_K: FloatArray, local: FloatArray, shared: FloatArray) -> LogLaw:
        """ln R and derivatives."""
        inverse = 1.0 / temperature_K
        away = inverse - self.pivot_per_K[:, None]
        bend = np.minimum(inverse, self.low_per_K[:, None]) - self.pivot_per_K[:, None]
        parabola = bend * (away - 0.5 * bend)
        value = local[:, 0, None] + local[:, 1, None] * away + local[:, 2, None] * parabola
        by_local = np.stack([np.ones_like(away), away, parabola], axis=-1)
        slope = local[:, 1, None] + local[:, 2, None] * bend
        return LogLaw(value, by_local, np.empty((*away.shape, 0)), -slope * inverse**2)


@dataclass(frozen=True, slots=True, eq=False)
class Arrhenius:
    """ln R = ln A - U0 (1/T - pivot). Local: ln A, ln U0."""

    pivot_per_K: FloatArray

    @property
    def shared_step(self) -> FloatArray:
        """Largest step of each shared parameter."""
        return np.empty(0)

    def evaluate(self, temperature_K: FloatArray, local: FloatArray, shared: FloatArray) -> LogLaw:
        """ln R and derivatives."""
        energy = np.exp(local[:, 1, None])
        barrier = energy * (1.0 / temperature_K - self.pivot_per_K[:, None])
        by_local = np.stack([np.ones_like(barrier), -barrier], axis=-1)
        return LogLaw(
            local[:, 0, None] - barrier, by_local, np.empty((*barrier.shape, 0)), energy / temperature_K**2
        )


@dataclass(frozen=True, slots=True)
class MeetingArrhenius:
    """ln R = L - U0 (1/T - u): all lines through one point. Local: ln U0. Shared: u, L."""

    @property
    def shared_step(self) -> FloatArray:
        """Largest step of each shared parameter."""
        return np.array([0.02, 5.0])

    def evaluate(self, temperature_K: FloatArray, local: FloatArray, shared: FloatArray) -> LogLaw:
        """ln R and derivatives."""
        energy = np.exp(local[:, 0, None])
        barrier = energy * (1.0 / temperature_K - shared[0])
        by_shared = np.stack([np.broadcast_to(energy, barrier.shape), np.ones_like(barrier)], axis=-1)
        return LogLaw(shared[1] - barrier, -barrier[..., None], by_shared, energy / temperature_K**2)


@dataclass(frozen=True, slots=True, eq=False)
class Modified:
    """ln R = ln A + ln(x/x_p)  - (x - x_p), x = U0 (1-t)^q / T and x_p at the pivot (Zhang 2006, Eq. 4).

    Local: ln A, ln U0. Shared: q and ln(Tc - ``top_K``): Tc lies above every window.
    """

    pivot_per_K: FloatArray
    top_K: float

    @property
    def shared_step(self) -> FloatArray:
        """Largest step of each shared parameter."""
        return np.array([0.3, 0.7])

    def tc_K(self, shared: FloatArray) -> float:
        """Tc of a set of shared parameters."""
        return self.top_K + float(np.exp(shared[1]))

    def evaluate(self, temperature_K: FloatArray, local: FloatArray, shared: FloatArray) -> LogLaw:
        """ln R and derivatives."""
        q, above = shared[0], np.exp(shared[1])
        tc = self.top_K + above
        distance = np.clip(1.0 - temperature_K / tc, 1e-9, None)
        pivot_K = 1.0 / self.pivot_per_K[:, None]
        pivot_distance = 1.0 - pivot_K / tc
        energy = np.exp(local[:, 1, None])
        log_x = q * np.log(distance) - np.log(temperature_K)
        log_p = q * np.log(pivot_distance) - np.log(pivot_K)
        x, x_p = energy * np.exp(log_x), energy * np.exp(log_p)
        value = local[:, 0, None] + (log_x - log_p) - (x - x_p)
        by_local = np.stack([np.ones_like(x), x_p - x], axis=-1)
        by_q = (1 - x) * np.log(distance) - (1 - x_p) * np.log(pivot_distance)
        by_tc = q / tc**2 * ((1 - x) * temperature_K / distance - (1 - x_p) * pivot_K / pivot_distance)
        by_temperature = (x - 1) * (q / (tc * distance) + 1.0 / temperature_K)
        return LogLaw(value, by_local, np.stack([by_q, by_tc * above], axis=-1), by_temperature)


@dataclass(frozen=True, slots=True, eq=False)
class ModifiedBySlope:
    """The modified law with local ln A and ln of the apparent energy -d lnR/d(1/T) at the pivot.

    The slope is what a window measures; q and Tc then only bend the curve. In these parameters the valley of chi2
    is straight, while U0 runs along it with q and Tc.
    """

    law: Modified

    @property
    def shared_step(self) -> FloatArray:
        """Largest step of each shared parameter."""
        return self.law.shared_step

    def energies(self, local: FloatArray, shared: FloatArray) -> FloatArray:
        """The same local parameters with ln U0 in place of the slope's."""
        converted = local.copy()
        converted[:, 1] = self._log_energy(local, shared)[0]
        return converted

    def evaluate(self, temperature_K: FloatArray, local: FloatArray, shared: FloatArray) -> LogLaw:
        """ln R and derivatives."""
        _, by_slope, by_shared = self._log_energy(local, shared)
        log = self.law.evaluate(temperature_K, self.energies(local, shared), shared)
        by_energy = log.by_local[..., 1]
        by_local = np.stack([log.by_local[..., 0], by_energy * by_slope[:, None]], axis=-1)
        return LogLaw(
            log.value, by_local, log.by_shared + by_energy[..., None] * by_shared[:, None, :], log.by_temperature
        )

    def _log_energy(self, local: FloatArray, shared: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """ln U0 and its derivatives by ln slope (curves,) and by the shared parameters (curves, 2)."""
        q, above = shared[0], np.exp(shared[1])
        tc, pivot_K = self.law.top_K + above, 1.0 / self.law.pivot_per_K
        distance, lever = 1.0 - pivot_K / tc, pivot_K / (tc - pivot_K)
        steepness = 1.0 + q * lever
        excess = np.exp(local[:, 1]) / (pivot_K * steepness)
        share = excess / (1.0 + excess)
        value = np.log1p(excess) - q * np.log(distance) + np.log(pivot_K)
        by_q = -share * lever / steepness - np.log(distance)
        by_tc = share * q * lever / (steepness * (tc - pivot_K)) - q * pivot_K / (tc**2 * distance)
        return value, share, np.stack([by_q, by_tc * above], axis=-1)

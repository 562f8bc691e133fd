"""What temperature, a lock-in and a spread of gaps do to a spectrum: one even kernel, a sum of thermal ones.

Energies and voltages in meV and mV, which are the same number for one electron charge.
Lock-in: the first harmonic under an excitation V0 sin(wt) is the spectrum convolved with
(2/(pi V0^2)) sqrt(V0^2 - x^2), |x| < V0 = sqrt(2) Vrms (Klein et al., Phys. Rev. B 7, 2336 (1973)).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.interpolate import BSpline, make_interp_spline

FloatArray = npt.NDArray[np.float64]

#: The thermal kernel is left out beyond this many kT, where it has fallen to 3e-9 of its height.
REACH_kT = 21.0


@dataclass(frozen=True, slots=True, eq=False)
class Smearing:
    """The kernel sum_i weight_i k(x - shift_i) with k the thermal one, (1/4kT) sech^2(x/2kT)."""

    thermal_meV: float
    shifts_meV: FloatArray
    weights: FloatArray

    @property
    def reach_meV(self) -> float:
        """Half the range of energies that one bias sees."""
        return REACH_kT * self.thermal_meV + float(np.max(np.abs(self.shifts_meV)))

    def kernel(self, distance_meV: FloatArray) -> FloatArray:
        """The kernel in 1/meV; the sum over many shifts is read from a spline of seventh degree through it."""
        if self.shifts_meV.size == 1:
            return thermal_kernel(distance_meV, self.thermal_meV)
        inside = np.clip(np.abs(distance_meV), 0.0, self.reach_meV)
        return np.asarray(self._spline()(inside), dtype=float)

    def _spline(self) -> BSpline:
        # through the even kernel on both sides of zero, so that no end condition shows inside
        margin = 8
        count = int(np.ceil(self.reach_meV / (self.thermal_meV / 12))) + margin
        grid = np.arange(-margin, count + 1) * (self.reach_meV / (count - margin))
        values = np.zeros_like(grid)
        for shift, weight in zip(self.shifts_meV, self.weights, strict=True):
            values += weight * thermal_kernel(grid - shift, self.thermal_meV)
        return make_interp_spline(grid, values, k=7)


def thermal_kernel(distance_meV: FloatArray, thermal_meV: float) -> FloatArray:
    """-df/dE of the Fermi function: (1/4kT) sech^2(x/2kT), in 1/meV."""
    decay = np.exp(-np.abs(distance_meV) / thermal_meV)
    return np.asarray(decay / (1.0 + decay) ** 2 / thermal_meV, dtype=float)


@lru_cache(maxsize=32)
def smearing(thermal_meV: float, modulation_rms_mV: float, gaussian_meV: float, smoothness_meV: float) -> Smearing:
    """The kernel of a temperature, a lock-in excitation and a Gaussian of standard deviation ``gaussian_meV``.

    ``smoothness_meV`` is the distance from the real axis within which what is shifted is analytic (pi kT, or the
    broadening at zero temperature): it sets the number of shifts, for an error of about 1e-9.
    """
    lock_in = _lock_in_shifts(float(np.sqrt(2.0)) * modulation_rms_mV, smoothness_meV)
    gaussian = _gaussian_shifts(gaussian_meV, smoothness_meV)
    shifts = np.add.outer(lock_in[0], gaussian[0]).ravel()
    return Smearing(thermal_meV, shifts, np.multiply.outer(lock_in[1], gaussian[1]).ravel())


def _lock_in_shifts(amplitude: float, smoothness: float) -> tuple[FloatArray, FloatArray]:
    """Gauss-Chebyshev quadrature of the second kind, whose weight function is the lock-in's semicircle."""
    if amplitude == 0:
        return np.zeros(1), np.ones(1)
    radius = smoothness / amplitude
    count = 6 + int(np.ceil(11.0 / np.log(radius + np.hypot(radius, 1.0))))
    angle = np.arange(1, count + 1) * np.pi / (count + 1)
    return amplitude * np.cos(angle), 2.0 / (count + 1) * np.sin(angle) ** 2


def _gaussian_shifts(spread: float, smoothness: float) -> tuple[FloatArray, FloatArray]:
    """Trapezoidal rule, which for a Gaussian times an analytic function converges exponentially."""
    if spread == 0:
        return np.zeros(1), np.ones(1)
    step = min(0.85 * spread, smoothness / 3.3)
    count = int(np.ceil(6.6 * spread / step))
    shifts = np.arange(-count, count + 1, dtype=float) * step
    weights = np.exp(-0.5 * (shifts / spread) ** 2)
    return shifts, np.asarray(weights / weights.sum(), dtype=float)

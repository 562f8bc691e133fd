"""What the choice of the window does to a fit, beyond what statistics explains."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.taff.joint import JointFit
from analysis.taff.laws import Law
from analysis.taff.models import Orientation

FloatArray = npt.NDArray[np.float64]

#: Shifts up to this many of their own standard deviations are statistics; for one curve among many, up to that.
_EXPLAINED, _UNLIKELY = 2.0, 3.0


@dataclass(frozen=True, slots=True, eq=False)
class WindowInfluence:
    """Excess variances: of every ln U0 on its own, of all ln U0 together, and of the shared parameters.

    ``shift`` is the largest change of U0, in its own standard errors, and ``name`` the window it came from.
    """

    own: FloatArray
    common: float
    shared: FloatArray
    shift: float
    name: str

    @property
    def text(self) -> str:
        """In words, for the reason of a finding."""
        part = f"other windows ({self.name}) move U0 by up to {self.shift:.1f} standard errors"
        added = self.common > 0 or bool(np.any(self.own > 0)) or bool(np.any(self.shared > 0))
        return part + (", part of which is in the error" if added else ", no more than chance explains")


def window_influence(fits: Orientation, fit: JointFit, law: Law, energy_index: int) -> WindowInfluence:
    """Refit a law in the other windows.

    The statistical variance of a shift is the difference of the variances (Hausman, Econometrica 46, 1251 (1978)),
    since the narrower window uses a part of the same data.
    """
    count, size = fit.local.shape[0], law.shared_step.size
    own, common, shared = np.zeros(count), 0.0, np.zeros(size)
    largest, largest_name = 0.0, "none"
    variance = np.diagonal(fit.covariance(energy_index))
    shared_variance = np.diagonal(fit.shared_covariance)[:size]
    for name, data in fits.variants.items():
        other = fits.refit(fit, law, data)
        if not other.converged:
            continue
        shift = other.local[:, energy_index] - fit.local[:, energy_index]
        explained = np.maximum(np.diagonal(other.covariance(energy_index)) - variance, 0.1 * variance)
        weight = 1.0 / explained
        mean, mean_variance = float(np.average(shift, weights=weight)), 1.0 / float(np.sum(weight))
        if size:  # shared parameters move all U0, each in its own measure: there is no common part to take out
            mean = 0.0
        common = max(common, mean**2 - _EXPLAINED**2 * mean_variance)
        own = np.maximum(own, (shift - mean) ** 2 - _UNLIKELY**2 * explained)
        moved = other.shared[:size] - fit.shared[:size]
        chance = np.maximum(np.diagonal(other.shared_covariance)[:size] - shared_variance, 0.1 * shared_variance)
        shared = np.maximum(shared, moved**2 - _EXPLAINED**2 * chance)
        strength = float(np.max(np.abs(shift) / np.sqrt(variance)))
        if strength > largest:
            largest, largest_name = strength, name
    return WindowInfluence(own, common, shared, largest, largest_name)

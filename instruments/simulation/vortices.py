"""How vortices give a simulated sample its resistance below Tc: activation energies and the two laws.

Every law is that of :mod:`analysis.models`. The methods that end in ``_at`` repeat them for one temperature and
one field with :mod:`math`, because a run asks some 100 000 times for a single number and numpy costs more than the
physics; tests hold both equal.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from analysis.models import activation, taff

FloatArray = npt.NDArray[np.float64]

#: Beyond exp(600) a share is 1 after saturation; a larger exponent would only overflow.
_LARGEST_EXPONENT = 600.0


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """U0 = energy (H/field)^-exponent."""

    field_T: float
    energy_K: float
    exponent: float

    def energy(self, field_T: npt.ArrayLike) -> FloatArray:
        """U0 in K at fields above zero."""
        return activation.power_law(field_T, self.energy_K, self.field_T, self.exponent)


@dataclass(frozen=True, slots=True)
class BrokenPowerLaw:
    """Two power laws that meet at the crossover; ``energy_K`` is the value at ``field_T``."""

    field_T: float
    energy_K: float
    exponent_low: float
    exponent_high: float
    crossover_T: float

    def energy(self, field_T: npt.ArrayLike) -> FloatArray:
        """U0 in K at fields above zero."""
        return activation.broken_power_law(
            field_T, self.energy_K, self.field_T, self.exponent_low, self.exponent_high, self.crossover_T
        )


@dataclass(frozen=True, slots=True)
class Parabolic:
    """U0 = beta (H/1 T)^gamma (1 - H/kramer_field)^2."""

    beta_K: float
    gamma: float
    kramer_field_T: float

    def energy(self, field_T: npt.ArrayLike) -> FloatArray:
        """U0 in K at fields above zero."""
        return activation.parabolic(field_T, self.beta_K, self.gamma, self.kramer_field_T)


ActivationEnergy = PowerLaw | BrokenPowerLaw | Parabolic


@dataclass(frozen=True, slots=True)
class ArrheniusTruth:
    """Share of R_n: prefactor exp[-U0(H) (1/T - 1/meeting_temperature)], saturated at 1.

    ``saturation`` is the sharpness of that.
    """

    meeting_temperature_K: float
    prefactor: float
    saturation: float
    activation_energy: ActivationEnergy

    def share(self, temperature_K: FloatArray, field_T: FloatArray) -> FloatArray:
        """Vortex resistance over R_n at fields above zero, between 0 and 1.

        :func:`analysis.models.taff.arrhenius` with R0 = prefactor exp(U0/meeting temperature), the two exponents
        taken together so that the large energies of small fields do not overflow.
        """
        energy = self.activation_energy.energy(field_T)
        exponent = -energy * (1.0 / temperature_K - 1.0 / self.meeting_temperature_K)
        ratio = self.prefactor * np.exp(np.minimum(exponent, _LARGEST_EXPONENT))
        return taff.saturate(ratio, 1.0, self.saturation)

    def share_at(self, temperature_K: float, field_T: float) -> float:
        """:meth:`share` of one temperature and field."""
        energy = _energy_at(self.activation_energy, field_T)
        exponent = -energy * (1.0 / temperature_K - 1.0 / self.meeting_temperature_K)
        return _saturated(self.prefactor * math.exp(min(exponent, _LARGEST_EXPONENT)), self.saturation)


@dataclass(frozen=True, slots=True)
class ModifiedTruth:
    """Share of R_n: prefactor 2 (U/T) exp(-U/T), U = U0(H) (1 - T/tc)^exponent_q, saturated likewise."""

    exponent_q: float
    tc_K: float
    prefactor: float
    saturation: float
    activation_energy: ActivationEnergy

    def share(self, temperature_K: FloatArray, field_T: FloatArray) -> FloatArray:
        """Vortex resistance over R_n at fields above zero, between 0 and 1."""
        energy = self.activation_energy.energy(field_T)
        ratio = taff.modified(temperature_K, energy, self.tc_K, self.exponent_q, self.prefactor)
        return taff.saturate(ratio, 1.0, self.saturation)

    def share_at(self, temperature_K: float, field_T: float) -> float:
        """:meth:`share` of one temperature and field."""
        energy = _energy_at(self.activation_energy, field_T)
        distance = max(1.0 - temperature_K / self.tc_K, 0.0)
        barrier = max(energy * distance**self.exponent_q / temperature_K, 1.0)
        return _saturated(2.0 * self.prefactor * barrier * math.exp(-barrier), self.saturation)


VortexTruth = ArrheniusTruth | ModifiedTruth


@lru_cache(maxsize=256)
def _energy_at(law: ActivationEnergy, field_T: float) -> float:
    """One energy; kept because a whole R(T) curve is taken at one field."""
    return float(law.energy(field_T))


def _saturated(ratio: float, sharpness: float) -> float:
    """:func:`analysis.models.taff.saturate` of one number with a normal resistance of 1."""
    large = max(ratio, 1.0)
    return float((ratio / large) / ((ratio / large) ** sharpness + large**-sharpness) ** (1.0 / sharpness))

"""How the activation energy depends on field: one or two power laws, and the parabolic form.

Fields in T, energies in K. Sources: Zhang et al., Phys. Rev. B 71, 052502 (2005) (crossover of two power laws);
Kramer, J. Appl. Phys. 44, 1360 (1973) (the scaling field of the parabolic form).
"""

import numpy as np
import numpy.typing as npt

from analysis.errors import AnalysisError

FloatArray = npt.NDArray[np.float64]


def power_law(field_T: npt.ArrayLike, energy_K: float, reference_field_T: float, exponent: float) -> FloatArray:
    """U0 = energy (H/reference)^(-exponent).

    Raises:
        AnalysisError: a field is not positive.
    """
    return energy_K * (_positive(field_T) / reference_field_T) ** -exponent


def broken_power_law(
    field_T: npt.ArrayLike,
    energy_K: float,
    reference_field_T: float,
    exponent_low: float,
    exponent_high: float,
    crossover_T: float,
) -> FloatArray:
    """A continuous broken line in ln U0 against ln H; ``energy_K`` is the value at the reference field.

    Raises:
        AnalysisError: a field is not positive.
    """
    field = _positive(field_T)

    def shape(h: FloatArray) -> FloatArray:
        return np.where(h <= crossover_T, (h / crossover_T) ** -exponent_low, (h / crossover_T) ** -exponent_high)

    return energy_K * shape(field) / shape(np.asarray(reference_field_T))


def parabolic(field_T: npt.ArrayLike, beta_K: float, gamma: float, kramer_field_T: float) -> FloatArray:
    """U0 = beta (H / 1 T)^gamma (1 - H/H*)^2, zero from the Kramer field H* on (the square would rise again).

    Raises:
        AnalysisError: a field is not positive.
    """
    field = _positive(field_T)
    return beta_K * field**gamma * np.clip(1.0 - field / kramer_field_T, 0.0, None) ** 2


def _positive(field_T: npt.ArrayLike) -> FloatArray:
    field = np.asarray(field_T, dtype=float)
    if not np.all(field > 0):
        raise AnalysisError(f"activation energy laws need fields above zero; found {np.min(field):g} T")
    return field

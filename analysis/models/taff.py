"""Thermally activated flux flow: Arrhenius and modified laws, and their saturation at the normal state.

Sources: Palstra et al., Phys. Rev. Lett. 61, 1662 (1988); Zhang, Wen, Wang, Phys. Rev. B 74, 144521 (2006).
Temperatures and activation energies in K (divided by k_B), resistances in ohm; all arguments broadcast.
"""

import numpy as np
import numpy.typing as npt

from analysis.errors import AnalysisError

FloatArray = npt.NDArray[np.float64]


def arrhenius(
    temperature_K: npt.ArrayLike, activation_energy_K: npt.ArrayLike, prefactor_ohm: npt.ArrayLike
) -> FloatArray:
    """R = R0 exp(-U0/T), with U(T) = U0 (1 - T/Tc) and R0 = R0f exp(U0/Tc).

    Raises:
        AnalysisError: a temperature is not positive.
    """
    temperature = _positive("temperature", temperature_K)
    return np.asarray(prefactor_ohm) * np.exp(-np.asarray(activation_energy_K) / temperature)


def barrier(
    temperature_K: npt.ArrayLike, activation_energy_K: npt.ArrayLike, tc_K: npt.ArrayLike, exponent_q: npt.ArrayLike
) -> FloatArray:
    """U(T)/T = U0 (1 - T/Tc)^q / T, zero from Tc on.

    Raises:
        AnalysisError: a temperature or Tc is not positive.
    """
    temperature = _positive("temperature", temperature_K)
    distance = np.clip(1.0 - temperature / _positive("Tc", tc_K), 0.0, None)
    energy, exponent = np.asarray(activation_energy_K, dtype=float), np.asarray(exponent_q, dtype=float)
    return np.asarray(energy * distance**exponent / temperature)


def modified(
    temperature_K: npt.ArrayLike,
    activation_energy_K: npt.ArrayLike,
    tc_K: npt.ArrayLike,
    exponent_q: npt.ArrayLike,
    rc_ohm: npt.ArrayLike,
) -> FloatArray:
    """R = 2 Rc (U/T) exp(-U/T) with U = U0 (1 - T/Tc)^q (Zhang 2006, Eq. 4).

    The expression has its maximum 2 Rc/e at U = T. Thermal activation ends there, so closer to Tc the maximum is
    returned instead of the falling branch, which has no physical meaning.

    Raises:
        AnalysisError: a temperature or Tc is not positive.
    """
    ratio = np.maximum(barrier(temperature_K, activation_energy_K, tc_K, exponent_q), 1.0)
    return 2.0 * np.asarray(rc_ohm) * ratio * np.exp(-ratio)


def saturate(resistance_ohm: npt.ArrayLike, normal_ohm: npt.ArrayLike, sharpness: npt.ArrayLike) -> FloatArray:
    """Join an activated resistance to the normal one: R = r Rn / (r^n + Rn^n)^(1/n).

    ``sharpness`` n = 1 is two resistances in parallel; the larger n, the closer the law stays to min(r, Rn).

    Raises:
        AnalysisError: normal resistance or sharpness is not positive.
    """
    power = _positive("sharpness", sharpness)
    ratio = np.asarray(resistance_ohm) / _positive("normal resistance", normal_ohm)
    # written with the larger of ratio and 1 in front, so that neither power overflows
    large = np.maximum(ratio, 1.0)
    return np.asarray(normal_ohm) * (ratio / large) / ((ratio / large) ** power + large**-power) ** (1.0 / power)


def _positive(what: str, values: npt.ArrayLike) -> FloatArray:
    array = np.asarray(values, dtype=float)
    if not np.all(array > 0):
        raise AnalysisError(f"{what} must be positive; found {np.min(array)!r}")
    return array

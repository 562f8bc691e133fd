"""Re-entrant superconductivity in a parallel field: a critical temperature with a minimum in B, and its R(B, T).

Tc(B) = Tc0 [1 - (B/B0)^2] - d exp(-(B - Bm)^2 / 2 s^2) is the parabola of orbital pair breaking in a thin film
with a dip of depth d near the field Bm at which superconductivity is weakest. The minimum of Tc(B) lies a little
above Bm, because of the parabola's slope, and there R(B) has its peak at every temperature. Fields in T,
temperatures in K.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from analysis.errors import AnalysisError

FloatArray = npt.NDArray[np.float64]


def critical_temperature(
    field_T: npt.ArrayLike, tc0_K: float, critical_field_T: float, depth_K: float, dip_T: float, dip_width_T: float
) -> FloatArray:
    """Tc(B) in K, even in B; negative where the parabola alone has ended superconductivity.

    Raises:
        AnalysisError: Tc0, critical field or width of the dip not positive, or its depth negative.
    """
    for name, value in (("Tc0", tc0_K), ("critical field", critical_field_T), ("width of the dip", dip_width_T)):
        if not value > 0:
            raise AnalysisError(f"{name} must be positive; found {value:g}")
    if not depth_K >= 0:
        raise AnalysisError(f"the depth of the dip must not be negative; found {depth_K:g} K")
    size = np.abs(np.asarray(field_T, dtype=float))
    dip = depth_K * np.exp(-0.5 * ((size - dip_T) / dip_width_T) ** 2)
    return np.asarray(tc0_K * (1.0 - (size / critical_field_T) ** 2) - dip)


def resistance(
    temperature_K: npt.ArrayLike,
    field_T: npt.ArrayLike,
    normal_ohm: npt.ArrayLike,
    transition_width_K: float,
    tc0_K: float,
    critical_field_T: float,
    depth_K: float,
    dip_T: float,
    dip_width_T: float,
) -> FloatArray:
    """R = R_n Phi((T - Tc(B))/w) in ohm, Phi the cumulative normal distribution; temperature and field broadcast.

    Raises:
        AnalysisError: a temperature or the transition width not positive, or as :func:`critical_temperature`.
    """
    temperature = np.asarray(temperature_K, dtype=float)
    if not np.all(temperature > 0) or not transition_width_K > 0:
        raise AnalysisError(
            f"temperature and transition width must be positive; found {np.min(temperature):g} K and"
            f" {transition_width_K:g} K"
        )
    tc = critical_temperature(field_T, tc0_K, critical_field_T, depth_K, dip_T, dip_width_T)
    return np.asarray(np.asarray(normal_ohm) * ndtr((temperature - tc) / transition_width_K))


def minimum_field(
    tc0_K: float, critical_field_T: float, depth_K: float, dip_T: float, dip_width_T: float
) -> float | None:
    """Field (T) of the local minimum of Tc(B), where R(B) peaks; None where the dip is too shallow.

    The root of dTc/dB = -2 Tc0 B/B0^2 + d (B - Bm)/s^2 exp(-(B - Bm)^2/2 s^2) next above Bm: the slope of the dip
    is steepest one s above Bm, so that the first root lies between.

    Raises:
        AnalysisError: as :func:`critical_temperature`, or a dip not at a positive field.
    """
    critical_temperature(0.0, tc0_K, critical_field_T, depth_K, dip_T, dip_width_T)
    if not dip_T > 0:
        raise AnalysisError(f"the dip must be at a positive field; found {dip_T:g} T")

    def slope(field: float) -> float:
        x = (field - dip_T) / dip_width_T
        return depth_K * x / dip_width_T * float(np.exp(-0.5 * x * x)) - 2 * tc0_K * field / critical_field_T**2

    low, high = dip_T, dip_T + dip_width_T
    if slope(high) <= 0:
        return None
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return 0.5 * (low + high)

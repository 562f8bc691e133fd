"""Hall effect of one and of two kinds of carriers.

Sign convention: with current along x, voltage along y and field along z, holes give R_xy = B/(n e d) > 0.
"""

import numpy as np
import numpy.typing as npt
from scipy.constants import elementary_charge

from analysis.errors import AnalysisError


def hall_slope(carrier_density_per_m3: float, thickness_m: float, sign: int = 1) -> float:
    """dR_xy/dB in ohm/T; ``sign`` is +1 for holes and -1 for electrons.

    Raises:
        AnalysisError: density or thickness is not positive.
    """
    if not (carrier_density_per_m3 > 0 and thickness_m > 0):
        raise AnalysisError(
            f"density and thickness must be positive; found {carrier_density_per_m3:g} 1/m^3, {thickness_m:g} m"
        )
    return sign / (carrier_density_per_m3 * elementary_charge * thickness_m)


def carrier_density(hall_slope_ohm_per_T: float, thickness_m: float) -> float:
    """Carriers per m^3 from |dR_xy/dB|.

    Raises:
        AnalysisError: the slope is zero or the thickness is not positive.
    """
    if hall_slope_ohm_per_T == 0 or not thickness_m > 0:
        raise AnalysisError(
            f"need a slope other than 0 and a positive thickness; found {hall_slope_ohm_per_T:g} ohm/T and"
            f" {thickness_m:g} m"
        )
    return 1.0 / (abs(hall_slope_ohm_per_T) * elementary_charge * thickness_m)


def sheet_density(hall_slope_ohm_per_T: float) -> float:
    """Carriers per m^2 of a layer, n = 1/(e |dR_xy/dB|), whatever its thickness.

    Raises:
        AnalysisError: the slope is zero.
    """
    if hall_slope_ohm_per_T == 0:
        raise AnalysisError("need a Hall slope other than 0 ohm/T")
    return 1.0 / (abs(hall_slope_ohm_per_T) * elementary_charge)


def two_band_resistance(
    field_T: npt.ArrayLike,
    hole_density_per_m2: float,
    hole_mobility: float,
    electron_density_per_m2: float,
    electron_mobility: float,
) -> npt.NDArray[np.float64]:
    """R_xy in ohm of a layer with holes and electrons; densities per m^2, mobilities in m^2/Vs.

    R_xy = B/e [(p mu_h^2 - n mu_e^2) + (p - n) (mu_h mu_e B)^2] / [(p mu_h + n mu_e)^2 + ((p - n) mu_h mu_e B)^2],
    from the inverse of the sum of the two Drude conductivity tensors.

    Raises:
        AnalysisError: a mobility or both densities are not positive.
    """
    p, n, a, c = hole_density_per_m2, electron_density_per_m2, hole_mobility, electron_mobility
    if min(p, n) < 0 or p + n <= 0 or not (a > 0 and c > 0):
        raise AnalysisError(
            f"need densities of at least 0 and positive mobilities; found {p:g}, {n:g} 1/m^2, {a:g}, {c:g} m^2/Vs"
        )
    field = np.asarray(field_T, dtype=float)
    both = (a * c * field) ** 2
    above, below = p * a**2 - n * c**2 + (p - n) * both, (p * a + n * c) ** 2 + (p - n) ** 2 * both
    return np.asarray(field * above / (elementary_charge * below))

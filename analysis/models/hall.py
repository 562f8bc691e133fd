"""Hall effect of one kind of carrier.

Sign convention: with current along x, voltage along y and field along z, holes give R_xy = B/(n e d) > 0.
"""

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

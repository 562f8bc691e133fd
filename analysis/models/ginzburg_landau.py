"""Critical fields and lengths after Ginzburg and Landau, of bulk and of thin films, and the two empirical shapes.

t = T/Tc; every field is zero from Tc on. Sources: Tinkham, Introduction to Superconductivity, chapter 4; Tinkham,
Phys. Rev. 129, 2413 (1963) (thin films).
"""

import numpy as np
import numpy.typing as npt
from scipy.constants import physical_constants

from analysis.errors import AnalysisError

FloatArray = npt.NDArray[np.float64]

#: h/2e in T m^2.
FLUX_QUANTUM_T_m2: float = physical_constants["mag. flux quantum"][0]


def linear(t: npt.ArrayLike, field_zero_T: npt.ArrayLike) -> FloatArray:
    """B0 (1 - t): bulk near Tc, and a film in a perpendicular field. The slope at Tc is -B0/Tc.

    Raises:
        AnalysisError: t is negative or not finite.
    """
    return np.asarray(field_zero_T, dtype=float) * _below(t)


def parallel(t: npt.ArrayLike, field_zero_T: npt.ArrayLike) -> FloatArray:
    """B0 sqrt(1 - t): a film thinner than the coherence length, in a field along it (Tinkham).

    Raises:
        AnalysisError: t is negative or not finite.
    """
    return np.asarray(field_zero_T, dtype=float) * np.sqrt(_below(t))


def parabolic(t: npt.ArrayLike, field_zero_T: npt.ArrayLike) -> FloatArray:
    """B0 (1 - t^2), the shape of the thermodynamic critical field; the slope at Tc is -2 B0/Tc.

    Raises:
        AnalysisError: t is negative or not finite.
    """
    below = _below(t)
    return np.asarray(field_zero_T, dtype=float) * below * (2.0 - below)


def two_fluid(t: npt.ArrayLike, field_zero_T: npt.ArrayLike) -> FloatArray:
    """B0 (1 - t^2)/(1 + t^2); the slope at Tc is -B0/Tc, so that B0 is 44 % above the orbital WHH value.

    Raises:
        AnalysisError: t is negative or not finite.
    """
    below = _below(t)
    return np.asarray(field_zero_T, dtype=float) * below * (2.0 - below) / (1.0 + (1.0 - below) ** 2)


def film_field(angle_rad: npt.ArrayLike, perpendicular_T: npt.ArrayLike, parallel_T: npt.ArrayLike) -> FloatArray:
    """Critical field of a film at an angle from its plane: |B sin a/Bperp| + (B cos a/Bpar)^2 = 1 (Tinkham 1963).

    Raises:
        AnalysisError: a critical field is not positive.
    """
    angle = np.asarray(angle_rad, dtype=float)
    line = np.abs(np.sin(angle)) / _positive("the perpendicular field", perpendicular_T)
    square = (np.cos(angle) / _positive("the parallel field", parallel_T)) ** 2
    # the positive root written without cancellation, so that square = 0 is allowed
    return np.asarray(2.0 / (line + np.sqrt(line * line + 4.0 * square)))


def coherence_length(upper_critical_field_T: npt.ArrayLike) -> FloatArray:
    """xi = sqrt(phi0/(2 pi Bc2)) in m. With B0 = Tc |dHc2/dT| it is the GL length, with Bc2(0) of WHH 1.2 times it.

    Raises:
        AnalysisError: the field is not positive.
    """
    field = _positive("the upper critical field", upper_critical_field_T)
    return np.sqrt(FLUX_QUANTUM_T_m2 / (2.0 * np.pi * field))


def upper_critical_field(coherence_length_m: npt.ArrayLike) -> FloatArray:
    """Bc2 = phi0/(2 pi xi^2) in T.

    Raises:
        AnalysisError: the length is not positive.
    """
    return FLUX_QUANTUM_T_m2 / (2.0 * np.pi * _positive("the coherence length", coherence_length_m) ** 2)


def parallel_field(coherence_length_m: npt.ArrayLike, thickness_m: npt.ArrayLike) -> FloatArray:
    """sqrt(12) phi0/(2 pi xi d) in T: zero-temperature parallel field of a film of thickness d.

    Raises:
        AnalysisError: a length is not positive.
    """
    length = _positive("the coherence length", coherence_length_m)
    width = _positive("the thickness", thickness_m)
    return np.asarray(np.sqrt(12.0) * FLUX_QUANTUM_T_m2 / (2.0 * np.pi * length * width))


def film_thickness(perpendicular_zero_T: npt.ArrayLike, parallel_zero_T: npt.ArrayLike) -> FloatArray:
    """d = sqrt(6 phi0 Bperp(0)/(pi Bpar(0)^2)) in m: the superconducting thickness that the two fields imply.

    Raises:
        AnalysisError: a field is not positive.
    """
    perpendicular = _positive("the perpendicular field", perpendicular_zero_T)
    along = _positive("the parallel field", parallel_zero_T)
    return np.sqrt(6.0 * FLUX_QUANTUM_T_m2 * perpendicular / np.pi) / along


def _below(t: npt.ArrayLike) -> FloatArray:
    """1 - t, zero from Tc on."""
    array = np.asarray(t, dtype=float)
    if not np.all((array >= 0) & (array < np.inf)):
        raise AnalysisError("T/Tc must be finite and not negative")
    return np.maximum(1.0 - array, 0.0)


def _positive(what: str, values: npt.ArrayLike) -> FloatArray:
    array = np.asarray(values, dtype=float)
    if not np.all((array > 0) & (array < np.inf)):
        raise AnalysisError(f"{what} must be positive and finite; found {np.min(array):g}")
    return array

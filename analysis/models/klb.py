"""Parallel critical field of a layered or very thin superconductor, where only the spins feel the field.

Klemm, Luther and Beasley, Phys. Rev. B 12, 877 (1975), for strong spin-orbit scattering (tau_so << hbar/(k Tc)):

    ln t + psi(1/2 + 3 tau_so (mu_B B)^2/(4 pi hbar k T)) - psi(1/2) = 0

It is what WHH tends to when alpha^2 is much larger than lambda_so >> 1. The digamma equation is the orbital WHH one
with its pair breaking read as 3 tau_so (mu_B B)^2/(2 pi hbar k Tc), so that it is solved once, there.
"""

import numpy as np
import numpy.typing as npt
from scipy.constants import hbar, physical_constants
from scipy.constants import k as boltzmann

from analysis.errors import AnalysisError
from analysis.models.whh import upper_critical_field_ratio

FloatArray = npt.NDArray[np.float64]

_BOHR_MAGNETON_J_per_T: float = physical_constants["Bohr magneton"][0]


def upper_critical_field(
    temperature_K: npt.ArrayLike, tc_K: npt.ArrayLike, spin_orbit_time_s: npt.ArrayLike
) -> FloatArray:
    """The parallel critical field in T, zero from Tc on; ``spin_orbit_time_s`` is tau_so. Arguments broadcast.

    Raises:
        AnalysisError: Tc or the time is not positive and finite, or the temperature is negative.
    """
    tc, time = np.asarray(tc_K, dtype=float), np.asarray(spin_orbit_time_s, dtype=float)
    if not (np.all((tc > 0) & (tc < np.inf)) and np.all((time > 0) & (time < np.inf))):
        raise AnalysisError("Tc and the spin-orbit time must be positive and finite")
    breaking = 4.0 / np.pi**2 * upper_critical_field_ratio(np.asarray(temperature_K, dtype=float) / tc, 0.0, 0.0)
    energy_square = breaking * 2.0 * np.pi * hbar * boltzmann * tc / (3.0 * time)
    return np.asarray(np.sqrt(energy_square) / _BOHR_MAGNETON_J_per_T)


def spin_orbit_time(tc_K: npt.ArrayLike, spin_orbit: npt.ArrayLike) -> FloatArray:
    """tau_so in s from lambda_so = 2 hbar/(3 pi k Tc tau_so) of WHH.

    Raises:
        AnalysisError: an argument is not positive.
    """
    tc, scattering = np.asarray(tc_K, dtype=float), np.asarray(spin_orbit, dtype=float)
    if not (np.all(tc > 0) and np.all(scattering > 0)):
        raise AnalysisError("Tc, and lambda_so or tau_so, must be positive")
    return np.asarray(2.0 * hbar / (3.0 * np.pi * boltzmann * tc * scattering))


def spin_orbit_scattering(tc_K: npt.ArrayLike, spin_orbit_time_s: npt.ArrayLike) -> FloatArray:
    """lambda_so of WHH from tau_so in s: the same relation, solved for the other.

    Raises:
        AnalysisError: an argument is not positive.
    """
    return spin_orbit_time(tc_K, spin_orbit_time_s)

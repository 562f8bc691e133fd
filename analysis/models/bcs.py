"""The gap of a weak-coupling superconductor against temperature and field, and the field the spins can stand.

The gap equation is solved exactly: its hyperbolic-tangent imitations are wrong by one to two per cent of the gap.
Sources: Bardeen, Cooper, Schrieffer, Phys. Rev. 108, 1175 (1957); Clogston, Phys. Rev. Lett. 9, 266 (1962);
Abrikosov and Gor'kov, Sov. Phys. JETP 12, 1243 (1961); Skalski et al., Phys. Rev. 136, A1500 (1964).
"""

from functools import cache

import numpy as np
import numpy.typing as npt
from numpy.polynomial import chebyshev
from scipy.constants import physical_constants
from scipy.special import zeta

from analysis.errors import AnalysisError

FloatArray = npt.NDArray[np.float64]

BOLTZMANN_meV_per_K: float = physical_constants["Boltzmann constant in eV/K"][0] * 1e3
BOHR_MAGNETON_meV_per_T: float = physical_constants["Bohr magneton in eV/T"][0] * 1e3

#: Delta(0)/(k Tc) in weak coupling, pi exp(-gamma) = 1.763877.
WEAK_COUPLING_GAP: float = float(np.pi * np.exp(-np.euler_gamma))
#: The same ratio as Clogston rounded it (2 Delta = 3.5 k Tc).
CLOGSTON_GAP: float = 1.75

#: Pauli field per kelvin of Tc for the exact ratio: 1.8568 T/K.
PAULI_T_PER_K: float = float(WEAK_COUPLING_GAP * BOLTZMANN_meV_per_K / (np.sqrt(2.0) * BOHR_MAGNETON_meV_per_T))
#: Pauli field per kelvin of Tc as Clogston gave it: 1.8422 T/K. The same formula, a rounded gap.
CLOGSTON_T_PER_K: float = PAULI_T_PER_K * CLOGSTON_GAP / WEAK_COUPLING_GAP

#: Pair breaking, in units of its critical value, from which the density of states has no gap: 0.9118.
GAPLESS_FROM: float = float(2.0 * np.exp(-np.pi / 4))

_COLDEST = 0.03  # exp(-1.7639/0.03) = 3e-26: below, the gap is that of zero temperature to every digit
_DEGREE = 60


def gap_ratio(t: npt.ArrayLike) -> FloatArray:
    """Delta(T)/Delta(0) of the weak-coupling gap equation; ``t`` = T/Tc, zero from Tc on.

    ln(1/t) = 2 pi t sum_n [1/w_n - 1/sqrt(w_n^2 + d^2)], w_n = pi t (2n + 1), d = Delta/(k Tc). Solved once at
    Chebyshev nodes and read from the series; absolute error below 1e-11.

    Raises:
        AnalysisError: a temperature is negative or not a number.
    """
    reduced = _not_negative("reduced temperature", t)
    inside = np.clip(reduced, _COLDEST, 1.0)
    square = chebyshev.chebval(_to_unit(inside), _series()) * _shape(inside)
    ratio = np.sqrt(np.clip(square, 0.0, None))
    return np.where(reduced < _COLDEST, 1.0, np.where(reduced < 1.0, ratio, 0.0))


def gap(temperature_K: npt.ArrayLike, gap_zero_meV: npt.ArrayLike, tc_K: npt.ArrayLike) -> FloatArray:
    """Delta(T) in meV with the weak-coupling shape and any Delta(0): the alpha model.

    Source: Padamsee, Neighbor, Shiffman, J. Low Temp. Phys. 12, 387 (1973).

    Raises:
        AnalysisError: a temperature is negative, or Tc not positive.
    """
    temperature, tc = np.asarray(temperature_K, dtype=float), _positive("Tc", tc_K)
    return np.asarray(gap_zero_meV, dtype=float) * gap_ratio(temperature / tc)


def pauli_field(tc_K: npt.ArrayLike, gap_over_kTc: npt.ArrayLike = WEAK_COUPLING_GAP) -> FloatArray:
    """Paramagnetic limit Delta(0)/(sqrt(2) mu_B) in T: 1.8568 T/K times Tc in weak coupling.

    ``gap_over_kTc`` is Delta(0)/(k Tc): ``CLOGSTON_GAP`` gives the textbook 1.8422 T/K (often rounded to 1.84).

    Raises:
        AnalysisError: Tc or the gap is negative or not a number.
    """
    tc, ratio = _not_negative("Tc", tc_K), _not_negative("gap ratio", gap_over_kTc)
    return np.asarray(tc * ratio * (PAULI_T_PER_K / WEAK_COUPLING_GAP), dtype=float)


def gap_in_field_parabolic(field_T: npt.ArrayLike, critical_field_T: npt.ArrayLike) -> FloatArray:
    """Delta(B)/Delta(0) = 1 - (B/Bc)^2, zero from Bc on. Even in B.

    Raises:
        AnalysisError: the critical field is not positive, or a field not a number.
    """
    return np.asarray(1.0 - _share(field_T, critical_field_T) ** 2, dtype=float)


def gap_in_field_thin_film(field_T: npt.ArrayLike, critical_field_T: npt.ArrayLike) -> FloatArray:
    """Delta(B)/Delta(0) = sqrt(1 - (B/Bc)^2): Ginzburg-Landau film thinner than its depths, field in the plane.

    Raises:
        AnalysisError: the critical field is not positive, or a field not a number.
    """
    return np.sqrt(1.0 - _share(field_T, critical_field_T) ** 2)


def gap_in_field_vortex_average(field_T: npt.ArrayLike, critical_field_T: npt.ArrayLike) -> FloatArray:
    """Delta(B)/Delta(0) = sqrt(1 - B/Bc): order parameter averaged over the vortex lattice. Even in B.

    Raises:
        AnalysisError: the critical field is not positive, or a field not a number.
    """
    return np.sqrt(1.0 - _share(field_T, critical_field_T))


def pair_broken_order_parameter(pair_breaking: npt.ArrayLike) -> FloatArray:
    """Abrikosov-Gor'kov order parameter Delta(a)/Delta(0) at T = 0.

    ``pair_breaking`` p is the rate in units of its critical value Delta(0)/2: B/Bc for vortices or a field
    perpendicular to a film, (B/Bc)^2 for a thin film in a parallel field. With z = a/Delta = p Delta(0)/(2 Delta):
    ln[Delta/Delta(0)] = -pi z/4 for z <= 1, and -arcosh z - [z arcsin(1/z) - sqrt(1 - 1/z^2)]/2 beyond. Zero for
    p >= 1. Absolute error below 1e-12 but for 1 - p < 1e-12, where the square root of rounding shows.

    Raises:
        AnalysisError: a rate is negative or not a number.
    """
    share = _not_negative("pair breaking", pair_breaking)
    # z <= 1: p = 2 z exp(-pi z/4), concave in z, so that Newton's steps climb from p/2 to the root
    target = np.minimum(share, GAPLESS_FROM)
    z = 0.5 * target
    for _ in range(9):
        z = z + (0.5 * target * np.exp(0.25 * np.pi * z) - z) / (1.0 - 0.25 * np.pi * z)
    gapped = np.exp(-0.25 * np.pi * z)
    if np.all(share <= GAPLESS_FROM):
        return np.asarray(gapped, dtype=float)
    rate = 0.5 * np.minimum(share, 1.0)
    low, high = np.zeros_like(rate), rate
    for _ in range(54):
        middle = 0.5 * (low + high)
        too_small = _gapless_balance(middle, rate) < 0
        low, high = np.where(too_small, middle, low), np.where(too_small, high, middle)
    gapless = np.where(share >= 1.0, 0.0, 0.5 * (low + high))
    return np.where(share <= GAPLESS_FROM, gapped, gapless)


def pair_broken_spectral_gap(pair_breaking: npt.ArrayLike) -> FloatArray:
    """Edge of the density of states in units of Delta(0): Delta [1 - (a/Delta)^(2/3)]^(3/2), 0 when gapless.

    This, not the order parameter, is where a tunnelling spectrum begins; gapless from p = 2 exp(-pi/4) = 0.9118 on.

    Raises:
        AnalysisError: a rate is negative or not a number.
    """
    share = _not_negative("pair breaking", pair_breaking)
    inside = np.minimum(share, GAPLESS_FROM)
    order = pair_broken_order_parameter(inside)
    edge = order * np.clip(1.0 - (0.5 * inside / order) ** (2 / 3), 0.0, None) ** 1.5
    return np.where(share < GAPLESS_FROM, edge, 0.0)


def solve_gap_equation(t: npt.ArrayLike) -> FloatArray:
    """Delta/(k Tc) straight from the Matsubara sum, for t between 0.02 and 1: what :func:`gap_ratio` is made of.

    Newton's method on d^2, in which the sum is concave, so that a start below the root climbs to it.

    Raises:
        AnalysisError: t outside [0.02, 1].
    """
    reduced = np.asarray(t, dtype=float)
    if not np.all((reduced >= 0.02) & (reduced <= 1.0)):
        raise AnalysisError("the Matsubara sum is taken for 0.02 <= t <= 1")
    target = -np.log(reduced)
    square = np.zeros_like(reduced)
    for _ in range(60):
        value, slope = _matsubara(reduced, square)
        step = (target - value) / slope
        square = np.maximum(square + step, 0.0)
        if np.all(np.abs(step) <= 1e-15 * (1.0 + square)):
            break
    return np.asarray(np.sqrt(square), dtype=float)


def _matsubara(t: FloatArray, square: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The sum and its derivative with respect to d^2; the tail by its expansion in (d/w)^2."""
    terms = 300
    unit = np.pi * t[..., None]
    frequency = unit * (2 * np.arange(terms) + 1)
    root = np.sqrt(frequency**2 + square[..., None])
    value = np.sum(square[..., None] / (frequency * root * (frequency + root)), axis=-1)
    slope = np.sum(0.5 / root**3, axis=-1)
    for order, factor in ((1, 1 / 2), (2, -3 / 8), (3, 5 / 16), (4, -35 / 128)):
        power = 2 * order + 1
        tail = factor * float(zeta(power, terms + 0.5)) / (2 * np.pi * t) ** power
        value += tail * square**order
        slope += tail * order * square ** (order - 1)
    return 2 * np.pi * t * value, 2 * np.pi * t * slope


def _shape(t: FloatArray) -> FloatArray:
    """cos(pi t^2/2), near the square of the gap, and with its simple zero at t = 1."""
    return np.sin(0.5 * np.pi * (1.0 - t) * (1.0 + t))


def _to_unit(t: FloatArray) -> FloatArray:
    return (2.0 * t - (1.0 + _COLDEST)) / (1.0 - _COLDEST)


@cache
def _series() -> FloatArray:
    """Chebyshev coefficients of (Delta/Delta(0))^2 / cos(pi t^2/2)."""
    nodes = chebyshev.chebpts1(_DEGREE + 1)
    t = 0.5 * (nodes * (1.0 - _COLDEST) + 1.0 + _COLDEST)
    values = (solve_gap_equation(t) / WEAK_COUPLING_GAP) ** 2 / _shape(t)
    coefficients = np.asarray(chebyshev.chebfit(nodes, values, _DEGREE), dtype=float)
    coefficients.flags.writeable = False
    return coefficients


def _gapless_balance(order: FloatArray, rate: FloatArray) -> FloatArray:
    """Negative below the order parameter that belongs to the rate (both in units of Delta(0)), positive above."""
    inverse = np.minimum(order / np.maximum(rate, 1e-300), 1.0)
    root = np.sqrt((1.0 - inverse) * (1.0 + inverse))
    arc = np.where(inverse > 1e-8, np.arcsin(inverse) / np.maximum(inverse, 1e-8), 1.0)
    return np.asarray(np.log(np.maximum(rate * (1.0 + root), 1e-300)) + 0.5 * (arc - root), dtype=float)


def _share(field_T: npt.ArrayLike, critical_field_T: npt.ArrayLike) -> FloatArray:
    field = np.abs(np.asarray(field_T, dtype=float))
    if np.any(np.isnan(field)):
        raise AnalysisError("a field is not a number")
    return np.asarray(np.minimum(field / _positive("critical field", critical_field_T), 1.0), dtype=float)


def _positive(what: str, values: npt.ArrayLike) -> FloatArray:
    array = np.asarray(values, dtype=float)
    if not np.all(array > 0):
        raise AnalysisError(f"{what} must be positive; found {np.min(array)!r}")
    return array


def _not_negative(what: str, values: npt.ArrayLike) -> FloatArray:
    array = np.asarray(values, dtype=float)
    if not np.all(array >= 0):
        raise AnalysisError(f"{what} must not be negative; found {np.min(array)!r}")
    return array

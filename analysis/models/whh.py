"""Upper critical field with orbital and spin pair breaking: Werthamer, Helfand and Hohenberg.

Phys. Rev. 147, 295 (1966), Eq. 28, for a dirty weak-coupling superconductor; Maki, Physics 1, 127 (1964). Here:

* ``maki`` (alpha) = sqrt(2) B_orbital(0)/B_Pauli(0) = 0.52756 K/T |dHc2/dT| for g = 2 and the BCS gap;
* ``spin_orbit`` (lambda_so) = 2 hbar/(3 pi k Tc tau_so), tau_so as in Klemm, Luther, Beasley (twice WHH's tau_2);
* t = T/Tc, and h* = Hc2/S with S = -dHc2/dt at t = 1, that is Tc |dHc2/dT| at Tc itself: a line through the upper
  tenth of the data is flatter than that when alpha > 0.

The equation gives the second-order transition. Where its field rises with temperature
(:func:`rises_with_temperature`) the true transition is of first order or into a modulated state, and the curve is
not a thermodynamic phase boundary.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.constants import physical_constants

from analysis.errors import AnalysisError
from analysis.models.whh_sum import FloatArray, pair_breaking

#: alpha per |dHc2/dT|, in K/T: pi mu_B/(4 k_B) = 0.52756.
MAKI_PER_SLOPE_K_PER_T: float = float(
    np.pi * physical_constants["Bohr magneton"][0] / (4.0 * physical_constants["Boltzmann constant"][0])
)
#: h*(0) without spin effects, (pi^2/2) exp(psi(1/2)) = 0.692673 (clean limit: 0.727).
ORBITAL_RATIO: float = float(np.pi**2 * np.exp(-np.euler_gamma) / 8.0)

_RATIO = np.pi**2 / 4.0  # h*/h
_STEPS, _TOLERANCE = 60, 1e-6  # the step after the one this small would be below 1e-11


@dataclass(frozen=True, slots=True, eq=False)
class RatioWithSlopes:
    """h* and its derivatives by t, alpha and lambda_so, all of one shape."""

    ratio: FloatArray
    by_t: FloatArray
    by_maki: FloatArray
    by_spin_orbit: FloatArray


def upper_critical_field_ratio(t: npt.ArrayLike, maki: npt.ArrayLike, spin_orbit: npt.ArrayLike) -> FloatArray:
    """h* = Hc2 / (-dHc2/dt at t = 1) for t = T/Tc; 0 from t = 1 on. Arguments broadcast.

    Right to 1e-10 relative, t = 0 and t -> 1 included; h*(0) = 0.692673/sqrt(1 + alpha^2) without spin-orbit
    scattering.

    Raises:
        AnalysisError: an argument is negative or not finite.
    """
    t, maki, spin_orbit = _arguments(t, maki, spin_orbit)
    return _RATIO * _reduced_field(t.ravel(), maki.ravel(), spin_orbit.ravel()).reshape(t.shape)


def upper_critical_field(
    temperature_K: npt.ArrayLike,
    tc_K: npt.ArrayLike,
    slope_T_per_K: npt.ArrayLike,
    maki: npt.ArrayLike,
    spin_orbit: npt.ArrayLike,
) -> FloatArray:
    """Hc2 in T; ``slope_T_per_K`` is |dHc2/dT| at Tc. Zero from Tc on. Arguments broadcast.

    Raises:
        AnalysisError: Tc is not positive, or another argument is negative, or one is not finite.
    """
    tc = np.asarray(tc_K, dtype=float)
    if not np.all(tc > 0):
        raise AnalysisError(f"Tc must be positive; found {np.min(tc):g} K")
    slope = _not_negative("slope", slope_T_per_K)
    temperature = _not_negative("temperature", temperature_K)
    return np.asarray(slope * tc * upper_critical_field_ratio(temperature / tc, maki, spin_orbit))


def ratio_with_slopes(t: npt.ArrayLike, maki: npt.ArrayLike, spin_orbit: npt.ArrayLike) -> RatioWithSlopes:
    """h* and its partial derivatives, from the implicit function; from t = 1 on those of the tangent, -1, 0 and 0.

    Raises:
        AnalysisError: an argument is negative or not finite.
    """
    t, maki, spin_orbit = _arguments(t, maki, spin_orbit)
    shape = t.shape
    t, maki, spin_orbit = t.ravel(), maki.ravel(), spin_orbit.ravel()
    field = _reduced_field(t, maki, spin_orbit)
    below = field > 0
    inside = np.where(below, t, 0.5)
    parts = pair_breaking(inside, np.where(below, field, 0.1), maki, spin_orbit, derivatives=True)
    assert parts.by_maki is not None
    assert parts.by_spin_orbit is not None
    # F depends on h/t and lambda_so/t, but for ln t; dh/dt goes to zero with t, as rounding would not
    by_t = np.where(
        inside > 1e-7,
        (field * parts.by_field + spin_orbit * parts.by_spin_orbit - 1.0)
        / np.maximum(inside * parts.by_field, 1e-7),
        0.0,
    )
    return RatioWithSlopes(
        (_RATIO * field).reshape(shape),
        np.where(below, _RATIO * by_t, -1.0).reshape(shape),
        np.where(below, -_RATIO * parts.by_maki / parts.by_field, 0.0).reshape(shape),
        np.where(below, -_RATIO * parts.by_spin_orbit / parts.by_field, 0.0).reshape(shape),
    )


def rises_with_temperature(
    t: npt.ArrayLike, maki: npt.ArrayLike, spin_orbit: npt.ArrayLike
) -> npt.NDArray[np.bool_]:
    """Where dHc2/dT > 0: there the second-order curve is not the phase boundary. False at t = 0 and from 1 on.

    Raises:
        AnalysisError: an argument is negative or not finite.
    """
    return np.asarray(ratio_with_slopes(t, maki, spin_orbit).by_t > 1e-9)


def turning_point(maki: float, spin_orbit: float) -> float:
    """The t at which Hc2(T) is largest: 0 where it falls all the way, as it does for every alpha <= 1.

    Raises:
        AnalysisError: an argument is negative or not finite.
    """
    low, high = 1e-3, 1.0
    if not rises_with_temperature(low, maki, spin_orbit):
        return 0.0
    for _ in range(4):
        grid = np.linspace(low, high, 33)
        rising = rises_with_temperature(grid, maki, spin_orbit)
        last = int(np.flatnonzero(rising)[-1])
        low, high = float(grid[last]), float(grid[min(last + 1, 32)])
    return 0.5 * (low + high)


def _arguments(
    t: npt.ArrayLike, maki: npt.ArrayLike, spin_orbit: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    given = (_not_negative("t", t), _not_negative("maki", maki), _not_negative("spin_orbit", spin_orbit))
    try:
        first, second, third = np.broadcast_arrays(*given)
    except ValueError as error:
        raise AnalysisError(f"t, maki and spin_orbit do not broadcast: {[a.shape for a in given]}") from error
    return first, second, third


def _not_negative(what: str, values: npt.ArrayLike) -> FloatArray:
    array = np.asarray(values, dtype=float)
    if not np.all((array >= 0) & (array < np.inf)):
        raise AnalysisError(
            f"{what} must be finite and not negative; found {array.ravel()[~(array.ravel() >= 0)][:3]}"
        )
    return array


def _reduced_field(t: FloatArray, maki: FloatArray, spin_orbit: FloatArray) -> FloatArray:
    """The one positive root of F, all (n,), by Newton's method in ln h.

    F rises with h and is convex in ln h, so the steps come down on the root from above after the first one; from
    above they are held by the tangent at Tc of the orbital curve, under which every root lies.
    """
    field = np.zeros(t.shape)
    below = t < 1
    if not np.any(below):
        return field
    everywhere = bool(np.all(below))
    if not everywhere:
        t, maki, spin_orbit = t[below], maki[below], spin_orbit[below]
    highest = (1.0 - t) / _RATIO
    h = _guess(t, maki, spin_orbit)
    for _ in range(_STEPS):
        parts = pair_breaking(t, h, maki, spin_orbit)
        step = np.clip(parts.value / (h * parts.by_field), -1.0, 1.0)
        h = np.minimum(h * np.exp(-step), highest)
        if np.abs(step).max() < _TOLERANCE:
            break
    else:
        raise AnalysisError("the WHH equation was not solved")  # F is convex in ln h: does not happen
    if everywhere:
        return h
    field[below] = h
    return field


def _guess(t: FloatArray, maki: FloatArray, spin_orbit: FloatArray) -> FloatArray:
    """Within some ten per cent: the total pair breaking h + c^2/(h + l + t) set to that of the orbital curve."""
    orbital = (1.0 - t) * (ORBITAL_RATIO + t * (0.64 - 0.333 * t)) / _RATIO
    # (1 + alpha^2) h^2 + (k - orbital) h - orbital k = 0
    k = spin_orbit + np.maximum(t, 1e-12)
    linear = k - orbital
    root = np.sqrt(linear * linear + 4.0 * (1.0 + maki * maki) * orbital * k)
    # of the two ways to write the positive solution the one that does not cancel
    return np.where(linear > 0, 2.0 * orbital * k / (linear + root), (root - linear) / (2.0 * (1.0 + maki * maki)))

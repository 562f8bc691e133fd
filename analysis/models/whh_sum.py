"""The Matsubara sum behind the WHH equation: value and derivatives, smooth everywhere, zero temperature included.

In reduced units (t = T/Tc, h the orbital pair breaking, c = alpha h, l = lambda_so) the equation is

    0 = F = ln t + sum over odd n > 0 of 2 [1/n - t (x + h + l) / q(x)],   x = n t, q(x) = (x + h)(x + h + l) + c^2

(Werthamer, Helfand, Hohenberg, Phys. Rev. 147, 295 (1966), Eq. 28). Closed in digamma functions it has a removable
singularity at c = l/2 and an infinite argument at t = 0. Here the first terms are added as they stand, and the rest
is an Euler-Maclaurin series about the midpoint y = 2N t, whose integral is elementary. Nothing is singular then,
every bracket is written without cancellation, and F is right to rounding relative to h even where h goes to 0.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

#: Terms added one by one, and the weights B_2k(1/2) / (2k N^2k) of the series for the others: rest below 1e-13.
TERMS = 24
_SERIES = (-1 / 24 / TERMS**2, 7 / 960 / TERMS**4, -31 / 8064 / TERMS**6)
_ODD = (2.0 * np.arange(TERMS) + 1.0)[:, None]
_WEIGHTS = 2.0 / _ODD[:, 0]
_Y = 2.0 * TERMS
#: Below this |u| the derivative of atan(sqrt u)/sqrt u is taken from its series, beyond it cancels little.
_SMALL = 2e-3
_ARC_SERIES = tuple((-1) ** k * k / (2 * k + 1) for k in range(5, 0, -1))


@dataclass(frozen=True, slots=True, eq=False)
class PairBreaking:
    """F and its derivatives with respect to h, alpha and lambda_so, each (n,); the last two None if not wanted."""

    value: FloatArray
    by_field: FloatArray
    by_maki: FloatArray | None = None
    by_spin_orbit: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Tail:
    """Integral of the terms left out, from y on, and the pieces its derivatives need."""

    integral: FloatArray
    inverse: FloatArray  # integral of dx/q
    inverse_by_w: FloatArray  # its derivative by c^2 - (l/2)^2


def pair_breaking(
    t: FloatArray, field: FloatArray, maki: FloatArray, spin_orbit: FloatArray, derivatives: bool = False
) -> PairBreaking:
    """F at 0 <= t <= 1, h > 0, alpha >= 0, lambda_so >= 0, all (n,); the arguments are not checked.

    Without ``derivatives`` the one with respect to h leaves out the Euler-Maclaurin corrections (1e-5 relative):
    enough for Newton's method.
    """
    spin = maki * field
    breaking = spin * spin
    both = field + spin_orbit
    x = _ODD * t
    shifted = x + both
    # R = (x + h + l)/q, and dF/dtheta = 2 t sum R^2 dD/dtheta with D = 1/R
    inverse = 1.0 / ((x + field) * shifted + breaking)
    share = shifted * inverse
    lost = field * share + breaking * inverse
    twice = 2.0 * t
    by_square = twice * np.einsum("ij,ij->j", share, share)
    by_cross = twice * np.einsum("ij,ij->j", share, inverse)
    by_spin = twice * np.einsum("ij,ij->j", inverse, inverse)
    y = _Y * t
    qy = (y + field) * (y + both) + breaking
    tail = _tail(t, y, field, breaking, spin_orbit, qy)
    em, em_h, em_alpha, em_so = _corrections(y, field, maki, spin_orbit, qy, derivatives)
    value = _WEIGHTS @ lost + tail.integral - em
    slope = maki * maki * field  # half of d(c^2)/dh
    by_field = (
        by_square
        + 2.0 * slope * by_cross
        - breaking * by_spin
        + (y + both + slope) / qy
        - spin_orbit * slope * tail.inverse_by_w
    )
    if not derivatives:
        return PairBreaking(value, by_field)
    by_maki = 2.0 * field * spin * by_cross + field * spin * (1.0 / qy - spin_orbit * tail.inverse_by_w)
    by_so = -breaking * by_spin + 0.5 * (
        (y + field + 0.5 * spin_orbit) / qy - tail.inverse + 0.5 * spin_orbit**2 * tail.inverse_by_w
    )
    return PairBreaking(value, by_field - em_h, by_maki - em_alpha, by_so - em_so)


def _tail(
    t: FloatArray, y: FloatArray, field: FloatArray, breaking: FloatArray, spin_orbit: FloatArray, qy: FloatArray
) -> _Tail:
    """Integral over n from 2N of 1/n - t R(n t), with ln t added; q = (x + s)^2 + w with roots -p, -r if w < 0."""
    half = 0.5 * spin_orbit
    shift = y + field + half
    w = breaking - half * half
    cold = t - 1.0  # exact near Tc
    product = field * (field + spin_orbit) + breaking
    size = np.sqrt(np.abs(w))
    root = np.maximum(size / shift, 1e-30)
    arc = np.arctan(root) / root
    real = w < 0
    if real.any():
        # p and y + p are formed without cancellation; the distance of root from 1 is not what counts then
        smaller = product / (field + half + size)
        artanh = 0.5 * np.log1p(2.0 * size / np.maximum(y + smaller, 1e-300)) / root
        arc = np.where(real & (root > 1e-15), artanh, arc)
    log = np.log1p(cold * (1.0 + t) + ((2.0 * field + spin_orbit) * y + product) / _Y**2)
    integral = 0.5 * log - half * arc / shift
    # far from the double root the two logarithms are taken apart: together they would cancel where h << lambda_so
    apart = w < -0.25 * half * half
    if apart.any():
        share = -breaking / np.where(apart, (half + size) * 2.0 * size, 1.0)
        separate = (1.0 - share) * np.log1p(cold + smaller / _Y)
        separate += share * np.log1p(cold + (field + half + size) / _Y)
        integral = np.where(apart, separate, integral)
    u = w / (shift * shift)
    series = np.zeros_like(u)
    for coefficient in _ARC_SERIES:
        series = series * u + coefficient
    near = np.abs(u) < _SMALL
    by_u = np.where(near, series, (shift * shift / qy - arc) / np.where(near, 1.0, 2.0 * u))
    return _Tail(integral, arc / shift, by_u / shift**3)


def _corrections(
    y: FloatArray, field: FloatArray, maki: FloatArray, spin_orbit: FloatArray, qy: FloatArray, derivatives: bool
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Euler-Maclaurin sum, and its derivatives by h, alpha, lambda_so (zeros if not wanted).

    The summand in units of 1/(2N), a function of e = n/2N - 1, is (v0 + v1 e) / ((1 + e)(1 + e1 e + e2 e^2)); its
    odd Taylor coefficients follow from a recurrence of three terms, and so do their derivatives.
    """
    inverse, sum_y = 1.0 / qy, y + field + spin_orbit
    v0 = (field * sum_y + (maki * field) ** 2) * inverse
    scaled = y * inverse
    v1, e1, e2 = field * scaled, (y + field + sum_y) * scaled, y * scaled
    d1, d2 = 1.0 + e1, e1 + e2
    c0 = v0
    c1 = v1 - d1 * c0
    c2 = -(d1 * c1 + d2 * c0)
    c3 = -(d1 * c2 + d2 * c1 + e2 * c0)
    c4 = -(d1 * c3 + d2 * c2 + e2 * c1)
    c5 = -(d1 * c4 + d2 * c3 + e2 * c2)
    total = _SERIES[0] * c1 + _SERIES[1] * c3 + _SERIES[2] * c5
    if not derivatives:
        return total, total, total, total
    zero = np.zeros_like(field)
    slope = 2 * maki * maki * field
    by_q = np.stack([2 * y + 2 * field + spin_orbit + slope, 2 * maki * field**2, y + field])
    b0 = (np.stack([y + 2 * field + spin_orbit + slope, 2 * maki * field**2, field]) - v0 * by_q) / qy
    b1 = (np.stack([y, zero, zero]) - v1 * by_q) / qy
    f1 = (np.stack([2 * y, zero, y]) - e1 * by_q) / qy
    f2 = -e2 * by_q / qy
    g2 = f1 + f2
    k0 = b0
    k1 = b1 - f1 * c0 - d1 * k0
    k2 = -(f1 * c1 + d1 * k1 + g2 * c0 + d2 * k0)
    k3 = -(f1 * c2 + d1 * k2 + g2 * c1 + d2 * k1 + f2 * c0 + e2 * k0)
    k4 = -(f1 * c3 + d1 * k3 + g2 * c2 + d2 * k2 + f2 * c1 + e2 * k1)
    k5 = -(f1 * c4 + d1 * k4 + g2 * c3 + d2 * k3 + f2 * c2 + e2 * k2)
    by = _SERIES[0] * k1 + _SERIES[1] * k3 + _SERIES[2] * k5
    return total, by[0], by[1], by[2]

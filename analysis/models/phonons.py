"""Resistance that phonons give a metal, after Bloch and Grueneisen.

Ziman, Electrons and Phonons (1960), chapter 9: with x the phonon's energy over k T and Theta the Debye temperature,
R(T)/R(Theta -> classical) = 4 (T/Theta)^5 int_0^{Theta/T} x^5 / [(e^x - 1)(1 - e^-x)] dx, which is T/Theta far
above Theta and 4 * 124.4313 (T/Theta)^5 far below.
"""

import numpy as np
import numpy.typing as npt

from analysis.errors import AnalysisError

FloatArray = npt.NDArray[np.float64]

#: The integrand has fallen to 1e-16 of the integral beyond this x.
_FARTHEST = 60.0
_NODE, _WEIGHT = np.polynomial.legendre.leggauss(64)


def bloch_grueneisen(t: npt.ArrayLike) -> FloatArray:
    """4 t^5 J5(1/t) for t = T/Theta (any shape): tends to t for large t. Relative error below 1e-10.

    Raises:
        AnalysisError: t is negative or not finite.
    """
    reduced = np.asarray(t, dtype=float)
    if not np.all((reduced >= 0) & (reduced < np.inf)):
        raise AnalysisError(f"T/Theta must be finite and not negative; found {reduced.ravel()[:3]}")
    safe = np.maximum(reduced, 1e-30)
    end = np.minimum(1.0 / safe, _FARTHEST)[..., None]
    x = 0.5 * end * (1.0 + _NODE)
    # x^5/[(e^x - 1)(1 - e^-x)] = x^5/[4 sinh^2(x/2)]
    integral = np.sum(_WEIGHT * x**5 / (4.0 * np.sinh(0.5 * x) ** 2), axis=-1) * 0.5 * end[..., 0]
    return np.asarray(4.0 * reduced**5 * integral)

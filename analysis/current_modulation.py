"""What a lock-in shows of a contact that is driven with an alternating current, and the contact itself.

For a voltage V(I) and a current I + a cos(wt), with a = sqrt(2) times the rms modulation, the first harmonic over
the amplitude is

    R_shown = R + (a^2/8) d^2R/dI^2 + O(a^4),   R = dV/dI:

a Taylor expansion, as in the textbook treatment of harmonic detection (e.g. E. L. Wolf, Principles of Electron
Tunneling Spectroscopy, app. on derivative measurement). Where R is large the same current is a larger voltage, so
that no one modulation voltage describes a spectrum taken in this way; taking the term off the data does.
"""

import numpy as np
import numpy.typing as npt

from analysis.errors import AnalysisError

FloatArray = npt.NDArray[np.float64]

#: Points of the local cubic that gives the second derivative, and how often it is taken of what was corrected.
_WINDOW, _ROUNDS = 7, 2
#: A correction beyond this share is no small one: the expansion does not hold there.
MOST = 0.1


def without_current_modulation(
    current_A: FloatArray, resistance_ohm: FloatArray, modulation_rms_A: float
) -> tuple[FloatArray, float]:
    """dV/dI without the modulation's smearing, and the largest share by which it was corrected.

    Args:
        current_A: direct current of each point, any order, (n,).
        resistance_ohm: differential resistance as the lock-in shows it, (n,).
        modulation_rms_A: rms of the alternating current.

    Raises:
        AnalysisError: arrays that do not match, fewer points than the derivative needs, or a modulation that is
            none. A share above ``MOST`` is the caller's to judge.
    """
    if current_A.shape != resistance_ohm.shape or current_A.ndim != 1:
        raise AnalysisError("current and resistance must be arrays of one length")
    if not 0 <= modulation_rms_A < np.inf:
        raise AnalysisError(f"a modulation of {modulation_rms_A!r} A is none")
    order = np.argsort(current_A, kind="stable")
    current, shown = current_A[order], resistance_ohm[order]
    if np.unique(current).size < _WINDOW:
        raise AnalysisError(f"{np.unique(current).size} currents; a second derivative needs {_WINDOW}")
    corrected = shown
    for _ in range(_ROUNDS):
        corrected = shown - modulation_rms_A**2 / 4 * _second_derivative(current, corrected)
    share = float(np.max(np.abs(corrected - shown) / np.abs(shown)))
    result = np.empty_like(corrected)
    result[order] = corrected
    return result, share


def _second_derivative(x: FloatArray, y: FloatArray) -> FloatArray:
    """Of local cubics through the nearest points in order."""
    start = np.clip(np.arange(x.size) - _WINDOW // 2, 0, x.size - _WINDOW)
    rows = start[:, None] + np.arange(_WINDOW)
    distance = x[rows] - x[:, None]
    scale = np.max(np.abs(distance), axis=1)
    powers = (distance / scale[:, None])[:, :, None] ** np.arange(4)
    coefficients = np.linalg.pinv(powers) @ y[rows][:, :, None]
    return np.asarray(2 * coefficients[:, 2, 0] / scale**2, dtype=float)

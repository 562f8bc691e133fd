"""Shape of a resistive transition: the share of the normal resistance."""

import numpy as np
import numpy.typing as npt
from scipy.special import erfinv, ndtr

from analysis.errors import AnalysisError

FloatArray = npt.NDArray[np.float64]

#: Shares of the normal resistance at which a transition is said to begin, to be half done, and to end.
ONSET, MIDPOINT, ZERO = 0.99, 0.50, 0.01


def normal_fraction(temperature_K: npt.ArrayLike, tc_K: float, onset_K: float, zero_K: float) -> FloatArray:
    """Cumulative Gaussian through 99 % at the onset, 50 % at Tc and 1 % at zero resistance.

    Upper and lower half have their own width, so that an asymmetric transition is one too.

    Raises:
        AnalysisError: not zero < Tc < onset.
    """
    if not zero_K < tc_K < onset_K:
        raise AnalysisError(f"need zero < Tc < onset; found {zero_K:g}, {tc_K:g}, {onset_K:g} K")
    quantile = float(np.sqrt(2.0) * erfinv(2 * ONSET - 1))
    distance = np.asarray(temperature_K, dtype=float) - tc_K
    width = np.where(distance > 0, onset_K - tc_K, tc_K - zero_K) / quantile
    return np.asarray(ndtr(distance / width), dtype=float)

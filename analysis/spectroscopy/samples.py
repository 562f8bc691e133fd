"""A thermally smeared curve told by samples 0.4 kT apart, and read anywhere between them.

What temperature has smeared is analytic within pi kT of the real axis, so that few samples hold all of it and those
of one temperature serve every offset of the bias.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from analysis.models.convolution import Convolution
from analysis.models.smearing import smearing

FloatArray = npt.NDArray[np.float64]

#: Distance of the samples in kT, and how many of them one value is interpolated from: to 1e-6.
STEP_kT, _WINDOW = 0.4, 8
#: Samples needed on either side of a value.
MARGIN = _WINDOW // 2


def _polynomials() -> FloatArray:
    """Coefficients (power, sample) of the interpolating polynomials for t in [0, 1) between the middle samples."""
    nodes = np.arange(_WINDOW) - (MARGIN - 1.0)
    return np.asarray(np.linalg.inv(np.vander(nodes, increasing=True)), dtype=float)


_COEFFICIENTS = _polynomials()
_SLOPES = np.arange(1, _WINDOW)[:, None] * _COEFFICIENTS[1:]
#: Integral of the interpolation from one sample to the next.
_AREAS = (1.0 / np.arange(1, _WINDOW + 1)) @ _COEFFICIENTS


@lru_cache(maxsize=6)
def sampled_convolution(count: int, modulation_kT: float) -> Convolution:
    """The convolution at ``count`` samples, with the energies in units of kT."""
    at: FloatArray = STEP_kT * np.arange(count, dtype=float)
    return Convolution(at, smearing(1.0, modulation_kT, 0.0, np.pi))


def extended(samples: FloatArray, parity: float = 1.0) -> FloatArray:
    """Samples (k, m) of even (or, parity -1, odd) functions from 0 on, with what lies to the left of 0."""
    return np.concatenate([parity * samples[:, MARGIN - 1 : 0 : -1], samples], axis=1)


def integral(samples: FloatArray) -> FloatArray:
    """Integrals from 0 of even functions in units of the step, at the same samples but the last few."""
    windows = np.lib.stride_tricks.sliding_window_view(extended(samples), _WINDOW, axis=1)
    pieces = windows @ _AREAS
    return np.concatenate([np.zeros((samples.shape[0], 1)), np.cumsum(pieces, axis=1)], axis=1)


class Reading:
    """How to read samples at distances (n,) from zero, in units of the step: weights made once for many curves."""

    def __init__(self, distance: FloatArray) -> None:
        whole = np.floor(distance)
        powers = np.empty((distance.size, _WINDOW))
        powers[:, 0] = 1.0
        powers[:, 1:] = (distance - whole)[:, None]
        np.multiply.accumulate(powers, axis=1, out=powers)
        self._powers = powers
        self._weights = powers @ _COEFFICIENTS
        # the leftmost of the extended samples is MARGIN - 1 steps left of zero, and so is that of each window
        self._where = whole.astype(np.intp)[:, None] + np.arange(_WINDOW)

    def values(self, samples: FloatArray) -> FloatArray:
        """Values (k, n) from extended samples (k, m)."""
        return np.asarray(np.einsum("kvn,vn->kv", samples[:, self._where], self._weights), dtype=float)

    def slope(self, samples: FloatArray) -> FloatArray:
        """Derivative (n,) by the distance in steps, from extended samples (m,)."""
        weights = self._powers[:, :-1] @ _SLOPES
        return np.asarray(np.einsum("vn,vn->v", samples[self._where], weights), dtype=float)

"""Whether a spectrum has a gap at all: what a smooth background without one leaves."""

import numpy as np
import numpy.typing as npt

from analysis.spectroscopy.spectrum import Prepared

FloatArray = npt.NDArray[np.float64]

#: Degree of the background, and of the finest structure looked for beyond it.
DEGREE, _FINEST = 4, 28
#: A structure smaller than this share of the normal state is not taken for another kind of gap when ...
FAINT = 0.02
#: ... the law's chi2, in units of what the law leaves, is not better than a polynomial's by this.
_BETTER = 30.0


def polynomial_residual(data: Prepared) -> FloatArray:
    """(data - polynomial of fourth degree)/noise (n,)."""
    basis = _basis(data, DEGREE)
    scaled = data.values / data.noise
    return np.asarray(scaled - basis @ (basis.T @ scaled), dtype=float)


def has_no_structure(data: Prepared) -> bool:
    """Whether a polynomial describes the values to their noise: size, neighbours, and anything smooth beyond it.

    Three tests of three standard deviations each, so that a gap that passes them could not be told anyhow.
    """
    residual = polynomial_residual(data)
    count, power = residual.size, float(residual @ residual)
    freedom = float(count - DEGREE - 1)
    # the noise itself is known to sqrt(1.6/n) from fourth differences
    allowed = 1.0 + 3.0 * float(np.sqrt(2.0 / freedom + 4.0 * 1.6 / count))
    if power > freedom * allowed:
        return False
    if float(residual[1:] @ residual[:-1]) > 3.0 * power / np.sqrt(count):
        return False
    finest = min(_FINEST, count // 3)
    smooth = float(np.sum((_basis(data, finest).T @ residual) ** 2))
    freedom = (finest - DEGREE) / (2.0 if data.symmetrised else 1.0)
    return smooth < freedom + 3.0 * float(np.sqrt(2.0 * freedom))


def leaves_little(data: Prepared) -> bool:
    """Whether a polynomial leaves only noise, or a structure too faint to be taken for another kind of gap."""
    residual = polynomial_residual(data)
    rms = float(np.sqrt(np.mean(residual**2)))
    return rms < 2.0 or rms * data.noise < FAINT


def is_as_good(data: Prepared, law_chi2: float, correlation: float) -> bool:
    """Whether a faint structure is described by a polynomial as well as by a law that leaves neighbours alike.

    The values of many instruments are filtered, so that their noise is smooth: then nothing describes them, and
    that the law does not is no sign of another kind of gap. Of values that are correlated by c from one to the next
    only a share (1 - c)/(1 + c) is independent.
    """
    residual = polynomial_residual(data)
    power, count = float(residual @ residual), residual.size
    rms = float(np.sqrt(power / count)) * data.noise
    independent = count * max(1.0 - correlation, 0.02) / (1.0 + correlation)
    return rms < FAINT and (power / law_chi2 - 1.0) * independent < _BETTER


def _basis(data: Prepared, degree: int) -> FloatArray:
    """Orthogonal polynomials at the biases; only even ones for the half of a symmetrised spectrum."""
    first, last = float(data.bias_mV[0]), float(data.bias_mV[-1])
    middle, half = 0.5 * (first + last), 0.5 * (last - first)
    if data.symmetrised:
        middle, half = 0.0, float(np.max(np.abs(data.bias_mV)))
    columns = np.polynomial.legendre.legvander((data.bias_mV - middle) / half, degree)
    return np.asarray(np.linalg.qr(columns[:, :: 2 if data.symmetrised else 1])[0], dtype=float)

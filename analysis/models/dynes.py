"""The density of states of a superconductor with a finite lifetime: what a tunnel junction sees.

Source: Dynes, Narayanamurti, Garno, Phys. Rev. Lett. 41, 1509 (1978). It is the limit of an infinite barrier of
:mod:`analysis.models.btk`, where the convolution with temperature lives (``barrier=inf``).
"""

import numpy as np
import numpy.typing as npt

from analysis.models.btk import check_energies

FloatArray = npt.NDArray[np.float64]


def density_of_states(
    energy_meV: npt.ArrayLike, gap_meV: npt.ArrayLike, broadening_meV: npt.ArrayLike
) -> FloatArray:
    """N(E)/N_n = |Re[(E + iG)/sqrt((E + iG)^2 - Delta^2)]|; infinite at E = Delta without broadening.

    Raises:
        AnalysisError: the gap is not positive or the broadening negative.
    """
    gap, broadening = check_energies(gap_meV, broadening_meV)
    energy = np.asarray(energy_meV, dtype=float) + 1j * broadening
    with np.errstate(divide="ignore", invalid="ignore"):
        # the product of two roots has no jump on the way from positive to negative energies
        ratio = np.real(energy / (np.sqrt(energy - gap) * np.sqrt(energy + gap)))
    return np.where(np.isnan(ratio), np.inf, ratio)

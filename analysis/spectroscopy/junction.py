"""The law of a contact with its derivatives, at the biases of one spectrum: what the fit calls again and again."""

import numpy as np
import numpy.typing as npt

from analysis.models.btk import from_transparency, gradient
from analysis.models.convolution import Convolution
from analysis.models.smearing import smearing

FloatArray = npt.NDArray[np.float64]

#: Order of the parameters before those of the background.
GAP, WIDTH, TRANSPARENCY, OFFSET = range(4)


class Lorentzian:
    """Lifetime broadening: parameters gap, G [meV], tau = 1/(1 + Z^2), offset [mV]."""

    name = "Lorentzian"

    def __init__(self, bias_mV: FloatArray, thermal_meV: float, modulation_rms_mV: float) -> None:
        kernel = smearing(thermal_meV, modulation_rms_mV, 0.0, np.pi * thermal_meV)
        self._convolution = Convolution(bias_mV, kernel)

    def smallest_width(self, gap_meV: float) -> float:
        """What a derivative by the broadening still exists for."""
        return 2e-3 * gap_meV

    def __call__(self, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Conductance (n,) and its derivatives (4, n)."""
        gap, width, transparency, offset = (float(value) for value in parameters)

        def columns(energies: FloatArray) -> FloatArray:
            at = gradient(energies - offset, gap, width, transparency)
            return np.stack([at.value - 1.0, at.gap, at.broadening, at.transparency, -at.energy])

        smeared = self._convolution.apply(columns, gap, width, offset, share=2.0)
        return 1.0 + smeared[0], smeared[1:]


class Gaussian:
    """A Gaussian spread in place of a lifetime: parameters gap, standard deviation [meV], tau, offset [mV].

    The thermally smeared curve is smooth, so that samples tell it; the Gaussian carries them to the biases.
    """

    name = "Gaussian"

    def __init__(
        self, bias_mV: FloatArray, thermal_meV: float, modulation_rms_mV: float, widest_meV: float
    ) -> None:
        self._bias = bias_mV
        self._widest = widest_meV
        self._step = max(0.3 * thermal_meV, float(np.ptp(bias_mV)) / 2500.0)
        reach = float(np.max(np.abs(bias_mV))) * 1.1 + 5.0 * widest_meV
        self._samples = np.arange(0.0, reach + self._step, self._step)
        kernel = smearing(thermal_meV, modulation_rms_mV, 0.0, np.pi * thermal_meV)
        self._convolution = Convolution(self._samples, kernel)

    @property
    def widest(self) -> float:
        """The widest spread the samples reach for."""
        return self._widest

    def smallest_width(self, gap_meV: float) -> float:
        """The narrowest Gaussian that the samples resolve."""
        return max(0.85 * self._step, 1e-3 * gap_meV)

    def __call__(self, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Conductance (n,) and its derivatives (4, n)."""
        gap, width, transparency, offset = (float(value) for value in parameters)
        small = 1e-5

        def columns(energies: FloatArray) -> FloatArray:
            beside = [from_transparency(energies, gap, 0.0, transparency + d) for d in (0.0, -small, small)]
            return np.stack(beside) - 1.0

        here, below, above = self._convolution.apply(columns, gap, 0.0)
        by_transparency = (above - below) / (2.0 * small) if transparency > small else (above - here) / small
        wider = gap * (1.0 + 1e-5)
        there = self._convolution.apply(
            lambda e: from_transparency(e, wider, 0.0, transparency)[None] - 1.0, wider, 0.0
        )[0]
        by_gap = (there - here) / (gap * 1e-5)
        return self._carry(np.stack([here, by_gap, by_transparency]), width, offset)

    def _carry(self, samples: FloatArray, width: float, offset: float) -> tuple[FloatArray, FloatArray]:
        mirrored = np.concatenate([samples[:, :0:-1], samples], axis=1)
        points = np.concatenate([-self._samples[:0:-1], self._samples])
        distance = ((self._bias - offset)[:, None] - points) / width
        bell = np.exp(-0.5 * distance**2) * (self._step / (width * np.sqrt(2.0 * np.pi)))
        value, by_gap, by_transparency = mirrored @ bell.T
        by_offset = (bell * distance) @ mirrored[0] / width
        by_width = (bell * (distance**2 - 1.0)) @ mirrored[0] / width
        return 1.0 + value, np.stack([by_gap, by_width, by_transparency, by_offset])

"""The law of a contact with its derivatives, at the biases of one spectrum: what the fit calls again and again."""

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt
from scipy.fft import dct, idct

from analysis.models.btk import from_transparency, gradient, root_width
from analysis.spectroscopy.samples import MARGIN, Reading, STEP_kT, extended, integral, sampled_convolution

FloatArray = npt.NDArray[np.float64]

#: Order of the parameters before those of the background.
GAP, WIDTH, TRANSPARENCY, OFFSET, SERIES = range(5)

_BLOCK = 16


class Contact(ABC):
    """Parameters gap, width [meV], tau = 1/(1 + Z^2), offset [mV], series resistance over the contact's own.

    What the width broadens by, a subclass says. The convolution is taken at samples, in units of kT, from which the
    biases are read wherever the offset puts them. The series resistance is used where ``resistive`` says so.
    """

    name = ""

    def __init__(
        self, bias_mV: FloatArray, thermal_meV: float, modulation_rms_mV: float, *, resistive: bool = False
    ) -> None:
        self._bias = bias_mV
        self._thermal = thermal_meV
        self._modulation_kT = modulation_rms_mV / thermal_meV
        self._resistive = resistive
        self._count = 0

    def smallest_width(self, gap_meV: float) -> float:
        """What a derivative by the broadening still exists for."""
        return 2e-3 * gap_meV

    def __call__(self, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Conductance (n,) and its derivatives (5, n)."""
        gap, width, transparency, offset, series = (float(value) for value in parameters)
        bias, step = self._bias - offset, STEP_kT * self._thermal
        distance = np.abs(bias) / step
        # behind a negative resistance the contact takes more than the bias
        reach = float(distance.max()) / (1.0 + 2.0 * min(series, 0.0))
        self._count = max(self._count, _rounded(reach + 2 * MARGIN + 1))
        curves = self._curves(gap / self._thermal, width / self._thermal, transparency)
        curves[1:3] /= self._thermal
        value, slopes = (
            _behind_resistance(curves, distance, series) if self._resistive else _alone(curves, distance)
        )
        slopes[OFFSET] *= -np.sign(bias) / step
        return value, slopes

    @abstractmethod
    def _curves(self, gap: float, width: float, transparency: float) -> FloatArray:
        """Samples (4, count) of the conductance less 1 and its slopes by gap, width (both in kT) and tau."""


class Lorentzian(Contact):
    """Lifetime broadening: the width is the G of Dynes and Plecenik."""

    name = "Lorentzian"

    def _curves(self, gap: float, width: float, transparency: float) -> FloatArray:
        def columns(energies: FloatArray) -> FloatArray:
            at = gradient(energies, gap, width, transparency)
            return np.stack([at.value - 1.0, at.gap, at.broadening, at.transparency])

        return sampled_convolution(self._count, self._modulation_kT).apply(columns, gap, width)


class Gaussian(Contact):
    """A Gaussian spread in place of a lifetime: the width is its standard deviation.

    It multiplies the cosine transform of the samples, and its derivative is another factor.
    """

    name = "Gaussian"

    def _curves(self, gap: float, width: float, transparency: float) -> FloatArray:
        count = _rounded(self._count + 5.0 * width / STEP_kT)
        convolution, small, wider = sampled_convolution(count, self._modulation_kT), 1e-5, gap * (1.0 + 1e-5)

        # not below no transparency, where the law has a pole
        least = max(transparency - small, 0.0)
        beside = transparency, least, transparency + small
        sharpest = min(root_width(gap, t) for t in beside)

        def columns(energies: FloatArray) -> FloatArray:
            return np.stack([from_transparency(energies, gap, 0.0, t) for t in beside]) - 1.0

        def moved(energies: FloatArray) -> FloatArray:
            return from_transparency(energies, wider, 0.0, transparency)[None] - 1.0

        here, below, above = convolution.apply(columns, gap, 0.0, sharpest)
        by_transparency = (above - below) / (transparency + small - least)
        there = convolution.apply(moved, wider, 0.0, sharpest)[0]
        by_gap = (there - here) / (wider - gap)
        frequency = np.arange(count) * (np.pi / ((count - 1) * STEP_kT))
        spectra = dct(np.stack([here, by_gap, here, by_transparency]), type=1)
        spectra *= np.exp(-0.5 * (width * frequency) ** 2)
        spectra[2] *= -width * frequency**2
        return np.asarray(idct(spectra, type=1)[:, : self._count], dtype=float)


def _rounded(count: float) -> int:
    """A count of samples that spectra of like range have in common, and with it the convolution."""
    return _BLOCK * int(np.ceil(count / _BLOCK))


def _alone(curves: FloatArray, distance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The contact's own conductance and slopes; that by the offset as the one by the distance in steps."""
    samples, reading = extended(curves), Reading(distance)
    values = reading.values(samples)
    slopes = np.zeros((5, distance.size))
    slopes[:OFFSET] = values[1:]
    slopes[OFFSET] = reading.slope(samples[0])
    return 1.0 + values[0], slopes


def _behind_resistance(curves: FloatArray, distance: FloatArray, ratio: float) -> tuple[FloatArray, FloatArray]:
    """The contact takes v of V = v + r I(v), I = int_0^v g, and (1 + r) g/(1 + r g) is seen.

    At fixed V a change of the contact moves v as well: dv = -r dI/(1 + r g).
    """
    samples, currents = extended(curves), integral(curves)
    total = (1.0 + ratio) * np.arange(currents.shape[1]) + ratio * currents[0]
    flowing = extended(currents, -1.0)
    inner = np.interp(distance, total, np.arange(total.size))
    for _ in range(3):
        reading = Reading(inner)
        excess, current = reading.values(np.stack([samples[0, : flowing.shape[1]], flowing[0]]))
        inner = inner - ((1.0 + ratio) * inner + ratio * current - distance) / (1.0 + ratio * (1.0 + excess))
        inner = np.clip(inner, 0.0, total.size - 1.0 - MARGIN)
    reading = Reading(inner)
    values, current = reading.values(samples), reading.values(flowing)
    here, below = 1.0 + values[0], 1.0 + ratio * (1.0 + values[0])
    steepness = (1.0 + ratio) / below**2
    by_inner = steepness * reading.slope(samples[0])
    slopes = np.empty((5, distance.size))
    slopes[:OFFSET] = steepness * values[1:] - ratio * by_inner / below * current[1:]
    slopes[OFFSET] = by_inner / below
    slopes[SERIES] = here * (1.0 - here) / below**2 - by_inner / below * (inner + current[0])
    return (1.0 + ratio) * here / below, slopes

"""Conductance of a contact between a normal metal and a superconductor, from Andreev reflection to tunnelling.

Blonder, Tinkham, Klapwijk, Phys. Rev. B 25, 4515 (1982), with the lifetime broadening of Plecenik et al.,
Phys. Rev. B 49, 10016 (1994). Voltages in mV and energies in meV; conductances in units of the normal state.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from types import EllipsisType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.interpolate import make_interp_spline

from analysis.errors import AnalysisError
from analysis.models.bcs import BOLTZMANN_meV_per_K
from analysis.models.convolution import Convolution
from analysis.models.smearing import smearing

FloatArray = npt.NDArray[np.float64]


def conductance(
    bias_mV: npt.ArrayLike,
    gap_meV: npt.ArrayLike,
    broadening_meV: npt.ArrayLike,
    barrier: npt.ArrayLike,
    temperature_K: npt.ArrayLike,
    *,
    modulation_rms_mV: float = 0.0,
    series_resistance_ratio: float = 0.0,
    gaussian_broadening_meV: float = 0.0,
    offset_mV: float = 0.0,
) -> FloatArray:
    """dI/dV over its normal-state value at temperature T; all positional arguments broadcast.

    sigma(V) = int s(E) (1/4kT) sech^2[(E - eV)/2kT] dE with s of :func:`zero_temperature`, then, if given,
    convolved with a Gaussian of standard deviation ``gaussian_broadening_meV`` (a spread of gaps or voltage noise)
    and with the lock-in's semicircle for an excitation of ``modulation_rms_mV`` (rms, not peak).
    ``barrier`` = inf is tunnelling (Dynes). ``offset_mV`` is the bias at which the contact is at zero volts.
    ``series_resistance_ratio`` r = Rs/RN with RN the contact's own normal resistance: at the bias
    V = v + r int_0^v g the result is (1 + r) g(v)/(1 + r g(v)), normalised to RN + Rs. The excitation is taken
    at the contact then.

    Absolute error below 1e-7 for broadening/gap >= 1e-3 and 1e-5 below that. At T = 0 with a modulation or a
    Gaussian the broadening must be at least 1e-3 of the gap.

    Raises:
        AnalysisError: gap not positive; a negative or NaN broadening, barrier, temperature, modulation, ratio.
    """
    options = (modulation_rms_mV, gaussian_broadening_meV, series_resistance_ratio)
    if not all(0 <= option < np.inf for option in options) or not np.isfinite(offset_mV):
        raise AnalysisError(f"modulation, Gaussian broadening and resistance ratio must not be negative: {options}")
    bias = np.asarray(bias_mV, dtype=float) - offset_mV
    shape, groups = _groups(bias, gap_meV, broadening_meV, barrier, temperature_K)
    result = np.empty(shape)
    for where, voltage, gap, broadening, strength, temperature in groups:
        contact = _Contact(gap, broadening, strength, BOLTZMANN_meV_per_K * temperature, *options[:2])
        result[where] = (
            _behind_resistance(voltage, contact, series_resistance_ratio)
            if series_resistance_ratio
            else contact.conductance(voltage)
        )
    return result


def zero_temperature(
    energy_meV: npt.ArrayLike, gap_meV: npt.ArrayLike, broadening_meV: npt.ArrayLike, barrier: npt.ArrayLike
) -> FloatArray:
    """1 + A - B over its normal-state value, with A and B the probabilities of Andreev and normal reflection.

    With e = E + iG, a = Delta/(e + sqrt(e - Delta) sqrt(e + Delta)) and tau = 1/(1 + Z^2):
    s = [1 + tau |a|^2 + (tau - 1)|a|^4] / |1 + (tau - 1) a^2|^2. Algebraically the same as 1 + A - B with the
    coherence factors u and v, without their cancellation and their choice of branch.

    Raises:
        AnalysisError: gap not positive, broadening or barrier negative or NaN.
    """
    gap, broadening = check_energies(gap_meV, broadening_meV)
    return from_transparency(np.asarray(energy_meV, dtype=float), gap, broadening, _transparency(barrier))


def check_energies(gap_meV: npt.ArrayLike, broadening_meV: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Gap and broadening as arrays.

    Raises:
        AnalysisError: the gap is not positive or the broadening negative.
    """
    gap, broadening = np.asarray(gap_meV, dtype=float), np.asarray(broadening_meV, dtype=float)
    _within(gap, "the gap must be positive", "meV", open_end=True)
    _within(broadening, "the broadening must not be negative", "meV")
    return gap, broadening


def _within(values: FloatArray, demand: str, unit: str, *, open_end: bool = False, finite: bool = True) -> None:
    """Refuse what is not a number, negative, or (``open_end``) zero, or (``finite``) infinite."""
    one = values.size == 1
    lowest, highest = (values.item() if one else _extreme(values, of) for of in (np.min, np.max))
    if not ((lowest > 0 if open_end else lowest >= 0) and (highest < np.inf or not finite)):
        wrong = lowest if highest < np.inf else highest
        raise AnalysisError(f"{demand}; found {wrong!r} {unit}".rstrip())


def _extreme(values: FloatArray, of: Callable[[FloatArray], float]) -> float:
    return float(of(values)) if values.size else 1.0


class Gradient(NamedTuple):
    """Value of s(E) and its derivatives, each with the shape of the energies."""

    value: FloatArray
    energy: FloatArray
    gap: FloatArray
    broadening: FloatArray
    transparency: FloatArray


def gradient(energy_meV: FloatArray, gap_meV: float, broadening_meV: float, transparency: float) -> Gradient:
    """:func:`zero_temperature` and its derivatives by E, Delta, G and tau = 1/(1 + Z^2), for fits (G > 0)."""
    energy = energy_meV + 1j * broadening_meV
    root = np.sqrt(energy - gap_meV) * np.sqrt(energy + gap_meV)
    a = gap_meV / (energy + root)
    square, probability, loss = a * a, (a * a.conj()).real, transparency - 1.0
    below = 1.0 + loss * square
    inverse = 1.0 / (below * below.conj()).real
    value = (1.0 + probability * (transparency + loss * probability)) * inverse
    # d value = 2 Re(inner da), and da/de = -a/root
    inner = ((transparency + 2.0 * loss * probability) * a.conj() - 2.0 * loss * value * a * below.conj()) * inverse
    slope = -2.0 * inner * a / root
    by_transparency = (probability + probability**2 - 2.0 * value * (below.conj() * square).real) * inverse
    return Gradient(value, slope.real, -(slope * energy).real / gap_meV, -slope.imag, by_transparency)


_Group = tuple[EllipsisType | npt.NDArray[np.bool_], FloatArray, float, float, float, float]


class _Contact(NamedTuple):
    gap: float
    broadening: float
    barrier: float
    thermal: float
    modulation: float
    gaussian: float

    def conductance(self, bias: FloatArray) -> FloatArray:
        """Smeared conductance for bias of any shape."""
        flat = bias.ravel()
        if flat.size == 0:
            return np.empty(bias.shape)
        tau = 1.0 / (1.0 + self.barrier**2)
        if self.thermal == 0:
            return self._cold(flat, tau).reshape(bias.shape)
        convolution, back = _cached_convolution(flat.tobytes(), self.thermal, self.modulation, self.gaussian)

        def excess(energies: FloatArray) -> FloatArray:
            values = from_transparency(energies, self.gap, self.broadening, tau)
            values -= 1.0
            return values[None]

        width = root_width(self.gap, tau) if self.broadening == 0 else 0.0
        smooth = convolution.apply(excess, self.gap, self.broadening, width)[0]
        smooth += 1.0
        return np.asarray(smooth[back].reshape(bias.shape), dtype=float)

    def _cold(self, bias: FloatArray, tau: float) -> FloatArray:
        if self.modulation == 0 and self.gaussian == 0:
            return from_transparency(bias, self.gap, self.broadening, tau)
        if self.broadening < 1e-3 * self.gap:
            raise AnalysisError(
                "at zero temperature a modulated spectrum needs a broadening of at least 1e-3 of the gap"
            )
        kernel = smearing(0.0, self.modulation, self.gaussian, self.broadening)
        result = np.zeros_like(bias)
        for shift, weight in zip(kernel.shifts_meV, kernel.weights, strict=True):
            result += weight * from_transparency(bias - shift, self.gap, self.broadening, tau)
        return result


@lru_cache(maxsize=4)
def _cached_convolution(
    bias: bytes, thermal: float, modulation: float, gaussian: float
) -> tuple[Convolution, npt.NDArray[np.intp]]:
    """The convolution at the different |bias| (the spectrum is even), and the way back to all biases."""
    voltage = np.abs(np.frombuffer(bias))
    grain = 1e-13 * max(float(voltage.max()), thermal)
    _, first, back = np.unique(np.round(voltage / grain), return_index=True, return_inverse=True)
    return Convolution(voltage[first], smearing(thermal, modulation, gaussian, np.pi * thermal)), back


def _behind_resistance(bias: FloatArray, contact: _Contact, ratio: float) -> FloatArray:
    """The contact takes only a part v of the bias: V = v + r int_0^v g."""
    largest = float(np.max(np.abs(bias), initial=0.0))
    smooth = max(contact.thermal, contact.broadening / 3.0)
    if largest == 0 or smooth < 2e-4 * largest:
        raise AnalysisError("a series resistance needs a bias range, and a temperature or a broadening within it")
    count = int(np.ceil(8.0 * largest / smooth)) + 8
    voltage = np.arange(-8, count + 1, dtype=float) * (largest / (count - 8))
    spline = make_interp_spline(voltage, contact.conductance(voltage), k=7)
    current = spline.antiderivative()
    zero = float(current(0.0))
    total = voltage + ratio * (current(voltage) - zero)
    inner = np.interp(np.abs(bias), total, voltage)
    for _ in range(4):
        inner -= (inner + ratio * (current(inner) - zero) - np.abs(bias)) / (1.0 + ratio * spline(inner))
    local = spline(inner)
    return np.asarray((1.0 + ratio) * local / (1.0 + ratio * local), dtype=float)


def from_transparency(
    energy: FloatArray, gap: float | FloatArray, broadening: float | FloatArray, tau: float | FloatArray
) -> FloatArray:
    """:func:`zero_temperature` in terms of tau = 1/(1 + Z^2), without its checks; analytic also beyond 0 and 1.

    In real arithmetic, which is several times as fast: sqrt(x + iy) = m + iy/2m with m^2 = (|x + iy| + |x|)/2 for
    x > 0, the two parts exchanged for x < 0, so that nothing cancels.
    """
    if isinstance(broadening, float) and broadening == 0:
        return _without_broadening(energy, gap, tau)
    above = np.abs(energy)
    x = (above - gap) * (above + gap) - broadening * broadening
    half_y = above * broadening
    larger = np.sqrt(0.5 * (np.sqrt(x * x + 4.0 * half_y * half_y) + np.abs(x)))
    smaller = half_y / np.maximum(larger, 1e-300)
    outside = x >= 0
    real = above + np.where(outside, larger, smaller)
    imaginary = broadening + np.where(outside, smaller, larger)
    # a = Delta (real - i imaginary)/length, and |1 + (tau - 1) a^2|^2 from the parts of a^2
    real_square, imaginary_square = real * real, imaginary * imaginary
    inverse = 1.0 / (real_square + imaginary_square)
    probability = gap * gap * inverse
    loss = tau - 1.0
    share = loss * probability * inverse
    below = 1.0 + share * (real_square - imaginary_square)
    across = 2.0 * share * real * imaginary
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (1.0 + probability * (tau + loss * probability)) / (below * below + across * across)
    # the edge of an infinite barrier without broadening is 0/0
    return np.where(np.isnan(value), np.inf, value) if np.isnan(np.sum(value)) else np.asarray(value, dtype=float)


def _without_broadening(energy: FloatArray, gap: float | FloatArray, tau: float | FloatArray) -> FloatArray:
    """s for G = 0: 2E/((2 - tau) r + tau E) with r^2 = E^2 - Delta^2 above the gap, from |a| = 1 below it."""
    above = np.abs(energy)
    square = (above - gap) * (above + gap)
    root = np.sqrt(np.abs(square))
    with np.errstate(divide="ignore", invalid="ignore"):
        outside = 2.0 * above / ((2.0 - tau) * root + tau * above)
        inside = (2.0 * tau * gap**2) / ((tau * gap) ** 2 - 4.0 * (1.0 - tau) * square)
    return np.asarray(np.where(square >= 0, outside, inside), dtype=float)


def root_width(gap: float, tau: float) -> float:
    """How near to zero, in meV^(1/2), w = |E - Delta|^(1/2) has a pole or a root of s without broadening.

    The pole is where (2 - tau) r + tau E = 0, at w^2 = Delta (1 - b)^2/2b with b^2 = 1 - tau, and s has none for
    tau = 0; the root is that of the other edge, at w^2 = 2 Delta.
    """
    other = 2.0 * gap
    if tau <= 0 or tau >= 1:
        return math.sqrt(other)
    b = math.sqrt(1.0 - tau)
    # 1 - b without cancellation
    return math.sqrt(min(other, gap * (tau / (1.0 + b)) ** 2 / (2.0 * b)))


def _transparency(barrier: npt.ArrayLike) -> FloatArray:
    strength = np.asarray(barrier, dtype=float)
    _within(strength, "the barrier strength must not be negative", "", finite=False)
    return np.asarray(1.0 / (1.0 + strength**2), dtype=float)


def _groups(bias: FloatArray, *parameters: npt.ArrayLike) -> tuple[tuple[int, ...], list[_Group]]:
    """The shape of the result, and one (where, bias, gap, broadening, barrier, temperature) per parameter set."""
    if not np.isfinite(bias).all():
        raise AnalysisError("a bias is not a number")
    gap, broadening = check_energies(parameters[0], parameters[1])
    barrier, temperature = (np.asarray(value, dtype=float) for value in parameters[2:])
    _within(barrier, "the barrier strength must not be negative", "", finite=False)
    _within(temperature, "the temperature must not be negative", "K")
    sets = (gap, broadening, barrier, temperature)
    if all(value.size == 1 for value in sets):
        others = [value.shape for value in sets if value.ndim]
        shape = np.broadcast_shapes(bias.shape, *others) if others else bias.shape
        one = [value.item() for value in sets]
        voltage = bias if bias.shape == shape else np.broadcast_to(bias, shape)
        return shape, [(..., voltage, one[0], one[1], one[2], one[3])]
    full = np.broadcast_arrays(bias, *sets)
    table = np.stack([value.ravel() for value in full[1:]], axis=1)
    different, which = np.unique(table, axis=0, return_inverse=True)
    which = which.reshape(full[0].shape)
    groups: list[_Group] = [
        (which == i, full[0][which == i], float(g), float(w), float(z), float(t))
        for i, (g, w, z, t) in enumerate(different)
    ]
    return full[0].shape, groups

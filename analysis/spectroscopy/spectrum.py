"""One measured dI/dV curve, put in order, and the first look at it: noise, symmetry, starting values."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.errors import AnalysisError
from analysis.models.bcs import BOLTZMANN_meV_per_K
from analysis.statistics import robust_sigma

FloatArray = npt.NDArray[np.float64]

#: Fewer values than this cannot carry four parameters and a background.
FEWEST_POINTS = 25


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """dI/dV (n,) in any unit against bias (n,) in mV, in any order; rows that are not numbers are allowed.

    ``modulation_rms_mV`` is the lock-in's excitation on the contact, rms.
    """

    name: str
    bias_mV: FloatArray
    conductance: FloatArray
    temperature_K: float
    field_T: float = 0.0
    modulation_rms_mV: float = 0.0

    def __post_init__(self) -> None:
        if self.bias_mV.ndim != 1 or self.bias_mV.shape != self.conductance.shape:
            raise AnalysisError(f"{self.name}: bias and conductance must be two columns of one length")
        if not 0 < self.temperature_K < np.inf:
            raise AnalysisError(f"{self.name}: the temperature must be above zero; found {self.temperature_K!r} K")
        if not (np.isfinite(self.field_T) and 0 <= self.modulation_rms_mV < np.inf):
            raise AnalysisError(f"{self.name}: field or modulation is not a number, or the modulation negative")

    @property
    def thermal_meV(self) -> float:
        """k T in meV."""
        return BOLTZMANN_meV_per_K * self.temperature_K


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Sorted, averaged at equal bias, without NaN; scaled to about 1 at the largest bias by ``scale``.

    ``noise`` is the standard deviation of a scaled value. ``symmetrised``: the file repeats one half in the other,
    so that only the half of positive bias is kept and the offset is lost.
    """

    bias_mV: FloatArray
    values: FloatArray
    scale: float
    noise: float
    symmetrised: bool
    skipped: int


def prepare(spectrum: Spectrum) -> Prepared:
    """Put a spectrum in order.

    Raises:
        AnalysisError: too few different biases, constant or not positive at large bias.
    """
    good = np.isfinite(spectrum.bias_mV) & np.isfinite(spectrum.conductance)
    skipped = int(np.count_nonzero(~good))
    bias, values = _averaged(spectrum.bias_mV[good], spectrum.conductance[good])
    if bias.size < FEWEST_POINTS:
        raise AnalysisError(f"{bias.size} different biases with a number, {FEWEST_POINTS} are needed")
    outer = np.abs(bias) >= 0.85 * np.max(np.abs(bias))
    scale = float(np.median(values[outer]))
    if not scale > 0:
        raise AnalysisError(f"the conductance at the largest bias is {scale:g}: it must be positive")
    if np.ptp(values) <= 1e-9 * scale:
        raise AnalysisError("the conductance is the same at every bias")
    symmetrised = _is_symmetrised(bias, values)
    if symmetrised:
        bias, values = bias[bias >= 0], values[bias >= 0]
    return Prepared(bias, values / scale, scale, _noise(values / scale), symmetrised, skipped)


def series_ratio(spectrum: Spectrum, series_ohm: float) -> float:
    """A known series resistance over the contact's own normal one; the conductance must be in siemens.

    With G the conductance at the largest biases, of both together: Rs G/(1 - Rs G). At V gaps G is still
    1/(2 V^2) above its normal value, and the ratio with it.

    Raises:
        AnalysisError: the resistance is negative, or not smaller than what was measured of both.
    """
    measured = prepare(spectrum).scale
    if not 0 <= series_ohm * measured < 1:
        raise AnalysisError(
            f"{spectrum.name}: a series resistance of {series_ohm:g} ohm must not be negative, and less than"
            f" the {1 / measured:.4g} ohm of contact and series resistance at the largest bias"
        )
    return series_ohm * measured / (1.0 - series_ohm * measured)


@dataclass(frozen=True, slots=True)
class Start:
    """Starting values of a fit."""

    gap_meV: float
    broadening_meV: float
    transparency: float
    offset_mV: float


def starting_values(data: Prepared, thermal_meV: float) -> Start:
    """Gap from the peak of the symmetrised curve (less kT) or its half height, barrier from the value at zero bias.

    With G0 the normalised conductance at zero bias, 2(1 + Z^2)/(1 + 2Z^2)^2 = G0 is solved for Z.
    """
    offset = 0.0 if data.symmetrised else _centre(data)
    reach = _common_reach(data, offset)
    voltage = np.linspace(0.0, reach, max(50, data.bias_mV.size // 2))
    smooth = _smoothed(data)
    even = np.interp(offset + voltage, data.bias_mV, smooth)
    if not data.symmetrised:
        even = 0.5 * (even + np.interp(offset - voltage, data.bias_mV, smooth))
    top = int(np.argmax(even))
    peak = voltage[top]
    if top <= 2:
        height = 0.5 * (even[0] + 1.0)
        below = np.flatnonzero(even < height)
        gap = voltage[below[0]] if below.size else 0.5 * reach
    else:
        gap = max(peak - thermal_meV, 0.4 * peak)
    zero = float(np.clip(even[0], 1e-3, 1.99))
    x = (1.0 + np.sqrt(1.0 + 4.0 * zero)) / (2.0 * zero)
    gap = float(np.clip(gap, 0.02 * reach, reach))
    return Start(gap, 0.2 * gap, float(1.0 / (1.0 + 0.5 * max(x - 1.0, 0.0))), offset)


def asymmetry(bias_mV: FloatArray, residual: FloatArray, offset_mV: float) -> tuple[float, float]:
    """Rms of the odd part of the residual about the offset, and its significance in standard deviations.

    ``residual`` in units of the noise, at sorted biases; (0, 0) where the biases do not mirror.
    """
    reach = min(bias_mV[-1] - offset_mV, offset_mV - bias_mV[0])
    positive = (bias_mV > offset_mV) & (bias_mV <= offset_mV + reach)
    if np.count_nonzero(positive) < 8:
        return 0.0, 0.0
    mirrored = np.interp(2 * offset_mV - bias_mV[positive], bias_mV, residual)
    odd = 0.5 * (residual[positive] - mirrored)
    count = odd.size
    # pairs of neighbours, so that the noise itself drops out and only what varies slowly counts
    product = float(np.sum(odd[1:] * odd[:-1]))
    power = float(np.sum(odd**2))
    return float(np.sqrt(power / count)), product / power * float(np.sqrt(count)) if power > 0 else 0.0


def _averaged(bias: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    different, where = np.unique(bias, return_inverse=True)
    return different, np.bincount(where, values) / np.bincount(where)


def _is_symmetrised(bias: FloatArray, values: FloatArray) -> bool:
    if np.max(np.abs(bias + bias[::-1])) > 1e-6 * np.ptp(bias):
        return False
    odd = values - values[::-1]
    return float(np.median(np.abs(odd))) <= 1e-3 * float(np.median(np.abs(np.diff(values))))


def _noise(values: FloatArray) -> float:
    """White noise from fourth differences, whose share of the curve itself is the smallest."""
    return robust_sigma(np.diff(values, 4)) / float(np.sqrt(70.0))


def _centre(data: Prepared) -> float:
    """The bias about which the curve mirrors best, within a tenth of the range."""
    shifts = np.linspace(-0.1, 0.1, 81) * 0.5 * np.ptp(data.bias_mV)
    middle = 0.0 if data.bias_mV[0] < 0 < data.bias_mV[-1] else float(0.5 * (data.bias_mV[0] + data.bias_mV[-1]))
    voltage = np.linspace(0.0, 0.8 * _common_reach(data, middle), 200)
    smooth = _smoothed(data)
    centres = middle + shifts[:, None]
    odd = np.interp(centres + voltage, data.bias_mV, smooth) - np.interp(centres - voltage, data.bias_mV, smooth)
    return float(middle + shifts[int(np.argmin(np.sum(odd**2, axis=1)))])


def _common_reach(data: Prepared, offset: float) -> float:
    reach = float(min(data.bias_mV[-1] - offset, offset - data.bias_mV[0]))
    return reach if reach > 0 else float(np.max(np.abs(data.bias_mV)))


def _smoothed(data: Prepared) -> FloatArray:
    return np.convolve(np.pad(data.values, 2, mode="edge"), np.full(5, 0.2), mode="valid")

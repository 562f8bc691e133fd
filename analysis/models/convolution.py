"""Convolving a spectrum that has edges with a smooth kernel, at fixed biases, again and again.

What depends on the biases and the kernel alone is a matrix, made once. What changes from call to call, the spectrum
with its edges at +-Delta that are rounded by the broadening G, is only evaluated at the matrix's energies:

* uniform steps where G is not small against the kernel: the trapezoidal rule's error falls like exp(-2 pi G/h);
* otherwise cells of 1.6 kT with ten Gauss points each, on which the kernel is a polynomial to 1e-9; in the cells
  next to an edge the moments of the spectrum against that polynomial are taken on panels that shrink towards it.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from analysis.models.smearing import Smearing

FloatArray = npt.NDArray[np.float64]

#: Energies (n,) to values (k, n).
Spectrum = Callable[[FloatArray], FloatArray]

_POINTS = 10
_NODE, _WEIGHT = np.polynomial.legendre.leggauss(_POINTS)
_DEGREES = np.arange(_POINTS)
#: From Legendre polynomials at x to the interpolating polynomials of the Gauss points at x.
_TO_LAGRANGE = ((_DEGREES + 0.5) * np.polynomial.legendre.legvander(_NODE, _POINTS - 1) * _WEIGHT[:, None]).T

_LARGEST_MATRIX = 1_500_000
_WIDEST_STEP_kT = 0.8
#: Uniform steps go down by roots of two from the widest, this many times, before cells take over.
_FINEST = 6
_CELL_kT = 1.6


class Convolution:
    """A kernel centred at each of the biases (n,) in mV; values that tend to a constant, ``far`` of the edges."""

    def __init__(self, bias_mV: FloatArray, kernel: Smearing) -> None:
        self._bias = bias_mV
        self._kernel = kernel
        self._lower = float(bias_mV.min()) - kernel.reach_meV
        self._upper = float(bias_mV.max()) + kernel.reach_meV
        self._uniform: dict[int, tuple[FloatArray, FloatArray]] = {}
        self._cells: tuple[FloatArray, FloatArray | None] | None = None

    def apply(
        self, spectrum: Spectrum, gap_meV: float, broadening_meV: float, offset_mV: float = 0.0, share: float = 3.0
    ) -> FloatArray:
        """The convolution (k, n) of a spectrum whose edges are at offset +- gap, analytic within the broadening.

        The spectrum must tend to 0 or be subtracted its limit: energies beyond the kernel's reach are left out.
        ``share`` is the number of uniform steps in one broadening: 3 for 1e-8, 2 for 1e-5.
        """
        widest = _WIDEST_STEP_kT * self._kernel.thermal_meV
        if broadening_meV > 0:
            fineness = max(0, int(np.ceil(2.0 * np.log2(share * widest / broadening_meV))))
            # a finer matrix that is there already is cheaper than another one
            fineness = next((n for n in (fineness, fineness + 1, fineness + 2) if n in self._uniform), fineness)
            step = widest * 0.5 ** (0.5 * fineness)
            if fineness <= _FINEST and self._bias.size * (self._upper - self._lower) / step <= _LARGEST_MATRIX:
                energies, matrix = self._at_step(fineness, step)
                return spectrum(energies) @ matrix.T
        energies, full = self._in_cells()
        edges = (offset_mV - gap_meV, offset_mV + gap_meV)
        moments = self._moments(spectrum, energies, edges, broadening_meV)
        return moments @ full.T if full is not None else self._by_blocks(energies.ravel(), moments)

    def _at_step(self, fineness: int, step: float) -> tuple[FloatArray, FloatArray]:
        if fineness not in self._uniform:
            energies = np.arange(np.floor(self._lower / step), np.ceil(self._upper / step) + 1) * step
            self._uniform[fineness] = energies, self._matrix(energies) * step
        return self._uniform[fineness]

    def _in_cells(self) -> tuple[FloatArray, FloatArray | None]:
        if self._cells is None:
            count = int(np.ceil((self._upper - self._lower) / (_CELL_kT * self._kernel.thermal_meV)))
            length = (self._upper - self._lower) / count
            energies = self._lower + length * (np.arange(count)[:, None] + 0.5 * (1.0 + _NODE))
            small = energies.size * self._bias.size <= _LARGEST_MATRIX
            self._cells = energies, self._matrix(energies.ravel()) if small else None
        return self._cells

    def _matrix(self, energies: FloatArray) -> FloatArray:
        thermal = self._kernel.thermal_meV
        centre = 0.5 * (energies[0] + energies[-1])
        if self._kernel.shifts_meV.size > 1 or energies[-1] - centre > 650 * thermal:
            return self._kernel.kernel(energies[None, :] - self._bias[:, None])
        # exp of a difference as a product of exponentials: n + m of them in place of n times m
        with np.errstate(over="ignore"):
            occupation = np.multiply.outer(
                np.exp((centre - self._bias) / thermal), np.exp((energies - centre) / thermal)
            )
        occupation += 1.0
        np.reciprocal(occupation, out=occupation)
        matrix = occupation * occupation
        np.subtract(occupation, matrix, out=matrix)
        matrix *= 1.0 / thermal
        return np.asarray(matrix, dtype=float)

    def _moments(
        self, spectrum: Spectrum, energies: FloatArray, edges: tuple[float, float], broadening: float
    ) -> FloatArray:
        """Integrals (k, cells x points) of the spectrum against each cell's interpolating polynomials."""
        count = energies.shape[0]
        length = (self._upper - self._lower) / count
        values = spectrum(energies.ravel())
        moments = values.reshape(-1, count, _POINTS) * (0.5 * length * _WEIGHT)
        border = self._lower + length * np.arange(count + 1)
        distance = np.full(count, np.inf)
        for edge in edges:
            outside = np.maximum(np.maximum(border[:-1] - edge, edge - border[1:]), 0.0)
            distance = np.minimum(distance, np.hypot(outside, broadening))
        for cell in np.flatnonzero(distance < 0.75 * length):
            nodes, weights = _graded_panels(border[cell], border[cell + 1], edges, broadening)
            local = (nodes - border[cell]) * (2.0 / length) - 1.0
            basis = np.polynomial.legendre.legvander(local, _POINTS - 1) @ _TO_LAGRANGE
            moments[:, cell, :] = (_finite(spectrum(nodes)) * weights) @ basis
        return np.asarray(moments.reshape(values.shape[0], -1), dtype=float)

    def _by_blocks(self, energies: FloatArray, moments: FloatArray) -> FloatArray:
        """The same product for many energies, with only those within the kernel's reach of each bias."""
        result = np.empty((moments.shape[0], self._bias.size))
        reach = self._kernel.reach_meV
        for part in np.array_split(np.argsort(self._bias), max(1, self._bias.size // 16)):
            near = slice(*np.searchsorted(energies, [self._bias[part[0]] - reach, self._bias[part[-1]] + reach]))
            kernel = self._kernel.kernel(energies[None, near] - self._bias[part, None])
            result[:, part] = moments[:, near] @ kernel.T
        return result


def _graded_panels(
    lower: float, upper: float, edges: tuple[float, float], broadening: float
) -> tuple[FloatArray, FloatArray]:
    """Gauss points on panels no longer than twice their distance from an edge, down to half the broadening."""
    length = upper - lower
    scale = max(abs(lower), abs(upper))
    finest = max(0.5 * broadening, 4e-16 * scale)
    distances = length * 3.0 ** -np.arange(0, max(1, int(np.ceil(np.log(length / finest) / np.log(3.0)))) + 1)
    border = np.unique(
        np.concatenate([[lower, upper], *(edge + s * distances for edge in edges for s in (-1.0, 0.0, 1.0))])
    )
    border = border[(border >= lower) & (border <= upper)]
    half, middle = 0.5 * np.diff(border), 0.5 * (border[1:] + border[:-1])
    nodes = middle[:, None] + half[:, None] * _NODE
    return nodes.ravel(), (half[:, None] * _WEIGHT).ravel()


def _finite(values: FloatArray) -> FloatArray:
    """An integrable infinity that a node hit by rounding counts nothing: its panel is 1e-15 wide."""
    return np.where(np.isfinite(values), values, 0.0)

"""Convolving an even spectrum that has edges with a smooth even kernel, at fixed biases, again and again.

What depends on the biases and the kernel alone is a matrix, made once, on cells of 6.4 kT with 22 Gauss points
each. What changes from call to call, the spectrum with its edges at +-Delta that are rounded by the broadening G,
is only evaluated. Where it is not smooth within a cell, its moments against the cell's interpolating polynomials
take the place of its values: the kernel is such a polynomial to 1e-9. They are taken on panels even in u, with
E = Delta + G sinh u, which are as fine as the edge wants near it and cost only a logarithm of its sharpness.
Without broadening what is left at the edge is a root, and the panels are those of w, with E = Delta +- w^2.
"""

import cmath
import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.models.smearing import Smearing

FloatArray = npt.NDArray[np.float64]

#: Energies (n,), not negative, to values (k, n) of functions that are even in the energy.
#: The array must be a new one: it is worked on in place.
Spectrum = Callable[[FloatArray], FloatArray]

_POINTS, _CELL_kT = 22, 6.4
_NODE, _WEIGHT = np.polynomial.legendre.leggauss(_POINTS)
#: Weights of the barycentric formula for Gauss points.
_BARYCENTRIC = (-1.0) ** np.arange(_POINTS) * np.sqrt((1.0 - _NODE**2) * _WEIGHT)
#: A cell is smooth when the spectrum is analytic in an ellipse whose half axes sum to this, in half cells.
_SMOOTH = 1.7

_PANEL_NODE, _PANEL_WEIGHT = np.polynomial.legendre.leggauss(12)
#: Half a panel is at most this share longer than the distance to what is not analytic: for 4e-9 with 12 points.
_PANEL = 1.0 / 0.9
#: No edge is followed more closely than this share of the gap: what is left out is 1e-6 of the integral.
_SHARPEST = 1e-12
#: The last panel in w before the edge is at most this many times as long as the way to what is not analytic there,
#: its neighbour is longer by the other factor, and none is shorter than the last of these shares of the range.
_ROOT_PANEL, _ROOT_GROWTH, _ROOT_SHORTEST = 2.5, 8.0, 1e-9

#: A larger matrix is kept in blocks about its diagonal; when these are larger as well they are made anew each time.
_LARGEST_MATRIX, _LARGEST_BLOCKS = 80_000, 4_000_000
_ROWS = 48

_Block = tuple[slice, slice, FloatArray]


class _Edge(NamedTuple):
    """For one gap, broadening and root width: all energies, and matrices from panels to their cells' values."""

    key: tuple[float, float, float]
    energies: FloatArray
    cells: tuple[tuple[int, FloatArray], ...]


class Convolution:
    """A kernel centred at each of the biases (n,) in mV, ascending and not negative: the result is even."""

    def __init__(self, bias_mV: FloatArray, kernel: Smearing) -> None:
        self._bias = bias_mV
        self._kernel = kernel
        upper = float(bias_mV.max()) + kernel.reach_meV
        self._count = max(1, math.ceil(upper / (_CELL_kT * kernel.thermal_meV)))
        self._length = upper / self._count
        cells = np.arange(self._count)[:, None] + 0.5 * (1.0 + _NODE)
        self._energies: FloatArray = (self._length * cells).ravel()
        self._unweighted = 2.0 / self._length / _WEIGHT
        self._weights = np.tile(0.5 * self._length * _WEIGHT, self._count)
        small = self._energies.size * bias_mV.size <= _LARGEST_MATRIX
        self._matrix = self._kernel_matrix().T if small else None
        self._kept: list[_Block] | None = None
        self._edge: _Edge | None = None

    def apply(
        self, spectrum: Spectrum, gap_meV: float, broadening_meV: float, root_width: float = 0.0
    ) -> FloatArray:
        """The convolution (k, n) of an even spectrum with edges at +-gap, analytic within the broadening of them.

        The spectrum must tend to 0 or be subtracted its limit: energies beyond the kernel's reach are left out.
        Without broadening the spectrum times w = |E - gap|^(1/2) must be analytic in w on either side of the edge,
        for positive real parts of w and within ``root_width`` [meV^(1/2)] of w = 0 (0: where that is not known).
        """
        # read once: another thread may set it for another gap meanwhile
        edge = self._edge
        if edge is None or edge.key != (gap_meV, broadening_meV, root_width):
            edge = self._edge = self._edge_at(gap_meV, broadening_meV, root_width)
        values = spectrum(edge.energies)
        if not edge.cells:
            return self._carry(values)
        if broadening_meV < _SHARPEST * gap_meV and not math.isfinite(values.sum()):
            # an integrable infinity that rounding puts a node on counts nothing
            values[~np.isfinite(values)] = 0.0
        regular, start = values[:, : self._energies.size], self._energies.size
        for cell, moments in edge.cells:
            regular[:, cell * _POINTS : (cell + 1) * _POINTS] = values[:, start : start + len(moments)] @ moments
            start += len(moments)
        return self._carry(regular)

    def _edge_at(self, gap: float, broadening: float, root_width: float) -> _Edge:
        """What the spectrum has to be evaluated at, and what is made of it in the cells with an edge."""
        sharp, energies, cells = max(broadening, _SHARPEST * gap), [self._energies], []
        for cell in self._edge_cells(gap, broadening):
            if broadening > 0:
                nodes, weights = self._panels(cell, gap, sharp)
            else:
                nodes, weights = self._root_panels(cell, gap, root_width)
            share, total = _lagrange((nodes - cell * self._length) * (2.0 / self._length) - 1.0)
            share *= (weights / total)[:, None]
            share *= self._unweighted
            energies.append(nodes)
            cells.append((cell, share))
        return _Edge((gap, broadening, root_width), np.concatenate(energies), tuple(cells))

    def _edge_cells(self, gap: float, broadening: float) -> list[int]:
        """The cells in which the edge shows."""
        half = 0.5 * self._length
        inside = int(gap / self._length)
        cells = []
        for cell in range(max(inside - 1, 0), min(inside + 2, self._count)):
            z = complex(gap - (cell + 0.5) * self._length, broadening) / half
            axis = abs(z + cmath.sqrt(z - 1.0) * cmath.sqrt(z + 1.0))
            if max(axis, 1.0 / axis) < _SMOOTH:
                cells.append(cell)
        return cells

    def _panels(self, cell: int, edge: float, sharp: float) -> tuple[FloatArray, FloatArray]:
        """Nodes and weights of one cell, panel after panel in u."""
        ends = [math.asinh((border * self._length - edge) / sharp) for border in (cell, cell + 1)]
        border = np.array(_borders(ends[0], ends[1], math.pi * self._kernel.thermal_meV / sharp))
        half = (0.5 * (border[1:] - border[:-1]))[:, None]
        grown = np.exp(border[:-1, None] + half * (1.0 + _PANEL_NODE))
        grown *= 0.5 * sharp
        falling = (0.25 * sharp * sharp) / grown
        weights = (half * _PANEL_WEIGHT) * (grown + falling)
        return (edge + (grown - falling)).ravel(), weights.ravel()

    def _root_panels(self, cell: int, edge: float, width: float) -> tuple[FloatArray, FloatArray]:
        """Nodes and weights of one cell in w, on either side of the edge."""
        lower, upper = cell * self._length - edge, (cell + 1) * self._length - edge
        above = _root_borders(max(lower, 0.0), upper, width)
        below = _root_borders(max(-upper, 0.0), -lower, width)
        near, far = np.array(above[1:] + below[1:])[:, None], np.array(above[:-1] + below[:-1])[:, None]
        half = 0.5 * (far - near)
        root = near + half * (1.0 + _PANEL_NODE)
        weights = (2.0 * half * _PANEL_WEIGHT) * root
        root *= root
        count = len(above[1:])
        np.negative(root[count:], out=root[count:])
        nodes = edge + root
        # where rounding puts a node on the edge there may be a large number, on next to nothing
        weights *= nodes != edge
        return nodes.ravel(), weights.ravel()

    def _carry(self, values: FloatArray) -> FloatArray:
        return values @ self._matrix if self._matrix is not None else self._by_blocks(values * self._weights)

    def _kernel_matrix(self) -> FloatArray:
        """The kernel times the weights, folded: what an even spectrum has at -E is added at E."""
        thermal, energies, bias = self._kernel.thermal_meV, self._energies, self._bias
        centre = 0.5 * float(energies[-1])
        if self._kernel.shifts_meV.size > 1 or centre > 650 * thermal:
            matrix = self._kernel.kernel(energies[None, :] - bias[:, None])
            matrix += self._kernel.kernel(energies[None, :] + bias[:, None])
            return np.asarray(matrix * self._weights, dtype=float)
        # exp of a difference as a product of exponentials: n + m of them in place of n times m
        with np.errstate(over="ignore"):
            matrix = np.multiply.outer(np.exp((centre - bias) / thermal), np.exp((energies - centre) / thermal))
        _hump(matrix)
        rows = bias < self._kernel.reach_meV
        columns = slice(int(np.searchsorted(energies, self._kernel.reach_meV)))
        mirrored = np.multiply.outer(np.exp(-bias[rows] / thermal), np.exp(-energies[columns] / thermal))
        matrix[rows, columns] += _hump(mirrored)
        matrix *= self._weights / thermal
        return np.asarray(matrix, dtype=float)

    def _by_blocks(self, moments: FloatArray) -> FloatArray:
        """The same product for many energies, with only those within the kernel's reach of each bias."""
        result = np.empty((moments.shape[0], self._bias.size))
        per_bias = 2.0 * self._kernel.reach_meV / self._length * _POINTS
        if self._kept is None and self._bias.size * per_bias <= _LARGEST_BLOCKS:
            self._kept = list(self._blocks())
        for part, near, kernel in self._kept or self._blocks():
            result[:, part] = moments[:, near] @ kernel.T
        return result

    def _blocks(self) -> Iterator[_Block]:
        reach, energies = self._kernel.reach_meV, self._energies
        count = self._bias.size
        for first in range(0, count, _ROWS):
            part = slice(first, min(first + _ROWS, count))
            bias = self._bias[part, None]
            near = slice(*np.searchsorted(energies, [bias[0, 0] - reach, bias[-1, 0] + reach]).tolist())
            yield (
                part,
                near,
                self._kernel.kernel(energies[near] - bias) + self._kernel.kernel(energies[near] + bias),
            )


def _hump(power: FloatArray) -> FloatArray:
    """x/(1 + x)^2 in place."""
    power += 1.0
    np.reciprocal(power, out=power)
    power -= power * power
    return power


def _borders(lower: float, upper: float, pole: float) -> list[float]:
    """Panels of [lower, upper] in u. The spectrum is analytic for |Im u| < pi/2, the kernel within ``pole``.

    The kernel's nearest pole is ``pole`` above a real energy (in units of the broadening): seen from u it is
    arctan(pole/sinh u) away, which grows shorter with the distance from the edge. Panels of one length fill the
    middle, where that is as good as pi/2.
    """
    middle = max(1.7, math.asinh(0.02 * pole))

    def longest(u: float) -> float:
        return 2.0 * _PANEL * math.atan2(pole, abs(math.sinh(u)))

    down, up = [upper], [lower]
    while down[-1] > max(middle, lower) and down[-1] - lower > longest(down[-1]):
        down.append(down[-1] - longest(down[-1]))
    while up[-1] < min(-middle, down[-1]) and down[-1] - up[-1] > longest(up[-1]):
        up.append(up[-1] + longest(up[-1]))
    left, right = up[-1], down[-1]
    parts = max(1, math.ceil((right - left) / longest(max(abs(left), abs(right)))))
    between = [left + (right - left) * i / parts for i in range(1, parts)]
    return [*up, *between, *reversed(down)]


def _root_borders(near: float, far: float, width: float) -> list[float]:
    """Panels of distances [near, far] from the edge as falling borders in w; none if there is no such distance.

    Two are for the kernel, whose cell they share; from the edge on they grow in proportion.
    """
    if far <= near:
        return []
    first, last = math.sqrt(near), math.sqrt(far)
    borders, border = [last], 0.5 * last
    while border > max(first, _ROOT_SHORTEST * last):
        borders.append(border)
        if border <= _ROOT_PANEL * width:
            break
        border /= _ROOT_GROWTH
    return [*borders, first]


def _lagrange(local: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The interpolating polynomials of the Gauss points (m, points) at coordinates (m,), and their sums (m,)."""
    apart = local[:, None] - _NODE
    apart += 1e-300  # where a coordinate is a Gauss point, only that point counts
    share = _BARYCENTRIC / apart
    return share, share.sum(axis=1)

"""Current and conductance of a contact, read off within microseconds wherever temperature and gap go.

In units of kT a spectrum depends on two numbers that change, d = Delta/kT and G/kT. Spectra of
:func:`analysis.models.btk.conductance` are made where they are first needed on a lattice in d (steps of 1/8) and
ln T (steps of 1/50) and read in between, cubic in d and straight in ln T: within 2e-5 of the law, a tenth of what a
good lock-in resolves. A spectrum in between lives on a grid of eV/kT in steps of 1/5 with its slopes, continued by
the law's tail 1 + a/V^2 + b/V^4.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline

from analysis.models.bcs import BOLTZMANN_meV_per_K
from analysis.models.btk import conductance

FloatArray = npt.NDArray[np.float64]

_STEP_X, _STEP_D, _STEP_LN_T = 0.2, 1 / 8, 1 / 50
#: Beyond the gap by this much, in kT, a spectrum is smooth on the scale of the bias itself.
_BEYOND = 16.0
#: The grid ends at so many gaps and kT.
_GAPS, _THERMAL = 8.0, 25.0
#: Points of the smooth part; enlarging from one to the next by some 5 %.
_SMOOTH_POINTS = 48
_NEWTON, _CLOSE = 12, 1e-9


@dataclass(frozen=True)
class ContactLaw:
    """What stays the same of a contact: barrier Z, lifetime broadening, and the largest gap it will have."""

    barrier: float
    broadening_meV: float
    largest_gap_meV: float


class Spectrum:
    """Conductance over that of the normal state at x = eV/kT, its integral i(x), and the inverse of that.

    ``values`` and ``slopes`` (n,) on the grid from 0; both functions are even and odd in turn.
    """

    def __init__(self, values: FloatArray, slopes: FloatArray) -> None:
        h = _STEP_X
        pieces = 0.5 * h * (values[1:] + values[:-1]) + h * h / 12.0 * (slopes[:-1] - slopes[1:])
        self._current: list[float] = [0.0, *np.cumsum(pieces).tolist()]
        self._value: list[float] = values.tolist()
        self._slope: list[float] = slopes.tolist()
        self._end: float = h * (values.size - 1)
        excess, slope = self._value[-1] - 1.0, self._slope[-1]
        quartic = -(slope * self._end + 2.0 * excess) / 2.0
        self._tail: tuple[float, float] = (excess - quartic, quartic)

    def conductance(self, x: float) -> float:
        """At x = eV/kT."""
        x = abs(x)
        if x >= self._end:
            share: float = (self._end / x) ** 2
            return 1.0 + share * (self._tail[0] + share * self._tail[1])
        cell = min(int(x / _STEP_X), len(self._value) - 2)
        s0, m0, c2, c3 = self._cubic(cell)
        y = x - cell * _STEP_X
        return s0 + y * (m0 + y * (c2 + y * c3))

    def bias(self, current: float) -> tuple[float, float]:
        """x at which i(x) is this (in kT/e R_n), and the conductance there."""
        size = abs(current)
        if size >= self._current[-1]:
            x = self._beyond(size)
            return math.copysign(x, current), self.conductance(x)
        cell = bisect_right(self._current, size) - 1
        s0, m0, c2, c3 = self._cubic(cell)
        wanted = size - self._current[cell]
        y = min(wanted / s0, _STEP_X)
        for _ in range(_NEWTON):
            value = s0 + y * (m0 + y * (c2 + y * c3))
            step = (wanted - y * (s0 + y * (0.5 * m0 + y * (c2 / 3.0 + y * 0.25 * c3)))) / value
            y += step
            if abs(step) < _CLOSE:
                break
        return math.copysign(cell * _STEP_X + y, current), s0 + y * (m0 + y * (c2 + y * c3))

    def _cubic(self, cell: int) -> tuple[float, float, float, float]:
        h, (s0, s1), (m0, m1) = _STEP_X, self._value[cell : cell + 2], self._slope[cell : cell + 2]
        rise = (s1 - s0) / h
        return s0, m0, (3.0 * rise - 2.0 * m0 - m1) / h, (m0 + m1 - 2.0 * rise) / (h * h)

    def _beyond(self, current: float) -> float:
        end, (square, quartic) = self._end, self._tail
        x = end + (current - self._current[-1])
        for _ in range(_NEWTON):
            share = end / x
            tail = end * (square * (1.0 - share) + quartic * (1.0 - share**3) / 3.0)
            step = (current - self._current[-1] - (x - end) - tail) / self.conductance(x)
            x = max(x + step, end)
            if abs(step) < _CLOSE * x:
                break
        return x


def spectrum(law: ContactLaw, temperature_K: float, gap_meV: float) -> Spectrum:
    """The spectrum of a contact at any temperature and gap above zero."""
    place = math.log(temperature_K) / _STEP_LN_T
    node = math.floor(place)
    ratio = gap_meV / (BOLTZMANN_meV_per_K * temperature_K)
    low, high = _at_node(law, node, ratio), _at_node(law, node + 1, ratio)
    size, share = min(low.shape[1], high.shape[1]), place - node
    both = (1.0 - share) * low[:, :size] + share * high[:, :size]
    return Spectrum(both[0], both[1])


def _at_node(law: ContactLaw, node: int, ratio: float) -> FloatArray:
    """Values and slopes (2, n) at a temperature of the lattice: cubic through the four nearest d."""
    place = ratio / _STEP_D
    first = math.floor(place)
    u = place - first
    weights = (
        -u * (u - 1.0) * (u - 2.0) / 6.0,
        (u * u - 1.0) * (u - 2.0) / 2.0,
        -u * (u + 1.0) * (u - 2.0) / 2.0,
        u * (u * u - 1.0) / 6.0,
    )
    # spectra are even in the gap
    parts = [weight * _sample(law, node, abs(first - 1 + k)) for k, weight in enumerate(weights)]
    return np.asarray(parts[0] + parts[1] + parts[2] + parts[3])


@lru_cache(maxsize=4096)
def _sample(law: ContactLaw, node: int, index: int) -> FloatArray:
    """Values and slopes (2, n) of the law itself on the grid, at one point of the lattice."""
    temperature_K = math.exp(node * _STEP_LN_T)
    thermal = BOLTZMANN_meV_per_K * temperature_K
    size = math.ceil((_GAPS * law.largest_gap_meV / thermal + _THERMAL) / _STEP_X) + 1
    grid = _STEP_X * np.arange(size)
    if index == 0:
        return np.stack([np.ones(size), np.zeros(size)])
    ratio = index * _STEP_D
    core = grid[grid <= ratio + _BEYOND]
    if core.size < size:
        smooth = core[-1] * (grid[-1] / core[-1]) ** (np.arange(1, _SMOOTH_POINTS + 1) / _SMOOTH_POINTS)
        core = np.concatenate([core, smooth])
    values = conductance(core * thermal, ratio * thermal, law.broadening_meV, law.barrier, temperature_K)
    spline = CubicSpline(core, values, bc_type=((1, np.array(0.0)), "not-a-knot"))
    made = np.stack([spline(grid), spline(grid, 1)])
    made.flags.writeable = False
    return made

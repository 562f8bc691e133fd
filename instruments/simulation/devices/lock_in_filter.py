"""The output filter of a lock-in: a cascade of equal RC stages, updated exactly between two moments.

With time constant T, a = dt/T, and the input going in a straight line from one moment to the next, stage k
follows the line with a lag of k T times its slope; what deviates from that decays as
``e_k -> exp(-a) sum_j a^j/j! e_(k-j)``. White noise of density S at the input leaves stages i and j with the
covariance ``S^2/(2 T) C(i+j-2, i-1) / 2^(i+j-1)``, so that the last of n stages shows ``S sqrt(ENBW)`` with
ENBW = 1/(4T), 1/(8T), 3/(32T), 5/(64T). Between two moments the noise that is new has the covariance
``C - A C A^T``, A being the decay above; drawing it so gives successive readings their right correlation.
"""

import math
from functools import lru_cache

import numpy as np

_DECAYED = 60.0
Matrix = tuple[tuple[float, ...], ...]


def equivalent_noise_bandwidth(time_constant_s: float, order: int) -> float:
    """Equivalent noise bandwidth in Hz of ``order`` RC stages (SR830 manual: 1/4T, 1/8T, 3/32T, 5/64T)."""
    return math.comb(2 * order - 2, order - 1) / float(2 ** (2 * order)) / time_constant_s


def _stationary(order: int) -> list[list[float]]:
    """Covariance of the stages in units of S^2 / T."""
    stages = range(1, order + 1)
    return [[math.comb(i + j - 2, i - 1) / float(2 ** (i + j)) for j in stages] for i in stages]


def _decay(order: int, a: float) -> list[float]:
    """First column of A: ``exp(-a) a^j / j!``."""
    column = [math.exp(-a)]
    for j in range(1, order):
        column.append(column[-1] * a / j)
    return column


@lru_cache(maxsize=512)
def _noise_factor(order: int, a: float) -> Matrix:
    """Lower triangle L with L L^T = C - A C A^T, in units of S / sqrt(T)."""
    stationary = _stationary(order)
    if a < _DECAYED:
        column = _decay(order, a)
        decay = np.array([[column[i - j] if i >= j else 0.0 for j in range(order)] for i in range(order)])
        covariance = np.array(stationary)
        covariance = covariance - decay @ covariance @ decay.T
    else:
        covariance = np.array(stationary)
    lower = [[0.0] * order for _ in range(order)]
    for i in range(order):
        for j in range(i + 1):
            rest = float(covariance[i, j]) - sum(lower[i][k] * lower[j][k] for k in range(j))
            if i == j:  # rounding leaves late pivots of very short steps at or below zero: no new noise there
                lower[i][i] = math.sqrt(max(rest, 0.0))
            elif lower[j][j] > 0.0:
                lower[i][j] = rest / lower[j][j]
    return tuple(tuple(row) for row in lower)


class FilterCascade:
    """X + iY behind ``order`` stages. The state is that of every stage, noise included."""

    def __init__(self, noise: np.random.Generator) -> None:
        self._noise = noise
        self._stages: list[complex] = [0j]
        self._input = 0j

    @property
    def output(self) -> complex:
        """X + iY in V rms."""
        return self._stages[-1]

    @property
    def input(self) -> complex:
        """What the filter followed last."""
        return self._input

    def set_order(self, order: int) -> None:
        """Change the number of stages; new ones start at the output shown now."""
        self._stages = (self._stages + [self._stages[-1]] * order)[:order]

    def jump(self, signal_V: complex) -> None:
        """The input changed at once (a knob was turned): the next line starts here."""
        self._input = signal_V

    def advance(self, dt_s: float, signal_V: complex, time_constant_s: float, noise_V_per_sqrtHz: float) -> None:
        """Bring the filter to the moment at which the input is ``signal_V``, ``dt_s`` after the last one."""
        if dt_s <= 0.0:
            self._input = signal_V
            return
        order = len(self._stages)
        a = dt_s / time_constant_s
        lag = (signal_V - self._input) / a
        column = _decay(order, a) if a < _DECAYED else [0.0] * order
        deviation = [stage - self._input + (k + 1) * lag for k, stage in enumerate(self._stages)]
        factor = _noise_factor(order, round(a, 9))
        scale = noise_V_per_sqrtHz / math.sqrt(time_constant_s)
        draws = self._noise.standard_normal(2 * order).tolist()
        stages = []
        for k in range(order):
            value = signal_V - (k + 1) * lag
            new = 0j
            for j in range(k + 1):
                value += column[k - j] * deviation[j]
                new += factor[k][j] * complex(draws[j], draws[order + j])
            stages.append(value + scale * new)
        self._stages = stages
        self._input = signal_V

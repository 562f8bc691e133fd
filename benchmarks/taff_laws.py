"""How far is the nearest wrong law of U0(H)? By fits of its own, not by those judged."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from analysis.activation_law import BROKEN, PARABOLIC

FloatArray = npt.NDArray[np.float64]

_GRID = 400


def distance(law: str, field_T: FloatArray, log_energy: FloatArray, covariance: FloatArray) -> float:
    """Least chi2 of the laws that did not make these energies, which are without noise.

    Of a broken power law, those with a single field on one side of the crossover count among the wrong ones: their
    exponent there and their crossover are anything. Not a number for a power law, which all others contain.
    """
    root = np.linalg.cholesky(covariance)
    logs, target = np.log(field_T), np.linalg.solve(root, log_energy)
    ones = np.ones_like(logs)

    def chi2(*columns: FloatArray, taken: FloatArray | float = 0.0) -> float:
        design = np.linalg.solve(root, np.column_stack(columns))
        rest = target - np.linalg.solve(root, taken * ones)
        rest = rest - design @ np.linalg.lstsq(design, rest, rcond=None)[0]
        return float(rest @ rest)

    def broken(crossover: float) -> float:
        away = logs - crossover
        return chi2(ones, np.minimum(away, 0.0), np.maximum(away, 0.0))

    def parabolic(share: float) -> float:
        return chi2(ones, logs, taken=2.0 * np.log1p(-share * field_T / field_T.max()))

    fields = np.unique(logs)
    if law == BROKEN:
        ends = (0.5 * (fields[0] + fields[1]), 0.5 * (fields[-2] + fields[-1]))
        return min(chi2(ones, logs), _least(parabolic, 0.0, 1.0 - 1e-9), *map(broken, ends))
    if law == PARABOLIC:
        return min(chi2(ones, logs), _least(broken, float(fields[0]), float(fields[-1])))
    return float("nan")


def _least(function: Callable[[float], float], start: float, end: float) -> float:
    grid = np.linspace(start, end, _GRID)
    values = [function(float(x)) for x in grid]
    best = int(np.argmin(values))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, _GRID - 1)]
    found = minimize_scalar(function, bounds=(low, high), method="bounded")
    return min(float(found.fun), values[best])

"""Where a measured curve is largest: the maximum of a local polynomial, for few points in uneven steps."""

from dataclasses import dataclass, replace

import numpy as np

from analysis.curves import FloatArray
from analysis.errors import AnalysisError
from analysis.statistics import chi2_probability, weighted_least_squares

#: Points that fix the place, from the narrowest to the widest top; from the second on a quartic.
WINDOWS, QUARTIC_FROM = (5, 7, 9, 11, 13), 7
#: A value above so many errors has a logarithm.
LOGARITHM_FROM = 8.0
#: Improbable scatter about the polynomial enlarges its errors.
LEAST_PROBABILITY = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class LocalMaximum:
    """A maximum: its place and value with errors, and what they rest on.

    ``weights`` (n,) says how the place follows every value; ``error`` is that of the values alone, ``growth`` (in
    it) the factor by which their scatter was larger than told, ``model_error`` that of the choice of the law.
    """

    place: float
    error: float
    model_error: float
    growth: float
    weights: FloatArray
    value: float
    value_error: float
    window: tuple[float, float]

    @property
    def whole_error(self) -> float:
        """Both errors together."""
        return float(np.hypot(self.error, self.model_error))


def local_maximum(
    x: FloatArray, y: FloatArray, sigma: FloatArray, top: int, left: int, right: int
) -> LocalMaximum | None:
    """The maximum near the point ``top`` and between the points ``left`` and ``right``; None where there is none.

    Polynomials in y, or in ln y, which is largest at the same place. Of windows and laws the one that knows the
    place best counts. What the next even power moves the place by, beyond what noise allows, is in the error.
    """
    best: LocalMaximum | None = None
    for logarithm in (False, True):
        for width in WINDOWS:
            around = _nearest(x, top, width, left, right)
            if around is None or (logarithm and np.any(y[around] < LOGARITHM_FROM * sigma[around])):
                continue
            order = 4 if width >= QUARTIC_FROM else 2
            quoted = _fit(x, y, sigma, around, order, logarithm)
            if quoted is None or (best is not None and quoted.error >= best.whole_error):
                continue
            found = replace(quoted, model_error=_excess(quoted, _fit(x, y, sigma, around, order + 2, logarithm)))
            if best is None or found.whole_error < best.whole_error:
                best = found
    return best


def _nearest(x: FloatArray, top: int, width: int, left: int, right: int) -> slice | None:
    """The ``width`` points nearest to the top, between the valleys; None where there are not so many."""
    first = last = top
    while last - first + 1 < width:
        down = x[top] - x[first - 1] if first > left else np.inf
        up = x[last + 1] - x[top] if last < right else np.inf
        if not np.isfinite(min(down, up)):
            return None
        first, last = (first - 1, last) if down < up else (first, last + 1)
    return slice(first, last + 1)


def _excess(quoted: LocalMaximum, tested: LocalMaximum | None) -> float:
    if tested is None:
        return 0.0
    allowed = max(tested.error**2 - quoted.error**2, 0.0)
    return float(np.sqrt(max((tested.place - quoted.place) ** 2 - allowed, 0.0)))


def _fit(
    x: FloatArray, y: FloatArray, sigma: FloatArray, around: slice, order: int, logarithm: bool
) -> LocalMaximum | None:
    r, error = y[around], np.maximum(sigma[around], 1e-9 * float(np.max(np.abs(y))))
    slope_of_law = 1.0 / r if logarithm else np.ones_like(r)
    values = np.log(r) if logarithm else r
    near = x[around]
    if near.size <= order:
        return None
    centre, half = 0.5 * float(near[0] + near[-1]), 0.5 * float(near[-1] - near[0])
    design = np.vander((near - centre) / half, order + 1, increasing=True)
    weight = 1.0 / (error * np.abs(slope_of_law))
    try:
        fit = weighted_least_squares(design, values, 1.0 / weight)
    except AnalysisError:
        return None
    x0 = _maximum(fit.coefficients)
    if x0 is None:
        return None
    growth = 1.0
    if fit.dof > 0 and chi2_probability(fit.chi2, fit.dof) < LEAST_PROBABILITY:
        growth = float(np.sqrt(fit.chi2 / fit.dof))
    line = np.polynomial.Polynomial(fit.coefficients)
    powers = np.arange(order + 1)
    gradient = -powers * x0 ** np.maximum(powers - 1, 0) / float(line.deriv(2)(x0))
    by_values = fit.covariance @ (design * weight[:, None] ** 2).T
    weights = np.zeros_like(y)
    weights[around] = half * (gradient @ by_values) * slope_of_law
    place_error = growth * float(np.sqrt(np.sum((weights[around] * error) ** 2)))
    at = x0 ** powers.astype(float)
    value, value_error = float(line(x0)), growth * float(np.sqrt(at @ fit.covariance @ at))
    if logarithm:
        value = float(np.exp(value))
        value_error *= value
    window = (float(near[0]), float(near[-1]))
    return LocalMaximum(centre + half * x0, place_error, 0.0, growth, weights, value, value_error, window)


def _maximum(coefficients: FloatArray) -> float | None:
    """The largest value of a polynomial inside [-1, 1], None where it is at an end."""
    line = np.polynomial.Polynomial(coefficients)
    slope, bend = line.deriv(), line.deriv(2)
    grid = np.linspace(-0.95, 0.95, 191)
    x0 = float(grid[int(np.argmax(line(grid)))])
    for _ in range(20):
        if not float(bend(x0)) < 0:
            return None
        move = -float(slope(x0)) / float(bend(x0))
        x0 = min(max(x0 + move, -1.0), 1.0)
        if abs(move) < 1e-12:
            break
    return x0 if abs(x0) < 1.0 else None

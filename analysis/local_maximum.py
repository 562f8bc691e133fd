"""Where measured curves are largest: the maximum of a local polynomial, for few points in uneven steps.

The place of a maximum is that of any rising function of the values too. Polynomials are fitted to the values y or
to their log-odds ln(y/(c - y)) with a ceiling c above all of them, in which a resistance is smooth that is
exponentially small or close to the normal one. In too wide a window a polynomial is biased, by nearly the power of
its width that its order is: what two more powers move the place by in wide windows, where that is seen, tells it
for the narrow ones, where it is hidden in the noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.curves import FloatArray
from analysis.statistics import chi2_probability

IndexArray = npt.NDArray[np.int_]

#: Points that fix the place, from the narrowest to the widest top, and orders of the polynomials through them.
WINDOWS, ORDERS = (5, 7, 9, 11, 13, 17, 21, 27, 35), (4, 6)
#: A value above so many errors has a logarithm; the ceiling is above the largest value by this share of it.
LOGARITHM_FROM, HEADROOM = 8.0, 0.05
#: Improbable scatter about the polynomial enlarges its errors.
LEAST_PROBABILITY = 0.01
#: The bias counts so many times in the choice of a window: an error may be a little larger, not wrong on one side.
BIAS_WEIGHT = 6.0
#: A curve whose place moves by more than so many errors of the move has a bias of its own.
OWN_BIAS_SIGMAS = 2.0
#: No place is known better than this share of a step between points: biases too small to be seen are of this size.
STEP_SHARE = 3e-3
#: The curvature at a maximum must be so many of its errors.
CERTAIN_BEND = 3.0

_Law = Literal["odds", "plain"]


@dataclass(frozen=True, slots=True, eq=False)
class LocalMaximum:
    """A maximum: its place and value with errors, and what they rest on.

    ``weights`` (n,) says how the place follows every value; ``error`` is that of the values alone, ``growth`` (in
    it) the factor by which their scatter was larger than told, ``model_error`` the bias that the polynomial may
    have, which all curves of one call share, ``own_model_error`` that which this one alone shows.
    """

    place: float
    error: float
    model_error: float
    own_model_error: float
    growth: float
    weights: FloatArray
    value: float
    value_error: float
    window: tuple[float, float]

    @property
    def whole_error(self) -> float:
        """All errors together."""
        return float(np.sqrt(self.error**2 + self.model_error**2 + self.own_model_error**2))


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Curves y (m, n) at the same x (n,), rising. Errors ``own`` (m, n) are independent, ``shared`` (m, n) common.

    ``tops``, ``lefts`` and ``rights`` (m,) are points: the maximum is near the first and between the others.
    """

    x: FloatArray
    y: FloatArray
    own: FloatArray
    shared: FloatArray
    tops: IndexArray
    lefts: IndexArray
    rights: IndexArray

    def spread(self, weights: FloatArray, mix: FloatArray) -> float:
        """Variance of the mean with weights ``mix`` (m,) of numbers that follow y with ``weights`` (m, n)."""
        alone = np.sum((mix[:, None] * weights * self.own) ** 2)
        return float(alone + np.sum(np.sum(mix[:, None] * weights * self.shared, axis=0) ** 2))


@dataclass(frozen=True, slots=True, eq=False)
class _Fits:
    """Fits of all curves with one law in windows of one width; nan where there is none."""

    place: FloatArray
    error: FloatArray
    growth: FloatArray
    weights: FloatArray
    value: FloatArray
    value_error: FloatArray
    half_width: FloatArray

    @property
    def good(self) -> npt.NDArray[np.bool_]:
        return np.isfinite(self.place)


@dataclass(slots=True, eq=False)
class _Choice:
    """One law and width: its fits, the variance of the mean place, and the bias seen there."""

    width: int
    fits: _Fits
    variance: float
    bias: float
    own_bias: FloatArray
    half_width: float
    floor: float


def local_maxima(
    curves: Curves, odds: bool = True, orders: Sequence[int] = ORDERS, widest: int = WINDOWS[-1]
) -> list[LocalMaximum | None]:
    """The maximum of every curve; None where there is none, or too few points between its sides.

    ``odds`` False: only the values themselves, as where they are negative. ``widest``: points of a window at most.
    Law, order and window are chosen for all curves together by the error of their mean place.
    """
    choices: list[_Choice] = []
    laws: tuple[_Law, ...] = ("odds", "plain") if odds else ("plain",)
    fits = _Library(curves)
    for law, order in product(laws, orders):
        family = _told_by_wider(_family(fits, law, order), order)
        choices += [one for one in family if one.width <= widest]
    choices.sort(key=lambda one: one.variance + (BIAS_WEIGHT * one.bias) ** 2 + one.floor**2)
    found: list[LocalMaximum | None] = []
    for row in range(curves.y.shape[0]):
        choice = next((one for one in choices if one.fits.good[row]), None)
        found.append(None if choice is None else _taken(choice, row))
    return found


def _told_by_wider(family: list[_Choice], order: int) -> list[_Choice]:
    """The same with biases that are no smaller than what wider windows say of narrower ones."""
    for one in family:
        wider = [other for other in family if other.half_width >= one.half_width]
        shares = [(one.half_width / other.half_width) ** order for other in wider]
        one.bias = max((share * other.bias for share, other in zip(shares, wider, strict=True)), key=abs)
        one.own_bias = np.max([share * other.own_bias for share, other in zip(shares, wider, strict=True)], axis=0)
    return family


def _taken(choice: _Choice, row: int) -> LocalMaximum:
    fits = choice.fits
    # the mean bias is taken off, and half of it may be wrong
    place, half = float(fits.place[row]) + choice.bias, float(fits.half_width[row])
    return LocalMaximum(
        place,
        float(fits.error[row]),
        float(np.hypot(0.5 * choice.bias, choice.floor)),
        float(choice.own_bias[row]),
        float(fits.growth[row]),
        fits.weights[row],
        float(fits.value[row]),
        float(fits.value_error[row]),
        (place - half, place + half),
    )


class _Library:
    """Fits that are asked for more than once, made once."""

    def __init__(self, curves: Curves) -> None:
        self.curves = curves
        self._known: dict[tuple[_Law, int, int], _Fits] = {}

    def get(self, law: _Law, width: int, order: int) -> _Fits:
        """All curves with one law, width and order."""
        key = (law, width, order)
        if key not in self._known:
            self._known[key] = _fits(self.curves, law, width, order)
        return self._known[key]


def _family(fits: _Library, law: _Law, order: int) -> list[_Choice]:
    """All widths of one law and order."""
    family, curves = [], fits.curves
    for width in WINDOWS:
        if not order < width <= curves.x.size:
            continue
        quoted = fits.get(law, width, order)
        if not np.any(quoted.good):
            continue
        tested = fits.get(law, max(width, order + 3), order + 2)
        mix = np.where(quoted.good, 1.0 / np.maximum(quoted.error, 1e-300) ** 2, 0.0)
        variance = curves.spread(_known(quoted), mix / np.sum(mix))
        growth = float(np.sum(mix * np.where(quoted.good, quoted.growth, 0.0)) / np.sum(mix))
        bias, own_bias = _biases(curves, quoted, tested, mix)
        half = float(np.mean(quoted.half_width[quoted.good]))
        step = STEP_SHARE * _step(curves, quoted.good)
        family.append(_Choice(width, quoted, growth**2 * variance, bias, own_bias, half, step))
    return family


def _step(curves: Curves, good: npt.NDArray[np.bool_]) -> float:
    """Mean step of x beside the tops."""
    tops = np.clip(curves.tops[good], 1, curves.x.size - 2)
    return float(np.mean(curves.x[tops + 1] - curves.x[tops - 1])) / 2.0


def _biases(curves: Curves, quoted: _Fits, tested: _Fits, mix: FloatArray) -> tuple[float, FloatArray]:
    """What two more powers move the mean place by, beyond what noise allows; and every single place (m,)."""
    both = quoted.good & tested.good
    if not np.any(both):
        return 0.0, np.zeros(both.size)
    moved = np.where(both, tested.place - quoted.place, 0.0)
    lever = np.where(both[:, None], _known(tested) - _known(quoted), 0.0)
    mix = np.where(both, mix, 0.0) / np.sum(mix[both])
    mean = float(np.sum(mix * moved))
    bias = float(np.copysign(np.sqrt(max(mean**2 - curves.spread(lever, mix), 0.0)), mean))
    allowed = np.sum(lever**2 * (curves.own**2 + curves.shared**2), axis=1)
    return bias, np.sqrt(np.maximum(moved**2 - OWN_BIAS_SIGMAS**2 * allowed, 0.0))


def _known(fits: _Fits) -> FloatArray:
    return np.where(fits.good[:, None], fits.weights, 0.0)


def _fits(curves: Curves, law: _Law, width: int, order: int) -> _Fits:
    """Polynomials in windows of ``width`` points around every top."""
    rows, points = curves.y.shape
    fits = _Fits(*(np.full(shape, np.nan) for shape in (rows, rows, rows, (rows, points), rows, rows, rows)))
    starts = np.array([_start(curves, row, width) for row in range(rows)])
    for start in np.unique(starts[starts >= 0]):
        mine = np.flatnonzero(starts == start)
        _fit_window(curves, law, mine, slice(int(start), int(start) + width), order, fits)
    return fits


def _start(curves: Curves, row: int, width: int) -> int:
    """First of the ``width`` points nearest to the top, between left and right; -1 where there are not so many."""
    x, top = curves.x, int(curves.tops[row])
    left, right = int(curves.lefts[row]), int(curves.rights[row])
    if right - left + 1 < width:
        return -1
    first = last = top
    while last - first + 1 < width:
        down = x[top] - x[first - 1] if first > left else np.inf
        up = x[last + 1] - x[top] if last < right else np.inf
        first, last = (first - 1, last) if down < up else (first, last + 1)
    return first


def _fit_window(curves: Curves, law: _Law, rows: IndexArray, around: slice, order: int, into: _Fits) -> None:
    x, y = curves.x[around], curves.y[rows, around]
    largest = np.max(np.abs(curves.y[rows]), axis=1, keepdims=True)
    sigma = np.maximum(np.hypot(curves.own[rows, around], curves.shared[rows, around]), 1e-9 * largest)
    ceiling = (1.0 + HEADROOM) * largest
    if law == "odds":
        usable = np.all(y > LOGARITHM_FROM * sigma, axis=1)
        rows, y, sigma, ceiling = rows[usable], y[usable], sigma[usable], ceiling[usable]
    if not rows.size or x.size <= order:
        return
    values = np.log(y / (ceiling - y)) if law == "odds" else y
    slope_of_law = ceiling / (y * (ceiling - y)) if law == "odds" else np.ones_like(y)
    centre, half = 0.5 * float(x[0] + x[-1]), 0.5 * float(x[-1] - x[0])
    design = np.vander((x - centre) / half, order + 1, increasing=True)
    weight = 1.0 / (sigma * slope_of_law)
    covariance = np.linalg.inv(np.einsum("ki,gk,kj->gij", design, weight**2, design))
    lever = np.einsum("gij,kj,gk->gik", covariance, design, weight**2)
    coefficients = np.einsum("gik,gk->gi", lever, values)
    chi2 = np.sum(((values - coefficients @ design.T) * weight) ** 2, axis=1)
    place, bend = _maximum(coefficients)
    powers = np.arange(order + 1)
    slopes = -powers * place[:, None] ** np.maximum(powers - 1, 0) / bend[:, None]
    # curved by noise alone, a polynomial has its maximum anywhere: linear errors hold for certain curvatures only
    bent = powers * np.maximum(powers - 1, 0) * place[:, None] ** np.maximum(powers - 2, 0)
    uncertain = -bend < CERTAIN_BEND * np.sqrt(np.einsum("gi,gij,gj->g", bent, covariance, bent))
    place = np.where(uncertain, np.nan, place)
    dof = x.size - order - 1
    growth = np.array([_growth(float(size), dof) for size in chi2])
    weights = half * np.einsum("gi,gik->gk", slopes, lever) * slope_of_law
    at = place[:, None] ** powers
    value = np.sum(coefficients * at, axis=1)
    value_error = growth * np.sqrt(np.einsum("gi,gij,gj->g", at, covariance, at))
    if law == "odds":
        value = ceiling[:, 0] / (1.0 + np.exp(-value))
        value_error = value_error * value * (ceiling[:, 0] - value) / ceiling[:, 0]
    into.place[rows] = centre + half * place
    into.error[rows] = growth * np.sqrt(np.sum((weights * sigma) ** 2, axis=1))
    into.growth[rows], into.half_width[rows] = growth, half
    into.weights[rows] = 0.0
    into.weights[rows, around] = np.where(np.isfinite(place)[:, None], weights, 0.0)
    into.value[rows], into.value_error[rows] = value, value_error


def _growth(chi2: float, dof: int) -> float:
    if dof > 0 and chi2_probability(chi2, dof) < LEAST_PROBABILITY:
        return float(np.sqrt(chi2 / dof))
    return 1.0


def _maximum(coefficients: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where polynomials (m, k) are largest inside (-1, 1), and their second derivative there; nan at an end."""
    powers = np.arange(coefficients.shape[1])
    first = coefficients[:, 1:] * powers[1:]
    second = first[:, 1:] * powers[1:-1]
    grid = np.linspace(-0.95, 0.95, 77)
    x = grid[np.argmax(coefficients @ (grid ** powers[:, None]), axis=1)]
    bend = np.full(x.size, np.nan)
    for _ in range(12):
        slope = np.sum(first * x[:, None] ** powers[:-1], axis=1)
        bend = np.sum(second * x[:, None] ** powers[:-2], axis=1)
        step = np.where(bend < 0, -slope / np.where(bend < 0, bend, -1.0), np.nan)
        x = np.clip(x + step, -1.0, 1.0)
    inside = np.abs(x) < 1.0
    return np.where(inside, x, np.nan), np.where(inside, bend, np.nan)

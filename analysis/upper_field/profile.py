"""Intervals from the profile of chi2: where it has risen by one over its least, with all other parameters refitted.

Symmetric errors from the curvature at the minimum are wrong for Maki parameter and spin-orbit scattering: they end
at zero, and are correlated to 0.99 along a bent valley.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.upper_field.fit import LawFit, hold, refit
from analysis.upper_field.models import Quantity

FloatArray = npt.NDArray[np.float64]

_TRIES = 9
#: Steps to a bound: their factor, the end of small values, and how many are enough for all of the range.
_FACTOR, _SMALLEST, _LONGEST = 1.8, 1e-3, 60
#: Bend of the root of the rise away from its tangent, times the share left to go, up to which a parabola will do.
_GENTLE = 0.01
#: One-sided 95 % in standard deviations.
ONE_SIDED = 1.645


@dataclass(frozen=True, slots=True)
class Interval:
    """Best value and the ends of its interval; an end is None where chi2 never rises enough."""

    value: float
    lower: float | None
    upper: float | None

    @property
    def error(self) -> float | None:
        """Half of the interval, None if it is open."""
        return None if self.lower is None or self.upper is None else 0.5 * (self.upper - self.lower)

    @property
    def middle(self) -> float:
        """Middle of the interval, the best value if it is open.

        Where the quantity bends as a function of a normal variable z, q = best + a z + b z^2, the middle, best + b,
        is off by none of its errors on average, and the best value by -b/a of them.
        """
        return self.value if self.lower is None or self.upper is None else 0.5 * (self.lower + self.upper)

    @property
    def lopsided(self) -> bool:
        """Are the two sides so different that one error hides it?"""
        if self.lower is None or self.upper is None:
            return True
        below, above = self.value - self.lower, self.upper - self.value
        return max(below, above) > 1.2 * min(below, above)


def profile_interval(fit: LawFit, quantity: Callable[[FloatArray], Quantity]) -> Interval:
    """The interval of one standard deviation (68 %)."""
    value = quantity(fit.values).value
    return Interval(value, profile_end(fit, quantity, -1, 1.0), profile_end(fit, quantity, 1, 1.0))


def profile_end(
    fit: LawFit, quantity: Callable[[FloatArray], Quantity], side: int, deviations: float
) -> float | None:
    """Where the root of the rise of chi2 reaches ``deviations`` on one side; None if a bound comes first."""
    best = quantity(fit.values)
    unit = fit.linear_error(best) or 0.1 * max(abs(best.value), 0.1)
    inner, outer = (best.value, 0.0), None
    aim = best.value + side * deviations * unit
    start = _ahead(fit, best, fit.values, aim - best.value)
    for _ in range(_TRIES):
        place, held = hold(fit, quantity, aim, unit, start)
        rise = float(np.sqrt(max(held.chi2 - fit.chi2, 0.0)))
        share = _last_step(rise, deviations, abs(place - best.value) / unit)
        if share is not None:
            return best.value + (place - best.value) * share
        if rise < deviations:
            if (place - inner[0]) * side <= 1e-3 * unit and outer is None and rise - inner[1] < 1e-3:
                return None  # pulling harder moves it no more
            inner = (place, rise)
        else:
            outer = (place, rise)
        if outer is None:
            # the root of the rise is nearly straight
            reach = (inner[0] - best.value) * min(deviations / max(inner[1], 0.2 * deviations), 4.0) * 1.02
            aim = best.value + (reach if reach * side > 0 else side * 2.0 * abs(aim - best.value))
        else:
            share = (deviations - inner[1]) / (outer[1] - inner[1])
            aim = inner[0] + min(max(share, 0.03), 0.97) * (outer[0] - inner[0])
        start = _between(fit.values, best.value, held.values, place, aim)
    if outer is None:
        return None
    share = (deviations - inner[1]) / (outer[1] - inner[1])
    return inner[0] + share * (outer[0] - inner[0])


def parameter_bound(fit: LawFit, name: str, side: int) -> float | None:
    """The one-sided 95 % bound of Maki parameter squared or spin-orbit scattering; None if it is that of the law.

    From far up in their valley, where nothing changes for long, no guess of the way leads down to where chi2 rises:
    the parameter goes by factors, and each fit starts from the last one, with the other parameter scaled alike.
    """
    place = fit.law.index(name)
    other = fit.law.index("spin_orbit" if name == "maki_square" else "maki_square") if _both(fit) else None
    values, last = np.maximum(fit.values, _SMALLEST), (float(max(fit.values[place], _SMALLEST)), 0.0)
    log_step, found = side * np.log(_FACTOR), last[0]
    for _ in range(_LONGEST):
        found = float(np.exp(np.log(last[0]) + log_step))
        if not _SMALLEST <= found <= fit.upper[place]:
            return None
        start = values.copy()
        start[place] = found
        if other is not None:
            start[other] *= found / last[0]
        held = refit(fit, start, {name: found})
        rise = float(np.sqrt(max(held.chi2 - fit.chi2, 0.0)))
        if abs(rise - ONE_SIDED) < 0.03 * ONE_SIDED:
            break
        if rise < ONE_SIDED:
            values, last = np.maximum(held.values, _SMALLEST), (found, rise)
        else:
            log_step *= max((ONE_SIDED - last[1]) / (rise - last[1]), 0.2)
    return found


def _both(fit: LawFit) -> bool:
    return {"maki_square", "spin_orbit"} <= set(fit.law.parameters)


def _last_step(rise: float, deviations: float, distance: float) -> float | None:
    """The share of the way from the minimum that is left to go to, None if that is not known from here.

    Within some per cents of the end the way is straight. From somewhat further it is a parabola whose slope at the
    minimum is the linear error, in units of which ``distance`` is, if it bends little.
    """
    left = abs(rise - deviations) / deviations
    if left < 0.03:
        return deviations / rise
    bend, wanted = rise / max(distance, 1e-300) - 1.0, deviations / max(distance, 1e-300)
    if left < 0.1 and abs(bend) * left < _GENTLE:
        return 2.0 * wanted / (1.0 + float(np.sqrt(max(1.0 + 4.0 * bend * wanted, 0.0))))
    return None


def _ahead(fit: LawFit, best: Quantity, values: FloatArray, distance: float) -> FloatArray:
    """Parameters on the straight profile of the linear fit, at most half the way to zero for each."""
    direction = fit.covariance @ best.gradient
    length = float(best.gradient @ direction)
    return values if not length > 0 else np.maximum(values + direction * (distance / length), 0.5 * values)


def _between(first: FloatArray, at_first: float, second: FloatArray, at_second: float, aim: float) -> FloatArray:
    """Parameters where the line through two places on the profile reaches ``aim``, at most half the way to zero."""
    if at_first == at_second:
        return second
    share = (aim - at_first) / (at_second - at_first)
    return np.maximum(first + share * (second - first), 0.5 * np.minimum(first, second))


def better(fit: LawFit) -> LawFit:
    """The same fit from both ends of the valley in maki and spin-orbit, if that leads further down."""
    if "spin_orbit" not in fit.law.parameters:
        return fit
    place = fit.law.index("spin_orbit")
    found = fit
    for factor in (0.2, 5.0):
        start = fit.values.copy()
        start[place] = max(start[place], 0.05) * factor
        other = refit(fit, start)
        if other.chi2 < found.chi2 - 1e-4:
            found = other
    return found


def significance(fit: LawFit, parameter: str) -> float:
    """By how many standard deviations the parameter differs from zero."""
    at_zero = refit(fit, fit.values, {parameter: 0.0})
    return float(np.sqrt(max(at_zero.chi2 - fit.chi2, 0.0)))

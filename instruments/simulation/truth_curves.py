"""What curves of resistance should give: crossings of the noise-free R/R_n, shared by all kinds that have them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from analysis.models.transition import MIDPOINT, ONSET, ZERO
from instruments.simulation.truth_question import Question

#: Criteria of R(T), and the one more of R(B).
LEVELS = {"onset": ONSET, "90 %": 0.90, "mid": MIDPOINT, "zero": ZERO}

COLDEST_K = 0.01
_SMALLEST_FIELD_T, _LARGEST_FIELD_T = 1e-6, 1e3
#: Steps in which the last crossing is looked for, where the resistance may rise, fall and rise again.
_STEPS = 2000


@dataclass(frozen=True, slots=True)
class Curves:
    """R/R_n and R_n (ohm) of one orientation and gate voltage, of temperature (K) and field (T).

    ``warmest_K`` is normal in every field. ``reentrant``: R/R_n may fall with field before it rises for good.
    """

    fraction: Callable[[float, float], float]
    normal_ohm: Callable[[float, float], float]
    warmest_K: float
    reentrant: bool = False

    def critical_temperature(self, field_T: float, level: float) -> float | None:
        """Where R/R_n at the field rises through ``level``; it rises with temperature everywhere."""

        def above(temperature_K: float) -> float:
            return self.fraction(temperature_K, field_T) - level

        if above(COLDEST_K) >= 0 or above(self.warmest_K) <= 0:
            return None
        return float(brentq(above, COLDEST_K, self.warmest_K, xtol=1e-10))

    def critical_field(self, temperature_K: float, level: float) -> float | None:
        """Where R/R_n at the temperature rises through ``level`` for the last time, from below in no field."""

        def above(field_T: float) -> float:
            return self.fraction(temperature_K, field_T) - level

        low, high = _SMALLEST_FIELD_T, 2 * _SMALLEST_FIELD_T
        if above(low) >= 0:
            return None
        while above(high) <= 0:
            low, high = high, 2 * high
            if high > _LARGEST_FIELD_T:
                return None
        if self.reentrant:
            low, high = self._last_bracket(above, high)
        return float(brentq(above, low, high, xtol=1e-12))

    def _last_bracket(self, above: Callable[[float], float], high: float) -> tuple[float, float]:
        """Fields around the last crossing: beyond the upper one R/R_n stays above the level, to eight times it."""
        while any(above(factor * high) <= 0 for factor in (1, 1.4, 2, 2.8, 4, 5.6, 8)):
            high *= 2
        grid = np.linspace(_SMALLEST_FIELD_T, high, _STEPS)
        last = max(i for i, field in enumerate(grid) if above(float(field)) <= 0)
        return float(grid[last]), float(grid[last + 1])


def curve_truth(quantity: str, question: Question, curves: Curves) -> float | None:
    """Truth of a quantity of R(T) or R(B) curves; None for other quantities and where nothing is crossed."""
    answer = _ANSWERS.get(quantity)
    return None if answer is None else answer(question, curves)


def is_curve_quantity(quantity: str) -> bool:
    """Whether :func:`curve_truth` knows it."""
    return quantity in _ANSWERS


_Answer = Callable[[Question, Curves], float | None]


def _tc(level: float) -> _Answer:
    def answer(question: Question, curves: Curves) -> float | None:
        return None if question.field_T is None else curves.critical_temperature(question.field_T, level)

    return answer


def _transition_width(question: Question, curves: Curves) -> float | None:
    onset, zero = _tc(ONSET)(question, curves), _tc(ZERO)(question, curves)
    return None if onset is None or zero is None else onset - zero


def _normal_resistance(question: Question, curves: Curves) -> float | None:
    """R_n at the middle of the transition: of R(T) where a field is given, else of R(B)."""
    if question.field_T is not None:
        middle = _tc(MIDPOINT)(question, curves)
        return None if middle is None else curves.normal_ohm(middle, question.field_T)
    if question.temperature_K is None:
        return None
    field_T = curves.critical_field(question.temperature_K, MIDPOINT)
    return None if field_T is None else curves.normal_ohm(question.temperature_K, field_T)


def _fraction_at_base(question: Question, curves: Curves) -> float | None:
    if question.field_T is None or question.temperature_K is None:
        return None
    return curves.fraction(question.temperature_K, question.field_T)


def _hc2(question: Question, curves: Curves) -> float | None:
    level = LEVELS.get(question.criterion)
    if level is None or question.temperature_K is None:
        return None
    return curves.critical_field(question.temperature_K, level)


def _nothing(question: Question, curves: Curves) -> float:
    """No simulated sample remembers a field: what sweeps up and down differ by is the instruments' lag."""
    return 0.0


def _zero_resistance_field(question: Question, curves: Curves) -> float | None:
    return None if question.temperature_K is None else curves.critical_field(question.temperature_K, ZERO)


_ANSWERS: dict[str, _Answer] = {
    "Tc_onset": _tc(ONSET),
    "Tc_mid": _tc(MIDPOINT),
    "Tc_zero": _tc(ZERO),
    "transition_width": _transition_width,
    "normal_resistance": _normal_resistance,
    "resistance_fraction_at_base": _fraction_at_base,
    "Hc2": _hc2,
    "Hc2_extrapolated": _hc2,
    "zero_resistance_field": _zero_resistance_field,
    "hysteresis": _nothing,
    "remanent_shift": _nothing,
}

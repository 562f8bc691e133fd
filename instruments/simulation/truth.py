"""The true value of a finding, computed from the noise-free law of a simulated sample."""

import math
from collections.abc import Callable, Mapping

from scipy.optimize import brentq

from analysis.findings import Condition
from analysis.models.transition import MIDPOINT, ONSET, ZERO
from instruments.simulation.sample import (
    OUT_OF_PLANE,
    ActivationEnergy,
    ArrheniusTruth,
    BrokenPowerLaw,
    ModifiedTruth,
    Parabolic,
    PowerLaw,
    Sample,
)

CRITERIA = {"onset": ONSET, "mid": MIDPOINT, "zero": ZERO}
ARRHENIUS, MODIFIED_TAFF = "Arrhenius", "modified TAFF"
POWER_LAW, BROKEN_POWER_LAW, PARABOLIC = "power law", "broken power law", "parabolic"

_COLDEST_K = 0.01
_SMALLEST_FIELD_T, _LARGEST_FIELD_T = 1e-6, 1e3


def truth_of(sample: Sample, quantity: str, conditions: Mapping[str, Condition], method: str = "") -> float | None:
    """The true value in the finding's unit, or None when this sample has no such truth.

    ``quantity``, ``conditions`` and ``method`` are those of :class:`analysis.findings.Finding`; an empty method
    means the one the sample is made of. ``zero_resistance_field`` also needs ``temperature_K``, the coldest
    temperature of its curves.
    """
    question = _Question(sample, conditions, method)
    for answers in (_CURVES, _VORTICES, _LAWS):
        if quantity in answers:
            return None if question.orientation not in sample.orientations else answers[quantity](question)
    return _HALL[quantity](question) if quantity in _HALL else None


class _Question:
    """Conditions and method of a finding, as the types they should be."""

    def __init__(self, sample: Sample, conditions: Mapping[str, Condition], method: str) -> None:
        self.sample = sample
        self.method = method
        self.orientation = str(conditions.get("orientation", ""))
        self.criterion = str(conditions.get("criterion", ""))
        self.field_T = _number(conditions, "field_T")
        self.temperature_K = _number(conditions, "temperature_K")

    def asks_for(self, method: str) -> bool:
        return self.method in ("", method)

    def arrhenius(self) -> ArrheniusTruth | None:
        law = self.sample.orientations[self.orientation].vortices
        return law if isinstance(law, ArrheniusTruth) and self.asks_for(ARRHENIUS) else None

    def modified(self) -> ModifiedTruth | None:
        law = self.sample.orientations[self.orientation].vortices
        return law if isinstance(law, ModifiedTruth) and self.asks_for(MODIFIED_TAFF) else None

    def energy_law(self) -> ActivationEnergy:
        return self.sample.orientations[self.orientation].vortices.activation_energy


_Answer = Callable[[_Question], float | None]


def _number(conditions: Mapping[str, Condition], name: str) -> float | None:
    value = conditions.get(name)
    return None if value is None or isinstance(value, str) else float(value)


# curves: crossings of the noise-free R/R_n


def _crossing_temperature(question: _Question, level: float) -> float | None:
    """Where R/R_n at the field rises through ``level``; it rises with temperature everywhere."""
    if question.field_T is None:
        return None
    field_T, transition = question.field_T, question.sample.transition

    def above(temperature_K: float) -> float:
        return question.sample.resistance_fraction(temperature_K, field_T, question.orientation) - level

    warmest = transition.onset_K + 10.0 * (transition.onset_K - transition.tc_K)
    if above(_COLDEST_K) >= 0 or above(warmest) <= 0:
        return None
    return float(brentq(above, _COLDEST_K, warmest, xtol=1e-10))


def _crossing_field(question: _Question, level: float) -> float | None:
    """Where R/R_n at the temperature rises through ``level`` with field, from below in no field."""
    if question.temperature_K is None:
        return None
    temperature_K = question.temperature_K

    def above(field_T: float) -> float:
        return question.sample.resistance_fraction(temperature_K, field_T, question.orientation) - level

    low, high = _SMALLEST_FIELD_T, 2 * _SMALLEST_FIELD_T
    if above(low) >= 0:
        return None
    while above(high) <= 0:
        low, high = high, 2 * high
        if high > _LARGEST_FIELD_T:
            return None
    return float(brentq(above, low, high, xtol=1e-12))


def _tc(level: float) -> _Answer:
    return lambda question: _crossing_temperature(question, level)


def _transition_width(question: _Question) -> float | None:
    onset, zero = _crossing_temperature(question, ONSET), _crossing_temperature(question, ZERO)
    return None if onset is None or zero is None else onset - zero


def _normal_resistance(question: _Question) -> float | None:
    middle = _crossing_temperature(question, MIDPOINT)
    return None if middle is None else question.sample.normal_resistance(middle)


def _resistance_fraction_at_base(question: _Question) -> float | None:
    if question.field_T is None or question.temperature_K is None:
        return None
    return question.sample.resistance_fraction(question.temperature_K, question.field_T, question.orientation)


def _hc2(question: _Question) -> float | None:
    return _crossing_field(question, CRITERIA[question.criterion]) if question.criterion in CRITERIA else None


def _zero_resistance_field(question: _Question) -> float | None:
    return _crossing_field(question, ZERO)


# vortices: what each method should find, if it is the method of the sample's law


def _activation_energy(question: _Question) -> float | None:
    law = question.arrhenius() or question.modified()
    if law is None or not question.field_T:
        return None
    return float(law.activation_energy.energy(abs(question.field_T)))


def _ln_prefactor(question: _Question) -> float | None:
    """ln(R0/ohm) with R_n, which hardly depends on temperature, taken where the lines meet."""
    law, energy = question.arrhenius(), _activation_energy(question)
    if law is None or energy is None:
        return None
    normal_ohm = question.sample.normal_resistance(law.meeting_temperature_K)
    return math.log(law.prefactor * normal_ohm) + energy / law.meeting_temperature_K


def _meeting_temperature(question: _Question) -> float | None:
    law = question.arrhenius()
    return law.meeting_temperature_K if law else None


def _exponent_q(question: _Question) -> float | None:
    law = question.modified()
    return law.exponent_q if law else None


def _tc_taff(question: _Question) -> float | None:
    law = question.modified()
    return law.tc_K if law else None


def _parameter(law: type[ActivationEnergy], method: str, name: str) -> _Answer:
    def answer(question: _Question) -> float | None:
        truth = question.energy_law()
        return float(getattr(truth, name)) if isinstance(truth, law) and question.asks_for(method) else None

    return answer


# Hall effect


def _crosses_layers(question: _Question) -> bool:
    return question.orientation in ("", OUT_OF_PLANE)


def _hall_coefficient(question: _Question) -> float | None:
    return question.sample.hall_slope(OUT_OF_PLANE) if _crosses_layers(question) else None


def _carrier_density(question: _Question) -> float | None:
    return question.sample.hall.carrier_density_per_m3 if _crosses_layers(question) else None


_CURVES: Mapping[str, _Answer] = {
    "Tc_onset": _tc(ONSET),
    "Tc_mid": _tc(MIDPOINT),
    "Tc_zero": _tc(ZERO),
    "transition_width": _transition_width,
    "normal_resistance": _normal_resistance,
    "resistance_fraction_at_base": _resistance_fraction_at_base,
    "Hc2": _hc2,
    "zero_resistance_field": _zero_resistance_field,
}

_VORTICES: Mapping[str, _Answer] = {
    "activation_energy": _activation_energy,
    "ln_prefactor": _ln_prefactor,
    "T_cross": _meeting_temperature,
    "inverse_slope_lnR0_U0": _meeting_temperature,
    "exponent_q": _exponent_q,
    "Tc_taff": _tc_taff,
}

_LAWS: Mapping[str, _Answer] = {
    "U0_exponent": _parameter(PowerLaw, POWER_LAW, "exponent"),
    "U0_exponent_low": _parameter(BrokenPowerLaw, BROKEN_POWER_LAW, "exponent_low"),
    "U0_exponent_high": _parameter(BrokenPowerLaw, BROKEN_POWER_LAW, "exponent_high"),
    "U0_crossover_field": _parameter(BrokenPowerLaw, BROKEN_POWER_LAW, "crossover_T"),
    "U0_beta": _parameter(Parabolic, PARABOLIC, "beta_K"),
    "U0_gamma": _parameter(Parabolic, PARABOLIC, "gamma"),
    "U0_kramer_field": _parameter(Parabolic, PARABOLIC, "kramer_field_T"),
}

_HALL: Mapping[str, _Answer] = {
    "hall_coefficient": _hall_coefficient,
    "carrier_density": _carrier_density,
}

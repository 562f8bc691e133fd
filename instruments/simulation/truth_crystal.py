"""The truth that an analysis should find in a layered crystal with vortices, under the names of its findings."""

import math
from collections.abc import Callable, Mapping

from analysis.models.bcs import pauli_field
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
from instruments.simulation.truth_curves import Curves, curve_truth, is_curve_quantity
from instruments.simulation.truth_question import Question

ARRHENIUS, MODIFIED_TAFF = "Arrhenius", "modified TAFF"
POWER_LAW, BROKEN_POWER_LAW, PARABOLIC = "power law", "broken power law", "parabolic"

_Answer = Callable[[Sample, Question], float | None]


def crystal_truth(sample: Sample, quantity: str, question: Question) -> float | None:
    """See :func:`instruments.simulation.truth.truth_of`."""
    if quantity in _HALL:
        return _HALL[quantity](sample, question)
    if quantity == "pauli_field":
        return float(pauli_field(sample.transition.tc_K))
    if question.orientation not in sample.orientations:
        return None
    if is_curve_quantity(quantity):
        return curve_truth(quantity, question, _curves(sample, question.orientation))
    return _LAWS[quantity](sample, question) if quantity in _LAWS else None


def _curves(sample: Sample, orientation: str) -> Curves:
    transition = sample.transition
    return Curves(
        lambda temperature_K, field_T: sample.resistance_fraction(temperature_K, field_T, orientation),
        lambda temperature_K, field_T: sample.normal_resistance(temperature_K),
        transition.onset_K + 10.0 * (transition.onset_K - transition.tc_K),
    )


# vortices: what each method should find, if it is the method of the sample's law


def _arrhenius(sample: Sample, question: Question) -> ArrheniusTruth | None:
    law = sample.orientations[question.orientation].vortices
    return law if isinstance(law, ArrheniusTruth) and question.asks_for(ARRHENIUS) else None


def _modified(sample: Sample, question: Question) -> ModifiedTruth | None:
    law = sample.orientations[question.orientation].vortices
    return law if isinstance(law, ModifiedTruth) and question.asks_for(MODIFIED_TAFF) else None


def _activation_energy(sample: Sample, question: Question) -> float | None:
    law = _arrhenius(sample, question) or _modified(sample, question)
    if law is None or not question.field_T:
        return None
    return float(law.activation_energy.energy(abs(question.field_T)))


def _ln_prefactor(sample: Sample, question: Question) -> float | None:
    """ln(R0/ohm) with R_n, which hardly depends on temperature, taken where the lines meet."""
    law, energy = _arrhenius(sample, question), _activation_energy(sample, question)
    if law is None or energy is None:
        return None
    normal_ohm = sample.normal_resistance(law.meeting_temperature_K)
    return math.log(law.prefactor * normal_ohm) + energy / law.meeting_temperature_K


def _meeting_temperature(sample: Sample, question: Question) -> float | None:
    law = _arrhenius(sample, question)
    return law.meeting_temperature_K if law else None


def _exponent_q(sample: Sample, question: Question) -> float | None:
    law = _modified(sample, question)
    return law.exponent_q if law else None


def _tc_taff(sample: Sample, question: Question) -> float | None:
    law = _modified(sample, question)
    return law.tc_K if law else None


def _parameter(law: type[ActivationEnergy], method: str, name: str) -> _Answer:
    def answer(sample: Sample, question: Question) -> float | None:
        truth = sample.orientations[question.orientation].vortices.activation_energy
        return float(getattr(truth, name)) if isinstance(truth, law) and question.asks_for(method) else None

    return answer


def _crosses_layers(question: Question) -> bool:
    return question.orientation in ("", OUT_OF_PLANE)


def _hall_coefficient(sample: Sample, question: Question) -> float | None:
    return sample.hall_slope(OUT_OF_PLANE) if _crosses_layers(question) else None


def _carrier_density(sample: Sample, question: Question) -> float | None:
    return sample.hall.carrier_density_per_m3 if _crosses_layers(question) else None


_LAWS: Mapping[str, _Answer] = {
    "activation_energy": _activation_energy,
    "ln_prefactor": _ln_prefactor,
    "T_cross": _meeting_temperature,
    "inverse_slope_lnR0_U0": _meeting_temperature,
    "exponent_q": _exponent_q,
    "Tc_taff": _tc_taff,
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

"""The truth that an analysis should find in spectra of a point contact, under the names of its findings."""

from collections.abc import Callable, Mapping

from instruments.simulation.contact import PointContact
from instruments.simulation.truth_question import Question

#: Words of methods whose broadening is no lifetime, and whose barrier is infinite.
OTHER_BROADENING, INFINITE_BARRIER = "Gaussian", "Dynes"

_Answer = Callable[[PointContact, Question], float | None]


def contact_truth(contact: PointContact, quantity: str, question: Question) -> float | None:
    """See :func:`instruments.simulation.truth.truth_of`."""
    if question.orientation not in ("", *contact.orientations):
        return None
    return _ANSWERS[quantity](contact, question) if quantity in _ANSWERS else None


def _gap(contact: PointContact, question: Question) -> float | None:
    """Delta at the finding's temperature and field in meV; None in the normal state."""
    if question.temperature_K is None:
        return None
    return contact.gap.at(question.temperature_K, question.field_T or 0.0) or None


def _broadening(contact: PointContact, question: Question) -> float | None:
    """A Gaussian width is another quantity."""
    return None if OTHER_BROADENING in question.method else contact.broadening_meV


def _barrier(contact: PointContact, question: Question) -> float | None:
    return None if INFINITE_BARRIER in question.method else contact.barrier


def _series_ratio(contact: PointContact, question: Question) -> float:
    """Of the resistance in series to the contact's own."""
    return contact.series_resistance_ohm / contact.normal_resistance_ohm


def _offset(contact: PointContact, question: Question) -> float | None:
    """The voltage in mV that a voltmeter shows when there is none across the contact.

    One that drifts is that of a moment, which no finding names.
    """
    return None if contact.signal.thermal_drift_V_per_s else 1e3 * contact.signal.thermal_voltage_V


def _without_field(value: Callable[[PointContact], float]) -> _Answer:
    """What the gap against temperature says, in no field."""
    return lambda contact, question: None if question.field_T else value(contact)


def _critical_field(contact: PointContact, question: Question) -> float | None:
    """Only for the law of the field that the contact follows."""
    if question.temperature_K is None or not question.asks_for(contact.gap.in_field):
        return None
    return contact.gap.critical_field(question.temperature_K) or None


_ANSWERS: Mapping[str, _Answer] = {
    "gap": _gap,
    "broadening": _broadening,
    "barrier": _barrier,
    "common_barrier": _barrier,
    "series_resistance_ratio": _series_ratio,
    "bias_offset": _offset,
    "gap_zero": _without_field(lambda contact: contact.gap.zero_meV),
    "Tc_gap": _without_field(lambda contact: contact.gap.boundary.tc_K),
    "gap_ratio_2Delta_kTc": _without_field(lambda contact: contact.gap.ratio),
    "gap_critical_field": _critical_field,
}

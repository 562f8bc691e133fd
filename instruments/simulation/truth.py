"""The true value of a finding, computed from the noise-free law of a simulated sample."""

from collections.abc import Mapping

from analysis.findings import Condition
from instruments.simulation.contact import PointContact
from instruments.simulation.film import Film
from instruments.simulation.interface import Interface
from instruments.simulation.kinds import AnySample
from instruments.simulation.truth_contact import contact_truth
from instruments.simulation.truth_crystal import crystal_truth
from instruments.simulation.truth_film import film_truth
from instruments.simulation.truth_interface import interface_truth
from instruments.simulation.truth_question import Question


def truth_of(
    sample: AnySample, quantity: str, conditions: Mapping[str, Condition], method: str = ""
) -> float | None:
    """The true value in the finding's unit, or None when this sample has no such truth.

    ``quantity``, ``conditions`` and ``method`` are those of :class:`analysis.findings.Finding`; an empty method
    means the one the sample is made of. ``zero_resistance_field`` also needs ``temperature_K``, the coldest
    temperature of its curves.
    """
    question = Question.of(conditions, method)
    if isinstance(sample, PointContact):
        return contact_truth(sample, quantity, question)
    if isinstance(sample, Interface):
        return interface_truth(sample, quantity, question)
    if isinstance(sample, Film):
        return film_truth(sample, quantity, question)
    return crystal_truth(sample, quantity, question)

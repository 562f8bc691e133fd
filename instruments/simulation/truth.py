"""The true value of a finding, computed from the noise-free law of a simulated sample."""

from collections.abc import Mapping

from analysis.findings import Condition
from instruments.simulation.sample import Sample


def truth_of(sample: Sample, quantity: str, conditions: Mapping[str, Condition], method: str = "") -> float | None:
    """The true value in the finding's unit, or None when this sample has no such truth.

    ``quantity``, ``conditions`` and ``method`` are those of :class:`analysis.findings.Finding`.
    ``zero_resistance_field`` also needs the coldest temperature as ``temperature_K``.
    """
    raise NotImplementedError

"""What a finding asks the sample's truth for."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.findings import Condition


@dataclass(frozen=True, slots=True)
class Question:
    """Method and conditions of a finding, as the types they should be; an empty method is the sample's own law."""

    method: str
    orientation: str
    criterion: str
    field_T: float | None
    temperature_K: float | None
    gate_V: float | None
    conditions: Mapping[str, Condition]

    @classmethod
    def of(cls, conditions: Mapping[str, Condition], method: str) -> "Question":
        """Conditions and method of a finding."""
        return cls(
            method,
            str(conditions.get("orientation", "")),
            str(conditions.get("criterion", "")),
            number(conditions, "field_T"),
            number(conditions, "temperature_K"),
            number(conditions, "gate_V"),
            conditions,
        )

    def asks_for(self, *methods: str) -> bool:
        """Whether the finding is by one of these methods, or by none in particular."""
        return self.method == "" or self.method in methods


def number(conditions: Mapping[str, Condition], name: str) -> float | None:
    """A condition that is a number."""
    value = conditions.get(name)
    return None if value is None or isinstance(value, str) else float(value)

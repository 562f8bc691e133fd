"""What a fit is allowed to say: no number without an error bar and a verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """How far a number may be trusted."""

    GOOD = "good"
    PROVISIONAL = "provisional"
    NOT_ENOUGH_DATA = "not enough data"
    MODEL_REJECTED = "model rejected"


Condition = float | str


@dataclass(frozen=True, slots=True)
class Finding:
    """One quantity with its standard error (one sigma, statistical and known systematic parts together).

    ``value`` and ``error`` are None exactly when there is no number to give: always for
    NOT_ENOUGH_DATA, and for MODEL_REJECTED where the parameter has no meaning. ``reason`` says in words why
    the verdict is what it is; for GOOD it may be empty. ``window`` is the range of data used,
    e.g. ``{"temperature_K": (5.1, 5.4)}``; ``curves`` the names of the curves it rests on.
    """

    quantity: str
    value: float | None
    error: float | None
    unit: str
    verdict: Verdict
    reason: str = ""
    method: str = ""
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    curves: tuple[str, ...] = ()
    window: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.value is None) != (self.error is None):
            raise ValueError(f"{self.quantity}: a value needs an error and an error needs a value")
        if self.verdict in (Verdict.GOOD, Verdict.PROVISIONAL) and self.value is None:
            raise ValueError(f"{self.quantity}: verdict {self.verdict} without a value")
        if self.verdict is not Verdict.GOOD and not self.reason:
            raise ValueError(f"{self.quantity}: verdict {self.verdict} without a reason")
        if self.error is not None and not 0 <= self.error < float("inf"):
            raise ValueError(f"{self.quantity}: an error bar of {self.error} is none")

    def as_dict(self) -> dict[str, object]:
        """Plain JSON types under the stable keys that other programs read."""
        return {
            "quantity": self.quantity,
            "value": self.value,
            "error": self.error,
            "unit": self.unit,
            "verdict": str(self.verdict),
            "reason": self.reason,
            "method": self.method,
            "conditions": dict(self.conditions),
            "curves": list(self.curves),
            "window": {name: list(bounds) for name, bounds in self.window.items()},
        }

"""Findings of the laws of Hc2(T): which quantities each gives, and what all of one boundary have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.findings import Condition, Finding, Verdict
from analysis.upper_field.models import FILM, GL, KLB, PARABOLIC, TWO_FLUID, WHH, WHH_ORBITAL, WHH_SLOPE

ORBITAL_SLOPE = "orbital slope"
COMMON = (("Bc2_0", "T"), ("pauli_ratio", "1"), ("coherence_length", "m"))
_SLOPE = (("whh_slope", "T/K"), ("maki_parameter_from_slope", "1"))
#: Quantities of every method, with their units.
QUANTITIES = {
    WHH: (*COMMON, *_SLOPE, ("maki_parameter", "1"), ("spin_orbit_scattering", "1")),
    WHH_SLOPE: (*COMMON, *_SLOPE, ("spin_orbit_scattering", "1")),
    WHH_ORBITAL: (*COMMON, *_SLOPE),
    GL: COMMON,
    TWO_FLUID: COMMON,
    PARABOLIC: COMMON,
    ORBITAL_SLOPE: (*COMMON, *_SLOPE),
    FILM: (("Bc2_0", "T"), ("pauli_ratio", "1"), ("film_thickness", "m")),
    KLB: (("Bc2_0", "T"), ("pauli_ratio", "1"), ("spin_orbit_time", "s")),
}


@dataclass(frozen=True, slots=True)
class Context:
    """What all findings of one boundary have in common."""

    conditions: dict[str, Condition]
    curves: tuple[str, ...]
    window: dict[str, tuple[float, float]]
    doubts: tuple[str, ...]
    exact: bool

    def empty(self, method: str, quantity: str, unit: str, verdict: Verdict, reason: str) -> Finding:
        """A finding without a number."""
        return Finding(
            quantity, None, None, unit, verdict, reason, method, self.conditions, self.curves, self.window
        )

    def all_empty(self, method: str, verdict: Verdict, reason: str) -> list[Finding]:
        """Every quantity of a method without a number."""
        return [self.empty(method, name, unit, verdict, reason) for name, unit in QUANTITIES[method]]

    def number(
        self, method: str, quantity: str, number: tuple[float, float], doubts: Sequence[str], text: str
    ) -> Finding:
        """A finding with value and error."""
        unit = dict(QUANTITIES[method])[quantity]
        every = [*doubts, *self.doubts]
        verdict = Verdict.PROVISIONAL if every else Verdict.GOOD
        reason = "; ".join([*every, text])
        value, error = float(number[0]), float(number[1])
        return Finding(
            quantity, value, error, unit, verdict, reason, method, self.conditions, self.curves, self.window
        )

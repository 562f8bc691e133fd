"""What the figures are drawn from: curves, findings, and the truth of a simulated sample."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from analysis.curves import Curve, CurveInfo, FloatArray
from analysis.findings import Condition, Finding, Verdict
from analysis.spectroscopy import Spectrum

Item = TypeVar("Item")
Truth = Callable[[Finding], float | None]
IN_PLANE, OUT_OF_PLANE = "in_plane", "out_of_plane"


class RecordedCurveLike(Protocol):
    """A curve as it was recorded."""

    @property
    def info(self) -> CurveInfo: ...  # noqa: D102 - said by the class

    def as_curve(self) -> Curve:
        """The good points as arrays."""
        ...


class RunLike(Protocol):
    """The part of a recorded run that a report needs."""

    @property
    def curves(self) -> Sequence[RecordedCurveLike]: ...  # noqa: D102 - said by the class

    @property
    def findings(self) -> Sequence[Finding]: ...  # noqa: D102 - said by the class


class SampleLaw(Protocol):
    """The noise-free resistance of a simulated sample.

    ``kind`` is ``R(T)`` (longitudinal) or ``R(B)`` (what the curves of a field sweep show, Hall included);
    temperature (K), field (T) and gate voltage (V) broadcast.
    """

    def __call__(
        self, kind: str, temperature_K: FloatArray, field_T: npt.ArrayLike, *, gate_V: npt.ArrayLike = 0.0
    ) -> FloatArray | None:
        """Resistance in ohm; None where the sample has no such law."""
        ...


@dataclass(frozen=True, slots=True)
class ReportData:
    """One orientation of a run."""

    orientation: str
    curves: tuple[Curve, ...]
    findings: tuple[Finding, ...]
    truth: Truth | None = None
    law: SampleLaw | None = None
    spectra: tuple[Spectrum, ...] = ()
    leakage_limit_A: float | None = None

    def transitions(self) -> list[tuple[float, Curve]]:
        """R(T) curves with their field, rising."""
        found = [(number(c.info.conditions.get("field_T")), c) for c in self.curves if c.info.kind == "R(T)"]
        return sorted(((field, c) for field, c in found if field is not None and len(c)), key=lambda pair: pair[0])

    def transition_fields(self) -> set[float]:
        """Fields of the R(T) curves."""
        return {field for field, _ in self.transitions()}

    def transition_gates(self) -> list[float]:
        """Gate voltages of the R(T) curves, rising; none where there is no gate."""
        return sorted({gate for _, curve in self.transitions() if (gate := gate_of(curve)) is not None})

    def field_sweeps(self) -> list[Curve]:
        """R(B) curves of the Hall contacts."""
        return [
            c for c in self.curves if c.info.kind == "R(B)" and c.info.conditions.get("signal") == "hall" and len(c)
        ]

    def gate_sweeps(self) -> list[Curve]:
        """R(Vg) curves with their gate voltages."""
        return [c for c in self.curves if c.info.kind == "R(Vg)" and len(c) and "gate_V" in c.columns]

    def isotherms(self) -> list[Curve]:
        """R(B) curves of the longitudinal contacts."""
        field_sweeps = [
            c for c in self.curves if c.info.kind == "R(B)" and c.info.conditions.get("signal") != "hall"
        ]
        return [curve for curve in field_sweeps if len(curve)]

    def find(self, quantity: str, method: str | None = None) -> Finding | None:
        """The finding of this name, one with a number and not rejected first."""
        named = [f for f in self.findings if f.quantity == quantity and method in (None, f.method)]
        named.sort(key=lambda f: (f.value is None, f.verdict is Verdict.MODEL_REJECTED))
        return named[0] if named else None

    def by_field(self, quantity: str, method: str | None = None) -> dict[float, Finding]:
        """Findings with a number, by field."""
        found: dict[float, Finding] = {}
        for finding in self.findings:
            field = number(finding.conditions.get("field_T"))
            wanted = finding.quantity == quantity and method in (None, finding.method)
            if wanted and field is not None and finding.value is not None:
                found[field] = finding
        return dict(sorted(found.items()))

    def truth_of(self, finding: Finding | None, **conditions: Condition) -> float | None:
        """The truth of a finding, at its own conditions or at changed ones."""
        if self.truth is None or finding is None:
            return None
        return self.truth(replace(finding, conditions={**finding.conditions, **conditions}))

    def truth_along(self, finding: Finding | None, fields_T: FloatArray) -> FloatArray:
        """Truth at each field, NaN where there is none."""
        values = [self.truth_of(finding, field_T=float(field)) for field in fields_T]
        return np.array([np.nan if value is None else value for value in values], dtype=float)


def verdict_words(finding: Finding) -> str:
    """``MODEL REJECTED: reason``, with no character that a formula would begin with."""
    return f"{str(finding.verdict).upper()}: {finding.reason}".replace("$", r"\$")


def number(condition: Condition | None) -> float | None:
    """A condition that is a number."""
    return None if condition is None or isinstance(condition, str) else float(condition)


def held(finding: Finding, condition: str) -> float | None:
    """What a finding holds for, where that is a number."""
    return number(finding.conditions.get(condition))


def gate_of(curve: Curve) -> float | None:
    """Gate voltage (V) that was held, where one was."""
    return number(curve.info.conditions.get("gate_V"))


def temperature_of(curve: Curve) -> float:
    """The temperature (K) that was asked for, the median of the readings where none was."""
    asked = number(curve.info.conditions.get("temperature_K"))
    return float(np.median(curve.temperature_K)) if asked is None else asked


def field_of(curve: Curve) -> float:
    """The field (T) that was asked for, the median of the readings where none was."""
    asked = number(curve.info.conditions.get("field_T"))
    return float(np.median(curve.field_T)) if asked is None else asked


def evenly(items: Sequence[Item], most: int) -> list[Item]:
    """At most so many of the items, evenly chosen with both ends."""
    if len(items) <= most:
        return list(items)
    return [items[round(index)] for index in np.linspace(0, len(items) - 1, most)]


def values(findings: Mapping[float, Finding]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Fields, values and errors of findings that all have numbers."""
    rows = [
        (field, f.value, f.error) for field, f in findings.items() if f.value is not None and f.error is not None
    ]
    table = np.array(rows, dtype=float).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def noise_ohm(curve: Curve) -> float:
    """Standard deviation of one point, from the median of second differences (slopes do not count)."""
    bends = np.abs(np.diff(curve.resistance_ohm, n=2))
    # a second difference has the variance (1 + 4 + 1) sigma^2; the median of a normal deviate is 0.6745 of its own
    return float(np.median(bends) / (0.6745 * np.sqrt(6.0))) if bends.size else 0.0


def above_noise(curve: Curve, factor: float = 4.0) -> tuple[FloatArray, FloatArray]:
    """Temperature and resistance of the points whose logarithm means something."""
    clear = curve.resistance_ohm > max(factor * noise_ohm(curve), 0.0)
    return curve.temperature_K[clear], curve.resistance_ohm[clear]

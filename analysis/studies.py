"""A campaign of any kinds of curves: each goes to the study of its kind, and what they say together is added.

R(T) and R(B) go to one :class:`analysis.study.Study` per gate voltage, whose findings then carry ``gate_V``;
spectra to one study, gate sweeps to another. Curves come in any order, one at a time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from analysis.curves import Curve, CurveInfo
from analysis.errors import AnalysisError
from analysis.findings import Condition, Finding
from analysis.study import Study, analyze

#: What every point of a curve must have, and the columns that a kind needs beside.
NEEDED = ("temperature_K", "field_T", "resistance_ohm")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "R(T)": (),
    "R(B)": (),
    "R(Vg)": ("gate_V", "leakage_A"),
    "dI/dV": ("bias_V", "modulation_V"),
}


class Studies:
    """Findings while points arrive: ``start``, ``add``, ``finish`` for each curve, ``snapshot`` any time.

    Args:
        expected_curves: how many curves the campaign has; None when that is not known, and then it never ends.
    """

    def __init__(self, expected_curves: int | None = None) -> None:
        self._expected = expected_curves
        self._by_gate: dict[Condition | None, Study] = {}
        self._info: CurveInfo | None = None

    def start(self, info: CurveInfo) -> None:
        """A curve begins.

        Raises:
            AnalysisError: the curve before has not been finished.
        """
        if self._info is not None:
            raise AnalysisError(f"{info.name} begins, but {self._info.name} has not been finished")
        self._info = info
        if info.kind in ("R(T)", "R(B)"):
            self._study(info).start(info)

    def add(self, values: Mapping[str, float]) -> None:
        """One point of the running curve by column; unknown columns are ignored.

        A point that lacks a number its kind needs, or has one that is not finite, is counted and left out.

        Raises:
            AnalysisError: no curve is running.
        """
        if self._info is None:
            raise AnalysisError("a point without a curve")
        if self._info.kind in ("R(T)", "R(B)"):
            t, b, r = (float(values.get(name, float("nan"))) for name in NEEDED)
            self._study(self._info).add(t, b, r)

    def finish(self) -> None:
        """The running curve is complete.

        Raises:
            AnalysisError: no curve is running.
        """
        if self._info is None:
            raise AnalysisError("finish without a curve")
        if self._info.kind in ("R(T)", "R(B)"):
            self._study(self._info).finish()
        self._info = None

    def snapshot(self) -> list[Finding]:
        """All findings as of now; costs one short step of work."""
        return [f for gate, study in self._by_gate.items() for f in _at_gate(study.snapshot(), gate)]

    @property
    def busy(self) -> bool:
        """Whether the next snapshot takes up work, so that one after it may say more."""
        return any(study.busy for study in self._by_gate.values())

    def _study(self, info: CurveInfo) -> Study:
        return self._by_gate.setdefault(info.conditions.get("gate_V"), Study(self._expected))


def analyze_all(curves: Sequence[Curve], expected_curves: int | None = None) -> list[Finding]:
    """All findings over all points of all curves, by kind and gate voltage, then those across.

    Fewer curves than expected (None: as many as there are) make what rests on several curves provisional.
    """
    by_gate: dict[Condition | None, list[Curve]] = {}
    for curve in curves:
        if curve.info.kind in ("R(T)", "R(B)"):
            by_gate.setdefault(curve.info.conditions.get("gate_V"), []).append(curve)
    missing = len(curves) < (expected_curves or 0)
    findings: list[Finding] = []
    for gate, mine in by_gate.items():
        findings += _at_gate(analyze(mine, len(mine) + 1 if missing else None), gate)
    return findings


def _at_gate(findings: Sequence[Finding], gate: Condition | None) -> list[Finding]:
    if gate is None:
        return list(findings)
    return [replace(f, conditions={**f.conditions, "gate_V": gate}) for f in findings]

"""Points of the upper critical field and the laws through them, as the findings of a run say them.

With a gate, all of it is at one voltage: the one with the most isotherms.
"""

from dataclasses import dataclass, replace

import numpy as np

from analysis.curves import FloatArray
from analysis.findings import Finding, Verdict
from analysis.models import ginzburg_landau, whh
from fluxoid.report.data import ReportData, gate_of, held, verdict_words

#: In the order of preference: the criterion that is drawn, and the law.
CRITERIA = ("90 %", "mid", "onset", "zero")
WHH, ORBITAL = "WHH", "WHH, orbital"
#: The quantity of points that no sweep reached.
BEYOND = "Hc2_extrapolated"
LINEAR = "Ginzburg-Landau"
#: Critical temperatures in zero field that differ by no more than this share, as those of two criteria do, are one.
SAME_TC = 0.02
LAWS = (WHH, "WHH, Maki parameter from the slope", ORBITAL, LINEAR)


@dataclass(frozen=True, slots=True)
class Boundary:
    """Bc2(T) as a law's findings say it; ``coldest_K`` is where its points begin. Without spins a line.

    ``assumed``: the points do not tell the spin parameters, and the curve is drawn with the least that agree.
    """

    law: str
    tc_K: float
    slope_T_per_K: float
    spins: tuple[float, float] | None
    coldest_K: float
    assumed: bool = False

    def at(self, temperature_K: FloatArray) -> FloatArray:
        """Bc2 in T."""
        if self.spins is None:
            return ginzburg_landau.linear(temperature_K / self.tc_K, self.slope_T_per_K * self.tc_K)
        return whh.upper_critical_field(temperature_K, self.tc_K, self.slope_T_per_K, *self.spins)


def at_one_gate(data: ReportData) -> ReportData:
    """The same with the isotherms and findings of one gate voltage, those that belong to none included."""
    known = [gate for curve in data.isotherms() if (gate := gate_of(curve)) is not None]
    if not known:
        return data
    best = max(sorted(set(known)), key=known.count)
    return replace(
        data,
        curves=tuple(c for c in data.curves if gate_of(c) in (None, best)),
        findings=tuple(f for f in data.findings if held(f, "gate_V") in (None, best)),
    )


def criterion_of(data: ReportData) -> str:
    """The criterion of the figures: the first of ``CRITERIA`` with at least two points, else the first of all."""
    data = at_one_gate(data)
    for criterion in CRITERIA:
        if len({held(f, "temperature_K") for f in points_of(data, criterion)}) > 1:
            return criterion
    return CRITERIA[0]


def pauli_of(data: ReportData) -> Finding | None:
    """The Pauli field of the run, one with a number first."""
    named = sorted(findings_named(data, "pauli_field"), key=lambda f: f.value is None)
    return named[0] if named else None


def boundary_of(data: ReportData, criterion: str) -> Boundary | None:
    """The first law that has all the numbers a curve needs; Tc is that at which they agree."""
    for law in LAWS:
        mine = {
            f.quantity: f
            for f in data.findings
            if f.method == law and f.conditions.get("criterion") == criterion and f.value is not None
        }
        zero = mine.get("Bc2_0")
        if zero is None or not zero.value:
            continue
        coldest = min(zero.window.get("temperature_K", (0.0, 0.0)))
        if law == LINEAR:
            tc = _line_end(points_of(data, criterion), zero.value)
            return Boundary(law, tc, zero.value / tc, None, coldest)
        slope, spins = mine.get("whh_slope"), _spins(law, mine)
        if slope is None or not slope.value:
            continue
        assumed = spins is None and law == WHH
        if assumed:
            spins = _assumed_spins(zero.value / slope.value, tc_of(data, None))
        if spins is not None:
            reduced = float(whh.upper_critical_field_ratio(0.0, *spins))
            return Boundary(law, zero.value / (slope.value * reduced), slope.value, spins, coldest, assumed)
    return None


def _assumed_spins(zero_over_slope_K: float, tc_K: float | None) -> tuple[float, float]:
    """What the law is drawn with where the points tell neither alpha nor lambda_so: no lambda_so, and no alpha
    unless Tc asks for one: Bc2(0) = 0.692673 Tc |dBc2/dT|/sqrt(1 + alpha^2).
    """
    orbital = whh.ORBITAL_RATIO * (tc_K or 0.0)
    if orbital <= (1.0 + SAME_TC) * zero_over_slope_K:
        return 0.0, 0.0
    return float(np.sqrt((orbital / zero_over_slope_K) ** 2 - 1.0)), 0.0


def _line_end(points: list[Finding], zero_T: float) -> float:
    """Tc of the straight line with this Bc2(0) that passes the points best: B = B0 (1 - T/Tc), least squares."""
    rows = [(held(f, "temperature_K"), f.value, f.error) for f in points if not extrapolated(f)]
    t, b, error = np.array(rows, dtype=float).T
    weights = 1.0 / error**2
    return float(np.sum(weights * t**2) / np.sum(weights * t * (1.0 - b / zero_T)))


def _spins(law: str, mine: dict[str, Finding]) -> tuple[float, float] | None:
    """Maki parameter and spin-orbit scattering of a law; None where one that it needs has no number."""
    if law == ORBITAL:
        return 0.0, 0.0
    alpha = mine.get("maki_parameter" if law == WHH else "maki_parameter_from_slope")
    scattering = mine.get("spin_orbit_scattering")
    if alpha is None or scattering is None or alpha.value is None or scattering.value is None:
        return None
    return max(alpha.value, 0.0), max(scattering.value, 0.0)


def findings_named(data: ReportData, quantity: str, criterion: str | None = None) -> list[Finding]:
    """Findings of one quantity, at one criterion where that is given."""
    return [
        f for f in data.findings if f.quantity == quantity and criterion in (None, f.conditions.get("criterion"))
    ]


def points_of(data: ReportData, criterion: str) -> list[Finding]:
    """Hc2 with numbers; of several sweeps at one temperature the best founded."""
    best: dict[float, Finding] = {}
    for finding in (*findings_named(data, "Hc2", criterion), *findings_named(data, BEYOND, criterion)):
        at = held(finding, "temperature_K")
        if finding.value is None or not finding.error or at is None:
            continue
        if at not in best or rank_of(finding) < rank_of(best[at]):
            best[at] = finding
    return [best[at] for at in sorted(best)]


def extrapolated(finding: Finding) -> bool:
    """Whether no sweep reached the field of this point."""
    return finding.quantity == BEYOND


def rank_of(finding: Finding) -> int:
    """0 for a good point, 1 for a provisional one, 2 for an extrapolated one."""
    return 2 if extrapolated(finding) else 1 if finding.verdict is Verdict.PROVISIONAL else 0


def tc_of(data: ReportData, boundary: Boundary | None) -> float | None:
    """Tc of the law, that at 50 % in zero field where there is none."""
    if boundary is not None:
        return boundary.tc_K
    found = data.by_field("Tc_mid").get(0.0)
    return None if found is None else found.value


def missing_words(data: ReportData) -> list[str]:
    """Why no law has a number: one line of words."""
    none = [f for f in data.findings if f.quantity == "Bc2_0" and f.value is None]
    none.sort(key=lambda f: (f.verdict is Verdict.MODEL_REJECTED, f.method not in LAWS))
    return [f"{none[0].method or 'Bc2(0)'}: {verdict_words(none[0]).split(';')[0]}"] if none else []

"""What curves of different kinds and gates say together: Tc and carriers against gate, Pauli field, width."""

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.bc2_difference import bc2_differences
from analysis.extrapolated_field import extrapolated_fields
from analysis.findings import Condition, Finding, Verdict
from analysis.models.bcs import PAULI_T_PER_K
from analysis.models.ginzburg_landau import FLUX_QUANTUM_T_m2
from analysis.statistics import chi2_probability, weighted_least_squares

#: Quantities at several gate voltages whose slope is a finding.
AGAINST_GATE: Mapping[str, str] = {
    "Tc_mid": "Tc_gate_slope",
    "carrier_density": "carrier_density_gate_slope",
    "sheet_density": "carrier_density_gate_slope",
}
#: Conditions in which points against the gate may differ: each temperature of a Hall curve is a set of its own.
FEWEST_GATES, LEAST_PROBABILITY, TREND_SIGMAS = 2, 0.01, 3.0
#: The field normal to the film, and the laws and criteria whose coherence length serves first.
PERPENDICULAR = "out_of_plane"
LENGTHS = ("Ginzburg-Landau", "WHH, orbital", "WHH", "orbital slope")
CRITERIA = ("mid", "90 %", "onset", "zero")


def across_findings(findings: Sequence[Finding]) -> list[Finding]:
    """Everything that rests on findings of several studies."""
    return [
        *_gate_slopes(findings),
        *_pauli_fields(findings),
        *bc2_differences(findings),
        *extrapolated_fields(findings),
        *_channel_widths(findings),
    ]


def resistive_tc(findings: Sequence[Finding]) -> Finding | None:
    """Tc at half of the normal resistance in zero field without a gate, if there is just one."""
    found = [f for f in findings if _is_tc(f) and "gate_V" not in f.conditions]
    return found[0] if len(found) == 1 else None


def _is_tc(finding: Finding) -> bool:
    return finding.quantity == "Tc_mid" and finding.value is not None and finding.conditions.get("field_T") == 0


def _gate_slopes(findings: Sequence[Finding]) -> list[Finding]:
    groups: dict[str, list[Finding]] = {}
    for f in findings:
        wanted = _is_tc(f) if f.quantity == "Tc_mid" else f.quantity in AGAINST_GATE and f.value is not None
        if wanted and isinstance(f.conditions.get("gate_V"), (int, float)) and f.error:
            # in zero field the direction of the magnet is none
            left_out = ("gate_V", "orientation") if f.quantity == "Tc_mid" else ("gate_V",)
            held = sorted((k, v) for k, v in f.conditions.items() if k not in left_out)
            groups.setdefault(f"{f.quantity} {held!r}", []).append(f)
    return [_gate_slope(group) for group in groups.values() if _gates(group) >= FEWEST_GATES]


def _gates(group: Sequence[Finding]) -> int:
    return len({f.conditions["gate_V"] for f in group})


def _gate_slope(group: Sequence[Finding]) -> Finding:
    """Weighted straight line against the gate voltage; where that is none, its errors hold the scatter about it."""
    gate = np.array([f.conditions["gate_V"] for f in group], dtype=float)
    values = np.array([f.value for f in group], dtype=float)
    errors = np.array([f.error for f in group], dtype=float)
    fit = weighted_least_squares(np.column_stack([np.ones_like(gate), gate - np.mean(gate)]), values, errors)
    straight = chi2_probability(fit.chi2, fit.dof) >= LEAST_PROBABILITY
    growth = 1.0 if straight else float(np.sqrt(fit.chi2 / fit.dof))
    slope, error = float(fit.coefficients[1]), growth * float(np.sqrt(fit.covariance[1, 1]))
    words = "rises" if slope > TREND_SIGMAS * error else "falls" if slope < -TREND_SIGMAS * error else "is constant"
    told = f"{words} with the gate voltage, within {TREND_SIGMAS:g} errors"
    doubts = [] if straight else [f"no straight line (chi2 {fit.chi2:.3g} for {fit.dof}); errors enlarged"]
    if (shaky := sum(f.verdict is not Verdict.GOOD for f in group)) > len(group) / 2:
        doubts.append(f"{shaky} of {len(group)} points are provisional")
    first = group[0]
    drop = ("gate_V", "orientation", "field_T") if first.quantity == "Tc_mid" else ("gate_V",)
    conditions = {**{k: v for k, v in first.conditions.items() if k not in drop}, "across": "gates"}
    verdict = Verdict.PROVISIONAL if doubts else Verdict.GOOD
    curves = tuple(dict.fromkeys(name for f in group for name in f.curves))
    window = {"gate_V": (float(np.min(gate)), float(np.max(gate)))}
    method = f"straight line through {first.quantity} at {_gates(group)} gate voltages"
    reason = "; ".join([*doubts, told])
    return Finding(
        AGAINST_GATE[first.quantity],
        slope,
        error,
        f"{first.unit}/V",
        verdict,
        reason,
        method,
        conditions,
        curves,
        window,
    )


def _pauli_fields(findings: Sequence[Finding]) -> list[Finding]:
    """``pauli_field`` [T] of every resistive Tc in zero field."""
    made = []
    for f in findings:
        if not _is_tc(f) or f.value is None or f.error is None:
            continue
        conditions = {k: v for k, v in f.conditions.items() if k == "gate_V"}
        method = f"{PAULI_T_PER_K:.3f} T/K times Tc_mid (weak coupling, 2 Delta = 3.53 k Tc)"
        value, error = PAULI_T_PER_K * f.value, PAULI_T_PER_K * f.error
        made.append(Finding("pauli_field", value, error, "T", f.verdict, f.reason, method, conditions, f.curves))
    unique = {repr(sorted(f.conditions.items())): f for f in reversed(made)}
    return [f for f in made if unique[repr(sorted(f.conditions.items()))] is f]


def _channel_widths(findings: Sequence[Finding]) -> list[Finding]:
    """``channel_width`` [m] = phi0/(B xi): one flux quantum in the peak field through xi times the width."""
    peak = next(
        (f for f in findings if f.quantity == "resistance_peak_field" and "across" in f.conditions and f.value),
        None,
    )
    if peak is None or peak.value is None or peak.error is None:
        return []
    made = []
    for xi in _lengths(findings):
        assert xi.value is not None
        value = FLUX_QUANTUM_T_m2 / (peak.value * xi.value)
        error = value * float(np.hypot(peak.error / peak.value, (xi.error or 0.0) / xi.value))
        doubts = [f.reason for f in (peak, xi) if f.verdict is not Verdict.GOOD]
        verdict = Verdict.PROVISIONAL if doubts else Verdict.GOOD
        method = f"phi0/(B xi), B = {peak.value:.3g} T, xi = {1e9 * xi.value:.3g} nm ({xi.method})"
        conditions = {k: v for k, v in xi.conditions.items() if k == "gate_V"}
        curves = tuple(dict.fromkeys((*peak.curves, *xi.curves)))
        reason = "; ".join(doubts)
        made.append(Finding("channel_width", value, error, "m", verdict, reason, method, conditions, curves))
    return made


def _lengths(findings: Sequence[Finding]) -> list[Finding]:
    """One coherence length of the perpendicular field for each gate voltage, by the first law that has one."""
    best: dict[Condition | None, tuple[int, int, Finding]] = {}
    for f in findings:
        criterion = str(f.conditions.get("criterion"))
        if (
            f.quantity != "coherence_length"
            or f.value is None
            or f.conditions.get("orientation") != PERPENDICULAR
            or f.method not in LENGTHS
            or criterion not in CRITERIA
        ):
            continue
        rank = (CRITERIA.index(criterion), LENGTHS.index(f.method), f)
        gate = f.conditions.get("gate_V")
        if gate not in best or rank[:2] < best[gate][:2]:
            best[gate] = rank
    return [f for _, _, f in best.values()]

"""Which findings a person wants to see first while a run goes on."""

from collections.abc import Sequence

from analysis.findings import Finding, Verdict

#: Most wanted first, of all that rests on several curves; a quantity that is not listed comes after them.
IMPORTANCE = (
    "exponent_q",
    "Tc_taff",
    "T_cross",
    "inverse_slope_lnR0_U0",
    "U0_exponent_low",
    "U0_exponent_high",
    "U0_exponent",
    "U0_crossover_field",
    "U0_beta",
    "U0_gamma",
    "U0_kramer_field",
    "resistance_peak_field",
    "tc_minimum_field",
    "resistance_peak_gate_dependence",
    "resistance_peak_temperature_dependence",
    "peak_height_minimum_gate",
    "resistance_peak_height_growth",
    "gap_zero",
    "Tc_gap",
    "gap_ratio_2Delta_kTc",
    "gap_critical_field",
    "Bc2_0",
    "pauli_ratio",
    "maki_parameter",
    "spin_orbit_scattering",
    "whh_slope",
    "Bc2_0_difference",
    "coherence_length",
    "Hc2_extrapolated",
    "Tc_gate_slope",
    "carrier_density_gate_slope",
    "channel_width",
    "RRR",
    "gate_hysteresis",
    "carrier_density",
    "sheet_density",
    "hall_coefficient",
    "zero_resistance_field",
    "pauli_field",
)
CURVE_IMPORTANCE = (
    "activation_energy",
    "resistance_peak_field",
    "gap",
    "Tc_mid",
    "Hc2",
    "Tc_onset",
    "Tc_zero",
    "transition_width",
    "resistance_peak_height",
    "normal_resistance",
    "broadening",
    "barrier",
    "gate_leakage",
)
#: Findings by several criteria: the first of these that has a number is shown, the others come after it.
CRITERIA = ("90 %", "mid", "onset", "zero")
#: Likewise the laws of Hc2(T); differences of laws are told of the last two.
LAWS = ("WHH", "WHH, Maki parameter from the slope", "WHH, orbital", "Ginzburg-Landau", "WHH less orbital slope")
_OF_LAWS = {
    "Bc2_0",
    "pauli_ratio",
    "maki_parameter",
    "spin_orbit_scattering",
    "whh_slope",
    "Bc2_0_difference",
    "coherence_length",
}
#: Quantities of single curves, or of single gate voltages, that have namesakes across curves.
_ACROSS_ONLY = {"resistance_peak_field"}
_Rank = tuple[int, int, int]
#: Groups: news across curves, of the present curve, energies of earlier ones, details, what waits, what failed.
_NEWS, _PRESENT, _EARLIER, _DETAIL, _WAITS, _FAILED = range(6)


def important(findings: Sequence[Finding], curve: str) -> list[Finding]:
    """What a person wants to see first: across curves, then of the present curve, then of earlier ones."""
    criterion, known = _preferred(findings), {_place(f) for f in findings if f.value is not None}
    ranked = [
        (rank, -index, finding)
        for index, finding in enumerate(findings)
        if (rank := _rank(finding, curve, criterion, _place(finding) in known)) is not None
    ]
    return [finding for *_, finding in sorted(ranked, key=lambda entry: entry[:2])]


def of_curve(findings: Sequence[Finding], curve: str) -> list[Finding]:
    """Numbers that rest on one curve alone, most wanted first, by one criterion."""
    criterion = _preferred(findings)
    mine = [f for f in important(findings, curve) if f.curves == (curve,) and f.value is not None]
    return [f for f in mine if f.conditions.get("criterion", criterion) == criterion]


def _preferred(findings: Sequence[Finding]) -> str:
    having = {
        str(f.conditions["criterion"]) for f in findings if "criterion" in f.conditions and f.value is not None
    }
    return next((name for name in CRITERIA if name in having), CRITERIA[0])


def _place(finding: Finding) -> tuple[str, str]:
    return finding.quantity, repr(sorted((name, str(value)) for name, value in finding.conditions.items()))


def _rank(finding: Finding, curve: str, criterion: str, known: bool) -> _Rank | None:
    """Group, place in it, and place among findings of one name; None for what is not shown while a run lasts."""
    other = finding.conditions.get("criterion", criterion) != criterion
    across = finding.quantity not in _ACROSS_ONLY or "across" in finding.conditions
    if finding.quantity in IMPORTANCE and across:
        law = LAWS.index(finding.method) if finding.method in LAWS else len(LAWS)
        detail = other or (finding.quantity in _OF_LAWS and law == len(LAWS))
        # one of many gate voltages is news only in the line that goes through them
        detail |= finding.quantity not in _OF_LAWS and "gate_V" in finding.conditions and not other
        group = _DETAIL if detail else _NEWS
        if finding.value is None:
            # a model that has too few curves yet is no news, nor one of several that fails
            waiting = finding.verdict is Verdict.NOT_ENOUGH_DATA
            group = _WAITS if waiting else _FAILED if known or "criterion" in finding.conditions else _NEWS
        return group, IMPORTANCE.index(finding.quantity), law
    if finding.quantity not in CURVE_IMPORTANCE or finding.value is None:
        return None
    place = CURVE_IMPORTANCE.index(finding.quantity)
    if other:
        return _WAITS, place, 0
    if curve in finding.curves:
        return _PRESENT, place, 0
    return (_EARLIER if place == 0 else _DETAIL), len(IMPORTANCE), 0

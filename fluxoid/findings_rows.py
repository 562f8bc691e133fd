"""Which findings go into which table: by field, by gate voltage, by isotherm, peaks, and laws of Hc2(T)."""

from collections.abc import Iterable, Sequence

from analysis.findings import Finding
from fluxoid.findings_grid import Grid, number

NAN = float("nan")
#: Columns of the table with a row per field: quantity and heading.
TRANSITION_COLUMNS = (
    ("Tc_onset", "Tc onset\n(K)"),
    ("Tc_mid", "Tc mid\n(K)"),
    ("Tc_zero", "Tc zero\n(K)"),
    ("transition_width", "Width\n(K)"),
    ("activation_energy", "U0\n(K)"),
)
NORMAL_COLUMNS = (("normal_resistance", "R_n (ohm)"), ("resistance_fraction_at_base", "R/R_n at base"))
GATE_COLUMNS = (
    ("Tc_mid", "Tc mid\n(K)"),
    ("pauli_field", "Pauli field\n(T)"),
    ("sheet_density", "n\n(1/m^2)"),
    ("carrier_density", "n\n(1/m^3)"),
    ("hall_coefficient", "Hall slope\n(ohm/T)"),
)
GATE_MORE_COLUMNS = (
    ("Tc_onset", "Tc onset\n(K)"),
    ("Tc_zero", "Tc zero\n(K)"),
    ("transition_width", "Width\n(K)"),
    ("normal_resistance", "R_n\n(ohm)"),
)
CRITERIA = ("onset", "90 %", "mid", "zero")
ISOTHERM_COLUMNS = tuple((c, c) for c in CRITERIA)
ZERO_COLUMNS = (
    ("normal_resistance", "R_n (ohm)"),
    ("zero_resistance_window", "R = 0 window\n(T)"),
    ("remanent_shift", "its centre\n(T)"),
)
HYSTERESIS_COLUMNS = (*((c, c) for c in CRITERIA), ("zero resistance", "R = 0"))
PEAK_COLUMNS = (("resistance_peak_field", "Field\n(T)"), ("resistance_peak_height", "Height\n(ohm)"))
LAW_COLUMNS = (("Bc2_0", "Hc2(0)\n(T)"), ("pauli_ratio", "/Pauli\nfield"), ("coherence_length", "xi(0)\n(nm)"))
PARAMETER_COLUMNS = (
    ("whh_slope", "|dHc2/dT|\n(T/K)"),
    ("maki_parameter", "Maki\nalpha"),
    ("maki_parameter_from_slope", "alpha by\nslope"),
    ("spin_orbit_scattering", "lambda_so"),
)
_NAMED = {"Hc2", "Hc2_extrapolated", "hysteresis", "resistance_peak_height", "ln_prefactor"} | {
    name for name, _ in ZERO_COLUMNS
}
_OF_CURVES = {name for name, _ in (*TRANSITION_COLUMNS, *NORMAL_COLUMNS)}
_OF_GATE = {name for name, _ in (*GATE_COLUMNS, *GATE_MORE_COLUMNS)}
_OF_LAWS = {name for name, _ in (*LAW_COLUMNS, *PARAMETER_COLUMNS)}


def grids(findings: Sequence[Finding]) -> list[Grid]:
    """Tables of one orientation in reading order; those without a number are left out, but that by field."""
    made = [
        *by_field(findings),
        *by_gate(findings),
        isotherms(findings),
        normal_and_zero(findings),
        hysteresis(findings),
    ]
    made += [peaks(findings), *laws(findings)]
    return [grid for grid in made if grid.rows]


def in_grids(findings: Iterable[Finding]) -> set[int]:
    """Identities of findings that one of the tables speaks for, whether it shows them or not."""
    findings = list(findings)
    taken = set()
    for finding in findings:
        name = finding.quantity
        own = name in _OF_CURVES | _OF_LAWS or name in _NAMED
        at_gate = name in _OF_GATE and number(finding, "gate_V") is not None
        peak = name == "resistance_peak_field" and "across" not in finding.conditions
        if own or at_gate or peak:
            taken.add(id(finding))
    return taken


def by_field(findings: Sequence[Finding]) -> list[Grid]:
    """One row per R(T) curve without a gate, by field; curves at one field are told by name."""
    made = []
    for title, columns in (("Transition", TRANSITION_COLUMNS), ("Resistance above and below", NORMAL_COLUMNS)):
        grid = Grid(title, ("Field\n(T)", "Curve"), columns)
        names = {name for name, _ in columns}
        mine = [f for f in findings if f.quantity in names and number(f, "gate_V") is None]
        mine = [f for f in mine if number(f, "field_T") is not None]
        several = _several_at_one_field(mine)
        for finding in mine:
            curve = finding.curves[0] if several and finding.curves else ""
            grid.put((number(finding, "field_T") or 0.0, curve), finding.quantity, finding)
        made.append(grid)
    return made


def _several_at_one_field(findings: Sequence[Finding]) -> bool:
    curves: dict[float, set[tuple[str, ...]]] = {}
    for finding in findings:
        curves.setdefault(number(finding, "field_T") or 0.0, set()).add(finding.curves)
    return any(len(names) > 1 for names in curves.values())


def by_gate(findings: Sequence[Finding]) -> list[Grid]:
    """One row per gate voltage, field and temperature of a Hall curve left out where they are the same."""
    made = []
    for title, columns in (("By gate voltage", GATE_COLUMNS), ("Transition by gate voltage", GATE_MORE_COLUMNS)):
        grid = Grid(title, ("Gate\n(V)", "Field\n(T)"), columns)
        names = {name for name, _ in columns}
        for finding in findings:
            gate = number(finding, "gate_V")
            # what an isotherm or a map says has a temperature; a Hall curve's slope has one too
            of_isotherm = finding.quantity == "normal_resistance" and number(finding, "temperature_K") is not None
            if finding.quantity in names and gate is not None and not of_isotherm and finding.value is not None:
                grid.put((gate, number(finding, "field_T") or 0.0), finding.quantity, finding)
        made.append(grid)
    return made


def isotherm_temperatures(findings: Sequence[Finding]) -> set[float]:
    """Temperatures at which Hc2 was looked for by several criteria: those of R(B), not the Tc of an R(T) curve."""
    criteria: dict[float, set[object]] = {}
    for finding in findings:
        kelvin = number(finding, "temperature_K")
        if finding.quantity == "Hc2" and kelvin is not None:
            criteria.setdefault(kelvin, set()).add(finding.conditions.get("criterion"))
    return {kelvin for kelvin, names in criteria.items() if len(names) > 1}


def isotherms(findings: Sequence[Finding]) -> Grid:
    """One row per temperature (and gate), a column per criterion; of several sweeps the best founded value."""
    grid = Grid(
        "Upper critical field (T) of isotherms, by criterion", ("T\n(K)", "Gate\n(V)", ""), ISOTHERM_COLUMNS
    )
    known = isotherm_temperatures(findings)
    for finding in findings:
        kelvin = number(finding, "temperature_K")
        if finding.value is None or kelvin is None:
            continue
        gate = number(finding, "gate_V")
        place = NAN if gate is None else gate
        if finding.quantity == "Hc2" and kelvin in known:
            grid.put((kelvin, place, ""), str(finding.conditions.get("criterion", "")), finding)
        elif finding.quantity == "Hc2_extrapolated":
            grid.put((kelvin, place, "EXTRAPOLATED"), str(finding.conditions.get("criterion", "")), finding)
    return grid


def normal_and_zero(findings: Sequence[Finding]) -> Grid:
    """The normal state of isotherms, and the fields between which their resistance is zero."""
    heads = ("T\n(K)", "Gate\n(V)", "Sweep")
    grid = Grid("Isotherms, normal state and zero resistance", heads, ZERO_COLUMNS)
    names = {name for name, _ in ZERO_COLUMNS}
    for finding in findings:
        kelvin, gate = number(finding, "temperature_K"), number(finding, "gate_V")
        of_isotherm = finding.quantity in names and number(finding, "field_T") is None
        if of_isotherm and kelvin is not None and finding.value is not None:
            sweep = str(finding.conditions.get("sweep", ""))
            grid.put((kelvin, NAN if gate is None else gate, sweep), finding.quantity, finding)
    return grid


def hysteresis(findings: Sequence[Finding]) -> Grid:
    """Sweep up less sweep down, one row per temperature and side."""
    grid = Grid("Hysteresis (T), sweep up less sweep down", ("T\n(K)", "Gate\n(V)", "Side"), HYSTERESIS_COLUMNS)
    for finding in findings:
        if finding.quantity == "hysteresis" and finding.value is not None:
            kelvin, gate = number(finding, "temperature_K"), number(finding, "gate_V")
            side = str(finding.conditions.get("side", ""))
            key = (NAN if kelvin is None else kelvin, NAN if gate is None else gate, side)
            grid.put(key, str(finding.conditions.get("criterion", "")), finding)
    return grid


def peaks(findings: Sequence[Finding]) -> Grid:
    """Peaks of R(B) that were found, one row per temperature and gate voltage."""
    grid = Grid("Peaks of R(B)", ("T\n(K)", "Gate\n(V)"), PEAK_COLUMNS)
    names = {name for name, _ in PEAK_COLUMNS}
    for finding in findings:
        if finding.quantity in names and "across" not in finding.conditions and finding.value is not None:
            kelvin, gate = number(finding, "temperature_K"), number(finding, "gate_V")
            key = (NAN if kelvin is None else kelvin, NAN if gate is None else round(gate, 1))
            grid.put(key, finding.quantity, finding)
    return grid


def laws(findings: Sequence[Finding]) -> list[Grid]:
    """What accepted laws of Hc2(T) say, one row per criterion and law."""
    made = []
    for title, columns in (("Laws of Hc2(T)", LAW_COLUMNS), ("Laws of Hc2(T), parameters", PARAMETER_COLUMNS)):
        grid = Grid(title, ("At", "Gate\n(V)", "Law"), columns)
        names = {name for name, _ in columns}
        for finding in findings:
            if finding.quantity in names and finding.value is not None:
                gate = number(finding, "gate_V")
                criterion = str(finding.conditions.get("criterion", ""))
                law = finding.method.replace(", Maki parameter from the slope", ", alpha by slope")
                grid.put((criterion, NAN if gate is None else gate, law), finding.quantity, finding)
        made.append(grid)
    return made

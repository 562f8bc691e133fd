"""Findings for the terminal: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from analysis.findings import Finding, Verdict
from fluxoid import notation
from fluxoid.spectra_table import QUANTITIES as SPECTRUM
from fluxoid.spectra_table import spectra_tables
from fluxoid.verdicts import verdict_text

#: What a simulated sample says that a finding should be; None where it has no say.
Truth = Callable[[Finding], float | None]
Block = Table | Padding | Text
Columns = Sequence[tuple[str, str]]
Rows = dict[float, dict[str, Finding]]

PIPE_WIDTH = 80
#: Columns of the table with a row per field: quantity and heading.
TRANSITION_COLUMNS = (
    ("Tc_onset", "Tc onset\n(K)"),
    ("Tc_mid", "Tc mid\n(K)"),
    ("Tc_zero", "Tc zero\n(K)"),
    ("transition_width", "Width\n(K)"),
    ("activation_energy", "U0\n(K)"),
)
NORMAL_COLUMNS = (("normal_resistance", "R_n (ohm)"), ("resistance_fraction_at_base", "R/R_n at base"))
CRITERIA = ("onset", "mid", "zero")
_ORDER = (Verdict.GOOD, Verdict.PROVISIONAL, Verdict.NOT_ENOUGH_DATA, Verdict.MODEL_REJECTED)


def print_findings(
    findings: Sequence[Finding], truth: Truth | None = None, file: TextIO | None = None, width: int | None = None
) -> None:
    """Print all tables to a terminal or, without colours and 80 columns wide, to any other file."""
    file = file or sys.stdout
    console = Console(file=file, highlight=False, width=width or (None if file.isatty() else PIPE_WIDTH))
    for block in tables(findings, truth):
        console.print(block)


def findings_json(findings: Iterable[Finding]) -> str:
    """A JSON list of :meth:`Finding.as_dict`."""
    return json.dumps([finding.as_dict() for finding in findings], ensure_ascii=False, indent=2, allow_nan=False)


def tables(findings: Sequence[Finding], truth: Truth | None = None) -> list[Block]:
    """Tables in reading order: per field, across curves, rejected models; then what the numbers lack, in words."""
    kept = [finding for finding in findings if finding.verdict is not Verdict.MODEL_REJECTED]
    rejected = [finding for finding in findings if finding.verdict is Verdict.MODEL_REJECTED]
    blocks: list[Block] = []
    for orientation in _orientations(kept):
        here = [finding for finding in kept if finding.conditions.get("orientation", "") == orientation]
        blocks += _by_field(here, orientation, truth)
        blocks += _upper_critical_field(here, orientation)
        for title, table in spectra_tables(here):
            blocks += _titled_block(title, orientation, table)
        blocks += _across(here, orientation, truth)
    blocks += _notes(kept)
    blocks += _rejected(rejected)
    return blocks or [Text("No findings yet.")]


def pull(finding: Finding, truth: float | None) -> float | None:
    """(value - truth)/error, or None where one of the three is missing or the error is zero."""
    if truth is None or finding.value is None or not finding.error:
        return None
    return (finding.value - truth) / finding.error


def _orientations(findings: Iterable[Finding]) -> list[str]:
    return list(dict.fromkeys(str(finding.conditions.get("orientation", "")) for finding in findings))


def _new_table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))


def _titled_block(title: str, orientation: str, table: Table) -> list[Block]:
    # a table's own title would wrap at the table's width
    where = f", field {orientation.replace('_', ' ')}" if orientation else ""
    return [Text(title + where, style="bold"), table, Text("")]


# -- one row per field ---------------------------------------------------------------------------------------


def _by_field(findings: Sequence[Finding], orientation: str, truth: Truth | None) -> list[Block]:
    blocks: list[Block] = []
    rows = _rows(findings, {name for name, _ in TRANSITION_COLUMNS})
    if rows:
        blocks += _titled_block("Transition", orientation, _field_table(TRANSITION_COLUMNS, rows))
    if rows and truth is not None:
        blocks += _truth_block(orientation, TRANSITION_COLUMNS, rows, truth)
    rows = _rows(findings, {name for name, _ in NORMAL_COLUMNS})
    if rows:
        blocks += _titled_block("Resistance above and below", orientation, _field_table(NORMAL_COLUMNS, rows))
    return blocks


def _rows(findings: Iterable[Finding], names: set[str]) -> Rows:
    rows: Rows = {}
    for finding in findings:
        field = finding.conditions.get("field_T")
        if finding.quantity in names and not isinstance(field, str) and field is not None:
            cells = rows.setdefault(float(field), {})
            # two methods may give one quantity; the one with a number is shown
            if finding.quantity not in cells or cells[finding.quantity].value is None:
                cells[finding.quantity] = finding
    return dict(sorted(rows.items()))


def _field_table(columns: Columns, rows: Rows) -> Table:
    table = _new_table()
    table.add_column("Field\n(T)", justify="right", no_wrap=True)
    for _, heading in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Verdict", no_wrap=True)
    for field, cells in rows.items():
        texts = [notation.value_text(cells[name]) if name in cells else "" for name, _ in columns]
        table.add_row(f"{field:g}", *texts, verdict_text(_worst(cells.values())))
    return table


def _truth_block(orientation: str, columns: Columns, rows: Rows, truth: Truth) -> list[Block]:
    texts = {field: [_truth_cell(cells.get(name), truth) for name, _ in columns] for field, cells in rows.items()}
    shown = [index for index in range(len(columns)) if any(cells[index] for cells in texts.values())]
    table = _new_table()
    table.add_column("Field\n(T)", justify="right", no_wrap=True)
    for index in shown:
        table.add_column(columns[index][1], justify="right", no_wrap=True)
    for field, cells in texts.items():
        if any(cells):
            table.add_row(f"{field:g}", *(cells[index] for index in shown))
    return _titled_block("Truth, and (value - truth)/error", orientation, table) if shown else []


def _truth_cell(finding: Finding | None, truth: Truth) -> str:
    known = truth(finding) if finding is not None and finding.value is not None else None
    if finding is None or known is None or finding.error is None:
        return ""
    return f"{notation.plain_like(known, finding.error)} {f'({_pull_text(pull(finding, known))})':>6}"


def _pull_text(number: float | None) -> str:
    # + 0.0 turns a rounded -0.0 into 0.0
    return "" if number is None else f"{round(number, 1) + 0.0:+.1f}"


def _worst(findings: Iterable[Finding]) -> Verdict:
    return max((finding.verdict for finding in findings), key=_ORDER.index)


# -- upper critical field ------------------------------------------------------------------------------------


def _upper_critical_field(findings: Sequence[Finding], orientation: str) -> list[Block]:
    rows: dict[str, dict[str, str]] = {}
    for finding in findings:
        if finding.quantity == "Hc2" and finding.value is not None:
            criterion, temperature = (
                str(finding.conditions.get("criterion", "")),
                finding.conditions.get("temperature_K"),
            )
            cell = f"{notation.value_text(finding)} at {temperature:.4f}" if isinstance(temperature, float) else ""
            rows.setdefault(f"{finding.value:.6g}", {})[criterion] = cell
    if not rows:
        return []
    table = _new_table()
    for heading in CRITERIA:
        table.add_column(heading, justify="right", no_wrap=True)
    for cells in rows.values():
        table.add_row(*(cells.get(name, "") for name in CRITERIA))
    return _titled_block("Upper critical field (T) at temperature (K), by criterion", orientation, table)


# -- everything else -----------------------------------------------------------------------------------------


def _across(findings: Sequence[Finding], orientation: str, truth: Truth | None) -> list[Block]:
    collapsed = {name for name, _ in (*TRANSITION_COLUMNS, *NORMAL_COLUMNS)} | {"Hc2", "ln_prefactor", *SPECTRUM}
    rest = [finding for finding in findings if finding.quantity not in collapsed]
    if not rest:
        return []
    table = _new_table()
    table.add_column("Quantity", no_wrap=True, max_width=21, overflow="ellipsis")
    table.add_column("Value", no_wrap=True, justify="right")
    table.add_column("Unit", no_wrap=True)
    if truth is not None:
        table.add_column("Truth", no_wrap=True, justify="right")
        table.add_column("Pull", no_wrap=True, justify="right")
    else:  # 80 columns hold one or the other
        table.add_column("Method", overflow="fold")
    table.add_column("Verdict", no_wrap=True)
    for finding in rest:
        extra = (finding.method,) if truth is None else _truth_columns(finding, truth)
        value, unit = notation.value_text(finding), notation.unit_of(finding)
        table.add_row(_quantity(finding), value, unit, *extra, verdict_text(finding.verdict))
    return _titled_block("Results", orientation, table)


def _truth_columns(finding: Finding, truth: Truth) -> tuple[str, str]:
    known = truth(finding) if finding.value is not None else None
    if known is None or finding.error is None:
        return "", ""
    scale = notation.scale_of(finding)
    return notation.plain_like(scale * known, scale * finding.error), _pull_text(pull(finding, known))


def _quantity(finding: Finding) -> str:
    where = [f"{finding.conditions[key]:g} {unit}" for key, unit in (("field_T", "T"), ("temperature_K", "K"))
             if isinstance(finding.conditions.get(key), float)]  # fmt: skip
    return f"{notation.symbol(finding.quantity)}{', ' if where else ''}{', '.join(where)}"


def _notes(findings: Iterable[Finding]) -> list[Block]:
    lines = _reasons(f for f in findings if f.verdict in (Verdict.PROVISIONAL, Verdict.NOT_ENOUGH_DATA))
    return _paragraphs("Provisional or missing", lines)


def _rejected(findings: Iterable[Finding]) -> list[Block]:
    findings = list(findings)
    laws = [finding for finding in findings if finding.quantity != "Hc2" and "criterion" in finding.conditions]
    others = [finding for finding in findings if finding not in laws]
    return _paragraphs("Rejected models", [*_reasons(others), *_rejected_laws(laws)])


def _rejected_laws(findings: Sequence[Finding]) -> list[tuple[Verdict, str]]:
    """Every law of Hc2(T) is tried at every criterion: one line says which failed where."""
    lines = []
    for where in _orientations(findings):
        here = [finding for finding in findings if finding.conditions.get("orientation", "") == where]
        methods, criteria = (
            _listed(finding.method for finding in here),
            _listed(str(finding.conditions["criterion"]) for finding in here),
        )
        place = f", {where.replace('_', ' ')}" if where else ""
        text = f"Hc2(T) at {criteria}{place}, by {methods}: not as these laws say; each reason: findings --json"
        lines.append((Verdict.MODEL_REJECTED, text))
    return lines


def _reasons(findings: Iterable[Finding]) -> list[tuple[Verdict, str]]:
    """One line per verdict and reason; the quantities, methods and fields they hold for go in front."""
    grouped: dict[tuple[Verdict, str], list[Finding]] = {}
    for finding in findings:
        grouped.setdefault((finding.verdict, finding.reason), []).append(finding)
    return [(verdict, f"{_subject(members)}: {reason}") for (verdict, reason), members in grouped.items()]


def _subject(findings: Sequence[Finding]) -> str:
    names = _listed(notation.symbol(finding.quantity) for finding in findings)
    methods = _listed(finding.method for finding in findings)
    fields = (finding.conditions.get("field_T") for finding in findings)
    places = _listed(f"{field:g}" for field in fields if isinstance(field, int | float))
    where = _listed(str(finding.conditions.get("orientation", "")).replace("_", " ") for finding in findings)
    how = f" ({methods})" if methods else ""
    places = f"{places} T" if places else ""
    if all(finding.quantity in SPECTRUM for finding in findings):
        kelvins = (finding.conditions.get("temperature_K") for finding in findings)
        held = _listed(f"{kelvin:.4g}" for kelvin in kelvins if isinstance(kelvin, int | float))
        places = ", ".join(part for part in (f"{held} K" if held else "", places) if part)
    return names + how + (f" at {places}" if places else "") + (f", {where}" if where else "")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(word for word in words if word))


def _paragraphs(title: str, lines: Sequence[tuple[Verdict, str]]) -> list[Block]:
    if not lines:
        return []
    blocks: list[Block] = [Text(title, style="bold")]
    for verdict, line in lines:
        blocks.append(Padding(Text.assemble(verdict_text(verdict), ": ", line), (0, 0, 0, 2)))
    return [*blocks, Text("")]

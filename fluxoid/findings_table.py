"""Findings for the terminal: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from analysis.findings import Finding, Verdict
from fluxoid import notation
from fluxoid.findings_grid import Truth, new_table, number, pull, pull_text
from fluxoid.findings_notes import notes, rejected
from fluxoid.findings_rows import CRITERIA, grids, in_grids, isotherm_temperatures
from fluxoid.spectra_table import QUANTITIES as SPECTRUM
from fluxoid.spectra_table import spectra_tables
from fluxoid.verdicts import verdict_text

__all__ = ["PIPE_WIDTH", "Truth", "findings_json", "print_findings", "pull", "tables"]

Block = Table | Padding | Text

PIPE_WIDTH = 80
#: Of what is found once per sweep only the largest is shown.
LARGEST_ONLY = "gate_leakage"
#: Widest name of a quantity with its conditions, beside truth and pull or beside the method.
NAME_WIDTH = 26


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
    """Tables in reading order: per curve, gate, isotherm and spectrum, across curves; then what lacks, in words."""
    kept = [finding for finding in findings if finding.verdict is not Verdict.MODEL_REJECTED]
    blocks: list[Block] = []
    for orientation, here in _by_orientation(kept):
        for grid in grids(here):
            blocks += _titled_block(grid.full_title, orientation, grid.table())
            true = grid.truth_table(truth) if truth is not None else None
            if true is not None:
                blocks += _titled_block("Truth, and (value - truth)/error", orientation, true)
        blocks += _upper_critical_field(here, orientation)
        for title, table in spectra_tables(here):
            blocks += _titled_block(title, orientation, table)
        blocks += _across(here, orientation, truth)
    blocks += notes(kept)
    blocks += rejected(finding for finding in findings if finding.verdict is Verdict.MODEL_REJECTED)
    return blocks or [Text("No findings yet.")]


def _by_orientation(findings: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    """Findings of each orientation; where there is one, those that have none go with it."""
    names = list(dict.fromkeys(str(finding.conditions.get("orientation", "")) for finding in findings))
    named = [name for name in names if name]
    if len(named) == 1:
        return [(named[0], list(findings))]
    return [(name, [f for f in findings if f.conditions.get("orientation", "") == name]) for name in names]


def _titled_block(title: str, orientation: str, table: Table) -> list[Block]:
    # a table's own title would wrap at the table's width
    where = f", field {orientation.replace('_', ' ')}" if orientation else ""
    return [Text(title + where, style="bold"), table, Text("")]


# -- upper critical field from R(T) in fields: the field is what was held ------------------------------------


def _upper_critical_field(findings: Sequence[Finding], orientation: str) -> list[Block]:
    rows: dict[str, dict[str, str]] = {}
    of_isotherms = isotherm_temperatures(findings)
    for finding in findings:
        temperature = number(finding, "temperature_K")
        if finding.quantity == "Hc2" and finding.value is not None and temperature not in of_isotherms:
            cell = "" if temperature is None else f"{notation.value_text(finding)} at {temperature:.4f}"
            rows.setdefault(f"{finding.value:.6g}", {})[str(finding.conditions.get("criterion", ""))] = cell
    if not rows:
        return []
    table = new_table()
    shown = [name for name in CRITERIA if any(name in cells for cells in rows.values())]
    for heading in shown:
        table.add_column(heading, justify="right", no_wrap=True)
    for cells in rows.values():
        table.add_row(*(cells.get(name, "") for name in shown))
    return _titled_block("Upper critical field (T) at temperature (K), by criterion", orientation, table)


# -- everything else -----------------------------------------------------------------------------------------


def _across(findings: Sequence[Finding], orientation: str, truth: Truth | None) -> list[Block]:
    """What is no part of another table and has a number, or is all there is to say; the rest is in the notes."""
    taken = in_grids(findings)
    rest = [f for f in findings if id(f) not in taken and f.quantity not in SPECTRUM]
    rest = [finding for finding in _largest_only(rest) if finding.value is not None]
    if not rest:
        return []
    table = new_table()
    table.add_column("Quantity", max_width=NAME_WIDTH, overflow="fold")
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


def _largest_only(findings: Sequence[Finding]) -> list[Finding]:
    """Leakage of many sweeps as one finding, the largest, that says of how many."""
    sweeps = [f for f in findings if f.quantity == LARGEST_ONLY and f.value is not None]
    if len(sweeps) < 2:
        return list(findings)
    largest = max(sweeps, key=lambda finding: finding.value or 0.0)
    conditions = {"sweeps": f"largest of {len(sweeps)}"}
    made = [finding for finding in findings if finding.quantity != LARGEST_ONLY]
    return [*made, replace(largest, conditions=conditions, method=f"largest of {len(sweeps)} sweeps")]


def _truth_columns(finding: Finding, truth: Truth) -> tuple[str, str]:
    known = truth(finding) if finding.value is not None else None
    if known is None or finding.error is None:
        return "", ""
    scale = notation.scale_of(finding)
    return notation.plain_like(scale * known, scale * finding.error), pull_text(pull(finding, known))


def _quantity(finding: Finding) -> str:
    units = (("field_T", "T"), ("temperature_K", "K"), ("gate_V", "V"))
    where = [f"{at:.4g} {unit}" for key, unit in units if (at := number(finding, key)) is not None]
    where += [str(finding.conditions[key]) for key in ("criterion", "sweep", "sweeps") if key in finding.conditions]
    if finding.quantity == "Bc2_0_difference":
        where.append(
            finding.method.removeprefix("WHH less ").replace("the orbital field of its own slope", "own slope")
        )
    return ", ".join([notation.symbol(finding.quantity), *where])

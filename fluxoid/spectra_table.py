"""The table with a row per dI/dV spectrum."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from analysis.findings import Finding
from fluxoid import notation
from fluxoid.verdicts import verdict_text

#: Quantity and heading of each column.
COLUMNS = (
    ("gap", "Gap\n(meV)"),
    ("broadening", "Broadening\n(meV)"),
    ("barrier", "Barrier\nZ"),
    ("bias_offset", "Offset\n(mV)"),
)
QUANTITIES = tuple(name for name, _ in COLUMNS)


def spectra_tables(findings: Sequence[Finding]) -> list[tuple[str, Table]]:
    """Title and table for every channel; the law is in the title where all spectra share it."""
    rows = _rows(findings)
    made = []
    for channel in dict.fromkeys(channel for channel, _ in rows):
        mine = [cells for (where, _), cells in rows.items() if where == channel]
        laws = {_law(cells) for cells in mine} - {""}
        law = next(iter(laws)) if len(laws) == 1 else ""
        title = ", ".join(part for part in ("Spectra", channel, f"{law} broadening" if law else "") if part)
        made.append((title, _table(mine, with_law=len(laws) > 1)))
    return made


def _rows(findings: Sequence[Finding]) -> dict[tuple[str, tuple[str, ...]], dict[str, Finding]]:
    rows: dict[tuple[str, tuple[str, ...]], dict[str, Finding]] = {}
    for finding in findings:
        if finding.quantity in QUANTITIES:
            channel = str(finding.conditions.get("channel", ""))
            rows.setdefault((channel, finding.curves), {})[finding.quantity] = finding
    return rows


def _table(rows: Sequence[dict[str, Finding]], with_law: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("T\n(K)", "Field\n(T)", *(heading for _, heading in COLUMNS)):
        table.add_column(heading, justify="right", no_wrap=True)
    if with_law:
        table.add_column("Law", overflow="fold")
    table.add_column("Verdict\nof the gap", no_wrap=not with_law)
    for cells in sorted(rows, key=lambda cells: (_held(cells, "field_T"), _held(cells, "temperature_K"))):
        held = (f"{_held(cells, 'temperature_K'):.4g}", f"{_held(cells, 'field_T'):.4g}")
        texts = [notation.value_text(cells[name]) if name in cells else "" for name in QUANTITIES]
        gap = cells.get("gap")
        verdict = verdict_text(gap.verdict) if gap is not None else Text("")
        table.add_row(*held, *texts, *((_law(cells),) if with_law else ()), verdict)
    return table


def _law(cells: dict[str, Finding]) -> str:
    return next(iter(cells.values())).method.removesuffix(" broadening")


def _held(cells: dict[str, Finding], condition: str) -> float:
    value = next(iter(cells.values())).conditions.get(condition, 0.0)
    return 0.0 if isinstance(value, str) else float(value)

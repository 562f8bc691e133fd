"""Tables of findings: a row per field, gate voltage, isotherm, peak or law, a column per quantity."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from rich.table import Table

from analysis.findings import Condition, Finding, Verdict
from fluxoid import notation
from fluxoid.verdicts import verdict_text

#: What a simulated sample says that a finding should be; None where it has no say.
Truth = Callable[[Finding], float | None]
#: Column (a quantity, or a quantity and a criterion) and heading.
Columns = Sequence[tuple[str, str]]
#: What a row is for, as it is sorted and printed.
Key = tuple[float | str, ...]
#: A pull from here on is written as a power of ten, since its column is narrow.
FAR_OFF = 1000.0
_ORDER = (Verdict.GOOD, Verdict.PROVISIONAL, Verdict.NOT_ENOUGH_DATA, Verdict.MODEL_REJECTED)


@dataclass(slots=True)
class Grid:
    """Cells by row and column; ``heads`` are the headings of the row's own columns."""

    title: str
    heads: tuple[str, ...]
    columns: Columns
    rows: dict[Key, dict[str, Finding]] = field(default_factory=dict)

    def put(self, key: Key, column: str, finding: Finding) -> None:
        """One cell; of two findings the one with a number, then the better founded one, is shown."""
        cells = self.rows.setdefault(key, {})
        if column not in cells or _rank(finding) < _rank(cells[column]):
            cells[column] = finding

    @property
    def full_title(self) -> str:
        """The title with what all rows have in common."""
        first = next(iter(self.rows), ())
        same = [
            f"{part:g} {self.heads[index].partition('(')[2].rstrip(')')}".strip()
            if isinstance(part, float)
            else str(part)
            for index, part in enumerate(first)
            if not self._tells(index) and part == part and part != ""
        ]
        return ", ".join([self.title, *same])

    def shown(self) -> list[tuple[str, str]]:
        """Columns in which anything has a number."""
        return [
            (name, heading)
            for name, heading in self.columns
            if any(name in cells and cells[name].value is not None for cells in self.rows.values())
        ]

    def table(self) -> Table:
        """Values with their errors, and the worst verdict of each row."""
        shown = self.shown()
        table = self._start([heading for _, heading in shown])
        table.add_column("Verdict", no_wrap=True)
        for key, cells in sorted(self.rows.items(), key=lambda row: _sorting(row[0])):
            texts = [notation.value_text(cells[name]) if name in cells else "" for name, _ in shown]
            table.add_row(*self._key_texts(key), *texts, verdict_text(worst(cells.values())))
        return table

    def truth_table(self, truth: Truth) -> Table | None:
        """Truth and pull of every cell; None where the sample has no say in any."""
        keyed = sorted(self.rows.items(), key=lambda row: _sorting(row[0]))
        texts = {key: [truth_cell(cells.get(name), truth) for name, _ in self.columns] for key, cells in keyed}
        known = [index for index in range(len(self.columns)) if any(cells[index] for cells in texts.values())]
        if not known:
            return None
        table = self._start([self.columns[index][1] for index in known])
        for key, cells in texts.items():
            if any(cells):
                table.add_row(*self._key_texts(key), *(cells[index] for index in known))
        return table

    def _start(self, headings: Iterable[str]) -> Table:
        table = new_table()
        for index, heading in enumerate(self.heads):
            if self._tells(index):
                table.add_column(heading, justify="left" if self._is_text(index) else "right", no_wrap=True)
        for heading in headings:
            table.add_column(heading, justify="right", no_wrap=True)
        return table

    def _key_texts(self, key: Key) -> list[str]:
        return [
            "" if part != part else f"{part:g}" if isinstance(part, float) else str(part)
            for index, part in enumerate(key)
            if self._tells(index)
        ]

    def _tells(self, index: int) -> bool:
        """Whether rows differ in it; the first always has its column."""
        parts = {repr(key[index]) for key in self.rows}
        return index == 0 or len(parts) > 1

    def _is_text(self, index: int) -> bool:
        return any(isinstance(key[index], str) for key in self.rows)


def new_table() -> Table:
    """A table as all of them look."""
    return Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))


def number(finding: Finding, condition: str) -> float | None:
    """A condition that is a number."""
    value: Condition | None = finding.conditions.get(condition)
    return None if value is None or isinstance(value, str) else float(value)


def worst(findings: Iterable[Finding]) -> Verdict:
    """The worst verdict of several findings."""
    return max((finding.verdict for finding in findings), key=_ORDER.index)


def pull(finding: Finding, truth: float | None) -> float | None:
    """(value - truth)/error, or None where one of the three is missing or the error is zero."""
    if truth is None or finding.value is None or not finding.error:
        return None
    return (finding.value - truth) / finding.error


def pull_text(value: float | None) -> str:
    """One decimal with its sign, an order of magnitude where it is far off."""
    if value is None:
        return ""
    # + 0.0 turns a rounded -0.0 into 0.0
    return f"{value:+.0e}" if abs(value) >= FAR_OFF else f"{round(value, 1) + 0.0:+.1f}"


def truth_cell(finding: Finding | None, truth: Truth) -> str:
    """The truth with the decimals of the value, and the pull in brackets."""
    known = truth(finding) if finding is not None and finding.value is not None else None
    if finding is None or known is None or finding.error is None:
        return ""
    scale = notation.scale_of(finding)
    shown = notation.plain_like(scale * known, scale * finding.error)
    return f"{shown} {f'({pull_text(pull(finding, known))})':>6}"


def _rank(finding: Finding) -> tuple[bool, int]:
    return finding.value is None, _ORDER.index(finding.verdict)


def _sorting(key: Key) -> tuple[tuple[bool, float, str], ...]:
    """Numbers by size, words by name, an empty place (not a number) before all."""
    return tuple(
        (isinstance(part, str), 0.0 if isinstance(part, str) or part != part else part, str(part)) for part in key
    )

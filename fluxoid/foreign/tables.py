"""A file of columns as it was written: comma, semicolon, tab or space separated, or Quantum Design MultiVu."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from instruments.errors import ConfigurationError

#: More of a file than this is not a measurement on a few contacts.
LARGEST_BYTES = 200_000_000
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eEdD][-+]?\d+)?|nan|inf|-inf", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Headings and values (rows, columns); a cell without a number is NaN. ``first_line`` is that of the first row.

    ``headings`` are empty texts where the file has none. ``lines`` holds the line number of each row.
    """

    path: Path
    headings: tuple[str, ...]
    values: npt.NDArray[np.float64]
    lines: npt.NDArray[np.int_]
    dialect: str

    def column(self, index: int) -> npt.NDArray[np.float64]:
        """The values of one column."""
        return self.values[:, index]


def read_table(path: Path) -> Table:
    """Read one file.

    Raises:
        ConfigurationError: no file, not text, no rows of numbers, or a row that does not fit; with file and line.
    """
    text = _text(path)
    lines = text.splitlines()
    start, dialect = _data_start(lines)
    if start is None:
        return _plain(path, lines)
    return _delimited(path, lines, start, ",", dialect, heading=True)


def _text(path: Path) -> str:
    if path.is_dir():
        ours = (path / "run.h5").exists() or (path / "journal.jsonl").exists()
        help_text = (
            f"ask `fluxoid findings {path}` for a recorded run" if ours else f"give its files, e.g. {path}/*.dat"
        )
        raise ConfigurationError(f"{path}: a folder, where a file of columns is wanted; {help_text}")
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ConfigurationError(
                f"{path}: larger than {LARGEST_BYTES // 1_000_000} MB, which is no table of a sweep"
            )
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16")
    if raw[:4] == b"\x89HDF":
        raise ConfigurationError(f"{path}: HDF5, not text; ask `fluxoid findings {path}` for a recorded run")
    if b"\x00" in raw[:4096]:
        raise ConfigurationError(f"{path}: not a text file; allowed are CSV, tab-separated text and MultiVu .dat")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Ω and µ as instruments' programs of the last century write them
        return raw.decode("cp1252", errors="replace")


def _data_start(lines: list[str]) -> tuple[int | None, str]:
    for index, line in enumerate(lines[:2000]):
        if line.strip().lower().rstrip(",") == "[data]":
            return index + 1, "MultiVu"
    return None, ""


def _plain(path: Path, lines: list[str]) -> Table:
    """CSV or separated text with lines of remarks, perhaps a heading, then rows of numbers."""
    filled = [i for i, line in enumerate(lines) if line.strip() and not line.lstrip().startswith(("#", "%", "!"))]
    if not filled:
        raise ConfigurationError(f"{path}: holds no rows of numbers")
    first = next((i for i in filled if _is_row(lines[i], _delimiter(lines[i]))), None)
    if first is None:
        shown = lines[filled[0]].strip()[:60]
        raise ConfigurationError(
            f"{path}, line {filled[0] + 1}: no row of numbers in the file; it begins with {shown!r}"
        )
    delimiter = _delimiter(lines[first])
    before = [i for i in range(first) if lines[i].strip()]
    commented = bool(before) and lines[before[-1]].lstrip().startswith(("#", "%"))
    heading_at = before[-1] if before else None
    if heading_at is not None:
        cells = _headings(lines[heading_at].lstrip("#%! "), delimiter)
        if len(cells) != len(_headings(lines[first], delimiter)):
            # "Temperature (K)" holds the very space that separates the numbers
            heading_at = None if commented or delimiter is not None else heading_at
    if heading_at is not None and len(before) > 1 and _is_units(_cells(lines[heading_at], delimiter)):
        names, units = _cells(lines[before[-2]].lstrip("#%! "), delimiter), _cells(lines[heading_at], delimiter)
        lines = list(lines)
        joined = [f"{name} ({unit.strip('()[] ')})" for name, unit in zip(names, units, strict=False)]
        lines[heading_at] = (delimiter or " ").join(joined) if delimiter else "\t".join(joined)
    if heading_at is None:
        return _delimited(path, lines, first, delimiter, "text", heading=False)
    if heading_at + 1 != first:
        lines = [*lines[: heading_at + 1], *[""] * (first - heading_at - 1), *lines[first:]]
    return _delimited(
        path, lines, heading_at, delimiter, "CSV" if delimiter in (",", ";") else "text", heading=True
    )


def _delimited(
    path: Path, lines: list[str], start: int, delimiter: str | None, dialect: str, heading: bool
) -> Table:
    body = start
    headings: list[str] = []
    if heading:
        if start >= len(lines):
            raise ConfigurationError(f"{path}, line {start + 1}: the file ends before a line of headings")
        headings = _headings(lines[start].lstrip("#%! "), delimiter)
        body = start + 1
    rows: list[list[float]] = []
    numbers: list[int] = []
    width = len(headings) or None
    for index in range(body, len(lines)):
        line = lines[index]
        if not line.strip() or line.lstrip().startswith(("#", "%", "!")):
            continue
        cells = _cells(line, delimiter)
        while len(cells) > (width or len(cells)) and not cells[-1].strip():
            cells.pop()
        width = width or len(cells)
        if len(cells) > width or (len(cells) < width and dialect != "MultiVu"):
            raise ConfigurationError(
                f"{path}, line {index + 1}: {len(cells)} columns where the lines before have {width}"
            )
        rows.append(
            [_value(cell, delimiter, path, index, dialect) for cell in cells] + [np.nan] * (width - len(cells))
        )
        numbers.append(index + 1)
    if not rows or width is None:
        raise ConfigurationError(f"{path}, line {body + 1}: no row of numbers follows the headings")
    names = tuple(headings) if headings else ("",) * width
    return Table(path, names, np.array(rows, dtype=float), np.array(numbers), dialect)


def _headings(line: str, delimiter: str | None) -> list[str]:
    cells = _cells(line, delimiter)
    if delimiter is None and ("\t" in line or "  " in line.strip()):
        cells = re.split(r"\t+|\s{2,}", line.strip())
    while cells and not cells[-1].strip():
        cells.pop()
    return [cell.strip() for cell in cells]


def _delimiter(line: str) -> str | None:
    """Tab, semicolon or comma where the line has one; None for spaces."""
    for candidate in ("\t", ";", ","):
        if candidate in line:
            return candidate
    return None


def _cells(line: str, delimiter: str | None) -> list[str]:
    if delimiter is None:
        return line.split()
    if '"' in line:
        import csv

        return next(csv.reader([line], delimiter=delimiter))
    return line.split(delimiter)


def _is_row(line: str, delimiter: str | None) -> bool:
    cells = [cell.strip() for cell in _cells(line, delimiter)]
    numeric = [bool(_NUMBER.fullmatch(_decimal(cell, delimiter))) for cell in cells if cell]
    return len(numeric) > 1 and all(numeric)


def _is_units(cells: list[str]) -> bool:
    known = re.compile(r"(?i)[(\[]?\s*([mkuµμnM]?(K|T|Oe|G|ohms?|Ω|V|A|S|Hz|s|sec|deg|°)|a\.u\.|-|)\s*[)\]]?")
    return len(cells) > 1 and all(known.fullmatch(cell.strip()) for cell in cells)


def _decimal(cell: str, delimiter: str | None) -> str:
    """A decimal comma, which only other delimiters than the comma leave room for, as a point."""
    return cell.replace(",", ".") if delimiter in (";", "\t", None) and cell.count(",") == 1 else cell


def _value(cell: str, delimiter: str | None, path: Path, index: int, dialect: str) -> float:
    text = _decimal(cell.strip().strip('"').strip(), delimiter)
    if not text or text in ("-", "--"):
        return float("nan")
    if _NUMBER.fullmatch(text):
        return float(text.replace("d", "e").replace("D", "e")) if "n" not in text.lower() else float(text)
    if dialect == "MultiVu":
        return float("nan")  # comment and status columns
    if re.fullmatch(r"[\d:T .Z+-]{8,}", text):
        return float("nan")  # a time stamp
    raise ConfigurationError(f"{path}, line {index + 1}: {text[:40]!r} is no number")

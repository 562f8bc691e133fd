"""Which column of a table is which quantity, by heading or as told."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fluxoid.foreign.tables import Table
from fluxoid.foreign.units import (
    QUANTITIES,
    SI,
    Quantity,
    allowed_units,
    factor_to_si,
    is_resistivity,
    name_of,
    split_heading,
)
from instruments.errors import ConfigurationError


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Columns of one table in SI units, several where several headings name one quantity (channels).

    ``notes`` say what was assumed.
    """

    table: Table
    found: Mapping[Quantity, tuple[tuple[str, npt.NDArray[np.float64]], ...]]
    notes: tuple[str, ...]

    def first(self, quantity: Quantity) -> npt.NDArray[np.float64] | None:
        """The first column of a quantity."""
        channels = self.found.get(quantity, ())
        return channels[0][1] if channels else None


def parse_column_options(texts: tuple[str, ...]) -> dict[Quantity, str]:
    """``temperature=3`` or ``resistance=Bridge 1 Resistance (Ohms)`` or ``field=2:Oe`` by quantity.

    Raises:
        ConfigurationError: not of this form, an unknown quantity, or one named twice.
    """
    chosen: dict[Quantity, str] = {}
    for text in texts:
        name, equals, what = text.partition("=")
        quantity = next((q for q in QUANTITIES if q == name.strip().lower()), None)
        if not equals or quantity is None or not what.strip():
            raise ConfigurationError(
                f"--column {text}: allowed is QUANTITY=NUMBER, QUANTITY=NUMBER:UNIT or QUANTITY=HEADING,"
                f" with QUANTITY one of {', '.join(QUANTITIES)}"
            )
        if quantity in chosen:
            raise ConfigurationError(f"--column {text}: {quantity} is given twice")
        chosen[quantity] = what.strip()
    return chosen


def identify(table: Table, chosen: Mapping[Quantity, str], length_over_area_per_m: float | None) -> Columns:
    """Find the columns of every quantity; those that are chosen are not guessed.

    Raises:
        ConfigurationError: a chosen column that is not there, or a unit that is not one of its quantity.
    """
    found: dict[Quantity, list[tuple[str, npt.NDArray[np.float64]]]] = {}
    notes: list[str] = []
    taken: set[int] = set()
    for quantity, what in chosen.items():
        index, unit = _chosen(table, quantity, what)
        taken.add(index)
        found[quantity] = [_scaled(table, index, quantity, unit, length_over_area_per_m, notes)]
    by_name = [(index, name_of(heading)) for index, heading in enumerate(table.headings) if index not in taken]
    for index, named in by_name:
        if named is None or named in chosen or not np.any(np.isfinite(table.column(index))):
            continue
        _, unit = split_heading(table.headings[index])
        beside = any(other == named and i != index and not _resistivity(table, i) for i, other in by_name)
        if is_resistivity(unit) and length_over_area_per_m is None and beside:
            continue  # the same bridge in ohm beside it
        found.setdefault(named, []).append(_scaled(table, index, named, None, length_over_area_per_m, notes))
    return Columns(table, {name: tuple(columns) for name, columns in found.items()}, tuple(notes))


def _resistivity(table: Table, index: int) -> bool:
    return is_resistivity(split_heading(table.headings[index])[1])


def _chosen(table: Table, quantity: Quantity, what: str) -> tuple[int, str | None]:
    """Index of the column and the unit given with it."""
    for candidate, unit in ((what, None), what.rsplit(":", 1) if ":" in what else (what, None)):
        text = candidate.strip()
        if text.isdigit() and 1 <= int(text) <= len(table.headings):
            return int(text) - 1, unit
        same = [i for i, heading in enumerate(table.headings) if heading.lower() == text.lower()]
        if same:
            return same[0], unit
    listed = ", ".join(f"{i + 1} {heading!r}" for i, heading in enumerate(table.headings))
    raise ConfigurationError(f"{table.path}: no column {what!r} for {quantity}; there are {listed}")


def _scaled(
    table: Table,
    index: int,
    quantity: Quantity,
    unit: str | None,
    length_over_area_per_m: float | None,
    notes: list[str],
) -> tuple[str, npt.NDArray[np.float64]]:
    heading = table.headings[index]
    written = split_heading(heading)[1] if unit is None else unit
    name = heading or f"column {index + 1}"
    where = f"{table.path}, column {index + 1} ({heading!r})"
    if is_resistivity(written):
        if length_over_area_per_m is None:
            raise ConfigurationError(
                f"{where}: a resistivity in {written}; allowed are {allowed_units(quantity)}, or give"
                " --length-over-area (1/m) of the sample to make it a resistance"
            )
        ohm = written.replace("-", "").replace(" ", "").rstrip("m").removesuffix("c")
        scale = factor_to_si(quantity, ohm.rstrip("·*.")) or 1.0
        per_m = 1e-2 if written.rstrip().endswith("cm") else 1.0
        return name, table.column(index) * scale * per_m * length_over_area_per_m
    if not written:
        notes.append(f"{where}: no unit, taken for {SI[quantity]}")
        return name, table.column(index).copy()
    factor = factor_to_si(quantity, written)
    if factor is None:
        raise ConfigurationError(
            f"{where}: {written!r} is no unit of {quantity}; allowed are {allowed_units(quantity)}"
        )
    return name, table.column(index) * factor

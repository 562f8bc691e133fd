"""From columns to curves: what varies, what was held, and the values that a name or an option gives."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.curves import Curve, CurveInfo
from analysis.findings import Condition
from fluxoid.foreign.columns import Columns
from fluxoid.foreign.spectra import ForeignSpectrum, SpectraAsked, spectra_of
from fluxoid.foreign.units import Quantity, value_in_name
from instruments.errors import ConfigurationError

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int_]
Kind = Literal["R(T)", "R(B)", "hall", "dI/dV"]

#: A column varies when its range is more than this share of its size (temperature), or this many tesla.
VARIES_SHARE, VARIES_T = 0.05, 0.02
#: A step of the held column by this share of its range (or by VARIES_T) begins another curve; fewest points of one.
STEP_SHARE, FEWEST = 0.02, 12


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options say of every file; None leaves it to the file."""

    kind: Kind | None = None
    field_T: float | None = None
    temperature_K: float | None = None
    orientation: str | None = None
    thickness_m: float | None = None
    modulation_rms_V: float = 0.0


@dataclass(slots=True)
class Gathered:
    """Curves and spectra of all files, and what was assumed on the way."""

    curves: list[Curve] = field(default_factory=list)
    spectra: list[ForeignSpectrum] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def gather(columns: Columns, asked: Asked, into: Gathered) -> None:
    """Add the curves of one table.

    Raises:
        ConfigurationError: a column or a held value is missing, or nothing varies; with what would help.
    """
    into.notes += columns.notes
    kind = asked.kind or _guess(columns)
    if kind == "dI/dV":
        into.spectra += spectra_of(
            columns, SpectraAsked(asked.field_T, asked.temperature_K, asked.modulation_rms_V), into.notes
        )
    else:
        _sweeps(columns, asked, kind, into)


def _guess(columns: Columns) -> Kind:
    path = columns.table.path
    if "conductance" in columns.found and "bias" in columns.found:
        return "dI/dV"
    if "resistance" not in columns.found and "hall" not in columns.found:
        raise ConfigurationError(
            f"{path}: no column of resistance, Hall resistance or conductance; found {_headings(columns)};"
            " name one by --column resistance=NUMBER"
        )
    temperature, magnet = columns.first("temperature"), columns.first("field")
    varied = [
        name
        for name, values in (("temperature", temperature), ("field", magnet))
        if values is not None and _varies(name, values)
    ]
    if varied == ["field"] or (magnet is not None and _sweeps_more(magnet, temperature)):
        return "hall" if "resistance" not in columns.found else "R(B)"
    if "temperature" in varied:
        return "R(T)"
    raise ConfigurationError(
        f"{path}: neither temperature nor field varies, so that there is no curve; found {_headings(columns)};"
        " name the columns by --column temperature=NUMBER or --column field=NUMBER"
    )


def _varies(name: str, values: FloatArray) -> bool:
    known = values[np.isfinite(values)]
    if known.size < 2:
        return False
    span = float(np.ptp(known))
    return span > (VARIES_T if name == "field" else VARIES_SHARE * float(np.max(np.abs(known))))


def _sweeps_more(magnet: FloatArray, temperature: FloatArray | None) -> bool:
    """Both vary: the one that moves between nearly all points is swept, the other is stepped."""
    if temperature is None:
        return False
    return _moving(magnet) > 2 * _moving(temperature) and _varies("field", magnet)


def _moving(values: FloatArray) -> float:
    """Share of steps that are a fair part of an even sweep's step."""
    steps = np.abs(np.diff(values[np.isfinite(values)]))
    span = float(np.ptp(values[np.isfinite(values)]))
    return float(np.mean(steps > 0.2 * span / max(steps.size, 1))) if steps.size and span > 0 else 0.0


def _headings(columns: Columns) -> str:
    return ", ".join(repr(heading) for heading in columns.table.headings if heading) or "columns without headings"


def _sweeps(columns: Columns, asked: Asked, kind: Kind, into: Gathered) -> None:
    path = columns.table.path
    swept: Quantity = "temperature" if kind == "R(T)" else "field"
    held: Quantity = "field" if kind == "R(T)" else "temperature"
    abscissa = columns.first(swept)
    if abscissa is None:
        raise ConfigurationError(
            f"{path}: {kind} needs a column of {swept}; found {_headings(columns)}; name it by"
            f" --column {swept}=NUMBER"
        )
    wanted: Quantity = "hall" if kind == "hall" else "resistance"
    channels = columns.found.get(wanted) or (columns.found.get("resistance") if kind == "hall" else None)
    if not channels:
        raise ConfigurationError(
            f"{path}: {kind} needs a column of {wanted}; found {_headings(columns)}; name it by"
            f" --column {wanted}=NUMBER"
        )
    for part, value in _parts(columns, held, asked, into):
        for heading, resistance in channels:
            _curve(columns, asked, kind, part, value, (heading, resistance), len(channels), into)


def _curve(
    columns: Columns,
    asked: Asked,
    kind: Kind,
    part: IndexArray,
    value: float | None,
    channel: tuple[str, FloatArray],
    channels: int,
    into: Gathered,
) -> None:
    rows = part
    temperature, magnet = columns.first("temperature"), columns.first("field")
    fixed = np.full(rows.size, np.nan if value is None else value)
    heading, resistance = channel
    t = fixed if temperature is None else temperature[rows]
    b = fixed if magnet is None else magnet[rows]
    if kind == "R(T)":
        b = fixed if asked.field_T is not None or not np.any(np.isfinite(b)) else b
    else:
        t = fixed if asked.temperature_K is not None or not np.any(np.isfinite(t)) else t
    r = resistance[rows]
    # a held value that is nowhere known is no reason to lose a point
    swept, other = (t, b) if kind == "R(T)" else (b, t)
    good = np.isfinite(swept) & np.isfinite(r)
    lost = int(np.count_nonzero(~good & np.isfinite(swept)))
    held_known = np.where(np.isfinite(other), other, np.nan if value is None else value)
    conditions: dict[str, Condition] = {}
    if value is not None:
        conditions["field_T" if kind == "R(T)" else "temperature_K"] = value
    if asked.orientation is not None:
        conditions["orientation"] = asked.orientation
    if kind != "R(T)":
        conditions["signal"] = "hall" if kind == "hall" else "longitudinal"
    name = _name(columns.table.path, value, kind, heading, channels)
    if channels > 1:
        conditions["channel"] = heading
    if lost:
        into.notes.append(f"{columns.table.path}: {lost} row(s) of {heading!r} without a number are left out")
    info = CurveInfo(name, "R(T)" if kind == "R(T)" else "R(B)", conditions, thickness_m=asked.thickness_m)
    t, b = (swept, held_known) if kind == "R(T)" else (held_known, swept)
    into.curves.append(Curve(info, t[good], b[good], r[good]))


def _name(path: Path, value: float | None, kind: Kind, heading: str, channels: int) -> str:
    unit = "T" if kind == "R(T)" else "K"
    parts = [path.name, "" if value is None else f"{value:.4g} {unit}", heading if channels > 1 else ""]
    return ", ".join(part for part in parts if part)


def _parts(columns: Columns, held: Quantity, asked: Asked, into: Gathered) -> list[tuple[IndexArray, float | None]]:
    """Rows of each curve with the value held: by option, by column (several plateaus: several curves), by name."""
    path = columns.table.path
    everything = np.arange(columns.table.values.shape[0])
    given = asked.field_T if held == "field" else asked.temperature_K
    if given is not None:
        return [(everything, given)]
    column = columns.first(held)
    if column is not None and np.any(np.isfinite(column)):
        return _plateaus(column, held, path)
    if (named := value_in_name(path, held)) is not None:
        into.notes.append(f"{path}: {held} {named:g} {'T' if held == 'field' else 'K'} from the name of the file")
        return [(everything, named)]
    option = "--field 0.5" if held == "field" else "--temperature 2"
    if held == "field":
        into.notes.append(f"{path}: no field given, taken for zero; {option} would say otherwise")
        return [(everything, 0.0)]
    into.notes.append(f"{path}: the temperature is not known; {option} would tell it")
    return [(everything, None)]


def _plateaus(column: FloatArray, held: Quantity, path: Path) -> list[tuple[IndexArray, float | None]]:
    known = np.flatnonzero(np.isfinite(column))
    values = column[known]
    span = float(np.ptp(values))
    step = max(STEP_SHARE * span, VARIES_T if held == "field" else VARIES_SHARE * float(np.max(np.abs(values))))
    if held == "field":
        step = min(step, max(0.2 * VARIES_T, STEP_SHARE * span))
    breaks = np.flatnonzero(np.abs(np.diff(values)) > step) + 1
    found: list[tuple[IndexArray, float | None]] = []
    for run in np.split(np.arange(values.size), breaks):
        if run.size >= FEWEST or len(breaks) == 0:
            level = float(np.median(values[run]))
            rounded = float(f"{level:.4g}") if abs(level) > 1e-4 or held != "field" else 0.0
            found.append((known[run], rounded))
    if not found:
        raise ConfigurationError(
            f"{path}: {held} changes between nearly all points, as the other does: no curve at a fixed {held}; say"
            f" which by --kind, or give --{held}"
        )
    return found

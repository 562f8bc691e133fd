"""From columns to curves: what varies, what was held, and the values that a name or an option gives."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.curves import Curve, CurveInfo
from analysis.findings import Condition
from fluxoid.foreign.columns import Columns
from fluxoid.foreign.units import Quantity, factor_to_si
from instruments.errors import ConfigurationError

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int_]
Kind = Literal["R(T)", "R(B)", "hall", "dI/dV"]
KINDS: tuple[Kind, ...] = ("R(T)", "R(B)", "hall", "dI/dV")

#: A column varies when its range is more than this share of its size (temperature), or this many tesla.
VARIES_SHARE, VARIES_T = 0.05, 0.02
#: A step of the held column by this share of its range (or by VARIES_T) begins another curve; fewest points of one.
STEP_SHARE, FEWEST = 0.02, 12
_NUMBER = r"([-+]?\d+(?:[.,p]\d+)?)"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options say of every file; None leaves it to the file."""

    kind: Kind | None = None
    field_T: float | None = None
    temperature_K: float | None = None
    orientation: str | None = None
    thickness_m: float | None = None
    modulation_rms_V: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Bias:
    """One dI/dV spectrum: bias in V, conductance in any unit."""

    name: str
    bias_V: FloatArray
    conductance: FloatArray
    temperature_K: float
    field_T: float


@dataclass(slots=True)
class Gathered:
    """Curves and spectra of all files, and what was assumed on the way."""

    curves: list[Curve] = field(default_factory=list)
    spectra: list[Bias] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def gather(columns: Columns, asked: Asked, into: Gathered) -> None:
    """Add the curves of one table.

    Raises:
        ConfigurationError: a column or a held value is missing, or nothing varies; with what would help.
    """
    into.notes += columns.notes
    kind = asked.kind or _guess(columns)
    if kind == "dI/dV":
        _spectra(columns, asked, into)
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


def _spectra(columns: Columns, asked: Asked, into: Gathered) -> None:
    path = columns.table.path
    bias = columns.first("bias")
    channels = columns.found.get("conductance")
    if bias is None or not channels:
        missing = "bias" if bias is None else "conductance"
        raise ConfigurationError(
            f"{path}: dI/dV needs a column of {missing}; found {_headings(columns)}; name it by"
            f" --column {missing}=NUMBER"
        )
    for part, field_T in _parts(columns, "field", asked, into):
        rows = part
        temperature = asked.temperature_K
        measured = columns.first("temperature")
        if temperature is None and measured is not None and np.any(np.isfinite(measured[rows])):
            temperature = float(np.nanmedian(measured[rows]))
        if temperature is None:
            temperature = value_in_name(path, "temperature")
        if temperature is None:
            raise ConfigurationError(f"{path}: a spectrum needs its temperature; give --temperature KELVIN")
        for heading, conductance in channels:
            name = _name(path, field_T, "R(T)", heading, len(channels))
            into.spectra.append(Bias(name, bias[rows], conductance[rows], temperature, field_T or 0.0))


def value_in_name(path: Path, quantity: Quantity) -> float | None:
    """``R_T_0.5T.dat`` holds 0.5 T, ``RB_2p5K.csv`` 2.5 K, ``hall_300mK.txt`` 0.3 K; None without just one."""
    units = {"field": ("mT", "T", "kOe", "Oe", "kG", "G"), "temperature": ("mK", "K")}[quantity]
    found = set()
    for unit in units:
        for match in re.finditer(rf"(?<![A-Za-z0-9.]){_NUMBER}[ _]?{unit}(?![A-Za-z0-9])", path.stem):
            number = float(re.sub("[,p]", ".", match[1]))
            found.add(number * (factor_to_si(quantity, unit) or 1.0))
    return found.pop() if len(found) == 1 else None


def summary(gathered: Gathered) -> Sequence[str]:
    """One line per curve: what it was taken for."""
    lines = []
    for curve in gathered.curves:
        kind = "Hall" if curve.info.conditions.get("signal") == "hall" else curve.info.kind
        lines.append(f"{curve.info.name}: {kind}, {len(curve)} points")
    lines += [f"{s.name}: dI/dV, {s.bias_V.size} points at {s.temperature_K:g} K" for s in gathered.spectra]
    return lines

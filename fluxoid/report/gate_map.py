"""Maps R(Vg, B) of gate sweeps at discrete fields, one for each temperature, with the peaks found in them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import FigureBase

from analysis.curves import Curve, FloatArray
from analysis.findings import Finding
from analysis.statistics import noise_from_differences
from fluxoid.report import style
from fluxoid.report.data import ReportData, evenly, field_of, held, temperature_of, verdict_words

#: Fields that make a map, and maps in one figure.
FEWEST_FIELDS, MOST_MAPS = 5, 4
#: Temperatures within this share are one.
SAME_TEMPERATURE = 0.02
#: Logarithmic colours where the resistances above the noise span more than this factor.
LOGARITHMIC = 30.0
#: Colours end at these shares of the resistances, so that a spike does not take them all.
ROBUST = (0.5, 99.5)
#: Fields this uneven (largest over middle step) are drawn on an axis of square roots.
UNEVEN = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """Resistance (gates, fields) in ohm, NaN where nothing was measured, and the noise of one point."""

    temperature_K: float
    gate_V: FloatArray
    field_T: FloatArray
    resistance_ohm: FloatArray
    noise_ohm: float

    def at_gate(self, gate_V: float) -> FloatArray:
        """R(B) at one gate voltage, between those measured by straight lines."""
        rows = [np.interp(gate_V, self.gate_V, column) for column in self.resistance_ohm.T]
        return np.array(rows, dtype=float)


def maps_of(data: ReportData) -> list[Map]:
    """Every temperature with sweeps at enough fields, rising."""
    groups: list[tuple[float, list[Curve]]] = []
    for curve in sorted(data.gate_sweeps(), key=temperature_of):
        at = temperature_of(curve)
        if groups and abs(at - groups[-1][0]) <= SAME_TEMPERATURE * at:
            groups[-1][1].append(curve)
        else:
            groups.append((at, [curve]))
    return [_map(at, curves) for at, curves in groups if len({field_of(c) for c in curves}) >= FEWEST_FIELDS]


def rows(data: ReportData) -> int:
    """Axes that the figure needs."""
    return max(1, min(MOST_MAPS, len(maps_of(data))))


def draw(target: FigureBase, data: ReportData, title: str) -> None:
    """All maps with one scale of colours; circles are peaks of R(B) at single gate voltages, with their errors."""
    chosen = evenly(maps_of(data), MOST_MAPS)
    axes = style.stacked(target, len(chosen), title)
    norm, floor = scale_of(chosen)
    factor, unit = style.ohm_scale(np.array([norm.vmax or 1.0]))
    for one, here in zip(chosen, axes, strict=True):
        _mesh(here, one, norm)
        _peaks(here, data, one)
        here.set_ylabel(style.GATE)
        here.set_title(f"{one.temperature_K:.3g} K", loc="right", fontsize=7.5)
    axes[-1].set_xlabel(r"$B$ (T)")
    shown = type(norm)(vmin=factor * (norm.vmin or 0.0), vmax=factor * (norm.vmax or 1.0))
    bar = target.colorbar(ScalarMappable(shown, "viridis"), ax=axes, pad=0.02, aspect=30, extend="both")
    bar.set_label(f"$R$ ({unit})" + (", darkest: within the noise" if floor else ""))


def scale_of(maps: Sequence[Map]) -> tuple[Normalize, bool]:
    """Common limits that a spike does not set, logarithmic above the noise where the values span decades."""
    values = np.concatenate([one.resistance_ohm[np.isfinite(one.resistance_ohm)] for one in maps])
    low, high = (float(x) for x in np.percentile(values, ROBUST))
    noise = 3.0 * float(np.median([one.noise_ohm for one in maps]))
    floor = max(low, noise)
    if floor > 0 and high > LOGARITHMIC * floor:
        return LogNorm(floor, high), floor > low
    return Normalize(low, high if high > low else low + max(abs(low), 1e-9)), False


def root_axis(axes: Axes, fields: FloatArray) -> None:
    """Square roots of the field where the steps are too uneven for a plain axis."""
    top = float(np.max(np.abs(fields), initial=0.0))
    steps = np.diff(np.unique(np.round(np.abs(fields), 3)))
    # a field that should be zero may read a little less
    if steps.size < 2 or float(np.min(fields)) < -1e-3 * top or np.max(steps) < UNEVEN * np.median(steps):
        return
    axes.set_xscale("function", functions=(_root, _square))
    ticks = [0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 9.0, 12.0, 16.0, 20.0, 30.0]
    kept = [t for t in ticks if t <= top and (t == 0 or t >= 0.02 * top)]
    axes.set_xticks(kept, [f"{t:g}" for t in kept])
    axes.set_xticks([], minor=True)


def _root(x: FloatArray) -> FloatArray:
    return np.asarray(np.sign(x) * np.sqrt(np.abs(x)))


def _square(x: FloatArray) -> FloatArray:
    return np.asarray(np.sign(x) * np.square(x))


def _map(temperature: float, curves: Sequence[Curve]) -> Map:
    fields = np.array(sorted({field_of(curve) for curve in curves}))
    gates = _common_gates(curves)
    reach = 0.51 * float(np.max(np.diff(gates), initial=0.0))
    columns = []
    for field in fields:
        lines = [_on_grid(curve, gates, reach) for curve in curves if field_of(curve) == field]
        counts = np.sum(np.isfinite(lines), axis=0)
        columns.append(np.where(counts > 0, np.nansum(lines, axis=0) / np.maximum(counts, 1), np.nan))
    noise = float(np.median([noise_from_differences(curve.resistance_ohm) for curve in curves]))
    return Map(temperature, gates, fields, np.array(columns).T, noise)


def _common_gates(curves: Sequence[Curve]) -> FloatArray:
    """The commanded voltages: readings of all sweeps, those closer than a third of the step taken for one."""
    longest = max(curves, key=len)
    step = float(np.median(np.abs(np.diff(longest.columns["gate_V"])))) if len(longest) > 1 else 1.0
    readings = np.sort(np.concatenate([curve.columns["gate_V"] for curve in curves]))
    starts = np.flatnonzero(np.diff(readings, prepend=-np.inf) > step / 3.0)
    return np.array([float(np.mean(part)) for part in np.split(readings, starts[1:])])


def _on_grid(curve: Curve, gates: FloatArray, reach: float) -> FloatArray:
    order = np.argsort(curve.columns["gate_V"], kind="stable")
    known, values = curve.columns["gate_V"][order], curve.resistance_ohm[order]
    inside = (gates >= known[0] - reach) & (gates <= known[-1] + reach)
    return np.where(inside, np.interp(gates, known, values), np.nan)


def _mesh(axes: Axes, one: Map, norm: Normalize) -> None:
    shown = np.ma.masked_invalid(
        np.maximum(one.resistance_ohm, norm.vmin or 0.0)
    )  # what is within noise has no log
    field, gate = _edges(one.field_T), _edges(one.gate_V)
    field[0] = max(field[0], 0.0) if one.field_T[0] >= 0 else field[0]
    root_axis(axes, one.field_T)
    axes.pcolormesh(field, gate, shown, norm=norm, cmap="viridis", rasterized=True)
    axes.set_xlim(field[0], field[-1])
    axes.set_ylim(gate[0], gate[-1])


def _edges(centres: FloatArray) -> FloatArray:
    """Half way between neighbours; a single value gets a cell of its own size."""
    if centres.size == 1:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    middle = 0.5 * (centres[1:] + centres[:-1])
    return np.concatenate([[1.5 * centres[0] - 0.5 * centres[1]], middle, [1.5 * centres[-1] - 0.5 * centres[-2]]])


def _peaks(axes: Axes, data: ReportData, one: Map) -> None:
    mine = peaks_at(data, one.temperature_K)
    found = [f for f in mine if f.value is not None and f.error is not None]
    if found:
        rows_ = [(f.value, f.error, held(f, "gate_V")) for f in found]
        field, error, gate = np.array(rows_, dtype=float).T
        axes.errorbar(field, gate, xerr=error, ls="none", marker="o", ms=4, mfc="white", mec="black", mew=0.7,
                      ecolor="white", elinewidth=1.0, zorder=5)  # fmt: skip
        words = f"{len(found)} peaks"
    else:
        words = verdict_words(mine[0]).split(";")[0] if mine else "No peak was looked for."
    style.note(axes, words, "lower right", 46)


def peaks_at(data: ReportData, temperature_K: float) -> list[Finding]:
    """Peaks of the map at a temperature, with and without a number."""
    return [
        f
        for f in data.findings
        if f.quantity == "resistance_peak_field"
        and "across" not in f.conditions
        and len(f.curves) >= FEWEST_FIELDS
        and abs((held(f, "temperature_K") or 0.0) - temperature_K) <= SAME_TEMPERATURE * temperature_K
    ]

"""R(B) at chosen gate voltages, and where in temperature and field resistance appears."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from analysis.curves import FloatArray
from analysis.findings import Finding
from analysis.statistics import noise_from_differences
from fluxoid import notation
from fluxoid.report import style
from fluxoid.report.data import ReportData, evenly, gate_of, held, temperature_of, verdict_words
from fluxoid.report.gate_map import LOGARITHMIC, maps_of, peaks_at, root_axis
from fluxoid.report.peaks import common_words

#: Gate voltages that get axes of their own, and lines (fields) that a boundary needs.
MOST_GATES, FEWEST_FIELDS = 3, 5
#: The boundary is where the resistance passes this share of the largest one.
SHARE = 0.01
Line = tuple[float, FloatArray, FloatArray]


def gates_shown(data: ReportData) -> list[float]:
    """Where R(B) was measured at one gate voltage that one; else the ends and the middle of the maps."""
    own = sorted({gate for curve in data.isotherms() if (gate := gate_of(curve)) is not None})
    maps = maps_of(data)
    if own or not maps:
        return evenly(own, MOST_GATES)
    return evenly([float(gate) for gate in maps[0].gate_V], MOST_GATES)


def rows(data: ReportData) -> int:
    """Axes that the figure needs."""
    return max(1, len(gates_shown(data)))


def lines_at(data: ReportData, gate_V: float) -> list[Line]:
    """R(B) at one gate voltage: temperature, field and resistance, from maps and from R(B) curves."""
    lines: list[Line] = []
    for one in maps_of(data):
        if one.gate_V[0] <= gate_V <= one.gate_V[-1]:
            lines.append((one.temperature_K, one.field_T, one.at_gate(gate_V)))
    for curve in data.isotherms():
        if gate_of(curve) == gate_V:
            lines.append((temperature_of(curve), *_means(curve.field_T, curve.resistance_ohm)))
    return sorted(lines, key=lambda line: line[0])


def _means(field: FloatArray, resistance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Means of the readings at one field, where the field stood still; else the points as they are."""
    rounded = np.round(field, 3)
    levels, place = np.unique(rounded, return_inverse=True)
    if levels.size > 0.7 * field.size:
        order = np.argsort(field, kind="stable")
        return field[order], resistance[order]
    counts = np.bincount(place)
    return np.bincount(place, field) / counts, np.bincount(place, resistance) / counts


def lines(target: FigureBase, data: ReportData, title: str) -> None:
    """R(B) at the chosen gate voltages, a colour per temperature; triangles are peaks, bars their errors."""
    gates = gates_shown(data)
    grid = style.stacked(target, len(gates), title)
    every = {gate: lines_at(data, gate) for gate in gates}
    temperatures = sorted({t for found in every.values() for t, *_ in found})
    colours = style.field_colours(temperatures)
    largest = max((float(np.nanmax(r)) for found in every.values() for _, _, r in found), default=1.0)
    factor, unit = style.ohm_scale(np.array([largest]))
    for axes, gate in zip(grid, gates, strict=True):
        for temperature, field, resistance in every[gate]:
            axes.plot(field, factor * resistance, color=colours[temperature], lw=1.0, marker=".", ms=3)
            _mark(axes, data, gate, (temperature, field, resistance), factor)
        _scale(axes, data, every[gate], factor)
        axes.set_ylabel(f"$R$ ({unit})")
        axes.set_title(_at_gate(gate), loc="right", fontsize=7.5)
    grid[-1].set_xlabel(r"$B$ (T)")
    style.legend(grid[0], "upper left", "\n".join(common_words(data)), width=52)
    style.field_bar(target, grid, colours, style.TEMPERATURE)


def _mark(axes: Axes, data: ReportData, gate: float, line: Line, factor: float) -> None:
    temperature, field, resistance = line
    mine = [f for f in _peaks(data, temperature) if f.value is not None]
    at_gate = [f for f in mine if held(f, "gate_V") is not None]
    if not at_gate:
        return
    nearest = min(at_gate, key=lambda f: abs((held(f, "gate_V") or 0.0) - gate))
    if abs((held(nearest, "gate_V") or 0.0) - gate) > 20.0 or nearest.value is None:
        return
    height = float(np.interp(nearest.value, field, resistance))
    known = axes.get_legend_handles_labels()[1]
    axes.errorbar([nearest.value], [factor * height], xerr=[nearest.error or 0.0], marker="v", color="k", ms=4.5,
                  lw=0.8, ls="none", zorder=6, label="_" if "peak" in known else "peak")  # fmt: skip


def _peaks(data: ReportData, temperature_K: float) -> list[Finding]:
    single = [
        f
        for f in data.findings
        if f.quantity == "resistance_peak_field"
        and "across" not in f.conditions
        and len(f.curves) == 1
        and abs((held(f, "temperature_K") or 0.0) - temperature_K) < 1e-9
    ]
    return [*single, *peaks_at(data, temperature_K)]


def _scale(axes: Axes, data: ReportData, found: Sequence[Line], factor: float) -> None:
    root_axis(axes, np.concatenate([field for _, field, _ in found]) if found else np.zeros(1))
    values = np.concatenate([r for *_, r in found]) if found else np.ones(1)
    floor = _floor(data)
    if float(np.nanmax(values)) > LOGARITHMIC * floor:
        axes.set_yscale("log", nonpositive="clip")
        axes.set_ylim(factor * floor, 20.0 * factor * float(np.nanmax(values)))


def _floor(data: ReportData) -> float:
    """The noise of one point (ohm): what is below it has no logarithm worth drawing."""
    noise = [noise_from_differences(c.resistance_ohm) for c in (*data.gate_sweeps(), *data.isotherms())]
    return max(float(np.median(noise)) if noise else 0.0, 1e-12)


def lowest_tc(target: FigureBase, data: ReportData, title: str) -> None:
    """At which temperature the resistance passes a hundredth of its largest, at each field.

    Between the two temperatures that were measured, the ends of the bar, ln R is taken for straight.
    """
    axes = style.panel(target, title)
    gates = gates_shown(data)
    best = max(gates, key=lambda gate: len(lines_at(data, gate)), default=None)
    found = [] if best is None else lines_at(data, best)
    axes.set_xlabel(r"$B$ (T)")
    axes.set_ylabel(style.TEMPERATURE)
    threshold = SHARE * max((float(np.nanmax(r)) for *_, r in found), default=1.0)
    passed = boundary(found, threshold, _floor(data))
    if best is None or len(passed) < FEWEST_FIELDS:
        style.note(axes, "Too few temperatures to say where resistance appears.", "center center")
        return
    field, low, high, between = np.array(passed).T
    root_axis(axes, field)
    colour = style.CRITERION_COLOURS["onset"]
    axes.vlines(field, low, high, color=colour, lw=1.0, alpha=0.35, label="between measured temperatures")
    factor, unit = style.ohm_scale(np.array([threshold]))
    axes.plot(
        field, between, color=colour, marker="o", ms=3.5, lw=0.6, label=f"$R$ = {factor * threshold:.2g} {unit}"
    )
    minimum = data.find("tc_minimum_field")
    if minimum is not None and minimum.value is not None and minimum.error is not None:
        ends = (minimum.value - minimum.error, minimum.value + minimum.error)
        axes.axvspan(*ends, color=style.MARK, alpha=0.35, lw=0)
        axes.axvline(minimum.value, color=style.MARK, lw=1.0, label="least Tc(B)")
        words = [f"least Tc(B) at {notation.value_text(minimum, True)}"]
    elif minimum is not None:
        words = [verdict_words(minimum)]
    else:
        words = [f"No field of least Tc(B). {common_words(data)[0]}"]
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom, top + 0.6 * (top - bottom))
    axes.set_title(_at_gate(best), loc="right", fontsize=7.5)
    style.legend(axes, "upper right", "\n".join(words))


def _at_gate(gate_V: float) -> str:
    return f"$V_{{\\mathrm{{g}}}}$ = {gate_V:.4g} V".replace("-", "−")


def boundary(
    found: Sequence[Line], threshold_ohm: float, floor_ohm: float
) -> list[tuple[float, float, float, float]]:
    """Field, warmest temperature below the threshold, coldest above it, and where ln R passes it in between.

    Resistances within the noise are taken for it, since they have no logarithm.
    """
    passed = []
    for field in np.unique(np.round(found[-1][1], 3)) if len(found) > 1 else ():
        here = [
            (t, max(float(np.interp(field, b, r)), floor_ohm))
            for t, b, r in found
            if b[0] - 1e-3 <= field <= b[-1] + 1e-3
        ]
        above = [t for t, r in here if r > threshold_ohm]
        below = [(t, r) for t, r in here if r <= threshold_ohm and t < min(above, default=-np.inf)]
        if not below:
            continue
        (low, small), high = max(below), min(above)
        large = dict(here)[high]
        share = float(np.log(threshold_ohm / small) / np.log(large / small))
        passed.append((float(field), low, high, low + share * (high - low)))
    return passed

"""R(T) in every field, and the upper critical field taken from it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from analysis.curves import FloatArray
from analysis.findings import Finding
from fluxoid.report import style
from fluxoid.report.data import ReportData, number, values

CRITERIA = {"onset": "onset, 99 %", "mid": "mid, 50 %", "zero": "zero, 1 %"}


def resistance(target: FigureBase, data: ReportData, title: str) -> None:
    """Resistance against temperature, one colour per field."""
    axes = style.panel(target, title)
    curves = data.transitions()
    colours = style.field_colours([field for field, _ in curves])
    everything = np.concatenate([c.resistance_ohm for _, c in curves]) if curves else np.zeros(1)
    factor, unit = style.ohm_scale(everything)
    for field, curve in curves:
        axes.plot(curve.temperature_K, factor * curve.resistance_ohm, color=colours[field], lw=1.3)
    _true_resistance(axes, data, factor)
    axes.set_xlabel(style.TEMPERATURE)
    axes.set_ylabel(f"$R$ ({unit})")
    axes.margins(x=0.01)
    style.field_bar(target, axes, colours)


def _true_resistance(axes: Axes, data: ReportData, factor: float) -> None:
    if data.law is None:
        return
    label = "truth (simulated sample)"
    for field, curve in data.transitions():
        grid = np.linspace(curve.temperature_K.min(), curve.temperature_K.max(), 400)
        true = data.law("R(T)", grid, field)
        if true is not None:
            axes.plot(grid, factor * true, color=style.TRUTH, lw=0.7, ls=style.DASHED, label=label)
            label = "_"
    if label == "_":
        style.legend_above(axes)


def upper_critical_field(target: FigureBase, data: ReportData, title: str) -> None:
    """Field against the temperature at which R/R_n passes each criterion."""
    axes = style.panel(target, title)
    drawn = [_criterion(axes, data, criterion) for criterion in CRITERIA]
    if not any(drawn):
        style.note(axes, "No upper critical field: see the findings for the reasons.", "center center")
    else:
        style.legend(axes, "upper right")
    axes.set_xlabel(style.TEMPERATURE)
    axes.set_ylabel(r"$\mu_{\mathrm{0}}H_{c\mathrm{2}}$ (T)")
    axes.set_ylim(bottom=0)


def _criterion(axes: Axes, data: ReportData, criterion: str) -> bool:
    found = [f for f in data.findings if f.quantity == "Hc2" and f.conditions.get("criterion") == criterion]
    rows = [(number(f.conditions.get("temperature_K")), f.value, f.error) for f in found if f.value is not None]
    table = np.array([row for row in rows if row[0] is not None], dtype=float).reshape(-1, 3)
    table = table[np.argsort(table[:, 0])]
    colour, marker = style.CRITERION_COLOURS[criterion], style.CRITERION_MARKERS[criterion]
    look = {
        "ls": "none",
        "marker": marker,
        "ms": 3.5,
        "color": colour,
        "mfc": "white",
        "mew": 0.9,
        "elinewidth": 0.8,
    }
    if table.size:
        t, h, error = table.T
        axes.errorbar(t, h, yerr=error, label=CRITERIA[criterion], clip_on=False, zorder=3, **look)  # type: ignore[arg-type]  # stubs want literals
    in_zero_field = data.by_field(f"Tc_{criterion}").get(0.0)
    if in_zero_field is not None:
        look["label"] = "_" if table.size else CRITERIA[criterion]
        axes.errorbar([in_zero_field.value], [0.0], xerr=[in_zero_field.error], clip_on=False, zorder=3, **look)  # type: ignore[arg-type]  # stubs want literals
    _true_critical_field(axes, data, criterion, colour)
    return bool(table.size) or in_zero_field is not None


def _true_critical_field(axes: Axes, data: ReportData, criterion: str, colour: str) -> None:
    known = data.by_field(f"Tc_{criterion}")
    if not known:
        return
    fields, true = _along_measured(data, known)
    if np.isfinite(true).any():
        label = "truth" if criterion == "onset" else "_"
        axes.plot(true, fields, color=style.TRUTH, lw=0.9, ls=style.DASHED, label=label, zorder=2)


def _along_measured(data: ReportData, known: dict[float, Finding]) -> tuple[FloatArray, FloatArray]:
    """Truth on a grid of fields: zero and from the lowest measured one on, below which laws may diverge."""
    fields, _, _ = values(known)
    lowest = fields[fields > 0].min(initial=fields.max())
    grid = np.unique(np.concatenate([fields, np.linspace(lowest, fields.max(), 25)]))
    return grid, data.truth_along(next(iter(known.values())), grid)

"""The resistance peak of the maps: its place and its height against the gate voltage."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from analysis.findings import Verdict
from fluxoid import notation
from fluxoid.report import style
from fluxoid.report.data import ReportData, held, verdict_words
from fluxoid.report.gate_map import LOGARITHMIC

_POINT: dict[str, Any] = {"ls": "none", "ms": 4, "mew": 0.8, "elinewidth": 0.8, "zorder": 4}
_MARKERS = ("o", "s", "^", "D", "v")


def common_words(data: ReportData) -> list[str]:
    """What all curves together say of the peak."""
    named = [f for f in data.findings if f.quantity == "resistance_peak_field" and "across" in f.conditions]
    named.sort(key=lambda f: (f.value is None, -len(f.curves)))
    if not named:
        return ["No peak of R(B) was worked out."]
    best = named[0]
    if best.value is None:
        return [verdict_words(best).split(";")[0]]
    words = [f"Peak at {notation.value_text(best, True)}"]
    return words if best.verdict is Verdict.GOOD else [*words, verdict_words(best).split(";")[0]]


def place(target: FigureBase, data: ReportData, title: str) -> None:
    """The field of the peak against the gate voltage, a marker per temperature, and the common field."""
    axes = style.panel(target, title)
    any_point = _series(axes, data, "resistance_peak_field", 1.0)
    best = next((f for f in data.findings if f.quantity == "resistance_peak_field" and "across" in f.conditions
                 and f.value is not None), None)  # fmt: skip
    if best is not None and best.value is not None and best.error is not None:
        axes.axhspan(best.value - best.error, best.value + best.error, color="0.6", alpha=0.5, lw=0, zorder=1)
        axes.axhline(best.value, color=style.FIT, lw=0.8, label="common field", zorder=1)
    words = common_words(data)
    for name, unit in (("gate", "gate"), ("temperature", "temperature")):
        slope = data.find(f"resistance_peak_{name}_dependence")
        if slope is not None:
            told = slope.reason.split(":")[0] if slope.value is not None else verdict_words(slope)
            words.append(f"slope against {unit}: {told}")
    axes.set_xlabel(style.GATE)
    axes.set_ylabel("field of the peak (T)")
    _room(axes, any_point, words)


def height(target: FigureBase, data: ReportData, title: str) -> None:
    """The height of the peak against the gate voltage, a marker per temperature, with its least value."""
    axes = style.panel(target, title)
    heights = [f.value for f in data.findings if f.quantity == "resistance_peak_height" and f.value]
    factor, unit = style.ohm_scale(np.array(heights or [1.0]))
    any_point = _series(axes, data, "resistance_peak_height", factor)
    words = [] if any_point else [_none(data)]
    for least in (f for f in data.findings if f.quantity == "peak_height_minimum_gate"):
        kelvin = held(least, "temperature_K")
        where = "" if kelvin is None else f" at {kelvin:.3g} K"
        if least.value is not None and least.error is not None:
            axes.axvspan(least.value - least.error, least.value + least.error, color=style.MARK, alpha=0.3, lw=0)
            words.append(f"least{where}: {notation.value_text(least, True)}")
        else:
            words.append(f"least height{where}: {verdict_words(least)}")
    if len(heights) > 1 and max(heights) > LOGARITHMIC / 3 * min(h for h in heights if h > 0):
        axes.set_yscale("log")
    axes.set_xlabel(style.GATE)
    axes.set_ylabel(f"height of the peak ({unit})")
    _room(axes, any_point, words)


def _none(data: ReportData) -> str:
    named = [f for f in data.findings if f.quantity == "resistance_peak_field"]
    return verdict_words(named[0]) if named else "No peak was looked for."


def _room(axes: Axes, any_point: bool, words: list[str]) -> None:
    if not any_point:
        style.note(axes, "\n".join(words), "center center")
        return
    low, high = axes.get_ylim()
    share = 0.35 + 0.05 * len(words)
    axes.set_ylim(low, high * (high / low) ** share if axes.get_yscale() == "log" else high + share * (high - low))
    style.legend(axes, "upper left", "\n".join(words))


def _series(axes: Axes, data: ReportData, quantity: str, factor: float) -> bool:
    """Points by temperature and their truth; whether there is any."""
    found = [f for f in data.findings if f.quantity == quantity and f.value is not None and f.error is not None
             and "across" not in f.conditions and held(f, "gate_V") is not None]  # fmt: skip
    temperatures = sorted({held(f, "temperature_K") or 0.0 for f in found})
    colours = style.field_colours(temperatures)
    for index, kelvin in enumerate(temperatures):
        mine = [f for f in found if (held(f, "temperature_K") or 0.0) == kelvin]
        table = np.array([(held(f, "gate_V"), f.value, f.error) for f in mine], dtype=float)
        gate, value, error = table[np.argsort(table[:, 0], kind="stable")].T
        look = {**_POINT, "marker": _MARKERS[index % len(_MARKERS)], "color": colours[kelvin]}
        axes.errorbar(gate, factor * value, yerr=factor * error, label=f"{kelvin:.3g} K", **look)
        grid = np.linspace(gate[0], gate[-1], 60)
        known = [data.truth_of(mine[0], gate_V=float(g)) for g in grid]
        true = np.array([np.nan if value is None else value for value in known], dtype=float)
        if np.isfinite(true).any() and gate.size > 1:
            told = axes.get_legend_handles_labels()[1]
            label = "_" if "truth" in told else "truth"
            axes.plot(grid, factor * true, color=style.TRUTH, lw=0.8, ls=style.DASHED, label=label, zorder=2)
    return bool(found)

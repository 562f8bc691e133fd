"""Longitudinal resistance against field: isotherms, with the upper critical fields and peaks found in them."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from analysis.curves import Curve
from analysis.findings import Verdict
from fluxoid.report import style
from fluxoid.report.boundary import criterion_of
from fluxoid.report.data import ReportData, evenly, gate_of, number, temperature_of, verdict_words

#: More curves than this are told apart by colour alone.
MOST_LABELS = 10
#: Gate voltages that get axes of their own.
MOST_GATES = 3
#: The share of the normal resistance at which each criterion is marked.
_SHARES = {"onset": 0.99, "90 %": 0.90, "mid": 0.50, "zero": 0.01}


def rows(data: ReportData) -> int:
    """Axes that the figure needs: one for each gate voltage, where there is a gate."""
    return max(1, len(evenly(_gates(data), MOST_GATES)))


def resistance(target: FigureBase, data: ReportData, title: str) -> None:
    """R(B), a colour per temperature; marks are Hc2 by one criterion and peaks, grey lines the normal state."""
    gates: list[float | None] = list(evenly(_gates(data), MOST_GATES)) or [None]
    grid = style.stacked(target, len(gates), title)
    every = [curve for curve in data.isotherms() if gate_of(curve) in gates]
    factor, unit = style.ohm_scale(np.concatenate([curve.resistance_ohm for curve in every]))
    temperatures = sorted({temperature_of(curve) for curve in every})
    named = len(every) <= MOST_LABELS and len(temperatures) < len(every)
    colours = _colours(every, temperatures, named)
    for axes, gate in zip(grid, gates, strict=True):
        mine = [curve for curve in every if gate_of(curve) == gate]
        _isotherms(axes, data, mine, factor, colours, named)
        if gate is not None:
            axes.set_title(f"{gate:g} V".replace("-", "−"), loc="right", fontsize=7.5)
        axes.set_ylabel(f"$R$ ({unit})")
    grid[-1].set_xlabel(r"$B$ (T)")
    if not named:
        bar = {t: colours[next(c.info.name for c in every if temperature_of(c) == t)] for t in temperatures}
        style.field_bar(target, grid, bar, style.TEMPERATURE)


def _gates(data: ReportData) -> list[float]:
    return sorted({gate for curve in data.isotherms() if (gate := gate_of(curve)) is not None})


def _colours(curves: list[Curve], temperatures: list[float], named: bool) -> dict[str, style.Colour]:
    """By curve name: one colour per temperature, or per curve where curves are told by name."""
    if named:
        shades = style.field_colours([float(index) for index in range(len(curves))])
        return {curve.info.name: shades[float(index)] for index, curve in enumerate(curves)}
    by_temperature = style.field_colours(temperatures)
    return {curve.info.name: by_temperature[temperature_of(curve)] for curve in curves}


def _isotherms(
    axes: Axes, data: ReportData, curves: list[Curve], factor: float, colours: dict[str, style.Colour], named: bool
) -> None:
    criterion = criterion_of(data)
    for curve in curves:
        label = _label(curve) if named else "_"
        axes.plot(curve.field_T, factor * curve.resistance_ohm, color=colours[curve.info.name], lw=1.0, label=label)
    _normal_states(axes, data, curves, factor)
    marked: set[tuple[object, ...]] = set()
    for curve in curves:
        _marks(axes, data, curve, (factor, criterion), marked)
    axes.axhline(0.0, color="0.7", lw=0.5, zorder=0)
    low, high = axes.get_ylim()
    words = _words(data, curves, criterion)
    axes.set_ylim(low, high + (0.22 + 0.05 * len(words)) * (high - low))
    style.legend(axes, "upper left", "\n".join(words))


def _label(curve: Curve) -> str:
    # underscores in front hide a label, dollars begin a formula
    name = curve.info.name.replace("$", r"\$").lstrip("_")
    temperature = number(curve.info.conditions.get("temperature_K"))
    told = temperature is None or f"{temperature:.4g} K" in name
    return name if told else f"{name}, {temperature:.4g} K"


def _normal_states(axes: Axes, data: ReportData, curves: list[Curve], factor: float) -> None:
    """A grey line for every window that gave a normal state, extended to zero field: the finding names the window.

    The slope is no finding; it is that of the curve whose points in the window lie nearest to the finding.
    """
    label = "normal state, extrapolated"
    names = {curve.info.name for curve in curves}
    drawn: set[tuple[float, ...]] = set()
    for finding in data.findings:
        window = finding.window.get("field_T")
        if finding.quantity != "normal_resistance" or finding.value is None or window is None:
            continue
        if not names & set(finding.curves) or "extrapolated" not in finding.reason or tuple(window) in drawn:
            continue
        line = _line(curves, window, finding.value)
        if line is None:
            continue
        drawn.add(tuple(window))
        far = np.array([0.0, window[1]])
        axes.plot(far, factor * np.polyval(line, far), color="0.35", lw=0.9, ls=(0, (3, 2)), zorder=4, label=label)
        label = "_"


def _line(curves: list[Curve], window: tuple[float, float], value: float) -> np.ndarray | None:
    best: tuple[float, np.ndarray] | None = None
    for curve in curves:
        inside = (np.abs(curve.field_T) >= window[0]) & (np.abs(curve.field_T) <= window[1])
        if np.count_nonzero(inside) < 3 or not float(np.ptp(np.abs(curve.field_T[inside]))) > 0:
            continue
        line = np.polyfit(np.abs(curve.field_T[inside]), curve.resistance_ohm[inside], 1)
        distance = abs(float(np.mean(curve.resistance_ohm[inside])) - value)
        if best is None or distance < best[0]:
            best = distance, line
    return None if best is None else best[1]


def _marks(
    axes: Axes, data: ReportData, curve: Curve, how: tuple[float, str], marked: set[tuple[object, ...]]
) -> None:
    """Hc2 where the resistance has the criterion's share, once per temperature; triangles above peaks."""
    factor, criterion = how
    for finding in data.findings:
        if finding.value is None or finding.error is None or finding.curves != (curve.info.name,):
            continue
        of_field = finding.quantity == "Hc2" and finding.conditions.get("criterion") == criterion
        if not of_field and finding.quantity != "resistance_peak_field":
            continue
        key = (finding.quantity, *sorted((k, str(v)) for k, v in finding.conditions.items()))
        if of_field and key in marked:
            continue
        marked.add(key)
        near = int(np.argmin(np.abs(np.abs(curve.field_T) - finding.value)))
        sign = -1.0 if curve.field_T[near] < 0 else 1.0
        height = factor * _resistance_at(curve, sign * finding.value)
        hollow = finding.verdict is Verdict.PROVISIONAL
        label = rf"$B_{{c\mathrm{{2}}}}$ at {_SHARES[criterion]:.0%}" if of_field else "peak"
        known = axes.get_legend_handles_labels()[1]
        axes.errorbar(
            [sign * finding.value],
            [height],
            xerr=[finding.error],
            color="k",
            marker="s" if of_field else "v",
            mfc="white" if hollow else "k",
            mew=0.7,
            ms=3.5,
            lw=0.8,
            ls="none",
            zorder=5,
            label="_" if label in known else label,
        )


def _resistance_at(curve: Curve, field_T: float) -> float:
    order = np.argsort(curve.field_T, kind="stable")
    return float(np.interp(field_T, curve.field_T[order], curve.resistance_ohm[order]))


def _words(data: ReportData, curves: list[Curve], criterion: str) -> list[str]:
    names = {curve.info.name for curve in curves}
    mine = [f for f in data.findings if f.quantity == "Hc2" and f.conditions.get("criterion") == criterion
            and set(f.curves) <= names and f.curves]  # fmt: skip
    if any(f.value is not None for f in mine):
        some = any(f.verdict is Verdict.PROVISIONAL and f.value is not None for f in mine)
        return ["hollow: on an extrapolated normal state"] if some else []
    peaks = [f for f in data.findings if f.quantity == "resistance_peak_field" and f.value is not None
             and f.curves and set(f.curves) <= names]  # fmt: skip
    if peaks or not mine:
        return []
    return [f"No upper critical field. {verdict_words(mine[0])}"]

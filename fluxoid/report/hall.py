"""Hall resistance against field."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from analysis.curves import Curve, FloatArray
from analysis.findings import Finding
from fluxoid import notation
from fluxoid.report import lines, style
from fluxoid.report.data import ReportData, gate_of, temperature_of, verdict_words


def resistance(target: FigureBase, data: ReportData, title: str) -> None:
    """R_xy(B) with the fitted slope; the offset is that of the contacts. With a gate a colour per voltage."""
    axes = style.panel(target, title)
    gates = sorted({gate for curve in data.field_sweeps() if (gate := gate_of(curve)) is not None})
    if len(gates) > 1:
        _at_gates(target, axes, data, gates)
        return
    factor, unit = style.ohm_scale(np.concatenate([curve.resistance_ohm for curve in data.field_sweeps()]))
    for curve in data.field_sweeps():
        label = _label(curve)
        axes.plot(
            curve.field_T,
            factor * curve.resistance_ohm,
            ls="none",
            marker="o",
            ms=4,
            mew=0,
            color="#8FC7EA",
            label=label,
        )
        _line(axes, data, curve, factor)
    _words(axes, data)
    axes.axhline(0.0, color="0.7", lw=0.5, zorder=0)
    axes.axvline(0.0, color="0.7", lw=0.5, zorder=0)
    axes.set_xlabel(r"$B$ (T)")
    axes.set_ylabel(f"$R_{{xy}}$ ({unit})")
    style.legend(axes, "upper left")


def _at_gates(target: FigureBase, axes: Axes, data: ReportData, gates: list[float]) -> None:
    curves = [curve for curve in data.field_sweeps() if gate_of(curve) is not None]
    factor, unit = style.ohm_scale(np.concatenate([curve.resistance_ohm for curve in curves]))
    colours, label = style.field_colours(gates), "fitted slopes"
    for curve in curves:
        axes.plot(
            curve.field_T,
            factor * curve.resistance_ohm,
            ls="none",
            marker=".",
            ms=2,
            mew=0,
            color=colours[gate_of(curve) or 0.0],
            rasterized=True,
        )
        slope = _slope_of(data, curve)
        if slope is not None and slope.value is not None and curve.info.name in slope.curves:
            ends = np.array([curve.field_T.min(), curve.field_T.max()])
            middle = float(np.mean(curve.resistance_ohm - slope.value * curve.field_T))
            axes.plot(ends, factor * (slope.value * ends + middle), color=style.FIT, lw=0.5, label=label)
            label = "_"
    named = [f for f in data.findings if f.quantity in ("sheet_density", "carrier_density")]
    named.sort(key=lambda f: f.value is None)
    known = [f.value for f in named if f.value is not None]
    words = "No Hall slope was worked out."
    if known:
        unit_n = notation.unit_of(named[0]).replace("1/m^", "m$^{\\mathrm{-") + "}}$"
        low, high = (style.formula(f"{value:.3g}".replace("e+", "e")) for value in (min(known), max(known)))
        words = f"$n = {low}$ to ${high}$ {unit_n}\n{named[0].method.split(';')[-1].strip()}"
    elif named:
        words = verdict_words(named[0])
    axes.set_xlabel(r"$B$ (T)")
    axes.set_ylabel(f"$R_{{xy}}$ ({unit})")
    low_y, high_y = axes.get_ylim()
    axes.set_ylim(low_y, high_y + 0.2 * (high_y - low_y))
    kelvins = sorted({f"{temperature_of(curve):.3g} K" for curve in curves})
    axes.set_title(", ".join(kelvins[:3]), loc="right", fontsize=7.5)
    style.field_bar(target, axes, colours, style.GATE)
    style.legend(axes, "upper right", words)


def _label(curve: Curve) -> str:
    temperature = curve.info.conditions.get("temperature_K")
    return "data" if temperature is None or isinstance(temperature, str) else f"data, {temperature:g} K"


def _slope_of(data: ReportData, curve: Curve) -> Finding | None:
    named = [f for f in data.findings if f.quantity == "hall_coefficient" and f.value is not None]
    mine = [f for f in named if curve.info.name in f.curves]
    return next(iter(mine or named), None)


def _line(axes: Axes, data: ReportData, curve: Curve, factor: float) -> None:
    slope = _slope_of(data, curve)
    if slope is None or slope.value is None or slope.error is None or not len(curve):
        return
    grid = np.linspace(curve.field_T.min(), curve.field_T.max(), 101)

    def shape(field: FloatArray, gradient: float) -> FloatArray:
        return gradient * field

    points = lines.Points(curve.field_T, curve.resistance_ohm, np.ones(len(curve)))
    y, _ = lines.anchored(shape, [slope.value], [0.0], grid, points)
    error = slope.error * np.abs(grid - curve.field_T.mean())
    axes.fill_between(grid, factor * (y - error), factor * (y + error), color="0.4", alpha=0.4, lw=0)
    axes.plot(grid, factor * y, color=style.FIT, lw=0.9, label="fit, band: ±1 standard error")
    true = data.truth_of(slope)
    if true is not None:
        y, _ = lines.anchored(shape, [true], [0.0], grid, points)
        axes.plot(grid, factor * y, color=style.TRUTH, lw=0.9, ls=style.DASHED, label="truth (its slope)")


def _words(axes: Axes, data: ReportData) -> None:
    slope, density = data.find("hall_coefficient"), data.find("carrier_density")
    words = []
    for name, finding, unit in (
        (r"dR_{xy}/dB", slope, "Ω/T"),
        ("n", density, r"m$^{\mathrm{-3}}$"),
    ):
        if finding is not None and finding.value is not None:
            words.append(f"${name} = {style.formula(notation.value_text(finding))}$ {unit}")
        elif finding is not None:
            words.append(verdict_words(finding))
    carriers = [f.method or f.reason for f in (density, slope) if f is not None and (f.method or f.reason)]
    style.note(axes, "\n".join([*words, *carriers[:1]] or ["No Hall slope was worked out."]), "lower right", 60)

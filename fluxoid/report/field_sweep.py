"""Longitudinal resistance against field, with the upper critical fields and peaks found in it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from analysis.curves import Curve
from fluxoid.report import style
from fluxoid.report.data import ReportData, number

#: More curves than this are told apart by colour alone.
MOST_LABELS = 10


def resistance(target: FigureBase, data: ReportData, title: str) -> None:
    """R(B), a colour per curve; squares are Hc2 at 50 %, triangles peaks of R(B), bars their standard errors."""
    axes = style.panel(target, title)
    curves = data.isotherms()
    factor, unit = style.ohm_scale(np.concatenate([curve.resistance_ohm for curve in curves]))
    colours = style.field_colours([float(index) for index in range(len(curves))])
    for index, curve in enumerate(curves):
        label = _label(curve) if len(curves) <= MOST_LABELS else "_"
        axes.plot(curve.field_T, factor * curve.resistance_ohm, color=colours[float(index)], lw=1.0, label=label)
        _marks(axes, data, curve, factor)
    axes.axhline(0.0, color="0.7", lw=0.5, zorder=0)
    axes.set_xlabel(r"$B$ (T)")
    axes.set_ylabel(f"$R$ ({unit})")
    style.legend(axes, "upper center")


def _label(curve: Curve) -> str:
    # underscores in front hide a label, dollars begin a formula
    name = curve.info.name.replace("$", r"\$").lstrip("_")
    temperature = number(curve.info.conditions.get("temperature_K"))
    told = temperature is None or f"{temperature:.4g} K" in name
    return name if told else f"{name}, {temperature:.4g} K"


def _marks(axes: Axes, data: ReportData, curve: Curve, factor: float) -> None:
    for finding in data.findings:
        if finding.value is None or finding.error is None or finding.curves != (curve.info.name,):
            continue
        middle = finding.quantity == "Hc2" and finding.conditions.get("criterion") == "mid"
        if not middle and finding.quantity != "resistance_peak_field":
            continue
        near = int(np.argmin(np.abs(np.abs(curve.field_T) - finding.value)))
        height = factor * float(curve.resistance_ohm[near])
        sign = -1.0 if curve.field_T[near] < 0 else 1.0
        axes.errorbar(
            [sign * finding.value],
            [height],
            xerr=[finding.error],
            color="k",
            marker="s" if middle else "v",
            ms=3,
            lw=0.8,
        )

"""R(T) in one field over the whole range of temperatures, with the residual resistance ratio and the transition."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from analysis.curves import Curve, FloatArray
from analysis.findings import Finding, Verdict
from fluxoid import notation
from fluxoid.report import style
from fluxoid.report.data import ReportData, verdict_words

#: A range of temperatures this many times the critical one leaves the transition a step: it gets its own axes.
WIDE = 2.0
#: Half of what these axes show, in widths of the transition.
AROUND = 4.0
INSET = (0.66, 0.52, 0.32, 0.4)
_TRUTH = "truth (simulated sample)"


def resistance(target: FigureBase, data: ReportData, title: str) -> None:
    """All R(T) curves of one field in one colour, RRR between its two points, the transition enlarged."""
    axes = style.panel(target, title)
    curves = [curve for _, curve in data.transitions()]
    factor, unit = style.ohm_scale(np.concatenate([curve.resistance_ohm for curve in curves]))
    _curves(axes, data, curves, factor)
    ratio, middle = data.find("RRR"), _middle(data)
    warmest = max(float(curve.temperature_K.max()) for curve in curves)
    enlarged = middle is not None and middle.value is not None and warmest > WIDE * middle.value
    if enlarged and middle is not None:
        _inset(axes, data, curves, factor, middle)
    words = _words(data, ratio, middle)
    if ratio is not None and ratio.value is not None:
        _between(axes, curves, ratio, factor)
    axes.set_xlabel(style.TEMPERATURE)
    axes.set_ylabel(f"$R$ ({unit})")
    field = data.transitions()[0][0]
    axes.set_title(f"{field:.4g} T".replace("-", "−"), loc="right", fontsize=7.5)
    if enlarged:
        axes.set_xlim(left=0)
    _headroom(axes, 1.2 if enlarged else 0.3)
    style.legend(axes, "upper left", "\n".join(words))


def _headroom(axes: Axes, share: float) -> None:
    """Room for words, and for the enlarged transition, above the curves."""
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + share * (high - low))


def _curves(
    axes: Axes, data: ReportData, curves: list[Curve], factor: float, shown_K: tuple[float, float] = (0.0, np.inf)
) -> None:
    """Measured and true resistance, the truth within what is shown."""
    label = _TRUTH
    for curve in curves:
        axes.plot(
            curve.temperature_K, factor * curve.resistance_ohm, color=style.CRITERION_COLOURS["onset"], lw=1.3
        )
    for curve in curves if data.law is not None else []:
        low, high = float(curve.temperature_K.min()), float(curve.temperature_K.max())
        grid = np.linspace(max(low, shown_K[0]), min(high, shown_K[1]), 500)
        true = data.law("R(T)", grid, data.transitions()[0][0]) if data.law is not None else None
        if true is not None:
            axes.plot(grid, factor * true, color=style.TRUTH, lw=0.7, ls=style.DASHED, label=label)
            label = "_"


def _middle(data: ReportData) -> Finding | None:
    named = [f for f in data.findings if f.quantity == "Tc_mid"]
    return next((f for f in named if f.value is not None), named[0] if named else None)


def _inset(axes: Axes, data: ReportData, curves: list[Curve], factor: float, middle: Finding) -> None:
    width = data.find("transition_width")
    assert middle.value is not None
    half = AROUND * (width.value if width is not None and width.value else 0.02 * middle.value)
    low, high = middle.value - half, middle.value + half
    near = [curve for curve in curves if np.any((curve.temperature_K >= low) & (curve.temperature_K <= high))]
    inset = axes.inset_axes(INSET)
    _curves(inset, data, near, factor, (low, high))
    shown = np.concatenate([_within(curve, low, high) for curve in near]) if near else np.zeros(1)
    inset.set_xlim(low, high)
    span = max(float(np.ptp(shown)), 1e-30)
    inset.set_ylim(factor * (float(np.min(shown)) - 0.08 * span), factor * (float(np.max(shown)) + 0.08 * span))
    inset.axvline(middle.value, color="0.5", lw=0.7, ls=":")
    inset.tick_params(labelsize=6)


def _within(curve: Curve, low: float, high: float) -> FloatArray:
    inside = (curve.temperature_K >= low) & (curve.temperature_K <= high)
    return curve.resistance_ohm[inside]


def _between(axes: Axes, curves: list[Curve], ratio: Finding, factor: float) -> None:
    for name in ("hot_K", "cold_K"):
        at = ratio.conditions.get(name)
        if isinstance(at, (int, float)):
            near = [
                (abs(float(t) - at), float(t), float(r))
                for curve in curves
                if curve.info.name in ratio.curves
                for t, r in zip(curve.temperature_K, curve.resistance_ohm, strict=True)
            ]
            if near:
                _, t, r = min(near)
                axes.plot([t], [factor * r], marker="o", ms=5, mfc="white", color=style.FIT, zorder=5)


def _words(data: ReportData, ratio: Finding | None, middle: Finding | None) -> list[str]:
    words = []
    if ratio is None:
        words.append("No residual resistance ratio was worked out.")
    elif ratio.value is None:
        words.append(f"RRR: {verdict_words(ratio)}")
    else:
        hot, cold = (f"{float(ratio.conditions.get(name, np.nan)):.4g} K" for name in ("hot_K", "cold_K"))
        true = data.truth_of(ratio)
        words.append(f"RRR = R({hot})/R({cold}) = {notation.value_text(ratio)}")
        if true is not None and ratio.error is not None:
            words.append(f"truth {notation.plain_like(true, ratio.error)}")
        if ratio.verdict is not Verdict.GOOD:
            words.append(verdict_words(ratio))
    if middle is not None and middle.value is not None:
        words.append(rf"$T_{{\mathrm{{c}}}}$ (50 %) = {notation.value_text(middle, True)}")
    elif middle is not None:
        words.append(f"Tc: {verdict_words(middle)}")
    return words

"""Arrhenius plots: ln R against 1/T with the lines that the findings stand for."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from analysis.curves import Curve, FloatArray
from analysis.findings import Finding, Verdict
from analysis.models import taff
from fluxoid import notation
from fluxoid.report import lines, style
from fluxoid.report.data import ReportData, above_noise, noise_ohm, number, verdict_words


@dataclass(frozen=True, slots=True)
class Line:
    """ln R = ln R0 - U0/T of one field, with the error of U0 and the middle of its window in 1/T."""

    energy_K: float
    error_K: float
    ln_prefactor: float
    window_per_K: tuple[float, float] | None
    rejected: bool = False

    def at(self, inverse_temperature: FloatArray) -> FloatArray:
        """ln(R/ohm) at 1/T."""
        return self.ln_prefactor - self.energy_K * inverse_temperature

    def error_at(self, inverse_temperature: FloatArray) -> FloatArray:
        """Error of ln R: that of the slope, about the middle of the window, where the line is best known."""
        if self.window_per_K is None or self.rejected:  # the error of a rejected model has no meaning
            return np.zeros_like(inverse_temperature)
        return self.error_K * np.abs(inverse_temperature - 0.5 * sum(self.window_per_K))


def straight(target: FigureBase, data: ReportData, title: str) -> None:
    """Data and Arrhenius lines, drawn as far as the point where they meet or are said not to."""
    axes = style.panel(target, title)
    colours = _data(axes, data)
    found = _lines(data)
    crossing = data.find("T_cross", "Arrhenius")
    _fits(axes, found, _meeting(data, crossing), colours)
    _truth(axes, data)
    if crossing is not None and crossing.value is not None and crossing.error is not None and found:
        _mark_crossing(axes, found, crossing.value, crossing.error)
    _mark_onset(axes, data)
    _frame(target, axes, data, colours)
    if not found:
        _headroom(axes, 0.6)
    _legend(axes, data, _line_label(found), _words(data, crossing, bool(found)))


def curved(target: FigureBase, data: ReportData, title: str) -> None:
    """Data and modified TAFF fits in their windows."""
    axes = style.panel(target, title)
    colours = _data(axes, data)
    drawn = _modified_fits(axes, data)
    _truth(axes, data)
    shared = [data.find("exponent_q", "modified TAFF"), data.find("Tc_taff", "modified TAFF")]
    names = ("q", r"T_c")
    texts = [
        f"${name}$ = {notation.value_text(f, True)}" for name, f in zip(names, shared, strict=True) if _has(f) and f
    ]
    missing = [verdict_words(f) for f in shared if f is not None and f.verdict is not Verdict.GOOD]
    text = "\n".join([*texts, *missing] if drawn else [*missing, "No modified TAFF fit to draw."])
    _frame(target, axes, data, colours)
    _headroom(axes, 0.3)
    _legend(axes, data, "modified TAFF fit" if drawn else "", text)


def _line_label(found: dict[float, Line]) -> str:
    if not found:
        return ""
    rejected = all(line.rejected for line in found.values())
    return "straight lines through the windows" if rejected else "Arrhenius fit (thick: its window)"


def _headroom(axes: Axes, share: float) -> None:
    """Room for words above the curves."""
    low, high = axes.get_ylim()
    axes.set_ylim(top=high + share * (high - low))


def _data(axes: Axes, data: ReportData) -> dict[float, style.Colour]:
    curves = [(field, curve) for field, curve in data.transitions() if field > 0]
    colours = style.field_colours([field for field, _ in curves])
    for field, curve in curves:
        t, r = above_noise(curve)
        axes.plot(1 / t, np.log(r), ls="none", marker=".", ms=4, mew=0, color=colours[field], rasterized=True)
    return colours


def _lines(data: ReportData) -> dict[float, Line]:
    """The lines of the findings; of a rejected model without numbers, plain straight lines through its windows."""
    prefactors = data.by_field("ln_prefactor", "Arrhenius")
    found = {}
    for field, energy in data.by_field("activation_energy", "Arrhenius").items():
        prefactor = prefactors.get(field)
        if prefactor is None or prefactor.value is None or energy.value is None or energy.error is None:
            continue
        rejected = energy.verdict is Verdict.MODEL_REJECTED
        found[field] = Line(energy.value, energy.error, prefactor.value, _inverse(energy), rejected)
    return found or _guides(data)


def _guides(data: ReportData) -> dict[float, Line]:
    """What the eye would draw: shown so that it can be seen why the model was rejected, and never as a result."""
    curves = dict(data.transitions())
    found = {}
    for finding in data.findings:
        named = finding.quantity == "activation_energy" and finding.method == "Arrhenius"
        field, bounds = number(finding.conditions.get("field_T")), finding.window.get("temperature_K")
        if not named or finding.verdict is not Verdict.MODEL_REJECTED or field not in curves or bounds is None:
            continue
        t, r = _inside(curves[field], bounds)
        if t.size >= 3:
            slope, offset = np.polyfit(1 / t, np.log(r), 1, w=r)  # ln R has the error sigma/R
            found[field] = Line(-float(slope), 0.0, float(offset), _inverse(finding), rejected=True)
    return found


def _inside(curve: Curve, bounds: tuple[float, float] | None) -> tuple[FloatArray, FloatArray]:
    t, r = above_noise(curve)
    if bounds is None:
        return t, r
    inside = (t >= min(bounds)) & (t <= max(bounds))
    return t[inside], r[inside]


def _inverse(finding: Finding) -> tuple[float, float] | None:
    bounds = finding.window.get("temperature_K")
    return None if bounds is None else (1 / max(bounds), 1 / min(bounds))


def _meeting(data: ReportData, crossing: Finding | None) -> float | None:
    """1/T up to which the lines are drawn: where they meet, or the onset in zero field where they should."""
    if crossing is not None and crossing.value is not None:
        return 1 / crossing.value
    onsets = data.by_field("Tc_onset")
    highest = max((f.value for f in onsets.values() if f.value is not None), default=None)
    return None if highest is None else 1 / highest


def _fits(axes: Axes, found: dict[float, Line], meeting: float | None, colours: dict[float, style.Colour]) -> None:
    for field, line in found.items():
        window = line.window_per_K or (meeting or 0.2, (meeting or 0.2) * 1.05)
        start = min(window[0], meeting) if meeting else window[0]
        grid = np.linspace(start, window[1], 60)
        y, error = line.at(grid), line.error_at(grid)
        axes.fill_between(grid, y - error, y + error, color=colours.get(field, "0.5"), alpha=0.3, lw=0)
        axes.plot(grid, y, color=style.FIT, lw=0.5)
        inside = np.array(window)
        axes.plot(inside, line.at(inside), color=style.FIT, lw=1.1, solid_capstyle="round")


def _mark_crossing(axes: Axes, found: dict[float, Line], temperature: float, error: float) -> None:
    x = 1 / temperature
    height = float(np.mean([line.at(np.array([x]))[0] for line in found.values()]))
    axes.errorbar([x], [height], xerr=[error / temperature**2], marker="*", ms=8, color=style.MARK, mec="black",
                  mew=0.5, zorder=6, label="crossing")  # fmt: skip


def _mark_onset(axes: Axes, data: ReportData) -> None:
    onset = data.by_field("Tc_onset").get(0.0)
    if onset is not None and onset.value is not None:
        axes.axvline(1 / onset.value, color="0.5", lw=0.8, ls=":", label=r"1/$T_c^{\mathrm{onset}}$ in zero field")


def _truth(axes: Axes, data: ReportData) -> None:
    if data.law is None:
        return
    for field, curve in data.transitions():
        if field == 0:
            continue
        grid = np.linspace(curve.temperature_K.min(), curve.temperature_K.max(), 600)
        true = data.law("R(T)", grid, field)
        if true is not None:
            clear = true > 0.3 * max(noise_ohm(curve), 1e-15)
            axes.plot(1 / grid[clear], np.log(true[clear]), color=style.TRUTH, lw=0.6, ls=style.DASHED)


def _words(data: ReportData, crossing: Finding | None, any_line: bool) -> str:
    words = []
    if crossing is None or not any_line:
        words.append("No Arrhenius lines." if not any_line else "No crossing point was worked out.")
    if crossing is not None and crossing.value is not None:
        words.append(rf"$T_{{\mathrm{{cross}}}}$ = {notation.value_text(crossing, True)}")
        onset = data.by_field("Tc_onset").get(0.0)
        if onset is not None:
            words.append(rf"$T_c^{{\mathrm{{onset}}}}$(0 T) = {notation.value_text(onset, True)}")
    if crossing is not None and crossing.verdict is not Verdict.GOOD:
        words.append(verdict_words(crossing))
    return "\n".join(words)


def _has(finding: Finding | None) -> bool:
    return finding is not None and finding.value is not None


def _modified_fits(axes: Axes, data: ReportData) -> bool:
    q, tc = data.find("exponent_q", "modified TAFF"), data.find("Tc_taff", "modified TAFF")
    if q is None or tc is None or q.value is None or tc.value is None:
        return False
    curves = dict(data.transitions())
    drawn = False
    for field, energy in data.by_field("activation_energy", "modified TAFF").items():
        if field in curves:
            drawn |= _modified_fit(axes, curves[field], energy, q.value, tc.value)
    return drawn


def _modified_fit(axes: Axes, curve: Curve, energy: Finding, q: float, tc: float) -> bool:
    """One fit; R_c is not a finding of its own, so the height is that of the data in the window."""
    bounds = energy.window.get("temperature_K")
    t, r = _inside(curve, bounds)
    if t.size < 2 or energy.value is None or energy.error is None:
        return False

    def ln_resistance(inverse: FloatArray, u0: float) -> FloatArray:
        return np.log(taff.modified(1 / inverse, u0, tc, q, 1.0))

    x = np.linspace(1 / t.max(), 1 / t.min(), 120)
    points = lines.Points(1 / t, np.log(r), noise_ohm(curve) / r + 1e-12)
    y, error = lines.anchored(ln_resistance, [energy.value], [energy.error], x, points)
    axes.fill_between(x, y - error, y + error, color="0.4", alpha=0.3, lw=0)
    axes.plot(x, y, color=style.FIT, lw=1.2)
    return True


def _frame(target: FigureBase, axes: Axes, data: ReportData, colours: dict[float, style.Colour]) -> None:
    axes.set_xlabel(style.INVERSE_TEMPERATURE)
    axes.set_ylabel(r"ln($R$/Ω)")
    floors = [
        np.log(3 * noise_ohm(curve)) for field, curve in data.transitions() if field > 0 and noise_ohm(curve) > 0
    ]
    if floors:
        axes.set_ylim(bottom=min(floors) - 0.8)
    style.field_bar(target, axes, colours)


def _legend(axes: Axes, data: ReportData, label: str, words: str) -> None:
    if label:
        axes.plot([], [], color=style.FIT, lw=1.2, label=label)
    if data.law is not None:
        axes.plot([], [], color=style.TRUTH, lw=0.8, ls=style.DASHED, label="truth (simulated sample)")
    style.legend(axes, "upper right", words)

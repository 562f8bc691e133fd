"""What becomes of the activation energies: against their prefactors, and against field."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from analysis.curves import FloatArray
from analysis.findings import Finding, Verdict
from analysis.models import activation
from fluxoid import notation
from fluxoid.report import lines, style
from fluxoid.report.data import ReportData, values, verdict_words


def prefactor(target: FigureBase, data: ReportData, title: str) -> None:
    """ln R0 against U0: a straight line of slope 1/T where the Arrhenius law holds."""
    axes = style.panel(target, title)
    energies, prefactors = (
        data.by_field("activation_energy", "Arrhenius"),
        data.by_field("ln_prefactor", "Arrhenius"),
    )
    shared = [field for field in energies if field in prefactors]
    colours = style.field_colours(shared)
    _, u0, u0_error = values({field: energies[field] for field in shared})
    _, ln_r0, ln_r0_error = values({field: prefactors[field] for field in shared})
    for index, field in enumerate(shared):
        axes.errorbar(u0[index], ln_r0[index], xerr=u0_error[index], yerr=ln_r0_error[index], color=colours[field],
                      marker="o", ms=4, elinewidth=0.8, zorder=3)  # fmt: skip
    _prefactor_line(axes, data, u0, ln_r0, ln_r0_error)
    axes.set_xlabel(r"$U_{\mathrm{0}}$ (K)")
    axes.set_ylabel(r"ln($R_{\mathrm{0}}$/Ω)")
    style.field_bar(target, axes, colours)


def _prefactor_line(
    axes: Axes, data: ReportData, u0: FloatArray, ln_r0: FloatArray, ln_r0_error: FloatArray
) -> None:
    slope = data.find("inverse_slope_lnR0_U0", "Arrhenius")
    if slope is None or slope.value is None or slope.error is None or u0.size < 2:
        _missing(axes, slope, "No line through ln R0 against U0.")
        return
    grid = np.linspace(0.0, 1.05 * u0.max(), 100)

    def shape(x: FloatArray, temperature: float) -> FloatArray:
        return x / temperature

    points = lines.Points(u0, ln_r0, np.where(ln_r0_error > 0, ln_r0_error, 1.0))
    y, error = lines.anchored(shape, [slope.value], [slope.error], grid, points)
    axes.fill_between(grid, y - error, y + error, color="0.4", alpha=0.3, lw=0)
    axes.plot(grid, y, color=style.FIT, label="fit, band: ±1 standard error")
    true = data.truth_of(slope)
    if true is not None:
        y, _ = lines.anchored(shape, [true], [0.0], grid, points)
        axes.plot(grid, y, color=style.TRUTH, ls=style.DASHED, label="truth (its slope)")
    style.legend(axes, "upper left")
    _words(axes, f"1/slope = {notation.value_text(slope, True)}", slope, "lower right")


def power_laws(target: FigureBase, data: ReportData, title: str) -> None:
    """U0 against field in logarithmic scales, with one or two power laws."""
    axes = style.panel(target, title)
    points = _energies(axes, data)
    low, high = data.find("U0_exponent_low"), data.find("U0_exponent_high")
    crossover, single = data.find("U0_crossover_field"), data.find("U0_exponent")
    if points is None:
        _missing(axes, low or single, "No activation energies.")
    elif all(_has(f) for f in (low, high, crossover)):
        _broken(axes, data, points, _numbers(low, high, crossover))
        _mark_crossover(axes, crossover)
        _words(axes, _broken_words(low, high, crossover), low, "lower left", single)
    elif _has(single) and single is not None:
        _single(axes, points, single)
        _words(axes, f"exponent {notation.value_text(single)}", single, "lower left", low)
    else:
        _missing(axes, low or single, "No power law was fitted.")
    _energy_frame(axes, data)


def parabola(target: FigureBase, data: ReportData, title: str) -> None:
    """U0 against field in logarithmic scales, with U0 = beta H^gamma (1 - H/H*)^2."""
    axes = style.panel(target, title)
    points = _energies(axes, data)
    beta, gamma, kramer = data.find("U0_beta"), data.find("U0_gamma"), data.find("U0_kramer_field")
    if points is not None and all(_has(f) for f in (beta, gamma, kramer)):
        gamma_, kramer_ = _numbers(gamma, kramer)
        grid = _grid(points, kramer_[0])
        y, error = lines.anchored(_ln_parabola, [gamma_[0], kramer_[0]], [gamma_[1], kramer_[1]], grid, points)
        _band(axes, grid, y, error, r"$\beta H^{\gamma}(\mathrm{1}-H/H^*)^{\mathrm{2}}$")
        named = ((r"\beta", beta), (r"\gamma", gamma), ("H^*", kramer))
        words = "\n".join(f"${name}$ = {notation.value_text(f, True)}" for name, f in named if f is not None)
        _words(axes, words, beta, "lower left")
    else:
        _missing(axes, beta, "No parabolic law was fitted.")
    _energy_frame(axes, data)


def _ln_parabola(field: FloatArray, gamma: float, kramer: float) -> FloatArray:
    # a height of zero would have no logarithm: a moved Kramer field may pass below a measured field
    shape = activation.parabolic(field, 1.0, gamma, kramer)
    return np.log(np.maximum(shape, 1e-12))


def _ln_broken(field: FloatArray, low: float, high: float, crossover: float) -> FloatArray:
    return np.log(activation.broken_power_law(field, 1.0, crossover, low, high, crossover))


def _energies(axes: Axes, data: ReportData) -> lines.Points | None:
    """Draw the accepted activation energies; as points in ln U0 for the lines."""
    accepted = [f for f in data.findings if f.verdict in (Verdict.GOOD, Verdict.PROVISIONAL)]
    by_field = ReportData(data.orientation, (), tuple(accepted)).by_field("activation_energy")
    if not by_field:
        return None
    field, u0, error = values(by_field)
    methods = ", ".join(dict.fromkeys(f.method for f in by_field.values() if f.method))
    colours = style.field_colours(list(by_field))
    look = {"marker": "o", "ms": 4.5, "elinewidth": 0.9, "mec": "black", "mew": 0.4, "zorder": 3}
    for index, shade in enumerate(colours.values()):
        label = f"from {methods}" if index == 0 and methods else "_"
        axes.errorbar(field[index], u0[index], yerr=error[index], color=shade, label=label, **look)  # type: ignore[arg-type]  # stubs want literals
    _true_energies(axes, data, next(iter(by_field.values())), field)
    relative = error / u0
    usable = (u0 > 0) & (field > 0)
    return lines.Points(field[usable], np.log(u0[usable]), np.where(relative > 0, relative, 1.0)[usable])


def _true_energies(axes: Axes, data: ReportData, example: Finding, field: FloatArray) -> None:
    grid = np.geomspace(field.min(), field.max(), 60)
    true = data.truth_along(example, grid)
    if np.isfinite(true).any():
        axes.plot(
            grid, true, color=style.TRUTH, ls=style.DASHED, lw=1.0, label="truth (simulated sample)", zorder=2.5
        )


def _broken(axes: Axes, data: ReportData, points: lines.Points, parameters: list[tuple[float, float]]) -> None:
    numbers, errors = [value for value, _ in parameters], [error for _, error in parameters]
    grid = _grid(points, np.inf)
    y, error = lines.anchored(_ln_broken, numbers, errors, grid, points)
    _band(axes, grid, y, error, "two power laws")


def _single(axes: Axes, points: lines.Points, exponent: Finding) -> None:
    (parameter,) = _numbers(exponent)
    grid = _grid(points, np.inf)

    def shape(field: FloatArray, power: float) -> FloatArray:
        return np.log(activation.power_law(field, 1.0, 1.0, power))

    y, error = lines.anchored(shape, [parameter[0]], [parameter[1]], grid, points)
    _band(axes, grid, y, error, "one power law")


def _grid(points: lines.Points, end: float) -> FloatArray:
    return np.geomspace(points.x.min() * 0.85, min(points.x.max() * 1.15, 0.995 * end), 300)


def _band(axes: Axes, grid: FloatArray, y: FloatArray, error: FloatArray, label: str) -> None:
    axes.fill_between(grid, np.exp(y - error), np.exp(y + error), color="0.4", alpha=0.3, lw=0)
    axes.plot(grid, np.exp(y), color=style.FIT, lw=1.0, label=label)


def _mark_crossover(axes: Axes, crossover: Finding | None) -> None:
    if crossover is None or crossover.value is None or crossover.error is None:
        return
    axes.axvspan(
        crossover.value - crossover.error, crossover.value + crossover.error, color=style.MARK, alpha=0.4, lw=0
    )
    axes.axvline(crossover.value, color=style.MARK, lw=0.7)


def _broken_words(low: Finding | None, high: Finding | None, crossover: Finding | None) -> str:
    named = ((r"\alpha", "low field", low), (r"\alpha", "high field", high), (r"H_{\mathrm{cr}}", "", crossover))
    texts = [(name, what, notation.value_text(f, True)) for name, what, f in named if f is not None]
    return "\n".join(f"${name}$ = {text}" + (f" ({what})" if what else "") for name, what, text in texts)


def _energy_frame(axes: Axes, data: ReportData) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(style.FIELD)
    axes.set_ylabel(r"$U_{\mathrm{0}}$ (K)")
    if axes.get_legend_handles_labels()[0]:
        style.legend(axes, "upper right")


def _words(axes: Axes, text: str, finding: Finding | None, where: str, other: Finding | None = None) -> None:
    """Numbers, a verdict that is not good, and the rival model that was rejected."""
    words = [text]
    if finding is not None and finding.verdict is not Verdict.GOOD:
        words.append(verdict_words(finding))
    if other is not None and other.verdict is Verdict.MODEL_REJECTED:
        words.append(f"{other.method or notation.symbol(other.quantity)}: {verdict_words(other)}")
    style.note(axes, "\n".join(words), where, 34)


def _missing(axes: Axes, finding: Finding | None, otherwise: str) -> None:
    reason = verdict_words(finding) if finding is not None and finding.reason else ""
    style.note(axes, f"{otherwise}\n{reason}".strip(), "center center")


def _has(finding: Finding | None) -> bool:
    return finding is not None and finding.value is not None


def _numbers(*findings: Finding | None) -> list[tuple[float, float]]:
    return [(f.value, f.error) for f in findings if f is not None and f.value is not None and f.error is not None]

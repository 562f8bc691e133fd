"""dI/dV spectra with the laws that their findings stand for, one above the other."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from analysis.curves import FloatArray
from analysis.errors import AnalysisError
from analysis.findings import Finding, Verdict
from analysis.models import btk
from analysis.spectroscopy import Spectrum
from fluxoid.report import style
from fluxoid.report.data import ReportData, verdict_words

#: More spectra than this are not told apart on one page; evenly chosen ones are drawn.
MOST = 14
#: From the lower curve of a pair to the upper one, as a share of the largest structure.
CLEARANCE = 0.08


def against_temperature(target: FigureBase, data: ReportData, title: str) -> None:
    """Spectra in the lowest field, coldest below."""
    _stack(target, data, title, temperature_series(data.spectra), "K")


def against_field(target: FigureBase, data: ReportData, title: str) -> None:
    """Spectra at the lowest temperature, lowest field below."""
    _stack(target, data, title, field_series(data.spectra), "T")


def temperature_series(spectra: Sequence[Spectrum]) -> list[Spectrum]:
    """Those in the lowest field, by temperature; the same rule as for the gap against temperature."""
    lowest = min((abs(s.field_T) for s in spectra), default=0.0)
    return sorted((s for s in spectra if abs(s.field_T) <= lowest + 1e-9), key=lambda s: s.temperature_K)


def field_series(spectra: Sequence[Spectrum]) -> list[Spectrum]:
    """Those at the lowest temperature, by field; the same rule as for the gap against field."""
    coldest = min((s.temperature_K for s in spectra), default=0.0)
    return sorted((s for s in spectra if s.temperature_K <= 1.02 * coldest + 1e-3), key=lambda s: s.field_T)


def _stack(target: FigureBase, data: ReportData, title: str, series: Sequence[Spectrum], unit: str) -> None:
    axes = style.panel(target, title)
    chosen = _evenly(series)
    colours = style.field_colours([float(index) for index in range(len(chosen))])
    found = [_own(data, spectrum) for spectrum in chosen]
    drawn = [_normalised(spectrum, own) for spectrum, own in zip(chosen, found, strict=True)]
    step = _offset([(bias, points) for bias, points, _ in drawn])
    wide = any(fit is not None for _, _, fit in drawn)
    for index, (spectrum, own, (bias, points, fit)) in enumerate(zip(chosen, found, drawn, strict=True)):
        up, colour = index * step, colours[float(index)]
        axes.plot(
            bias, points + up, ls="none", marker=".", ms=3.2, mew=0, color=colour, alpha=0.75, rasterized=True
        )
        if fit is not None:
            axes.plot(bias, fit + up, color=style.FIT, lw=0.7, zorder=3, label="fit" if wide else "_")
            wide = False
        _name(axes, spectrum, own, (bias, points + up), unit)
    words = _words(chosen, found, len(series), unit)
    lines = len(style.wrapped("\n".join(words), 40).splitlines())
    _frame(axes, series, chosen, step, unit, 0.06 + 0.032 * lines)
    style.legend(axes, "upper left", "\n".join(words))


def _evenly(series: Sequence[Spectrum]) -> list[Spectrum]:
    if len(series) <= MOST:
        return list(series)
    return [series[round(index)] for index in np.linspace(0, len(series) - 1, MOST)]


def _own(data: ReportData, spectrum: Spectrum) -> dict[str, Finding]:
    return {f.quantity: f for f in data.findings if f.curves == (spectrum.name,)}


def _normalised(spectrum: Spectrum, own: dict[str, Finding]) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    """Bias, conductance over the normal state, and the law of the findings, None where they have no gap.

    The background, straight or bent, is no finding: it is found again between the points and the law.
    """
    good = np.isfinite(spectrum.bias_mV) & np.isfinite(spectrum.conductance)
    order = np.argsort(spectrum.bias_mV[good], kind="stable")
    bias, values = spectrum.bias_mV[good][order], spectrum.conductance[good][order]
    law = fitted_law(spectrum, own, bias)
    if law is not None:
        return bias, values / background(bias, values, law), law
    outer = np.abs(bias) >= 0.85 * np.max(np.abs(bias), initial=0.0)
    scale = float(np.median(values[outer])) if values.size else 1.0
    return bias, values / (scale if scale else 1.0), None


def fitted_law(spectrum: Spectrum, own: dict[str, Finding], bias_mV: FloatArray) -> FloatArray | None:
    """Conductance over the normal state by the findings of a spectrum; None without a gap and a broadening."""
    gap, width = _value(own, "gap"), _value(own, "broadening")
    if gap is None or width is None:
        return None
    gaussian = "Gaussian" in own["gap"].method
    barrier, offset = _value(own, "barrier"), _value(own, "bias_offset")
    try:
        return btk.conductance(
            bias_mV,
            gap,
            0.0 if gaussian else width,
            np.inf if barrier is None else barrier,
            spectrum.temperature_K,
            modulation_rms_mV=spectrum.modulation_rms_mV,
            gaussian_broadening_meV=width if gaussian else 0.0,
            offset_mV=offset or 0.0,
        )
    except AnalysisError:
        return None


def background(bias_mV: FloatArray, values: FloatArray, law: FloatArray) -> FloatArray:
    """values/law as a straight line in bias, or a parabola where that leaves clearly less; least squares."""
    x = bias_mV / float(np.max(np.abs(bias_mV)))
    results = []
    for degree in (1, 2):
        terms = np.stack([law * x**power for power in range(degree + 1)], axis=1)
        coefficients, *_ = np.linalg.lstsq(terms, values, rcond=None)
        left = float(np.sum((values - terms @ coefficients) ** 2))
        results.append((x.size * np.log(max(left, 1e-300)) + 2 * degree, np.polyval(coefficients[::-1], x)))
    (straight, line), (bent, parabola) = results
    return np.asarray(parabola if bent < straight - 6.0 else line, dtype=float)


def _value(own: dict[str, Finding], quantity: str) -> float | None:
    return own[quantity].value if quantity in own else None


def _offset(drawn: Sequence[tuple[FloatArray, FloatArray]]) -> float:
    """The smallest step between neighbours at which no curve runs through another."""
    heights = [_binned(bias, points) for bias, points in drawn if bias.size]
    if not heights:
        return 1.0
    grid = np.linspace(min(x[0] for x, _ in heights), max(x[-1] for x, _ in heights), 200)
    curves = [np.interp(grid, x, y) for x, y in heights]
    largest = max(float(np.ptp(y)) for y in curves) or 1.0
    closest = [float(np.max(below - above)) for below, above in pairwise(curves)]
    return max(0.15 * largest, max(closest, default=0.0) + CLEARANCE * largest)


def _binned(bias: FloatArray, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Averages of so many neighbours that noise does not set the step."""
    size = max(1, bias.size // 100)
    whole = bias.size // size * size
    return bias[:whole].reshape(-1, size).mean(axis=1), points[:whole].reshape(-1, size).mean(axis=1)


def _name(
    axes: Axes, spectrum: Spectrum, own: dict[str, Finding], curve: tuple[FloatArray, FloatArray], unit: str
) -> None:
    """What was held, beside the right end of the curve; a star where no law describes it."""
    held = spectrum.temperature_K if unit == "K" else spectrum.field_T
    star = "*" if _rejected(own) else "°" if _value(own, "gap") is None else ""
    bias, height = curve
    if not bias.size:
        return
    end = float(np.median(height[-max(1, bias.size // 25) :]))
    axes.annotate(
        f"{held:.4g} {unit}{star}".replace("-", "−"),
        (float(bias[-1]), end),
        (3, 0),
        textcoords="offset points",
        va="center",
        fontsize=6.5,
        annotation_clip=False,
    )


def _rejected(own: dict[str, Finding]) -> bool:
    return "gap" in own and own["gap"].verdict is Verdict.MODEL_REJECTED


def _words(chosen: Sequence[Spectrum], found: Sequence[dict[str, Finding]], total: int, unit: str) -> list[str]:
    words = [f"{len(chosen)} of {total} spectra"] if len(chosen) < total else []
    pairs = list(zip(chosen, found, strict=True))
    rejected = [(s, own["gap"]) for s, own in pairs if _rejected(own)]
    missing = [
        (s, own["gap"]) for s, own in pairs if "gap" in own and not _rejected(own) and own["gap"].value is None
    ]
    for mark, group in (("*", rejected), ("°", missing)):
        if group:
            spectrum, gap = group[0]
            held = spectrum.temperature_K if unit == "K" else spectrum.field_T
            where = f" ({len(group)} spectra; this one at {held:.4g} {unit})" if len(group) > 1 else ""
            said = verdict_words(gap).split(";")[0]
            words.append(f"{mark} {said.replace(':', where + ':', 1)}".replace(" -", " −"))
    return words


def _frame(
    axes: Axes, series: Sequence[Spectrum], chosen: Sequence[Spectrum], step: float, unit: str, headroom: float
) -> None:
    axes.set_xlabel(r"$V$ (mV)")
    shifted = f", each shifted by {step:.2g}" if len(chosen) > 1 else ""
    axes.set_ylabel(rf"$\mathrm{{d}}I/\mathrm{{d}}V\;/\;G_{{\mathrm{{n}}}}${shifted}")
    low, high = axes.get_xlim()
    axes.set_xlim(low, high + 0.1 * (high - low))
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom, top + headroom * (top - bottom))
    if series:
        held = f"{series[0].field_T:.4g} T" if unit == "K" else f"{series[0].temperature_K:.4g} K"
        axes.set_title(held.replace("-", "−"), loc="right", fontsize=7.5)
    else:
        style.note(axes, "No spectra.", "center center")

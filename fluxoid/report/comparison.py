"""Several samples in one figure: critical fields against temperature, in Pauli fields, against RRR, and gaps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from analysis.findings import Finding, Verdict
from analysis.spectroscopy.across import FIELD_SHAPES
from fluxoid.report import style
from fluxoid.report.boundary import (
    LAWS,
    at_one_gate,
    boundary_of,
    criterion_of,
    findings_named,
    pauli_of,
    points_of,
    rank_of,
    tc_of,
)
from fluxoid.report.data import ReportData, RunLike, held
from fluxoid.report.gap import PARABOLA, field_height, gaps_in_field
from fluxoid.report.write import by_orientation

SLOPE = "orbital slope"
#: Colours (Okabe and Ito, without the yellow that white paper swallows) and markers, by sample.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = ("o", "s", "^", "v", "D", "P", "X")


@dataclass(frozen=True, slots=True)
class Series:
    """One sample in one orientation of the field, as a figure shows it."""

    label: str
    data: ReportData
    colour: str
    marker: str


def series_of(runs: Sequence[tuple[str, RunLike]]) -> list[Series]:
    """One for each sample (by name) and orientation of the field."""
    made = []
    for index, (name, run) in enumerate(runs):
        parts = by_orientation(run)
        several = len({part.orientation for _, other in runs for part in by_orientation(other)}) > 1
        for part in parts:
            label = f"{name}, {part.orientation.replace('_', ' ')}" if several and part.orientation else name
            shade, marker = (list_[index % len(list_)] for list_ in (_COLOURS, _MARKERS))
            made.append(Series(label, at_one_gate(part), shade, marker))
    return made


def write_comparison(runs: Sequence[tuple[str, RunLike]], out: Path) -> list[Path]:
    """Draw every figure that two samples or more have something for; return the files."""
    out.mkdir(parents=True, exist_ok=True)
    series = series_of(runs)
    paths: list[Path] = []
    with style.publication():
        for stem, title, draw in _FIGURES:
            figure = style.new_figure()
            axes = style.panel(figure, title)
            if sum(draw(axes, one) for one in series) > 1:
                _finish(axes, stem)
                paths += style.save(figure, out, stem)
    return paths


def _against_temperature(axes: Axes, one: Series) -> bool:
    return _boundary(axes, one, 1.0, 1.0)


def _over_pauli_field(axes: Axes, one: Series) -> bool:
    pauli, tc = pauli_of(one.data), tc_of(one.data, boundary_of(one.data, criterion_of(one.data)))
    return pauli is not None and bool(pauli.value and tc) and _boundary(axes, one, tc or 1.0, pauli.value or 1.0)


def _boundary(axes: Axes, one: Series, tc_K: float, scale_T: float) -> bool:
    """Points by one criterion, hollow where provisional or extrapolated, and the law through them."""
    criterion = criterion_of(one.data)
    points, law = points_of(one.data, criterion), boundary_of(one.data, criterion)
    told = False
    for sure in (True, False):
        rows = [(held(f, "temperature_K"), f.value, f.error) for f in points if (rank_of(f) == 0) is sure]
        if rows:
            t, b, error = np.array(rows, dtype=float).T
            _points(axes, one, (t / tc_K, b / scale_T, error / scale_T), sure, told)
            told = True
    if law is not None and told:
        t = np.linspace(0.0, law.tc_K, 200)
        for part, dashes in ((t >= law.coldest_K, "-"), (t <= law.coldest_K, (0, (2, 2)))):
            axes.plot(t[part] / tc_K, law.at(t[part]) / scale_T, color=one.colour, lw=0.9, ls=dashes)
    return told


def _against_rrr(axes: Axes, one: Series) -> bool:
    """Bc2(0) by the first law that has one (filled), and by the slope at Tc alone (hollow)."""
    ratio = one.data.find("RRR")
    if ratio is None or ratio.value is None:
        return False
    told = False
    for finding in zero_fields(one.data):
        if finding is not None and finding.value is not None:
            shown = [np.array([value]) for value in (ratio.value, finding.value, finding.error)]
            _points(axes, one, (shown[0], shown[1], shown[2]), finding.method != SLOPE, told)
            told = True
    return told


def zero_fields(data: ReportData) -> tuple[Finding | None, Finding | None]:
    """Bc2(0) at the criterion of the figures, by the first law that has one and by the slope alone."""
    found = {f.method: f for f in findings_named(data, "Bc2_0", criterion_of(data)) if f.value is not None}
    return next((found[law] for law in LAWS if law in found), None), found.get(SLOPE)


def _gap_in_field(axes: Axes, one: Series) -> bool:
    """Gap over that in no field against the field over that which closes it, of the first law accepted."""
    found = findings_named(one.data, "gap_critical_field")
    laws = [f for f in found if f.value and f.method in FIELD_SHAPES]
    laws.sort(key=lambda f: (f.verdict is not Verdict.GOOD, f.method != PARABOLA))
    field, gap, error = gaps_in_field(one.data)
    if not laws or not laws[0].value or not field.size:
        return False
    height = field_height(laws[0], field, gap, error)
    _points(axes, one, (field / laws[0].value, gap / height, error / height), True, False)
    return True


def _points(
    axes: Axes, one: Series, columns: tuple[np.ndarray, np.ndarray, np.ndarray], filled: bool, told: bool
) -> None:
    x, y, error = columns
    axes.errorbar(
        x,
        y,
        yerr=error,
        ls="none",
        marker=one.marker,
        ms=4.5,
        mew=0.9,
        elinewidth=0.8,
        color=one.colour,
        mfc=one.colour if filled else "white",
        label="_" if told else one.label,
        zorder=4,
    )


def _finish(axes: Axes, stem: str) -> None:
    """What belongs to all samples: labels, guides and the legend."""
    words = ""
    if stem == "samples_upper_critical_field":
        axes.set(xlabel=style.TEMPERATURE, ylabel=r"$B_{c\mathrm{2}}$ (T)")
        words = "hollow: provisional or beyond the magnet; dashed: colder than measured"
    elif stem == "samples_over_pauli_field":
        axes.set(xlabel=r"$T/T_{\mathrm{c}}$", ylabel=r"$B_{c\mathrm{2}}/B_{\mathrm{P}}$")
        axes.axhline(1.0, color="0.5", lw=0.9, ls="-.", label=r"$B_{\mathrm{P}}$")
    elif stem == "samples_at_zero_temperature":
        axes.set(xlabel="RRR", ylabel=r"$B_{c\mathrm{2}}(\mathrm{0})$ (T)")
        words = r"filled: WHH; hollow: −0.69 $T_{\mathrm{c}}\;\mathrm{d}B/\mathrm{d}T$"
    else:
        axes.set(xlabel=r"$B/B_{\mathrm{c}}$", ylabel=r"$\Delta(B)/\Delta(\mathrm{0})$")
        grid = np.linspace(0.0, 1.0, 200)
        parabola = FIELD_SHAPES[PARABOLA](grid)
        axes.plot(grid, parabola, color="0.5", lw=1.0, label=r"$\mathrm{1-(}B/B_{\mathrm{c}}\mathrm{)^2}$")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    low, high = axes.get_ylim()
    axes.set_ylim(low, 1.35 * high)
    style.legend(axes, "upper right", words)


_FIGURES: tuple[tuple[str, str, Callable[[Axes, Series], bool]], ...] = (
    ("samples_upper_critical_field", "Upper critical field", _against_temperature),
    ("samples_over_pauli_field", "Over the Pauli field", _over_pauli_field),
    ("samples_at_zero_temperature", "At zero temperature", _against_rrr),
    ("samples_gap_against_field", "Gap in a field", _gap_in_field),
)

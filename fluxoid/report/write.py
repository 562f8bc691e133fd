"""All figures of a run, and one page with all of them."""

import math
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from analysis.curves import Curve
from analysis.errors import AnalysisError
from analysis.spectroscopy import Spectrum
from analysis.spectrum_study import spectrum_of
from fluxoid.report import style
from fluxoid.report.data import ReportData, RunLike, SampleLaw, Truth
from fluxoid.report.panels import PANELS, Panel


def write_report(
    run: RunLike,
    out: Path,
    truth: Truth | None = None,
    sample_law: SampleLaw | None = None,
    leakage_limit_A: float | None = None,
) -> list[Path]:
    """Draw every figure that applies to the run, as PNG and PDF, and an overview of them; return the files.

    ``truth`` gives the true value of a finding and ``sample_law`` the noise-free resistance; both exist for
    simulated runs only and are drawn dashed. A finding that is missing leaves words in its figure. A run of several
    orientations gets one set per orientation, named after it. ``leakage_limit_A`` is the leakage at which the
    gate of the station trips. ``out`` is made where it does not exist.
    """
    out.mkdir(parents=True, exist_ok=True)
    parts = by_orientation(run, truth, sample_law, leakage_limit_A)
    paths: list[Path] = []
    with style.publication():
        for data in parts:
            suffix = f"_{data.orientation}" if len(parts) > 1 else ""
            panels = [panel for panel in PANELS if panel.applies(data)]
            for panel in panels:
                paths += _one(panel, data, out, panel.stem + suffix)
            if panels:
                paths += _overview(panels, data, out, "overview" + suffix)
    return paths


def by_orientation(
    run: RunLike, truth: Truth | None = None, law: SampleLaw | None = None, limit: float | None = None
) -> list[ReportData]:
    """A run as its figures want it, one part for each orientation of the field."""
    curves = [recorded.as_curve() for recorded in run.curves]
    names = list(dict.fromkeys(str(curve.info.conditions.get("orientation", "")) for curve in curves))
    given = tuple(getattr(run, "spectra", ()))
    if given and not names:
        names = list(dict.fromkeys(str(f.conditions.get("orientation", "")) for f in run.findings)) or [""]
    return [
        ReportData(
            name,
            tuple(curve for curve in curves if curve.info.conditions.get("orientation", "") == name),
            tuple(finding for finding in run.findings if finding.conditions.get("orientation", name) == name),
            truth,
            law,
            (*(given if name == names[0] else ()), *_recorded_spectra(curves, name)),
            limit,
        )
        for name in names
    ]


def _recorded_spectra(curves: Sequence[Curve], orientation: str) -> list[Spectrum]:
    """The dI/dV curves of one orientation; one that is no spectrum has a finding that says why."""
    found = []
    for curve in curves:
        if curve.info.kind == "dI/dV" and curve.info.conditions.get("orientation", "") == orientation:
            with suppress(AnalysisError):
                found.append(spectrum_of(curve))
    return found


def _one(panel: Panel, data: ReportData, out: Path, stem: str) -> list[Path]:
    figure = style.new_figure(height_in=panel.height_of(data) * style.SIZE_IN[1])
    panel.draw(figure, data, panel.title)
    return style.save(figure, out, stem)


def _overview(panels: Sequence[Panel], data: ReportData, out: Path, stem: str) -> list[Path]:
    columns = min(3, len(panels))
    rows = math.ceil(len(panels) / columns)
    width, height = style.SIZE_IN
    height *= max(panel.height_of(data) for panel in panels)
    figure = style.new_figure(columns * width, rows * height)
    grid = figure.subfigures(rows, columns, squeeze=False)
    for index, panel in enumerate(panels):
        panel.draw(grid[index // columns, index % columns], data, f"({chr(97 + index)}) {panel.title}")
    return style.save(figure, out, stem)

"""All figures of a run, and one page with all of them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import FigureBase

from fluxoid.report import arrhenius, energy, field_sweep, gap, hall, spectra, style, transition
from fluxoid.report.data import IN_PLANE, OUT_OF_PLANE, ReportData, RunLike, SampleLaw, Truth


@dataclass(frozen=True, slots=True)
class Panel:
    """A figure: file name, title, how it is drawn, and which runs have it."""

    stem: str
    title: str
    draw: Callable[[FigureBase, ReportData, str], None]
    orientation: str | None = None
    needs: str = "R(T)"
    height: float = 1.0

    def applies(self, data: ReportData) -> bool:
        """Whether a run of this orientation has what the figure is about."""
        return _HAS[self.needs](data) and self.orientation in (None, data.orientation)


def _temperatures(data: ReportData) -> bool:
    return len({spectrum.temperature_K for spectrum in data.spectra}) > 1


def _fields(data: ReportData) -> bool:
    return len({spectrum.field_T for spectrum in data.spectra}) > 1


#: What a figure may need, and whether a run has it.
_HAS: dict[str, Callable[[ReportData], bool]] = {
    "hall": lambda data: bool(data.field_sweeps()),
    "R(B)": lambda data: bool(data.isotherms()),
    "R(T)": lambda data: bool(data.transitions()),
    "dI/dV": lambda data: bool(data.spectra) and (_temperatures(data) or not _fields(data)),
    "dI/dV(T)": _temperatures,
    "dI/dV(B)": _fields,
}

#: In reading order; the numbers are those of the paper whose figures these are.
PANELS = (
    Panel("fig1c_hall", "Hall resistance", hall.resistance, needs="hall"),
    Panel("fig2b_resistance_out_of_plane", "R(T), field out of plane", transition.resistance, OUT_OF_PLANE),
    Panel("fig2c_resistance_in_plane", "R(T), field in plane", transition.resistance, IN_PLANE),
    Panel("resistance_against_temperature", "R(T)", transition.resistance, ""),
    Panel("resistance_against_field", "R(B)", field_sweep.resistance, needs="R(B)"),
    Panel("fig2d_upper_critical_field", "Upper critical field", transition.upper_critical_field),
    Panel("fig3a_arrhenius_out_of_plane", "Arrhenius plot, field out of plane", arrhenius.straight, OUT_OF_PLANE),
    Panel("fig3b_prefactor", "Prefactors of the Arrhenius lines", energy.prefactor, OUT_OF_PLANE),
    Panel("fig3c_arrhenius_in_plane", "Arrhenius plot, field in plane", arrhenius.straight, IN_PLANE),
    Panel("fig3d_modified_taff", "Modified TAFF, field in plane", arrhenius.curved, IN_PLANE),
    Panel(
        "fig4a_activation_energy_out_of_plane", "Activation energy, out of plane", energy.power_laws, OUT_OF_PLANE
    ),
    Panel("fig4b_activation_energy_in_plane", "Activation energy, in plane", energy.parabola, IN_PLANE),
    Panel("spectra_against_temperature", "dI/dV spectra", spectra.against_temperature, None, "dI/dV", 1.5),
    Panel("gap_against_temperature", "Energy gap", gap.against_temperature, needs="dI/dV(T)"),
    Panel("spectra_against_field", "dI/dV spectra in a field", spectra.against_field, None, "dI/dV(B)", 1.5),
    Panel("gap_against_field", "Energy gap in a field", gap.against_field, needs="dI/dV(B)"),
)


def write_report(
    run: RunLike, out: Path, truth: Truth | None = None, sample_law: SampleLaw | None = None
) -> list[Path]:
    """Draw every figure that applies to the run, as PNG and PDF, and an overview of them; return the files.

    ``truth`` gives the true value of a finding and ``sample_law`` the noise-free resistance; both exist for
    simulated runs only and are drawn dashed. A finding that is missing leaves words in its figure. A run of several
    orientations gets one set per orientation, named after it. ``out`` is made where it does not exist.
    """
    out.mkdir(parents=True, exist_ok=True)
    parts = _by_orientation(run, truth, sample_law)
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


def _by_orientation(run: RunLike, truth: Truth | None, law: SampleLaw | None) -> list[ReportData]:
    curves = [recorded.as_curve() for recorded in run.curves]
    names = list(dict.fromkeys(str(curve.info.conditions.get("orientation", "")) for curve in curves))
    measured = tuple(getattr(run, "spectra", ()))
    if measured and not names:
        names = list(dict.fromkeys(str(f.conditions.get("orientation", "")) for f in run.findings)) or [""]
    return [
        ReportData(
            name,
            tuple(curve for curve in curves if curve.info.conditions.get("orientation", "") == name),
            tuple(finding for finding in run.findings if finding.conditions.get("orientation", name) == name),
            truth,
            law,
            measured if name == names[0] else (),
        )
        for name in names
    ]


def _one(panel: Panel, data: ReportData, out: Path, stem: str) -> list[Path]:
    figure = style.new_figure(height_in=panel.height * style.SIZE_IN[1])
    panel.draw(figure, data, panel.title)
    return style.save(figure, out, stem)


def _overview(panels: Sequence[Panel], data: ReportData, out: Path, stem: str) -> list[Path]:
    columns = min(3, len(panels))
    rows = math.ceil(len(panels) / columns)
    width, height = style.SIZE_IN
    height *= max(panel.height for panel in panels)
    figure = style.new_figure(columns * width, rows * height)
    grid = figure.subfigures(rows, columns, squeeze=False)
    for index, panel in enumerate(panels):
        panel.draw(grid[index // columns, index % columns], data, f"({chr(97 + index)}) {panel.title}")
    return style.save(figure, out, stem)

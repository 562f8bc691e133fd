"""Which figures a run gets, that missing pieces do not stop them, and that lines are where findings say."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.findings import Finding
from fluxoid.report import arrhenius, energy, lines, style, write_report
from fluxoid.report.data import ReportData, noise_ohm
from fluxoid.report.panels import PANELS
from tests.fluxoid.report_data import Run, law, make_run, truth_for

OUT = {
    "fig1c_hall",
    "fig2b_resistance_out_of_plane",
    "fig2d_upper_critical_field",
    "fig3a_arrhenius_out_of_plane",
    "fig3b_prefactor",
    "fig4a_activation_energy_out_of_plane",
    "overview",
}
IN = {
    "fig2c_resistance_in_plane",
    "fig2d_upper_critical_field",
    "fig3c_arrhenius_in_plane",
    "fig3d_modified_taff",
    "fig4b_activation_energy_in_plane",
    "overview",
}


def data_of(run: Run, simulated: bool = True) -> ReportData:
    curves = tuple(recorded.as_curve() for recorded in run.curves)
    truth, sample_law = (truth_for(run.orientation), law(run.orientation)) if simulated else (None, None)
    return ReportData(run.orientation, curves, tuple(run.findings), truth, sample_law)


def texts(figure: Figure) -> str:
    axes = figure.axes[0]
    legend = axes.get_legend()
    in_legend = [legend.get_title(), *legend.get_texts()] if legend else []
    return " ".join(text.get_text() for text in [*axes.texts, *in_legend]).replace("\n", " ")


@pytest.mark.parametrize(("orientation", "stems"), [("out_of_plane", OUT), ("in_plane", IN)])
def test_every_figure_that_applies_as_png_and_pdf(tmp_path: Path, orientation: str, stems: set[str]):
    paths = write_report(make_run(orientation, points=50), tmp_path / "new" / "figures")
    assert {path.name for path in paths} == {f"{stem}.{kind}" for stem in stems for kind in ("png", "pdf")}
    assert all(path.stat().st_size > 1000 for path in paths)


@pytest.mark.parametrize("orientation", ["out_of_plane", "in_plane"])
def test_a_run_without_findings_still_has_figures(orientation: str):
    run = make_run(orientation, points=50)
    run.findings = []
    data = data_of(run)
    for panel in PANELS:
        if panel.applies(data):
            figure = style.new_figure()
            panel.draw(figure, data, panel.title)
            figure.canvas.draw()


def test_a_run_without_curves_has_none(tmp_path: Path):
    assert write_report(Run("in_plane"), tmp_path) == []


@pytest.mark.parametrize(
    "quantity", ["T_cross", "inverse_slope_lnR0_U0", "ln_prefactor", "activation_energy", "Tc_onset"]
)
def test_any_finding_may_be_missing(quantity: str):
    run = make_run("out_of_plane", points=100)
    run.findings = [finding for finding in run.findings if finding.quantity != quantity]
    for draw in (arrhenius.straight, energy.prefactor, energy.power_laws):
        figure = style.new_figure()
        draw(figure, data_of(run), "title")
        figure.canvas.draw()


def test_equal_data_give_equal_files(tmp_path: Path):
    run = make_run("out_of_plane", points=50)
    run.curves = run.curves[-1:]
    first, second = write_report(run, tmp_path / "a"), write_report(run, tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_rejected_crossing_is_said_in_words():
    figure = style.new_figure()
    arrhenius.straight(figure, data_of(make_run("in_plane", points=200)), "title")
    assert "MODEL REJECTED: the fitted lines do not meet in one point" in texts(figure)


def test_a_rejected_model_without_numbers_still_shows_its_lines():
    run = make_run("in_plane", points=1000)
    with_numbers = arrhenius._lines(data_of(run))
    run.findings = [
        replace(f, value=None, error=None) if f.method == "Arrhenius" and f.quantity == "activation_energy" else f
        for f in run.findings
    ]
    guides = arrhenius._lines(data_of(run))
    assert set(guides) == set(with_numbers)
    assert all(line.rejected for line in guides.values())
    # at 4 T the window spans R/R_n from 3e-4 to 3e-2 in a law that bends: the apparent slope is known to some 10 %
    assert guides[4.0].energy_K == pytest.approx(with_numbers[4.0].energy_K, rel=0.2)


def test_truth_is_labelled_only_where_the_run_was_simulated():
    run = make_run("in_plane", points=200)
    for simulated in (True, False):
        figure = style.new_figure()
        energy.parabola(figure, data_of(run, simulated), "title")
        assert ("truth" in texts(figure)) is simulated


def test_a_dollar_sign_in_a_reason_is_no_formula():
    run = make_run("in_plane", points=100)
    run.findings = [replace(f, reason="costs $ 5 and $_^") if f.quantity == "T_cross" else f for f in run.findings]
    figure = style.new_figure()
    arrhenius.straight(figure, data_of(run), "title")
    figure.canvas.draw()


def test_the_line_is_the_one_of_its_findings():
    line = arrhenius.Line(1000.0, 20.0, 190.0, (0.18, 0.20))
    x = np.array([0.17, 0.19, 0.20])
    np.testing.assert_allclose(line.at(x), [20.0, 0.0, -10.0], atol=1e-12)
    # the slope's error about the middle of the window, 0.19: 20 K times 0.02, 0 and 0.01 per K
    np.testing.assert_allclose(line.error_at(x), [0.4, 0.0, 0.2], atol=1e-12)


def test_an_anchored_line_has_its_findings_slope_and_the_points_height():
    # points on y = 3 x + 1 with error 0.2 each; three of them give the height an error of 0.2/sqrt(3)
    points = lines.Points(np.array([0.0, 1.0, 2.0]), np.array([1.0, 4.0, 7.0]), np.full(3, 0.2))
    y, error = lines.anchored(lambda x, slope: slope * x, [3.0], [0.5], np.array([1.0, 3.0]), points)
    np.testing.assert_allclose(y, [4.0, 10.0])
    np.testing.assert_allclose(error, [0.2 / np.sqrt(3), np.hypot(0.2 / np.sqrt(3), 0.5 * 2.0)])


def test_noise_is_that_of_the_points_not_of_the_transition():
    curve = make_run("out_of_plane", points=3000).curves[3].as_curve()
    assert noise_ohm(curve) == pytest.approx(1e-6, rel=0.15)  # what the builder adds; 3000 points


def test_colours_follow_the_order_of_the_fields():
    colours = list(style.field_colours([0.0, 0.1, 12.0]).values())
    brightness = [0.299 * r + 0.587 * g + 0.114 * b for r, g, b, _ in colours]
    assert brightness == sorted(brightness)
    assert len(set(colours)) == 3


def test_a_finding_with_a_number_is_preferred():
    run = make_run("in_plane", points=50)
    found = data_of(run).find("activation_energy")
    assert isinstance(found, Finding)
    assert found.method == "modified TAFF"

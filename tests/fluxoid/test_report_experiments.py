"""Figures of isotherms, gates, maps and recorded spectra: which a run gets, what they say, what they rest on."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure, FigureBase

from analysis.findings import Finding, Verdict
from fluxoid.cli import _leakage_limit
from fluxoid.report import boundary, critical_field, field_sweep, gate, gate_lines, gate_map, peaks, residual, style
from fluxoid.report.data import ReportData
from fluxoid.report.panels import PANELS
from fluxoid.report.write import write_report
from tests.acceptance.campaigns import HOME
from tests.fluxoid.report_data import RecordedCurve, Run
from tests.fluxoid.report_runs import (
    NORMAL_OHM,
    TC_K,
    ZERO_T,
    curve,
    isotherm_run,
    law_findings,
    map_run,
    spectra_run,
    transport_run,
)

Draw = Callable[[FigureBase, ReportData, str], None]
ISOTHERMS = {
    "residual_resistance_ratio",
    "resistance_against_field",
    "upper_critical_field",
    "upper_critical_field_over_pauli_field",
    "zero_temperature_field",
}
MAPS = {
    "map_of_gate_and_field",
    "resistance_at_one_gate",
    "peak_field_against_gate",
    "peak_height_against_gate",
    "lowest_tc_in_field",
    "gate_leakage",
}
TRANSPORT = {
    "resistance_at_gates",
    "fig1c_hall",
    "tc_and_density_against_gate",
    "pauli_field_against_gate",
    "gate_up_and_down",
    "gate_leakage",
}
RUNS = {"isotherms": isotherm_run, "map": map_run, "transport": transport_run, "spectra": spectra_run}


def data_of(run: Run, limit: float | None = None) -> ReportData:
    curves = tuple(recorded.as_curve() for recorded in run.curves)
    return ReportData(run.orientation, curves, tuple(run.findings), leakage_limit_A=limit)


def drawn(draw: Draw, data: ReportData) -> Figure:
    figure = style.new_figure()
    draw(figure, data, "title")
    return figure


def texts(figure: Figure) -> str:
    found = []
    for axes in figure.axes:
        legend = axes.get_legend()
        found += [*axes.texts, axes.title, *([legend.get_title(), *legend.get_texts()] if legend else [])]
    return " ".join(text.get_text() for text in found).replace("\n", " ")


def without(run: Run, *quantities: str) -> Run:
    run.findings = [finding for finding in run.findings if finding.quantity not in quantities]
    return run


@pytest.mark.parametrize(
    ("run", "stems"), [("isotherms", ISOTHERMS), ("map", MAPS), ("transport", TRANSPORT)], ids=str
)
def test_each_experiment_gets_its_figures(run: str, stems: set[str]):
    data = data_of(RUNS[run]())
    assert {panel.stem for panel in PANELS if panel.applies(data)} == stems


def test_the_figures_are_written(tmp_path: Path):
    run = transport_run()
    run.curves = run.curves[-2:]  # the sweeps of the gate
    paths = write_report(run, tmp_path, leakage_limit_A=2e-8)
    assert {path.stem for path in paths} == {"gate_up_and_down", "gate_leakage", "overview"}


def test_recorded_spectra_are_drawn(tmp_path: Path):
    run = spectra_run()
    broken = run.curves[0].curve
    run.curves.append(RecordedCurve(replace(broken, columns={})))  # no bias: no spectrum, and no reason to fail
    stems = {path.stem for path in write_report(run, tmp_path)}
    assert stems == {"spectra_against_temperature", "gap_against_temperature", "overview"}


@pytest.mark.parametrize("run", list(RUNS))
def test_without_findings_there_are_words_and_no_failure(run: str):
    made = RUNS[run]()
    made.findings = []
    data = data_of(made)
    panels = [panel for panel in PANELS if panel.applies(data)]
    assert panels or run == "spectra"  # the runs of this file hold spectra as curves only
    for panel in panels:
        drawn(panel.draw, data).canvas.draw()


@pytest.mark.parametrize("run", ["isotherms", "map", "transport"])
def test_no_legend_is_longer_than_a_page(run: str):
    made = {"map": lambda: map_run(gates=120), "transport": lambda: transport_run(gates=60)}.get(run, RUNS[run])()
    data = data_of(made)
    for panel in PANELS:
        if panel.applies(data):
            for axes in drawn(panel.draw, data).axes:
                legend = axes.get_legend()
                assert legend is None or len(legend.get_texts()) <= 8, panel.stem


# -- isotherms and the upper critical field ------------------------------------------------------------------


def test_tc_of_a_law_is_where_its_field_and_slope_agree():
    found = boundary.boundary_of(data_of(isotherm_run()), "90 %")
    assert found is not None
    assert found.law == "WHH, orbital"
    assert found.tc_K == pytest.approx(TC_K, rel=1e-5)  # Bc2(0) = 0.692673 Tc slope, to six digits
    np.testing.assert_allclose(found.at(np.array([0.0, TC_K])), [ZERO_T, 0.0], atol=1e-3)


def test_a_straight_boundary_ends_where_its_points_say():
    # B = 10 T (1 - T/10 K) passes 7.5 T at 2.5 K and 5 T at 5 K
    points = [
        Finding("Hc2", b, 0.1, "T", Verdict.GOOD, conditions={"criterion": "mid", "temperature_K": t})
        for t, b in ((2.5, 7.5), (5.0, 5.0))
    ]
    run = Run("out_of_plane", [], [*points, *law_findings("mid", "Ginzburg-Landau", 10.0)])
    found = boundary.boundary_of(data_of(run), "mid")
    assert found is not None
    assert found.tc_K == pytest.approx(10.0)
    np.testing.assert_allclose(found.at(np.array([0.0, 2.0])), [10.0, 8.0])


@pytest.mark.parametrize(("zero_T", "alpha"), [(ZERO_T, 0.0), (ZERO_T / np.sqrt(2.0), 1.0)])
def test_spin_parameters_that_are_not_told_are_the_least_that_agree(zero_T: float, alpha: float):
    # Bc2(0) = 0.692673 Tc |dBc2/dT|/sqrt(1 + alpha^2): half of the square asks for alpha = 1
    run = without(isotherm_run(), "Bc2_0", "whh_slope")
    run.findings += law_findings("90 %", "WHH", zero_T, 4.0)  # no Maki parameter, no spin-orbit scattering
    found = boundary.boundary_of(data_of(run), "90 %")
    assert found is not None
    assert found.assumed
    assert found.spins == (pytest.approx(alpha, abs=1e-4), 0.0)
    assert found.tc_K == pytest.approx(TC_K, rel=1e-4)
    assert "drawn without spin-orbit" in texts(drawn(critical_field.over_pauli_field, data_of(run)))


def test_the_other_laws_need_all_their_parameters():
    run = without(isotherm_run(), "Bc2_0", "whh_slope")
    run.findings += law_findings("90 %", "WHH, Maki parameter from the slope", ZERO_T, 4.0)
    assert boundary.boundary_of(data_of(run), "90 %") is None


def test_points_beyond_the_magnet_are_called_extrapolated():
    run = isotherm_run()
    assert "EXTRAPOLATED beyond" not in texts(drawn(critical_field.against_temperature, data_of(run)))
    at = {"temperature_K": 2.0, "orientation": "out_of_plane", "criterion": "90 %"}
    why = "EXTRAPOLATED by WHH"
    run.findings.append(
        Finding("Hc2_extrapolated", 24.5, 0.4, "T", Verdict.PROVISIONAL, why, "WHH", at, ("rb_2K",))
    )
    text = texts(drawn(critical_field.against_temperature, data_of(run)))
    assert "EXTRAPOLATED beyond" in text
    assert "zero resistance to the end" in text  # of 4 K, which has no point


def test_isotherms_that_end_too_early_say_a_bound():
    axes = drawn(critical_field.against_temperature, data_of(isotherm_run())).axes[0]
    (bound,) = [each for each in axes.containers if each.get_label() == "zero resistance to the end"]
    line = bound.lines[0]
    np.testing.assert_allclose(line.get_xdata(), [2.0, 4.0])
    np.testing.assert_allclose(line.get_ydata(), [16.0, 16.0])


def test_the_line_at_one_is_the_pauli_field():
    axes = drawn(critical_field.over_pauli_field, data_of(isotherm_run())).axes[0]
    curve_of = next(line for line in axes.lines if line.get_label() == "WHH, orbital fit, extrapolated")
    assert curve_of.get_ydata()[0] == pytest.approx(ZERO_T / 20.4, rel=1e-4)
    assert any(np.allclose(line.get_ydata(), 1.0) for line in axes.lines)


def test_a_rejected_law_is_said_in_words():
    run = without(isotherm_run(), "Bc2_0", "whh_slope")
    at = {"orientation": "out_of_plane", "criterion": "90 %"}
    run.findings.append(Finding("Bc2_0", None, None, "T", Verdict.MODEL_REJECTED, "chi2 999", "WHH", at))
    for draw in (
        critical_field.against_temperature,
        critical_field.over_pauli_field,
        critical_field.at_zero_temperature,
    ):
        assert "WHH: MODEL REJECTED: chi2 999" in texts(drawn(draw, data_of(run)))


def test_one_mark_for_a_temperature_though_swept_up_and_back():
    axes = drawn(field_sweep.resistance, data_of(isotherm_run())).axes[0]
    marks = [each for each in axes.containers if "90" in str(each.get_label()) or each.get_label() == "_"]
    fields = sorted(float(each.lines[0].get_xdata()[0]) for each in marks)
    # 7 to 10 K have a field within 15.5 T: 25 (1 - (T/11)^2) + 0.44
    expected = sorted(25 * (1 - (t / 11) ** 2) + 0.44 for t in (7, 8, 9, 10))
    np.testing.assert_allclose(fields, expected)


def test_the_extrapolated_normal_state_is_that_of_the_curve_which_lent_it():
    low = curve("low", "R(B)", {}, (2.0, np.linspace(0, 16, 33), 0.0)).curve
    high = curve("high", "R(B)", {}, (9.0, np.linspace(0, 16, 33), 60.0 + 0.1 * np.linspace(0, 16, 33))).curve
    line = field_sweep._line([low, high], (14.0, 16.0), 61.4)
    assert line is not None
    np.testing.assert_allclose(np.polyval(line, [0.0, 10.0]), [60.0, 61.0])


def test_residual_ratio_and_its_absence():
    assert "RRR = R(300 K)/R(20 K) = 2.000(10)" in texts(drawn(residual.resistance, data_of(isotherm_run())))
    text = texts(drawn(residual.resistance, data_of(without(isotherm_run(), "RRR"))))
    assert "No residual resistance ratio" in text


def test_the_transition_is_enlarged_where_it_is_a_step():
    figure = drawn(residual.resistance, data_of(isotherm_run()))
    (inset,) = figure.axes[0].child_axes
    low, high = inset.get_xlim()
    assert low < TC_K < high
    assert high - low == pytest.approx(2 * residual.AROUND * 0.4)
    bottom, top = inset.get_ylim()
    assert bottom < 0 < NORMAL_OHM < top


def test_one_gate_voltage_is_drawn_where_there_are_several():
    run = isotherm_run()
    run.curves += [curve("other", "R(B)", {"gate_V": g}, (2.0, [0.0, 1.0], [0.0, 1.0])) for g in (5.0, 7.0, 7.0)]
    run.findings.append(Finding("pauli_field", 1.0, 0.1, "T", Verdict.GOOD, conditions={"gate_V": 5.0}))
    kept = boundary.at_one_gate(data_of(run))
    assert {c.info.conditions.get("gate_V") for c in kept.curves} == {None, 7.0}
    assert all(f.conditions.get("gate_V") in (None, 7.0) for f in kept.findings)


# -- gates and maps ------------------------------------------------------------------------------------------


def sweep(name: str, field: float, gate_V: list[float], ohm: list[float]) -> RecordedCurve:
    at = {"temperature_K": 0.3, "field_T": field}
    return curve(name, "R(Vg)", at, (0.3, field, ohm), gate_V=gate_V)


def test_a_map_is_on_the_commanded_gates_and_fields():
    run = Run("")
    run.curves = [sweep(str(b), b, [0.001, 9.999, 20.0], [b, b + 1, b + 2]) for b in (0.0, 1.0, 2.0, 3.0)]
    run.curves.append(sweep("down", 5.0, [20.001, 10.001, -0.001], [7.0, 6.0, 5.0]))
    (one,) = gate_map.maps_of(data_of(run))
    np.testing.assert_allclose(one.gate_V, [0.0, 10.0, 20.0], atol=2e-3)
    np.testing.assert_allclose(one.field_T, [0.0, 1.0, 2.0, 3.0, 5.0])
    expected = np.add.outer([0.0, 1.0, 2.0], [0.0, 1.0, 2.0, 3.0, 5.0])
    np.testing.assert_allclose(one.resistance_ohm, expected, atol=2e-4)
    np.testing.assert_allclose(one.at_gate(15.0), expected[1:].mean(axis=0), atol=1e-3)


def test_a_sweep_that_was_cut_short_leaves_a_hole():
    run = Run("")
    run.curves = [sweep(str(b), b, [0.0, 10.0, 20.0], [1.0, 1.0, 1.0]) for b in (0.0, 1.0, 2.0, 3.0)]
    run.curves.append(sweep("cut", 4.0, [0.0, 10.0], [1.0, 1.0]))
    (one,) = gate_map.maps_of(data_of(run))
    assert np.isnan(one.resistance_ohm[2, 4])
    assert np.isfinite(one.resistance_ohm).sum() == 14
    figure = drawn(gate_map.draw, data_of(run))
    figure.canvas.draw()


def test_too_few_fields_are_no_map():
    run = Run("")
    run.curves = [sweep(str(b), b, [0.0, 10.0], [1.0, 2.0]) for b in (0.0, 1.0, 2.0, 3.0)]
    assert gate_map.maps_of(data_of(run)) == []


def test_colours_begin_above_the_noise_and_are_not_set_by_a_spike():
    values = np.geomspace(1e-4, 1e3, 2000).reshape(40, 50)
    values[0, 0] = 1e9
    one = gate_map.Map(0.3, np.arange(40.0), np.arange(50.0), values, 0.01)
    norm, floor = gate_map.scale_of([one])
    assert isinstance(norm, LogNorm)
    assert floor
    assert norm.vmin == pytest.approx(0.03)
    assert 800 < norm.vmax <= 1000


def test_colours_are_linear_where_nothing_spans_decades():
    one = gate_map.Map(0.3, np.arange(4.0), np.arange(5.0), np.linspace(90.0, 110.0, 20).reshape(4, 5), 0.1)
    norm, _ = gate_map.scale_of([one])
    assert not isinstance(norm, LogNorm)


def test_every_peak_stands_at_its_gate_and_field():
    figure = drawn(gate_map.draw, data_of(map_run()))
    cold, warm = figure.axes[:2]
    (points,) = warm.containers
    np.testing.assert_allclose(points.lines[0].get_ydata(), [-150.0, -100.0, -50.0, 0.0, 50.0, 100.0])
    np.testing.assert_allclose(points.lines[0].get_xdata(), 0.9)
    assert cold.containers == []
    assert "NOT ENOUGH DATA: no peak of R(B)" in cold.texts[0].get_text().replace("\n", " ")


def test_where_resistance_appears_is_half_way_in_its_logarithm():
    b = np.array([0.0, 1.0])
    lines = [(0.1, b, np.array([1.0, 1.0])), (0.3, b, np.array([100.0, 5.0]))]
    # at 0 T ln R goes from ln 1 to ln 100 and passes ln 10 half way; at 1 T it stays below 10
    assert gate_lines.boundary(lines, 10.0, 1e-3) == [(0.0, 0.1, 0.3, pytest.approx(0.2))]


def test_lines_at_a_gate_come_from_maps_and_from_field_sweeps():
    data = data_of(map_run())
    assert gate_lines.gates_shown(data) == [50.0]
    assert [t for t, *_ in gate_lines.lines_at(data, 50.0)] == [0.09, 0.25, 0.33]
    assert [t for t, *_ in gate_lines.lines_at(data, 45.0)] == [0.09, 0.33]


def test_the_field_of_least_tc_is_told():
    assert "least Tc(B) at 0.9000(40) T" in texts(drawn(gate_lines.lowest_tc, data_of(map_run())))
    text = texts(drawn(gate_lines.lowest_tc, data_of(without(map_run(), "tc_minimum_field"))))
    assert "No field of least Tc(B)" in text


def test_heights_and_places_of_the_peak():
    data = data_of(map_run())
    assert "least at 0.33 K: −50.0(9.0) V" in texts(drawn(peaks.height, data)).replace("-", "−")
    assert "Peak at 0.9000(40) T" in texts(drawn(peaks.place, data))
    none = data_of(
        without(map_run(), "resistance_peak_field", "resistance_peak_height", "peak_height_minimum_gate")
    )
    assert "No peak was looked for." in texts(drawn(peaks.height, none))


def test_transitions_at_gates_are_over_their_warm_end():
    axes = drawn(gate.transitions, data_of(transport_run())).axes[0]
    curves = [line for line in axes.lines if len(line.get_xdata()) == 200]
    assert len(curves) == 9
    assert all(line.get_ydata()[0] == pytest.approx(1.0, abs=1e-3) for line in curves)


def test_carriers_and_tc_share_a_figure_or_say_what_is_missing():
    figure = drawn(gate.tc_and_density, data_of(transport_run()))
    left, right = figure.axes
    assert left.containers[0].lines[0].get_ydata()[0] == pytest.approx(0.48)  # 0.4 + 4e-4 * 200
    assert right.containers[0].lines[0].get_ydata()[0] == pytest.approx(5.1)  # 6e17 - 4.5e14 * 200, over 1e17
    text = texts(drawn(gate.tc_and_density, data_of(without(transport_run(), "sheet_density"))))
    assert "not measured" in text


def test_the_pauli_field_spans_what_tc_does():
    text = texts(drawn(gate.pauli_field, data_of(transport_run())))
    assert "0.609 to 0.891 T" in text  # 1.857 T/K times 0.328 K and 0.48 K


def test_a_sweep_up_finds_its_way_down():
    data = data_of(transport_run())
    assert [(up.info.name, down.info.name) for up, down in gate.pairs(data)] == [("rg_up", "rg_down")]
    assert gate.pairs(data_of(map_run())) == []  # one direction at each field
    assert "none within its error" in texts(drawn(gate.hysteresis, data))


def test_leakage_is_drawn_with_its_limit():
    run = map_run()
    text = texts(drawn(gate.leakage, data_of(run, 2e-8)))
    assert "limit of the station, 20 nA" in text
    assert "largest 50 pA" in text
    assert "limit" not in texts(drawn(gate.leakage, data_of(run)))


def test_the_limit_is_that_of_the_runs_station(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    station = tmp_path / "station.yaml"
    assert _leakage_limit(tmp_path) is None
    text = (HOME / "configs/stations/dilution_9t.yaml").read_text(encoding="utf-8")
    station.write_text(text, encoding="utf-8")
    assert _leakage_limit(tmp_path) == pytest.approx(2e-8)  # "leakage: 20 nA" in the file
    station.write_text(text.replace("leakage: 20 nA", "leakage: 20 parsec"), encoding="utf-8")
    assert _leakage_limit(tmp_path) is None
    assert "leakage is not drawn" in capsys.readouterr().err

"""dI/dV of others by the command line: files and plateaus, tunnelling and contacts, rejections told."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.findings import Finding, Verdict
from analysis.models import bcs, btk
from fluxoid.cli import main
from fluxoid.foreign.curves import Asked
from fluxoid.foreign.run import analyze_files
from fluxoid.report import gap as gap_figure
from fluxoid.report import spectra as figure

MEASURED = Path(__file__).parents[1] / "data" / "percolative_supercurrent" / "nis_sample1_15_eight_fields.dat"
BIAS = np.linspace(-6.0, 6.0, 161)
ZERO, TC, CRITICAL_T = 1.9, 11.0, 9.0


def run(*words):
    return CliRunner().invoke(main, ["analyze", *(str(word) for word in words)], catch_exceptions=False)


def found(*words):
    result = run("--json", *words)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def named(findings, quantity, **conditions):
    return [
        f
        for f in findings
        if f["quantity"] == quantity and all(f["conditions"].get(k) == v for k, v in conditions.items())
    ]


def spectrum(gap, temperature=2.0, barrier=0.6, seed=1, **options):
    law = btk.conductance(BIAS, gap, 0.12, barrier, temperature, offset_mV=0.05, **options)
    return 0.02 * (1 + 0.003 * BIAS) * (law + np.random.default_rng(seed).normal(0, 0.004, BIAS.size))


def plateaus(path, steps, noise_K=2e-3, noise_T=1e-4):
    """One file with columns of temperature and field that jump from spectrum to spectrum."""
    rng = np.random.default_rng(4)
    lines = ["T (K),B (T),V (mV),dI/dV (S)"]
    for index, (kelvin, tesla, gap, barrier) in enumerate(steps):
        for bias, value in zip(BIAS, spectrum(gap, kelvin, barrier, index), strict=True):
            t, b = kelvin + rng.normal(0, noise_K), tesla + rng.normal(0, noise_T)
            lines.append(f"{t:.5f},{b:.6f},{bias:.6g},{value:.8g}")
    path.write_text("\n".join(lines) + "\n")
    return path


def temperature_steps():
    return [(t, 0.0, float(bcs.gap(t, ZERO, TC)), 0.6) for t in (2.0, 2.5, 4.0, 5.0, 6.0, 7.0, 8.0, 8.3)]


def field_files(folder):
    paths = []
    for index, field in enumerate((0, 1, 2, 3.5, 5, 6)):
        gap = ZERO * float(bcs.gap_in_field_parabolic(field, CRITICAL_T))
        paths.append(folder / f"dIdV_{field}T_1p6K.dat")
        table = np.c_[1e-3 * BIAS, spectrum(gap, 1.6, np.inf, index)]
        np.savetxt(paths[-1], table, header="bias (V)\tconductance (S)", delimiter="\t")
    return paths


def test_a_contact_against_temperature_from_one_file(tmp_path):
    findings = found(plateaus(tmp_path / "contact.csv", temperature_steps()))
    gaps = named(findings, "gap")
    assert [f["conditions"]["temperature_K"] for f in gaps] == pytest.approx(
        [t for t, *_ in temperature_steps()], rel=1e-3
    )
    for finding, (_, _, truth, _) in zip(gaps, temperature_steps(), strict=True):
        assert finding["value"] == pytest.approx(truth, abs=4 * finding["error"])
        assert finding["conditions"]["field_T"] == pytest.approx(0, abs=1e-4)
    # 2 Delta/kTc = 2 * 1.9/(0.0861733 * 11) = 4.0088
    for quantity, truth in (("gap_zero", ZERO), ("Tc_gap", TC), ("gap_ratio_2Delta_kTc", 4.0088)):
        (finding,) = named(findings, quantity)
        assert finding["value"] == pytest.approx(truth, abs=4 * finding["error"])
        assert finding["error"] < 0.05 * truth
    assert not named(findings, "gap_critical_field")


def test_a_tunnel_junction_against_field_from_several_files(tmp_path):
    findings = found(*field_files(tmp_path), "--orientation", "in_plane")
    laws = {f["method"]: f for f in named(findings, "gap_critical_field", orientation="in_plane")}
    assert laws["parabolic"]["value"] == pytest.approx(CRITICAL_T, abs=4 * laws["parabolic"]["error"])
    assert laws["vortex average"]["verdict"] == "model rejected"
    for finding in named(findings, "barrier"):
        assert finding["value"] is None
        assert "infinite" in finding["reason"]
    assert not named(findings, "gap_zero")


def test_both_series_in_one_file(tmp_path):
    steps = temperature_steps()[:5]
    fields = [(2.0, b, ZERO * (1 - (b / CRITICAL_T) ** 2), 0.6) for b in (0.1, 2.0, 4.0, 6.0)]
    findings = found(plateaus(tmp_path / "both.csv", [*steps[:1], *fields, *steps[1:]]))
    assert len(named(findings, "gap")) == 9
    assert len(named(findings, "gap_zero")) == 1
    (law,) = [f for f in named(findings, "gap_critical_field") if f["method"] == "parabolic"]
    assert law["value"] == pytest.approx(CRITICAL_T, abs=4 * law["error"])


def test_one_wrong_reading_does_not_cut_a_spectrum(tmp_path):
    path = plateaus(tmp_path / "c.csv", temperature_steps()[:2])
    lines = path.read_text().splitlines()
    lines[40] = "25.0," + lines[40].partition(",")[2]
    path.write_text("\n".join(lines))
    result = run("--json", path)
    assert len(named(json.loads(result.stdout), "gap")) == 2
    assert "1 row(s) between plateaus" in result.stderr


def test_the_modulation_is_taken_into_account(tmp_path):
    path = tmp_path / "dIdV_2K.dat"
    values = spectrum(ZERO, 2.0, 0.6, modulation_rms_mV=0.4)
    np.savetxt(path, np.c_[BIAS, values], header="bias (mV)\tconductance (S)", delimiter="\t")
    (with_it,) = named(found(path, "--modulation", 4e-4), "broadening")
    (without,) = named(found(path), "broadening")
    assert with_it["value"] == pytest.approx(0.12, abs=4 * with_it["error"])
    assert without["value"] is None or without["value"] > 0.12 + 10 * without["error"]


def test_a_drifting_temperature_is_told(tmp_path):
    path = tmp_path / "drift.csv"
    table = np.c_[np.linspace(2.0, 2.3, BIAS.size), BIAS, spectrum(ZERO, 2.15)]
    np.savetxt(path, table, header="T (K),bias (mV),conductance (S)", delimiter=",")
    result = run(path)
    assert result.exit_code == 0
    assert "runs from 2.0" in result.stderr


def test_spectra_need_a_temperature(tmp_path):
    path = tmp_path / "x.csv"
    np.savetxt(path, np.c_[BIAS, spectrum(ZERO)], header="bias (mV),conductance (S)", delimiter=",")
    result = run(path)
    assert result.exit_code == 2
    assert "--temperature KELVIN" in result.output


ALL_FIELDS = (-0.2, -0.06, -0.018, -0.016, -0.014, -0.008, 0.0, 0.03)


@pytest.mark.parametrize(
    ("fields", "every"), [((-0.014, 0.03), 3), pytest.param(ALL_FIELDS, 1, marks=pytest.mark.slow)]
)
def test_a_measured_junction_without_a_single_gap(tmp_path, fields, every):
    """Spin-split: every superconducting spectrum is rejected in words, nothing crashes."""
    heading, *rows = MEASURED.read_text().splitlines()
    chosen = [row for row in rows if any(abs(float(row.split()[0]) - field) < 1e-9 for field in fields)][::every]
    path = tmp_path / "junction.dat"
    path.write_text("\n".join([heading, *chosen]))
    result = run(path, "--temperature", 0.04, "--out", tmp_path / "out")
    assert result.exit_code == 0
    findings = json.loads((tmp_path / "out" / "findings.json").read_text())
    gaps = named(findings, "gap")
    assert sorted(f["conditions"]["field_T"] for f in gaps) == pytest.approx(fields)
    assert all(f["value"] is None and f["reason"] for f in gaps)
    assert {f["conditions"]["field_T"] for f in gaps if f["verdict"] != "model rejected"} <= {-0.2}  # normal there
    assert all(f["verdict"] == "not enough data" for f in named(findings, "gap_critical_field"))
    words = " ".join(result.stdout.split())
    # alone, or in a list of those that are rejected for the same
    assert re.search(r"at 0\.04 K, [-0-9., ]*-0\.014[-0-9., ]* T: the residual has a structure", words)
    names = {"spectra_against_field.png", "gap_against_field.png", "overview.png"}
    assert {p.name for p in (tmp_path / "out").glob("*.png")} == names


# -- mistakes ------------------------------------------------------------------------------------------------


def one(folder, name="dIdV_2K.dat", heading="bias (mV)\tconductance (S)"):
    np.savetxt(folder / name, np.c_[BIAS, spectrum(ZERO)], header=heading, delimiter="\t")
    return folder / name


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--modulation", 5), ("V rms", "0.006 V", "--modulation 0.005")),
        (("--column", "bias=1:K"), ("'K' is no unit of bias", "V, mV, uV")),
        (("--kind", "R(T)"), ("needs a column of temperature",)),
    ],
)
def test_one_clear_message(tmp_path, options, words):
    result = run(one(tmp_path), *options)
    assert result.exit_code == 2
    for word in words:
        assert word in result.output


def test_a_file_given_twice(tmp_path):
    result = run(one(tmp_path), one(tmp_path))
    assert result.exit_code == 2
    assert "given twice" in result.output


def test_folders_and_recorded_runs_are_told_where_to_go(tmp_path):
    assert "give its files" in run(tmp_path).output
    (tmp_path / "journal.jsonl").touch()
    assert "fluxoid findings" in run(tmp_path).output
    (tmp_path / "run.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    assert "fluxoid findings" in run(tmp_path / "run.h5").output


def test_a_bias_in_the_wrong_unit_is_refused(tmp_path):
    path = one(tmp_path, heading="bias (V)\tconductance (S)")
    result = run(path)
    assert result.exit_code == 2
    assert "bias=NUMBER:mV" in result.output
    assert found(path, "--column", "bias=1:mV")


def test_a_temperature_of_zero_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    np.savetxt(path, np.c_[0 * BIAS, BIAS, spectrum(ZERO)], header="T (K),bias (mV),conductance (S)", delimiter=",")
    result = run(path)
    assert result.exit_code == 2
    assert "must be above zero" in result.output


def test_patterns_that_the_shell_left_alone(tmp_path):
    field_files(tmp_path)
    assert len(named(found(tmp_path / "dIdV_*T_1p6K.dat"), "gap")) == 6
    assert "cannot be read" in run(tmp_path / "none_*.dat").output


# -- figures -------------------------------------------------------------------------------------------------


def test_the_drawn_law_is_that_of_the_findings(tmp_path):
    result = analyze_files([one(tmp_path)], Asked())
    (measured,) = result.spectra
    own = {f.quantity: f for f in result.findings}
    law = figure.fitted_law(measured, own, measured.bias_mV)
    assert law is not None
    truth = btk.conductance(BIAS, ZERO, 0.12, 0.6, 2.0, offset_mV=0.05)
    assert np.max(np.abs(law - truth)) < 0.004  # the noise of a single point
    level = figure.background(measured.bias_mV, measured.conductance, law)
    assert level == pytest.approx(0.02 * (1 + 0.003 * BIAS), rel=2e-3)


def test_the_height_of_a_field_law_is_that_of_the_points():
    law = Finding("gap_critical_field", 2.0, 0.1, "T", Verdict.GOOD, method="parabolic")
    field = np.array([0.0, 1.0])  # shapes 1 and 3/4
    height = gap_figure.field_height(law, field, np.array([1.0, 0.75]), np.array([0.1, 0.3]))
    assert height == pytest.approx(1.0)

"""dI/dV of others by the command line: files and plateaus, tunnelling and contacts, rejections told and no crash."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.models import bcs, btk
from fluxoid.cli import main
from fluxoid.report import style

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


def test_a_measured_junction_without_a_single_gap(tmp_path, monkeypatch):
    """Spin-split: every superconducting spectrum is rejected in words, nothing crashes."""
    monkeypatch.setattr(style, "DPI", 30)
    result = run(MEASURED, "--temperature", 0.04, "--out", tmp_path)
    assert result.exit_code == 0
    findings = json.loads((tmp_path / "findings.json").read_text())
    gaps = named(findings, "gap")
    assert len(gaps) == 8
    assert all(f["value"] is None and f["reason"] for f in gaps)
    assert sum(f["verdict"] == "model rejected" for f in gaps) >= 7
    assert all(f["verdict"] == "not enough data" for f in named(findings, "gap_critical_field"))
    words = " ".join(result.stdout.split())
    for field in ("-0.06 T", "-0.014 T", "0.03 T"):
        assert f"at 0.04 K, {field}: the residual has a structure" in words
    assert {p.name for p in tmp_path.glob("*.png")} == {
        "spectra_against_field.png",
        "gap_against_field.png",
        "overview.png",
    }

"""The router: kinds and gates go to their studies, live and at once give the same, and what they say together."""

import numpy as np
import pytest
from scipy.constants import physical_constants
from scipy.special import ndtr

from analysis.curves import Curve, CurveInfo
from analysis.errors import AnalysisError
from analysis.findings import Finding, Verdict
from analysis.models.bcs import gap
from analysis.models.btk import conductance
from analysis.studies import Studies, _published, analyze_all
from analysis.studies_across import across_findings
from tests.analysis.gate_synthetic import campaign


def ramp(gate, tc, seed=1):
    t = np.linspace(1.0, 0.1, 300)
    r = 1000 * ndtr((t - tc) / 0.02) + np.random.default_rng(seed).normal(0, 0.5, t.size)
    info = CurveInfo(f"R(T) at {gate} V", "R(T)", {"field_T": 0.0, "gate_V": gate})
    return Curve(info, t, np.zeros(t.size), r)


def hall(gate, per_ohm_T, seed=2):
    b = np.linspace(-2, 2, 100)
    r = per_ohm_T * b + np.random.default_rng(seed).normal(0, 0.01, b.size)
    conditions = {"temperature_K": 0.9, "orientation": "out_of_plane", "signal": "hall", "gate_V": gate}
    return Curve(CurveInfo(f"hall at {gate} V", "R(B)", conditions), np.full(b.size, 0.9), b, r)


def spectrum(temperature, field=0.0, size=None, seed=3):
    delta = float(gap(temperature, 2.0, 11.25)) if size is None else size
    bias = np.linspace(-8, 8, 301)
    g = 0.02 * conductance(bias, delta, 0.15, 2.0, temperature)
    g = g * (1 + np.random.default_rng(seed).normal(0, 0.005, bias.size))
    info = CurveInfo(
        f"dI/dV at {temperature} K, {field} T", "dI/dV", {"temperature_K": temperature, "field_T": field}
    )
    columns = {"bias_V": 1e-3 * bias, "current_A": 1e-3 * bias * g, "modulation_V": np.full(bias.size, 20e-6)}
    return Curve(info, np.full(bias.size, temperature), np.full(bias.size, field), 1 / g, True, columns)


def feed(curves, expected=None):
    studies = Studies(expected)
    for curve in curves:
        studies.start(curve.info)
        columns = {
            "temperature_K": curve.temperature_K, "field_T": curve.field_T, "resistance_ohm": curve.resistance_ohm
        }  # fmt: skip
        columns |= curve.columns
        for row in zip(*columns.values(), strict=True):
            studies.add(dict(zip(columns, map(float, row), strict=True)))
        studies.finish()
    return studies


def named(findings, quantity):
    return [f for f in findings if f.quantity == quantity]


def test_tc_against_gate():
    # Tc = 0.4 K - 0.5 mK/V Vg
    curves = [ramp(v, 0.4 - 5e-4 * v, seed) for seed, v in enumerate((-100.0, 0.0, 100.0))]
    found = analyze_all(curves)
    tcs = {f.conditions["gate_V"]: f for f in named(found, "Tc_mid")}
    assert set(tcs) == {-100.0, 0.0, 100.0}
    slope = named(found, "Tc_gate_slope")[0]
    assert slope.unit == "K/V"
    assert abs(slope.value + 5e-4) < 4 * slope.error
    assert "falls with the gate voltage" in slope.reason
    pauli = {f.conditions["gate_V"]: f for f in named(found, "pauli_field")}
    # Delta/(sqrt(2) muB) with Delta = 1.7639 kTc: 1.857 T/K
    assert pauli[0.0].value == pytest.approx(1.8568 * tcs[0.0].value, rel=1e-4)
    assert "1.857 T/K" in pauli[0.0].method


def test_carriers_against_gate():
    # n = 1/(e slope): 6e17 at 0 V, 6.6e17 at 100 V
    e = physical_constants["elementary charge"][0]
    curves = [hall(v, 1 / (e * (6e17 + 6e14 * v)), 4 + k) for k, v in enumerate((-100.0, 0.0, 100.0))]
    slope = named(analyze_all(curves), "carrier_density_gate_slope")[0]
    assert slope.unit == "1/m^2/V"
    assert abs(slope.value - 6e14) < 4 * slope.error
    assert "sheet_density" in slope.method


def test_spectra_give_the_gap_against_temperature():
    curves = [spectrum(t, seed=k) for k, t in enumerate((2.5, 4.0, 6.0, 8.0, 9.5))]
    found = analyze_all(curves)
    assert len(named(found, "gap")) == 5
    zero, closes = named(found, "gap_zero")[0], named(found, "Tc_gap")[0]
    assert abs(zero.value - 2.0) < 4 * zero.error
    assert abs(closes.value - 11.25) < 4 * closes.error
    live = feed(curves, 5).snapshot()
    assert [f.as_dict() for f in live] == [f.as_dict() for f in found]
    unfinished = feed(curves[:4], 5).snapshot()
    assert all(f.verdict is not Verdict.GOOD for f in named(unfinished, "gap_zero"))


def test_spectra_in_field_accept_the_parabola_and_reject_what_is_not():
    fields = np.arange(0.0, 13.0, 2.0)
    parabola = [spectrum(2.5, b, 2.0 * (1 - (b / 14.0) ** 2), 10 + k) for k, b in enumerate(fields)]
    found = {f.method: f for f in named(analyze_all(parabola), "gap_critical_field")}
    assert found["parabolic"].value is not None
    assert abs(found["parabolic"].value - 14.0) < 4 * found["parabolic"].error
    other = [spectrum(2.5, b, 2.0 * np.sqrt(1 - b / 14.0), 20 + k) for k, b in enumerate(fields)]
    found = {f.method: f for f in named(analyze_all(other), "gap_critical_field")}
    assert found["parabolic"].verdict is Verdict.MODEL_REJECTED
    assert found["vortex average"].value is not None


def test_maps_live_and_at_once_are_the_same():
    curves = campaign(1, (0.3,), np.arange(0.0, 2.01, 0.2), points=60)
    live = feed(curves, len(curves)).snapshot()
    assert [f.as_dict() for f in live] == [f.as_dict() for f in analyze_all(curves)]


def test_every_kind_in_one_campaign():
    curves = [ramp(0.0, 0.4), *campaign(1, (0.3,), np.arange(0.0, 2.01, 0.2), points=60), spectrum(2.5)]
    found = feed(curves, len(curves)).snapshot()
    assert {"Tc_mid", "gate_leakage", "resistance_peak_field", "gap"} <= {f.quantity for f in found}


def test_points_that_are_no_numbers_are_counted():
    studies = Studies()
    curve = spectrum(2.5)
    studies.start(curve.info)
    for i in range(len(curve)):
        values = {name: float(column[i]) for name, column in curve.columns.items()}
        r = float("nan") if i % 50 == 0 else float(curve.resistance_ohm[i])
        studies.add({**values, "temperature_K": 2.5, "field_T": 0.0, "resistance_ohm": r, "unknown": 1.0})
    studies.finish()
    # 301 points, those at 0, 50, ..., 300 are bad
    assert "7 point(s)" in named(studies.snapshot(), "gap")[0].reason


def test_order_is_enforced():
    studies = Studies()
    with pytest.raises(AnalysisError, match="without a curve"):
        studies.add({})
    with pytest.raises(AnalysisError, match="without a curve"):
        studies.finish()
    studies.start(spectrum(2.5).info)
    with pytest.raises(AnalysisError, match="has not been finished"):
        studies.start(spectrum(3.0).info)


def test_a_curve_without_points_says_so():
    studies = Studies()
    for info in (spectrum(2.5).info, campaign(1, (0.3,), [0.0])[0].info):
        studies.start(info)
        studies.finish()
    found = studies.snapshot()
    assert all(f.value is None and f.reason for f in found)
    assert {"gap", "gate_leakage", "resistance_peak_field"} <= {f.quantity for f in found}


def test_channel_width_by_hand():
    peak = Finding("resistance_peak_field", 0.9, 0.009, "T", Verdict.GOOD, conditions={"across": "curves"})
    held = {"orientation": "out_of_plane", "criterion": "mid"}
    length = Finding("coherence_length", 51e-9, 0.51e-9, "m", Verdict.GOOD, "", "Ginzburg-Landau", held)
    width = named(across_findings([peak, length]), "channel_width")[0]
    # 2.067834e-15/(0.9 * 51e-9) = 45.05 nm; 1 % and 1 % make 1.414 %
    assert width.value == pytest.approx(45.05e-9, rel=1e-4)
    assert width.error == pytest.approx(0.01414 * width.value, rel=1e-3)


def test_a_slope_against_the_gate_holds_the_loop_of_the_dielectric():
    loop = Finding("gate_hysteresis", 3.0, 4.0, "V", Verdict.GOOD, conditions={"across": "curves"})
    window = {"gate_V": (-200.0, 180.0)}
    slope = Finding("carrier_density_gate_slope", 4.5e14, 1e12, "1/m^2/V", Verdict.GOOD, window=window)
    other = Finding("RRR", 2.0, 0.1, "1", Verdict.GOOD)
    found = _published([loop, slope, other], (), 0.0)
    # 3 +- 4 V may be a loop of 5 V: 2.5 V at either end, 3.54 V together over 380 V
    assert found[1].error == pytest.approx(np.hypot(1e12, 4.5e14 * 2.5 * 2**0.5 / 380.0))
    assert found[2] == other
    assert _published([slope], (), 0.0) == [slope]

"""Peaks of R(B) in maps of gate sweeps: found where they are, none where there are none."""

import numpy as np
import pytest
from scipy.stats import norm

from analysis.findings import Verdict
from analysis.gate_map import interpolation_weights
from analysis.map_peaks import after_look_elsewhere
from analysis.map_study import MapStudy
from tests.analysis.gate_synthetic import FIELDS, PEAK_T, campaign, line, resistance

COARSE = np.array([0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.5, 1.8, 2.2, 3.0, 4.0, 6.0, 9.0])


def findings(curves):
    study = MapStudy()
    study.add_all(curves)
    return study.findings(True)


def named(found, quantity, **conditions):
    return [f for f in found if f.quantity == quantity and conditions.items() <= f.conditions.items()]


def test_the_synthetic_peak_is_where_it_is_said():
    fields = np.linspace(0.8, 1.0, 201)
    for gate in (-180.0, 0.0, 170.0):
        assert fields[np.argmax(resistance(gate, 0.3, fields))] == pytest.approx(PEAK_T, abs=1e-9)


def test_one_peak_at_every_gate_and_temperature():
    found = findings(campaign(1))
    peak = named(found, "resistance_peak_field", across="curves")[0]
    assert peak.verdict is Verdict.GOOD
    assert abs(peak.value - PEAK_T) < 4 * peak.error
    assert peak.error < 0.01
    assert "look-elsewhere" in peak.reason
    assert "independent of gate voltage and temperature" in peak.reason
    for name, unit in (("gate", "T/V"), ("temperature", "T/K")):
        slope = named(found, f"resistance_peak_{name}_dependence")[0]
        assert slope.unit == unit
        assert abs(slope.value) < 4 * slope.error
        assert "compatible with zero" in slope.reason
    minimum = named(found, "tc_minimum_field")[0]
    assert minimum.value == peak.value


def test_heights_are_those_of_the_law():
    found = findings(campaign(2))
    heights = named(found, "resistance_peak_height")
    assert len(heights) > 20
    pulls = []
    for f in heights:
        gate, temperature = f.conditions["gate_V"], f.conditions["temperature_K"]
        # far from the dip both valleys are those of no dip
        truth = resistance(gate, temperature, PEAK_T) - resistance(gate, temperature, 9.0)
        pulls.append((f.value - truth) / f.error)
    assert abs(np.mean(pulls)) < 1.0
    assert np.std(pulls) < 1.6
    growth = named(found, "resistance_peak_height_growth")[0]
    assert growth.unit == "ohm/K"
    assert growth.value > 0


def test_the_least_height_in_gate_voltage():
    gates = np.linspace(-190, 170, 3601)
    truth = gates[np.argmin(resistance(gates, 0.38, PEAK_T) - resistance(gates, 0.38, 9.0))]
    assert -190 < truth < 170
    found = named(findings(campaign(3, temperatures=(0.38,))), "peak_height_minimum_gate")[0]
    assert found.value is not None, found.reason
    assert abs(found.value - truth) < 4 * found.error
    assert found.error < 30


@pytest.mark.parametrize("seed", range(12))
def test_no_peak_without_re_entrance(seed):
    fields = (FIELDS, COARSE)[seed % 2]
    noise, drift = ((0.2, 1e-3), (3.0, 1e-5), (0.5, 3e-4))[seed % 3]
    found = findings(campaign(seed, (0.3, 0.38), fields, dip=False, noise=noise, drift_K=drift))
    peaks = named(found, "resistance_peak_field")
    assert peaks
    assert all(f.value is None for f in peaks)
    assert all("no peak" in f.reason for f in peaks)


def test_a_single_wrong_line_is_no_peak():
    rng = np.random.default_rng(7)
    curves = [line(rng, 0.36, b, dip=False, drift_K=1e-5) for b in FIELDS]
    # one line 5 mK too warm: its resistance stands out by hundreds of errors
    curves[9] = line(rng, 0.365, FIELDS[9], dip=False, drift_K=0.0)
    assert all(f.value is None for f in named(findings(curves), "resistance_peak_field"))


def test_a_peak_that_moves_with_the_gate_is_told():
    curves = []
    rng = np.random.default_rng(8)
    gate = np.linspace(-200.0, 180.0, 120)
    for field in FIELDS:
        one = line(rng, 0.34, field)
        # the place moves by 1 mT per volt: 0.38 T over the map
        r = resistance(gate, 0.34, field - 1e-3 * gate) + rng.normal(0, 1.0, gate.size)
        curves.append(type(one)(one.info, one.temperature_K, one.field_T, r, True, one.columns))
    found = findings(curves)
    slope = named(found, "resistance_peak_gate_dependence")[0]
    assert abs(slope.value - 1e-3) < 4 * slope.error
    assert "not zero" in slope.reason
    peak = named(found, "resistance_peak_field", across="curves")[0]
    assert peak.verdict is Verdict.MODEL_REJECTED
    assert peak.value is None


def test_live_ends_where_all_at_once_ends():
    curves = campaign(9, (0.3,), COARSE)
    study = MapStudy()
    for curve in curves:
        study.add(curve)
    one, other = study.findings(True), findings(curves)
    assert [f.as_dict() for f in one] == [f.as_dict() for f in other]
    assert any("more curves" in f.reason for f in study.findings(False))


def test_look_elsewhere_by_hand():
    # 5 standard deviations in 1000 places: p = 2.867e-7 * 1000
    assert after_look_elsewhere(5.0, 1000) == pytest.approx(norm.isf(1000 * norm.sf(5.0)), rel=1e-6)
    assert after_look_elsewhere(1.0, 1e6) < 0
    # far out the tail is exp(-z^2/2)/z: 100 sigma in a million places
    assert after_look_elsewhere(100.0, 1e6) == pytest.approx(np.sqrt(1e4 - 2 * np.log(1e6)), rel=1e-3)


@pytest.mark.parametrize("each_side", [2, 3])
def test_interpolation_takes_out_polynomials(each_side):
    weights = interpolation_weights(COARSE, each_side)
    for power in range(2 * each_side):
        assert np.max(np.abs(weights @ COARSE**power)) < 1e-9 * max(1.0, 9.0**power) * np.max(np.abs(weights))
    # equal steps, two on either side: 1, -4, 6, -4, 1 over 6 by hand
    equal = interpolation_weights(np.arange(9.0), 2)[4]
    np.testing.assert_allclose(equal[2:7], np.array([1, -4, 6, -4, 1]) / 6)


@pytest.mark.slow
def test_no_peak_in_a_hundred_maps_without_re_entrance():
    for seed in range(100):
        rng = np.random.default_rng(1000 + seed)
        noise, drift = 10 ** rng.uniform(-1, 1), 10 ** rng.uniform(-5, -3)
        fields = (FIELDS, COARSE)[seed % 2]
        found = findings(campaign(seed, (0.3, 0.38), fields, dip=False, noise=noise, drift_K=drift))
        assert all(f.value is None for f in named(found, "resistance_peak_field")), seed


@pytest.mark.slow
def test_pulls_of_the_common_place():
    pulls = []
    for seed in range(100):
        rng = np.random.default_rng(2000 + seed)
        noise, drift = 10 ** rng.uniform(-0.5, 1), 10 ** rng.uniform(-4.5, -3.3)
        found = findings(campaign(seed, (0.3, 0.34), (FIELDS, COARSE)[seed % 2], noise=noise, drift_K=drift))
        peak = named(found, "resistance_peak_field", across="curves")[0]
        pulls.append((peak.value - PEAK_T) / peak.error)
    # the mean of 100 is known to 0.1, the width to 0.07
    assert abs(np.mean(pulls)) < 0.4
    assert 0.6 < np.std(pulls) < 1.3

"""Leakage and hysteresis of gate sweeps."""

import numpy as np
import pytest

from analysis.curves import Curve, CurveInfo
from analysis.findings import Verdict
from analysis.gate_line import binned, gate_line, hysteresis_finding, leakage_finding, pooled_hysteresis
from tests.analysis.gate_synthetic import line


def pair(seed, shift, **options):
    rng = np.random.default_rng(seed)
    up, down = (line(rng, 0.37, 4.0, d, hysteresis_V=shift, **options) for d in ("up", "down"))
    return gate_line(up), gate_line(down)


def test_leakage_is_the_largest_of_either_sign():
    gate, zeros = np.linspace(0, 9, 10), np.zeros(10)
    leakage = np.array([0, 1, -1, 0, -7, 0, 1, 0, -1, 0.0]) * 1e-9
    curve = Curve(CurveInfo("l", "R(Vg)", {"direction": "up"}), zeros, zeros, zeros, True,
                  {"gate_V": gate, "leakage_A": leakage})  # fmt: skip
    found = leakage_finding(curve)
    assert found.value == pytest.approx(7e-9)
    assert found.unit == "A"
    assert "4 V" in found.reason
    assert found.window == {"gate_V": (0.0, 9.0)}
    none = leakage_finding(Curve(curve.info, zeros, zeros, zeros))
    assert none.verdict is Verdict.NOT_ENOUGH_DATA


@pytest.mark.parametrize("shift", [0.0, 1.5, -4.0])
def test_hysteresis_is_recovered(shift):
    pulls = []
    for seed in range(40):
        found = hysteresis_finding(*pair(seed, shift, drift_K=0.0))
        pulls.append((found.value - shift) / found.error)
    # 40 pulls: their mean is known to 0.16, their width to 0.11
    assert abs(np.mean(pulls)) < 0.6
    assert 0.6 < np.std(pulls) < 1.5


def test_no_hysteresis_where_nothing_depends_on_the_gate():
    rng = np.random.default_rng(1)
    gate = np.linspace(-100, 100, 100)
    lines = []
    for direction in ("up", "down"):
        info = CurveInfo(direction, "R(Vg)", {"temperature_K": 1.0, "field_T": 0.0, "direction": direction})
        arrays = (np.ones(100), np.zeros(100), 1000 + rng.normal(0, 1, 100))
        lines.append(gate_line(Curve(info, *arrays, True, {"gate_V": gate, "leakage_A": 0 * gate})))
    found = hysteresis_finding(*lines)
    assert found.verdict is Verdict.NOT_ENOUGH_DATA
    assert "cannot be" in found.reason


def test_pairs_that_scatter_widen_each_other():
    found = [hysteresis_finding(*pair(seed, 1.0, noise=0.2, drift_K=3e-4)) for seed in range(6)]
    *widened, mean = pooled_hysteresis(found, {"orientation": "in_plane"})
    assert mean.conditions == {"across": "curves", "orientation": "in_plane"}
    assert abs(mean.value - 1.0) < 4 * mean.error
    assert all(w.error >= f.error for w, f in zip(widened, found, strict=True))
    assert pooled_hysteresis(found[:2], {}) == found[:2]


def test_a_straight_line_is_binned_exactly():
    # R = 3 + 2 V at any points: the line through each bin gives R at its centre
    gate = np.sort(np.random.default_rng(3).uniform(0, 10, 200))
    info = CurveInfo("s", "R(Vg)", {"temperature_K": 1.0, "field_T": 0.0})
    curve = Curve(info, np.ones(200), np.zeros(200), 3 + 2 * gate, True, {"gate_V": gate, "leakage_A": 0 * gate})
    centres, values, _ = binned(gate_line(curve), 1.0, 9.0, 8)
    np.testing.assert_allclose(centres, np.arange(1.5, 9.0))
    np.testing.assert_allclose(values, 3 + 2 * centres)


def test_a_sweep_that_is_none_says_why():
    info = CurveInfo("n", "R(Vg)", {})
    assert "only 0 points" in gate_line(Curve(info, *(np.zeros(0),) * 3))
    ten = np.zeros(10)
    assert "does not change" in gate_line(Curve(info, ten, ten, ten, True, {"gate_V": ten, "leakage_A": ten}))

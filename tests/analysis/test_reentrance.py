import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar
from scipy.special import ndtr

from analysis.curves import Curve, CurveInfo
from analysis.errors import AnalysisError
from analysis.findings import Finding, Verdict
from analysis.models.reentrance import critical_temperature, minimum_field, resistance
from analysis.reentrance import common_peak, find_field_peaks, peak_findings, tc_minimum

#: Of the third reference experiment: Tc0 0.4 K, a dip of 0.08 K at 0.9 T.
DIP = (0.4, 9.5, 0.08, 0.9, 0.25)


def test_law_by_hand():
    # at B = Bm the dip is at its depth: 0.4 (1 - (0.9/9.5)^2) - 0.08
    assert float(critical_temperature(0.9, *DIP)) == pytest.approx(0.4 * (1 - 0.81 / 90.25) - 0.08, rel=1e-14)
    assert float(critical_temperature(-0.9, *DIP)) == float(critical_temperature(0.9, *DIP))
    # half of R_n where T = Tc(B)
    tc = critical_temperature(0.5, *DIP)
    assert float(resistance(tc, 0.5, 1000.0, 0.03, *DIP)) == pytest.approx(500.0)


@given(
    st.floats(0.2, 1.0), st.floats(5.0, 20.0), st.floats(0.1, 0.4), st.floats(0.5, 2.0), st.floats(0.1, 0.5)
)  # fmt: skip
def test_minimum_is_where_tc_is_least(tc0, b0, share, bm, s):
    found = minimum_field(tc0, b0, share * tc0, bm, s)
    if found is not None:
        least = minimize_scalar(
            lambda b: float(critical_temperature(b, tc0, b0, share * tc0, bm, s)), bounds=(bm, bm + s),
            method="bounded", options={"xatol": 1e-10},
        )  # fmt: skip
        assert found == pytest.approx(least.x, abs=1e-5)
        assert found > bm


def test_no_minimum_where_the_dip_is_shallow():
    assert minimum_field(0.4, 2.0, 1e-4, 0.9, 0.25) is None


@pytest.mark.parametrize("wrong", [(0.0, 9, 0.1, 0.9, 0.2), (0.4, -1, 0.1, 0.9, 0.2), (0.4, 9, -0.1, 0.9, 0.2),
                                   (0.4, 9, 0.1, 0.9, 0.0), (float("nan"), 9, 0.1, 0.9, 0.2)])  # fmt: skip
def test_law_refuses(wrong):
    with pytest.raises(AnalysisError):
        critical_temperature(1.0, *wrong)


def test_law_refuses_temperatures():
    with pytest.raises(AnalysisError, match="temperature"):
        resistance(0.0, 1.0, 1.0, 0.1, *DIP)
    with pytest.raises(AnalysisError, match="positive field"):
        minimum_field(0.4, 9, 0.1, -0.9, 0.2)


def line(temperature, rng, noise=2.0, points=400, reach=4.0, gate=None, both=False, offset=0.0, name="l") -> Curve:
    fields = np.linspace(-reach if both else 0, reach, points)
    r = resistance(temperature, fields - offset, 1000.0, 0.03, *DIP) + rng.normal(0, noise, points)
    conditions = {"temperature_K": temperature, "orientation": "in_plane"}
    if gate is not None:
        conditions["gate_V"] = gate
    return Curve(CurveInfo(name, "R(B)", conditions), np.full(points, temperature), fields, r)


def peak_truth(temperature):
    """The maximum of the noise-free R(B), which is that of T - Tc(B) whatever T."""

    def slope(b):
        low, high = (float(resistance(temperature, b + d, 1e6, 0.03, *DIP)) for d in (-1e-6, 1e-6))
        return high - low

    return brentq(slope, 0.9, 1.1)


def test_the_peak_is_the_minimum_of_tc_at_every_temperature():
    for temperature in (0.3, 0.33, 0.36):
        assert peak_truth(temperature) == pytest.approx(minimum_field(*DIP), abs=1e-4)


@pytest.mark.parametrize("noise", [0.5, 2.0, 10.0])
def test_peaks_are_found_with_honest_errors(noise):
    true = minimum_field(*DIP)
    pulls = []
    for seed in range(50):
        (finding,) = peak_findings(line(0.33, np.random.default_rng(seed), noise))
        assert finding.value is not None
        assert "sigma" in finding.reason
        pulls.append((finding.value - true) / (finding.error or 1))
    # 50 seeds: mean to 0.14, width to 0.1
    assert abs(np.mean(pulls)) < 0.5
    assert 0.6 < np.std(pulls) < 1.4


def test_no_peak_in_noise():
    fields = np.linspace(0, 9, 300)
    shapes = (np.zeros(300), 1000 * ndtr((fields - 6) / 0.8), 500 + 20 * fields)
    for seed in range(99):
        noise = np.random.default_rng(seed).normal(0, 2.0, 300)
        assert find_field_peaks(fields, shapes[seed % 3] + noise) == []


def test_none_found_is_a_finding():
    (finding,) = peak_findings(line(0.1, np.random.default_rng(0)))
    assert finding.verdict is Verdict.NOT_ENOUGH_DATA
    assert "6 sigma" in finding.reason


def test_spikes_and_steps_are_no_peaks():
    rng = np.random.default_rng(4)
    fields = np.linspace(0, 9, 300)
    resistance_ohm = np.where(fields > 4, 1000.0, 0.0) + rng.normal(0, 1, 300)
    resistance_ohm[[50, 200]] += 400
    assert find_field_peaks(fields, resistance_ohm) == []


def test_both_sides_of_zero_give_one_place_without_the_remanent_field():
    (finding,) = peak_findings(line(0.33, np.random.default_rng(1), both=True, offset=0.03, points=800))
    assert finding.value == pytest.approx(minimum_field(*DIP), abs=4 * (finding.error or 0))


@pytest.mark.parametrize(("values", "reason"), [(np.full(100, np.nan), "finite"), (np.ones(100), "not alive")])
def test_bad_lines_say_why(values, reason):
    curve = line(0.33, np.random.default_rng(0), points=100)
    (finding,) = peak_findings(Curve(curve.info, curve.temperature_K, curve.field_T, values))
    assert finding.value is None
    assert reason in finding.reason


def peaks(*, gate_slope=0.0, seed=0, count=24, error=0.005) -> list[Finding]:
    rng = np.random.default_rng(seed)
    found = []
    for index in range(count):
        gate, temperature = 20.0 * (index % 8) - 70, 0.3 + 0.02 * (index // 8)
        value = 0.937 + gate_slope * gate + rng.normal(0, error)
        conditions = {"gate_V": gate, "temperature_K": temperature}
        found.append(Finding("resistance_peak_field", value, error, "T", Verdict.GOOD, conditions=conditions))
    return found


def test_peaks_at_one_field_are_independent_of_gate_and_temperature():
    passed = 0
    for seed in range(60):
        first, *rest = common_peak(peaks(seed=seed))
        passed += first.verdict is Verdict.GOOD
        if first.value is not None and first.verdict is Verdict.GOOD:
            assert first.error == pytest.approx(0.005 / 24**0.5, rel=0.5)
            assert rest[0].quantity == "tc_minimum_field"
            assert "independent of gate voltage" in first.reason
    assert passed >= 57


def test_peaks_that_move_with_the_gate_are_rejected():
    (first,) = common_peak(peaks(gate_slope=2e-4))
    assert first.verdict is Verdict.MODEL_REJECTED
    assert first.value is None
    assert "gate voltage" in first.reason


def test_too_few_peaks_test_nothing():
    (first,) = common_peak(peaks(count=2))
    assert first.verdict is Verdict.NOT_ENOUGH_DATA


def test_minimum_of_tc_against_field():
    fields = np.arange(0, 3.01, 0.2)
    rng = np.random.default_rng(2)
    tc = critical_temperature(fields, *DIP) + rng.normal(0, 5e-4, fields.size)
    found = tc_minimum(fields, tc, np.full(fields.size, 5e-4))
    assert found.value == pytest.approx(minimum_field(*DIP), abs=3 * (found.error or 0))
    falling = tc_minimum(fields, 0.4 - 0.05 * fields, np.full(fields.size, 5e-4))
    assert falling.value is None

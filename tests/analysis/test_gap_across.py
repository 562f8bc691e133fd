"""The gap against temperature and field from findings of known truth."""

import numpy as np
import pytest

from analysis.errors import AnalysisError
from analysis.findings import Finding, Verdict
from analysis.models.bcs import BOLTZMANN_meV_per_K, gap
from analysis.spectroscopy import common_barrier, gap_against_field, gap_against_temperature
from analysis.spectroscopy.across import FIELD_SHAPES, fit_scaled_shape


def finding(value, error, temperature=2.5, field=0.0):
    conditions = {"temperature_K": float(temperature), "field_T": float(field)}
    return Finding("gap", float(value), float(error), "meV", Verdict.GOOD, conditions=conditions, curves=("c",))


def temperature_set(seed=1, zero=2.0358, tc=11.25, error=0.02):
    at = np.array([2.5, 3, 4, 5, 6, 7, 8, 9, 10, 10.4, 10.8])
    noise = np.random.default_rng(seed).normal(0, error, at.size)
    return [finding(g + n, error, t) for g, n, t in zip(gap(at, zero, tc), noise, at, strict=True)]


def test_gap_against_temperature():
    found = {f.quantity: f for f in gap_against_temperature(temperature_set())}
    # 2 Delta/kTc = 2 * 2.0358/(0.0861733 * 11.25) = 4.2
    for name, truth in (("gap_zero", 2.0358), ("Tc_gap", 11.25), ("gap_ratio_2Delta_kTc", 4.2)):
        assert found[name].verdict is Verdict.GOOD
        assert abs(found[name].value - truth) < 4 * found[name].error
        assert found[name].error < 0.02 * truth
    assert found["Tc_gap"].curves == ("c",)


def test_the_resistive_tc_carries_its_error():
    tc = Finding("Tc_mid", 11.25, 0.25, "K", Verdict.GOOD)
    ratio = gap_against_temperature(temperature_set(), tc)[2]
    assert ratio.error == pytest.approx(4.2 * 0.25 / 11.25, rel=0.1)
    assert "resistive" in ratio.method
    with pytest.raises(AnalysisError):
        gap_against_temperature(temperature_set(), -1.0)


def test_another_shape_in_temperature_is_rejected():
    at = np.linspace(1, 10, 12)
    findings = [finding(2 * (1 - t / 10.5), 0.01, t) for t in at]
    assert all(f.verdict is Verdict.MODEL_REJECTED and f.value is None for f in gap_against_temperature(findings))


def test_cold_gaps_tell_nothing_of_tc():
    noise = (0, 0.01, -0.01, 0, 0)
    findings = [finding(1.0 + e, 0.01, 0.1 * (i + 1)) for i, e in enumerate(noise)]
    for f in gap_against_temperature(findings):
        assert f.verdict is Verdict.NOT_ENOUGH_DATA


@pytest.mark.parametrize("law", list(FIELD_SHAPES))
def test_each_field_law_is_told_from_the_parabola(law):
    field = np.linspace(0, 8.5, 18)
    noise = np.random.default_rng(4).normal(0, 0.01, field.size)
    values = 2 * FIELD_SHAPES[law](field / 10) + noise
    keep = values > 0.05
    found = {
        f.method: f
        for f in gap_against_field(
            [finding(v, 0.01, field=b) for v, b in zip(values[keep], field[keep], strict=True)]
        )
    }
    assert found[law].verdict is Verdict.GOOD
    assert abs(found[law].value - 10) < 4 * found[law].error
    if law != "parabolic":
        assert found["parabolic"].verdict is Verdict.MODEL_REJECTED
        assert law in found["parabolic"].reason


def test_field_takes_the_coldest_temperature_and_both_signs():
    cold = [finding(2 * (1 - (b / 10) ** 2), 0.01, 2.0, s * b) for b in (0, 2, 4, 6, 8) for s in (-1, 1)]
    warm = [finding(0.3, 0.01, 5.0, b) for b in (0, 2, 4)]
    best = gap_against_field([*cold, *warm])[0]
    assert best.value == pytest.approx(10.0, abs=1e-4)
    assert best.conditions == {"temperature_K": 2.0}


def test_too_few_or_no_gaps():
    assert all(f.verdict is Verdict.NOT_ENOUGH_DATA for f in gap_against_temperature([]))
    assert all(f.verdict is Verdict.NOT_ENOUGH_DATA for f in gap_against_field([finding(1, 0.1)]))
    empty = Finding("gap", None, None, "meV", Verdict.MODEL_REJECTED, "split", conditions={"temperature_K": 1.0})
    assert all(f.verdict is Verdict.NOT_ENOUGH_DATA for f in gap_against_field([empty] * 6))


def test_covariance_is_that_of_many_repetitions():
    at, rng = np.linspace(0, 8, 12), np.random.default_rng(9)
    truth = 2 * FIELD_SHAPES["parabolic"](at / 10)
    errors = np.full(at.size, 0.02)
    fits = [
        fit_scaled_shape(FIELD_SHAPES["parabolic"], at, truth + rng.normal(0, 0.02, at.size), errors)
        for _ in range(300)
    ]
    assert np.std([f.end for f in fits]) == pytest.approx(fits[0].covariance[1, 1] ** 0.5, rel=0.12)
    assert 2 * BOLTZMANN_meV_per_K == pytest.approx(0.1723, abs=1e-4)


def barrier(value, error, temperature=2.5, verdict=Verdict.GOOD):
    reason = "" if verdict is Verdict.GOOD else "doubtful"
    conditions = {"temperature_K": float(temperature)}
    return Finding(
        "barrier", value, error, "1", verdict, reason, conditions=conditions, curves=(f"{temperature} K",)
    )


def test_common_barrier_is_the_weighted_mean_of_transparencies():
    # tau = 1/5 and 1/4.8025 with d tau = 2 Z tau^2 dZ: 0.00800 and 0.00845 for dZ = 0.05
    mean = (2 * 0.2 / 0.00800**2 + 0.208225 / 0.00845**2) / (2 / 0.00800**2 + 1 / 0.00845**2)
    found = common_barrier([barrier(2.0, 0.05), barrier(2.0, 0.05, 3), barrier(1.95, 0.05, 4)])[0]
    assert found.verdict is Verdict.GOOD
    assert found.value == pytest.approx((1 / mean - 1) ** 0.5, rel=1e-3)
    alike = common_barrier([barrier(2.0, 0.1, t) for t in (2, 3, 4, 5)])[0]
    assert alike.value == pytest.approx(2.0)
    assert alike.error == pytest.approx(0.05, rel=0.1)
    assert alike.window["temperature_K"] == (2.0, 5.0)


def test_the_thermometer_moves_all_barriers_together():
    own = [barrier(2.0, 0.01, t) for t in (2, 3, 4, 5)]
    statistical = 0.01 / 2
    # a fifth of the thermometer's error moves each by 0.002, the mean of many as well
    moved = [barrier(2.002, 0.01, t) for t in (2, 3, 4, 5)]
    assert common_barrier(own, moved, 5.0)[0].error == pytest.approx(np.hypot(statistical, 0.01), rel=0.02)
    # moved this way and that it moves nothing, however far apart they come to be
    torn = [barrier(2.0 + (-1) ** t * 0.1, 0.01, t) for t in (2, 3, 4, 5)]
    found = common_barrier(own, torn)[0]
    assert found.verdict is Verdict.GOOD
    assert found.error == pytest.approx(np.hypot(statistical, 0.1**2 * 0.55), rel=0.1)


def test_barriers_apart_are_told_and_the_farthest_is_named():
    found = common_barrier([barrier(2.0, 0.02, t) for t in (2, 3, 4, 5)] + [barrier(2.4, 0.02, 6)])[0]
    assert found.verdict is Verdict.MODEL_REJECTED
    assert found.value is None
    assert "6 K" in found.reason


def test_too_few_barriers_and_transparent_ones():
    empty = Finding("barrier", None, None, "1", Verdict.NOT_ENOUGH_DATA, "tunnelling")
    assert common_barrier([barrier(2.0, 0.1), empty])[0].verdict is Verdict.NOT_ENOUGH_DATA
    clear = common_barrier([barrier(0.0, 0.2, t) for t in (2, 3, 4)])[0]
    assert clear.value == 0.0
    # three times 1 - tau = 1 - 1/1.04 = 0.03846, less by the root of three: Z = sqrt(1/(1 - 0.0222) - 1) = 0.151
    assert clear.error == pytest.approx(0.151, abs=0.001)


def test_a_known_critical_field_rejects_a_shape_that_ends_elsewhere():
    gaps = [finding(2 * (1 - (b / 10) ** 2), 0.01, field=b) for b in (0, 2, 4, 6, 8)]
    assert gap_against_field(gaps, 10.0)[0].verdict is Verdict.GOOD
    wide = Finding("Bc2", 10.3, 0.3, "T", Verdict.GOOD)
    assert gap_against_field(gaps, wide)[0].verdict is Verdict.GOOD
    elsewhere = gap_against_field(gaps, 12.0)[0]
    assert elsewhere.verdict is Verdict.MODEL_REJECTED
    with pytest.raises(AnalysisError, match="critical field"):
        gap_against_field(gaps, -1.0)

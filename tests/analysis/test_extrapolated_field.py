"""Hc2 beyond the magnet: an extrapolation by WHH that says so, with errors that hold."""

import numpy as np
import pytest

from analysis.critical_field_fits import critical_field_fit_findings
from analysis.extrapolated_field import extrapolated_fields
from analysis.findings import Finding, Verdict
from analysis.models.whh import upper_critical_field

TC, SLOPE, MAKI, SPIN_ORBIT = 11.25, 4.5, 1.5, 0.9


def isotherms(reach_T, error=0.02, seed=1, temperatures=(2, 3, 4, 5, 6, 7, 7.5, 8, 8.5, 9, 9.5, 10, 10.5)):
    random = np.random.default_rng(seed)
    found = []
    for t in temperatures:
        held = {"temperature_K": float(t), "orientation": "in_plane", "criterion": "90 %"}
        value = float(upper_critical_field(t, TC, SLOPE, MAKI, SPIN_ORBIT)) + error * random.standard_normal()
        if value < reach_T:
            found.append(Finding("Hc2", value, error, "T", Verdict.GOOD, conditions=held, curves=(f"rb_{t}",)))
        else:
            reason = "the sweep ends before"
            found.append(Finding("Hc2", None, None, "T", Verdict.NOT_ENOUGH_DATA, reason, "", held, (f"rb_{t}",)))
    return found


def beyond(isotherms):
    """What the whole chain says: the laws through the points, then what lies beyond."""
    tc = Finding("Tc_mid", TC, 0.003, "K", Verdict.GOOD, conditions={"field_T": 0.0})
    laws = critical_field_fit_findings([f for f in isotherms if f.value], tc, complete=True)
    return extrapolated_fields([*isotherms, *laws, tc])


def test_what_the_magnet_does_not_reach_is_called_an_extrapolation():
    found = beyond(isotherms(19.0))
    assert [f.conditions["temperature_K"] for f in found] == [2.0, 3.0, 4.0, 5.0]
    for finding in found:
        assert finding.verdict is Verdict.PROVISIONAL
        assert "EXTRAPOLATED from the points above 6 K" in finding.reason
        assert finding.conditions["criterion"] == "90 %"
        assert f"rb_{finding.conditions['temperature_K']:.0f}" in finding.curves


def test_its_errors_hold():
    pulls = []
    for seed in range(100, 140):
        coldest = beyond(isotherms(19.0, seed=seed))[0]
        truth = float(upper_critical_field(2.0, TC, SLOPE, MAKI, SPIN_ORBIT))
        pulls.append((coldest.value - truth) / coldest.error)
    # 40 sets: the mean within three of its errors, the width within three of its own
    assert abs(np.mean(pulls)) < 3 / 40**0.5
    assert 1 - 3 / 80**0.5 < np.std(pulls) < 1 + 3 / 80**0.5


def test_further_away_is_less_certain():
    errors = [f.error for f in beyond(isotherms(19.0))]
    assert errors == sorted(errors, reverse=True)


def test_nothing_is_said_where_whh_does_not_describe_the_points():
    linear = [
        Finding("Hc2", 2.0 * (TC - t) ** 1.5, 0.005, "T", Verdict.GOOD, conditions={"temperature_K": float(t)})
        for t in np.arange(6.0, 11.0, 0.5)
    ]
    missing = Finding("Hc2", None, None, "T", Verdict.NOT_ENOUGH_DATA, "why", conditions={"temperature_K": 2.0})
    assert beyond([*linear, missing]) == []


@pytest.mark.parametrize("reach_T", [5.0, 100.0])
def test_few_points_or_nothing_missing(reach_T):
    assert beyond(isotherms(reach_T)) == []

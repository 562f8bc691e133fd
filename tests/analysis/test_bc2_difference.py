"""The difference of Bc2(0) from the orbital field, and fields extrapolated beyond the magnet."""

import numpy as np
import pytest

from analysis.bc2_difference import METHOD_OWN, bc2_differences, boundary_points, correlation
from analysis.critical_field_fits import critical_field_fit_findings
from analysis.extrapolated_field import extrapolated_fields
from analysis.findings import Finding, Verdict
from analysis.models.whh import ORBITAL_RATIO, upper_critical_field_ratio

HELD = {"orientation": "out_of_plane", "criterion": "90 %"}
TC = 11.25


def boundary(slope, maki, spin_orbit, temperatures, seed=1, beyond=()):
    rng = np.random.default_rng(seed)
    found = []
    for t in temperatures:
        field = TC * slope * float(upper_critical_field_ratio(t / TC, maki, spin_orbit))
        error = 0.005 * field + 0.02
        conditions = {**HELD, "temperature_K": float(t)}
        value = field + error * rng.normal()
        found.append(Finding("Hc2", value, error, "T", Verdict.GOOD, conditions=conditions, curves=(f"at {t} K",)))
    for t in beyond:
        conditions, none = {**HELD, "temperature_K": float(t)}, Verdict.NOT_ENOUGH_DATA
        found.append(Finding("Hc2", None, None, "T", none, "ends early", conditions=conditions))
    return found + critical_field_fit_findings(found, None, True)


def test_spins_make_a_significant_difference():
    found = bc2_differences(boundary(4.6, 2.4, 1.5, np.arange(2.0, 11.1)))
    truth = TC * 4.6 * (float(upper_critical_field_ratio(0.0, 2.4, 1.5)) - ORBITAL_RATIO)
    own = next(f for f in found if f.method == METHOD_OWN)
    assert abs(own.value - truth) < 4 * own.error
    assert own.reason.startswith("significant")
    assert len(found) == 2
    assert all(f.conditions == HELD for f in found)


def test_without_spins_the_difference_is_not_significant():
    found = bc2_differences(boundary(2.6, 0.0, 0.0, np.arange(2.0, 11.1)))
    assert found
    # both numbers are 0.6927 Tc S
    assert all(f.reason.startswith("not significant") for f in found)
    assert all(abs(f.value) < 3 * f.error for f in found)


def test_correlation_is_that_of_repeated_measurements():
    findings = boundary(4.6, 2.4, 1.5, np.arange(2.0, 11.1))
    bound = next(f for f in findings if f.quantity == "Bc2_0" and f.value is not None)
    points = boundary_points(findings, bound)
    assert points.temperature_K.size == 10
    assert -1 <= correlation(points) <= 1


def test_fields_beyond_the_magnet_are_extrapolated():
    found = extrapolated_fields(boundary(4.6, 2.4, 1.5, np.arange(5.0, 11.1), beyond=(2.0, 11.2)))
    # 11.2 K is warmer than the coldest measured point: nothing to extrapolate
    assert [f.conditions["temperature_K"] for f in found] == [2.0]
    truth = TC * 4.6 * float(upper_critical_field_ratio(2.0 / TC, 2.4, 1.5))
    assert abs(found[0].value - truth) < 4 * found[0].error + 0.02 * truth
    assert found[0].verdict is Verdict.PROVISIONAL
    assert "EXTRAPOLATED" in found[0].reason


@pytest.mark.parametrize("findings", [[], [Finding("Hc2", 1.0, 0.1, "T", Verdict.GOOD, conditions=HELD)]])
def test_nothing_without_a_fit(findings):
    assert bc2_differences(findings) == []
    assert extrapolated_fields(findings) == []

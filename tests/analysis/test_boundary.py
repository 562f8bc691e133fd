"""Laws of Hc2(T) through points that a thermometer with an offset and a magnet with a scale have measured."""

import numpy as np
import pytest

from analysis.boundary import boundary_laws, without_offset
from analysis.findings import Finding, Verdict
from analysis.models.whh import ORBITAL_RATIO, upper_critical_field
from analysis.upper_field.fit import CriticalFieldPoints, fit_law
from analysis.upper_field.models import LAWS, WHH, WHH_ORBITAL, with_offset

TC_K, SLOPE = 11.25, 1.8
KELVIN = np.array([2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 10.5])
OFFSET_K, SCALE = 0.006, 1e-3
BY_NAME = {law.name: law for law in LAWS}


def tc(value, own_K=2e-4):
    error = float(np.hypot(own_K, OFFSET_K))
    return Finding("Tc_mid", value, error, "K", Verdict.GOOD, "", conditions={"field_T": 0.0})


def measured(offset_K, scale=0.0, maki=0.0, spin_orbit=0.0, seed=1, own=1e-4):
    """Findings Hc2 as isotherms give them, and Tc: the thermometer reads too much by the offset."""
    field = upper_critical_field(KELVIN, TC_K, SLOPE, maki, spin_orbit)
    noisy = field * (1 + scale + own * np.random.default_rng(seed).normal(size=field.size))
    made = []
    for kelvin, value in zip(KELVIN + offset_K, noisy, strict=True):
        error = float(value * np.hypot(own, SCALE))
        held = {"temperature_K": float(kelvin), "criterion": "mid"}
        made.append(Finding("Hc2", float(value), error, "T", Verdict.GOOD, "", conditions=held))
    return made, tc(TC_K + offset_K)


def laws(*arguments, complete=True, **options):
    points, zero = measured(*arguments, **options)
    return {(f.method, f.quantity): f for f in boundary_laws(points, zero, complete, SCALE, OFFSET_K)}


@pytest.mark.parametrize("sigmas", [-2.0, -1.0, 0.0, 1.0, 2.0])
def test_an_offset_rejects_no_right_law(sigmas):
    found = laws(sigmas * OFFSET_K)
    zero, slope = found[WHH_ORBITAL, "Bc2_0"], found[WHH_ORBITAL, "whh_slope"]
    assert abs(zero.value - ORBITAL_RATIO * TC_K * SLOPE) < 2 * zero.error
    assert abs(slope.value - SLOPE) < 2 * slope.error
    # the scale of the field and little more
    assert zero.error == pytest.approx(SCALE * zero.value, rel=0.3)


def test_spins_that_are_there_are_found_in_spite_of_an_offset():
    found = laws(1.5 * OFFSET_K, maki=1.5, spin_orbit=0.9)
    assert found[WHH_ORBITAL, "Bc2_0"].verdict is Verdict.MODEL_REJECTED
    assert abs(found[WHH, "maki_parameter"].value - 1.5) < 2 * found[WHH, "maki_parameter"].error


def test_the_scale_of_the_field_is_in_what_goes_with_it():
    found = laws(0.0, scale=1.5 * SCALE)
    zero = found[WHH_ORBITAL, "Bc2_0"]
    assert abs(zero.value - ORBITAL_RATIO * TC_K * SLOPE) < 2 * zero.error


def test_pulls_over_offsets_scales_and_noise():
    rng = np.random.default_rng(3)
    pulls = []
    for seed in range(40):
        offset, scale = rng.normal(0, OFFSET_K), rng.normal(0, SCALE)
        zero = laws(offset, scale=scale, seed=seed, complete=False)[WHH_ORBITAL, "Bc2_0"]
        pulls.append((zero.value - ORBITAL_RATIO * TC_K * SLOPE) / zero.error)
    # 40 draws: mean to 0.16, width to 0.11
    assert abs(np.mean(pulls)) < 0.5
    assert 0.6 < np.std(pulls) < 1.4


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_derivatives_with_an_offset(law):
    inner = {4: [2.6, 1.4, 0.4, 12.0], 3: [2.6, 0.4, 12.0], 2: [2.6, 12.0]}[len(law.parameters)]
    values, seen = np.array([*inner, 0.7]), with_offset(law, 0.05)
    np.testing.assert_allclose(
        seen.predict(KELVIN, values).field_T, law.predict(KELVIN - 0.035, np.array(inner)).field_T
    )
    for place in range(values.size):
        step = 1e-5 * np.eye(values.size)[place]
        high, low = (seen.predict(KELVIN, values + sign * step).field_T for sign in (1, -1))
        np.testing.assert_allclose(
            seen.predict(KELVIN, values).jacobian[place], (high - low) / 2e-5, rtol=1e-5, atol=1e-8
        )
    assert seen.field_at_zero(values).gradient[-1] == 0.0


def test_points_that_cannot_tell_the_offset_leave_it_at_its_error():
    rough = upper_critical_field(KELVIN, TC_K, SLOPE, 0.0, 0.0)
    data = CriticalFieldPoints(KELVIN, rough, 0.05 * rough, 0 * rough, TC_K, 0.3, OFFSET_K)
    fit = fit_law(BY_NAME[WHH_ORBITAL], data)
    assert fit.covariance[-1, -1] == pytest.approx(1.0, rel=0.01)
    assert (
        fit.dof
        == fit_law(BY_NAME[WHH_ORBITAL], CriticalFieldPoints(KELVIN, rough, 0.05 * rough, 0 * rough, TC_K, 0.3)).dof
    )


def test_own_error_of_a_critical_temperature():
    assert without_offset(tc(TC_K, 1e-3), OFFSET_K).error == pytest.approx(1e-3)
    # a twentieth of the offset is what one temperature may differ by from another
    assert without_offset(tc(TC_K, 1e-6), OFFSET_K).error == pytest.approx(OFFSET_K / 20)
    assert without_offset(tc(TC_K, 1e-3), 0.0) == tc(TC_K, 1e-3)


def test_a_ramp_whose_thermometer_was_elsewhere_off_rejects_no_right_law():
    points, _ = measured(0.0)
    elsewhere = tc(TC_K + 0.7 * OFFSET_K)
    found = {(f.method, f.quantity): f for f in boundary_laws(points, elsewhere, False, SCALE, OFFSET_K)}
    zero = found[WHH_ORBITAL, "Bc2_0"]
    assert abs(zero.value - ORBITAL_RATIO * TC_K * SLOPE) < 2 * zero.error

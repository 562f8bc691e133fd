"""Fits of Hc2(T): truths come back within their errors, wrong laws are rejected, open parameters are bounded."""

import numpy as np
import pytest
from scipy.optimize import curve_fit

from analysis.critical_field_fits import (
    GL,
    ORBITAL_SLOPE,
    PARABOLIC,
    TWO_FLUID,
    WHH,
    WHH_ORBITAL,
    WHH_SLOPE,
    CriticalFieldPoints,
    critical_field_fit_findings,
    fit_laws,
    points_findings,
)
from analysis.errors import AnalysisError
from analysis.findings import Finding, Verdict
from analysis.models.whh import upper_critical_field
from analysis.upper_field.choice import disagreement
from analysis.upper_field.fit import fit_law, refit
from analysis.upper_field.models import LAWS, Quantity
from analysis.upper_field.profile import parameter_bound, profile_end
from analysis.upper_field.solver import minimise

TC, SLOPE = 10.0, 2.6
TEMPERATURE = np.linspace(0.1, 0.97, 20) * TC
BY_NAME = {law.name: law for law in LAWS}


def points(field, noise=0.01, seed=1, tc_error=0.02, tc=TC) -> CriticalFieldPoints:
    error = noise * field
    measured = field + error * np.random.default_rng(seed).normal(size=field.size)
    return CriticalFieldPoints(TEMPERATURE, measured, error, np.zeros(field.size), tc, tc_error)


def whh(maki: float, spin_orbit: float):
    return upper_critical_field(TEMPERATURE, TC, SLOPE, maki, spin_orbit)


def pick(findings: list[Finding], method: str, quantity: str) -> Finding:
    (found,) = [f for f in findings if f.method == method and f.quantity == quantity]
    return found


def assert_covers(finding: Finding, truth: float) -> None:
    assert finding.value is not None, finding.reason
    assert finding.error is not None
    assert abs(finding.value - truth) < 3 * finding.error, finding


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_derivatives_of_every_law(law):
    values = np.array({4: [2.6, 1.4, 0.4, 9.0], 3: [2.6, 0.4, 9.0], 2: [2.6, 9.0]}[len(law.parameters)])
    found = law.predict(TEMPERATURE, values)  # points beyond Tc among them
    for place in range(values.size):
        step = 1e-5 * np.eye(values.size)[place]
        by = (
            law.predict(TEMPERATURE, values + step).field_T - law.predict(TEMPERATURE, values - step).field_T
        ) / 2e-5
        assert found.jacobian[place] == pytest.approx(by, rel=1e-6, abs=1e-7)
    by = (law.predict(TEMPERATURE + 1e-5, values).field_T - law.predict(TEMPERATURE - 1e-5, values).field_T) / 2e-5
    assert found.slope_T_per_K == pytest.approx(by, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_exact_points_give_the_parameters_back(law):
    values = np.array({4: [2.6, 1.4, 0.4, TC], 3: [2.6, 0.4, TC], 2: [2.6, TC]}[len(law.parameters)])
    field = law.predict(TEMPERATURE, values).field_T
    free = CriticalFieldPoints(TEMPERATURE, field, 1e-4 * field, np.zeros(field.size))
    fit = fit_law(law, free)
    assert fit.values == pytest.approx(values, rel=2e-3)
    assert fit.chi2 < 1e-2


def test_errors_are_those_of_an_independent_fit():
    data = points(whh(2.0, 0.2), tc_error=0.0)
    fit = fit_law(BY_NAME[WHH], data)

    def model(temperature, slope, square, spin_orbit):
        return upper_critical_field(temperature, TC, slope, np.sqrt(square), spin_orbit)

    best, covariance = curve_fit(
        model, TEMPERATURE, data.field_T, (2.5, 3.0, 0.3), data.field_error_T, absolute_sigma=True, bounds=(0, 100)
    )
    assert fit.values[:3] == pytest.approx(best, rel=1e-3)
    assert np.sqrt(np.diagonal(fit.covariance)[:3]) == pytest.approx(np.sqrt(np.diagonal(covariance)), rel=1e-2)
    assert fit.values[3] == TC


def test_whh_with_spin_effects():
    found = points_findings(points(whh(2.0, 0.2), noise=0.005), {})
    for quantity, truth in (("whh_slope", SLOPE), ("maki_parameter", 2.0), ("spin_orbit_scattering", 0.2)):
        assert_covers(pick(found, WHH, quantity), truth)
    assert_covers(pick(found, WHH, "Bc2_0"), float(upper_critical_field(0.0, TC, SLOPE, 2.0, 0.2)))
    assert_covers(pick(found, WHH, "maki_parameter_from_slope"), 0.52756 * SLOPE)
    assert_covers(pick(found, ORBITAL_SLOPE, "Bc2_0"), 0.692673 * TC * SLOPE)
    assert "correlation" in pick(found, WHH, "maki_parameter").reason
    assert "EXTRAPOLATED" in pick(found, ORBITAL_SLOPE, "Bc2_0").reason
    for method in (WHH_ORBITAL, GL, TWO_FLUID):
        assert pick(found, method, "Bc2_0").verdict is Verdict.MODEL_REJECTED
        assert pick(found, method, "Bc2_0").value is None


def test_numbers_that_follow_from_bc2():
    found = points_findings(points(whh(0.0, 0.0)), {})
    zero, ratio, length = (
        pick(found, WHH_ORBITAL, name).value for name in ("Bc2_0", "pauli_ratio", "coherence_length")
    )
    assert zero is not None
    assert ratio == pytest.approx(zero / (1.8568 * TC), rel=3e-3)
    assert length == pytest.approx((2.067833848e-15 / (2 * np.pi * zero)) ** 0.5)


def test_orbital_points_bound_the_spin_parameters_instead_of_giving_them():
    found = points_findings(points(whh(0.0, 0.0)), {})
    maki = pick(found, WHH, "maki_parameter")
    assert maki.value is None
    assert maki.verdict is Verdict.NOT_ENOUGH_DATA
    assert "95 %" in maki.reason or "every value" in maki.reason
    orbital = float(upper_critical_field(0.0, TC, SLOPE, 0.0, 0.0))
    assert_covers(pick(found, WHH_ORBITAL, "Bc2_0"), orbital)
    assert_covers(pick(found, WHH, "Bc2_0"), orbital)


def test_maki_parameter_from_the_slope_is_one_parameter_fewer():
    data = points(whh(0.52756 * SLOPE, 0.5))
    found = points_findings(data, {})
    assert_covers(pick(found, WHH_SLOPE, "spin_orbit_scattering"), 0.5)
    tied, free = pick(found, WHH_SLOPE, "whh_slope"), pick(found, WHH, "whh_slope")
    assert (tied.error or 0) <= (free.error or 0)


@pytest.mark.parametrize(
    ("method", "shape"),
    [
        (GL, lambda t: 1 - t),
        (TWO_FLUID, lambda t: (1 - t**2) / (1 + t**2)),
        (PARABOLIC, lambda t: 1 - t**2),
    ],
)
def test_simple_shapes(method, shape):
    found = points_findings(points(8.0 * shape(TEMPERATURE / TC)), {})
    assert_covers(pick(found, method, "Bc2_0"), 8.0)
    for other in {GL, TWO_FLUID, PARABOLIC, WHH_ORBITAL} - {method}:
        assert pick(found, other, "Bc2_0").verdict is Verdict.MODEL_REJECTED


def test_the_number_of_whh_is_refused_where_only_other_laws_fit():
    found = points_findings(points(8.0 * (1 - TEMPERATURE / TC), noise=0.005), {})
    for quantity in ("Bc2_0", "pauli_ratio", "coherence_length"):
        one = pick(found, ORBITAL_SLOPE, quantity)
        assert one.verdict is Verdict.MODEL_REJECTED
        assert one.value is None
        assert "describes the points" in one.reason
    # the slope at Tc, B0/Tc, needs no law
    assert_covers(pick(found, ORBITAL_SLOPE, "whh_slope"), 8.0 / TC)


def test_two_kinds_of_law_that_both_fit_are_named():
    # WHH imitates 1 - t^2 to a small part of these errors
    found = points_findings(points(8.0 * (1 - (TEMPERATURE / TC) ** 2)), {})
    assert PARABOLIC in pick(found, WHH, "Bc2_0").reason
    assert WHH in pick(found, PARABOLIC, "Bc2_0").reason
    maki = pick(found, WHH, "maki_parameter")
    if maki.value is not None:
        assert maki.verdict is Verdict.PROVISIONAL
        assert "without this parameter" in maki.reason


def test_laws_that_disagree_about_zero_temperature_are_a_doubt():
    warm = TEMPERATURE > 0.55 * TC
    field = 8.0 * (1 - (TEMPERATURE[warm] / TC) ** 2)
    some = CriticalFieldPoints(TEMPERATURE[warm], field, 0.02 * field, np.zeros(field.size), TC, 0.02)
    fits = {fit.law.name: fit for fit in fit_laws(some)}
    # without noise: the parabola ends at 8 T, orbital WHH through the same points at some 11 T
    assert not disagreement(fits[PARABOLIC], [fits[PARABOLIC]])
    assert not disagreement(fits[WHH], [fits[WHH_ORBITAL]])
    (doubt,) = disagreement(fits[PARABOLIC], [fits[PARABOLIC], fits[WHH_ORBITAL]])
    assert WHH_ORBITAL in doubt
    assert f"{fits[WHH_ORBITAL].law.field_at_zero(fits[WHH_ORBITAL].values).value:.4g} T" in doubt


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("name", ["scale", "maki_square", "spin_orbit"])
def test_ends_of_the_profile_are_where_the_best_fit_with_the_value_held_is_one_worse(name, side):
    fit = fit_law(BY_NAME[WHH], points(whh(2.0, 0.3), noise=0.005, seed=2))
    place = fit.law.index(name)

    def quantity(values):
        return Quantity(float(values[place]), np.eye(4)[place])

    end = profile_end(fit, quantity, side, 1.0)
    assert end is not None
    start = fit.values.copy()
    start[place] = end
    assert refit(fit, start, {name: end}).chi2 - fit.chi2 == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("name", ["maki_square", "spin_orbit"])
def test_bounds_far_down_a_long_valley_hold_from_every_start(name):
    # alpha and lambda_so both far beyond what the points resolve: alpha^2/lambda_so alone is known
    fit = fit_law(BY_NAME[WHH], points(whh(6.0, 30.0), seed=3))
    place = fit.law.index(name)
    other = fit.law.index("spin_orbit" if name == "maki_square" else "maki_square")
    bound = parameter_bound(fit, name, -1)
    assert bound is not None
    assert bound < 0.5 * fit.values[place]
    rises = []
    for factor in (1.0, 0.3, 0.1, 0.03, 0.01):
        start = fit.values.copy()
        start[place], start[other] = bound, factor * start[other]
        rises.append(refit(fit, start, {name: bound}).chi2 - fit.chi2)
    assert min(rises) == pytest.approx(1.645**2, rel=0.1)


def test_a_coherence_length_of_a_large_error_is_the_middle_of_its_interval():
    found = points_findings(points(whh(2.0, 0.2), noise=0.25, seed=4), {})
    field, length = (pick(found, ORBITAL_SLOPE, name) for name in ("Bc2_0", "coherence_length"))
    assert field.error > 0.15 * field.value
    ends = [(2.067833848e-15 / (2 * np.pi * (field.value + s * field.error))) ** 0.5 for s in (-1, 1)]
    assert length.value == pytest.approx(sum(ends) / 2)
    assert length.error == pytest.approx((ends[0] - ends[1]) / 2)


def test_upward_curvature_is_described_by_nothing():
    found = points_findings(points(26.0 * (1 - TEMPERATURE / TC) ** 1.4), {})
    assert all(f.value is None for f in found)
    assert all(f.verdict is Verdict.MODEL_REJECTED for f in found)


def test_rise_with_temperature_is_told():
    found = points_findings(points(whh(3.0, 0.0)), {})
    zero = pick(found, WHH, "Bc2_0")
    assert zero.verdict is Verdict.PROVISIONAL
    assert "rises with temperature" in zero.reason


def test_points_near_tc_only_are_an_extrapolation():
    near = TEMPERATURE > 0.5 * TC
    data = points(whh(0.0, 0.0))
    part = CriticalFieldPoints(
        TEMPERATURE[near], data.field_T[near], data.field_error_T[near], np.zeros(near.sum()), TC, 0.02
    )
    zero = pick(points_findings(part, {}), WHH_ORBITAL, "Bc2_0")
    assert zero.verdict is Verdict.PROVISIONAL
    assert "EXTRAPOLATED" in zero.reason


def test_temperature_errors_count_by_the_slope():
    field = whh(0.0, 0.0)
    sigma = np.full(field.size, 0.02)
    by_temperature = CriticalFieldPoints(TEMPERATURE, field, np.zeros(field.size), sigma, TC, 0.0)
    slopes = np.abs(BY_NAME[WHH_ORBITAL].predict(TEMPERATURE, np.array([SLOPE, TC])).slope_T_per_K)
    by_field = CriticalFieldPoints(TEMPERATURE, field, sigma * slopes, np.zeros(field.size), TC, 0.0)
    errors = [fit_law(BY_NAME[WHH_ORBITAL], data).covariance[0, 0] ** 0.5 for data in (by_temperature, by_field)]
    assert errors[0] == pytest.approx(errors[1], rel=1e-2)


def hc2(count: int = 12, orientation: str = "in_plane") -> list[Finding]:
    temperature = np.linspace(2.0, 9.5, count)
    field = upper_critical_field(temperature, TC, SLOPE, 0.0, 0.0)
    noise = np.random.default_rng(5).normal(size=count)
    return [
        Finding(
            "Hc2",
            float(b * (1 + 0.01 * z)),
            float(0.01 * b),
            "T",
            Verdict.GOOD,
            conditions={"temperature_K": float(t), "orientation": orientation, "criterion": "mid"},
            curves=(f"{b:.1f} T",),
        )
        for t, b, z in zip(temperature, field, noise, strict=True)
    ]


TC_FINDING = Finding("Tc_mid", TC, 0.01, "K", Verdict.GOOD)


def test_findings_in_findings_out():
    found = critical_field_fit_findings(hc2()[::-1], TC_FINDING, True)
    zero = pick(found, WHH_ORBITAL, "Bc2_0")
    assert_covers(zero, float(upper_critical_field(0.0, TC, SLOPE, 0.0, 0.0)))
    assert zero.verdict is Verdict.GOOD
    assert zero.conditions == {"orientation": "in_plane", "criterion": "mid"}
    assert zero.window["temperature_K"] == (2.0, 9.5)
    assert len(zero.curves) == 12


def test_without_tc_the_points_extrapolate_to_it():
    zero = pick(critical_field_fit_findings(hc2(), None, True), WHH_ORBITAL, "Bc2_0")
    assert_covers(zero, float(upper_critical_field(0.0, TC, SLOPE, 0.0, 0.0)))


def test_nothing_is_good_while_points_may_come():
    found = critical_field_fit_findings(hc2(), TC_FINDING, False)
    assert all(f.verdict is not Verdict.GOOD for f in found)


def test_too_few_points_and_mixtures():
    (few,) = critical_field_fit_findings(hc2(4), TC_FINDING, True)
    assert few.verdict is Verdict.NOT_ENOUGH_DATA
    assert "need 5" in few.reason
    assert critical_field_fit_findings([], None, True)[0].value is None
    with pytest.raises(AnalysisError, match="orientations"):
        critical_field_fit_findings([*hc2(), *hc2(orientation="out_of_plane")], TC_FINDING, True)


@pytest.mark.parametrize(
    "change",
    [
        {"temperature_K": np.array([-1.0, 2, 3, 4, 5])},
        {"field_T": np.array([1.0, 2, np.nan, 4, 5])},
        {"field_T": np.array([1.0, 2, 3, 4])},
        {"field_T": np.array([5.0, 4, 3, -2, 1])},
        {"field_error_T": np.zeros(5)},
        {"field_error_T": -np.ones(5)},
        {"tc_K": -1.0},
        {"tc_K": 10.0, "tc_error_K": np.inf},
    ],
)
def test_bad_points(change):
    good = {
        "temperature_K": np.arange(1.0, 6.0),
        "field_T": np.arange(6.0, 1.0, -1.0),
        "field_error_T": np.full(5, 0.1),
        "temperature_error_K": np.zeros(5),
    }
    with pytest.raises(AnalysisError):
        CriticalFieldPoints(**(good | change))


@pytest.mark.parametrize(
    ("temperature", "field"),
    [
        ([1, 2, 3, 4, 5, 6], [3, 3, 3, 3, 3, 3]),  # constant
        ([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]),  # wrong sign
        ([1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 200, 1]),  # a spike
    ],
)
def test_points_that_are_no_boundary_give_no_number(temperature, field):
    field = np.array(field, dtype=float)
    data = CriticalFieldPoints(np.array(temperature, dtype=float), field, 0.01 * field, np.zeros(6), 7.0, 0.01)
    assert all(f.value is None for f in points_findings(data, {}))


def test_points_at_one_temperature_are_no_boundary():
    field = np.arange(1.0, 7.0)
    with pytest.raises(AnalysisError, match="temperatures"):
        points_findings(CriticalFieldPoints(np.full(6, 4.0), field, 0.1 * field, np.zeros(6), 7.0, 0.01), {})


def test_solver_stays_in_its_box_and_leaves_a_bound_again():
    def rosenbrock(p):
        return np.array([10 * (p[1] - p[0] ** 2), 1 - p[0]]), np.array([[-20 * p[0], -1.0], [10.0, 0.0]])

    inside = minimise(rosenbrock, np.array([-1.2, 1.0]), np.array([-5.0, -5.0]), np.array([5.0, 5.0]), 1e-12)
    assert inside.values == pytest.approx([1.0, 1.0], abs=1e-5)
    cut = minimise(rosenbrock, np.array([0.0, 0.0]), np.zeros(2), np.array([0.5, 5.0]), 1e-12)
    assert cut.values == pytest.approx([0.5, 0.25], abs=1e-5)


def test_an_error_holds_what_other_laws_say_by_their_odds():
    """Few coarse points on a straight line, which the two-fluid law passes as chance may have it."""
    reduced = np.array([0.3, 0.4, 0.55, 0.7, 0.85])
    field = 10.0 * (1.0 - reduced)
    data = CriticalFieldPoints(reduced, field, 0.01 * field + 0.05, np.full(5, 1e-6), 1.0, 1e-3)
    found = points_findings(data, {})
    line, other = (pick(found, method, "Bc2_0") for method in (GL, TWO_FLUID))
    assert line.verdict is other.verdict is Verdict.PROVISIONAL
    assert line.value == pytest.approx(10.0, rel=1e-6)
    # chi2 is 0.0 and 7.7: odds of 1 to exp(-7.7/2) = 0.0213, a mean 1 part in 48 from the line
    apart, share = line.value - other.value, np.exp(-7.7 / 2) / (1 + np.exp(-7.7 / 2))
    assert other.error == pytest.approx((1 - share) * apart, rel=0.02)
    assert share * apart < line.error < 0.2
    assert_covers(other, 10.0)


def test_points_that_tell_the_laws_apart_leave_the_error_alone():
    field = 10.0 * (1.0 - TEMPERATURE / TC)
    found = points_findings(points(field, noise=0.005), {})
    assert pick(found, TWO_FLUID, "Bc2_0").verdict is Verdict.MODEL_REJECTED
    (fit,) = (one for one in fit_laws(points(field, noise=0.005)) if one.law.name == GL)
    own = fit.linear_error(fit.law.field_at_zero(fit.values))
    assert pick(found, GL, "Bc2_0").error == pytest.approx(own, rel=0.05)

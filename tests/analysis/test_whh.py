"""WHH against hand-derived limits, and two formulations that share nothing with ours: digamma and plain sum."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import digamma

from analysis.errors import AnalysisError
from analysis.models.whh import (
    MAKI_PER_SLOPE_K_PER_T,
    ORBITAL_RATIO,
    ratio_with_slopes,
    rises_with_temperature,
    turning_point,
    upper_critical_field,
    upper_critical_field_ratio,
)
from analysis.models.whh_sum import pair_breaking

TEMPERATURES = st.floats(0.0, 1.0)
MAKIS = st.floats(0.0, 50.0)
SPIN_ORBITS = st.floats(0.0, 100.0)


def by_digamma(t: float, maki: float, spin_orbit: float) -> float:
    """WHH Eq. 28 closed in digamma functions, solved by bisection; not for alpha h = lambda_so/2 or t = 0."""

    def equation(h: float) -> float:
        root = np.sqrt(complex((maki * h) ** 2 - (spin_orbit / 2) ** 2))
        weight = 0.5 + 0.25j * spin_orbit / root
        plus, minus = (0.5 + (h + spin_orbit / 2 + sign * 1j * root) / (2 * t) for sign in (1, -1))
        return float((weight * digamma(plus) + (1 - weight) * digamma(minus)).real - digamma(0.5) + np.log(t))

    top = 4 * (1 - t) / np.pi**2
    return float(np.pi**2 / 4 * brentq(equation, 1e-6 * top, top * (1 + 1e-12), xtol=1e-15, rtol=1e-14))


def by_sum(t: float, h: float, maki: float, spin_orbit: float, terms: int = 200_000) -> float:
    """The Matsubara sum itself, its tail by the integral of the summand's first two orders in 1/n."""
    n = 2.0 * np.arange(terms) + 1.0
    a, b, c = h / t, (h + spin_orbit) / t, maki * h / t
    summand = (a * (n + b) + c * c) / (n * ((n + a) * (n + b) + c * c))
    end = 2.0 * terms  # from here a/n^2 + (c^2 - a^2)/n^3, by midpoints
    tail = a / end + (c * c - a * a) / (2 * end**2)
    return float(2 * np.sum(summand[::-1]) + tail + np.log(t))


@pytest.mark.parametrize(
    ("t", "maki", "spin_orbit", "expected"),
    [
        (0.0, 0.0, 0.0, 0.692672873756),
        (0.0, 0.0, 7.0, 0.692672873756),
        (0.0, 2.0, 0.0, 0.692672873756 / 5**0.5),
        (0.0, 50.0, 0.0, 0.692672873756 / 2501**0.5),
        (0.3, 1.0, 0.40612976544, 0.501042515049),  # alpha h = lambda_so/2
        (0.05, 2.0, 0.726688394696, 0.448257936157),
    ],
)
def test_values_derived_by_hand(t, maki, spin_orbit, expected):
    assert upper_critical_field_ratio(t, maki, spin_orbit) == pytest.approx(expected, rel=1.5e-11)


@pytest.mark.parametrize(
    ("spin_orbit", "expected"),
    [(1.0, 0.473843), (10.0, 0.633984), (100.0, 0.685187), (1000.0, 0.691899), (1e5, 0.692665)],
)
def test_spin_orbit_scattering_restores_the_orbital_field(spin_orbit, expected):
    assert upper_critical_field_ratio(0.0, 2.0, spin_orbit) == pytest.approx(expected, abs=6e-7)


def test_constants():
    assert pytest.approx(0.692672873756, rel=1e-11) == ORBITAL_RATIO
    assert pytest.approx(0.52756, abs=5e-6) == MAKI_PER_SLOPE_K_PER_T


@pytest.mark.parametrize("t", [1e-3, 0.02, 0.3, 0.77, 0.999])
@pytest.mark.parametrize("maki", [0.0, 0.3, 2.0, 50.0])
@pytest.mark.parametrize("spin_orbit", [0.01, 0.7, 12.0, 100.0])
def test_digamma_formulation_agrees(t, maki, spin_orbit):
    # the reference itself loses digits to cancellation near Tc and where lambda_so/t is large
    assert upper_critical_field_ratio(t, maki, spin_orbit) == pytest.approx(
        by_digamma(t, maki, spin_orbit), rel=1e-9
    )


@pytest.mark.parametrize("t", [0.05, 0.4, 0.9])
@pytest.mark.parametrize(("maki", "spin_orbit"), [(0.0, 0.0), (1.0, 0.0), (3.0, 0.4), (0.2, 5.0), (20.0, 80.0)])
def test_plain_sum_vanishes_at_the_solution(t, maki, spin_orbit):
    h = float(upper_critical_field_ratio(t, maki, spin_orbit)) * 4 / np.pi**2
    rise = float(pair_breaking(*map(np.atleast_1d, (t, h, maki, spin_orbit))).by_field[0])
    assert abs(by_sum(t, h, maki, spin_orbit)) < 1e-9 * h * rise


@pytest.mark.parametrize("cold", [2.0**-10, 2.0**-20, 2.0**-30, 2.0**-50])
@pytest.mark.parametrize(("maki", "spin_orbit"), [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (50.0, 100.0), (0.1, 100.0)])
def test_slope_at_tc_is_one_for_all_parameters(cold, maki, spin_orbit):
    # second order of the digamma form in h: |h*/(1-t) - 1| < (1 + alpha^2) (1-t)
    assert upper_critical_field_ratio(1 - cold, maki, spin_orbit) / cold == pytest.approx(
        1.0, abs=(1 + maki**2) * cold + 1e-11
    )


def test_near_tc_to_the_digits_known():
    t = 0.999
    known = {(0.0, 0.0): 0.99985, (1.0, 0.0): 0.9995, (1.0, 1.0): 0.99967}
    for (maki, spin_orbit), expected in known.items():
        found = upper_critical_field_ratio(t, maki, spin_orbit) / 1e-3
        assert found == pytest.approx(expected, abs=6e-6 if expected != 0.9995 else 6e-5)


@given(TEMPERATURES, MAKIS, SPIN_ORBITS)
def test_every_argument_has_a_solution_under_the_orbital_curve(t, maki, spin_orbit):
    found = float(upper_critical_field_ratio(t, maki, spin_orbit))
    orbital = float(upper_critical_field_ratio(t, 0.0, 0.0))
    assert 0 <= found <= orbital * (1 + 1e-11) <= (1 - t) * (1 + 2e-11)
    assert (found == 0) == (t == 1)


@given(TEMPERATURES, MAKIS, MAKIS, SPIN_ORBITS)
def test_the_field_falls_with_maki(t, first, second, spin_orbit):
    low, high = sorted((first, second))
    less, more = upper_critical_field_ratio(t, [high, low], spin_orbit)
    assert less <= more * (1 + 1e-11)


@given(TEMPERATURES, MAKIS, SPIN_ORBITS, SPIN_ORBITS)
def test_the_field_rises_with_spin_orbit_scattering(t, maki, first, second):
    low, high = sorted((first, second))
    less, more = upper_critical_field_ratio(t, maki, [low, high])
    assert less <= more * (1 + 1e-11)


@given(st.floats(0.0, 20.0), st.floats(0.1, 20.0), st.floats(0.0, 10.0), MAKIS, SPIN_ORBITS, st.floats(0.1, 10.0))
def test_scaling(temperature, tc, slope, maki, spin_orbit, factor):
    once = upper_critical_field(temperature, tc, slope, maki, spin_orbit)
    both = upper_critical_field(factor * temperature, factor * tc, slope, maki, spin_orbit)
    assert both == pytest.approx(factor * once, rel=1e-9, abs=1e-12)
    assert upper_critical_field(temperature, tc, 2 * slope, maki, spin_orbit) == pytest.approx(2 * once, rel=1e-12)
    assert (temperature < tc) or once == 0


@pytest.mark.parametrize(
    ("t", "maki", "spin_orbit"),
    [(0.02, 2.0, 0.0), (0.3, 1.0, 0.40612976544), (0.5, 0.3, 30.0), (0.9, 10.0, 2.0), (0.7, 1.2, 0.4)],
)
def test_derivatives_are_those_of_the_digamma_form(t, maki, spin_orbit):
    found, step = ratio_with_slopes(t, maki, spin_orbit), 1e-4
    places = np.array([-2, -1, 1, 2]) * step
    weights = np.array([1, -8, 8, -1]) / (12 * step)
    for derivative, direction in ((found.by_t, 0), (found.by_maki, 1), (found.by_spin_orbit, 2)):
        points = [[t, maki, spin_orbit] for _ in places]
        for point, place in zip(points, places, strict=True):
            point[direction] = abs(point[direction] + place)
        if direction == 2 and spin_orbit == 0:
            continue
        values = np.array([by_digamma(a, b, max(c, 1e-9)) for a, b, c in points])
        assert derivative == pytest.approx(weights @ values, rel=2e-7, abs=2e-9)


@pytest.mark.parametrize(
    ("spin_orbit", "critical_maki"), [(0.0, 1.0), (0.05, 1.277), (0.1, 1.6175), (0.2, 2.612), (0.3, 4.518)]
)
def test_where_the_curve_turns(spin_orbit, critical_maki):
    assert turning_point(0.99 * critical_maki, spin_orbit) == 0
    assert turning_point(1.02 * critical_maki, spin_orbit) > 0


def test_no_turning_with_strong_scattering():
    assert turning_point(1000.0, 0.6) == 0


@pytest.mark.parametrize(
    ("maki", "t", "rise"), [(1.5, 0.165, 1.0), (2.0, 0.23, 2.9), (3.0, 0.30, 6.6), (5.0, 0.365, 11.4)]
)
def test_size_of_the_rise(maki, t, rise):
    turn = turning_point(maki, 0.0)
    high, low = upper_critical_field_ratio([turn, 0.0], maki, 0.0)
    assert turn == pytest.approx(t, abs=3e-3)
    assert 100 * (high / low - 1) == pytest.approx(rise, abs=0.06)
    assert list(rises_with_temperature([0.0, 0.5 * turn, turn + 0.01, 1.0], maki, 0.0)) == [
        False,
        True,
        False,
        False,
    ]


def test_shapes_follow_the_arguments():
    assert upper_critical_field_ratio(0.5, 0.0, 0.0).shape == ()
    assert upper_critical_field_ratio(np.ones((3, 1)) * 0.5, np.zeros(4), 0.0).shape == (3, 4)
    assert upper_critical_field_ratio(np.empty(0), 0.0, 0.0).shape == (0,)
    assert list(upper_critical_field_ratio([1.0, 1.5], 1.0, 1.0)) == [0.0, 0.0]


@pytest.mark.parametrize(
    "arguments",
    [(-0.1, 0, 0), (0.5, -1, 0), (0.5, 0, -1e-9), (np.nan, 0, 0), (0.5, np.inf, 0), ([0.1, 0.2], [1, 2, 3], 0)],
)
def test_bad_arguments(arguments):
    with pytest.raises(AnalysisError):
        upper_critical_field_ratio(*arguments)


@pytest.mark.parametrize(
    "arguments", [(1.0, 0.0, 1, 0, 0), (1.0, np.nan, 1, 0, 0), (1, 2, -1, 0, 0), (-1, 2, 1, 0, 0)]
)
def test_bad_arguments_in_kelvin_and_tesla(arguments):
    with pytest.raises(AnalysisError):
        upper_critical_field(*arguments)

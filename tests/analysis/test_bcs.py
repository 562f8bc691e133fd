"""The gap equation against two other forms of itself, and the fields that go with it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import k0

from analysis.errors import AnalysisError
from analysis.models import bcs


@pytest.mark.parametrize(
    ("t", "expected"),
    [
        (0.1, 0.99999998),
        (0.3, 0.99712376),
        (0.5, 0.95688472),
        (0.7, 0.82877097),
        (0.9, 0.52634193),
        (0.95, 0.38031695),
        (0.99, 0.17295385),
    ],
)
def test_known_values(t, expected):
    assert bcs.gap_ratio(t) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("t", [0.08, 0.2, 0.35, 0.5, 0.7])
def test_against_the_series_of_bessel_functions(t):
    """ln(Delta(0)/Delta) = 2 sum_k (-1)^(k+1) K0(k Delta/kT): the same equation, expanded from the cold side."""
    ratio = bcs.gap_ratio(t)
    k = np.arange(1, 400)
    series = 2 * np.sum((-1.0) ** (k + 1) * k0(k * bcs.WEAK_COUPLING_GAP * ratio / t))
    assert ratio == pytest.approx(np.exp(-series), abs=1e-10)


@pytest.mark.parametrize("t", [0.3, 0.6, 0.85, 0.97, 0.999])
def test_against_the_integral_over_energy(t):
    """ln(1/t) = int_0^inf [tanh(x/2)/x - tanh(e/2)/e] dx with e^2 = x^2 + (d/t)^2."""
    d = bcs.WEAK_COUPLING_GAP * float(bcs.gap_ratio(t)) / t

    def integrand(x):
        e = np.hypot(x, d)
        return np.tanh(x / 2) / x - np.tanh(e / 2) / e

    near, _ = quad(integrand, 1e-12, 40, epsabs=1e-13, epsrel=1e-12, limit=400)
    # both tangents are 1 beyond 40: int [1/x - 1/e] = ln((x + e)/(2x))
    far = np.log((40 + np.hypot(40, d)) / 80)
    assert near + far == pytest.approx(np.log(1 / t), abs=2e-9)


def test_edges_of_temperature():
    assert bcs.gap_ratio([0.0, 1.0, 1.5]).tolist() == [1.0, 0.0, 0.0]
    # Gor'kov: Delta(T)/kTc -> pi sqrt(8/(7 zeta(3))) sqrt(1 - t)
    slope = np.pi * np.sqrt(8 / (7 * 1.2020569031595942)) / bcs.WEAK_COUPLING_GAP
    assert bcs.gap_ratio(1 - 1e-8) == pytest.approx(slope * 1e-4, rel=1e-7)
    with pytest.raises(AnalysisError, match="negative"):
        bcs.gap_ratio(-0.1)
    with pytest.raises(AnalysisError):
        bcs.gap_ratio(float("nan"))


def test_series_against_direct_solution_everywhere():
    t = np.linspace(0.02, 1.0, 1501)
    assert np.max(np.abs(bcs.gap_ratio(t) - bcs.solve_gap_equation(t) / bcs.WEAK_COUPLING_GAP)) < 1e-11


@given(st.floats(0, 1.2), st.floats(0, 1.2))
def test_gap_never_rises_with_temperature(first, second):
    cold, hot = sorted((first, second))
    assert bcs.gap_ratio(cold) >= bcs.gap_ratio(hot) - 1e-11


def test_alpha_model():
    # 2 Delta(0)/kTc = 4.2 at Tc = 11.25 K: Delta(0) = 2.1 * 0.0861733 * 11.25 = 2.0358 meV
    zero = 2.1 * bcs.BOLTZMANN_meV_per_K * 11.25
    assert zero == pytest.approx(2.0358, abs=1e-4)
    assert bcs.gap(5.625, zero, 11.25) == pytest.approx(2.0358 * 0.95688472, abs=1e-4)


def test_pauli_field_and_its_two_roundings():
    assert pytest.approx(1.8568, abs=5e-5) == bcs.PAULI_T_PER_K
    assert pytest.approx(1.8422, abs=5e-5) == bcs.CLOGSTON_T_PER_K
    assert bcs.pauli_field(10.0) == pytest.approx(18.568, abs=5e-4)
    assert bcs.pauli_field(11.25, bcs.CLOGSTON_GAP) == pytest.approx(20.72, abs=0.01)
    assert bcs.pauli_field(11.25, 2.1) == pytest.approx(24.87, abs=0.01)
    with pytest.raises(AnalysisError):
        bcs.pauli_field(-1.0)


def test_gap_in_field_by_hand():
    assert bcs.gap_in_field_parabolic([0, -3, 5, 7], 5.0) == pytest.approx([1, 0.64, 0, 0])
    assert bcs.gap_in_field_thin_film([0, 3, 5], 5.0) == pytest.approx([1, 0.8, 0])
    assert bcs.gap_in_field_vortex_average([0, 3.2, 9], 5.0) == pytest.approx([1, 0.6, 0])
    with pytest.raises(AnalysisError):
        bcs.gap_in_field_parabolic(1.0, 0.0)


def test_pair_breaking_by_hand():
    # gapped side, z = 1/2: Delta = exp(-pi/8), rate = Delta/2, in units of its critical value Delta
    order = np.exp(-np.pi / 8)
    assert bcs.pair_broken_order_parameter(order) == pytest.approx(order, abs=1e-12)
    assert bcs.pair_broken_spectral_gap(order) == pytest.approx(order * (1 - 0.5 ** (2 / 3)) ** 1.5, abs=1e-12)
    # the gap closes at z = 1: p = 2 exp(-pi/4)
    closing = 2 * np.exp(-np.pi / 4)
    assert bcs.pair_broken_order_parameter(closing) == pytest.approx(np.exp(-np.pi / 4), abs=1e-12)
    assert bcs.pair_broken_spectral_gap(closing * 1.001) == 0.0
    # gapless side, z = 2: ln Delta = -arcosh 2 - [2 arcsin(1/2) - sqrt(3/4)]/2
    order = np.exp(-np.arccosh(2) - 0.5 * (2 * np.arcsin(0.5) - np.sqrt(0.75)))
    assert bcs.pair_broken_order_parameter(4 * order) == pytest.approx(order, abs=1e-12)
    # z -> infinity: ln p - u^2/4 + u^2/3 = 0 with u = 2 Delta/p, so Delta^2 = 3 (1 - p)
    assert bcs.pair_broken_order_parameter(1 - 1e-6) == pytest.approx(np.sqrt(3e-6), rel=1e-5)
    assert bcs.pair_broken_order_parameter([0.0, 1.0, 3.0]).tolist() == [1.0, 0.0, 0.0]


@given(st.floats(0, 1.3), st.floats(0, 1.3))
def test_pair_breaking_never_helps(first, second):
    less, more = sorted((first, second))
    assert bcs.pair_broken_order_parameter(less) >= bcs.pair_broken_order_parameter(more) - 1e-12
    assert bcs.pair_broken_spectral_gap(less) <= bcs.pair_broken_order_parameter(less)

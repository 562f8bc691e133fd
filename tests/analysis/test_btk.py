"""The conductance of a contact: limits by hand, two other formulations, and the smearings."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from analysis.errors import AnalysisError
from analysis.models.bcs import BOLTZMANN_meV_per_K
from analysis.models.btk import conductance, from_transparency, gradient, zero_temperature
from analysis.models.dynes import density_of_states


def kelvin(thermal_meV):
    return thermal_meV / BOLTZMANN_meV_per_K


def coherence_factors(energy, gap, broadening, barrier):
    """1 + A - B over its normal value with u and v as Blonder, Tinkham and Klapwijk write them, for E > 0."""
    e = energy + 1j * broadening
    u2 = 0.5 * (1 + np.sqrt(1 - gap**2 / e**2))
    v2 = 1 - u2
    g = u2 + (u2 - v2) * barrier**2
    andreev = np.abs(np.sqrt(u2 * v2) / g) ** 2
    normal = np.abs((u2 - v2) / g) ** 2 * barrier**2 * (1 + barrier**2)
    return (1 + barrier**2) * (1 + andreev - normal)


def table_two(energy, gap, barrier):
    """The same without broadening, from the real expressions of Table II of the paper of 1982."""
    z2 = barrier**2
    if energy < gap:
        andreev = gap**2 / (energy**2 + (gap**2 - energy**2) * (1 + 2 * z2) ** 2)
        return (1 + z2) * 2 * andreev
    u2 = 0.5 * (1 + np.sqrt(energy**2 - gap**2) / energy)
    v2 = 1 - u2
    g2 = (u2 + z2 * (u2 - v2)) ** 2
    return (1 + z2) * (1 + u2 * v2 / g2 - (u2 - v2) ** 2 * z2 * (1 + z2) / g2)


def test_transparent_contact_doubles_the_conductance():
    assert zero_temperature([0.0, 0.3, 0.99], 1.0, 0.0, 0.0) == pytest.approx([2, 2, 2], abs=1e-12)


@pytest.mark.parametrize("barrier", [0.0, 0.5, 1.0, 3.0])
def test_edge_and_zero_bias(barrier):
    z2 = barrier**2
    assert zero_temperature(1.0, 1.0, 0.0, barrier) == pytest.approx(2 * (1 + z2), rel=1e-7)
    assert zero_temperature(0.0, 1.0, 0.0, barrier) == pytest.approx(2 * (1 + z2) / (1 + 2 * z2) ** 2, abs=1e-12)


def test_zero_bias_number():
    # Z = 1/2: 2 * 1.25 / 1.5^2 = 10/9
    assert zero_temperature(0.0, 1.0, 0.0, 0.5) == pytest.approx(10 / 9, abs=1e-12)


@settings(max_examples=300)
@given(st.floats(0.01, 5), st.floats(0.2, 3), st.floats(1e-3, 1), st.floats(0, 6))
def test_against_coherence_factors(energy, gap, broadening, barrier):
    expected = coherence_factors(energy, gap, broadening, barrier)
    assert zero_temperature(energy, gap, broadening, barrier) == pytest.approx(expected, rel=1e-9, abs=1e-10)


@settings(max_examples=200)
@given(st.floats(0.0, 5), st.floats(0, 6))
def test_against_the_table_of_1982(energy, barrier):
    if abs(energy - 1.0) > 1e-6:
        assert zero_temperature(energy, 1.0, 0.0, barrier) == pytest.approx(
            table_two(energy, 1.0, barrier), rel=1e-9
        )


@settings(max_examples=200)
@given(st.floats(0.0, 5), st.one_of(st.floats(0, 6), st.just(np.inf)), st.floats(0.3, 3))
def test_without_broadening_in_closed_form(share, barrier, gap):
    """Table II again, now of the shorter expression that is used where the broadening is none."""
    if abs(share - 1.0) > 1e-6:
        energy = np.array([share * gap, -share * gap])
        got = from_transparency(energy, gap, 0.0, 1.0 / (1.0 + barrier**2))
        expected = table_two(share, 1.0, barrier) if np.isfinite(barrier) else density_of_states(share, 1.0, 0.0)
        assert got == pytest.approx([float(expected)] * 2, rel=1e-9)


def test_edge_without_broadening():
    assert from_transparency(np.array([1.0]), 1.0, 0.0, 0.2) == pytest.approx([2 / 0.2])
    assert from_transparency(np.array([1.0]), 1.0, 0.0, 0.0) == [np.inf]


def test_infinite_barrier_is_the_density_of_states():
    energy = np.linspace(-4, 4, 801)
    assert zero_temperature(energy, 1.0, 0.05, np.inf) == pytest.approx(density_of_states(energy, 1.0, 0.05))
    # how fast: the largest difference at G = 0.05
    for barrier, difference in ((5, 0.116), (20, 0.0077), (100, 0.0003)):
        apart = np.abs(zero_temperature(energy, 1.0, 0.05, barrier) - density_of_states(energy, 1.0, 0.05))
        assert np.max(apart) == pytest.approx(difference, rel=0.1)


def test_density_of_states_by_hand():
    # E = 2 Delta: 2/sqrt 3; nothing in the gap; at zero energy G/sqrt(G^2 + Delta^2)
    assert density_of_states([2.0, -2.0, 0.5], 1.0, 0.0) == pytest.approx([2 / 3**0.5, 2 / 3**0.5, 0])
    assert density_of_states(0.0, 1.0, 0.75) == pytest.approx(0.75 / 1.25)
    assert density_of_states(1.0, 1.0, 0.0) == np.inf


@pytest.mark.parametrize(
    ("barrier", "excess"),
    [(0, 4 / 3), (0.5, 0.852243), (1, 0.396129), (2, 0.120517), (5, 0.019964), (20, 0.001250)],
)
def test_excess_current(barrier, excess):
    """e I R_N/Delta beyond the normal line: the integral over the bias does not know of temperature."""

    def over(lower, upper):
        return quad(lambda e: float(zero_temperature(e, 1.0, 0.0, barrier)) - 1, lower, upper, limit=400)[0]

    below = over(0, 0.999) + over(0.999, 1)
    # E = cosh x takes the root out of the edge
    above = quad(
        lambda x: (float(zero_temperature(np.cosh(x), 1.0, 0.0, barrier)) - 1) * np.sinh(x), 0, 12, limit=400
    )[0]
    assert below + above == pytest.approx(excess, abs=2e-5)


@pytest.mark.parametrize(("thermal", "expected"), [(0.1, 3.7295e-4), (0.05, 2.3398e-8)])
def test_tunnelling_zero_bias(thermal, expected):
    # a little below sqrt(2 pi Delta/kT) exp(-Delta/kT) times 1 + 3 kT/(8 Delta) + ...
    value = conductance(0.0, 1.0, 0.0, np.inf, kelvin(thermal))
    asymptote = np.sqrt(2 * np.pi / thermal) * np.exp(-1 / thermal)
    assert value == pytest.approx(expected, abs=4e-9)
    assert value == pytest.approx(asymptote * (1 + 0.375 * thermal), rel=0.01, abs=4e-9)


def by_quadrature(bias, gap, broadening, barrier, thermal):
    """Adaptive quadrature with a root taken out of both ends of every piece."""

    def integrand(energy):
        decay = np.exp(-abs(energy - bias) / thermal)
        return float(zero_temperature(energy, gap, broadening, barrier)) * decay / (1 + decay) ** 2 / thermal

    reach = 40 * thermal
    points = sorted({bias - reach, bias + reach, *(p for p in (-gap, gap, bias) if abs(p - bias) < reach)})
    total = 0.0
    for low, high in pairwise(points):
        half = np.sqrt(0.5 * (high - low))
        for start, sign in ((low, 1), (high, -1)):
            total += quad(
                lambda y, a=start, s=sign: 2 * y * integrand(a + s * y * y),
                0,
                half,
                epsabs=1e-12,
                epsrel=1e-11,
                limit=500,
            )[0]
    return total


@pytest.mark.filterwarnings("ignore::scipy.integrate.IntegrationWarning")
@pytest.mark.parametrize("broadening", [0.5, 0.06, 1e-3, 0.0])
@pytest.mark.parametrize(("barrier", "thermal"), [(0.0, 0.05), (0.7, 0.3), (3.0, 0.05), (np.inf, 0.1)])
def test_temperature_against_quadrature(broadening, barrier, thermal):
    bias = np.array([0.0, 0.98, 1.3, 3.0])
    if broadening == 0 and np.isinf(barrier):
        bias = bias[[0, 2]]  # where the reference can do it
    expected = [by_quadrature(v, 1.0, broadening, barrier, thermal) for v in bias]
    accuracy = 1e-7 if broadening else 1e-5
    assert conductance(bias, 1.0, broadening, barrier, kelvin(thermal)) == pytest.approx(expected, abs=accuracy)


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 3), st.floats(1e-3, 0.6), st.floats(0, 4), st.floats(0.01, 0.4), st.floats(0.1, 20))
def test_scaling_symmetry_and_normal_state(bias, broadening, barrier, thermal, scale):
    one = conductance([bias, -bias, 300.0], 1.0, broadening, barrier, kelvin(thermal))
    other = conductance(bias * scale, scale, broadening * scale, barrier, kelvin(thermal * scale))
    assert one[0] == pytest.approx(one[1], abs=1e-10)
    assert one[0] == pytest.approx(float(other), abs=2e-8)
    assert one[2] == pytest.approx(1.0, abs=1e-4)


def test_arguments_broadcast():
    gaps = np.array([[0.8], [1.2]])
    temperatures = np.array([0.5, 1.0, 2.0])
    both = conductance(0.9, gaps, 0.05, 0.6, temperatures)
    assert both.shape == (2, 3)
    assert both[1, 2] == pytest.approx(float(conductance(0.9, 1.2, 0.05, 0.6, 2.0)), abs=1e-9)
    assert conductance([], 1.0, 0.1, 0.5, 1.0).shape == (0,)


def test_millikelvin_is_done_in_blocks():
    """kT = 2e-4 gaps: the unbroadened spectrum away from its edge, quadrature at the edge."""
    bias = np.array([-2.0, 0.3, 0.9995, 1.0, 3.9])
    got = conductance(np.concatenate([bias, np.linspace(-4, 4, 396)]), 1.0, 0.0, 0.5, kelvin(2e-4))[:5]
    assert got[[0, 1, 4]] == pytest.approx(zero_temperature(bias[[0, 1, 4]], 1.0, 0.0, 0.5), abs=1e-6)
    assert got[2:4] == pytest.approx([by_quadrature(v, 1.0, 0.0, 0.5, 2e-4) for v in bias[2:4]], abs=1e-5)


def test_no_temperature_is_the_bare_spectrum():
    bias = np.linspace(-3, 3, 31)
    assert conductance(bias, 1.0, 0.1, 0.5, 0.0) == pytest.approx(zero_temperature(bias, 1.0, 0.1, 0.5))
    near = conductance(bias, 1.0, 0.1, 0.5, kelvin(1e-3))
    assert near == pytest.approx(zero_temperature(bias, 1.0, 0.1, 0.5), abs=1e-3)


@pytest.mark.parametrize("thermal", [0.05, 0.0])
def test_lock_in_first_harmonic(thermal):
    """The Fourier coefficient of I(V + V0 sin x), by parts: (1/pi) int G(V + V0 sin x) 2 cos^2 x dx."""
    rms = 0.2
    amplitude = rms * 2**0.5
    phase = (np.arange(400) + 0.5) * np.pi / 400 - np.pi / 2
    for bias in (0.0, 0.9, 1.4):
        inner = conductance(bias + amplitude * np.sin(phase), 1.0, 0.1, 0.8, kelvin(thermal))
        expected = 2 * np.mean(inner * np.cos(phase) ** 2)
        got = conductance(bias, 1.0, 0.1, 0.8, kelvin(thermal), modulation_rms_mV=rms)
        assert got == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("thermal", [0.1, 0.0])
def test_gaussian_broadening(thermal):
    node, weight = np.polynomial.hermite.hermgauss(80)
    for bias in (0.0, 0.9, 1.4):
        inner = conductance(bias + 2**0.5 * 0.1 * node, 1.0, 0.1, 0.8, kelvin(thermal))
        got = conductance(bias, 1.0, 0.1, 0.8, kelvin(thermal), gaussian_broadening_meV=0.1)
        assert got == pytest.approx(weight @ inner / np.pi**0.5, abs=1e-7)


def test_offset():
    assert conductance(1.25, 1.0, 0.1, 0.5, 1.0, offset_mV=0.25) == pytest.approx(
        float(conductance(1.0, 1.0, 0.1, 0.5, 1.0)), abs=1e-9
    )


def test_series_resistance():
    """Forward through Ohm's law at a known contact voltage, with the current by quadrature."""
    ratio, contact = 0.2, 1.1

    def bare(v):
        return float(conductance(v, 1.0, 0.1, 0.5, kelvin(0.1)))

    current = quad(bare, 0, contact, epsabs=1e-11)[0]
    total = contact + ratio * current
    expected = (1 + ratio) / (1 / bare(contact) + ratio)
    bias = np.array([-total, total, 2.0])
    got = conductance(bias, 1.0, 0.1, 0.5, kelvin(0.1), series_resistance_ratio=ratio)
    assert got[:2] == pytest.approx([expected, expected], abs=1e-8)


def test_gradient_against_differences():
    energy = np.linspace(-3, 3, 41) + 0.013
    point = np.array([1.1, 0.15, 0.4])
    at = gradient(energy, *point)
    assert at.value == pytest.approx(zero_temperature(energy, 1.1, 0.15, (1 / 0.4 - 1) ** 0.5))
    for index, slope in enumerate((at.gap, at.broadening, at.transparency)):
        step = np.zeros(3)
        step[index] = 1e-5
        numerical = (gradient(energy, *(point + step)).value - gradient(energy, *(point - step)).value) / 2e-5
        assert slope == pytest.approx(numerical, abs=1e-7)
    numerical = (gradient(energy + 1e-5, *point).value - gradient(energy - 1e-5, *point).value) / 2e-5
    assert at.energy == pytest.approx(numerical, abs=1e-7)


@pytest.mark.parametrize(
    "wrong",
    [
        {"gap_meV": 0.0},
        {"gap_meV": np.nan},
        {"broadening_meV": -0.1},
        {"barrier": -1.0},
        {"barrier": np.nan},
        {"temperature_K": -1.0},
        {"temperature_K": np.inf},
        {"bias_mV": np.nan},
        {"modulation_rms_mV": -0.1},
        {"gaussian_broadening_meV": np.nan},
        {"series_resistance_ratio": -0.1},
        {"offset_mV": np.nan},
        {"temperature_K": 0.0, "broadening_meV": 0.0, "modulation_rms_mV": 0.1},
    ],
)
def test_wrong_arguments_are_refused(wrong):
    right = {"bias_mV": 0.5, "gap_meV": 1.0, "broadening_meV": 0.1, "barrier": 0.5, "temperature_K": 1.0}
    with pytest.raises(AnalysisError):
        conductance(**(right | wrong))

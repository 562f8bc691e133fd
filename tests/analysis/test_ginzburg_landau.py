"""Ginzburg-Landau forms and Klemm-Luther-Beasley against numbers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.models import ginzburg_landau as gl
from analysis.models import klb
from analysis.models.bcs import pauli_field
from analysis.models.whh import MAKI_PER_SLOPE_K_PER_T, upper_critical_field, upper_critical_field_ratio


def test_forms_at_half_tc():
    assert gl.linear(0.5, 8.0) == pytest.approx(4.0)
    assert gl.parallel(0.75, 8.0) == pytest.approx(4.0)
    assert gl.parabolic(0.5, 8.0) == pytest.approx(6.0)
    assert gl.two_fluid(0.5, 8.0) == pytest.approx(8.0 * 0.75 / 1.25)


@pytest.mark.parametrize("form", [gl.linear, gl.parallel, gl.parabolic, gl.two_fluid])
def test_forms_start_at_b0_fall_and_end_at_tc(form):
    values = form(np.array([0.0, 0.3, 0.999, 1.0, 1.4]), 3.0)
    assert values[0] == 3.0
    assert np.all(np.diff(values[:4]) < 0)
    assert list(values[3:]) == [0.0, 0.0]


@pytest.mark.parametrize(("form", "slope"), [(gl.linear, 1.0), (gl.two_fluid, 1.0), (gl.parabolic, 2.0)])
def test_slopes_at_tc(form, slope):
    assert form(1 - 2.0**-30, 1.0) * 2.0**30 == pytest.approx(slope, rel=1e-8)


def test_coherence_length_of_one_tesla():
    # sqrt(2.067833848e-15 / (2 pi)) m
    assert gl.coherence_length(1.0) == pytest.approx(1.814129e-8, rel=1e-6)
    assert gl.upper_critical_field(gl.coherence_length(7.0)) == pytest.approx(7.0)


def test_the_film_of_experiment_three():
    # phi0/(0.9 T 45 nm) = 51.06 nm, and the perpendicular field that goes with it
    length = gl.FLUX_QUANTUM_T_m2 / (0.9 * 45e-9)
    assert length == pytest.approx(51.06e-9, rel=1e-3)
    assert gl.upper_critical_field(length) == pytest.approx(0.126, abs=5e-4)


@given(st.floats(1e-9, 1e-6), st.floats(1e-9, 1e-6))
def test_thickness_comes_back(length, thickness):
    found = gl.film_thickness(gl.upper_critical_field(length), gl.parallel_field(length, thickness))
    assert found == pytest.approx(thickness, rel=1e-12)


def test_angle_of_a_film():
    assert gl.film_field([0.0, np.pi / 2], 2.0, 30.0) == pytest.approx([30.0, 2.0])
    field = float(gl.film_field(0.3, 2.0, 30.0))
    assert field * np.sin(0.3) / 2.0 + (field * np.cos(0.3) / 30.0) ** 2 == pytest.approx(1.0)
    assert gl.film_field(-0.3, 2.0, 30.0) == pytest.approx(field)


def test_pauli_field_and_maki_parameter_are_one_convention():
    # alpha = sqrt(2) B_orbital/B_P with B_orbital = 0.692673 Tc |dB/dT|
    slope, tc = 2.3, 7.1
    orbital = float(upper_critical_field(0.0, tc, slope, 0.0, 0.0))
    assert np.sqrt(2) * orbital / pauli_field(tc) == pytest.approx(MAKI_PER_SLOPE_K_PER_T * slope, rel=1e-9)


def test_klb_is_the_limit_of_whh():
    tc, maki, spin_orbit = 4.0, 1e4, 100.0
    temperature = np.array([0.2, 1.0, 2.0, 3.0, 3.8])
    whh = upper_critical_field(temperature, tc, maki / MAKI_PER_SLOPE_K_PER_T, maki, spin_orbit)
    limit = klb.upper_critical_field(temperature, tc, klb.spin_orbit_time(tc, spin_orbit))
    assert np.all(np.abs(whh / limit - 1) < 0.01)
    closer = upper_critical_field(temperature, tc, 100 * maki / MAKI_PER_SLOPE_K_PER_T, 100 * maki, 1e4)
    assert closer == pytest.approx(
        klb.upper_critical_field(temperature, tc, klb.spin_orbit_time(tc, 1e4)), rel=3e-4
    )


def test_spin_orbit_scattering_of_a_time():
    # 2 hbar/(3 pi k Tc tau): 2.10914e-34/(9.42478 * 1.380649e-23 * 4 * 2e-14) by hand
    assert klb.spin_orbit_scattering(4.0, 2e-14) == pytest.approx(20.261, rel=1e-4)
    with pytest.raises(AnalysisError, match="positive"):
        klb.spin_orbit_scattering(4.0, 0.0)


def test_klb_at_zero_temperature():
    # (mu_B B)^2 = 2 pi hbar k Tc exp(-gamma)/2 / (3 tau)
    time, tc = 1e-13, 3.0
    expected = np.sqrt(2 * np.pi * 1.054571817e-34 * 1.380649e-23 * tc * np.exp(-np.euler_gamma) / 2 / (3 * time))
    assert klb.upper_critical_field(0.0, tc, time) == pytest.approx(expected / 9.2740100783e-24, rel=1e-8)


def test_klb_near_tc_goes_with_the_square_root():
    near, nearer = klb.upper_critical_field([4 * (1 - 1e-4), 4 * (1 - 1e-6)], 4.0, 1e-13)
    assert near / nearer == pytest.approx(10.0, rel=1e-4)
    assert klb.upper_critical_field(4.0, 4.0, 1e-13) == 0


def test_strong_pair_breaking_by_spins_lies_below_the_pauli_limit_without_spin_orbit():
    # second-order root at T = 0: mu_B B = Delta/2, so B = B_P/sqrt(2)
    maki, tc = 1e6, 1.0
    field = maki / MAKI_PER_SLOPE_K_PER_T * tc * upper_critical_field_ratio(0.0, maki, 0.0)
    assert field == pytest.approx(float(pauli_field(tc)) / np.sqrt(2), rel=1e-9)


@pytest.mark.parametrize(
    "call",
    [
        lambda: gl.linear(-0.1, 1.0),
        lambda: gl.parabolic(np.nan, 1.0),
        lambda: gl.coherence_length(0.0),
        lambda: gl.upper_critical_field(-1e-9),
        lambda: gl.film_thickness(1.0, np.inf),
        lambda: gl.film_field(0.0, 1.0, 0.0),
        lambda: klb.upper_critical_field(1.0, 0.0, 1e-13),
        lambda: klb.upper_critical_field(1.0, 2.0, -1e-13),
        lambda: klb.upper_critical_field(-1.0, 2.0, 1e-13),
        lambda: klb.spin_orbit_time(1.0, 0.0),
    ],
)
def test_bad_arguments(call):
    with pytest.raises(AnalysisError):
        call()

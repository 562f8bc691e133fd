import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.models import activation, taff, transition
from instruments.simulation.sample import PowerLaw
from tests.instruments.simulation.samples import NBS2

temperatures = st.floats(0.05, 320.0)
fields = st.one_of(st.just(0.0), st.floats(-16.0, 16.0).filter(lambda h: abs(h) > 1e-9))
orientations = st.sampled_from(["out_of_plane", "in_plane"])


def test_normal_state_by_hand():
    # 50 mOhm + 20 uOhm/K^2 (10 K)^2
    assert NBS2.normal_resistance(10.0) == pytest.approx(0.052)
    assert NBS2.longitudinal_resistance(10.0, 0.0, "out_of_plane") == pytest.approx(0.052)


@pytest.mark.parametrize(("temperature_K", "fraction"), [(6.17, 0.99), (6.0, 0.5), (5.83, 0.01)])
def test_zero_field_transition_by_definition(temperature_K, fraction):
    assert NBS2.resistance_fraction(temperature_K, 0.0, "in_plane") == pytest.approx(fraction, abs=1e-12)


def test_flux_flow_is_linear_between_its_fields():
    # far below the meeting temperature vortices add nothing: 2.95 T is half way from 1.9 to 4 T
    assert NBS2.resistance_fraction(0.05, 2.95, "out_of_plane") == pytest.approx(0.5)
    assert NBS2.resistance_fraction(0.05, 4.0, "out_of_plane") == 1.0
    assert NBS2.resistance_fraction(0.05, 1.9, "out_of_plane") == pytest.approx(0.0, abs=1e-12)


def test_law_out_of_plane_is_the_formula_written_out():
    # H = 0.1 T, T = 5.4 K: r = 1.6e5 exp[-1228.76 (1/5.4 - 1/5.95)], saturated with n = 2; f = 0 here
    r = 1.6e5 * math.exp(-1228.76 * (1 / 5.4 - 1 / 5.95))
    assert NBS2.resistance_fraction(5.4, 0.1, "out_of_plane") == pytest.approx(r / math.sqrt(1 + r * r), rel=1e-9)


def test_law_in_plane_is_the_formula_written_out():
    u = 4653.88 * 2.0**-0.77 * (1 - 2 / 14.5) ** 2 * (1 - 5 / 6) ** 2 / 5
    r = 10 * 2 * u * math.exp(-u)
    assert NBS2.resistance_fraction(5.0, 2.0, "in_plane") == pytest.approx(r / math.sqrt(1 + r * r), rel=1e-9)


#: A share below this is none; an intermediate power may underflow there.
VANISHING = 1e-40


@given(temperatures, fields, orientations)
def test_numbers_and_arrays_follow_one_law(temperature_K, field_T, orientation):
    array = NBS2.longitudinal_resistance(np.array([temperature_K]), field_T, orientation)
    number = NBS2.longitudinal_resistance(temperature_K, field_T, orientation)
    assert isinstance(number, float)
    assert number == pytest.approx(float(array[0]), rel=1e-11, abs=1e-15)


@given(st.floats(1.0, 7.0), st.floats(0.01, 13.0))
def test_shares_are_those_of_the_models(temperature_K, field_T):
    arrhenius = NBS2.orientations["out_of_plane"].vortices
    energy = activation.broken_power_law(field_T, 1228.76, 0.1, 0.71, 1.67, 0.7)
    exponent = math.log(1.6e5) + float(energy) / 5.95
    if exponent < 600:
        law = taff.saturate(taff.arrhenius(temperature_K, energy, math.exp(exponent)), 1.0, 2.0)
        assert arrhenius.share_at(temperature_K, field_T) == pytest.approx(float(law), rel=1e-9, abs=VANISHING)
    modified = NBS2.orientations["in_plane"].vortices
    energy = activation.parabolic(field_T, 4653.88, -0.77, 14.5)
    law = taff.saturate(taff.modified(temperature_K, energy, 6.0, 2.0, 10.0), 1.0, 2.0)
    assert modified.share_at(temperature_K, field_T) == pytest.approx(float(law), rel=1e-9, abs=VANISHING)
    fraction = transition.normal_fraction(temperature_K, 6.0, 6.17, 5.83)
    assert NBS2.transition.share_at(temperature_K) == pytest.approx(float(fraction), rel=1e-9, abs=VANISHING)


@given(temperatures, fields, orientations)
def test_fraction_is_even_in_field_and_between_0_and_1(temperature_K, field_T, orientation):
    fraction = NBS2.resistance_fraction(temperature_K, field_T, orientation)
    assert 0.0 <= fraction <= 1.0
    assert fraction == NBS2.resistance_fraction(temperature_K, -field_T, orientation)


@given(fields, orientations)
def test_resistance_fraction_rises_with_temperature(field_T, orientation):
    fraction = NBS2.resistance_fraction(np.linspace(0.1, 8.0, 80), field_T, orientation)
    assert np.all(np.diff(fraction) >= -1e-12)


def test_arrays_mix_fields_with_and_without_vortices_silently():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fraction = NBS2.resistance_fraction(np.full(3, 5.0), np.array([0.0, 1e-9, 0.3]), "out_of_plane")
    assert fraction.shape == (3,)
    assert fraction[0] == pytest.approx(0.0, abs=1e-12)


def test_hall_resistance_by_hand():
    # 1/(1.75e28 * 1.602177e-19 * 2e-6) = 178.329 uOhm/T; the contacts add 0.2 * 52 mOhm
    assert NBS2.hall_resistance(10.0, 12.0) == pytest.approx(0.2 * 0.052 + 12 * 178.3289e-6, rel=1e-6)
    odd = (NBS2.hall_resistance(10.0, 12.0) - NBS2.hall_resistance(10.0, -12.0)) / 24
    assert odd == pytest.approx(178.3289e-6, rel=1e-6)


def test_field_in_the_plane_has_no_hall_resistance():
    assert NBS2.hall_resistance(10.0, 12.0, "in_plane") == pytest.approx(0.2 * 0.052)


def test_power_law_energy():
    assert PowerLaw(0.5, 800.0, 1.0).energy(2.0) == pytest.approx(200.0)


def test_unknown_orientation_and_impossible_temperature_are_refused():
    with pytest.raises(AnalysisError, match="no orientation 'tilted'; it has out_of_plane, in_plane"):
        NBS2.resistance_fraction(5.0, 1.0, "tilted")
    with pytest.raises(AnalysisError, match="temperature must be positive"):
        NBS2.resistance_fraction(0.0, 1.0, "in_plane")

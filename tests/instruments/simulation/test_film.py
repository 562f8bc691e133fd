"""A film: its WHH boundary at every criterion, its normal state, and the truth of findings."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.models import whh
from instruments.simulation.files import load_sample
from instruments.simulation.film import BoundaryTruth, Film, FilmNormalTruth
from instruments.simulation.sample import HallTruth
from instruments.simulation.specimen import SignalTruth, Surroundings
from instruments.simulation.truth import truth_of

SAMPLES = Path(__file__).parents[3] / "configs" / "samples"
OUT, IN = "out_of_plane", "in_plane"
QUANTILE_90, QUANTILE_99 = 1.2815515655446004, 2.3263478740408408

FILM = Film(
    "film",
    100e-9,
    FilmNormalTruth(50.0, 2.5, 500.0, 1e-4, 1.0),
    BoundaryTruth(11.0, 0.4, 4.0, 1.2, 0.7, 2.5),
    HallTruth(5e27, -1, 0.02),
    SignalTruth(4e-9, 300e-9, 0.0),
)
VAC, OXY, BETWEEN = (load_sample(SAMPLES / f"litio_{name}.yaml").sample() for name in ("vac", "oxy", "rrr52"))

temperatures = st.floats(0.3, 320.0)
fields = st.floats(-33.0, 33.0)


def truth(film, quantity, method="", **conditions):
    return truth_of(film, quantity, {"orientation": OUT, **conditions}, method)


def test_zero_field_transition_by_hand():
    # s = 0.4/(2 * 2.32635); 1 %, 50 %, 99 % at tc - 2.32635 s, tc, tc + 2.32635 s
    no_field = np.zeros(3)
    assert FILM.boundary.share(np.array([10.8, 11.0, 11.2]), no_field) == pytest.approx([0.01, 0.5, 0.99], abs=1e-9)
    for quantity, kelvin in (("Tc_onset", 11.2), ("Tc_mid", 11.0), ("Tc_zero", 10.8), ("transition_width", 0.4)):
        assert truth(FILM, quantity, field_T=0.0) == pytest.approx(kelvin, abs=1e-7)


@pytest.mark.parametrize("temperature_K", [0.5, 2.0, 6.0, 10.0, 10.9])
def test_ninety_per_cent_is_the_whh_law_of_the_file(temperature_K):
    tc_K = 11.0 + QUANTILE_90 * 0.4 / (2 * QUANTILE_99)
    field_T = float(whh.upper_critical_field(temperature_K, tc_K, 4.0, 1.2, 0.7))
    assert FILM.boundary.share_at(temperature_K, field_T) == pytest.approx(0.9, abs=1e-9)
    found = truth(FILM, "Hc2", criterion="90 %", temperature_K=temperature_K)
    assert found == pytest.approx(field_T, rel=1e-8)


@given(st.sampled_from([("onset", 0.99), ("90 %", 0.9), ("mid", 0.5), ("zero", 0.01)]), st.floats(1.0, 10.0))
def test_every_criterion_follows_whh_with_its_own_tc_and_slope(criterion, temperature_K):
    name, share = criterion
    parameters = {
        quantity: truth(FILM, quantity, "WHH", criterion=name)
        for quantity in ("whh_slope", "maki_parameter", "spin_orbit_scattering")
    }
    tc_K = FILM.boundary.tc_at(share)
    field_T = float(whh.upper_critical_field(temperature_K, tc_K, *parameters.values()))
    assert truth(FILM, "Hc2", criterion=name, temperature_K=temperature_K) == pytest.approx(field_T, rel=1e-7)


def test_slope_at_tc_is_what_the_resistance_shows():
    # the crossing a little below the Tc of the criterion, over the distance; the curvature is of the order 1 - t
    for name, share in (("zero", 0.01), ("90 %", 0.9)):
        tc_K = FILM.boundary.tc_at(share)
        near = truth(FILM, "Hc2", criterion=name, temperature_K=tc_K * (1 - 1e-4)) / (tc_K * 1e-4)
        assert truth(FILM, "whh_slope", criterion=name) == pytest.approx(near, rel=1e-3)


def test_transitions_widen_with_field():
    widths = [truth(FILM, "transition_width", field_T=b) for b in (0.0, 8.0, 16.0)]
    assert widths == sorted(widths)
    assert widths[2] > 1.2 * widths[0]


@given(temperatures, fields, st.sampled_from(["longitudinal", "hall"]), st.sampled_from([OUT, IN]))
def test_numbers_and_arrays_follow_one_law(temperature_K, field_T, contacts, orientation):
    array = FILM.resistance(contacts, np.array([temperature_K]), np.array([field_T]), orientation)
    number = FILM.dc_voltage(contacts, 2.0, Surroundings(temperature_K, field_T, orientation)) / 2.0
    assert number == pytest.approx(float(array[0]), rel=1e-9, abs=1e-12)


@given(temperatures, fields)
def test_isotropic_even_and_between_nothing_and_normal(temperature_K, field_T):
    values = [
        FILM.ac_voltage("longitudinal", 1.0, 0.0, Surroundings(temperature_K, b, o))
        for b in (field_T, -field_T)
        for o in (OUT, IN)
    ]
    assert len(set(values)) == 1
    assert 0.0 <= values[0] <= FILM.normal_state.resistance_at(temperature_K, field_T)


@given(st.floats(0.3, 15.0))
def test_resistance_rises_with_field(temperature_K):
    field_T = np.linspace(0.0, 33.0, 200)
    assert np.all(np.diff(FILM.resistance("longitudinal", np.full(200, temperature_K), field_T, OUT)) >= -1e-9)


def test_normal_state_by_hand():
    # R(300 K)/R(20 K) = 2.5; cold, 50 ohm (1 + 1e-4 [sqrt(9^2 + 1) - 1]) at 9 T
    hot, cold = FILM.normal_state.resistance(np.array([300.0, 20.0]), np.zeros(2))
    assert hot / cold == pytest.approx(2.5, rel=1e-9)
    assert FILM.normal_state.resistance_at(1.0, 9.0) == pytest.approx(
        50 * (1 + 1e-4 * (math.sqrt(82) - 1)), rel=1e-9
    )
    assert truth(FILM, "RRR", hot_K=300.0, cold_K=20.0) == pytest.approx(2.5, rel=1e-9)


def test_the_kept_phonon_resistance_is_the_law():
    temperature_K = np.linspace(3.1, 399.7, 500)
    law = FILM.normal_state.residual_resistance_ohm + FILM.normal_state.phonon_resistance(temperature_K)
    assert FILM.normal_state.resistance(temperature_K, np.zeros(500)) == pytest.approx(law, rel=1e-7)


def test_hall_by_hand():
    # -1/(5e27 * 1.602177e-19 * 100e-9) ohm/T
    slope = -1 / (5e27 * 1.602176634e-19 * 100e-9)
    assert truth(FILM, "hall_coefficient") == pytest.approx(slope, rel=1e-9)
    assert truth(FILM, "carrier_density") == 5e27
    assert truth(FILM, "hall_coefficient", orientation=IN) is None
    volts = [FILM.dc_voltage("hall", 1.0, Surroundings(14.0, b, OUT)) for b in (5.0, -5.0)]
    assert volts[0] - volts[1] == pytest.approx(10 * slope, rel=1e-9)
    assert sum(volts) / 2 == pytest.approx(0.02 * FILM.normal_state.resistance_at(14.0, 5.0), rel=1e-6)


def test_parameters_mean_what_the_analysis_defines():
    given_criterion = {"criterion": "90 %"}
    tc_K = FILM.boundary.tc_at(0.9)
    zero_T = truth(FILM, "Bc2_0", "WHH", **given_criterion)
    assert zero_T == pytest.approx(4.0 * tc_K * float(whh.upper_critical_field_ratio(0.0, 1.2, 0.7)), rel=1e-9)
    # 0.692673 Tc |dHc2/dT| and 1.8568 T/K
    assert truth(FILM, "Bc2_0", "orbital slope", **given_criterion) == pytest.approx(0.692673 * 4 * tc_K, rel=1e-6)
    assert truth(FILM, "pauli_ratio", "WHH", **given_criterion) == pytest.approx(zero_T / (1.8568 * tc_K), rel=1e-4)
    # sqrt(2.067834e-15/(2 pi B))
    length_m = math.sqrt(2.067834e-15 / (2 * math.pi * zero_T))
    assert truth(FILM, "coherence_length", "WHH", **given_criterion) == pytest.approx(length_m, rel=1e-6)
    assert truth(FILM, "maki_parameter_from_slope", "WHH", **given_criterion) == pytest.approx(
        0.52756 * 4, rel=1e-4
    )


def test_parameters_of_other_methods_and_criteria_are_none():
    assert truth(FILM, "spin_orbit_scattering", "WHH, Maki parameter from the slope", criterion="90 %") is None
    assert truth(FILM, "maki_parameter", "two-fluid", criterion="90 %") is None
    assert truth(FILM, "Bc2_0", "WHH", criterion="70 %") is None
    assert truth(FILM, "Bc2_0", "WHH", criterion="90 %", orientation="tilted") is None
    assert truth(FILM, "activation_energy", "Arrhenius", field_T=1.0) is None
    assert truth(VAC, "spin_orbit_scattering", "WHH", criterion="90 %") is None
    assert truth(VAC, "maki_parameter", "WHH", criterion="90 %") == 0.0


def test_films_of_the_paper():
    for film in (VAC, OXY, BETWEEN):
        assert truth(film, "Tc_mid", field_T=0.0) == pytest.approx(11.25, abs=1e-6)
        assert truth(film, "transition_width", field_T=0.0) < 0.5
    ratios = [truth(film, "RRR", hot_K=300.0, cold_K=20.0) for film in (VAC, BETWEEN, OXY)]
    assert ratios == pytest.approx([8.4, 5.2, 2.3])
    cold = {"criterion": "90 %", "temperature_K": 2.0}
    vac_T, between_T, oxy_T = (truth(film, "Hc2", **cold) for film in (VAC, BETWEEN, OXY))
    assert oxy_T == pytest.approx(26.0, abs=0.3)
    assert 1.8 < oxy_T / vac_T < 2.0
    assert vac_T < between_T < oxy_T
    assert oxy_T > 1.84 * 11.25 > between_T
    whh_T, orbital_T = (truth(OXY, "Bc2_0", m, criterion="90 %") for m in ("WHH", "orbital slope"))
    assert orbital_T > 1.25 * whh_T
    assert truth(OXY, "Bc2_0_difference", "WHH less it", criterion="90 %") == pytest.approx(whh_T - orbital_T)
    assert truth(OXY, "pauli_field") == pytest.approx(1.8568 * 11.25, rel=1e-4)
    vac = [truth(VAC, "Bc2_0", m, criterion="90 %") for m in ("WHH", "orbital slope")]
    assert vac[0] == pytest.approx(vac[1], rel=1e-9)
    assert OXY.boundary.maki > BETWEEN.boundary.maki > VAC.boundary.maki == 0
    assert OXY.boundary.spin_orbit > BETWEEN.boundary.spin_orbit > VAC.boundary.spin_orbit == 0


def test_impossible_places_are_refused():
    with pytest.raises(AnalysisError, match="no orientation 'tilted'; it has out_of_plane, in_plane"):
        FILM.dc_voltage("longitudinal", 1.0, Surroundings(5.0, 1.0, "tilted"))
    with pytest.raises(AnalysisError, match="temperature must be positive"):
        FILM.resistance("longitudinal", np.zeros(2), np.ones(2), IN)

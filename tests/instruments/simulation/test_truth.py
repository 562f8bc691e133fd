import math
from dataclasses import replace

import numpy as np
import pytest

from instruments.simulation.sample import OrientationTruth, PowerLaw
from instruments.simulation.truth import truth_of
from tests.instruments.simulation.samples import NBS2

OUT, IN = "out_of_plane", "in_plane"


def truth(quantity, method="", **conditions):
    return truth_of(NBS2, quantity, conditions, method)


@pytest.mark.parametrize(
    ("quantity", "value"),
    [("Tc_onset", 6.17), ("Tc_mid", 6.00), ("Tc_zero", 5.83), ("transition_width", 0.34)],
)
@pytest.mark.parametrize("orientation", [OUT, IN])
def test_zero_field_transition(quantity, value, orientation):
    assert truth(quantity, field_T=0.0, orientation=orientation) == pytest.approx(value, abs=1e-9)


def test_normal_resistance_is_taken_at_the_midpoint():
    # 50 mOhm + 20 uOhm/K^2 (6 K)^2
    assert truth("normal_resistance", field_T=0.0, orientation=OUT) == pytest.approx(0.05072)


@pytest.mark.parametrize(("quantity", "level"), [("Tc_mid", 0.5), ("Tc_zero", 0.01)])
def test_crossings_of_the_arrhenius_law_by_hand(quantity, level):
    # r/sqrt(1 + r^2) = level, r = prefactor exp[-U0 (1/T - 1/5.95)], and f is nothing so far below Tc
    ln_r = math.log(level / math.sqrt(1 - level**2))
    temperature_K = 1 / (1 / 5.95 + (math.log(1.6e5) - ln_r) / 1228.76)
    assert truth(quantity, field_T=0.1, orientation=OUT) == pytest.approx(temperature_K, abs=2e-6)


def test_midpoint_at_0_1_T_as_a_number():
    assert truth("Tc_mid", field_T=0.1, orientation=OUT) == pytest.approx(5.6096, abs=5e-5)


@pytest.mark.parametrize("field_T", [4.0, 12.0])
def test_no_crossing_where_flux_flow_keeps_the_sample_normal(field_T):
    for quantity in ("Tc_onset", "Tc_mid", "Tc_zero", "transition_width", "normal_resistance"):
        assert truth(quantity, field_T=field_T, orientation=OUT) is None


def test_no_zero_resistance_above_the_flux_flow_onset():
    assert truth("Tc_zero", field_T=2.0, orientation=OUT) is None
    assert truth("Tc_mid", field_T=2.0, orientation=OUT) is not None


@pytest.mark.parametrize("criterion", ["onset", "mid", "zero"])
@pytest.mark.parametrize(("orientation", "field_T"), [(OUT, 0.2), (OUT, 1.5), (IN, 2.0), (IN, 9.0)])
def test_hc2_inverts_tc(criterion, orientation, field_T):
    temperature_K = truth(f"Tc_{criterion}", field_T=field_T, orientation=orientation)
    found = truth("Hc2", temperature_K=temperature_K, orientation=orientation, criterion=criterion)
    assert found == pytest.approx(field_T, rel=1e-6)


def test_hc2_of_a_normal_sample_is_none():
    assert truth("Hc2", temperature_K=6.5, orientation=IN, criterion="mid") is None
    assert truth("Hc2", temperature_K=3.0, orientation=IN, criterion="70 %") is None


def test_zero_resistance_field_by_hand():
    # without activation: 1 % of the way from 1.9 to 4 T
    assert truth("zero_resistance_field", temperature_K=0.05, orientation=OUT) == pytest.approx(1.921)
    assert truth("zero_resistance_field", temperature_K=1.6, orientation=OUT) == pytest.approx(1.921, abs=1e-4)
    assert truth("zero_resistance_field", orientation=OUT) is None


def test_resistance_fraction_at_base_by_hand():
    conditions = {"field_T": 2.95, "temperature_K": 0.05, "orientation": OUT}
    assert truth("resistance_fraction_at_base", **conditions) == pytest.approx(0.5)
    u = 4653.88 * 12**-0.77 * (1 - 12 / 14.5) ** 2 * (1 - 1.6 / 6) ** 2 / 1.6
    r = 20 * u * math.exp(-u)
    conditions = {"field_T": 12.0, "temperature_K": 1.6, "orientation": IN}
    assert truth("resistance_fraction_at_base", **conditions) == pytest.approx(r / math.sqrt(1 + r * r))


@pytest.mark.parametrize(("field_T", "energy_K"), [(0.1, 1228.76), (0.7, 308.6), (1.5, 86.4)])
def test_activation_energy_out_of_plane(field_T, energy_K):
    found = truth("activation_energy", "Arrhenius", field_T=field_T, orientation=OUT)
    assert found == pytest.approx(energy_K, abs=0.05)


def test_activation_energy_in_plane():
    # 4653.88 * 2^0.77 * (28/29)^2
    found = truth("activation_energy", "modified TAFF", field_T=0.5, orientation=IN)
    assert found == pytest.approx(7398.5, abs=0.5)


@pytest.mark.parametrize(("method", "orientation"), [("modified TAFF", OUT), ("Arrhenius", IN)])
def test_a_method_that_is_not_the_samples_law_has_no_truth(method, orientation):
    assert truth("activation_energy", method, field_T=0.5, orientation=orientation) is None


def test_no_energy_without_field():
    assert truth("activation_energy", "Arrhenius", field_T=0.0, orientation=OUT) is None


def test_arrhenius_lines_meet():
    assert truth("T_cross", "Arrhenius", orientation=OUT) == 5.95
    assert truth("inverse_slope_lnR0_U0", "Arrhenius", orientation=OUT) == 5.95
    assert truth("T_cross", "Arrhenius", orientation=IN) is None
    # ln(1.6e5 * 50.708 mOhm) + 1228.76/5.95
    found = truth("ln_prefactor", "Arrhenius", field_T=0.1, orientation=OUT)
    assert found == pytest.approx(math.log(1.6e5 * 0.05070805) + 1228.76 / 5.95)


def test_ln_prefactor_and_energy_describe_the_foot_of_the_curve():
    temperature_K = np.array([5.0, 5.05])
    ln_r = np.log(NBS2.longitudinal_resistance(temperature_K, 0.3, OUT))
    u0 = truth("activation_energy", "Arrhenius", field_T=0.3, orientation=OUT)
    ln_r0 = truth("ln_prefactor", "Arrhenius", field_T=0.3, orientation=OUT)
    assert ln_r == pytest.approx(ln_r0 - u0 / temperature_K, abs=0.01)


def test_parameters_of_the_laws():
    assert truth("U0_exponent_low", "broken power law", orientation=OUT) == 0.71
    assert truth("U0_exponent_high", "broken power law", orientation=OUT) == 1.67
    assert truth("U0_crossover_field", "broken power law", orientation=OUT) == 0.7
    assert truth("U0_beta", "parabolic", orientation=IN) == 4653.88
    assert truth("U0_gamma", "parabolic", orientation=IN) == -0.77
    assert truth("U0_kramer_field", "parabolic", orientation=IN) == 14.5
    assert truth("exponent_q", "modified TAFF", orientation=IN) == 2.0
    assert truth("Tc_taff", "modified TAFF", orientation=IN) == 6.0


def test_parameters_of_other_laws_are_none():
    assert truth("U0_exponent", "power law", orientation=OUT) is None
    assert truth("U0_beta", "parabolic", orientation=OUT) is None
    assert truth("exponent_q", "modified TAFF", orientation=OUT) is None
    assert truth("U0_exponent_low", "broken power law", orientation=IN) is None


def test_single_power_law():
    vortices = replace(NBS2.orientations[OUT].vortices, activation_energy=PowerLaw(0.1, 1000.0, 0.8))
    sample = replace(NBS2, orientations={OUT: OrientationTruth(vortices)})
    assert truth_of(sample, "U0_exponent", {"orientation": OUT}, "power law") == 0.8
    assert truth_of(sample, "T_cross", {"orientation": IN}, "Arrhenius") is None


def test_hall():
    conditions = {"temperature_K": 10.0, "orientation": OUT}
    assert truth("hall_coefficient", "holes", **conditions) == pytest.approx(178.3289e-6, rel=1e-6)
    assert truth("carrier_density", **conditions) == 1.75e28
    assert truth("hall_coefficient", temperature_K=10.0, orientation=IN) is None


def test_no_memory_and_the_pauli_field():
    assert truth("hysteresis", temperature_K=3.0, orientation=OUT, criterion="mid", side="positive") == 0.0
    assert truth("remanent_shift", temperature_K=3.0, orientation=OUT, sweep="up") == 0.0
    # 1.8568 T/K times 6 K
    assert truth("pauli_field") == pytest.approx(11.141, abs=1e-3)


def test_unknown_quantity_is_none():
    assert truth("gap", field_T=0.0, orientation=OUT) is None

"""A gated interface: its two boundaries, the re-entrant peak, carriers and gate, and the truth of findings."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.constants import elementary_charge

from analysis.errors import AnalysisError
from analysis.models import reentrance
from instruments.simulation.files import load_sample
from instruments.simulation.gate import GateCircuit
from instruments.simulation.specimen import Surroundings
from instruments.simulation.truth import truth_of

SAMPLES = Path(__file__).parents[3] / "configs" / "samples"
OUT, IN = "out_of_plane", "in_plane"
KTO = load_sample(SAMPLES / "lto_kto.yaml").sample()
PLAIN = load_sample(SAMPLES / "lto_kto_plain.yaml").sample()
FIELD_T = np.linspace(0.0, 9.0, 1801)

temperatures = st.floats(0.05, 1.0)
gates = st.floats(-210.0, 190.0)


def truth(sample, quantity, method="", **conditions):
    return truth_of(sample, quantity, {"orientation": IN, **conditions}, method)


def line(sample, temperature_K, gate_V, orientation=IN, field_T=FIELD_T):
    return sample.resistance("longitudinal", np.full(field_T.size, temperature_K), field_T, orientation, gate_V)


@given(
    temperatures, st.floats(-9.0, 9.0), gates, st.sampled_from([OUT, IN]), st.sampled_from(["longitudinal", "hall"])
)
def test_numbers_and_arrays_follow_one_law(temperature_K, field_T, gate_V, orientation, contacts):
    array = KTO.resistance(contacts, np.array([temperature_K]), np.array([field_T]), orientation, gate_V)
    number = KTO.dc_voltage(contacts, 1.0, Surroundings(temperature_K, field_T, orientation, gate_V))
    assert number == pytest.approx(float(array[0]), rel=1e-9, abs=1e-12)
    assert number == KTO.ac_voltage(contacts, 1.0, 0.0, Surroundings(temperature_K, field_T, orientation, gate_V))


@given(temperatures, st.floats(-9.0, 9.0), gates)
def test_along_the_interface_it_is_the_reentrant_law(temperature_K, field_T, gate_V):
    here = KTO.at_gate(gate_V)
    law = reentrance.resistance(
        temperature_K, field_T, here.normal_ohm, KTO.sigma_K, here.parabola_K, 18.0, here.depth_K, here.dip_T, 0.3
    )
    found = KTO.resistance_at("longitudinal", Surroundings(temperature_K, field_T, IN, gate_V))
    assert found == pytest.approx(float(law), rel=1e-9, abs=1e-12)


@given(gates)
def test_tc_has_its_minimum_at_the_same_field_at_every_gate_voltage(gate_V):
    here = KTO.at_gate(gate_V)
    assert reentrance.minimum_field(here.parabola_K, 18.0, here.depth_K, here.dip_T, 0.3) == pytest.approx(
        0.9, abs=1e-9
    )


@pytest.mark.parametrize("temperature_K", [0.3, 0.33, 0.36])
@pytest.mark.parametrize("gate_V", [-200.0, -50.0, 0.0, 50.0])
def test_the_peak_is_seen_at_0_9_tesla(temperature_K, gate_V):
    near = FIELD_T < 1.5
    resistance = line(KTO, temperature_K, gate_V)
    assert FIELD_T[near][np.argmax(resistance[near])] == pytest.approx(0.9, abs=0.006)


@given(temperatures, gates)
def test_no_field_has_no_direction(temperature_K, gate_V):
    along, across = (KTO.share_at(temperature_K, 0.0, orientation, gate_V) for orientation in (IN, OUT))
    assert along == pytest.approx(across, rel=1e-9, abs=1e-15)


def test_the_peak_grows_with_temperature_and_is_gone_in_the_cold():
    heights = [truth(KTO, "resistance_peak_height", temperature_K=t, gate_V=50.0) for t in (0.09, 0.28, 0.3, 0.33)]
    assert heights[0] < 1e-6
    assert np.all(np.diff(heights) > 0)
    assert 5 < heights[3] < 0.05 * KTO.at_gate(50.0).normal_ohm


def test_height_of_the_peak_by_hand():
    # above the higher of the two minima: on the left at zero field, on the right between the peak and 2 T
    resistance = line(KTO, 0.33, 50.0)
    peak = int(np.argmin(np.abs(FIELD_T - 0.9)))
    sides = resistance[:peak].min(), resistance[peak : np.searchsorted(FIELD_T, 2.4)].min()
    expected = resistance[peak] - max(sides)
    assert truth(KTO, "resistance_peak_height", temperature_K=0.33, gate_V=50.0) == pytest.approx(
        expected, rel=1e-3
    )


@pytest.mark.parametrize("temperature_K", [0.3, 0.33])
def test_the_least_height_is_near_minus_50_volt(temperature_K):
    assert truth(KTO, "peak_height_minimum_gate", temperature_K=temperature_K) == pytest.approx(-50, abs=15)
    heights = [truth(KTO, "resistance_peak_height", temperature_K=temperature_K, gate_V=v) for v in (-200, -50, 50)]
    assert heights[0] > 3 * heights[1] < heights[2]


@given(st.floats(0.05, 0.5), gates)
def test_without_reentrance_the_resistance_only_rises(temperature_K, gate_V):
    assert np.all(np.diff(line(PLAIN, temperature_K, gate_V)) >= -1e-9)
    assert truth(PLAIN, "resistance_peak_field", temperature_K=temperature_K, gate_V=gate_V) is None


def test_boundary_across_the_interface_by_hand():
    # phi0/(2 pi xi^2) with xi = 51 nm; half the field at half of Tc
    zero_T = 2.067833848e-15 / (2 * math.pi * 51e-9**2)
    assert zero_T == pytest.approx(0.1265, abs=1e-4)
    tc_K = KTO.at_gate(0.0).tc_K
    assert KTO.share_at(tc_K / 2, zero_T / 2, OUT, 0.0) == pytest.approx(0.5, abs=1e-9)
    found = truth(KTO, "Hc2", orientation=OUT, criterion="mid", temperature_K=tc_K / 2, gate_V=0.0)
    assert found == pytest.approx(zero_T / 2, rel=1e-7)
    assert truth(KTO, "Bc2_0", "Ginzburg-Landau", orientation=OUT, criterion="mid") == pytest.approx(
        zero_T, rel=1e-9
    )
    length = truth(KTO, "coherence_length", "Ginzburg-Landau", orientation=OUT, criterion="mid")
    assert length == pytest.approx(51e-9, rel=1e-9)
    assert truth(KTO, "whh_slope", orientation=OUT, criterion="mid") == pytest.approx(zero_T / tc_K)


@pytest.mark.parametrize("criterion", ["onset", "90 %", "mid", "zero"])
@pytest.mark.parametrize("orientation", [OUT, IN])
def test_field_at_zero_temperature_is_where_the_curves_tend(criterion, orientation):
    conditions = {"orientation": orientation, "criterion": criterion, "gate_V": -100.0}
    cold = truth(PLAIN, "Hc2", temperature_K=1e-5, **conditions)
    assert truth(PLAIN, "Bc2_0", **conditions) == pytest.approx(cold, rel=1e-4)


def test_hc2_is_the_last_crossing():
    # at 0.36 K the peak at -100 V passes 1 % on its way up and falls below it again
    resistance = line(KTO, 0.36, -100.0) / KTO.at_gate(-100.0).normal_ohm
    above = resistance > 0.01
    last = FIELD_T[int(np.flatnonzero(~above)[-1])]
    found = truth(KTO, "Hc2", criterion="zero", temperature_K=0.36, gate_V=-100.0)
    assert np.any(above[FIELD_T < 1.0])
    assert found == pytest.approx(last, abs=0.006)
    assert KTO.share_at(0.36, found, IN, -100.0) == pytest.approx(0.01, rel=1e-6)


def test_the_paper():
    gates_V = np.linspace(-200.0, 180.0, 39)
    tc = [truth(KTO, "Tc_mid", field_T=0.0, gate_V=v) for v in gates_V]
    density = [truth(KTO, "sheet_density", orientation=OUT, gate_V=v) for v in gates_V]
    assert np.all(np.diff(tc) < 0)
    assert np.all(np.diff(density) > 0)
    assert tc[0] == pytest.approx(0.48, abs=1e-7)
    assert tc[-1] == pytest.approx(0.32, abs=1e-7)
    for gate_V in (0.0, 90.0, 180.0):
        cold = {"criterion": "zero", "temperature_K": 0.09, "gate_V": gate_V}
        along, across = (truth(KTO, "Hc2", orientation=o, **cold) for o in (IN, OUT))
        assert along > 9.0
        assert along > 10 * across
    assert truth(KTO, "pauli_field", gate_V=-200.0) == pytest.approx(1.8568 * 0.48, rel=1e-4)
    assert truth(KTO, "channel_width") == pytest.approx(45e-9, abs=0.5e-9)
    # normal at 0.9 K
    assert KTO.share_at(0.9, 0.0, IN, -200.0) == pytest.approx(1.0, abs=1e-12)


def test_carriers_by_hand():
    # n = 6e17 + 4.5e14 * 100 per m^2
    slope = -1 / (elementary_charge * 6.45e17)
    assert truth(KTO, "hall_coefficient", orientation=OUT, gate_V=100.0) == pytest.approx(slope, rel=1e-12)
    assert truth(KTO, "sheet_density", orientation=OUT, gate_V=100.0) == pytest.approx(6.45e17)
    assert truth(KTO, "mobility", orientation=OUT, gate_V=100.0) == pytest.approx(-slope / 735)
    assert truth(KTO, "carrier_density", orientation=OUT) is None
    thick = replace(KTO, thickness_m=5e-9)
    assert truth(thick, "carrier_density", orientation=OUT, gate_V=0.0) == pytest.approx(6e17 / 5e-9)
    assert truth(KTO, "sheet_density", orientation=IN) is None
    line_of_n = "straight line through sheet_density at 4 gate voltages"
    assert truth(KTO, "carrier_density_gate_slope", line_of_n, orientation=OUT) == 4.5e14
    volts = [KTO.dc_voltage("hall", 1.0, Surroundings(0.9, b, OUT, 100.0)) for b in (0.5, -0.5)]
    assert volts[0] - volts[1] == pytest.approx(slope, rel=1e-9)
    assert sum(volts) / 2 == pytest.approx(0.02 * 735, rel=1e-6)


def test_film_thickness_by_hand():
    # sqrt(6 phi0 Bperp/(pi Bpar^2)), with 0.12653 T and 18 T
    expected = math.sqrt(6 * 2.067833848e-15 * 0.1265306 / math.pi) / 18
    found = truth(KTO, "film_thickness", "thin film, parallel", criterion="mid", gate_V=0.0)
    assert found == pytest.approx(expected, rel=1e-5)
    assert truth(KTO, "film_thickness", "Klemm-Luther-Beasley", criterion="mid") is None


def test_the_gate_is_that_of_the_file():
    assert KTO.gate.capacitance_F == pytest.approx(500e-12)
    assert truth(KTO, "gate_hysteresis", orientation=IN) == 1.0
    circuit = GateCircuit(KTO.gate)
    assert abs(circuit.leakage_A(200.0)) < 1e-10
    circuit.output_on = True
    effective = []
    for volts in (100.0, 0.0, -100.0, 0.0):
        circuit.source_V = volts
        circuit.advance(100.0)
        effective.append(circuit.effective_V)
    # going down the polarisation is late by half a volt on one side, going up on the other
    assert effective[1] - effective[3] == pytest.approx(1.0, abs=1e-3)


def test_what_is_not_known():
    assert truth(KTO, "whh_slope", criterion="mid") is None
    assert truth(KTO, "Bc2_0", criterion="70 %") is None
    assert truth(KTO, "Tc_mid", field_T=0.0, orientation="tilted") is None
    assert truth(KTO, "resistance_peak_field", orientation=OUT) is None
    assert truth(KTO, "activation_energy", "Arrhenius", field_T=1.0) is None
    with pytest.raises(AnalysisError, match="no orientation 'tilted'"):
        KTO.dc_voltage("longitudinal", 1.0, Surroundings(0.5, 1.0, "tilted"))


@settings(max_examples=20)
@given(st.floats(180.0, 250.0))
def test_beyond_the_known_gate_voltages_the_last_values_hold(gate_V):
    assert KTO.at_gate(gate_V).tc_K == KTO.at_gate(180.0).tc_K
    assert KTO.at_gate(gate_V).normal_ohm == pytest.approx(640.0, rel=1e-12)

"""A point contact: I(V), dI/dV, the gap in temperature and field, and the truth of findings."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.constants import physical_constants
from scipy.integrate import quad

from analysis.models import bcs, btk
from instruments.simulation.contact import GapTruth, PointContact
from instruments.simulation.files import load_sample
from instruments.simulation.film import BoundaryTruth
from instruments.simulation.specimen import SignalTruth, Surroundings
from instruments.simulation.spectra import spectrum
from instruments.simulation.truth import truth_of

SAMPLES = Path(__file__).parents[3] / "configs" / "samples"
OUT = "out_of_plane"
#: k in meV/K.
K = physical_constants["Boltzmann constant in eV/K"][0] * 1e3

CONTACT = PointContact(
    "contact",
    20.0,
    0.0,
    2.0,
    0.3,
    GapTruth(4.0, "parabolic", BoundaryTruth(10.0, 0.3, 2.0, 0.0, 0.0, 2.0)),
    SignalTruth(4e-9, 20e-6, 0.0),
)
VAC, OXY = (load_sample(SAMPLES / f"litio_contact_{name}.yaml").sample() for name in ("vac", "oxy"))


def at(temperature_K, field_T=0.0):
    return Surroundings(temperature_K, field_T, OUT)


def resistance(contact, current_A, temperature_K, field_T=0.0, modulation_A=1e-9):
    """dV/dI for a modulation that averages nothing."""
    return contact.ac_voltage("longitudinal", modulation_A, current_A, at(temperature_K, field_T)) / modulation_A


def truth(contact, quantity, method="", **conditions):
    return truth_of(contact, quantity, conditions, method)


def test_the_gap_by_hand():
    # 4 k 10 K/2; weak-coupling shape 0.95688472 at T/Tc = 0.5; 1 - 0.3^2 at 30 % of Bc2
    zero_meV = 2 * K * 10.0
    critical_T = CONTACT.gap.critical_field(5.0)
    assert CONTACT.gap.zero_meV == pytest.approx(zero_meV, rel=1e-9)
    assert CONTACT.gap.at(5.0, 0.0) == pytest.approx(0.95688472 * zero_meV, rel=1e-7)
    assert CONTACT.gap.at(5.0, 0.3 * critical_T) == pytest.approx(0.91 * 0.95688472 * zero_meV, rel=1e-7)
    assert CONTACT.gap.at(5.0, critical_T * 1.0001) == 0.0
    assert CONTACT.gap.at(10.001, 0.0) == 0.0


@given(st.floats(0.5, 12.0), st.floats(-20.0, 20.0))
def test_the_kept_gap_is_that_of_the_laws(temperature_K, field_T):
    critical_T = CONTACT.gap.critical_field(temperature_K)
    law = float(bcs.gap(temperature_K, CONTACT.gap.zero_meV, 10.0))
    law *= float(bcs.gap_in_field_parabolic(field_T, critical_T)) if critical_T > 0 else 0.0
    assert CONTACT.gap.at(temperature_K, field_T) == pytest.approx(law, abs=2e-5)


@pytest.mark.parametrize(
    ("law", "share"),
    [
        ("parabolic", 0.75),
        ("thin film", math.sqrt(0.75)),
        ("vortex average", math.sqrt(0.5)),
        ("pair breaking", None),
    ],
)
def test_laws_of_the_field_at_half_the_critical_field(law, share):
    gap = replace(CONTACT.gap, in_field=law)
    if share is None:
        # Skalski: order parameter exp(-pi z/4) with 0.5 = 2 z exp(-pi z/4), edge [1 - z^(2/3)]^(3/2) of it
        z = 0.25
        for _ in range(200):
            z = 0.25 * math.exp(math.pi * z / 4)
        share = math.exp(-math.pi * z / 4) * (1 - z ** (2 / 3)) ** 1.5
    assert gap.at(4.0, 0.5 * gap.critical_field(4.0)) == pytest.approx(share * gap.at(4.0, 0.0), rel=1e-6)


def test_zero_bias_of_the_cold_contact_by_hand():
    # BTK: G(0)/G_N = 2 (1 + Z^2)/(1 + 2 Z^2)^2, broadening and temperature hardly matter for a transparent contact
    contact = replace(CONTACT, barrier=0.5, broadening_meV=1e-4)
    expected = 20.0 / (2 * 1.25 / 1.5**2)
    assert resistance(contact, 0.0, 0.3) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(("temperature_K", "field_T"), [(10.0, 0.0), (12.0, 3.0), (300.0, 0.0), (4.0, 19.0)])
def test_the_normal_state_obeys_ohm(temperature_K, field_T):
    for current_A in (-3e-4, 0.0, 2e-4):
        volts = CONTACT.dc_voltage("longitudinal", current_A, at(temperature_K, field_T))
        assert volts == pytest.approx(20.0 * current_A, rel=1e-12, abs=1e-18)
        assert resistance(CONTACT, current_A, temperature_K, field_T) == pytest.approx(20.0, rel=1e-9)


def test_far_above_the_gap_the_contact_is_normal_but_for_the_excess_current():
    # BTK, table II: e I_exc R_N/Delta = 0.120517 for Z = 2 without broadening, cold
    contact = replace(CONTACT, broadening_meV=1e-3)
    volts = contact.dc_voltage("longitudinal", 0.2, at(0.7))
    excess_A = 0.2 - volts / 20.0
    assert excess_A * 20.0 == pytest.approx(0.120517e-3 * contact.gap.zero_meV, rel=0.01)
    assert resistance(contact, 5e-3, 0.7) == pytest.approx(20.0, rel=2e-3)


@settings(max_examples=30)
@given(st.floats(2.0, 11.0), st.floats(0.0, 9.0), st.floats(-1.2e-3, 1.2e-3))
def test_current_is_the_integral_of_the_law(temperature_K, field_T, current_A):
    volts = CONTACT.dc_voltage("longitudinal", current_A, at(temperature_K, field_T))
    gap_meV = CONTACT.gap.at(temperature_K, field_T)
    if gap_meV < 0.01:
        assert volts == pytest.approx(20.0 * current_A, abs=3e-7)
        return
    bias_mV = np.linspace(0.0, abs(volts) * 1e3, 400)
    law = btk.conductance(bias_mV, gap_meV, 0.3, 2.0, temperature_K)
    current = np.trapezoid(law, bias_mV) * 1e-3 / 20.0
    assert current == pytest.approx(abs(current_A), rel=2e-4, abs=2e-9)


@settings(max_examples=40)
@given(st.floats(2.0, 9.9), st.floats(0.0, 9.0), st.floats(-8e-4, 8e-4))
def test_dv_di_is_the_law_at_the_bias_and_the_contact_symmetric(temperature_K, field_T, current_A):
    temperature_K, field_T = round(temperature_K, 4), round(field_T, 4)
    volts = CONTACT.dc_voltage("longitudinal", current_A, at(temperature_K, field_T))
    assert CONTACT.dc_voltage("longitudinal", -current_A, at(temperature_K, -field_T)) == -volts
    law = CONTACT.conductance(np.array([volts + 20e-6]), temperature_K, field_T)
    assert 1 / resistance(CONTACT, current_A, temperature_K, field_T) == pytest.approx(float(law[0]), rel=1e-4)


def test_rounding_of_temperature_and_field_does_not_show():
    near = [resistance(CONTACT, 1e-4, 4.0 + dt, 1.0 + db) for dt in (-4e-5, 4e-5) for db in (-4e-5, 4e-5)]
    assert np.ptp(near) == 0.0
    steps = [resistance(CONTACT, 1e-4, 4.0 + 1e-4 * n, 1.0 + 1e-4 * n) for n in (0, 1)]
    assert abs(steps[1] - steps[0]) < 2e-3


def test_first_harmonic_of_a_large_modulation():
    current_A, rms_A = 3e-5, 4e-5

    def voltage(phase):
        drive = current_A + math.sqrt(2) * rms_A * math.cos(phase)
        return CONTACT.dc_voltage("longitudinal", drive, at(3.0)) * math.cos(phase)

    harmonic = quad(voltage, 0.0, math.pi, epsabs=1e-12, epsrel=1e-9)[0] * 2 / math.pi / math.sqrt(2)
    found = CONTACT.ac_voltage("longitudinal", rms_A, current_A, at(3.0))
    assert found == pytest.approx(harmonic, rel=1e-5)


def test_series_resistance_adds_up():
    with_wire = replace(CONTACT, series_resistance_ohm=3.0)
    assert resistance(with_wire, 1e-4, 3.0) == pytest.approx(3.0 + resistance(CONTACT, 1e-4, 3.0), rel=1e-9)
    volts = [contact.dc_voltage("longitudinal", 1e-4, at(3.0)) for contact in (CONTACT, with_wire)]
    assert volts[1] - volts[0] == pytest.approx(3e-4, rel=1e-9)
    law = with_wire.conductance(np.array([volts[1] + 20e-6]), 3.0, 0.0)
    assert 1 / resistance(with_wire, 1e-4, 3.0) == pytest.approx(float(law[0]), rel=1e-4)


def test_no_hall_contacts_and_resistance_along_a_curve():
    assert CONTACT.dc_voltage("hall", 1e-3, at(3.0)) == 0.0
    assert CONTACT.ac_voltage("hall", 1e-6, 0.0, at(3.0)) == 0.0
    curve = CONTACT.resistance("longitudinal", np.array([3.0, 12.0]), np.zeros(2), OUT)
    assert curve == pytest.approx([resistance(CONTACT, 0.0, 3.0), 20.0])


def test_truth_of_spectra():
    conditions = {"temperature_K": 5.0, "field_T": 2.0, "orientation": OUT}
    gap_meV = truth(CONTACT, "gap", "BTK, Lorentzian broadening", **conditions)
    assert gap_meV == CONTACT.gap.at(5.0, 2.0) > 0
    assert truth(CONTACT, "gap", **{**conditions, "temperature_K": 10.5}) is None
    assert truth(CONTACT, "barrier", "BTK, Lorentzian broadening", **conditions) == 2.0
    assert truth(CONTACT, "barrier", "Dynes, Lorentzian broadening", **conditions) is None
    assert truth(CONTACT, "broadening", "BTK, Lorentzian broadening", **conditions) == 0.3
    assert truth(CONTACT, "broadening", "BTK, Gaussian broadening", **conditions) is None
    assert truth(CONTACT, "common_barrier", "mean of the barriers") == 2.0
    with_wire = replace(CONTACT, series_resistance_ohm=3.0)
    assert truth(with_wire, "series_resistance_ratio", **conditions) == pytest.approx(0.15)
    assert truth(CONTACT, "bias_offset", **conditions) == pytest.approx(0.020)
    drifting = replace(CONTACT, signal=replace(CONTACT.signal, thermal_drift_V_per_s=1e-9))
    assert truth(drifting, "bias_offset", **conditions) is None


def test_truth_across_spectra():
    assert truth(CONTACT, "gap_zero", field_T=0.0) == pytest.approx(20 * K)
    assert truth(CONTACT, "Tc_gap", field_T=0.0) == 10.0
    assert truth(CONTACT, "gap_ratio_2Delta_kTc", "BCS gap, alpha model", field_T=0.0) == 4.0
    assert truth(CONTACT, "gap_ratio_2Delta_kTc", field_T=3.0) is None
    assert truth(CONTACT, "gap_critical_field", "thin film", temperature_K=2.5) is None
    found = truth(CONTACT, "gap_critical_field", "parabolic", temperature_K=2.5)
    assert found == pytest.approx(CONTACT.gap.critical_field(2.5))
    assert truth(CONTACT, "Tc_mid", field_T=0.0) is None


def test_contacts_of_the_paper():
    for contact in (VAC, OXY):
        # 4.2 k 11.25 K/2
        assert truth(contact, "gap_zero") == pytest.approx(2.036, abs=1e-3)
        assert 1.9 <= contact.barrier <= 2.2
        spectrum = contact.conductance(np.array([0.0, 2.2e-3, 8e-3]) + contact.signal.thermal_voltage_V, 2.5, 0.0)
        assert spectrum[1] > 1.3 * spectrum[2]
        assert spectrum[0] < 0.7 * spectrum[2]
    field_T = np.arange(0.0, 13.0)
    for contact in (VAC, OXY):
        share = np.array([contact.gap.at(2.5, b) for b in field_T]) / contact.gap.at(2.5, 0.0)
        parabola = 1 - (field_T / contact.gap.critical_field(2.5)) ** 2
        distance = np.max(np.abs(share - np.maximum(parabola, 0.0)))
        assert distance < 1e-6 if contact is VAC else distance > 0.05
    assert OXY.gap.at(2.5, 16.0) > 0.5


@given(st.floats(0.0, 400.0))
def test_bias_and_current_are_inverse_everywhere(current):
    now = spectrum(CONTACT.law, 3.0, 1.5)
    x, conductance = now.bias(current)
    assert conductance == pytest.approx(now.conductance(x), rel=1e-9)
    beyond, _ = now.bias(current + 1e-4)
    assert beyond - x == pytest.approx(1e-4 / conductance, rel=1e-3)
    assert now.bias(-current)[0] == -x

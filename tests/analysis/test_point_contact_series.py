"""Point-contact spectra of films with Tc = 11.25 K against temperature and field: gap and barrier of the series.

Truth: Z = 2.0, 2 Delta(0)/kTc = 4.2 with the weak-coupling shape, G = 0.12 meV; 401 biases to 10 mV, noise of
0.5 %, modulation of 0.1 mV rms, an offset of 30 uV and a tilt of the background. One film's gap follows
1 - (B/Bc2)^2 and closes within the magnet's 16 T, the other's does not follow it and closes at 26 T.
"""

import numpy as np
import pytest

from analysis.findings import Finding, Verdict
from analysis.models import bcs
from analysis.models.btk import conductance
from analysis.spectroscopy import (
    Spectrum,
    common_barrier,
    gap_against_field,
    gap_against_temperature,
    spectrum_findings,
)

TC, RATIO, BARRIER, BROADENING, COLD = 11.25, 4.2, 2.0, 0.12, 2.5
BIAS = np.linspace(-10, 10, 401)
TEMPERATURES = np.concatenate([np.arange(2.5, 10.01, 0.5), np.arange(10.2, 11.01, 0.2)])
FIELDS = np.arange(0, 17.0)


def gap_at(temperature_K):
    return float(bcs.gap(temperature_K, 0.5 * RATIO * bcs.BOLTZMANN_meV_per_K * TC, TC))


def measured(rng, temperature_K, field_T, gap_meV, broadening_meV=BROADENING, barrier=BARRIER):
    normal = 0.013 * (1 + 0.002 * BIAS)
    law = np.ones_like(BIAS)
    if gap_meV > 0:
        law = conductance(
            BIAS, gap_meV, broadening_meV, barrier, temperature_K, modulation_rms_mV=0.1, offset_mV=0.03
        )
    values = normal * (law + rng.normal(0, 0.005, BIAS.size))
    return Spectrum(f"{temperature_K:g} K {field_T:g} T", BIAS, values, temperature_K, field_T, 0.1)


def warming(seed, temperatures=TEMPERATURES):
    rng = np.random.default_rng(seed)
    return [f for t in temperatures for f in spectrum_findings(measured(rng, t, 0.0, gap_at(t)))]


def in_field(seed, shape, critical_T, fields=FIELDS):
    """Broadening grows with the field, from 0.12 to 0.28 meV."""
    rng = np.random.default_rng(seed)
    gaps = gap_at(COLD) * shape(fields / critical_T)
    spectra = [measured(rng, COLD, b, g, BROADENING + 0.01 * b) for b, g in zip(fields, gaps, strict=True)]
    return [f for s in spectra for f in spectrum_findings(s)]


def parabolic(share):
    return bcs.gap_in_field_parabolic(share, 1.0)


def thin_film(share):
    return bcs.gap_in_field_thin_film(share, 1.0)


def near(finding, truth, times=4.0):
    return abs(finding.value - truth) < times * finding.error


def test_a_short_series_in_temperature():
    temperatures = np.array([2.5, 5.0, 7.0, 8.5, 9.5, 10.4, 11.0])
    found = warming(4, temperatures)
    gaps = [f for f in found if f.quantity == "gap"]
    for gap, temperature in zip(gaps, temperatures, strict=True):
        assert near(gap, gap_at(temperature)), (temperature, gap)
    # cold: 0.2 % of the gap; at 11 K kT is twice the gap, and the error says so
    assert gaps[0].error < 0.002 * gaps[0].value
    assert gaps[-1].error > 0.03 * gaps[-1].value
    zero, closes, ratio = gap_against_temperature(found)
    for finding, truth in ((zero, gap_at(0.0)), (closes, TC), (ratio, RATIO)):
        assert finding.verdict is Verdict.GOOD, finding.reason
        assert near(finding, truth)
    assert ratio.error < 0.05
    barrier = common_barrier(found)[0]
    assert barrier.verdict is Verdict.GOOD
    assert near(barrier, BARRIER)
    assert "agree" in barrier.reason


def test_a_parabola_in_the_field_is_accepted_and_above_it_there_is_no_gap():
    found = in_field(5, parabolic, 13.5, np.array([0, 3, 6, 9, 11, 12, 14, 16.0]))
    gaps = [f for f in found if f.quantity == "gap"]
    for finding in gaps[-2:]:
        assert finding.verdict is Verdict.NOT_ENOUGH_DATA
        assert finding.reason.startswith("no gap")
    laws = {f.method: f for f in gap_against_field(found)}
    assert laws["parabolic"].verdict is Verdict.GOOD, laws["parabolic"].reason
    assert near(laws["parabolic"], 13.5)
    assert all(law.verdict is Verdict.MODEL_REJECTED for name, law in laws.items() if name != "parabolic")


def test_a_deviation_from_the_parabola_is_seen():
    found = in_field(6, thin_film, 26.0, np.array([0, 2, 4, 6, 8, 10, 12, 14, 16.0]))
    # with the critical field that transport has, and already without
    known = Finding("Bc2_zero", 26.0, 0.5, "T", Verdict.GOOD)
    for laws in (gap_against_field(found), gap_against_field(found, known)):
        by_name = {f.method: f for f in laws}
        assert by_name["parabolic"].verdict is Verdict.MODEL_REJECTED
        assert by_name["thin film"].verdict is Verdict.GOOD, by_name["thin film"].reason
        assert near(by_name["thin film"], 26.0)


def test_a_contact_that_changed_has_no_common_barrier():
    rng = np.random.default_rng(7)
    spectra = [measured(rng, 2.5 + i, 0.0, gap_at(2.5 + i), barrier=1.9 if i < 3 else 2.2) for i in range(6)]
    found = common_barrier([f for s in spectra for f in spectrum_findings(s, compare_broadening=False)])[0]
    assert found.verdict is Verdict.MODEL_REJECTED
    assert found.value is None
    assert "do not share" in found.reason


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20, 26))
def test_the_whole_series_in_temperature(seed):
    found = warming(seed)
    gaps = [f for f in found if f.quantity == "gap" and f.value is not None]
    assert len(gaps) >= TEMPERATURES.size - 1
    pulls = [(f.value - gap_at(f.conditions["temperature_K"])) / f.error for f in gaps]
    assert np.max(np.abs(pulls)) < 4.5
    assert np.mean(np.square(pulls)) < 2.2
    for finding, truth in zip(gap_against_temperature(found), (gap_at(0.0), TC, RATIO), strict=True):
        assert finding.verdict is Verdict.GOOD, finding.reason
        assert near(finding, truth)
    assert near(common_barrier(found)[0], BARRIER)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30, 36))
def test_the_whole_series_in_field(seed):
    laws = {f.method: f for f in gap_against_field(in_field(seed, parabolic, 13.5))}
    assert laws["parabolic"].verdict is Verdict.GOOD, laws["parabolic"].reason
    assert near(laws["parabolic"], 13.5)
    laws = {f.method: f for f in gap_against_field(in_field(seed, thin_film, 26.0))}
    assert laws["parabolic"].verdict is Verdict.MODEL_REJECTED
    assert near(laws["thin film"], 26.0)

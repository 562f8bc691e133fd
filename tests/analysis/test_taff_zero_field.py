"""Noisy tails leave q and Tc open together: what the transition of zero field says about Tc closes them."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.findings import Finding, Verdict
from analysis.taff import prepare, taff_findings, taff_report
from analysis.taff.laws import Modified
from benchmarks.taff_samples import KnownNormal, parallel

ONSET = Finding("Tc_onset", 6.17, 0.002, "K", Verdict.GOOD)
MIDDLE = Finding("Tc_mid", 6.0, 0.002, "K", Verdict.GOOD)
NOISY = replace(parallel(), noise_ohm=7e-6)


def curves(seed, truth=NOISY):
    return [prepare(curve, KnownNormal(truth, truth.noise_ohm)) for curve in truth.campaign(seed)]


@pytest.fixture(scope="module")
def noisy():
    return curves(3)


def numbers(findings):
    return {f.quantity: f for f in findings if f.value is not None}


def test_alone_the_tails_give_no_number_and_say_why(noisy):
    found = taff_findings(noisy, ONSET, None, complete=True)
    assert not numbers(found)
    undecided = [f for f in found if f.method == "modified TAFF" and f.quantity == "exponent_q"]
    assert undecided[0].verdict is Verdict.NOT_ENOUGH_DATA
    assert "not determined together" in undecided[0].reason


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_with_tc_of_zero_field_they_do(seed):
    found = taff_findings(curves(seed), ONSET, MIDDLE, complete=True)
    having = numbers(found)
    assert having["exponent_q"].verdict is Verdict.GOOD
    assert abs(having["exponent_q"].value - 2.0) < 3.5 * having["exponent_q"].error
    assert "held to that of zero field, 6 +- 0.17 K" in having["exponent_q"].reason
    energies = [f for f in found if f.quantity == "activation_energy" and f.value is not None]
    assert len(energies) == 12
    truths = [float(NOISY.energy(f.conditions["field_T"])) for f in energies]
    assert max(abs(f.value - t) / f.error for f, t in zip(energies, truths, strict=True)) < 3.5


def test_tc_is_then_no_measurement_of_its_own(noisy):
    tc = numbers(taff_findings(noisy, ONSET, MIDDLE, complete=True))["Tc_taff"]
    assert tc.verdict is Verdict.PROVISIONAL
    assert "held" in tc.reason
    # the middle to 0.17 K and what the tails say together
    assert tc.error < 0.17
    assert abs(tc.value - 6.0) < 3 * tc.error


def test_what_the_curves_contradict_is_not_held(noisy):
    # the tails alone have Tc = 6.0 +- 0.2 K
    elsewhere = replace(ONSET, value=7.55), replace(MIDDLE, value=7.5)
    assert not numbers(taff_findings(noisy, *elsewhere, complete=True))


def test_curves_that_determine_tc_are_left_alone():
    quiet = curves(3, parallel())
    alone = numbers(taff_findings(quiet, ONSET, None, complete=True))
    with_tc = numbers(taff_findings(quiet, ONSET, replace(MIDDLE, value=6.1), complete=True))
    assert with_tc["Tc_taff"].value == alone["Tc_taff"].value
    assert "held" not in with_tc["Tc_taff"].reason


def test_prior_and_tails_are_weighted_by_their_errors(noisy):
    """Near its minimum a fit is a parabola: ln(Tc - top) is held as two measurements of it are averaged."""
    free = taff_report(noisy, ONSET, None, complete=True).fits
    tight = replace(free, tc_K=(free.modified_law.tc_K(free.modified.shared), 0.02))
    above = tight.modified_law.tc_K(free.modified.shared) - free.top_K
    expected = (free.modified.shared_covariance[1, 1] ** -1 + (above / 0.02) ** 2) ** -0.5
    assert np.sqrt(tight.modified.shared_covariance[1, 1]) == pytest.approx(expected, rel=0.02)
    assert isinstance(tight.modified_law, Modified)
    assert tight.modified.objective == pytest.approx(free.modified.objective, abs=0.05)

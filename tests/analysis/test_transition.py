from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr

from analysis.curves import Curve, CurveInfo
from analysis.findings import Finding, Verdict
from analysis.models.activation import parabolic
from analysis.models.phonons import bloch_grueneisen
from analysis.normal_state import fit_normal_state
from analysis.transition import CRITERIA, transition_report
from tests.analysis.synthetic import Sample, r_of_t

IN_PLANE = Sample(law="modified", prefactor=10, energy_K=lambda h: float(parabolic(h, 4653.88, -0.77, 14.5)))
#: sample, field, and the arguments of its sweep
TRUTHS = {
    "6 K": (Sample(), 0.0, {}),
    "6 K, 0.1 T": (Sample(), 0.1, {}),
    "6 K, 1 T, 0.1 % noise": (Sample(), 1.0, {"noise_ohm": 5e-5}),
    "6 K, 1 % noise": (Sample(), 0.0, {"noise_ohm": 5e-4}),
    "in plane, 0.5 T": (IN_PLANE, 0.5, {}),
    "300 points": (Sample(), 0.0, {"noise_ohm": 5e-6, "points": 300}),
    "1.2 K, 20 mK wide": (Sample(1.2, 1.21, 1.19), 0.0, {"start_K": 2.0, "end_K": 0.4, "noise_ohm": 5e-6}),
    "90 K, 2 K wide": (
        Sample(90, 91, 89, quadratic=1e-6),
        0.0,
        {"start_K": 110.0, "end_K": 70.0, "noise_ohm": 5e-5, "points": 1000},
    ),
}


def report(curve: Curve, above_K: float | None = None) -> dict[str, Finding]:
    findings = transition_report(curve, fit_normal_state(curve, above_K)).findings
    return {finding.quantity: finding for finding in findings}


def pulls(truth: str, seeds: range) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """(value - truth)/error and the errors, by criterion."""
    sample, field, sweep = TRUTHS[truth]
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in (*CRITERIA, "width")}
    expected = {name: sample.crossing(share, field) for name, share in CRITERIA.items()}
    expected["width"] = expected["onset"] - expected["zero"]
    for seed in seeds:
        found = report(r_of_t(sample, np.random.default_rng([11, seed]), field_T=field, **sweep))
        for name in rows:
            finding = found["transition_width" if name == "width" else f"Tc_{name}"]
            if finding.value is not None and finding.error is not None:
                rows[name].append(((finding.value - expected[name]) / finding.error, finding.error))
    return {name: (np.array(row)[:, 0], np.array(row)[:, 1]) for name, row in rows.items()}


@pytest.mark.parametrize("truth", TRUTHS)
def test_errors_are_honest(truth):
    for pull, _ in pulls(truth, range(16)).values():
        assert pull.size >= 13
        # 16 seeds: mean to 0.25, width to 0.18
        assert abs(np.mean(pull)) < 0.8
        assert 0.45 < np.std(pull) < 1.6
        assert np.max(np.abs(pull)) < 4.5


@pytest.mark.slow
@pytest.mark.parametrize("truth", TRUTHS)
def test_errors_are_honest_over_many_seeds(truth):
    for name, (pull, error) in pulls(truth, range(1000, 1200)).items():
        inside = np.mean(np.abs(pull) < 2)
        scatter = np.std(pull * error)
        print(f"{truth:24s} {name:6s} {np.mean(pull):+.2f} {np.std(pull):.2f} {inside:.3f} {np.median(error):.1e}")
        assert abs(np.mean(pull)) < 0.55
        assert 0.75 < np.std(pull) < 1.25
        assert inside > 0.88
        assert np.median(error) < 3 * scatter


def test_the_calibration_of_the_thermometer_is_in_the_temperatures_and_not_in_the_width():
    curve = r_of_t(Sample(), np.random.default_rng(1), accuracy_K=2e-3, offset_K=2e-3)
    found = report(curve)
    assert found["Tc_mid"].value == pytest.approx(6.002, abs=3e-4)
    assert found["Tc_mid"].error == pytest.approx(2e-3, rel=0.05)
    width = found["transition_width"]
    assert width.value == pytest.approx(0.34, abs=4 * (width.error or 0))
    assert width.error is not None
    assert width.error < 4e-4


def test_normal_resistance_and_base_of_a_curve_that_flux_flow_keeps_resistive():
    sample = Sample(flow_onset_T=1.9, full_T=4.0, energy_K=lambda h: 60.0)
    curve = r_of_t(sample, np.random.default_rng(2), field_T=2.5)
    found = report(curve, above_K=6.4)
    base = found["resistance_fraction_at_base"]
    place = base.conditions["temperature_K"]
    assert isinstance(place, float)
    truth = float(sample.fraction(place, 2.5))
    assert base.value is not None
    assert base.error is not None
    assert abs(base.value - truth) < 4 * base.error
    assert found["Tc_zero"].verdict is Verdict.NOT_ENOUGH_DATA
    assert "does not reach 1%" in found["Tc_zero"].reason
    level = found["normal_resistance"]
    middle = found["Tc_mid"].value
    assert level.value == pytest.approx(float(sample.normal(middle)), abs=4 * (level.error or 0))


def test_a_channel_without_a_transition_has_no_critical_temperature():
    curve = r_of_t(Sample(), np.random.default_rng(3))
    flat = 0.05 + np.random.default_rng(4).normal(0, 2e-3, len(curve))
    found = report(replace(curve, resistance_ohm=flat))
    for quantity in ("Tc_onset", "Tc_mid", "Tc_zero", "transition_width"):
        assert found[quantity].value is None
        assert found[quantity].verdict is Verdict.NOT_ENOUGH_DATA
        assert found[quantity].reason


@pytest.mark.parametrize("share", [0.99, 0.5, 0.01])
def test_a_spike_steers_nothing(share):
    curve = r_of_t(Sample(), np.random.default_rng(5))
    place = int(np.argmin(np.abs(curve.temperature_K - Sample().crossing(share))))
    spiked = curve.resistance_ohm.copy()
    spiked[place] += 0.5
    found = report(replace(curve, resistance_ohm=spiked))
    for name, level in CRITERIA.items():
        value, error = found[f"Tc_{name}"].value, found[f"Tc_{name}"].error
        assert value is not None
        assert error is not None
        assert abs(value - Sample().crossing(level)) < 4.5 * error
        assert error < 1e-3


def test_order_of_the_points_does_not_matter_much():
    curve = r_of_t(Sample(), np.random.default_rng(6))
    mixed = np.random.default_rng(7).permutation(len(curve))
    other = replace(curve, temperature_K=curve.temperature_K[mixed], resistance_ohm=curve.resistance_ohm[mixed])
    for name, finding in report(other).items():
        if name.startswith("Tc_"):
            assert finding.value == pytest.approx(report(curve)[name].value, abs=1e-3)


def test_steps_wider_than_the_transition_are_an_error_of_the_step():
    temperature = np.linspace(300.0, 2.0, 299)
    resistance = Sample(quadratic=1e-5).resistance(temperature) + np.random.default_rng(8).normal(0, 1e-6, 299)
    curve = replace(
        r_of_t(Sample(), np.random.default_rng(8)), temperature_K=temperature, resistance_ohm=resistance
    )
    middle = report(curve)["Tc_mid"]
    assert middle.verdict is Verdict.PROVISIONAL
    assert "too few to resolve" in middle.reason
    assert middle.value == pytest.approx(6.0, abs=1.0)
    assert middle.error is not None
    assert 0.2 < middle.error < 1.0


def test_a_reentrant_curve_tells_how_often_it_crosses():
    curve = r_of_t(Sample(), np.random.default_rng(9))
    bump = 0.04 * np.exp(-((curve.temperature_K - 4.0) ** 2) / 0.02)
    middle = report(replace(curve, resistance_ohm=curve.resistance_ohm + bump))["Tc_mid"]
    assert middle.verdict is Verdict.PROVISIONAL
    assert "3 times" in middle.reason
    assert middle.value == pytest.approx(6.0, abs=1e-3)


def test_an_unfinished_curve_is_provisional_or_says_that_it_goes_on():
    curve = replace(r_of_t(Sample(), np.random.default_rng(10), end_K=5.95), complete=False)
    found = report(curve)
    assert found["Tc_onset"].verdict is Verdict.PROVISIONAL
    assert found["Tc_zero"].verdict is Verdict.NOT_ENOUGH_DATA
    assert all("still being measured" in finding.reason for finding in found.values())


def test_a_bend_of_the_normal_state_is_no_certain_onset():
    """A ramp that ends above Tc, of a metal whose phonons freeze out: whatever is found is not called good."""
    temperature = np.linspace(300.0, 15.0, 6000)
    resistance = 10.0 + 150.0 * bloch_grueneisen(temperature / 600.0)
    resistance += 1e-3 * np.random.default_rng(1).standard_normal(temperature.size)
    curve = Curve(CurveInfo("ramp", "R(T)", {"field_T": 0.0}), temperature, 0 * temperature, resistance)
    report = transition_report(curve, fit_normal_state(curve))
    assert all(report.critical[name].value is None for name in ("mid", "zero"))
    onset = report.critical["onset"]
    assert onset.verdict is Verdict.PROVISIONAL
    assert "does not fall to half of R_n" in onset.reason


def test_a_filter_that_smears_a_fast_ramp_is_in_the_error_of_the_width():
    """A Gaussian step of 0.4 K from 1 to 99 % behind a filter that mixes 13 mK: sqrt(0.4^2 + 0.062^2) = 0.4048."""
    rng = np.random.default_rng(4)
    smeared_K, sigma_K = 0.0133, 0.4 / (2 * 2.32635)
    kelvin = np.arange(20.0, 7.0, -0.005)
    share = ndtr((kelvin - 11.25) / np.hypot(sigma_K, smeared_K))
    resistance = 22.0 * (1.0 + 1e-4 * kelvin) * share + 1e-5 * rng.normal(size=kelvin.size)
    info = CurveInfo("rt", "R(T)", {"field_T": 0.0})
    known = Curve(replace(info, smearing_K=smeared_K), kelvin, np.zeros_like(kelvin), resistance)
    unknown = replace(known, info=info)
    width, naive = (report(curve)["transition_width"] for curve in (known, unknown))
    assert width.value == naive.value == pytest.approx(0.4048, abs=3e-4)
    assert abs(width.value - 0.4) < 1.2 * width.error
    assert abs(naive.value - 0.4) > 10 * naive.error
    assert width.error == pytest.approx(0.0048, rel=0.1)

from dataclasses import replace

import numpy as np
import pytest

from analysis.curves import Curve
from analysis.errors import AnalysisError
from analysis.findings import Finding, Verdict
from analysis.models import activation
from analysis.taff import prepare, taff_findings
from analysis.taff.curve import below
from benchmarks.taff_samples import KnownNormal, Truth, parallel, perpendicular, single_power

TC = Finding("Tc_onset", 6.17, 0.002, "K", Verdict.GOOD)


def prepared(truth: Truth, seed: int = 0, fields=None):
    normal = KnownNormal(truth, truth.noise_ohm)
    return [prepare(curve, normal) for curve in truth.campaign(seed, fields)]


def one(truth: Truth, field_T: float, seed: int = 0, **changes):
    curve = truth.curve(np.random.default_rng(seed), field_T)
    return prepare(replace(curve, **changes), KnownNormal(truth, truth.noise_ohm))


def having(findings, quantity):
    return [f for f in findings if f.quantity == quantity and f.value is not None]


def pulls(findings, quantity, truth):
    return np.array([(f.value - truth(f)) / f.error for f in having(findings, quantity)])


def energy_of(truth):
    return lambda f: float(truth.energy(f.conditions["field_T"]))


class TestWindow:
    def test_edges_are_where_the_law_puts_them(self):
        truth = replace(perpendicular(), accuracy_K=0.0)
        curve = one(truth, 0.3)
        energy = 1228.76 * 3**-0.71
        # R/R_n = 1e-2, and 5 sigma: 1/T = 1/5.95 + ln(1.6e5/r)/U0
        upper = 1 / (1 / 5.95 + np.log(1.6e5 / 1e-2) / energy)
        lower = 1 / (1 / 5.95 + np.log(1.6e5 / (5e-6 / truth.normal(4.9))) / energy)
        assert curve.window_K == pytest.approx((lower, upper), abs=0.015)
        assert curve.usable
        assert curve.floor_reached

    @pytest.mark.parametrize("step_K", [2.5e-3, 2.5e-4])
    def test_size_is_bounded(self, step_K):
        assert one(replace(perpendicular(), step_K=step_K), 1.0).temperature_K.size < 400

    def test_noise_is_measured(self):
        curves = [one(perpendicular(), 0.3, seed) for seed in range(12)]
        assert [curve.noise_ohm for curve in curves] == pytest.approx([1e-6] * 12, rel=0.15)
        # a quarter off in one curve, so 7 % in the mean square of twelve
        mean_square = np.mean([curve.thermometer_noise_K**2 for curve in curves])
        assert np.sqrt(mean_square) == pytest.approx(3e-4, rel=0.25)

    @pytest.mark.parametrize(
        ("field_T", "words"),
        [(0.0, "zero field"), (2.0, "levels off at 0.048"), (12.0, "transition not reached"), (2.2, "R/R_n")],
    )
    def test_reasons_of_the_field(self, field_T, words):
        curve = one(perpendicular(), field_T)
        assert not curve.usable
        assert words in curve.reason

    def test_flux_flow_below_the_upper_edge_is_seen(self):
        truth = replace(perpendicular(), flux_flow=(1.79, 3.0))
        assert "flux flow" in one(truth, 1.8).reason  # (1.80 - 1.79) / 1.21 = 0.8 %

    def test_noise_leaves_no_decade(self):
        assert "decades" in one(replace(perpendicular(), noise_ohm=5e-5), 0.3).reason

    def test_few_points(self):
        truth = perpendicular()
        curve = truth.curve(np.random.default_rng(0), 0.1)
        few = slice(None, None, 60)
        sparse = Curve(curve.info, curve.temperature_K[few], curve.field_T[few], curve.resistance_ohm[few])
        assert "too few points in the window" in prepare(sparse, KnownNormal(truth, 1e-6)).reason
        none = Curve(curve.info, *(np.empty(0),) * 3)
        assert "too few points" in prepare(none, KnownNormal(truth, 1e-6)).reason

    def test_values_that_are_not_finite_are_left_out(self):
        truth = perpendicular()
        curve = truth.curve(np.random.default_rng(0), 0.3)
        spoiled = curve.resistance_ohm.copy()
        spoiled[::50] = np.nan
        whole = prepare(curve, KnownNormal(truth, 1e-6))
        rest = prepare(replace(curve, resistance_ohm=spoiled), KnownNormal(truth, 1e-6))
        assert rest.shape[1] == pytest.approx(whole.shape[1], rel=0.01)

    def test_field_is_needed(self):
        truth = perpendicular()
        curve = truth.curve(np.random.default_rng(0), 0.3)
        nameless = replace(curve, info=replace(curve.info, conditions={}))
        with pytest.raises(AnalysisError, match="field_T"):
            prepare(nameless, KnownNormal(truth, 1e-6))


class TestTailOfZeroField:
    MID = Finding("Tc_mid", 6.0, 0.002, "K", Verdict.GOOD)

    def test_a_window_far_below_is_as_it_was(self):
        curve = one(perpendicular(), 0.3)
        assert below(curve, 5.66) is curve

    def test_what_lies_in_the_tail_is_left_out(self):
        curve = one(perpendicular(), 0.1)
        low, top = curve.window_K
        cut = below(curve, top - 0.05)
        assert cut.usable
        assert cut.window_K == (low, top - 0.05)
        assert cut.temperature_K.max() < top - 0.05
        sizes = {a.size for a in (cut.resistance_ohm, cut.readings, cut.level_ohm, cut.normal_ohm)}
        assert sizes == {cut.temperature_K.size}

    def test_a_window_in_the_tail_is_refused(self):
        curve = one(perpendicular(), 0.1)
        cut = below(curve, curve.window_K[0] + 0.02)
        assert not cut.usable
        assert "transition of zero field" in cut.reason

    def test_a_wide_transition_does_not_spoil_the_lines(self):
        # the window of the lowest field ends at 5.5 K, where the transition still holds 0.8 % of R_n
        truth = replace(single_power(), width_K=0.22, tc_K=5.75, meeting_K=5.7, prefactor=50.0, noise_ohm=3e-7)
        onset = replace(TC, value=truth.tc_K + truth.width_K)
        middle = replace(self.MID, value=truth.tc_K)
        findings = taff_findings(prepared(truth, 1), onset, middle, complete=True)
        energies = pulls(findings, "activation_energy", energy_of(truth))
        assert {f.method for f in having(findings, "activation_energy")} == {"Arrhenius"}
        assert energies.size == 10
        assert np.max(np.abs(energies)) < 4


@pytest.fixture(scope="module")
def campaigns():
    truth = perpendicular()
    return [taff_findings(prepared(truth, seed), TC, None, complete=True) for seed in (3, 4, 5)]


@pytest.fixture(scope="module")
def in_plane():
    return taff_findings(prepared(parallel(), 3), TC, None, complete=True)


class TestArrhenius:
    def test_energies_and_meeting_point(self, campaigns):
        truth = perpendicular()
        for findings in campaigns:
            energies = pulls(findings, "activation_energy", energy_of(truth))
            assert energies.size == 10
            assert np.max(np.abs(energies)) < 4
            for name in ("T_cross", "inverse_slope_lnR0_U0"):
                (finding,) = having(findings, name)
                assert finding.verdict is Verdict.GOOD
                assert abs(finding.value - 5.95) < 4 * finding.error
                assert finding.error < 0.01
                assert "not two checks" in finding.reason
                assert "mean window temperature" in finding.reason

    def test_law_in_field(self, campaigns):
        for findings in campaigns:
            for name, value in perpendicular().law_parameters.items():
                (finding,) = having(findings, name)
                assert finding.method == "broken power law"
                assert abs(finding.value - value) < 4 * finding.error

    def test_modified_law_is_not_needed(self, campaigns):
        for findings in campaigns:
            rejected = [f for f in findings if f.method == "modified TAFF" and f.verdict is Verdict.MODEL_REJECTED]
            assert len([f for f in rejected if f.quantity == "activation_energy"]) == 10
            assert all("not needed" in f.reason and f.value is None for f in rejected)
            assert not having(findings, "exponent_q")

    def test_spoiled_fields_say_why(self, campaigns):
        spoiled = [
            f for f in campaigns[0] if f.quantity == "activation_energy" and f.verdict is Verdict.NOT_ENOUGH_DATA
        ]
        assert {f.conditions["field_T"] for f in spoiled} == {2.0, 2.2, 2.5, 3.0, 6.0, 12.0}
        assert all(f.reason for f in spoiled)

    def test_saturation_is_in_the_error(self):
        truth = replace(single_power(), saturation=1.0)
        findings = taff_findings(prepared(truth, 2), TC, None, complete=True)
        energies = pulls(findings, "activation_energy", energy_of(truth))
        assert energies.size == 11
        assert np.max(np.abs(energies)) < 3.5

    @pytest.mark.parametrize("offset_ohm", [5e-5, -5e-5])
    def test_offset_of_the_bridge_is_fitted(self, offset_ohm):
        truth = replace(perpendicular(), offset_ohm=offset_ohm)
        curves = prepared(truth, 3, perpendicular().fields[:5])
        findings = taff_findings(curves, TC, None, complete=True)
        energies = pulls(findings, "activation_energy", energy_of(truth))
        assert energies.size == 5
        assert np.max(np.abs(energies)) < 4

    def test_half_of_the_readings_at_the_floor_are_negative_and_count(self):
        truth = replace(perpendicular(), noise_ohm=5e-6)
        curve = truth.curve(np.random.default_rng(1), 0.3)
        assert np.count_nonzero(curve.resistance_ohm < 0) > 500
        findings = taff_findings(prepared(truth, 1), TC, None, complete=True)
        assert np.max(np.abs(pulls(findings, "activation_energy", energy_of(truth)))) < 4

    def test_thermometer_calibration_is_in_the_error(self):
        loose = replace(perpendicular(), accuracy_K=0.02)
        (finding,) = having(taff_findings(prepared(loose, 1), TC, None, complete=True), "T_cross")
        assert 0.006 < finding.error < 0.021

    def test_meeting_point_far_from_tc(self):
        far = replace(TC, value=6.6)
        findings = taff_findings(prepared(perpendicular(), 3), far, None, complete=True)
        rejected = [f for f in findings if f.quantity == "T_cross"]
        assert rejected[0].verdict is Verdict.MODEL_REJECTED
        assert "-9.8 % from Tc_onset" in rejected[0].reason

    def test_without_tc_nothing_is_final(self):
        findings = taff_findings(prepared(perpendicular(), 3), None, None, complete=True)
        energies = having(findings, "activation_energy")
        assert energies
        assert all(f.verdict is Verdict.PROVISIONAL and "no Tc" in f.reason for f in energies)

    def test_lines_that_turn_in_their_windows_prove_nothing(self):
        truth = replace(
            perpendicular(),
            energy=lambda h: activation.power_law(h, 900.0, 0.1, 0.5),
            meeting_K=5.4,
            prefactor=1e-3,
            flux_flow=None,
            fields=(0.1, 0.2, 0.3, 0.45),
        )
        findings = taff_findings(prepared(truth, 1), replace(TC, value=5.5), None, complete=True)
        (finding,) = having(findings, "T_cross")
        assert finding.verdict is Verdict.PROVISIONAL
        assert "may only be where noisy lines turn" in finding.reason


class TestModified:
    def test_arrhenius_is_rejected_with_reasons(self, in_plane):
        rejected = [f for f in in_plane if f.method == "Arrhenius" and f.verdict is Verdict.MODEL_REJECTED]
        assert {f.quantity for f in rejected} == {"activation_energy", "T_cross", "inverse_slope_lnR0_U0"}
        assert all(f.value is None and "do not meet" in f.reason for f in rejected)

    def test_numbers(self, in_plane):
        truth = parallel()
        energies = pulls(in_plane, "activation_energy", energy_of(truth))
        assert energies.size == 12
        assert np.max(np.abs(energies)) < 3.5
        for name, value in {"exponent_q": 2.0, "Tc_taff": 6.0, **truth.law_parameters}.items():
            (finding,) = having(in_plane, name)
            assert finding.verdict is Verdict.GOOD
            assert abs(finding.value - value) < 3.5 * finding.error
        assert having(in_plane, "exponent_q")[0].error < 0.12

    @pytest.mark.parametrize("q", [1.5, 2.3])
    def test_another_exponent(self, q):
        findings = taff_findings(prepared(replace(parallel(), exponent_q=q), 4), TC, None, complete=True)
        (finding,) = having(findings, "exponent_q")
        assert abs(finding.value - q) < 3.5 * finding.error

    def test_exactly_one_model_has_numbers(self, in_plane):
        methods = {f.method for f in having(in_plane, "activation_energy")}
        assert methods == {"modified TAFF"}
        per_field = [f.conditions["field_T"] for f in having(in_plane, "activation_energy")]
        assert len(per_field) == len(set(per_field))


class TestWhileTheRunLasts:
    def test_verdicts_are_provisional(self):
        curves = prepared(perpendicular(), 3, (0.0, 0.1, 0.2, 0.3, 0.45))
        findings = taff_findings(curves, TC, None, complete=False)
        numbers = [f for f in findings if f.value is not None]
        assert numbers
        assert all(f.verdict is Verdict.PROVISIONAL and "after 4 of the fields" in f.reason for f in numbers)

    @pytest.mark.parametrize("truth", [perpendicular(), parallel()])
    def test_one_and_two_curves_claim_nothing(self, truth):
        for count in (1, 2):
            curves = prepared(truth, 3, truth.fields[:count])
            findings = taff_findings(curves, TC, None, complete=True)
            assert not [f for f in findings if f.verdict is Verdict.GOOD]
            assert not having(findings, "exponent_q")

    def test_nothing_at_all(self):
        assert taff_findings([], TC, None, complete=False) == []
        assert taff_findings(prepared(perpendicular(), 0, (0.0,)), TC, None, complete=True) == []

    def test_growing_curve(self):
        truth = perpendicular()
        curves = prepared(truth, 3, (0.1, 0.2, 0.3))
        curves.append(one(truth, 0.45, complete=False))
        findings = taff_findings(curves, TC, None, complete=True)
        verdicts = {f.conditions["field_T"]: f.verdict for f in having(findings, "activation_energy")}
        assert verdicts[0.45] is Verdict.PROVISIONAL
        assert verdicts[0.1] is Verdict.GOOD

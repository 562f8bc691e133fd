from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from analysis.critical_field import FieldCurve
from analysis.curves import Curve, CurveInfo
from analysis.errors import AnalysisError
from analysis.findings import Finding, Verdict
from analysis.models.activation import broken_power_law
from analysis.study import Study, _at_zero_field, analyze
from tests.analysis.synthetic import Sample, r_of_t
from tests.analysis.test_hall import ONE_WAY, sweep

SAMPLE = Sample(
    energy_K=lambda h: float(broken_power_law(h, 1228.76, 0.1, 0.71, 1.67, 0.7)), flow_onset_T=1.9, full_T=4.0
)
FIELDS = (0.0, 0.1, 0.3, 0.6, 1.0, 1.5, 2.2)


def campaign(points: int = 1200) -> list[Curve]:
    rng = np.random.default_rng(21)
    curves = [
        r_of_t(SAMPLE, rng, field_T=field, points=points, accuracy_K=2e-3, field_accuracy=2e-4) for field in FIELDS
    ]
    return [*curves, sweep(5, ONE_WAY, thickness_m=2e-6)]


CURVES = campaign()


def play(study: Study, curve: Curve, upto: int | None = None) -> None:
    study.start(curve.info)
    rows = np.stack([curve.temperature_K, curve.field_T, curve.resistance_ohm], axis=1)
    for row in rows[:upto].tolist():
        study.add(*row)


def looked(study: Study) -> list[Finding]:
    """Snapshots until they have nothing more to say."""
    found = study.snapshot()
    while study.busy:
        found = study.snapshot()
    return found


def test_live_and_final_findings_are_the_same_while_points_fit_into_blocks():
    study = Study(len(CURVES))
    for curve in CURVES:
        play(study, curve)
        study.finish()
    assert study.snapshot() == analyze(CURVES)


def test_order_of_the_curves_does_not_matter():
    study = Study(len(CURVES))
    for curve in reversed(CURVES):
        play(study, curve)
        study.finish()

    def key(finding: Finding) -> str:
        return repr((finding.quantity, finding.method, sorted(finding.conditions.items()), finding.curves))

    def numbers(findings: list[Finding]) -> dict[str, tuple[float | None, float | None]]:
        return {
            key(f): (f.value, f.error) for f in findings if f.quantity.startswith(("Tc_o", "Tc_m", "Tc_z", "Hc2"))
        }

    assert numbers(study.snapshot()) == numbers(analyze(CURVES))


def test_critical_fields_hold_the_truth():
    found = [f for f in analyze(CURVES) if f.quantity == "Hc2"]
    assert {f.conditions["criterion"] for f in found} == {"onset", "mid", "zero"}
    for finding in found:
        share = {"onset": 0.99, "mid": 0.5, "zero": 0.01}[str(finding.conditions["criterion"])]
        assert finding.value is not None
        assert finding.error is not None
        # field at the measured temperature, from the noise-free crossings on either side of the field
        low, high = SAMPLE.crossing(share, finding.value * 0.99), SAMPLE.crossing(share, finding.value * 1.01)
        slope = 0.02 * finding.value / (low - high)
        truth = (
            finding.value
            - (float(finding.conditions["temperature_K"]) - SAMPLE.crossing(share, finding.value)) * slope
        )
        assert abs(finding.value - truth) < 4 * finding.error


def test_zero_resistance_field_brackets_the_truth():
    (found,) = [f for f in analyze(CURVES) if f.quantity == "zero_resistance_field"]
    assert found.value == pytest.approx((1.5 + 2.2) / 2)
    assert found.verdict is Verdict.GOOD


def test_a_growing_curve_is_provisional_and_its_number_comes_when_it_can():
    study = Study(2)
    study.start(CURVES[0].info)
    seen = []
    rows = np.stack([CURVES[0].temperature_K, CURVES[0].field_T, CURVES[0].resistance_ohm], axis=1).tolist()
    for index, row in enumerate(rows):
        study.add(*row)
        if index % 50 == 49:
            middle = next(f for f in looked(study) if f.quantity == "Tc_mid")
            assert middle.verdict in (Verdict.PROVISIONAL, Verdict.NOT_ENOUGH_DATA)
            assert "still being measured" in middle.reason
            seen.append(middle.value)
    known = [value is not None for value in seen]
    assert not known[0]
    assert known[-1]
    assert all(later or not earlier for earlier, later in pairwise(known))
    study.finish()
    assert next(f for f in study.snapshot() if f.quantity == "Tc_mid").verdict is Verdict.GOOD


def test_across_curves_nothing_is_good_before_the_last():
    study = Study(None)
    for curve in CURVES[:3]:
        play(study, curve)
        study.finish()
    across = [f for f in study.snapshot() if f.quantity in ("Hc2", "zero_resistance_field", "activation_energy")]
    assert across
    assert all(f.verdict is not Verdict.GOOD for f in across)


def test_a_snapshot_between_new_points_costs_no_work():
    study = Study(1)
    play(study, CURVES[0], 800)
    first = looked(study)
    study.add(2.0, 0.0, 0.0)
    assert not study.busy
    assert all(a is b for a, b in zip(first, study.snapshot(), strict=True))


def test_what_a_look_says_does_not_depend_on_how_often_it_was_advanced():
    patient, hasty = Study(1), Study(1)
    for study in (patient, hasty):
        play(study, CURVES[1], 800)
    for row in np.stack([CURVES[1].temperature_K, CURVES[1].field_T, CURVES[1].resistance_ohm], axis=1)[800:820]:
        hasty.snapshot()
        hasty.add(*row.tolist())
    assert looked(hasty) == looked(patient)
    assert looked(patient)


def test_a_look_at_a_growing_curve_is_many_short_steps():
    study = Study(1)
    play(study, CURVES[1])
    study.snapshot()
    steps = 0
    while study.busy:
        study.snapshot()
        steps += 1
    # a normal state and three crossings, each in at least three windows
    assert steps > 12


def test_a_curve_that_ends_in_mid_look_leaves_nothing_of_it():
    study = Study(1)
    play(study, CURVES[0])
    study.snapshot()
    assert study.busy
    study.finish()
    assert not study.busy
    assert study.snapshot() == analyze([CURVES[0]])


def test_points_that_are_no_numbers_are_left_out_and_told():
    study = Study(1)
    play(study, CURVES[0])
    study.add(float("nan"), 0.0, 0.1)
    study.finish()
    middle = next(f for f in study.snapshot() if f.quantity == "Tc_mid")
    assert middle.value is not None
    assert "1 point(s)" in middle.reason


def test_a_curve_cut_short_makes_the_rest_provisional():
    short = Curve(CURVES[2].info, *(a[:600] for a in _arrays(CURVES[2])), complete=False)
    found = analyze([*CURVES[:2], short])
    assert all(f.verdict is not Verdict.GOOD for f in found if f.quantity == "Hc2")


def test_readings_that_repeat_in_every_digit_count_once():
    doubled = Curve(CURVES[0].info, *(np.repeat(a, 2) for a in _arrays(CURVES[0])))
    assert analyze([doubled]) == analyze([CURVES[0]])


def test_bad_curves_give_reasons():
    info = CurveInfo("empty", "R(T)", {"field_T": 0.0})
    empty = Curve(info, np.empty(0), np.empty(0), np.empty(0))
    assert all(f.value is None and f.reason for f in analyze([empty]))
    assert analyze([]) == []


def test_start_and_finish_come_in_turn():
    study = Study(1)
    with pytest.raises(AnalysisError, match="finish without"):
        study.finish()
    study.start(CURVES[0].info)
    with pytest.raises(AnalysisError, match="has not been finished"):
        study.start(CURVES[1].info)


def _arrays(curve: Curve):
    return curve.temperature_K, curve.field_T, curve.resistance_ohm


def zero_field(name: str, onset: Finding, middle: Finding) -> FieldCurve:
    return FieldCurve(name, 0.0, 0.0, {"onset": onset, "mid": middle}, None)


def tc(value: float | None, error: float | None, verdict: Verdict, reason: str = "") -> Finding:
    return Finding("Tc", value, error, "K", verdict, reason)


def test_tc_in_zero_field_is_the_best_known_one_of_a_transition():
    nothing = tc(None, None, Verdict.NOT_ENOUGH_DATA, "never falls to half")
    # the first ramp ends above Tc: what looks like an onset there is a bend, however small its error
    warm = zero_field("warm", tc(14.0, 0.001, Verdict.PROVISIONAL, "a bend"), nothing)
    coarse = zero_field("coarse", tc(6.2, 0.01, Verdict.PROVISIONAL, "few points"), tc(6.0, 0.1, Verdict.GOOD))
    fine = zero_field("fine", tc(6.1, 0.02, Verdict.GOOD), tc(5.9, 0.02, Verdict.GOOD))
    assert _at_zero_field([warm, coarse, fine], "onset") == fine.critical["onset"]
    assert _at_zero_field([coarse, fine], "mid") == fine.critical["mid"]
    assert _at_zero_field([warm, coarse], "onset") == coarse.critical["onset"]
    assert _at_zero_field([warm], "onset") is None
    assert _at_zero_field([replace(fine, field_T=0.5)], "onset") is None

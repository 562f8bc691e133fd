from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from analysis.curves import Curve, CurveInfo
from analysis.field_branches import branches, sweeps
from analysis.field_study import evaluate_field
from analysis.field_sweep import CRITERIA, field_report
from analysis.findings import Finding, Verdict
from analysis.normal_field import FieldNormal
from analysis.study import Study, analyze
from analysis.zero_window import (
    common_threshold,
    crossings_of,
    hysteresis_findings,
    symmetrise,
    window_findings,
    zero_window,
)

BC2, WIDTH = 5.0, 0.4
DATA = Path(__file__).parents[1] / "data" / "percolative_supercurrent"


def isotherm(
    fields, seed=0, *, bc2=BC2, offset=0.0, noise=1e-3, temperature=2.0, name="r", width=WIDTH, **info
) -> Curve:
    """R = (10 + 0.02 |B|) ohm times a cumulative Gaussian, in a field that is read ``offset`` too high."""
    size = np.abs(fields - offset)
    resistance = (10 + 0.02 * size) * ndtr((size - bc2) / width)
    resistance = resistance + np.random.default_rng(seed).normal(0, noise, fields.size)
    conditions = {"temperature_K": temperature, "orientation": "out_of_plane", "signal": "longitudinal"}
    return Curve(CurveInfo(name, "R(B)", conditions, **info), np.full(fields.size, temperature), fields, resistance)


def critical(findings: list[Finding]) -> dict[str, Finding]:
    return {str(f.conditions["criterion"]): f for f in findings if f.quantity == "Hc2"}


def truth(name, bc2=BC2):
    return bc2 + WIDTH * float(ndtri(CRITERIA[name]))


@pytest.mark.parametrize(
    "fields",
    [np.linspace(0, 9, 600), np.linspace(9, 0, 600), np.linspace(-9, 9, 900), np.linspace(9, -9, 900)],
    ids=["up", "down", "through zero", "down through zero"],
)
def test_every_criterion_holds_the_truth(fields):
    found = critical(field_report(isotherm(fields, 3)).findings)
    assert list(found) == ["onset", "90 %", "mid", "zero"]
    for name, finding in found.items():
        assert finding.verdict is Verdict.GOOD, finding.reason
        assert finding.value == pytest.approx(truth(name), abs=4 * (finding.error or 0))
        assert (finding.error or 0) < 0.1 * WIDTH


def test_a_remanent_field_cancels_in_half_the_distance():
    finding = critical(field_report(isotherm(np.linspace(-9, 9, 900), offset=0.05)).findings)["mid"]
    assert finding.value == pytest.approx(BC2, abs=4 * (finding.error or 0))
    assert "centred at 0.05" in finding.reason
    assert (finding.error or 1) < 0.01


def test_errors_cover_over_seeds():
    pulls = {name: [] for name in CRITERIA}
    for seed in range(40):
        for name, finding in critical(
            field_report(isotherm(np.linspace(0, 9, 400), seed, noise=0.02)).findings
        ).items():
            assert finding.value is not None
            pulls[name].append((finding.value - truth(name)) / (finding.error or 1))
    for values in pulls.values():
        # 40 seeds: mean to 0.16, width to 0.11
        assert abs(np.mean(values)) < 0.5
        assert 0.6 < np.std(values) < 1.4


def test_the_accuracy_of_the_field_is_in_the_error():
    finding = critical(field_report(isotherm(np.linspace(0, 9, 600), noise=1e-5, field_accuracy=0.01)).findings)[
        "mid"
    ]
    assert finding.error == pytest.approx(0.01 * BC2, rel=0.02)


def test_the_last_crossing_is_quoted_and_all_are_counted():
    fields = np.linspace(0, 9, 900)
    curve = isotherm(fields)
    bump = 9 * np.exp(-0.5 * ((fields - 2) / 0.15) ** 2)
    finding = critical(field_report(replace(curve, resistance_ohm=curve.resistance_ohm + bump)).findings)["mid"]
    assert finding.value == pytest.approx(BC2, abs=0.05)
    assert finding.verdict is Verdict.PROVISIONAL
    assert "3 times" in finding.reason


def test_a_sweep_that_ends_too_early_needs_the_normal_state_of_others():
    fields = np.linspace(0, 5.3, 500)
    alone = critical(field_report(isotherm(fields)).findings)["mid"]
    assert alone.verdict is Verdict.NOT_ENOUGH_DATA
    assert "may end before the normal state" in alone.reason
    given = FieldNormal(4.5, np.array([10.09, 0.02]), np.diag([1e-4, 1e-6]), 1e-3, (0.0, 9.0), "R_n extrapolated")
    found = critical(field_report(isotherm(fields), given).findings)
    assert found["mid"].value == pytest.approx(BC2, abs=4 * (found["mid"].error or 0))
    assert found["mid"].verdict is Verdict.PROVISIONAL
    assert "extrapolated" in found["mid"].reason
    assert found["onset"].value is None
    assert "nowhere above 99%" in found["onset"].reason


@pytest.mark.parametrize(
    ("resistance", "reason"),
    [
        (np.random.default_rng(1).normal(0, 2e-3, 300), "not connected"),
        (np.full(300, 0.7), "not alive"),
        (np.where(np.arange(300) == 50, np.nan, 1.0), "not finite"),
        (10 + np.random.default_rng(1).normal(0, 2e-3, 300), "does not reach"),
    ],
    ids=["noise", "constant", "nan", "normal"],
)
def test_channels_without_a_transition_give_none(resistance, reason):
    curve = replace(isotherm(np.linspace(-9, 9, 300)), resistance_ohm=resistance)
    for finding in critical(evaluate_field(curve).findings).values():
        assert finding.verdict is Verdict.NOT_ENOUGH_DATA
        assert reason in finding.reason
    for finding in evaluate_field(curve).findings:
        assert finding.quantity == "normal_resistance" or finding.value is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (np.random.default_rng(0).permutation(np.linspace(0, 9, 300)), "not in the order"),
        (np.full(300, 3.0), "does not change"),
        (np.linspace(0, 9, 8), "only 8 points"),
    ],
)
def test_fields_that_are_no_sweep(fields, reason):
    for finding in evaluate_field(isotherm(fields)).findings:
        assert finding.value is None
        assert reason in finding.reason


def test_a_temperature_that_moves_is_told():
    curve = isotherm(np.linspace(0, 9, 600))
    drifting = replace(curve, temperature_K=np.linspace(2.0, 2.3, 600))
    assert "temperature moves" in critical(field_report(drifting).findings)["mid"].reason


def test_there_and_back_is_two_sweeps():
    fields = np.concatenate([np.linspace(0, 9, 300), np.linspace(9, -9, 600), np.linspace(-9, 0, 300)])
    parts = sweeps(fields + np.random.default_rng(0).normal(0, 1e-3, fields.size), np.arange(fields.size) * 1.0)
    assert not isinstance(parts, str)
    assert [part.direction for part in parts] == ["up", "down", "up"]
    assert [(b.side, b.size_T.size) for b in branches(parts[1])] == [(1, 300), (-1, 301)]


# -- zero-resistance window and hysteresis: edges are half way between the points told ------------------------


def magnetic(fields, shift, *, step=True, noise=0.5, seed=0, name="r") -> Curve:
    """A window of 0.1 T about ``shift``, beyond it a jump or a ramp of 5000 ohm/T."""
    beyond = np.abs(fields - shift) - 0.05
    rise = np.where(beyond > 0, 200 + 1000 * beyond if step else 5000 * beyond, 0.0)
    resistance = rise + np.random.default_rng(seed).normal(0, noise, fields.size)
    conditions = {"temperature_K": 0.04, "orientation": "in_plane", "signal": "longitudinal"}
    return Curve(CurveInfo(name, "R(B)", conditions), np.full(fields.size, 0.04), fields, resistance)


@pytest.mark.parametrize("step", [True, False], ids=["jump", "ramp"])
def test_windows_and_hysteresis_hold_the_truth(step):
    pulls = []
    for seed in range(40):
        rng = np.random.default_rng([seed, 7])
        start, shift = rng.uniform(-0.0015, 0.0015), rng.uniform(0.01, 0.02)
        up = np.arange(-0.15, 0.15, 0.003) + start
        curves = [
            magnetic(up, shift, step=step, seed=2 * seed, name="up"),
            magnetic(-up, -shift, step=step, seed=2 * seed + 1, name="down"),
        ]
        parts = [sweeps(curve.field_T, curve.resistance_ohm) for curve in curves]
        found = [f for curve, part in zip(curves, parts, strict=True) for f in window_findings(curve, part)]
        both = common_threshold(parts[0][0], parts[1][0])
        found += hysteresis_findings(curves, *(crossings_of(part[0], {}, both) for part in parts))
        # a ramp passes a threshold of h ohm h/5000 T after its foot on either side
        for finding in found:
            if finding.quantity == "zero_resistance_window":
                threshold = 0.0 if step else float(finding.method.split("below ")[1].split(" ohm")[0]) / 5000
                pulls.append((finding.value - 0.1 - 2 * threshold) / finding.error)
            elif finding.quantity == "remanent_shift":
                pulls.append(
                    (finding.value - (shift if finding.conditions["sweep"] == "up" else -shift)) / finding.error
                )
            elif finding.quantity == "hysteresis":
                pulls.append((finding.value - 2 * shift) / finding.error)
    assert len(pulls) == 40 * 7
    # a uniform error of half a step has its bounds at 1.73 errors
    assert abs(np.mean(pulls)) < 0.35
    assert 0.5 < np.std(pulls) < 1.2
    assert np.max(np.abs(pulls)) < 4


def test_sweeps_up_and_down_are_symmetrised_with_each_other():
    fields = np.linspace(-0.15, 0.15, 301)
    up, down = (
        sweeps(curve.field_T, curve.resistance_ohm)[0]
        for curve in (magnetic(fields, 0.015, noise=0), magnetic(-fields, -0.015, noise=0))
    )
    both = symmetrise(up, down)
    assert not isinstance(both, str)
    # leaving zero field both jump at 0.065 T, approaching it at 0.035 T
    assert both.size_T[np.argmax(both.leaving_ohm > 1)] == pytest.approx(0.065, abs=0.0021)
    assert both.size_T[np.argmax(both.approaching_ohm > 1)] == pytest.approx(0.035, abs=0.0021)
    assert isinstance(symmetrise(down, up), str)


def measured(channel):
    """Sweep up and sweep down of an aluminium bar (see ORIGIN.md beside the files)."""
    curves = []
    for name in ("bar_197_up.dat", "bar_198_down.dat"):
        rows = np.loadtxt(DATA / name, skiprows=1)
        conditions = {"temperature_K": 0.04, "orientation": "in_plane", "signal": "longitudinal"}
        info = CurveInfo(name, "R(B)", conditions)
        curves.append(Curve(info, np.full(len(rows), 0.04), rows[:, 0], rows[:, channel]))
    return curves


def test_a_measured_bar():
    found = analyze(measured(1))
    windows = [f for f in found if f.quantity == "zero_resistance_window"]
    shifts = [f for f in found if f.quantity == "remanent_shift"]
    # read off the file by eye: up 0 ohm from -0.036 to 0.063 T, down from 0.030 to -0.066 T, in steps of 3 mT
    assert [f.value for f in windows] == [pytest.approx(0.102, abs=0.004), pytest.approx(0.099, abs=0.004)]
    assert [f.value for f in shifts] == [pytest.approx(0.0135, abs=0.002), pytest.approx(-0.018, abs=0.002)]
    (both,) = [f for f in found if f.quantity == "hysteresis" and f.conditions["side"] == "symmetrised"]
    assert both.value == pytest.approx(0.0315, abs=0.003)
    assert both.error == pytest.approx(0.0012, abs=0.0004)
    for finding in critical(found).values():
        assert "may end before the normal state" in finding.reason


@pytest.mark.parametrize("channel", [2, 3])
def test_the_other_channels_of_the_bar_shift_the_same_way(channel):
    shifts = [f for f in analyze(measured(channel)) if f.quantity == "remanent_shift"]
    assert [np.sign(f.value) for f in shifts] == [1, -1]
    assert all(abs(f.value) == pytest.approx(0.0135, abs=0.004) for f in shifts)


def test_zero_throughout_and_never_zero():
    fields = np.linspace(-1, 1, 200)
    rng = np.random.default_rng(2)
    for resistance, reason in (
        (rng.normal(0, 1, 200), "above its noise"),
        (10 + rng.normal(0, 0.1, 200), "nowhere stays"),
    ):
        (sweep,) = sweeps(fields, resistance)
        answer = zero_window(sweep)
        assert isinstance(answer, str)
        assert reason in answer


# -- in a campaign -------------------------------------------------------------------------------------------


def campaign() -> list[Curve]:
    full, short = np.linspace(0, 9, 500), np.linspace(0, 7.3, 500)
    return [
        isotherm(short, 1, bc2=7.0, temperature=2.0, name="cold"),
        isotherm(full, 2, bc2=5.0, temperature=4.0, name="warm"),
        isotherm(full, 3, bc2=3.0, temperature=6.0, name="warmer"),
    ]


def test_isotherms_lend_each_other_the_normal_state_in_any_order():
    curves = campaign()
    study = Study(len(curves))
    for curve in curves:
        study.start(curve.info)
        for row in np.stack([curve.temperature_K, curve.field_T, curve.resistance_ohm], axis=1).tolist():
            study.add(*row)
        study.finish()
    live, final = study.snapshot(), analyze(curves)
    assert live == final
    (mid,) = [
        f for f in final if f.quantity == "Hc2" and f.curves == ("cold",) and f.conditions["criterion"] == "mid"
    ]
    assert mid.value == pytest.approx(7.0, abs=4 * (mid.error or 0))
    assert mid.verdict is Verdict.PROVISIONAL
    assert "that of warm," in mid.reason


def test_a_growing_sweep_is_provisional():
    curve = isotherm(np.linspace(0, 9, 500))
    for finding in evaluate_field(replace(curve, complete=False)).findings:
        assert finding.verdict is not Verdict.GOOD
        assert "still being measured" in finding.reason


def test_isotherms_give_the_boundary_of_each_channel():
    temperatures = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0)
    fields = np.linspace(0, 14, 400)
    curves = [
        isotherm(fields, seed, bc2=9 * (1 - (t / 8) ** 2), temperature=t, name=f"{channel} {t}", width=0.3)
        for channel in "ab"
        for seed, t in enumerate(temperatures)
    ]
    named = [
        replace(c, info=replace(c.info, conditions={**c.info.conditions, "channel": c.info.name[0]}))
        for c in curves
    ]
    found = [f for f in analyze(named) if f.quantity == "Bc2_0" and f.method == "parabolic"]
    middles = [f for f in found if f.conditions["criterion"] == "mid"]
    assert {f.conditions["channel"] for f in middles} == {"a", "b"}
    for finding in middles:
        assert finding.value == pytest.approx(9.0, abs=4 * (finding.error or 0))

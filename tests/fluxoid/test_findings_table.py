"""What the tables say, in plain text of 80 columns."""

import io
import json

import numpy as np
import pytest

from analysis.findings import Finding, Verdict
from fluxoid.findings_table import findings_json, print_findings, pull
from tests.fluxoid.report_data import make_run, truth_for

AT_ONE = {"field_T": 1.0, "orientation": "in_plane"}


def printed(findings: list[Finding], truth=None) -> str:
    file = io.StringIO()
    print_findings(findings, truth, file)
    return file.getvalue()


def line_with(text: str, start: str) -> str:
    (line,) = [line for line in text.splitlines() if line.strip().startswith(start)]
    return line


def test_a_field_is_one_row_with_the_worst_verdict():
    findings = [
        Finding("Tc_onset", 6.17021, 0.0021, "K", Verdict.GOOD, conditions=AT_ONE),
        Finding("Tc_mid", 6.0004, 0.0021, "K", Verdict.GOOD, conditions=AT_ONE),
        Finding("activation_energy", 7205.58, 619.65, "K", Verdict.PROVISIONAL, "few points", "Arrhenius", AT_ONE),
    ]
    text = printed(findings)
    assert line_with(text, "1 ").split() == ["1", "6.1702(21)", "6.0004(21)", "7210(620)", "provisional"]
    assert "provisional: U0 (Arrhenius) at 1 T, in plane: few points" in text


def test_truth_and_pull():
    finding = Finding(
        "T_cross", 5.972, 0.011, "K", Verdict.GOOD, method="Arrhenius", conditions={"orientation": "x"}
    )
    assert pull(finding, 5.95) == pytest.approx(2.0)
    row = line_with(printed([finding], lambda _: 5.95), "T_cross").split()
    assert row == ["T_cross", "5.972(11)", "K", "5.950", "+2.0", "good"]


def test_without_a_truth_there_is_no_pull():
    finding = Finding("T_cross", 5.972, 0.011, "K", Verdict.GOOD)
    assert pull(finding, None) is None
    assert pull(Finding("T_cross", None, None, "K", Verdict.MODEL_REJECTED, "why"), 5.95) is None
    assert "Pull" not in printed([finding])


def test_rejected_models_keep_their_reason():
    rejected = Finding("U0_exponent", None, None, "1", Verdict.MODEL_REJECTED, "chi^2 is 62", "power law")
    text = printed([rejected])
    assert "Rejected models" in text
    assert "model rejected: U0 exponent (power law): chi^2 is 62" in text


@pytest.mark.parametrize("orientation", ["out_of_plane", "in_plane"])
def test_a_pipe_gets_80_plain_columns(orientation: str):
    text = printed(make_run(orientation, points=50).findings, truth_for(orientation))
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text


def test_each_field_and_criterion_keeps_its_own_cell():
    def hc2(field_T: float, temperature_K: float, criterion: str) -> Finding:
        conditions = {"temperature_K": temperature_K, "criterion": criterion, "orientation": "x"}
        # neighbours share the curves that their slopes rest on
        return Finding("Hc2", field_T, 0.01, "T", Verdict.GOOD, conditions=conditions, curves=("a", "b"))

    text = printed([hc2(1.0, 5.5, "onset"), hc2(2.0, 5.0, "onset"), hc2(1.0, 5.25, "mid"), hc2(2.0, 4.75, "zero")])
    assert line_with(text, "1.000").split() == ["1.000(10)", "at", "5.5000", "1.000(10)", "at", "5.2500"]
    assert line_with(text, "2.000").split() == ["2.000(10)", "at", "5.0000", "2.000(10)", "at", "4.7500"]


def test_numpy_numbers_print_like_others():
    finding = Finding("T_cross", np.float64(5.972), np.float64(0.011), "K", Verdict.GOOD)
    assert "5.972(11) K" in printed([finding])


def test_nothing_found_yet():
    assert printed([]).strip() == "No findings yet."


def test_json_is_the_list_of_dicts():
    findings = make_run("in_plane", points=50).findings
    assert json.loads(findings_json(findings)) == [finding.as_dict() for finding in findings]

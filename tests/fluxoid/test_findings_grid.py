"""Tables by gate, isotherm, peak and law, and what is said once of many findings, in plain text of 80 columns."""

import io
from dataclasses import replace

import pytest

from analysis.findings import Finding, Verdict
from fluxoid.findings_grid import Grid, pull_text
from fluxoid.findings_table import print_findings
from tests.fluxoid.report_runs import isotherm_run, law_findings, map_run, transport_run

GOOD, NONE, REJECTED = Verdict.GOOD, Verdict.NOT_ENOUGH_DATA, Verdict.MODEL_REJECTED


def printed(findings: list[Finding], truth=None) -> str:
    file = io.StringIO()
    print_findings(findings, truth, file)
    return file.getvalue()


def section(text: str, title: str) -> list[list[str]]:
    """Words of the lines below a heading, up to the empty line that ends it."""
    lines = text.splitlines()
    (start,) = [index for index, line in enumerate(lines) if line.startswith(title)]
    body = lines[start + 1 :]
    return [line.split() for line in body[: body.index("")]] if "" in body else [line.split() for line in body]


def rows(text: str, title: str) -> list[list[str]]:
    """Those that begin with a number."""
    return [words for words in section(text, title) if words and words[0].lstrip("-").replace(".", "").isdigit()]


@pytest.mark.parametrize("make", [isotherm_run, map_run, transport_run])
@pytest.mark.parametrize("simulated", [True, False])
def test_a_pipe_gets_80_plain_columns(make, simulated: bool):
    truth = (lambda finding: 1.01 * finding.value) if simulated else None
    text = printed(make().findings, truth)
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text


def test_a_gate_voltage_is_one_row():
    found = rows(printed(transport_run().findings), "By gate voltage")
    assert [words[0] for words in found] == ["-200", "-152.5", "-105", "-57.5", "-10", "37.5", "85", "132.5", "180"]
    # Tc = 0.4 + 4e-4 * 200 = 0.48 K, 1.857 T/K times that, n = 6e17 - 4.5e14 * 200
    assert found[0][1:4] == ["0.48000(60)", "0.8914(10)", "5.1000(10)e17"]
    assert found[0][-1] == "good"


def test_columns_without_a_number_are_left_out():
    text = printed(transport_run().findings)
    heads = " ".join(word for words in section(text, "By gate voltage")[:2] for word in words)
    assert "(1/m^2)" in heads
    assert "(1/m^3)" not in heads
    assert "U0" not in text


def test_an_isotherm_is_one_row_though_swept_up_and_back():
    found = rows(printed(isotherm_run().findings), "Upper critical field (T) of isotherms")
    assert [words[0] for words in found] == ["7", "8", "9", "10"]
    # 25 (1 - (7/11)^2) = 14.876 T, and 0.9, 0.44, 0, -0.9 T to either side
    assert found[0] == ["7", "15.776(10)", "15.316(10)", "14.876(10)", "13.976(10)", "provisional"]


def test_an_extrapolated_field_says_so_in_its_row():
    at = {"temperature_K": 2.0, "orientation": "out_of_plane", "criterion": "90 %"}
    beyond = Finding("Hc2_extrapolated", 24.5, 0.4, "T", Verdict.PROVISIONAL, "by WHH", "WHH", at, ("rb_2K",))
    found = rows(printed([*isotherm_run().findings, beyond]), "Upper critical field (T) of isotherms")
    assert found[0] == ["2", "EXTRAPOLATED", "24.50(40)", "provisional"]


def test_the_critical_field_of_transitions_keeps_its_own_table():
    # a Tc belongs to one criterion: nothing else was looked for at its temperature
    at = {"temperature_K": 5.5, "criterion": "mid", "orientation": "in_plane"}
    text = printed([Finding("Hc2", 1.0, 0.01, "T", GOOD, conditions=at)])
    assert "1.000(10) at 5.5000" in text
    assert "isotherms" not in text


def test_a_temperature_without_a_transition_is_part_of_one_line():
    text = " ".join(printed(isotherm_run().findings).split())
    assert text.count("no normal state") == 1
    assert "Hc2 at 2, 4, 12 K, onset, 90 %, mid, zero, out of plane: no normal state: 2e-06 ohm" in text
    assert "(numbers of the first of 24)" in text  # three temperatures, two sweeps, four criteria


def test_reasons_that_differ_in_words_keep_their_lines():
    at = {"orientation": "in_plane"}
    two = [
        Finding("T_cross", None, None, "K", NONE, "2 lines, need 3", conditions=at),
        Finding("exponent_q", None, None, "1", NONE, "2 curves, need 3", conditions=at),
    ]
    text = printed(two)
    assert "T_cross, in plane: 2 lines, need 3" in text
    assert "q, in plane: 2 curves, need 3" in text


def test_what_one_sweep_lacks_and_another_has_is_no_news():
    at = {"temperature_K": 7.0, "orientation": "in_plane", "criterion": "mid"}
    missing = Finding("Hc2", None, None, "T", NONE, "nowhere above 50%", "", at, ("back",))
    known = Finding("Hc2", 15.2, 0.1, "T", GOOD, "", "", at, ("up",))
    assert "nowhere above" not in printed([missing, known])
    assert "nowhere above" in printed([missing])


def test_long_reasons_end_at_a_clause():
    reason = "; ".join(f"clause {word} of many that go on and on" for word in "abcdefghijkl")
    text = " ".join(printed([Finding("T_cross", 5.9, 0.1, "K", Verdict.PROVISIONAL, reason)]).split())
    assert "clause b of many that go on and on" in text
    assert "clause l" not in text
    assert "more: findings --json" in text


def test_two_curves_at_one_field_are_two_rows():
    def tc(value: float, curve: str) -> Finding:
        return Finding("Tc_mid", value, 0.01, "K", GOOD, conditions={"field_T": 0.0}, curves=(curve,))

    found = rows(printed([tc(11.2, "hot"), tc(11.3, "cold")]), "Transition")
    assert found == [["0", "cold", "11.300(10)", "good"], ["0", "hot", "11.200(10)", "good"]]


def test_peaks_by_temperature_and_gate():
    text = printed(map_run().findings)
    found = rows(text, "Peaks of R(B), field in plane")
    # 23 (1 + ((-150 + 50)/200)^2) = 28.75 ohm
    assert found[0] == ["0.33", "-150", "0.900(10)", "28.8(1.0)", "good"]
    assert len(found) == 6


def test_leakage_of_many_sweeps_is_one_line():
    findings = map_run().findings
    worse = next(f for f in findings if f.quantity == "gate_leakage")
    text = printed([*findings, replace(worse, value=3.2e-9, error=2e-11)])
    (line,) = [line for line in text.splitlines() if line.startswith("Gate leakage")]
    assert "3.200(20) nA" in " ".join(line.split())
    assert "largest of" in line


def test_laws_by_criterion():
    findings = [
        *law_findings("90 %", "WHH", 26.0, 4.4),
        *law_findings("mid", "WHH", 25.0, 4.3),
        Finding("Bc2_0", None, None, "T", REJECTED, "chi2 999", "two-fluid", {"criterion": "mid"}),
    ]
    words = [" ".join(each) for each in section(printed(findings), "Laws of Hc2(T), WHH, field out of plane")]
    assert "90 % 26.00(10) provisional" in words
    assert "mid 25.00(10) provisional" in words
    assert "by two-fluid: not as these laws say" in " ".join(printed(findings).split())


def test_a_pauli_field_without_orientation_joins_its_gate():
    text = printed(transport_run().findings)
    assert text.count("Pauli") == 1
    assert [line for line in text.splitlines() if line.startswith("Results")] == ["Results, field out of plane"]


def test_a_row_is_titled_by_what_all_have_in_common():
    grid = Grid("Peaks", ("T\n(K)", "Gate\n(V)"), (("a", "A"),))
    for kelvin in (0.3, 0.4):
        grid.put((kelvin, 50.0), "a", Finding("a", 1.0, 0.1, "1", GOOD))
    assert grid.full_title == "Peaks, 50 V"
    grid.put((0.4, 60.0), "a", Finding("a", 1.0, 0.1, "1", GOOD))
    assert grid.full_title == "Peaks"


def test_of_two_findings_the_better_founded_is_shown():
    grid = Grid("t", ("T",), (("a", "A"),))
    shaky = Finding("a", 1.0, 0.1, "1", Verdict.PROVISIONAL, "why")
    for finding in (Finding("a", None, None, "1", NONE, "why"), shaky, Finding("a", 2.0, 0.1, "1", GOOD), shaky):
        grid.put((1.0,), "a", finding)
    assert grid.rows[(1.0,)]["a"].value == 2.0


def test_pulls_that_are_far_off_stay_narrow():
    assert [pull_text(value) for value in (None, -0.04, 12.34, -1234567.0)] == ["", "+0.0", "+12.3", "-1e+06"]

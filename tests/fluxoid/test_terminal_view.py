"""The live view: what it shows, when it writes at all, and that a lost terminal is nobody's problem."""

import io
from dataclasses import replace

import pytest

from analysis.findings import Finding, Verdict
from fluxoid.view.ranking import important, of_curve
from fluxoid.view.readings import readings_text, resistance
from fluxoid.view.screen import latest_events
from fluxoid.view.status import RunStatus
from fluxoid.view.terminal import INTERVAL_S, TerminalView
from tests.fluxoid.report_data import make_run
from tests.fluxoid.report_runs import isotherm_run, law_findings, map_run

STATUS = RunStatus(
    title="2H-NbS2 out of plane",
    phase="waiting for the field",
    curve_name="R(T) 0.1 T",
    curve_index=1,
    curves_total=17,
    elapsed_s=3600.0,
    expected_s=7200.0,
    readings={"temperature_K": 5.1234, "field_T": 0.1, "resistance_ohm": 0.0501, "heater_percent": 12.34},
    events=["field at 0.1 T"],
    findings=make_run("out_of_plane", points=20).findings,
    virtual=True,
)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Counting(io.StringIO):
    writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)


class Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise BrokenPipeError


def shown(status: RunStatus, size: tuple[int, int] = (80, 24)) -> str:
    stream = io.StringIO()
    with TerminalView(stream, interactive=True, size=size, clock=Clock()) as view:
        view.update(status)
    return stream.getvalue()


def test_what_is_on_the_screen():
    text = shown(STATUS)
    for part in ("2H-NbS2 out of plane", "curve 2 of 17: R(T) 0.1 T", "now: waiting for the field", "50%",
                 "01:00:00 on the cryostat, 01:00:00 left", "T 5.1234 K", "B 0.1000 T", "R 50.1000 mΩ",
                 "heater 12.3 %", "field at 0.1 T", "T_cross"):  # fmt: skip
        assert part in text


def test_speed_of_a_dry_run():
    clock, stream = Clock(), io.StringIO()
    with TerminalView(stream, interactive=True, size=(80, 24), clock=clock) as view:
        view.update(STATUS)
        clock.now = 2.0
        view.update(replace(STATUS, elapsed_s=4600.0))
    assert "dry run at 500 times real time" in stream.getvalue()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 12)])
def test_a_picture_fits_its_terminal(size: tuple[int, int]):
    from rich.console import Console

    from fluxoid.view.screen import screen

    console = Console(file=io.StringIO(), width=size[0], height=size[1])
    lines = console.render_lines(screen(STATUS, STATUS.readings, 10.0, size), pad=False)
    assert len(lines) <= max(size[1], 14)
    assert all(sum(segment.cell_length for segment in line) <= size[0] for line in lines)


def test_updates_that_are_not_due_write_nothing():
    clock, stream = Clock(), Counting()
    with TerminalView(stream, interactive=True, size=(80, 24), clock=clock) as view:
        view.update(STATUS)
        written = stream.writes
        clock.now = 0.99 * INTERVAL_S
        for _ in range(1000):
            view.update(STATUS)
        assert stream.writes == written
        clock.now = INTERVAL_S
        view.update(STATUS)
        assert stream.writes > written


def test_the_last_status_is_shown_at_the_end_though_not_due():
    stream = io.StringIO()
    with TerminalView(stream, interactive=True, size=(80, 24), clock=Clock()) as view:
        view.update(STATUS)
        view.update(replace(STATUS, phase="measured all curves"))
    assert "measured all curves" in stream.getvalue()


def test_readings_stay_while_only_waiting():
    stream = io.StringIO()
    with TerminalView(stream, interactive=True, size=(80, 24), clock=Clock()) as view:
        view.update(STATUS)
        view.update(replace(STATUS, readings={}, phase="ramping"))
    assert "T 5.1234 K" in stream.getvalue().split("ramping")[-1]


def test_lines_where_there_is_no_terminal():
    stream = Counting()
    with TerminalView(stream, clock=Clock()) as view:
        view.update(replace(STATUS, curve_index=0, curve_name="R(T) 0 T", events=[], elapsed_s=0.0))
        view.update(replace(STATUS, events=["WARNING: reference unlocked"]))
        written = stream.writes
        for _ in range(100):
            view.update(replace(STATUS, events=["WARNING: reference unlocked"]))
        assert stream.writes == written
    lines = stream.getvalue().splitlines()
    assert lines[0] == STATUS.title
    assert lines[1] == "00:00:00  curve 1 of 17 begins: R(T) 0 T"
    assert lines[2] == "01:00:00  WARNING: reference unlocked"
    assert lines[3].startswith("01:00:00  curve 1 of 17 ends: R(T) 0 T: Tc mid = ")
    assert lines[4] == "01:00:00  curve 2 of 17 begins: R(T) 0.1 T"
    assert lines[5].startswith("01:00:00  curve 2 of 17 ends: R(T) 0.1 T: U0 = 1")
    assert "\x1b" not in stream.getvalue()


def test_a_moving_window_of_events_is_written_once():
    stream = io.StringIO()
    events: list[str] = []
    with TerminalView(stream, clock=Clock()) as view:
        for number in range(10):
            events.append(f"event {number}")
            del events[:-3]
            view.update(replace(STATUS, events=events))
    written = [line for line in stream.getvalue().splitlines() if "event" in line]
    assert [line.split("  ")[1] for line in written] == [f"event {number}" for number in range(10)]


@pytest.mark.parametrize("interactive", [True, False])
def test_a_closed_pipe_never_reaches_the_engine(interactive: bool):
    with TerminalView(Closed(), interactive=interactive, size=(80, 24), clock=Clock()) as view:
        for index in range(3):
            view.update(replace(STATUS, curve_index=index))


@pytest.mark.parametrize("interactive", [True, False])
def test_a_stream_closed_on_our_side(interactive: bool):
    stream = io.StringIO()
    with TerminalView(stream, interactive=interactive, size=(80, 24), clock=Clock()) as view:
        view.update(STATUS)
        stream.close()
        view.update(replace(STATUS, curve_index=5))


def test_the_last_warning_stays_visible():
    events = ["a", "WARNING: helium low", "b", "c", "d"]
    assert latest_events(events) == ["WARNING: helium low", "c", "d"]
    assert latest_events(events[:3]) == ["a", "WARNING: helium low", "b"]


def test_results_across_curves_come_first_then_those_of_the_present_curve():
    found = important(STATUS.findings, "R(T) 0.2 T")
    names = [(finding.quantity, finding.conditions.get("field_T")) for finding in found]
    assert names[0] == ("T_cross", None)
    assert names[names.index(("activation_energy", 0.2)) + 1] == ("Tc_mid", 0.2)
    assert names.index(("activation_energy", 0.2)) < names.index(("activation_energy", 1.8))


def test_resistances_have_a_fitting_unit():
    assert resistance(0.0501) == "50.1000 mΩ"
    assert resistance(-2.5e-6) == "-2.5000 µΩ"
    assert resistance(1e-8) == "0.010 µΩ"
    assert resistance(1061.41) == "1061.4100 Ω"
    assert resistance(2.5e6) == "2.5000 MΩ"


def test_gate_leakage_and_bias_have_units():
    readings = {"temperature_K": 0.0904, "field_T": 0.9, "gate_V": -200.0, "leakage_A": -3.2e-11,
                "resistance_ohm": 820.0, "heater_percent": 21.25}  # fmt: skip
    assert readings_text(readings) == (
        "T 90.40 mK   B 0.9000 T   Vg -200.00 V   leak -32 pA   R 820.0000 Ω   heater 21.2 %"
    )
    spectrum = {"bias_V": 2.345e-3, "modulation_V": 4e-5, "resistance_ohm": float("nan")}
    assert readings_text(spectrum) == "V 2.345 mV   R –   mod. 40 µV"
    assert readings_text({"leakage_A": 2e-14}) == "leak 0.02 pA"
    assert readings_text({}) == ""


def test_readings_without_a_number_are_left_out_but_the_resistance():
    nan = float("nan")
    assert readings_text({"heater_percent": nan, "gate_V": nan, "resistance_ohm": nan}) == "R –"


def test_one_criterion_and_one_law_come_first():
    findings = [*isotherm_run().findings, *law_findings("mid", "WHH", 25.0), *law_findings("90 %", "WHH", 26.0)]
    findings += law_findings("90 %", "orbital slope", 35.0)
    findings.append(
        Finding("Bc2_0", None, None, "T", Verdict.MODEL_REJECTED, "chi2", "two-fluid", {"criterion": "90 %"})
    )
    ranked = [f for f in important(findings, "rb_8K") if f.quantity == "Bc2_0"]
    assert [(f.method, f.conditions["criterion"]) for f in ranked[:2]] == [
        ("WHH", "90 %"),
        ("WHH, orbital", "90 %"),
    ]
    assert ranked[-1].value is None
    names = [f.quantity for f in important(findings, "rb_8K")]
    assert names.index("Hc2") < len(names) - names[::-1].index("Bc2_0")  # the present curve before details


def test_the_common_peak_comes_before_those_of_single_gates():
    ranked = important(map_run().findings, "rg_0.33K_0.9T_up")
    assert "across" in ranked[0].conditions
    assert ranked[0].quantity == "resistance_peak_field"
    assert [f.quantity for f in ranked].index("gate_leakage") < len(ranked)


def test_the_line_that_ends_a_curve_tells_its_own_numbers_by_one_criterion():
    found = of_curve(isotherm_run().findings, "rb_8K")
    # 25 (1 - (8/11)^2) + 0.44 T
    assert [(f.quantity, round(f.value or 0.0, 3)) for f in found] == [("Hc2", 12.217), ("normal_resistance", 60.0)]

"""The command line as a person uses it: good runs, and one clear message with exit code 2 for every mistake."""

import json
import shutil

import pytest
from click.testing import CliRunner

from fluxoid import perform
from fluxoid.cli import main
from tests.acceptance.campaigns import HOME, write_experiment

STATION = (HOME / "configs/stations/teslatron_pt12.yaml").read_text(encoding="utf-8")
SAMPLE = (HOME / "configs/samples/2h_nbs2.yaml").read_text(encoding="utf-8")


@pytest.fixture
def nothing_opens(monkeypatch):
    """Fails the test when a rack or resource manager is opened."""

    def opened(*_):
        raise AssertionError("an instrument was opened")

    for name in ("open_station", "open_resource_manager", "resource_manager_for"):
        monkeypatch.setattr(perform, name, opened)


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def edited(folder, name, text, *changes):
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def assert_refused(result, *words):
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.output


def test_help_teaches():
    result = run("--help")
    assert result.exit_code == 0
    for command in ("check", "dry-run", "run", "findings", "report", "recover"):
        assert command in result.output


def test_check_tells_curves_and_hours():
    result = run("check", HOME / "configs/experiments/nbs2_out_of_plane.yaml")
    assert result.exit_code == 0, result.output
    assert "18 curves, about 24" in result.output


@pytest.mark.parametrize("command", ["check", "dry-run", "run"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("fields: [0 T, 0.3 T]", "fields: [0 T, 14 T]"), ("experiment.yaml:7", "14 T", "-12 to 12 T")),
        (("rate: 1 K/min", "rate: 9 K/min"), ("experiment.yaml:10", "9 K/min", "5 K/min")),
        (("field_rate: 0.4 T/min", "field_rate: 2 T/min"), ("experiment.yaml:11", "2 T/min", "0.6 T/min")),
        (("to: 5.0 K", "to: 1 K"), ("experiment.yaml:9", "1 K", "1.55 to 320 K")),
        (("to: 5.0 K", "to: 5 T"), ("experiment.yaml:9", "tesla", "K")),
        (("to: 5.0 K", "until: 5.0 K"), ("experiment.yaml", "'until'")),
        (("current: 4 mA", "current: 40 mA"), ("0.04 A", "0.02 A")),
        (("current: 4 mA", "current: 6 mA"), ("6 V", "5 V")),
        (("sensitivity: 500 uV", "sensitivity: 700 uV"), ("sensitivity", "0.0007 V", "nearest")),
        (("orientation: out_of_plane", "orientation: sideways"), ("'sideways'", "'out_of_plane'")),
    ],
)
def test_a_mistake_in_the_experiment_is_refused_before_anything_is_opened(
    tmp_path, nothing_opens, command, change, words
):
    path = write_experiment(tmp_path)
    edited(tmp_path, "experiment.yaml", path.read_text(encoding="utf-8"), change)
    assert_refused(run(command, path), *words)


@pytest.mark.parametrize("command", ["check", "dry-run", "run"])
def test_a_missing_file_is_named(command):
    assert_refused(run(command, "configs/experiments/nbs2_out_of_plan.yaml"), "no such file", "did you mean")


def test_an_output_folder_that_holds_something_is_left_alone(tmp_path, nothing_opens):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work", encoding="utf-8")
    result = run("dry-run", write_experiment(tmp_path), "--out", tmp_path / "out")
    assert_refused(result, "holds something already")


def test_an_unreachable_address_is_named(tmp_path):
    station = edited(
        tmp_path,
        "station.yaml",
        STATION,
        ("backend: simulated", "backend: pyvisa-py"),
        ("192.168.1.11", "127.0.0.1"),
        ("::7020::SOCKET\n    group", "::9::SOCKET\n    group"),
    )
    result = run("run", write_experiment(tmp_path), "--station", station, "--out", tmp_path / "run")
    assert_refused(result, "magnet", "127.0.0.1")
    assert not (tmp_path / "run").exists()


def test_another_model_at_an_address_is_named_and_nothing_is_set(tmp_path, monkeypatch):
    build = perform.simulated_rack
    heard = []

    def with_a_stranger(*arguments):
        rack = build(*arguments)
        box = rack.box("GPIB0::8::INSTR")
        box.answer_as("Stanford_Research_Systems,SR865A,000111,v1.51")
        for port in rack.ports().values():
            port.respond = listening(port.respond)
        return rack

    def listening(respond):
        def wrapped(line):
            heard.append(line)
            return respond(line)

        return wrapped

    monkeypatch.setattr(perform, "simulated_rack", with_a_stranger)
    result = run("dry-run", write_experiment(tmp_path), "--out", tmp_path / "run")
    assert_refused(result, "lock_in", "SR865A", "SR830")
    assert heard
    assert all(line.strip().endswith(b"?") or line.startswith(b"READ:") for line in heard)


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    path = write_experiment(tmp_path, fields="0.3 T", to="5.5 K", rate="5 K/min")
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        result = run("dry-run", path, "--out", tmp_path / name, "--seed", seed, "--quiet")
        assert result.exit_code == 0, result.output
    journals = [(tmp_path / name / "journal.jsonl").read_bytes() for name in "abc"]
    assert journals[0] == journals[1]
    assert journals[0] != journals[2]
    assert (tmp_path / "a" / "run.h5").read_bytes() == (tmp_path / "b" / "run.h5").read_bytes()


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    """Runs of one sample in two fields each."""
    folder = tmp_path_factory.mktemp("two")
    for name, fields in (("low", "0 T, 0.3 T"), ("high", "0.1 T, 0.2 T")):
        path = write_experiment(folder, fields=fields, rate="3 K/min")
        assert run("dry-run", path, "--out", folder / name).exit_code == 0
    return folder / "low", folder / "high"


def test_findings_of_a_run(two_runs):
    shown = run("findings", two_runs[0])
    assert "Tc onset" in shown.output
    assert "Truth" in shown.output
    listed = json.loads(run("findings", two_runs[0], "--json").output)
    keys = {"quantity", "value", "error", "unit", "verdict", "reason", "method", "conditions", "curves"}
    assert listed
    assert all(keys <= set(item) for item in listed)
    assert {"field_T": 0.3, "orientation": "out_of_plane"} in [item["conditions"] for item in listed]


def test_report_of_a_run(tmp_path, two_runs):
    shutil.copytree(two_runs[0], tmp_path / "run")
    reported = run("report", tmp_path / "run")
    assert reported.exit_code == 0, reported.output
    assert (tmp_path / "run" / "figures" / "fig2b_resistance_out_of_plane.png").exists()


def test_several_runs_of_one_sample_say_things_together(tmp_path, two_runs):
    runs = list(two_runs)
    listed = json.loads(run("findings", *runs, "--json").output)
    rests_on = [{name.split(":")[0] for name in item["curves"]} for item in listed]
    assert {"low", "high"} in rests_on
    assert {"low"} in rests_on
    drawn = run("report", *runs, "--out", tmp_path / "both")
    assert drawn.exit_code == 0, drawn.output
    assert (tmp_path / "both" / "summary.html").exists()
    assert_refused(run("report", *runs), "--out")
    assert_refused(run("findings", runs[0], runs[0]), "given twice")


def test_runs_of_different_samples_say_nothing_together(tmp_path, recorded):
    other = edited(tmp_path, "other.yaml", SAMPLE, ("2H-NbS2", "NbS2, another flake"))
    path = write_experiment(tmp_path, fields="0 T", rate="5 K/min", sample=other)
    assert run("dry-run", path, "--out", tmp_path / "other", "--quiet").exit_code == 0
    result = run("findings", recorded, tmp_path / "other")
    assert_refused(result, "another flake", "nothing was worked out")


def test_recover_rebuilds_the_file(tmp_path, recorded):
    shutil.copytree(recorded, tmp_path / "run")
    (tmp_path / "run" / "run.h5").unlink()
    result = run("recover", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "run" / "run.h5").exists()


def test_a_damaged_journal_is_recovered_only_when_told_so(tmp_path, recorded):
    shutil.copytree(recorded, tmp_path / "run")
    journal = tmp_path / "run" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    damaged = next(index for index, line in enumerate(lines) if line.startswith(b'{"kind":"point"')) + 3
    lines[damaged] = lines[damaged][:20] + b"#" + lines[damaged][21:]
    journal.write_bytes(b"".join(lines))
    refused = run("recover", tmp_path / "run")
    assert refused.exit_code == 1
    assert str(damaged + 1) in refused.output
    told = run("recover", tmp_path / "run", "--skip-corrupt")
    assert told.exit_code == 0, told.output
    assert "left out" in told.output


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    for command in ("findings", "report", "recover"):
        result = run(command, tmp_path)
        assert result.exit_code in (1, 2)
        assert "Traceback" not in result.output
        assert str(tmp_path) in result.output

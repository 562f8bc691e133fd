import json
import math

import h5py
import numpy as np
import pytest

from fluxoid.recording import load_run, recover
from fluxoid.recording.header import program_versions
from instruments.errors import RecordingError


@pytest.mark.parametrize("source", ["", "journal.jsonl", "run.h5"])
def test_what_was_recorded_is_read_back(tmp_path, runs, source):
    runs.record(tmp_path / "run", count=600)
    run = load_run(tmp_path / "run" / source)
    assert run.header == runs.HEADER
    assert run.start_unix_s == 1_735_689_600.0
    assert (run.status, run.reason, run.warnings) == ("finished", "", ())
    assert [curve.info for curve in run.curves] == [runs.RT, runs.RB]
    assert run.findings == tuple(runs.FINDINGS)
    assert [(event.level, event.text) for event in run.events] == [
        ("info", "cooling"),
        ("warning", "half of R(T) 0.1 T"),
        ("warning", "half of hall"),
    ]
    assert run.events[1].time_s == 301 * 1.5
    for curve in run.curves:
        assert curve.complete
        assert curve.described == runs.COLUMNS
        expected = list(runs.points(600))
        assert curve.flags.tolist() == [point.flags.value for point in expected]
        for column in runs.COLUMNS:
            wanted = [point.values[column.name] for point in expected]
            np.testing.assert_array_equal(curve.columns[column.name], wanted)


def test_a_directory_without_journal_is_read_from_its_hdf5_file(tmp_path, runs):
    runs.record(tmp_path / "run", count=5)
    (tmp_path / "run" / "journal.jsonl").unlink()
    assert len(load_run(tmp_path / "run").curves[1]) == 5


def test_flagged_and_nan_points_are_left_out_of_the_curve(tmp_path, runs):
    runs.record(tmp_path / "run", count=20)  # points 3 and 13 are overloaded
    curve = load_run(tmp_path / "run").curves[0]
    curve.columns["resistance_ohm"][7] = math.nan
    good = [i for i in range(20) if i not in (3, 7, 13)]
    np.testing.assert_array_equal(curve.as_curve().temperature_K, [7 - i / 3000 for i in good])
    assert curve.as_curve().complete


def test_files_are_copied_word_for_word(tmp_path, runs):
    runs.record(tmp_path / "run", count=1)
    assert (tmp_path / "run" / "experiment.yaml").read_bytes() == "title: A film  # µ\n".encode()
    assert (tmp_path / "run" / "station.yaml").read_bytes() == b"name: rack\r\n"
    assert (tmp_path / "run" / "sample.yaml").read_bytes() == b"Tc: 5.3 K\n"


def test_viewers_find_what_to_draw(tmp_path, runs):
    runs.record(tmp_path / "run", count=4)
    with h5py.File(tmp_path / "run" / "run.h5", "r") as file:
        entry = file[file.attrs["default"]]
        assert entry.attrs["NX_class"] == "NXentry"
        assert entry["start_time"][()].decode() == "2025-01-01T00:00:00.000000+00:00"
        assert (
            entry["end_time"][()].decode() == "2025-01-01T00:00:12.000000+00:00"
        )  # two curves of 4 points, 1.5 s each
        everything = entry[entry.attrs["default"]]
        assert everything.name == "/entry/all_curves"
        curve = entry["R_T_0.1_T"]
        for group in (everything, curve):
            assert group.attrs["NX_class"] == "NXdata"
            assert group.attrs["signal"] == "resistance_ohm"
            assert list(group.attrs["axes"]) == ["temperature_K"]
            assert group["temperature_K"].attrs["units"] == "K"
            assert group["resistance_ohm"].attrs["long_name"] == "Resistance"
        assert list(entry["hall"].attrs["axes"]) == ["field_T"]
        assert entry["hall/conditions"].attrs["signal"] == "hall"
        assert entry["instrument/magnet/settings"].attrs["field_T"] == 0.1
        assert entry["config/sample/data"][()].decode() == "Tc: 5.3 K\n"
        assert entry["program"].attrs["numpy"] == "2.0"
        assert curve["flags"].dtype.kind == "u"


def test_joined_curves_have_a_row_of_nan_between_two(tmp_path, runs):
    recorder = runs.Recorder(tmp_path / "run", runs.HEADER, runs.VirtualClock())
    for name in ("one", "two"):
        recorder.start_curve(runs.CurveInfo(name, "R(T)", {}), runs.COLUMNS)
        for point in runs.points(2):
            recorder.add(point)
        recorder.end_curve()
    recorder.finish("finished")
    with h5py.File(tmp_path / "run" / "run.h5", "r") as file:
        everything = file["entry/all_curves"]
        np.testing.assert_array_equal(everything["time_s"][:], [0.0, 1.0, math.nan, 0.0, 1.0])
        np.testing.assert_array_equal(everything["curve_index"][:], [0, 0, -1, 1, 1])


def test_findings_are_columns_and_json(tmp_path, runs):
    runs.record(tmp_path / "run", count=2)
    with h5py.File(tmp_path / "run" / "run.h5", "r") as file:
        findings = file["entry/findings"]
        np.testing.assert_array_equal(findings["value"][:], [5.3, math.nan])
        assert findings["verdict"].asstr()[:].tolist() == ["good", "not enough data"]
        assert json.loads(findings["conditions"].asstr()[0]) == {"field_T": 0.1}
        assert json.loads(findings["findings_json"].asstr()[()])[1]["value"] is None


def test_same_input_gives_same_bytes_however_it_was_batched(tmp_path, runs, monkeypatch):
    runs.record(tmp_path / "a")
    monkeypatch.setattr("fluxoid.recording.recorder.BATCH_PERIOD_S", 0.0)
    runs.record(tmp_path / "b")
    recover(tmp_path / "b")  # one batch of everything
    for name in ("journal.jsonl", "run.h5"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert (tmp_path / "b" / "run.h5").read_bytes() == (tmp_path / "b" / "run.h5.bak").read_bytes()


def test_names_of_curves_that_no_group_can_have(tmp_path, runs):
    names = ["log", "a/b", "a b", "findings", "..", "µ\0"]
    with runs.Recorder(tmp_path / "run", runs.HEADER, runs.VirtualClock()) as recorder:
        recorder.event("error", "a NUL \0 and a lone surrogate \udc80")
        for name in names:
            recorder.start_curve(runs.CurveInfo(name, "R(B)", {}), runs.COLUMNS)
            recorder.end_curve("stopped")
        recorder.finish("failed", "why \0 not")
    run = load_run(tmp_path / "run")
    assert [curve.info.name for curve in run.curves] == names
    assert not run.curves[0].complete
    assert run.events[0].text == "a NUL \0 and a lone surrogate \udc80"
    from_hdf5 = load_run(tmp_path / "run" / "run.h5")
    assert [curve.info.name for curve in from_hdf5.curves] == [*names[:-1], "µ\\x00"]
    assert (from_hdf5.status, from_hdf5.reason) == ("failed", "why \\x00 not")


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(RecordingError, match="is no run"):
        load_run(tmp_path)
    with pytest.raises(RecordingError, match=r"cannot read .*missing\.h5"):
        load_run(tmp_path / "missing.h5")
    with pytest.raises(RecordingError, match=r"cannot read .*missing\.jsonl"):
        load_run(tmp_path / "missing.jsonl")


def test_versions_name_what_shapes_the_bytes():
    assert set(program_versions()) == {"fluxoid", "python", "numpy", "h5py", "hdf5"}

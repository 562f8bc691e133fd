import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxoid.recording import load_run, recover
from fluxoid.recording.journal import JournalWriter, read_journal
from fluxoid.recording.lines import LineError, decode, encode
from fluxoid.recording.messages import CurveEnd, Event, PointRow
from instruments.errors import RecordingError

JOURNAL = "journal.jsonl"


@given(st.lists(st.floats(width=64)), st.integers(0, 127))
def test_every_float_reads_back_bit_for_bit(values, flags):
    line = encode(PointRow(tuple(values), flags))
    read = decode(line[:-1])
    assert [v.hex() for v in read.values] == [v.hex() for v in values]
    assert read.flags == flags
    plain = json.loads(line)  # nothing but standard JSON: NaN and infinities are not
    assert plain["kind"] == "point"
    assert [v is None for v in plain["values"]] == [math.isnan(v) for v in values]


@given(st.text(), st.floats(allow_nan=False, allow_infinity=False))
def test_every_text_reads_back(text, time_s):
    line = encode(Event(time_s, "info", text))
    assert line.count(b"\n") == 1
    assert decode(line[:-1]) == Event(time_s, "info", text)


@given(st.data())
def test_one_changed_byte_is_noticed(data):
    line = bytearray(encode(PointRow((1.25, 5e-324, math.nan), 3))[:-1])
    position = data.draw(st.integers(0, len(line) - 1))
    line[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(LineError):
        decode(bytes(line))


def test_a_value_that_json_has_no_word_for_is_refused():
    with pytest.raises(TypeError, match="cannot record a object"):
        encode(Event(0.0, "info", object()))


def cut(path, keep):
    path.write_bytes(path.read_bytes()[:keep])


def test_a_torn_last_line_is_left_out_and_reported(tmp_path, runs):
    runs.record(tmp_path / "run", count=10)
    journal = tmp_path / "run" / JOURNAL
    whole = journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    head = len(lines[0])
    for size in range(head, len(whole), 37):
        journal.write_bytes(whole[:size])
        content = read_journal(journal)
        kept = whole[:size].count(b"\n")
        assert len(content.messages) == kept
        assert content.torn_bytes == size - len(b"".join(lines[:kept]))
        run = load_run(journal)
        assert run.status == "not finished"
        assert bool(run.warnings) == bool(content.torn_bytes)


def test_a_torn_journal_is_recovered_as_interrupted(tmp_path, runs):
    runs.record(tmp_path / "run", count=10)
    journal = tmp_path / "run" / JOURNAL
    whole = journal.read_bytes()
    cut(journal, whole.index(b'"values":[6.0') + 5)  # start, event, curve, points 0-5, half event comes at 5
    before = journal.read_bytes()
    recovery = recover(tmp_path / "run")
    assert (recovery.points, recovery.curves, recovery.events, recovery.status) == (6, 1, 2, "interrupted")
    assert recovery.torn_bytes > 0
    assert "was cut off" in str(recovery)
    assert journal.read_bytes() == before
    assert (tmp_path / "run" / "run.h5.bak").exists()
    run = load_run(tmp_path / "run" / "run.h5")
    assert run.status == "interrupted"
    assert "without an end" in run.reason
    assert run.curves[0].columns["time_s"].tolist() == [0, 1, 2, 3, 4, 5]
    assert not run.curves[0].complete
    assert "was cut off" in run.events[-1].text


def test_a_last_line_of_zeros_is_torn(tmp_path, runs):
    runs.record(tmp_path / "run", count=3)
    journal = tmp_path / "run" / JOURNAL
    journal.write_bytes(journal.read_bytes() + bytes(100) + b"\n")
    assert read_journal(journal).torn_bytes == 101


def test_a_corrupt_middle_is_refused_with_its_line_number(tmp_path, runs):
    runs.record(tmp_path / "run", count=10)
    journal = tmp_path / "run" / JOURNAL
    text = journal.read_bytes()
    journal.write_bytes(text.replace(b'"values":[4.0', b'"values":[5.0', 1))
    number = text[: text.index(b'"values":[4.0')].count(b"\n") + 1
    for read in (load_run, recover):
        with pytest.raises(RecordingError, match=f"line {number}: its checksum"):
            read(tmp_path / "run")
    recovery = recover(tmp_path / "run", skip_corrupt=True)
    assert recovery.points == 19
    run = load_run(tmp_path / "run" / "run.h5")
    assert run.curves[0].columns["time_s"].tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert run.status == "finished"
    warnings = [event.text for event in run.events if event.level == "warning"]
    assert any(f"line {number}" in text for text in warnings)
    assert any("has 9 points of 10" in text for text in warnings)


@pytest.mark.parametrize(
    ("lost", "problem"),
    [
        (b'{"kind":"curve",', "20 points belong to no curve"),
        (b'{"kind":"curve_end"', "the end of curve 'R(T) 0.1 T' is missing"),
    ],
)
def test_points_are_never_given_to_another_curve(tmp_path, runs, lost, problem):
    runs.record(tmp_path / "run", count=10)
    journal = tmp_path / "run" / JOURNAL
    lines = journal.read_bytes().splitlines(keepends=True)
    start = next(i for i, line in enumerate(lines) if line.startswith(lost))
    if "20" in problem:  # both curves' starts
        lines = [line for line in lines if not line.startswith(lost)]
    else:
        del lines[start]
    journal.write_bytes(b"".join(lines))
    with pytest.raises(RecordingError, match=r"missing|belong to no curve"):
        load_run(tmp_path / "run")
    recovery = recover(tmp_path / "run", skip_corrupt=True)
    assert any(problem in text for text in recovery.warnings)
    for curve in load_run(tmp_path / "run" / "run.h5").curves:
        assert curve.columns["time_s"].tolist() == list(range(10))


def test_a_journal_without_start_is_no_run(tmp_path):
    (tmp_path / JOURNAL).write_bytes(b"")
    with pytest.raises(RecordingError, match="does not begin"):
        read_journal(tmp_path / JOURNAL)


def test_it_is_forced_to_disk_once_a_second_and_at_the_end_of_a_curve(tmp_path, monkeypatch):
    now, synced = [0.0], []
    with JournalWriter(tmp_path / JOURNAL, monotonic_s=lambda: now[0]) as journal:
        monkeypatch.setattr("os.fsync", lambda _: synced.append(now[0]))
        for now[0] in (0.3, 0.9, 1.0, 1.4, 1.9):
            journal.write([PointRow((1.0,), 0)])
        journal.tick()
        now[0] = 2.0
        journal.tick()
        now[0] = 9.0
        journal.tick()  # nothing new
        journal.write([CurveEnd(9.0, "complete", 5)])
        assert synced == [1.0, 2.0, 9.0]


def test_short_writes_are_continued(tmp_path, monkeypatch):
    import os

    write = os.write
    monkeypatch.setattr("os.write", lambda descriptor, data: write(descriptor, data[:3]))
    with JournalWriter(tmp_path / JOURNAL) as journal:
        journal.write([PointRow((1.0, 2.0), 0)])
    assert (tmp_path / JOURNAL).read_bytes() == encode(PointRow((1.0, 2.0), 0))

import errno
import threading

import pytest

from fluxoid.recording import load_run
from fluxoid.recording.batch_queue import BatchQueue
from fluxoid.recording.hdf5 import Hdf5Writer
from fluxoid.recording.journal import JournalWriter
from fluxoid.recording.messages import PointRow
from instruments.errors import RecordingError
from procedures.point import Column, Point

WAIT_S = 30.0  # only reached when something is broken


@pytest.fixture
def recorder(tmp_path, runs):
    return runs.Recorder(tmp_path / "run", runs.HEADER, runs.VirtualClock(), queue_capacity=8)


def fail_on_points(monkeypatch, error, seen=None):
    write = JournalWriter.write

    def failing(self, messages):
        if any(isinstance(message, PointRow) for message in messages):
            if seen is not None:
                seen.set()
            raise error
        write(self, messages)

    monkeypatch.setattr(JournalWriter, "write", failing)


def add_until_it_fails(recorder, runs):
    recorder.start_curve(runs.RT, runs.COLUMNS)
    for point in runs.points(10_000):
        recorder.add(point)


def test_a_failure_of_the_thread_is_raised_in_the_engine(recorder, runs, monkeypatch):
    fail_on_points(monkeypatch, ValueError("odd"))
    with pytest.raises(RecordingError, match="ValueError: odd") as caught:
        add_until_it_fails(recorder, runs)
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(RecordingError, match="odd"):
        recorder.finish("failed")


def test_a_failure_at_the_very_end_is_raised_by_finish(recorder, monkeypatch):
    def failing(self):
        raise OSError(errno.EIO, "lost")

    monkeypatch.setattr(JournalWriter, "close", failing)
    with pytest.raises(RecordingError, match="lost"):
        recorder.finish("finished")


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), OSError("HDF5: No space left on device")]
)
def test_a_full_disk_is_called_so(recorder, runs, monkeypatch, error):
    fail_on_points(monkeypatch, error)
    with pytest.raises(RecordingError, match=r"the disk is full; .* free some space and rebuild"):
        add_until_it_fails(recorder, runs)


def test_what_was_written_before_a_failure_is_readable(tmp_path, recorder, runs, monkeypatch):
    fail_on_points(monkeypatch, OSError(errno.ENOSPC, "full"))
    with pytest.raises(RecordingError), recorder:
        add_until_it_fails(recorder, runs)
    assert load_run(tmp_path / "run").status == "not finished"
    assert load_run(tmp_path / "run" / "run.h5").status == "not finished"


def test_a_run_is_never_written_over_another(tmp_path, runs):
    (tmp_path / "keep.txt").write_text("data")
    with pytest.raises(RecordingError, match="is not empty"):
        runs.Recorder(tmp_path, runs.HEADER, runs.VirtualClock())
    assert [path.name for path in tmp_path.iterdir()] == ["keep.txt"]


def test_a_directory_that_cannot_be_made(tmp_path, runs):
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="recording in"):
        runs.Recorder(tmp_path / "file" / "run", runs.HEADER, runs.VirtualClock())


def test_points_with_other_columns_are_refused(recorder, runs):
    point = next(runs.points(1))
    with pytest.raises(RecordingError, match="no curve was open"):
        recorder.add(point)
    with pytest.raises(RecordingError, match="no curve is open"):
        recorder.end_curve()
    recorder.start_curve(runs.RT, runs.COLUMNS[:2])
    with pytest.raises(RecordingError, match=r"has time_s, temperature_K, .* columns time_s, temperature_K$"):
        recorder.add(point)
    with pytest.raises(RecordingError, match="has no 'temperature_K'"):
        recorder.add(Point({"time_s": 1.0}))
    with pytest.raises(RecordingError, match="cannot start before"):
        recorder.start_curve(runs.RB, runs.COLUMNS)
    recorder.end_curve()
    with pytest.raises(RecordingError, match="was recorded already"):
        recorder.start_curve(runs.RT, runs.COLUMNS)
    for columns in ((), runs.COLUMNS[:1] * 2, [Column("flags", "", "", "")]):
        with pytest.raises(RecordingError, match="cannot have the columns"):
            recorder.start_curve(runs.RB, columns)
    recorder.finish("finished")
    with pytest.raises(RecordingError, match="the run is finished"):
        recorder.event("info", "late")


def test_an_open_curve_ends_as_stopped(tmp_path, recorder, runs):
    recorder.start_curve(runs.RT, runs.COLUMNS)
    recorder.add(next(runs.points(1)))
    recorder.finish("interrupted", "a person asked")
    for source in ("journal.jsonl", "run.h5"):
        run = load_run(tmp_path / "run" / source)
        assert (run.status, run.reason) == ("interrupted", "a person asked")
        assert [(len(curve), curve.complete) for curve in run.curves] == [(1, False)]


def test_a_block_that_raises_is_a_failed_run(tmp_path, recorder):
    with pytest.raises(KeyError), recorder:
        raise KeyError("oops")
    assert (load_run(tmp_path / "run").status, load_run(tmp_path / "run").reason) == ("failed", "KeyError: 'oops'")


def test_a_block_that_just_ends_is_an_interrupted_run(tmp_path, recorder):
    with recorder:
        pass
    assert load_run(tmp_path / "run").status == "interrupted"


def test_a_full_queue_makes_the_engine_wait_and_loses_nothing(tmp_path, recorder, runs, monkeypatch):
    gate, added = threading.Event(), []
    write = Hdf5Writer.write

    def slow(self, messages):
        assert gate.wait(WAIT_S)
        write(self, messages)

    monkeypatch.setattr(Hdf5Writer, "write", slow)

    def engine():
        recorder.start_curve(runs.RT, runs.COLUMNS)
        for point in runs.points(500):
            recorder.add(point)
            added.append(point)
        recorder.finish("finished")

    thread = threading.Thread(target=engine)
    thread.start()
    thread.join(0.2)  # time for a queue that does not block to swallow everything
    assert thread.is_alive()
    assert len(added) <= 2 * 8  # one batch in the writer's hands and one in the queue
    gate.set()
    thread.join(WAIT_S)
    assert load_run(tmp_path / "run" / "run.h5").curves[0].columns["time_s"].tolist() == list(range(500))


def test_items_leave_the_queue_in_order_and_all_of_them():
    queue, received = BatchQueue(4), []

    def receive():
        more = True
        while more:
            items, more = queue.take(WAIT_S)
            received.extend(items)

    thread = threading.Thread(target=receive)
    thread.start()
    assert all(queue.put(i) for i in range(1000))
    queue.close()
    thread.join(WAIT_S)
    assert received == list(range(1000))
    assert not queue.put(1)

import os
import random
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import h5py
import numpy as np
import pytest

from fluxoid.recording import load_run, recover

WRITER = Path(__file__).with_name("write_until_killed.py")
ROOT = Path(__file__).parents[3]


def start_writer(directory, per_curve):
    """A process that writes, with leave to go 2000 points ahead of what is read of it."""
    command = [sys.executable, WRITER, directory, str(per_curve)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True, bufsize=1, env=environment)
    process.stdin.write("\n" * 40)
    return process


def handed_over(process):
    """Counts as the process reports them, each letting it go on."""
    for line in process.stdout:
        process.stdin.write("\n")
        yield int(line)


def check_after_kill(directory, given):
    """The plain file opens; the journal has all but the last batches; recovery gives exactly the journal."""
    plain = load_run(directory / "run.h5")
    journal = load_run(directory)
    assert plain.status == journal.status == "not finished"
    times = np.concatenate([np.empty(0), *(curve.columns["time_s"] for curve in journal.curves)])
    np.testing.assert_array_equal(times, np.arange(len(times)))
    assert len(times) >= given - 2 * 256  # what the queue and one batch can hold
    for ours, theirs in zip(plain.curves, journal.curves, strict=False):
        written = ours.columns["time_s"]
        written = written[~np.isnan(written)]
        np.testing.assert_array_equal(written, theirs.columns["time_s"][: len(written)])
    recovery = recover(directory)
    assert recovery.points == len(times)
    rebuilt = load_run(directory / "run.h5")
    assert rebuilt.status == "interrupted"
    assert [len(curve) for curve in rebuilt.curves] == [len(curve) for curve in journal.curves]
    with h5py.File(directory / "run.h5", "r") as file:
        rows = len(file["entry/all_curves/time_s"]) if journal.curves else 0
        assert rows == len(times) + max(0, len(journal.curves) - 1)


def kill_at(directory, point, per_curve=700):
    with start_writer(directory, per_curve) as process:
        try:
            given = next(count for count in handed_over(process) if count >= point)
        finally:
            process.kill()
    check_after_kill(directory, given)


@pytest.mark.parametrize("point", [50, 1500, 5000])
def test_a_killed_process_leaves_files_that_open(tmp_path, point):
    kill_at(tmp_path / "run", point)


@pytest.mark.slow
def test_many_killed_processes_leave_files_that_open(tmp_path):
    moments = random.Random(7)
    for number in range(25):
        kill_at(tmp_path / str(number), moments.randint(50, 8000), moments.choice([40, 300, 2000]))


def test_a_plain_reader_sees_whole_rows_while_it_grows(tmp_path):
    lengths = []
    with start_writer(tmp_path / "run", 400) as process:
        try:
            for count in handed_over(process):
                if count % 500 == 0:
                    with h5py.File(tmp_path / "run" / "run.h5", "r") as file:
                        assert file["entry/run_status"].asstr()[()] == "running"
                    lengths.append(sum(map(len, load_run(tmp_path / "run" / "run.h5").curves)))
                    journal = load_run(tmp_path / "run")
                    assert sum(map(len, journal.curves)) >= lengths[-1]
                if count >= 5000:
                    break
        finally:
            process.kill()
    assert lengths == sorted(lengths)
    assert lengths[-1] > lengths[0]


HOLDER = "import h5py, sys; file = h5py.File(sys.argv[1], 'r'); print('open', flush=True); sys.stdin.read()"


def test_a_reader_that_holds_the_file_does_not_stop_the_writer(tmp_path, runs):
    recorder = runs.Recorder(tmp_path / "run", runs.HEADER, runs.VirtualClock())
    command = [sys.executable, "-c", HOLDER, tmp_path / "run" / "run.h5"]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) as reader:
        assert reader.stdout.readline() == "open\n"
        recorder.start_curve(runs.RT, runs.COLUMNS)
        for point in runs.points(300):
            recorder.add(point)
        recorder.finish("finished")
        assert reader.poll() is None
        reader.communicate("")
    assert len(load_run(tmp_path / "run" / "run.h5").curves[0]) == 300


def test_our_reader_works_beside_the_writer_in_one_process(tmp_path, runs):
    with runs.Recorder(tmp_path / "run", runs.HEADER, runs.VirtualClock()):
        assert load_run(tmp_path / "run" / "run.h5").status == "not finished"

"""Cost of recording a point: ours, PyMeasure's Worker with CSV Results, and a bare HDF5 append with a flush.

Each contender records the same points (six columns) in turn, several times over, so that all see the same machine.
"engine" is the time in the calls that the measuring thread makes; "whole" runs from the first point to
everything being written. Run ``python -m benchmarks.recording_per_point [POINTS] [ROUNDS]``.
"""

import logging
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import h5py
import numpy as np
from pymeasure.experiment import Procedure, Results, Worker

from analysis.curves import CurveInfo
from fluxoid.recording import Recorder, RunHeader
from instruments.clock import VirtualClock
from procedures.point import COLUMNS, Point

NAMES = [column.name for column in COLUMNS]
Cost = tuple[float, float]  # seconds on the engine's thread, seconds until everything is written


def make_points(count: int) -> list[dict[str, float]]:
    rows = np.random.default_rng(1).normal(size=(count, len(NAMES)))
    return [dict(zip(NAMES, row, strict=True)) for row in rows.tolist()]


def ours(points: list[dict[str, float]], folder: Path) -> Cost:
    recorder = Recorder(folder / "run", RunHeader("benchmark", "a: 1\n", "b: 2\n"), VirtualClock())
    recorder.start_curve(CurveInfo("curve", "R(T)", {"field_T": 1.0}), COLUMNS)
    start = time.perf_counter()
    for values in points:
        recorder.add(Point(values))
    engine = time.perf_counter() - start
    recorder.end_curve()
    recorder.finish("finished")
    return engine, time.perf_counter() - start


class Emit(Procedure):
    """Emits points that are there already."""

    DATA_COLUMNS = NAMES
    points: list[dict[str, float]]
    engine_s = math.nan

    def execute(self) -> None:
        """Emit all points, taking the time."""
        start = time.perf_counter()
        for values in self.points:
            self.emit("results", values)
        Emit.engine_s = time.perf_counter() - start


def pymeasure(points: list[dict[str, float]], folder: Path) -> Cost:
    procedure = Emit()
    procedure.points = points
    worker = Worker(Results(procedure, str(folder / "run.csv")))
    start = time.perf_counter()
    worker.start()
    Thread.join(worker)  # the worker's own join stops it and does not wait
    elapsed = time.perf_counter() - start
    with (folder / "run.csv").open() as lines:
        rows = sum(not line.startswith("#") for line in lines) - 1
    if rows != len(points):
        raise RuntimeError(f"{rows} rows of {len(points)} were in the CSV when its worker had ended")
    return Emit.engine_s, elapsed


def bare_hdf5(points: list[dict[str, float]], folder: Path) -> Cost:
    with h5py.File(folder / "run.h5", "w", locking=False) as file:
        columns = [
            file.create_dataset(name, shape=(0,), maxshape=(None,), chunks=(256,), dtype="f8") for name in NAMES
        ]
        start = time.perf_counter()
        for number, values in enumerate(points):
            for name, dataset in zip(NAMES, columns, strict=True):
                dataset.resize((number + 1,))
                dataset[number] = values[name]
            file.flush()
        elapsed = time.perf_counter() - start
    return elapsed, elapsed


CONTENDERS: dict[str, Callable[[list[dict[str, float]], Path], Cost]] = {
    "fluxoid: journal and HDF5": ours,
    "pymeasure: Worker and CSV": pymeasure,
    "bare h5py: append and flush": bare_hdf5,
}


def main() -> None:
    count, rounds = (int(word) for word in ([w for w in sys.argv[1:] if w.isdigit()] + ["5000", "5"])[:2])
    logging.disable(logging.CRITICAL)
    points = make_points(count)
    costs: dict[str, list[Cost]] = {name: [] for name in CONTENDERS}
    for _ in range(rounds):
        for name, contender in CONTENDERS.items():
            with tempfile.TemporaryDirectory() as folder:
                costs[name].append(contender(points, Path(folder)))
    medians = {
        name: tuple(statistics.median(part) * 1e6 / count for part in zip(*all_costs, strict=True))
        for name, all_costs in costs.items()
    }
    our_engine, our_whole = medians[next(iter(CONTENDERS))]
    print(f"{count} points of {len(NAMES)} columns, median of {rounds} interleaved rounds, microseconds per point")
    print(f"{'':30}{'engine':>10}{'ratio':>8}{'whole':>10}{'ratio':>8}")
    for name, (engine, whole) in medians.items():
        print(f"{name:30}{engine:10.1f}{engine / our_engine:8.1f}{whole:10.1f}{whole / our_whole:8.1f}")


if __name__ == "__main__":
    main()

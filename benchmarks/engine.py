"""What the engine costs, side by side in one run:

1. recording a point: ours, pymeasure's Worker with CSV Results, bare h5py (see recording_per_point.py);
2. simulated hours per second of whole dry runs;
3. one live update (points, and a snapshot) with 1e3, 1e4 and 1e5 points behind it, and at every point of the dry
   runs, replayed: it must stay flat. At the end of a curve everything it changes is worked out in one go, because
   that is stored; no point waits for it.

    python -m benchmarks.engine [--quick]
"""

import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.curves import CurveInfo
from analysis.models.taff import arrhenius, saturate
from analysis.models.transition import normal_fraction
from analysis.study import Study
from benchmarks import recording_per_point
from fluxoid.check import prepare
from fluxoid.experiment import load_experiment
from fluxoid.perform import perform
from fluxoid.recording import load_run

EXPERIMENTS = ("configs/experiments/nbs2_out_of_plane.yaml", "configs/experiments/nbs2_in_plane.yaml")
SIZES = (1_000, 10_000, 100_000)
LOOKS = 200


def curve(points: int) -> tuple[np.ndarray, np.ndarray]:
    """A noisy R(T) at 0.5 T with a vortex tail, falling from 7 K to 1.6 K."""
    noise = np.random.default_rng(1)
    temperature = np.linspace(7.0, 1.6, points)
    normal = 0.05 + 2e-5 * temperature**2
    activated = arrhenius(temperature, 400.0, 8e3 * np.exp(400 / 5.95))
    share = saturate(activated, normal, 2.0) / normal
    fraction = normal_fraction(temperature, 6.0, 6.17, 5.83)
    resistance = normal * (1 - (1 - fraction) * (1 - share)) + noise.normal(0, 5e-7, points)
    return temperature + noise.normal(0, 3e-4, points), resistance


@dataclass(frozen=True, slots=True)
class Updates:
    """Live updates (a point and a snapshot each): times in ms, of the clock and of this thread on its processor."""

    wall_ms: list[float]
    cpu_ms: list[float]

    def text(self) -> str:
        """Mean, 99 % and longest by the clock, longest on the processor: others may have it in between."""
        wall = sorted(self.wall_ms)
        late = wall[int(0.99 * (len(wall) - 1))]
        return f"{len(wall):10,}{statistics.fmean(wall):10.3f}{late:8.2f}{wall[-1]:10.2f}{max(self.cpu_ms):14.2f}"


def update(study: Study, rows: list[list[float]], into: Updates) -> None:
    """These points, and a snapshot after them."""
    wall, cpu = time.perf_counter(), time.thread_time()
    for row in rows:
        study.add(*row)
    study.snapshot()
    into.wall_ms.append(1e3 * (time.perf_counter() - wall))
    into.cpu_ms.append(1e3 * (time.thread_time() - cpu))


def live_updates(points: int) -> Updates:
    """Updates with about this many points behind them, over the last third of a curve.

    A look at the curve begins once it has grown by a few per cent, and takes a step at each snapshot.
    """
    study, found = Study(1), Updates([], [])
    study.start(CurveInfo("curve", "R(T)", {"field_T": 0.5, "orientation": "out_of_plane"}))
    temperature, resistance = curve(points)
    rows = np.stack([temperature, np.full(points, 0.5), resistance], axis=1).tolist()
    early = int(points * 0.7)
    update(study, rows[:early], Updates([], []))
    step = max(1, (points - early) // LOOKS)
    for at in range(early, points - step, step):
        update(study, rows[at : at + step], found)
    return found


def replay(run: Path) -> tuple[Updates, list[float]]:
    """Every point of a recorded run with a snapshot after it, and the time (ms) of every curve's end."""
    curves = [recorded.as_curve() for recorded in load_run(run).curves]
    study, found, ends = Study(len(curves)), Updates([], []), []
    for one in curves:
        study.start(one.info)
        for row in np.stack([one.temperature_K, one.field_T, one.resistance_ohm], axis=1).tolist():
            update(study, [row], found)
        start = time.perf_counter()
        study.finish()
        study.snapshot()
        ends.append(1e3 * (time.perf_counter() - start))
    return found, ends


def dry_run(experiment: str, run: Path) -> tuple[float, float, int]:
    """Cryostat hours, real seconds and points of one dry run, recorded in a directory."""
    prepared = prepare(load_experiment(experiment))
    start = time.perf_counter()
    _, outcome = perform(prepared, run, seed=1, virtual=True, quiet=True)
    return outcome.duration_s / 3600, time.perf_counter() - start, outcome.points


def main() -> None:
    """Print all three."""
    print("1. recording")
    recording_per_point.main()
    with tempfile.TemporaryDirectory() as folder:
        runs = {
            name: Path(folder) / Path(name).stem for name in EXPERIMENTS[: 1 if "--quick" in sys.argv else None]
        }
        print("\n2. dry runs")
        print(f"{'experiment':>45}{'hours':>8}{'seconds':>9}{'hours/s':>9}{'points':>8}{'ms/point':>10}")
        for experiment, run in runs.items():
            hours, seconds, points = dry_run(experiment, run)
            print(
                f"{experiment:>45}{hours:8.1f}{seconds:9.1f}{hours / seconds:9.2f}{points:8d}"
                f"{1e3 * seconds / points:10.2f}"
            )
        print("\n3. live updates: points and a snapshot (ms)")
        print(f"{'points behind it':>20}{'updates':>10}{'mean':>10}{'99 %':>8}{'longest':>10}{'longest, cpu':>14}")
        for size in SIZES:
            print(f"{size:20,}{live_updates(size).text()}")
        for run in runs.values():
            found, ends = replay(run)
            print(f"{run.name:>20}{found.text()}")
            print(f"{'':20} ends of {len(ends)} curves: {statistics.fmean(ends):.0f}, longest {max(ends):.0f}")


if __name__ == "__main__":
    main()

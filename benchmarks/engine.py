"""What the engine costs, side by side in one run:

1. recording a point: ours, pymeasure's Worker with CSV Results, bare h5py (see recording_per_point.py);
2. one live update (a point, and a snapshot) with 1e3, 1e4 and 1e5 points behind it: it must stay flat;
3. simulated hours per second of whole dry runs.

    python -m benchmarks.engine [--quick]
"""

import statistics
import sys
import tempfile
import time
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


def live_update(points: int) -> tuple[float, float, float]:
    """Median time (us) of an add and of a snapshot, and the longest snapshot (ms), near this many points.

    A snapshot looks again once the curve has grown by a few per cent, so the last ones are spread over as much
    growth as holds some of each kind.
    """
    study = Study(1)
    study.start(CurveInfo("curve", "R(T)", {"field_T": 0.5, "orientation": "out_of_plane"}))
    temperature, resistance = curve(points)
    early = int(points * 0.7)
    for t, r in zip(temperature[:early].tolist(), resistance[:early].tolist(), strict=True):
        study.add(t, 0.5, r)
    study.snapshot()
    adds, looks = [], []
    step = max(1, (points - early) // LOOKS)
    for at in range(early, points - step, step):
        start = time.perf_counter()
        for t, r in zip(temperature[at : at + step].tolist(), resistance[at : at + step].tolist(), strict=True):
            study.add(t, 0.5, r)
        adds.append((time.perf_counter() - start) / step)
        start = time.perf_counter()
        study.snapshot()
        looks.append(time.perf_counter() - start)
    return statistics.median(adds) * 1e6, statistics.fmean(looks) * 1e6, max(looks) * 1e3


def dry_run(experiment: str) -> tuple[float, float, int]:
    """Cryostat hours, real seconds and points of one dry run."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepare(load_experiment(experiment))
        start = time.perf_counter()
        _, outcome = perform(prepared, Path(folder) / "run", seed=1, virtual=True, quiet=True)
        return outcome.duration_s / 3600, time.perf_counter() - start, outcome.points


def main() -> None:
    """Print all three."""
    print("1. recording")
    recording_per_point.main()
    print("\n2. live update of a growing curve")
    print(f"{'points behind it':>18}{'add (us)':>12}{'snapshot, mean (us)':>22}{'longest (ms)':>14}")
    for size in SIZES:
        add, look, longest = live_update(size)
        print(f"{size:18,}{add:12.2f}{look:22.0f}{longest:14.1f}")
    print("\n3. dry runs")
    print(f"{'experiment':>45}{'hours':>8}{'seconds':>9}{'hours/s':>9}{'points':>8}{'ms/point':>10}")
    for experiment in EXPERIMENTS[: 1 if "--quick" in sys.argv else None]:
        hours, seconds, points = dry_run(experiment)
        print(
            f"{experiment:>45}{hours:8.1f}{seconds:9.1f}{hours / seconds:9.2f}{points:8d}"
            f"{1e3 * seconds / points:10.2f}"
        )


if __name__ == "__main__":
    main()

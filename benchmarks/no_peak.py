"""Does a sample without re-entrance ever give a peak? Dry runs of a map over many seeds.

    python -m benchmarks.no_peak --seeds 100 --keep cases.jsonl

The map of `configs/experiments/lto_kto_map.yaml` at 330 mK and R(B) at two temperatures, on
`configs/samples/lto_kto_plain.yaml`. Runs that are in the file of ``--keep`` are not done again.
"""

import argparse
import json
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from fluxoid.check import prepare
from fluxoid.experiment import load_experiment
from fluxoid.perform import perform

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
#: What is left of the map, line by line: the coldest temperature shows no peak of any sample.
CHANGES = (
    ("temperatures: [90 mK, 330 mK]", "temperatures: [330 mK]"),
    ("temperatures: [200 mK, 250 mK, 300 mK, 320 mK, 340 mK, 360 mK]", "temperatures: [300 mK, 340 mK]"),
    ("../stations/", f"{CONFIGS}/stations/"),
    ("../samples/lto_kto.yaml", f"{CONFIGS}/samples/lto_kto_plain.yaml"),
)


def peaks_of(seed: int) -> list[str]:
    """Peaks with a number in one dry run, in words."""
    text = (CONFIGS / "experiments" / "lto_kto_map.yaml").read_text(encoding="utf-8")
    for old, new in CHANGES:
        if old not in text:
            raise SystemExit(f"lto_kto_map.yaml no longer has {old!r}")
        text = text.replace(old, new)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "experiment.yaml"
        path.write_text(text, encoding="utf-8")
        prepared = prepare(load_experiment(path))
        _, outcome = perform(prepared, Path(folder) / "run", seed=seed, virtual=True, quiet=True)
    told = [f for f in outcome.findings if f.quantity in ("resistance_peak_field", "tc_minimum_field")]
    assert told, "the run says nothing of peaks"
    return [f"{f.conditions}: {f.value:.4g} T, {f.reason}" for f in told if f.value is not None]


def main() -> int:
    """Run, print; the exit code is 1 when a peak was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=1, help="first seed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="file of runs that are done, which grows run by run")
    options = parser.parse_args()
    done: dict[int, list[str]] = {}
    if options.keep is not None and options.keep.exists():
        for line in options.keep.read_text(encoding="utf-8").splitlines():
            done.update({json.loads(line)["seed"]: json.loads(line)["peaks"]})
    to_do = [seed for seed in range(options.first, options.first + options.seeds) if seed not in done]
    with ProcessPoolExecutor(options.processes) as pool:
        for seed, peaks in zip(to_do, pool.map(peaks_of, to_do), strict=True):
            done[seed] = peaks
            if options.keep is not None:
                with options.keep.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"seed": seed, "peaks": peaks}) + "\n")
            print(f"\r{len(done)} runs", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    found = {seed: peaks for seed, peaks in done.items() if peaks}
    print(f"no peak in {len(done) - len(found)} of {len(done)} runs")
    for seed, peaks in found.items():
        print(f"seed {seed}:", *peaks, sep="\n  ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

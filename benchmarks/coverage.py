"""Do the error bars hold? Dry runs of whole experiments over many seeds, every finding against its truth.

    python -m benchmarks.coverage                         the shipped experiments, 20 seeds
    python -m benchmarks.coverage --seeds 5 --sample F    another sample
    python -m benchmarks.coverage --write docs/reference/coverage.md
    python -m benchmarks.coverage --provisional --experiment E.yaml --experiment E.yaml,SAMPLE.yaml
    python -m benchmarks.coverage --keep cases.jsonl ...  runs that are in the file are not done again

For each quantity: how many findings had a value, the share within two standard errors of the truth, mean and
width of the pull (value - truth)/error, and the largest ratio of the reported error to the scatter over the seeds.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

from analysis.findings import Finding, Verdict
from fluxoid.check import prepare
from fluxoid.experiment import load_experiment
from fluxoid.perform import perform
from fluxoid.recording import load_run
from fluxoid.truth import simulated_sample

#: Quantities that several models give; for the others the method is a remark.
BY_METHOD = ("activation_energy", "ln_prefactor", "Bc2_0", "whh_slope", "Bc2_0_difference", "gap_critical_field")
EXPERIMENTS = ("configs/experiments/nbs2_out_of_plane.yaml", "configs/experiments/nbs2_in_plane.yaml")


@dataclass(frozen=True, slots=True)
class Case:
    """One finding of one run, beside its truth."""

    quantity: str
    method: str
    conditions: str
    value: float
    error: float
    truth: float

    @property
    def pull(self) -> float:
        """(value - truth)/error."""
        return (self.value - self.truth) / self.error


def run_one(job: tuple[str, str | None, int, bool]) -> tuple[list[Case], list[str]]:
    """Dry-run one experiment with one seed; its cases, and what it failed to give a good number for.

    An experiment may name its sample after a comma; the last of the job is whether provisional numbers count.
    """
    experiment, sample, seed, provisional = job
    if "," in experiment:
        experiment, sample = experiment.split(",")
    accepted = (Verdict.GOOD, Verdict.PROVISIONAL) if provisional else (Verdict.GOOD,)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        prepared = prepare(load_experiment(experiment, sample=sample))
        _, outcome = perform(prepared, out, seed=seed, virtual=True, quiet=True)
        truth = simulated_sample(out, load_run(out))
        assert truth is not None
        cases, missing = [], []
        for finding in outcome.findings:
            true = truth.truth(finding)
            if true is None:
                continue
            if finding.value is not None and finding.error and finding.verdict in accepted:
                cases.append(case_of(finding, true))
            else:
                missing.append(f"{finding.quantity} {_key(finding)}: {finding.verdict}: {finding.reason}")
        return cases, missing


def kept(path: Path | None) -> dict[tuple[str, str | None, int, bool], tuple[list[Case], list[str]]]:
    """The runs in a file of lines ``{"job": ..., "cases": ..., "missing": ...}``, by job."""
    if path is None or not path.exists():
        return {}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {tuple(row["job"]): ([Case(**case) for case in row["cases"]], row["missing"]) for row in rows}


def keep(path: Path | None, job: tuple[str, str | None, int, bool], cases: list[Case], missing: list[str]) -> None:
    """Add a run to the file."""
    if path is not None:
        row = {"job": job, "cases": [asdict(case) for case in cases], "missing": missing}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def case_of(finding: Finding, truth: float) -> Case:
    """A finding as a case."""
    assert finding.value is not None
    assert finding.error is not None
    return Case(finding.quantity, finding.method, _key(finding), finding.value, finding.error, truth)


def _key(finding: Finding) -> str:
    # measured conditions (the temperature of an Hc2 point) differ from seed to seed: the curve identifies the case
    fixed = {name: value for name, value in finding.conditions.items() if name != "temperature_K"}
    return json.dumps([fixed, finding.curves if finding.quantity == "Hc2" else []])


def table(cases: Iterable[Case]) -> list[str]:
    """Markdown table by quantity."""
    by_quantity: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in cases:
        by_quantity[case.quantity, case.method if case.quantity in BY_METHOD else ""].append(case)
    lines = [
        "| quantity | method | cases | within 2 sigma | pull mean | pull width | largest error/scatter |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for (quantity, method), group in sorted(by_quantity.items()):
        lines.append(f"| {quantity} | {method} | {_figures(group)} |")
    lines.append(f"| all |  | {_figures([case for group in by_quantity.values() for case in group])} |")
    return lines


def _figures(group: list[Case]) -> str:
    pulls = [case.pull for case in group]
    within = sum(abs(pull) <= 2 for pull in pulls) / len(pulls)
    width = statistics.pstdev(pulls)
    return f"{len(pulls)} | {within:.1%} | {statistics.fmean(pulls):+.2f} | {width:.2f} | {_inflation(group)}"


def _inflation(group: list[Case]) -> str:
    by_condition: dict[str, list[Case]] = defaultdict(list)
    for case in group:
        by_condition[case.quantity + case.conditions].append(case)
    ratios = []
    for same in by_condition.values():
        # a bracket of two fields of the list is the same for every seed: its error is the step, not a scatter
        if len(same) >= 5 and same[0].quantity != "zero_resistance_field":
            # around the truth of each run, which follows the measured temperature of an Hc2 point
            scatter = statistics.pstdev([case.value - case.truth for case in same])
            ratios.append(statistics.fmean([case.error for case in same]) / scatter if scatter else float("inf"))
    return f"{max(ratios):.2f}" if ratios else "-"


def worst(cases: Iterable[Case], count: int = 15) -> list[str]:
    """The conditions that are covered worst."""
    by_condition: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in cases:
        by_condition[case.quantity, case.conditions].append(case)
    rows = []
    for (quantity, conditions), same in by_condition.items():
        share = sum(abs(case.pull) <= 2 for case in same) / len(same)
        pulls = [case.pull for case in same]
        rows.append(
            (
                share,
                f"{quantity} {conditions}: {share:.0%} of {len(same)}, mean pull {statistics.fmean(pulls):+.2f}",
            )
        )
    return [text for _, text in sorted(rows)[:count]]


def main() -> int:
    """Run, print, and write when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1, help="first seed")
    parser.add_argument("--sample")
    parser.add_argument("--experiment", action="append")
    parser.add_argument("--provisional", action="store_true", help="count provisional numbers too")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="file of runs that are done, which grows run by run")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    experiments = options.experiment or EXPERIMENTS
    seeds = range(options.first, options.first + options.seeds)
    jobs = [(experiment, options.sample, seed, options.provisional) for seed in seeds for experiment in experiments]
    cases: dict[str, list[Case]] = {experiment: [] for experiment in experiments}
    missing: dict[str, int] = defaultdict(int)
    before = kept(options.keep)
    to_do = [job for job in jobs if job not in before]
    with ProcessPoolExecutor(options.processes) as pool:
        fresh = zip(to_do, pool.map(run_one, to_do), strict=True)
        for done, (job, (found, lost)) in enumerate(chain(((j, before[j]) for j in jobs if j in before), fresh), 1):
            if job not in before:
                keep(options.keep, job, found, lost)
            cases[job[0]] += found
            for text in lost:
                missing[text.split(":")[0] + ": " + ":".join(text.split(":")[1:])[:150]] += 1
            print(f"\r{done} of {len(jobs)} runs", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    lines = [line for name, mine in cases.items() for line in (f"## {_title(name)}", "", *table(mine), "")]
    print("\n".join(lines))
    print("\nleast covered:", *worst(case for mine in cases.values() for case in mine), sep="\n  ")
    print("\nwithout a good number though there is a truth:")
    for text, count in sorted(missing.items(), key=lambda item: -item[1])[:40]:
        print(f"  {count:3d} x {text}")
    if options.write:
        verdicts = "good or provisional" if options.provisional else "good"
        head = (
            f"# Coverage of the error bars\n\n{len(seeds)} seeds of each experiment, from {options.first} on; made"
            f" by `python -m benchmarks.coverage`.\nFindings with verdict {verdicts} that have a truth are counted."
            " The last column takes the worst condition of a quantity.\nCalibrations of field and thermometer are"
            " common to a run: what goes with them moves together in it.\n"
        )
        options.write.write_text("\n".join([head, *lines]), encoding="utf-8")
    return 0


def _title(experiment: str) -> str:
    return " with ".join(f"`{Path(name).stem}`" for name in experiment.split(","))


if __name__ == "__main__":
    sys.exit(main())

"""Do the error bars hold? Dry runs of whole experiments over many seeds, every finding against its truth.

    python -m benchmarks.coverage                         the shipped experiments, 20 seeds
    python -m benchmarks.coverage --seeds 5 --sample F    another sample
    python -m benchmarks.coverage --write docs/reference/coverage.md
    python -m benchmarks.coverage --provisional --experiment E.yaml --experiment E.yaml,SAMPLE.yaml
    python -m benchmarks.coverage --runs DIR ...  runs are kept there; those that are there are only analysed again

For each quantity: how many findings had a value, the share within two standard errors of the truth, mean and
width of the pull (value - truth)/error, and the largest ratio of the reported error to the scatter over the seeds.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from analysis.findings import Finding, Verdict
from analysis.studies import analyze_all
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


@dataclass(frozen=True, slots=True)
class Job:
    """One run: an experiment, which may name its sample after a comma, a seed, and where it is kept, if at all."""

    experiment: str
    sample: str | None
    seed: int
    provisional: bool
    runs: Path | None

    def findings(self, folder: Path) -> tuple[Sequence[Finding], Path]:
        """Measured now, or worked out again from what was measured before, and where."""
        experiment, _, sample = self.experiment.partition(",")
        out = folder if self.runs is None else self.runs / f"{Path(sample or experiment).stem}_{self.seed}"
        if (out / "run.h5").exists() and (record := load_run(out)).status == "finished":
            return analyze_all([curve.as_curve() for curve in record.curves]), out
        shutil.rmtree(out, ignore_errors=True)
        prepared = prepare(load_experiment(experiment, sample=sample or self.sample))
        _, outcome = perform(prepared, out, seed=self.seed, virtual=True, quiet=True)
        return outcome.findings, out


def run_one(job: Job) -> tuple[list[Case], list[str]]:
    """The cases of one run, and what it failed to give a good number for."""
    accepted = (Verdict.GOOD, Verdict.PROVISIONAL) if job.provisional else (Verdict.GOOD,)
    with tempfile.TemporaryDirectory() as folder:
        findings, out = job.findings(Path(folder) / "run")
        truth = simulated_sample(out, load_run(out))
        assert truth is not None
        cases, missing = [], []
        for finding in findings:
            true = truth.truth(finding)
            if true is None:
                continue
            if finding.value is not None and finding.error and finding.verdict in accepted:
                cases.append(case_of(finding, true))
            else:
                missing.append(f"{finding.quantity} {_key(finding)}: {finding.verdict}: {finding.reason}")
        return cases, missing


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
    parser.add_argument("--runs", type=Path, help="folder of runs; those that are there are only analysed again")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    experiments = options.experiment or EXPERIMENTS
    seeds = range(options.first, options.first + options.seeds)
    jobs = [
        Job(experiment, options.sample, seed, options.provisional, options.runs)
        for seed in seeds
        for experiment in experiments
    ]
    cases: dict[str, list[Case]] = {experiment: [] for experiment in experiments}
    missing: dict[str, int] = defaultdict(int)
    with ProcessPoolExecutor(options.processes) as pool:
        for done, (job, (found, lost)) in enumerate(zip(jobs, pool.map(run_one, jobs), strict=True), 1):
            cases[job.experiment] += found
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

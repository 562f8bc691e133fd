"""Do the errors of thermally activated flux flow hold? Synthetic campaigns over a wide box of truths.

    python -m benchmarks.taff                     2000 campaigns, and 1000 of the wide box
    python -m benchmarks.taff --sets 100 --wide 0 --first 5000
    python -m benchmarks.taff --write docs/reference/taff_coverage.md

Data sets: R(T) in 6 to 16 fields and in zero field, cooling, of the samples of `benchmarks/taff_samples.py`:
half Arrhenius, half modified; U0(H) a power law, a broken one or parabolic; Tc 2 to 25 K; noise 3e-6 to 1e-4 of
R_n, noise and calibration error of the thermometer; either join to the normal state. The normal state and Tc are
those that the analysis finds.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from analysis.findings import Finding, Verdict
from analysis.normal_state import NormalState, fit_normal_state
from analysis.taff import TaffCurve, prepare, taff_report
from analysis.transition import transition_report
from benchmarks.pulls import DETECTABLE, LOST, MEAN, REJECTED, WIDTH
from benchmarks.taff_laws import distance
from benchmarks.taff_samples import Truth, sample_of_box, sample_of_wide_box, true_value
from benchmarks.taff_tables import (
    FEWEST,
    NONE,
    UNDETERMINED,
    Campaign,
    Pull,
    choices,
    detectable,
    misses,
    rows,
    table,
)

METHODS = {"arrhenius": "Arrhenius", "modified": "modified TAFF"}
WIDE = """\
The same samples with what the analysis assumes to be uncertain drawn as widely as it assumes: the saturation s from
0.5 +- 1 instead of 0 or 1, and Tc of the modified law off the middle of the transition by its width times a normal
number."""
HOW = f"""\
Distance: the least chi2 of the wrong laws fitted to the true energies without noise, with the errors of the set, by
scipy and not by the fits judged here; of a broken power law with a single field on one side of its crossover any
exponent there is such a wrong law. Even two curves known beforehand are told apart as the targets ask (one lost in
200, 95 % found) by no test below (2.576 + 1.645)^2 = {DETECTABLE}; sets beyond that are called detectable."""
WHY = """\
* Widths below 0.9 (modified law, q, U0_exponent) and the shifts of opposite sign at saturation 0 and 1 are
  one thing. The saturation s (ln R falls below the law by s R/R_n close to the normal state) is not known,
  the fit holds it to 0.5 +- 1, and data say little more; the box has only 0 and 1. With s given, the widths
  of 500 campaigns (seeds from 60000 on) are 1.03 (modified energies), 0.95 (q) and 1.04 (U0_exponent), the
  mean pulls of the modified energies -0.09 +- 0.09 at either s; drawn as widely as it is held, they are those
  of the wide box. With s held at 0.5 without an error they were 1.4 (Arrhenius) and 1.9 (modified). The range
  of s was not fitted to the box.
* The fits of U0(H) add nothing to that: energies drawn from the truth with the covariance of each of 500 sets
  (six draws each) have pulls of widths 0.89 to 1.07 and means within 0.1 in every parameter. An error that is
  common to the energies does not enter an exponent, and weights do not lean on the measured values: with one
  covariance for all 24 repeats of a sample in place of each repeat's own, the mean pulls of the parabolic
  parameters change by no more than 0.005.
* U0_gamma and U0_kramer_field in the wide box (-0.12 and +0.12): probably chance. Its seeds have the same
  noise as the first thousand of the box itself, where they are -0.12 and +0.13; over all 2000 they are within
  0.1, and 484 other Arrhenius samples (seeds 62000 to 65000) have +0.06 +- 0.04 and -0.02 +- 0.05.
* Tc_taff is a little low where the curves alone determine it and high where Tc is held to zero field
  (provisional): the larger Tc comes out, the larger is its error, and by the error it is told what is
  determined. Without that choice the mean pull of Tc was 0.00 +- 0.04 (500 campaigns, seeds from 60000 on).
  In the box Tc of the law is exactly the middle of the transition, so that held pulls are narrow; in the wide
  box they are not.
* ln_prefactor of the modified law is high where ln(Tc - warmest window) has an error above 0.15 (wide box,
  seeds 63001 to 63500: +0.42 +- 0.10, below that +0.02 +- 0.07): the second-order correction for the bend of
  the prefactor along the valley of q and Tc, 0.2 of the error on average and right for smaller errors, is
  then too large.
* Without Tc of zero field the modified law would be refused in 10 % and taken for Arrhenius in 0.8 % (seeds
  from 60000 on): noise of 1e-4 of R_n leaves 1.3 decades, in which q and Tc cannot be told apart, though
  Arrhenius is rejected.
* Broken power laws are refused where a single usable field lies on one side of the crossover: nobody can
  tell.
* No factor is applied to any error (docs/decisions/0008)."""


def run_one(seed: int, wide: bool = False) -> Campaign:
    """Measure and analyse one sample of the box, or of the wide one."""
    truth, law = sample_of_wide_box(seed) if wide else sample_of_box(seed)
    method = METHODS[truth.law]
    zero, *curves = truth.campaign(seed, (0.0, *truth.fields))
    normal = fit_normal_state(zero)
    if isinstance(normal, str):
        return Campaign(seed, 0, method, "", law, "", (), f"zero field: {normal}")
    report = transition_report(zero, normal)
    prepared: list[TaffCurve] = []
    for curve in curves:
        own = fit_normal_state(curve, normal.window_K[0])
        if isinstance(own, NormalState):
            prepared.append(prepare(curve, own))
    fitted = taff_report(prepared, report.critical["onset"], report.critical["mid"], complete=True)
    found = [] if fitted is None else fitted.findings()
    having = [f for f in found if f.value is not None]
    chosen = _chosen(method, [f for f in found if f.quantity == "activation_energy"])
    chosen_law = _chosen(law, [f for f in found if f.quantity.startswith("U0_")])
    pulls = _pulls(truth, law, having) if chosen == method else ()
    usable = sum(curve.usable for curve in prepared)
    far = float("nan")
    if fitted is not None and chosen == method:
        energies = fitted.activation_energies
        logs = np.log([float(truth.energy(field)) for field in energies.field_T])
        far = distance(law, energies.field_T, logs, energies.covariance) if energies.field_T.size > 1 else 0.0
    return Campaign(seed, usable, method, chosen, law, chosen_law, pulls, distance=far)


def _pulls(truth: Truth, law: str, having: Sequence[Finding]) -> tuple[Pull, ...]:
    """Pulls of the right laws; energies of the wrong one follow nothing: the table of laws counts them."""
    pulls: list[Pull] = []
    for finding in having:
        expected = true_value(truth, finding)
        right = finding.method in (METHODS[truth.law], law)
        if expected is None or not finding.error or finding.value is None or not right:
            continue
        pull = (finding.value - expected) / finding.error
        good = finding.verdict is Verdict.GOOD
        pulls.append(Pull(_label(finding), pull, good))
        if finding.quantity == "activation_energy" and truth.first_order is None:
            join = "saturation 1" if truth.saturation == 1 else "saturation 0"
            pulls.append(Pull(f"{_label(finding)}, {join}", pull, good))
    return tuple(pulls)


def _chosen(true: str, findings: Sequence[Finding]) -> str:
    """The law that has the numbers, or what became of the true one."""
    having = {f.method for f in findings if f.value is not None}
    if having:
        return " and ".join(sorted(having))
    rejected = any(f.verdict is Verdict.MODEL_REJECTED for f in findings if f.method == true)
    return NONE if rejected else UNDETERMINED


def _label(finding: Finding) -> str:
    if finding.quantity in ("activation_energy", "ln_prefactor"):
        return f"{finding.quantity}, {finding.method}"
    return finding.quantity


def report(campaigns: Sequence[Campaign], wide: Sequence[Campaign], first: int) -> list[str]:
    """The whole text."""
    judged = [c for c in campaigns if c.usable >= FEWEST]
    failed = Counter(c.failure for c in campaigns if c.failure)
    made = f"Made by `benchmarks/taff.py`. {(__doc__ or '').split('Data sets:')[1].strip()}"
    return [
        *("# Thermally activated flux flow: coverage", "", f"Data sets: {made}", ""),
        f"{len(campaigns)} campaigns (seeds from {first} on), {len(judged)} of them with at least {FEWEST} usable",
        'curves. Verdict "good":',
        *("", *table(rows(campaigns, good=True)), "", "Provisional:", ""),
        *(*table(rows(campaigns, good=False)), ""),
        *("## Which law", "", "R(T):", "", *choices((c.true_method, c.method) for c in judged), ""),
        *("U0(H), where there are energies by the right law:", ""),
        *choices((c.true_law, c.law) for c in judged if c.method == c.true_method),
        *("", HOW, "", *detectable(judged), ""),
        *(f"* {count} campaigns: {text}" for text, count in failed.items()),
        *_wide(wide),
        *("## Targets missed", ""),
        f"Targets: pull mean within {MEAN}, width {WIDTH[0]}-{WIDTH[1]}, failures under {LOST:.1%}, the wrong law",
        *(f"rejected in {REJECTED:.0%}.", "", *misses(rows(campaigns, good=True), campaigns), ""),
        *(("In the wide box:", "", *misses(rows(wide, good=True), wide), "") if wide else ()),
        *("## Why", "", WHY),
    ]


def _wide(campaigns: Sequence[Campaign]) -> list[str]:
    if not campaigns:
        return []
    judged = [c for c in campaigns if c.usable >= FEWEST]
    return [
        *("## The wide box", "", WIDE, "", f'{len(campaigns)} campaigns of the same seeds. Verdict "good":', ""),
        *(*table(rows(campaigns, good=True)), "", "Provisional:", "", *table(rows(campaigns, good=False)), ""),
        *("R(T):", "", *choices((c.true_method, c.method) for c in judged), ""),
    ]


def main() -> int:
    """Run, print, and write when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=2000)
    parser.add_argument("--wide", type=int, default=1000, help="campaigns of the wide box")
    parser.add_argument("--first", type=int, default=0, help="seed of the first campaign")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    first = options.first
    with ProcessPoolExecutor(options.processes) as pool:
        campaigns = list(pool.map(run_one, range(first, first + options.sets), chunksize=8))
        wide = list(pool.map(partial(run_one, wide=True), range(first, first + options.wide), chunksize=8))
    text = report(campaigns, wide, first)
    print("\n".join(text))
    if options.write:
        options.write.write_text("\n".join([*text, ""]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

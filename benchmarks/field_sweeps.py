"""Do the errors of field sweeps hold? Synthetic R(B) over a wide box of truths, every finding against its truth.

    python -m benchmarks.field_sweeps             1000 sets of each kind
    python -m benchmarks.field_sweeps --sets 100 --first 5000
    python -m benchmarks.field_sweeps --write docs/reference/field_sweep_coverage.md

Data sets: Hc2 at every criterion (sweeps of one and of both signs, magnetoresistive normal states, remanent fields,
two shapes of the transition, lopsided), peaks of R(B) (hits, false alarms, pulls), and the zero-resistance window.
"""

import argparse
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from analysis.curves import Curve, CurveInfo, FloatArray
from analysis.field_branches import Sweep
from analysis.field_sweep import CRITERIA, field_report
from analysis.findings import Verdict
from analysis.models.reentrance import minimum_field, resistance
from analysis.reentrance import find_field_peaks
from analysis.zero_window import zero_window

Pulls = dict[str, list[float]]
MEAN, WIDTH, LOST = 0.1, (0.9, 1.15), 0.005
WHY = """\
Sweeps of one sign were fitted twice for this, once with the R_n found and once with the exact one (500 sets, the
390 of them whose R_n is not extrapolated).

* Onset and zero: the local fit is a parabola in probit(R/R_n), whose window grows until a bend shows. A bend just
  too small to show moves the result by 0.1-0.3 of its error, with the exact R_n as well: outwards for Gaussian
  transitions, inwards for logistic ones, whose tails are longer. The error does not hold it. Over both shapes it
  cancels, so that "all" looks better than either.
* Onset besides: R_n comes out low by 0.3 of its error above a logistic transition, whose upper tail goes under in
  the noise; above a Gaussian one by 0.1. That moves the onset down by another 0.1-0.15 of its error.
* Zero: Gaussian transitions in sweeps of one sign had a width of 1.24, with the exact R_n too; the cause is not
  known. Nor is that of the largest pulls of the onset and of the peaks.
* Middle: the width is below its target because of the provisional numbers, and a little without them; the errors
  are somewhat too large there.
* Provisional numbers rest on a normal state extrapolated over more than its own length. Its slope is then taken for
  unknown by as much as it is, while here the line truly goes on: these errors are too large for this box.
* Sets without a number are counted as failures, though they are noisy. Which of them could not have been evaluated
  by any method has not been worked out."""


def critical_fields(seeds: range, pulls: Pulls, lost: Counter[str], refused: Pulls) -> None:
    """Pulls of Hc2 at every criterion."""
    for seed in seeds:
        rng = np.random.default_rng([1, seed])
        bc2 = 10 ** rng.uniform(-1, 1.3)
        width, lop = bc2 * rng.uniform(0.02, 0.12), rng.uniform(0.01, 0.15) * rng.choice([-1, 1])
        top, rise, gauss = bc2 * rng.uniform(1.5, 2.5), rng.uniform(-0.05, 0.3), rng.random() < 0.5
        points, noise = int(10 ** rng.uniform(2.3, 3.3)), 10 ** rng.uniform(-4, -1.7)
        both = rng.random() < 0.5
        offset = rng.uniform(-0.01, 0.01) * bc2 if both else 0.0

        def share(
            field: FloatArray,
            bc2: float = bc2,
            width: float = width,
            lop: float = lop,
            gauss: bool = gauss,
        ) -> FloatArray:
            z = (np.exp(lop * np.clip((field - bc2) / width, -12, 12)) - 1) / lop
            return np.asarray(ndtr(z) if gauss else 1 / (1 + np.exp(-1.7 * z)))

        field = np.linspace(-top if both else 0.0, top, points)[:: rng.choice([-1, 1])]
        size = np.abs(field - offset)
        r = (1 + rise * size / top) * share(size) + rng.normal(0, noise, points)
        read = field + rng.normal(0, rng.uniform(0, 2e-4) * bc2, points)
        info = CurveInfo("r", "R(B)", {"temperature_K": 2.0})
        for finding in field_report(Curve(info, np.full(points, 2.0), read, r)).findings[:4]:
            name = str(finding.conditions["criterion"])
            level = CRITERIA[name]
            if finding.value is None or not finding.error:
                lost[f"Hc2 {name}: no number"] += 1
                refused[name].append(noise / min(level, 1 - level))
                continue
            true = brentq(lambda b, s=share, p=level: float(s(b)) - p, 0, 1.2 * top)
            good, shape = finding.verdict is Verdict.GOOD, "Gaussian" if gauss else "logistic"
            kinds = ("all", "good", f"good, {shape}") if good else ("all", "provisional")
            for kind in kinds:
                pulls[f"Hc2 {name}, {kind}"].append((finding.value - true) / finding.error)


def field_peaks(seeds: range, pulls: Pulls, lost: Counter[str]) -> None:
    """Pulls of re-entrant peaks, misses, and peaks found in curves without one."""
    for seed in seeds:
        rng = np.random.default_rng([2, seed])
        noise, points = float(rng.choice([0.5, 2.0, 10.0])), int(rng.integers(200, 1200))
        dip = (rng.uniform(0.3, 0.5), rng.uniform(9, 15), rng.uniform(0.05, 0.15), rng.uniform(0.6, 1.5),
               rng.uniform(0.15, 0.4))  # fmt: skip
        true = minimum_field(*dip)
        field = np.linspace(0, 4, points)
        temperature = dip[0] - dip[2] * rng.uniform(0.6, 1.1)
        r = resistance(temperature, field, 1000.0, rng.uniform(0.02, 0.05), *dip) + rng.normal(0, noise, points)
        found = find_field_peaks(field, r)
        if true is None:
            continue
        near = [] if isinstance(found, str) else [peak for peak in found if abs(peak.field_T - true) < 0.2]
        lost["peak: missed"] += not near
        lost["peak: one too many"] += not isinstance(found, str) and len(found) > len(near)
        pulls["resistance_peak_field"] += [(peak.field_T - true) / peak.error_T for peak in near]
        field = np.linspace(0, 9, points)
        smooth = (0 * field, 1000 * ndtr((field - 6) / 0.8), 500 + 20 * field)[seed % 3]
        lost["peak: false alarm"] += bool(find_field_peaks(field, smooth + rng.normal(0, noise, points)))


def windows(seeds: range, pulls: Pulls, lost: Counter[str]) -> None:
    """Pulls of width and centre of windows that end in jumps."""
    for seed in seeds:
        rng = np.random.default_rng([3, seed])
        half, shift, step = rng.uniform(0.03, 0.08), rng.uniform(-0.03, 0.03), rng.uniform(5e-4, 5e-3)
        field: FloatArray = np.arange(-0.15, 0.15, step) + rng.uniform(0, step)
        beyond = np.abs(field - shift) - half
        r = np.where(beyond > 0, 100 + 2000 * beyond, 0.0) + rng.normal(0, rng.uniform(0.1, 3), field.size)
        found = zero_window(Sweep("up", field, r))
        if isinstance(found, str) or found.lower is None or found.upper is None:
            lost["zero_resistance_window: none"] += 1
            continue
        error = float(np.hypot(found.lower.error_T, found.upper.error_T))
        low, high = found.lower.field_T, found.upper.field_T
        pulls["zero_resistance_window"].append((high - low - 2 * half) / error)
        pulls["remanent_shift"].append((0.5 * (low + high) - shift) / (0.5 * error))


def table(pulls: Pulls) -> list[str]:
    """The pulls of every quantity."""
    lines = [
        "| quantity | cases | within 2 sigma | pull mean | pull width | largest |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, values in sorted(pulls.items()):
        p = np.array(values)
        within, largest = float(np.mean(np.abs(p) <= 2)), float(np.max(np.abs(p)))
        lines.append(f"| {name} | {p.size} | {within:.1%} | {np.mean(p):+.2f} | {np.std(p):.2f} | {largest:.1f} |")
    return lines


def misses(pulls: Pulls, lost: Counter[str], sets: int) -> list[str]:
    """Which targets are missed, and by how much."""
    lines = []
    for name, values in sorted(pulls.items()):
        p = np.array(values)
        mean, width = float(np.mean(p)), float(np.std(p))
        if abs(mean) > MEAN or not WIDTH[0] <= width <= WIDTH[1]:
            chance = f"+-{width / p.size**0.5:.2f} and +-{width / (2 * p.size) ** 0.5:.2f} by the number of sets"
            lines.append(f"* {name}: mean {mean:+.2f}, width {width:.2f} ({chance})")
    lines += [f"* {name}: {count / sets:.1%}" for name, count in sorted(lost.items()) if count > LOST * sets]
    return lines or ["None."]


def main() -> int:
    """Run, print, and write when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first set")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    pulls: Pulls = defaultdict(list)
    lost: Counter[str] = Counter()
    refused: Pulls = defaultdict(list)
    seeds = range(options.first, options.first + options.sets)
    critical_fields(seeds, pulls, lost, refused)
    for part in (field_peaks, windows):
        part(seeds, pulls, lost)
    made = f"Made by `benchmarks/field_sweeps.py`. {__doc__.split('Data sets:')[1].strip()}"
    text = [
        *("# Field sweeps: coverage", "", f"Data sets: {made}", ""),
        *(f"{options.sets} data sets of each kind (seeds from {options.first} on).", "", *table(pulls), ""),
        *(f"* {name}: {count} of {options.sets}" for name, count in sorted(lost.items()) if count),
        *(
            f"* Hc2 {name}, no number: noise of one point {min(noises):.1f}-{max(noises):.1f} of the distance of"
            " the criterion to 0 or to R_n"
            for name, noises in refused.items()
        ),
        *("", "## Targets missed", "", f"Targets: pull mean within {MEAN}, width {WIDTH[0]}-{WIDTH[1]}, failures"),
        *(
            f"(every set without a number counts) under {LOST:.1%}.",
            "",
            *misses(pulls, lost, options.sets),
            "",
            "## Why",
            "",
            WHY,
        ),
    ]
    print("\n".join(text))
    if options.write:
        options.write.write_text("\n".join([*text, ""]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

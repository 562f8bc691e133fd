"""Do the errors of field sweeps hold? Synthetic R(B) over a wide box of truths, every finding against its truth.

    python -m benchmarks.field_sweeps             1000 sets of each kind
    python -m benchmarks.field_sweeps --sets 100

Hc2 at every criterion (sweeps of one and of both signs, magnetoresistive normal states, remanent fields, two shapes
of the transition, lopsided), peaks of R(B) (hits, false alarms, pulls), and the zero-resistance window.
"""

import argparse
import sys
from collections import Counter, defaultdict

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


def critical_fields(sets: int, pulls: Pulls, lost: Counter[str]) -> None:
    """Pulls of Hc2 at every criterion."""
    for seed in range(sets):
        rng = np.random.default_rng([1, seed])
        bc2 = 10 ** rng.uniform(-1, 1.3)
        width, lop = bc2 * rng.uniform(0.02, 0.12), rng.uniform(0.01, 0.15) * rng.choice([-1, 1])
        top, rise, gauss = bc2 * rng.uniform(1.5, 2.5), rng.uniform(-0.05, 0.3), rng.random() < 0.5
        points, noise = int(10 ** rng.uniform(2.3, 3.3)), 10 ** rng.uniform(-4, -1.7)
        both = rng.random() < 0.5
        offset = rng.uniform(-0.01, 0.01) * bc2 if both else 0.0

        def share(field, bc2=bc2, width=width, lop=lop, gauss=gauss):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
            z = (np.exp(lop * np.clip((field - bc2) / width, -12, 12)) - 1) / lop
            return ndtr(z) if gauss else 1 / (1 + np.exp(-1.7 * z))

        field = np.linspace(-top if both else 0.0, top, points)[:: rng.choice([-1, 1])]
        size = np.abs(field - offset)
        r = (1 + rise * size / top) * share(size) + rng.normal(0, noise, points)
        read = field + rng.normal(0, rng.uniform(0, 2e-4) * bc2, points)
        info = CurveInfo("r", "R(B)", {"temperature_K": 2.0})
        for finding in field_report(Curve(info, np.full(points, 2.0), read, r)).findings[:4]:
            name = str(finding.conditions["criterion"])
            if finding.value is None or not finding.error:
                lost[f"Hc2 {name}: no number"] += 1
                continue
            lost[f"Hc2 {name}: provisional"] += finding.verdict is not Verdict.GOOD
            level = CRITERIA[name]
            true = brentq(lambda b, s=share, p=level: float(s(b)) - p, 0, 1.2 * top)
            pulls[f"Hc2 {name}"].append((finding.value - true) / finding.error)


def field_peaks(sets: int, pulls: Pulls, lost: Counter[str]) -> None:
    """Pulls of re-entrant peaks, misses, and peaks found in curves without one."""
    for seed in range(sets):
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


def windows(sets: int, pulls: Pulls, lost: Counter[str]) -> None:
    """Pulls of width and centre of windows that end in jumps."""
    for seed in range(sets):
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


def main() -> int:
    """Run and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=1000)
    sets = parser.parse_args().sets
    pulls: Pulls = defaultdict(list)
    lost: Counter[str] = Counter()
    for part in (critical_fields, field_peaks, windows):
        part(sets, pulls, lost)
    print(
        "| quantity | cases | within 2 sigma | pull mean | pull width | largest |\n|---|---:|---:|---:|---:|---:|"
    )
    for name, values in pulls.items():
        p = np.array(values)
        within = float(np.mean(np.abs(p) <= 2))
        largest = float(np.max(np.abs(p)))
        print(f"| {name} | {p.size} | {within:.1%} | {np.mean(p):+.2f} | {np.std(p):.2f} | {largest:.1f} |")
    print("\n" + "\n".join(f"{name}: {count} of {sets}" for name, count in sorted(lost.items()) if count))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Coverage of the gap against temperature and field: gaps with errors in, findings and their pulls out.

Part of `python -m benchmarks.spectroscopy`, which writes its tables.
"""

import numpy as np

from analysis.findings import Finding, Verdict
from analysis.models.bcs import BOLTZMANN_meV_per_K
from analysis.models.bcs import gap as gap_curve
from analysis.spectroscopy import gap_against_field, gap_against_temperature
from analysis.spectroscopy.across import FIELD_SHAPES


def statistics_of(pulls: list[float]) -> str:
    """Cells of a table: how many pulls, their mean and width, and the share within two errors."""
    inside = 100 * np.mean(np.abs(pulls) < 2)
    return f"{len(pulls)} | {np.mean(pulls):+.3f} | {np.std(pulls):.3f} | {inside:.1f} %"


def _gap(value: float, error: float, kelvin: float, tesla: float) -> Finding:
    conditions = {"temperature_K": float(kelvin), "field_T": float(tesla)}
    return Finding("gap", float(value), float(error), "meV", Verdict.GOOD, conditions=conditions)


def against_temperature(sets: int, seed: int) -> list[str]:
    """Gaps of the weak-coupling shape with errors that grow towards Tc, and gaps that fall on a straight line."""
    rng = np.random.default_rng([seed, 100])
    pulls: dict[str, list[float]] = {}
    failures = rejected = 0
    for index in range(2 * sets):
        zero, tc, ratio = 10 ** rng.uniform(-0.7, 0.5), 10 ** rng.uniform(0, 1.3), 0.0
        at = np.sort(rng.uniform(0.05, 0.97, rng.integers(8, 21))) * tc
        shape = gap_curve(at, zero, tc) if index < sets else zero * (1 - at / tc)
        errors = zero * 10 ** rng.uniform(-2.7, -1.7) / np.clip(shape / zero, 0.1, 1)
        noisy = shape + rng.normal(0, errors)
        keep = noisy > 2.5 * errors
        found = gap_against_temperature(
            [_gap(g, e, t, 0.0) for g, e, t in zip(noisy[keep], errors[keep], at[keep], strict=True)]
        )
        ratio = 2 * zero / (BOLTZMANN_meV_per_K * tc)
        if index >= sets:
            rejected += found[0].verdict is Verdict.MODEL_REJECTED
            continue
        failures += found[0].value is None
        for f, truth in zip(found, (zero, tc, ratio), strict=True):
            if f.value is not None and f.error:
                pulls.setdefault(f.quantity, []).append((f.value - truth) / f.error)
    rows = ["| quantity | findings | mean pull | width | within 2 errors |", "|---|---|---|---|---|"]
    rows += [f"| {name} | {statistics_of(values)} |" for name, values in pulls.items()]
    lost, told = 100 * failures / sets, 100 * rejected / sets
    return [*rows, "", f"Not given: {lost:.1f} %. A straight line in T instead: rejected {told:.1f} %."]


def against_field(sets: int, seed: int) -> list[str]:
    """Gaps of every shape in turn: is it accepted, with what pull of its field, and is the parabola rejected."""
    rows = ["| made with | sets | accepted | mean pull | width | parabola rejected |", "|---|---|---|---|---|---|"]
    for number, (name, shape) in enumerate(FIELD_SHAPES.items()):
        rng = np.random.default_rng([seed, 200 + number])
        pulls, accepted, rejected = [], 0, 0
        repeats = sets if name == "parabolic" else max(sets // 4, 1)
        for _ in range(repeats):
            zero, critical = 10 ** rng.uniform(-0.7, 0.5), 10 ** rng.uniform(-1, 1.5)
            at = np.linspace(0, rng.uniform(0.75, 0.97) * critical, rng.integers(12, 25))
            errors = np.full(at.size, zero * 10 ** rng.uniform(-2.7, -2.0))
            noisy = zero * shape(at / critical) + rng.normal(0, errors)
            keep = noisy > 2.5 * errors
            laws = gap_against_field(
                [_gap(g, e, 1.0, b) for g, e, b in zip(noisy[keep], errors[keep], at[keep], strict=True)]
            )
            right = next(f for f in laws if f.method == name)
            accepted += right.value is not None
            rejected += laws[0].verdict is Verdict.MODEL_REJECTED
            if right.value is not None and right.error:
                pulls.append((right.value - critical) / right.error)
        shares = f"{repeats} | {100 * accepted / repeats:.1f} % | {np.mean(pulls):+.3f} | {np.std(pulls):.3f}"
        rows.append(f"| {name} | {shares} | {100 * rejected / repeats:.1f} % |")
    return rows

"""Do the errors of R(T), RRR and Hall curves hold? Synthetic curves over a wide box, findings against their truths.

    python -m benchmarks.transitions              1000 sets of each kind
    python -m benchmarks.transitions --sets 100 --first 5000
    python -m benchmarks.transitions --write docs/reference/transition_coverage.md

Data sets: R(T) with Tc 0.3-100 K, transitions of 0.3-5 % of Tc in three shapes, lopsided, normal states R0 + A T^n
with n = 1-3, noise of R of 0.01-2 % and of T of up to a tenth of the transition, 200-4000 points; RRR 1.2-200 of
metals with n = 1-5 below a Debye-like bend, steps of 0.05-2 K; R_xy of one and of two bands on a large even part;
the field of the lowest Tc from 6-20 fields.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from analysis.curves import Curve, CurveInfo
from analysis.findings import Finding, Verdict
from analysis.hall import hall_findings
from analysis.models.hall import two_band_resistance
from analysis.models.reentrance import critical_temperature, minimum_field
from analysis.normal_state import NormalState, fit_normal_state
from analysis.reentrance import tc_minimum
from analysis.residual_ratio import residual_ratio
from analysis.transition import CRITERIA, transition_report
from benchmarks.pulls import Score
from benchmarks.transition_shapes import HIDDEN, Transition

WHY = """\
* Every row of Tc, width and normal resistance over all shapes ("all", "good") meets the targets. Rows of one shape
  hold 310-340 sets, provisional ones about 20. Why Gaussian onsets come out high by 0.13 of their error is not
  known. The width of logistic onsets is that of a few large pulls; those looked at (other seeds) were of windows of
  some 10-50 points in which noise made the fit steeper than the truth.
* The expansion of R0 + A T^n ends at second order: its remainder for n = 1 or 3 matters where R is known to better
  than about 1e-4, which is outside this box.
* R_n and RRR are high by up to 0.1 of their error: the power of T, 1 to 3 here, is held about 2, and a normal state
  that is straight falls further below its window than one that is quadratic (n < 1.5: +0.25). At 20 K so are n > 3.
* RRR without a number: steps of 1 K or more, and a transition at the end of the ramp, of which one point shows.
* Slopes of two bands: errors up to 15 % too large, probably because interpolated fields count as noisy as others
  and the scatter is never taken for less than the noise of the sweep.
* Field of the lowest Tc: five points about the minimum, where the dip is no cubic when fields are few."""


def transitions(seeds: range, score: Score) -> None:
    """Pulls of Tc at every criterion, of the transition width and of the normal resistance."""
    for seed in seeds:
        rng = np.random.default_rng([4, seed])
        tc = 10 ** rng.uniform(-0.5, 2)
        width = tc * 10 ** rng.uniform(-2.5, -1.3)
        transition = Transition.drawn(rng, tc, width)
        hot = tc * rng.uniform(1.15, 1.8) + 10 * width
        cold = max(0.2 * tc, tc - max(10 * width, tc * rng.uniform(0.2, 0.7)))
        points, noise = int(10 ** rng.uniform(2.3, 3.6)), 10 ** rng.uniform(-4, -1.7)
        rise, power = rng.uniform(0, 0.3), rng.uniform(1, 3)
        t = np.linspace(hot, cold, points)
        r = (1 + rise * (t / tc) ** power) * transition.share(t) + rng.normal(0, noise, points)
        read = t + rng.normal(0, rng.uniform(0, 0.1) * width, points)
        curve = Curve(CurveInfo("r", "R(T)", {"field_T": 0.0}), read, np.zeros(points), r)
        report = transition_report(curve, fit_normal_state(curve))
        hidden = {name: transition.hidden(level, t, noise) for name, level in CRITERIA.items()}
        true = {name: transition.crossing(level) for name, level in CRITERIA.items()}
        for name, finding in report.critical.items():
            score.criterion(f"Tc_{name}", finding, true[name], transition.shape, hidden[name])
        others = {finding.quantity: finding for finding in report.findings}
        either = hidden["onset"] or hidden["zero"]
        span = true["onset"] - true["zero"]
        score.criterion("transition_width", others["transition_width"], span, transition.shape, either)
        level = others["normal_resistance"]
        middle = report.critical["mid"].value
        score.count("normal_resistance", level, 1 + rise * ((middle or tc) / tc) ** power, ("",))


def ratios(seeds: range, score: Score) -> None:
    """Pulls of RRR, at a cold temperature that is given and just above a transition."""
    for seed in seeds:
        rng = np.random.default_rng([5, seed])
        ratio, power, bend = 10 ** rng.uniform(0.1, 2.3), rng.uniform(1, 5), rng.uniform(20, 150)
        tc, step = rng.uniform(2.5, 12), 10 ** rng.uniform(-1.3, 0.3)
        noise, noise_K = 10 ** rng.uniform(-5.5, -3.5), 10 ** rng.uniform(-3.5, -1.5)

        def phonons(t: np.ndarray | float, power: float = power, bend: float = bend) -> np.ndarray:
            # T^n far below the bend, T far above it
            return np.asarray(np.power(t, power) / (1 + np.power(t / bend, power - 1)))

        scale = (ratio - 1) / float(phonons(300.0))
        t = np.arange(302.0, 2.0, -step)
        transition = Transition(tc, 0.01 * tc)
        r = (1 + scale * phonons(t)) * transition.share(t) + rng.normal(0, noise * ratio, t.size)
        curve = Curve(CurveInfo("r", "R(T)", {}), t + rng.normal(0, noise_K, t.size), 0 * t, r)
        normal = fit_normal_state(curve)
        kinds = {"at 20 K": residual_ratio(curve, 300.0, 20.0)}
        if isinstance(normal, NormalState):
            kinds["above the transition"] = residual_ratio(curve, normal=normal)
        else:
            score.lost["RRR, no normal state"] += 1
        for kind, found in kinds.items():
            hot, cold = (1 + scale * float(phonons(float(found.conditions[name]))) for name in ("hot_K", "cold_K"))
            score.count("RRR", found, hot / cold, (kind,))


def hall_curves(seeds: range, score: Score) -> None:
    """Pulls of slopes and densities of one band, and of the end slopes of two."""
    for seed in seeds:
        rng = np.random.default_rng([6, seed])
        slope = 10 ** rng.uniform(-4, 1) * rng.choice([-1, 1])
        top, points = rng.uniform(1, 14), int(10 ** rng.uniform(1.7, 3.3))
        field = np.linspace(-top * rng.uniform(0.8, 1), top, points)
        noise = abs(slope) * top * 10 ** rng.uniform(-4, -1.3)
        even = abs(slope) * top * rng.uniform(-2, 2) * (1 + rng.uniform(0, 0.2) * (field / top) ** 2)
        thickness = 10 ** rng.uniform(-9, -5)
        two = seed % 2 == 1
        if two:
            mobility = rng.uniform(0.5, 2) / top
            shape = (3.0, mobility, rng.uniform(0.3, 2.0), rng.uniform(0.3, 3) * mobility)
            unit = slope / float(two_band_resistance(1e-6, *shape)) * 1e-6
            signal = unit * two_band_resistance(field, *shape)
        else:
            signal = slope * field
        curve = Curve(
            CurveInfo(
                "h", "R(B)", {"signal": "hall", "temperature_K": 4.0}, thickness_m=None if two else thickness
            ),
            np.full(points, 4.0),
            field,
            signal + even + rng.normal(0, noise, points),
        )
        found = {finding.quantity: finding for finding in hall_findings(curve)}
        if two:
            _two_bands(found, slope, shape, unit, top, score)
        else:
            _one_band(found, slope, thickness, score)


def _one_band(found: dict[str, Finding], slope: float, thickness: float, score: Score) -> None:
    coefficient, density = found["hall_coefficient"], found["carrier_density"]
    score.count("hall_coefficient", coefficient, slope, ("one band",))
    score.count("carrier_density", density, 1 / (abs(slope) * 1.602176634e-19 * thickness), ("one band",))
    score.lost["hall_coefficient: one band taken for bent"] += coefficient.verdict is not Verdict.GOOD


def _two_bands(
    found: dict[str, Finding],
    slope: float,
    shape: tuple[float, float, float, float],
    unit: float,
    top: float,
    score: Score,
) -> None:
    coefficient = found["hall_coefficient"]
    end = coefficient.window["field_T"][1] if "field_T" in coefficient.window else top
    near = end * np.array([1 - 1e-5, 1 + 1e-5])
    high = unit * float(np.diff(two_band_resistance(near, *shape))[0]) / float(np.diff(near)[0])
    if "hall_slope_low_field" in found:
        score.count("hall_slope_low_field", found["hall_slope_low_field"], slope, ("two bands",))
        score.count("hall_slope_high_field", found["hall_slope_high_field"], high, ("two bands",))
        return
    # not bent beyond noise: the slope then is one that both ends are compatible with
    plain = coefficient.value is not None and abs(high - slope) > 20 * (coefficient.error or 0)
    score.lost["hall: two bands taken for one, slopes 20 errors apart"] += plain


def minima(seeds: range, score: Score) -> None:
    """Pulls of the field of the lowest Tc; minima missed, and found where Tc only falls."""
    for seed in seeds:
        rng = np.random.default_rng([7, seed])
        dip = (rng.uniform(0.3, 0.5), rng.uniform(9, 15), rng.uniform(0.05, 0.15), rng.uniform(0.6, 1.5),
               rng.uniform(0.15, 0.4))  # fmt: skip
        fields = np.sort(rng.uniform(0, 3, int(rng.integers(6, 21))))
        error = np.full(fields.size, 10 ** rng.uniform(-4, -2.3))
        true = minimum_field(*dip)
        noise = rng.normal(0, error)
        found = tc_minimum(fields, critical_temperature(fields, *dip) + noise, error)
        score.count(
            "tc_minimum_field", found, float(true or 0), ("",)
        ) if true and found.value is not None else None
        flat = (dip[0], dip[1], 0.0, dip[3], dip[4])
        falling = tc_minimum(fields, critical_temperature(fields, *flat) + noise, error)
        score.lost["tc_minimum_field: false alarm"] += falling.value is not None


def main() -> int:
    """Run, print, and write when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first set")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    score = Score(options.sets)
    seeds = range(options.first, options.first + options.sets)
    for part in (transitions, ratios, hall_curves, minima):
        part(seeds, score)
    made = f"Made by `benchmarks/transitions.py`. {__doc__.split('Data sets:')[1].strip()}\n\n{HIDDEN}"
    text = score.page("Transitions, RRR and Hall: coverage", made, options.first, WHY)
    print(text)
    if options.write:
        options.write.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How fast and how honest the spectra's laws and fits are, beside the naive way, in one run on one thread.

    python -m benchmarks.spectroscopy                        all of it
    python -m benchmarks.spectroscopy --spectra 200          fewer spectra for the coverage
    python -m benchmarks.spectroscopy --write docs/reference/spectroscopy.md

The naive way is adaptive quadrature bias by bias; where it would take minutes, a few biases are timed and the rest
is extrapolated, and the table says so. Set OMP_NUM_THREADS=1 for one thread. Coverage: spectra of known truth from
wide boxes, each finding's pull (value - truth)/error; how often spectra of another law (two spins, two gaps) are
rejected and normal ones told; the laws of the gap against temperature and field on gaps with errors.
"""

import argparse
import cmath
import itertools
import math
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.integrate import IntegrationWarning, quad

from analysis.findings import Finding, Verdict
from analysis.models.bcs import BOLTZMANN_meV_per_K
from analysis.models.btk import conductance
from analysis.spectroscopy import Spectrum, spectrum_findings
from analysis.spectroscopy.choice import HIGHEST, LOWEST
from analysis.spectroscopy.fit import Problem, least_squares
from analysis.spectroscopy.junction import Lorentzian
from analysis.spectroscopy.spectrum import prepare, starting_values
from benchmarks.gap_laws import against_field, against_temperature, statistics_of

FloatArray = npt.NDArray[np.float64]

BIAS = np.linspace(-4.0, 4.0, 401)


def median_ms(task: Callable[[], object], repeats: int) -> float:
    """Median time of one call in milliseconds."""
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        task()
        times.append(time.process_time() - begin)
    return 1e3 * statistics.median(times)


def quadrature(bias: float, gap: float, broadening: float, barrier: float, thermal: float) -> float:
    """One bias the naive way: the thermal integral by scipy's adaptive quadrature."""

    tau = 1.0 / (1.0 + barrier**2)

    def integrand(energy: float) -> float:
        e = complex(energy, broadening)
        a = gap / (e + cmath.sqrt(e - gap) * cmath.sqrt(e + gap))
        p = abs(a) ** 2
        value = (1 + tau * p + (tau - 1) * p * p) / abs(1 + (tau - 1) * a * a) ** 2
        return value * 0.25 / thermal / math.cosh(0.5 * (energy - bias) / thermal) ** 2

    edges = [p for p in (-gap, gap) if abs(p - bias) < 30 * thermal]
    return float(quad(integrand, bias - 30 * thermal, bias + 30 * thermal, points=edges or None, limit=200)[0])


def fit_once(data: Spectrum) -> int:
    """The contact's seven parameters without model choice: what one curve_fit would do. Returns the evaluations."""
    ordered = prepare(data)
    start = starting_values(ordered, data.thermal_meV)
    law, calls = Lorentzian(ordered.bias_mV, data.thermal_meV, 0.0), [0]

    def counted(parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        calls[0] += 1
        return law(parameters)

    lower = np.array([0.05, 2e-3, 0.0, -1.0, *LOWEST])
    upper = np.array([5.0, 4.0, 1.0, 1.0, *HIGHEST])
    first = np.array([start.gap_meV, start.broadening_meV, start.transparency, start.offset_mV, 0.0, 1.0, 0.0, 0.0])
    held = np.array([False, False, False, False, True, False, False, True])
    unit = ordered.bias_mV / 4.0
    least_squares(Problem(counted, unit, ordered.values, ordered.noise, lower, upper, held), first)
    return calls[0]


def synthetic(
    rng: np.random.Generator, gap: float, broadening: float, barrier: float, thermal: float, noise: float
) -> tuple[Spectrum, float]:
    """A spectrum in any unit with offset and tilt, and its offset; broadening and thermal energy in gaps."""
    bias, offset = BIAS * gap, float(rng.normal(0, 0.05) * gap)
    temperature = thermal * gap / BOLTZMANN_meV_per_K
    values = conductance(bias, gap, broadening * gap, barrier, temperature, offset_mV=offset)
    values = values * (1 + rng.normal(0, 0.01) * bias / gap) + rng.normal(0, noise, bias.size)
    return Spectrum("synthetic", bias, 10 ** rng.uniform(-4, 1) * values, temperature), offset


#: kT and G in gaps.
CASES = (
    *((0.05, 0.05), (0.1, 0.1), (0.3, 0.1), (0.3, 0.02), (0.05, 0.01), (0.05, 0.001)),
    *((0.2, 0.0), (0.05, 0.0), (0.01, 0.0)),
)


def speeds() -> list[str]:
    rows = ["| task (401 biases, +-4 gaps) | kT, G in gaps | this | naive | |", "|---|---|---|---|---|"]
    rng, gaps = np.random.default_rng(1), itertools.cycle(np.linspace(1.0, 1.01, 101).tolist())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IntegrationWarning)
        for thermal, broadening in CASES:
            temperature = thermal / BOLTZMANN_meV_per_K
            conductance(BIAS, 1.0, broadening, 0.5, temperature)

            def law(g: float = broadening, t: float = temperature) -> FloatArray:
                return conductance(BIAS, 1.0, g, 0.5, t)

            def fitted(g: float = broadening, t: float = temperature) -> FloatArray:
                return conductance(BIAS, next(gaps), g, 0.5, t)

            def naive(g: float = broadening, k: float = thermal) -> list[float]:
                return [quadrature(v, 1.0, g, 0.5, k) for v in BIAS[::40]]

            ours, theirs = median_ms(law, 300), median_ms(naive, 1) * BIAS.size / BIAS[::40].size
            case = f"{thermal}, {broadening}"
            rows.append(f"| conductance | {case} | {ours:.3f} ms | {theirs:.0f} ms | 11 biases, extrapolated |")
            rows.append(f"| with another gap each time | {case} | {median_ms(fitted, 300):.3f} ms | | |")
            if broadening < 0.01:
                continue
            data, _ = synthetic(rng, 1.0, broadening, 0.5, thermal, 0.01)
            evaluations = 6 * fit_once(data)  # curve_fit takes its derivatives by differences: five more each
            fit, whole = (
                median_ms(lambda d=data: fit_once(d), 20),
                median_ms(lambda d=data: spectrum_findings(d), 3),
            )
            rows.append(f"| fit | {case} | {fit:.2f} ms | {evaluations * theirs / 1e3:.0f} s | extrapolated |")
            rows.append(f"| findings, all laws compared | {case} | {whole:.0f} ms | | |")
    return rows


@dataclass(frozen=True)
class Box:
    """What spectra are drawn from, in gaps: broadening, temperature, and what else is done to them."""

    name: str
    thermal: tuple[float, float] = (0.05, 0.3)
    broadening: tuple[float, float] = (0.02, 0.56)
    modulation: tuple[float, float] = (0.0, 0.0)
    gaussian: tuple[float, float] = (0.0, 0.0)
    series: tuple[float, float] = (0.0, 0.0)
    symmetrised: bool = False


BOXES = (
    Box("as such"),
    Box("modulated, 0.05-0.3 gaps rms", modulation=(0.05, 0.3)),
    Box("Gaussian spread 0.05-0.3 gaps", broadening=(0.0, 0.0), gaussian=(0.05, 0.3)),
    Box("symmetrised", symmetrised=True),
    Box("colder, kT 0.01-0.05 gaps", thermal=(0.01, 0.05)),
    Box("warmer, kT 0.3-0.6 gaps", thermal=(0.3, 0.6)),
    Box("series resistance 0-0.5, fitted", series=(0.0, 0.5), broadening=(0.02, 0.4)),
    Box("warmer, Gaussian spread 0.05-0.56 gaps", thermal=(0.3, 0.6), broadening=(0.0, 0.0), gaussian=(0.05, 0.56)),
)

Truth = dict[str, float]


def drawn(rng: np.random.Generator, box: Box) -> tuple[Spectrum, Truth]:
    """A spectrum of the box and what it was made with."""
    gap, tunnel = 10 ** rng.uniform(-0.7, 0.5), rng.random() < 0.25 and not box.series[1]
    thermal, broadening = rng.uniform(*box.thermal), rng.uniform(*box.broadening)
    modulation, gaussian, series = (rng.uniform(*limits) for limits in (box.modulation, box.gaussian, box.series))
    barrier, noise = np.inf if tunnel else rng.uniform(0, 2.5), 10 ** rng.uniform(-2.52, -1.7)
    offset = 0.0 if box.symmetrised else float(rng.normal(0, 0.05) * gap)
    options = {"modulation_rms_mV": modulation * gap, "gaussian_broadening_meV": gaussian * gap}
    bias, kelvin = BIAS * gap * (1 + series), thermal * gap / BOLTZMANN_meV_per_K
    values = conductance(
        bias, gap, broadening * gap, barrier, kelvin, offset_mV=offset, series_resistance_ratio=series, **options
    )
    if not box.symmetrised:
        values = values * (1 + rng.normal(0, 0.01) * bias / gap)
    values = values + rng.normal(0, noise, bias.size)
    if box.symmetrised:
        values = 0.5 * (values + values[::-1])
    width = gaussian if box.gaussian[1] else broadening
    truth = {"gap": gap, "broadening": width * gap, "barrier": barrier, "series_resistance_ratio": series}
    if not box.symmetrised:
        truth["bias_offset"] = offset
    unit = 10 ** rng.uniform(-4, 1)
    return Spectrum("synthetic", bias, unit * values, kelvin, 0.0, modulation * gap), truth


def coverage(spectra: int, seed: int) -> list[str]:
    """Pulls of every quantity for every box. The broadening counts where the right kind of it was chosen."""
    rows = [
        "| spectra | quantity | findings | mean pull | width | within 2 errors | no gap given |",
        "|---|" + 6 * "---|",
    ]
    for number, box in enumerate(BOXES):
        rng = np.random.default_rng([seed, number])
        kind = "Gaussian" if box.gaussian[1] else "Lorentzian"
        pulls: dict[str, list[float]] = {}
        failures = 0
        for _ in range(spectra):
            data, truth = drawn(rng, box)
            findings = spectrum_findings(data, series_resistance_ratio=None if box.series[1] else 0.0)
            failures += findings[0].value is None
            for f in findings:
                known = np.isfinite(truth.get(f.quantity, np.nan))
                if f.value is not None and f.error and known and (f.quantity != "broadening" or kind in f.method):
                    pulls.setdefault(f.quantity, []).append((f.value - truth[f.quantity]) / f.error)
        for name, values in pulls.items():
            first = f"{100 * failures / spectra:.1f} %" if name == "gap" else ""
            rows.append(f"| {box.name if name == 'gap' else ''} | {name} | {statistics_of(values)} | {first} |")
    return rows


def rejection(spectra: int, seed: int) -> list[str]:
    """How often two spins and two gaps are seen for what they are, and how often a normal state for one."""
    rng = np.random.default_rng([seed, 300])
    rejected = {"two spins": 0, "two gaps": 0}
    for _ in range(spectra):
        thermal, broadening, noise = rng.uniform(0.05, 0.3), rng.uniform(0.02, 0.3), 10 ** rng.uniform(-2.5, -1.7)
        shift = rng.uniform(max(0.25, 2 * thermal), 0.7)
        kelvin = thermal / BOLTZMANN_meV_per_K
        both = [conductance(BIAS, 1.0, broadening, np.inf, kelvin, offset_mV=s * shift) for s in (-1, 1)]
        rejected["two spins"] += _is_rejected(0.5 * (both[0] + both[1]) + rng.normal(0, noise, BIAS.size), kelvin)
        kelvin, share = rng.uniform(0.03, 0.1) / BOLTZMANN_meV_per_K, rng.uniform(0.3, 0.7)
        width, barrier, small = rng.uniform(0.02, 0.1), rng.uniform(0.3, 1.5), rng.uniform(0.3, 0.6)
        mixed = share * conductance(BIAS, 1.0, width, barrier, kelvin)
        mixed = mixed + (1 - share) * conductance(BIAS, small, width * small, barrier, kelvin)
        rejected["two gaps"] += _is_rejected(mixed + rng.normal(0, noise, BIAS.size), kelvin)
    lines = [f"Rejected, {name}: {100 * count / spectra:.1f} % of {spectra}." for name, count in rejected.items()]
    normal, longest = 0, 0.0
    for _ in range(spectra):
        bent = rng.normal(0, 0.03) * BIAS / 4 + rng.normal(0, 0.03) * (BIAS / 4) ** 2
        values = 1 + bent + rng.normal(0, 10 ** rng.uniform(-3.5, -1.7), BIAS.size)
        begin = time.process_time()
        first = spectrum_findings(Spectrum("n", BIAS, values, 10 ** rng.uniform(-1, 1)))[0]
        longest = max(longest, time.process_time() - begin)
        normal += first.reason.startswith("no gap")
    said = f'Normal state, straight or bent: "no gap" for {100 * normal / spectra:.1f} % of {spectra}'
    return [*lines, f"{said}, {1e3 * longest:.0f} ms at most."]


def _is_rejected(values: FloatArray, temperature_K: float) -> bool:
    first: Finding = spectrum_findings(Spectrum("other", BIAS, values, temperature_K))[0]
    return first.verdict is Verdict.MODEL_REJECTED


NOTES = (
    "Targets: mean pull within 0.1, width 0.9-1.15, fewer than 0.5 % without a gap. Above kT of 0.3 gaps a"
    " lifetime and a Gaussian spread are hardly told apart, while their gaps differ by about twice what the"
    " noise makes: the difference is part of the error. Given is the gap of the lifetime there, unless the"
    " evidence for a spread is strong. So the pulls of what was made with a lifetime are narrow about 0, and"
    " those of what was made with a spread lie to one side; the error is as large as it must be for 2 errors to"
    " cover both. A value between the two laws would need a smaller error, but be off in either case. A fitted"
    " series resistance is refused where its error exceeds 0.05 of the contact's own.",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spectra", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2027)
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    count, seed = arguments.spectra, arguments.seed
    written = f"Written by `python -m benchmarks.spectroscopy --seed {seed}`; one thread, processor time."
    head = ["# Spectra: speed and coverage", "", written, ""]
    box = (
        "Box: G/gap 0.02-0.56, Z 0-2.5 and a quarter tunnelling, kT/gap 0.05-0.3, noise 0.3-2 % of the normal"
        " state, gap 0.2-3.2 meV, offset 5 % and tilt 1 % per gap (standard deviations), 401 biases to 4 gaps; the"
        " first column says what else."
    )
    warm = (
        "Gap against temperature: 8-20 gaps from 0.05 to 0.97 Tc with errors of 0.2-2 % of Delta(0), growing as the"
        " gap falls."
    )
    field = "Gap against field: 12-24 gaps up to 0.75-0.97 of the critical field, errors of 0.2-1 % of Delta(0)."
    parts = [*head, *speeds(), "", box, "", *coverage(count, seed), "", *rejection(max(count // 5, 1), seed), ""]
    parts += [warm, "", *against_temperature(count, seed), "", field, "", *against_field(count, seed), ""]
    text = "\n".join([*parts, *NOTES, ""])
    print(text)
    if arguments.write:
        arguments.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

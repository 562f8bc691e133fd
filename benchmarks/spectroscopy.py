"""How fast and how honest the spectra's laws and fits are, beside the naive way, in one run on one thread.

    python -m benchmarks.spectroscopy                        all of it
    python -m benchmarks.spectroscopy --spectra 200          fewer spectra for the coverage
    python -m benchmarks.spectroscopy --write docs/reference/spectroscopy.md

The naive way is adaptive quadrature bias by bias; where it would take minutes, a few biases are timed and the rest
is extrapolated, and the table says so. Set OMP_NUM_THREADS=1 for one thread. Coverage: spectra of known truth from
a wide box, each finding's pull (value - truth)/error, and how often spectra of another law
(two spins, two gaps) are rejected.
"""

import argparse
import cmath
import math
import statistics
import time
import warnings
from collections.abc import Callable
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


def speeds() -> list[str]:
    rows = ["| task (401 biases, +-4 gaps) | kT, G in gaps | this | naive | |", "|---|---|---|---|---|"]
    rng = np.random.default_rng(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IntegrationWarning)
        for thermal, broadening in ((0.05, 0.05), (0.1, 0.1), (0.3, 0.1), (0.05, 0.001)):
            temperature = thermal / BOLTZMANN_meV_per_K
            conductance(BIAS, 1.0, broadening, 0.5, temperature)

            def law(g: float = broadening, t: float = temperature) -> FloatArray:
                return conductance(BIAS, 1.0, g, 0.5, t)

            def naive(g: float = broadening, k: float = thermal) -> list[float]:
                return [quadrature(v, 1.0, g, 0.5, k) for v in BIAS[::40]]

            ours, theirs = median_ms(law, 300), median_ms(naive, 1) * BIAS.size / BIAS[::40].size
            case = f"{thermal}, {broadening}"
            rows.append(f"| conductance | {case} | {ours:.3f} ms | {theirs:.0f} ms | 11 biases, extrapolated |")
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


def coverage(spectra: int) -> list[str]:
    rng = np.random.default_rng(7)
    pulls: dict[str, list[float]] = {}
    failures = 0
    for _ in range(spectra):
        gap, tunnel = 10 ** rng.uniform(-0.7, 0.5), rng.random() < 0.25
        broadening, thermal = rng.uniform(0.02, 0.56), rng.uniform(0.05, 0.3)
        barrier = np.inf if tunnel else rng.uniform(0, 2.5)
        data, offset = synthetic(rng, gap, broadening, barrier, thermal, 10 ** rng.uniform(-2.52, -1.7))
        truth = {"gap": gap, "broadening": broadening * gap, "barrier": barrier, "bias_offset": offset}
        findings = spectrum_findings(data)
        failures += findings[0].value is None
        for finding in findings:
            right_law = finding.quantity != "broadening" or "Lorentzian" in finding.method
            if finding.value is not None and finding.error and right_law and np.isfinite(truth[finding.quantity]):
                pull = (finding.value - truth[finding.quantity]) / finding.error
                pulls.setdefault(finding.quantity, []).append(pull)
    rows = ["| quantity | findings | mean pull | width | within 2 errors |", "|---|---|---|---|---|"]
    for name, values in pulls.items():
        inside = np.mean(np.abs(values) < 2)
        rows.append(
            f"| {name} | {len(values)} | {np.mean(values):+.3f} | {np.std(values):.3f} | {100 * inside:.1f} % |"
        )
    return [*rows, "", f"Without a gap: {failures} of {spectra}."]


def rejection(spectra: int) -> list[str]:
    rng = np.random.default_rng(11)
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
    return [f"Rejected, {name}: {100 * count / spectra:.1f} % of {spectra}." for name, count in rejected.items()]


def _is_rejected(values: FloatArray, temperature_K: float) -> bool:
    first: Finding = spectrum_findings(Spectrum("other", BIAS, values, temperature_K))[0]
    return first.verdict is Verdict.MODEL_REJECTED


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spectra", type=int, default=1000)
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    head = ["# Spectra: speed and coverage", "", "Written by `python -m benchmarks.spectroscopy`; one thread.", ""]
    box = (
        "Box: G/gap 0.02-0.56, Z 0-2.5 and a quarter tunnelling, kT/gap 0.05-0.3, noise 0.3-2 % of the normal"
        " state, gap 0.2-3.2 meV, offset 5 % and tilt 1 % per gap (standard deviations), 401 biases to 4 gaps."
    )
    covered = coverage(arguments.spectra)
    text = "\n".join([*head, *speeds(), "", box, "", *covered, *rejection(max(arguments.spectra // 5, 1)), ""])
    print(text)
    if arguments.write:
        arguments.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

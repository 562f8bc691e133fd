"""Do errors cover the truth? Many campaigns of samples that differ in everything."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from analysis.findings import Finding, Verdict
from analysis.taff import prepare, taff_findings
from benchmarks.taff_samples import KnownNormal, parallel, perpendicular, single_power, true_value

SEEDS = 24
CASES = {
    "perpendicular": (perpendicular(), "Arrhenius", "broken power law"),
    "perpendicular, parallel resistances": (
        replace(perpendicular(), saturation=1.0),
        "Arrhenius",
        "broken power law",
    ),
    "perpendicular, noisy": (replace(perpendicular(), noise_ohm=1e-5), "Arrhenius", "broken power law"),
    "one power law": (single_power(), "Arrhenius", "power law"),
    "in plane": (parallel(), "modified TAFF", "parabolic"),
    "in plane, q 1.5": (replace(parallel(), exponent_q=1.5), "modified TAFF", "parabolic"),
    "in plane, quiet": (replace(parallel(), noise_ohm=3e-7), "modified TAFF", "parabolic"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_errors_cover_the_truth(name):
    truth, method, law = CASES[name]
    onset = Finding("Tc_onset", truth.tc_K + truth.width_K, 0.002, "K", Verdict.GOOD)
    pulls = defaultdict(list)
    for seed in range(SEEDS):
        curves = [prepare(curve, KnownNormal(truth, truth.noise_ohm)) for curve in truth.campaign(seed)]
        findings = [f for f in taff_findings(curves, onset, None, complete=True) if f.value is not None]
        assert {f.method for f in findings} == {method, law}
        for finding in findings:
            if (expected := true_value(truth, finding)) is not None:
                pulls[finding.quantity].append((finding.value - expected) / finding.error)
    everything = np.concatenate(list(pulls.values()))
    assert np.mean(np.abs(everything) < 2) > 0.9  # values of one campaign go together: 24 independent ones
    for quantity, values in pulls.items():
        assert np.sqrt(np.mean(np.square(values))) < 1.5, quantity
        assert np.sqrt(np.mean(np.square(values))) > 0.4, quantity

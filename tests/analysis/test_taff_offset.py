from dataclasses import replace

import numpy as np

from analysis.taff import prepare
from benchmarks.taff_samples import KnownNormal, perpendicular


def test_the_bin_that_fixes_the_offset_holds_nothing_of_the_law():
    # a slow tail: U0 = 309 K (0.7/1.8)^1.67 = 64 K at 1.8 T
    truth = replace(perpendicular(), noise_ohm=1e-5, accuracy_K=0.0)
    curve = prepare(truth.curve(np.random.default_rng(0), 1.8), KnownNormal(truth, truth.noise_ohm))
    clean = truth.resistance(np.arange(truth.base_K, curve.temperature_K[1], truth.step_K), 1.8)
    assert np.mean(clean) < 0.1 * curve.noise_ohm / np.sqrt(curve.readings[0])

"""Distances between laws of U0(H), by hand."""

import numpy as np
import pytest

from analysis.activation_law import BROKEN, PARABOLIC, POWER
from benchmarks.taff_laws import distance

FIELDS = np.exp(np.array([0.0, 1.0, 2.0, 3.0, 4.0]))
LOGS = np.log(FIELDS)
SIGMA = 0.01


def test_nearest_wrong_law_of_a_bend():
    # a bend at ln H = 2. With the crossover at 0.5 instead, one line goes through the last four points: what is
    # bent there is (0, 0, 1, 2), which lies off its line by 0.3, -0.4, -0.1, 0.2; the other end is alike
    bent = -LOGS - np.maximum(LOGS - 2.0, 0.0)
    found = distance(BROKEN, FIELDS, bent, SIGMA**2 * np.eye(5))
    by_hand = 0.30 / SIGMA**2
    # the parabolic form may lie nearer still, never farther
    assert 0.01 * by_hand < found <= by_hand * (1 + 1e-9)


def test_a_common_error_hides_nothing():
    bent = -LOGS - np.maximum(LOGS - 2.0, 0.0)
    plain = distance(BROKEN, FIELDS, bent, SIGMA**2 * np.eye(5))
    common = distance(BROKEN, FIELDS, bent, SIGMA**2 * np.eye(5) + 0.3**2)
    assert common == pytest.approx(plain, rel=1e-6)


def test_a_single_field_beyond_the_crossover_is_no_distance():
    bent = -LOGS - np.maximum(LOGS - 3.3, 0.0)
    assert distance(BROKEN, FIELDS, bent, SIGMA**2 * np.eye(5)) == pytest.approx(0.0, abs=1e-9)


def test_a_parabolic_law_with_an_infinite_field_is_a_power_law():
    energies = -0.7 * LOGS + 2 * np.log1p(-FIELDS / 1e9)
    assert distance(PARABOLIC, FIELDS, energies, SIGMA**2 * np.eye(5)) == pytest.approx(0.0, abs=1e-6)


def test_the_nearest_bend_of_a_parabolic_law():
    # crossover between ln H = 2 and 3: two points exactly, three to a line, which is their second difference^2 / 6
    near = -0.7 * LOGS + 2 * np.log1p(-FIELDS / (1.1 * FIELDS[-1]))
    second = near[0] - 2 * near[1] + near[2]
    found = distance(PARABOLIC, FIELDS, near, SIGMA**2 * np.eye(5))
    assert found == pytest.approx(second**2 / 6 / SIGMA**2, rel=1e-6)


def test_nothing_lies_at_a_distance_from_the_law_that_all_contain():
    assert np.isnan(distance(POWER, FIELDS, -0.7 * LOGS, SIGMA**2 * np.eye(5)))

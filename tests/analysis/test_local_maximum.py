"""Maxima of local polynomials, against ones known by hand."""

import numpy as np
import pytest

from analysis.local_maximum import Curves, local_maxima

X = np.arange(0.0, 2.01, 0.1)


def curves(rows, sigma, shared=0.0):
    y = np.atleast_2d(rows)
    tops = np.argmax(y, axis=1)
    ends = np.zeros(tops.size, int), np.full(tops.size, X.size - 1)
    return Curves(X, y, np.full(y.shape, sigma), np.full(y.shape, shared), tops, *ends)


def test_a_parabola_is_exact():
    found = local_maxima(curves(10.0 - (X - 0.87) ** 2, 1e-3))[0]
    assert found.place == pytest.approx(0.87, abs=1e-3)
    assert found.value == pytest.approx(10.0, abs=1e-3)


def test_places_follow_values_as_the_weights_say():
    y = 100 * np.exp(-0.5 * ((X - 0.93) / 0.3) ** 2) + 5
    found = local_maxima(curves(y, 0.05))[0]
    push = np.random.default_rng(4).normal(0, 1e-4, X.size)
    moved = local_maxima(curves(y + push, 0.05))[0]
    assert moved.place - found.place == pytest.approx(float(found.weights @ push), rel=0.05)


def test_pulls_of_a_coarse_peak_on_a_slope():
    rng = np.random.default_rng(5)
    law = 30 * np.exp(-0.5 * ((X - 0.9) / 0.25) ** 2)
    pulls = []
    for _ in range(60):
        found = local_maxima(curves(law + rng.normal(0, 0.5, X.size), 0.5))[0]
        pulls.append((found.place - 0.9) / found.whole_error)
    # the mean of 60 is known to 0.13, the width to 0.09
    assert abs(np.mean(pulls)) < 0.5
    assert 0.65 < np.std(pulls) < 1.35


def test_a_peak_of_noise_is_none():
    flat = np.random.default_rng(6).normal(0, 1, X.size) + 1000
    data = curves(flat, 1.0)
    found = local_maxima(data)[0]
    assert found is None or found.error > 0.01


def test_shared_errors_are_not_averaged_away():
    rows = np.stack([100 * np.exp(-0.5 * ((X - 0.93) / 0.3) ** 2) + 5] * 4)
    mix = np.full(4, 0.25)
    places = local_maxima(curves(rows, 0.0, shared=0.1))
    weights = np.array([p.weights for p in places])
    assert curves(rows, 0.0, shared=0.1).spread(weights, mix) == pytest.approx(places[0].error ** 2, rel=1e-6)
    assert curves(rows, 0.1).spread(weights, mix) == pytest.approx(places[0].error ** 2 / 4, rel=1e-6)

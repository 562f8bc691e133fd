from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import expit, logit, ndtr, ndtri

from analysis.crossing import Crossing, Fractions, find_crossing


@dataclass(frozen=True)
class Known:
    """A normal state of 1 ohm that is known."""

    noise_ohm: float

    @property
    def covariance(self):
        return np.zeros((1, 1))

    def resistance(self, place):
        return np.ones_like(np.asarray(place, dtype=float))

    def sigma(self, place):
        return np.zeros_like(np.asarray(place, dtype=float))

    def design(self, place):
        return np.ones((*np.shape(place), 1))


#: the share at a distance from the middle in widths, and the inverse
SHAPES = {"Gaussian": (ndtr, ndtri), "logistic": (lambda z: expit(1.7 * z), lambda p: logit(p) / 1.7)}


def crossing(shape: str, share: float, seed: int, points: int, noise: float, jitter: float = 0.0) -> Crossing | str:
    """A transition of 0.1 K width at 5 K."""
    rng = np.random.default_rng([8, seed])
    place = np.linspace(3.5, 6.5, points) + rng.uniform(0, 3 / points)
    fraction = SHAPES[shape][0]((place - 5.0) / 0.1) + rng.normal(0, noise, points)
    read = place + rng.normal(0, jitter, points) if jitter else place
    normal = Known(noise)
    return find_crossing(Fractions(read, fraction, np.full(points, noise), normal), share)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("share", [0.01, 0.99])
def test_no_shape_is_favoured_at_the_ends_of_a_transition(shape, share):
    true = 5.0 + 0.1 * float(SHAPES[shape][1](share))
    pulls = []
    for seed in range(100):
        found = crossing(shape, share, seed, 700, 1e-3)
        assert isinstance(found, Crossing)
        pulls.append((found.place - true) / found.error)
    # 100 sets: mean to 0.1, width to 0.07
    assert abs(np.mean(pulls)) < 0.33
    assert 0.75 < np.std(pulls) < 1.25


def test_noise_of_the_abscissa_is_in_the_error_where_no_fit_is():
    # steps of 0.3 widths, read to 0.2: neighbours may come in the wrong order, and a step tells too little
    pulls = []
    for seed in range(40):
        found = crossing("Gaussian", 0.5, seed, 100, 1e-4, jitter=0.02)
        assert isinstance(found, Crossing)
        pulls.append((found.place - 5.0) / found.error)
    assert np.max(np.abs(pulls)) < 4.5
    assert np.std(pulls) < 1.5


def test_steps_as_wide_as_the_transition_leave_an_error_of_a_part_of_the_step():
    errors = [crossing("logistic", 0.99, seed, 30, 1e-4) for seed in range(20)]
    found = [item for item in errors if isinstance(item, Crossing)]
    assert len(found) == 20
    true = 5.0 + 0.1 * float(logit(0.99)) / 1.7
    assert np.max([abs(item.place - true) / item.error for item in found]) < 4
    assert np.median([item.error for item in found]) > 0.005

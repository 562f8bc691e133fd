"""A sweep may stop only where what was measured is the normal state."""

import numpy as np
import pytest
from scipy.special import ndtr

from procedures.normal_state import NormalStateWatch


def stops_at(resistance, fields, noise, seed=1):
    watch = NormalStateWatch()
    random = np.random.default_rng(seed)
    for field in fields:
        if watch.add(float(field), float(resistance(field) + noise * random.standard_normal())):
            return field
    return None


FIELDS = np.linspace(0.0, 16.0, 3000)


@pytest.mark.parametrize("slope", [0.0, 0.002, 0.01])
@pytest.mark.parametrize("seed", range(20))
def test_stops_well_above_the_transition(slope, seed):
    """99 % of R_n is reached at 8 + 2.33 x 0.3 T = 8.7 T; 15 % more of the normal state is enough."""

    def law(field):
        return (1 + slope * field) * ndtr((field - 8.0) / 0.3)

    field = stops_at(law, FIELDS, 1e-3, seed)
    assert 8.7 + 1.2 < field < 11.5


@pytest.mark.parametrize("seed", range(20))
def test_never_stops_below_the_transition_or_within_it(seed):
    """Zero resistance, then a transition that the magnet does not complete."""
    assert stops_at(lambda field: ndtr((field - 16.0) / 1.0), FIELDS, 1e-3, seed) is None


@pytest.mark.parametrize("seed", range(20))
def test_a_foot_or_a_step_is_not_the_end(seed):
    """A foot at 5 T, the middle at 6.5 T: the plateau between is too short beside its field."""

    def law(field):
        return 0.3 * ndtr((field - 5.0) / 0.2) + 0.7 * ndtr((field - 6.5) / 0.2)

    assert stops_at(law, FIELDS, 1e-3, seed) > 7.0


@pytest.mark.parametrize("seed", range(20))
def test_without_a_transition_it_sweeps_to_the_end(seed):
    assert stops_at(lambda field: 1.0 + 0.002 * field, FIELDS, 1e-3, seed) is None

"""Settling after a step of the bias."""

import pytest
from scipy.stats import gamma

from procedures.differential import SETTLING_TIME_CONSTANTS


@pytest.mark.parametrize(("slope_dB", "poles"), [(6, 1), (12, 2), (18, 3), (24, 4)])
def test_what_is_left_of_a_step(slope_dB, poles):
    """The step response of n equal poles lacks the tail of the gamma distribution of that shape."""
    assert gamma.sf(SETTLING_TIME_CONSTANTS[slope_dB], poles) == pytest.approx(1e-4, rel=0.02)

import numpy as np
import pytest

from analysis.blocks import CAPACITY, Blocks
from analysis.curves import CurveInfo

INFO = CurveInfo("c", "R(T)", {})


def filled(points: int) -> Blocks:
    blocks = Blocks()
    for i in range(points):
        blocks.add(float(i), 2.0 * i, -float(i))
    return blocks


def test_up_to_capacity_every_block_is_a_point():
    curve = filled(CAPACITY - 1).curve(INFO, complete=True)
    assert len(curve) == CAPACITY - 1
    np.testing.assert_array_equal(curve.temperature_K, np.arange(CAPACITY - 1))
    np.testing.assert_array_equal(curve.field_T, 2.0 * np.arange(CAPACITY - 1))


@pytest.mark.parametrize("points", [CAPACITY, 3 * CAPACITY, 100_000])
def test_beyond_it_blocks_are_means_over_consecutive_points(points):
    blocks = filled(points)
    curve = blocks.curve(INFO, complete=False)
    assert CAPACITY // 2 <= len(curve) <= CAPACITY
    length = points // len(curve)
    length = 1 << (length.bit_length() - 1)
    # the mean of k, k+1, ..., k+n-1 is k + (n-1)/2
    expected = length * np.arange(len(curve)) + (length - 1) / 2
    np.testing.assert_allclose(curve.temperature_K, expected)
    np.testing.assert_allclose(curve.resistance_ohm, -expected)
    assert blocks.points == points
    assert not curve.complete


def test_a_shorter_view_leaves_the_blocks_as_they_are():
    blocks = filled(3000)
    assert len(blocks.curve(INFO, complete=False, most=500)) == 375
    assert len(blocks.curve(INFO, complete=False)) == 3000


def test_a_curve_handed_out_does_not_change_with_later_points():
    blocks = filled(CAPACITY - 1)
    curve = blocks.curve(INFO, complete=False)
    blocks.add(0.0, 0.0, 0.0)
    assert curve.temperature_K[1] == 1.0

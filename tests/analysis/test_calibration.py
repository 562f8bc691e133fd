"""Errors of the abscissa in the errors of a series."""

from dataclasses import replace

import pytest

from analysis.calibration import with_abscissa_error, with_field_scale, with_shift, without_field_scale
from analysis.findings import Finding, Verdict


def hc2(temperature_K, value, error=0.01, **conditions):
    held = {"temperature_K": temperature_K, "orientation": "in_plane", **conditions}
    return Finding("Hc2", value, error, "T", Verdict.GOOD, conditions=held)


def test_a_straight_boundary_by_hand():
    """Slope -2 T/K, 4 mK: 8 mT; with 6 mT of its own, 10 mT."""
    series = [hc2(t, 20 - 2 * t, 0.006) for t in (2.0, 3.0, 5.0)]
    widened = with_abscissa_error(series, "temperature_K", lambda _: 0.004)
    assert [f.error for f in widened] == pytest.approx([0.01] * 3)
    assert [f.value for f in widened] == [16.0, 14.0, 10.0]


def test_series_are_kept_apart_and_sweeps_up_and_down_together():
    first = [hc2(2.0, 16.0), hc2(2.0, 16.2), hc2(4.0, 12.1)]
    other = [replace(hc2(3.0, 7.0), quantity="another")]
    widened = with_abscissa_error([first[0], other[0], *first[1:]], "temperature_K", lambda _: 0.01)
    # (16.1 - 12.1)/2 = 2 T/K, 0.02 T beside 0.01 T
    assert [f.error for f in widened] == pytest.approx([0.0005**0.5, 0.01, 0.0005**0.5, 0.0005**0.5])


def test_a_single_one_borrows_the_slope_of_its_kind():
    """10 % a kelvin at 3 K in the one series: of 5 T, 0.5 T/K and 5 mT for 10 mK, in the other."""
    series = [hc2(t, v) for t, v in ((2.0, 11.0), (3.0, 10.0), (4.0, 9.0))]
    alone = hc2(3.0, 5.0, 0.012, criterion="onset")
    *_, found = with_abscissa_error([*series, alone], "temperature_K", lambda _: 0.01)
    assert found.error == pytest.approx(0.013)


def test_the_error_may_depend_on_the_place():
    series = [hc2(t, t) for t in (1.0, 3.0)]
    widened = with_abscissa_error(series, "temperature_K", lambda t: 0.1 * t)
    assert [f.error for f in widened] == pytest.approx([(1e-4 + 1e-2) ** 0.5, (1e-4 + 9e-2) ** 0.5])


def test_what_has_no_number_or_no_abscissa_stays_as_it_is():
    nothing = Finding("Hc2", None, None, "T", Verdict.NOT_ENOUGH_DATA, "why", conditions={"temperature_K": 2.0})
    elsewhere = replace(hc2(2.0, 1.0), conditions={"field_T": 2.0})
    given = [nothing, elsewhere, hc2(3.0, 1.0)]
    assert with_abscissa_error(given, "temperature_K", lambda _: 1.0) == given


def test_the_scale_of_the_field_is_common_to_a_boundary():
    """1 % of 20 T is 0.2 T, beside 0.15 T; of 6 nm, which go with the root, 0.03 nm."""
    field = Finding("Bc2_0", 20.0, 0.15, "T", Verdict.GOOD)
    length = Finding("coherence_length", 6e-9, 0.04e-9, "m", Verdict.GOOD)
    other = Finding("spin_orbit_scattering", 1.0, 0.1, "1", Verdict.GOOD)
    found = with_field_scale([field, length, other], 0.01)
    assert [f.error for f in found] == pytest.approx([0.25, 0.05e-9, 0.1])


def test_what_is_a_points_own():
    assert without_field_scale(hc2(2.0, 20.0, 0.25), 0.01).error == pytest.approx(0.15)
    assert without_field_scale(hc2(2.0, 20.0, 0.2), 0.01).error == pytest.approx(20e-6)


def test_a_shift_by_hand():
    """3 beside a difference of 4 is 5; what one method gives is not compared with another's."""
    own = Finding("Bc2_0", 20.0, 3.0, "T", Verdict.GOOD, method="WHH")
    other = replace(own, method="orbital slope")
    found = with_shift([own, other], [replace(own, value=24.0, error=1.0)])
    assert [f.error for f in found] == [5.0, 3.0]
    assert [f.value for f in found] == [20.0, 20.0]
    # a quarter of the calibration's error moves it by 1
    assert with_shift([own], [replace(own, value=21.0)], 4.0)[0].error == 5.0

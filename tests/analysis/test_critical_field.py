import pytest

from analysis.critical_field import (
    FieldCurve,
    critical_field_findings,
    with_field_calibration,
    zero_resistance_field,
)
from analysis.findings import Finding, Verdict


def curve(field: float, tc: float | None, error: float = 0.002, share: float = 0.0, share_error: float = 1e-5):
    if tc is None:
        critical = Finding("Tc_mid", None, None, "K", Verdict.NOT_ENOUGH_DATA, "not reached")
    else:
        critical = Finding("Tc_mid", tc, error, "K", Verdict.GOOD)
    cold = {"temperature_K": 1.6}
    base = Finding("resistance_fraction_at_base", share, share_error, "1", Verdict.GOOD, conditions=cold)
    return FieldCurve(f"{field:g} T", field, 2e-4, {"mid": critical}, base)


def hc2(*curves: FieldCurve, complete: bool = True) -> list[Finding]:
    return critical_field_findings(curves, "out_of_plane", "mid", complete)


def test_error_is_that_of_tc_times_the_slope_and_that_of_the_field():
    # H = 2 T/K (6 K - T)
    first, second = hc2(curve(0, 6.0), curve(1, 5.5), curve(2, 5.0))
    assert first.value == 1.0
    assert first.error == pytest.approx(((2 * 0.002) ** 2 + 0.0002**2) ** 0.5)
    assert second.error == pytest.approx(((2 * 0.002) ** 2 + 0.0004**2) ** 0.5)
    assert first.verdict is Verdict.GOOD
    assert first.conditions == {"temperature_K": 5.5, "orientation": "out_of_plane", "criterion": "mid"}


def test_a_bent_phase_boundary_gets_the_steepest_of_its_slopes():
    # T = 6 - H^2/4: secants -1/4, -3/4 and -5/4 K/T; each curve takes the one that gives the larger error
    found = hc2(*(curve(h, 6 - h**2 / 4, error=1e-3) for h in (0.0, 1.0, 2.0, 3.0)))
    slopes = [((f.error or 0) ** 2 - (2e-4 * (f.value or 0)) ** 2) ** 0.5 / 1e-3 for f in found]
    assert slopes == pytest.approx([4.0, 4 / 3, 4 / 5])


def test_two_curves_are_provisional_and_one_is_not_enough():
    (pair,) = hc2(curve(0, 6.0), curve(1, 5.5))
    assert pair.verdict is Verdict.PROVISIONAL
    assert "two curves" in pair.reason
    (single,) = hc2(curve(1, 5.5), curve(2, None))
    assert single.value is None
    assert single.verdict is Verdict.NOT_ENOUGH_DATA


def test_curves_with_one_tc_within_errors_have_no_slope():
    found = hc2(curve(0, 6.0), curve(1, 5.9995), curve(2, 5.9998))
    assert all(f.value is None and "same Tc" in f.reason for f in found)


def test_an_unfinished_campaign_is_provisional():
    assert all(f.verdict is Verdict.PROVISIONAL for f in hc2(*(curve(h, 6 - h) for h in (0, 1, 2)), complete=False))


def test_zero_resistance_is_lost_in_the_middle_of_the_bracket():
    curves = [curve(h, 5.0, share=s) for h, s in ((0, 0), (1.5, 1e-4), (1.8, 2e-4), (2.0, 0.05), (3.0, 0.5))]
    (found,) = zero_resistance_field(curves, "out_of_plane", True)
    assert found.value == pytest.approx(1.9)
    assert found.error == pytest.approx(0.1)
    assert found.curves == ("1.8 T", "2 T")


def test_a_curve_that_cannot_decide_widens_the_bracket():
    curves = [curve(1.0, 5.0), curve(1.5, 5.0, share=0.009, share_error=0.003), curve(2.0, 5.0, share=0.05)]
    (found,) = zero_resistance_field(curves, None, True)
    assert found.window["field_T"] == (1.0, 2.0)


@pytest.mark.parametrize("shares", [(0.0, 0.001), (0.2, 0.3)])
def test_without_a_bracket_there_is_no_field(shares):
    (found,) = zero_resistance_field([curve(1 + i, 5.0, share=s) for i, s in enumerate(shares)], None, True)
    assert found.value is None
    assert found.reason


def test_near_a_cusp_the_error_is_not_too_small():
    # T = 6 - 0.5 sqrt(H): at H = 0.5 T dH/dT is 2.83 T/K; the parabola through 0, 0.5 and 1 T would say 2.0
    first, *_ = hc2(*(curve(h, 6 - 0.5 * h**0.5, error=1e-3) for h in (0.0, 0.5, 1.0, 1.5)))
    slope = ((first.error or 0) ** 2 - (2e-4 * 0.5) ** 2) ** 0.5 / 1e-3
    assert 2.83 <= slope < 1.5 * 2.83


def test_the_magnets_calibration_moves_what_depends_on_field():
    # Tc falls by 0.5 K/T: 1 % of 2 T is 20 mT is 10 mK, in quadrature with 2 mK
    findings = [
        Finding("Tc_mid", 6 - 0.5 * h, 0.002, "K", Verdict.GOOD, conditions={"field_T": h}) for h in (0.0, 1.0, 2.0)
    ]
    errors = [finding.error for finding in with_field_calibration(findings, 0.01)]
    assert errors == pytest.approx([0.002, (0.002**2 + 0.005**2) ** 0.5, (0.002**2 + 0.010**2) ** 0.5])


def test_a_share_that_is_nothing_yet_is_not_widened_and_one_that_grows_is():
    def share(field: float, value: float) -> Finding:
        conditions = {"field_T": field, "orientation": "out_of_plane"}
        return Finding("resistance_fraction_at_base", value, 1e-6, "1", Verdict.GOOD, conditions=conditions)

    # nothing up to 1.8 T, then (H - 1.9 T)/2.1 T: 0.476 a tesla
    found = with_field_calibration(
        [share(1.5, 0.0), share(1.8, 0.0), share(2.0, 0.0476), share(2.2, 0.1429)], 0.001
    )
    assert [f.error for f in found[:2]] == [1e-6, 1e-6]
    assert found[2].error == pytest.approx(0.476 * 0.001 * 2.0, rel=0.02)
    # ten times more every tesla from 1e-4: d/dH = 2.3 f, although the next curve is 9e-3 higher
    grown = with_field_calibration([share(float(h), 1e-5 * 10.0**h) for h in (1, 2, 3, 4)], 0.001)
    assert grown[1].error == pytest.approx(2.303 * 1e-3 * 0.001 * 2.0, rel=0.05)

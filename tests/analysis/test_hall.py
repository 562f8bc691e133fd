import numpy as np
import pytest

from analysis.curves import Curve, CurveInfo
from analysis.errors import AnalysisError
from analysis.findings import Verdict
from analysis.hall import antisymmetrise, hall_findings
from analysis.models.hall import hall_slope, two_band_resistance

SLOPE = hall_slope(1.75e28, 2e-6)


def sweep(seed: int, fields: np.ndarray, cubic: float = 0.0, noise: float = 1e-6, **info) -> Curve:
    """R_xy with the even part and the offset of misaligned contacts, as large as the Hall signal itself."""
    noisy = np.random.default_rng(seed).normal(0, noise, fields.size)
    even = 0.01 * (1 + 1e-3 * fields**2 + 2e-5 * np.abs(fields))
    resistance = SLOPE * (fields + cubic * fields**3) + even + noisy
    conditions = {"temperature_K": 10.0, "orientation": "out_of_plane", "signal": "hall"}
    return Curve(CurveInfo("hall", "R(B)", conditions, **info), np.full(fields.size, 10.0), fields, resistance)


ONE_WAY = np.linspace(-12, 12, 1001)


def test_slope_and_its_error_over_seeds():
    pulls = []
    for seed in range(60):
        coefficient, density = hall_findings(sweep(seed, ONE_WAY, thickness_m=2e-6))
        assert coefficient.value is not None
        assert coefficient.error is not None
        pulls.append((coefficient.value - SLOPE) / coefficient.error)
        assert density.value == pytest.approx(1.75e28, rel=1e-3)
        assert (density.error or 0) / (density.value or 1) == pytest.approx(coefficient.error / SLOPE, rel=0.01)
    # 60 seeds: mean to 0.13, width to 0.09
    assert abs(np.mean(pulls)) < 0.4
    assert 0.7 < np.std(pulls) < 1.3


@pytest.mark.parametrize(
    "fields",
    [
        np.linspace(12, -12, 700),
        np.append(np.linspace(0, 12, 300), np.linspace(0, -12, 400)),
        np.concatenate([np.linspace(-12, 12, 300), np.linspace(12, -12, 333)]),
        np.linspace(-9, 12, 800),
    ],
    ids=["down", "from zero twice", "there and back", "not equally far"],
)
def test_any_sweep_through_both_signs_will_do(fields):
    coefficient = hall_findings(sweep(1, fields))[0]
    assert coefficient.verdict is Verdict.GOOD
    assert coefficient.value == pytest.approx(SLOPE, abs=4 * (coefficient.error or 0))
    assert coefficient.error is not None
    assert coefficient.error < 3e-3 * SLOPE


def test_an_even_signal_has_no_odd_part():
    fields = np.linspace(-12, 12, 2001)
    odd = antisymmetrise(fields, 0.05 + 1e-3 * fields**2)
    assert not isinstance(odd, str)
    assert np.max(np.abs(odd.resistance_ohm)) < 1e-12


def test_sign_is_told():
    curve = sweep(2, ONE_WAY)
    assert "holes" in hall_findings(curve)[0].method
    flipped = Curve(curve.info, curve.temperature_K, -curve.field_T, curve.resistance_ohm)
    assert "electrons" in hall_findings(flipped)[0].method


def test_a_bent_line_is_provisional_with_both_slopes():
    coefficient = hall_findings(sweep(3, ONE_WAY, cubic=1e-3))[0]
    assert coefficient.verdict is Verdict.PROVISIONAL
    assert "low" in coefficient.reason
    assert "high field" in coefficient.reason


def test_the_accuracy_of_the_field_is_in_the_error():
    coefficient = hall_findings(sweep(4, ONE_WAY, noise=1e-9, field_accuracy=5e-3))[0]
    assert coefficient.error == pytest.approx(5e-3 * SLOPE, rel=0.01)


def test_without_a_thickness_there_is_no_density():
    density = hall_findings(sweep(5, ONE_WAY))[1]
    assert density.value is None
    assert "thickness" in density.reason


def test_a_slope_lost_in_noise_names_no_carriers():
    coefficient, density = hall_findings(sweep(6, ONE_WAY, noise=0.5, thickness_m=2e-6))
    assert coefficient.verdict is Verdict.PROVISIONAL
    assert density.value is None


@pytest.mark.parametrize(
    ("fields", "resistance", "reason"),
    [
        (np.linspace(0, 12, 100), np.linspace(0, 1, 100), "negative field"),
        (np.linspace(-12, 12, 100), np.full(100, 0.1), "not alive"),
        (np.linspace(-12, 12, 100), np.full(100, np.nan), "not finite"),
        (np.append(np.linspace(-1, -0.1, 50), np.linspace(11, 12, 50)), np.linspace(0, 1, 100), "overlap"),
        (np.empty(0), np.empty(0), "0 points"),
    ],
)
def test_data_that_cannot_say_are_told_so(fields, resistance, reason):
    curve = Curve(CurveInfo("h", "R(B)", {"signal": "hall"}), np.full(fields.size, 10.0), fields, resistance)
    for finding in hall_findings(curve):
        assert finding.value is None
        assert reason in finding.reason


def two_bands(seed: int, noise: float = 0.05) -> tuple[Curve, tuple[float, ...]]:
    bands = (3e17, 0.4, 1e17, 0.15)
    rng = np.random.default_rng(seed)
    resistance = two_band_resistance(ONE_WAY, *bands) + rng.normal(0, noise, ONE_WAY.size)
    info = CurveInfo("hall", "R(B)", {"temperature_K": 10.0, "signal": "hall"})
    return Curve(info, np.full(ONE_WAY.size, 10.0), ONE_WAY, resistance), bands


def test_two_bands_by_their_limits():
    p, a, n, c = 3e17, 0.4, 1e17, 0.15
    e = 1.602176634e-19
    low = float(two_band_resistance(1e-4, p, a, n, c)) / 1e-4
    assert low == pytest.approx((p * a * a - n * c * c) / (e * (p * a + n * c) ** 2), rel=1e-6)
    high = float(two_band_resistance(1e4, p, a, n, c)) / 1e4
    assert high == pytest.approx(1 / (e * (p - n)), rel=1e-4)
    # one band alone is a straight line
    assert float(two_band_resistance(7.0, p, a, 0.0, c)) == pytest.approx(7 / (e * p))
    with pytest.raises(AnalysisError):
        two_band_resistance(1.0, p, -a, n, c)


def test_slopes_of_a_two_band_line_at_low_and_high_field():
    pulls = {"low": [], "high": []}
    for seed in range(40):
        curve, bands = two_bands(seed)
        found = {f.quantity: f for f in hall_findings(curve)}
        for name in ("low", "high"):
            finding = found[f"hall_slope_{name}_field"]
            place = 0.0 if name == "low" else finding.window["field_T"][1]
            true = (
                float(two_band_resistance(place + 1e-3, *bands) - two_band_resistance(place - 1e-3, *bands)) / 2e-3
            )
            assert finding.value is not None
            pulls[name].append((finding.value - true) / (finding.error or 1))
    for values in pulls.values():
        # 40 seeds: mean to 0.16, width to 0.11
        assert abs(np.mean(values)) < 0.5
        assert 0.6 < np.std(values) < 1.4


def test_a_straight_line_has_no_end_slopes():
    assert not any("slope" in f.quantity for f in hall_findings(sweep(0, ONE_WAY)))


def test_sheet_density_and_mobility():
    curve = sweep(1, ONE_WAY)
    conditions = {**curve.info.conditions, "sheet_resistance_ohm": 0.025, "sheet_resistance_error_ohm": 0.0005}
    info = CurveInfo("hall", "R(B)", conditions)
    found = {f.quantity: f for f in hall_findings(Curve(info, *_columns(curve)))}
    # n d = 1.75e28 * 2e-6; mu = slope / R_s
    assert found["sheet_density"].value == pytest.approx(3.5e22, rel=1e-3)
    assert found["mobility"].value == pytest.approx(SLOPE / 0.025, rel=1e-3)
    assert (found["mobility"].error or 0) == pytest.approx(0.02 * SLOPE / 0.025, rel=0.05)


def test_fields_of_vortices_are_left_out():
    curve = sweep(2, ONE_WAY)
    below = np.abs(curve.field_T) < 4
    resistance = np.where(below, 0.0, curve.resistance_ohm)
    vortices = Curve(curve.info, curve.temperature_K, curve.field_T, resistance)
    bent, cut = hall_findings(vortices)[0], hall_findings(vortices, exclude_below_T=4.1)[0]
    assert bent.verdict is Verdict.PROVISIONAL
    assert cut.verdict is Verdict.GOOD
    assert cut.value == pytest.approx(SLOPE, abs=4 * (cut.error or 0))
    assert "above Bc2" in hall_findings(vortices, exclude_below_T=11.9)[0].reason


def _columns(curve: Curve):
    return curve.temperature_K, curve.field_T, curve.resistance_ohm


def test_a_strong_bend_moves_neither_slope():
    # mobility times field reaches 4, in 40 fields of either sign: intervals see the bend
    bands = (3e18, 1.3 / 4, 1.5e18, 3.2 / 4)
    fields = np.linspace(-4, 3.5, 170)
    for seed in range(8):
        signal = two_band_resistance(fields, *bands)
        noise = np.random.default_rng(seed).normal(0, 1e-4 * float(np.max(np.abs(signal))), fields.size)
        conditions = {"temperature_K": 10.0, "signal": "hall"}
        resistance = signal + 2 * float(np.max(signal)) * (1 + 0.1 * fields**2 / 16) + noise
        curve = Curve(CurveInfo("hall", "R(B)", conditions), np.full(fields.size, 10.0), fields, resistance)
        found = {finding.quantity: finding for finding in hall_findings(curve)}
        low = found["hall_slope_low_field"]
        true = float(two_band_resistance(1e-6, *bands)) / 1e-6
        assert low.value == pytest.approx(true, abs=4 * (low.error or 0))
        assert low.error is not None
        assert low.error < 0.02 * abs(true)

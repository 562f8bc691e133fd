import numpy as np
import pytest

from analysis.curves import Curve, CurveInfo
from analysis.findings import Verdict
from analysis.hall import antisymmetrise, hall_findings
from analysis.models.hall import hall_slope

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

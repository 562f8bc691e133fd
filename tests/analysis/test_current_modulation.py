"""The smearing of a current modulation, against harmonics worked out directly."""

import numpy as np
import pytest
from scipy.integrate import quad

from analysis.current_modulation import MOST, without_current_modulation
from analysis.errors import AnalysisError


def first_harmonic(voltage, current, amplitude):
    """(1/pi a) times the integral of V(I + a cos x) cos x over a turn."""
    value, _ = quad(lambda x: voltage(current + amplitude * np.cos(x)) * np.cos(x), 0, 2 * np.pi, epsabs=1e-14)
    return value / (np.pi * amplitude)


def voltage(current):
    """A contact of 100 ohm with a dip of 40 ohm, 1 A wide, at zero: dV/dI = 100 - 40/(1 + I^2)."""
    return 100 * current - 40 * np.arctan(current)


def test_a_cubic_by_hand():
    """V = I + I^3: R = 1 + 3 I^2, shown is R + (a^2/8) 6 = R + 1.5 x 0.1^2 for 0.1 A rms."""
    current = np.linspace(-1, 1, 41)
    shown = 1 + 3 * current**2 + 0.015
    corrected, _ = without_current_modulation(current, shown, 0.1)
    assert corrected == pytest.approx(1 + 3 * current**2, rel=1e-9)


@pytest.mark.parametrize("rms", [0.02, 0.05, 0.1])
def test_a_dip_comes_back(rms):
    current = np.linspace(-6, 6, 301)
    true = 100 - 40 / (1 + current**2)
    shown = np.array([first_harmonic(voltage, i, np.sqrt(2) * rms) for i in current])
    corrected, share = without_current_modulation(current, shown, rms)
    assert np.max(np.abs(corrected - true)) < 0.15 * np.max(np.abs(shown - true)) + 1e-9
    assert 0 < share < MOST


def test_order_and_spacing_do_not_matter():
    random = np.random.default_rng(5)
    current = np.sort(random.uniform(-1, 1, 50))
    shown = 1 + current**2
    corrected, _ = without_current_modulation(current, shown, 0.2)
    mixed = random.permutation(50)
    again, _ = without_current_modulation(current[mixed], shown[mixed], 0.2)
    assert again == pytest.approx(corrected[mixed])
    assert corrected == pytest.approx(shown - 0.2**2 / 4 * 2)


def test_without_modulation_nothing_changes():
    current, shown = np.linspace(-1, 1, 20), np.full(20, 7.0)
    corrected, share = without_current_modulation(current, shown, 0.0)
    assert (corrected == shown).all()
    assert share == 0.0


@pytest.mark.parametrize(
    ("current", "resistance", "rms"),
    [
        (np.zeros(3), np.zeros(4), 0.1),
        (np.zeros(9), np.ones(9), 0.1),
        (np.linspace(0, 1, 6), np.ones(6), 0.1),
        (np.linspace(0, 1, 9), np.ones(9), -0.1),
        (np.linspace(0, 1, 9), np.ones(9), float("nan")),
    ],
)
def test_bad_data_are_refused(current, resistance, rms):
    with pytest.raises(AnalysisError):
        without_current_modulation(current, resistance, rms)

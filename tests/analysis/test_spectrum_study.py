"""Spectra of a campaign: a current modulation leaves no bias, and the calibrations are in the errors."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import cumulative_trapezoid

from analysis.curves import Curve, CurveInfo
from analysis.models import bcs, btk
from analysis.spectrum_study import across_spectra, calibrated, evaluate_spectrum, spectrum_of

GAP, WIDTH, Z, NORMAL_OHM, KELVIN = 2.0, 0.3, 2.0, 20.0, 2.5
HELD = {"orientation": "in_plane"}
GRID_mV = np.linspace(-9, 9, 4001)


def recorded(modulation_A, gap=GAP, temperature=KELVIN, field=0.0, noise=0.0, accuracy=(0.0, 0.0), seed=1):
    """What a lock-in shows of a junction on a bias current with a modulation current: harmonics worked out."""
    sigma = btk.conductance(GRID_mV, gap, WIDTH, Z, temperature)
    current = cumulative_trapezoid(sigma, GRID_mV, initial=0.0) * 1e-3 / NORMAL_OHM
    current -= np.interp(0.0, GRID_mV, current)
    bias_A = np.linspace(-3.8e-4, 3.8e-4, 321)
    phase = (np.arange(64) + 0.5) * np.pi / 64
    swing = np.sqrt(2) * modulation_A * np.cos(phase)
    volts = np.interp(bias_A[:, None] + swing, current, GRID_mV * 1e-3)
    shown = 2 * np.mean(volts * np.cos(phase), axis=1) / (np.sqrt(2) * modulation_A)
    shown = shown * (1 + noise * np.random.default_rng(seed).standard_normal(shown.size))
    info = CurveInfo("iv", "dI/dV", {"temperature_K": temperature, "field_T": field, **HELD}, *accuracy)
    columns = {
        "bias_V": np.interp(bias_A, current, GRID_mV * 1e-3),
        "current_A": bias_A,
        "modulation_V": modulation_A * shown,
    }
    return Curve(info, np.full(321, temperature), np.full(321, field), shown, True, columns)


def found(curve, quantity):
    return next(f for f in evaluate_spectrum(curve).findings if f.quantity == quantity)


def test_a_current_modulation_leaves_the_gap_where_it_is():
    """4 uA are 0.08 mV over the normal resistance, and four times that at zero bias."""
    gap = found(recorded(4e-6, noise=5e-4), "gap")
    assert abs(gap.value - GAP) < 3 * gap.error
    assert gap.error < 0.005
    assert spectrum_of(recorded(4e-6)).modulation_rms_mV == 0.0


def test_a_voltage_modulation_is_smeared_in_the_fit_instead():
    curve = recorded(2e-6)
    steady = {**curve.columns, "modulation_V": np.full(321, 1e-4)}
    steady.pop("current_A")
    given = Curve(curve.info, curve.temperature_K, curve.field_T, curve.resistance_ohm, True, steady)
    assert spectrum_of(given).modulation_rms_mV == pytest.approx(0.1)


def test_calibrations_are_in_the_errors():
    """What 10 mK are by the slope between the neighbours, and in the fit; Tc is off by what the thermometer is."""
    kelvins = (3.0, 6.0, 8.0, 9.0, 10.0, 10.6)
    gaps = [float(bcs.gap(kelvin, GAP, 11.25)) for kelvin in kelvins]
    results = [
        evaluate_spectrum(recorded(2e-6, gap, kelvin, noise=2e-4, accuracy=(0.01, 1e-3), seed=index))
        for index, (kelvin, gap) in enumerate(zip(kelvins, gaps, strict=True))
    ]
    own = [f for result in results for f in result.findings]
    before, after = ([f.error for f in found if f.quantity == "gap"] for found in (own, calibrated(results)))
    slope = (gaps[4] - gaps[2]) / 2.0  # at 9 K, between 8 K and 10 K
    at_9K = recorded(2e-6, gaps[3], 9.0, noise=2e-4, seed=3)
    warmer = replace(at_9K, temperature_K=at_9K.temperature_K + 0.01)
    smeared = found(warmer, "gap").value - found(at_9K, "gap").value
    assert np.sqrt(after[3] ** 2 - before[3] ** 2) == pytest.approx(np.hypot(slope * 0.01, smeared), rel=0.02)
    closes = next(f for f in across_spectra(results, None, True) if f.quantity == "Tc_gap")
    # 10 mK on the axis, less what smaller gaps at a higher temperature make of it
    assert 0.007 < closes.error < 0.0105
    assert abs(closes.value - 11.25) < 3 * closes.error

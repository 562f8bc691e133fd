"""How R moves with temperature, told by isotherms, and what the thermometer's error makes of a peak's height."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.curves import Curve, CurveInfo
from analysis.findings import Verdict
from analysis.map_study import MapStudy
from analysis.steepness import steepness, thermal_load
from tests.analysis.gate_synthetic import PEAK_T, campaign, resistance

NORMAL_OHM, WIDTH_K = 800.0, 0.02
FIELDS = np.linspace(0.0, 9.0, 46)


def logistic(temperature_K, field_T):
    return NORMAL_OHM / (1.0 + np.exp((0.4 - 0.02 * field_T - temperature_K) / WIDTH_K))


def isotherm(temperature_K, resistance_ohm=logistic, fields_T=FIELDS, gate_V=50.0):
    info = CurveInfo(f"{temperature_K:g} K", "R(B)", {"temperature_K": temperature_K, "gate_V": gate_V})
    return Curve(info, np.full(fields_T.size, temperature_K), fields_T, resistance_ohm(temperature_K, fields_T))


def test_a_logistic_step_by_hand():
    found = steepness([isotherm(t) for t in (0.34, 0.30, 0.32)])
    # R = R_n/(1 + exp(-x)), x = (T - Tc)/w: dR/dT = R (1 - R/R_n)/w
    for ohm in (10.0, 100.0, 400.0):
        assert found.ohm_per_K(ohm) == pytest.approx(ohm * (1.0 - ohm / NORMAL_OHM) / WIDTH_K, rel=0.06)


def test_repeated_readings_and_fields_of_either_sign_are_one():
    many = [isotherm(t, fields_T=np.repeat(FIELDS, 3)) for t in (0.30, 0.32)]
    turned = [replace(curve, field_T=-curve.field_T) for curve in many]
    plain = steepness([isotherm(t) for t in (0.30, 0.32)])
    for other in (many, turned):
        np.testing.assert_allclose(steepness(other).per_K, plain.per_K, rtol=1e-9)


@pytest.mark.parametrize(
    "curves",
    [
        [],
        [isotherm(0.3)],
        [isotherm(0.3), isotherm(0.3001)],
        [isotherm(0.3), isotherm(0.32, gate_V=60.0)],
        [isotherm(0.3), isotherm(0.32, fields_T=FIELDS[:3])],
        [isotherm(0.3, lambda t, b: 0.0 * b), isotherm(0.32, lambda t, b: 0.0 * b)],
    ],
)
def test_nothing_is_told_where_nothing_can_be(curves):
    assert steepness(curves) is None


def test_load_vanishes_at_zero_and_at_the_ceiling():
    load = thermal_load(np.array([0.0, 50.0, 100.0, 125.0, 130.0]), 100.0)
    np.testing.assert_allclose(load, [0.0, 30.0, 20.0, 0.0, 0.0])


def heights(accuracy_K, isotherms=()):
    study = MapStudy()
    study.add_all(
        [replace(c, info=replace(c.info, temperature_accuracy_K=accuracy_K)) for c in campaign(5, (0.36,))]
    )
    return [f for f in study.findings(True, isotherms) if f.quantity == "resistance_peak_height"]


def test_the_thermometer_is_in_the_error_of_a_height():
    def at_50_V(temperature_K, fields_T):
        return resistance(50.0, temperature_K, fields_T)

    accuracy_K, checked = 2e-3, 0
    isotherms = [isotherm(t, at_50_V) for t in (0.34, 0.36, 0.38)]
    for sure, moved in zip(heights(0.0), heights(accuracy_K, isotherms), strict=True):
        gate = sure.conditions["gate_V"]
        if moved.verdict is Verdict.PROVISIONAL:
            assert resistance(gate, 0.36, PEAK_T) > 0.8 * resistance(50.0, 0.38, PEAK_T)
            continue
        top, valley = (
            [resistance(gate, 0.36 + d, b) for d in (-accuracy_K / 2, accuracy_K / 2)] for b in (PEAK_T, 9.0)
        )
        expected = abs((top[1] - valley[1]) - (top[0] - valley[0]))
        added = np.sqrt(moved.error**2 - sure.error**2)
        assert moved.value == sure.value
        # far from 50 V the normal resistance is another one, of which R alone knows nothing
        assert added > (0.8 if abs(gate - 50.0) < 20.0 else 0.4) * expected - 0.1 * sure.error
        assert gate > 50.0 or added < 1.4 * expected + 0.1 * sure.error
        checked += 1
    assert checked > 5


def test_a_height_of_one_temperature_only_is_provisional():
    assert all(f.verdict is Verdict.GOOD for f in heights(0.0))
    for found in heights(1e-3):
        assert found.verdict is Verdict.PROVISIONAL
        assert "thermometer" in found.reason

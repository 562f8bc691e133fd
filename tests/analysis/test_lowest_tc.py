import numpy as np
import pytest

from analysis.curves import Curve, CurveInfo
from analysis.findings import Finding, Verdict
from analysis.models.reentrance import critical_temperature, minimum_field, resistance
from analysis.study import analyze

#: Tc0, critical field, depth, place and width of the dip
DIP = (0.4, 12.0, 0.1, 0.9, 0.25)
FIELDS = np.arange(0.0, 2.01, 0.2)


def ramps(dip: tuple[float, ...], fields=FIELDS, gate_V: float | None = None, **info) -> list[Curve]:
    """R(T) through transitions 10 mK wide, in each field."""
    rng = np.random.default_rng(1)
    temperature = np.linspace(0.7, 0.15, 500)
    made = []
    for field in fields:
        conditions = {"field_T": float(field), "orientation": "in_plane"}
        conditions |= {} if gate_V is None else {"gate_V": gate_V}
        r = resistance(temperature, field, 1000.0, 0.01, *dip) + rng.normal(0, 1.0, temperature.size)
        curve_info = CurveInfo(f"{field:g} T, {gate_V}", "R(T)", conditions, **info)
        made.append(Curve(curve_info, temperature, np.full(temperature.size, float(field)), r))
    return made


def minima(curves: list[Curve], expected: int | None = None) -> list[Finding]:
    return [finding for finding in analyze(curves, expected) if finding.quantity == "tc_minimum_field"]


def test_a_dip_of_tc_is_found_where_the_model_has_it():
    [found] = minima(ramps(DIP))
    true = minimum_field(*DIP)
    assert true is not None
    assert found.verdict is Verdict.GOOD
    assert found.conditions == {"orientation": "in_plane"}
    assert found.error is not None
    assert found.value == pytest.approx(true, abs=3 * found.error)
    assert found.error < 0.1
    assert len(found.curves) == FIELDS.size


def test_a_tc_that_only_falls_says_nothing():
    flat = (0.4, 12.0, 0.0, 0.9, 0.25)
    assert np.all(np.diff(critical_temperature(FIELDS, *flat)) < 0)
    assert minima(ramps(flat)) == []


def test_every_gate_voltage_has_its_own_line():
    deep = (0.45, 12.0, 0.12, 1.3, 0.25)
    found = minima(ramps(DIP, gate_V=0.0) + ramps(deep, gate_V=5.0))
    assert [finding.conditions["gate_V"] for finding in found] == [0.0, 5.0]
    for finding, dip in zip(found, (DIP, deep), strict=True):
        assert finding.value == pytest.approx(minimum_field(*dip), abs=0.1)


def test_a_common_error_of_the_thermometer_hides_no_minimum():
    # the dip is 70 mK deep, and all Tc may be wrong by 100 mK together
    [found] = minima(ramps(DIP, temperature_accuracy_K=0.1, field_accuracy=0.05))
    assert found.value == pytest.approx(minimum_field(*DIP), abs=0.1)
    assert found.error is not None
    assert found.value is not None
    assert found.error > 0.05 * found.value


def test_both_signs_of_the_field_are_one_line():
    [found] = minima(ramps(DIP, np.concatenate([FIELDS, -FIELDS[1:]])))
    assert found.value == pytest.approx(minimum_field(*DIP), abs=0.1)


def test_it_is_provisional_while_curves_are_to_come():
    [found] = minima(ramps(DIP), FIELDS.size + 1)
    assert found.verdict is Verdict.PROVISIONAL

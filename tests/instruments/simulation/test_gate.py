"""A gate of 1 nF behind 1 MOhm: a time constant of 1 ms; a compliance of 20 nA charges it at 20 V/s."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.simulation.gate import SERIES_OHM, GateCircuit
from instruments.simulation.specimen import GateTruth

TRUTH = GateTruth(capacitance_F=1e-9, leakage_ohm=1e12, breakdown_V=150.0, breakdown_scale_V=2.0, hysteresis_V=0.0)
LOOSE_A = 1e-3


def gate(source_V=0.0, compliance_A=LOOSE_A, on=True, **truth):
    changed = {name: getattr(TRUTH, name) for name in TRUTH.__slots__} | truth
    return GateCircuit(GateTruth(**changed), source_V, compliance_A, on)


def test_charges_with_rc():
    circuit = gate(10.0)
    circuit.advance(1e-3)
    # the leakage of 1 TOhm moves the goal and the rate by a millionth
    assert circuit.plate_V == pytest.approx(10.0 * (1 - 1 / math.e), rel=1e-5)
    assert circuit.current_A == pytest.approx(10.0 / math.e / SERIES_OHM, rel=1e-5)
    assert circuit.terminal_V == pytest.approx(10.0)


def test_rests_where_the_leakage_drops_over_the_series_resistor():
    circuit = gate(100.0, leakage_ohm=1e9)
    circuit.advance(1.0)
    assert circuit.current_A == pytest.approx(100.0 / (1e9 + SERIES_OHM), rel=1e-9)
    assert circuit.plate_V == pytest.approx(100.0 * 1e9 / (1e9 + SERIES_OHM), rel=1e-12)
    assert not circuit.in_compliance


def test_the_compliance_charges_at_i_over_c():
    circuit = gate(10.0, compliance_A=20e-9)
    circuit.advance(0.25)
    assert circuit.plate_V == pytest.approx(5.0, rel=1e-3)  # the leakage takes 5 pA of 20 nA at most
    assert circuit.in_compliance
    assert circuit.terminal_V == pytest.approx(circuit.plate_V + 20e-9 * SERIES_OHM)
    circuit.advance(0.5)
    assert circuit.plate_V == pytest.approx(10.0, abs=1e-4)
    assert not circuit.in_compliance


def test_an_output_that_is_off_leaves_the_charge_to_the_leakage():
    circuit = gate(100.0)
    circuit.advance(1.0)
    circuit.output_on = False
    circuit.advance(1000.0)  # 1 TOhm x 1 nF
    assert circuit.plate_V == pytest.approx(100.0 / math.e, rel=1e-5)
    assert circuit.current_A == 0.0
    assert not circuit.in_compliance


def test_breakdown_is_held_by_the_compliance():
    """20 nA flow where 1 nA (exp(x) - 1) + V/R does: x = ln 21 less a percent, 6.09 V beyond 150 V."""
    circuit = gate(180.0, compliance_A=20e-9)
    circuit.advance(60.0)
    assert circuit.in_compliance
    assert circuit.current_A == 20e-9
    expected_V = 150.0 + 2.0 * math.log(1 + (20e-9 - circuit.plate_V / 1e12) / 1e-9)
    assert circuit.plate_V == pytest.approx(expected_V, abs=1e-6)
    assert 155.0 < expected_V < 157.0


def test_breakdown_without_compliance_balances_over_the_series_resistor():
    circuit = gate(160.0)
    circuit.advance(60.0)
    assert circuit.leakage_A(circuit.plate_V) == pytest.approx((160.0 - circuit.plate_V) / SERIES_OHM, rel=1e-6)


def test_leakage_is_odd_and_grows_by_e_in_a_scale():
    circuit = gate(leakage_ohm=1e15)
    assert circuit.leakage_A(-170.0) == -circuit.leakage_A(170.0)
    assert circuit.leakage_A(172.0) / circuit.leakage_A(170.0) == pytest.approx(math.e, rel=1e-3)
    assert circuit.leakage_A(100.0) == pytest.approx(1e-13)


def sweep(circuit, voltages):
    found = {}
    for source_V in voltages:
        circuit.source_V = source_V
        circuit.advance(0.1)
        found[source_V] = circuit.effective_V
    return found


def test_the_hysteresis_loop_has_its_width():
    circuit = gate(hysteresis_V=3.0)
    up = [float(v) for v in range(-100, 101, 10)]
    sweep(circuit, up[::-1])
    rising, falling = sweep(circuit, up), sweep(circuit, up[::-1])
    for source_V in (-50.0, 0.0, 50.0):
        assert falling[source_V] - rising[source_V] == pytest.approx(3.0, abs=1e-3)
        assert rising[source_V] == pytest.approx(source_V - 1.5, abs=1e-3)


def test_without_hysteresis_there_is_no_loop():
    circuit = gate()
    sweep(circuit, [0.0, 100.0, 0.0, -100.0, 0.0])
    assert circuit.effective_V == pytest.approx(0.0, abs=1e-6)


def test_without_a_dielectric_the_source_is_all_there_is():
    circuit = GateCircuit(None, 5.0, 1e-9, True)
    circuit.advance(0.1)
    assert (circuit.plate_V, circuit.effective_V, circuit.current_A) == (5.0, 5.0, 0.0)
    assert not circuit.in_compliance


def test_the_square_of_a_step_is_counted_once_however_it_is_divided():
    """20 nA take 25 ms for half a volt; a step that is looked at on its way heats as one that is not."""
    for pieces in (1, 7):
        circuit = gate(0.5, compliance_A=20e-9)
        squares = sum(circuit.advance(1.0 / pieces) for _ in range(pieces))
        assert squares == pytest.approx(0.25, rel=1e-4)
        circuit.source_V = 1.5
        assert sum(circuit.advance(1.0 / pieces) for _ in range(pieces)) == pytest.approx(1.0, rel=1e-4)


def test_no_time_moves_nothing_but_shows_the_compliance():
    circuit = gate(1.0, compliance_A=20e-9)
    assert circuit.advance(0.0) == 0.0
    assert circuit.plate_V == 0.0
    assert circuit.in_compliance


voltages = st.floats(-210.0, 210.0)


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.tuples(voltages, st.booleans(), st.floats(1e-4, 30.0)), min_size=1, max_size=4),
    compliance_A=st.sampled_from([2e-9, 20e-9, 1e-6, 1e-3]),
    leakage_ohm=st.sampled_from([1e9, 1e12]),
    pieces=st.integers(2, 9),
)
def test_division_of_time_does_not_matter(steps, compliance_A, leakage_ohm, pieces):
    def run(pieces):
        circuit = gate(0.0, compliance_A, leakage_ohm=leakage_ohm, hysteresis_V=1.0)
        squares = 0.0
        for source_V, on, time_s in steps:
            circuit.source_V, circuit.output_on = source_V, on
            for _ in range(pieces):
                squares += circuit.advance(time_s / pieces)
        return circuit, squares

    (whole, whole_V2), (divided, divided_V2) = run(1), run(pieces)
    assert divided.plate_V == pytest.approx(whole.plate_V, abs=5e-3)
    assert divided.effective_V == pytest.approx(whole.effective_V, abs=5e-3)
    assert divided_V2 == pytest.approx(whole_V2, rel=1e-3, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(source_V=voltages, compliance_A=st.sampled_from([2e-9, 1e-6]), time_s=st.floats(1e-5, 1e3))
def test_the_plate_stays_between_zero_and_the_source(source_V, compliance_A, time_s):
    circuit = gate(source_V, compliance_A)
    circuit.advance(time_s)
    assert 0.0 <= circuit.plate_V * math.copysign(1.0, source_V) <= abs(source_V) + 1e-6
    assert abs(circuit.current_A) <= compliance_A

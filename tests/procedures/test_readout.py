"""Read-outs against hand-made voltages."""

import math

import numpy as np
import pytest

from instruments.roles import LockInReading, Reading, ReadingFlag
from procedures.bench import Bench
from procedures.readout import DcReversalReadout, History, LockInReadout
from procedures.resistance_temperature import ResistanceTemperature
from tests.procedures.fakes import FakeInstrument, fake_station


class DriftingCircuit(FakeInstrument):
    """Source and voltmeter in one: V = I R + offset + drift t."""

    current_A = 0.0
    output = False
    limited = False

    def configure(self, *_):
        pass

    def set_current(self, current_A):
        self.current_A = current_A

    def set_output(self, on):
        self.output = on

    def output_is_on(self):
        return self.output

    def in_compliance(self):
        return self.limited

    def read_voltage(self):
        self.clock.sleep(0.1)
        return Reading(self.current_A * 0.05 + 150e-9 + 3e-9 * self.clock.now())


class FixedLockIn(FakeInstrument):
    """Answers with readings from a list."""

    def __init__(self, clock, readings):
        super().__init__(clock)
        self.readings = list(readings)
        self.full_scale_V = 1e-4

    def configure(self, settings):
        self.settings = settings

    def read_xy(self):
        return self.readings.pop(0)

    def read_sensitivity(self):
        return self.full_scale_V

    def sensitivities(self):
        return (1e-5, 1e-4, 1e-3)

    def set_sensitivity(self, full_scale_V):
        self.full_scale_V = full_scale_V


def test_reversal_removes_offset_and_linear_drift():
    station = fake_station()
    circuit = DriftingCircuit(station.clock)
    station = fake_station(current_source=circuit, voltmeter=circuit)
    circuit.clock = station.clock
    bench = Bench(station)
    readout = DcReversalReadout(8e-3, 1.0, 5.0, 0.01, channel=1)
    readout.prepare(bench)
    reading = readout.measure(bench)
    assert reading.resistance_ohm == pytest.approx(0.05, rel=1e-12)
    assert math.isnan(reading.quadrature_ohm)
    assert station.clock.now() == pytest.approx(readout.period_s)


def test_compliance_is_flagged():
    station = fake_station()
    circuit = DriftingCircuit(station.clock)
    station = fake_station(current_source=circuit, voltmeter=circuit)
    circuit.clock, circuit.limited, circuit.output = station.clock, True, True
    reading = DcReversalReadout(8e-3, 1.0, 5.0, 0.01, channel=1).measure(Bench(station))
    assert reading.flags & ReadingFlag.IN_COMPLIANCE


def test_an_overload_is_flagged_and_the_range_widened_between_readings():
    good = LockInReading(2e-4, 1e-6)
    bad = LockInReading(1e-4, 0.0, ReadingFlag.OVERLOAD)
    station = fake_station(lock_in=FixedLockIn(None, [good, bad, good, good]))
    bench = Bench(station)
    readout = LockInReadout(4e-3, 137.0, 0.3, 12, 1e-4)
    readout.prepare(bench)
    flags = [readout.measure(bench).flags for _ in range(3)]
    assert flags == [ReadingFlag.OVERLOAD, ReadingFlag.RANGE_CHANGED, ReadingFlag.GOOD]
    assert station.lock_in.full_scale_V == 1e-3
    assert station.lock_in.settings.oscillator_V == pytest.approx(4.0)


def test_history_carries_the_newest_reading_to_the_instant():
    history = History()
    history.add(0.0, 7.0)
    assert history.at(5.0) == 7.0
    for time_s in (2.0, 4.0, 6.0):
        history.add(time_s, 7.0 - time_s / 2)
    assert history.at(5.0) == pytest.approx(4.5)
    assert history.at(6.5) == pytest.approx(3.75)


def test_the_noise_of_one_reading_stays_with_its_point():
    history = History()
    shown = []
    for step in range(40):
        history.add(2.0 * step, 5.0 + (1e-3 if step == 30 else 0.0))
        shown.append(history.at(2.0 * step - 0.3))
    assert shown[30] == pytest.approx(5.001, abs=2e-5)
    assert shown[29] == 5.0
    assert shown[31] == pytest.approx(5.0, abs=2e-5)


@pytest.mark.parametrize("slope_dB", [6, 12, 18, 24])
def test_a_lock_in_smears_as_its_poles_do(slope_dB):
    readout = LockInReadout(1e-6, 17.0, 0.1, slope_dB, 1e-3)
    # weights of n poles: t^(n-1) exp(-t/tau), whose moments are those of a gamma distribution
    t, poles = np.linspace(0.0, 5.0, 200_001), slope_dB // 6
    weight = t ** (poles - 1) * np.exp(-t / 0.1)
    age = np.average(t, weights=weight)
    assert readout.smearing_s == pytest.approx(np.sqrt(np.average((t - age) ** 2, weights=weight)), rel=1e-3)


def test_reversal_smears_by_its_three_voltages():
    readout = DcReversalReadout(1e-6, 1.0, 1.0, 1e-3, 1, settle_s=0.08)
    # 0.1 s from one to the next, with weights 1, 2, 1
    at = np.array([-0.1, 0.0, 0.1])
    assert readout.smearing_s == pytest.approx(np.sqrt(np.average(at**2, weights=[1, 2, 1])))


def test_only_a_sweep_smears_temperatures():
    procedure = ResistanceTemperature()
    procedure.rate_K_per_min = 6.0
    assert procedure.smearing_K() == 0.0
    procedure.readout = LockInReadout(1e-6, 17.0, 0.1, 24, 1e-3)
    # four poles of 0.1 s: 0.2 s at 0.1 K/s
    assert procedure.smearing_K() == pytest.approx(0.02)
    procedure.mode = "steps"
    assert procedure.smearing_K() == 0.0

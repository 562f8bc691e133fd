"""Gate sweeps in a dilution refrigerator: whatever ends one, the gate is at 0 V and the data are whole."""

from dataclasses import replace
from itertools import pairwise

import pytest

from fluxoid.check import prepare
from fluxoid.experiment import load_experiment
from fluxoid.recording import load_run
from fluxoid.resume import measured_before
from instruments.errors import ConfigurationError
from instruments.roles import MagnetState
from tests.acceptance.campaigns import HOME, simulated_file

SWEEP = """\
title: short gate sweeps
station: {home}/configs/stations/dilution_9t.yaml
sample: {home}/configs/samples/lto_kto.yaml
orientation: in_plane
measure:
  - kind: R(Vg)
    temperatures: [330 mK]
    fields: [0 T, 0.1 T]
    from: -10 V
    to: 20 V
    step: 5 V
    temperature_rate: 100 mK/min
    settle_time: 20 s
    field_rate: 0.3 T/min
    readout: {{kind: lock_in, current: 100 nA, frequency: 17.3 Hz, time_constant: 100 ms, sensitivity: 1 mV}}
"""


@pytest.fixture
def bench(tmp_path):
    path = tmp_path / "experiment.yaml"
    path.write_text(SWEEP.format(home=HOME), encoding="utf-8")
    return simulated_file(tmp_path, path)


def assert_safe(bench):
    """Gate at 0 V and off, oscillators at their minimum, magnet holding, file readable."""
    cryostat, station = bench.rack.cryostat, bench.station
    assert cryostat.gate.source_V == 0.0
    assert not cryostat.gate.output_on
    for lock_in in (station.lock_in, station.hall_lock_in):
        assert lock_in.snapshot()["oscillator_V"] == pytest.approx(0.004)
    assert station.magnet.status().state is not MagnetState.RAMPING
    before_T = cryostat.true_field_T()
    bench.clock.sleep(60.0)
    assert cryostat.true_field_T() == pytest.approx(before_T, abs=1e-3)
    assert not station.temperature.loop_is_on()


class GateWatcher:
    """Remembers the voltage at the gate at every moment at which the cryostat moves on."""

    def __init__(self, bench):
        self.gate, self.seen = bench.rack.cryostat.gate, [(0.0, 0.0)]
        bench.rack.cryostat.attach(self)

    def next_look_s(self, now_s):
        return now_s

    def look(self, at_s):
        self.seen.append((at_s, self.gate.source_V if self.gate.output_on else 0.0))


def test_a_finished_run_sweeps_both_ways_and_comes_home(bench):
    outcome = bench.engine().run()
    assert outcome.status == "finished", outcome.reason
    assert_safe(bench)
    record = load_run(bench.directory)
    assert [curve.info.conditions["direction"] for curve in record.curves] == ["up", "down"]
    up, down = (curve.columns["gate_V"] for curve in record.curves)
    assert up == pytest.approx([-10, -5, 0, 5, 10, 15, 20], abs=0.05)
    assert down == pytest.approx(up[::-1], abs=0.05)
    assert bench.station.magnet.read_field() == pytest.approx(0.0, abs=2e-3)


def test_the_operator_stops_a_sweep(bench):
    outcome = bench.engine(lambda: bench.rack.cryostat.gate.source_V > 12.0).run()
    assert outcome.by_operator
    assert_safe(bench)
    record = load_run(bench.directory)
    assert record.status == "interrupted"
    assert [curve.complete for curve in record.curves] == [False]
    assert 4 <= len(record.curves[0]) < 7


def test_a_gate_that_leaks_trips_at_the_second_reading(bench):
    cryostat = bench.rack.cryostat
    leaky = replace(cryostat.sample.gate, breakdown_V=8.0, breakdown_scale_V=0.5)
    cryostat.gate.truth = leaky
    outcome = bench.engine().run()
    assert outcome.status == "interrupted"
    assert "leaks" in outcome.reason
    assert "twice in a row" in outcome.reason
    assert not outcome.by_operator
    assert_safe(bench)
    assert load_run(bench.directory).status == "interrupted"


def test_a_silent_lock_in_in_mid_sweep(bench):
    def silence_once():
        if bench.rack.cryostat.gate.source_V > 7.0:
            bench.box("lock_in").go_silent()
        return False

    outcome = bench.engine(silence_once).run()
    assert outcome.status == "failed"
    assert "Sr830 at GPIB0::8::INSTR did not answer" in outcome.reason
    bench.box("lock_in").heal()
    cryostat = bench.rack.cryostat
    assert (cryostat.gate.source_V, cryostat.gate.output_on) == (0.0, False)
    assert len(load_run(bench.directory).curves[0]) >= 3


def test_a_mistake_in_the_program(bench, monkeypatch):
    """An exception that nobody foresaw goes through, after the rack was made safe and the file closed."""
    real = bench.station.sample_thermometer.read_temperature

    def broken():
        if bench.rack.cryostat.gate.source_V > 7.0:
            raise ZeroDivisionError("a mistake")
        return real()

    monkeypatch.setattr(bench.station.sample_thermometer, "read_temperature", broken)
    with pytest.raises(ZeroDivisionError):
        bench.engine().run()
    monkeypatch.undo()
    assert_safe(bench)
    assert load_run(bench.directory).status == "failed"


def test_the_gate_never_jumps(bench):
    """Two volts a second are allowed: in every second at most that, on the way out, back, and home after a stop."""
    watcher = GateWatcher(bench)
    bench.engine(lambda: bench.rack.cryostat.gate.source_V > 12.0).run()
    assert max(voltage for _, voltage in watcher.seen) > 11.0
    for (t0, v0), (t1, v1) in pairwise(watcher.seen):
        assert abs(v1 - v0) <= 2.0 * (t1 - t0) + 1.0 + 1e-6  # a step of half a second may be just over
    assert_safe(bench)


def test_a_stopped_run_is_gone_on_with(bench, tmp_path):
    """Its complete line is taken over as it is, the other is measured."""
    bench.engine(lambda: bench.rack.cryostat.true_field_T() > 0.05).run()
    first = load_run(bench.directory).curves[0]
    assert first.complete
    again = simulated_file(tmp_path, tmp_path / "experiment.yaml")
    again.directory = tmp_path / "again"
    before = measured_before(bench.directory, again.prepared)
    assert list(before) == [first.info.name]
    assert again.engine(before=before).run().status == "finished"
    record = load_run(again.directory)
    assert [curve.complete for curve in record.curves] == [True, True]
    for name, values in first.columns.items():
        assert record.curves[0].columns[name].tolist() == values.tolist()
    with pytest.raises(ConfigurationError, match="all of its curves are complete"):
        measured_before(again.directory, again.prepared)


def test_another_experiment_is_no_continuation(bench, tmp_path):
    bench.engine(lambda: bench.rack.cryostat.true_field_T() > 0.05).run()
    path = tmp_path / "other.yaml"
    path.write_text(SWEEP.format(home=HOME).replace("step: 5 V", "step: 10 V"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="the experiment file is not what it was in that run"):
        measured_before(bench.directory, prepare(load_experiment(path)))

"""Whatever ends a run, the rack is safe and the data are whole: each ending on the simulated rack."""

import pytest

from fluxoid.recording import load_run
from instruments.roles import MagnetState
from tests.acceptance.campaigns import simulated


def assert_safe(bench, but=()):
    cryostat = bench.rack.cryostat
    if "lock_in" not in but:
        assert bench.station.lock_in.snapshot()["oscillator_V"] == pytest.approx(0.004)
    assert not cryostat.dc_output_on
    if "magnet" not in but:
        assert bench.station.magnet.status().state is not MagnetState.RAMPING
        before = bench.station.magnet.read_field()
        bench.clock.sleep(60.0)
        assert bench.station.magnet.read_field() == pytest.approx(before, abs=1e-3)
    if "temperature" not in but:
        assert not bench.station.temperature.loop_is_on()
        assert bench.station.temperature.read_heater() == 0.0


def stop_at(bench, field_T):
    """A stop request in the middle of a field ramp."""
    return lambda: bench.rack.cryostat.true_field_T() > field_T


def test_a_finished_run_leaves_zero_field_and_everything_off(tmp_path):
    bench = simulated(tmp_path)
    outcome = bench.engine().run()
    assert outcome.status == "finished"
    assert_safe(bench)
    assert bench.station.magnet.read_field() == pytest.approx(0.0, abs=2e-3)
    record = load_run(bench.directory)
    assert record.status == "finished"
    assert len(record.curves) == 2
    assert record.findings == tuple(outcome.findings)


def test_an_operator_stops_a_ramp_and_the_magnet_holds(tmp_path):
    bench = simulated(tmp_path)
    outcome = bench.engine(stop_at(bench, 0.1)).run()
    assert outcome.status == "interrupted"
    assert outcome.by_operator
    assert_safe(bench)
    assert 0.1 < bench.station.magnet.read_field() < 0.2
    record = load_run(bench.directory)
    assert record.status == "interrupted"
    assert [curve.complete for curve in record.curves] == [True, False]
    assert len(record.curves[0]) > 50


def test_a_quench_in_mid_ramp_is_told_and_never_acknowledged(tmp_path):
    bench = simulated(tmp_path)

    def quench_once():
        if bench.rack.cryostat.true_field_T() > 0.1 and not bench.rack.cryostat.magnet.quenched:
            bench.rack.cryostat.quench("test")
        return False

    outcome = bench.engine(quench_once).run()
    assert outcome.status == "interrupted"
    assert "quench" in outcome.reason
    assert_safe(bench, but=("magnet",))
    assert bench.station.magnet.status().state is MagnetState.QUENCHED


@pytest.mark.parametrize("role", ["magnet", "sample_thermometer", "lock_in"])
def test_an_instrument_that_falls_silent_stops_the_run_and_the_others_are_made_safe(tmp_path, role):
    bench = simulated(tmp_path)

    def silence():
        if bench.rack.cryostat.true_field_T() > 0.1:
            bench.box(role).go_silent()
        return False

    outcome = bench.engine(silence).run()
    assert outcome.status in ("interrupted", "failed")
    assert "answer" in outcome.reason
    bench.box(role).heal()
    assert_safe(bench, but=("temperature", role) if role == "sample_thermometer" else (role,))
    record = load_run(bench.directory)
    assert record.status == outcome.status
    assert any("make_safe failed" in event.text for event in record.events)


def test_a_mistake_in_the_program_leaves_the_rack_safe_too(tmp_path, monkeypatch):
    bench = simulated(tmp_path)

    def wrong(*_):
        if bench.rack.cryostat.true_field_T() > 0.1:
            raise ZeroDivisionError("a mistake")
        return False

    with pytest.raises(ZeroDivisionError):
        bench.engine(wrong).run()
    assert_safe(bench)
    record = load_run(bench.directory)
    assert record.status == "failed"
    assert "ZeroDivisionError" in record.reason

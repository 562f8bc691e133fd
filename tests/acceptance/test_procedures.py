"""Procedures on the simulated rack: every mode and read-out, in the engine and under pymeasure's own Worker."""

from threading import Thread

import numpy as np
import pytest
from pymeasure.experiment import Results, Worker

from fluxoid.recording import load_run
from instruments.roles import ReadingFlag
from procedures.readout import DcReversalReadout, LockInReadout
from procedures.resistance_temperature import ResistanceTemperature
from tests.acceptance.campaigns import simulated


def measured(bench, readout=None, **parameters):
    """Run the campaign's first curve with other parameters; its temperatures, resistances and flags."""
    (planned, *_) = bench.prepared.campaign.curves
    for name, value in parameters.items():
        setattr(planned.procedure, name, value)
    if readout is not None:
        planned.procedure.readout = readout
    outcome = bench.engine().run()
    assert outcome.status == "finished", outcome.reason
    curve = load_run(bench.directory).curves[0]
    return curve.columns["temperature_K"], curve.columns["resistance_ohm"], curve.flags


def true_resistance(bench, temperature_K, field_T):
    cryostat = bench.rack.cryostat
    true_K = temperature_K - cryostat.thermometer_offset_K
    return cryostat.sample.longitudinal_resistance(true_K, field_T, "out_of_plane")


def test_settled_steps_stand_still_where_they_were_asked_to(tmp_path):
    bench = simulated(tmp_path, fields="0 T", to="6.4 K")
    temperature, resistance, _ = measured(bench, mode="steps", step_K=0.2, readings_per_step=3, settle_s=30.0)
    assert temperature.size == 4 * 3
    steps = temperature.reshape(4, 3)
    assert np.ptp(steps, axis=1).max() < 5e-3
    assert steps.mean(axis=1) == pytest.approx([7.0, 6.8, 6.6, 6.4], abs=0.01)
    assert resistance == pytest.approx(true_resistance(bench, temperature, 0.0), abs=5e-6)


def test_a_dc_reversal_curve_is_free_of_the_thermal_voltage(tmp_path):
    bench = simulated(tmp_path, fields="0 T", to="5.5 K")
    readout = DcReversalReadout(8e-3, 1.0, 5.0, 0.01, channel=1)
    temperature, resistance, flags = measured(bench, readout)
    assert not flags.any()
    # 150 nV of thermal voltage would be 19 uOhm at 8 mA
    zero = temperature < 5.7
    assert abs(resistance[zero].mean()) < 1e-6
    assert resistance[zero].std() < 1e-6


def test_the_temperature_belongs_to_the_instant_of_the_reading(tmp_path):
    bench = simulated(tmp_path, fields="0 T", to="5.7 K", rate="0.5 K/min")
    temperature, resistance, _ = measured(bench)
    steep = (temperature > 5.95) & (temperature < 6.05)
    difference = resistance[steep] - true_resistance(bench, temperature[steep], 0.0)
    # slope there is 0.27 ohm/K; uncorrected, the filter alone would shift T by 0.6 s x 8.3 mK/s = 5 mK
    slope = np.polyfit(temperature[steep], resistance[steep], 1)[0]
    lag_K = difference.mean() / slope
    # nor does the sensor's own lag of 0.3 s, 2.5 mK, remain: the station file knows it
    assert lag_K == pytest.approx(0.0, abs=1e-3)


def test_an_overload_is_flagged_and_the_range_found(tmp_path):
    bench = simulated(tmp_path, fields="0 T", to="6.6 K")
    _, _, flags = measured(bench, LockInReadout(4e-3, 137.0, 0.3, 12, 50e-6))
    assert flags[0] & ReadingFlag.OVERLOAD.value
    assert not flags[10:].any()
    assert bench.station.lock_in.read_sensitivity() > 2e-4


def test_the_same_procedure_runs_under_pymeasures_worker(tmp_path):
    bench = simulated(tmp_path)
    procedure = ResistanceTemperature(
        field_T=0.0, start_K=7.0, stop_K=6.5, rate_K_per_min=1.0, warm_to_K=8.0, warm_rate_K_per_min=5.0
    )
    procedure.station = bench.station
    procedure.readout = LockInReadout(4e-3, 137.0, 0.3, 12, 5e-4)
    results = Results(procedure, str(tmp_path / "run.csv"))
    worker = Worker(results)
    worker.start()
    Thread.join(worker, 60)
    assert procedure.status == procedure.FINISHED
    data = Results.load(str(tmp_path / "run.csv"), procedure_class=ResistanceTemperature).data
    assert len(data) > 10
    assert data["Temperature (K)"].iloc[-1] == pytest.approx(6.5, abs=0.01)
    assert data["Resistance (ohm)"].mean() == pytest.approx(0.0509, abs=1e-3)
    # the worker's own shutdown left the rack safe
    assert bench.station.lock_in.snapshot()["oscillator_V"] == pytest.approx(0.004)
    assert not bench.station.temperature.loop_is_on()


def test_a_stop_between_curves_makes_the_campaign_provisional(tmp_path):
    bench = simulated(tmp_path, fields="0 T, 0.3 T, 1 T")
    outcome = bench.engine(lambda: bench.rack.cryostat.true_field_T() > 0.5).run()
    assert outcome.status == "interrupted"
    across = [finding for finding in outcome.findings if "field_T" not in finding.conditions]
    assert across
    assert all(finding.verdict != "good" for finding in across)

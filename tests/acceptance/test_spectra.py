"""dI/dV through the whole chain: bias source, lock-in and voltmeter on the wire; the gap is found."""

import pytest

from fluxoid.recording import load_run
from fluxoid.truth import SimulatedSample
from tests.acceptance.campaigns import HOME, cold_station, simulated_file

SPECTRUM = """\
title: a spectrum
station: {station}
sample: {home}/configs/samples/litio_contact_vac.yaml
orientation: out_of_plane
measure:
  - kind: dI/dV
    temperatures: [4 K]
    fields: [0 T]
    current: 400 uA
    points: 121
    modulation: 2 uA
    frequency: 731 Hz
    sensitivity: {sensitivity}
    range: 100 mV
    temperature_rate: 20 K/min
    field_rate: 0.5 T/min
"""


def run(tmp_path, sensitivity="1 mV"):
    path = tmp_path / "experiment.yaml"
    path.write_text(
        SPECTRUM.format(home=HOME, station=cold_station(tmp_path, "ppms_16t"), sensitivity=sensitivity),
        encoding="utf-8",
    )
    bench = simulated_file(tmp_path, path, seed=7)
    return bench, bench.engine().run()


def test_gap_broadening_and_barrier_are_found(tmp_path):
    bench, outcome = run(tmp_path)
    assert outcome.status == "finished", outcome.reason
    sample = SimulatedSample(bench.prepared.experiment.sample_file.sample(), "out_of_plane")
    found = {finding.quantity: finding for finding in outcome.findings}
    for quantity in ("gap", "broadening", "barrier"):
        finding = found[quantity]
        assert abs(finding.value - sample.truth(finding)) < 3.5 * finding.error
        assert finding.error < 0.03 * finding.value
    assert not bench.rack.cryostat.dc_output_on
    assert bench.station.lock_in.snapshot()["oscillator_V"] == pytest.approx(0.004)


def test_a_range_that_is_too_small_is_widened_between_points(tmp_path):
    """2 uA over some 100 Ohm at zero bias are 0.2 mV; on 50 uV the points there are flagged and taken again."""
    bench, outcome = run(tmp_path, "50 uV")
    assert outcome.status == "finished", outcome.reason
    curve = load_run(bench.directory).curves[0]
    overloaded = curve.flags != 0
    assert 1 <= overloaded.sum() <= 5
    assert len(curve) == 121 + overloaded.sum()
    good = curve.columns["current_A"][~overloaded]
    assert len(set(good.tolist())) == 121

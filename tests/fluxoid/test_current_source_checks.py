"""What the current source of a station does not have is refused with the file, before anything is opened."""

from pathlib import Path

import pytest

from fluxoid.check import prepare
from fluxoid.experiment import load_experiment
from instruments.errors import ConfigurationError

HOME = Path(__file__).parents[2]
TESLATRON = HOME / "configs/stations/teslatron_pt12.yaml"
HEAD = """\
title: a source
station: {station}
sample: {sample}
orientation: out_of_plane
measure:
"""
REVERSAL = """\
  - kind: R(B)
    signal: hall
    temperature: 10 K
    from: -1 T
    to: 1 T
    field_rate: 0.2 T/min
    readout: {{kind: dc_reversal, current: {current}, compliance: {compliance}, range: 10 mV}}
"""
SPECTRUM = """\
  - kind: dI/dV
    temperatures: [4 K]
    fields: [0 T]
    temperature_rate: 1 K/min
    field_rate: 0.2 T/min
    current: {current}
    points: {points}
    modulation: 4 uA
    frequency: 137 Hz
    sensitivity: 1 mV
    compliance: {compliance}
    range: 10 mV
"""


def experiment(folder, driver, measurement, **values):
    station = folder / "station.yaml"
    station.write_text(TESLATRON.read_text("utf-8").replace("keithley_6221", driver), "utf-8")
    path = folder / "experiment.yaml"
    head = HEAD.format(station=station, sample=HOME / "configs/samples/2h_nbs2.yaml")
    path.write_text(head + measurement.format(**values), "utf-8")
    return load_experiment(path)


@pytest.mark.parametrize(
    ("measurement", "values"),
    [
        (REVERSAL, {"current": "8 mA", "compliance": "2 V"}),
        (SPECTRUM, {"current": "100 uA", "points": 201, "compliance": "2 V"}),  # steps of 1 uA
    ],
)
@pytest.mark.parametrize("driver", ["gs200", "keithley_6221"])
def test_what_both_sources_have(tmp_path, driver, measurement, values):
    assert len(prepare(experiment(tmp_path, driver, measurement, **values)).campaign.curves) == 1


@pytest.mark.parametrize(
    ("measurement", "values", "why"),
    [
        (REVERSAL, {"current": "8 mA", "compliance": "0.5 V"}, "compliance of 0.5 V; allowed is 1 to 30 V"),
        (REVERSAL, {"current": "8 mA", "compliance": "2.5 V"}, "the nearest are 2 V and 3 V"),
        (REVERSAL, {"current": "4 nA", "compliance": "2 V"}, "steps of 1e-08 A"),
        (SPECTRUM, {"current": "100 uA", "points": 191, "compliance": "2 V"}, "steps of 1e-08 A"),
    ],
)
def test_what_only_a_6221_has(tmp_path, measurement, values, why):
    assert prepare(experiment(tmp_path, "keithley_6221", measurement, **values))
    with pytest.raises(ConfigurationError, match=why):
        prepare(experiment(tmp_path, "gs200", measurement, **values))

"""Short campaigns on the shipped station and sample, and a rack whose faults a test can choose."""

from dataclasses import dataclass
from pathlib import Path
from shutil import copy

from fluxoid.check import Prepared, prepare
from fluxoid.engine import RunEngine
from fluxoid.experiment import load_experiment
from fluxoid.perform import simulated_rack
from fluxoid.recording import Recorder, RunHeader
from instruments.clock import VirtualClock
from instruments.opening import open_station
from instruments.simulation.rack import Rack
from instruments.simulation.visa import open_resource_manager
from instruments.station import Station
from tests.edited import edit

HOME = Path(__file__).parents[2]
SHORT = """\
title: short campaign
station: {station}
sample: {sample}
orientation: {orientation}
measure:
  - kind: R(T)
    fields: [{fields}]
    from: 7 K
    to: {to}
    rate: {rate}
    field_rate: 0.4 T/min
    warm_to: 8 K
    warm_rate: 5 K/min
    readout: {{kind: lock_in, current: 4 mA, frequency: 137 Hz, sensitivity: 500 uV}}
"""


def cold(path):
    """Let the cryostat of a station file be at 10 K when the dry run begins: the way from 300 K takes long."""
    edit(path, "start: 300 K", "start: 10 K")
    return path


def cold_station(folder, name="teslatron_pt12"):
    """A cold copy of a station of configs/."""
    return cold(Path(copy(HOME / "configs" / "stations" / f"{name}.yaml", folder / f"cold_{name}.yaml")))


def write_experiment(
    folder, fields="0 T, 0.3 T", to="5.0 K", rate="1 K/min", orientation="out_of_plane", sample=None, station=None
):
    """A short R(T) experiment, on a cold TeslatronPT unless a station is given; returns its path."""
    path = folder / "experiment.yaml"
    path.write_text(
        SHORT.format(
            station=station or cold_station(folder),
            sample=sample or HOME / "configs/samples/2h_nbs2.yaml",
            fields=fields,
            to=to,
            rate=rate,
            orientation=orientation,
        ),
        encoding="utf-8",
    )
    return path


class Blind:
    """A view that shows nothing."""

    def update(self, status):
        pass


@dataclass
class Bench:
    """A prepared campaign on an open simulated station."""

    prepared: Prepared
    clock: VirtualClock
    rack: Rack
    station: Station
    directory: Path

    def engine(self, should_stop=lambda: False, recorder=None, before=None):
        experiment = self.prepared.experiment
        files = experiment.document, experiment.station_document, experiment.sample_document
        header = RunHeader(self.prepared.campaign.title, *(file.text for file in files), seed=1, simulated=True)
        recorder = recorder or Recorder(self.directory, header, self.clock)
        campaign = self.prepared.campaign
        return RunEngine(self.station, campaign, recorder, Blind(), should_stop, virtual=True, before=before)

    def box(self, role):
        return self.rack.box(self.prepared.station.instruments[role].address)


def simulated(tmp_path, seed=1, **experiment):
    """Everything but the engine's run, so that a test can interfere."""
    return simulated_file(tmp_path, write_experiment(tmp_path, **experiment), seed)


def simulated_file(tmp_path, path, seed=1):
    """The same for an experiment file."""
    prepared = prepare(load_experiment(path))
    clock = VirtualClock()
    rack = simulated_rack(prepared.experiment, clock, seed)
    station = open_station(prepared.station, clock, open_resource_manager(rack))
    return Bench(prepared, clock, rack, station, tmp_path / "run")

"""From a checked experiment to a recorded run: opens the rack, real or simulated, and lets the engine work."""

from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from fluxoid.check import Prepared
from fluxoid.engine import Outcome, RunEngine, View
from fluxoid.experiment import Experiment
from fluxoid.recording import Recorder, RunHeader
from fluxoid.resume import measured_before
from fluxoid.stopping import stop_on_signal
from fluxoid.view.status import RunStatus
from fluxoid.view.terminal import TerminalView
from instruments.clock import Clock, RealClock, VirtualClock
from instruments.errors import ConfigurationError
from instruments.opening import open_station, resource_manager_for
from instruments.simulation.rack import Rack
from instruments.simulation.station_rack import station_rack
from instruments.simulation.visa import open_resource_manager


def perform(
    prepared: Prepared,
    out: Path | None,
    *,
    seed: int,
    virtual: bool,
    quiet: bool = False,
    resume: Path | None = None,
) -> tuple[Path, Outcome]:
    """Run a campaign; returns the run's directory and its outcome.

    ``virtual`` runs on a simulated rack in virtual time, whatever the station's backend; otherwise the backend
    decides, in real time. ``resume`` is an earlier run of the same experiment, whose complete curves are taken
    over into the new one.

    Raises:
        ConfigurationError: the run directory is taken, or a simulated run lacks its simulation.
        CommunicationError: an address does not answer; nothing was changed.
        IdentityError: another model answered; nothing was changed.
    """
    experiment = prepared.experiment
    before = None if resume is None else measured_before(resume, prepared)
    directory = _directory(out, experiment)
    clock: Clock = VirtualClock() if virtual else RealClock()
    backend = experiment.station_file.backend
    simulated = virtual or backend == "simulated"
    with ExitStack() as stack:
        if virtual or backend == "simulated":
            manager = open_resource_manager(simulated_rack(experiment, clock, seed))
        else:
            manager = resource_manager_for(backend)
        stack.callback(manager.close)
        station = stack.enter_context(closing(open_station(prepared.station, clock, manager)))
        header = RunHeader(
            title=experiment.file.title,
            experiment=experiment.document.text,
            station=experiment.station_document.text,
            sample=experiment.sample_document.text,
            sample_name=experiment.sample_file.name,
            seed=seed if simulated else None,
            simulated=simulated,
            identities=station.identify(),
            instruments=station.snapshot(),
        )
        view: View = _Quiet() if quiet else stack.enter_context(TerminalView())
        should_stop = stack.enter_context(stop_on_signal())
        recorder = stack.enter_context(Recorder(directory, header, clock))
        engine = RunEngine(station, prepared.campaign, recorder, view, should_stop, virtual, before)
        return directory, engine.run()


def simulated_rack(experiment: Experiment, clock: Clock, seed: int) -> Rack:
    """The station's instruments on a simulated cryostat with the experiment's sample in it.

    Raises:
        ConfigurationError: station or sample cannot be simulated.
    """
    if problems := experiment.simulation_problems():
        raise ConfigurationError(*problems)
    sample = experiment.sample_file.sample()
    return station_rack(experiment.station_file, sample, experiment.file.orientation, clock, seed)


def _directory(out: Path | None, experiment: Experiment) -> Path:
    if out is None:
        now = datetime.now(UTC).astimezone()
        return Path("runs") / f"{now:%Y%m%d-%H%M%S}-{experiment.path.stem}"
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigurationError(f"--out {out}: holds something already; a run is never written over another")
    return out


class _Quiet:
    """A view that shows nothing."""

    def update(self, status: RunStatus) -> None:
        """Show nothing."""

"""Going on with a run that was stopped: its complete curves are taken over, the others are measured."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from fluxoid.check import Prepared
from fluxoid.recording import RecordedCurve, load_run
from instruments.errors import ConfigurationError
from instruments.roles import ReadingFlag
from procedures.point import Point


def measured_before(run: Path, prepared: Prepared) -> Mapping[str, RecordedCurve]:
    """The complete curves of an earlier run of the same experiment, by name.

    Raises:
        ConfigurationError: experiment, station or sample were others then, or nothing is left to measure.
        RecordingError: the run cannot be read.
    """
    record, experiment = load_run(run), prepared.experiment
    then_and_now = {
        "experiment": (record.header.experiment, experiment.document.text),
        "station": (record.header.station, experiment.station_document.text),
        "sample": (record.header.sample, experiment.sample_document.text),
    }
    changed = [name for name, (then, now) in then_and_now.items() if then != now]
    if changed:
        raise ConfigurationError(
            f"--resume {run}: the {' and the '.join(changed)} file is not what it was in that run; lines measured"
            " under different settings do not belong together; nothing was sent"
        )
    before = {curve.info.name: curve for curve in record.curves if curve.complete}
    if all(planned.info.name in before for planned in prepared.campaign.curves):
        raise ConfigurationError(f"--resume {run}: all of its curves are complete; nothing is left to measure")
    return before


def points_of(curve: RecordedCurve) -> Iterator[Point]:
    """The points of a recorded curve as a procedure would yield them."""
    names = list(curve.columns)
    for *values, flags in zip(*curve.columns.values(), curve.flags, strict=True):
        yield Point(dict(zip(names, map(float, values), strict=True)), ReadingFlag(int(flags)))

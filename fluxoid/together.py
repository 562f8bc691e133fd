"""Several runs of one sample as one, for what rests on all: a length of one mounting and a field of another."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from analysis.studies import analyze_all
from fluxoid.recording import RunRecord, load_run
from instruments.errors import ConfigurationError


def load_together(paths: Sequence[Path]) -> RunRecord:
    """One run as it was recorded; several as one whose findings rest on the curves of all, with the first's header.

    Raises:
        ConfigurationError: a run is given twice, cannot be read, or the runs are of different samples.
    """
    if len(paths) == 1:
        return load_run(paths[0])
    folders = [(path if path.is_dir() else path.parent).resolve() for path in paths]
    if len(set(folders)) < len(folders):
        twice = next(folder for folder in folders if folders.count(folder) > 1)
        raise ConfigurationError(f"{twice}: given twice; the points of a run count once")
    records = [load_run(path) for path in paths]
    samples = [
        (record.header.sample_name, record.header.sample if record.header.simulated else None) for record in records
    ]
    for folder, sample in zip(folders, samples, strict=True):
        if sample != samples[0]:
            truths = " with other truths" if sample[0] == samples[0][0] else ""
            raise ConfigurationError(
                f"{folder.name} is of the sample {sample[0]!r}{truths}, {folders[0].name} of {samples[0][0]!r};"
                " only runs of one sample say something together; nothing was worked out"
            )
    curves = [
        replace(curve, info=replace(curve.info, name=f"{folder.name}: {curve.info.name}"))
        for folder, record in zip(folders, records, strict=True)
        for curve in record.curves
    ]
    return replace(
        records[0],
        curves=tuple(curves),
        events=tuple(event for record in records for event in record.events),
        findings=tuple(analyze_all([curve.as_curve() for curve in curves if len(curve) > 0])),
        status=next((record.status for record in records if record.status != "finished"), "finished"),
        warnings=tuple(warning for record in records for warning in record.warnings),
    )

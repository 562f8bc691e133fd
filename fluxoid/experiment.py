"""The schema of configs/experiments/*.yaml, and an experiment with the station and sample it names."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field

from fluxoid.measure import MeasureSection
from instruments.configuration import Section, in_order_of_lines, validate
from instruments.errors import ConfigurationError
from instruments.simulation.files import SampleFile
from instruments.station_file import StationFile
from instruments.words import Text, Word
from instruments.yaml_lines import Location, YamlDocument, read_yaml


class ExperimentFile(Section):
    """What to measure, on which station, with which sample. Paths are relative to this file."""

    title: Text
    station: Text = Field(description="Path of the station file")
    sample: Text = Field(description="Path of the sample file")
    orientation: Word = Field(description="Direction of the field, a word that the sample file uses")
    measure: Annotated[tuple[MeasureSection, ...], Field(min_length=1)] = Field(
        description="What is measured, in this order"
    )


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment, its station and its sample, each validated, with the files they came from."""

    file: ExperimentFile
    station_file: StationFile
    sample_file: SampleFile
    document: YamlDocument
    station_document: YamlDocument
    sample_document: YamlDocument

    @property
    def path(self) -> Path:
        """The experiment file."""
        return self.document.path

    @property
    def station_path(self) -> Path:
        """The station file in use."""
        return self.station_document.path

    @property
    def sample_path(self) -> Path:
        """The sample file in use."""
        return self.sample_document.path

    def problem(self, location: Location, text: str) -> str:
        """A problem found later, such as a field beyond the magnet, with file, line and field before it.

        ``location`` holds keys and indices of the experiment file: ``("measure", 0, "fields", 3)``.
        """
        return self.document.problem(location, text)

    def simulation_problems(self) -> list[str]:
        """Why this experiment cannot be a dry run; empty when it can."""
        problems = []
        if self.station_file.simulation is None:
            text = "'simulation' is missing; a dry run needs this section"
            problems.append(self.station_document.problem((), text))
        if self.sample_file.truth is None:
            problems.append(self.sample_document.problem((), "'truth' is missing; a dry run is made of it"))
        elif missing := self.sample_file.missing_orientation(self.file.orientation):
            problems.append(self.problem(("orientation",), missing))
        return problems


def load_experiment(
    path: Path | str, station: Path | str | None = None, sample: Path | str | None = None
) -> Experiment:
    """Read an experiment with its station and sample; ``station`` and ``sample`` replace the files it names.

    Raises:
        ConfigurationError: with every problem of all three files. When the station is simulated, this includes
            a sample that cannot be.
    """
    document = read_yaml(Path(path))
    own: list[str] = []
    others: list[str] = []
    file = _collect(own, lambda: validate(ExperimentFile, document))
    station_document = _read_named(own, others, document, "station", station)
    sample_document = _read_named(own, others, document, "sample", sample)
    station_file = station_document and _collect(others, lambda: validate(StationFile, station_document))
    sample_file = sample_document and _collect(others, lambda: validate(SampleFile, sample_document))
    if not (file and station_document and station_file and sample_document and sample_file):
        raise ConfigurationError(*in_order_of_lines(own), *others)
    experiment = Experiment(file, station_file, sample_file, document, station_document, sample_document)
    if station_file.backend == "simulated" and (problems := experiment.simulation_problems()):
        raise ConfigurationError(*problems)
    return experiment


T = TypeVar("T")


def _collect(problems: list[str], step: Callable[[], T]) -> T | None:
    try:
        return step()
    except ConfigurationError as error:
        problems += error.problems
        return None


def _read_named(
    own: list[str], others: list[str], document: YamlDocument, key: str, override: Path | str | None
) -> YamlDocument | None:
    if override is not None:
        return _collect(others, lambda: read_yaml(Path(override)))
    name = document.value((key,))
    if not isinstance(name, str) or not name.strip():
        return None  # said already by the experiment file's own validation
    path = document.path.parent / name
    if os.path.isfile(path):
        return _collect(others, lambda: read_yaml(path))
    try:
        return read_yaml(path)
    except ConfigurationError as error:
        own += [document.problem((key,), f"found {name!r}; {text}") for text in error.problems]
        return None

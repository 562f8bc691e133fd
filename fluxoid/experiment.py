"""The schema of configs/experiments/*.yaml, and an experiment with the station and sample it names."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from fluxoid.readout_sections import ReadoutSection
from instruments.configuration import Section, in_order_of_lines, validate
from instruments.errors import ConfigurationError
from instruments.quantities import (
    POSITIVE,
    Bounds,
    Kelvin,
    KelvinDifference,
    KelvinPerMinute,
    Second,
    Tesla,
    TeslaPerMinute,
    Whole,
)
from instruments.simulation.files import SampleFile
from instruments.station_file import StationFile
from instruments.words import Text, Word
from instruments.yaml_lines import Location, YamlDocument, read_yaml

PositiveDifference = Annotated[KelvinDifference, POSITIVE]


class ResistanceTemperatureSection(Section):
    """R(T) at each field of a list."""

    kind: Literal["R(T)"]
    fields_T: Annotated[tuple[Tesla, ...], Field(min_length=1)] = Field(
        alias="fields", description="Fields, measured in this order"
    )
    start_K: Kelvin = Field(alias="from", description="First temperature")
    stop_K: Kelvin = Field(alias="to", description="Last temperature")
    mode: Literal["sweep", "steps"] = Field("sweep", description="Measure while sweeping, or at settled steps")
    rate_K_per_min: KelvinPerMinute = Field(alias="rate", description="Sweep rate, or rate between steps")
    step_K: PositiveDifference | None = Field(None, alias="step", description="Distance of steps; mode steps only")
    settle_tolerance_K: PositiveDifference = Field(
        0.003, alias="settle_tolerance", description="Largest drift of a settled step; 3 mK unless given"
    )
    settle_s: Annotated[Second, POSITIVE] = Field(
        60.0, alias="settle_time", description="Time without drift that makes a step settled; 60 s unless given"
    )
    readings_per_step: Annotated[Whole, Bounds(least=1)] = Field(5, description="Readings per step; 5 unless given")
    field_rate_T_per_min: TeslaPerMinute = Field(alias="field_rate", description="Ramp rate between fields")
    warm_to: Kelvin | None = Field(
        None,
        description="Temperature at which the field is changed, above Tc; the higher of from and to unless given",
    )
    warm_rate_K_per_min: KelvinPerMinute = Field(
        2.0, alias="warm_rate", description="Rate of warming, and of going to the start; 2 K/min unless given"
    )
    readout: ReadoutSection

    @property
    def warm_to_K(self) -> float:
        """Temperature at which the field is changed."""
        return max(self.start_K, self.stop_K) if self.warm_to is None else self.warm_to

    def problems(self) -> Iterator[tuple[Location, str]]:
        """Start and end differ, keys of steps go with mode steps, and warming goes up."""
        if self.start_K == self.stop_K:
            yield ("to",), f"found {self.stop_K:g} K; expected another temperature than from"
        if self.mode == "steps":
            span_K = abs(self.stop_K - self.start_K)
            if self.step_K is None:
                yield (), "'step' is missing; mode 'steps' needs a temperature difference, such as '50 mK'"
            elif self.step_K > span_K > 0:
                yield (
                    ("step",),
                    f"found {self.step_K:g} K; expected at most the way from 'from' to 'to', {span_K:g} K",
                )
        else:
            for name, key in _STEP_KEYS.items():
                if name in self.model_fields_set:
                    yield (key,), f"'{key}' belongs to mode 'steps'; this is mode 'sweep'"
        if self.warm_to_K < max(self.start_K, self.stop_K):
            yield (
                ("warm_to",),
                f"found {self.warm_to_K:g} K; expected at least the highest temperature of the curve,"
                f" {max(self.start_K, self.stop_K):g} K",
            )


_STEP_KEYS = {
    "step_K": "step",
    "settle_tolerance_K": "settle_tolerance",
    "settle_s": "settle_time",
    "readings_per_step": "readings_per_step",
}


class ResistanceFieldSection(Section):
    """R(B) at one temperature."""

    kind: Literal["R(B)"]
    signal: Literal["longitudinal", "hall"] = Field("longitudinal", description="Contacts that are read")
    temperature_K: Kelvin = Field(alias="temperature")
    temperature_rate_K_per_min: KelvinPerMinute = Field(
        2.0, alias="temperature_rate", description="Rate of going to the temperature; 2 K/min unless given"
    )
    start_T: Tesla = Field(alias="from", description="First field")
    stop_T: Tesla = Field(alias="to", description="Last field")
    field_rate_T_per_min: TeslaPerMinute = Field(alias="field_rate", description="Sweep rate")
    readout: ReadoutSection

    def problems(self) -> Iterator[tuple[Location, str]]:
        """Start and end differ."""
        if self.start_T == self.stop_T:
            yield ("to",), f"found {self.stop_T:g} T; expected another field than from"


MeasureSection = Annotated[ResistanceTemperatureSection | ResistanceFieldSection, Field(discriminator="kind")]


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

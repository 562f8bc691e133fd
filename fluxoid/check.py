"""Everything that can be refused without an instrument is refused here, with file, line and field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analysis.curves import CurveInfo, CurveKind
from fluxoid.campaign import Campaign, plan
from fluxoid.experiment import Experiment
from fluxoid.measure import GateSweepSection, Measurement, Planned
from fluxoid.schedule import CryostatState
from instruments.errors import ConfigurationError
from instruments.station import StationPlan
from instruments.yaml_lines import show_path
from procedures.curve import CurveProcedure

#: A limit of error over the standard uncertainty that it stands for: a rectangular distribution
#: (Guide to the Expression of Uncertainty in Measurement, JCGM 100:2008, 4.3.7).
LIMIT_TO_STANDARD = 3**0.5

#: How names of curves begin.
_PREFIXES: Mapping[CurveKind, str] = {"R(T)": "rt", "R(B)": "rb", "R(Vg)": "rg", "dI/dV": "iv"}


@dataclass(frozen=True, slots=True)
class Prepared:
    """An experiment that may be run: its station's plan and its campaign."""

    experiment: Experiment
    station: StationPlan
    campaign: Campaign
    other_orders: tuple[str, ...] = ()


def prepare(experiment: Experiment) -> Prepared:
    """Check an experiment against the limits of its station and line its curves up.

    Raises:
        ConfigurationError: with every problem found; nothing was sent to any instrument.
    """
    station = experiment.station_file.plan()
    problems = [
        experiment.problem(location, text)
        for index, measurement in enumerate(experiment.file.measure)
        for location, text in ((("measure", index, *place), text) for place, text in measurement.refusals(station))
    ]
    if problems:
        raise ConfigurationError(*problems)
    simulation = experiment.station_file.simulation
    first = experiment.file.measure[0]
    start = CryostatState(simulation.thermal.start_K if simulation else first.first_temperature_K, 0.0)
    campaign = _campaign(experiment, station, experiment.file.measure, start)
    return Prepared(experiment, station, campaign, _other_orders(experiment, station, start, campaign))


def _campaign(
    experiment: Experiment, station: StationPlan, measure: Sequence[Measurement], start: CryostatState
) -> Campaign:
    return plan(
        experiment.file.title,
        _curves(experiment, station, measure),
        station.limits.magnet,
        start,
        measure[0].fastest_field_T_per_min,
    )


def _other_orders(
    experiment: Experiment, station: StationPlan, start: CryostatState, chosen: Campaign
) -> tuple[str, ...]:
    """What the other order of axes would cost, for each map that has two."""
    lines = []
    for index, measurement in enumerate(experiment.file.measure):
        if not isinstance(measurement, GateSweepSection) or 1 in (
            len(measurement.temperatures_K),
            len(measurement.fields_T),
        ):
            continue
        turned = list(experiment.file.measure)
        turned[index] = measurement.in_the_other_order()
        other_s = _campaign(experiment, station, turned, start).expected_s
        lines.append(
            f"measure #{index + 1}: in the order [{', '.join(measurement.order)}] the run takes"
            f" {chosen.expected_s / 3600:.1f} h; [{measurement.order[1]}, {measurement.order[0]}] would take"
            f" {other_s / 3600:.1f} h"
        )
    return tuple(lines)


def describe(prepared: Prepared) -> str:
    """What will be done, in words: curves, order, time."""
    experiment, campaign = prepared.experiment, prepared.campaign
    width = max(18, *(len(curve.info.name) for curve in campaign.curves))
    lines = [
        f"{campaign.title}",
        f"  experiment  {show_path(experiment.path)}",
        f"  station     {show_path(experiment.station_path)} ({prepared.station.name},"
        f" backend {experiment.station_file.backend})",
        f"  sample      {show_path(experiment.sample_path)} ({experiment.sample_file.name})",
        "",
        f"  {'curve':<{width}} measuring    moving before",
    ]
    for curve in campaign.curves:
        measuring, moving = curve.expected.measuring_s / 60, curve.expected.moving_s / 60
        lines.append(f"  {curve.info.name:<{width}} {measuring:7.0f} min {moving:10.0f} min")
    hours = campaign.expected_s / 3600
    lines += [
        "",
        f"  {len(campaign.curves)} curves, about {hours:.1f} h on the cryostat. Nothing is wrong with it.",
        *(f"  {line}" for line in prepared.other_orders),
    ]
    return "\n".join(lines)


def _curves(
    experiment: Experiment, station: StationPlan, measure: Sequence[Measurement]
) -> Iterator[tuple[CurveInfo, CurveProcedure]]:
    number = 0
    for measurement in measure:
        for planned in measurement.curves(station):
            number += 1
            yield _info(experiment, station, planned, number), planned.procedure


def _info(experiment: Experiment, station: StationPlan, planned: Planned, number: int) -> CurveInfo:
    return CurveInfo(
        name=f"{_PREFIXES[planned.kind]}_{number:02d}_{planned.label}",
        kind=planned.kind,
        conditions={**planned.conditions, "orientation": experiment.file.orientation},
        temperature_accuracy_K=station.limits.thermometer_accuracy_K / LIMIT_TO_STANDARD,
        field_accuracy=station.limits.field_accuracy / LIMIT_TO_STANDARD,
        thickness_m=experiment.sample_file.thickness_m,
        smearing_K=planned.procedure.smearing_K(),
    )

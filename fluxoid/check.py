"""Everything that can be refused without an instrument is refused here, with file, line and field."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from analysis.curves import CurveInfo
from analysis.findings import Condition
from fluxoid.campaign import Campaign, plan
from fluxoid.experiment import Experiment, ResistanceFieldSection, ResistanceTemperatureSection
from fluxoid.readout_sections import DcReversalSection, LockInSection
from fluxoid.schedule import CryostatState
from instruments.drivers.catalogue import check_lock_in
from instruments.errors import ConfigurationError, LimitError
from instruments.roles import LockInSettings
from instruments.station import StationLimits, StationPlan
from instruments.yaml_lines import Location, show_path
from procedures.curve import CurveProcedure
from procedures.readout import DcReversalReadout, LockInReadout, Readout
from procedures.resistance_field import ResistanceField
from procedures.resistance_temperature import ResistanceTemperature

#: A limit of error over the standard uncertainty that it stands for: a rectangular distribution
#: (Guide to the Expression of Uncertainty in Measurement, JCGM 100:2008, 4.3.7).
LIMIT_TO_STANDARD = 3**0.5

Measurement = ResistanceTemperatureSection | ResistanceFieldSection


@dataclass(frozen=True, slots=True)
class Prepared:
    """An experiment that may be run: its station's plan and its campaign."""

    experiment: Experiment
    station: StationPlan
    campaign: Campaign


def prepare(experiment: Experiment) -> Prepared:
    """Check an experiment against the limits of its station and line its curves up.

    Raises:
        ConfigurationError: with every problem found; nothing was sent to any instrument.
    """
    station = experiment.station_file.plan()
    problems = [
        experiment.problem(location, text)
        for index, measurement in enumerate(experiment.file.measure)
        for location, text in _problems(("measure", index), measurement, station)
    ]
    if problems:
        raise ConfigurationError(*problems)
    simulation = experiment.station_file.simulation
    first = experiment.file.measure[0]
    start = CryostatState(simulation.thermal.start_K if simulation else _first_temperature(first), 0.0)
    campaign = plan(
        experiment.file.title,
        _measurements(experiment, station),
        station.limits.magnet,
        start,
        first.field_rate_T_per_min,
    )
    return Prepared(experiment, station, campaign)


def describe(prepared: Prepared) -> str:
    """What will be done, in words: curves, order, time."""
    experiment, campaign = prepared.experiment, prepared.campaign
    lines = [
        f"{campaign.title}",
        f"  experiment  {show_path(experiment.path)}",
        f"  station     {show_path(experiment.station_path)} ({prepared.station.name},"
        f" backend {experiment.station_file.backend})",
        f"  sample      {show_path(experiment.sample_path)} ({experiment.sample_file.name})",
        "",
        "  curve                measuring    moving before",
    ]
    for curve in campaign.curves:
        measuring, moving = curve.expected.measuring_s / 60, curve.expected.moving_s / 60
        lines.append(f"  {curve.info.name:<18} {measuring:7.0f} min {moving:10.0f} min")
    hours = campaign.expected_s / 3600
    lines += [
        "",
        f"  {len(campaign.curves)} curves, about {hours:.1f} h on the cryostat. Nothing is wrong with it.",
    ]
    return "\n".join(lines)


def _first_temperature(measurement: Measurement) -> float:
    if isinstance(measurement, ResistanceTemperatureSection):
        return measurement.warm_to_K
    return measurement.temperature_K


def _problems(place: Location, measurement: Measurement, station: StationPlan) -> Iterator[tuple[Location, str]]:
    limits = station.limits
    checks: list[tuple[Location, Callable[[], None]]] = []
    if isinstance(measurement, ResistanceTemperatureSection):
        fields: dict[Location, float] = {("fields", i): field_T for i, field_T in enumerate(measurement.fields_T)}
        temperatures = {"from": measurement.start_K, "to": measurement.stop_K, "warm_to": measurement.warm_to_K}
        rates = {"rate": measurement.rate_K_per_min, "warm_rate": measurement.warm_rate_K_per_min}
    else:
        fields = {("from",): measurement.start_T, ("to",): measurement.stop_T}
        temperatures = {"temperature": measurement.temperature_K}
        rates = {"temperature_rate": measurement.temperature_rate_K_per_min}
    checks += [(key, partial(limits.magnet.check_field, field_T)) for key, field_T in fields.items()]
    checks += [((key,), partial(limits.temperature.check_temperature, T)) for key, T in temperatures.items()]
    checks += [((key,), partial(limits.temperature.check_rate, rate)) for key, rate in rates.items()]
    checks.append((("field_rate",), partial(_check_field_rate, measurement, limits)))
    for location, check in checks:
        if text := _refusal(check):
            yield (*place, *location), text
    for location, text in _readout_problems(measurement, station):
        yield (*place, "readout", *location), text
    for role in ("magnet", "temperature", "sample_thermometer"):
        if role not in station.instruments:
            yield place, f"station {station.name} has no {role}, which this measurement needs"


def _check_field_rate(measurement: Measurement, limits: StationLimits) -> None:
    fastest = max(segment.max_rate_T_per_min for segment in limits.magnet.segments)
    if not 0 < measurement.field_rate_T_per_min <= fastest:
        raise LimitError(
            f"asked for {measurement.field_rate_T_per_min:g} T/min; the magnet is allowed up to {fastest:g} T/min"
            " (slower where its field range says so); nothing was sent"
        )


def _readout_problems(measurement: Measurement, station: StationPlan) -> Iterator[tuple[Location, str]]:
    section, limits = measurement.readout, station.limits.excitation
    if text := _refusal(lambda: limits.check_current(section.current_A)):
        yield ("current",), text
    if isinstance(section, LockInSection):
        if getattr(measurement, "signal", "longitudinal") == "hall":
            yield (
                ("kind",),
                "the lock-in is wired to the longitudinal contacts; read the Hall signal by dc_reversal",
            )
        needed: tuple[str, ...] = ("lock_in",)
    else:
        if text := _refusal(lambda: limits.check_compliance(section.compliance_V)):
            yield ("compliance",), text
        needed = ("current_source", "voltmeter")
    for role in needed:
        if role not in station.instruments:
            yield ("kind",), f"station {station.name} has no {role}, which this read-out needs"
            return
    if isinstance(section, LockInSection):
        settings = _lock_in(section).settings(station.wiring.lock_in_ballast_ohm)
        if text := _refusal(lambda: _check_lock_in(settings, station)):
            yield (), text


def _check_lock_in(settings: LockInSettings, station: StationPlan) -> None:
    check_lock_in(station.instruments["lock_in"].driver, settings, station.limits, station.wiring)


def _refusal(check: Callable[[], None]) -> str:
    try:
        check()
    except LimitError as error:
        return str(error)
    return ""


def _measurements(experiment: Experiment, station: StationPlan) -> Iterator[tuple[CurveInfo, CurveProcedure]]:
    number = 0
    for measurement in experiment.file.measure:
        if isinstance(measurement, ResistanceTemperatureSection):
            for field_T in measurement.fields_T:
                number += 1
                yield (
                    _info(experiment, station, f"rt_{number:02d}_{field_T:g}T", "R(T)", {"field_T": field_T}),
                    _resistance_temperature(measurement, field_T, station),
                )
        else:
            number += 1
            conditions: dict[str, Condition] = {
                "temperature_K": measurement.temperature_K,
                "signal": measurement.signal,
            }
            name = f"rb_{number:02d}_{measurement.temperature_K:g}K"
            yield _info(experiment, station, name, "R(B)", conditions), _resistance_field(measurement, station)


def _info(
    experiment: Experiment, station: StationPlan, name: str, kind: str, conditions: dict[str, Condition]
) -> CurveInfo:
    return CurveInfo(
        name=name,
        kind="R(T)" if kind == "R(T)" else "R(B)",
        conditions={**conditions, "orientation": experiment.file.orientation},
        temperature_accuracy_K=station.limits.thermometer_accuracy_K / LIMIT_TO_STANDARD,
        field_accuracy=station.limits.field_accuracy / LIMIT_TO_STANDARD,
        thickness_m=experiment.sample_file.thickness_m,
    )


def _resistance_temperature(
    section: ResistanceTemperatureSection, field_T: float, station: StationPlan
) -> CurveProcedure:
    procedure = ResistanceTemperature(
        field_T=field_T,
        start_K=section.start_K,
        stop_K=section.stop_K,
        mode=section.mode,
        rate_K_per_min=section.rate_K_per_min,
        settle_tolerance_K=section.settle_tolerance_K,
        settle_s=section.settle_s,
        readings_per_step=section.readings_per_step,
        warm_to_K=section.warm_to_K,
        warm_rate_K_per_min=section.warm_rate_K_per_min,
        field_rate_T_per_min=section.field_rate_T_per_min,
        **({"step_K": section.step_K} if section.step_K else {}),
    )
    procedure.readout = _readout(section.readout, station, "longitudinal")
    return procedure


def _resistance_field(section: ResistanceFieldSection, station: StationPlan) -> CurveProcedure:
    procedure = ResistanceField(
        temperature_K=section.temperature_K,
        temperature_rate_K_per_min=section.temperature_rate_K_per_min,
        start_T=section.start_T,
        stop_T=section.stop_T,
        field_rate_T_per_min=section.field_rate_T_per_min,
        signal=section.signal,
    )
    procedure.readout = _readout(section.readout, station, section.signal)
    return procedure


def _readout(section: LockInSection | DcReversalSection, station: StationPlan, signal: str) -> Readout:
    if isinstance(section, LockInSection):
        return _lock_in(section)
    wiring = station.wiring
    return DcReversalReadout(
        current_A=section.current_A,
        compliance_V=section.compliance_V,
        integration_plc=section.integration_plc,
        range_V=section.range_V,
        channel=wiring.hall_channel if signal == "hall" else wiring.longitudinal_channel,
    )


def _lock_in(section: LockInSection) -> LockInReadout:
    return LockInReadout(
        current_A=section.current_A,
        frequency_Hz=section.frequency_Hz,
        time_constant_s=section.time_constant_s,
        filter_slope_dB=section.filter_slope_dB,
        sensitivity_V=section.sensitivity_V,
    )

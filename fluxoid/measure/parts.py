"""What all kinds of measurement of an experiment file have in common."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Annotated, Literal

from pydantic import Field, StrictBool

from analysis.curves import CurveKind
from analysis.findings import Condition
from instruments.configuration import Section
from instruments.errors import LimitError
from instruments.quantities import (
    NOT_NEGATIVE,
    POSITIVE,
    Kelvin,
    KelvinDifference,
    KelvinPerMinute,
    Second,
    Tesla,
    TeslaPerMinute,
    Volt,
    VoltPerSecond,
)
from instruments.station import StationLimits, StationPlan
from instruments.yaml_lines import Location
from procedures.curve import CurveProcedure

PositiveDifference = Annotated[KelvinDifference, POSITIVE]
NotNegativeVolt = Annotated[Volt, NOT_NEGATIVE]
Check = tuple[Location, Callable[[], None]]
Axis = Literal["temperature", "field"]

#: Roles that every measurement needs.
ROLES = ("magnet", "temperature", "sample_thermometer")


@dataclass(frozen=True, slots=True)
class Planned:
    """One curve of a measurement: what it is, what is held, and the procedure that takes it."""

    label: str
    kind: CurveKind
    conditions: Mapping[str, Condition]
    procedure: CurveProcedure


class Measurement(Section):
    """One entry of ``measure``. Problems with limits and instruments are found before anything is opened."""

    @property
    def first_temperature_K(self) -> float:
        """Temperature at which the first curve begins."""
        raise NotImplementedError

    @property
    def fastest_field_T_per_min(self) -> float:
        """Ramp rate of the field, as the file asks for it."""
        raise NotImplementedError

    def limit_checks(self, limits: StationLimits) -> Iterator[Check]:
        """What the limits have to say: place in this section, and a check that raises LimitError."""
        raise NotImplementedError

    def other_problems(self, station: StationPlan) -> Iterator[tuple[Location, str]]:
        """What is wrong with this measurement on this station besides: missing roles, settings of a read-out."""
        raise NotImplementedError

    def curves(self, station: StationPlan) -> Iterator[Planned]:
        """The curves in the order in which they are measured."""
        raise NotImplementedError

    def refusals(self, station: StationPlan) -> Iterator[tuple[Location, str]]:
        """Everything that can be refused without an instrument."""
        for location, check in self.limit_checks(station.limits):
            if text := refusal(check):
                yield location, text
        yield from self.other_problems(station)
        yield from missing_roles(station, ROLES, "which this measurement needs", ())


class GatedMeasurement(Measurement):
    """A measurement that is repeated at every gate voltage of a list."""

    gates_V: Annotated[tuple[Volt, ...], Field(min_length=1)] | None = Field(
        None, alias="gates", description="Gate voltages; each curve is measured at each of them"
    )
    gate_slew_V_per_s: Annotated[VoltPerSecond, POSITIVE] | None = Field(
        None, alias="gate_slew", description="Slew rate of the gate; the station's limit unless given"
    )

    def gate_checks(self, limits: StationLimits) -> Iterator[Check]:
        """Voltages and slew rate inside the gate's limits."""
        gate = limits.gate
        if gate is None:
            return
        for index, voltage_V in enumerate(self.gates_V or ()):
            yield ("gates", index), partial(gate.check_voltage, voltage_V)
        if self.gate_slew_V_per_s is not None:
            yield ("gate_slew",), partial(gate.check_slew, self.gate_slew_V_per_s)

    def gate_problems(self, station: StationPlan) -> Iterator[tuple[Location, str]]:
        """A station with a gate, where one is asked for."""
        if self.gates_V:
            yield from missing_roles(station, ("gate",), "which 'gates' needs", ("gates",))

    def each_gate(self) -> tuple[float | None, ...]:
        """Gate voltages, or a single None without a gate."""
        return self.gates_V or (None,)

    def with_gate(self, planned: Planned, gate_V: float | None, limits: StationLimits) -> Planned:
        """The same curve at a gate voltage."""
        if gate_V is None or limits.gate is None:
            return planned
        planned.procedure.use_gate(gate_V, self.gate_slew_V_per_s or limits.gate.max_slew_V_per_s)
        return Planned(
            f"{planned.label}_{gate_V:g}V",
            planned.kind,
            {**planned.conditions, "gate_V": gate_V},
            planned.procedure,
        )


class HeldFieldMeasurement(Measurement):
    """A measurement whose field stands still while a curve is taken, so that a persistent magnet may hold it."""

    persistent: StrictBool = Field(
        False,
        description="Whether each curve is taken with the magnet persistent, its supply at zero: a quieter field,"
        " for twice the switch's time and two ramps of the supply at each field; false unless given",
    )

    def persistent_problems(self, station: StationPlan) -> Iterator[tuple[Location, str]]:
        """A magnet with a switch, where it is to be persistent."""
        magnet = station.instruments.get("magnet")
        if self.persistent and magnet is not None and not magnet.options.get("switch", False):
            yield (
                ("persistent",),
                f"found true; the magnet of station {station.name} has no persistent switch to be worked from here",
            )


class GridMeasurement(HeldFieldMeasurement):
    """A measurement that is repeated, settled, at each temperature and field of two lists."""

    temperatures_K: Annotated[tuple[Kelvin, ...], Field(min_length=1)] = Field(
        alias="temperatures", description="Temperatures, settled at each"
    )
    fields_T: Annotated[tuple[Tesla, ...], Field(min_length=1)] = Field(
        alias="fields", description="Fields, which stand still while anything is measured"
    )
    order: tuple[Axis, Axis] = Field(
        ("temperature", "field"),
        description="What changes least often first: [temperature, field] or [field, temperature]",
    )
    temperature_rate_K_per_min: KelvinPerMinute = Field(
        alias="temperature_rate", description="Rate of going to a temperature"
    )
    settle_tolerance_K: PositiveDifference = Field(
        0.003, alias="settle_tolerance", description="Largest drift of a settled temperature; 3 mK unless given"
    )
    settle_s: Annotated[Second, POSITIVE] = Field(
        60.0, alias="settle_time", description="Time without drift that makes it settled; 60 s unless given"
    )
    field_rate_T_per_min: TeslaPerMinute = Field(alias="field_rate", description="Ramp rate between fields")

    @property
    def first_temperature_K(self) -> float:
        """The first temperature."""
        return self.temperatures_K[0]

    @property
    def fastest_field_T_per_min(self) -> float:
        """Ramp rate between fields."""
        return self.field_rate_T_per_min

    def grid_problems(self) -> Iterator[tuple[Location, str]]:
        """The axes are two."""
        if self.order[0] == self.order[1]:
            yield ("order",), f"found {self.order[0]!r} twice; expected 'temperature' and 'field'"

    def grid_checks(self, limits: StationLimits) -> Iterator[Check]:
        """Fields, temperatures and their rates inside the limits."""
        yield from field_checks(limits, {("fields", i): field_T for i, field_T in enumerate(self.fields_T)})
        places: dict[Location, float] = {("temperatures", i): T for i, T in enumerate(self.temperatures_K)}
        yield from temperature_checks(limits, places, {"temperature_rate": self.temperature_rate_K_per_min})
        yield field_rate_check(limits, self.field_rate_T_per_min)

    def places(self) -> Iterator[tuple[float, float]]:
        """Temperature and field of each line, the first axis of ``order`` changing least often."""
        if self.order[0] == "temperature":
            yield from product(self.temperatures_K, self.fields_T)
        else:
            yield from ((kelvin, tesla) for tesla, kelvin in product(self.fields_T, self.temperatures_K))


def refusal(check: Callable[[], None]) -> str:
    """The words of a LimitError, or nothing."""
    try:
        check()
    except LimitError as error:
        return str(error)
    return ""


def field_checks(limits: StationLimits, fields: Mapping[Location, float]) -> Iterator[Check]:
    """Fields inside the magnet's reach."""
    for key, field_T in fields.items():
        yield key, partial(limits.magnet.check_field, field_T)


def temperature_checks(
    limits: StationLimits, temperatures: Mapping[Location, float], rates: Mapping[str, float]
) -> Iterator[Check]:
    """Temperatures and their rates inside the limits."""
    for key, temperature_K in temperatures.items():
        yield key, partial(limits.temperature.check_temperature, temperature_K)
    for name, rate in rates.items():
        yield (name,), partial(limits.temperature.check_rate, rate)


def field_rate_check(limits: StationLimits, rate_T_per_min: float) -> Check:
    """A ramp rate that the magnet allows somewhere."""

    def check() -> None:
        fastest = max(segment.max_rate_T_per_min for segment in limits.magnet.segments)
        if not 0 < rate_T_per_min <= fastest:
            raise LimitError(
                f"asked for {rate_T_per_min:g} T/min; the magnet is allowed up to {fastest:g} T/min"
                " (slower where its field range says so); nothing was sent"
            )

    return ("field_rate",), check


def missing_roles(
    station: StationPlan, roles: tuple[str, ...], why: str, place: Location
) -> Iterator[tuple[Location, str]]:
    """Roles that the station does not fill."""
    for role in roles:
        if role not in station.instruments:
            yield place, f"station {station.name} has no {role}, {why}"

"""dI/dV at each temperature and field of two lists."""

from collections.abc import Iterator
from functools import partial
from math import sqrt
from typing import Annotated, Literal

from pydantic import Field

from fluxoid.measure.parts import (
    Axis,
    Check,
    Measurement,
    Planned,
    PositiveDifference,
    field_checks,
    field_rate_check,
    in_order,
    missing_roles,
    refusal,
    temperature_checks,
)
from instruments.drivers.catalogue import check_lock_in
from instruments.quantities import (
    POSITIVE,
    Ampere,
    Bounds,
    Hertz,
    Kelvin,
    KelvinPerMinute,
    Number,
    Second,
    Tesla,
    TeslaPerMinute,
    Volt,
    Whole,
)
from instruments.station import StationLimits, StationPlan
from instruments.yaml_lines import Location
from procedures.differential import DifferentialConductance, DifferentialReadout


class SpectrumSection(Measurement):
    """dI/dV spectra of a contact: a bias current in steps with a small modulation on top."""

    kind: Literal["dI/dV"]
    temperatures_K: Annotated[tuple[Kelvin, ...], Field(min_length=1)] = Field(
        alias="temperatures", description="Temperatures of the spectra"
    )
    fields_T: Annotated[tuple[Tesla, ...], Field(min_length=1)] = Field(
        alias="fields", description="Fields of the spectra"
    )
    order: tuple[Axis, Axis] = Field(
        ("temperature", "field"),
        description="What changes least often first: [temperature, field] or [field, temperature]",
    )
    current_A: Annotated[Ampere, POSITIVE] = Field(
        alias="current", description="Largest bias current; the spectrum goes from minus to plus this"
    )
    number: Annotated[Whole, Bounds(least=11)] = Field(201, alias="points", description="Points; 201 unless given")
    modulation_A: Annotated[Ampere, POSITIVE] = Field(alias="modulation", description="Modulation current, rms")
    frequency_Hz: Annotated[Hertz, POSITIVE] = Field(alias="frequency", description="Frequency of the modulation")
    time_constant_s: Annotated[Second, POSITIVE] = Field(
        0.1, alias="time_constant", description="Time constant of the filter; 100 ms unless given"
    )
    filter_slope_dB: Literal[6, 12, 18, 24] = Field(
        24, alias="filter_slope", description="Slope of the filter in dB per octave; 24 unless given"
    )
    sensitivity_V: Annotated[Volt, POSITIVE] = Field(alias="sensitivity", description="Full scale, rms")
    compliance_V: Annotated[Volt, POSITIVE] = Field(
        1.0, alias="compliance", description="Voltage limit of the bias source; 1 V unless given"
    )
    range_V: Annotated[Volt, POSITIVE] = Field(alias="range", description="Range of the voltmeter")
    integration_plc: Annotated[Number, Bounds(least=0.01, most=60)] = Field(
        1.0, alias="integration", description="Integration time in power-line cycles; 1 unless given"
    )
    temperature_rate_K_per_min: KelvinPerMinute = Field(
        alias="temperature_rate", description="Rate of going to a temperature"
    )
    settle_tolerance_K: PositiveDifference = Field(
        0.005, alias="settle_tolerance", description="Largest drift of a settled temperature; 5 mK unless given"
    )
    settle_s: Annotated[Second, POSITIVE] = Field(
        60.0, alias="settle_time", description="Time without drift that makes it settled; 60 s unless given"
    )
    field_rate_T_per_min: TeslaPerMinute = Field(alias="field_rate", description="Ramp rate between fields")

    def problems(self) -> Iterator[tuple[Location, str]]:
        """The modulation is small against the bias, and the axes are two."""
        if self.modulation_A * sqrt(2) > self.current_A / 5:
            yield (
                ("modulation",),
                f"found {self.modulation_A:g} A rms; expected at most a seventh of the bias current,"
                f" {self.current_A / 5 / sqrt(2):.3g} A: a larger one blurs the whole spectrum",
            )
        if self.order[0] == self.order[1]:
            yield ("order",), f"found {self.order[0]!r} twice; expected 'temperature' and 'field'"

    @property
    def first_temperature_K(self) -> float:
        """The first temperature."""
        return self.temperatures_K[0]

    @property
    def fastest_field_T_per_min(self) -> float:
        """Ramp rate between fields."""
        return self.field_rate_T_per_min

    def limit_checks(self, limits: StationLimits) -> Iterator[Check]:
        """Fields, temperatures, rates, bias and modulation together."""
        yield from field_checks(limits, {("fields", i): field_T for i, field_T in enumerate(self.fields_T)})
        yield from temperature_checks(
            limits,
            {("temperatures", i): T for i, T in enumerate(self.temperatures_K)},
            {"temperature_rate": self.temperature_rate_K_per_min},
        )
        yield field_rate_check(limits, self.field_rate_T_per_min)
        peak_A = self.current_A + sqrt(2) * self.modulation_A
        yield ("current",), partial(limits.excitation.check_current, peak_A)
        yield ("compliance",), partial(limits.excitation.check_compliance, self.compliance_V)

    def other_problems(self, station: StationPlan) -> Iterator[tuple[Location, str]]:
        """Source, voltmeter and lock-in on this station."""
        needed = ("lock_in", "current_source", "voltmeter")
        missing = list(missing_roles(station, needed, "which dI/dV needs", ()))
        yield from missing
        if not missing:
            settings = self._readout(station).settings(station.wiring.lock_in_ballast_ohm)
            driver = station.instruments["lock_in"].driver
            if text := refusal(partial(check_lock_in, driver, settings, station.limits, station.wiring)):
                yield (), text

    def curves(self, station: StationPlan) -> Iterator[Planned]:
        """The spectra in the order of the axes."""
        for temperature_K, field_T in in_order(self.temperatures_K, self.fields_T, self.order):
            procedure = DifferentialConductance(
                temperature_K=temperature_K,
                temperature_rate_K_per_min=self.temperature_rate_K_per_min,
                settle_tolerance_K=self.settle_tolerance_K,
                settle_s=self.settle_s,
                field_T=field_T,
                field_rate_T_per_min=self.field_rate_T_per_min,
                start_A=-self.current_A,
                stop_A=self.current_A,
                number=self.number,
            )
            procedure.differential = self._readout(station)
            conditions = {"temperature_K": temperature_K, "field_T": field_T}
            yield Planned(f"{temperature_K:g}K_{field_T:g}T", "dI/dV", conditions, procedure)

    def _readout(self, station: StationPlan) -> DifferentialReadout:
        return DifferentialReadout(
            modulation_A=self.modulation_A,
            frequency_Hz=self.frequency_Hz,
            time_constant_s=self.time_constant_s,
            filter_slope_dB=self.filter_slope_dB,
            sensitivity_V=self.sensitivity_V,
            compliance_V=self.compliance_V,
            range_V=self.range_V,
            integration_plc=self.integration_plc,
            channel=station.wiring.longitudinal_channel,
        )

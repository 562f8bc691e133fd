"""dI/dV at each temperature and field of two lists."""

from collections.abc import Iterator
from functools import partial
from math import sqrt
from typing import Annotated, Literal

from pydantic import Field

from fluxoid.measure.parts import (
    Check,
    GridMeasurement,
    Planned,
    missing_roles,
    refusal,
)
from instruments.drivers.checks import check_lock_in, check_source
from instruments.quantities import (
    POSITIVE,
    Ampere,
    Bounds,
    Hertz,
    Number,
    Second,
    Volt,
    Whole,
)
from instruments.station import StationLimits, StationPlan
from instruments.yaml_lines import Location
from procedures.differential import DifferentialConductance, DifferentialReadout


class SpectrumSection(GridMeasurement):
    """dI/dV spectra of a contact: a bias current in steps with a small modulation on top."""

    kind: Literal["dI/dV"]
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

    def problems(self) -> Iterator[tuple[Location, str]]:
        """The modulation is small against the bias, and the axes are two."""
        if self.modulation_A * sqrt(2) > self.current_A / 5:
            yield (
                ("modulation",),
                f"found {self.modulation_A:g} A rms; expected at most a seventh of the bias current,"
                f" {self.current_A / 5 / sqrt(2):.3g} A: a larger one blurs the whole spectrum",
            )
        yield from self.grid_problems()

    def limit_checks(self, limits: StationLimits) -> Iterator[Check]:
        """Fields, temperatures, rates, bias and modulation together."""
        yield from self.grid_checks(limits)
        peak_A = self.current_A + sqrt(2) * self.modulation_A
        yield ("current",), partial(limits.excitation.check_current, peak_A)
        yield ("compliance",), partial(limits.excitation.check_compliance, self.compliance_V)

    def other_problems(self, station: StationPlan) -> Iterator[tuple[Location, str]]:
        """Source, voltmeter and lock-in on this station, and its magnet."""
        yield from self.persistent_problems(station)
        needed = ("lock_in", "current_source", "voltmeter")
        missing = list(missing_roles(station, needed, "which dI/dV needs", ()))
        yield from missing
        if not missing:
            settings = self._readout(station).settings(station.wiring.lock_in_ballast_ohm)
            driver = station.instruments["lock_in"].driver
            if text := refusal(partial(check_lock_in, driver, settings, station.limits, station.wiring)):
                yield (), text
            source = station.instruments["current_source"].driver
            if text := refusal(partial(check_source, source, self.compliance_V, self._biases_A())):
                yield (), text

    def curves(self, station: StationPlan) -> Iterator[Planned]:
        """The spectra in the order of the axes."""
        for temperature_K, field_T in self.places():
            procedure = DifferentialConductance(
                temperature_K=temperature_K,
                temperature_rate_K_per_min=self.temperature_rate_K_per_min,
                settle_tolerance_K=self.settle_tolerance_K,
                settle_s=self.settle_s,
                field_T=field_T,
                field_rate_T_per_min=self.field_rate_T_per_min,
                persistent=self.persistent,
                start_A=-self.current_A,
                stop_A=self.current_A,
                number=self.number,
            )
            procedure.differential = self._readout(station)
            conditions = {"temperature_K": temperature_K, "field_T": field_T}
            yield Planned(f"{temperature_K:g}K_{field_T:g}T", "dI/dV", conditions, procedure)

    def _biases_A(self) -> list[float]:
        last = self.number - 1
        return [self.current_A * (2 * index / last - 1) for index in range(self.number)]

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

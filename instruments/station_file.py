"""The schema of configs/stations/*.yaml: which instruments, where, how they are wired, and what they may do."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from instruments.configuration import Section, load
from instruments.instrument_sections import InstrumentsSection
from instruments.limits import ExcitationLimits, GateLimits, MagnetLimits, RampSegment, TemperatureLimits
from instruments.quantities import (
    NOT_NEGATIVE,
    POSITIVE,
    Ampere,
    Bounds,
    Fraction,
    Kelvin,
    KelvinDifference,
    KelvinPerMinute,
    Ohm,
    Second,
    Tesla,
    TeslaPerMinute,
    Volt,
    VoltPerSecond,
    Whole,
)
from instruments.simulation.station_section import SimulationSection
from instruments.station import InstrumentPlan, StationLimits, StationPlan, Wiring
from instruments.words import Text
from instruments.yaml_lines import Location

Input = Annotated[Whole, Bounds(least=1, most=2)]


class WiringSection(Section):
    """How the sample is connected."""

    lock_in_ballast_ohm: Annotated[Ohm, POSITIVE] = Field(
        alias="lock_in_ballast", description="Resistor in series with the lock-in's sine output"
    )
    longitudinal_channel: Input = Field(
        1, description="Voltmeter input at the longitudinal contacts; 1 unless given"
    )
    hall_channel: Input = Field(2, description="Voltmeter input at the Hall contacts, 1 or 2")

    def wiring(self) -> Wiring:
        """The same as the station wants it."""
        return Wiring(self.lock_in_ballast_ohm, self.longitudinal_channel, self.hall_channel)

    def problems(self) -> Iterator[tuple[Location, str]]:
        """Two pairs of contacts need two inputs."""
        if self.longitudinal_channel == self.hall_channel:
            yield (
                ("hall_channel",),
                f"found {self.hall_channel}, which longitudinal_channel uses; expected the other",
            )


class RampSection(Section):
    """The fastest ramp in one range of field."""

    up_to_T: Annotated[Tesla, POSITIVE] = Field(alias="up_to", description="Upper end of the range")
    rate_T_per_min: TeslaPerMinute = Field(alias="rate", description="Fastest ramp in it")


class MagnetSection(Section):
    """Reach and ramp rates of the magnet."""

    field_T: Annotated[Tesla, POSITIVE] = Field(alias="field", description="Largest field, of either sign")
    ramp: Annotated[tuple[RampSection, ...], Field(min_length=1)] = Field(
        description="Ranges of field in rising order"
    )
    leads_rate_T_per_min: TeslaPerMinute | None = Field(
        None,
        alias="leads_rate",
        description="Fastest ramp of the supply while the coil is persistent; as the ranges say unless given",
    )

    def limits(self) -> MagnetLimits:
        """The same as the station wants it."""
        segments = tuple(RampSegment(s.up_to_T, s.rate_T_per_min) for s in self.ramp)
        return MagnetLimits(self.field_T, segments, self.leads_rate_T_per_min)

    def problems(self) -> Iterator[tuple[Location, str]]:
        """Ranges rise and reach the largest field."""
        for i, (low, high) in enumerate(pairwise(self.ramp)):
            if not low.up_to_T < high.up_to_T:
                text = f"found {high.up_to_T:g} T after {low.up_to_T:g} T; expected rising fields"
                yield ("ramp", i + 1, "up_to"), text
        reach = max(segment.up_to_T for segment in self.ramp)
        if reach < self.field_T:
            text = (
                f"the ranges end at {reach:g} T; expected a last range up to {self.field_T:g} T, the magnet's field"
            )
            yield ("ramp",), text


class TemperatureSection(Section):
    """What the temperature loop may be asked for."""

    base_K: Kelvin = Field(alias="base", description="Lowest set point")
    highest_K: Kelvin = Field(alias="highest", description="Highest set point")
    rate_K_per_min: KelvinPerMinute = Field(alias="rate", description="Fastest ramp")

    def problems(self) -> Iterator[tuple[Location, str]]:
        """The range is not empty."""
        if not self.base_K < self.highest_K:
            yield ("highest",), f"found {self.highest_K:g} K; expected more than base, {self.base_K:g} K"


class ExcitationSection(Section):
    """What the sample may be driven with."""

    current_A: Annotated[Ampere, POSITIVE] = Field(alias="current", description="Largest current, of either sign")
    compliance_V: Annotated[Volt, POSITIVE] = Field(alias="compliance", description="Largest compliance voltage")


class GateSection(Section):
    """What the gate may be asked for."""

    lowest_V: Volt = Field(alias="lowest", description="Lowest voltage")
    highest_V: Volt = Field(alias="highest", description="Highest voltage")
    slew_V_per_s: Annotated[VoltPerSecond, POSITIVE] = Field(alias="slew", description="Fastest change")
    leakage_A: Annotated[Ampere, POSITIVE] = Field(
        alias="leakage", description="Leakage at which the gate has tripped; also the source's compliance"
    )

    def limits(self) -> GateLimits:
        """The same as the station wants it."""
        return GateLimits(self.lowest_V, self.highest_V, self.slew_V_per_s, self.leakage_A)

    def problems(self) -> Iterator[tuple[Location, str]]:
        """The safe state, 0 V, is inside."""
        if not self.lowest_V <= 0 <= self.highest_V:
            yield ("lowest",), f"found {self.lowest_V:g} V to {self.highest_V:g} V; expected a range around 0 V"


class AccuracySection(Section):
    """Limits of error of each calibration, as data sheets give them: the truth lies within plus or minus this."""

    thermometer_K: KelvinDifference = Field(alias="thermometer", description="Sample thermometer")
    field: Annotated[Fraction, NOT_NEGATIVE] = Field(description="Field, relative")
    lag_s: Annotated[Second, NOT_NEGATIVE] = Field(
        0.0, alias="lag", description="How long the sample thermometer lags behind the sample; 0 s unless given"
    )


class LimitsSection(Section):
    """Everything the rack must not be asked for, and how well it is calibrated."""

    magnet: MagnetSection
    temperature: TemperatureSection
    excitation: ExcitationSection
    accuracy: AccuracySection
    gate: GateSection | None = Field(None, description="Of the back gate; a rack without one leaves it out")

    def limits(self) -> StationLimits:
        """The same as the station wants it."""
        temperature, excitation = self.temperature, self.excitation
        return StationLimits(
            self.magnet.limits(),
            TemperatureLimits(temperature.base_K, temperature.highest_K, temperature.rate_K_per_min),
            ExcitationLimits(excitation.current_A, excitation.compliance_V),
            self.accuracy.thermometer_K,
            self.accuracy.field,
            self.accuracy.lag_s,
            self.gate.limits() if self.gate else None,
        )


class StationFile(Section):
    """A station: instruments, wiring, limits and, for dry runs, its simulated cryostat."""

    name: Text
    backend: Literal["simulated", "visa", "pyvisa-py"] = Field(
        description="simulated, visa (the vendor's library) or pyvisa-py"
    )
    instruments: InstrumentsSection
    wiring: WiringSection
    limits: LimitsSection
    simulation: SimulationSection | None = None

    def plan(self) -> StationPlan:
        """What :mod:`instruments.opening` opens."""
        return StationPlan(
            name=self.name,
            instruments={
                role: InstrumentPlan(section.driver, section.address, section.options())
                for role, section in self.instruments.fitted().items()
            },
            wiring=self.wiring.wiring(),
            limits=self.limits.limits(),
        )

    def problems(self) -> Iterator[tuple[Location, str]]:
        """A gate needs limits; a dry run needs its cryostat, which must reach the base temperature."""
        if self.instruments.gate is not None and self.limits.gate is None:
            yield ("limits",), "'gate' is missing; the station has a gate, which must not be driven without limits"
        yield from self._gate_problems()
        if self.simulation is None:
            if self.backend == "simulated":
                yield (), "'simulation' is missing; backend 'simulated' needs this section"
            return
        base_K, lowest_K = self.limits.temperature.base_K, self.simulation.thermal.base_K
        if lowest_K > base_K:
            yield (
                ("simulation", "thermal", "base"),
                f"found {lowest_K:g} K; expected at most limits.temperature.base, {base_K:g} K",
            )

    def _gate_problems(self) -> Iterator[tuple[Location, str]]:
        """The source at the gate reaches its limits, and can watch the leakage."""
        gate, limits = self.instruments.gate, self.limits.gate
        if gate is None or limits is None:
            return
        if max(-limits.lowest_V, limits.highest_V) > gate.reach_V:
            yield (
                ("limits", "gate"),
                f"found {limits.lowest_V:g} V to {limits.highest_V:g} V; a {gate.driver} sources"
                f" {-gate.reach_V:g} V to {gate.reach_V:g} V",
            )
        if limits.leakage_A < gate.least_leakage_A:
            yield (
                ("limits", "gate", "leakage"),
                f"found {limits.leakage_A:g} A; a {gate.driver} limits its current at {gate.least_leakage_A:g} A at"
                " the least, so that less would not be watched; expected at least that, and a resistor in series"
                " that protects the sample",
            )


def load_station(path: Path | str) -> StationFile:
    """Read and validate a station file.

    Raises:
        ConfigurationError: with every problem of the file.
    """
    return load(StationFile, path)

"""The ``simulation`` of a station file: the cryostat of a dry run."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from instruments.configuration import Section
from instruments.quantities import (
    NOT_NEGATIVE,
    POSITIVE,
    EddyHeat,
    GateHeat,
    HeatPerKelvin2,
    Henry,
    Kelvin,
    KelvinDifference,
    Ohm,
    PowerPerKelvin2,
    Second,
    Tesla,
    TeslaPerAmpere,
    Volt,
    Watt,
)
from instruments.sections.magnets import GroupName
from instruments.simulation.dilution import DilutionSettings
from instruments.simulation.thermal import InsertSettings
from instruments.yaml_lines import Location


class SimulatedMagnet(Section):
    """The magnet of a dry run."""

    inductance_H: Annotated[Henry, POSITIVE] = Field(alias="inductance")
    tesla_per_ampere: Annotated[TeslaPerAmpere, POSITIVE]
    voltage_limit_V: Annotated[Volt, POSITIVE] = Field(alias="voltage_limit")
    lead_resistance_ohm: Annotated[Ohm, NOT_NEGATIVE] = Field(alias="lead_resistance")
    switch_time_s: Annotated[Second, NOT_NEGATIVE] = Field(alias="switch_time")
    field_noise_T: Annotated[Tesla, NOT_NEGATIVE] = Field(alias="field_noise")
    decay_time_s: Annotated[Second, POSITIVE] | None = Field(
        None, alias="decay_time", description="Of a persistent coil; it never decays unless given"
    )
    other_groups: tuple[GroupName, ...] = Field(
        (), description="Further axes of a Mercury iPS, such as [GRPX, GRPY]; their fields do not reach the sample"
    )


class SimulatedInsert(Section):
    """A variable-temperature insert with a sample in it."""

    kind: Literal["insert"]
    base_K: Kelvin = Field(alias="base", description="Temperature without heater power")
    insert_time_constant_s: Annotated[Second, POSITIVE] = Field(alias="insert_time_constant")
    sample_time_constant_s: Annotated[Second, POSITIVE] = Field(alias="sample_time_constant")
    sensor_lag_s: Annotated[Second, NOT_NEGATIVE] = Field(alias="sensor_lag")
    heater_power_W: Annotated[Watt, POSITIVE] = Field(alias="heater_power")
    sensor_noise_K: KelvinDifference = Field(alias="sensor_noise")
    start_K: Kelvin = Field(alias="start", description="Temperature when the dry run begins")

    def settings(self) -> InsertSettings:
        """The same as the simulation wants it."""
        return InsertSettings(
            self.base_K,
            self.insert_time_constant_s,
            self.sample_time_constant_s,
            self.sensor_lag_s,
            self.heater_power_W,
            self.sensor_noise_K,
            self.start_K,
        )


class SimulatedDilution(Section):
    """A dilution refrigerator with a sample on its mixing chamber."""

    kind: Literal["dilution"]
    base_K: Kelvin = Field(alias="base", description="Temperature of the mixing chamber without heater power")
    heat_capacity_J_per_K2: Annotated[HeatPerKelvin2, POSITIVE] = Field(
        alias="heat_capacity", description="Of the mixing chamber, per temperature"
    )
    cooling_W_per_K2: Annotated[PowerPerKelvin2, POSITIVE] = Field(
        alias="cooling", description="Cooling power per T^2 - base^2"
    )
    sample_link_W_per_K2: Annotated[PowerPerKelvin2, POSITIVE] = Field(
        alias="sample_link", description="Heat from sample to mixing chamber per difference of T^2"
    )
    sample_time_constant_s: Annotated[Second, POSITIVE] = Field(alias="sample_time_constant")
    sensor_lag_s: Annotated[Second, NOT_NEGATIVE] = Field(alias="sensor_lag")
    heater_power_W: Annotated[Watt, POSITIVE] = Field(
        alias="heater_power", description="Largest power of the heater; a range of the controller may allow less"
    )
    sensor_noise_K: KelvinDifference = Field(alias="sensor_noise")
    start_K: Kelvin = Field(alias="start", description="Temperature when the dry run begins")

    def settings(self) -> DilutionSettings:
        """The same as the simulation wants it."""
        return DilutionSettings(
            self.base_K,
            self.heat_capacity_J_per_K2,
            self.cooling_W_per_K2,
            self.sample_link_W_per_K2,
            self.sample_time_constant_s,
            self.sensor_lag_s,
            self.heater_power_W,
            self.sensor_noise_K,
            self.start_K,
        )

    def problems(self) -> Iterator[tuple[Location, str]]:
        """Nothing is colder than the base."""
        if self.start_K < self.base_K:
            yield ("start",), f"found {self.start_K:g} K; expected at least base, {self.base_K:g} K"


SimulatedThermal = Annotated[
    SimulatedInsert | SimulatedDilution,
    Field(discriminator="kind", description="How the sample is cooled: kind insert or dilution"),
]


class SimulationSection(Section):
    """The cryostat of a dry run; a real run does not read it."""

    magnet: SimulatedMagnet
    thermal: SimulatedThermal
    voltmeter_noise_V: Annotated[Volt, NOT_NEGATIVE] = Field(0.0, alias="voltmeter_noise")
    eddy_J_s_per_T2: Annotated[EddyHeat, NOT_NEGATIVE] = Field(
        0.0, alias="eddy_heat", description="Heat of a moving field per (dB/dt)^2; none unless given"
    )
    gate_J_per_V2: Annotated[GateHeat, NOT_NEGATIVE] = Field(
        0.0, alias="gate_heat", description="Heat of a moving gate per voltage step squared; none unless given"
    )

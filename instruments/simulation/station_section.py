"""The ``simulation`` of a station file: the cryostat of a dry run."""

from typing import Annotated, Literal

from pydantic import Field

from instruments.configuration import Section
from instruments.quantities import (
    NOT_NEGATIVE,
    POSITIVE,
    EddyHeat,
    GateHeat,
    Henry,
    Kelvin,
    KelvinDifference,
    Ohm,
    Second,
    Tesla,
    TeslaPerAmpere,
    Volt,
    Watt,
)
from instruments.simulation.thermal import InsertSettings


class SimulatedMagnet(Section):
    """The magnet of a dry run."""

    inductance_H: Annotated[Henry, POSITIVE] = Field(alias="inductance")
    tesla_per_ampere: Annotated[TeslaPerAmpere, POSITIVE]
    voltage_limit_V: Annotated[Volt, POSITIVE] = Field(alias="voltage_limit")
    lead_resistance_ohm: Annotated[Ohm, NOT_NEGATIVE] = Field(alias="lead_resistance")
    switch_time_s: Annotated[Second, NOT_NEGATIVE] = Field(alias="switch_time")
    field_noise_T: Annotated[Tesla, NOT_NEGATIVE] = Field(alias="field_noise")


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


SimulatedThermal = Annotated[SimulatedInsert, Field(description="How the sample is cooled")]


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

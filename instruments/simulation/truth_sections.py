"""The ``truth`` of a crystal in a sample file: one section per law. Hall and signal serve other kinds as well."""

from collections.abc import Iterator
from math import e
from typing import Annotated, Literal

from pydantic import Field

from instruments.configuration import Section
from instruments.quantities import (
    NOT_NEGATIVE,
    POSITIVE,
    Bounds,
    EnergyKelvin,
    Kelvin,
    Number,
    Ohm,
    OhmPerKelvin2,
    PerCubicMetre,
    Tesla,
    Volt,
    VoltPerRootHertz,
    VoltPerSecond,
)
from instruments.simulation.sample import (
    ActivationEnergy,
    ArrheniusTruth,
    BrokenPowerLaw,
    FluxFlowTruth,
    HallTruth,
    ModifiedTruth,
    NormalStateTruth,
    OrientationTruth,
    Parabolic,
    PowerLaw,
    Sample,
    TransitionTruth,
)
from instruments.simulation.specimen import SignalTruth
from instruments.words import Word
from instruments.yaml_lines import Location

PositiveNumber = Annotated[Number, POSITIVE]
PositiveTesla = Annotated[Tesla, POSITIVE]


class NormalStateSection(Section):
    """R_n(T) = residual_resistance + quadratic T^2."""

    residual_resistance_ohm: Annotated[Ohm, POSITIVE] = Field(alias="residual_resistance")
    quadratic_ohm_per_K2: Annotated[OhmPerKelvin2, NOT_NEGATIVE] = Field(alias="quadratic")


class HallSection(Section):
    """One kind of carrier."""

    carrier_density_per_m3: Annotated[PerCubicMetre, POSITIVE] = Field(alias="carrier_density")
    carriers: Literal["holes", "electrons"]
    misalignment: Annotated[Number, Bounds(least=-1, most=1)] = Field(
        description="Share of the longitudinal resistance that the Hall contacts pick up"
    )

    def truth(self) -> HallTruth:
        """The law."""
        return HallTruth(self.carrier_density_per_m3, 1 if self.carriers == "holes" else -1, self.misalignment)


class TransitionSection(Section):
    """The transition in zero field: 99 % of the normal resistance at the onset, 1 % at zero."""

    tc_K: Kelvin = Field(alias="tc")
    onset_K: Kelvin = Field(alias="onset")
    zero_K: Kelvin = Field(alias="zero")

    def problems(self) -> Iterator[tuple[Location, str]]:
        """zero < tc < onset."""
        if not self.zero_K < self.tc_K:
            yield ("zero",), f"found {self.zero_K:g} K; expected less than tc, {self.tc_K:g} K"
        if not self.onset_K > self.tc_K:
            yield ("onset",), f"found {self.onset_K:g} K; expected more than tc, {self.tc_K:g} K"


class PowerSection(Section):
    """U0 = energy (H/field)^-exponent."""

    law: Literal["power"]
    field_T: PositiveTesla = Field(alias="field")
    energy_K: EnergyKelvin = Field(alias="energy")
    exponent: Number

    def truth(self) -> ActivationEnergy:
        """The law."""
        return PowerLaw(self.field_T, self.energy_K, self.exponent)


class BrokenPowerSection(Section):
    """U0 = energy (H/field)^-exponent_low below the crossover, with -exponent_high above, continuous."""

    law: Literal["broken_power"]
    field_T: PositiveTesla = Field(alias="field")
    energy_K: EnergyKelvin = Field(alias="energy")
    exponent_low: Number
    exponent_high: Number
    crossover_T: PositiveTesla = Field(alias="crossover")

    def truth(self) -> ActivationEnergy:
        """The law."""
        return BrokenPowerLaw(self.field_T, self.energy_K, self.exponent_low, self.exponent_high, self.crossover_T)


class ParabolicSection(Section):
    """U0 = beta (H/1 T)^gamma (1 - H/kramer_field)^2."""

    law: Literal["parabolic"]
    beta_K: EnergyKelvin = Field(alias="beta")
    gamma: Number
    kramer_field_T: PositiveTesla = Field(alias="kramer_field")

    def truth(self) -> ActivationEnergy:
        """The law."""
        return Parabolic(self.beta_K, self.gamma, self.kramer_field_T)


EnergySection = Annotated[PowerSection | BrokenPowerSection | ParabolicSection, Field(discriminator="law")]


class ArrheniusSection(Section):
    """R = prefactor R_n exp[-U0(H) (1/T - 1/meeting_temperature)], saturated at R_n."""

    law: Literal["arrhenius"]
    meeting_temperature_K: Kelvin = Field(alias="meeting_temperature")
    prefactor: PositiveNumber
    saturation: PositiveNumber
    activation_energy: EnergySection

    def truth(self) -> ArrheniusTruth:
        """The law."""
        return ArrheniusTruth(
            self.meeting_temperature_K, self.prefactor, self.saturation, self.activation_energy.truth()
        )


class ModifiedSection(Section):
    """R = prefactor R_n 2 (U/T) exp(-U/T) with U = U0(H) (1 - T/tc)^exponent_q, saturated at R_n."""

    law: Literal["modified"]
    exponent_q: PositiveNumber
    tc_K: Kelvin = Field(alias="tc")
    prefactor: PositiveNumber
    saturation: PositiveNumber
    activation_energy: EnergySection

    def truth(self) -> ModifiedTruth:
        """The law."""
        return ModifiedTruth(
            self.exponent_q, self.tc_K, self.prefactor, self.saturation, self.activation_energy.truth()
        )

    def problems(self) -> Iterator[tuple[Location, str]]:
        """The law's maximum is 2 prefactor R_n / e: below R_n, the sample would never become normal."""
        if not 2 * self.prefactor / e > 1:
            yield (
                ("prefactor",),
                f"found {self.prefactor:g}; expected more than e/2 = {e / 2:.3f}, or it never becomes normal",
            )


class FluxFlowSection(Section):
    """Resistance that no cooling removes: zero below the onset, linear up to R_n at full."""

    onset_T: Annotated[Tesla, NOT_NEGATIVE] = Field(alias="onset")
    full_T: PositiveTesla = Field(alias="full")

    def problems(self) -> Iterator[tuple[Location, str]]:
        """onset < full."""
        if not self.full_T > self.onset_T:
            yield ("full",), f"found {self.full_T:g} T; expected more than onset, {self.onset_T:g} T"


class OrientationSection(Section):
    """What depends on the direction of the field."""

    vortices: Annotated[ArrheniusSection | ModifiedSection, Field(discriminator="law")]
    flux_flow: FluxFlowSection | None = None

    def truth(self) -> OrientationTruth:
        """The laws."""
        flow = FluxFlowTruth(self.flux_flow.onset_T, self.flux_flow.full_T) if self.flux_flow else None
        return OrientationTruth(self.vortices.truth(), flow)


class SignalSection(Section):
    """What the wires add."""

    voltage_noise_V_per_sqrtHz: Annotated[VoltPerRootHertz, NOT_NEGATIVE] = Field(alias="voltage_noise")
    thermal_voltage_V: Volt = Field(alias="thermal_voltage", description="Offset of a DC measurement")
    thermal_drift_V_per_s: VoltPerSecond = Field(alias="thermal_drift")

    def truth(self) -> SignalTruth:
        """What the wires add."""
        return SignalTruth(self.voltage_noise_V_per_sqrtHz, self.thermal_voltage_V, self.thermal_drift_V_per_s)


class CrystalSection(Section):
    """A layered crystal with vortices."""

    kind: Literal["crystal"]
    normal_state: NormalStateSection
    hall: HallSection
    transition: TransitionSection
    orientations: Annotated[dict[Word, OrientationSection], Field(min_length=1)]
    signal: SignalSection

    def sample(self, name: str, thickness_m: float | None) -> Sample:
        """The simulated crystal; its Hall effect needs the thickness."""
        assert thickness_m is not None, "seen by the sample file"
        state, transition = self.normal_state, self.transition
        return Sample(
            name=name,
            thickness_m=thickness_m,
            normal_state=NormalStateTruth(state.residual_resistance_ohm, state.quadratic_ohm_per_K2),
            hall=self.hall.truth(),
            transition=TransitionTruth(transition.tc_K, transition.onset_K, transition.zero_K),
            orientations={name: section.truth() for name, section in self.orientations.items()},
            signal=self.signal.truth(),
        )

"""The ``truth`` of a gated interface in a sample file."""

from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from instruments.configuration import Section
from instruments.quantities import (
    NOT_NEGATIVE,
    POSITIVE,
    Bounds,
    Farad,
    Kelvin,
    Metre,
    Number,
    Ohm,
    PerSquareMetre,
    PerSquareMetreVolt,
    Tesla,
    Volt,
)
from instruments.simulation.interface import STEEPEST, CarrierTruth, DipTruth, Interface
from instruments.simulation.sample import IN_PLANE, OUT_OF_PLANE
from instruments.simulation.specimen import GateTruth
from instruments.simulation.tables import positive_table
from instruments.simulation.truth_sections import SignalSection
from instruments.yaml_lines import Location


class GatedSection(Section):
    """What the gate tunes, at a few voltages; between them a spline of the logarithm, beyond them constant."""

    gate_V: Annotated[tuple[Volt, ...], Field(min_length=2)] = Field(alias="gate")
    tc_K: tuple[Kelvin, ...] = Field(alias="tc", description="At 50 % of R_n, one for each gate voltage")
    normal_ohm: tuple[Annotated[Ohm, POSITIVE], ...] = Field(
        alias="normal_resistance", description="Per square, one for each gate voltage"
    )

    def problems(self) -> Iterator[tuple[Location, str]]:
        """Gate voltages rise, and each has its values."""
        if any(b <= a for a, b in zip(self.gate_V, self.gate_V[1:], strict=False)):
            yield ("gate",), "expected voltages that rise"
        for key, values in (("tc", self.tc_K), ("normal_resistance", self.normal_ohm)):
            if len(values) != len(self.gate_V):
                yield (
                    (key,),
                    f"found {len(values)} values; expected one for each of {len(self.gate_V)} gate voltages",
                )


class ReentranceSection(Section):
    """A Gaussian dip of Tc(B) in a field along the interface; the resistance has its peak there."""

    peak_field_T: Annotated[Tesla, POSITIVE] = Field(alias="peak_field", description="Where Tc(B) is least")
    width_T: Annotated[Tesla, POSITIVE] = Field(alias="width", description="Standard deviation of the dip")
    depth_K: tuple[Kelvin, ...] = Field(alias="depth", description="One for each gate voltage")


class SheetSection(Section):
    """One kind of carrier; n(Vg) = sheet_density + per_volt Vg."""

    sheet_density_per_m2: Annotated[PerSquareMetre, POSITIVE] = Field(alias="sheet_density")
    per_volt_per_m2: PerSquareMetreVolt = Field(alias="per_volt")
    carriers: Literal["holes", "electrons"]
    misalignment: Annotated[Number, Bounds(least=-1, most=1)] = Field(
        description="Share of the longitudinal resistance that the Hall contacts pick up"
    )


class DielectricSection(Section):
    """The gate's dielectric."""

    capacitance_F: Annotated[Farad, POSITIVE] = Field(alias="capacitance")
    leakage_ohm: Annotated[Ohm, POSITIVE] = Field(alias="leakage_resistance")
    breakdown_V: Annotated[Volt, POSITIVE] = Field(alias="breakdown")
    breakdown_scale_V: Annotated[Volt, POSITIVE] = Field(
        alias="breakdown_scale", description="Beyond breakdown the leakage grows by e every so many volts"
    )
    hysteresis_V: Annotated[Volt, NOT_NEGATIVE] = Field(alias="hysteresis", description="Width of the loop")


class InterfaceSection(Section):
    """A superconducting interface under a gate."""

    kind: Literal["interface"]
    gated: GatedSection
    width_K: Kelvin = Field(alias="width", description="Of the transition, from 1 % to 99 % of R_n")
    coherence_length_m: Annotated[Metre, POSITIVE] = Field(
        alias="coherence_length", description="Of Bc2(0) across the interface, phi0/(2 pi xi^2)"
    )
    parallel_field_T: Annotated[Tesla, POSITIVE] = Field(alias="parallel_field", description="Bc2(0) along it")
    reentrance: ReentranceSection | None = None
    hall: SheetSection
    gate: DielectricSection
    signal: SignalSection

    @property
    def orientations(self) -> tuple[str, ...]:
        """Directions of the field that it knows."""
        return OUT_OF_PLANE, IN_PLANE

    def sample(self, name: str, thickness_m: float | None) -> Interface:
        """The simulated interface."""
        gate, hall = np.array(self.gated.gate_V), self.hall
        return Interface(
            name,
            thickness_m,
            positive_table(gate, np.array(self.gated.tc_K)),
            positive_table(gate, np.array(self.gated.normal_ohm)),
            self.width_K,
            self.coherence_length_m,
            self.parallel_field_T,
            self._dip(),
            CarrierTruth(
                hall.sheet_density_per_m2,
                hall.per_volt_per_m2,
                1 if hall.carriers == "holes" else -1,
                hall.misalignment,
            ),
            GateTruth(
                self.gate.capacitance_F,
                self.gate.leakage_ohm,
                self.gate.breakdown_V,
                self.gate.breakdown_scale_V,
                self.gate.hysteresis_V,
            ),
            self.signal.truth(),
        )

    def _dip(self) -> DipTruth | None:
        dip = self.reentrance
        if dip is None:
            return None
        depth_K = positive_table(np.array(self.gated.gate_V), np.array(dip.depth_K))
        return DipTruth(depth_K, dip.width_T, dip.peak_field_T)

    def problems(self) -> Iterator[tuple[Location, str]]:
        """Carriers everywhere, a width below Tc, and a dip that Tc(B) rises out of at every gate voltage."""
        if not self.width_K < min(self.gated.tc_K):
            yield (
                ("width",),
                f"found {self.width_K:g} K; expected less than the lowest tc, {min(self.gated.tc_K):g} K",
            )
        for gate_V in (self.gated.gate_V[0], self.gated.gate_V[-1]):
            density = self.hall.sheet_density_per_m2 + self.hall.per_volt_per_m2 * gate_V
            if not density > 0:
                yield ("hall", "per_volt"), f"at {gate_V:g} V it leaves {density:g} carriers per m^2"
        if self.reentrance is not None:
            yield from self._dip_problems(self.reentrance)

    def _dip_problems(self, dip: ReentranceSection) -> Iterator[tuple[Location, str]]:
        gates = self.gated.gate_V
        if len(dip.depth_K) != len(gates):
            text = f"found {len(dip.depth_K)} values; expected one for each of {len(gates)} gate voltages"
            yield ("reentrance", "depth"), text
            return
        law = self._dip()
        assert law is not None
        tc = positive_table(np.array(gates), np.array(self.gated.tc_K))
        for gate_V in np.linspace(gates[0], gates[-1], 201).tolist():
            tc_K, depth_K = tc.at(gate_V), law.depth_K.at(gate_V)
            steepness = law.steepness(tc_K, self.parallel_field_T, depth_K)
            if not steepness < STEEPEST:
                yield (
                    ("reentrance", "depth"),
                    f"at {gate_V:.4g} V a dip of {depth_K:.3g} K is too shallow for a minimum of Tc(B);"
                    f" expected more than {depth_K * steepness / STEEPEST:.3g} K",
                )
                return

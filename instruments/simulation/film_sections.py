"""The ``truth`` of a film in a sample file."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from instruments.configuration import Section
from instruments.quantities import (
    NOT_NEGATIVE,
    POSITIVE,
    Bounds,
    Kelvin,
    Number,
    Ohm,
    PerTesla,
    Tesla,
    TeslaPerKelvin,
)
from instruments.simulation.film import COLD_K, HOT_K, BoundaryTruth, Film, FilmNormalTruth
from instruments.simulation.sample import IN_PLANE, OUT_OF_PLANE
from instruments.simulation.truth_sections import HallSection, SignalSection
from instruments.yaml_lines import Location


class FilmNormalSection(Section):
    """R_n(T, B): residual resistance, phonons after Bloch and Grueneisen, a weak magnetoresistance."""

    residual_resistance_ohm: Annotated[Ohm, POSITIVE] = Field(alias="residual_resistance")
    resistance_ratio: Annotated[Number, Bounds(least=1)] = Field(description="R(300 K)/R(20 K) in no field")
    debye_temperature_K: Kelvin = Field(alias="debye_temperature")
    magnetoresistance_per_T: Annotated[PerTesla, NOT_NEGATIVE] = Field(
        alias="magnetoresistance",
        description="Growth of R_n per tesla, quadratic below crossover and straight above",
    )
    crossover_T: Annotated[Tesla, POSITIVE] = Field(alias="crossover")

    def truth(self) -> FilmNormalTruth:
        """The law."""
        return FilmNormalTruth(
            self.residual_resistance_ohm,
            self.resistance_ratio,
            self.debye_temperature_K,
            self.magnetoresistance_per_T,
            self.crossover_T,
        )

    def problems(self) -> Iterator[tuple[Location, str]]:
        """Phonons alone have the largest ratio there can be."""
        most = self.truth().highest_ratio
        if not self.resistance_ratio < most:
            yield (
                ("resistance_ratio",),
                f"found {self.resistance_ratio:g}; phonons with this Debye temperature alone have"
                f" R({HOT_K:g} K)/R({COLD_K:g} K) = {most:.4g}",
            )


class BoundarySection(Section):
    """Tc in no field, and Hc2(T) at 90 % of R_n after Werthamer, Helfand and Hohenberg."""

    tc_K: Kelvin = Field(alias="tc", description="At 50 % of R_n")
    width_K: Kelvin = Field(alias="width", description="From 1 % to 99 % of R_n in no field")
    slope_T_per_K: Annotated[TeslaPerKelvin, POSITIVE] = Field(alias="slope", description="|dHc2/dT| at Tc")
    maki: Annotated[Number, NOT_NEGATIVE]
    spin_orbit: Annotated[Number, NOT_NEGATIVE]
    field_exponent: Annotated[Number, Bounds(least=1)] = Field(
        description="Bc2(0) of a patch goes with this power of its Tc; transitions widen with field above 1"
    )

    def truth(self) -> BoundaryTruth:
        """The law."""
        return BoundaryTruth(
            self.tc_K, self.width_K, self.slope_T_per_K, self.maki, self.spin_orbit, self.field_exponent
        )

    def problems(self) -> Iterator[tuple[Location, str]]:
        """The patches' Tc are positive."""
        if not self.width_K < 0.5 * self.tc_K:
            yield ("width",), f"found {self.width_K:g} K; expected less than half of tc, {0.5 * self.tc_K:g} K"


class FilmSection(Section):
    """A film whose Hc2 is the same in every direction."""

    kind: Literal["film"]
    normal_state: FilmNormalSection
    upper_critical_field: BoundarySection
    hall: HallSection
    signal: SignalSection

    @property
    def orientations(self) -> tuple[str, ...]:
        """Directions of the field that it knows."""
        return OUT_OF_PLANE, IN_PLANE

    def sample(self, name: str, thickness_m: float | None) -> Film:
        """The simulated film; its Hall effect needs the thickness."""
        assert thickness_m is not None, "seen by the sample file"
        return Film(
            name,
            thickness_m,
            self.normal_state.truth(),
            self.upper_critical_field.truth(),
            self.hall.truth(),
            self.signal.truth(),
        )

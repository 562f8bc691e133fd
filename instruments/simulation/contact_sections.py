"""The ``truth`` of a point contact in a sample file."""

from typing import Annotated, Literal

from pydantic import Field

from instruments.configuration import Section
from instruments.quantities import NOT_NEGATIVE, POSITIVE, EnergyMilliElectronVolt, Number, Ohm
from instruments.simulation.contact import GapTruth, PointContact
from instruments.simulation.film_sections import BoundarySection
from instruments.simulation.sample import IN_PLANE, OUT_OF_PLANE
from instruments.simulation.truth_sections import SignalSection


class JunctionSection(Section):
    """Blonder, Tinkham and Klapwijk with a finite lifetime."""

    normal_resistance_ohm: Annotated[Ohm, POSITIVE] = Field(alias="normal_resistance")
    series_resistance_ohm: Annotated[Ohm, NOT_NEGATIVE] = Field(
        alias="series_resistance",
        description="Of what current and voltage contacts share, beside the contact's own",
    )
    barrier: Annotated[Number, NOT_NEGATIVE] = Field(description="Z")
    broadening_meV: Annotated[EnergyMilliElectronVolt, POSITIVE] = Field(alias="broadening")


class GapSection(Section):
    """Delta(T, B): weak-coupling shape in temperature, and a law of the field."""

    ratio: Annotated[Number, POSITIVE] = Field(description="2 Delta(0)/(k Tc)")
    in_field: Literal["parabolic", "thin film", "vortex average", "pair breaking"] = Field(
        description="Delta(B)/Delta(0) against B/Bc2(T)"
    )


class ContactSection(Section):
    """A point contact on a film; Tc and Bc2 of the gap are those of the film's transition at 50 %."""

    kind: Literal["point_contact"]
    junction: JunctionSection
    gap: GapSection
    upper_critical_field: BoundarySection
    signal: SignalSection

    @property
    def orientations(self) -> tuple[str, ...]:
        """Directions of the field that it knows."""
        return OUT_OF_PLANE, IN_PLANE

    def sample(self, name: str, thickness_m: float | None) -> PointContact:
        """The simulated contact."""
        return PointContact(
            name,
            self.junction.normal_resistance_ohm,
            self.junction.series_resistance_ohm,
            self.junction.barrier,
            self.junction.broadening_meV,
            GapTruth(self.gap.ratio, self.gap.in_field, self.upper_critical_field.truth()),
            self.signal.truth(),
        )

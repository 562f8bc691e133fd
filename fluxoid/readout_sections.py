"""How an experiment file says in which way a resistance is read."""

from typing import Annotated, Literal

from pydantic import Field

from instruments.configuration import Section
from instruments.quantities import POSITIVE, Ampere, Bounds, Hertz, Number, Second, Volt


class LockInSection(Section):
    """A lock-in amplifier drives the sample through its ballast resistor."""

    kind: Literal["lock_in"]
    current_A: Annotated[Ampere, POSITIVE] = Field(alias="current", description="Excitation, rms")
    frequency_Hz: Annotated[Hertz, POSITIVE] = Field(alias="frequency")
    time_constant_s: Annotated[Second, POSITIVE] = Field(
        0.3, alias="time_constant", description="Time constant of the filter; 300 ms unless given"
    )
    filter_slope_dB: Literal[6, 12, 18, 24] = Field(
        12, alias="filter_slope", description="Slope of the filter in dB per octave; 12 unless given"
    )
    sensitivity_V: Annotated[Volt, POSITIVE] = Field(alias="sensitivity", description="Full scale, rms")


class DcReversalSection(Section):
    """A DC current of alternating sign and a nanovoltmeter."""

    kind: Literal["dc_reversal"]
    current_A: Annotated[Ampere, POSITIVE] = Field(alias="current", description="Excitation, either sign in turn")
    compliance_V: Annotated[Volt, POSITIVE] = Field(
        1.0, alias="compliance", description="Voltage limit of the current source; 1 V unless given"
    )
    integration_plc: Annotated[Number, Bounds(least=0.01, most=60)] = Field(
        5.0, alias="integration", description="Integration time in power-line cycles; 5 unless given"
    )
    range_V: Annotated[Volt, POSITIVE] = Field(alias="range", description="Range of the voltmeter")


ReadoutSection = Annotated[LockInSection | DcReversalSection, Field(discriminator="kind")]

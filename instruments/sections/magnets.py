"""Magnet supplies in a station file."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from instruments.quantities import POSITIVE, Bounds, Second, TeslaPerAmpere
from instruments.sections.common import InstrumentSection, pattern

GroupName = Annotated[str, pattern(r"GRP[A-Z]", "a magnet group, such as 'GRPZ'")]
#: Supplies may be told to let a switch cool for an hour, and no run waits for much longer.
SwitchTime = Annotated[Second, Bounds(above=0.0, most=3600.0)]


class MercuryIps(InstrumentSection):
    """Oxford Instruments Mercury iPS."""

    driver: Literal["mercury_ips"]
    group: GroupName = Field(description="Magnet group, such as GRPZ")
    switch: StrictBool = Field(description="Whether a persistent switch is fitted: true or false")
    switch_time_s: SwitchTime = Field(
        60.0, alias="switch_time", description="Time the switch takes to warm or cool; 60 s unless given"
    )


class Ami430(InstrumentSection):
    """American Magnetics Model 430."""

    driver: Literal["ami_430"]
    switch: StrictBool = Field(description="Whether a persistent switch is fitted: true or false")


class Ips120(InstrumentSection):
    """Oxford Instruments IPS 120-10."""

    driver: Literal["ips_120"]
    switch: StrictBool = Field(description="Whether a persistent switch is fitted: true or false")
    switch_time_s: SwitchTime = Field(
        60.0, alias="switch_time", description="Time the switch takes to warm or cool; 60 s unless given"
    )


class Cryomagnetics4G(InstrumentSection):
    """Cryomagnetics Model 4G."""

    driver: Literal["cryomagnetics_4g"]
    tesla_per_ampere: Annotated[TeslaPerAmpere, POSITIVE] = Field(
        description="Coil constant, as it stands in the supply's own setup"
    )
    switch: StrictBool = Field(description="Whether a persistent switch is fitted: true or false")
    switch_time_s: SwitchTime = Field(
        60.0, alias="switch_time", description="Time the switch takes to warm or cool; 60 s unless given"
    )


class MultiPyVu(InstrumentSection):
    """Quantum Design PPMS through MultiPyVu: magnet, temperature and sample thermometer at one address."""

    driver: Literal["multipyvu"]

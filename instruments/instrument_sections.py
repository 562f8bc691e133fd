"""The instruments of a station file by role: which drivers can play it, and which addresses go together."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from instruments.configuration import Section
from instruments.sections.common import InstrumentSection
from instruments.sections.magnets import Ami430, Cryomagnetics4G, Ips120, MercuryIps, MultiPyVu
from instruments.sections.temperature import (
    Itc503,
    LakeShoreLoop,
    LakeShoreSensor,
    MercuryItcLoop,
    MercuryItcSensor,
)
from instruments.sections.transport import (
    Gs200,
    Keithley2182a,
    Keithley2400,
    Keithley2450,
    Keithley6221,
    Mfli,
    SignalRecovery7265,
    Sr830,
    Sr860,
    Sr865a,
)
from instruments.station import RIVALS
from instruments.yaml_lines import Location

#: Several drivers play the role: the word at ``driver`` says which section this is.
ByDriver = Field(discriminator="driver")


class InstrumentsSection(Section):
    """Instruments by role; a role that the rack lacks is left out."""

    roles: ClassVar[tuple[str, ...]] = (
        "magnet",
        "temperature",
        "sample_thermometer",
        "lock_in",
        "hall_lock_in",
        "current_source",
        "voltmeter",
        "delta_meter",
        "gate",
    )

    magnet: Annotated[MercuryIps | Ips120 | Ami430 | Cryomagnetics4G | MultiPyVu, ByDriver] | None = Field(
        None, description="The magnet supply"
    )
    temperature: Annotated[MercuryItcLoop | Itc503 | MultiPyVu | LakeShoreLoop, ByDriver] | None = Field(
        None, description="The temperature loop that is commanded"
    )
    sample_thermometer: Annotated[MercuryItcSensor | Itc503 | MultiPyVu | LakeShoreSensor, ByDriver] | None = Field(
        None, description="The sensor beside the sample"
    )
    lock_in: Annotated[Sr830 | Sr860 | Sr865a | SignalRecovery7265 | Mfli, ByDriver] | None = Field(
        None, description="The lock-in amplifier that drives the sample"
    )
    hall_lock_in: Annotated[Sr830 | Sr860 | Sr865a | SignalRecovery7265 | Mfli, ByDriver] | None = Field(
        None, description="The lock-in amplifier at the Hall contacts"
    )
    current_source: Annotated[Keithley6221 | Gs200, ByDriver] | None = Field(
        None, description="The DC current source"
    )
    voltmeter: Keithley2182a | None = Field(None, description="The DC nanovoltmeter")
    delta_meter: Keithley6221 | None = Field(
        None, description="The current source that reverses by itself, a 2182A on its serial port"
    )
    gate: Annotated[Keithley2400 | Keithley2450 | Gs200, ByDriver] | None = Field(
        None, description="The source at the back gate"
    )

    def fitted(self) -> dict[str, InstrumentSection]:
        """The instruments that the rack has, by role."""
        found = ((role, getattr(self, role)) for role in self.roles)
        return {role: section for role, section in found if section is not None}

    def problems(self) -> Iterator[tuple[Location, str]]:
        """One address is one instrument: it may appear twice under one driver, in roles that it can play both."""
        from instruments.addresses import canonical

        fitted = self.fitted()
        if not fitted:
            yield (), f"there is no instrument; expected at least one of {', '.join(self.roles)}"
        addresses = {role: canonical(section.address) for role, section in fitted.items()}
        first: dict[str, str] = {}
        for role, section in fitted.items():
            other = first.setdefault(addresses[role], role)
            if fitted[other].driver != section.driver:
                yield (
                    (role, "address"),
                    f"found {section.address!r}, which is already the address of {other}"
                    f" (driver {fitted[other].driver!r}); expected another address for {section.driver!r}",
                )
            elif addresses.get(RIVALS.get(role, "")) == addresses[role]:
                yield (
                    (role, "address"),
                    f"found {section.address!r}, which is already the address of {RIVALS[role]}; expected another"
                    " instrument: one cannot play both roles",
                )

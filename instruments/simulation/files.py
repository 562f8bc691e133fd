"""The schema of configs/samples/*.yaml, and the simulated sample and cryostat made from files."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from instruments.configuration import Section, load
from instruments.errors import ConfigurationError
from instruments.quantities import POSITIVE, Metre
from instruments.simulation.contact_sections import ContactSection
from instruments.simulation.cryostat import CryostatSettings
from instruments.simulation.film_sections import FilmSection
from instruments.simulation.interface_sections import InterfaceSection
from instruments.simulation.kinds import AnySample
from instruments.simulation.truth_sections import CrystalSection
from instruments.station_file import StationFile
from instruments.words import Text
from instruments.yaml_lines import Location, suggest

TruthSection = Annotated[
    CrystalSection | FilmSection | ContactSection | InterfaceSection, Field(discriminator="kind")
]


class SampleFile(Section):
    """A sample; without ``truth`` it cannot be simulated, and a real run needs no more."""

    name: Text
    thickness_m: Annotated[Metre, POSITIVE] | None = Field(
        None, alias="thickness", description="Without it a Hall measurement gives carriers per area only"
    )
    truth: TruthSection | None = Field(None, description="What a dry run is made of")

    def problems(self) -> Iterator[tuple[Location, str]]:
        """The Hall effect of a body needs its thickness."""
        if isinstance(self.truth, CrystalSection | FilmSection) and self.thickness_m is None:
            yield (), f"'thickness' is missing; the simulated Hall effect of a {self.truth.kind} needs it"

    def sample(self) -> AnySample:
        """The simulated sample.

        Raises:
            ConfigurationError: the file has no truth.
        """
        if self.truth is None:
            raise ConfigurationError(f"sample {self.name}: 'truth' is missing; a dry run is made of it")
        return self.truth.sample(self.name, self.thickness_m)

    def missing_orientation(self, orientation: str) -> str | None:
        """Why a dry run cannot measure in this orientation, or None when it can."""
        if self.truth is None:
            return f"sample {self.name} has no 'truth'; a dry run is made of it"
        known = list(self.truth.orientations)
        if orientation in known:
            return None
        return f"found {orientation!r}; sample {self.name} has {' and '.join(map(repr, known))}" + suggest(
            orientation, known
        )


def load_sample(path: Path | str) -> SampleFile:
    """Read and validate a sample file.

    Raises:
        ConfigurationError: with every problem of the file.
    """
    return load(SampleFile, path)


def cryostat_settings(station: StationFile) -> CryostatSettings:
    """The simulated cryostat that a station file describes.

    Raises:
        ConfigurationError: the file has no simulation section.
    """
    simulation = station.simulation
    if simulation is None:
        raise ConfigurationError(f"station {station.name}: 'simulation' is missing; a dry run needs this section")
    magnet, accuracy = simulation.magnet, station.limits.accuracy
    supply = station.instruments.magnet
    return CryostatSettings(
        inductance_H=magnet.inductance_H,
        tesla_per_ampere=magnet.tesla_per_ampere,
        voltage_limit_V=magnet.voltage_limit_V,
        lead_resistance_ohm=magnet.lead_resistance_ohm,
        switch_fitted=supply is not None and bool(supply.options().get("switch", False)),
        switch_time_s=magnet.switch_time_s,
        decay_time_s=math.inf if magnet.decay_time_s is None else magnet.decay_time_s,
        field_noise_T=magnet.field_noise_T,
        thermal=simulation.thermal.settings(),
        voltmeter_noise_V=simulation.voltmeter_noise_V,
        thermometer_accuracy_K=accuracy.thermometer_K,
        field_accuracy=accuracy.field,
        eddy_J_s_per_T2=simulation.eddy_J_s_per_T2,
        gate_J_per_V2=simulation.gate_J_per_V2,
    )

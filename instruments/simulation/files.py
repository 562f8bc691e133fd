"""The schema of configs/samples/*.yaml, and the simulated sample and cryostat made from files."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from instruments.configuration import Section, load
from instruments.errors import ConfigurationError
from instruments.quantities import (
    POSITIVE,
    Metre,
)
from instruments.simulation.cryostat import CryostatSettings
from instruments.simulation.sample import (
    HallTruth,
    NormalStateTruth,
    Sample,
    SignalTruth,
    TransitionTruth,
)
from instruments.simulation.truth_sections import TruthSection
from instruments.station_file import StationFile
from instruments.words import Text
from instruments.yaml_lines import suggest


class SampleFile(Section):
    """A sample; without ``truth`` it cannot be simulated, and a real run needs no more."""

    name: Text
    thickness_m: Annotated[Metre, POSITIVE] = Field(alias="thickness")
    truth: TruthSection | None = Field(None, description="What a dry run is made of")

    def sample(self) -> Sample:
        """The simulated sample.

        Raises:
            ConfigurationError: the file has no truth.
        """
        truth = self.truth
        if truth is None:
            raise ConfigurationError(f"sample {self.name}: 'truth' is missing; a dry run is made of it")
        return Sample(
            name=self.name,
            thickness_m=self.thickness_m,
            normal_state=NormalStateTruth(
                truth.normal_state.residual_resistance_ohm, truth.normal_state.quadratic_ohm_per_K2
            ),
            hall=HallTruth(
                truth.hall.carrier_density_per_m3,
                1 if truth.hall.carriers == "holes" else -1,
                truth.hall.misalignment,
            ),
            transition=TransitionTruth(truth.transition.tc_K, truth.transition.onset_K, truth.transition.zero_K),
            orientations={name: section.truth() for name, section in truth.orientations.items()},
            signal=SignalTruth(
                truth.signal.voltage_noise_V_per_sqrtHz,
                truth.signal.thermal_voltage_V,
                truth.signal.thermal_drift_V_per_s,
            ),
        )

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
        switch_fitted=supply is not None and supply.switch,
        switch_time_s=magnet.switch_time_s,
        field_noise_T=magnet.field_noise_T,
        thermal=simulation.thermal.settings(),
        voltmeter_noise_V=simulation.voltmeter_noise_V,
        thermometer_accuracy_K=accuracy.thermometer_K,
        field_accuracy=accuracy.field,
        eddy_J_s_per_T2=simulation.eddy_J_s_per_T2,
        gate_J_per_V2=simulation.gate_J_per_V2,
    )

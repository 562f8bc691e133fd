"""What the cryostat asks of whatever sample sits in it. The kinds of sample implement it, each in its own file."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol

from analysis.errors import AnalysisError

ChannelKind = Literal["longitudinal", "hall"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the sample is now. ``gate_V`` is the voltage across the dielectric; 0 without a gate."""

    temperature_K: float
    field_T: float
    orientation: str
    gate_V: float = 0.0


@dataclass(frozen=True, slots=True)
class SignalTruth:
    """What the wires add: white voltage noise, a thermal voltage and its drift."""

    voltage_noise_V_per_sqrtHz: float
    thermal_voltage_V: float
    thermal_drift_V_per_s: float


@dataclass(frozen=True, slots=True)
class GateTruth:
    """The gate's dielectric.

    Leakage is a resistance, and above ``breakdown_V`` (of either sign) a current that grows by e every
    ``breakdown_scale_V``, 1 nA at its begin. ``hysteresis_V`` is the width of the loop of the polarisation.
    """

    capacitance_F: float
    leakage_ohm: float
    breakdown_V: float
    breakdown_scale_V: float
    hysteresis_V: float


def check_place(name: str, orientations: Collection[str], orientation: str, coldest_K: float) -> None:
    """Whether a sample can be asked for this place.

    Raises:
        AnalysisError: it has no such orientation, or the temperature is not positive.
    """
    if orientation not in orientations:
        raise AnalysisError(f"sample {name} has no orientation {orientation!r}; it has {', '.join(orientations)}")
    if not coldest_K > 0:
        raise AnalysisError(f"temperature must be positive; found {coldest_K!r}")


class Specimen(Protocol):
    """A simulated sample with contacts, and perhaps a gate."""

    @property
    def name(self) -> str:
        """The sample's name."""
        ...

    @property
    def orientations(self) -> Collection[str]:
        """Directions of the field that the sample knows."""
        ...

    @property
    def signal(self) -> SignalTruth:
        """What the wires add."""
        ...

    @property
    def gate(self) -> GateTruth | None:
        """The gate's dielectric, or None without a gate."""
        ...

    def dc_voltage(self, contacts: ChannelKind, current_A: float, at: Surroundings) -> float:
        """Voltage in V across the contacts for a direct current, without noise and thermal voltage."""
        ...

    def ac_voltage(
        self, contacts: ChannelKind, current_rms_A: float, bias_current_A: float, at: Surroundings
    ) -> float:
        """First harmonic, in V rms, for a small alternating current on top of a direct one, without noise."""
        ...

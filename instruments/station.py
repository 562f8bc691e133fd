"""A station: the instruments of one rack by role, with their limits. Opened by :mod:`instruments.opening`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from instruments.clock import Clock
from instruments.delta_role import DeltaMeter
from instruments.errors import ConfigurationError
from instruments.limits import ExcitationLimits, GateLimits, MagnetLimits, TemperatureLimits
from instruments.roles import (
    CurrentSource,
    Identity,
    Instrument,
    LockIn,
    Magnet,
    Scalar,
    TemperatureController,
    Thermometer,
    VoltageSource,
    Voltmeter,
)

#: Every role a rack can fill, in the order in which they are made safe.
ROLES = (
    "gate",
    "lock_in",
    "hall_lock_in",
    "current_source",
    "delta_meter",
    "magnet",
    "temperature",
    "sample_thermometer",
    "voltmeter",
)

#: Roles with the one that the same instrument cannot play beside: a lock-in reads one pair of contacts, a source
#: drives one thing.
RIVALS: Mapping[str, str] = {"hall_lock_in": "lock_in", "gate": "current_source"}


@dataclass(frozen=True, slots=True)
class Wiring:
    """How the sample is connected: the lock-in's ballast resistor and the voltmeter's inputs.

    A rack without voltmeter or Hall contacts leaves the inputs as they are.
    """

    lock_in_ballast_ohm: float
    longitudinal_channel: int = 1
    hall_channel: int = 2


@dataclass(frozen=True, slots=True)
class StationLimits:
    """Every declared limit of the rack."""

    magnet: MagnetLimits
    temperature: TemperatureLimits
    excitation: ExcitationLimits
    thermometer_accuracy_K: float
    field_accuracy: float
    thermometer_lag_s: float = 0.0
    gate: GateLimits | None = None


@dataclass(frozen=True, slots=True)
class InstrumentPlan:
    """One instrument to open: driver name, VISA address, and the driver's options by their key in the file."""

    driver: str
    address: str
    options: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class StationPlan:
    """A station before anything is opened; ``instruments`` by role."""

    name: str
    instruments: Mapping[str, InstrumentPlan]
    wiring: Wiring
    limits: StationLimits


@dataclass(frozen=True, slots=True)
class Station:
    """Instruments by role; a role that the rack lacks is None.

    ``temperature`` is the loop that is commanded, ``sample_thermometer`` the sensor beside the sample whose
    reading is recorded. ``limits.thermometer_accuracy_K`` and ``limits.field_accuracy`` (relative) are limits of
    error, as data sheets give them; ``limits.thermometer_lag_s`` is how long that sensor lags behind the sample.
    ``lock_in`` drives the sample and reads the longitudinal contacts; ``hall_lock_in`` follows its reference and
    reads the Hall contacts. ``gate`` is the source-meter at the back gate; ``delta_meter`` reverses its current by
    itself.
    """

    name: str
    clock: Clock
    limits: StationLimits
    wiring: Wiring
    magnet: Magnet | None = None
    temperature: TemperatureController | None = None
    sample_thermometer: Thermometer | None = None
    lock_in: LockIn | None = None
    current_source: CurrentSource | None = None
    voltmeter: Voltmeter | None = None
    hall_lock_in: LockIn | None = None
    gate: VoltageSource | None = None
    delta_meter: DeltaMeter | None = None

    def instruments(self) -> Iterator[tuple[str, Instrument]]:
        """Role name and instrument, in the order in which they are made safe: gate and excitation first."""
        for role in ROLES:
            instrument: Instrument | None = getattr(self, role)
            if instrument is not None:
                yield role, instrument

    def require(self, role: str) -> Instrument:
        """The instrument in a role.

        Raises:
            ConfigurationError: the station has none.
        """
        instrument: Instrument | None = getattr(self, role)
        if instrument is None:
            present = ", ".join(name for name, _ in self.instruments()) or "none"
            raise ConfigurationError(f"station {self.name} has no {role}; it has {present}")
        return instrument

    def identify(self) -> dict[str, Identity]:
        """Ask every instrument who it is."""
        return {role: instrument.identify() for role, instrument in self.instruments()}

    def snapshot(self) -> dict[str, Mapping[str, Scalar]]:
        """Settings of every instrument."""
        return {role: instrument.snapshot() for role, instrument in self.instruments()}

    def make_safe(self) -> list[str]:
        """Bring every instrument to its safe state, all of them even when some fail.

        Returns:
            One line for each instrument that could not be made safe; empty when all is well.
        """
        return self._for_all("make_safe")

    def close(self) -> list[str]:
        """Release all connections; lines as in :meth:`make_safe`."""
        return self._for_all("close")

    def _for_all(self, verb: str) -> list[str]:
        failures = []
        for role, instrument in self.instruments():
            try:
                getattr(instrument, verb)()
            except Exception as error:  # noqa: BLE001  whatever fails here, the instruments after it are reached
                failures.append(f"{role}: {verb} failed: {error}")
        return failures

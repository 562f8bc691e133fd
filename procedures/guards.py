"""Guards: what is watched while anything else is waited for. A guard that cannot be read trips."""

from dataclasses import dataclass
from typing import Protocol

from instruments.errors import GuardTripped, MagnetQuenched
from instruments.limits import TemperatureLimits
from instruments.roles import Magnet, MagnetState, ReadingFlag, TemperatureController, Thermometer
from instruments.station import Station


class Guard(Protocol):
    """Something that must stay true."""

    name: str

    def check(self) -> None:
        """Raise GuardTripped when it is not."""
        ...


@dataclass
class MagnetGuard:
    """The magnet neither quenched nor at fault."""

    magnet: Magnet
    name: str = "the magnet's state"

    def check(self) -> None:
        """Raise MagnetQuenched after a quench, GuardTripped on a fault."""
        status = self.magnet.status()
        if status.state is MagnetState.QUENCHED:
            raise MagnetQuenched(
                f"the magnet quenched ({status.detail or 'no detail given'}); the run was stopped. Inspect the"
                " cryostat, then acknowledge the quench at the supply"
            )
        if status.state is MagnetState.FAULT:
            raise GuardTripped(f"the magnet supply reports a fault ({status.detail}); the run was stopped")


@dataclass
class TemperatureGuard:
    """The sample's temperature inside the declared limits, and believable."""

    thermometer: Thermometer
    limits: TemperatureLimits
    name: str = "the sample temperature"

    def check(self) -> None:
        """Raise GuardTripped above the highest temperature or when the sensor fails."""
        reading = self.thermometer.read_temperature()
        if reading.flags & (ReadingFlag.OVERLOAD | ReadingFlag.STALE):
            raise GuardTripped(f"the sample thermometer cannot be believed ({reading.flags}); the run was stopped")
        if not 0 < reading.value <= self.limits.max_K:
            raise GuardTripped(
                f"the sample is at {reading.value:g} K; allowed is up to {self.limits.max_K:g} K;"
                " the run was stopped"
            )


@dataclass
class LoopGuard:
    """A temperature loop that was turned on is still on: protections turn heaters off on their own."""

    controller: TemperatureController
    armed: bool = False
    name: str = "the temperature loop"

    def check(self) -> None:
        """Raise GuardTripped when the loop went off by itself."""
        if self.armed and not self.controller.loop_is_on():
            raise GuardTripped(
                "the temperature loop went off by itself (a protection of the controller?); the run was stopped"
            )


def standard_guards(station: Station) -> list[Guard]:
    """The guards every run has, for the roles this station fills."""
    guards: list[Guard] = []
    if station.magnet is not None:
        guards.append(MagnetGuard(station.magnet))
    if station.sample_thermometer is not None:
        guards.append(TemperatureGuard(station.sample_thermometer, station.limits.temperature))
    if station.temperature is not None:
        guards.append(LoopGuard(station.temperature))
    return guards

"""Guards: what is watched while anything else is waited for. A guard that cannot be read trips."""

import math
from dataclasses import dataclass
from typing import Protocol

from instruments.errors import GuardTripped, MagnetQuenched
from instruments.limits import GateLimits, TemperatureLimits
from instruments.roles import (
    Magnet,
    MagnetState,
    ReadingFlag,
    SourceReading,
    TemperatureController,
    Thermometer,
    VoltageSource,
)
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


@dataclass
class GateGuard:
    """The gate does not leak: two readings in a row beyond the limit, or in compliance, trip it.

    A single one may be the charge of a step. Armed while the gate is on.
    """

    gate: VoltageSource
    limits: GateLimits
    armed: bool = False
    name: str = "the gate's leakage"
    strikes: int = 0

    def check(self) -> None:
        """Raise GuardTripped when the gate leaks or its output went off by itself."""
        if not self.armed:
            return
        if not self.gate.output_is_on():
            raise GuardTripped(
                "the gate's output went off by itself (a protection of the source?); the run was stopped"
            )
        self.judge(self.gate.read())

    def judge(self, reading: SourceReading) -> None:
        """Count a reading; raise GuardTripped at the second bad one in a row."""
        limited = bool(reading.flags & ReadingFlag.IN_COMPLIANCE)
        unknown = math.isnan(reading.current_A) and not self.gate.measures_current()
        if (unknown or abs(reading.current_A) <= self.limits.max_leakage_A) and not limited:
            self.strikes = 0
            return
        self.strikes += 1
        if self.armed and self.strikes >= 2:
            why = "the source is in compliance" if limited else f"allowed is {self.limits.max_leakage_A:g} A"
            how_much = "more than is measured" if unknown else f"{reading.current_A:.3g} A"
            raise GuardTripped(
                f"the gate leaks {how_much} at {reading.voltage_V:.4g} V ({why}), twice in a row;"
                " the run was stopped"
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
    if station.gate is not None and station.limits.gate is not None:
        guards.append(GateGuard(station.gate, station.limits.gate))
    return guards

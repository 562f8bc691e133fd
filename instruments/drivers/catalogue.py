"""The drivers by the names that station files use, the roles each can play, and how it is made."""

from collections.abc import Mapping

from instruments.drivers.entry import Driver
from instruments.drivers.magnet_entries import MAGNETS
from instruments.drivers.temperature_entries import TEMPERATURE
from instruments.drivers.transport_entries import TRANSPORT

DRIVERS: Mapping[str, Driver] = {**MAGNETS, **TEMPERATURE, **TRANSPORT}


def drivers_for(role: str) -> tuple[str, ...]:
    """Names of the drivers that can play a role, in alphabetical order."""
    return tuple(sorted(name for name, driver in DRIVERS.items() if role in driver.options))

"""What a magnet supply says of itself, and where its persistent switch stands."""

from dataclasses import dataclass
from enum import Enum

from instruments.roles import MagnetStatus


@dataclass(frozen=True, slots=True)
class SupplyState:
    """What a supply says of itself: a quench or fault, its heater, and whether it moves.

    ``switch_moves`` is True when the supply itself says that the switch is on its way.
    """

    failure: MagnetStatus | None
    heater_on: bool
    ramping: bool
    clamped: bool = False
    switch_moves: bool = False
    detail: str = ""


class Switch(Enum):
    """Where a persistent switch stands; without one the coil is in the circuit as behind an open one."""

    OPEN = "open"
    MOVING = "still moving"
    CLOSED = "closed"

"""What the catalogue says of a driver: its options by role, and how it is connected and made to play."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from instruments.clock import Clock
from instruments.errors import ConfigurationError
from instruments.roles import Instrument, Scalar
from instruments.station import StationLimits, Wiring


@dataclass(frozen=True, slots=True)
class Request:
    """What a driver is made for: a role, its options, and the station around it."""

    role: str
    options: Mapping[str, Scalar]
    limits: StationLimits
    wiring: Wiring
    clock: Clock
    address: str = ""

    def option(self, name: str) -> Scalar:
        """An option that must be there.

        Raises:
            ConfigurationError: it is not.
        """
        if name not in self.options:
            raise ConfigurationError(f"the {self.role} needs the option {name!r}; nothing was opened")
        return self.options[name]


class Connection(Protocol):
    """What is open at an address."""

    def close(self) -> None:
        """Release it, leaving the instrument as it is."""
        ...


@dataclass(frozen=True, slots=True)
class Driver:
    """A driver: one ``connect`` per address, one ``play`` per role there.

    ``options`` says by role which options it needs; ``connection`` holds pymeasure's connection settings. What is
    ``on_data_server`` connects with a :class:`~instruments.data_server.DataServer` instead of an adapter.
    """

    options: Mapping[str, frozenset[str]]
    connection: Mapping[str, Any]
    connect: Callable[[Any, Request], Connection]
    play: Callable[[Any, Request], Instrument]
    on_data_server: bool = False

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles this driver can play, as :class:`~instruments.station.Station` names them."""
        return tuple(self.options)


def itself(instrument: Any, _: Request) -> Instrument:  # noqa: ANN401  a driver that is its own role
    """Play of a driver that is its own role."""
    return instrument  # type: ignore[no-any-return]  # the table chose it by kind


#: Of a role that needs none.
NO_OPTIONS: frozenset[str] = frozenset()

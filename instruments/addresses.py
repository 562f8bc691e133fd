"""Where instruments are: VISA addresses, and devices behind a data server of Zurich Instruments.

The latter are written ``mfli://HOST:PORT/DEVICE``; the port may be left out.
"""

import re
from dataclasses import dataclass
from typing import Self

from instruments.errors import ConfigurationError

EXAMPLE = "mfli://192.168.1.51:8004/dev1234"
#: The port at which data servers listen for programs, unless somebody changed it.
USUAL_PORT = 8004
_SCHEME = "mfli://"
_PARTS = re.compile(rf"{_SCHEME}([\w.-]+|\[[0-9a-f:]+\])(?::(\d{{1,5}}))?/(dev\d+)", re.IGNORECASE)
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class DeviceAddress:
    """A device, and the data server that reaches it."""

    host: str
    port: int
    device: str

    @classmethod
    def parse(cls, address: str) -> Self:
        """From ``mfli://HOST:PORT/DEVICE``.

        Raises:
            ConfigurationError: it is none.
        """
        match = _PARTS.fullmatch(address)
        port = int(match.group(2) or USUAL_PORT) if match else 0
        if match is None or not 0 < port <= _LAST_PORT:
            raise ConfigurationError(
                f"found address {address!r}; expected a data server and a device, as {EXAMPLE}"
            )
        return cls(match.group(1).lower().strip("[]"), port, match.group(3).lower())

    def __str__(self) -> str:
        """The address in full."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{_SCHEME}{host}:{self.port}/{self.device}"


def is_device_address(address: str) -> bool:
    """Whether it is meant for a data server and not for VISA."""
    return address.lower().startswith(_SCHEME)


def canonical(address: str) -> str:
    """An address in full: ``GPIB::8`` is ``GPIB0::8::INSTR``, ``mfli://host/dev1`` is ``mfli://host:8004/dev1``.

    Raises:
        ConfigurationError: not an address.
    """
    if is_device_address(address):
        return str(DeviceAddress.parse(address))
    from pyvisa import rname

    try:
        return rname.to_canonical_name(address)
    except (rname.InvalidResourceName, ValueError) as error:
        raise ConfigurationError(
            f"found address {address!r}; expected a VISA address such as GPIB0::8::INSTR"
        ) from error

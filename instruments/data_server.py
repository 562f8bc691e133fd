"""The data server of Zurich Instruments, as a driver needs it, and how the real one is reached.

The server keeps the settings of its devices as a tree of nodes (``/dev1234/oscs/0/freq``). How it talks to its
clients is not public: the maker's own library does, whose class ``zhinst.core.ziDAQServer`` has the methods that
are declared here. Source: type declarations of zhinst-core 26.7 and the LabOne API manual.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

from instruments.addresses import DeviceAddress
from instruments.errors import ConfigurationError

#: The only level of the interface that an MFLI's server speaks in full.
_API_LEVEL = 6


class DataServer(Protocol):
    """A client's session. What the library raises is a RuntimeError, an OSError or an EOFError."""

    def getInt(self, path: str, /) -> int:
        """Value of a node of whole numbers."""
        ...

    def getDouble(self, path: str, /) -> float:
        """Value of a node of numbers."""
        ...

    def getString(self, path: str, /) -> str:
        """Value of a node of text."""
        ...

    def getSample(self, path: str, /) -> Mapping[str, Any]:
        """The newest sample of a demodulator: arrays of length one by name (x, y, timestamp, frequency...)."""
        ...

    def setInt(self, path: str, value: int, /) -> None:
        """Set a node of whole numbers; returns when the server has it."""
        ...

    def setDouble(self, path: str, value: float, /) -> None:
        """Set a node of numbers; returns when the server has it."""
        ...

    def sync(self) -> None:
        """Return when the devices have what was set, so that gets after it tell what became of it."""
        ...

    def subscribe(self, path: str, /) -> None:
        """Keep every change of a node from now on, for :meth:`poll`."""
        ...

    def poll(self, recording_time_s: float, timeout_ms: int, /, *, flat: bool) -> Mapping[str, Any]:
        """Changes since the last poll: by path, arrays ``timestamp`` and ``value``."""
        ...

    def connectDevice(self, dev: str, interface: Any, /) -> None:  # noqa: ANN401  (a Literal in the library)
        """Let the server reach for a device."""
        ...

    def disconnect(self) -> None:
        """End the session."""
        ...


#: From an address to a session with the server there.
Reach = Callable[[DeviceAddress], DataServer]
#: What a session raises when something goes wrong in the library, the network or the server.
LIBRARY_ERRORS = (RuntimeError, OSError, EOFError)


@runtime_checkable
class ReachesDataServers(Protocol):
    """A VISA library that reaches data servers too, as that of a simulated rack does."""

    def reach_data_server(self, address: DeviceAddress) -> DataServer:
        """A session with the server at this address."""
        ...


def real_reach() -> Reach:
    """How real data servers are reached.

    A server of another LabOne release than the library's is taken: every setting is read back.

    Raises:
        ConfigurationError: the maker's library is not installed.
    """
    try:
        core: Any = import_module("zhinst.core")
    except ImportError as error:
        raise ConfigurationError(
            "an MFLI is reached through the package zhinst-core, which cannot be imported here"
            f" ({error}); install it with: pip install 'fluxoid[mfli]'; nothing was opened"
        ) from error

    def reach(address: DeviceAddress) -> DataServer:
        server: DataServer = core.ziDAQServer(address.host, address.port, _API_LEVEL, allow_version_mismatch=True)
        return server

    return reach


def connect(reach: Reach, address: DeviceAddress) -> DataServer:
    """A session in which the device answers; a server on a computer may have to be told to reach for it.

    Source: the node that lists devices, as the maker's toolkit asks it.
    """
    server = reach(address)
    try:
        if address.device not in server.getString("/zi/devices/connected").lower().split(","):
            server.connectDevice(address.device, "1GbE")
    except LIBRARY_ERRORS:
        server.disconnect()
        raise
    return server

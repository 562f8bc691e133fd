"""The library that pyvisa asks for by ``@fluxoid``, and the racks that it keeps."""

import threading
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from pyvisa.util import DebugInfo, LibraryPath

from instruments.simulation.rack import Rack
from instruments.simulation.shared import TICK_S, SharedRack, TurnClock
from instruments.simulation.station_rack import specimen_and_orientation, station_rack
from instruments.simulation.visa import RackVisaLibrary
from instruments.station_file import load_station
from pyvisa_fluxoid.specification import Specification, parse

_racks: dict[Specification, SharedRack] = {}
_building = threading.Lock()


class FluxoidVisaLibrary(RackVisaLibrary):
    """The instruments of a station file on a simulated cryostat."""

    def _init(self) -> None:
        super()._init()
        self.attach(_shared(str(self.library_path)))

    @staticmethod
    def get_library_paths() -> Iterable[LibraryPath]:
        """There is no default station."""
        parse("")
        return ()

    @staticmethod
    def get_debug_info() -> DebugInfo:
        """Versions, for ``pyvisa-info``."""
        try:
            installed = version("fluxoid")
        except PackageNotFoundError:
            installed = "run from its source"
        return {"Version": installed, "Racks": [str(specification.station) for specification in _racks]}


def rack(specification: str) -> Rack:
    """The simulated rack behind a path, for tests that inject faults; ``@fluxoid`` at its end may be left out.

    Raises:
        ConfigurationError: no such file, or it cannot be simulated.
    """
    return _shared(specification.removesuffix("@fluxoid")).rack


def _shared(text: str) -> SharedRack:
    specification = parse(text)
    with _building:
        if specification not in _racks:
            _racks[specification] = shared_rack(specification)
        return _racks[specification]


def shared_rack(specification: Specification) -> SharedRack:
    """A rack of its own.

    Raises:
        ConfigurationError: with what is wrong in the files.
    """
    station = load_station(specification.station)
    sample, orientation = specimen_and_orientation(specification.sample, specification.orientation)
    turns = TurnClock(specification.clock(), 0.0 if specification.virtual else TICK_S)
    return SharedRack(station_rack(station, sample, orientation, turns, specification.seed), turns)

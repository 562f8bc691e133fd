"""Where a station's instruments are: behind a VISA library, or simulated."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyvisa

from instruments.clock import Clock, RealClock, VirtualClock
from instruments.opening import resource_manager_for
from instruments.simulation.station_rack import specimen_and_orientation, station_rack
from instruments.simulation.visa import open_resource_manager
from instruments.station_file import StationFile


@contextmanager
def buses_of(station: StationFile) -> Iterator[tuple[Clock, pyvisa.ResourceManager]]:
    """Clock and resource manager of the station's backend; a simulated rack has a resistor in its cryostat.

    Raises:
        ConfigurationError: the backend is not installed.
    """
    if station.backend == "simulated":
        clock: Clock = VirtualClock()
        specimen, orientation = specimen_and_orientation(None, None)
        manager = open_resource_manager(station_rack(station, specimen, orientation, clock, seed=1))
    else:
        clock = RealClock()
        manager = resource_manager_for(station.backend)
    try:
        yield clock, manager
    finally:
        manager.close()

"""Whatever rack a test module simulates is opened as a station, and leaves no error when it is closed."""

from collections.abc import Iterator

import pytest

from instruments.opening import open_station
from instruments.station import Station
from tests.instruments.simulated_station import SimulatedStation


@pytest.fixture
def station(simulated: SimulatedStation) -> Iterator[Station]:
    """The station of the module's own fixture ``simulated``."""
    station = open_station(simulated.plan, simulated.clock, simulated.manager)
    yield station
    assert station.close() == []

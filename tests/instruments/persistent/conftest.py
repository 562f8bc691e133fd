"""One magnet of each driver with a switch that this program works, and a person at it."""

from pathlib import Path

import pytest

from instruments.simulation.magnet import MagnetModel
from instruments.station import Station
from tests.instruments.persistent.person import Operator
from tests.instruments.simulated_station import SimulatedStation
from tests.instruments.test_every_magnet import rack


@pytest.fixture(params=["mercury_ips SPSU", "ami kG/s", "ips 120", "4g A, echoes"])
def simulated(request: pytest.FixtureRequest, tmp_path: Path) -> SimulatedStation:
    return rack(request.param, tmp_path)


@pytest.fixture
def operator(station: Station) -> Operator:
    return Operator(station)


@pytest.fixture
def model(simulated: SimulatedStation) -> MagnetModel:
    return simulated.cryostat.magnet

"""A person at a magnet with a switch, for tests of persistent mode: hears every event, may interfere at one."""

from collections.abc import Callable
from typing import Any

from instruments.simulation.magnet import MagnetModel
from instruments.station import Station
from procedures.bench import Bench
from procedures.guards import standard_guards
from tests.instruments.simulated_station import SimulatedStation

#: Magnets of tests.instruments.test_every_magnet with a switch that this program works.
SWITCHED = ("mercury_ips", "mercury_ips SPSU", "ami T/min", "ami kG/s", "ips 120", "4g kG", "4g A, echoes")


class Operator:
    """Hears every event of a run, and may press Ctrl-C or break something at one of them."""

    def __init__(self, station: Station) -> None:
        self.heard: list[str] = []
        self.at = ""
        self.act: Callable[[], None] | None = None
        self._stops = False
        self.bench = Bench(station, standard_guards(station), lambda: self._stops, self._hear)
        assert station.magnet is not None
        self.magnet: Any = station.magnet

    def stop(self) -> None:
        self._stops = True

    def when(self, words: str, act: Callable[[], None]) -> None:
        self.at, self.act, self._stops = words, act, False

    def _hear(self, _level: str, text: str) -> None:
        self.heard.append(text)
        if self.act is not None and self.at in text:
            act, self.act = self.act, None
            act()


def supply_T(simulated: SimulatedStation) -> float:
    simulated.cryostat.advance()
    return simulated.cryostat.magnet.supply_field_T


def persist(model: MagnetModel, field_T: float) -> None:
    """As if somebody had left it so: the coil at a field, the supply at zero."""
    model.coil_current_A = model.noted_current_A = field_T / model.tesla_per_ampere

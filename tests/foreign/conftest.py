"""A rack of every instrument over TCP and in the process, in virtual time, for programs that nobody here wrote.

They need the extra ``foreign``: ``pip install fluxoid[foreign]``; each test says what it misses.
"""

import time
from dataclasses import dataclass

import pytest
import pyvisa

from instruments.addresses import canonical
from instruments.clock import VirtualClock
from instruments.simulation.cryostat import Cryostat, CryostatSettings
from instruments.simulation.rack import Rack, RackInstrument
from instruments.simulation.resistor import Resistor
from instruments.simulation.server import RackServer
from instruments.simulation.shared import SharedRack, TurnClock
from instruments.simulation.thermal import InsertSettings
from instruments.simulation.visa import open_resource_manager

RESISTANCE_OHM = 10.0


@dataclass
class Foreign:
    """A rack as foreign programs see it, and the truth behind it."""

    clock: TurnClock
    cryostat: Cryostat
    rack: Rack
    manager: pyvisa.ResourceManager
    server: RackServer

    def port(self, address: str) -> int:
        """Where the instrument at an address of the rack is on loopback."""
        (found,) = [each.port for each in self.server.served if each.address == canonical(address)]
        return found

    def socket(self, address: str) -> str:
        """The same as a VISA address."""
        return f"TCPIP0::127.0.0.1::{self.port(address)}::SOCKET"


@pytest.fixture
def make_rack(monkeypatch):
    """Racks by their instruments; whoever sleeps lets their time pass. The sample is a resistor of 10 Ohm."""
    made = []

    def make(*instruments: RackInstrument, switch: bool = False) -> Foreign:
        clock = TurnClock(VirtualClock())
        settings = CryostatSettings(
            inductance_H=10.0,
            tesla_per_ampere=0.1,
            voltage_limit_V=5.0,
            lead_resistance_ohm=0.0,
            switch_fitted=switch,
            switch_time_s=20.0,
            field_noise_T=0.0,
            thermal=InsertSettings(1.5, 40.0, 20.0, 0.3, 50.0, 0.0, 4.0),
            voltmeter_noise_V=0.0,
            thermometer_accuracy_K=0.0,
            field_accuracy=0.0,
        )
        sample = Resistor(resistance_ohm=RESISTANCE_OHM)
        cryostat = Cryostat(clock, settings, sample, "out_of_plane", seed=1)
        rack = Rack(clock, cryostat, instruments)
        shared = SharedRack(rack, clock)
        made.append(Foreign(clock, cryostat, rack, open_resource_manager(shared), RackServer(shared.ports())))
        monkeypatch.setattr(time, "sleep", clock.sleep)
        return made[-1]

    yield make
    monkeypatch.undo()
    for each in made:
        each.manager.close()
        each.server.close()

"""A cryostat with a plain resistor in it, and a rack of every instrument around it, for the tests of the wire."""

from types import SimpleNamespace

import numpy as np
import pytest

from instruments.clock import VirtualClock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.magnet import MagnetModel
from instruments.simulation.rack import RackInstrument, build_rack
from instruments.simulation.thermal import ThermalModel
from instruments.simulation.visa import open_resource_manager
from tests.instruments.simulation.samples import SETTINGS, GatedResistor

IPS = "TCPIP0::192.168.1.11::7020::SOCKET"
ITC = "TCPIP0::192.168.1.12::7020::SOCKET"
LOCK_IN, SOURCE, VOLTMETER = "GPIB0::8::INSTR", "GPIB0::12::INSTR", "GPIB0::7::INSTR"
TESLA_PER_AMPERE = 0.125


class ResistorCryostat:
    """Real magnet and insert; the sample is ``resistance_ohm`` plus 1 ohm per tesla; noise only where asked for."""

    def __init__(self, clock, noise_V_per_sqrtHz=0.0, voltmeter_noise_V=0.0):
        self._clock, self._time_s = clock, clock.now()
        self.magnet = MagnetModel(25.0, TESLA_PER_AMPERE, 5.0, 0.0, switch_fitted=True, switch_time_s=20.0)
        self.thermal = ThermalModel(1.5, 40.0, 20.0, 0.3, 50.0, 300.0)
        self.sample = SimpleNamespace(signal=SimpleNamespace(voltage_noise_V_per_sqrtHz=noise_V_per_sqrtHz))
        self.settings = SimpleNamespace(voltmeter_noise_V=voltmeter_noise_V)
        self.resistance_ohm = 0.1
        self.dc_current_A, self.dc_output_on, self.drive = 0.0, False, None
        self._noise = {}
        self._followers = []

    def noise_source(self, name):
        return self._noise.setdefault(name, np.random.default_rng(20250101))

    def attach(self, follower):
        self._followers.append(follower)

    def advance(self):
        now = self._clock.now()
        while self._time_s < now:
            end = min((f.next_look_s(now) for f in self._followers), default=now)
            self.magnet.advance(end - self._time_s)
            self.thermal.advance(end - self._time_s)
            self._time_s = end
            for follower in self._followers:
                follower.look(end)

    def read_field_T(self):
        self.advance()
        return self.magnet.supply_field_T

    def read_persistent_field_T(self):
        self.advance()
        return self.magnet.coil_field_T

    def read_thermometer(self, place):
        self.advance()
        return self.thermal.insert_sensor_K if place == "insert" else self.thermal.sample_sensor_K

    def lock_in_signal_V(self, current_rms_A, frequency_Hz=0.0, contacts="longitudinal"):
        return (self.resistance_ohm + self.magnet.coil_field_T) * current_rms_A, 0.0

    def last_dc_voltage_V(self, channel_kind):
        current_A = self.dc_current_A if self.dc_output_on else 0.0
        return self.lock_in_signal_V(current_A)[0] if channel_kind == "longitudinal" else 2e-3 * current_A


class Bench:
    """Clock, cryostat, rack and resource manager of one test."""

    def __init__(self, **noise):
        self.clock = VirtualClock()
        self.cryostat = ResistorCryostat(self.clock, **noise)
        self.rack = build_rack(
            self.clock,
            self.cryostat,
            [
                RackInstrument("mercury_ips", IPS),
                RackInstrument("mercury_itc", ITC, {"sensor": "DB8.T1", "heater": "DB1.H1"}),
                RackInstrument("mercury_itc", ITC, {"sensor": "MB1.T1"}),
                RackInstrument("sr830", LOCK_IN, {"ballast_ohm": 1000.0}),
                RackInstrument("keithley_6221", SOURCE, {"lead_resistance_ohm": 99.9}),
                RackInstrument("keithley_2182a", VOLTMETER),
            ],
        )
        self.ips, self.itc, self.lock_in, self.source, self.voltmeter = (
            self.rack.box(address) for address in (IPS, ITC, LOCK_IN, SOURCE, VOLTMETER)
        )
        self.manager = open_resource_manager(self.rack)

    def open(self, box_address, **settings):
        settings = {"read_termination": "\n", "write_termination": "\n", **settings}
        return self.manager.open_resource(box_address, **settings)


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def resistor(clock):
    return ResistorCryostat(clock)


@pytest.fixture
def gated(clock):
    """A cryostat with 1 kOhm and a gate in it."""
    return Cryostat(clock, SETTINGS, GatedResistor(), "out_of_plane", seed=1)


@pytest.fixture(scope="session")
def make_bench():
    return Bench


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def addresses():
    return SimpleNamespace(ips=IPS, itc=ITC, lock_in=LOCK_IN, source=SOURCE, voltmeter=VOLTMETER)

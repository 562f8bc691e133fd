"""QCoDeS's own drivers on the simulated rack: network instruments over TCP, those on GPIB by ``@fluxoid``."""

import time
from pathlib import Path

import pytest

import pyvisa_fluxoid
from instruments.simulation.rack import RackInstrument

pytest.importorskip("qcodes", reason="qcodes is not installed: pip install fluxoid[foreign]")

from qcodes.instrument import Instrument
from qcodes.instrument_drivers.american_magnetics import AMIModel430
from qcodes.instrument_drivers.Keithley import Keithley2400
from qcodes.instrument_drivers.Lakeshore import LakeshoreModel372
from qcodes.instrument_drivers.oxford import OxfordMercuryiPS
from qcodes.instrument_drivers.stanford_research import SR830
from qcodes.math_utils import FieldVector

STATIONS = Path(__file__).parents[2] / "configs" / "stations"
IPS = "TCPIP0::192.168.1.11::7020::SOCKET"
AMI = "TCPIP0::192.168.1.31::7180::SOCKET"
BRIDGE = "TCPIP0::192.168.1.32::7777::SOCKET"


@pytest.fixture(autouse=True)
def _closed_in_the_end():
    yield
    Instrument.close_all()


@pytest.fixture
def by_backend(monkeypatch):
    """A station's rack in virtual time and its path as QCoDeS takes it; each test has a seed of its own."""

    def open_backend(station: str, seed: int):
        path = f"{STATIONS / station}?clock=virtual&seed={seed}@fluxoid"
        rack = pyvisa_fluxoid.rack(path)
        monkeypatch.setattr(time, "sleep", rack.clock.sleep)
        return rack, path

    return open_backend


@pytest.mark.parametrize("firmware", ["2.5.04.000", "2.6.08.000"])
def test_mercury_ips_ramps_three_axes_one_after_the_other(make_rack, firmware):
    """0.1 T at 1 mT/s, 0.2 T at 1 mT/s, 1.5 T at 2 mT/s: 100 s + 200 s + 750 s."""
    rack = make_rack(RackInstrument("mercury_ips", IPS, {"other_groups": "GRPX GRPY", "firmware": firmware}))
    supply = OxfordMercuryiPS("ips", rack.socket(IPS), visalib="@py")
    assert (supply.IDN()["model"], supply.IDN()["firmware"]) == ("MERCURY IPS", firmware)
    supply.field_ramp_rate(FieldVector(0.001, 0.001, 0.002))
    supply.field_target(FieldVector(0.1, 0.2, 1.5))
    start_s = rack.clock.now()
    supply.ramp("safe")
    assert rack.clock.now() - start_s == pytest.approx(1050.0, abs=1.0)
    measured = supply.field_measured()
    assert (measured.x, measured.y, measured.z) == pytest.approx((0.1, 0.2, 1.5))
    assert rack.cryostat.true_field_T() == pytest.approx(1.5)
    assert supply.GRPZ.ramp_status() == "HOLD"
    assert supply.GRPZ.current() == pytest.approx(15.0)
    assert supply.GRPX.ATOB() == pytest.approx(10.0)


def test_ami_430_opens_its_switch_and_ramps(make_rack):
    """0.5 T at 2 mT/s: 250 s, after 20 s in which the switch warms."""
    rack = make_rack(RackInstrument("ami_430", AMI, {"current_limit_A": 80.0}), switch=True)
    supply = AMIModel430("ami", rack.socket(AMI), visalib="@py", device_clear=False)
    assert supply.IDN()["vendor"] == "AMERICAN MAGNETICS INC."
    assert supply.switch_heater.in_persistent_mode()
    start_s = rack.clock.now()
    supply.switch_heater.state(True)
    assert rack.clock.now() - start_s == pytest.approx(20.0, abs=1.0)
    supply.ramp_rate(0.002)
    start_s = rack.clock.now()
    supply.field(0.5)
    assert rack.clock.now() - start_s == pytest.approx(250.0, abs=1.0)
    assert supply.field() == pytest.approx(0.5)
    assert rack.cryostat.true_field_T() == pytest.approx(0.5)
    assert (supply.field_limit(), supply.coil_constant()) == pytest.approx((8.0, 0.1))
    rack.cryostat.quench("test")
    assert supply.is_quenched()
    assert supply.ramping_state() == "quench detected"
    rack.clock.sleep(120.0)  # the latch holds while the coil still carries current
    supply.reset_quench()
    assert not supply.is_quenched()
    assert supply.get_error() == '0,"No errors"'


def test_lakeshore_372_holds_a_temperature(make_rack):
    rack = make_rack(
        RackInstrument("lakeshore_372", BRIDGE, {"channel": 6, "heater": "sample"}),
        RackInstrument("lakeshore_372", BRIDGE, {"channel": 8}),
    )
    bridge = LakeshoreModel372("bridge", rack.socket(BRIDGE), visalib="@py")
    heater = bridge.sample_heater
    assert bridge.IDN()["model"] == "372"
    assert bridge.ch08.temperature() == pytest.approx(4.0)
    heater.mode("closed_loop")
    heater.input_channel(6)
    heater.output_range("100mA")
    heater.P(20.0)
    assert (heater.mode(), heater.input_channel(), heater.P()) == ("closed_loop", 6, 20.0)
    heater.setpoint(5.0)
    heater.wait_until_set_point_reached(wait_cycle_time=0.5, wait_tolerance=0.01, wait_equilibration_time=0.0)
    assert bridge.ch06.temperature() == pytest.approx(5.0, rel=0.01)
    assert rack.cryostat.thermal.insert_K == pytest.approx(5.0, rel=0.01)
    assert bridge.warmup_heater.mode() == "off"
    assert bridge.ask("*ESR?") == "128"  # power on, and nothing was refused


#: QCoDeS's remark on its own driver.
@pytest.mark.filterwarnings("ignore:Parameter ch._databuffer on instrument")
def test_sr830_reads_the_sample(by_backend):
    """1 V through 1 kOhm, 10 Ohm: 10 mV."""
    rack, path = by_backend("teslatron_pt12.yaml", 830)
    lock_in = SR830("lock_in", "GPIB0::8::INSTR", visalib=path)
    assert lock_in.IDN()["model"] == "SR830"
    lock_in.amplitude(1.0)
    lock_in.frequency(137.0)
    lock_in.time_constant(0.1)
    lock_in.filter_slope(24)
    lock_in.sensitivity(0.02)
    rack.clock.sleep(3.0)
    assert lock_in.X() == pytest.approx(10e-3, rel=1e-3)
    assert lock_in.R() == pytest.approx(10e-3, rel=1e-3)
    x_V, y_V = lock_in.snap("x", "y")
    assert (x_V, y_V) == pytest.approx((10e-3, 0.0), abs=2e-5)
    settings = (lock_in.amplitude(), lock_in.frequency(), lock_in.time_constant(), lock_in.sensitivity())
    assert settings == (1.0, 137.0, 0.1, 0.02)
    lock_in.ch1_display("R")
    assert lock_in.ch1_display() == "R"
    assert int(lock_in.ask("*ESR?")) & 0x3C == 0


def test_keithley_2400_drives_a_gate(by_backend):
    rack, path = by_backend("dilution_9t.yaml", 2400)
    meter = Keithley2400("meter", "GPIB0::24::INSTR", visalib=path)
    assert meter.IDN()["vendor"] == "KEITHLEY INSTRUMENTS INC."
    meter.mode("VOLT")
    meter.compliancei(1e-6)
    meter.rangev(20)
    meter.volt(1.5)
    meter.output(1)
    rack.clock.sleep(5.0)
    assert meter.volt() == pytest.approx(1.5, abs=2e-3)
    assert meter.curr() == pytest.approx(0.0, abs=1e-9)
    assert rack.cryostat.gate.plate_V == pytest.approx(1.5)
    assert (meter.compliancei(), meter.rangev(), meter.mode()) == (1e-6, 20.0, "VOLT")
    meter.output(0)
    assert meter.ask(":SYST:ERR?") == '0,"No error"'

"""pymeasure's stock drivers, as they are, on the simulated rack (pymeasure itself is always installed)."""

import pytest
from pymeasure.instruments.ami import AMI430
from pymeasure.instruments.keithley import Keithley2182, Keithley2400, Keithley6221
from pymeasure.instruments.oxfordinstruments import MercuryiTC
from pymeasure.instruments.srs import SR830

from instruments.simulation.rack import RackInstrument

LOCK_IN, SOURCE, VOLTMETER, GATE = "GPIB0::8::INSTR", "GPIB0::12::INSTR", "GPIB0::7::INSTR", "GPIB0::24::INSTR"
AMI, ITC = "TCPIP0::192.168.1.31::7180::SOCKET", "TCPIP0::192.168.1.12::7020::SOCKET"


def test_sr830_over_tcp_and_on_gpib(make_rack):
    """1 V through 1 kOhm, 10 Ohm: 10 mV, whichever way it is asked."""
    rack = make_rack(RackInstrument("sr830", LOCK_IN, {"ballast_ohm": 1000.0}))
    inside = SR830(LOCK_IN, visa_library=rack.manager.visalib)
    inside.sine_voltage, inside.frequency, inside.time_constant, inside.sensitivity = 1.0, 137.0, 0.1, 0.02
    rack.clock.sleep(5.0)
    outside = SR830(rack.socket(LOCK_IN), visa_library="@py", read_termination="\n", write_termination="\n")
    for lock_in in (inside, outside):
        assert lock_in.x == pytest.approx(10e-3, rel=1e-3)
        assert lock_in.snap("X", "Y")[0] == pytest.approx(10e-3, rel=1e-3)
        assert (lock_in.frequency, lock_in.sensitivity) == (137.0, 0.02)
        assert not lock_in.is_out_of_range()
        lock_in.adapter.close()


#: pymeasure's advice to use other methods of this driver.
@pytest.mark.filterwarnings("ignore:Deprecated to use .Keithley2400:FutureWarning")
def test_keithley_2400_ramps_a_gate(make_rack):
    rack = make_rack(RackInstrument("keithley_2400", GATE))
    meter = Keithley2400(GATE, visa_library=rack.manager.visalib)
    meter.apply_voltage(voltage_range=20, compliance_current=1e-6)
    meter.measure_current(nplc=1, current=1e-6, auto_range=False)
    meter.enable_source()
    meter.ramp_to_voltage(3.0, steps=7, pause=0.5)
    rack.clock.sleep(10.0)
    assert meter.source_voltage == pytest.approx(3.0)
    assert meter.compliance_current == pytest.approx(1e-6)
    assert rack.cryostat.gate.plate_V == pytest.approx(3.0, abs=1e-3)
    assert meter.source_enabled is True
    assert meter.check_errors() == []
    meter.shutdown()
    assert not rack.cryostat.gate.output_on
    meter.adapter.close()


def test_6221_and_2182_measure_the_sample(make_rack):
    """1 mA through 10 Ohm."""
    rack = make_rack(RackInstrument("keithley_6221", SOURCE), RackInstrument("keithley_2182a", VOLTMETER))
    library = rack.manager.visalib
    source = Keithley6221(SOURCE, visa_library=library, read_termination="\n")
    voltmeter = Keithley2182(VOLTMETER, visa_library=library, read_termination="\n")
    source.source_compliance, source.source_range, source.source_current = 1.0, 2e-3, 1e-3
    source.enable_source()
    voltmeter.ch_1.setup_voltage(auto_range=True, nplc=5)
    assert voltmeter.voltage == pytest.approx(10e-3)
    assert source.check_errors() == voltmeter.check_errors() == []
    source.shutdown()
    assert rack.cryostat.dc_output_on is False
    source.adapter.close()
    voltmeter.adapter.close()


def test_6221_and_its_2182a_in_delta_mode(make_rack):
    """1 mA through 10 Ohm, the 2182A on the serial port: ten readings, 120 ms each."""
    rack = make_rack(RackInstrument("keithley_6221", SOURCE, {"role": "delta_meter"}))
    source = Keithley6221(SOURCE, visa_library=rack.manager.visalib, read_termination="\n")
    assert source.delta_connected == 1
    source.delta_unit = "Ohms"
    source.delta_high_source, source.delta_delay, source.delta_cycles = 1e-3, 20e-3, 10
    source.delta_buffer_points = 10
    assert source.delta_low_source == -1e-3
    source.delta_arm()
    rack.clock.sleep(5.0)
    source.delta_start()
    rack.clock.sleep(1.0)
    assert source.delta_sense == pytest.approx([10.0, 5 * 0.12])  # conversion 8 of 8.3 is reading 6
    rack.clock.sleep(1.0)
    readings = source.delta_values
    assert readings[::2] == pytest.approx([10.0] * 10)
    assert readings[1::2] == pytest.approx([0.12 * index for index in range(10)], abs=1e-9)
    source.delta_abort()
    assert source.check_errors() == []
    assert rack.cryostat.dc_output_on is False
    source.adapter.close()


def test_ami_430_over_tcp(make_rack):
    """5 kG at 20 G/s: 250 s. Their commands count in kG and kG/s."""
    rack = make_rack(RackInstrument("ami_430", AMI, {"kilogauss": True, "current_limit_A": 80.0}), switch=True)
    supply = AMI430(rack.socket(AMI), visa_library="@py", write_termination="\n", timeout=2000)
    assert supply.coilconst == pytest.approx(1.0)
    supply.enable_persistent_switch()
    assert supply.state == 9  # an answer: the command has arrived before time passes
    rack.clock.sleep(21.0)
    supply.target_field = 5.0
    supply.ramp_rate_field = 0.02
    supply.ramp()
    assert supply.magnet_status == "RAMPING"
    start_s = rack.clock.now()
    while supply.state == 1:
        rack.clock.sleep(1.0)
    assert rack.clock.now() - start_s == pytest.approx(250.0, abs=2.0)
    assert (supply.state, supply.field, supply.magnet_current) == pytest.approx((2, 5.0, 5.0))
    assert rack.cryostat.true_field_T() == pytest.approx(0.5)
    assert (supply.voltage_limit, supply.target_current) == pytest.approx((5.0, 5.0))
    supply.adapter.close()


def test_mercury_itc_over_tcp(make_rack):
    rack = make_rack(
        RackInstrument("mercury_itc", ITC, {"sensor": "DB8.T1", "heater": "DB1.H1"}),
        RackInstrument("mercury_itc", ITC, {"sensor": "MB1.T1"}),
    )
    controller = MercuryiTC(rack.socket(ITC), visa_library="@py")
    controller.add_temperature_sensor("DB8.T1")
    controller.add_heater("DB1.H1")
    loop = controller.TS["DB8.T1"]
    loop.control_loop_temperature_setpoint = 10.0
    loop.control_loop_PID_enabled = True
    assert loop.control_loop_PID_enabled  # an answer: the command has arrived before time passes
    rack.clock.sleep(1200.0)
    assert controller.TS["MB1.T1"].temperature == pytest.approx(10.0, rel=0.01)
    assert controller.HTR["DB1.H1"].max_power == pytest.approx(50.0)
    controller.adapter.close()

"""pyvisa and unchanged pymeasure drivers on the simulated rack."""

import pytest
import pyvisa
from pymeasure.instruments.keithley import Keithley2182, Keithley6221
from pymeasure.instruments.oxfordinstruments import MercuryiTC
from pymeasure.instruments.srs import SR830
from pyvisa.constants import BufferOperation, StatusCode

from instruments.simulation.rack import RackInstrument, build_rack
from instruments.simulation.visa import open_resource_manager
from instruments.simulation.wire import SimulatorDefect


def test_lists_its_resources(bench, addresses):
    assert set(bench.manager.list_resources("?*")) == set(vars(addresses).values())


def test_raw_query_on_socket_and_gpib(bench, addresses):
    assert bench.open(addresses.ips).query("READ:DEV:GRPZ:PSU:ACTN") == "STAT:DEV:GRPZ:PSU:ACTN:HOLD"
    assert bench.open(addresses.lock_in).query("OFLT?;OFSL?") == "8;1"


def test_gpib_message_ends_a_line_without_terminator(bench, addresses):
    lock_in = bench.open(addresses.lock_in)
    lock_in.write_raw(b"SENS?")
    assert lock_in.read_raw() == b"26\n"


def test_socket_waits_for_the_terminator(bench, addresses):
    supply = bench.open(addresses.ips)
    supply.write_raw(b"*ID")
    supply.write_raw(b"N?\n")
    assert supply.read().startswith("IDN:OXFORD")


def test_reading_byte_by_byte(bench, addresses):
    lock_in = bench.open(addresses.lock_in)
    lock_in.write("SENS?")
    assert lock_in.read_bytes(1) == b"2"
    assert lock_in.read_bytes(2) == b"6\n"


def test_unanswered_read_times_out_in_the_racks_time(bench, addresses):
    lock_in = bench.open(addresses.lock_in, timeout=3000)
    with pytest.raises(pyvisa.VisaIOError) as caught:
        lock_in.query("NONSENSE?")
    assert caught.value.error_code == StatusCode.error_timeout
    assert bench.clock.now() == pytest.approx(3.0)


def test_a_defect_inside_is_loud(bench, addresses, monkeypatch):
    def broken(current_rms_A, frequency_Hz, contacts):
        return current_rms_A.no_such_thing

    monkeypatch.setattr(bench.cryostat, "lock_in_signal_V", broken)
    bench.clock.sleep(1.0)
    with pytest.raises(SimulatorDefect, match="OUTP"):
        bench.open(addresses.lock_in).query("OUTP? 1")


def test_clear_flush_and_serial_poll(bench, addresses):
    lock_in = bench.open(addresses.lock_in, timeout=10)
    lock_in.write("SENS?")
    assert lock_in.read_stb() & 16
    lock_in.clear()
    assert not lock_in.read_stb() & 16
    lock_in.write("SENS?")
    lock_in.flush(BufferOperation.discard_read_buffer)
    with pytest.raises(pyvisa.VisaIOError):
        lock_in.read()


def test_racks_do_not_share_state(make_bench, addresses):
    first, second = make_bench(), make_bench()
    first.open(addresses.lock_in).write("SENS 3")
    assert second.open(addresses.lock_in).query("SENS?") == "26"


def test_a_second_manager_sees_the_same_rack(bench, addresses):
    bench.open(addresses.lock_in).write("SENS 3")
    other = open_resource_manager(bench.rack)
    assert other.open_resource(addresses.lock_in, read_termination="\n").query("SENS?") == "3"


def test_stock_sr830(bench, addresses):
    lock_in = SR830(addresses.lock_in, visa_library=bench.manager.visalib)
    lock_in.sine_voltage = 4.0
    lock_in.frequency = 137
    lock_in.time_constant = 0.3
    lock_in.filter_slope = 12
    lock_in.sensitivity = 500e-6
    settings = (lock_in.sine_voltage, lock_in.frequency, lock_in.time_constant, lock_in.filter_slope)
    assert settings == (4.0, 137.0, 0.3, 12)
    assert lock_in.sensitivity == 500e-6
    bench.clock.sleep(30.0)
    x, y = lock_in.snap("X", "Y")
    assert x == pytest.approx(0.1 * 4e-3, rel=1e-5)
    assert y == pytest.approx(0.0, abs=1e-10)
    assert lock_in.lia_status == 0
    assert lock_in.id == "Stanford_Research_Systems,SR830,s/n70324,ver1.07"
    lock_in.adapter.close()


def test_stock_mercury_itc(bench, addresses):
    controller = MercuryiTC(addresses.itc, visa_library=bench.manager.visalib)
    controller.add_temperature_sensor("DB8.T1")
    controller.add_heater("DB1.H1")
    loop = controller.TS["DB8.T1"]
    loop.control_loop_temperature_setpoint = 280.0
    loop.control_loop_ramp_rate = 2.5
    loop.control_loop_ramp_enabled = True
    loop.control_loop_PID_enabled = True
    assert loop.control_loop_temperature_setpoint == 280.0
    assert loop.control_loop_ramp_rate == 2.5
    assert loop.control_loop_PID_enabled is True
    assert controller.TS["MB1.T1"].temperature == pytest.approx(300.0, abs=0.1)
    assert controller.HTR["DB1.H1"].max_power == 50.0
    controller.adapter.close()


def test_stock_keithley_pair(bench, addresses):
    library = bench.manager.visalib
    source = Keithley6221(addresses.source, visa_library=library, read_termination="\n")
    voltmeter = Keithley2182(addresses.voltmeter, visa_library=library, read_termination="\n")
    source.source_compliance = 1.0
    source.source_range = 10e-3
    source.source_current = 8e-3
    source.enable_source()
    assert source.source_current == 8e-3
    voltmeter.ch_1.setup_voltage(auto_range=False, nplc=5)
    voltmeter.ch_1.voltage_range = 0.01
    before_s = bench.clock.now()
    assert voltmeter.voltage == pytest.approx(0.8e-3)
    assert bench.clock.now() - before_s == pytest.approx(0.1)
    voltmeter.active_channel = 2
    assert voltmeter.voltage == pytest.approx(16e-6)
    assert source.check_errors() == []
    assert voltmeter.check_errors() == []
    source.shutdown()
    assert not bench.cryostat.dc_output_on
    source.adapter.close()
    voltmeter.adapter.close()


def test_field_set_on_one_wire_changes_the_reading_on_another(bench, addresses):
    """0.1 ohm + 1 ohm/T at 6 T and 4 mA: 24.4 mV."""
    supply, lock_in = bench.open(addresses.ips), bench.open(addresses.lock_in)
    lock_in.write("SLVL 4.0")
    bench.clock.sleep(60.0)
    assert float(lock_in.query("OUTP? 1")) == pytest.approx(0.4e-3, rel=1e-4)
    supply.query("SET:DEV:GRPZ:PSU:SIG:SWHT:ON")
    bench.clock.sleep(30.0)
    for line in ("SIG:FSET:6", "SIG:RFST:0.5", "ACTN:RTOS"):
        assert supply.query("SET:DEV:GRPZ:PSU:" + line).endswith(":VALID")
    bench.clock.sleep(13 * 60.0)
    lock_in.query("OUTP? 1")
    bench.clock.sleep(60.0)
    assert float(lock_in.query("OUTP? 1")) == pytest.approx(24.4e-3, rel=1e-4)


def test_serial_line(make_bench):
    bench = make_bench()
    rack = build_rack(bench.clock, bench.cryostat, [RackInstrument("sr830", "ASRL1", {"ballast_ohm": 1e3})])
    line = open_resource_manager(rack).open_resource("ASRL1", read_termination="\n", write_termination="\n")
    line.write_raw(b"SE")
    assert line.query("NS?") == "26"

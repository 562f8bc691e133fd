"""The rack: what it is built from, and the coupled physics behind it, seen from the wire."""

from dataclasses import replace

import pytest

from instruments.clock import VirtualClock
from instruments.errors import ConfigurationError
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.rack import RackInstrument, build_rack
from instruments.simulation.visa import open_resource_manager
from tests.instruments.simulation.samples import NBS2, SETTINGS

COLD = replace(SETTINGS, thermal=replace(SETTINGS.thermal, start_K=2.0))
INSTRUMENTS = [
    RackInstrument("mercury_ips", "TCPIP::10.0.0.1::7020::SOCKET", {"firmware": "2.6.04.000"}),
    RackInstrument("mercury_itc", "TCPIP::10.0.0.2::7020::SOCKET", {"sensor": "DB8.T1", "heater": "DB1.H1"}),
    RackInstrument("mercury_itc", "TCPIP0::10.0.0.2::7020::SOCKET", {"sensor": "MB1.T1"}),
    RackInstrument("sr830", "GPIB::8", {"ballast_ohm": 1000.0}),
    RackInstrument("keithley_6221", "GPIB0::12::INSTR"),
    RackInstrument("keithley_2182a", "GPIB0::7::INSTR", {"longitudinal_channel": 2, "hall_channel": 1}),
]
NODE = "DEV:GRPZ:SPSU:"


def opened(seed=1):
    clock = VirtualClock()
    rack = build_rack(clock, Cryostat(clock, COLD, NBS2, "out_of_plane", seed), INSTRUMENTS)
    return rack, open_resource_manager(rack)


def resource(manager, address):
    return manager.open_resource(address, read_termination="\n", write_termination="\n")


def drive_to_6T(seed):
    """Superconducting at 2 K without field, normal at 6 T; everything through pyvisa. Returns all replies."""
    rack, manager = opened(seed)
    supply, lock_in = resource(manager, "TCPIP::10.0.0.1::7020::SOCKET"), resource(manager, "GPIB::8::INSTR")
    controller = resource(manager, "TCPIP::10.0.0.2::7020::SOCKET")
    controller.query("SET:DEV:DB8.T1:TEMP:LOOP:TSET:2.0")
    controller.query("SET:DEV:DB8.T1:TEMP:LOOP:ENAB:ON")
    for command in ("FMOD 1", "SENS 16", "OFLT 9", "OFSL 1", "FREQ 137", "SLVL 4"):
        lock_in.write(command)
    rack.clock.sleep(60.0)
    replies = [lock_in.query("SNAP? 1,2")]
    for setting in ("SIG:FSET:6", "SIG:RFST:0.5", "ACTN:RTOS"):
        replies.append(supply.query(f"SET:{NODE}{setting}"))
    rack.clock.sleep(12.5 * 60.0)
    replies.append(supply.query(f"READ:{NODE}SIG:FLD"))
    replies.append(controller.query("READ:DEV:MB1.T1:TEMP:SIG:TEMP"))
    lock_in.query("OUTP? 1")
    rack.clock.sleep(10.0)
    return [*replies, lock_in.query("SNAP? 1,2")]


def test_field_set_by_wire_makes_the_sample_normal():
    """R_n(2 K) = 50.08 mOhm at 4 mA: 200.32 uV; nothing at zero field; noise 1.94 nV."""
    replies = drive_to_6T(seed=1)
    assert float(replies[0].split(",")[0]) == pytest.approx(0.0, abs=10e-9)
    assert float(replies[-1].split(",")[0]) == pytest.approx(200.32e-6, abs=15e-9)
    assert all(reply.endswith(":VALID") for reply in replies[1:4])
    assert float(replies[4].rpartition(":")[2].removesuffix("T")) == pytest.approx(6.0, abs=2e-4)
    assert float(replies[5].rpartition(":")[2].removesuffix("K")) == pytest.approx(2.0, abs=0.02)


def test_equal_seeds_give_equal_bytes():
    assert drive_to_6T(seed=5) == drive_to_6T(seed=5)
    assert drive_to_6T(seed=5) != drive_to_6T(seed=6)


def test_reversing_the_current_leaves_the_hall_and_longitudinal_parts():
    """At 10 K without field: 8 mA through R_n(10 K) = 52 mOhm are 416 uV, over a thermal voltage of 150 nV."""
    rack, manager = opened()
    controller = resource(manager, "TCPIP::10.0.0.2::7020::SOCKET")
    controller.query("SET:DEV:DB8.T1:TEMP:LOOP:TSET:10.0")
    controller.query("SET:DEV:DB8.T1:TEMP:LOOP:ENAB:ON")
    rack.clock.sleep(1800.0)
    source, voltmeter = resource(manager, "GPIB::12::INSTR"), resource(manager, "GPIB::7::INSTR")
    source.write(":SOUR:CURR:COMP 1;:OUTP ON")
    voltmeter.write(":SENS:CHAN 2;:SENS:VOLT:CHAN2:RANG 0.1")
    readings = []
    for current in ("8e-3", "-8e-3"):
        source.write(f":SOUR:CURR {current}")
        readings.append(float(voltmeter.query(":READ?")))
    assert (readings[0] - readings[1]) / 2 == pytest.approx(416e-6, abs=0.2e-6)
    assert (readings[0] + readings[1]) / 2 == pytest.approx(150e-9 + 2e-9 * 30, abs=20e-9)
    assert source.query(":SYST:ERR?") == '0,"No error"'


def test_entries_at_one_address_are_one_box():
    rack, _ = opened()
    assert len(rack.ports()) == 5
    assert rack.box("GPIB::8::INSTR") is rack.box("GPIB0::8")


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([RackInstrument("sr999", "GPIB::8")], "no simulated sr999"),
        ([RackInstrument("sr830", "GPIB::8")], "needs the option ballast_ohm"),
        ([RackInstrument("mercury_itc", "GPIB::8")], "needs the option sensor"),
        ([RackInstrument("keithley_6221", "GPIB::8"), RackInstrument("sr830", "GPIB0::8")], "two kinds"),
        ([RackInstrument("sr830", "nowhere", {"ballast_ohm": 1.0})], "expected a VISA address"),
    ],
)
def test_what_cannot_be_built(entries, message):
    clock = VirtualClock()
    with pytest.raises(ConfigurationError, match=message):
        build_rack(clock, Cryostat(clock, COLD, NBS2, "out_of_plane", 1), entries)


def test_no_box_at_an_address():
    rack, _ = opened()
    with pytest.raises(ConfigurationError, match="no simulated instrument at GPIB::9"):
        rack.box("GPIB::9")

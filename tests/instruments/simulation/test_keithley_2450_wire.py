"""The simulated Keithley 2450, byte for byte, in the spellings that programs use."""

import pytest

from instruments.clock import VirtualClock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.devices.keithley_2450 import Keithley2450
from tests.instruments.simulation.samples import SETTINGS, GatedResistor


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def meter(clock):
    return Keithley2450(clock, Cryostat(clock, SETTINGS, GatedResistor(), "out_of_plane", seed=1))


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"*IDN?", b"KEITHLEY INSTRUMENTS,MODEL 2450,04400001,1.7.12b"),
        (b"*LANG?", b"SCPI"),
        (b":SENSe:current:RANGe:AUTO?", b"1"),
        (b":SOUR:voltage:ILIM:TRIPped?", b"0"),
        (b":SOURce1:VOLTage:ILIMit:LEVel 2e-8;:sour:volt:ilim?", b"2.000000E-08"),
        (b':SENS:FUNC "VOLT";:SENSe1:FUNCtion:ON?', b'"VOLT:DC"'),
        (b":SOUR:VOLT:PROT PROT20;:SOUR:VOLT:PROT:LEV?;TRIP?", b"PROT20;0"),
        (b":OUTP1:STAT?;:OUTP 1;:OUTPUT:STATE?", b"0;1"),
        (b"SYST:ERR?", b'0,"No error"'),
    ],
)
def test_spellings(meter, line, reply):
    assert meter.respond(line) == reply


@pytest.mark.parametrize(
    "line",
    [b":SOUR:VOLT:ILIM 2", b":SOUR:VOLT:PROT PROT7", b":SENS:FUNC 'FREQ'", b"*LANG BASIC", b":READ?", b":NOP"],
)
def test_what_is_refused_is_in_the_error_queue(meter, line):
    assert meter.respond(line) is None
    assert not meter.respond(b":SYST:ERR?").startswith(b"0,")


def test_a_limit_below_a_tenth_of_a_fixed_range_is_refused(meter):
    meter.respond(b":SENS:CURR:RANG 1e-4;:SOUR:VOLT:ILIM 9e-6")
    assert meter.respond(b":SYST:ERR?").startswith(b"-221")
    meter.respond(b":SENS:CURR:RANG:AUTO 1;:SOUR:VOLT:ILIM 9e-6")
    assert meter.respond(b":SYST:ERR?;:SENS:CURR:RANG?") == b'0,"No error";1E-05'


def test_a_reading_has_the_elements_asked_for(clock, meter):
    meter.respond(b":SOUR:VOLT:RANG 200;:SOUR:VOLT:ILIM 2e-8;:SOUR:VOLT 100;:OUTP 1")
    clock.sleep(60.0)
    source, reading, status = meter.respond(b':READ? "defbuffer1",SOURce,READ,SOURSTAT').split(b",")
    assert float(source) == pytest.approx(100.0, abs=0.02)
    assert float(reading) == pytest.approx(0.1e-9, abs=0.05e-9)  # 1 TOhm
    assert float(status) == 0x80 | 0x08  # output on, read back
    assert float(meter.respond(b':READ? "defbuffer1"')) == pytest.approx(0.1e-9, abs=0.05e-9)
    meter.respond(b":SOUR:VOLT 200")
    clock.sleep(60.0)
    assert float(meter.respond(b':READ? "defbuffer1",SOURSTAT')) == 0x80 | 0x08 | 0x20
    assert meter.respond(b":SOUR:VOLT:ILIM:TRIP?") == b"1"


def test_in_another_language_it_is_only_known_by_name(clock):
    cryostat = Cryostat(clock, SETTINGS, GatedResistor(), "out_of_plane", seed=1)
    meter = Keithley2450(clock, cryostat, language="TSP")
    assert meter.respond(b"*LANG?") == b"TSP"
    assert meter.respond(b":SOUR:VOLT?") is None


def test_reset(meter):
    meter.respond(b":SOUR:VOLT 5;:OUTP 1;*RST")
    assert meter.respond(b":OUTP?;:SOUR:VOLT?;:SOUR:VOLT:ILIM?") == b"0;0;1.050000E-04"

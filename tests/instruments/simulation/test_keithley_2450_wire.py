"""The simulated Keithley 2450, byte for byte, in the spellings that programs use."""

import re

import pytest

from instruments.simulation.devices.keithley_2450 import Keithley2450


@pytest.fixture
def meter(clock, gated):
    return Keithley2450(clock, gated)


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
        (b"SYST:ERR?", b'0,"No error;0;0 0"'),
        (b":SOURce1:voltage:DELay:USER2 0.5;:SOUR:VOLT:DEL:USER2?;USER1?", b"5.000000E-01;0.000000E+00"),
        (b":SENSe:resistance:RSENse ON;:RES:RSEN?;:VOLT:RSEN?", b"1;0"),
        (b":SOUR:CURR:VLIM?;VLIM? MIN;VLIM? MAX", b"2.100000E+01;2.000000E-02;2.100000E+02"),
        (b":SOUR:VOLT DEF;:SOUR:VOLT?;:SENS:RES:RANG?;:SENS:COUN?", b"0;2E+08;1"),
        (b":SOUR:CURR:DEL 2;:SOUR:CURR:DEL:AUTO?;:SOUR:VOLT:DEL:AUTO?;:SOUR:CURR:DEL?", b"0;1;2.000000E+00"),
        (b":SENS:VOLT:NPLC 5;:SENS:VOLT:NPLC?;:SENS:CURR:NPLC?", b"5;1"),
        (b":SOUR:FUNC CURR;FUNC?;:SOUR:VOLT:READ:BACK 0;:SOUR:CURR:READ:BACK?", b"CURR;1"),
        (b":OUTP:VOLT:SMOD ZERO;SMOD?;:OUTP:CURR:SMOD?", b"ZERO;NORM"),
    ],
)
def test_spellings(meter, line, reply):
    assert meter.respond(line) == reply


@pytest.mark.parametrize(
    "line",
    [
        b":SOUR:VOLT:ILIM 2",
        b":SOUR:VOLT:PROT PROT7",
        b":SENS:FUNC 'FREQ'",
        b"*LANG BASIC",
        b":READ?",
        b":NOP",
        b":SENSe:voltage:DELay:USERNone?",  # as QCoDeS asks before it is told a number
        b":SOUR:VOLT:DEL:USER6 1",
        b":SOUR:CURR 1.2",
        b":INIT",
    ],
)
def test_what_is_refused_is_in_the_error_queue(meter, line):
    assert meter.respond(line) is None
    assert not meter.respond(b":SYST:ERR?").startswith(b"0,")


def test_a_limit_below_a_tenth_of_a_fixed_range_is_refused(meter):
    meter.respond(b":SENS:CURR:RANG 1e-4;:SOUR:VOLT:ILIM 9e-6")
    assert meter.respond(b":SYST:ERR?").startswith(b"-221")
    meter.respond(b":SENS:CURR:RANG:AUTO 1;:SOUR:VOLT:ILIM 9e-6")
    assert meter.respond(b":SYST:ERR?;:SENS:CURR:RANG?") == b'0,"No error;0;0 0";1E-05'


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


def test_an_error_has_its_kind_and_time(meter):
    meter.respond(b":NOP")
    assert re.fullmatch(
        rb'-113,"Undefined header;1;\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{3}"', meter.respond(b"SYST:ERR?")
    )


def test_a_current_source_charges_the_gate_up_to_its_voltage_limit(clock, meter):
    """1 nA into 1 nF: 1 V/s, behind 1 MOhm; the leakage of 1 TOhm takes 5 pA at 5 V."""
    meter.respond(b':SOUR:FUNC CURR;:SOUR:CURR 1e-9;:SOUR:CURR:VLIM 10;:SENS:FUNC "VOLT";:OUTP 1')
    clock.sleep(5.0 - 0.04)  # and the time of the conversions
    assert float(meter.respond(b":READ?")) == pytest.approx(5.0, abs=0.02)
    assert meter.respond(b":SOUR:CURR:VLIM:TRIP?") == b"0"
    clock.sleep(60.0)
    reading, source, status = meter.respond(b':READ? "defbuffer1",READ,SOUR,SOURSTAT').split(b",")
    assert (float(reading), float(source)) == (pytest.approx(10.0, abs=1e-3), pytest.approx(10e-12, abs=2e-12))
    assert int(float(status)) == 0x80 | 0x20 | 0x08
    assert meter.respond(b":SOUR:CURR:VLIM:TRIP?;:SOUR:VOLT:ILIM:TRIP?") == b"1;0"
    meter.respond(b":SOUR:VOLT:PROT PROT5")
    clock.sleep(60.0)
    assert float(meter.respond(b":READ?")) == pytest.approx(5.0, abs=1e-3)
    assert meter.respond(b":SOUR:VOLT:PROT:TRIP?") == b"1"


def test_another_function_turns_the_output_off(meter):
    meter.respond(b":OUTP 1;:SOUR:FUNC VOLT")
    assert meter.respond(b":OUTP?") == b"1"
    meter.respond(b":SOUR:FUNC CURR")
    assert meter.respond(b":OUTP?") == b"0"


def test_a_resistance_beyond_the_ranges_is_an_overflow(clock, meter):
    """100 V over 1 TOhm."""
    meter.respond(b":SOUR:VOLT 100;:OUTP 1")
    clock.sleep(60.0)
    assert float(meter.respond(b":MEAS:RES?")) == 9.9e37
    assert meter.respond(b":SENS:FUNC?") == b'"RES"'


def test_a_source_delay_comes_before_the_first_reading_only(clock, meter):
    """One reading takes 20 ms for the current, 20 ms for the voltage read back."""
    meter.respond(b":SOUR:VOLT:DEL 2;:OUTP 1")
    for expected_s in (2.04, 0.04):
        start_s = clock.now()
        meter.respond(b":READ?")
        assert clock.now() - start_s == pytest.approx(expected_s)
    meter.respond(b":SOUR:VOLT:READ:BACK 0")
    start_s = clock.now()
    meter.respond(b":READ?")
    assert clock.now() - start_s == pytest.approx(0.02)


def test_in_another_language_it_is_only_known_by_name(clock, gated):
    meter = Keithley2450(clock, gated, language="TSP")
    assert meter.respond(b"*LANG?") == b"TSP"
    assert meter.respond(b":SOUR:VOLT?") is None


def test_reset(meter):
    meter.respond(b":SOUR:VOLT 5;:OUTP 1;*RST")
    assert meter.respond(b":OUTP?;:SOUR:VOLT?;:SOUR:VOLT:ILIM?") == b"0;0;1.050000E-04"

"""The simulated SR860, byte for byte: 1 V over 1 kOhm drive 1 mA through 0.1 Ohm."""

import math

import pytest

from instruments.simulation.devices.sr860 import SR860


@pytest.fixture
def lock_in(clock, resistor):
    instrument = SR860(clock, resistor, 1000.0, name="test")
    instrument.respond(b"SLVL 1;FREQINT 17;OFLT 11;OFSL 1;SCAL 9;IRNG 4")
    clock.sleep(30.0)
    instrument.respond(b"LIAS?")
    return instrument


def numbers(reply):
    return [float(text) for text in reply.split(b",")]


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"*IDN?", b"Stanford_Research_Systems,SR860,003165,v1.51"),
        (b"SCAL 27;SCAL?", b"27"),  # 1 nV, the last
        (b"RSRC EXT;RSRC?", b"1"),
        (b"RSRC INT;rsrc?", b"0"),
        (b"IRNG 300Mvolt;IRNG?", b"1"),
        (b"IVMD VOLT; IVMD?", b"0"),
        (b"ISRC A-B;ISRC?", b"1"),
        (b"RTRG POSttl;RTRG?", b"1"),
        (b"REFZ 50OHMS;REFZ?", b"0"),
        (b"FREQINT 12.34 KHZ;FREQINT?", b"1.234000000e+04"),
        (b"FREQ 12.34E3;FREQ?", b"1.234000000e+04"),
        (b"FREQINT 123.45678;FREQINT?", b"1.234570000e+02"),  # six digits
        (b"SLVL 123.4 MV;SLVL?", b"1.230000000e-01"),  # three digits
        (b"SOFF 1.23456;SOFF?", b"1.234600000e+00"),
        (b"PHAS 270;PHAS?", b"-9.000000000e+01"),
        (b"HARM 2;HARM?", b"2"),
        (b"AUXV 3,1.5;AUXV? 3", b"1.500000000e+00"),
        (b"", None),
    ],
)
def test_words_units_and_steps(lock_in, line, reply):
    assert lock_in.respond(line) == reply


@pytest.mark.parametrize(
    "line", [b"SCAL 28", b"SLVL 2.1", b"SLVL 1.5.2", b"OFLT 22", b"RSRC MAYBE", b"FREQINT 500001", b"SNAP? 0"]
)
def test_what_is_refused_changes_nothing_and_sets_a_bit(lock_in, line):
    before = lock_in.respond(b"SCAL?;SLVL?;OFLT?;RSRC?;FREQINT?;*CLS")
    assert lock_in.respond(line) is None
    assert int(lock_in.respond(b"*ESR?")) & 0x30
    assert lock_in.respond(b"SCAL?;SLVL?;OFLT?;RSRC?;FREQINT?") == before


def test_x_and_y_of_one_instant(lock_in):
    assert numbers(lock_in.respond(b"SNAP? 0,1")) == pytest.approx([1e-4, 0.0], abs=1e-10)
    assert numbers(lock_in.respond(b"SNAP? X,Y,R")) == pytest.approx([1e-4, 0.0, 1e-4], abs=1e-10)
    assert numbers(lock_in.respond(b"SNAPD?"))[2] == pytest.approx(1e-4)
    assert float(lock_in.respond(b"OUTP? 2")) == pytest.approx(1e-4)


def test_an_output_beyond_its_scale_is_latched_and_still_read_in_full(lock_in):
    lock_in.respond(b"SCAL 13")  # 50 uV
    assert lock_in.respond(b"CUROVLDSTAT?") == b"1"
    assert numbers(lock_in.respond(b"SNAP? 0,1"))[0] == pytest.approx(1e-4)
    lock_in.respond(b"SCAL 9")
    assert lock_in.respond(b"CUROVLDSTAT?") == b"0"
    assert lock_in.respond(b"LIAS? 0") == b"1"  # from before
    assert lock_in.respond(b"LIAS?") == b"0"


def test_the_input_range_is_a_peak_value(clock, resistor, lock_in):
    resistor.resistance_ohm = 7.0  # 7 mV rms are 9.9 mV at the peak
    clock.sleep(0.1)
    assert int(lock_in.respond(b"CUROVLDSTAT?")) & 0x10 == 0
    resistor.resistance_ohm = 7.2
    clock.sleep(0.1)
    assert int(lock_in.respond(b"CUROVLDSTAT?")) & 0x10
    lock_in.respond(b"IRNG 3;*CLS")
    assert int(lock_in.respond(b"LIAS?")) & 0x10 == 0
    assert math.isclose(lock_in.input_limit_V, 0.03 / math.sqrt(2))


def test_without_a_reference_it_is_unlocked_and_reads_nothing(clock, lock_in):
    lock_in.respond(b"RSRC 1")
    clock.sleep(30.0)
    assert int(lock_in.respond(b"LIAS?")) & 8
    assert lock_in.respond(b"CUROVLDSTAT?") == b"8"
    assert numbers(lock_in.respond(b"SNAP? 0,1"))[0] == pytest.approx(0.0, abs=1e-9)


def test_current_input_has_no_signal(clock, lock_in):
    lock_in.respond(b"IVMD 1")
    clock.sleep(30.0)
    assert numbers(lock_in.respond(b"SNAP? 0,1"))[0] == pytest.approx(0.0, abs=1e-9)


def test_auto_scale_and_auto_phase(clock, lock_in):
    lock_in.respond(b"PHAS 30")
    clock.sleep(30.0)
    lock_in.respond(b"APHS;SCAL 0;ASCL")
    assert float(lock_in.respond(b"PHAS?")) == pytest.approx(0.0, abs=1e-6)
    assert lock_in.respond(b"SCAL?") == b"12"  # 100 uV


def test_reset_and_status_byte(lock_in):
    lock_in.respond(b"*RST")
    assert lock_in.respond(b"SLVL?;RSRC?;SCAL?") == b"0.000000000e+00;0;0"
    lock_in.respond(b"LIAE 8;*SRE 8;RSRC EXT")
    assert lock_in.status_byte(reply_waiting=False) & 0x48 == 0x48

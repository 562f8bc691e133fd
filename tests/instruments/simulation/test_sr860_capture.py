"""Data channels and capture buffer of the simulated SR860: 1 V over 1 kOhm drive 1 mA through 0.1 Ohm."""

import struct

import pytest
from pyvisa.constants import StatusCode

from instruments.simulation.devices.sr860 import SR860
from instruments.simulation.devices.sr860_capture import fastest_rate_Hz
from instruments.simulation.ports import Device
from instruments.simulation.rack import Box
from instruments.simulation.wire import Block


@pytest.fixture
def lock_in(clock, resistor):
    """Time constant 100 ms: 9765.625 samples in a second at most."""
    instrument = SR860(clock, resistor, 1000.0, name="test")
    instrument.respond(b"SLVL 1;FREQINT 17;OFLT 10;OFSL 0;SCAL 9;IRNG 4")
    clock.sleep(30.0)
    instrument.respond(b"LIAS?")
    return instrument


def floats(block):
    """What a block holds, its head taken off by hand."""
    digits = int(block[1:2])
    count = int(block[2 : 2 + digits])
    assert len(block) == 2 + digits + count
    return struct.unpack(f"<{count // 4}f", block[2 + digits :])


@pytest.mark.parametrize(
    ("time_constant_s", "rate_Hz"),
    [(1e-6, 1.25e6), (1e-3, 625e3), (0.1, 9765.625), (1.0, 1.25e6 / 2**11), (30e3, 1.25e6 / 2**26)],
)
def test_the_fastest_rate_falls_with_the_time_constant(time_constant_s, rate_Hz):
    assert fastest_rate_Hz(time_constant_s) == rate_Hz


def test_an_idle_buffer(lock_in):
    assert lock_in.respond(b"CAPTURELEN?;CAPTURECFG?;CAPTURESTAT?;CAPTUREBYTES?;CAPTUREPROG?") == b"256;0;0;0;0"
    assert float(lock_in.respond(b"CAPTURERATEMAX?")) == 9765.625
    assert lock_in.respond(b"CAPTURELEN 7;CAPTURELEN?") == b"8"  # blocks of 2 kbyte
    assert float(lock_in.respond(b"CAPTURERATE 3;CAPTURERATE?")) == 9765.625 / 8


def test_samples_follow_the_filter(clock, resistor, lock_in):
    """A step to 3 mV behind one RC stage: 0.1 + 2.9 (1 - exp(-t/T)) mV; the signal is a line between two looks."""
    lock_in.respond(b"CAPTURERATE 7;CAPTURECFG XY;CAPTURELEN 2")
    rate_Hz = 9765.625 / 128
    resistor.resistance_ohm = 3.0
    lock_in.respond(b"SLVL 1;CAPTURESTART ONE, IMM")
    assert lock_in.respond(b"CAPTURESTAT?") == b"3"
    clock.sleep(10.2 / rate_Hz)
    assert lock_in.respond(b"CAPTUREBYTES?") == b"80"
    assert lock_in.respond(b"CAPTUREPROG?") is None  # not before it has stopped
    assert lock_in.respond(b"CAPTURESTOP;CAPTURESTAT?;CAPTUREPROG?") == b"2;2"
    samples = floats(lock_in.respond(b"CAPTUREGET? 0, 2"))
    expected = [0.1 + 2.9 * (1 - 2.718281828 ** -((k + 1) / rate_Hz / 0.1)) for k in range(10)]
    assert samples[0:20:2] == pytest.approx([1e-3 * value for value in expected], rel=1e-3)
    assert samples[20:] == (0.0,) * (512 - 20)
    value = [float(text) for text in lock_in.respond(b"CAPTUREVAL? 9").split(b",")]
    assert value == pytest.approx(samples[18:20])
    assert lock_in.respond(b"CAPTUREVAL? 10") == b"0.000000000e+00,0.000000000e+00"


def test_one_shot_ends_when_the_buffer_is_full(clock, lock_in):
    """2 kbyte are 128 samples of four numbers: 13.1 ms."""
    lock_in.respond(b"CAPTURECFG XYRT;CAPTURELEN 2;CAPTURESTART ONE, IMM")
    clock.sleep(0.012)
    assert lock_in.respond(b"CAPTURESTAT?;LIAS? 12") == b"3;0"
    clock.sleep(0.003)
    assert lock_in.respond(b"CAPTURESTAT?;CAPTUREBYTES?;LIAS? 12") == b"6;2048;1"
    x, y, r, theta = floats(lock_in.respond(b"CAPTUREGET? 0,2"))[:4]
    assert (x, r) == pytest.approx((1e-4, 1e-4), rel=1e-3)
    assert (abs(y) < 1e-7, abs(theta) < 0.1) == (True, True)
    assert lock_in.respond(b"CAPTURECFG?;CAPTURECFG 3;CAPTURESTAT?") == b"3;0"  # forgets it


def test_a_continuous_capture_overwrites_blocks(clock, lock_in):
    """4 kbyte are 1024 samples of X: when full, 2 kbyte are given back."""
    lock_in.respond(b"CAPTURELEN 4;CAPTURESTART CONT,IMM")
    clock.sleep(1020.5 / 9765.625)
    assert lock_in.respond(b"CAPTUREBYTES?;CAPTURESTAT?") == b"4080;3"
    clock.sleep(8 / 9765.625)
    assert lock_in.respond(b"CAPTUREBYTES?;CAPTURESTAT?") == b"%d;7" % (2048 + 16)
    clock.sleep(3600.0)
    assert lock_in.respond(b"CAPTURESTOP;CAPTURESTAT?;CAPTUREPROG?") == b"6;4"


def test_triggers_begin_a_capture_or_take_its_samples(clock, lock_in):
    lock_in.respond(b"CAPTURESTART ONE,TRIG")
    clock.sleep(1.0)
    assert lock_in.respond(b"CAPTURESTAT?;CAPTUREBYTES?") == b"0;0"
    lock_in.respond(b"*TRG")
    clock.sleep(10.5 / 9765.625)
    assert lock_in.respond(b"CAPTURESTAT?;CAPTUREBYTES?") == b"3;40"
    lock_in.respond(b"CAPTURESTART ONE,SAMP")
    for _ in range(3):
        clock.sleep(1.0)
        lock_in.respond(b"*TRG")
    assert lock_in.respond(b"CAPTUREBYTES?") == b"12"


def test_a_block_goes_round_and_is_no_line(lock_in):
    lock_in.respond(b"CAPTURELEN 2;CAPTURESTART ONE,SAMP;*TRG;CAPTURESTOP")
    block = lock_in.respond(b"captureget? 1,4")
    assert isinstance(block, Block)
    assert block[:6] == b"#44096"
    samples = floats(block)
    assert samples[256] == samples[768] != 0.0
    assert sum(sample != 0.0 for sample in samples) == 2


@pytest.mark.parametrize(
    "line",
    [
        b"CAPTUREGET? 0,65",
        b"CAPTUREGET? 0",
        b"CAPTUREVAL? 70000",
        b"CAPTURELEN 5000",
        b"CAPTURERATE 21",
        b"CAPTURESTART ONE",
        b"CAPTURESTART MAYBE,IMM",
        b"CDSP 4,0",
        b"COFP 0,1000",
    ],
)
def test_what_is_refused(lock_in, line):
    lock_in.respond(b"*CLS")
    assert lock_in.respond(line) is None
    assert int(lock_in.respond(b"*ESR?")) & 0x30


def test_data_channels_and_outputs(lock_in):
    lock_in.respond(b"CDSP DAT1,SAMp;CDSP 1,15;CEXP Y,X10;COFP R,12.5;CRAT 0,ON;COUT OCH2,RTH;COFA 2,1")
    assert lock_in.respond(b"CDSP? 0;CDSP? DAT2;CDSP? 2;CEXP? 1;CRAT? X;COUT? 1;COFA? R") == b"13;15;2;1;1;1;1"
    assert float(lock_in.respond(b"COFP? 2")) == 12.5
    amplitude, frequency, r, _ = (float(text) for text in lock_in.respond(b"SNAPD?").split(b","))
    assert (amplitude, frequency, r) == pytest.approx((1.0, 17.0, 1e-4), rel=1e-3)
    assert float(lock_in.respond(b"OUTR? 1")) == 17.0
    lock_in.respond(b"*RST")
    assert lock_in.respond(b"CDSP? 0;CEXP? 1;CRAT? 0") == b"0;0;0"


def test_noise_bandwidth(lock_in):
    """1/4T for one stage, 5/64T for four."""
    assert float(lock_in.respond(b"ENBW?")) == pytest.approx(2.5)
    assert float(lock_in.respond(b"OFSL 3;ENBW?")) == pytest.approx(0.78125)


def test_auto_range_takes_the_smallest_that_holds_the_peak(clock, resistor, lock_in):
    resistor.resistance_ohm = 15.0  # 15 mV rms are 21 mV at the peak
    clock.sleep(1.0)
    assert lock_in.respond(b"ARNG;IRNG?") == b"3"


def test_nothing_follows_a_block_on_the_bus(lock_in):
    device = Device(Box(lock_in), lines_end_with_message=True)
    device.write(b"CAPTUREGET? 0,2")
    message, _ = device.read(1 << 20, None)
    assert len(floats(message)) == 512
    device.write(b"CAPTUREBYTES?")
    assert device.read(1 << 20, b"\n") == (b"0\n", StatusCode.success_termination_character_read)

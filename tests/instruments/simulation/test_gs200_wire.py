"""The simulated GS200, byte for byte."""

import pytest

from instruments.clock import VirtualClock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.devices.gs200 import Gs200
from tests.instruments.simulation.samples import SETTINGS, GatedResistor


@pytest.fixture
def cryostat():
    return Cryostat(VirtualClock(), SETTINGS, GatedResistor(), "out_of_plane", seed=1)


@pytest.fixture
def source(cryostat):
    return Gs200(VirtualClock(), cryostat)


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"*IDN?", b"YOKOGAWA,GS210,91F104247,2.02"),
        (b":SOUR:FUNC?", b"VOLT"),
        (b":SOURce:RANGe 5;:sour:rang?", b"+1E+1"),
        (b":SOUR:RANG MAX;LEV 14.5;LEV?", b"+1.45E+1"),
        (b":SOUR:LEV:AUTO 1.5;:SOUR:RANG?", b"+1E+1"),
        (b":SOUR:PROT:CURR 0.05;CURR?", b"+5E-2"),
        (b":SOUR:PROT:CURR? MIN;CURR? MAX;VOLT? MIN;VOLT? MAX", b"+1E-3;+2E-1;+1E+0;+3E+1"),
        (b":OUTP ON;:OUTPut:STATe?", b"1"),
        (b":SOUR:FUNC CURR;FUNC?;:OUTP?", b"CURR;0"),
        (b":STAT:COND?;:STAT:EVEN?", b"0;0"),
        (b":SYST:ERR?", b'0,"No error"'),
    ],
)
def test_replies(source, line, reply):
    assert source.respond(line) == reply


@pytest.mark.parametrize(
    "line",
    [b":SOUR:PROT:CURR 0.9E-3", b":SOUR:LEV 13E-3", b":SOUR:LEV:AUTO 33", b":SOUR:FUNC RES", b":SENS 1", b":NO"],
)
def test_what_is_refused_is_in_the_error_queue(source, line):
    before = source.respond(b":SOUR:FUNC?;RANG?;LEV?;PROT:CURR?")
    assert source.respond(line) is None
    assert not source.respond(b":SYST:ERR?").startswith(b"0,")
    assert source.respond(b":SOUR:FUNC?;RANG?;LEV?;PROT:CURR?") == before


def test_a_level_beyond_a_new_range_stays_with_the_old_one(source):
    source.respond(b":SOUR:RANG 30;LEV 20;RANG 10")
    assert source.respond(b":SYST:ERR?;:SOUR:RANG?") == b'-221,"Settings conflict";+3E+1'


def test_the_emergency_input_turns_it_off_and_keeps_it_off(cryostat, source):
    source.respond(b":SOUR:RANG 30;LEV 20;:OUTP 1")
    assert cryostat.gate.output_on
    source.press_emergency()
    assert source.respond(b":OUTP?;:STAT:COND?") == b"0;8192"
    source.respond(b":OUTP 1")
    assert not cryostat.gate.output_on


def test_events_last_until_they_are_read(cryostat, source):
    source.respond(b":SOUR:RANG 30;LEV -20;:OUTP 1")
    cryostat.gate.compliance_A = 1e-9
    cryostat.gate.advance(1e-6)
    assert source.respond(b":STAT:COND?") == b"1024"
    cryostat.gate.output_on = False
    assert source.respond(b":STAT:COND?;EVEN?;EVEN?") == b"0;1024;0"


def test_reset(source):
    source.respond(b":SOUR:RANG 30;LEV 20;:OUTP 1;*RST")
    assert source.respond(b":SOUR:LEV?;:OUTP?") == b"+0E+0;0"

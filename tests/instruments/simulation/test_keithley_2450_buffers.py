"""Reading buffers and sweeps of the simulated Keithley 2450."""

import pytest

from instruments.simulation.devices.keithley_2450 import Keithley2450
from instruments.simulation.devices.keithley_2450_buffers import Measured


@pytest.fixture
def meter(clock, gated):
    return Keithley2450(clock, gated)


def numbers(reply):
    return [float(text) for text in reply.split(b",")]


def error(meter):
    return int(meter.respond(b":SYST:ERR?").partition(b",")[0])


@pytest.mark.parametrize(
    ("measured", "digits", "shown"),
    [
        (Measured("VOLT", 5.07e-6, 0.02), 7, "+00.00507 mV"),  # this and the next from a real instrument
        (Measured("CURR", -1.608374e-08, 100e-9), 6, "-016.084 nA"),
        (Measured("CURR", 1e-6, 1e-6), 6, "+1.00000 uA"),
        (Measured("VOLT", 150.0, 200.0), 6, "+150.000 V"),
        (Measured("RES", 47e3, 200e3), 6, "+047.000 kOhm"),
        (Measured("RES", 9.9e37, 200e6), 6, "Overflow"),
    ],
)
def test_readings_as_displayed(measured, digits, shown):
    assert measured.displayed(digits) == shown


def test_readings_are_kept_in_the_buffer_they_are_taken_into(clock, meter):
    meter.respond(b":SOUR:VOLT 1.5;:OUTP 1;:SENS:COUN 3;:SENS:FUNC 'VOLT'")
    clock.sleep(1.0)
    last = meter.respond(b":READ?")
    assert meter.respond(b":TRAC:ACT?;:TRAC:ACT? 'defbuffer2'") == b"3;0"
    kept = numbers(meter.respond(b":TRAC:DATA? 1, 3, 'defbuffer1'"))
    assert kept == pytest.approx([1.5] * 3, abs=1e-3)
    assert meter.respond(b":FETC?") == last
    assert kept[-1] == float(last)
    apart = numbers(meter.respond(b':TRACe:DATA? 1,3,"defbuffer1",RELative'))
    assert apart == pytest.approx([0.0, 0.04, 0.08])  # 20 ms each for the reading and the read-back
    assert float(meter.respond(b":TRAC:STAT:AVER?")) == pytest.approx(sum(kept) / 3, rel=1e-6)
    assert float(meter.respond(b":TRAC:STAT:PK2P?")) == pytest.approx(max(kept) - min(kept), abs=2e-6)
    meter.respond(b":TRAC:TRIG 'defbuffer2';:TRAC:CLE")
    assert meter.respond(b":TRAC:ACT?;:TRAC:ACT? defbuffer2") == b"0;3"


def test_elements_of_a_reading(clock, meter):
    meter.respond(b":SOUR:VOLT 1.5;:OUTP 1")
    clock.sleep(1.0)
    names = b"DATE,TIME,UNIT,SOURUNIT,SOUR,SOURFORM,STAT,SOURSTAT"
    date, time, unit, source_unit, source, formatted, status, source_status = meter.respond(
        b":READ? 'defbuffer1'," + names
    ).split(b",")
    assert (len(date), len(time), unit, source_unit) == (10, 8, b"Amp DC", b"Volt DC")
    assert float(source) == pytest.approx(1.5, abs=1e-3)
    assert float(formatted.removesuffix(b" V")) == pytest.approx(float(source), abs=1e-5)
    assert (float(status), float(source_status)) == (8.0, 0x80 | 0x08)
    assert meter.respond(b":FETC? 'defbuffer1',DATES") is None
    assert error(meter) == 1133


def test_a_buffer_of_a_programs_own_fills_once_and_a_default_one_goes_on(meter):
    meter.respond(b":TRAC:MAKE 'own', 10, ;:TRAC:POIN 10, 'defbuffer2';:OUTP 1;:SENS:COUN 12")
    meter.respond(b":TRAC:TRIG 'own';:TRAC:TRIG 'defbuffer2'")
    assert meter.respond(b":TRAC:ACT? 'own';:TRAC:ACT? 'defbuffer2';:TRAC:POIN? 'own'") == b"10;10;10"
    own, default = (numbers(meter.respond(b":TRAC:DATA? 1,10,'%s',REL" % name)) for name in (b"own", b"defbuffer2"))
    assert (own[0], own[-1]) == pytest.approx((0.0, 9 * 0.04))
    assert (default[0], default[-1]) == pytest.approx((2 * 0.04, 11 * 0.04))
    meter.respond(b":TRAC:FILL:MODE CONT, 'own';:TRAC:TRIG 'own'")
    assert meter.respond(b":TRAC:FILL:MODE? 'own';:TRAC:FILL:MODE? 'defbuffer1'") == b"CONT;CONT"
    assert numbers(meter.respond(b":TRAC:DATA? 1,1,'own',REL"))[0] > 9 * 0.04


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b":TRAC:MAKE 'defbuffer1', 100", 1115),
        (b":TRAC:MAKE 'small', 9", -222),
        (b":TRAC:MAKE 'odd', 100, ODD", 1133),
        (b":TRAC:DEL 'defbuffer1'", 1133),
        (b":TRAC:POIN? 'nobody'", 1133),
        (b":TRAC:DATA? 1,1", -222),
        (b":FETC?", -222),
        (b":TRAC:TRIG", 5001),  # the output is off
    ],
)
def test_what_buffers_refuse(meter, line, code):
    assert meter.respond(line) is None
    assert error(meter) == code


def test_a_deleted_buffer_is_gone_and_so_it_is_after_a_reset(meter):
    for line in (b":TRAC:DEL 'own'", b"*RST"):
        meter.respond(b":TRAC:MAKE 'own', 100;" + line)
        assert meter.respond(b":TRAC:POIN? 'own'") is None
    assert meter.respond(b":TRAC:POIN?") == b"100000"


class TestSweep:
    SETUP = b":SOUR:SWE:VOLT:LIN 0,4,5,1.0,1,AUTO,ON,OFF,'defbuffer1'"

    def test_it_steps_reads_and_turns_off(self, clock, gated, meter):
        """1.04 s for each point: the sweep's delay, 20 ms for the current and 20 ms for the voltage."""
        meter.respond(self.SETUP + b";:INIT")
        clock.sleep(2.5)
        assert meter.respond(b":OUTP?;:TRAC:ACT?;:SOUR:VOLT?") == b"1;2;2"
        assert gated.gate.plate_V == pytest.approx(2.0, abs=0.01)
        meter.respond(b"*WAI")
        assert clock.now() == pytest.approx(5 * 1.04, abs=2e-3)
        assert meter.respond(b":OUTP?;:TRAC:ACT?") == b"0;5"
        assert numbers(meter.respond(b":TRAC:DATA? 1,5,'defbuffer1',SOUR")) == pytest.approx(range(5), abs=1e-3)
        times_s = numbers(meter.respond(b":TRAC:DATA? 1,5,'defbuffer1',REL"))
        assert times_s == pytest.approx([1.04 * index for index in range(5)], abs=1e-5)

    def test_there_and_back_by_steps_and_twice(self, meter):
        meter.respond(b":SOUR:SWE:VOLT:LIN:STEP 0,2,1,0,2,BEST,ON,ON;:INIT;*WAI")
        levels = [0, 1, 2, 2, 1, 0] * 2
        assert numbers(meter.respond(b":TRAC:DATA? 1,12,'defbuffer1',SOUR")) == pytest.approx(levels, abs=1e-3)

    def test_it_ends_at_the_limit_unless_told_otherwise(self, meter):
        """20 nA charge the gate with 20 V/s; it breaks down at 190 V, and at 200 V draws exp(5) nA."""
        for stops, count in ((b"ON", b"21"), (b"OFF", b"22")):
            meter.respond(b":SOUR:VOLT:ILIM 2e-8;:SOUR:SWE:VOLT:LIN 0,210,22,1,1,BEST,%s;:INIT;*WAI" % stops)
            assert meter.respond(b":TRAC:ACT?;:OUTP?") == count + b";0"

    def test_it_can_be_aborted_and_tells_its_end(self, clock, meter):
        meter.respond(b"*CLS;" + self.SETUP + b";:INIT;*OPC")
        assert meter.respond(b"*ESR?") == b"0"
        assert meter.respond(b":INIT") is None
        assert error(meter) == -213
        assert meter.respond(b":READ?") is None
        meter.respond(b"*CLS;:ABOR")
        assert meter.respond(b"*ESR?;:OUTP?") == b"1;0"
        meter.respond(b":INIT")
        assert meter.respond(b"*OPC?;:TRAC:ACT?") == b"1;5"

    @pytest.mark.parametrize(
        "parameters",
        [b"0,4", b"0,4,1", b"0,400,5", b"0,4,5,1e-6", b"0,4,5,0,0", b"0,4,5,0,1,AUTO,MAYBE", b"0,4,5,0,1,ODD"],
    )
    def test_what_it_refuses(self, meter, parameters):
        meter.respond(b":SOUR:SWE:VOLT:LIN " + parameters)
        assert error(meter) != 0
        assert meter.respond(b":INIT") is None
        assert meter.respond(b":OUTP?") == b"0"

    def test_a_fixed_range_that_does_not_reach_is_refused_when_it_starts(self, meter):
        meter.respond(b":SOUR:VOLT:RANG 2;:SOUR:SWE:VOLT:LIN 0,20,5,0,1,FIX;:INIT")
        assert error(meter) == -222
        assert meter.respond(b":OUTP?") == b"0"

"""The simulated GS200, byte for byte."""

import pytest

from instruments.simulation.devices.gs200 import Gs200


@pytest.fixture
def source(clock, gated):
    return Gs200(clock, gated)


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"*IDN?", b"YOKOGAWA,GS210,91F104247,2.02"),
        (b":SOUR:FUNC?", b"VOLT"),
        (b":SOURce:RANGe 5;:sour:rang?", b"+10E+0"),
        (b":SOUR:RANG MAX;LEV 14.5;LEV?", b"+14.5E+0"),
        (b":SOUR:LEV:AUTO 1.5;:SOUR:RANG?", b"+10E+0"),
        (b":SOUR:PROT:CURR 0.05;CURR?", b"+50E-3"),
        (b":SOUR:PROT:CURR? MIN;CURR? MAX;VOLT? MIN;VOLT? MAX", b"+1E-3;+200E-3;+1E+0;+30E+0"),
        (b":OUTP ON;:OUTPut:STATe?", b"1"),
        (b":SOUR:FUNC CURR;FUNC?;:OUTP?", b"CURR;0"),
        (b":STAT:COND?;:STAT:EVEN?", b"285;0"),
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
    assert source.respond(b":SYST:ERR?;:SOUR:RANG?") == b'-221,"Settings conflict";+30E+0'


def test_the_emergency_input_turns_it_off_and_keeps_it_off(gated, source):
    source.respond(b":SOUR:RANG 30;LEV 20;:OUTP 1")
    assert gated.gate.output_on
    source.press_emergency()
    assert source.respond(b":OUTP?;:STAT:COND?") == b"0;8477"
    source.respond(b":OUTP 1")
    assert not gated.gate.output_on


def test_events_last_until_they_are_read(gated, source):
    source.respond(b":SOUR:RANG 30;LEV -20;:OUTP 1")
    source.respond(b"*CLS")
    gated.gate.compliance_A = 1e-9
    gated.gate.advance(1e-6)
    assert source.respond(b":STAT:COND?") == b"1309"  # 1024, and what is 1 at rest
    assert source.respond(b":STAT:EVEN?;EVEN?") == b"1024;0"  # it began once
    gated.gate.output_on = False
    gated.gate.advance(1e-6)
    assert source.respond(b":STAT:COND?;EVEN?") == b"285;0"


def test_reset(source):
    source.respond(b":SOUR:RANG 30;LEV 20;:OUTP 1;*RST")
    assert source.respond(b":SOUR:LEV?;:OUTP?") == b"+0E+0;0"


def write(source, *steps, interval, slope):
    source.respond(b":PROG:INT %g;SLOP %g;EDIT:STAR" % (interval, slope))
    for level in steps:
        source.respond(b":SOUR:LEV %g" % level)
    source.respond(b":PROG:EDIT:END")


class TestProgram:
    """Levels by hand: from 0 V, 4 V in 8 s are 0.5 V a second."""

    @pytest.fixture(autouse=True)
    def _on(self, source):
        source.respond(b":SOUR:RANG 10;:OUTP 1")

    def test_the_output_moves_along_its_slope_and_stays(self, clock, gated, source):
        write(source, 4.0, interval=10, slope=8)
        assert source.respond(b":SOUR:LEV?") == b"+0E+0"  # writing a program moves nothing
        source.respond(b"*CLS;:PROG:RUN")
        seen = []
        for _ in range(5):
            clock.sleep(2.0)
            gated.advance()
            seen.append((float(source.respond(b":SOUR:LEV?")), gated.gate.source_V))
        assert seen == [(volts, volts) for volts in (1.0, 2.0, 3.0, 4.0, 4.0)]
        clock.sleep(100.0)
        assert source.respond(b":SOUR:LEV?") == b"+4E+0"

    def test_the_way_is_a_staircase_that_the_gate_follows(self, clock, gated, source):
        write(source, 4.0, interval=10, slope=8)
        source.respond(b":PROG:RUN")
        clock.sleep(0.149)
        assert source.respond(b":SOUR:LEV?") == b"+74.5E-3"  # where it is at this moment
        clock.sleep(3.851)
        gated.advance()
        assert gated.gate.plate_V == pytest.approx(2.0, abs=0.1)

    def test_events_of_steps_and_of_the_end(self, clock, source):
        write(source, 1.0, 2.0, interval=5, slope=0)
        source.respond(b"*CLS;:PROG:RUN")
        assert source.respond(b":SOUR:LEV?;:PROG:COUN?;:STAT:EVEN?") == b"+1E+0;1;32"
        clock.sleep(5.0)
        assert source.respond(b":SOUR:LEV?;:PROG:COUN?;:STAT:EVEN?") == b"+2E+0;2;96"  # source changed, end of step
        clock.sleep(4.9)
        assert source.respond(b":STAT:EVEN?") == b"0"
        clock.sleep(0.1)
        assert source.respond(b":STAT:EVEN?;EVEN?") == b"192;0"  # end of step, end of program

    def test_an_enabled_event_is_in_the_status_byte(self, clock, source):
        write(source, 1.0, interval=1, slope=0)
        source.respond(b":STAT:ENAB 128;*CLS;:PROG:RUN")
        assert source.respond(b"*STB?") == b"0"
        clock.sleep(1.0)
        assert source.respond(b"*STB?") == b"2"

    def test_a_slope_longer_than_the_interval_goes_on_from_where_it_is(self, clock, source):
        write(source, 4.0, 0.0, interval=2, slope=8)
        source.respond(b":PROG:RUN")
        clock.sleep(2.0)
        assert source.respond(b":SOUR:LEV?") == b"+1E+0"
        clock.sleep(2.0)
        assert source.respond(b":SOUR:LEV?") == b"+750E-3"  # from 1 V to 0 V in 8 s, for 2 s

    def test_repeats(self, clock, source):
        write(source, 1.0, 2.0, interval=1, slope=0)
        source.respond(b":PROG:REP 1;RUN")
        clock.sleep(2.5)
        assert source.respond(b":SOUR:LEV?;:PROG:COUN?") == b"+1E+0;1"
        source.respond(b":PROG:REP 0")
        clock.sleep(10.0)
        assert source.respond(b":SOUR:LEV?") == b"+2E+0"

    def test_held_time_does_not_pass(self, clock, source):
        write(source, 4.0, interval=10, slope=8)
        source.respond(b":PROG:RUN")
        clock.sleep(2.0)
        source.respond(b":PROG:HOLD")
        clock.sleep(50.0)
        assert source.respond(b":SOUR:LEV?") == b"+1E+0"
        source.respond(b":PROG:CONT")
        clock.sleep(2.0)
        assert source.respond(b":SOUR:LEV?") == b"+2E+0"

    def test_one_step_at_a_time(self, clock, source):
        write(source, 1.0, 2.0, interval=1, slope=0)
        for level in (b"+1E+0", b"+2E+0", b"+1E+0"):
            source.respond(b":PROG:STEP")
            clock.sleep(5.0)
            assert source.respond(b":SOUR:LEV?") == level

    def test_programs_are_kept_by_name(self, clock, source):
        write(source, 3.0, interval=1, slope=0)
        source.respond(b":PROG:SAVE 'up.csv'")
        write(source, -3.0, interval=1, slope=0)
        source.respond(b":PROG:LOAD 'up.csv';RUN")
        assert source.respond(b":PROG:LOAD?;:SOUR:LEV?") == b'"up.csv";+3E+0'
        clock.sleep(1.0)
        source.respond(b":PROG:DEL 'up.csv'")
        source.respond(b":PROG:LOAD 'up.csv'")
        assert source.respond(b":SYST:ERR?") == b'-221,"Settings conflict"'

    @pytest.mark.parametrize(
        "line",
        [
            b":PROG:RUN",  # nothing is written
            b":PROG:HOLD",
            b":PROG:CONT",
            b":PROG:INT 0.05",
            b":PROG:SLOP 3601",
            b":PROG:COUN 2",
            b":PROG:REP 2",
            b":PROG:EDIT:STAR;:SOUR:LEV 13",
        ],
    )
    def test_what_is_refused(self, source, line):
        assert source.respond(line) is None
        assert not source.respond(b":SYST:ERR?").startswith(b"0,")

    def test_a_running_program_is_not_interfered_with(self, clock, source):
        write(source, 4.0, interval=10, slope=8)
        source.respond(b":PROG:RUN")
        for line in (b":SOUR:LEV 1", b":SOUR:RANG 30", b":SOUR:FUNC CURR", b":PROG:RUN"):
            source.respond(line)
            assert source.respond(b":SYST:ERR?") == b'-221,"Settings conflict"'


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b":ROUT:BNCO?;BNCI?", b"TRIG;TRIG"),
        (b":ROUT:BNCO READY;BNCO?", b"READ"),
        (b":SENS:REM ON;REM?;GUAR?", b"1;0"),
        (b":SYST:LFR?", b"50"),
        (b":PROG:INT 2.34;INT?;SLOP MIN;SLOP?", b"2.3;0.0"),
        (b":SOUR:FUNC CURR;LEV 1.000004E-3;LEV?", b"+1E-3"),  # steps of 10 nA
        (b":SOUR:PROT:VOLT 4.4;VOLT?", b"+4E+0"),
    ],
)
def test_settings(source, line, reply):
    assert source.respond(line) == reply


class TestAtTheSample:
    """1 kOhm with leads of 20 Ohm: 1 V drives 0.98 mA."""

    @pytest.fixture
    def source(self, clock, gated):
        return Gs200(clock, gated, at="sample")

    def test_a_current_flows_when_it_is_on(self, gated, source):
        source.respond(b":SOUR:FUNC CURR;LEV 0.2E-3")
        assert (gated.dc_current_A, gated.dc_output_on) == (0.0, False)
        source.respond(b":OUTP 1")
        assert (gated.dc_current_A, gated.dc_output_on) == (0.2e-3, True)
        assert not gated.gate.output_on

    @pytest.mark.parametrize(("level", "bit"), [(b"1.1E-3", 2048), (b"-1.1E-3", 1024)])
    def test_the_limiter(self, gated, source, level, bit):
        source.respond(b":SOUR:FUNC CURR;PROT:VOLT 1;:OUTP 1;*CLS")
        source.respond(b":SOUR:LEV " + level)
        assert source.respond(b":STAT:COND?;EVEN?") == b"%d;%d" % (285 + bit, 32 + bit)
        assert abs(gated.dc_current_A) == pytest.approx(1.0 / 1020.0)
        source.respond(b":SOUR:LEV 0")
        assert source.respond(b":STAT:COND?") == b"285"

    def test_a_voltage_drives_nothing(self, gated, source):
        source.respond(b":SOUR:RANG 10;LEV 5;:OUTP 1")
        assert not gated.dc_output_on
        assert not gated.gate.output_on

"""The IEEE 488.2 dialect, the SR830 and the Keithley pair, byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.simulation.devices.sr830 import SENSITIVITIES_V, TIME_CONSTANTS_S, exponent_of_three
from instruments.simulation.wire_ieee import SCPI_HEADER, IeeeInstrument, spellings, split_outside_quotes


def talk(box, *exchanges):
    for sent, expected in exchanges:
        assert box.respond(sent) == expected, sent


def test_spellings_are_short_and_long_with_optional_nodes():
    expected = {"SENS:VOLT:NPLC", "SENSE:VOLT:NPLC", "VOLT:NPLC", "VOLTAGE:DC:NPLCYCLES", "SENS:VOLT:DC:NPLC"}
    found = spellings("[SENSe]:VOLTage[:DC]:NPLCycles")
    assert expected <= found
    assert len(found) == 3 * 2 * 2 * 2  # SENS SENSE none, VOLT VOLTAGE, DC none, NPLC NPLCYCLES
    assert "SENS:VOLTA:NPLC" not in found
    assert spellings("[:SENSe[1]]:COUNt") == {
        f"{node}COUN{rest}" for node in ("", "SENS:", "SENS1:", "SENSE:", "SENSE1:") for rest in ("", "T")
    }


def test_quotes_hide_semicolons():
    assert split_outside_quotes("A 'x;y';B") == ["A 'x;y'", "B"]


def test_header_forms(bench):
    talk(
        bench.source,
        (b":SOURce:CURRent:COMPliance 5", None),
        (b"sour:curr:comp?", b"5.000000E+00"),
        (b":CURR:COMP ?", b"5.000000E+00"),
        (b"SOURCE:CURRENT:COMP?;", b"5.000000E+00"),
        (b":*ESR?", b"128"),  # power on
        (b"*ESR?", b"0"),
    )


def test_one_line_one_reply(bench):
    talk(
        bench.source,
        (b"*ESR?;:SOUR:CURR 1e-3;:SOUR:CURR?;CURR:COMP?", b"128;1.000000E-03;1.000000E+01"),
        (b":SOUR:CURR:COMP?;*OPC?;RANG?", b"1.000000E+01;1;2.000000E-03"),  # common commands keep the path
        (b"", None),
        (b" ; ;", None),
        (b":OUTP ON;OUTP?", b"1"),
        (b":SYST:ERR?", b'0,"No error"'),
    )


def test_unknown_command_is_silent_and_remembered(bench):
    talk(
        bench.source,
        (b"*CLS", None),
        (b"*OPC?;:NONSENSE?;*OPC?", b"1"),
        (b"*ESR?", b"32"),
        (b"SYST:ERR?", b'-113,"Undefined header"'),
        (b"SYST:ERR?", b'0,"No error"'),
        (b"SOUR:CURR 1", None),
        (b"*ESR?", b"16"),
        (b"SYST:ERR?", b'-222,"Parameter data out of range"'),
        (b"SOUR:CURR", None),
        (b"SYST:ERR?", b'-109,"Missing parameter"'),
        (b"OUTP MAYBE", None),
        (b"SYST:ERR?", b'-224,"Illegal parameter value"'),
    )


def test_error_queue_overflows_at_ten(bench):
    for _ in range(12):
        bench.source.respond(b"NONSENSE")
    replies = [bench.source.respond(b"SYST:ERR?") for _ in range(11)]
    assert replies[8:] == [b'-113,"Undefined header"', b'-350,"Queue overflow"', b'0,"No error"']


def test_event_summary_reaches_the_status_byte(bench):
    talk(bench.source, (b"*CLS;*ESE 32;*SRE 32", None), (b"*STB?", b"0"), (b"HUH", None), (b"*STB?", b"100"))
    assert bench.source.status_byte(reply_waiting=True) == 100 + 16


def test_lock_in_exchanges(bench):
    talk(
        bench.lock_in,
        (b"*IDN?", b"Stanford_Research_Systems,SR830,s/n70324,ver1.07"),
        (b"SENS14", None),
        (b"SENS ?", b"14"),
        (b"SLVL0.501", None),
        (b"SLVL?", b"0.5"),  # steps of 2 mV
        (b"FREQ1.37000e+02", None),
        (b"FREQ?", b"137"),
        (b"PHAS 350", None),
        (b"PHAS?", b"-10"),
        (b"DDEF ? 1", b"0,0"),
        (b"DDEF1,1,0;", None),
        (b"DDEF?1;", b"1,0"),
        (b"OEXP 1,9.7,1", None),
        (b"OEXP? 1", b"9.7,1"),
        (b"AUXV1,2.5;", None),
        (b"AUXV?1;", b"2.500"),
        (b"OAUX?2;", b"0"),
        (b"SPTS ?", b"0"),
        (b"*CLS", None),
        (b"SENS 27", None),
        (b"*ESR? 4", b"1"),
        (b"XYZW 1", None),
        (b"*ESR?", b"32"),
        (b"SNAP? 1", None),
        (b"HARM 2;HARM?", b"2"),
        (b"*RST;SENS?;HARM?", b"26;1"),
    )


def test_numbers_have_an_exponent_of_three():
    """Recorded from a real instrument: -4.17234e-007 and -5.9605e-007."""
    assert exponent_of_three(-4.17234e-7) == "-4.17234e-007"
    assert exponent_of_three(-5.9605e-7) == "-5.9605e-007"
    assert exponent_of_three(0.000199123) == "0.000199123"
    assert exponent_of_three(0.0) == "0"


def test_scales_of_the_lock_in():
    assert (SENSITIVITIES_V[0], SENSITIVITIES_V[17], SENSITIVITIES_V[26]) == (2e-9, 1e-3, 1.0)
    assert (TIME_CONSTANTS_S[0], TIME_CONSTANTS_S[9], TIME_CONSTANTS_S[19]) == (1e-5, 0.3, 3e4)


def test_compliance_limits_the_current_and_latches(bench):
    """99.9 ohm leads and 0.1 ohm sample at 0.5 V let 5 mA flow."""
    talk(
        bench.source,
        (b"STAT:MEAS:COND?", b"0"),
        (b":SOUR:CURR:COMP 0.5;:SOUR:CURR 8e-3;:OUTP ON", None),
        (b":STAT:MEAS:COND?", b"8"),
    )
    assert bench.cryostat.dc_current_A == pytest.approx(5e-3)
    talk(
        bench.source, (b":SOUR:CURR 4e-3", None), (b":STAT:MEAS:COND?", b"0"), (b":STAT:MEAS?;:STAT:MEAS?", b"8;0")
    )
    assert bench.cryostat.dc_current_A == 4e-3
    talk(bench.source, (b"SOUR:CLE", None), (b"OUTP?;SOUR:CURR?", b"0;0.000000E+00"))
    assert bench.cryostat.dc_current_A == 0.0


def test_fixed_range_of_the_source(bench):
    talk(
        bench.source,
        (b":SOUR:CURR:RANG:AUTO 0;:SOUR:CURR:RANG 0.015", None),
        (b"SOUR:CURR:RANG?;RANG:AUTO?", b"2.000000E-02;0"),
        (b"SOUR:CURR 0.03", None),
        (b"SYST:ERR?", b'-222,"Parameter data out of range"'),
        (b"SOUR:DELT:ARM", None),
        (b"SYST:ERR?", b'-241,"Hardware missing"'),
        (b"SOUR:DELT:NVPR?", b"0"),
    )


def test_voltmeter_exchanges(bench):
    bench.source.respond(b"SOUR:CURR 8e-3;:OUTP ON")
    talk(
        bench.voltmeter,
        (b":SENS:CHAN 1;:SENS:FUNC 'VOLT';:SENS:VOLT:NPLC 5;", None),
        (b":SENS:VOLT:CHAN1:RANG 0.01", None),
        (b":SENS:VOLT:CHAN1:RANG?;:SENS:VOLT:CHAN1:RANG:AUTO?", b"1.000000E-02;0"),
        (b":READ?", b"+8.00000000E-04"),
        (b":FETC?", b"+8.00000000E-04"),
        (b"SENS:FUNC?", b'"VOLT:DC"'),
        (b"SENS:CHAN 2;:SENS:DATA:FRES?", b"+1.60000000E-05"),
        (b"SENS:CHAN 3", None),
        (b"SYST:ERR?", b'-222,"Parameter data out of range"'),
        (b"SYST:LFR?", b"50"),
    )


def test_reading_beyond_the_range_overflows(bench):
    """10 mV reads to 12 mV; 8 mA through 2 ohm are 16 mV."""
    bench.cryostat.resistance_ohm = 2.0
    bench.source.respond(b"SOUR:CURR 8e-3;:OUTP ON")
    talk(
        bench.voltmeter,
        (b"SENS:VOLT:CHAN1:RANG 0.01", None),
        (b"READ?", b"+9.90000000E+37"),
        (b"SENS:VOLT:CHAN1:RANG:AUTO ON", None),
        (b"READ?", b"+1.60000000E-02"),
        (b"SENS:VOLT:CHAN1:RANG?", b"1.000000E-01"),
    )


def test_a_reading_takes_its_integration_time(bench):
    bench.voltmeter.respond(b"SENS:VOLT:NPLC 25")
    assert bench.clock.now() == 0.0
    bench.voltmeter.respond(b"READ?")
    assert bench.clock.now() == pytest.approx(0.5)
    bench.voltmeter.respond(b"FETC?")
    assert bench.clock.now() == pytest.approx(0.5)


@pytest.mark.parametrize(("cycles", "expected_V"), [(b"5", 2e-9), (b"20", 1e-9)])
def test_voltmeter_noise_falls_with_the_root_of_the_time(make_bench, cycles, expected_V):
    bench = make_bench(voltmeter_noise_V=2e-9)
    bench.voltmeter.respond(b"SENS:VOLT:NPLC " + cycles)
    readings = [float(bench.voltmeter.respond(b"READ?")) for _ in range(2000)]
    rms_V = (sum(v * v for v in readings) / len(readings)) ** 0.5
    assert rms_V == pytest.approx(expected_V, rel=4 / (2 * 2000) ** 0.5)  # four standard errors of an rms


def test_faults(bench):
    box = bench.lock_in
    box.answer_as("Somebody,Else,0,0")
    assert box.respond(b"*IDN?") == b"Somebody,Else,0,0"
    box.garble_next_reply(b"%%%")
    assert [box.respond(b"SENS?"), box.respond(b"SENS?")] == [b"%%%", b"26"]
    box.deny_next_set()
    assert box.respond(b"SENS?;SENS 3;SENS?") == b"26"
    assert box.respond(b"*ESR? 4") == b"1"
    assert box.respond(b"SENS 3;SENS?") == b"3"
    box.go_silent()
    assert box.respond(b"SENS?") is None
    box.heal()
    assert box.respond(b"*IDN?").startswith(b"Stanford")
    bench.ips.deny_next_set()
    assert bench.ips.respond(b"SET:DEV:GRPZ:PSU:SIG:FSET:1").endswith(b":FSET:1:DENIED")
    assert bench.ips.respond(b"SET:DEV:GRPZ:PSU:SIG:FSET:1").endswith(b":VALID")


class Nothing(IeeeInstrument):
    """Only the common commands."""


@given(st.lists(st.sampled_from(["*ESE 1", "*ESE?", " *opc?", "", "*OPT ?", "*SRE 4"]), max_size=6))
def test_as_many_replies_as_queries_in_one_line(parts):
    reply = Nothing("x", SCPI_HEADER).respond(";".join(parts).encode())
    queries = sum(part.endswith("?") for part in parts)
    assert (reply is None) == (queries == 0)
    assert reply is None or len(reply.split(b";")) == queries


COMMANDS = (
    "*ESE *ESR? SENS OUTP? SNAP? LIAS? OEXP AUXV DDEF FREQ SENS:VOLT:NPLC READ? SOUR:CURR SOUR:CURR:RANG OUTP"
    " :SENS:CHAN READ:DEV:GRPZ:PSU:STAT SET:DEV:GRPZ:PSU:SIG:FSET: SET:DEV:DB8.T1:TEMP:LOOP:TSET:"
    " 1 -1 2.5 1e400 nan MAX"
)
FRAGMENTS = st.sampled_from([*COMMANDS.split(), *",; :?'é\x00"])


@given(st.lists(FRAGMENTS, max_size=8).map("".join))
def test_no_line_breaks_an_instrument(make_bench, line):
    bench = make_bench()
    for box in (bench.ips, bench.itc, bench.lock_in, bench.source, bench.voltmeter):
        reply = box.respond(line.encode())
        assert reply is None or b"\n" not in reply

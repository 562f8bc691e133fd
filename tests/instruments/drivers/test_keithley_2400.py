import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from instruments.drivers.keithley_2400 import Keithley2400, Keithley2400Gate
from instruments.errors import CommunicationError, IdentityError, LimitError, RefusedError, ReplyError
from instruments.limits import GateLimits
from instruments.roles import ReadingFlag
from tests.instruments.drivers.conftest import TIMEOUT, Exchange

LIMITS = GateLimits(low_V=-200.0, high_V=180.0, max_slew_V_per_s=2.0, max_leakage_A=20e-9)
NO_ERROR = ("SYST:ERR?", '+0,"No error"')
OUT_OF_RANGE = ("SYST:ERR?", '-222,"Parameter data out of range"')
OFF, ON = (":OUTP?", "0"), (":OUTP?", "1")
COMPLIANCE = [(":SENS:CURR:RANG 1e-06", None), (":SENS:CURR:PROT 2e-08", None)]
READ_BACK = [
    (":SOUR:VOLT:RANG?", "2.000000E+02"),
    (":SENS:CURR:PROT?", "2.000000E-08"),
    (":SENS:CURR:RANG?", "1.050000E-06"),
]


def configured(limit_commands: list[Any], terminals: str = "FRON") -> list[Any]:
    return [
        (f":ROUT:TERM {terminals}", None),
        (":SOUR:FUNC VOLT", None),
        (":SOUR:VOLT:MODE FIX", None),
        (":SOUR:CLE:AUTO 0", None),
        (":SOUR:VOLT:RANG 200", None),
        (":SENS:FUNC:CONC 1", None),
        (":SENS:FUNC 'VOLT','CURR'", None),
        *limit_commands,
        (":FORM:DATA ASC", None),
        (":FORM:ELEM VOLT,CURR,STAT", None),
        (":ARM:COUN 1", None),
        (":TRIG:COUN 1", None),
        NO_ERROR,
    ]


@contextmanager
def gate(exchange: Exchange, pairs: list[Any], **options: Any) -> Iterator[Keithley2400Gate]:
    with exchange(Keithley2400, pairs) as meter:
        yield Keithley2400Gate(meter, limits=LIMITS, **options)


def test_configure_fixes_the_ranges_and_reads_back(exchange: Exchange) -> None:
    # a compliance that falls: the range first, of which 105 uA are more than 0.1 %
    pairs = [("*CLS", None), OFF, (":SENS:CURR:PROT?", "1.050000E-04"), *configured(COMPLIANCE), *READ_BACK]
    with gate(exchange, pairs) as source:
        source.configure(20e-9, 200.0)


def test_a_compliance_that_rises_is_set_before_the_range(exchange: Exchange) -> None:
    rising = [(":SENS:CURR:PROT?", "1.000000E-09"), *configured(COMPLIANCE[::-1], "REAR"), *READ_BACK]
    with gate(exchange, [("*CLS", None), OFF, *rising], terminals="rear") as source:
        source.configure(20e-9, 200.0)


def test_an_output_that_is_on_may_be_configured_at_its_own_jacks_only(exchange: Exchange) -> None:
    there = [("*CLS", None), ON, (":ROUT:TERM?", "FRON"), (":SOUR:FUNC?", "VOLT")]
    pairs = [*there, (":SENS:CURR:PROT?", "2.000000E-08"), *configured(COMPLIANCE), *READ_BACK]
    with gate(exchange, pairs) as source:
        source.configure(20e-9, 200.0)
    with gate(exchange, there, terminals="rear") as source, pytest.raises(RefusedError, match="nothing was set"):
        source.configure(20e-9, 200.0)
    current = [*there[:-1], (":SOUR:FUNC?", "CURR")]
    with gate(exchange, current) as source, pytest.raises(RefusedError, match="function CURR"):
        source.configure(20e-9, 200.0)


@pytest.mark.parametrize(
    ("index", "answer", "what"),
    [(0, "2.000000E+01", "voltage range"), (1, "1.050000E-04", "compliance"), (2, "1.000000E-04", "current range")],
)
def test_a_setting_that_reads_back_as_another(exchange: Exchange, index: int, answer: str, what: str) -> None:
    back = [*READ_BACK[:index], (READ_BACK[index][0], answer)]
    pairs = [("*CLS", None), OFF, (":SENS:CURR:PROT?", "1.050000E-04"), *configured(COMPLIANCE), *back]
    with gate(exchange, pairs) as source, pytest.raises(RefusedError, match=f"the {what} reads back"):
        source.configure(20e-9, 200.0)


@pytest.mark.parametrize(
    ("compliance_A", "range_V"),
    [
        (21e-9, 200.0),
        (0.9e-9, 200.0),
        (-1e-9, 200.0),
        (math.nan, 200.0),
        (20e-9, 211.0),
        (20e-9, 0.0),
        (20e-9, math.nan),
    ],
)
def test_what_the_limits_or_the_instrument_do_not_allow(
    exchange: Exchange, compliance_A: float, range_V: float
) -> None:
    with gate(exchange, []) as source, pytest.raises(LimitError, match="nothing was sent"):
        source.configure(compliance_A, range_V)


def test_set_voltage_asks_whether_it_was_taken(exchange: Exchange) -> None:
    with gate(exchange, [(":SOUR:VOLT -2.000000e+02", None), NO_ERROR]) as source:
        source.set_voltage(-200.0)
    refused = [(":SOUR:VOLT 1.500000e+02", None), OUT_OF_RANGE, NO_ERROR]
    with gate(exchange, refused) as source, pytest.raises(RefusedError, match="-222"):
        source.set_voltage(150.0)


@pytest.mark.parametrize("voltage_V", [-200.1, 180.1, math.nan, math.inf])
def test_voltages_beyond_the_limits_send_nothing(exchange: Exchange, voltage_V: float) -> None:
    with gate(exchange, []) as source, pytest.raises(LimitError, match="nothing was sent"):
        source.set_voltage(voltage_V)


def test_the_output_is_turned_on_at_zero_only(exchange: Exchange) -> None:
    at_zero = [(":SOUR:FUNC?", "VOLT"), (":SOUR:VOLT?", "0.000000E+00"), (":OUTP 1", None), NO_ERROR, ON]
    with gate(exchange, at_zero) as source:
        source.set_output(True)
    for function, voltage in (("VOLT", "1.000000E-03"), ("VOLT", "-5.000000E+01"), ("CURR", "0.000000E+00")):
        pairs = [(":SOUR:FUNC?", function), (":SOUR:VOLT?", voltage)]
        with gate(exchange, pairs) as source, pytest.raises(RefusedError, match="at 0 V only"):
            source.set_output(True)


def test_an_open_interlock_keeps_the_output_off(exchange: Exchange) -> None:
    pairs = [(":SOUR:FUNC?", "VOLT"), (":SOUR:VOLT?", "0.000000E+00"), (":OUTP 1", None), NO_ERROR, OFF]
    with gate(exchange, pairs) as source, pytest.raises(RefusedError, match="turned on and is not"):
        source.set_output(True)


@pytest.mark.parametrize(
    ("status", "tripped", "flags"),
    [
        ("+2.253200E+04", "0", ReadingFlag.GOOD),
        ("+2.254000E+04", "0", ReadingFlag.IN_COMPLIANCE),  # 22532 + 8
        ("+8.806800E+04", "0", ReadingFlag.IN_COMPLIANCE),  # 22532 + 65536
        ("+2.253200E+04", "1", ReadingFlag.IN_COMPLIANCE),
        ("+2.253300E+04", "0", ReadingFlag.OVERLOAD),  # 22532 + 1
    ],
)
def test_a_reading_and_its_flags(exchange: Exchange, status: str, tripped: str, flags: ReadingFlag) -> None:
    pairs = [ON, (":READ?", f"+1.000021E+02,+1.234000E-10,{status}"), (":SENS:CURR:PROT:TRIP?", tripped)]
    with gate(exchange, pairs) as source:
        found = source.read()
        assert (found.voltage_V, found.current_A, found.flags) == (100.0021, 1.234e-10, flags)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("+9.910000E+37,+1.0E-10,+2.253200E+04", ReplyError),
        ("+1.0E+02,+9.900000E+37,+2.253200E+04", ReplyError),
        ("+1.0E+02,+1.0E-10", ReplyError),
        ("+1.0E+02,+1.0E-10,+1.5", ReplyError),
        ("+1.0E+02,+1.0E-10,-1", ReplyError),
        ("", ReplyError),
        (TIMEOUT, CommunicationError),
    ],
)
def test_no_reading_is_an_error(exchange: Exchange, reply: str, error: type[Exception]) -> None:
    with gate(exchange, [ON, (":READ?", reply)]) as source, pytest.raises(error):
        source.read()


def test_no_reading_with_the_output_off(exchange: Exchange) -> None:
    with gate(exchange, [OFF]) as source, pytest.raises(RefusedError, match="output is off"):
        source.read()


def test_compliance_unknown_is_an_error(exchange: Exchange) -> None:
    pairs = [ON, (":READ?", "+1.0E+02,+1.0E-10,+2.253200E+04"), (":SENS:CURR:PROT:TRIP?", "MAYBE")]
    with gate(exchange, pairs) as source, pytest.raises(ReplyError):
        source.read()


def test_safe_state(exchange: Exchange) -> None:
    pairs = [(":SOUR:VOLT 0", None), (":SOUR:VOLT?", "0.000000E+00"), (":OUTP 0", None), NO_ERROR, OFF]
    with gate(exchange, pairs) as source:
        source.make_safe()


def test_the_output_goes_off_even_when_zero_is_refused(exchange: Exchange) -> None:
    zero = [(":SOUR:VOLT 0", None), (":SOUR:VOLT?", "5.000000E+01")]
    pairs = [*zero, *zero, (":OUTP 0", None), OUT_OF_RANGE, NO_ERROR, (":OUTP 0", None), NO_ERROR, OFF]
    with gate(exchange, pairs) as source, pytest.raises(RefusedError, match="voltage reads back 50 V"):
        source.make_safe()


def test_identity(exchange: Exchange) -> None:
    pairs = [("*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 2400,4070214,C33   Mar 31 2015 09:32:39/A02  /K/J")]
    pairs += [("*IDN?", "KEITHLEY INSTRUMENTS,MODEL 2450,04400001,1.7.12b")]
    with gate(exchange, pairs) as source:
        assert source.identify().serial == "4070214"
        with pytest.raises(IdentityError, match=r"2400.*MODEL 2450"):
            source.identify()


def test_snapshot(exchange: Exchange) -> None:
    pairs = [
        (":SOUR:VOLT?", "-5.000000E+01"),
        (":SOUR:VOLT:RANG?", "2.000000E+02"),
        (":SENS:CURR:PROT?", "2.000000E-08"),
        (":SENS:CURR:RANG?", "1.050000E-06"),
        (":SENS:CURR:NPLC?", "1.00"),
        ON,
    ]
    with gate(exchange, pairs, terminals="rear") as source:
        assert source.snapshot() == {
            "voltage_V": -50.0,
            "voltage_range_V": 200.0,
            "compliance_A": 20e-9,
            "current_range_A": 1.05e-6,
            "integration_plc": 1.0,
            "output_on": True,
            "terminals": "rear",
        }


def test_close_closes_the_connection(exchange: Exchange) -> None:
    with gate(exchange, []) as source:
        source.close()
        assert source.meter.adapter.connection.close.called

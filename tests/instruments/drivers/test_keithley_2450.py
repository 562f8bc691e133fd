import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from instruments.drivers.keithley_2450 import Keithley2450, Keithley2450Gate
from instruments.errors import IdentityError, LimitError, RefusedError, ReplyError
from instruments.limits import GateLimits
from instruments.roles import ReadingFlag
from tests.instruments.drivers.conftest import Exchange

LIMITS = GateLimits(low_V=-200.0, high_V=180.0, max_slew_V_per_s=2.0, max_leakage_A=20e-9)
NO_ERROR = ("SYST:ERR?", '0,"No error;0;0 0"')
OFF, ON = (":OUTP?", "0"), (":OUTP?", "1")
READ = ':READ? "defbuffer1",SOUR,READ,SOURSTAT'
IDENTITY = ("*IDN?", "KEITHLEY INSTRUMENTS,MODEL 2450,04400001,1.7.12b")
CONFIGURED = [
    (":ROUT:TERM REAR", None),
    (":SOUR:FUNC VOLT", None),
    (":SOUR:VOLT:RANG 200", None),
    (":SOUR:VOLT:READ:BACK 1", None),
    (':SENS:FUNC "CURR"', None),
    (":SENS:CURR:RANG:AUTO 1", None),
    (":SOUR:VOLT:ILIM 2e-08", None),
    (":SENS:CURR:RANG 1e-07", None),
    (":SENS:COUN 1", None),
    (":FORM ASC", None),
]
READ_BACK = [(":SOUR:VOLT:RANG?", "200"), (":SOUR:VOLT:ILIM?", "2E-08"), (":SENS:CURR:RANG?", "1E-07")]


@contextmanager
def gate(exchange: Exchange, pairs: list[Any]) -> Iterator[Keithley2450Gate]:
    with exchange(Keithley2450, pairs) as meter:
        yield Keithley2450Gate(meter, limits=LIMITS, terminals="rear")


def test_configure_limits_before_it_fixes_the_range(exchange: Exchange) -> None:
    with gate(exchange, [("*CLS", None), OFF, *CONFIGURED, NO_ERROR, *READ_BACK]) as source:
        source.configure(20e-9, 200.0)


@pytest.mark.parametrize(
    ("index", "answer", "what"),
    [(0, "20", "voltage range"), (1, "1.05E-04", "compliance"), (2, "1E-03", "current range")],
)
def test_a_setting_that_reads_back_as_another(exchange: Exchange, index: int, answer: str, what: str) -> None:
    back = [*READ_BACK[:index], (READ_BACK[index][0], answer)]
    with (
        gate(exchange, [("*CLS", None), OFF, *CONFIGURED, NO_ERROR, *back]) as source,
        pytest.raises(RefusedError, match=f"the {what} reads back"),
    ):
        source.configure(20e-9, 200.0)


def test_a_refused_setting_is_told_in_the_instruments_words(exchange: Exchange) -> None:
    refused = ("SYST:ERR?", '-222,"Parameter 1 value out of range;1;2026/11/21 12:00:00.000"')
    with (
        gate(exchange, [("*CLS", None), OFF, *CONFIGURED, refused, NO_ERROR]) as source,
        pytest.raises(RefusedError, match="Parameter 1 value out of range"),
    ):
        source.configure(20e-9, 200.0)


@pytest.mark.parametrize(
    ("compliance_A", "range_V"),
    [(21e-9, 200.0), (0.9e-9, 200.0), (0.0, 200.0), (math.nan, 200.0), (20e-9, 211.0), (20e-9, 0.0)],
)
def test_what_the_limits_or_the_instrument_do_not_allow(
    exchange: Exchange, compliance_A: float, range_V: float
) -> None:
    with gate(exchange, []) as source, pytest.raises(LimitError, match="nothing was sent"):
        source.configure(compliance_A, range_V)


@pytest.mark.parametrize(
    ("status", "tripped", "protected", "flags"),
    [
        ("1.360000E+02", "0", "0", ReadingFlag.GOOD),  # output on, read back
        ("1.680000E+02", "0", "0", ReadingFlag.IN_COMPLIANCE),  # 136 + 32
        ("1.400000E+02", "0", "0", ReadingFlag.IN_COMPLIANCE),  # 136 + 4
        ("1.360000E+02", "1", "0", ReadingFlag.IN_COMPLIANCE),
        ("1.360000E+02", "0", "1", ReadingFlag.IN_COMPLIANCE),
    ],
)
def test_a_reading_and_its_flags(
    exchange: Exchange, status: str, tripped: str, protected: str, flags: ReadingFlag
) -> None:
    pairs = [ON, (READ, f"1.000021E+02,1.234000E-10,{status}")]
    pairs += [(":SOUR:VOLT:ILIM:TRIP?", tripped), (":SOUR:VOLT:PROT:TRIP?", protected)]
    with gate(exchange, pairs) as source:
        found = source.read()
        assert (found.voltage_V, found.current_A, found.flags) == (100.0021, 1.234e-10, flags)


@pytest.mark.parametrize(
    "reply", ["9.91E37,1E-10,136", "1E2,9.9E37,136", "1E2,1E-10", "1E2,1E-10,1.5", "1E2,1E-10,-1", ""]
)
def test_no_reading_is_an_error(exchange: Exchange, reply: str) -> None:
    with gate(exchange, [ON, (READ, reply)]) as source, pytest.raises(ReplyError):
        source.read()


def test_no_reading_with_the_output_off(exchange: Exchange) -> None:
    with gate(exchange, [OFF]) as source, pytest.raises(RefusedError, match="output is off"):
        source.read()


@pytest.mark.parametrize("language", ["SCPI2400", "TSP"])
def test_another_command_set_is_refused_in_words(exchange: Exchange, language: str) -> None:
    with gate(exchange, [IDENTITY, ("*LANG?", "SCPI"), IDENTITY, ("*LANG?", language)]) as source:
        assert source.identify().firmware == "1.7.12b"
        with pytest.raises(IdentityError, match=f"{language}.*expected 'SCPI'.*nothing was set"):
            source.identify()


def test_another_model(exchange: Exchange) -> None:
    pairs = [("*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 2400,4070214,C33")]
    with gate(exchange, pairs) as source, pytest.raises(IdentityError, match=r"2450.*MODEL 2400"):
        source.identify()


def test_safe_state(exchange: Exchange) -> None:
    pairs = [(":SOUR:VOLT 0", None), (":SOUR:VOLT?", "0.000000E+00"), (":OUTP 0", None), NO_ERROR, OFF]
    with gate(exchange, pairs) as source:
        source.make_safe()

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from instruments.drivers.gs200 import Gs200, Gs200Gate
from instruments.errors import IdentityError, LimitError, RefusedError, ReplyError
from instruments.limits import GateLimits
from instruments.roles import ReadingFlag
from tests.instruments.drivers.conftest import Exchange

LIMITS = GateLimits(low_V=-30.0, high_V=30.0, max_slew_V_per_s=2.0, max_leakage_A=2e-3)
NO_ERROR = ("SYST:ERR?", '+0,"No error"')
OFF, ON = (":OUTP?", "0"), (":OUTP?", "1")
BACK = [(":SOUR:RANG?", "+30E+0"), (":SOUR:PROT:CURR?", "+1E-3")]


@contextmanager
def gate(exchange: Exchange, pairs: list[Any], limits: GateLimits = LIMITS) -> Iterator[Gs200Gate]:
    with exchange(Gs200, pairs) as source:
        yield Gs200Gate(source, limits=limits)


def test_configure_an_output_that_is_off(exchange: Exchange) -> None:
    pairs = [("*CLS", None), OFF, (":SOUR:RANG?", "+10E+0")]
    pairs += [
        (":SOUR:FUNC VOLT", None),
        (":SOUR:LEV 0", None),
        (":SOUR:RANG 30", None),
        (":SOUR:PROT:CURR 0.001", None),
        NO_ERROR,
        *BACK,
    ]
    with gate(exchange, pairs) as source:
        source.configure(1e-3, 30.0)


def test_configure_an_output_that_is_on_leaves_function_and_a_right_range_alone(exchange: Exchange) -> None:
    start = [("*CLS", None), ON, (":SOUR:FUNC?", "VOLT"), (":SOUR:RANG?", "+30E+0")]
    with gate(exchange, [*start, (":SOUR:PROT:CURR 0.001", None), NO_ERROR, *BACK]) as source:
        source.configure(1e-3, 30.0)
    with (
        gate(exchange, [*start[:2], (":SOUR:FUNC?", "CURR")]) as source,
        pytest.raises(RefusedError, match=r"function CURR.*nothing was set"),
    ):
        source.configure(1e-3, 30.0)


@pytest.mark.parametrize(
    ("range_V", "sent"),
    [(1.2, ":SOUR:RANG 1"), (1.3, ":SOUR:RANG 10"), (12.1, ":SOUR:RANG 30"), (32.0, ":SOUR:RANG 30")],
)
def test_the_smallest_range_that_reaches(exchange: Exchange, range_V: float, sent: str) -> None:
    chosen = sent.rpartition(" ")[2]
    pairs = [
        ("*CLS", None),
        OFF,
        (":SOUR:RANG?", "+10E-3"),
        (":SOUR:FUNC VOLT", None),
        (":SOUR:LEV 0", None),
        (sent, None),
    ]
    pairs += [(":SOUR:PROT:CURR 0.001", None), NO_ERROR, (":SOUR:RANG?", f"+{chosen}E+0"), BACK[1]]
    with gate(exchange, pairs) as source:
        source.configure(1e-3, range_V)


@pytest.mark.parametrize(
    ("compliance_A", "range_V", "why"),
    [
        (1e-3, 180.0, "range of 180 V; a GS200 has more than 0 to 32 V"),
        (1e-3, 0.0, "more than 0"),
        (1e-3, math.nan, "more than 0"),
        (0.9e-3, 30.0, "0.001 to 0.2 A"),
        (3e-3, 30.0, "0 to 0.002 A"),
        (math.nan, 30.0, "0.001 to 0.2 A"),
    ],
)
def test_what_the_limits_or_the_instrument_do_not_allow(
    exchange: Exchange, compliance_A: float, range_V: float, why: str
) -> None:
    with gate(exchange, []) as source, pytest.raises(LimitError, match=why):
        source.configure(compliance_A, range_V)


def test_a_leakage_that_nobody_would_watch_is_refused(exchange: Exchange) -> None:
    strict = GateLimits(-30.0, 30.0, 2.0, max_leakage_A=20e-9)
    with (
        gate(exchange, [], strict) as source,
        pytest.raises(LimitError, match=r"2e-08 A is allowed.*0\.001 A at the least.*nothing was sent"),
    ):
        source.configure(20e-9, 30.0)


@pytest.mark.parametrize(
    ("condition", "events", "flags"),
    [
        ("0", "0", ReadingFlag.GOOD),
        ("1", "33", ReadingFlag.GOOD),  # end of measurement, source change
        ("1024", "0", ReadingFlag.IN_COMPLIANCE),  # low limit
        ("2048", "0", ReadingFlag.IN_COMPLIANCE),  # high limit
        ("0", "2048", ReadingFlag.IN_COMPLIANCE),  # high limit since the reading before
        ("0", "4096", ReadingFlag.IN_COMPLIANCE),  # tripped since
    ],
)
def test_a_reading_has_a_voltage_and_no_current(
    exchange: Exchange, condition: str, events: str, flags: ReadingFlag
) -> None:
    pairs = [ON, (":SOUR:LEV?", "+1.5E+1"), (":STAT:COND?", condition), (":STAT:EVEN?", events)]
    with gate(exchange, pairs) as source:
        found = source.read()
        assert found.voltage_V == 15.0
        assert math.isnan(found.current_A)
        assert found.flags is flags
        assert not source.measures_current()


def test_no_status_is_an_error(exchange: Exchange) -> None:
    with (
        gate(exchange, [ON, (":SOUR:LEV?", "+1.5E+1"), (":STAT:COND?", "")]) as source,
        pytest.raises(ReplyError),
    ):
        source.read()


def test_voltage_output_and_safe_state(exchange: Exchange) -> None:
    pairs = [(":SOUR:LEV -1.500000e+01", None), NO_ERROR, (":SOUR:FUNC?", "VOLT"), (":SOUR:LEV?", "-1.5E+1")]
    pairs += [(":SOUR:LEV 0", None), (":SOUR:LEV?", "+0E+0"), (":OUTP 0", None), NO_ERROR, OFF]
    with gate(exchange, pairs) as source:
        source.set_voltage(-15.0)
        with pytest.raises(RefusedError, match="at 0 V only"):
            source.set_output(True)
        with pytest.raises(LimitError):
            source.set_voltage(31.0)
        source.make_safe()


def test_identity(exchange: Exchange) -> None:
    with gate(exchange, [("*IDN?", "YOKOGAWA,GS210,91F104247,2.02"), ("*IDN?", "YOKOGAWA,765601,1,2")]) as source:
        assert source.identify().serial == "91F104247"
        with pytest.raises(IdentityError):
            source.identify()

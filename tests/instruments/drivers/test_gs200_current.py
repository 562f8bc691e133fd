"""Exchanges as the GS200 user's manual (IM GS210-01EN) has them, section 13.2."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from instruments.drivers.gs200 import Gs200
from instruments.drivers.gs200_current import Gs200Current
from instruments.errors import LimitError, RefusedError, ReplyError
from instruments.limits import ExcitationLimits
from tests.instruments.drivers.conftest import Exchange

LIMITS = ExcitationLimits(max_current_A=150e-3, max_compliance_V=20.0)
NO_ERROR = ("SYST:ERR?", '+0,"No error"')
OFF, ON, CURRENT = (":OUTP?", "0"), (":OUTP?", "1"), (":SOUR:FUNC?", "CURR")
SENT = [(":SOUR:RANG 0.01", None), (":SOUR:PROT:VOLT 14", None), NO_ERROR]
BACK = [(":SOUR:RANG?", "+10E-3"), (":SOUR:PROT:VOLT?", "+14E+0")]


@contextmanager
def current_source(exchange: Exchange, pairs: list[Any]) -> Iterator[Gs200Current]:
    with exchange(Gs200, pairs) as source:
        yield Gs200Current(source, limits=LIMITS)


def test_configure_an_output_that_is_off(exchange: Exchange) -> None:
    with current_source(
        exchange, [("*CLS", None), OFF, (":SOUR:FUNC CURR", None), (":SOUR:LEV 0", None), *SENT, *BACK]
    ) as source:
        source.configure(14.0, 8e-3)


def test_configure_an_output_that_is_on(exchange: Exchange) -> None:
    with current_source(exchange, [("*CLS", None), ON, CURRENT, *SENT, *BACK]) as source:
        source.configure(14.0, 8e-3)
    with (
        current_source(exchange, [("*CLS", None), ON, (":SOUR:FUNC?", "VOLT")]) as source,
        pytest.raises(RefusedError, match=r"function VOLT; expected CURR; nothing was set"),
    ):
        source.configure(14.0, 8e-3)


@pytest.mark.parametrize(
    ("range_A", "sent", "told"),
    [
        (1.2e-3, ":SOUR:RANG 0.001", "+1E-3"),
        (1.3e-3, ":SOUR:RANG 0.01", "+10E-3"),
        (12.1e-3, ":SOUR:RANG 0.1", "+100E-3"),
        (121e-3, ":SOUR:RANG 0.2", "+200E-3"),
    ],
)
def test_the_smallest_range_that_reaches(exchange: Exchange, range_A: float, sent: str, told: str) -> None:
    pairs = [("*CLS", None), OFF, (":SOUR:FUNC CURR", None), (":SOUR:LEV 0", None), (sent, None), SENT[1], NO_ERROR]
    with current_source(exchange, [*pairs, (":SOUR:RANG?", told), BACK[1]]) as source:
        source.configure(14.0, range_A)


def test_a_limit_that_reads_back_as_another(exchange: Exchange) -> None:
    pairs = [
        ("*CLS", None),
        OFF,
        (":SOUR:FUNC CURR", None),
        (":SOUR:LEV 0", None),
        *SENT,
        BACK[0],
        (":SOUR:PROT:VOLT?", "+30E+0"),
    ]
    with current_source(exchange, pairs) as source, pytest.raises(RefusedError, match="compliance reads back 30 V"):
        source.configure(14.0, 8e-3)


@pytest.mark.parametrize(
    ("compliance_V", "range_A", "why"),
    [
        (0.5, 1e-3, "1 to 30 V"),
        (2.5, 1e-3, "steps of 1 V, the nearest are 2 V and 3 V"),
        (21.0, 1e-3, "0 to 20 V"),
        (math.nan, 1e-3, "0 to 20 V"),
        (2.0, 0.0, "more than 0 to 0.2 A"),
        (2.0, -1e-3, "more than 0 to 0.2 A"),
        (2.0, 151e-3, "-0.15 to 0.15 A"),
    ],
)
def test_what_the_limits_or_the_instrument_do_not_allow(
    exchange: Exchange, compliance_V: float, range_A: float, why: str
) -> None:
    with current_source(exchange, []) as source, pytest.raises(LimitError, match=f"{why}.*; nothing was sent"):
        source.configure(compliance_V, range_A)


RANGE = (":SOUR:RANG?", "+1E-3")


def test_currents_are_sent_as_they_are(exchange: Exchange) -> None:
    pairs = [CURRENT, RANGE, (":SOUR:LEV 1.234500e-04", None), NO_ERROR]
    pairs += [CURRENT, RANGE, (":SOUR:LEV -1.200000e-03", None), NO_ERROR]
    pairs += [CURRENT, RANGE, (":SOUR:LEV 0.000000e+00", None), NO_ERROR]
    with current_source(exchange, pairs) as source:
        for current_A in (1.2345e-4, -1.2e-3, 0.0):
            source.set_current(current_A)


def test_zero_as_a_sweep_reckons_it(exchange: Exchange) -> None:
    with current_source(exchange, [CURRENT, RANGE, (":SOUR:LEV 1.355253e-20", None), NO_ERROR]) as source:
        source.set_current(1.355253e-20)


def test_a_current_between_two_steps_is_refused(exchange: Exchange) -> None:
    with (
        current_source(exchange, [CURRENT, RANGE]) as source,
        pytest.raises(
            LimitError, match=r"1\.4e-08 A.*0\.001 A range.*steps of 1e-08 A.*nearest current is 1e-08 A"
        ),
    ):
        source.set_current(14e-9)


def test_a_current_beyond_the_limits_the_range_or_the_function(exchange: Exchange) -> None:
    with current_source(exchange, []) as source:
        for current_A in (0.16, -0.16, math.nan):
            with pytest.raises(LimitError):
                source.set_current(current_A)
    with (
        current_source(exchange, [CURRENT, RANGE]) as source,
        pytest.raises(RefusedError, match="beyond its range"),
    ):
        source.set_current(1.3e-3)
    with current_source(exchange, [(":SOUR:FUNC?", "VOLT")]) as source, pytest.raises(RefusedError, match="CURR"):
        source.set_current(1e-3)


def test_output(exchange: Exchange) -> None:
    pairs = [CURRENT, (":OUTP 1", None), NO_ERROR, ON, (":SOUR:FUNC?", "VOLT"), CURRENT]
    pairs += [(":OUTP 1", None), ("SYST:ERR?", "-222,x"), NO_ERROR]
    with current_source(exchange, pairs) as source:
        source.set_output(True)
        with pytest.raises(RefusedError, match="left as it is"):
            source.set_output(True)
        with pytest.raises(RefusedError, match="-222"):
            source.set_output(True)


@pytest.mark.parametrize(
    ("condition", "events", "answer"),
    [
        ("285", "0", False),  # at rest
        ("285", "32", False),  # the source changed
        ("1309", "0", True),  # low limit
        ("2333", "0", True),  # high limit
        ("285", "2048", True),  # high limit since
        ("285", "4096", True),  # tripped since
        ("8477", "0", True),  # the emergency input keeps the output off
    ],
)
def test_compliance(exchange: Exchange, condition: str, events: str, answer: bool) -> None:
    with current_source(exchange, [(":STAT:COND?", condition), (":STAT:EVEN?", events)]) as source:
        assert source.in_compliance() is answer


def test_compliance_unknown_is_an_error(exchange: Exchange) -> None:
    with current_source(exchange, [(":STAT:COND?", "LLO")]) as source, pytest.raises(ReplyError):
        source.in_compliance()


def test_safe_state_and_snapshot(exchange: Exchange) -> None:
    pairs = [CURRENT, (":SOUR:LEV?", "+1E-3"), BACK[1], BACK[0], ON]
    pairs += [(":SOUR:LEV 0", None), (":OUTP 0", None), NO_ERROR, OFF]
    with current_source(exchange, pairs) as source:
        assert source.snapshot() == {
            "function": "CURR",
            "current_A": 1e-3,
            "compliance_V": 14.0,
            "range_A": 10e-3,
            "output_on": True,
        }
        source.make_safe()

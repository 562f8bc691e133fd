import math
from contextlib import AbstractContextManager
from typing import Any

import pytest

from instruments.drivers.keithley_6221 import Keithley6221
from instruments.errors import CommunicationError, IdentityError, LimitError, RefusedError, ReplyError
from instruments.limits import ExcitationLimits
from tests.instruments.drivers.conftest import TIMEOUT, Exchange

LIMITS = ExcitationLimits(max_current_A=20e-3, max_compliance_V=10.0)
NO_ERROR = ("SYST:ERR?", '0,"No error"')
OUT_OF_RANGE = ("SYST:ERR?", '-222,"Parameter data out of range"')
CONFIGURE = [
    ("*CLS", None),
    (":SOUR:CURR:COMP 1", None),
    (":SOUR:CURR:RANG:AUTO 0", None),
    (":SOUR:CURR:RANG 0.008", None),
    NO_ERROR,
]


def source(exchange: Exchange, pairs: list[Any]) -> AbstractContextManager[Any]:
    return exchange(Keithley6221, pairs, limits=LIMITS)


def test_configure_fixes_the_range_and_reads_back(exchange: Exchange) -> None:
    back = [(":SOUR:CURR:COMP?", "1.000000E+00"), (":SOUR:CURR:RANG?", "2.000000E-02")]
    with source(exchange, [*CONFIGURE, *back]) as k6221:
        k6221.configure(1.0, 8e-3)


@pytest.mark.parametrize(
    ("compliance", "range_", "what"),
    [("1.000000E+01", None, "compliance"), ("1.0", "2.000000E-03", "current range")],
)
def test_a_setting_that_reads_back_as_another(
    exchange: Exchange, compliance: str, range_: str | None, what: str
) -> None:
    back = [(":SOUR:CURR:COMP?", compliance)] + ([(":SOUR:CURR:RANG?", range_)] if range_ else [])
    with source(exchange, [*CONFIGURE, *back]) as k6221, pytest.raises(RefusedError, match=what):
        k6221.configure(1.0, 8e-3)


@pytest.mark.parametrize(
    ("compliance_V", "range_A"),
    [(10.1, 1e-3), (0.05, 1e-3), (-1.0, 1e-3), (math.nan, 1e-3), (1.0, 21e-3), (1.0, -1e-3), (1.0, math.nan)],
)
def test_configure_beyond_the_limits_sends_nothing(exchange: Exchange, compliance_V: float, range_A: float) -> None:
    with source(exchange, []) as k6221, pytest.raises(LimitError, match="nothing was sent"):
        k6221.configure(compliance_V, range_A)


def test_current_is_sent_with_all_its_digits(exchange: Exchange) -> None:
    pairs = [(":SOUR:CURR 1.234567e-07", None), NO_ERROR, (":SOUR:CURR -8.000000e-03", None), NO_ERROR]
    with source(exchange, pairs) as k6221:
        k6221.set_current(1.234567e-7)
        k6221.set_current(-8e-3)


@pytest.mark.parametrize("current_A", [20.1e-3, -20.1e-3, math.nan, math.inf])
def test_current_beyond_the_limit_sends_nothing(exchange: Exchange, current_A: float) -> None:
    with source(exchange, []) as k6221, pytest.raises(LimitError, match="nothing was sent"):
        k6221.set_current(current_A)


def test_the_error_queue_is_read_to_its_end(exchange: Exchange) -> None:
    other = ("SYST:ERR?", '-113,"Undefined header"')
    with (
        source(exchange, [(":SOUR:CURR 1.000000e-02", None), OUT_OF_RANGE, other, NO_ERROR]) as k6221,
        pytest.raises(RefusedError, match=r"SOUR:CURR 1.*-222.*-113"),
    ):
        k6221.set_current(10e-3)


@pytest.mark.parametrize("reply", ["", "No error", "1.5,x"])
def test_garbage_in_place_of_an_error_queue(exchange: Exchange, reply: str) -> None:
    pairs = [(":SOUR:CURR 1.000000e-02", None), ("SYST:ERR?", reply)]
    with source(exchange, pairs) as k6221, pytest.raises(ReplyError):
        k6221.set_current(10e-3)


def test_output(exchange: Exchange) -> None:
    pairs = [(":OUTP 1", None), NO_ERROR, (":OUTP?", "1"), (":OUTP 0", None), NO_ERROR, (":OUTP?", "0")]
    with source(exchange, pairs) as k6221:
        k6221.set_output(True)
        k6221.set_output(False)


def test_an_open_interlock_keeps_the_output_off(exchange: Exchange) -> None:
    pairs = [(":OUTP 1", None), NO_ERROR, (":OUTP?", "0")]
    with source(exchange, pairs) as k6221, pytest.raises(RefusedError, match="turned on and is not"):
        k6221.set_output(True)


@pytest.mark.parametrize(("register", "answer"), [("0", False), ("8", True), ("40", True), ("32", False)])
def test_compliance_is_bit_3_of_the_measurement_condition(exchange: Exchange, register: str, answer: bool) -> None:
    with source(exchange, [(":STAT:MEAS:COND?", register)]) as k6221:
        assert k6221.in_compliance() is answer


def test_compliance_unknown_is_an_error(exchange: Exchange) -> None:
    with source(exchange, [(":STAT:MEAS:COND?", TIMEOUT)]) as k6221, pytest.raises(CommunicationError):
        k6221.in_compliance()
    with source(exchange, [(":STAT:MEAS:COND?", "8.0")]) as k6221, pytest.raises(ReplyError):
        k6221.in_compliance()


def test_safe_state(exchange: Exchange) -> None:
    with source(exchange, [(":SOUR:CURR 0", None), (":OUTP 0", None), NO_ERROR, (":OUTP?", "0")]) as k6221:
        k6221.make_safe()


def test_safe_state_is_tried_again_past_an_old_error(exchange: Exchange) -> None:
    pairs = [(":SOUR:CURR 0", None), (":OUTP 0", None), OUT_OF_RANGE, NO_ERROR]
    pairs += [(":OUTP 0", None), NO_ERROR, (":OUTP?", "0")]
    with source(exchange, pairs) as k6221:
        k6221.make_safe()


def test_identity(exchange: Exchange) -> None:
    pairs = [("*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 6221,1335720,D03 /700x")]
    pairs += [("*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 6220,1335720,D03 /700x")]
    with source(exchange, pairs) as k6221:
        assert k6221.identify().serial == "1335720"
        with pytest.raises(IdentityError, match=r"6221.*MODEL 6220"):
            k6221.identify()


def test_snapshot(exchange: Exchange) -> None:
    pairs = [
        (":SOUR:CURR?", "8.000000E-03"),
        (":SOUR:CURR:COMP?", "1.000000E+00"),
        (":SOUR:CURR:RANG?", "2.000000E-02"),
        (":OUTP?", "1"),
        (":STAT:MEAS:COND?", "0"),
    ]
    with source(exchange, pairs) as k6221:
        assert k6221.snapshot() == {
            "current_A": 8e-3,
            "compliance_V": 1.0,
            "range_A": 20e-3,
            "output_on": True,
            "in_compliance": False,
        }

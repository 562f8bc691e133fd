"""Exchanges as the 6220/6221 reference manual has them: delta in section 5, filter in 6, elements in 13."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from instruments.delta_role import DeltaSettings
from instruments.drivers.keithley_6221 import Keithley6221
from instruments.drivers.keithley_6221_delta import Keithley6221Delta
from instruments.errors import LimitError, RefusedError, ReplyError
from instruments.limits import ExcitationLimits
from instruments.roles import Reading, ReadingFlag
from tests.instruments.drivers.conftest import Exchange

LIMITS = ExcitationLimits(max_current_A=20e-3, max_compliance_V=10.0)
SETTINGS = DeltaSettings(
    current_A=1e-3, compliance_V=2.0, range_V=0.01, integration_plc=5.0, delay_s=0.01, averages=8
)
NO_ERROR = ("SYST:ERR?", '0,"No error"')
START = [(":SOUR:SWE:ABOR", None), ("*CLS", None), (":OUTP 0", None), NO_ERROR, (":OUTP?", "0")]
PRESENT = [(":SOUR:DELT:NVPR?", "1"), (":SYST:COMM:SER:ENT?", "")]
SOURCE = [
    (":UNIT V", None),
    (":FORM:ELEM READ,TST", None),
    (":SOUR:CURR:COMP 2", None),
    (":SOUR:DELT:HIGH 1.000000e-03", None),
    (":SOUR:DELT:LOW -1.000000e-03", None),
    (":SOUR:DELT:DEL 0.01", None),
    (":SOUR:DELT:COUN INF", None),
    (":SOUR:DELT:CAB 0", None),
    (":SOUR:DELT:CSW 0", None),
]
FILTER = [
    (":SENS:AVER:TCON MOV", None),
    (":SENS:AVER:WIND 0", None),
    (":SENS:AVER:COUN 8", None),
    (":SENS:AVER 1", None),
]
VOLTMETER = [
    (''':SYST:COMM:SER:SEND ":SENS:FUNC 'VOLT'"''', None),
    (':SYST:COMM:SER:SEND ":SENS:CHAN 1"', None),
    (':SYST:COMM:SER:SEND ":SENS:VOLT:NPLC 5"', None),
    (':SYST:COMM:SER:SEND ":SENS:VOLT:CHAN1:RANG 0.01"', None),
    (':SYST:COMM:SER:SEND ":SENS:VOLT:CHAN1:DFIL OFF"', None),
    (':SYST:COMM:SER:SEND ":SENS:VOLT:CHAN1:LPAS OFF"', None),
    NO_ERROR,
]
BACK = [
    (":SOUR:DELT:HIGH?", "1.000000E-03"),
    (":SOUR:DELT:LOW?", "-1.000000E-03"),
    (":SOUR:CURR:COMP?", "2.000000E+00"),
    (":SOUR:DELT:DEL?", "1.000000E-02"),
]
ASKED = [(':SYST:COMM:SER:SEND ":SENS:VOLT:CHAN1:RANG?;:SENS:VOLT:NPLC?"', None), NO_ERROR]
CONFIGURE = [*START, *PRESENT, *SOURCE, *FILTER, NO_ERROR, *VOLTMETER, *BACK, *ASKED]
TOLD = (":SYST:COMM:SER:ENT?", "1.000000E-02;5.00")
ARMED, NOT_ARMED = (":SOUR:DELT:ARM?", "1"), (":SOUR:DELT:ARM?", "0")
ON = (":OUTP?", "1")


@contextmanager
def meter(exchange: Exchange, pairs: list[Any]) -> Iterator[Keithley6221Delta]:
    with exchange(Keithley6221, pairs, limits=LIMITS) as source:
        yield Keithley6221Delta(source)


def test_configure_arm_and_start(exchange: Exchange) -> None:
    pairs = [*CONFIGURE, TOLD, (":SOUR:DELT:ARM", None), NOT_ARMED, ARMED]
    pairs += [NO_ERROR, ARMED, (":STAT:MEAS?", "8"), (":INIT:IMM", None), NO_ERROR]
    with meter(exchange, pairs) as delta:
        delta.configure(SETTINGS)
        delta.arm()
        assert not delta.is_armed()
        assert delta.is_armed()
        delta.start()


def test_one_average_needs_no_filter(exchange: Exchange) -> None:
    pairs = [*START, *PRESENT, *SOURCE, (":SENS:AVER 0", None), NO_ERROR, *VOLTMETER, *BACK, *ASKED]
    with meter(exchange, pairs) as delta:
        delta.configure(replace(SETTINGS, averages=1))


def test_without_a_voltmeter_nothing_is_set(exchange: Exchange) -> None:
    with (
        meter(exchange, [*START, (":SOUR:DELT:NVPR?", "0")]) as delta,
        pytest.raises(RefusedError, match=r"no 2182A answers on its serial port.*nothing was set"),
    ):
        delta.configure(SETTINGS)


@pytest.mark.parametrize("reply", ["", "ON", "2", "1.0"])
def test_a_voltmeter_that_may_be_there_is_not_taken_for_one(exchange: Exchange, reply: str) -> None:
    with meter(exchange, [*START, (":SOUR:DELT:NVPR?", reply)]) as delta, pytest.raises(ReplyError):
        delta.configure(SETTINGS)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"current_A": 21e-3}, "current of 0.021 A"),
        ({"current_A": 0.0}, "delta current of 0 A"),
        ({"current_A": -1e-3}, "more than 0 A"),
        ({"current_A": math.nan}, "nan"),
        ({"compliance_V": 11.0}, "0 to 10 V"),
        ({"compliance_V": 0.05}, "0.1 to 105 V"),
        ({"range_V": 130.0}, "0 to 120 V"),
        ({"integration_plc": 51.0}, "0.01 to 50"),
        ({"delay_s": 0.0}, "0.001 to"),
        ({"averages": 0}, "1 to 300"),
        ({"averages": 301}, "1 to 300"),
    ],
)
def test_beyond_limits_or_instrument_nothing_is_sent(
    exchange: Exchange, change: dict[str, float], why: str
) -> None:
    with meter(exchange, []) as delta, pytest.raises(LimitError, match=rf"{why}.*nothing was sent"):
        delta.configure(replace(SETTINGS, **change))  # type: ignore[arg-type]  # wrong on purpose


def test_a_low_current_that_is_not_minus_the_high_one(exchange: Exchange) -> None:
    back = [BACK[0], (":SOUR:DELT:LOW?", "0.000000E+00")]
    pairs = [*START, *PRESENT, *SOURCE, *FILTER, NO_ERROR, *VOLTMETER, *back]
    with meter(exchange, pairs) as delta, pytest.raises(RefusedError, match="low current reads back 0 A"):
        delta.configure(SETTINGS)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("", "has not told its range"),
        ("1.000000E+02;5.00", None),  # a wider range holds it too
        ("1.000000E-03;5.00", "uses the range 0.001 V"),
        ("1.000000E-02;1.00", "1 power-line cycles"),
    ],
)
def test_arming_needs_what_the_voltmeter_took(exchange: Exchange, told: str, why: str | None) -> None:
    pairs: list[Any] = [*CONFIGURE, (":SYST:COMM:SER:ENT?", told)]
    with meter(exchange, pairs if why else [*pairs, (":SOUR:DELT:ARM", None)]) as delta:
        delta.configure(SETTINGS)
        if why is None:
            delta.arm()
            return
        with pytest.raises(RefusedError, match=rf"{why}.*nothing was armed"):
            delta.arm()


@pytest.mark.parametrize("told", ["1.000000E-02", "RANG;5.00", "1.0E-02;5.00;1", "9.9E37;5"])
def test_no_string_for_a_number_from_the_relay(exchange: Exchange, told: str) -> None:
    with meter(exchange, [*CONFIGURE, (":SYST:COMM:SER:ENT?", told)]) as delta:
        delta.configure(SETTINGS)
        with pytest.raises(ReplyError):
            delta.arm()


def test_arming_comes_after_configuring(exchange: Exchange) -> None:
    with meter(exchange, []) as delta, pytest.raises(RefusedError, match="once it is configured"):
        delta.arm()


@pytest.mark.parametrize(
    ("queue", "armed"),
    [
        ([NO_ERROR], NOT_ARMED),
        ([("SYST:ERR?", '-241,"Hardware missing"'), NO_ERROR], ARMED),
    ],
)
def test_not_armed_is_not_started(exchange: Exchange, queue: list[Any], armed: Any) -> None:
    pairs = [*queue] if len(queue) > 1 else [*queue, armed]
    with meter(exchange, pairs) as delta, pytest.raises(RefusedError, match=r"not armed.*nothing was started"):
        delta.start()


def read(reply: str, events: str = "0", now: str = "0") -> list[Any]:
    return [ARMED, ON, (":SENS:DATA:LAT?", reply), (":STAT:MEAS?", events), (":STAT:MEAS:COND?", now)]


def test_readings_and_their_flags(exchange: Exchange) -> None:
    pairs = [
        *read("+9.900000E+37,+9.900000E+37"),  # before the first
        *read("+5.012345E-05,+0.000000E+00"),
        *read("+5.012345E-05,+0.000000E+00"),  # the same again
        *read("-5.1E-05,+1.100000E-01", events="8"),  # in compliance, and no more
        *read("-5.1E-05,+2.200000E-01", now="40"),
        *read("+9.900000E+37,+3.300000E-01"),  # beyond the range of the 2182A
        *read("+5.0E-05,+4.400000E-01", events="32"),  # reading available
    ]
    with meter(exchange, pairs) as delta:
        first = delta.read_voltage()
        assert math.isnan(first.value)
        assert first.flags is ReadingFlag.STALE
        assert delta.read_voltage() == Reading(5.012345e-5)
        assert delta.read_voltage() == Reading(5.012345e-5, ReadingFlag.STALE)
        assert delta.read_voltage() == Reading(-5.1e-5, ReadingFlag.IN_COMPLIANCE)
        assert delta.read_voltage() == Reading(-5.1e-5, ReadingFlag.IN_COMPLIANCE)
        beyond = delta.read_voltage()
        assert math.isnan(beyond.value)
        assert beyond.flags is ReadingFlag.OVERLOAD
        assert delta.read_voltage() == Reading(5e-5)


def test_compliance_seen_while_nothing_was_new_is_kept_for_the_next_reading(exchange: Exchange) -> None:
    pairs = [
        *read("+5.0E-05,+1.0"),
        *read("+5.0E-05,+1.0", events="8"),
        *read("+5.0E-05,+2.0"),
        *read("+5.0E-05,+3.0"),
    ]
    with meter(exchange, pairs) as delta:
        flags = [delta.read_voltage().flags for _ in range(4)]
    limited, stale = ReadingFlag.IN_COMPLIANCE, ReadingFlag.STALE
    assert flags == [ReadingFlag.GOOD, stale | limited, limited, ReadingFlag.GOOD]


@pytest.mark.parametrize("reply", ["", "+5.0E-05", "+5.0E-05VDC,+1.0", "A,+1.0", "+5.0E-05,late", "+9.91E37,+1.0"])
def test_garbage_is_no_reading(exchange: Exchange, reply: str) -> None:
    with meter(exchange, read(reply)) as delta, pytest.raises(ReplyError):
        delta.read_voltage()


def test_stopped_by_somebody_else(exchange: Exchange) -> None:
    with meter(exchange, [NOT_ARMED]) as delta, pytest.raises(RefusedError, match="was stopped"):
        delta.read_voltage()


def test_safe_state_and_snapshot(exchange: Exchange) -> None:
    pairs = [*BACK[:2], BACK[3], BACK[2], (":SENS:AVER?", "1"), (":SENS:AVER:COUN?", "8"), NOT_ARMED]
    pairs += [(":SOUR:SWE:ABOR", None), (":SOUR:CURR 0", None), (":OUTP 0", None), NO_ERROR, (":OUTP?", "0")]
    with meter(exchange, pairs) as delta:
        assert delta.snapshot() == {
            "high_A": 1e-3,
            "low_A": -1e-3,
            "delay_s": 0.01,
            "compliance_V": 2.0,
            "averages": 8,
            "armed": False,
        }
        delta.make_safe()


def test_an_output_that_an_interlock_keeps_off_is_no_zero_resistance(exchange: Exchange) -> None:
    with (
        meter(exchange, [ARMED, (":OUTP?", "0")]) as delta,
        pytest.raises(RefusedError, match="output is off while"),
    ):
        delta.read_voltage()

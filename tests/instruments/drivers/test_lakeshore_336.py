"""Exchanges written from Lake Shore's manuals: every byte is compared."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from instruments.drivers.lakeshore_336 import (
    CONTROLLERS,
    CsetLoop,
    LakeShore336,
    LakeShore336Sensor,
    LakeShore340,
    loop_for,
    range_index,
)
from instruments.errors import CommunicationError, IdentityError, LimitError, RefusedError, ReplyError
from instruments.limits import TemperatureLimits
from instruments.roles import Identity, ReadingFlag
from tests.instruments.drivers.conftest import TIMEOUT, Exchange

LIMITS = TemperatureLimits(base_K=1.5, max_K=320.0, max_rate_K_per_min=5.0)
IDN = ("*IDN?", "LSCI,MODEL336,LSA1PX9/#######,2.8")
IDN_340 = ("*IDN?", "LSCI,MODEL340,342345,032003")
MODE, OPEN = ("OUTMODE? 2", "1,3,0"), ("OUTMODE? 2", "3,3,1")
CSET = ("CSET? 1", "A,1,1,0")
Pair = tuple[str, str]


def sets(commands: str, events: str = "0") -> Pair:
    return f"*CLS;{commands};*ESR?", events


def on(range_: str = "3", error: str = "0") -> Pair:
    return "RANGE? 2;HTRST? 2", f"{range_};{error}"


def setpoint(kelvin: str, ramping: str = "0") -> Pair:
    return "RAMPST? 2;SETP? 2", f"{ramping};{kelvin}"


TURN_ON = [MODE, sets("RANGE 2,3"), ("RANGE? 2", "3")]


@contextmanager
def loop(exchange: Exchange, pairs: list[Pair]) -> Iterator[Any]:
    """Input C, output 2, high range of a 336."""
    with exchange(LakeShore336, pairs) as bridge:
        yield loop_for(bridge)(bridge, channel="C", output=2, range_index=3, limits=LIMITS)


@contextmanager
def loop_340(exchange: Exchange, pairs: list[Pair]) -> Iterator[Any]:
    """Input A, range 4 of a 340."""
    with exchange(LakeShore340, pairs) as bridge:
        yield loop_for(bridge)(bridge, channel="A", output=1, range_index=4, limits=LIMITS)


def test_who_is_there_and_which_input_is_followed(exchange: Exchange) -> None:
    with loop(exchange, [IDN, MODE]) as controller:
        assert controller.identify() == Identity("LSCI", "MODEL336", "LSA1PX9/#######", "2.8")
    with loop_340(exchange, [IDN_340, CSET]) as controller:
        assert controller.identify().model == "MODEL340"


@pytest.mark.parametrize("answer", ["LSCI,MODEL335,LSA1PX9,2.8", "LSCI,MODEL372,LSA23JD,1.3", ""])
def test_another_model(exchange: Exchange, answer: str) -> None:
    with loop(exchange, [("*IDN?", answer)]) as controller, pytest.raises(IdentityError, match="MODEL336"):
        controller.identify()


def test_a_loop_that_follows_another_input(exchange: Exchange) -> None:
    pairs = [IDN, ("OUTMODE? 2", "1,2,0")]
    with loop(exchange, pairs) as controller, pytest.raises(IdentityError, match=r"input C.*output 2.*input 2"):
        controller.identify()
    pairs = [IDN_340, ("CSET? 1", "B,1,1,0")]
    with loop_340(exchange, pairs) as controller, pytest.raises(IdentityError, match=r"input A.*follows input B"):
        controller.identify()


@pytest.mark.parametrize(
    ("kelvin", "status", "flags"),
    [
        ("+004.213", "000", ReadingFlag.GOOD),
        ("+4.2130E+0", "000", ReadingFlag.GOOD),
        ("+004.213", "001", ReadingFlag.OUT_OF_LIMITS),
        ("+004.213", "002", ReadingFlag.STALE),  # of a 340
        ("+004.213", "016", ReadingFlag.OUT_OF_LIMITS),
        ("+000.000", "032", ReadingFlag.OUT_OF_LIMITS),
        ("+004.213", "064", ReadingFlag.OVERLOAD),
        ("+000.000", "128", ReadingFlag.OVERLOAD | ReadingFlag.OUT_OF_LIMITS),
        ("+320.100", "000", ReadingFlag.OUT_OF_LIMITS),
    ],
)
def test_a_reading_and_its_status(exchange: Exchange, kelvin: str, status: str, flags: ReadingFlag) -> None:
    pairs = [("KRDG? D3;RDGST? D3", f"{kelvin};{status}")]
    with exchange(LakeShore336, pairs) as bridge:
        reading = LakeShore336Sensor(bridge, channel="D3", limits=LIMITS).read_temperature()
    assert reading.flags is flags
    assert reading.value == float(kelvin)


@pytest.mark.parametrize("answer", ["+004.213", "+004.213;000;0", "4.2K;000", "+004.213;256", "nan;000"])
def test_a_reply_that_is_no_reading(exchange: Exchange, answer: str) -> None:
    with (
        loop(exchange, [("KRDG? C;RDGST? C", answer)]) as controller,
        pytest.raises(ReplyError),
    ):
        controller.read_temperature()


def test_a_ramp_starts_at_the_temperature_read_now_and_its_end_is_the_set_point(exchange: Exchange) -> None:
    pairs = [
        on("0"),
        ("KRDG? C;RDGST? C", "+300.120;000"),
        sets("RAMP 2,0,0;SETP 2,300.12"),
        ("SETP? 2", "+300.120"),
        sets("RAMP 2,1,2.5;SETP 2,290"),
        setpoint("+300.100", "1"),
        ("RAMP? 2", "1,+2.500"),
        *TURN_ON,
        ("SETP? 2", "+300.110"),
        setpoint("+295.000", "1"),
        setpoint("+290.000"),
    ]
    with loop(exchange, pairs) as controller:
        controller.start_ramp(290.0, 2.5)
        assert controller.read_setpoint() == 290.0
        assert controller.read_setpoint() == 290.0


def test_an_output_in_open_loop_is_closed_with_the_same_input_and_power_up(exchange: Exchange) -> None:
    pairs = [
        ("SETP? 2", "+300.000"),
        sets("SETP 2,280;RAMP 2,0,0"),
        setpoint("+280.000"),
        OPEN,
        sets("OUTMODE 2,1,3,1"),
        sets("RANGE 2,3"),
        ("RANGE? 2", "3"),
    ]
    with loop(exchange, pairs) as controller:
        controller.set_temperature(280.0)


def test_the_loop_of_a_340(exchange: Exchange) -> None:
    pairs = [
        ("SETP? 1", "+300.00E+0"),
        sets("SETP 1,280;RAMP 1,0,0"),
        ("RAMPST? 1;SETP? 1", "0;+280.00E+0"),
        ("CSET? 1", "A,1,0,0"),
        sets("CSET 1,A,1,1,0"),
        ("CMODE? 1", "3"),
        sets("CMODE 1,1"),
        sets("RANGE 4"),
        ("RANGE?", "4"),
        ("RANGE?;HTRST?", "4;00"),
        CSET,
        ("CMODE? 1", "1"),
        ("HTR?", "+023.4"),
        sets("RANGE 0"),
        ("RANGE?", "0"),
    ]
    with loop_340(exchange, pairs) as controller:
        controller.set_temperature(280.0)
        assert controller.loop_is_on()
        assert controller.read_heater() == 23.4
        controller.make_safe()


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([on(), MODE], True),
        ([on(), ("OUTMODE? 2", "2,3,0")], True),  # gains by zone
        ([on("0")], False),
        ([on("3", "1")], False),
        ([on(), OPEN], False),
        ([on(), ("OUTMODE? 2", "0,3,0")], False),
        ([on(), ("OUTMODE? 2", "1,1,0")], False),
    ],
)
def test_whether_the_loop_is_on(exchange: Exchange, answers: list[Pair], expected: bool) -> None:
    with loop(exchange, answers) as controller:
        assert controller.loop_is_on() is expected


@pytest.mark.parametrize(
    ("cset", "cmode", "error", "expected"),
    [("A,1,1,0", "1", "00", True), ("A,1,1,0", "5", "00", True), ("A,1,1,0", "3", "00", False),
     ("A,1,0,0", "", "00", False), ("B,1,1,0", "", "00", False), ("", "", "05", False)],
)  # fmt: skip
def test_whether_the_loop_of_a_340_is_on(
    exchange: Exchange, cset: str, cmode: str, error: str, expected: bool
) -> None:
    pairs = [("RANGE?;HTRST?", f"4;{error}")]
    pairs += [("CSET? 1", cset)] if cset else []
    pairs += [("CMODE? 1", cmode)] if cmode else []
    with loop_340(exchange, pairs) as controller:
        assert controller.loop_is_on() is expected


def test_a_heater_error_is_remembered_after_it_was_read(exchange: Exchange) -> None:
    pairs = [on("0", "2"), on("3", "0"), *TURN_ON[:0], ("SETP? 2", "+280.000"), sets("SETP 2,280;RAMP 2,0,0")]
    pairs += [setpoint("+280.000"), *TURN_ON, on(), MODE]
    with loop(exchange, pairs) as controller:
        assert not controller.loop_is_on()
        assert not controller.loop_is_on()
        controller.set_temperature(280.0)
        assert controller.loop_is_on()


@pytest.mark.parametrize(
    ("target_K", "rate", "words"),
    [
        (1.0, 1.0, "temperature"),
        (321.0, 1.0, "temperature"),
        (10.0, 5.1, "rate"),
        (10.0, 0.09, "of a Lake"),
    ],
)
def test_limits_refuse_before_a_byte_is_sent(exchange: Exchange, target_K: float, rate: float, words: str) -> None:
    with loop(exchange, []) as controller, pytest.raises(LimitError, match=f"{words}.*nothing was sent"):
        controller.start_ramp(target_K, rate)


def test_a_rate_that_a_340_rounds_is_told(exchange: Exchange) -> None:
    pairs = [
        ("RANGE?;HTRST?", "4;00"),
        CSET,
        ("CMODE? 1", "1"),
        ("SETP? 1", "+300.00E+0"),
        sets("RAMP 1,1,0.25;SETP 1,290"),
        ("RAMPST? 1;SETP? 1", "1;+300.00E+0"),
        ("RAMP? 1", "1,0.3"),
    ]
    with (
        loop_340(exchange, pairs) as controller,
        pytest.raises(RefusedError, match=r"0\.25 K/min.*as 0\.3"),
    ):
        controller.start_ramp(290.0, 0.25)


@pytest.mark.parametrize(("events", "words"), [("16", "execution error"), ("32", "command error")])
def test_a_refused_setting_is_told(exchange: Exchange, events: str, words: str) -> None:
    pairs = [("SETP? 2", "+300.000"), sets("SETP 2,280;RAMP 2,0,0", events)]
    with loop(exchange, pairs) as controller, pytest.raises(RefusedError, match=words):
        controller.set_temperature(280.0)


def test_a_range_that_was_not_taken_and_safe_tries_twice(exchange: Exchange) -> None:
    pairs = [sets("RANGE 2,0"), ("RANGE? 2", "3"), sets("RANGE 2,0"), ("RANGE? 2", "0")]
    with loop(exchange, pairs) as controller:
        controller.make_safe()
    with (
        loop(exchange, pairs[:2] * 2) as controller,
        pytest.raises(RefusedError, match="and 3 reads back"),
    ):
        controller.make_safe()


@pytest.mark.parametrize(
    ("name", "output", "index"),
    [("lakeshore_336", 3, 1), ("lakeshore_336", 1, 4), ("lakeshore_340", 2, 1), ("lakeshore_350", 1, 6)],
)
def test_an_output_or_range_that_the_model_lacks(exchange: Exchange, name: str, output: int, index: int) -> None:
    with (
        exchange(CONTROLLERS[name], []) as bridge,
        pytest.raises(LimitError, match="nothing was sent"),
    ):
        loop_for(bridge)(bridge, channel="A", output=output, range_index=index, limits=LIMITS)


def test_words_of_ranges() -> None:
    assert [range_index(word) for word in ("low", "medium", "high", 5)] == [1, 2, 3, 5]
    with pytest.raises(LimitError, match="low, medium, high"):
        range_index("full")


def test_no_answer_names_the_model(exchange: Exchange) -> None:
    with (
        loop_340(exchange, [("KRDG? A;RDGST? A", TIMEOUT)]) as controller,
        pytest.raises(CommunicationError, match=r"LakeShore340 at .*did not answer in time"),
    ):
        controller.read_temperature()
    assert issubclass(CsetLoop, type(controller))

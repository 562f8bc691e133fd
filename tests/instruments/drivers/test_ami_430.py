"""Exchanges written from AMI's manual: every byte is compared."""

from contextlib import AbstractContextManager
from typing import Any

import pytest

from instruments.clock import VirtualClock
from instruments.drivers.ami_430 import Ami430
from instruments.errors import (
    CommunicationError,
    IdentityError,
    LimitError,
    MagnetQuenched,
    RefusedError,
    ReplyError,
)
from instruments.limits import MagnetLimits, RampSegment
from instruments.roles import Identity, MagnetState
from tests.instruments.drivers.conftest import TIMEOUT, Exchange

LIMITS = MagnetLimits(12.0, (RampSegment(8.0, 0.6), RampSegment(12.0, 0.36)))
Pair = tuple[str | None, str | None]
NO_ERROR: Pair = ("SYST:ERR?", '0,"No errors"')
IDN: Pair = ("*IDN?", "AMERICAN MAGNETICS INC.,MODEL 430,1.62")
TESLA, KILOGAUSS = ("FIELD:UNITS?", "1"), ("FIELD:UNITS?", "0")
PER_MINUTE, PER_SECOND = ("RAMP:RATE:UNITS?", "1"), ("RAMP:RATE:UNITS?", "0")
HEALTHY: list[Pair] = [("STATE?", "2"), ("QU?", "0")]


def done(command: str) -> list[Pair]:
    return [(command, None), NO_ERROR]


def supply(
    exchange: Exchange,
    pairs: list[Pair],
    has_switch: bool = False,
    limits: MagnetLimits = LIMITS,
    clock: VirtualClock | None = None,
) -> AbstractContextManager[Any]:
    return exchange(Ami430, pairs, limits=limits, clock=clock or VirtualClock(), has_switch=has_switch)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("AMERICAN MAGNETICS INC.,MODEL 430,1.62", Identity("AMERICAN MAGNETICS INC.", "MODEL 430", "", "1.62")),
        ("AMERICAN MAGNETICS INC.,MODEL 430,17,3.0", Identity("AMERICAN MAGNETICS INC.", "MODEL 430", "17", "3.0")),
    ],
)
def test_who_is_there(exchange: Exchange, answer: str, expected: Identity) -> None:
    with supply(exchange, [("*IDN?", answer), ("PS:INST?", "0")]) as magnet:
        assert magnet.identify() == expected


@pytest.mark.parametrize("answer", ["AMERICAN MAGNETICS INC.,MODEL 420,1.62", "IDN:OXFORD", "", "430"])
def test_another_model(exchange: Exchange, answer: str) -> None:
    with supply(exchange, [("*IDN?", answer)]) as magnet, pytest.raises(IdentityError, match="430"):
        magnet.identify()


def test_the_greeting_of_a_new_connection_is_passed_over(exchange: Exchange) -> None:
    greeted: list[Pair] = [("*IDN?", "American Magnetics Model 430 IP Interface"), (None, "Hello."), (None, IDN[1])]
    with supply(exchange, [*greeted, ("PS:INST?", "0")]) as magnet:
        assert magnet.identify().firmware == "1.62"


@pytest.mark.parametrize(
    ("units", "answer", "field_T"), [(TESLA, "1.2345", 1.2345), (KILOGAUSS, "-12.345", -1.2345)]
)
def test_field_in_whatever_units_the_panel_has(
    exchange: Exchange, units: Pair, answer: str, field_T: float
) -> None:
    with supply(exchange, [units, ("FIELD:MAG?", answer)]) as magnet:
        assert magnet.read_field() == pytest.approx(field_T, rel=1e-12)


def test_supply_field_is_current_times_coil_constant(exchange: Exchange) -> None:
    """20 A x 1.25 kG/A = 25 kG = 2.5 T."""
    pairs: list[Pair] = [("CURR:SUPP?", "20.0"), ("COIL?", "1.25"), KILOGAUSS]
    with supply(exchange, pairs) as magnet:
        assert magnet.read_supply_field() == pytest.approx(2.5, rel=1e-12)


def test_a_ramp_in_tesla_per_minute(exchange: Exchange) -> None:
    pairs: list[Pair] = [
        *HEALTHY,
        TESLA,
        ("FIELD:MAG?", "0.5"),
        NO_ERROR,
        *done("PAUSE"),
        TESLA,
        PER_MINUTE,
        *done("CONF:RAMP:RATE:SEG 2"),
        *done("CONF:RAMP:RATE:FIELD 1,0.5,8"),
        ("RAMP:RATE:FIELD:1?", "0.5000,8.0000"),
        *done("CONF:RAMP:RATE:FIELD 2,0.36,12"),
        ("RAMP:RATE:FIELD:2?", "0.3600,13.5000"),
        *done("CONF:FIELD:TARG -1.25"),
        ("FIELD:TARG?", "-1.2500"),
        TESLA,
        PER_MINUTE,
        *done("RAMP"),
    ]
    with supply(exchange, pairs) as magnet:
        magnet.start_ramp(-1.25, 0.5)


def test_the_same_ramp_in_kilogauss_per_second(exchange: Exchange) -> None:
    """0.3 T/min = 3 kG/min = 0.05 kG/s; 8 T = 80 kG."""
    limits = MagnetLimits(8.0, (RampSegment(8.0, 0.3),))
    pairs: list[Pair] = [
        *HEALTHY,
        KILOGAUSS,
        ("FIELD:MAG?", "0.0"),
        NO_ERROR,
        *done("PAUSE"),
        KILOGAUSS,
        PER_SECOND,
        *done("CONF:RAMP:RATE:SEG 1"),
        *done("CONF:RAMP:RATE:FIELD 1,0.05,80"),
        ("RAMP:RATE:FIELD:1?", "0.0500,101.2"),
        *done("CONF:FIELD:TARG 12.5"),
        ("FIELD:TARG?", "12.5000"),
        KILOGAUSS,
        PER_SECOND,
        *done("RAMP"),
    ]
    with supply(exchange, pairs, limits=limits) as magnet:
        magnet.start_ramp(1.25, 0.3)


def test_units_that_change_while_a_ramp_is_prepared_stop_it(exchange: Exchange) -> None:
    limits = MagnetLimits(8.0, (RampSegment(8.0, 0.3),))
    pairs: list[Pair] = [
        *HEALTHY,
        TESLA,
        ("FIELD:MAG?", "0.0"),
        NO_ERROR,
        *done("PAUSE"),
        TESLA,
        PER_MINUTE,
        *done("CONF:RAMP:RATE:SEG 1"),
        *done("CONF:RAMP:RATE:FIELD 1,0.3,8"),
        ("RAMP:RATE:FIELD:1?", "0.3000,8.0000"),
        *done("CONF:FIELD:TARG 1"),
        ("FIELD:TARG?", "1.0000"),
        TESLA,
        PER_SECOND,
    ]
    with (
        supply(exchange, pairs, limits=limits) as magnet,
        pytest.raises(RefusedError, match=r"units.*were changed.*no ramp was started"),
    ):
        magnet.start_ramp(1.0, 0.3)


@pytest.mark.parametrize(
    ("readback", "words"),
    [("0.0300,8.0", "rate of segment 1 was set to 0.5 and reads back 0.03"), ("0.5,5.0", "bound of segment 1")],
)
def test_a_segment_that_was_not_taken(exchange: Exchange, readback: str, words: str) -> None:
    pairs: list[Pair] = [
        *HEALTHY,
        TESLA,
        ("FIELD:MAG?", "0.5"),
        NO_ERROR,
        *done("PAUSE"),
        TESLA,
        PER_MINUTE,
        *done("CONF:RAMP:RATE:SEG 2"),
        *done("CONF:RAMP:RATE:FIELD 1,0.5,8"),
        ("RAMP:RATE:FIELD:1?", readback),
    ]
    with supply(exchange, pairs) as magnet, pytest.raises(RefusedError, match=words):
        magnet.start_ramp(-1.25, 0.5)


def test_an_error_in_the_queue_is_told_in_the_supplys_words_and_the_queue_is_emptied(exchange: Exchange) -> None:
    pairs: list[Pair] = [
        *HEALTHY,
        TESLA,
        ("FIELD:MAG?", "0.5"),
        ("SYST:ERR?", '-101,"Unrecognized command"'),  # somebody else's, from before
        NO_ERROR,
        ("PAUSE", None),
        ("SYST:ERR?", '-105,"Out of range"'),
        ("SYST:ERR?", '-304,"Error buffer overflow"'),
        NO_ERROR,
    ]
    with supply(exchange, pairs) as magnet, pytest.raises(RefusedError, match=r"PAUSE.*Out of range"):
        magnet.start_ramp(1.0, 0.5)


@pytest.mark.parametrize("answer", ["No errors", "zero,none", ""])
def test_an_error_queue_that_makes_no_sense(exchange: Exchange, answer: str) -> None:
    with supply(exchange, [("SYST:ERR?", answer)]) as magnet, pytest.raises(ReplyError):
        magnet.hold()


@pytest.mark.parametrize(
    ("target_T", "rate"), [(12.1, 0.1), (float("nan"), 0.1), (1.0, 0.0), (1.0, -0.1), (1.0, float("nan"))]
)
def test_limits_refuse_before_a_byte_is_sent(exchange: Exchange, target_T: float, rate: float) -> None:
    with supply(exchange, []) as magnet, pytest.raises(LimitError, match="nothing was sent"):
        magnet.start_ramp(target_T, rate)


@pytest.mark.parametrize(("field", "target_T", "rate"), [("0.0", 5.0, 0.61), ("7.0", 9.0, 0.5), ("10.0", 0.0, 0.5)])
def test_rate_is_judged_on_the_way_from_the_field_read_now(
    exchange: Exchange, field: str, target_T: float, rate: float
) -> None:
    pairs: list[Pair] = [*HEALTHY, TESLA, ("FIELD:MAG?", field)]
    with supply(exchange, pairs) as magnet, pytest.raises(LimitError, match="T/min"):
        magnet.start_ramp(target_T, rate)


@pytest.mark.parametrize(
    ("state", "latch", "error", "words"),
    [
        ("7", "1", MagnetQuenched, "acknowledge it at the supply"),
        ("3", "1", MagnetQuenched, "quench"),
        ("7", "0", MagnetQuenched, "quench"),
        ("11", "0", RefusedError, "external ramp-down"),
    ],
)
def test_nothing_starts_after_a_quench(
    exchange: Exchange, state: str, latch: str, error: type[Exception], words: str
) -> None:
    with supply(exchange, [("STATE?", state), ("QU?", latch)]) as magnet, pytest.raises(error, match=words):
        magnet.start_ramp(1.0, 0.1)


@pytest.mark.parametrize(
    ("state", "heater", "expected", "detail"),
    [
        ("1", "1", MagnetState.RAMPING, ""),
        ("2", "1", MagnetState.HOLDING, ""),
        ("3", "1", MagnetState.HOLDING, ""),
        ("4", "1", MagnetState.RAMPING, "up by hand"),
        ("5", "1", MagnetState.RAMPING, "down by hand"),
        ("6", "1", MagnetState.RAMPING, "to zero"),
        ("8", "1", MagnetState.HOLDING, "supply at zero"),
        ("9", "1", MagnetState.HEATING_SWITCH, ""),
        ("10", "0", MagnetState.COOLING_SWITCH, ""),
        ("2", "0", MagnetState.PERSISTENT, ""),
        ("8", "0", MagnetState.PERSISTENT, "supply at zero"),
        ("1", "0", MagnetState.RAMPING, ""),
    ],
)
def test_states(exchange: Exchange, state: str, heater: str, expected: MagnetState, detail: str) -> None:
    pairs: list[Pair] = [("STATE?", state), ("QU?", "0"), ("PS?", heater)]
    with supply(exchange, pairs, has_switch=True) as magnet:
        status = magnet.status()
    assert (status.state, status.detail) == (expected, detail)


@pytest.mark.parametrize("answer", ["0", "12", "2.5", "HOLDING", ""])
def test_a_state_that_does_not_exist(exchange: Exchange, answer: str) -> None:
    with supply(exchange, [("STATE?", answer)]) as magnet, pytest.raises(ReplyError, match="integer"):
        magnet.status()


def test_making_safe_pauses_before_anything_is_asked(exchange: Exchange) -> None:
    pairs: list[Pair] = [("PAUSE", None), ("SYST:ERR?", "gibberish"), NO_ERROR, *done("PAUSE")]
    with supply(exchange, pairs) as magnet:
        magnet.make_safe()


def test_no_answer(exchange: Exchange) -> None:
    with (
        supply(exchange, [("STATE?", TIMEOUT)]) as magnet,
        pytest.raises(CommunicationError, match=r"did not answer in time.*STATE\?"),
    ):
        magnet.status()


def test_more_segments_than_the_supply_has_become_one(exchange: Exchange) -> None:
    segments = tuple(RampSegment(float(bound), 0.5) for bound in range(1, 13))
    pairs: list[Pair] = [
        *HEALTHY,
        TESLA,
        ("FIELD:MAG?", "0.0"),
        NO_ERROR,
        *done("PAUSE"),
        TESLA,
        PER_MINUTE,
        *done("CONF:RAMP:RATE:SEG 1"),
        *done("CONF:RAMP:RATE:FIELD 1,0.25,12"),
        ("RAMP:RATE:FIELD:1?", "0.2500,12.0000"),
        *done("CONF:FIELD:TARG 3"),
        ("FIELD:TARG?", "3.0000"),
        TESLA,
        PER_MINUTE,
        *done("RAMP"),
    ]
    with supply(exchange, pairs, limits=MagnetLimits(12.0, segments)) as magnet:
        magnet.start_ramp(3.0, 0.25)

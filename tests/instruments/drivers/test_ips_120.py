"""Exchanges written from what is known of Oxford's legacy protocol: every byte is compared."""

from contextlib import AbstractContextManager
from typing import Any

import pytest

from instruments.clock import VirtualClock
from instruments.drivers.ips_120 import Ips120
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
VERSION: Pair = ("V", "IPS120-10  Version 3.07  (c) OXFORD 1996")
Q4: Pair = ("Q4", None)
REMOTE: Pair = ("C3", "C")
HOLDING: Pair = ("X", "X00A0C3H1M10P03")
PERSISTENT: Pair = ("X", "X00A0C3H2M10P03")


def done(*commands: str) -> list[Pair]:
    return [REMOTE, *((command, command[0]) for command in commands)]


def supply(
    exchange: Exchange, pairs: list[Pair], has_switch: bool = True, clock: VirtualClock | None = None
) -> AbstractContextManager[Any]:
    return exchange(
        Ips120, pairs, limits=LIMITS, clock=clock or VirtualClock(), has_switch=has_switch, switch_time_s=20.0
    )


def test_who_is_there_changes_nothing(exchange: Exchange) -> None:
    with supply(exchange, [VERSION, ("X", "X00A0C0H0M10P03")]) as magnet:
        assert magnet.identify() == Identity("Oxford Instruments", "IPS120-10", "", "3.07")


@pytest.mark.parametrize(
    "answer",
    ["ITC503 Version 1.11 (c) OXFORD 1997", "IPS180-10  Version 3.07", "IDN:OXFORD INSTRUMENTS:MERCURY IPS", ""],
)
def test_another_model(exchange: Exchange, answer: str) -> None:
    with supply(exchange, [("V", answer)]) as magnet, pytest.raises(IdentityError, match="IPS120-10"):
        magnet.identify()


@pytest.mark.parametrize(
    ("has_switch", "heater", "words"), [(True, "8", "with a.*without a"), (False, "0", "without a.*with a")]
)
def test_the_switch_must_be_the_one_declared(exchange: Exchange, has_switch: bool, heater: str, words: str) -> None:
    pairs = [VERSION, ("X", f"X00A0C0H{heater}M10P03")]
    with supply(exchange, pairs, has_switch) as magnet, pytest.raises(IdentityError, match=words):
        magnet.identify()


def test_a_ramp_sets_the_new_set_point_before_it_goes(exchange: Exchange) -> None:
    pairs: list[Pair] = [
        HOLDING,
        Q4,
        ("R7", "R+0.50000"),
        *done("A0"),
        Q4,
        *done("T0.5", "J-1.25"),
        ("R9", "R+0.50000"),
        ("R8", "R-1.25000"),
        *done("A1"),
    ]
    with supply(exchange, pairs) as magnet:
        magnet.start_ramp(-1.25, 0.5)


@pytest.mark.parametrize(
    ("rate", "set_point", "words"),
    [
        ("R+0.39900", "R-1.25000", "rate was set to 0.5 T/min and reads back 0.399"),
        ("R+0.5", "R-1.249", "set point"),
    ],
)
def test_a_setting_that_was_not_taken_starts_nothing(
    exchange: Exchange, rate: str, set_point: str, words: str
) -> None:
    pairs: list[Pair] = [
        HOLDING,
        Q4,
        ("R7", "R+0.50000"),
        *done("A0"),
        Q4,
        *done("T0.5", "J-1.25"),
        ("R9", rate),
        *([("R8", set_point)] if "rate" not in words else []),
    ]
    with supply(exchange, pairs) as magnet, pytest.raises(RefusedError, match=f"{words}.*no ramp was started"):
        magnet.start_ramp(-1.25, 0.5)


def test_a_refusal_in_local_is_told(exchange: Exchange) -> None:
    """Somebody pressed LOC/REM between the two commands."""
    with supply(exchange, [REMOTE, ("A0", "?A0")]) as magnet, pytest.raises(RefusedError, match=r"'A0'.*'\?A0'"):
        magnet.hold()


def test_a_lost_first_character_is_tried_once_more(exchange: Exchange) -> None:
    with supply(exchange, [Q4, ("R7", "?7"), ("R7", "R+1.00000")]) as magnet:
        assert magnet.read_supply_field() == 1.0
    with supply(exchange, [Q4, ("R7", "?7"), ("R7", "?7")]) as magnet, pytest.raises(ReplyError, match=r"'\?7'"):
        magnet.read_supply_field()


@pytest.mark.parametrize("answer", ["1.0000", "R", "R1.0T", "Rnan", "J", "R9.9E37"])
def test_a_reply_that_is_no_number(exchange: Exchange, answer: str) -> None:
    with supply(exchange, [Q4, ("R7", answer)]) as magnet, pytest.raises(ReplyError):
        magnet.read_supply_field()


@pytest.mark.parametrize(
    ("target_T", "rate"),
    [(12.1, 0.1), (float("nan"), 0.1), (1.0, 0.61), (1.0, 0.0), (1.0, 0.00009), (1.0, float("nan"))],
)
def test_limits_refuse_before_a_byte_is_sent(exchange: Exchange, target_T: float, rate: float) -> None:
    with supply(exchange, []) as magnet, pytest.raises(LimitError, match="nothing was sent"):
        magnet.start_ramp(target_T, rate)


@pytest.mark.parametrize(("field", "target_T", "rate"), [("R+7.0", 9.0, 0.5), ("R+10.0", 0.0, 0.5)])
def test_rate_is_judged_on_the_way_from_the_field_read_now(
    exchange: Exchange, field: str, target_T: float, rate: float
) -> None:
    pairs = [HOLDING, Q4, ("R7", field)]
    with supply(exchange, pairs) as magnet, pytest.raises(LimitError, match=r"0\.36 T/min; nothing was sent"):
        magnet.start_ramp(target_T, rate)


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ("X10A0C4H1M10P03", MagnetQuenched, "acknowledge it at the supply"),
        ("X20A0C3H1M10P03", RefusedError, "overheated"),
        ("X80A0C3H1M10P03", RefusedError, "fault: fault"),
        ("X00A0C7H1M10P03", RefusedError, "auto-run-down"),
        ("X08A0C3H1M10P03", RefusedError, "outside the positive current limit"),
        ("X00A0C3H5M10P03", RefusedError, "switch heater fault"),
        ("X00A0C3H2M10P03", RefusedError, "would not follow"),
    ],
)
def test_nothing_starts_in_these_states(
    exchange: Exchange, answer: str, error: type[Exception], words: str
) -> None:
    with supply(exchange, [("X", answer)]) as magnet, pytest.raises(error, match=words):
        magnet.start_ramp(1.0, 0.1)


@pytest.mark.parametrize(
    ("answer", "state", "detail"),
    [
        ("X00A0C3H1M10P03", MagnetState.HOLDING, ""),
        ("X00A1C3H1M10P03", MagnetState.HOLDING, ""),  # at the set point, at rest
        ("X00A1C3H1M11P03", MagnetState.RAMPING, ""),
        ("X01A1C3H1M13P03", MagnetState.RAMPING, "at the positive voltage limit"),
        ("X00A2C0H1M51", MagnetState.RAMPING, ""),
        ("X00A4C3H1M10P03", MagnetState.CLAMPED, ""),
        ("X10A0C4H0M10P03", MagnetState.QUENCHED, "quench detected"),
        ("X40A0C3H1M10P03", MagnetState.FAULT, "warming up"),
    ],
)
def test_states(exchange: Exchange, answer: str, state: MagnetState, detail: str) -> None:
    with supply(exchange, [("X", answer)]) as magnet:
        status = magnet.status()
    assert (status.state, status.detail) == (state, detail)


def test_a_persistent_magnet_is_told_with_both_fields(exchange: Exchange) -> None:
    pairs = [PERSISTENT, Q4, ("R18", "R+3.00000"), ("R7", "R+0.00000")]
    with supply(exchange, pairs) as magnet:
        status = magnet.status()
    assert (status.state, status.detail) == (MagnetState.PERSISTENT, "coil at 3.000 T, supply at 0.000 T")


@pytest.mark.parametrize(
    ("status", "number", "answer"), [(HOLDING, "R7", "R+1.50000"), (PERSISTENT, "R18", "R-2.00000")]
)
def test_the_field_is_the_coils_when_the_switch_is_closed(
    exchange: Exchange, status: Pair, number: str, answer: str
) -> None:
    with supply(exchange, [status, Q4, (number, answer)]) as magnet:
        assert magnet.read_field() == float(answer[1:])


@pytest.mark.parametrize("answer", ["X00A0C3H1", "X00A3C3H1M10P03", "X00A0C3H1M14P03", "9.91E37", "", "X"])
def test_a_status_that_does_not_exist(exchange: Exchange, answer: str) -> None:
    with supply(exchange, [("X", answer)]) as magnet, pytest.raises(ReplyError, match="a status such as"):
        magnet.status()


def test_the_switch_opens_when_the_fields_match_and_takes_its_time(exchange: Exchange) -> None:
    clock = VirtualClock()
    pairs = [
        PERSISTENT,
        Q4,
        ("R7", "R+2.99960"),
        ("R18", "R+3.00000"),
        *done("H1"),
        HOLDING,
        HOLDING,
        HOLDING,
    ]
    with supply(exchange, pairs, clock=clock) as magnet:
        magnet.set_switch_heater(True)
        clock.sleep(19.0)
        assert not magnet.switch_is_open()
        clock.sleep(2.0)
        assert magnet.switch_is_open()


def test_the_switch_is_not_heated_when_the_fields_differ(exchange: Exchange) -> None:
    pairs = [PERSISTENT, Q4, ("R7", "R+0.00000"), ("R18", "R+3.00000")]
    with (
        supply(exchange, pairs) as magnet,
        pytest.raises(RefusedError, match=r"supply at 0 T, coil persistent at 3 T.*nothing was set"),
    ):
        magnet.set_switch_heater(True)


def test_a_heater_that_says_it_is_on_but_is_not(exchange: Exchange) -> None:
    pairs = [PERSISTENT, Q4, ("R7", "R+3.0"), ("R18", "R+3.0"), *done("H1"), PERSISTENT]
    with supply(exchange, pairs) as magnet, pytest.raises(RefusedError, match="the supply says that it is not"):
        magnet.set_switch_heater(True)


def test_no_heater_during_a_ramp_and_none_without_a_switch(exchange: Exchange) -> None:
    with supply(exchange, [("X", "X00A1C3H1M11P03")]) as magnet, pytest.raises(RefusedError, match="ramping"):
        magnet.set_switch_heater(False)
    with supply(exchange, [], has_switch=False) as magnet, pytest.raises(RefusedError, match="no switch is fitted"):
        magnet.set_switch_heater(True)


def test_safe_is_hold_and_a_clamped_output_stays_clamped(exchange: Exchange) -> None:
    with supply(exchange, [("X", "X00A1C3H1M11P03"), *done("A0")]) as magnet:
        magnet.make_safe()
    with supply(exchange, [("X", "X00A4C3H1M10P03")]) as magnet:
        magnet.make_safe()
    with supply(exchange, [("X", "gibberish"), *done("A0")]) as magnet:
        magnet.make_safe()


def test_no_answer(exchange: Exchange) -> None:
    with (
        supply(exchange, [("X", TIMEOUT)]) as magnet,
        pytest.raises(CommunicationError, match=r"did not answer in time.*'X'"),
    ):
        magnet.status()


def test_a_snapshot_lives_without_what_the_unit_lacks(exchange: Exchange) -> None:
    pairs: list[Pair] = [
        PERSISTENT,
        Q4,
        ("R7", "R+0.00000"),
        ("R8", "R+3.00000"),
        ("R9", "R+0.50000"),
        ("R1", "R+0.012"),
        ("R18", "R+3.00000"),
        ("R20", "?R20"),
    ]
    with supply(exchange, pairs) as magnet:
        assert magnet.snapshot() == {
            "supply_field_T": 0.0,
            "set_point_T": 3.0,
            "ramp_rate_T_per_min": 0.5,
            "output_voltage_V": 0.012,
            "action": "hold",
            "status": "X00A0C3H2M10P03",
            "persistent_field_T": 3.0,
            "switch_heater_on": False,
            "switch_heater_current_mA": "not available",
        }


@pytest.mark.parametrize("leads", [None, 2.0])
def test_the_supply_alone_and_no_rate_of_the_leads_is_left(exchange: Exchange, leads: float | None) -> None:
    """From 3 T to 0 at the coil's 0.6 T/min or the leads' 2; what stays on hold is the rate allowed everywhere."""
    rate, told = (0.6, "0.6") if leads is None else (2.0, "2")
    slowest = min(segment.max_rate_T_per_min for segment in LIMITS.segments)
    restored = [("C3", "C"), (f"T{slowest:g}", "T"), ("R9", f"R+{slowest:.4f}")]
    pairs = [
        PERSISTENT,
        Q4,
        ("R18", "R+3.00000"),
        PERSISTENT,
        ("R7", "R+3.00000"),
        *done("A0"),
        Q4,
        ("C3", "C"),
        (f"T{told}", "T"),
        ("J0", "J"),
        ("R9", f"R+{rate:.4f}"),
        ("R8", "R+0.00000"),
        *done("A1"),
        ("R1", "R-0.021"),
        *done("A0"),
        *(restored if leads else []),
    ]
    limits = MagnetLimits(LIMITS.max_field_T, LIMITS.segments, leads)
    with exchange(Ips120, pairs, limits=limits, clock=VirtualClock(), has_switch=True) as magnet:
        magnet.start_supply_ramp(0.0, rate)
        assert magnet.read_supply_voltage() == -0.021
        magnet.hold()


@pytest.mark.parametrize(("status", "coil"), [("X00A0C3H0M10P03", "R+3.00000"), ("X00A0C3H2M10P03", "R+0.00000")])
def test_a_coil_of_which_two_things_are_said_is_not_known(exchange: Exchange, status: str, coil: str) -> None:
    pairs = [("X", status), Q4, ("R18", coil), ("X", status)]
    with supply(exchange, pairs) as magnet, pytest.raises(RefusedError, match=r"not known.*nothing was set"):
        magnet.start_supply_ramp(1.0, 0.1)

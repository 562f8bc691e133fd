from contextlib import AbstractContextManager
from typing import Any

import pytest

from instruments.clock import VirtualClock
from instruments.drivers.mercury_ips import MercuryIps
from instruments.errors import (
    CommunicationError,
    IdentityError,
    LimitError,
    MagnetQuenched,
    RefusedError,
    ReplyError,
)
from instruments.limits import MagnetLimits, RampSegment
from instruments.roles import MagnetState
from tests.instruments.drivers.conftest import TIMEOUT, Exchange

LIMITS = MagnetLimits(12.0, (RampSegment(8.0, 0.6), RampSegment(12.0, 0.4)))
IDN = ("*IDN?", "IDN:OXFORD INSTRUMENTS:MERCURY IPS:153740017:2.5.04.000")
HEALTHY = ("READ:DEV:GRPZ:PSU:STAT", "STAT:DEV:GRPZ:PSU:STAT:00000000")
Pair = tuple[str, str]


def read(leaf: str, value: str) -> Pair:
    return f"READ:DEV:GRPZ:PSU:{leaf}", f"STAT:DEV:GRPZ:PSU:{leaf}:{value}"


def set_(leaf: str, value: str, answer: str = "VALID") -> Pair:
    return f"SET:DEV:GRPZ:PSU:{leaf}:{value}", f"STAT:SET:DEV:GRPZ:PSU:{leaf}:{value}:{answer}"


def supply(
    exchange: Exchange, pairs: list[Pair], has_switch: bool = False, clock: VirtualClock | None = None
) -> AbstractContextManager[Any]:
    return exchange(
        MercuryIps,
        [IDN, *pairs],
        limits=LIMITS,
        clock=clock or VirtualClock(),
        has_switch=has_switch,
        switch_time_s=20.0,
    )


@pytest.mark.parametrize(
    ("firmware", "node"),
    [("2.5.04.000", "PSU"), ("2.6.04.000", "SPSU"), ("2.10.1", "SPSU"), ("1.9", "PSU"), ("3.0", "SPSU")],
)
def test_firmware_decides_the_node(exchange: Exchange, firmware: str, node: str) -> None:
    pairs = [
        ("*IDN?", f"IDN:OXFORD INSTRUMENTS:MERCURY IPS:153740017:{firmware}"),
        (f"READ:DEV:GRPX:{node}:SIG:FLD", f"STAT:DEV:GRPX:{node}:SIG:FLD:1.2345T"),
    ]
    arguments = {"limits": LIMITS, "clock": VirtualClock(), "group": "GRPX", "has_switch": False}
    with exchange(MercuryIps, pairs, **arguments) as magnet:
        assert magnet.read_field() == 1.2345


def test_another_model(exchange: Exchange) -> None:
    itc = [("*IDN?", "IDN:OXFORD INSTRUMENTS:MERCURY ITC:232150255:2.6.04.000")]
    with (
        exchange(MercuryIps, itc, limits=LIMITS, clock=VirtualClock()) as magnet,
        pytest.raises(IdentityError, match=r"GPIB0::8::INSTR.*MERCURY IPS.*MERCURY ITC"),
    ):
        magnet.identify()


def test_start_ramp_sets_rate_and_target_reads_both_back_and_goes(exchange: Exchange) -> None:
    pairs = [
        HEALTHY,
        read("SIG:FLD", "0.0001T"),
        read("ACTN", "HOLD"),
        set_("SIG:RFST", "0.385"),
        read("SIG:RFST", "0.3850T/m"),
        set_("SIG:FSET", "-1.5"),
        read("SIG:FSET", "-1.5000T"),
        set_("ACTN", "RTOS"),
    ]
    with supply(exchange, pairs) as magnet:
        magnet.start_ramp(-1.5, 0.385)


@pytest.mark.parametrize("action", ["RTOS", "RTOZ", "CLMP"])
def test_start_ramp_holds_first_unless_holding(exchange: Exchange, action: str) -> None:
    pairs = [
        HEALTHY,
        read("SIG:FLD", "2.0000T"),
        read("ACTN", action),
        set_("ACTN", "HOLD"),
        set_("SIG:RFST", "0.5"),
        read("SIG:RFST", "0.5000T/m"),
        set_("SIG:FSET", "3"),
        read("SIG:FSET", "3.0000T"),
        set_("ACTN", "RTOS"),
    ]
    with supply(exchange, pairs) as magnet:
        magnet.start_ramp(3.0, 0.5)


@pytest.mark.parametrize(
    ("target_T", "rate_T_per_min"),
    [
        (12.1, 0.1),
        (-12.1, 0.1),
        (float("nan"), 0.1),
        (float("inf"), 0.1),
        (1.0, 0.0),
        (1.0, -0.1),
        (1.0, float("nan")),
    ],
)
def test_limits_refuse_before_a_byte_is_sent(exchange: Exchange, target_T: float, rate_T_per_min: float) -> None:
    with (
        exchange(MercuryIps, [], limits=LIMITS, clock=VirtualClock()) as magnet,
        pytest.raises(LimitError, match="nothing was sent"),
    ):
        magnet.start_ramp(target_T, rate_T_per_min)


@pytest.mark.parametrize(
    ("field", "target_T", "rate_T_per_min"),
    [("0.0000T", 5.0, 0.61), ("7.0000T", 9.0, 0.5), ("10.0000T", 0.0, 0.5), ("8.0100T", 0.0, 0.5)],
)
def test_rate_is_judged_on_the_way_from_the_field_read_now(
    exchange: Exchange, field: str, target_T: float, rate_T_per_min: float
) -> None:
    with supply(exchange, [HEALTHY, read("SIG:FLD", field)]) as magnet, pytest.raises(LimitError, match="T/min"):
        magnet.start_ramp(target_T, rate_T_per_min)


def test_a_field_standing_at_a_segment_bound_is_not_judged_by_the_segment_behind(exchange: Exchange) -> None:
    pairs = [
        HEALTHY,
        read("SIG:FLD", "8.0004T"),
        read("ACTN", "HOLD"),
        set_("SIG:RFST", "0.6"),
        read("SIG:RFST", "0.6000T/m"),
        set_("SIG:FSET", "0"),
        read("SIG:FSET", "0.0000T"),
        set_("ACTN", "RTOS"),
    ]
    with supply(exchange, pairs) as magnet:
        magnet.start_ramp(0.0, 0.6)


@pytest.mark.parametrize("answer", ["INVALID", "DENIED", "N/A", "NOT_FOUND"])
def test_a_refused_set_stops_the_start(exchange: Exchange, answer: str) -> None:
    pairs = [HEALTHY, read("SIG:FLD", "0.0000T"), read("ACTN", "HOLD"), set_("SIG:RFST", "0.2", answer)]
    with supply(exchange, pairs) as magnet, pytest.raises(RefusedError, match=answer):
        magnet.start_ramp(1.0, 0.2)


@pytest.mark.parametrize(
    ("rate_back", "target_back"), [("0.1000T/m", None), ("0.2000T/m", "0.9000T"), ("0.2000T/m", "-1.0000T")]
)
def test_a_setting_that_reads_back_as_another_starts_no_ramp(
    exchange: Exchange, rate_back: str, target_back: str | None
) -> None:
    pairs = [
        HEALTHY,
        read("SIG:FLD", "0.0000T"),
        read("ACTN", "HOLD"),
        set_("SIG:RFST", "0.2"),
        read("SIG:RFST", rate_back),
    ]
    if target_back is not None:
        pairs += [set_("SIG:FSET", "1"), read("SIG:FSET", target_back)]
    with supply(exchange, pairs) as magnet, pytest.raises(RefusedError, match="no ramp was started"):
        magnet.start_ramp(1.0, 0.2)


def test_quench_is_seen_before_a_ramp(exchange: Exchange) -> None:
    with (
        supply(exchange, [read("STAT", "00000100")]) as magnet,
        pytest.raises(MagnetQuenched, match="quench detected"),
    ):
        magnet.start_ramp(1.0, 0.2)


def test_fault_refuses_a_ramp(exchange: Exchange) -> None:
    with supply(exchange, [read("STAT", "00000040")]) as magnet, pytest.raises(RefusedError, match="rundown"):
        magnet.start_ramp(1.0, 0.2)


@pytest.mark.parametrize(
    ("register", "action", "state", "detail"),
    [
        ("00000000", "HOLD", MagnetState.HOLDING, ""),
        ("00000000", "RTOS", MagnetState.RAMPING, ""),
        ("00000000", "RTOZ", MagnetState.RAMPING, "to zero"),
        ("00000000", "CLMP", MagnetState.CLAMPED, ""),
        ("80000000", "HOLD", MagnetState.HOLDING, ""),  # a bit that no handbook names
        ("00000100", None, MagnetState.QUENCHED, "quench detected"),
        (
            "00000141",
            None,
            MagnetState.QUENCHED,
            "switch heater mismatch, rundown resistors failed, quench detected",
        ),
        ("00000001", None, MagnetState.FAULT, "switch heater mismatch"),
        ("00030000", None, MagnetState.FAULT, "voltage converter error, current converter error"),
    ],
)
def test_status(exchange: Exchange, register: str, action: str | None, state: MagnetState, detail: str) -> None:
    pairs = [read("STAT", register)] + ([read("ACTN", action)] if action else [])
    with supply(exchange, pairs) as magnet:
        status = magnet.status()
        assert (status.state, status.detail) == (state, detail)


@pytest.mark.parametrize("reply", ["STAT:DEV:GRPZ:PSU:STAT:ZZ", "STAT:DEV:GRPZ:PSU:ACTN:HOLD", "", "#?"])
def test_garbage_is_no_state(exchange: Exchange, reply: str) -> None:
    with supply(exchange, [(HEALTHY[0], reply)]) as magnet, pytest.raises(ReplyError):
        magnet.status()


@pytest.mark.parametrize(
    "reply",
    [
        "STAT:DEV:GRPZ:PSU:SIG:FLD:1.2345",
        "STAT:DEV:GRPZ:PSU:SIG:FLD:1.2345A",
        "STAT:DEV:GRPZ:PSU:SIG:FLD:",
        "STAT:DEV:GRPZ:PSU:SIG:VOLT:1.2345V",  # the late answer to another question
        "1.2345T",
    ],
)
def test_a_field_is_a_number_in_tesla_or_an_error(exchange: Exchange, reply: str) -> None:
    with supply(exchange, [("READ:DEV:GRPZ:PSU:SIG:FLD", reply)]) as magnet, pytest.raises(ReplyError):
        magnet.read_field()


@pytest.mark.parametrize("reply", ["READ:DEV:INVALID", "NOT_FOUND", "STAT:DEV:GRPZ:PSU:SIG:FLD:N/A"])
def test_a_refused_read(exchange: Exchange, reply: str) -> None:
    with supply(exchange, [("READ:DEV:GRPZ:PSU:SIG:FLD", reply)]) as magnet, pytest.raises(RefusedError):
        magnet.read_field()


def test_timeout(exchange: Exchange) -> None:
    with supply(exchange, [("READ:DEV:GRPZ:PSU:SIG:FLD", TIMEOUT)]) as magnet, pytest.raises(CommunicationError):
        magnet.read_field()


def test_prefixed_field(exchange: Exchange) -> None:
    with supply(exchange, [read("SIG:FLD", "-12.5mT")]) as magnet:
        assert magnet.read_field() == -0.0125


class TestSafeState:
    def test_holds(self, exchange: Exchange) -> None:
        with supply(exchange, [read("ACTN", "RTOS"), set_("ACTN", "HOLD")]) as magnet:
            magnet.make_safe()

    def test_leaves_a_clamped_output(self, exchange: Exchange) -> None:
        with supply(exchange, [read("ACTN", "CLMP")]) as magnet:
            magnet.make_safe()

    def test_holds_also_when_the_state_is_garbled(self, exchange: Exchange) -> None:
        with supply(exchange, [("READ:DEV:GRPZ:PSU:ACTN", "#?"), set_("ACTN", "HOLD")]) as magnet:
            magnet.make_safe()

    def test_tries_again_after_a_lost_reply_and_then_says_so(self, exchange: Exchange) -> None:
        lost = ("SET:DEV:GRPZ:PSU:ACTN:HOLD", TIMEOUT)
        with supply(exchange, [read("ACTN", "RTOS"), lost, read("ACTN", "RTOS"), set_("ACTN", "HOLD")]) as magnet:
            magnet.make_safe()
        with supply(exchange, [read("ACTN", "RTOS"), lost] * 2) as magnet, pytest.raises(CommunicationError):
            magnet.make_safe()


def test_snapshot(exchange: Exchange) -> None:
    pairs = [
        read("SIG:FLD", "1.0000T"),
        read("SIG:FSET", "1.0000T"),
        read("SIG:RFST", "0.3000T/m"),
        read("ACTN", "HOLD"),
        HEALTHY,
        read("ATOB", "9.0909A/T"),
        read("SIG:PFLD", "1.0001T"),
        read("SIG:SWHT", "ON"),
        ("READ:SYS:ALRM", "STAT:SYS:ALRM:MB1.T1\tOpen circuit;GRPZ\tSomething;"),
    ]
    with supply(exchange, pairs, has_switch=True) as magnet:
        assert magnet.snapshot() == {
            "group": "GRPZ",
            "supply_field_T": 1.0,
            "set_point_T": 1.0,
            "ramp_rate_T_per_min": 0.3,
            "action": "HOLD",
            "status_register": "00000000",
            "amperes_per_tesla": 9.0909,
            "persistent_field_T": 1.0001,
            "switch_heater_on": True,
            "alarms": "MB1.T1 Open circuit; GRPZ Something",
        }


@pytest.mark.parametrize(
    ("reply", "text"),
    [("STAT:SYS:ALRM:", ""), ("STAT:SYS:ALRM", ""), ("READ:SYS:ALRM:INVALID", "not available")],
)
def test_alarms(exchange: Exchange, reply: str, text: str) -> None:
    pairs = [("READ:SYS:ALRM", reply)]
    with exchange(MercuryIps, pairs, limits=LIMITS, clock=VirtualClock()) as magnet:
        assert magnet.read_alarms() == text

"""Exchanges written from what public programs exchange with real units: every byte is compared."""

from contextlib import AbstractContextManager
from typing import Any

import pytest

from instruments.clock import VirtualClock
from instruments.drivers.cryomagnetics_4g import Cryomagnetics4G
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

LIMITS = MagnetLimits(9.0, (RampSegment(6.0, 0.6), RampSegment(9.0, 0.3)))
Pair = tuple[str | None, str | None]
ESR: Pair = ("*ESR?", "0")


def done(*commands: str) -> list[Pair]:
    return [pair for command in commands for pair in ((command, None), ESR)]


def state(byte: str = "0", heater: str = "1", sweep: str = "sweep paused") -> list[Pair]:
    return [("*STB?", byte), ("PSHTR?", heater), ("SWEEP?", sweep)]


HOLD = [ESR, *done("REMOTE", "SWEEP PAUSE")]


def rates(value: str) -> list[Pair]:
    return [pair for n in range(5) for pair in (*done(f"RATE {n} {value}"), (f"RATE? {n}", f"{float(value):.4f}"))]


def supply(
    exchange: Exchange, pairs: list[Pair], has_switch: bool = True, clock: VirtualClock | None = None
) -> AbstractContextManager[Any]:
    """A coil of 0.1 T/A = 1 kG/A."""
    return exchange(
        Cryomagnetics4G,
        pairs,
        limits=LIMITS,
        clock=clock or VirtualClock(),
        tesla_per_ampere=0.1,
        has_switch=has_switch,
        switch_time_s=20.0,
    )


def test_who_is_there(exchange: Exchange) -> None:
    with supply(exchange, [("*IDN?", "Cryomagnetics,4G,2239,1.02,208")]) as magnet:
        assert magnet.identify() == Identity("Cryomagnetics", "4G", "2239", "1.02,208")


@pytest.mark.parametrize("answer", ["Cryomagnetics,CS-4,2239,1.02", "AMERICAN MAGNETICS INC.,MODEL 430,17,3.0", ""])
def test_another_model(exchange: Exchange, answer: str) -> None:
    with supply(exchange, [("*IDN?", answer)]) as magnet, pytest.raises(IdentityError, match="4G"):
        magnet.identify()


@pytest.mark.parametrize(
    ("answer", "field_T"), [("12.3456kG", 1.23456), ("-5.0 kG", -0.5), ("12.5000A", 1.25), ("0.7500T", 0.75)]
)
def test_field_in_whatever_units_the_reply_has(exchange: Exchange, answer: str, field_T: float) -> None:
    with supply(exchange, [("IOUT?", answer)]) as magnet:
        assert magnet.read_supply_field() == pytest.approx(field_T, rel=1e-12)


@pytest.mark.parametrize("answer", ["12.3456", "kG", "ERROR", "", "1.0V"])
def test_a_field_without_its_unit_is_none(exchange: Exchange, answer: str) -> None:
    with supply(exchange, [("IOUT?", answer)]) as magnet, pytest.raises(ReplyError):
        magnet.read_supply_field()


def test_a_ramp_upwards_in_kilogauss(exchange: Exchange) -> None:
    """0.5 T/min over 0.1 T/A are 5 A/min or 0.0833 A/s, rounded down; 1.25 T are 12.5 kG."""
    pairs: list[Pair] = [
        *state(),
        ("IOUT?", "5.0000kG"),
        *HOLD,
        *rates("0.0833"),
        ("LLIM?", "0.0000kG"),
        ("ULIM?", "50.0000kG"),
        *done("ULIM 12.5"),
        ("ULIM?", "12.5000kG"),
        *done("SWEEP UP SLOW"),
    ]
    with supply(exchange, pairs) as magnet:
        magnet.start_ramp(1.25, 0.5)


def test_a_ramp_downwards_in_amperes_moves_the_other_limit_out_of_the_way(exchange: Exchange) -> None:
    """To -3 T from 1 T while the upper limit stands at -40 A (-4 T): it goes to where the field is."""
    pairs: list[Pair] = [
        *state(),
        ("IOUT?", "10.0000A"),
        *HOLD,
        *rates("0.05"),
        ("ULIM?", "-40.0000A"),
        ("ULIM?", "-40.0000A"),
        *done("ULIM 10"),
        ("ULIM?", "10.0000A"),
        ("LLIM?", "-40.0000A"),
        *done("LLIM -30"),
        ("LLIM?", "-30.0000A"),
        *done("SWEEP DOWN SLOW"),
    ]
    with supply(exchange, pairs) as magnet:
        magnet.start_ramp(-3.0, 0.3)


def test_a_rate_or_limit_that_was_not_taken_starts_nothing(exchange: Exchange) -> None:
    before = [*state(), ("IOUT?", "5.0000kG"), *HOLD]
    pairs = [*before, *done("RATE 0 0.0833"), ("RATE? 0", "0.0500")]
    with (
        supply(exchange, pairs) as magnet,
        pytest.raises(RefusedError, match=r"rate of range 0.*no ramp was started"),
    ):
        magnet.start_ramp(1.25, 0.5)
    pairs = [
        *before,
        *rates("0.0833"),
        ("LLIM?", "0.0kG"),
        ("ULIM?", "50.0kG"),
        *done("ULIM 12.5"),
        ("ULIM?", "10.0000kG"),
    ]
    with supply(exchange, pairs) as magnet, pytest.raises(RefusedError, match=r"ULIM was set to 1\.25 T.*back 1 T"):
        magnet.start_ramp(1.25, 0.5)


@pytest.mark.parametrize(("events", "words"), [("16", "execution error"), ("32", "command error"), ("8", "device")])
def test_an_error_of_the_command_is_told_and_an_older_one_is_not(
    exchange: Exchange, events: str, words: str
) -> None:
    pairs: list[Pair] = [("*ESR?", "32"), *done("REMOTE"), ("SWEEP PAUSE", None), ("*ESR?", events)]
    with supply(exchange, pairs) as magnet, pytest.raises(RefusedError, match=f"'SWEEP PAUSE': {words}"):
        magnet.hold()


def test_lines_that_come_back_as_an_echo_are_passed_over(exchange: Exchange) -> None:
    """Over USB every line comes back before its reply."""
    pairs: list[Pair] = [
        ("IOUT?", "IOUT?"),
        (None, "5.0000kG"),
        ("*ESR?", "*ESR?"),
        (None, "0"),
        ("REMOTE", None),
        ("*ESR?", "REMOTE"),
        (None, "*ESR?"),
        (None, "0"),
        ("SWEEP PAUSE", None),
        ("*ESR?", "SWEEP PAUSE"),
        (None, "*ESR?"),
        (None, "0"),
    ]
    with supply(exchange, pairs) as magnet:
        assert magnet.read_supply_field() == 0.5
        magnet.hold()


@pytest.mark.parametrize(
    ("target_T", "rate"),
    [(9.1, 0.1), (float("nan"), 0.1), (1.0, 0.61), (1.0, 0.0), (1.0, 0.0005), (1.0, float("nan"))],
)
def test_limits_refuse_before_a_byte_is_sent(exchange: Exchange, target_T: float, rate: float) -> None:
    """The slowest rate is 0.0001 A/s, 0.0006 T/min."""
    with supply(exchange, []) as magnet, pytest.raises(LimitError, match="nothing was sent"):
        magnet.start_ramp(target_T, rate)


def test_rate_is_judged_on_the_way_from_the_field_read_now(exchange: Exchange) -> None:
    pairs = [*state(), ("IOUT?", "50.0kG")]
    with supply(exchange, pairs) as magnet, pytest.raises(LimitError, match=r"0\.3 T/min; nothing was sent"):
        magnet.start_ramp(7.0, 0.5)


@pytest.mark.parametrize(
    ("byte", "heater", "error", "words"),
    [
        ("4", "1", MagnetQuenched, "acknowledge it at the supply"),
        ("6", "0", MagnetQuenched, "quench"),
        ("8", "1", RefusedError, "power module failure"),
        ("0", "0", RefusedError, "would not follow"),
        ("0", "2", RefusedError, "would not follow"),
    ],
)
def test_nothing_starts_in_these_states(
    exchange: Exchange, byte: str, heater: str, error: type[Exception], words: str
) -> None:
    with supply(exchange, state(byte, heater)) as magnet, pytest.raises(error, match=words):
        magnet.start_ramp(1.0, 0.1)


@pytest.mark.parametrize(
    ("pairs", "expected", "detail"),
    [
        (state(), MagnetState.HOLDING, ""),
        (state("2", sweep="Standby"), MagnetState.HOLDING, "supply in standby"),
        ([*state("1", sweep="sweep up"), ("ULIM?", "10.0kG"), ("IOUT?", "5.0kG")], MagnetState.RAMPING, ""),
        ([*state("1", sweep="sweep up"), ("ULIM?", "10.0kG"), ("IOUT?", "9.999kG")], MagnetState.HOLDING, ""),
        ([*state("1", sweep="sweep down fast"), ("LLIM?", "-10.0kG"), ("IOUT?", "5.0kG")], MagnetState.RAMPING, ""),
        ([*state("1", sweep="zeroing"), ("IOUT?", "5.0kG")], MagnetState.RAMPING, ""),
        (state("0", "2"), MagnetState.COOLING_SWITCH, ""),
        (
            [*state("0", "0"), ("IMAG?", "30.0kG"), ("IOUT?", "0.0kG")],
            MagnetState.PERSISTENT,
            "coil at 3.000 T, supply at 0.000 T",
        ),
        (state("4"), MagnetState.QUENCHED, "quench detected, latched until it is reset at the supply"),
        (state("8"), MagnetState.FAULT, "power module failure"),
    ],
)
def test_states(exchange: Exchange, pairs: list[Pair], expected: MagnetState, detail: str) -> None:
    with supply(exchange, pairs) as magnet:
        status = magnet.status()
    assert (status.state, status.detail) == (expected, detail)


@pytest.mark.parametrize("answer", ["", "sweeping", "1", "sweep up 5"])
def test_a_sweep_that_does_not_exist(exchange: Exchange, answer: str) -> None:
    with supply(exchange, state(sweep=answer)) as magnet, pytest.raises(ReplyError, match="sweep paused"):
        magnet.status()


def test_the_switch_opens_when_the_fields_match_and_takes_its_time(exchange: Exchange) -> None:
    clock = VirtualClock()
    pairs: list[Pair] = [
        *state("0", "0"),
        ("IOUT?", "29.996kG"),
        ("IMAG?", "30.000kG"),
        ESR,
        *done("REMOTE", "PSHTR ON"),
        ("PSHTR?", "2"),
        *state("0", "2"),
        *state(),
        *state(),
    ]
    with supply(exchange, pairs, clock=clock) as magnet:
        magnet.set_switch_heater(True)
        assert magnet.status().state is MagnetState.HEATING_SWITCH
        clock.sleep(19.0)
        assert not magnet.switch_is_open()
        clock.sleep(2.0)
        assert magnet.switch_is_open()


def test_the_switch_is_not_heated_when_the_fields_differ(exchange: Exchange) -> None:
    pairs = [*state("0", "0"), ("IOUT?", "0.0kG"), ("IMAG?", "30.0kG")]
    with (
        supply(exchange, pairs) as magnet,
        pytest.raises(RefusedError, match=r"supply at 0 T, coil persistent at 3 T.*nothing was set"),
    ):
        magnet.set_switch_heater(True)


def test_a_heater_that_says_it_is_off(exchange: Exchange) -> None:
    pairs = [
        *state("0", "0"),
        ("IOUT?", "0kG"),
        ("IMAG?", "0kG"),
        ESR,
        *done("REMOTE", "PSHTR ON"),
        ("PSHTR?", "0"),
    ]
    with supply(exchange, pairs) as magnet, pytest.raises(RefusedError, match="the supply says that it is not"):
        magnet.set_switch_heater(True)


def test_without_a_switch_its_heater_is_never_asked_for(exchange: Exchange) -> None:
    pairs: list[Pair] = [("*STB?", "0"), ("SWEEP?", "pause"), ("IOUT?", "5.0kG")]
    with supply(exchange, pairs, has_switch=False) as magnet:
        assert magnet.status().state is MagnetState.HOLDING
        assert magnet.read_field() == 0.5
        with pytest.raises(RefusedError, match="no switch is fitted"):
            magnet.set_switch_heater(True)


def test_safe_is_hold_and_is_tried_twice(exchange: Exchange) -> None:
    pairs: list[Pair] = [ESR, ("REMOTE", None), ("*ESR?", "gibberish"), *HOLD]
    with supply(exchange, pairs) as magnet:
        magnet.make_safe()


def test_no_answer(exchange: Exchange) -> None:
    with (
        supply(exchange, [("*STB?", TIMEOUT)]) as magnet,
        pytest.raises(CommunicationError, match=r"did not answer in time.*STB"),
    ):
        magnet.status()


def test_the_supply_alone_at_the_leads_rate_is_a_fast_sweep(exchange: Exchange) -> None:
    """2 T/min over 0.1 T/A are 20 A/min or 0.3333 A/s; the rates of the ranges stay what they are."""
    pairs: list[Pair] = [
        *state("0", "0"),
        ("IOUT?", "30.0000kG"),
        *HOLD,
        *done("RATE 5 0.3333"),
        ("RATE? 5", "0.3333"),
        ("ULIM?", "30.0000kG"),
        ("LLIM?", "-10.0000kG"),
        *done("LLIM 0"),
        ("LLIM?", "0.0000kG"),
        *done("SWEEP DOWN FAST"),
        ("VOUT?", "-0.0213 V"),
    ]
    limits = MagnetLimits(9.0, LIMITS.segments, leads_rate_T_per_min=2.0)
    with exchange(
        Cryomagnetics4G, pairs, limits=limits, clock=VirtualClock(), tesla_per_ampere=0.1, has_switch=True
    ) as magnet:
        magnet.start_supply_ramp(0.0, 2.0)
        assert magnet.read_supply_voltage() == -0.0213


def test_the_supply_alone_at_the_coils_rate_is_a_slow_sweep(exchange: Exchange) -> None:
    pairs: list[Pair] = [
        *state("0", "0"),
        ("IOUT?", "0.0000kG"),
        *HOLD,
        *rates("0.05"),
        ("LLIM?", "0.0000kG"),
        ("ULIM?", "0.0000kG"),
        *done("ULIM 30"),
        ("ULIM?", "30.0000kG"),
        *done("SWEEP UP SLOW"),
    ]
    with supply(exchange, pairs) as magnet:
        magnet.start_supply_ramp(3.0, 0.3)


@pytest.mark.parametrize(("heater", "words"), [("1", "switch is open"), ("2", "still moving")])
def test_the_supply_alone_only_behind_a_closed_switch(exchange: Exchange, heater: str, words: str) -> None:
    with (
        supply(exchange, state("0", heater)) as magnet,
        pytest.raises(RefusedError, match=f"{words}.*coil would follow"),
    ):
        magnet.start_supply_ramp(1.0, 0.3)

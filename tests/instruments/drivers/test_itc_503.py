"""Exchanges written from what is known of Oxford's legacy protocol: every byte is compared."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from instruments.drivers.itc_503 import Itc503, Itc503Loop, Itc503Sensor
from instruments.errors import IdentityError, LimitError, RefusedError, ReplyError
from instruments.limits import TemperatureLimits
from instruments.roles import Identity, ReadingFlag
from tests.instruments.drivers.conftest import Exchange

LIMITS = TemperatureLimits(1.5, 320.0, 5.0)
Pair = tuple[str | None, str | None]
VERSION: Pair = ("V", "ITC503 Version 1.11 (c) OXFORD 1997")
OFF: Pair = ("X", "X0A0C3S00H1L0")
ON: Pair = ("X", "X0A1C3S00H1L0")
SWEEPING: Pair = ("X", "X0A1C3S03H1L0")


def done(*commands: str) -> list[Pair]:
    return [("C3", "C"), *((command, command[0]) for command in commands)]


def table(here: str, target: str, minutes: str) -> list[Pair]:
    """All 16 steps of temperatures, sweep times and hold times."""
    columns = ([here, *[target] * 15], ["0", minutes, *["0"] * 14], ["0"] * 16)
    pairs: list[Pair] = []
    for number, column in enumerate(columns, start=1):
        cells = [command for x, value in enumerate(column, start=1) for command in (f"x{x}", f"s{value}")]
        pairs += done(f"y{number}", *cells)
    return pairs


@contextmanager
def _loop(exchange: Exchange, pairs: list[Pair]) -> Iterator[Any]:
    with exchange(Itc503, pairs) as itc:
        yield Itc503Loop(itc, sensor=1, limits=LIMITS)


def loop(exchange: Exchange, pairs: list[Pair]) -> AbstractContextManager[Any]:
    return _loop(exchange, pairs)


def test_who_is_there(exchange: Exchange) -> None:
    with loop(exchange, [VERSION, OFF]) as controller:
        assert controller.identify() == Identity("Oxford Instruments", "ITC503", "", "1.11")


def test_the_heater_must_follow_the_sensor_declared(exchange: Exchange) -> None:
    pairs = [VERSION, ("X", "X0A0C3S00H3L0")]
    with loop(exchange, pairs) as controller, pytest.raises(IdentityError, match=r"declares sensor 1.*sensor 3"):
        controller.identify()


@pytest.mark.parametrize(
    ("answer", "value", "flags"),
    [
        ("R4.213", 4.213, ReadingFlag.GOOD),
        ("R0.0", 0.0, ReadingFlag.OUT_OF_LIMITS),
        ("R+321.0", 321.0, ReadingFlag.OUT_OF_LIMITS),
    ],
)
def test_a_reading(exchange: Exchange, answer: str, value: float, flags: ReadingFlag) -> None:
    with exchange(Itc503, [("R3", answer)]) as itc:
        reading = Itc503Sensor(itc, sensor=3, limits=LIMITS).read_temperature()
    assert (reading.value, reading.flags) == (value, flags)


def test_a_lost_first_character_costs_one_more_question(exchange: Exchange) -> None:
    with exchange(Itc503, [("R3", "?3"), ("R3", "R4.2")]) as itc:
        assert Itc503Sensor(itc, sensor=3, limits=LIMITS).read_temperature().value == 4.2
    with exchange(Itc503, [("R3", "?9"), ("R3", "?9")]) as itc, pytest.raises(ReplyError, match=r"'\?9'"):
        Itc503Sensor(itc, sensor=3, limits=LIMITS).read_temperature()


def test_a_ramp_is_a_sweep_of_two_steps(exchange: Exchange) -> None:
    """From 20 K to 10 K at 3 K/min: 3.34 min, rounded up to 3.4."""
    pairs = [
        OFF,
        ("R1", "R20.02"),
        *done("S0", "T20.02"),
        ("R0", "R20.02"),
        *table("20.02", "10", "3.4"),
        OFF,
        *done("A1"),
        *done("S1"),
        SWEEPING,
        SWEEPING,
        ("R0", "R15.3"),
        ON,
        ("R0", "R10.0"),
    ]
    with loop(exchange, pairs) as controller:
        controller.start_ramp(10.0, 3.0)
        assert controller.read_setpoint() == 10.0
        assert controller.read_setpoint() == 10.0


def test_a_loop_that_is_on_ramps_from_its_set_point_and_keeps_the_gas_on_auto(exchange: Exchange) -> None:
    pairs = [
        ("X", "X0A3C3S00H1L0"),
        ("R0", "R20.00"),
        *done("S0", "T20"),
        ("R0", "R20.00"),
        *table("20", "20.5", "0.1"),
        ("X", "X0A3C3S00H1L0"),
        *done("A3"),
        *done("S1"),
        SWEEPING,
    ]
    with loop(exchange, pairs) as controller:
        controller.start_ramp(20.5, 5.0)


def test_a_sweep_that_does_not_run_is_told(exchange: Exchange) -> None:
    pairs = [OFF, ("R1", "R20"), *done("S0", "T20"), ("R0", "R20"), *table("20", "10", "10"), OFF, *done("A1")]
    pairs += [*done("S1"), ON]
    with loop(exchange, pairs) as controller, pytest.raises(RefusedError, match="does not run"):
        controller.start_ramp(10.0, 1.0)


def test_a_sweep_longer_than_the_controller_knows(exchange: Exchange) -> None:
    """290 K at 0.2 K/min are 1450 min, more than 1339.9."""
    with (
        loop(exchange, [OFF, ("R1", "R300")]) as controller,
        pytest.raises(LimitError, match=r"1339\.9 min; nothing was set"),
    ):
        controller.start_ramp(10.0, 0.2)


@pytest.mark.parametrize(("target_K", "rate"), [(1.0, 1.0), (321.0, 1.0), (10.0, 5.1), (10.0, 0.0)])
def test_limits_refuse_before_a_byte_is_sent(exchange: Exchange, target_K: float, rate: float) -> None:
    with loop(exchange, []) as controller, pytest.raises(LimitError, match="nothing was sent"):
        controller.start_ramp(target_K, rate)


def test_a_set_point_that_was_not_taken(exchange: Exchange) -> None:
    pairs = [*done("S0", "T250"), ("R0", "R200.0")]
    with (
        loop(exchange, pairs) as controller,
        pytest.raises(RefusedError, match="250 K was set and 200 K reads back"),
    ):
        controller.set_temperature(250.0)


def test_a_refused_command_ends_it(exchange: Exchange) -> None:
    pairs: list[Pair] = [("C3", "C"), ("S0", "S"), ("T250", "?T250")]
    with loop(exchange, pairs) as controller, pytest.raises(RefusedError, match="T250"):
        controller.set_temperature(250.0)


@pytest.mark.parametrize(
    ("answer", "on"),
    [("X0A0C3S00H1L0", False), ("X0A1C0S00H1L0", True), ("X0A2C3S00H1L0", False), ("X0A3C3S03H1L1", True),
     ("X0A1C3S00H2L0", False), ("X1A1C3S00H1L0", False)],
)  # fmt: skip
def test_whether_the_loop_is_on(exchange: Exchange, answer: str, on: bool) -> None:
    with loop(exchange, [("X", answer)]) as controller:
        assert controller.loop_is_on() is on


@pytest.mark.parametrize("answer", ["X0A1C3S0H1L0", "X0A1C3S00H1", "X0A4C3S00H1L0", ""])
def test_a_status_of_another_length_is_none(exchange: Exchange, answer: str) -> None:
    with loop(exchange, [("X", answer)]) as controller, pytest.raises(ReplyError, match="a status such as"):
        controller.loop_is_on()


def test_safe_is_off_zero_and_no_sweep_whatever_fails(exchange: Exchange) -> None:
    with loop(exchange, [("X", "X0A3C3S00H1L0"), *done("A2"), *done("O0"), *done("S0")]) as controller:
        controller.make_safe()
    garbled = [("X", "nonsense"), *done("A0"), ("C3", "C"), ("O0", "?O0"), *done("O0"), *done("S0")]
    with loop(exchange, garbled) as controller:
        controller.make_safe()


def test_hold_takes_the_temperature_read_now_and_refuses_a_dead_sensor(exchange: Exchange) -> None:
    with loop(exchange, [("R1", "R12.34"), *done("S0", "T12.34"), ("R0", "R12.34")]) as controller:
        controller.hold()
    with loop(exchange, [("R1", "R0.0")]) as controller, pytest.raises(LimitError, match="nothing was set"):
        controller.hold()

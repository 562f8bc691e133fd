"""The persistent switch of a Model 430, and its supply alone: exchanges written from AMI's manual."""

import pytest

from instruments.clock import VirtualClock
from instruments.errors import (
    RefusedError,
)
from instruments.limits import MagnetLimits
from tests.instruments.drivers.conftest import Exchange
from tests.instruments.drivers.test_ami_430 import (
    HEALTHY,
    KILOGAUSS,
    LIMITS,
    NO_ERROR,
    PER_MINUTE,
    PER_SECOND,
    TESLA,
    Pair,
    done,
    supply,
)


def test_the_switch_moves_for_as_long_as_the_supply_says(exchange: Exchange) -> None:
    clock = VirtualClock()
    pairs: list[Pair] = [
        ("PS?", "0"),
        *HEALTHY,
        ("CURR:SUPP?", "40.0"),
        ("COIL?", "0.1"),
        TESLA,
        ("CURR:MAG?", "40.005"),
        ("COIL?", "0.1"),
        TESLA,
        ("PS:HTIME?", "25"),
        NO_ERROR,
        *done("PS 1"),
        ("PS?", "1"),  # the state may lag behind: the clock is asked too
        ("STATE?", "3"),
        ("PS?", "1"),
        ("STATE?", "3"),
    ]
    with supply(exchange, pairs, has_switch=True, clock=clock) as magnet:
        magnet.set_switch_heater(True)
        clock.sleep(24.0)
        assert not magnet.switch_is_open()
        clock.sleep(2.0)
        assert magnet.switch_is_open()


def test_the_switch_is_not_heated_when_the_currents_differ(exchange: Exchange) -> None:
    pairs: list[Pair] = [
        ("PS?", "0"),
        *HEALTHY,
        ("CURR:SUPP?", "0.0"),
        ("COIL?", "0.1"),
        TESLA,
        ("CURR:MAG?", "40.0"),
        ("COIL?", "0.1"),
        TESLA,
    ]
    with (
        supply(exchange, pairs, has_switch=True) as magnet,
        pytest.raises(RefusedError, match=r"supply at 0 T, coil persistent at 4 T.*nothing was set"),
    ):
        magnet.set_switch_heater(True)


def test_no_switch_no_heater(exchange: Exchange) -> None:
    with supply(exchange, []) as magnet, pytest.raises(RefusedError, match="no switch is fitted"):
        magnet.set_switch_heater(True)


def test_the_supply_alone_goes_at_the_rate_behind_a_cold_switch(exchange: Exchange) -> None:
    """2 T/min over 0.1 T/A are 20 A/min or 0.3333 A/s, whatever units the panel has; no segment is touched."""
    pairs: list[Pair] = [
        *HEALTHY,
        ("PS?", "0"),
        ("CURR:SUPP?", "30.0"),
        ("COIL?", "1.0"),
        KILOGAUSS,
        NO_ERROR,
        *done("PAUSE"),
        KILOGAUSS,
        PER_SECOND,
        ("COIL?", "1.0"),
        *done("CONF:PS:PSRR 0.3333"),
        ("PS:PSRR?", "0.3333"),
        *done("CONF:FIELD:TARG 0"),
        ("FIELD:TARG?", "0.0000"),
        KILOGAUSS,
        PER_SECOND,
        *done("RAMP"),
        ("VOLT:SUPP?", "-0.0213"),
    ]
    limits = MagnetLimits(12.0, LIMITS.segments, leads_rate_T_per_min=2.0)
    with supply(exchange, pairs, has_switch=True, limits=limits) as magnet:
        magnet.start_supply_ramp(0.0, 2.0)
        assert magnet.read_supply_voltage() == -0.0213


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([*HEALTHY, ("PS?", "1"), ("STATE?", "2")], "switch is open"),
        ([*HEALTHY, ("PS?", "1"), ("STATE?", "9")], "still moving"),
        ([("STATE?", "10"), ("QU?", "0"), ("PS?", "0")], "still moving"),
    ],
)
def test_the_supply_alone_only_behind_a_closed_switch(exchange: Exchange, pairs: list[Pair], words: str) -> None:
    with supply(exchange, pairs, has_switch=True) as magnet, pytest.raises(RefusedError, match=words):
        magnet.start_supply_ramp(0.0, 0.3)


def test_a_rate_behind_a_cold_switch_that_was_not_taken_starts_nothing(exchange: Exchange) -> None:
    """0.3 T/min over 0.1 T/A are 0.05 A/s; older firmware may not know the command at all."""
    pairs: list[Pair] = [
        *HEALTHY,
        ("PS?", "0"),
        ("CURR:SUPP?", "30.0"),
        ("COIL?", "0.1"),
        TESLA,
        NO_ERROR,
        *done("PAUSE"),
        TESLA,
        PER_MINUTE,
        ("COIL?", "0.1"),
    ]
    for answer, words in (
        ([*done("CONF:PS:PSRR 0.05"), ("PS:PSRR?", "10.0")], "behind a cold switch was set to 0.05 A/s.*10 A/s"),
        ([("CONF:PS:PSRR 0.05", None), ("SYST:ERR?", '-101,"Unrecognized command"'), NO_ERROR], "Unrecognized"),
    ):
        with (
            supply(exchange, [*pairs, *answer], has_switch=True) as magnet,
            pytest.raises(RefusedError, match=words),
        ):
            magnet.start_supply_ramp(0.0, 0.3)

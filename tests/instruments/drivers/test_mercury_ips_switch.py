"""The persistent switch of a Mercury iPS, and its supply alone, from the manual: every byte is compared."""

import pytest

from instruments.clock import VirtualClock
from instruments.drivers.mercury_ips import MercuryIps
from instruments.errors import (
    LimitError,
    MagnetQuenched,
    RefusedError,
)
from instruments.limits import MagnetLimits
from instruments.roles import MagnetState
from tests.instruments.drivers.conftest import Exchange
from tests.instruments.drivers.test_mercury_ips import HEALTHY, LIMITS, read, set_, supply

LEADS = MagnetLimits(12.0, LIMITS.segments, leads_rate_T_per_min=2.0)


def test_closed_switch_reads_the_persistent_field(exchange: Exchange) -> None:
    pairs = [read("SIG:SWHT", "OFF"), read("SIG:PFLD", "3.0000T"), read("SIG:FLD", "0.0000T")]
    with supply(exchange, pairs, has_switch=True) as magnet:
        assert magnet.read_field() == 3.0
        assert magnet.read_supply_field() == 0.0


def test_open_switch_reads_the_supply(exchange: Exchange) -> None:
    with supply(exchange, [read("SIG:SWHT", "ON"), read("SIG:FLD", "3.0000T")], has_switch=True) as magnet:
        assert magnet.read_field() == 3.0


def test_closed_switch_refuses_a_ramp(exchange: Exchange) -> None:
    with (
        supply(exchange, [HEALTHY, read("SIG:SWHT", "OFF")], has_switch=True) as magnet,
        pytest.raises(RefusedError, match="would not follow"),
    ):
        magnet.start_ramp(1.0, 0.2)


def test_persistent_state(exchange: Exchange) -> None:
    pairs = [HEALTHY, read("ACTN", "HOLD"), read("SIG:SWHT", "OFF")]
    pairs += [HEALTHY, read("ACTN", "CLMP"), read("SIG:SWHT", "OFF")]
    pairs += [HEALTHY, read("ACTN", "RTOS"), read("SIG:SWHT", "OFF")]
    with supply(exchange, pairs, has_switch=True) as magnet:
        assert magnet.has_switch()
        assert magnet.status().state is MagnetState.PERSISTENT
        assert magnet.status().state is MagnetState.PERSISTENT
        assert magnet.status().state is MagnetState.RAMPING


def test_heater_on_is_checked_and_takes_its_time(exchange: Exchange) -> None:
    clock = VirtualClock()
    on = read("SIG:SWHT", "ON")
    pairs = [read("SIG:SWHT", "OFF"), HEALTHY, read("ACTN", "HOLD")]
    pairs += [read("SIG:FLD", "2.0004T"), read("SIG:PFLD", "2.0000T"), set_("SIG:SWHT", "ON")]
    pairs += [on, HEALTHY, read("ACTN", "HOLD"), on]  # warming
    pairs += [HEALTHY, on]  # a ramp is refused meanwhile
    pairs += [on, HEALTHY, read("ACTN", "HOLD"), on]  # open
    with supply(exchange, pairs, has_switch=True, clock=clock) as magnet:
        magnet.set_switch_heater(True)
        clock.sleep(19.0)
        assert not magnet.switch_is_open()
        assert magnet.status().state is MagnetState.HEATING_SWITCH
        with pytest.raises(RefusedError, match="still moving"):
            magnet.start_ramp(2.5, 0.2)
        clock.sleep(1.5)
        assert magnet.switch_is_open()
        assert magnet.status().state is MagnetState.HOLDING


def test_heater_off_cools(exchange: Exchange) -> None:
    clock = VirtualClock()
    pairs = [read("SIG:SWHT", "ON"), HEALTHY, read("ACTN", "HOLD"), set_("SIG:SWHT", "OFF")]
    pairs += [HEALTHY, read("ACTN", "HOLD"), read("SIG:SWHT", "OFF")] * 2
    with supply(exchange, pairs, has_switch=True, clock=clock) as magnet:
        magnet.set_switch_heater(False)
        assert magnet.status().state is MagnetState.COOLING_SWITCH
        clock.sleep(20.0)
        assert magnet.status().state is MagnetState.PERSISTENT


def test_unmatched_currents_refuse_the_heater(exchange: Exchange) -> None:
    pairs = [read("SIG:SWHT", "OFF"), HEALTHY, read("ACTN", "HOLD")]
    pairs += [read("SIG:FLD", "0.0000T"), read("SIG:PFLD", "3.0000T")]
    with (
        supply(exchange, pairs, has_switch=True) as magnet,
        pytest.raises(RefusedError, match=r"supply at 0 T, coil persistent at 3 T.*nothing was set"),
    ):
        magnet.set_switch_heater(True)


@pytest.mark.parametrize("heater", ["OFF", "ON"])
def test_a_ramping_supply_refuses_the_heater(exchange: Exchange, heater: str) -> None:
    pairs = [read("SIG:SWHT", heater), HEALTHY, read("ACTN", "RTOS")]
    with supply(exchange, pairs, has_switch=True) as magnet, pytest.raises(RefusedError, match="ramping"):
        magnet.set_switch_heater(heater == "OFF")


def test_the_supply_may_refuse_too(exchange: Exchange) -> None:
    pairs = [read("SIG:SWHT", "OFF"), HEALTHY, read("ACTN", "HOLD"), read("SIG:FLD", "0.0000T")]
    pairs += [read("SIG:PFLD", "0.0000T"), set_("SIG:SWHT", "ON", "DENIED"), read("SIG:SWHT", "OFF")]
    with supply(exchange, pairs, has_switch=True) as magnet:
        with pytest.raises(RefusedError, match="DENIED"):
            magnet.set_switch_heater(True)
        assert not magnet.switch_is_open()


def test_a_quenched_magnet_keeps_its_heater(exchange: Exchange) -> None:
    pairs = [read("SIG:SWHT", "OFF"), read("STAT", "00000100")]
    with supply(exchange, pairs, has_switch=True) as magnet, pytest.raises(MagnetQuenched):
        magnet.set_switch_heater(True)


def test_asking_for_what_is_does_nothing(exchange: Exchange) -> None:
    with supply(exchange, [read("SIG:SWHT", "ON")], has_switch=True) as magnet:
        magnet.set_switch_heater(True)


def test_no_switch_no_heater(exchange: Exchange) -> None:
    with exchange(MercuryIps, [], limits=LIMITS, clock=VirtualClock(), has_switch=False) as magnet:
        assert magnet.switch_is_open()
        with pytest.raises(RefusedError, match="no switch"):
            magnet.set_switch_heater(True)


@pytest.mark.parametrize(("firmware", "node"), [("2.5.04.000", "PSU"), ("2.6.04.000", "SPSU")])
def test_the_supply_alone_and_no_rate_of_the_leads_is_left(exchange: Exchange, firmware: str, node: str) -> None:
    """From 10 T to 0 the coil may see 0.4 T/min, its leads 2; on hold 0.4 T/min stand in the supply again."""
    pairs = [
        HEALTHY,
        read("SIG:SWHT", "OFF"),
        read("SIG:FLD", "10.0000T"),
        read("ACTN", "HOLD"),
        set_("SIG:RFST", "2"),
        read("SIG:RFST", "2.0000T/m"),
        set_("SIG:FSET", "0"),
        read("SIG:FSET", "0.0000T"),
        set_("ACTN", "RTOS"),
        read("SIG:VOLT", "-0.0213V"),
        set_("ACTN", "HOLD"),
        set_("SIG:RFST", "0.4"),
        read("SIG:RFST", "0.4000T/m"),
        set_("ACTN", "HOLD"),
    ]
    spoken = [(sent.replace(":PSU:", f":{node}:"), reply.replace(":PSU:", f":{node}:")) for sent, reply in pairs]
    idn = ("*IDN?", f"IDN:OXFORD INSTRUMENTS:MERCURY IPS:153740017:{firmware}")
    with exchange(MercuryIps, [idn, *spoken], limits=LEADS, clock=VirtualClock(), has_switch=True) as magnet:
        magnet.start_supply_ramp(0.0, 2.0)
        assert magnet.read_supply_voltage() == -0.0213
        magnet.hold()
        magnet.hold()


def test_the_supply_alone_only_behind_a_closed_switch(exchange: Exchange) -> None:
    for pairs, error, words in (
        ([HEALTHY, read("SIG:SWHT", "ON")], RefusedError, "switch is open.*coil would follow"),
        ([read("STAT", "00000100")], MagnetQuenched, "quench"),
        ([read("STAT", "00000040")], RefusedError, "rundown"),
        ([HEALTHY, read("SIG:SWHT", "OFF"), read("SIG:FLD", "10.0000T")], LimitError, "up to 0.4 T/min"),
    ):
        with supply(exchange, pairs, has_switch=True) as magnet, pytest.raises(error, match=words):
            magnet.start_supply_ramp(0.0, 0.5)
    with (
        exchange(MercuryIps, [], limits=LIMITS, clock=VirtualClock(), has_switch=False) as magnet,
        pytest.raises(RefusedError, match="no switch is fitted"),
    ):
        magnet.start_supply_ramp(0.0, 0.5)

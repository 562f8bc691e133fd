import math
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from instruments.drivers.mercury_itc import MercuryItc, MercuryItcLoop, MercuryItcSensor
from instruments.errors import CommunicationError, IdentityError, LimitError, RefusedError, ReplyError
from instruments.limits import TemperatureLimits
from instruments.roles import ReadingFlag
from tests.instruments.drivers.conftest import LOST, TIMEOUT, Exchange

LIMITS = TemperatureLimits(base_K=1.55, max_K=320.0, max_rate_K_per_min=5.0)
IDN = ("*IDN?", "IDN:OXFORD INSTRUMENTS:MERCURY ITC:232150255:2.6.04.000")
Pair = tuple[str, str]


def read(leaf: str, value: str) -> Pair:
    return f"READ:DEV:DB8.T1:TEMP:{leaf}", f"STAT:DEV:DB8.T1:TEMP:{leaf}:{value}"


def set_(leaf: str, value: str, answer: str = "VALID") -> Pair:
    return f"SET:DEV:DB8.T1:TEMP:LOOP:{leaf}:{value}", f"STAT:SET:DEV:DB8.T1:TEMP:LOOP:{leaf}:{value}:{answer}"


@contextmanager
def loop_on(exchange: Exchange, pairs: list[Pair]) -> Iterator[MercuryItcLoop]:
    with exchange(MercuryItc, pairs) as itc:
        yield MercuryItcLoop(itc, sensor="DB8.T1", heater="DB1.H1", limits=LIMITS)


def test_two_sensors_share_one_connection(exchange: Exchange) -> None:
    pairs = [
        read("SIG:TEMP", "10.0020K"),
        ("READ:DEV:MB1.T1:TEMP:SIG:TEMP", "STAT:DEV:MB1.T1:TEMP:SIG:TEMP:330.0725K"),
    ]
    with exchange(MercuryItc, pairs) as itc:
        loop = MercuryItcLoop(itc, sensor="DB8.T1", heater="DB1.H1", limits=LIMITS)
        sensor = MercuryItcSensor(itc, sensor="MB1.T1", limits=TemperatureLimits(1.5, 400.0, 5.0))
        assert loop.read_temperature().value == 10.002
        assert sensor.read_temperature().value == 330.0725


@pytest.mark.parametrize(
    ("text", "value", "flags"),
    [
        ("4.2000K", 4.2, ReadingFlag.GOOD),
        ("320.0000K", 320.0, ReadingFlag.GOOD),
        ("250.0000mK", 0.25, ReadingFlag.GOOD),
        ("320.0001K", 320.0001, ReadingFlag.OUT_OF_LIMITS),
        ("0.0000K", 0.0, ReadingFlag.OUT_OF_LIMITS),
        ("-3.0000K", -3.0, ReadingFlag.OUT_OF_LIMITS),
    ],
)
def test_temperature_and_its_flags(exchange: Exchange, text: str, value: float, flags: ReadingFlag) -> None:
    with loop_on(exchange, [read("SIG:TEMP", text)]) as loop:
        reading = loop.read_temperature()
        assert (reading.value, reading.flags) == (value, flags)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("STAT:DEV:DB8.T1:TEMP:SIG:TEMP:N/A", RefusedError),
        ("STAT:DEV:DB8.T1:TEMP:SIG:TEMP:INVALID", RefusedError),
        ("READ:DEV:DB8.T1:INVALID", RefusedError),
        ("NOT_FOUND", RefusedError),
        ("STAT:DEV:DB8.T1:TEMP:SIG:TEMP:4.2", ReplyError),
        ("STAT:DEV:DB8.T1:TEMP:SIG:TEMP:4.2V", ReplyError),
        ("STAT:DEV:MB1.T1:TEMP:SIG:TEMP:4.2K", ReplyError),  # another sensor's late answer
        ("garbage", ReplyError),
        (TIMEOUT, CommunicationError),
        (LOST, CommunicationError),
    ],
)
def test_no_temperature_is_an_error(exchange: Exchange, reply: str, error: type[Exception]) -> None:
    with loop_on(exchange, [("READ:DEV:DB8.T1:TEMP:SIG:TEMP", reply)]) as loop, pytest.raises(error):
        loop.read_temperature()


def test_a_ramp_of_a_running_loop_is_enabled_before_its_target_is_set(exchange: Exchange) -> None:
    pairs = [
        read("LOOP:ENAB", "ON"),
        set_("RSET", "0.1"),
        set_("RENA", "ON"),
        set_("TSET", "1.6"),
        set_("ENAB", "ON"),
    ]
    with loop_on(exchange, pairs) as loop:
        loop.start_ramp(1.6, 0.1)


def test_a_ramp_of_a_loop_that_is_off_starts_at_the_temperature_read_now(exchange: Exchange) -> None:
    pairs = [
        read("LOOP:ENAB", "OFF"),
        read("SIG:TEMP", "7.1250K"),
        set_("RENA", "OFF"),
        set_("TSET", "7.125"),
        set_("RSET", "0.1"),
        set_("RENA", "ON"),
        set_("TSET", "1.6"),
        set_("ENAB", "ON"),
    ]
    with loop_on(exchange, pairs) as loop:
        loop.start_ramp(1.6, 0.1)


def test_set_temperature_never_heads_for_an_older_target(exchange: Exchange) -> None:
    with loop_on(exchange, [set_("TSET", "8"), set_("RENA", "OFF"), set_("ENAB", "ON")]) as loop:
        loop.set_temperature(8.0)


@pytest.mark.parametrize("target_K", [1.54, 320.1, -4.0, math.nan, math.inf])
def test_set_points_beyond_the_limits_send_nothing(exchange: Exchange, target_K: float) -> None:
    with loop_on(exchange, []) as loop:
        with pytest.raises(LimitError, match="nothing was sent"):
            loop.start_ramp(target_K, 1.0)
        with pytest.raises(LimitError, match="nothing was sent"):
            loop.set_temperature(target_K)


@pytest.mark.parametrize("rate_K_per_min", [0.0, -1.0, 5.1, math.nan])
def test_rates_beyond_the_limits_send_nothing(exchange: Exchange, rate_K_per_min: float) -> None:
    with loop_on(exchange, []) as loop, pytest.raises(LimitError, match="nothing was sent"):
        loop.start_ramp(4.2, rate_K_per_min)


@pytest.mark.parametrize("answer", ["INVALID", "DENIED", "N/A", "NOT_FOUND"])
def test_a_refused_set_stops_the_ramp(exchange: Exchange, answer: str) -> None:
    pairs = [read("LOOP:ENAB", "ON"), set_("RSET", "1", answer)]
    with loop_on(exchange, pairs) as loop, pytest.raises(RefusedError, match=answer):
        loop.start_ramp(4.2, 1.0)


def test_hold_is_at_the_temperature_read_now(exchange: Exchange) -> None:
    with loop_on(exchange, [read("SIG:TEMP", "5.4321K"), set_("TSET", "5.4321")]) as loop:
        loop.hold()


@pytest.mark.parametrize("text", ["0.0000K", "1999.9000K"])
def test_no_set_point_is_taken_from_a_broken_sensor(exchange: Exchange, text: str) -> None:
    with loop_on(exchange, [read("SIG:TEMP", text)]) as loop, pytest.raises(LimitError, match="nothing was set"):
        loop.hold()


def test_reads_of_the_loop(exchange: Exchange) -> None:
    pairs = [
        read("LOOP:TSET", "61.0000K"),
        read("LOOP:HSET", "12.5000"),
        read("LOOP:ENAB", "ON"),
        read("LOOP:ENAB", "OFF"),
    ]
    with loop_on(exchange, pairs) as loop:
        assert loop.read_setpoint() == 61.0
        assert loop.read_heater() == 12.5
        assert loop.loop_is_on() is True
        assert loop.loop_is_on() is False


def test_a_word_that_is_neither_on_nor_off(exchange: Exchange) -> None:
    with loop_on(exchange, [read("LOOP:ENAB", "MAYBE")]) as loop, pytest.raises(ReplyError, match="ON or OFF"):
        loop.loop_is_on()


def test_safe_state(exchange: Exchange) -> None:
    with loop_on(exchange, [set_("ENAB", "OFF"), set_("HSET", "0")]) as loop:
        loop.make_safe()


def test_the_heater_goes_to_zero_even_when_the_loop_refuses(exchange: Exchange) -> None:
    pairs = [set_("ENAB", "OFF", "DENIED"), set_("ENAB", "OFF", "DENIED"), set_("HSET", "0")]
    with loop_on(exchange, pairs) as loop, pytest.raises(RefusedError, match="ENAB"):
        loop.make_safe()


def test_a_sensor_is_safe_as_it_is(exchange: Exchange) -> None:
    with exchange(MercuryItc, []) as itc:
        MercuryItcSensor(itc, sensor="MB1.T1", limits=LIMITS).make_safe()


def test_identity_of_the_controller_and_of_the_loops_heater(exchange: Exchange) -> None:
    with loop_on(exchange, [IDN, read("LOOP:HTR", "DB1.H1"), IDN, read("LOOP:HTR", "MB0.H1")]) as loop:
        assert loop.identify().serial == "232150255"
        with pytest.raises(IdentityError, match=r"DB1\.H1.*MB0\.H1"):
            loop.identify()


def test_another_model(exchange: Exchange) -> None:
    ips = [("*IDN?", "IDN:OXFORD INSTRUMENTS:MERCURY IPS:153740017:2.5.04.000")]
    with loop_on(exchange, ips) as loop, pytest.raises(IdentityError, match=r"MERCURY ITC.*MERCURY IPS"):
        loop.identify()


def test_snapshot(exchange: Exchange) -> None:
    pairs = [
        read("SIG:TEMP", "4.2000K"),
        ("READ:SYS:ALRM", "STAT:SYS:ALRM:DB8.T1\tOpen circuit;"),
        read("LOOP:ENAB", "ON"),
        read("LOOP:TSET", "4.2000K"),
        read("LOOP:HSET", "1.5000"),
        read("LOOP:RENA", "OFF"),
        read("LOOP:RSET", "0.1000K/m"),
        read("LOOP:P", "20.0000"),
        read("LOOP:I", "2.0000"),
        ("READ:DEV:DB8.T1:TEMP:LOOP:D", "STAT:DEV:DB8.T1:TEMP:LOOP:D:N/A"),
    ]
    with loop_on(exchange, pairs) as loop:
        assert loop.snapshot() == {
            "sensor": "DB8.T1",
            "temperature_K": 4.2,
            "alarms": "DB8.T1 Open circuit",
            "heater": "DB1.H1",
            "loop_on": True,
            "set_point_K": 4.2,
            "heater_percent": 1.5,
            "ramp_on": False,
            "ramp_rate_K_per_min": 0.1,
            "proportional": 20.0,
            "integral_min": 2.0,
            "derivative_min": "not available",
        }


def test_close_closes_the_controllers_connection(exchange: Exchange) -> None:
    with loop_on(exchange, []) as loop:
        loop.close()
        assert loop.itc.adapter.connection.close.called

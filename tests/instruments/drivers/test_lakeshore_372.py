import math
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from instruments.drivers.lakeshore_372 import HEATER_RANGES_A, LakeShore372, LakeShore372Loop, LakeShore372Sensor
from instruments.drivers.lakeshore_372 import heater_range as range_of
from instruments.errors import CommunicationError, IdentityError, LimitError, RefusedError, ReplyError
from instruments.limits import TemperatureLimits
from instruments.roles import ReadingFlag
from tests.instruments.drivers.conftest import LOST, TIMEOUT, Exchange

LIMITS = TemperatureLimits(base_K=0.02, max_K=1.5, max_rate_K_per_min=0.1)
IDN = ("*IDN?", "LSCI,MODEL372,LSA23JD,1.3")
MODE = ("OUTMODE? 0", "5,6,1,0,0,001")
Pair = tuple[str, str]


def reading(kelvin: str, status: str = "000", scan: str = "06,1") -> Pair:
    return "KRDG? 6;RDGST? 6;SCAN?", f"{kelvin};{status};{scan}"


def on(range_: str = "6", error: str = "0") -> Pair:
    return "RANGE? 0;HTRST? 0", f"{range_};{error}"


def sets(commands: str, events: str = "0") -> Pair:
    return f"*CLS;{commands};*ESR?", events


def setpoint(kelvin: str, ramping: str = "0") -> Pair:
    return "RAMPST? 0;SETP? 0", f"{ramping};{kelvin}"


TURN_ON = [MODE, sets("RANGE 0,6"), ("RANGE? 0", "6")]


@contextmanager
def loop(exchange: Exchange, pairs: list[Pair]) -> Iterator[LakeShore372Loop]:
    with exchange(LakeShore372, pairs) as bridge:
        yield LakeShore372Loop(bridge, channel=6, range_A=10e-3, limits=LIMITS)


def test_two_channels_share_one_connection(exchange: Exchange) -> None:
    pairs = [reading("+9.00123E-02"), ("KRDG? 8;RDGST? 8;SCAN?", "+1.23456E-01;000;06,1")]
    with exchange(LakeShore372, pairs) as bridge:
        controller = LakeShore372Loop(bridge, channel=6, range_A=10e-3, limits=LIMITS)
        sensor = LakeShore372Sensor(bridge, channel=8, limits=LIMITS)
        assert controller.read_temperature().value == 0.0900123
        assert sensor.read_temperature().value == 0.123456


@pytest.mark.parametrize(
    ("kelvin", "status", "scan", "flags"),
    [
        ("+9.00000E-02", "000", "06,0", ReadingFlag.GOOD),
        ("+090.000E-03", "000", "08,1", ReadingFlag.GOOD),
        ("+9.00000E-02", "001", "06,1", ReadingFlag.OVERLOAD),  # current source
        ("+9.00000E-02", "002", "06,1", ReadingFlag.OVERLOAD),  # common mode
        ("+9.00000E-02", "004", "06,1", ReadingFlag.OVERLOAD),  # mixer
        ("+9.00000E-02", "008", "06,1", ReadingFlag.OVERLOAD),  # differential
        ("+9.00000E-02", "016", "06,1", ReadingFlag.OUT_OF_LIMITS),  # R. OVER
        ("+9.00000E-02", "032", "06,1", ReadingFlag.OUT_OF_LIMITS),  # R. UNDER
        ("+9.00000E-02", "064", "06,1", ReadingFlag.OUT_OF_LIMITS),  # T. OVER
        ("+9.00000E-02", "128", "06,1", ReadingFlag.OUT_OF_LIMITS),  # T. UNDER
        ("+9.00000E-02", "017", "06,1", ReadingFlag.OVERLOAD | ReadingFlag.OUT_OF_LIMITS),
        ("+0.00000E+00", "000", "06,1", ReadingFlag.OUT_OF_LIMITS),
        ("+1.50001E+00", "000", "06,1", ReadingFlag.OUT_OF_LIMITS),
        ("+9.00000E-02", "000", "08,0", ReadingFlag.STALE),  # the scanner stands on another channel
    ],
)
def test_temperature_and_its_flags(
    exchange: Exchange, kelvin: str, status: str, scan: str, flags: ReadingFlag
) -> None:
    with loop(exchange, [reading(kelvin, status, scan)]) as controller:
        found = controller.read_temperature()
        assert (found.value, found.flags) == (float(kelvin), flags)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("+9.0E-02;000", ReplyError),
        ("+9.0E-02;000;06,1;0", ReplyError),
        ("+9.0E-02;256;06,1", ReplyError),
        ("+9.0E-02;000;06", ReplyError),
        ("9.91E+37;000;06,1", ReplyError),
        ("NAN;000;06,1", ReplyError),
        ("", ReplyError),
        (TIMEOUT, CommunicationError),
        (LOST, CommunicationError),
    ],
)
def test_no_temperature_is_an_error(exchange: Exchange, reply: str, error: type[Exception]) -> None:
    with loop(exchange, [("KRDG? 6;RDGST? 6;SCAN?", reply)]) as controller, pytest.raises(error):
        controller.read_temperature()


def test_a_ramp_of_a_running_loop(exchange: Exchange) -> None:
    pairs = [
        on(),
        MODE,
        ("SETP? 0", "+0.050000"),
        sets("RAMP 0,1,0.05;SETP 0,0.09"),
        setpoint("+0.050000", "1"),
        ("RAMP? 0", "1,+0.050"),
        *TURN_ON,
        ("SETP? 0", "+0.050010"),
        setpoint("+0.062000", "1"),
        setpoint("+0.090000", "0"),
        setpoint("+0.090000", "1"),  # an instrument whose SETP? does not move
        setpoint("+0.200000", "1"),  # somebody at the panel
    ]
    with loop(exchange, pairs) as controller:
        controller.start_ramp(0.09, 0.05)
        assert [controller.read_setpoint() for _ in range(4)] == [0.09, 0.09, 0.09, 0.2]


def test_a_ramp_of_a_loop_that_is_off_starts_at_the_temperature_read_now(exchange: Exchange) -> None:
    pairs = [
        on("0"),
        reading("+5.01230E-02"),
        sets("RAMP 0,0,0;SETP 0,0.050123"),
        ("SETP? 0", "+0.050123"),
        sets("RAMP 0,1,0.1;SETP 0,0.33"),
        setpoint("+0.330000"),
        ("RAMP? 0", "1,+0.100"),
        ("OUTMODE? 0", "2,6,1,0,0,001"),  # open loop: the other settings of the output stay
        sets("OUTMODE 0,5,6,1,0,0,1"),
        sets("RANGE 0,6"),
        ("RANGE? 0", "6"),
        ("SETP? 0", "+0.050200"),
    ]
    with loop(exchange, pairs) as controller:
        controller.start_ramp(0.33, 0.1)


def test_set_temperature_never_heads_for_an_older_target(exchange: Exchange) -> None:
    pairs = [("SETP? 0", "+0.050000"), sets("SETP 0,0.3;RAMP 0,0,0"), setpoint("+0.300000"), *TURN_ON]
    with loop(exchange, pairs) as controller:
        controller.set_temperature(0.3)


@pytest.mark.parametrize(("ramping", "found"), [("0", "+0.050000"), ("1", "+0.310000"), ("0", "+0.300100")])
def test_a_set_point_that_reads_back_as_another(exchange: Exchange, ramping: str, found: str) -> None:
    pairs = [("SETP? 0", "+0.050000"), sets("SETP 0,0.3;RAMP 0,0,0"), setpoint(found, ramping)]
    with loop(exchange, pairs) as controller, pytest.raises(RefusedError, match=r"0\.3 K was set"):
        controller.set_temperature(0.3)


@pytest.mark.parametrize("answer", ["0,+0.050", "1,+0.100"])
def test_a_ramp_that_reads_back_as_another(exchange: Exchange, answer: str) -> None:
    pairs = [on(), MODE, ("SETP? 0", "+0.050000"), sets("RAMP 0,1,0.05;SETP 0,0.09"), setpoint("+0.05", "1")]
    with (
        loop(exchange, [*pairs, ("RAMP? 0", answer)]) as controller,
        pytest.raises(RefusedError, match="reads back"),
    ):
        controller.start_ramp(0.09, 0.05)


@pytest.mark.parametrize(
    ("events", "words"), [("16", "execution error"), ("32", "command error"), ("12", "query error, device error")]
)
def test_a_refused_set(exchange: Exchange, events: str, words: str) -> None:
    pairs = [("SETP? 0", "+0.050000"), sets("SETP 0,0.3;RAMP 0,0,0", events)]
    with loop(exchange, pairs) as controller, pytest.raises(RefusedError, match=words):
        controller.set_temperature(0.3)


def test_a_heater_that_does_not_come_on(exchange: Exchange) -> None:
    pairs = [("SETP? 0", "+0.3"), sets("SETP 0,0.3;RAMP 0,0,0"), setpoint("+0.3"), MODE, sets("RANGE 0,6")]
    with (
        loop(exchange, [*pairs, ("RANGE? 0", "0")]) as controller,
        pytest.raises(RefusedError, match="0 reads back"),
    ):
        controller.set_temperature(0.3)


@pytest.mark.parametrize("target_K", [0.019, 1.51, -1.0, math.nan, math.inf])
def test_set_points_beyond_the_limits_send_nothing(exchange: Exchange, target_K: float) -> None:
    with loop(exchange, []) as controller:
        with pytest.raises(LimitError, match="nothing was sent"):
            controller.start_ramp(target_K, 0.05)
        with pytest.raises(LimitError, match="nothing was sent"):
            controller.set_temperature(target_K)


@pytest.mark.parametrize("rate", [0.0, -1.0, 0.11, 0.0009, math.nan])
def test_rates_beyond_the_limits_or_the_instrument_send_nothing(exchange: Exchange, rate: float) -> None:
    with loop(exchange, []) as controller, pytest.raises(LimitError, match="nothing was sent"):
        controller.start_ramp(0.1, rate)


def test_hold_is_at_the_temperature_read_now(exchange: Exchange) -> None:
    pairs = [
        reading("+7.65430E-02"),
        ("SETP? 0", "+0.078000"),
        sets("SETP 0,0.076543;RAMP 0,0,0"),
        setpoint("+0.076543"),
    ]
    with loop(exchange, pairs) as controller:
        controller.hold()


@pytest.mark.parametrize(("kelvin", "status", "scan"), [("+0.0", "001", "06,1"), ("+0.09", "000", "08,0")])
def test_no_set_point_is_taken_from_a_reading_with_flags(
    exchange: Exchange, kelvin: str, status: str, scan: str
) -> None:
    with (
        loop(exchange, [reading(kelvin, status, scan)]) as controller,
        pytest.raises(LimitError, match="nothing was set"),
    ):
        controller.hold()


def test_heater_in_per_cent_of_the_current_of_its_range(exchange: Exchange) -> None:
    query = "RANGE? 0;HTRSET? 0;HTR?"
    pairs = [
        (query, "6;+120.000,0,+0000.00,1;+12.500"),
        (query, "6;+120.000,0,+0000.00,2;+3.00000E-03"),  # 3 mW of (10 mA)^2 120 Ohm = 12 mW: half the current
        (query, "0;+120.000,0,+0000.00,1;+00.000"),
    ]
    with loop(exchange, pairs) as controller:
        assert controller.read_heater() == 12.5
        assert controller.read_heater() == pytest.approx(50.0)
        assert controller.read_heater() == 0.0


def test_loop_is_on(exchange: Exchange) -> None:
    pairs = [on("6"), MODE, on("0"), on("6"), ("OUTMODE? 0", "2,6,1,0,0,001")]
    with loop(exchange, pairs) as controller:
        assert [controller.loop_is_on() for _ in range(3)] == [True, False, False]


def test_a_heater_error_is_kept_although_reading_it_clears_it(exchange: Exchange) -> None:
    turned_on = [("SETP? 0", "+0.3"), sets("SETP 0,0.3;RAMP 0,0,0"), setpoint("+0.3"), *TURN_ON]
    with loop(exchange, [on("6", "1"), on("6", "0"), *turned_on, on("6"), MODE]) as controller:
        assert not controller.loop_is_on()
        assert not controller.loop_is_on()
        controller.set_temperature(0.3)
        assert controller.loop_is_on()


def test_safe_state_is_insisted_on(exchange: Exchange) -> None:
    pairs = [sets("RANGE 0,0"), ("RANGE? 0", "6"), sets("RANGE 0,0"), ("RANGE? 0", "0")]
    with loop(exchange, pairs) as controller:
        controller.make_safe()
    with exchange(LakeShore372, []) as bridge:
        LakeShore372Sensor(bridge, channel=8, limits=LIMITS).make_safe()


def test_identity_of_the_bridge_and_of_the_loops_channel(exchange: Exchange) -> None:
    with loop(
        exchange, [IDN, ("OUTMODE? 0", "2,06,1,0,0,001"), IDN, ("OUTMODE? 0", "5,A,1,0,0,001")]
    ) as controller:
        assert controller.identify().serial == "LSA23JD"
        with pytest.raises(IdentityError, match=r"channel 6.*channel A"):
            controller.identify()


def test_another_model(exchange: Exchange) -> None:
    with (
        loop(exchange, [("*IDN?", "LSCI,MODEL336,LSA12AB/#######,1.5")]) as controller,
        pytest.raises(IdentityError, match=r"MODEL372.*MODEL336"),
    ):
        controller.identify()


@pytest.mark.parametrize("reply", ["5,6,1,0,0", "5,6,1,0,0,x", ""])
def test_an_output_mode_that_is_none(exchange: Exchange, reply: str) -> None:
    with loop(exchange, [on(), ("OUTMODE? 0", reply)]) as controller, pytest.raises(ReplyError, match="six parts"):
        controller.loop_is_on()


def test_snapshot(exchange: Exchange) -> None:
    pairs = [
        ("RANGE? 0;RAMP? 0;PID? 0", "6;1,+0.100;+10.0000,+20.0000,+0.0000"),
        ("RDGST? 6;SCAN?", "000;08,1"),
        reading("+9.00000E-02"),
        on(),
        MODE,
        setpoint("+0.090000"),
        ("RANGE? 0;HTRSET? 0;HTR?", "6;+120.000,0,+0000.00,1;+05.700"),
    ]
    with loop(exchange, pairs) as controller:
        assert controller.snapshot() == {
            "channel": 6,
            "temperature_K": 0.09,
            "reading_status": 0,
            "scanned_channel": 8,
            "autoscan": True,
            "loop_on": True,
            "set_point_K": 0.09,
            "heater_percent": 5.7,
            "heater_range_A": 10e-3,
            "heater_error": "no error",
            "ramp_on": True,
            "ramp_rate_K_per_min": 0.1,
            "proportional": 10.0,
            "integral_s": 20.0,
            "derivative_s": 0.0,
        }


def test_heater_ranges() -> None:
    assert [range_of(current_A) for current_A in HEATER_RANGES_A] == [1, 2, 3, 4, 5, 6, 7, 8]
    with pytest.raises(LimitError, match=r"nearest is 0\.01 A"):
        range_of(12e-3)

import math

import pytest

from instruments.drivers.keithley_2182a import Keithley2182A
from instruments.errors import CommunicationError, IdentityError, LimitError, RefusedError, ReplyError
from instruments.roles import ReadingFlag
from tests.instruments.drivers.conftest import TIMEOUT, Exchange

NO_ERROR = ("SYST:ERR?", '0,"No error"')


def configure_pairs(channel: int, plc: str, range_: str) -> list[tuple[str, str | None]]:
    return [
        ("*CLS", None),
        (":INIT:CONT OFF", None),
        (":SENS:FUNC 'VOLT'", None),
        (f":SENS:CHAN {channel}", None),
        (f":SENS:VOLT:NPLC {plc}", None),
        (f":SENS:VOLT:CHAN{channel}:RANG {range_}", None),
        (f":SENS:VOLT:CHAN{channel}:DFIL OFF", None),
        (f":SENS:VOLT:CHAN{channel}:LPAS OFF", None),
    ]


@pytest.mark.parametrize(
    ("channel", "range_V", "sent", "found"), [(1, 10e-3, "0.01", "0.01"), (2, -0.5, "0.5", "1.0")]
)
def test_configure(exchange: Exchange, channel: int, range_V: float, sent: str, found: str) -> None:
    pairs = [*configure_pairs(channel, "5", sent), NO_ERROR, (f":SENS:VOLT:CHAN{channel}:RANG?", found)]
    with exchange(Keithley2182A, pairs) as meter:
        meter.configure(channel, 5, range_V)


def test_a_range_that_does_not_hold_what_was_asked(exchange: Exchange) -> None:
    pairs = [*configure_pairs(1, "5", "1"), NO_ERROR, (":SENS:VOLT:CHAN1:RANG?", "0.1")]
    with exchange(Keithley2182A, pairs) as meter, pytest.raises(RefusedError, match="voltage range of input 1"):
        meter.configure(1, 5, 1.0)


def test_an_error_in_the_queue(exchange: Exchange) -> None:
    pairs = [*configure_pairs(1, "5", "1"), ("SYST:ERR?", '-221,"Settings conflict"'), NO_ERROR]
    with exchange(Keithley2182A, pairs) as meter, pytest.raises(RefusedError, match="Settings conflict"):
        meter.configure(1, 5, 1.0)


@pytest.mark.parametrize(
    ("channel", "plc", "range_V"),
    [(0, 5, 1.0), (3, 5, 1.0), (1, 0.001, 1.0), (1, 61, 1.0), (1, 5, 121.0), (2, 5, 12.1), (1, 5, math.nan)],
)
def test_what_the_meter_does_not_have_sends_nothing(
    exchange: Exchange, channel: int, plc: float, range_V: float
) -> None:
    with exchange(Keithley2182A, []) as meter, pytest.raises(LimitError, match="nothing was sent"):
        meter.configure(channel, plc, range_V)


@pytest.mark.parametrize(
    ("reply", "value"), [("+1.23456789E-06", 1.23456789e-6), ("-0.00000000E+00", 0.0), ("-7.5E-9", -7.5e-9)]
)
def test_voltage(exchange: Exchange, reply: str, value: float) -> None:
    with exchange(Keithley2182A, [(":READ?", reply)]) as meter:
        reading = meter.read_voltage()
        assert (reading.value, reading.flags) == (value, ReadingFlag.GOOD)


@pytest.mark.parametrize("reply", ["+9.9E37", "+9.900000E+37", "-9.9E37"])
def test_overflow_is_a_flag_without_a_value(exchange: Exchange, reply: str) -> None:
    with exchange(Keithley2182A, [(":READ?", reply)]) as meter:
        reading = meter.read_voltage()
        assert math.isnan(reading.value)
        assert reading.flags is ReadingFlag.OVERLOAD


@pytest.mark.parametrize("reply", ["", "nan", "+9.91E37", "OVRFLW", "1.0,2.0", "#?"])
def test_garbage_is_no_voltage(exchange: Exchange, reply: str) -> None:
    with exchange(Keithley2182A, [(":READ?", reply)]) as meter, pytest.raises(ReplyError):
        meter.read_voltage()


def test_timeout(exchange: Exchange) -> None:
    with exchange(Keithley2182A, [(":READ?", TIMEOUT)]) as meter, pytest.raises(CommunicationError):
        meter.read_voltage()


@pytest.mark.parametrize("model", ["2182A", "2182"])
def test_identity(exchange: Exchange, model: str) -> None:
    with exchange(Keithley2182A, [("*IDN?", f"KEITHLEY INSTRUMENTS INC.,MODEL {model},1183947,C02 /A02")]) as meter:
        assert meter.identify().model == f"MODEL {model}"


def test_another_model(exchange: Exchange) -> None:
    pairs = [("*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 2000,0597900,A17 /A02")]
    with exchange(Keithley2182A, pairs) as meter, pytest.raises(IdentityError, match=r"2182A.*MODEL 2000"):
        meter.identify()


def test_snapshot(exchange: Exchange) -> None:
    pairs = [(":SENS:CHAN?", "2"), (":SENS:VOLT:NPLC?", "5.00"), (":SENS:VOLT:CHAN2:RANG?", "1.0")]
    with exchange(Keithley2182A, [*pairs, (":SENS:CHAN?", "0"), (":SENS:VOLT:NPLC?", "1.00")]) as meter:
        assert meter.snapshot() == {"channel": 2, "integration_plc": 5.0, "range_V": 1.0}
        assert meter.snapshot() == {"channel": 0, "integration_plc": 1.0}


def test_safe_as_it_is(exchange: Exchange) -> None:
    with exchange(Keithley2182A, []) as meter:
        meter.make_safe()

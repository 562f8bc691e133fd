from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from instruments.drivers.signal_recovery_7265 import SignalRecovery7265
from instruments.errors import IdentityError, LimitError, RefusedError, ReplyError
from instruments.limits import ExcitationLimits
from instruments.roles import LockInSettings, ReadingFlag
from tests.instruments.drivers.conftest import Exchange

LIMITS = ExcitationLimits(max_current_A=4.5e-3, max_compliance_V=10.0)
SETTINGS = LockInSettings(
    oscillator_V=4.0, frequency_Hz=137.0, time_constant_s=0.5, filter_slope_dB=12, sensitivity_V=500e-6
)
#: 500 ms is number 13 of 10 us, 20 us ... 640 us, 5 ms, 10 ms ...; 500 uV number 17, counted from 2 nV as 1.
REGISTERS = {"IE": 0, "REFN": 1, "IMODE": 0, "TC": 13, "SLOPE": 1, "SEN": 17}


def exchanged(registers: dict[str, int], oscillator: bool = True) -> list[Any]:
    sent = [(f"{name} {index}", None) for name, index in registers.items()]
    back = [(name, str(index)) for name, index in registers.items()]
    if not oscillator:
        return [*sent, *back]
    return [*sent, ("OF. 137", None), ("OA. 4", None), *back, ("OF.", "1.370000E+02"), ("OA.", "4.000000E+00")]


def lock_in(exchange: Exchange, pairs: list[Any]) -> AbstractContextManager[Any]:
    return exchange(SignalRecovery7265, pairs, limits=LIMITS, ballast_ohm=1000.0)


def test_configure_sends_all_settings_and_reads_them_back(exchange: Exchange) -> None:
    with lock_in(exchange, exchanged(REGISTERS)) as instrument:
        instrument.configure(SETTINGS)


def test_a_follower_uses_the_input_at_the_front_and_leaves_its_oscillator_alone(exchange: Exchange) -> None:
    with lock_in(exchange, exchanged({**REGISTERS, "IE": 2}, oscillator=False)) as instrument:
        instrument.configure(replace(SETTINGS, external_reference=True))


@pytest.mark.parametrize(("query", "answer"), [("IE", "2"), ("TC", "12"), ("SEN", "18"), ("OA.", "4.1E+00")])
def test_a_setting_that_reads_back_as_another(exchange: Exchange, query: str, answer: str) -> None:
    pairs = exchanged(REGISTERS)
    asked = [pair[0] for pair in pairs].index(query)
    with (
        lock_in(exchange, [*pairs[:asked], (query, answer)]) as instrument,
        pytest.raises(RefusedError, match=f"{query} was set"),
    ):
        instrument.configure(SETTINGS)


def test_the_tables_have_the_ends_that_the_manual_has() -> None:
    constants, full_scales = SignalRecovery7265.TIME_CONSTANTS, SignalRecovery7265.SENSITIVITIES
    assert (len(constants), constants[0], constants[6], constants[7], constants[16], constants[28]) == (
        (29, 10e-6, 640e-6, 5e-3, 5.0, 50e3)
    )
    assert (len(full_scales), full_scales[1], full_scales[27]) == (28, 2e-9, 1.0)


@pytest.mark.parametrize(
    ("change", "nearest"),
    [
        ({"time_constant_s": 0.3}, r"nearest is 0\.2 s"),
        ({"sensitivity_V": 0.0}, r"nearest is 2e-09 V"),
        ({"sensitivity_V": 1e-9}, r"nearest is 2e-09 V"),
        ({"oscillator_V": 5.1}, "1e-06 to 5 V"),
        ({"oscillator_V": 0.1234567}, r"nearest is 0\.123457 V"),
        ({"frequency_Hz": 137.1234}, r"nearest is 137\.123 Hz"),
        ({"frequency_Hz": 250001.0}, "0.001 to 250000 Hz"),
        ({"oscillator_V": 4.6}, "current of 0.0046 A"),
    ],
)
def test_what_the_instrument_does_not_have_is_refused_before_a_byte_is_sent(
    exchange: Exchange, change: dict[str, float], nearest: str
) -> None:
    with lock_in(exchange, []) as instrument, pytest.raises(LimitError, match=nearest):
        instrument.configure(replace(SETTINGS, **change))


@pytest.mark.parametrize(
    ("status", "overloads", "flags"),
    [
        ("1", "0", ReadingFlag.GOOD),
        ("129", "0", ReadingFlag.GOOD),  # command complete, data available
        ("9", "0", ReadingFlag.REFERENCE_UNLOCKED),
        ("17", "0", ReadingFlag.OVERLOAD),
        ("1", "2", ReadingFlag.OVERLOAD),  # output 1
        ("1", "8", ReadingFlag.OVERLOAD),  # Y
        ("1", "16", ReadingFlag.OVERLOAD),  # X
        ("1", "64", ReadingFlag.OVERLOAD),  # input
        ("1", "128", ReadingFlag.REFERENCE_UNLOCKED),
        ("1", "33", ReadingFlag.GOOD),  # bits 0 and 5 have no meaning
    ],
)
def test_status_and_overload_bytes(exchange: Exchange, status: str, overloads: str, flags: ReadingFlag) -> None:
    with lock_in(exchange, [("XY.", "1.5000E-06,-2.0000E-08"), ("ST", status), ("N", overloads)]) as instrument:
        reading = instrument.read_xy()
        assert (reading.x_V, reading.y_V, reading.flags) == (1.5e-6, -2e-8, flags)


@pytest.mark.parametrize("status", ["3", "5", "256", ""])
def test_a_question_that_was_not_understood_is_an_error(exchange: Exchange, status: str) -> None:
    with lock_in(exchange, [("XY.", "1.5E-06,-2E-08"), ("ST", status)]) as instrument, pytest.raises(ReplyError):
        instrument.read_xy()


def test_safe_state_is_zero(exchange: Exchange) -> None:
    with lock_in(exchange, [("OA. 0", None), ("OA.", "0.000000E+00")]) as instrument:
        instrument.make_safe()


def test_identity(exchange: Exchange) -> None:
    with lock_in(exchange, [("ID", "7265"), ("VER", "2.4"), ("ID", "7220")]) as instrument:
        assert instrument.identify().firmware == "2.4"
        with pytest.raises(IdentityError, match="declares a 7265; found '7220'"):
            instrument.identify()

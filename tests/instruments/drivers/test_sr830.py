import math
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.drivers.sr830 import Sr830, _rounded_frequency
from instruments.errors import CommunicationError, IdentityError, LimitError, RefusedError, ReplyError
from instruments.limits import ExcitationLimits
from instruments.roles import LockInSettings, ReadingFlag
from tests.instruments.drivers.conftest import TIMEOUT, Exchange

LIMITS = ExcitationLimits(max_current_A=4.5e-3, max_compliance_V=10.0)
SETTINGS = LockInSettings(
    oscillator_V=4.0, frequency_Hz=137.0, time_constant_s=0.3, filter_slope_dB=12, sensitivity_V=500e-6
)
SENT = [
    ("FMOD 1", None),
    ("HARM1", None),
    ("OFLT9", None),
    ("OFSL1", None),
    ("SENS16", None),
    ("FREQ1.37000e+02", None),
    ("SLVL4.000", None),
]
READ_BACK = {
    "FMOD?": "1",
    "HARM?": "1",
    "OFLT?": "9",
    "OFSL?": "1",
    "SENS?": "16",
    "FREQ?": "137",
    "SLVL?": "4",
}


def lock_in(exchange: Exchange, pairs: list[Any]) -> AbstractContextManager[Any]:
    return exchange(Sr830, pairs, limits=LIMITS, ballast_ohm=1000.0)


def test_configure_sends_all_settings_and_reads_them_back(exchange: Exchange) -> None:
    with lock_in(exchange, [*SENT, *READ_BACK.items()]) as sr830:
        sr830.configure(SETTINGS)


@pytest.mark.parametrize(
    ("query", "answer"),
    [("FMOD?", "0"), ("OFLT?", "8"), ("SENS?", "17"), ("FREQ?", "138"), ("SLVL?", "1")],
)
def test_a_setting_that_reads_back_as_another(exchange: Exchange, query: str, answer: str) -> None:
    queries = list(READ_BACK)
    good = [(q, READ_BACK[q]) for q in queries[: queries.index(query)]]
    with (
        lock_in(exchange, [*SENT, *good, (query, answer)]) as sr830,
        pytest.raises(RefusedError, match=f"{query[:4]} was set"),
    ):
        sr830.configure(SETTINGS)


@pytest.mark.parametrize(
    ("change", "nearest"),
    [
        ({"oscillator_V": 5.002}, "0.004 to 5 V"),
        ({"oscillator_V": 0.002}, "0.004 to 5 V"),
        ({"oscillator_V": 0.1234}, "nearest is 0.124 V"),  # steps of 2 mV
        ({"oscillator_V": math.nan}, "0.004 to 5 V"),
        ({"oscillator_V": 4.6}, "current of 0.0046 A"),
        ({"frequency_Hz": 0.0}, "0.001 to 102000 Hz"),
        ({"frequency_Hz": 102001.0}, "0.001 to 102000 Hz"),
        ({"frequency_Hz": 137.123}, "nearest is 137.12 Hz"),
        ({"time_constant_s": 0.25}, "nearest is 0.3 s"),
        ({"filter_slope_dB": 15}, "nearest is 12 dB"),
        ({"sensitivity_V": 400e-6}, "nearest is 0.0005 V"),
        ({"sensitivity_V": 2.0}, "nearest is 1 V"),
        ({"sensitivity_V": math.nan}, "nothing was sent"),
    ],
)
def test_what_the_instrument_does_not_have_is_refused_before_a_byte_is_sent(
    exchange: Exchange, change: dict[str, float], nearest: str
) -> None:
    with lock_in(exchange, []) as sr830, pytest.raises(LimitError, match=nearest) as caught:
        sr830.configure(replace(SETTINGS, **change))
    assert "nothing was sent" in str(caught.value)


@given(st.integers(2, 2500))
def test_every_amplitude_on_the_grid_is_accepted(steps: int) -> None:
    Sr830._check_oscillator(_loose(), steps * 0.002)
    Sr830._check_oscillator(_loose(), float(f"{steps * 0.002:.3f}"))


def _loose() -> Any:
    driver = object.__new__(Sr830)
    driver.limits = ExcitationLimits(1.0, 10.0)
    driver._ballast_ohm = 1000.0
    return driver


@pytest.mark.parametrize(
    ("asked_Hz", "taken_Hz"),
    [(137.0, 137.0), (17.777, 17.777), (17.7777, 17.778), (0.00123, 0.0012), (12345.6, 12346.0), (1.23456, 1.2346)],
)
def test_frequency_is_rounded_to_five_digits_or_a_tenth_of_a_millihertz(asked_Hz: float, taken_Hz: float) -> None:
    assert _rounded_frequency(asked_Hz) == pytest.approx(taken_Hz, rel=1e-12)


@pytest.mark.parametrize(
    ("register", "flags"),
    [
        ("0", ReadingFlag.GOOD),
        ("1", ReadingFlag.OVERLOAD),
        ("2", ReadingFlag.OVERLOAD),
        ("4", ReadingFlag.OVERLOAD),
        ("8", ReadingFlag.REFERENCE_UNLOCKED),
        ("12", ReadingFlag.OVERLOAD | ReadingFlag.REFERENCE_UNLOCKED),
        ("16", ReadingFlag.UNSETTLED),
        ("32", ReadingFlag.UNSETTLED),
        ("64", ReadingFlag.GOOD),  # a trigger
    ],
)
def test_x_and_y_of_one_instant_then_what_latched(exchange: Exchange, register: str, flags: ReadingFlag) -> None:
    with lock_in(exchange, [("SNAP? 1,2", "-4.17234e-007,-5.9605e-007"), ("LIAS?", register)]) as sr830:
        reading = sr830.read_xy()
        assert (reading.x_V, reading.y_V, reading.flags) == (-4.17234e-7, -5.9605e-7, flags)


@pytest.mark.parametrize("reply", ["", "1e-7", "1e-7,2e-7,3e-7", "1e-7,x", "#?"])
def test_garbage_is_no_reading(exchange: Exchange, reply: str) -> None:
    with lock_in(exchange, [("SNAP? 1,2", reply)]) as sr830, pytest.raises(ReplyError, match="SNAP"):
        sr830.read_xy()


@pytest.mark.parametrize("reply", ["256", "-1", "1e-7,2e-7", "8.5"])
def test_a_status_that_is_no_register(exchange: Exchange, reply: str) -> None:
    with lock_in(exchange, [("SNAP? 1,2", "1e-7,2e-7"), ("LIAS?", reply)]) as sr830, pytest.raises(ReplyError):
        sr830.read_xy()


def test_timeout(exchange: Exchange) -> None:
    with lock_in(exchange, [("SNAP? 1,2", TIMEOUT)]) as sr830, pytest.raises(CommunicationError, match="in time"):
        sr830.read_xy()


def test_sensitivity(exchange: Exchange) -> None:
    pairs = [("SENS?", "26"), ("SENS0", None), ("SENS?", "0"), ("SENS?", "27")]
    with lock_in(exchange, pairs) as sr830:
        assert sr830.read_sensitivity() == 1.0
        sr830.set_sensitivity(2e-9)
        with pytest.raises(ReplyError, match="0 to 26"):
            sr830.read_sensitivity()
        with pytest.raises(LimitError, match="nearest is 2e-09 V"):
            sr830.set_sensitivity(1e-9)


def test_sensitivities_rise_from_2_nV_to_1_V(exchange: Exchange) -> None:
    with lock_in(exchange, []) as sr830:
        values = sr830.sensitivities()
    assert list(values) == sorted(values)
    assert len(values) == 27
    assert (values[0], values[-1]) == (2e-9, 1.0)


def test_settle_facts(exchange: Exchange) -> None:
    with lock_in(exchange, [("OFLT?", "9"), ("OFSL?", "3")]) as sr830:
        assert sr830.read_time_constant() == 0.3
        assert sr830.read_filter_slope() == 24


def test_safe_state_is_the_smallest_amplitude(exchange: Exchange) -> None:
    with lock_in(exchange, [("SLVL0.004", None), ("SLVL?", "0.004")]) as sr830:
        sr830.make_safe()


def test_safe_state_is_tried_again(exchange: Exchange) -> None:
    pairs = [("SLVL0.004", None), ("SLVL?", "4"), ("SLVL0.004", None), ("SLVL?", "0.004")]
    with lock_in(exchange, pairs) as sr830:
        sr830.make_safe()


def test_identity(exchange: Exchange) -> None:
    idn = "Stanford_Research_Systems,SR830,s/n70324,ver1.07"
    other = "Stanford_Research_Systems,SR860,003318,V1.51"
    with lock_in(exchange, [("*IDN?", idn), ("*IDN?", other)]) as sr830:
        assert sr830.identify().firmware == "ver1.07"
        with pytest.raises(IdentityError, match=r"SR830.*SR860"):
            sr830.identify()


def test_snapshot(exchange: Exchange) -> None:
    pairs = [
        ("SLVL?", "1.000"),
        ("FREQ?", "137"),
        ("PHAS?", "-2.5"),
        ("OFLT?", "9"),
        ("OFSL?", "1"),
        ("SENS?", "16"),
        ("RMOD?", "1"),
        ("ISRC?", "1"),
    ]
    with lock_in(exchange, pairs) as sr830:
        assert sr830.snapshot() == {
            "oscillator_V": 1.0,
            "frequency_Hz": 137.0,
            "phase_deg": -2.5,
            "time_constant_s": 0.3,
            "filter_slope_dB": 12,
            "sensitivity_V": 500e-6,
            "reserve": "Normal",
            "input": "A - B",
            "ballast_ohm": 1000.0,
        }


def test_shutdown_is_no_empty_word(exchange: Exchange) -> None:
    with lock_in(exchange, [("SLVL0.004", None), ("SLVL?", "0.004")]) as sr830, sr830:
        pass

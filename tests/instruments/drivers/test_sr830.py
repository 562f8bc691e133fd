import math
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.drivers.sr830 import Sr830
from instruments.errors import LimitError, RefusedError
from instruments.limits import ExcitationLimits
from instruments.roles import LockInSettings, ReadingFlag
from tests.instruments.drivers.conftest import Exchange

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
    limits = ExcitationLimits(1.0, 10.0)
    for amplitude_V in (steps * 0.002, float(f"{steps * 0.002:.3f}")):
        Sr830.check(replace(SETTINGS, oscillator_V=amplitude_V), limits, ballast_ohm=1000.0)


FOLLOWING = replace(SETTINGS, external_reference=True)
SENT_FOLLOWING = [("FMOD 0", None), *SENT[1:5]]
BACK_FOLLOWING = [("FMOD?", "0"), ("HARM?", "1"), ("OFLT?", "9"), ("OFSL?", "1"), ("SENS?", "16")]


def test_an_external_reference_leaves_amplitude_and_frequency_alone(exchange: Exchange) -> None:
    with lock_in(exchange, [*SENT_FOLLOWING, *BACK_FOLLOWING]) as sr830:
        sr830.configure(FOLLOWING)


def test_a_reference_that_stays_internal(exchange: Exchange) -> None:
    with (
        lock_in(exchange, [*SENT_FOLLOWING, ("FMOD?", "1")]) as sr830,
        pytest.raises(RefusedError, match="FMOD was set to 0 and reads back 1"),
    ):
        sr830.configure(FOLLOWING)


def test_what_a_follower_does_not_use_is_not_checked_but_the_rest_is(exchange: Exchange) -> None:
    with lock_in(exchange, [*SENT_FOLLOWING, *BACK_FOLLOWING]) as sr830:
        sr830.configure(replace(FOLLOWING, oscillator_V=0.1234, frequency_Hz=137.123))
    with lock_in(exchange, []) as sr830, pytest.raises(LimitError, match=r"nearest is 0\.3 s"):
        sr830.configure(replace(FOLLOWING, time_constant_s=0.25))


@pytest.mark.parametrize(("register", "flags"), [("8", ReadingFlag.REFERENCE_UNLOCKED), ("0", ReadingFlag.GOOD)])
def test_an_unlocked_reference_is_flagged(exchange: Exchange, register: str, flags: ReadingFlag) -> None:
    with lock_in(exchange, [("SNAP? 1,2", "1.5e-006,-2e-008"), ("LIAS?", register)]) as sr830:
        reading = sr830.read_xy()
        assert (reading.x_V, reading.y_V, reading.flags) == (1.5e-6, -2e-8, flags)

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from instruments.drivers.sr860 import Sr860, Sr865A
from instruments.errors import IdentityError, LimitError, RefusedError, ReplyError
from instruments.limits import ExcitationLimits
from instruments.roles import LockInSettings, ReadingFlag
from tests.instruments.drivers.conftest import Exchange, FaultyProtocol

LIMITS = ExcitationLimits(max_current_A=2.5e-3, max_compliance_V=10.0)
SETTINGS = LockInSettings(
    oscillator_V=2.0, frequency_Hz=137.0, time_constant_s=0.3, filter_slope_dB=12, sensitivity_V=5e-3
)
#: 300 ms is the 12th of 1, 3, 10 us ...; 5 mV the eighth of 1 V, 500 mV, 200 mV ...; 10 mV hold its peak of 7 mV.
REGISTERS = {"RSRC": 0, "HARM": 1, "IVMD": 0, "ADVFILT": 0, "IRNG": 4, "OFLT": 11, "OFSL": 1, "SCAL": 7}
OSCILLATOR_SENT = [("SOFF 0", None), ("FREQINT 1.37000e+02", None), ("SLVL 2.000e+00", None)]
OSCILLATOR_BACK = [("SOFF?", "0.0"), ("FREQINT?", "137.0000"), ("SLVL?", "2.0")]


def exchanged(registers: dict[str, int], oscillator: bool = True) -> list[Any]:
    sent = [(f"{name} {index}", None) for name, index in registers.items()]
    back = [(f"{name}?", str(index)) for name, index in registers.items()]
    return [*sent, *OSCILLATOR_SENT, *back, *OSCILLATOR_BACK] if oscillator else [*sent, *back]


def lock_in(exchange: Exchange, pairs: list[Any], **options: Any) -> AbstractContextManager[Any]:
    return exchange(Sr860, pairs, limits=LIMITS, ballast_ohm=1000.0, **options)


def test_configure_sends_all_settings_and_reads_them_back(exchange: Exchange) -> None:
    with lock_in(exchange, exchanged(REGISTERS)) as sr860:
        sr860.configure(SETTINGS)


@pytest.mark.parametrize(
    ("full_scale_V", "scale", "input_range"),
    [(1.0, 0, 0), (0.5, 1, 0), (0.2, 2, 1), (0.1, 3, 1), (0.05, 4, 2), (0.02, 5, 3), (0.01, 6, 3), (1e-9, 27, 4)],
)
def test_the_input_range_holds_the_peak_of_the_full_scale(
    exchange: Exchange, full_scale_V: float, scale: int, input_range: int
) -> None:
    registers = {**REGISTERS, "IRNG": input_range, "SCAL": scale}
    with lock_in(exchange, exchanged(registers)) as sr860:
        sr860.configure(replace(SETTINGS, sensitivity_V=full_scale_V))


def test_an_input_range_that_the_station_asks_for(exchange: Exchange) -> None:
    with lock_in(exchange, exchanged({**REGISTERS, "IRNG": 1}), input_range="300 mV") as sr860:
        sr860.configure(SETTINGS)


def test_a_wider_full_scale_takes_the_input_range_along(exchange: Exchange) -> None:
    pairs = [("IRNG?", "4"), ("IRNG 3", None), ("IRNG?", "3"), ("SCAL 6", None), ("SCAL?", "6")]
    with lock_in(exchange, pairs) as sr860:
        sr860.set_sensitivity(0.01)
    with lock_in(exchange, [("IRNG?", "4"), ("SCAL 8", None), ("SCAL?", "8")]) as sr860:
        sr860.set_sensitivity(2e-3)


def test_sensitivities_rise_although_their_indexes_fall(exchange: Exchange) -> None:
    with lock_in(exchange, [("SCAL?", "0"), ("SCAL?", "27")]) as sr860:
        full_scales = sr860.sensitivities()
        assert (full_scales[0], full_scales[1], full_scales[-1], len(full_scales)) == (1e-9, 2e-9, 1.0, 28)
        assert (sr860.read_sensitivity(), sr860.read_sensitivity()) == (1.0, 1e-9)


def test_an_external_reference_leaves_amplitude_offset_and_frequency_alone(exchange: Exchange) -> None:
    with lock_in(exchange, exchanged({**REGISTERS, "RSRC": 1}, oscillator=False)) as sr860:
        sr860.configure(replace(SETTINGS, external_reference=True))


@pytest.mark.parametrize(("query", "answer"), [("RSRC?", "1"), ("IVMD?", "1"), ("SOFF?", "0.5"), ("SLVL?", "1.9")])
def test_a_setting_that_reads_back_as_another(exchange: Exchange, query: str, answer: str) -> None:
    pairs = exchanged(REGISTERS)
    asked = [pair[0] for pair in pairs].index(query)
    with (
        lock_in(exchange, [*pairs[:asked], (query, answer)]) as sr860,
        pytest.raises(RefusedError, match=f"{query[:4]} was set"),
    ):
        sr860.configure(SETTINGS)


@pytest.mark.parametrize(
    ("change", "nearest"),
    [
        ({"oscillator_V": 2.01}, "1e-09 to 2 V"),
        ({"oscillator_V": 0.1234}, "nearest is 0.123 V"),  # three digits
        ({"frequency_Hz": 137.12345}, "nearest is 137.123 Hz"),  # six digits
        ({"frequency_Hz": 500001.0}, "0.001 to 500000 Hz"),
        ({"sensitivity_V": 4e-3}, "nearest is 0.005 V"),
    ],
)
def test_what_the_instrument_does_not_have_is_refused_before_a_byte_is_sent(
    exchange: Exchange, change: dict[str, float], nearest: str
) -> None:
    with lock_in(exchange, []) as sr860, pytest.raises(LimitError, match=nearest):
        sr860.configure(replace(SETTINGS, **change))


def test_an_sr865a_goes_to_4_MHz() -> None:
    fast = replace(SETTINGS, frequency_Hz=4e6)
    Sr865A.check(fast, LIMITS, 1000.0)
    with pytest.raises(LimitError):
        Sr860.check(fast, LIMITS, 1000.0)


@pytest.mark.parametrize(
    ("latched", "now", "flags"),
    [
        ("0", "0", ReadingFlag.GOOD),
        ("1", "0", ReadingFlag.OVERLOAD),  # output 1
        ("2", "0", ReadingFlag.OVERLOAD),
        ("8", "0", ReadingFlag.REFERENCE_UNLOCKED),
        ("16", "0", ReadingFlag.OVERLOAD),  # input range
        ("256", "0", ReadingFlag.OVERLOAD),  # first displayed channel
        ("32", "0", ReadingFlag.GOOD),  # synchronous filter turned itself off above 4 kHz
        ("28672", "0", ReadingFlag.GOOD),  # capture and scans: bits 12 to 14
        ("0", "8", ReadingFlag.REFERENCE_UNLOCKED),
        ("0", "16", ReadingFlag.OVERLOAD),
        ("16", "8", ReadingFlag.OVERLOAD | ReadingFlag.REFERENCE_UNLOCKED),
    ],
)
def test_what_latched_and_what_is_wrong_now_are_flagged(
    exchange: Exchange, latched: str, now: str, flags: ReadingFlag
) -> None:
    pairs = [("SNAP? 0,1", "1.5e-06,-2e-08"), ("LIAS?", latched), ("CUROVLDSTAT?", now)]
    with lock_in(exchange, pairs) as sr860:
        reading = sr860.read_xy()
        assert (reading.x_V, reading.y_V, reading.flags) == (1.5e-6, -2e-8, flags)


def test_no_status_is_an_error(exchange: Exchange) -> None:
    with (
        lock_in(exchange, [("SNAP? 0,1", "1.5e-06,-2e-08"), ("LIAS?", "32768")]) as sr860,
        pytest.raises(ReplyError),
    ):
        sr860.read_xy()


def test_safe_state_is_one_nanovolt_without_offset(exchange: Exchange) -> None:
    pairs = [("SLVL 1e-09", None), ("SLVL?", "1.0e-09"), ("SOFF 0", None), ("SOFF?", "0.0")]
    with lock_in(exchange, pairs) as sr860:
        sr860.make_safe()


IDENTITY = "Stanford_Research_Systems,SR860,003165,v1.51"


def test_the_line_that_greets_a_telnet_connection_is_passed_over(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FaultyProtocol, "resource_name", "TCPIP0::192.168.1.41::23::SOCKET")
    with lock_in(exchange, [("*IDN?", "SR860 Lock-in Amplifier"), (None, IDENTITY), ("*IDN?", IDENTITY)]) as sr860:
        assert sr860.identify().serial == "003165"
        assert sr860.identify().model == "SR860"


def test_another_model(exchange: Exchange) -> None:
    with (
        lock_in(exchange, [("*IDN?", IDENTITY.replace("SR860", "SR865A"))]) as sr860,
        pytest.raises(IdentityError, match=r"SR860.*SR865A"),
    ):
        sr860.identify()

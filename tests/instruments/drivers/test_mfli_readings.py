"""What the MFLI answers, and what goes wrong, against exchanges written by hand; samples are rms."""

import math
from typing import Any

import numpy as np
import pytest

from instruments.clock import VirtualClock
from instruments.errors import CommunicationError, IdentityError, RefusedError, ReplyError
from instruments.roles import ReadingFlag
from tests.instruments.drivers.mfli_script import FLAGS, LOCKED, WATCHED, Step, driver


def reading(
    register: int = 0, enabled: int = 0, locked: int = 0, events: dict[str, Any] | None = None, **sample: Any
) -> list[Step]:
    values = {
        "x": np.array([1e-3]),
        "y": np.array([-2e-6]),
        "timestamp": np.array([600], dtype=np.uint64),
        **sample,
    }
    steps = [("getSample", "demods/0/sample", values), ("poll", "", events or {}), ("getInt", FLAGS, register)]
    return [*steps, ("getInt", "extrefs/0/enable", enabled), *([("getInt", LOCKED, locked)] if enabled else [])]


def kept(node: str, *values: int) -> dict[str, Any]:
    return {f"/dev1234/{node}": {"timestamp": np.arange(len(values)), "value": np.array(values)}}


@pytest.mark.parametrize(
    ("steps", "flags"),
    [
        (reading(), ReadingFlag.GOOD),
        (reading(register=1), ReadingFlag.OVERLOAD),  # Signal Input 1 overflow
        (reading(register=2), ReadingFlag.GOOD),  # the current input, which is not used
        (reading(register=1 << 5), ReadingFlag.OVERLOAD),  # Signal Output 1 clipping
        (reading(register=1 << 2), ReadingFlag.REFERENCE_UNLOCKED),  # analog PLL fail
        (reading(register=1 << 3 | 1 << 4), ReadingFlag.GOOD),  # DAC OK
        (reading(events=kept(FLAGS, 1, 0)), ReadingFlag.OVERLOAD),  # was, and is no more
        (reading(events=kept(LOCKED, 0)), ReadingFlag.GOOD),  # follows nothing
        (reading(enabled=1, locked=1), ReadingFlag.GOOD),
        (reading(enabled=1, locked=0), ReadingFlag.REFERENCE_UNLOCKED),
        (reading(enabled=1, locked=1, events=kept(LOCKED, 0, 1)), ReadingFlag.REFERENCE_UNLOCKED),
        (reading(register=1, enabled=1), ReadingFlag.OVERLOAD | ReadingFlag.REFERENCE_UNLOCKED),
    ],
)
def test_flags_are_those_of_now_and_of_all_that_happened_since(steps: list[Step], flags: ReadingFlag) -> None:
    sample, *rest = steps
    mfli, script = driver([sample, *WATCHED, *rest], options=None)
    result = mfli.read_xy()
    assert (result.x_V, result.y_V, result.flags) == (1e-3, -2e-6, flags)
    assert script.steps == []


def test_a_sample_is_stale_when_no_newer_one_has_come_for_a_tenth_of_a_second() -> None:
    clock = VirtualClock()
    first, *rest = reading()
    newer = reading(timestamp=np.array([601], dtype=np.uint64))
    mfli, script = driver([first, *WATCHED, *rest, *3 * reading(), *newer], options=None, clock=clock)
    flags = []
    for pause_s in (0.0, 0.06, 0.06, 10.0, 10.0):
        clock.sleep(pause_s)
        flags.append(mfli.read_xy().flags)
    stale, good = ReadingFlag.STALE, ReadingFlag.GOOD
    assert flags == [good, good, stale, stale, good]
    assert script.steps == []


@pytest.mark.parametrize(
    "sample",
    [
        {"x": np.array([math.nan])},
        {"y": np.array([math.inf])},
        {"x": np.array([])},
        {"y": None},
        {"timestamp": "now"},
    ],
)
def test_a_sample_without_values_is_an_error(sample: dict[str, Any]) -> None:
    mfli, _ = driver(reading(**sample)[:1], options=None)
    with pytest.raises(ReplyError, match="demods/0/sample"):
        mfli.read_xy()


def test_events_of_another_shape_are_an_error() -> None:
    sample, _, *rest = reading()
    mfli, _ = driver(
        [sample, *WATCHED, ("poll", "", {f"/dev1234/{FLAGS}": {"timestamp": [1]}}), *rest], options=None
    )
    with pytest.raises(ReplyError, match="poll"):
        mfli.read_xy()


@pytest.mark.parametrize(
    ("raised", "error", "words"),
    [
        (TimeoutError("Timeout while waiting for data"), CommunicationError, "did not answer in time"),
        (ConnectionError("Connection invalid"), CommunicationError, "out of reach .Connection invalid"),
        (EOFError("sample loss"), CommunicationError, "out of reach"),
        (RuntimeError("Path /dev1234/oscs/0/frq not found"), RefusedError, "the data server says 'Path"),
    ],
)
def test_what_the_library_raises_becomes_ours(raised: Exception, error: type[Exception], words: str) -> None:
    mfli, _ = driver([("getDouble", "demods/0/timeconstant", raised)], options=None)
    with pytest.raises(error, match=words):
        mfli.read_time_constant()


def test_after_a_broken_session_changes_are_asked_for_anew() -> None:
    first, *rest = reading()
    broken = [("getSample", "demods/0/sample", ConnectionError("gone"))]
    again, *more = reading(timestamp=np.array([700]))
    mfli, script = driver([first, *WATCHED, *rest, *broken, again, *WATCHED, *more], options=None)
    mfli.read_xy()
    with pytest.raises(CommunicationError):
        mfli.read_xy()
    mfli.read_xy()
    assert script.steps == []


def test_identification() -> None:
    steps: list[Step] = [
        ("getString", "features/devtype", "MFLI"),
        ("getInt", "system/fwrevision", 70731),
        ("getString", "features/options", "F5M\nMD"),
    ]
    mfli, script = driver(steps, options=None)
    identity = mfli.identify()
    assert (identity.vendor, identity.model, identity.serial, identity.firmware) == (
        "Zurich Instruments",
        "MFLI",
        "dev1234",
        "70731",
    )
    assert script.steps == []


def test_another_model() -> None:
    mfli, _ = driver([("getString", "features/devtype", "UHFLI")], options=None)
    with pytest.raises(
        IdentityError, match=r"at mfli://192.168.1.51:8004/dev1234 .* declares a MFLI; found 'UHFLI'"
    ):
        mfli.identify()


def test_a_range_that_an_mfli_does_not_have() -> None:
    mfli, _ = driver([("getDouble", "sigins/0/range", 0.02)], options=None)
    with pytest.raises(ReplyError, match=r"'0.02' to 'sigins/0/range'; expected an input range"):
        mfli.read_sensitivity()


@pytest.mark.parametrize("found", [-1, 0, 9])
def test_an_order_that_there_is_not_is_no_slope(found: int) -> None:
    mfli, _ = driver([("getInt", "demods/0/order", found)], options=None)
    with pytest.raises(ReplyError, match=f"'{found}' to 'demods/0/order'; expected a whole number from 1 to 8"):
        mfli.read_filter_slope()


def test_closing_twice_ends_the_session_once() -> None:
    mfli, script = driver([("disconnect", "")], options=None)
    mfli.close()
    mfli.close()
    assert script.steps == []

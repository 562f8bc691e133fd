"""The MFLI against exchanges written by hand: every node and value, in their order.

Nodes as in the node documentation of the MFLI: amplitudes and ranges are peak volts, samples are rms.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.drivers.mfli import Mfli
from instruments.drivers.mfli_settings import FULL_SCALES_V, INPUT_RANGES_V
from instruments.errors import CommunicationError, IdentityError, LimitError, RefusedError, ReplyError
from instruments.limits import ExcitationLimits
from instruments.roles import LockInSettings, ReadingFlag

ADDRESS = "mfli://192.168.1.51/dev1234"
LIMITS = ExcitationLimits(max_current_A=10e-3, max_compliance_V=10.0)
SETTINGS = LockInSettings(
    oscillator_V=2.0, frequency_Hz=137.0, time_constant_s=0.3, filter_slope_dB=12, sensitivity_V=7e-3
)
FLAGS, LOCKED = "status/flags/binary", "extrefs/0/locked"
Step = tuple[Any, ...]


class Script:
    """A session that must be called just so: ``(method, node, value)``; a get answers the value, or raises it."""

    def __init__(self, steps: list[Step]) -> None:
        self.steps = list(steps)

    def __getattr__(self, method: str) -> Any:
        def call(*arguments: Any, **_: Any) -> Any:
            asked = arguments[0].removeprefix("/dev1234/") if arguments and method != "poll" else ""
            assert self.steps, f"{method} {arguments} is not expected"
            expected, node, *value = self.steps.pop(0)
            assert (method, asked) == (expected, node)
            if value and isinstance(value[0], Exception):
                raise value[0]
            if method.startswith("set"):
                assert arguments[1] == pytest.approx(value[0], rel=1e-7, abs=1e-12), node
                assert type(arguments[1]) is (int if method == "setInt" else float)
                return None
            return value[0] if value else None

        return call


def driver(steps: list[Step], options: str | None = "", **more: Any) -> tuple[Mfli, Script]:
    known = [] if options is None else [("getString", "features/options", options)]
    script = Script([*known, *steps])
    return Mfli(script, ADDRESS, limits=LIMITS, ballast_ohm=1000.0, **more), script


def sets(values: Mapping[str, float]) -> list[Step]:
    return [("setInt" if isinstance(value, int) else "setDouble", node, value) for node, value in values.items()]


def gets(values: Mapping[str, float]) -> list[Step]:
    return [("getInt" if isinstance(value, int) else "getDouble", node, value) for node, value in values.items()]


DEMODULATOR = {
    "demods/0/adcselect": 0,  # Sig In 1
    "demods/0/oscselect": 0,
    "demods/0/harmonic": 1,
    "demods/0/order": 2,  # 12 dB/oct
    "demods/0/sinc": 0,
    "demods/0/bypass": 0,
    "demods/0/trigger": 0,
    "demods/0/enable": 1,
    "sigins/0/on": 1,
    "sigins/0/autorange": 0,
    "sigins/0/imp50": 0,  # 10 MOhm
    "sigins/0/diff": 1,
}
OUTPUT = {
    "extrefs/0/enable": 0,
    "sigouts/0/autorange": 0,
    "sigouts/0/add": 0,
    "sigouts/0/diff": 0,
    "sigouts/0/imp50": 0,
    "sigouts/0/enables/1": 1,
    "sigouts/0/on": 1,
}
#: 7 mV rms is a peak of 9.9 mV; 2 V rms is a peak of 2.828 V.
MEASUREMENT = {
    "demods/0/timeconstant": 0.3,
    "demods/0/rate": 1674.0,
    "sigins/0/scaling": 1.0,
    "sigins/0/range": 10e-3,
}
OSCILLATOR = {
    "oscs/0/freq": 137.0,
    "sigouts/0/range": 10.0,
    "sigouts/0/offset": 0.0,
    "sigouts/0/amplitudes/1": 2.8284271247,
}
SILENCED: list[Step] = [("setDouble", "sigouts/0/amplitudes/1", 0.0), ("setDouble", "sigouts/0/offset", 0.0)]
WATCHED: list[Step] = [("subscribe", FLAGS), ("subscribe", LOCKED)]


def exchange(choices: Mapping[str, int], numbers: Mapping[str, float], before: list[Step]) -> list[Step]:
    values = {**choices, **numbers}
    return [*before, *sets(values), ("sync", ""), *gets(values), *WATCHED]


def test_an_output_that_is_off_is_turned_on_without_amplitude() -> None:
    looked = gets({**OUTPUT, "sigouts/0/on": 0})
    mfli, script = driver(exchange({**DEMODULATOR, **OUTPUT}, {**MEASUREMENT, **OSCILLATOR}, [*looked, *SILENCED]))
    mfli.configure(SETTINGS)
    assert script.steps == []


def test_an_output_that_is_as_wanted_is_not_interrupted() -> None:
    looked = [*gets(OUTPUT), ("getDouble", "sigouts/0/range", 10.0)]
    mfli, script = driver(exchange({**DEMODULATOR, **OUTPUT}, {**MEASUREMENT, **OSCILLATOR}, looked))
    mfli.configure(SETTINGS)
    assert script.steps == []


@pytest.mark.parametrize(
    ("amplitude_V", "range_V", "peak_V"),
    [
        (1e-3, 0.01, 1.41421356e-3),
        (7.07e-3, 0.01, 9.9984898e-3),
        (7.08e-3, 0.1, 1.00126320e-2),
        (0.07, 0.1, 9.89949494e-2),
        (0.7, 1.0, 0.989949494),
        (0.71, 10.0, 1.00409163),
        (7.0, 10.0, 9.89949494),
    ],
)
def test_amplitudes_are_sent_as_peaks_in_the_smallest_range_that_holds_them(
    amplitude_V: float, range_V: float, peak_V: float
) -> None:
    oscillator = {**OSCILLATOR, "sigouts/0/range": range_V, "sigouts/0/amplitudes/1": peak_V}
    looked = [*gets(OUTPUT), ("getDouble", "sigouts/0/range", range_V)]
    mfli, script = driver(exchange({**DEMODULATOR, **OUTPUT}, {**MEASUREMENT, **oscillator}, looked))
    mfli.configure(replace(SETTINGS, oscillator_V=amplitude_V))
    assert script.steps == []


def test_another_output_range_is_chosen_at_amplitude_zero() -> None:
    looked = [*gets(OUTPUT), ("getDouble", "sigouts/0/range", 1.0)]
    mfli, script = driver(exchange({**DEMODULATOR, **OUTPUT}, {**MEASUREMENT, **OSCILLATOR}, [*looked, *SILENCED]))
    mfli.configure(SETTINGS)
    assert script.steps == []


def test_with_the_option_md_the_output_is_that_of_demodulator_1_alone() -> None:
    mixed = {"sigouts/0/enables/0": 1, "sigouts/0/enables/1": 0, "sigouts/0/enables/2": 0, "sigouts/0/enables/3": 0}
    output = {node: value for node, value in OUTPUT.items() if not node.endswith(("enables/1", "on"))}
    output = {**output, **mixed, "sigouts/0/on": 1}
    numbers = {**MEASUREMENT, **OSCILLATOR, "sigouts/0/amplitudes/0": OSCILLATOR["sigouts/0/amplitudes/1"]}
    del numbers["sigouts/0/amplitudes/1"]
    looked = [*gets(output), ("getDouble", "sigouts/0/range", 10.0)]
    mfli, script = driver(exchange({**DEMODULATOR, **output}, numbers, looked), "F5M\nMD")
    mfli.configure(SETTINGS)
    assert script.steps == []


@pytest.mark.parametrize(
    ("reference_input", "number"),
    [("aux input 1", 8), ("aux input 2", 9), ("trigger input 1", 2), ("trigger input 2", 3)],
)
@pytest.mark.parametrize("options", ["", "MD"])
def test_an_external_reference_leaves_output_and_frequency_alone(
    reference_input: str, number: int, options: str
) -> None:
    chosen = {"demods/1/oscselect": 0, "extrefs/0/demodselect": 1} if options else {}
    follows = {**chosen, "demods/1/adcselect": number, "demods/1/harmonic": 1, "extrefs/0/enable": 1}
    steps = exchange({**DEMODULATOR, **follows}, MEASUREMENT, [])
    steps[-2:-2] = [("getInt", "extrefs/0/adcselect", number)]
    mfli, script = driver(steps, options, reference_input=reference_input)
    mfli.configure(replace(SETTINGS, external_reference=True))
    assert script.steps == []


def test_a_single_ended_input() -> None:
    steps = exchange({**DEMODULATOR, "sigins/0/diff": 0, **OUTPUT}, {**MEASUREMENT, **OSCILLATOR}, [])
    mfli, script = driver(
        [*gets(OUTPUT), ("getDouble", "sigouts/0/range", 10.0), *steps], input_mode="single-ended"
    )
    mfli.configure(SETTINGS)
    assert script.steps == []


@pytest.mark.parametrize(
    ("node", "found"),
    [
        ("sigins/0/diff", 0),
        ("demods/0/order", 4),
        ("sigins/0/range", 30e-3),
        ("oscs/0/freq", 137.001),
        ("sigouts/0/amplitudes/1", 2.0),
        ("sigouts/0/range", 1.0),
        ("sigouts/0/on", 0),
        ("demods/0/timeconstant", 0.31),
    ],
)
def test_a_setting_that_reads_back_as_another(node: str, found: float) -> None:
    looked = [*gets(OUTPUT), ("getDouble", "sigouts/0/range", 10.0)]
    steps = exchange({**DEMODULATOR, **OUTPUT}, {**MEASUREMENT, **OSCILLATOR}, looked)
    last = max(index for index, step in enumerate(steps) if step[1] == node)
    steps[last] = (*steps[last][:2], found)
    mfli, _ = driver(steps)
    with pytest.raises(RefusedError, match=f"{node} was set to .* reads back"):
        mfli.configure(SETTINGS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"oscillator_V": 7.2}, "sine amplitude of 7.2 V; allowed is"),
        ({"oscillator_V": 3e-7}, "finer than the MFLI resolves; the nearest is 3.23"),
        ({"frequency_Hz": 17.1234567}, "the nearest is 17.123457 Hz"),
        ({"frequency_Hz": 500_001.0}, "frequency of 500001 Hz; allowed is"),
        ({"time_constant_s": 84.0}, "time constant of 84 s; allowed is 3.37e-07 to 83 s"),
        ({"filter_slope_dB": 20}, "nearest is 18 dB per octave"),
        ({"sensitivity_V": 10e-3}, "the MFLI has none, the nearest is 0.007 V"),
        ({"oscillator_V": math.nan}, "sine amplitude of nan"),
        ({"sensitivity_V": math.nan}, "nothing was sent"),
    ],
)
def test_what_it_does_not_have_is_refused_and_nothing_is_sent(change: dict[str, float], words: str) -> None:
    mfli, _ = driver([], options=None)
    with pytest.raises(LimitError, match=words):
        mfli.configure(replace(SETTINGS, **change))


@given(st.floats(1.1e-7, 7.07))
def test_an_amplitude_within_a_permille_of_a_step_is_taken_and_any_other_one_is_named(amplitude_V: float) -> None:
    nearest_V = Mfli.nearest_amplitude(amplitude_V)
    ranges = [r for r in (0.01, 0.1, 1.0, 10.0) if amplitude_V * math.sqrt(2) <= r]
    step_V = ranges[0] / 65536 / math.sqrt(2)
    missed_V = abs(amplitude_V - step_V * round(amplitude_V / step_V))
    assert (nearest_V == amplitude_V) is (missed_V <= 1e-3 * amplitude_V) or missed_V == 0.0
    assert abs(nearest_V - amplitude_V) <= 0.5001 * step_V


@pytest.mark.parametrize(("full_scale_V", "range_V"), list(zip(FULL_SCALES_V, INPUT_RANGES_V, strict=True)))
def test_a_sine_wave_of_full_scale_just_fits_its_range(full_scale_V: float, range_V: float) -> None:
    assert 0.9 * range_V < full_scale_V * math.sqrt(2) <= range_V
    mfli, script = driver(
        [
            ("setDouble", "sigins/0/range", range_V),
            ("sync", ""),
            ("getDouble", "sigins/0/range", float(np.float32(range_V))),
            ("getDouble", "sigins/0/range", float(np.float32(range_V))),
        ],
        options=None,
    )
    mfli.set_sensitivity(full_scale_V)
    assert mfli.read_sensitivity() == full_scale_V
    assert script.steps == []


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


def test_a_sample_that_was_read_before_is_stale() -> None:
    first, *rest = reading()
    later = reading(timestamp=np.array([601], dtype=np.uint64))
    mfli, script = driver([first, *WATCHED, *rest, *reading(), *later], options=None)
    assert [mfli.read_xy().flags for _ in range(3)] == [ReadingFlag.GOOD, ReadingFlag.STALE, ReadingFlag.GOOD]
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


def off(node: str, value: float) -> list[Step]:
    return [*sets({node: value}), ("sync", ""), *gets({node: value})]


def test_the_safe_state_is_no_amplitude_no_offset_and_the_output_off() -> None:
    steps = [*off("sigouts/0/amplitudes/1", 0.0), *off("sigouts/0/offset", 0.0), *off("sigouts/0/on", 0)]
    mfli, script = driver(steps)
    mfli.make_safe()
    assert script.steps == []


def test_an_amplitude_that_does_not_go_to_zero_does_not_keep_the_output_on() -> None:
    stuck = [
        ("setDouble", "sigouts/0/amplitudes/1", 0.0),
        ("sync", ""),
        ("getDouble", "sigouts/0/amplitudes/1", 0.5),
    ]
    steps = [*stuck, *stuck, *off("sigouts/0/offset", 0.0), *off("sigouts/0/on", 0)]
    mfli, script = driver(steps)
    with pytest.raises(RefusedError, match=r"amplitudes/1 was set to 0 and reads back 0.5"):
        mfli.make_safe()
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


def test_closing_twice_ends_the_session_once() -> None:
    mfli, script = driver([("disconnect", "")], options=None)
    mfli.close()
    mfli.close()
    assert script.steps == []

"""The MFLI's settings against exchanges written by hand: every node and value, in their order.

Nodes as in the node documentation of the MFLI: amplitudes and ranges are peak volts.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from instruments.drivers.mfli import Mfli
from instruments.drivers.mfli_settings import FULL_SCALES_V, INPUT_RANGES_V
from instruments.errors import LimitError, RefusedError
from instruments.roles import LockInSettings
from tests.instruments.drivers.mfli_script import WATCHED, Step, driver, gets, sets

SETTINGS = LockInSettings(
    oscillator_V=2.0, frequency_Hz=137.0, time_constant_s=0.3, filter_slope_dB=12, sensitivity_V=7e-3
)
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
    assume(abs(missed_V / amplitude_V - 1e-3) > 1e-9)
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

"""What an MFLI can be set to, and the nodes that say so.

Input and output ranges and amplitudes of an MFLI are peak values. A full scale is here, as of every lock-in, an rms
value: that of a sine wave which the input range just holds, rounded down (0.7 mV for 1 mV, 2 mV for 3 mV).
"""

import math
from collections.abc import Mapping

from instruments.errors import LimitError

#: Input ranges, and the full scales that go with them.
INPUT_RANGES_V = (1e-3, 3e-3, 10e-3, 30e-3, 0.1, 0.3, 1.0, 3.0)
FULL_SCALES_V = (0.7e-3, 2e-3, 7e-3, 20e-3, 70e-3, 0.2, 0.7, 2.0)
OUTPUT_RANGES_V = (10e-3, 0.1, 1.0, 10.0)
FILTER_SLOPES = (6, 12, 18, 24, 30, 36, 42, 48)
#: Inputs for an external reference by their name in a station file, in the numbers of ``demods/n/adcselect``.
REFERENCE_INPUTS: Mapping[str, int] = {
    "aux input 1": 8,
    "aux input 2": 9,
    "trigger input 1": 2,
    "trigger input 2": 3,
}
INPUTS: Mapping[str, int] = {"differential": 1, "single-ended": 0}
ROOT_2 = math.sqrt(2)
#: An amplitude may be missed by so much; the output itself is no better than 1 %.
_AMPLITUDE_TOLERANCE = 1e-3
_STEPS = 1 << 16
#: Samples a second that the server is given: the newest is never older than a millisecond.
_RATE_PER_S = 1674.0
_SAME = 0.01
LEAST_AMPLITUDE_V = OUTPUT_RANGES_V[0] / _STEPS / ROOT_2

#: Values of nodes, and by how much they may be missed.
Numbers = dict[str, tuple[float, float]]


def output_range(amplitude_V: float) -> float:
    """Smallest range that holds an amplitude (rms).

    Raises:
        LimitError: there is none.
    """
    for range_V in OUTPUT_RANGES_V:
        if ROOT_2 * amplitude_V <= range_V * (1 + 1e-9):
            return range_V
    raise LimitError(f"asked for a sine amplitude of {amplitude_V:g} V; no output range of the MFLI holds it")


def nearest_amplitude(amplitude_V: float) -> float:
    """The amplitude (rms) itself where a step of the output is near enough, or else the nearest step."""
    step_V = output_range(amplitude_V) / _STEPS / ROOT_2
    nearest_V = round(amplitude_V / step_V) * step_V
    return amplitude_V if abs(nearest_V / amplitude_V - 1) <= _AMPLITUDE_TOLERANCE else nearest_V


def known_range(found_V: float) -> float | None:
    """The input range that a node tells; None when there is no such range."""
    return next((value for value in INPUT_RANGES_V if same(found_V, value)), None)


def same(found: float, wanted: float) -> bool:
    """Whether the instrument has what was asked for, however it writes it."""
    return abs(found / wanted - 1) <= _SAME


def demodulator(order: int, differential: int) -> dict[str, int]:
    """Demodulator 1 on the voltage input: first harmonic, plain filter, running."""
    return {
        "demods/0/adcselect": 0,
        "demods/0/oscselect": 0,
        "demods/0/harmonic": 1,
        "demods/0/order": order,
        "demods/0/sinc": 0,
        "demods/0/bypass": 0,
        "demods/0/trigger": 0,
        "demods/0/enable": 1,
        "sigins/0/on": 1,
        "sigins/0/autorange": 0,
        "sigins/0/imp50": 0,
        "sigins/0/diff": differential,
    }


def measurement(time_constant_s: float, input_range_V: float) -> Numbers:
    """Filter and input."""
    return {
        "demods/0/timeconstant": (time_constant_s, _SAME * time_constant_s),
        "demods/0/rate": (_RATE_PER_S, 0.5 * _RATE_PER_S),
        "sigins/0/scaling": (1.0, 1e-9),
        "sigins/0/range": (input_range_V, _SAME * input_range_V),
    }


def external_reference(input_number: int, has_md: bool) -> dict[str, int]:
    """Demodulator 2 compares the reference with oscillator 1; with the option MD it has to be told so."""
    chosen = {"demods/1/oscselect": 0, "extrefs/0/demodselect": 1} if has_md else {}
    return {**chosen, "demods/1/adcselect": input_number, "demods/1/harmonic": 1, "extrefs/0/enable": 1}


def amplitude_node(has_md: bool) -> str:
    """The amplitude of oscillator 1 at the output: without the option MD it is that of demodulator 2."""
    return f"sigouts/0/amplitudes/{0 if has_md else 1}"


def output(has_md: bool) -> dict[str, int]:
    """Oscillator 1 alone, between the output and ground, its amplitude that of an open circuit."""
    mixed = {f"sigouts/0/enables/{n}": 0 for n in range(4)} if has_md else {}
    return {
        "extrefs/0/enable": 0,
        "sigouts/0/autorange": 0,
        "sigouts/0/add": 0,
        "sigouts/0/diff": 0,
        "sigouts/0/imp50": 0,
        **mixed,
        amplitude_node(has_md).replace("amplitudes", "enables"): 1,
        "sigouts/0/on": 1,
    }


def oscillator(amplitude_V: float, frequency_Hz: float, has_md: bool) -> Numbers:
    """Frequency and output; the amplitude, given as rms, comes last."""
    range_V, peak_V = output_range(amplitude_V), ROOT_2 * amplitude_V
    step_V = range_V / _STEPS
    return {
        "oscs/0/freq": (frequency_Hz, 1e-6 + 1e-9 * frequency_Hz),
        "sigouts/0/range": (range_V, _SAME * range_V),
        "sigouts/0/offset": (0.0, step_V),
        amplitude_node(has_md): (peak_V, max(step_V, _AMPLITUDE_TOLERANCE * peak_V)),
    }

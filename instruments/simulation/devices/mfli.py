"""Zurich Instruments MFLI lock-in amplifier: its nodes, the output driving the sample through a ballast resistor.

Source: types, writability and meanings of nodes from the MFLI's node documentation ("next higher available range",
"peak amplitude"), orders and limits from its specifications. Without the option MD: one oscillator, demodulator 2
for the output and the reference. Amplitudes in steps of a 65536th of their range are seen in a value that a user's
program kept. A range is taken as the peak that a sine wave may reach; flags follow the input at once and not 0.1 s
later. Demodulator 1 runs at the start, and a sample is as new as the question.

Not simulated: input impedance, coupling, floating, single-ended or current input, which are kept only.
Not simulated: a differential output, and the aux input that is added to the output; they are kept only.
Not simulated: the demodulator's sample rate, sinc filter and trigger; harmonics of the signal, which has none.
Not simulated: the protocol of the data server, which is not public: nothing reaches this instrument through TCP,
and ``fluxoid simulate`` names it as not served.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np

from instruments.clock import Clock
from instruments.simulation.cryostat import ChannelKind, Cryostat, Drive
from instruments.simulation.devices.signal_path import SignalPath, wrapped_deg
from instruments.simulation.nodes import NodeTree

INPUT_RANGES_V = (1e-3, 3e-3, 10e-3, 30e-3, 0.1, 0.3, 1.0, 3.0)
OUTPUT_RANGES_V = (10e-3, 0.1, 1.0, 10.0)
TICKS_PER_S = 60e6
STEPS = 1 << 16
HIGHEST_ORDER = 8
SHORTEST_S, LONGEST_S = 337e-9, 83.0
#: Bits of status/flags/binary.
INPUT_OVERFLOW, OUTPUT_CLIPS, LOCKED = 1 << 0, 1 << 5, 1 << 7
_FLAGS, _LOCKED = "status/flags/binary", "extrefs/0/locked"
_HIGHEST_HZ = {"": 500e3, "F5M": 5e6}
#: Trigger and aux inputs, in the numbers of adcselect.
_REFERENCE_INPUTS = (2, 3, 8, 9)
#: Sample rates are this, halved again and again.
_FASTEST_PER_S = 857142.857142857
T = TypeVar("T", int, float)


def _next_higher(value: float, ranges: Sequence[float]) -> float:
    return ranges[min(bisect_left(ranges, value * (1 - 1e-6)), len(ranges) - 1)]


def _within(low: T, high: T) -> Callable[[T], T]:
    return lambda value: min(max(value, low), high)


def _rate(rate_per_s: float) -> float:
    halvings = round(math.log2(_FASTEST_PER_S / min(max(rate_per_s, 0.05), _FASTEST_PER_S)))
    return _FASTEST_PER_S / float(2**halvings)


class Mfli(SignalPath, NodeTree):
    """Nodes, filter and flags of an MFLI; ``options`` are words such as ``MD``, separated by blanks."""

    streams = ("demods/0/sample",)

    def __init__(
        self,
        clock: Clock,
        cryostat: Cryostat,
        ballast_ohm: float,
        *,
        device: str = "dev1234",
        contacts: ChannelKind = "longitudinal",
        options: str = "",
    ) -> None:
        super().__init__(device, "MFLI", clock, TICKS_PER_S)
        self._join(clock, cryostat, ballast_ohm, contacts, f"mfli {device}")
        self._options = options.split()
        self.oscillator_V, self.frequency_Hz, self.phase_deg = 0.0, 1000.0, 0.0
        self.harmonic, self.internal = 1, 1
        self.time_constant, self.order = 0.1, 4
        self.input_range_V, self.output_range_V = 3.0, 1.0
        self.input_select = 0
        self.demodulating, self.output_on = 1, 0
        #: Amplitudes in V peak, and whether each reaches the output, by the number of the demodulator.
        self.amplitudes_V = dict.fromkeys(range(4) if "MD" in self._options else (1,), 0.0)
        self.enables = dict.fromkeys(self.amplitudes_V, 0)
        self._told: tuple[int, int] = (0, 0)
        self._filter.set_order(self.order)
        self._plant()
        cryostat.attach(self)

    @property
    def time_constant_s(self) -> float:
        """Time constant of the filter."""
        return self.time_constant

    @property
    def voltage_input(self) -> bool:
        """Whether demodulator 1 has the voltage input."""
        return self.input_select == 0

    @property
    def input_limit_V(self) -> float:
        """Largest rms voltage of a sine wave before the input overflows."""
        return self.input_range_V / math.sqrt(2)

    def refresh(self) -> None:
        """Bring cryostat and filter to now."""
        self._update()

    def sample(self, path: str) -> Mapping[str, Any]:
        """The newest sample of demodulator 1, in V rms."""
        if path not in self.streams:
            return super().sample(path)
        if not self.demodulating:
            raise TimeoutError(f"Timeout while waiting for a sample of /{self.device}/{path}")
        output = self._filter.output
        values = {"x": output.real, "y": output.imag, "frequency": self.frequency_Hz, "phase": 0.0}
        arrays = {name: np.array([value]) for name, value in values.items()}
        return {"timestamp": np.array([self.ticks()], dtype=np.uint64), **arrays}

    def flags(self) -> int:
        """Status flags of this moment."""
        clips = self.output_on and self._mixed_V() > self.output_range_V * (1 + 1e-9)
        register = (INPUT_OVERFLOW if self._overloaded else 0) | (OUTPUT_CLIPS if clips else 0)
        return register | (LOCKED if self._is_locked() else 0)

    def _is_locked(self) -> int:
        return int(not self.internal and not self._unlocked)

    def _latch_overload(self) -> None:
        now = (self.flags(), self._is_locked())
        for path, before, value in zip((_FLAGS, _LOCKED), self._told, now, strict=True):
            if value != before:
                self.publish(path, value)
        self._told = now

    def _slipped(self) -> None:
        self._told = (self._told[0] & ~LOCKED, 0)
        self.publish(_FLAGS, self._told[0])
        self.publish(_LOCKED, 0)

    def _mixed_V(self) -> float:
        return sum(abs(value) for n, value in self.amplitudes_V.items() if self.enables[n])

    def _drive(self) -> None:
        """The output has changed."""
        peak_V = min(self._mixed_V(), self.output_range_V) if self.output_on else 0.0
        self.oscillator_V = peak_V / math.sqrt(2)
        self._changed()

    def _locked(self, drive: Drive | None) -> bool:
        """The reference comes in at any input that is none of the measured ones."""
        return super()._locked(drive) and (
            bool(self.internal) or self.get("demods/1/adcselect", int) in _REFERENCE_INPUTS
        )

    # nodes

    def _plant(self) -> None:
        self.tell("features/options", str, lambda: "\n".join(self._options))
        self.tell("system/fwrevision", int, lambda: 70731)
        self.tell(_FLAGS, int, self.flags)
        self.tell(_LOCKED, int, self._is_locked)
        self._plant_demodulators()
        self._plant_input()
        self._plant_output()

    def _plant_demodulators(self) -> None:
        highest_Hz = max(_HIGHEST_HZ[option] for option in ("", *self._options) if option in _HIGHEST_HZ)
        self._turned("oscs/0/freq", float, "frequency_Hz", lambda f: round(_within(0.0, highest_Hz)(f), 6))
        self._turned("demods/0/adcselect", int, "input_select", _within(0, 174))
        self._turned("demods/0/harmonic", int, "harmonic", _within(1, 1023))
        self._turned("demods/0/phaseshift", float, "phase_deg", lambda phase: wrapped_deg(phase, 5))
        self._turned("demods/0/timeconstant", float, "time_constant", _within(SHORTEST_S, LONGEST_S))
        self._turned("demods/0/enable", int, "demodulating", _within(0, 1))
        self.knob("demods/0/order", int, lambda: self.order, self._set_order)
        self.tell("demods/0/freq", float, lambda: self.frequency_Hz * self.harmonic)
        self.knob("extrefs/0/enable", int, lambda: 1 - self.internal, self._set_external)
        self.tell("extrefs/0/adcselect", int, lambda: int(self.get("demods/1/adcselect", int)))
        self.tell("extrefs/0/oscselect", int, lambda: 0)
        self._kept("extrefs/0/automode", 4, _within(0, 4))
        md = "MD" in self._options
        for n in range(4 if md else 2):
            self._kept(f"demods/{n}/oscselect", n if md else 0, _within(0, 3 if md else 0))
            self._kept(f"demods/{n}/rate", _rate(1674.0), _rate)
            for name, most in (("sinc", 1), ("bypass", 1), ("trigger", 48)):
                self._kept(f"demods/{n}/{name}", 0, _within(0, most))
            if n:
                self._kept(f"demods/{n}/adcselect", 0, _within(0, 174))
                self._kept(f"demods/{n}/harmonic", 1, _within(1, 1023))
        if md:
            self._kept("extrefs/0/demodselect", 1, _within(0, 3))
        else:
            self.tell("extrefs/0/demodselect", int, lambda: 1)

    def _plant_input(self) -> None:
        self._turned("sigins/0/range", float, "input_range_V", lambda v: _next_higher(v, INPUT_RANGES_V))
        for name, start in (("on", 1), ("diff", 0), ("ac", 0), ("imp50", 0), ("float", 0), ("autorange", 0)):
            self._kept(f"sigins/0/{name}", start, _within(0, 1))
        self._kept("sigins/0/scaling", 1.0, _within(1e-12, 1e12))

    def _plant_output(self) -> None:
        self.knob("sigouts/0/on", int, lambda: self.output_on, lambda on: self._switch("output_on", int(on != 0)))
        self.knob("sigouts/0/range", float, lambda: self.output_range_V, self._set_output_range)
        self.tell("sigouts/0/over", int, lambda: int(bool(self.flags() & OUTPUT_CLIPS)))
        for n in self.amplitudes_V:
            self.knob(
                f"sigouts/0/amplitudes/{n}", float, partial(self.amplitudes_V.__getitem__, n), self._amplifier(n)
            )
            self.knob(f"sigouts/0/enables/{n}", int, partial(self.enables.__getitem__, n), self._enabler(n))
        self._kept("sigouts/0/offset", 0.0, self._stepped)
        for name in ("add", "diff", "imp50", "autorange"):
            self._kept(f"sigouts/0/{name}", 0, _within(0, 1))

    def _kept(self, path: str, start: T, snap: Callable[[T], T]) -> None:
        """A node that is stored and does nothing."""
        kept = [start]

        def write(value: T) -> None:
            kept[0] = snap(value)

        self.knob(path, type(start), lambda: kept[0], write)

    def _turned(self, path: str, kind: type[T], attribute: str, snap: Callable[[T], T]) -> None:
        """A node that the signal path depends on."""
        self.knob(path, kind, lambda: getattr(self, attribute), lambda value: self._turn(attribute, snap(value)))

    def _switch(self, attribute: str, value: float) -> None:
        setattr(self, attribute, value)
        self._drive()

    def _set_order(self, order: int) -> None:
        self.order = min(max(order, 1), HIGHEST_ORDER)
        self._filter.set_order(self.order)

    def _set_external(self, on: int) -> None:
        self._turn("internal", int(on == 0))

    def _set_output_range(self, value: float) -> None:
        self._switch("output_range_V", _next_higher(value, OUTPUT_RANGES_V))

    def _stepped(self, value: float) -> float:
        step_V = self.output_range_V / STEPS
        return min(max(round(value / step_V) * step_V, -self.output_range_V), self.output_range_V)

    def _amplifier(self, n: int) -> Callable[[float], None]:
        def write(value: float) -> None:
            self.amplitudes_V[n] = self._stepped(value)
            self._drive()

        return write

    def _enabler(self, n: int) -> Callable[[int], None]:
        def write(on: int) -> None:
            self.enables[n] = int(on != 0)
            self._drive()

        return write

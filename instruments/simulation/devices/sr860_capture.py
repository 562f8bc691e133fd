"""Capture buffer of an SR860 and SR865A: samples of the outputs at a rate, from a trigger on, read as a block.

Source: SR865A's manual, data capture commands (chapter 4, pages 134 to 139): buffer of 2 kbyte blocks, rate a power
of two below a maximum that falls with the time constant (1.25 MHz at most), what each query says during and after a
capture. How far the maximum falls is in no source: at most 1000 samples in a time constant here. A hardware trigger
is ``*TRG``. A capture stops at once, not at the end of a block.
"""

import cmath
import math
import struct
from enum import IntEnum

from instruments.simulation.wire import Block, out_of_range

FASTEST_HZ, MOST_HALVINGS = 1.25e6, 20
LONGEST_KB, LONGEST_BLOCK_KB = 4096, 64
_KB, _BLOCK = 1024, 2048
_PER_TIME_CONSTANT = 1000.0
_SAMPLE_BYTES = 4
_RUNNING, _TRIGGERED, _WRAPPED = 1, 2, 4


class Trigger(IntEnum):
    """What begins a capture, or takes each of its samples."""

    IMMEDIATE = 0
    START = 1
    SAMPLE = 2


def fastest_rate_Hz(time_constant_s: float) -> float:
    """The maximum rate at a time constant: a power of two below 1.25 MHz."""
    excess = FASTEST_HZ * time_constant_s / _PER_TIME_CONSTANT
    return float(FASTEST_HZ / 2 ** max(math.ceil(math.log2(excess)), 0))


def _columns(config: int, output: complex) -> tuple[float, ...]:
    polar = (abs(output), math.degrees(cmath.phase(output)))
    return ((output.real,), (output.real, output.imag), polar, (output.real, output.imag, *polar))[config]


class CaptureBuffer:
    """Settings, samples and progress; whoever owns it takes the samples when they are due."""

    def __init__(self) -> None:
        self.config, self.length_kB, self.halvings = 0, 256, 0
        self.reset()

    def reset(self) -> None:
        """Forget samples and status."""
        self.due_s = math.inf
        self._data = bytearray()
        self._running = self._triggered = self._wrapped = self._continuous = False
        self._trigger = Trigger.IMMEDIATE

    def set_config(self, config: int) -> None:
        """Which outputs are captured; forgets what was."""
        self.config = config
        self.reset()

    def set_length(self, length_kB: int) -> None:
        """Length, rounded up to blocks; forgets what was captured."""
        self.length_kB = length_kB + length_kB % 2
        self.reset()

    def period_s(self, time_constant_s: float) -> float:
        """Time between two samples."""
        return float(2**self.halvings / fastest_rate_Hz(time_constant_s))

    def start(self, now_s: float, time_constant_s: float, *, continuous: bool, trigger: Trigger) -> None:
        """Begin anew, or wait for the trigger."""
        self.reset()
        self._running, self._continuous, self._trigger = True, continuous, trigger
        if trigger is Trigger.IMMEDIATE:
            self._begin(now_s + self.period_s(time_constant_s))

    def stop(self) -> None:
        """End a capture."""
        self._running, self.due_s = False, math.inf

    def triggered(self, now_s: float, time_constant_s: float, output: complex) -> bool:
        """A trigger came: the capture begins, or takes one sample; returns whether that was the last."""
        if self._running and self._trigger is Trigger.SAMPLE:
            self._triggered = True
            return self._append(output)
        if self._running and not self._triggered:
            self._begin(now_s + self.period_s(time_constant_s))
        return False

    def _begin(self, due_s: float) -> None:
        self._triggered, self.due_s = True, due_s

    def skip_to(self, at_s: float, time_constant_s: float) -> None:
        """Leave out samples of a continuous capture that are overwritten before ``at_s``."""
        period_s = self.period_s(time_constant_s)
        surplus = (at_s - self.due_s) / period_s - self.length_kB * _KB / self._sample_bytes
        if self._continuous and 0 < surplus < math.inf:
            self.due_s += math.floor(surplus) * period_s

    def take(self, output: complex, time_constant_s: float) -> bool:
        """The sample that is due; returns whether it was the last: one shot ends when the buffer is full."""
        self.due_s += self.period_s(time_constant_s)
        return self._append(output)

    def _append(self, output: complex) -> bool:
        columns = _columns(self.config, output)
        self._data += struct.pack(f"<{len(columns)}f", *columns)
        if len(self._data) < self.length_kB * _KB:
            return False
        self._wrapped = True
        if self._continuous:
            del self._data[:_BLOCK]
        else:
            self.stop()
        return not self._continuous

    @property
    def _sample_bytes(self) -> int:
        return _SAMPLE_BYTES * (1, 2, 2, 4)[self.config]

    def status(self) -> int:
        """Running (1, from the trigger on), triggered (2), wrapped (4)."""
        running = _RUNNING if self._running and self._triggered else 0
        return running | (_TRIGGERED if self._triggered else 0) | (_WRAPPED if self._wrapped else 0)

    def captured_bytes(self) -> int:
        """Bytes captured thus far."""
        return len(self._data)

    def captured_kB(self) -> int:
        """The same in blocks, after a capture; raises Refusal during one."""
        self._check_stopped()
        if self._continuous and self._wrapped:
            return self.length_kB
        return -(-len(self._data) // _BLOCK) * 2

    def sample(self, index: int) -> tuple[float, ...]:
        """A sample, the oldest being 0; zeros where nothing was captured."""
        size = self._sample_bytes
        if index >= self.length_kB * _KB // size:
            raise out_of_range()
        data = self._data[index * size : (index + 1) * size].ljust(size, b"\0")
        return struct.unpack(f"<{size // _SAMPLE_BYTES}f", data)

    def block(self, offset_kB: int, length_kB: int) -> Block:
        """Part of the buffer as a block of IEEE 488.2; beyond its end it begins again. Raises Refusal during a
        capture."""
        self._check_stopped()
        whole = bytes(self._data.ljust(self.length_kB * _KB, b"\0"))
        begin, count = offset_kB * _KB % len(whole), length_kB * _KB
        repeated = whole * (1 + (begin + count) // len(whole))
        size = str(count)
        return Block(f"#{len(size)}{size}".encode("ascii") + repeated[begin : begin + count])

    def _check_stopped(self) -> None:
        if self._running:
            raise out_of_range()

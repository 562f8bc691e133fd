"""What every simulated lock-in does with the sample's voltage: reference, phase-sensitive detectors, filter.

The oscillator of the one at the longitudinal contacts drives the sample through a ballast resistor; one at the Hall
contacts drives nothing, and its reference input is wired to the oscillator of the one that drives. An oscillator of
its own does not keep step with the one that drives. A locked external reference shows the frequency that it follows
and loses its lock for a moment when that changes.
"""

import cmath
import math
from abc import ABC, abstractmethod
from collections.abc import Callable

from instruments.clock import Clock
from instruments.simulation.cryostat import ChannelKind, Cryostat, Drive
from instruments.simulation.devices.lock_in_filter import FilterCascade
from instruments.simulation.wire import parse_int

#: A filter of any slope has forgotten its input after so many time constants, and follows it in steps of so many.
MEMORY_TIME_CONSTANTS = 12.0
STRIDE_TIME_CONSTANTS = 2.0


def wrapped_deg(phase_deg: float, decimals: int = 2) -> float:
    """A phase between -180 and 180 degrees, in the steps of the instrument."""
    return round((phase_deg + 180.0) % 360.0 - 180.0, decimals)


def rounded_frequency(frequency_Hz: float, digits: int) -> float:
    """An oscillator's resolution: so many digits, or 0.1 mHz where that is coarser."""
    return round(float(f"{frequency_Hz:.{digits}g}"), 4)


def whole(low: int, high: int) -> Callable[[str], str]:
    """A check of a stored register: whole numbers only."""
    return lambda text: str(parse_int(text, low, high))


class SignalPath(ABC):
    """Half of a simulated lock-in; the other half is its wire, which turns faults into status bits."""

    oscillator_V: float
    frequency_Hz: float
    phase_deg: float
    harmonic: int
    internal: int
    _followed_Hz: float | None = None
    _overloaded = _unlocked = False

    def _join(self, clock: Clock, cryostat: Cryostat, ballast_ohm: float, contacts: ChannelKind, name: str) -> None:
        """Take a place on the cryostat; ``cryostat.attach(self)`` follows when the knobs stand."""
        self._clock = clock
        self._cryostat = cryostat
        self._ballast_ohm = ballast_ohm
        self._contacts: ChannelKind = contacts
        self._drives = contacts == "longitudinal"
        self._noise_V_per_sqrtHz = cryostat.sample.signal.voltage_noise_V_per_sqrtHz
        self._filter = FilterCascade(cryostat.noise_source(name))
        self._time_s = clock.now()

    @property
    @abstractmethod
    def time_constant_s(self) -> float:
        """Time constant of the filter."""

    @property
    @abstractmethod
    def voltage_input(self) -> bool:
        """Whether a voltage input is chosen; nothing is connected to a current input."""

    @property
    @abstractmethod
    def input_limit_V(self) -> float:
        """Largest rms voltage before the input overloads."""

    @abstractmethod
    def _latch_overload(self) -> None:
        """Latch what is wrong at this moment: ``_overloaded``, ``_unlocked`` and the outputs."""

    @abstractmethod
    def _slipped(self) -> None:
        """The lock was lost for a moment."""

    def next_look_s(self, now_s: float) -> float:
        """Far enough for the filter to follow: its input is a straight line in between, which a steep one is not.

        What is older than the filter's memory is forgotten whatever its shape.
        """
        time_constant_s = self.time_constant_s
        elapsed_s, memory_s = now_s - self._time_s, MEMORY_TIME_CONSTANTS * time_constant_s
        if elapsed_s > memory_s + time_constant_s:
            return now_s - memory_s
        return self._time_s + min(elapsed_s, STRIDE_TIME_CONSTANTS * time_constant_s)

    def look(self, at_s: float) -> None:
        """Take the filter to this moment."""
        self._follow(at_s, self._signal())
        self._latch_overload()

    def _follow(self, at_s: float, signal: complex) -> None:
        """Let the filter follow its input, in a straight line, to what it is at this moment."""
        self._filter.advance(at_s - self._time_s, signal, self.time_constant_s, self._noise_V_per_sqrtHz)
        self._time_s = at_s

    def _signal(self) -> complex:
        """What the phase-sensitive detectors see, in V rms; also finds what is wrong at the input."""
        if self._drives:
            self._cryostat.drive = Drive(self.oscillator_V / self._ballast_ohm, self.frequency_Hz)
        drive = self._cryostat.drive
        in_phase, quadrature = self._cryostat.lock_in_signal_V(*drive, self._contacts) if drive else (0.0, 0.0)
        self._overloaded = self.voltage_input and math.hypot(in_phase, quadrature) > self.input_limit_V
        locked = self._locked(drive)
        self._follow_reference(drive if locked and not self.internal else None)
        self._unlocked = not locked
        in_step = self.internal if self._drives else not self.internal
        if not (locked and in_step and self.voltage_input and self.harmonic == 1):
            return 0j
        return complex(in_phase, quadrature) * cmath.rect(1.0, -math.radians(self.phase_deg))

    def _locked(self, drive: Drive | None) -> bool:
        """Its own oscillator always; an external one when there is one, at the reference input of the others."""
        return bool(self.internal) or (not self._drives and drive is not None)

    def _follow_reference(self, drive: Drive | None) -> None:
        """Show the frequency of the external reference; a step of it unlocks for a moment."""
        followed_Hz = drive.frequency_Hz if drive is not None else None
        if followed_Hz is not None and self._followed_Hz not in (None, followed_Hz):
            self._slipped()
        if followed_Hz is not None:
            self.frequency_Hz = followed_Hz
        self._followed_Hz = followed_Hz

    def _update(self) -> None:
        """Bring cryostat and filter to now, and latch what overloads at this moment."""
        self._cryostat.advance()
        self._latch_overload()

    def _changed(self) -> None:
        """A knob was turned: the input starts anew from here, and the new range may overload."""
        self._filter.jump(self._signal())
        self._latch_overload()

    def _turn(self, attribute: str, value: float) -> None:
        """Turn a knob that the signal path depends on."""
        self._update()
        setattr(self, attribute, value)
        self._changed()

"""Two ways to read a resistance: lock-in, and DC with reversal of the current."""

import math
from collections import deque
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from instruments.errors import ConfigurationError, GuardTripped
from instruments.roles import CurrentSource, LockIn, LockInSettings, ReadingFlag, Voltmeter
from instruments.station import Station
from procedures.bench import Bench

#: Full settling of an RC cascade to well below 1 % takes this many time constants, by slope in dB per octave
#: (1 to 4 poles; tail of the gamma distribution, below 0.7 % each).
SETTLING_TIME_CONSTANTS = {6: 5.0, 12: 7.0, 18: 9.0, 24: 10.0}


@dataclass(frozen=True, slots=True)
class ResistanceReading:
    """One resistance; ``age_s`` is how long before now the reading's centre of weight lies."""

    resistance_ohm: float
    quadrature_ohm: float
    age_s: float
    flags: ReadingFlag


class Readout(Protocol):
    """A way to read a resistance.

    A reading takes ``period_s``; ``smearing_s`` is the standard deviation in time of what it weighs.
    """

    period_s: float
    smearing_s: float

    def prepare(self, bench: Bench) -> None:
        """Configure the instruments and turn the excitation on."""
        ...

    def measure(self, bench: Bench) -> ResistanceReading:
        """One reading, taking about ``period_s``."""
        ...

    def release(self, bench: Bench) -> None:
        """Turn the excitation off or to its minimum."""
        ...


@dataclass
class LockInReadout:
    """The lock-in's oscillator drives the sample through the ballast resistor; R = X / I.

    ``contacts`` says which lock-in is read: the one that drives, or the one at the Hall contacts, which then
    follows the other's reference. Readings are spaced by the filter's settling time, so that they are
    independent. A reading that overloads is flagged; the full scale is then widened, between readings and never
    within one, and the next is flagged too.
    """

    current_A: float
    frequency_Hz: float
    time_constant_s: float
    filter_slope_dB: int
    sensitivity_V: float
    contacts: Literal["longitudinal", "hall"] = "longitudinal"

    def __post_init__(self) -> None:
        self.period_s = SETTLING_TIME_CONSTANTS[self.filter_slope_dB] * self.time_constant_s
        # an n-pole RC cascade delays a slow signal by n time constants
        poles = self.filter_slope_dB / 6
        self._delay_s = poles * self.time_constant_s
        self.smearing_s = math.sqrt(poles) * self.time_constant_s

    def settings(self, ballast_ohm: float) -> LockInSettings:
        """What the instrument is set to for the chosen current."""
        return LockInSettings(
            oscillator_V=self.current_A * ballast_ohm,
            frequency_Hz=self.frequency_Hz,
            time_constant_s=self.time_constant_s,
            filter_slope_dB=self.filter_slope_dB,
            sensitivity_V=self.sensitivity_V,
        )

    def prepare(self, bench: Bench) -> None:
        """Set the lock-in up and let its filter settle."""
        station = bench.station
        station.limits.excitation.check_current(self.current_A)
        settings = self.settings(station.wiring.lock_in_ballast_ohm)
        driving_lock_in(station).configure(settings)
        lock_in = self._lock_in(station)
        if self.contacts == "hall":
            lock_in.configure(replace(settings, external_reference=True))
        bench.pause(2 * self.period_s)
        lock_in.read_xy()  # clears what latched while settling
        self._range_changed = False

    def measure(self, bench: Bench) -> ResistanceReading:
        """X and Y after one settling time."""
        bench.pause(self.period_s)
        lock_in = self._lock_in(bench.station)
        reading = lock_in.read_xy()
        flags = reading.flags
        if self._range_changed:
            flags |= ReadingFlag.RANGE_CHANGED
            self._range_changed = False
        if reading.flags & ReadingFlag.OVERLOAD:
            self._widen(bench, lock_in)
        return ResistanceReading(reading.x_V / self.current_A, reading.y_V / self.current_A, self._delay_s, flags)

    def release(self, bench: Bench) -> None:
        """Oscillator to its minimum."""
        driving_lock_in(bench.station).make_safe()

    def _widen(self, bench: Bench, lock_in: LockIn) -> None:
        if widen(bench, lock_in):
            self._range_changed = True

    def _lock_in(self, station: Station) -> LockIn:
        if self.contacts == "longitudinal":
            return driving_lock_in(station)
        if station.hall_lock_in is None:
            raise ConfigurationError(
                f"station {station.name} has no lock-in at the Hall contacts; choose the DC reversal read-out"
            )
        return station.hall_lock_in


def driving_lock_in(station: Station) -> LockIn:
    """The lock-in whose oscillator drives the sample, or a ConfigurationError."""
    if station.lock_in is None:
        raise ConfigurationError(f"station {station.name} has no lock-in; choose the DC reversal read-out")
    return station.lock_in


def widen(bench: Bench, lock_in: LockIn) -> bool:
    """The next wider full scale after an overload; False at the widest."""
    now_V = lock_in.read_sensitivity()
    wider = [s for s in lock_in.sensitivities() if s > now_V * (1 + 1e-6)]
    if not wider:
        bench.warn(f"lock-in overload at its widest full scale of {now_V:g} V")
        return False
    bench.warn(f"lock-in overload at {now_V:g} V full scale; widened to {wider[0]:g} V")
    lock_in.set_sensitivity(wider[0])
    return True


@dataclass
class DcReversalReadout:
    """Voltages at +I, -I, +I: R = (V1 - 2 V2 + V3) / 4I removes offset and linear drift of thermal voltages.

    See Keithley, Low Level Measurements Handbook, 7th ed., section 3.3.2 (three-step delta method).
    """

    current_A: float
    compliance_V: float
    integration_plc: float
    range_V: float
    channel: int
    settle_s: float = 0.05
    line_frequency_Hz: float = 50.0

    def __post_init__(self) -> None:
        self._conversion_s = self.integration_plc / self.line_frequency_Hz
        self.period_s = 3 * (self.settle_s + self._conversion_s)
        # weights 1/4, 1/2 and 1/4 at a third of the period from each other
        self.smearing_s = self.period_s / 3 / math.sqrt(2)

    def prepare(self, bench: Bench) -> None:
        """Set source and voltmeter up and turn the output on at zero current."""
        source, voltmeter = self._instruments(bench.station)
        bench.station.limits.excitation.check_current(self.current_A)
        bench.station.limits.excitation.check_compliance(self.compliance_V)
        source.configure(self.compliance_V, abs(self.current_A))
        voltmeter.configure(self.channel, self.integration_plc, self.range_V)
        source.set_current(0.0)
        source.set_output(True)

    def measure(self, bench: Bench) -> ResistanceReading:
        """One triple of voltages; the source is left at +I."""
        source, voltmeter = self._instruments(bench.station)
        flags = ReadingFlag.GOOD
        voltages = []
        for sign in (1, -1, 1):
            source.set_current(sign * self.current_A)
            bench.pause(self.settle_s)
            reading = voltmeter.read_voltage()
            flags |= reading.flags
            voltages.append(reading.value)
            flags |= flags_of_source(source)
        resistance = (voltages[0] - 2 * voltages[1] + voltages[2]) / (4 * self.current_A)
        return ResistanceReading(resistance, math.nan, self.period_s / 2, flags)

    def release(self, bench: Bench) -> None:
        """Zero current, output off."""
        self._instruments(bench.station)[0].make_safe()

    @staticmethod
    def _instruments(station: Station) -> tuple[CurrentSource, Voltmeter]:
        if station.current_source is None or station.voltmeter is None:
            raise ConfigurationError(
                f"station {station.name} needs a current source and a voltmeter for the DC reversal read-out"
            )
        return station.current_source, station.voltmeter


def flags_of_source(source: CurrentSource) -> ReadingFlag:
    """IN_COMPLIANCE at the source's voltage limit.

    Raises:
        GuardTripped: the output is off; without a current every sample would look superconducting.
    """
    if not source.output_is_on():
        raise GuardTripped(
            "the current source's output went off by itself (an interlock, or somebody at its panel?); the run was"
            " stopped"
        )
    return ReadingFlag.IN_COMPLIANCE if source.in_compliance() else ReadingFlag.GOOD


class History:
    """The last few readings of a slow quantity, to know its value at the instant a reading refers to.

    The newest reading is carried to that instant with the rate of change over all that are kept. Interpolating
    between neighbours would mix their noise, and make one point's error the next one's too.
    """

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=16)

    def add(self, time_s: float, value: float) -> None:
        """Keep one sample; times rise."""
        self._samples.append((time_s, value))

    def at(self, time_s: float) -> float:
        """The value at an instant close to the newest sample."""
        (first_s, first), (last_s, last) = self._samples[0], self._samples[-1]
        if last_s == first_s:
            return last
        return last + (last - first) / (last_s - first_s) * (time_s - last_s)

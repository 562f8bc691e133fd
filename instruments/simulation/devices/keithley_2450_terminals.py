"""The terminals of a Keithley 2450: what it sources there, and what a conversion finds.

Source: Model 2450 reference manual (2450-901-01). As a current source it charges the gate up to its voltage limit.
Resistance is voltage by current, whichever is sourced. Noise per reading at one power-line cycle: a share of the
range, falling as 1/sqrt(cycles); 50 Hz mains.
"""

import math

from instruments.clock import Clock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.devices.keithley_2400 import MAINS_HZ, OVER_RANGE, OVERFLOW, STEPS_PER_RANGE
from instruments.simulation.devices.keithley_2450_buffers import Measured, Reading
from instruments.simulation.devices.keithley_2450_functions import RANGES
from instruments.simulation.devices.keithley_2450_settings import Keithley2450Settings

_PROTECTED, _READ_BACK, _LIMITED, _FOUR_WIRE, _OUTPUT_ON = 0x04, 0x08, 0x20, 0x40, 0x80
_FRONT = 0x08
_NOISE = {"VOLT": 1e-5, "CURR": 2e-5}


class Keithley2450Terminals(Keithley2450Settings):
    """Settings, and what they do at the gate."""

    def _join(self, clock: Clock, cryostat: Cryostat, name: str) -> None:
        """Take the gate of the cryostat; ``cryostat.attach(self)`` follows when the settings stand."""
        self._clock, self._cryostat, self._gate = clock, cryostat, cryostat.gate
        self._noise = cryostat.noise_source(name)
        self._epoch_s = clock.unix_time() - clock.now()
        self._unsettled_s = 0.0
        self._load_defaults()

    def _ceiling_V(self) -> float:
        return OVER_RANGE * 200.0 if self.protection == "NONE" else float(self.protection.removeprefix("PROT"))

    def _drive(self) -> None:
        self._cryostat.advance()
        self._apply()

    def _apply(self) -> None:
        """The gate as the settings want it, at the moment where the cryostat is."""
        source, gate, ceiling_V = self.source, self._gate, self._ceiling_V()
        step = source.range / STEPS_PER_RANGE
        level = round(source.level / step) * step
        if self.function == "VOLT":
            gate.source_V = min(max(level, -ceiling_V), ceiling_V)
            gate.compliance_A = min(source.limit, OVER_RANGE * self.measuring_range("CURR"))
        else:
            gate.source_V, gate.compliance_A = math.copysign(min(source.limit, ceiling_V), level), abs(level)
        gate.output_on = self.output
        gate.advance(0.0)

    def _source_changed(self) -> None:
        self._unsettled_s = 0.0 if self.source.auto_delay else self.source.delay_s
        self._drive()

    def _tripped(self, function: str) -> bool:
        self._cryostat.advance()
        return function == self.function and self._limited()

    def _limited(self) -> bool:
        gate = self._gate
        if self.function == "VOLT":
            return gate.in_compliance
        return self.output and abs(gate.current_A) < gate.compliance_A * (1 - 1e-9)

    def _protected(self) -> bool:
        if self.function == "VOLT":
            return self.output and abs(self.source.level) > self._ceiling_V()
        return self._limited() and self.source.limit > self._ceiling_V()

    # readings

    def _quantity(self, name: str) -> float:
        """Voltage or current at the terminals, with the noise of this conversion."""
        present = self._gate.terminal_V if name == "VOLT" else self._gate.current_A
        deviation = _NOISE[name] * self.measuring_range(name) / math.sqrt(self.senses[self.measured].cycles)
        return (present if self.output else 0.0) + deviation * float(self._noise.standard_normal())

    def _measure(self) -> Measured:
        name = self.measured
        if name == "RES":
            current_A = self._quantity("CURR")
            value = self._quantity("VOLT") / current_A if current_A else OVERFLOW
            if self.senses[name].auto:
                fitting = (r for r in RANGES[name] if abs(value) <= OVER_RANGE * r)
                self.senses[name].range = next(fitting, RANGES[name][-1])
        else:
            value = self._quantity(name)
        range_ = self.measuring_range(name)
        return Measured(name, OVERFLOW if abs(value) > OVER_RANGE * range_ else value, range_)

    def _sample(self, at_s: float) -> Reading:
        """A reading of the state where the cryostat is."""
        source = self.source
        measured = self._measure()
        level = self._quantity(self.function) if source.read_back else source.level
        status = _OUTPUT_ON if self.output else 0
        status |= (_READ_BACK if source.read_back else 0) | (_LIMITED if self._limited() else 0)
        status |= (_PROTECTED if self._protected() else 0) | (_FOUR_WIRE if self._senses_remotely() else 0)
        front = _FRONT if self.terminals == "FRON" else 0
        return Reading(measured, Measured(self.function, level, source.range), front, status, self._epoch_s + at_s)

    def _senses_remotely(self) -> bool:
        return self.senses[self.measured].four_wire

    def _integration_s(self) -> float:
        """Of the reading, and of the source's read-back after it."""
        return self.senses[self.measured].cycles / MAINS_HZ * (2 if self.source.read_back else 1)

"""A gate: a source with a compliance, a series resistor, and a leaking dielectric with a hysteresis loop."""

import math
from dataclasses import dataclass, field

from instruments.simulation.specimen import GateTruth

#: Current at which breakdown begins, in A.
_BREAKDOWN_A = 1e-9
#: Largest exponent of the breakdown current; the compliance has long taken over.
_STEEPEST = 60.0
#: Resistor that protects sample and source.
SERIES_OHM = 1e6
#: Pieces into which a step is divided: the leakage is constant within one.
_PIECES = 8


@dataclass(slots=True)
class GateCircuit:
    """Voltages in V, currents in A. The source's settings may be written at any time after ``advance``."""

    truth: GateTruth | None
    source_V: float = 0.0
    compliance_A: float = 1e-7
    output_on: bool = False
    plate_V: float = field(init=False, default=0.0)
    effective_V: float = field(init=False, default=0.0)
    current_A: float = field(init=False, default=0.0)

    def leakage_A(self, voltage_V: float) -> float:
        """Direct current through the dielectric at a voltage."""
        if self.truth is None:
            return 0.0
        magnitude = abs(voltage_V)
        excess = (magnitude - self.truth.breakdown_V) / self.truth.breakdown_scale_V
        current_A = magnitude / self.truth.leakage_ohm
        if excess > 0:
            current_A += _BREAKDOWN_A * math.expm1(min(excess, _STEEPEST))
        return math.copysign(current_A, voltage_V)

    @property
    def in_compliance(self) -> bool:
        """Whether the source limits its current now."""
        return self.output_on and abs(self.current_A) >= self.compliance_A * (1 - 1e-9)

    @property
    def terminal_V(self) -> float:
        """Voltage at the source's terminals."""
        return self.plate_V + self.current_A * SERIES_OHM

    def advance(self, dt_s: float) -> float:
        """Charge and discharge; returns by how much the plate's voltage moved, in V."""
        before_V = self.plate_V
        if self.truth is None:
            self.plate_V = self.source_V if self.output_on else 0.0
        else:
            for _ in range(_PIECES if dt_s > 0 else 0):
                self._piece(dt_s / _PIECES, self.truth)
            self._polarise(self.truth.hysteresis_V)
        self.current_A = self._drawn_A()
        if self.truth is None:
            self.effective_V = self.plate_V
        return self.plate_V - before_V

    def _drawn_A(self) -> float:
        if not self.output_on or self.truth is None:
            return 0.0
        wanted_A = (self.source_V - self.plate_V) / SERIES_OHM
        return min(max(wanted_A, -self.compliance_A), self.compliance_A)

    def _piece(self, dt_s: float, truth: GateTruth) -> None:
        """One step with the leakage of its begin, implicit enough not to overshoot."""
        leakage_A = self.leakage_A(self.plate_V)
        if not self.output_on:
            resistance_ohm = self.plate_V / leakage_A if leakage_A else truth.leakage_ohm
            self.plate_V *= math.exp(-dt_s / (resistance_ohm * truth.capacitance_F))
            return
        drawn_A = self._drawn_A()
        if abs(drawn_A) < self.compliance_A:
            settled_V = self.source_V - SERIES_OHM * leakage_A
            share = -math.expm1(-dt_s / (SERIES_OHM * truth.capacitance_F))
            self.plate_V += (settled_V - self.plate_V) * share
            return
        step_V = (drawn_A - leakage_A) * dt_s / truth.capacitance_F
        way_V = self.source_V - self.plate_V
        if step_V * way_V > 0:
            self.plate_V += math.copysign(min(abs(step_V), abs(way_V)), way_V)
        else:
            self.plate_V = self._limited_V(drawn_A)

    def _limited_V(self, drawn_A: float) -> float:
        """Voltage at which the dielectric leaks just what the compliance lets through."""
        assert self.truth is not None
        low, high = 0.0, abs(self.plate_V)
        for _ in range(60):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if self.leakage_A(middle) > abs(drawn_A) else (middle, high)
        return math.copysign(low, self.plate_V)

    def _polarise(self, width_V: float) -> None:
        """The polarisation follows the plates with play: a loop of this width."""
        half_V = width_V / 2
        self.effective_V = min(max(self.effective_V, self.plate_V - half_V), self.plate_V + half_V)

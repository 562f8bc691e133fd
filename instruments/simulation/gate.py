"""A gate: a source with a compliance, a series resistor, and a leaking dielectric with a hysteresis loop.

The plate's voltage V obeys C dV/dt = i(V) - leakage(V) with i = (source - V)/R held within the compliance: falling
in V, so that V moves one way, towards where the two currents balance. Between the corners of the curve (compliance,
begin of the breakdown) it is followed by exponentials, exactly where the leakage is a resistor; in breakdown in
pieces that are small against its scale.
"""

import math
from dataclasses import dataclass, field

from instruments.simulation.specimen import GateTruth

#: Current at which breakdown begins, in A.
_BREAKDOWN_A = 1e-9
#: Largest exponent of the breakdown current; the compliance has long taken over.
_STEEPEST = 60.0
#: Resistor that protects sample and source.
SERIES_OHM = 1e6
#: In breakdown a piece ends after this share of its scale, and half way to where the currents balance.
_BREAKDOWN_SHARE = 0.125
#: Voltages this close are the same, in V.
_SAME_V = 1e-9


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
    _commanded: tuple[float, bool] = field(init=False, default=(0.0, False))
    _from_V: float = field(init=False, default=0.0)

    def leakage_A(self, voltage_V: float) -> float:
        """Direct current through the dielectric at a voltage."""
        return self._leakage(self.truth, voltage_V)[0] if self.truth is not None else 0.0

    @property
    def in_compliance(self) -> bool:
        """Whether the source limits its current now."""
        return self.output_on and abs(self.current_A) >= self.compliance_A * (1 - 1e-9)

    @property
    def terminal_V(self) -> float:
        """Voltage at the source's terminals."""
        return self.plate_V + self.current_A * SERIES_OHM

    def advance(self, dt_s: float) -> float:
        """Charge and discharge.

        Returns:
            By how much the square of the plate's way since the source was last changed has grown, in V^2: what a
            moving gate heats with, however its way is divided.
        """
        if (self.source_V, self.output_on) != self._commanded:
            self._commanded, self._from_V = (self.source_V, self.output_on), self.plate_V
        before_V = self.plate_V
        if self.truth is None:
            self.plate_V = self.effective_V = self.source_V if self.output_on else 0.0
        else:
            self._charge(dt_s, self.truth)
            self._polarise(self.truth.hysteresis_V)
        self.current_A = self._drawn_A(self.plate_V) if self.truth is not None else 0.0
        return (self.plate_V - self._from_V) ** 2 - (before_V - self._from_V) ** 2

    def _drawn_A(self, voltage_V: float) -> float:
        if not self.output_on:
            return 0.0
        wanted_A = (self.source_V - voltage_V) / SERIES_OHM
        return min(max(wanted_A, -self.compliance_A), self.compliance_A)

    @staticmethod
    def _leakage(truth: GateTruth, voltage_V: float) -> tuple[float, float]:
        """Leakage current and its derivative."""
        current_A, slope_S = abs(voltage_V) / truth.leakage_ohm, 1.0 / truth.leakage_ohm
        excess = (abs(voltage_V) - truth.breakdown_V) / truth.breakdown_scale_V
        if excess > 0:
            current_A += _BREAKDOWN_A * math.expm1(min(excess, _STEEPEST))
            slope_S += _BREAKDOWN_A / truth.breakdown_scale_V * math.exp(min(excess, _STEEPEST))
        return math.copysign(current_A, voltage_V), slope_S

    def _charge(self, dt_s: float, truth: GateTruth) -> None:
        left_s = dt_s
        while left_s > 0:
            net_A = self._drawn_A(self.plate_V) - self._leakage(truth, self.plate_V)[0]
            if net_A == 0:
                return
            left_s -= self._piece(net_A, left_s, truth)

    def _piece(self, net_A: float, left_s: float, truth: GateTruth) -> float:
        """Follow the tangent to a corner of the curve, or to the end of the time; returns how long it took."""
        beyond_V = self.plate_V + math.copysign(_SAME_V, net_A)  # the tangent is that of the side it moves to
        slope_S = self._leakage(truth, beyond_V)[1]
        if self.output_on and abs(self.source_V - beyond_V) < self.compliance_A * SERIES_OHM:
            slope_S += 1.0 / SERIES_OHM
        rate_per_s = slope_S / truth.capacitance_F
        balance_V = net_A / slope_S
        way_V = self._way_to_corner_V(beyond_V, balance_V, truth)
        if abs(way_V) < abs(balance_V):
            time_s = -math.log1p(-way_V / balance_V) / rate_per_s
            if time_s <= left_s:
                self.plate_V += way_V
                return time_s
        self.plate_V += balance_V * -math.expm1(-rate_per_s * left_s)
        return left_s

    def _way_to_corner_V(self, beyond_V: float, balance_V: float, truth: GateTruth) -> float:
        """Signed way to the next corner; infinite without one."""
        ways = []
        for corner_V in (
            self.source_V - self.compliance_A * SERIES_OHM,
            self.source_V + self.compliance_A * SERIES_OHM,
            -truth.breakdown_V,
            truth.breakdown_V,
        ):
            way_V = corner_V - self.plate_V
            if way_V * balance_V > 0 and abs(way_V) > _SAME_V:
                ways.append(abs(way_V))
        if abs(beyond_V) > truth.breakdown_V and abs(balance_V) > _SAME_V:
            ways.append(min(_BREAKDOWN_SHARE * truth.breakdown_scale_V, abs(balance_V) / 2))
        return math.copysign(min(ways, default=math.inf), balance_V)

    def _polarise(self, width_V: float) -> None:
        """The polarisation follows the plates with play: a loop of this width."""
        half_V = width_V / 2
        self.effective_V = min(max(self.effective_V, self.plate_V - half_V), self.plate_V + half_V)

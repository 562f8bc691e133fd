"""A simulated point contact on a film: I(V) and dI/dV after Blonder, Tinkham and Klapwijk.

The gap is that of weak coupling in temperature with any Delta(0) (alpha model), times a law of the field:
Delta(T, B) = Delta(0) d(T/Tc) s(B/Bc2(T)), with Tc and Bc2 of the film's transition at 50 %. Voltages in V and
currents in A outside, mV and meV inside. Temperature is rounded to 0.1 mK and field to 0.1 mT, which moves a
spectrum by less than a lock-in resolves, but for the last millikelvin below Tc.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.models import bcs, btk
from analysis.models.transition import MIDPOINT
from instruments.simulation.film import BoundaryTruth
from instruments.simulation.sample import IN_PLANE, OUT_OF_PLANE
from instruments.simulation.specimen import ChannelKind, GateTruth, SignalTruth, Surroundings
from instruments.simulation.spectra import ContactLaw, Spectrum, spectrum
from instruments.simulation.tables import Table, smooth_table

FloatArray = npt.NDArray[np.float64]
FieldLaw = Literal["parabolic", "thin film", "vortex average", "pair breaking"]

#: Delta(B)/Delta(0) against B/Bc2, by the name under which the analysis compares them.
FIELD_LAWS: Mapping[FieldLaw, Callable[[float], FloatArray]] = {
    "parabolic": lambda share: bcs.gap_in_field_parabolic(share, 1.0),
    "thin film": lambda share: bcs.gap_in_field_thin_film(share, 1.0),
    "vortex average": lambda share: bcs.gap_in_field_vortex_average(share, 1.0),
    "pair breaking": lambda share: bcs.pair_broken_spectral_gap(share),
}

_TEMPERATURE_STEP_K, _FIELD_STEP_T = 1e-4, 1e-4
#: A gap below this share of kT shows in no spectrum (it changes it by the square of that).
_SMALLEST = 1e-4
#: Nodes over which the lock-in's modulation is averaged: so many, and more for a large one (in kT/e R_n).
_NODES, _NODES_PER_UNIT, _MOST_NODES = 7, 3.0, 80


@dataclass(frozen=True)
class GapTruth:
    """``ratio`` = 2 Delta(0)/(k Tc), and the law of the field."""

    ratio: float
    in_field: FieldLaw
    boundary: BoundaryTruth

    @property
    def zero_meV(self) -> float:
        """Delta(0)."""
        return 0.5 * self.ratio * bcs.BOLTZMANN_meV_per_K * self.boundary.tc_K

    def critical_field(self, temperature_K: float) -> float:
        """Field in T at which the gap vanishes."""
        return float(self.boundary.upper_critical_field(temperature_K, MIDPOINT))

    @cached_property
    def _tables(self) -> tuple[Table, Table]:
        """[Delta(T)/Delta(0)]^2 and Bc2(T) in T against T/Tc."""
        t = np.sin(0.5 * np.pi * np.linspace(0.0, 1.0, 801))
        critical = self.boundary.upper_critical_field(t * self.boundary.tc_K, MIDPOINT)
        return smooth_table(t, bcs.gap_ratio(t) ** 2), smooth_table(t, critical)

    def at(self, temperature_K: float, field_T: float) -> float:
        """Delta in meV, 0 in the normal state."""
        t = temperature_K / self.boundary.tc_K
        if t >= 1:
            return 0.0
        square, critical = self._tables
        critical_T = critical.at(t)
        if abs(field_T) >= critical_T:
            return 0.0
        ratio = math.sqrt(max(square.at(t), 0.0))
        return self.zero_meV * ratio * float(FIELD_LAWS[self.in_field](abs(field_T) / critical_T))


@dataclass(frozen=True, eq=False)
class PointContact:
    """A contact read through two terminals; it has no Hall contacts, whose voltage is zero."""

    name: str
    normal_resistance_ohm: float
    series_resistance_ohm: float
    barrier: float
    broadening_meV: float
    gap: GapTruth
    signal: SignalTruth
    orientations: tuple[str, ...] = field(default=(OUT_OF_PLANE, IN_PLANE))

    @property
    def gate(self) -> GateTruth | None:
        """A contact has none."""
        return None

    @cached_property
    def law(self) -> ContactLaw:
        """What stays the same at all temperatures and fields."""
        return ContactLaw(self.barrier, self.broadening_meV, self.gap.zero_meV)

    def dc_voltage(self, contacts: ChannelKind, current_A: float, at: Surroundings) -> float:
        """V at which I = int dI/dV, and what falls across the series resistance."""
        if contacts == "hall":
            return 0.0
        temperature_K, now = self._now(at.temperature_K, at.field_T)
        if now is None:
            return current_A * (self.normal_resistance_ohm + self.series_resistance_ohm)
        thermal_V = 1e-3 * bcs.BOLTZMANN_meV_per_K * temperature_K
        x, _ = now.bias(current_A * self.normal_resistance_ohm / thermal_V)
        return x * thermal_V + current_A * self.series_resistance_ohm

    def ac_voltage(
        self, contacts: ChannelKind, current_rms_A: float, bias_current_A: float, at: Surroundings
    ) -> float:
        """First harmonic of V(I + sqrt2 I_ac cos wt), in V rms: dV/dI averaged with the weight sin^2 over a period.

        By Gauss-Chebyshev quadrature of the second kind, whose weight that is.
        """
        if contacts == "hall" or current_rms_A == 0:
            return 0.0
        temperature_K, now = self._now(at.temperature_K, at.field_T)
        if now is None:
            return current_rms_A * (self.normal_resistance_ohm + self.series_resistance_ohm)
        unit_A = 1e-3 * bcs.BOLTZMANN_meV_per_K * temperature_K / self.normal_resistance_ohm
        centre, amplitude = bias_current_A / unit_A, math.sqrt(2.0) * abs(current_rms_A) / unit_A
        total = 0.0
        for node, weight in _chebyshev(min(_NODES + math.ceil(_NODES_PER_UNIT * amplitude), _MOST_NODES)):
            total += weight / now.bias(centre + amplitude * node)[1]
        return current_rms_A * (self.normal_resistance_ohm * total + self.series_resistance_ohm)

    def resistance(
        self,
        contacts: ChannelKind,
        temperature_K: FloatArray,
        field_T: FloatArray,
        orientation: str,
        gate_V: float = 0.0,
    ) -> FloatArray:
        """dV/dI at zero bias in ohm along a curve; of no Hall contacts, nothing."""
        pairs = zip(temperature_K.ravel(), field_T.ravel(), strict=True)
        found = [
            self.ac_voltage(contacts, 1e-15, 0.0, Surroundings(float(t), float(b), orientation)) for t, b in pairs
        ]
        return 1e15 * np.reshape(found, temperature_K.shape)

    def conductance(
        self, bias_V: FloatArray, temperature_K: float, field_T: float, modulation_rms_V: float = 0.0
    ) -> FloatArray:
        """dI/dV in S against the voltage that a voltmeter shows, by the law itself."""
        total_ohm = self.normal_resistance_ohm + self.series_resistance_ohm
        gap_meV = self.gap.at(temperature_K, field_T)
        if gap_meV == 0:
            return np.full(bias_V.shape, 1.0 / total_ohm)
        ratio = btk.conductance(
            1e3 * bias_V,
            gap_meV,
            self.broadening_meV,
            self.barrier,
            temperature_K,
            modulation_rms_mV=1e3 * modulation_rms_V,
            series_resistance_ratio=self.series_resistance_ohm / self.normal_resistance_ohm,
            offset_mV=1e3 * self.signal.thermal_voltage_V,
        )
        return ratio / total_ohm

    def _now(self, temperature_K: float, field_T: float) -> tuple[float, Spectrum | None]:
        """The rounded temperature and the spectrum there, None in the normal state."""
        steps = max(round(temperature_K / _TEMPERATURE_STEP_K), 1), round(abs(field_T) / _FIELD_STEP_T)
        return steps[0] * _TEMPERATURE_STEP_K, _spectrum(self, *steps)


@lru_cache(maxsize=64)
def _spectrum(contact: PointContact, temperature_steps: int, field_steps: int) -> Spectrum | None:
    temperature_K = temperature_steps * _TEMPERATURE_STEP_K
    gap_meV = contact.gap.at(temperature_K, field_steps * _FIELD_STEP_T)
    if gap_meV < _SMALLEST * bcs.BOLTZMANN_meV_per_K * temperature_K:
        return None
    return spectrum(contact.law, temperature_K, gap_meV)


@lru_cache(maxsize=128)
def _chebyshev(count: int) -> tuple[tuple[float, float], ...]:
    """Nodes in (-1, 1) and weights of the mean with the weight function sqrt(1 - x^2), 2/pi normalised."""
    angles = [k * math.pi / (count + 1) for k in range(1, count + 1)]
    return tuple((math.cos(angle), 2.0 / (count + 1) * math.sin(angle) ** 2) for angle in angles)

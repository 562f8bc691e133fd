"""A simulated superconducting interface under a gate, re-entrant in a field along it.

    R(T, B, Vg) = R_n(Vg) Phi((T - Tc(B, Vg))/s)

Across the interface Tc(B) = Tc(Vg) (1 - |B|/B0) with B0 = phi0/(2 pi xi^2) (Ginzburg and Landau); along it the law
of :mod:`analysis.models.reentrance`, whose dip is placed so that the minimum of Tc(B) is at the same field at every
gate voltage. Hall contacts show B/(e n(Vg)) and a share of R. The gate voltage is that across the dielectric.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.constants import elementary_charge
from scipy.special import ndtr

from analysis.errors import AnalysisError
from analysis.models import ginzburg_landau, reentrance
from instruments.simulation.film import WIDTH_SIGMAS
from instruments.simulation.sample import IN_PLANE, OUT_OF_PLANE
from instruments.simulation.specimen import ChannelKind, GateTruth, SignalTruth, Surroundings, check_place
from instruments.simulation.tables import Table

FloatArray = npt.NDArray[np.float64]

#: x exp(-x^2/2) is largest, exp(-1/2), at x = 1: a dip that is steeper nowhere has no minimum below it.
STEEPEST = math.exp(-0.5)
#: The place of the dip and its tail in no field depend on each other, so weakly that a few rounds settle it.
_ROUNDS = 5


@dataclass(frozen=True)
class CarrierTruth:
    """n(Vg) = at_zero + per_volt Vg per m^2; ``sign`` is +1 for holes, -1 for electrons."""

    at_zero_per_m2: float
    per_volt_per_m2: float
    sign: int
    misalignment: float

    def density(self, gate_V: float) -> float:
        """Carriers per m^2."""
        return self.at_zero_per_m2 + self.per_volt_per_m2 * gate_V

    def hall_slope(self, gate_V: float) -> float:
        """dR_xy/dB in ohm/T in a field across the interface."""
        return self.sign / (elementary_charge * self.density(gate_V))


@dataclass(frozen=True)
class DipTruth:
    """A Gaussian dip of Tc(B): its depth (K) against gate voltage, standard deviation, and where Tc is least."""

    depth_K: Table
    width_T: float
    peak_field_T: float

    def steepness(self, tc_K: float, parallel_field_T: float, depth_K: float) -> float:
        """x exp(-x^2/2) that the minimum of Tc(B) needs, x its distance from the dip's centre over the width.

        There the dip rises as fast as the parabola falls: 2 Tc B width/(B0^2 depth).
        """
        return 2.0 * tc_K * self.peak_field_T * self.width_T / (parallel_field_T**2 * depth_K)

    def centre(self, tc_K: float, parallel_field_T: float, depth_K: float) -> float:
        """Field (T) of the dip that puts the minimum of Tc(B) where it is wanted."""
        wanted = self.steepness(tc_K, parallel_field_T, depth_K)
        if not wanted < STEEPEST:
            raise AnalysisError(f"a dip of {depth_K:g} K has no minimum of Tc(B) at {self.peak_field_T:g} T")
        x = wanted
        for _ in range(60):
            value = x * math.exp(-0.5 * x * x)
            step = (wanted - value) * x / (value * (1.0 - x * x))
            x += step
            if abs(step) < 1e-14:
                break
        return self.peak_field_T - x * self.width_T


class AtGate(NamedTuple):
    """What an interface is at one gate voltage; without a dip its depth is zero.

    ``parabola_K`` is the Tc from which the parabola along the interface falls: that in no field, and the dip there.
    """

    tc_K: float
    parabola_K: float
    normal_ohm: float
    hall_slope_ohm_per_T: float
    depth_K: float
    dip_T: float


@dataclass(frozen=True, eq=False)
class Interface:
    """``tc_K`` (at 50 %) and ``normal_ohm`` per square against gate voltage hold their last values beyond the ends.

    ``width_K`` is that of the transition from 1 % to 99 % of R_n. Without ``thickness_m`` carriers are per area.
    """

    name: str
    thickness_m: float | None
    tc_K: Table
    normal_ohm: Table
    width_K: float
    coherence_length_m: float
    parallel_field_T: float
    dip: DipTruth | None
    carriers: CarrierTruth
    gate: GateTruth
    signal: SignalTruth
    orientations: tuple[str, ...] = field(default=(OUT_OF_PLANE, IN_PLANE))

    @cached_property
    def sigma_K(self) -> float:
        """Standard deviation of the transition."""
        return self.width_K / WIDTH_SIGMAS

    @cached_property
    def perpendicular_field_T(self) -> float:
        """Bc2(0) across the interface, at 50 %."""
        return float(ginzburg_landau.upper_critical_field(self.coherence_length_m))

    def at_gate(self, gate_V: float) -> AtGate:
        """What depends on the gate."""
        return _at_gate(self, gate_V)

    def share(
        self, temperature_K: npt.ArrayLike, field_T: npt.ArrayLike, orientation: str, gate_V: float
    ) -> FloatArray:
        """R/R_n at one gate voltage; temperature and field broadcast."""
        here = self.at_gate(gate_V)
        size = np.abs(np.asarray(field_T, dtype=float))
        if orientation == OUT_OF_PLANE:
            tc = here.tc_K * (1.0 - size / self.perpendicular_field_T)
        else:
            width_T = self.dip.width_T if self.dip else 1.0
            tc = reentrance.critical_temperature(
                size, here.parabola_K, self.parallel_field_T, here.depth_K, here.dip_T, width_T
            )
        return np.asarray(ndtr((np.asarray(temperature_K, dtype=float) - tc) / self.sigma_K), dtype=float)

    def share_at(self, temperature_K: float, field_T: float, orientation: str, gate_V: float) -> float:
        """:meth:`share` of one temperature and field."""
        here = self.at_gate(gate_V)
        if orientation == OUT_OF_PLANE:
            tc = here.tc_K * (1.0 - abs(field_T) / self.perpendicular_field_T)
        else:
            tc = here.parabola_K * (1.0 - (field_T / self.parallel_field_T) ** 2)
            if self.dip is not None:
                distance = (abs(field_T) - here.dip_T) / self.dip.width_T
                tc -= here.depth_K * math.exp(-0.5 * distance * distance)
        return 0.5 * math.erfc((tc - temperature_K) / (self.sigma_K * math.sqrt(2.0)))

    def resistance(
        self,
        contacts: ChannelKind,
        temperature_K: FloatArray,
        field_T: FloatArray,
        orientation: str,
        gate_V: float = 0.0,
    ) -> FloatArray:
        """What the contacts show in ohm along a curve; the superconducting state keeps the carriers' R_xy.

        Raises:
            AnalysisError: a temperature is not positive, or the interface has no such orientation.
        """
        check_place(self.name, self.orientations, orientation, float(np.min(temperature_K)))
        here = self.at_gate(gate_V)
        longitudinal = here.normal_ohm * self.share(temperature_K, field_T, orientation, gate_V)
        if contacts == "longitudinal":
            return longitudinal
        across = here.hall_slope_ohm_per_T if orientation == OUT_OF_PLANE else 0.0
        return np.asarray(self.carriers.misalignment * longitudinal + across * field_T)

    def resistance_at(self, contacts: ChannelKind, at: Surroundings) -> float:
        """:meth:`resistance` of one temperature and field."""
        check_place(self.name, self.orientations, at.orientation, at.temperature_K)
        here = self.at_gate(at.gate_V)
        longitudinal = here.normal_ohm * self.share_at(at.temperature_K, at.field_T, at.orientation, at.gate_V)
        if contacts == "longitudinal":
            return longitudinal
        across = here.hall_slope_ohm_per_T if at.orientation == OUT_OF_PLANE else 0.0
        return self.carriers.misalignment * longitudinal + across * at.field_T

    def dc_voltage(self, contacts: ChannelKind, current_A: float, at: Surroundings) -> float:
        """I R of the contacts, in V."""
        return current_A * self.resistance_at(contacts, at)

    def ac_voltage(
        self, contacts: ChannelKind, current_rms_A: float, bias_current_A: float, at: Surroundings
    ) -> float:
        """I R of the contacts, in V rms; Ohm's law holds whatever the bias."""
        return current_rms_A * self.resistance_at(contacts, at)


@lru_cache(maxsize=1024)
def _at_gate(interface: Interface, gate_V: float) -> AtGate:
    """Kept because a whole curve is taken at one gate voltage."""
    tc_K, dip = interface.tc_K.at(gate_V), interface.dip
    normal_ohm, slope = interface.normal_ohm.at(gate_V), interface.carriers.hall_slope(gate_V)
    if dip is None:
        return AtGate(tc_K, tc_K, normal_ohm, slope, 0.0, 0.0)
    depth_K, parabola_K = dip.depth_K.at(gate_V), tc_K
    for _ in range(_ROUNDS):
        dip_T = dip.centre(parabola_K, interface.parallel_field_T, depth_K)
        parabola_K = tc_K + depth_K * math.exp(-0.5 * (dip_T / dip.width_T) ** 2)
    return AtGate(tc_K, parabola_K, normal_ohm, slope, depth_K, dip_T)

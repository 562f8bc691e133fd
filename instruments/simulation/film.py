"""A simulated film, isotropic, with the upper critical field of Werthamer, Helfand and Hohenberg.

The film is made of patches whose critical temperatures scatter (a Gaussian of standard deviation s about ``tc_K``);
R/R_n is the share of normal patches. A patch whose Tc is r times that of another has the same Hc2(T) with the
temperature scaled by r and the field by r^p: dBc2/dT at Tc goes with r^(p - 1), Maki parameter and spin-orbit
scattering are those of the film. So the boundary of *every* criterion is a WHH curve with the film's alpha and
lambda_so; ``upper_critical_field`` gives the one at 90 % of R_n. Transitions widen with field for p > 1.

    R(T, B) = R_n(T, B) Phi((T0 - tc)/s),  T0(T, B) the Tc of the patches that become normal just there.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from analysis.models import whh
from analysis.models.hall import hall_slope
from analysis.models.phonons import bloch_grueneisen
from analysis.models.transition import ONSET
from instruments.simulation.sample import IN_PLANE, OUT_OF_PLANE, HallTruth
from instruments.simulation.specimen import ChannelKind, GateTruth, SignalTruth, Surroundings, check_place
from instruments.simulation.tables import Table, smooth_table

FloatArray = npt.NDArray[np.float64]

#: The criterion whose boundary is given by slope, Maki parameter and spin-orbit scattering.
REFERENCE_SHARE = 0.90
#: A width from 1 % to 99 % is so many standard deviations.
WIDTH_SIGMAS = 2.0 * float(ndtri(ONSET))

#: The definition of RRR that a sample file uses.
HOT_K, COLD_K = 300.0, 20.0
#: Temperatures for which the normal resistance is kept ready.
_TABLE_K = np.concatenate([np.linspace(0.0, 60.0, 241), np.linspace(60.0, 420.0, 361)[1:]])


@dataclass(frozen=True)
class FilmNormalTruth:
    """R_n(T, B) = [residual + phonons(T)] (1 + magnetoresistance (sqrt(B^2 + B1^2) - B1)).

    Phonons are those of Bloch and Grueneisen, as strong as the ratio R(300 K)/R(20 K) in no field demands. The
    magnetoresistance (per tesla) is quadratic below ``crossover_T`` = B1 and straight above it.
    """

    residual_resistance_ohm: float
    resistance_ratio: float
    debye_temperature_K: float
    magnetoresistance_per_T: float
    crossover_T: float

    def phonon_resistance(self, temperature_K: npt.ArrayLike) -> FloatArray:
        """The share of phonons in ohm, from the law itself."""
        hot, cold = bloch_grueneisen(np.array([HOT_K, COLD_K]) / self.debye_temperature_K)
        # residual + a hot = ratio (residual + a cold)
        strength = (
            self.residual_resistance_ohm * (self.resistance_ratio - 1.0) / (hot - self.resistance_ratio * cold)
        )
        return np.asarray(strength * bloch_grueneisen(np.asarray(temperature_K) / self.debye_temperature_K))

    @property
    def highest_ratio(self) -> float:
        """The ratio that phonons alone would have."""
        hot, cold = bloch_grueneisen(np.array([HOT_K, COLD_K]) / self.debye_temperature_K)
        return float(hot / cold)

    @cached_property
    def _table(self) -> Table:
        return smooth_table(_TABLE_K, self.phonon_resistance(_TABLE_K), onwards=True)

    def resistance(self, temperature_K: FloatArray, field_T: FloatArray) -> FloatArray:
        """R_n in ohm."""
        grown = np.sqrt(field_T * field_T + self.crossover_T**2) - self.crossover_T
        zero_field = self.residual_resistance_ohm + self._table(temperature_K)
        return np.asarray(zero_field * (1.0 + self.magnetoresistance_per_T * grown))

    def resistance_at(self, temperature_K: float, field_T: float) -> float:
        """:meth:`resistance` of one temperature and field."""
        grown = math.sqrt(field_T * field_T + self.crossover_T**2) - self.crossover_T
        zero_field = self.residual_resistance_ohm + self._table.at(temperature_K)
        return zero_field * (1.0 + self.magnetoresistance_per_T * grown)


@dataclass(frozen=True)
class BoundaryTruth:
    """The film's Tc in no field and its Hc2(T).

    ``tc_K`` at 50 %, ``width_K`` from 1 % to 99 % of R_n; ``slope_T_per_K`` (|dHc2/dT| at Tc), ``maki`` and
    ``spin_orbit`` of the boundary at 90 %; ``field_exponent``: Bc2(0) of a patch goes with this power of its Tc.
    """

    tc_K: float
    width_K: float
    slope_T_per_K: float
    maki: float
    spin_orbit: float
    field_exponent: float

    @property
    def sigma_K(self) -> float:
        """Standard deviation of the patches' Tc."""
        return self.width_K / WIDTH_SIGMAS

    def tc_at(self, share: float) -> float:
        """Temperature at which this share of R_n is left in no field."""
        return self.tc_K + float(ndtri(share)) * self.sigma_K

    def slope_at(self, share: float) -> float:
        """|dHc2/dT| at Tc of the boundary at this share of R_n, in T/K."""
        ratio = self.tc_at(share) / self.tc_at(REFERENCE_SHARE)
        return float(self.slope_T_per_K * ratio ** (self.field_exponent - 1.0))

    def upper_critical_field(self, temperature_K: npt.ArrayLike, share: float) -> FloatArray:
        """Hc2 in T of the boundary at this share of R_n, by the law itself; 0 from its Tc on."""
        return whh.upper_critical_field(
            temperature_K, self.tc_at(share), self.slope_at(share), self.maki, self.spin_orbit
        )

    @cached_property
    def _radius(self) -> tuple[float, Table]:
        """B(0), and the distance of the boundary from the origin against its direction.

        In the plane of T/Tc and [B/B(0)]^(1/p) all boundaries are one curve, magnified: the Tc of the patches that
        become normal at a point is its distance from the origin over that of the curve in the same direction.
        """
        tc = self.tc_at(REFERENCE_SHARE)
        t = 0.5 * (1.0 - np.cos(np.linspace(0.0, np.pi, 1201)))[::-1]
        ratio = whh.upper_critical_field_ratio(t, self.maki, self.spin_orbit)
        u = (ratio / ratio[-1]) ** (1.0 / self.field_exponent)
        zero_T = self.slope_T_per_K * tc * float(ratio[-1])
        return zero_T, smooth_table(np.arctan2(u, t), np.hypot(u, t))

    def patch_tc(self, temperature_K: FloatArray, field_T: FloatArray) -> FloatArray:
        """Tc (K, in no field) of the patches that become normal at this temperature and field."""
        zero_T, radius = self._radius
        tc = self.tc_at(REFERENCE_SHARE)
        u, t = (np.abs(field_T) / zero_T) ** (1.0 / self.field_exponent), temperature_K / tc
        return np.asarray(tc * np.hypot(u, t) / radius(np.arctan2(u, t)))

    def share(self, temperature_K: FloatArray, field_T: FloatArray) -> FloatArray:
        """R/R_n."""
        return np.asarray(ndtr((self.patch_tc(temperature_K, field_T) - self.tc_K) / self.sigma_K), dtype=float)

    @cached_property
    def _numbers(self) -> tuple[float, float, Table]:
        return (self.tc_at(REFERENCE_SHARE), *self._radius)

    def share_at(self, temperature_K: float, field_T: float) -> float:
        """:meth:`share` of one temperature and field."""
        tc, zero_T, radius = self._numbers
        u, t = (abs(field_T) / zero_T) ** (1.0 / self.field_exponent), temperature_K / tc
        patch_K = tc * math.hypot(u, t) / radius.at(math.atan2(u, t))
        return 0.5 * math.erfc((self.tc_K - patch_K) / (self.sigma_K * math.sqrt(2.0)))


@dataclass(frozen=True)
class Film:
    """A film with longitudinal and Hall contacts; Hc2 is the same for every direction of the field."""

    name: str
    thickness_m: float
    normal_state: FilmNormalTruth
    boundary: BoundaryTruth
    hall: HallTruth
    signal: SignalTruth
    orientations: tuple[str, ...] = field(default=(OUT_OF_PLANE, IN_PLANE))

    @property
    def gate(self) -> GateTruth | None:
        """A film has none."""
        return None

    def hall_slope(self, orientation: str) -> float:
        """dR_xy/dB in ohm/T, zero unless the field crosses the film."""
        if orientation != OUT_OF_PLANE:
            return 0.0
        return hall_slope(self.hall.carrier_density_per_m3, self.thickness_m, self.hall.sign)

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
            AnalysisError: a temperature is not positive, or the film has no such orientation.
        """
        check_place(self.name, self.orientations, orientation, float(np.min(temperature_K)))
        share = self.boundary.share(temperature_K, field_T)
        longitudinal = self.normal_state.resistance(temperature_K, field_T) * share
        if contacts == "longitudinal":
            return longitudinal
        return np.asarray(self.hall.misalignment * longitudinal + self.hall_slope(orientation) * field_T)

    def resistance_at(self, contacts: ChannelKind, at: Surroundings) -> float:
        """:meth:`resistance` of one temperature and field."""
        check_place(self.name, self.orientations, at.orientation, at.temperature_K)
        share = self.boundary.share_at(at.temperature_K, at.field_T)
        longitudinal = self.normal_state.resistance_at(at.temperature_K, at.field_T) * share
        if contacts == "longitudinal":
            return longitudinal
        return self.hall.misalignment * longitudinal + self.hall_slope(at.orientation) * at.field_T

    def dc_voltage(self, contacts: ChannelKind, current_A: float, at: Surroundings) -> float:
        """I R of the contacts, in V."""
        return current_A * self.resistance_at(contacts, at)

    def ac_voltage(
        self, contacts: ChannelKind, current_rms_A: float, bias_current_A: float, at: Surroundings
    ) -> float:
        """I R of the contacts, in V rms; Ohm's law holds whatever the bias."""
        return current_rms_A * self.resistance_at(contacts, at)

"""A simulated crystal with vortices: the truth an experiment must find again.

The laws live in :mod:`analysis.models`; this module only combines them into one resistance,

    R(T, H) = R_n(T) [1 - (1 - f)(1 - r)(1 - g)],

with f the zero-field transition, r the vortices' share of the normal resistance and g flux flow. Temperatures and
activation energies (divided by k_B) in K, fields in T, resistances in ohm. Numbers give a number, arrays an array.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

from analysis.errors import AnalysisError
from analysis.models import transition
from analysis.models.hall import hall_slope
from instruments.simulation.specimen import ChannelKind, GateTruth, SignalTruth, Surroundings
from instruments.simulation.vortices import (
    ActivationEnergy,
    ArrheniusTruth,
    BrokenPowerLaw,
    ModifiedTruth,
    Parabolic,
    PowerLaw,
    VortexTruth,
)

__all__ = [
    "IN_PLANE",
    "OUT_OF_PLANE",
    "ActivationEnergy",
    "ArrheniusTruth",
    "BrokenPowerLaw",
    "FluxFlowTruth",
    "HallTruth",
    "ModifiedTruth",
    "NormalStateTruth",
    "OrientationTruth",
    "Parabolic",
    "PowerLaw",
    "Sample",
    "SignalTruth",
    "TransitionTruth",
    "VortexTruth",
]

FloatArray = npt.NDArray[np.float64]

OUT_OF_PLANE, IN_PLANE = "out_of_plane", "in_plane"

#: The half widths of the transition are this many standard deviations: ndtr(2.326...) = 0.99.
_ONSET_QUANTILE = 2.3263478740408408


@dataclass(frozen=True, slots=True)
class NormalStateTruth:
    """R_n(T) = residual + quadratic T^2."""

    residual_resistance_ohm: float
    quadratic_ohm_per_K2: float


@dataclass(frozen=True, slots=True)
class HallTruth:
    """One kind of carrier: ``sign`` is +1 for holes, -1 for electrons.

    ``misalignment`` is the share of the longitudinal resistance that the Hall contacts pick up.
    """

    carrier_density_per_m3: float
    sign: int
    misalignment: float


@dataclass(frozen=True, slots=True)
class TransitionTruth:
    """The zero-field transition: 99 % of R_n at the onset, 50 % at Tc, 1 % at zero."""

    tc_K: float
    onset_K: float
    zero_K: float

    def share(self, temperature_K: FloatArray) -> FloatArray:
        """Share of the normal resistance without a field."""
        return transition.normal_fraction(temperature_K, self.tc_K, self.onset_K, self.zero_K)

    def share_at(self, temperature_K: float) -> float:
        """:meth:`share` of one temperature (see :mod:`instruments.simulation.vortices` for why)."""
        distance = temperature_K - self.tc_K
        width = (self.onset_K - self.tc_K if distance > 0 else self.tc_K - self.zero_K) / _ONSET_QUANTILE
        return 0.5 * math.erfc(-distance / width / math.sqrt(2.0))


@dataclass(frozen=True, slots=True)
class FluxFlowTruth:
    """Resistance that no cooling removes: 0 up to ``onset_T``, then linear in field up to R_n at ``full_T``."""

    onset_T: float
    full_T: float

    def share(self, field_T: FloatArray) -> FloatArray:
        """Share of the normal resistance."""
        return np.clip((np.abs(field_T) - self.onset_T) / (self.full_T - self.onset_T), 0.0, 1.0)

    def share_at(self, field_T: float) -> float:
        """:meth:`share` of one field."""
        return min(max((abs(field_T) - self.onset_T) / (self.full_T - self.onset_T), 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class OrientationTruth:
    """What depends on the direction of the field."""

    vortices: VortexTruth
    flux_flow: FluxFlowTruth | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample; ``orientations`` maps ``"out_of_plane"`` and ``"in_plane"`` to their truths."""

    name: str
    thickness_m: float
    normal_state: NormalStateTruth
    hall: HallTruth
    transition: TransitionTruth
    orientations: Mapping[str, OrientationTruth]
    signal: SignalTruth

    @overload
    def normal_resistance(self, temperature_K: float) -> float: ...
    @overload
    def normal_resistance(self, temperature_K: FloatArray) -> FloatArray: ...
    def normal_resistance(self, temperature_K: float | FloatArray) -> float | FloatArray:
        """R_n in ohm."""
        state = self.normal_state
        return state.residual_resistance_ohm + state.quadratic_ohm_per_K2 * temperature_K * temperature_K

    @overload
    def resistance_fraction(self, temperature_K: float, field_T: float, orientation: str) -> float: ...
    @overload
    def resistance_fraction(
        self, temperature_K: FloatArray, field_T: float | FloatArray, orientation: str
    ) -> FloatArray: ...
    def resistance_fraction(
        self, temperature_K: float | FloatArray, field_T: float | FloatArray, orientation: str
    ) -> float | FloatArray:
        """R/R_n; even in field.

        Raises:
            AnalysisError: a temperature is not positive, or the sample has no such orientation.
        """
        truth = self.orientation(orientation)
        if isinstance(temperature_K, np.ndarray) or isinstance(field_T, np.ndarray):
            return self._fractions(truth, np.asarray(temperature_K), np.asarray(field_T))
        return self._fraction_at(truth, temperature_K, field_T)

    @overload
    def longitudinal_resistance(self, temperature_K: float, field_T: float, orientation: str) -> float: ...
    @overload
    def longitudinal_resistance(
        self, temperature_K: FloatArray, field_T: float | FloatArray, orientation: str
    ) -> FloatArray: ...
    def longitudinal_resistance(
        self, temperature_K: float | FloatArray, field_T: float | FloatArray, orientation: str
    ) -> float | FloatArray:
        """R(T, H) in ohm; raises as :meth:`resistance_fraction`."""
        fraction: float | FloatArray = self.resistance_fraction(temperature_K, field_T, orientation)  # type: ignore[arg-type]  # no overload for both
        return self.normal_resistance(temperature_K) * fraction

    @overload
    def hall_resistance(self, temperature_K: float, field_T: float, orientation: str = ...) -> float: ...
    @overload
    def hall_resistance(
        self, temperature_K: FloatArray, field_T: float | FloatArray, orientation: str = ...
    ) -> FloatArray: ...
    def hall_resistance(
        self, temperature_K: float | FloatArray, field_T: float | FloatArray, orientation: str = OUT_OF_PLANE
    ) -> float | FloatArray:
        """What the Hall contacts show in ohm: R_xy of the field across the layers and the misaligned share of R.

        A field in the plane gives no R_xy. In the superconducting state the carriers' R_xy is kept as it is; the
        Hall effect of moving vortices is not modelled.
        """
        longitudinal: float | FloatArray = self.longitudinal_resistance(temperature_K, field_T, orientation)  # type: ignore[arg-type]  # no overload for both
        return self.hall.misalignment * longitudinal + self.hall_slope(orientation) * field_T

    @property
    def gate(self) -> GateTruth | None:
        """A crystal has none."""
        return None

    def resistance(
        self,
        contacts: ChannelKind,
        temperature_K: FloatArray,
        field_T: FloatArray,
        orientation: str,
        gate_V: float = 0.0,
    ) -> FloatArray:
        """What the contacts show in ohm along a curve; raises as :meth:`resistance_fraction`."""
        if contacts == "hall":
            return self.hall_resistance(temperature_K, field_T, orientation)
        return self.longitudinal_resistance(temperature_K, field_T, orientation)

    def dc_voltage(self, contacts: ChannelKind, current_A: float, at: Surroundings) -> float:
        """I R of the contacts, in V."""
        if contacts == "hall":
            return current_A * self.hall_resistance(at.temperature_K, at.field_T, at.orientation)
        return current_A * self.longitudinal_resistance(at.temperature_K, at.field_T, at.orientation)

    def ac_voltage(
        self, contacts: ChannelKind, current_rms_A: float, bias_current_A: float, at: Surroundings
    ) -> float:
        """I R of the contacts, in V rms; Ohm's law holds whatever the bias."""
        return self.dc_voltage(contacts, current_rms_A, at)

    def hall_slope(self, orientation: str) -> float:
        """dR_xy/dB in ohm/T, zero unless the field crosses the layers."""
        if orientation != OUT_OF_PLANE:
            return 0.0
        return hall_slope(self.hall.carrier_density_per_m3, self.thickness_m, self.hall.sign)

    def orientation(self, name: str) -> OrientationTruth:
        """The truth of one field direction.

        Raises:
            AnalysisError: the sample has no such orientation.
        """
        try:
            return self.orientations[name]
        except KeyError:
            raise AnalysisError(
                f"sample {self.name} has no orientation {name!r}; it has {', '.join(self.orientations)}"
            ) from None

    def _fractions(self, truth: OrientationTruth, temperature_K: FloatArray, field_T: FloatArray) -> FloatArray:
        magnitude = np.abs(field_T)
        without_vortices = magnitude == 0
        share = truth.vortices.share(temperature_K, np.where(without_vortices, 1.0, magnitude))
        flow = truth.flux_flow.share(field_T) if truth.flux_flow else 0.0
        superconducting = (1 - self.transition.share(temperature_K)) * (1 - np.where(without_vortices, 0.0, share))
        return np.asarray(1.0 - superconducting * (1.0 - flow), dtype=float)

    def _fraction_at(self, truth: OrientationTruth, temperature_K: float, field_T: float) -> float:
        if not temperature_K > 0:
            raise AnalysisError(f"temperature must be positive; found {temperature_K!r}")
        share = truth.vortices.share_at(temperature_K, abs(field_T)) if field_T else 0.0
        flow = truth.flux_flow.share_at(field_T) if truth.flux_flow else 0.0
        return 1.0 - (1.0 - self.transition.share_at(temperature_K)) * (1.0 - share) * (1.0 - flow)

"""What a simulated sample is made of: the truth an experiment must find again.

The laws live in :mod:`analysis.models`; this module only combines them into one resistance,

    R(T, H) = R_n(T) [1 - (1 - f)(1 - r)(1 - g)],

with f the zero-field transition, r the vortices' share of the normal resistance and g flux flow. Temperatures and
activation energies (divided by k_B) in K, fields in T, resistances in ohm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NormalStateTruth:
    """R_n(T) = residual + quadratic T^2."""

    residual_resistance_ohm: float
    quadratic_ohm_per_K2: float


@dataclass(frozen=True, slots=True)
class HallTruth:
    """One kind of carrier; ``sign`` +1 holes, -1 electrons; ``misalignment`` is the share of the longitudinal
    resistance that the Hall contacts pick up."""

    carrier_density_per_m3: float
    sign: int
    misalignment: float


@dataclass(frozen=True, slots=True)
class TransitionTruth:
    """The zero-field transition: 99 % of R_n at the onset, 50 % at Tc, 1 % at zero."""

    tc_K: float
    onset_K: float
    zero_K: float


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """U0 = energy (H/field)^-exponent."""

    field_T: float
    energy_K: float
    exponent: float

    def energy(self, field_T: npt.ArrayLike) -> FloatArray:
        """U0 in K at fields above zero."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class BrokenPowerLaw:
    """Two power laws that meet at the crossover; ``energy_K`` is the value at ``field_T``."""

    field_T: float
    energy_K: float
    exponent_low: float
    exponent_high: float
    crossover_T: float

    def energy(self, field_T: npt.ArrayLike) -> FloatArray:
        """U0 in K at fields above zero."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Parabolic:
    """U0 = beta (H/1 T)^gamma (1 - H/kramer_field)^2."""

    beta_K: float
    gamma: float
    kramer_field_T: float

    def energy(self, field_T: npt.ArrayLike) -> FloatArray:
        """U0 in K at fields above zero."""
        raise NotImplementedError


ActivationEnergy = PowerLaw | BrokenPowerLaw | Parabolic


@dataclass(frozen=True, slots=True)
class ArrheniusTruth:
    """r = prefactor exp[-U0(H) (1/T - 1/meeting_temperature)], saturated at 1 with sharpness ``saturation``."""

    meeting_temperature_K: float
    prefactor: float
    saturation: float
    activation_energy: ActivationEnergy


@dataclass(frozen=True, slots=True)
class ModifiedTruth:
    """r = prefactor 2 (U/T) exp(-U/T), U = U0(H) (1 - T/tc)^exponent_q, saturated likewise."""

    exponent_q: float
    tc_K: float
    prefactor: float
    saturation: float
    activation_energy: ActivationEnergy


VortexTruth = ArrheniusTruth | ModifiedTruth


@dataclass(frozen=True, slots=True)
class FluxFlowTruth:
    """Resistance that no cooling removes: 0 below ``onset_T``, linear in field up to R_n at ``full_T``."""

    onset_T: float
    full_T: float


@dataclass(frozen=True, slots=True)
class OrientationTruth:
    """What depends on the direction of the field."""

    vortices: VortexTruth
    flux_flow: FluxFlowTruth | None = None


@dataclass(frozen=True, slots=True)
class SignalTruth:
    """What the wires add: white voltage noise, a thermal voltage and its drift."""

    voltage_noise_V_per_sqrtHz: float
    thermal_voltage_V: float
    thermal_drift_V_per_s: float


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
        raise NotImplementedError

    @overload
    def longitudinal_resistance(self, temperature_K: float, field_T: float, orientation: str) -> float: ...
    @overload
    def longitudinal_resistance(
        self, temperature_K: FloatArray, field_T: float | FloatArray, orientation: str
    ) -> FloatArray: ...
    def longitudinal_resistance(
        self, temperature_K: float | FloatArray, field_T: float | FloatArray, orientation: str
    ) -> float | FloatArray:
        """R(T, H) in ohm; even in field."""
        raise NotImplementedError

    @overload
    def hall_resistance(self, temperature_K: float, field_T: float, orientation: str = ...) -> float: ...
    @overload
    def hall_resistance(
        self, temperature_K: FloatArray, field_T: float | FloatArray, orientation: str = ...
    ) -> FloatArray: ...
    def hall_resistance(
        self, temperature_K: float | FloatArray, field_T: float | FloatArray, orientation: str = "out_of_plane"
    ) -> float | FloatArray:
        """What the Hall contacts show in ohm: sign B/(n e d), absent for a field in the plane, and the misaligned share."""
        raise NotImplementedError

"""The one physical state behind all simulated instruments, advanced by a clock. Knows nothing of a wire."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from instruments.clock import Clock
from instruments.simulation.magnet import MagnetModel
from instruments.simulation.sample import Sample
from instruments.simulation.thermal import ThermalModel


@dataclass(frozen=True, slots=True)
class CryostatSettings:
    """The station file's simulation section in SI units, and the accuracies of its limits (one sigma)."""

    inductance_H: float
    tesla_per_ampere: float
    voltage_limit_V: float
    lead_resistance_ohm: float
    switch_fitted: bool
    switch_time_s: float
    field_noise_T: float
    base_K: float
    insert_time_constant_s: float
    sample_time_constant_s: float
    sensor_lag_s: float
    heater_power_W: float
    sensor_noise_K: float
    start_K: float
    voltmeter_noise_V: float
    thermometer_accuracy_K: float
    field_accuracy: float


class Cryostat:
    """Magnet, insert, sample and wires. Every reading first brings the state to ``clock.now()``."""

    magnet: MagnetModel
    thermal: ThermalModel
    sample: Sample
    orientation: str
    settings: CryostatSettings
    dc_current_A: float
    dc_output_on: bool

    def __init__(
        self, clock: Clock, settings: CryostatSettings, sample: Sample, orientation: str, seed: int
    ) -> None:
        """Raises ConfigurationError when the sample has no such orientation."""
        raise NotImplementedError

    def noise_source(self, name: str) -> np.random.Generator:
        """An instrument's own random numbers: one stream per seed and name, the same object at every call."""
        raise NotImplementedError

    def advance(self) -> None:
        """Bring everything to ``clock.now()``."""
        raise NotImplementedError

    def read_field_T(self) -> float:
        """What the supply reports: field of its output current, with noise."""
        raise NotImplementedError

    def read_persistent_field_T(self) -> float:
        """What the supply remembers of the coil: the coil's field by the supply's calibration, no noise."""
        raise NotImplementedError

    def true_field_T(self) -> float:
        """Field at the sample: the coil's times (1 + scale error of this seed)."""
        raise NotImplementedError

    def true_temperature_K(self) -> float:
        """Temperature of the sample."""
        raise NotImplementedError

    def read_thermometer(self, place: Literal["insert", "sample"]) -> float:
        """Sensor reading in K: lag, calibration offset of this seed, white noise."""
        raise NotImplementedError

    def lock_in_signal_V(self, current_rms_A: float) -> tuple[float, float]:
        """In-phase and quadrature rms voltage across the longitudinal contacts now, without noise."""
        raise NotImplementedError

    def dc_voltage_V(self, channel_kind: Literal["longitudinal", "hall"]) -> float:
        """Voltage for the DC current now: I R + thermal voltage; without the voltmeter's noise."""
        raise NotImplementedError

    def read_dc_voltage_V(self, channel_kind: Literal["longitudinal", "hall"]) -> float:
        """The same with the voltmeter's noise, a fresh sample at every call."""
        raise NotImplementedError

    def quench(self, reason: str) -> None:
        """Quench the magnet now (for fault schedules)."""
        raise NotImplementedError

"""The one physical state behind all simulated instruments, advanced by a clock. Knows nothing of a wire."""

import math
import zlib
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from instruments.clock import Clock
from instruments.errors import ConfigurationError
from instruments.simulation.magnet import MagnetModel
from instruments.simulation.sample import Sample
from instruments.simulation.thermal import ThermalModel

Place = Literal["insert", "sample"]
ChannelKind = Literal["longitudinal", "hall"]

#: Mutual inductance of current and voltage leads: twisted pairs leave some 20 nH.
_LEAD_COUPLING_H = 20e-9


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


class Follower(Protocol):
    """An instrument whose reading depends on what its input was a moment ago."""

    def next_look_s(self, now_s: float) -> float:
        """The next moment, up to ``now_s``, at which it wants to see the state."""
        ...

    def look(self, at_s: float) -> None:
        """The state is that of ``at_s``; the cryostat must not be advanced from here."""
        ...


class Cryostat:
    """Magnet, insert, sample and wires. Every reading first brings the state to ``clock.now()``.

    Whoever changes ``magnet``, ``thermal`` or the DC source calls :meth:`advance` first, so that the past is lived
    with the old settings. Each source of noise has its own stream of random numbers: reading one instrument more
    often changes nothing for the others.
    """

    def __init__(
        self, clock: Clock, settings: CryostatSettings, sample: Sample, orientation: str, seed: int
    ) -> None:
        """Cold magnet without current, insert at ``settings.start_K``, source off.

        Raises:
            ConfigurationError: the sample has no such orientation.
        """
        if orientation not in sample.orientations:
            raise ConfigurationError(
                f"sample {sample.name} has no orientation {orientation!r}; it has {', '.join(sample.orientations)}"
            )
        self.settings, self.sample, self.orientation = settings, sample, orientation
        self.magnet, self.thermal = _magnet(settings), _thermal(settings)
        self.dc_current_A = 0.0
        self.dc_output_on = False
        self._clock = clock
        self._now_s = self._start_s = clock.now()
        self._followers: list[Follower] = []
        self._seed = seed
        self._streams: dict[str, np.random.Generator] = {}
        calibration = self.noise_source("calibration")
        self.thermometer_offset_K = settings.thermometer_accuracy_K * float(calibration.uniform(-1.0, 1.0))
        self.field_scale_error = settings.field_accuracy * float(calibration.uniform(-1.0, 1.0))

    def noise_source(self, name: str) -> np.random.Generator:
        """An instrument's own random numbers: one stream per seed and name, the same object at every call."""
        if name not in self._streams:
            sequence = np.random.SeedSequence(self._seed, spawn_key=(zlib.crc32(name.encode()),))
            self._streams[name] = np.random.default_rng(sequence)
        return self._streams[name]

    def attach(self, follower: Follower) -> None:
        """Let an instrument with a memory see the state on the way, whoever asks for the state first."""
        self._followers.append(follower)

    def advance(self) -> None:
        """Bring everything to ``clock.now()``, in strides at which every follower sees the state."""
        now_s = self._clock.now()
        while self._now_s < now_s:
            end_s = min((follower.next_look_s(now_s) for follower in self._followers), default=now_s)
            end_s = min(max(end_s, self._now_s), now_s)
            self.magnet.advance(end_s - self._now_s)
            self.thermal.advance(end_s - self._now_s)
            self._now_s = end_s
            for follower in self._followers:
                follower.look(end_s)

    def true_field_T(self) -> float:
        """Field at the sample: the coil's times (1 + the scale error of this seed)."""
        self.advance()
        return self._true_field_T()

    def true_temperature_K(self) -> float:
        """Temperature of the sample."""
        self.advance()
        return self.thermal.sample_K

    def read_field_T(self) -> float:
        """What the supply reports: field of its output current, with noise."""
        self.advance()
        return self.magnet.supply_field_T + self._noise("field", self.settings.field_noise_T)

    def read_persistent_field_T(self) -> float:
        """What the supply remembers of the coil: the coil's field by the supply's calibration, no noise."""
        self.advance()
        return self.magnet.coil_field_T

    def read_thermometer(self, place: Place) -> float:
        """Sensor reading in K: lag, calibration offset of this seed, white noise."""
        self.advance()
        truth = self.thermal.insert_sensor_K if place == "insert" else self.thermal.sample_sensor_K
        noise = self._noise(f"thermometer {place}", self.settings.sensor_noise_K)
        return truth + self.thermometer_offset_K + noise

    def lock_in_signal_V(self, current_rms_A: float, frequency_Hz: float = 0.0) -> tuple[float, float]:
        """In-phase and quadrature rms voltage across the longitudinal contacts, without noise, as of the last step.

        The quadrature comes from the leads' mutual inductance.
        """
        resistance = self._resistance_ohm("longitudinal")
        return current_rms_A * resistance, current_rms_A * math.tau * frequency_Hz * _LEAD_COUPLING_H

    def dc_voltage_V(self, channel_kind: ChannelKind) -> float:
        """Voltage for the DC current now: I R + thermal voltage; without the voltmeter's noise."""
        self.advance()
        current_A = self.dc_current_A if self.dc_output_on else 0.0
        voltage_V = current_A * self._resistance_ohm(channel_kind)
        signal = self.sample.signal
        return voltage_V + signal.thermal_voltage_V + signal.thermal_drift_V_per_s * (self._now_s - self._start_s)

    def read_dc_voltage_V(self, channel_kind: ChannelKind) -> float:
        """The same with the voltmeter's noise, another one at every call."""
        return self.dc_voltage_V(channel_kind) + self._noise("voltmeter", self.settings.voltmeter_noise_V)

    def quench(self, reason: str) -> None:
        """Quench the magnet now (for fault schedules)."""
        self.advance()
        self.magnet.quench(reason)

    def _resistance_ohm(self, channel_kind: ChannelKind) -> float:
        field_T, temperature_K = self._true_field_T(), self.thermal.sample_K
        if channel_kind == "hall":
            return self.sample.hall_resistance(temperature_K, field_T, self.orientation)
        return self.sample.longitudinal_resistance(temperature_K, field_T, self.orientation)

    def _true_field_T(self) -> float:
        return self.magnet.coil_field_T * (1.0 + self.field_scale_error)

    def _noise(self, name: str, deviation: float) -> float:
        return deviation * float(self.noise_source(name).standard_normal())


def _magnet(settings: CryostatSettings) -> MagnetModel:
    return MagnetModel(
        inductance_H=settings.inductance_H,
        tesla_per_ampere=settings.tesla_per_ampere,
        voltage_limit_V=settings.voltage_limit_V,
        lead_resistance_ohm=settings.lead_resistance_ohm,
        switch_fitted=settings.switch_fitted,
        switch_time_s=settings.switch_time_s,
    )


def _thermal(settings: CryostatSettings) -> ThermalModel:
    return ThermalModel(
        base_K=settings.base_K,
        insert_time_constant_s=settings.insert_time_constant_s,
        sample_time_constant_s=settings.sample_time_constant_s,
        sensor_lag_s=settings.sensor_lag_s,
        heater_power_W=settings.heater_power_W,
        start_K=settings.start_K,
    )

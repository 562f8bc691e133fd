"""The one physical state behind all simulated instruments, advanced by a clock. Knows nothing of a wire."""

import math
import zlib
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import numpy as np

from instruments.clock import Clock
from instruments.errors import ConfigurationError
from instruments.simulation.gate import GateCircuit
from instruments.simulation.magnet import MagnetModel
from instruments.simulation.specimen import ChannelKind, Specimen, Surroundings
from instruments.simulation.thermal_part import ThermalSettings

__all__ = [
    "ChannelKind",
    "Cryostat",
    "CryostatSettings",
    "Drive",
    "Follower",
    "Place",
]

Place = Literal["insert", "sample"]

#: Mutual inductance of current and voltage leads: twisted pairs leave some 20 nH.
_LEAD_COUPLING_H = 20e-9


@dataclass(frozen=True, slots=True)
class CryostatSettings:
    """The station file's simulation section in SI units, and the accuracies of its limits (limits of error).

    A field that moves at dB/dt heats the sample's place with ``eddy_J_s_per_T2`` (dB/dt)^2, a gate that moves by
    dV leaves ``gate_J_per_V2`` dV^2 there. A persistent coil decays with ``decay_time_s``.
    """

    inductance_H: float
    tesla_per_ampere: float
    voltage_limit_V: float
    lead_resistance_ohm: float
    switch_fitted: bool
    switch_time_s: float
    field_noise_T: float
    thermal: ThermalSettings
    voltmeter_noise_V: float
    thermometer_accuracy_K: float
    field_accuracy: float
    eddy_J_s_per_T2: float = 0.0
    gate_J_per_V2: float = 0.0
    decay_time_s: float = math.inf


class Drive(NamedTuple):
    """The alternating current through the sample."""

    current_rms_A: float
    frequency_Hz: float


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
        self,
        clock: Clock,
        settings: CryostatSettings,
        sample: Specimen,
        orientation: str,
        seed: int,
    ) -> None:
        """Cold magnet without current, temperatures where the settings let them start, sources off.

        Raises:
            ConfigurationError: the sample has no such orientation.
        """
        if orientation not in sample.orientations:
            raise ConfigurationError(
                f"sample {sample.name} has no orientation {orientation!r}; it has {', '.join(sample.orientations)}"
            )
        self.settings, self.sample, self.orientation = settings, sample, orientation
        self.magnet = _magnet(settings)
        self.thermal = settings.thermal.model()
        self.gate = GateCircuit(sample.gate)
        self.drive: Drive | None = None
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
            self._stride(end_s - self._now_s)
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
        noise = self._noise(f"thermometer {place}", self.settings.thermal.sensor_noise_K)
        return truth + self.thermometer_offset_K + noise

    def lock_in_signal_V(
        self, current_rms_A: float, frequency_Hz: float = 0.0, contacts: ChannelKind = "longitudinal"
    ) -> tuple[float, float]:
        """In-phase and quadrature rms voltage across contacts, without noise, as of the last step.

        The quadrature comes from the leads' mutual inductance.
        """
        bias_A = self.dc_current_A if self.dc_output_on else 0.0
        in_phase_V = self.sample.ac_voltage(contacts, current_rms_A, bias_A, self._surroundings())
        return in_phase_V, current_rms_A * math.tau * frequency_Hz * _LEAD_COUPLING_H

    def dc_voltage_V(self, channel_kind: ChannelKind) -> float:
        """Voltage for the DC current now: I R + thermal voltage; without the voltmeter's noise."""
        self.advance()
        return self.last_dc_voltage_V(channel_kind)

    def last_dc_voltage_V(self, channel_kind: ChannelKind) -> float:
        """The same as of the last step, for a follower."""
        current_A = self.dc_current_A if self.dc_output_on else 0.0
        voltage_V = self.sample.dc_voltage(channel_kind, current_A, self._surroundings())
        signal = self.sample.signal
        return voltage_V + signal.thermal_voltage_V + signal.thermal_drift_V_per_s * (self._now_s - self._start_s)

    def read_dc_voltage_V(self, channel_kind: ChannelKind) -> float:
        """The same with the voltmeter's noise, another one at every call."""
        return self.dc_voltage_V(channel_kind) + self._noise("voltmeter", self.settings.voltmeter_noise_V)

    def quench(self, reason: str) -> None:
        """Quench the magnet now (for fault schedules)."""
        self.advance()
        self.magnet.quench(reason)

    def _stride(self, dt_s: float) -> None:
        """Let time pass, divided where a ramp of the field ends, so that its heat is not spread over the rest."""
        left_s = dt_s
        while left_s > 0:
            step_s = min(left_s, self.magnet.time_to_goal_s()) if self.settings.eddy_J_s_per_T2 else left_s
            self._step(step_s)
            left_s -= step_s

    def _step(self, dt_s: float) -> None:
        """Let time pass for magnet and gate, and leave the heat of their motion where the sample is."""
        field_T = self.magnet.coil_field_T
        self.magnet.advance(dt_s)
        swept_T = self.magnet.coil_field_T - field_T
        moved_V2 = self.gate.advance(dt_s)
        self.thermal.deposit(
            self.settings.eddy_J_s_per_T2 * swept_T**2 / dt_s + self.settings.gate_J_per_V2 * max(moved_V2, 0.0)
        )
        self.thermal.advance(dt_s)

    def _surroundings(self) -> Surroundings:
        return Surroundings(self.thermal.sample_K, self._true_field_T(), self.orientation, self.gate.effective_V)

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
        decay_time_s=settings.decay_time_s,
    )

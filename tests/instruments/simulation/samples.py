"""The sample and cryostat of the first experiment, written out by hand (the files have their own tests)."""

from dataclasses import dataclass, field

from instruments.simulation.cryostat import CryostatSettings
from instruments.simulation.sample import (
    ArrheniusTruth,
    BrokenPowerLaw,
    FluxFlowTruth,
    HallTruth,
    ModifiedTruth,
    NormalStateTruth,
    OrientationTruth,
    Parabolic,
    Sample,
    SignalTruth,
    TransitionTruth,
)
from instruments.simulation.specimen import ChannelKind, GateTruth, Surroundings
from instruments.simulation.thermal import InsertSettings

SETTINGS = CryostatSettings(
    inductance_H=25.0,
    tesla_per_ampere=0.11,
    voltage_limit_V=5.0,
    lead_resistance_ohm=5e-3,
    switch_fitted=False,
    switch_time_s=20.0,
    field_noise_T=20e-6,
    thermal=InsertSettings(
        base_K=1.5,
        insert_time_constant_s=40.0,
        sample_time_constant_s=20.0,
        sensor_lag_s=0.3,
        heater_power_W=50.0,
        sensor_noise_K=0.3e-3,
        start_K=10.0,
    ),
    voltmeter_noise_V=2e-9,
    thermometer_accuracy_K=2e-3,
    field_accuracy=2e-4,
)

NBS2 = Sample(
    name="2H-NbS2",
    thickness_m=2e-6,
    normal_state=NormalStateTruth(residual_resistance_ohm=0.050, quadratic_ohm_per_K2=20e-6),
    hall=HallTruth(carrier_density_per_m3=1.75e28, sign=1, misalignment=0.2),
    transition=TransitionTruth(tc_K=6.0, onset_K=6.17, zero_K=5.83),
    orientations={
        "out_of_plane": OrientationTruth(
            ArrheniusTruth(5.95, 1.6e5, 2.0, BrokenPowerLaw(0.1, 1228.76, 0.71, 1.67, 0.7)),
            FluxFlowTruth(1.9, 4.0),
        ),
        "in_plane": OrientationTruth(ModifiedTruth(2.0, 6.0, 10.0, 2.0, Parabolic(4653.88, -0.77, 14.5))),
    },
    signal=SignalTruth(3e-9, 150e-9, 2e-9 / 60),
)


@dataclass(frozen=True)
class GatedResistor:
    """1 kOhm + 1 Ohm per gate volt, 20 Ohm/T at the Hall contacts; a gate of 1 nF that breaks down at 190 V."""

    name: str = "gated resistor"
    orientations: tuple[str, ...] = ("out_of_plane",)
    signal: SignalTruth = field(default_factory=lambda: SignalTruth(0.0, 0.0, 0.0))
    gate: GateTruth | None = field(default_factory=lambda: GateTruth(1e-9, 1e12, 190.0, 2.0, 0.5))

    def dc_voltage(self, contacts: ChannelKind, current_A: float, at: Surroundings) -> float:
        return current_A * (20.0 * at.field_T if contacts == "hall" else 1000.0 + at.gate_V)

    def ac_voltage(
        self, contacts: ChannelKind, current_rms_A: float, bias_current_A: float, at: Surroundings
    ) -> float:
        return self.dc_voltage(contacts, current_rms_A, at)

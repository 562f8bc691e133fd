"""What a cryostat asks of its thermal part: temperatures in time, whatever kind of refrigerator makes them."""

from typing import Protocol


class Thermal(Protocol):
    """Temperatures of the cryostat in K, and the loop that commands them: what the instruments turn and read.

    ``insert_K`` is the place that the loop controls (the mixing chamber of a dilution refrigerator).
    """

    setpoint_K: float
    working_setpoint_K: float
    ramp_rate_K_per_min: float
    ramp_enabled: bool
    loop_on: bool
    manual_percent: float
    heater_power_W: float
    insert_K: float
    insert_sensor_K: float

    @property
    def sample_K(self) -> float:
        """Temperature of the sample."""
        ...

    @property
    def sample_sensor_K(self) -> float:
        """What the sensor beside the sample shows."""
        ...

    @property
    def ramping(self) -> bool:
        """Whether the working set point still moves."""
        ...

    @property
    def heater_percent(self) -> float:
        """Heater output in per cent of its power."""
        ...

    def set_setpoint(self, temperature_K: float) -> None:
        """New final set point."""
        ...

    def set_ramp(self, rate_K_per_min: float, *, enabled: bool) -> None:
        """Rate of the working set point, or a jump."""
        ...

    def set_loop(self, on: bool) -> None:
        """Loop on or off."""
        ...

    def set_manual_heater(self, percent: float) -> None:
        """Heater output while the loop is off."""
        ...

    def deposit(self, energy_J: float) -> None:
        """Heat that a moving field or gate leaves at the sample's place, spread over the step that follows."""
        ...

    def advance(self, dt_s: float) -> None:
        """Let time pass."""
        ...


class ThermalSettings(Protocol):
    """What a kind of cryostat is made of."""

    @property
    def sensor_noise_K(self) -> float:
        """Noise of one reading of a sensor."""
        ...

    def model(self) -> Thermal:
        """The temperatures at the start."""
        ...

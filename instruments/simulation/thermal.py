"""A variable-temperature insert with its heater loop, the sample in it, and both sensors."""

from dataclasses import dataclass


@dataclass(slots=True)
class ThermalModel:
    """Temperatures in K. First block fixed, second the controller's settings, third the state.

    Commands go through the methods, which keep the loop consistent; attributes may be read at any time.
    """

    base_K: float
    insert_time_constant_s: float
    sample_time_constant_s: float
    sensor_lag_s: float
    heater_power_W: float
    start_K: float

    def set_setpoint(self, temperature_K: float) -> None:
        """New final set point; the working one jumps there, or moves at the ramp rate when ramping is enabled."""
        raise NotImplementedError

    def set_ramp(self, rate_K_per_min: float, *, enabled: bool) -> None:
        """Rate of the working set point; a rate of 0 or ``enabled=False`` makes it jump."""
        raise NotImplementedError

    def set_loop(self, on: bool) -> None:
        """Loop on (a ramp then starts from the insert's temperature) or off (heater on its manual value)."""
        raise NotImplementedError

    def set_manual_heater(self, percent: float) -> None:
        """Heater output while the loop is off, 0 to 100 % of its power."""
        raise NotImplementedError

    @property
    def setpoint_K(self) -> float:
        """Final set point."""
        raise NotImplementedError

    @property
    def working_setpoint_K(self) -> float:
        """Set point the loop follows now."""
        raise NotImplementedError

    @property
    def ramping(self) -> bool:
        """Whether the working set point still moves."""
        raise NotImplementedError

    @property
    def loop_on(self) -> bool:
        """Whether the loop drives the heater."""
        raise NotImplementedError

    @property
    def heater_percent(self) -> float:
        """Heater output in per cent of its power."""
        raise NotImplementedError

    @property
    def insert_K(self) -> float:
        """True temperature of the insert."""
        raise NotImplementedError

    @property
    def sample_K(self) -> float:
        """True temperature of the sample."""
        raise NotImplementedError

    @property
    def insert_sensor_K(self) -> float:
        """What a noise-free sensor on the insert shows, with its lag."""
        raise NotImplementedError

    @property
    def sample_sensor_K(self) -> float:
        """What a noise-free sensor beside the sample shows, with its lag."""
        raise NotImplementedError

    def advance(self, dt_s: float) -> None:
        """Let time pass."""
        raise NotImplementedError

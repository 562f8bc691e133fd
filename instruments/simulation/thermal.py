"""A variable-temperature insert with its heater loop, the sample in it, and both sensors.

The loop is a proportional-integral controller that asks for a rate of change, p (s - T) + J with dJ/dt = q (s - T),
and knows the insert well enough to turn the rate into heater power (what a gain table does in a real one). While
the heater can deliver, the loop is therefore linear and its motion known exactly; when it cannot, the integral
is frozen and the insert follows the constant power.
"""

from dataclasses import dataclass, field

from instruments.simulation.insert import Insert
from instruments.simulation.lag import Signal, lagged
from instruments.simulation.steps import first_time

#: Rates at which the closed loop forgets a deviation, in 1/s: fast enough to keep a ramp of 2 K/min within some
#: 50 mK at its start, and an overshoot of about 6 % of a step.
_FAST, _SLOW = 0.75, 0.06
_PROPORTIONAL, _INTEGRAL = _FAST + _SLOW, _FAST * _SLOW

#: Longest pieces: of the exact motion (so that a saturation cannot hide inside), and of a motion drawn as a line.
_LONGEST_LOOP_S, _LONGEST_LINE_S = 5.0, 1.0


@dataclass(frozen=True, slots=True)
class InsertSettings:
    """A variable-temperature insert, in SI units; ``sensor_noise_K`` is that of one reading."""

    base_K: float
    insert_time_constant_s: float
    sample_time_constant_s: float
    sensor_lag_s: float
    heater_power_W: float
    sensor_noise_K: float
    start_K: float

    def model(self) -> "ThermalModel":
        """The insert at its start temperature, loop off."""
        return ThermalModel(
            base_K=self.base_K,
            insert_time_constant_s=self.insert_time_constant_s,
            sample_time_constant_s=self.sample_time_constant_s,
            sensor_lag_s=self.sensor_lag_s,
            heater_power_W=self.heater_power_W,
            start_K=self.start_K,
        )


@dataclass(slots=True)
class ThermalModel:
    """Temperatures in K. The first block is fixed, the others are the controller's settings and the state.

    Commands go through the methods, which keep the loop consistent; the rest may be read at any time.
    """

    base_K: float
    insert_time_constant_s: float
    sample_time_constant_s: float
    sensor_lag_s: float
    heater_power_W: float
    start_K: float

    setpoint_K: float = field(init=False)
    working_setpoint_K: float = field(init=False)
    ramp_rate_K_per_min: float = field(init=False, default=0.0)
    ramp_enabled: bool = field(init=False, default=False)
    loop_on: bool = field(init=False, default=False)
    manual_percent: float = field(init=False, default=0.0)

    insert_K: float = field(init=False)
    sample_K: float = field(init=False)
    insert_sensor_K: float = field(init=False)
    sample_sensor_K: float = field(init=False)
    _integral_K_per_s: float = field(init=False, default=0.0)
    _insert: Insert = field(init=False)

    def __post_init__(self) -> None:
        self._insert = Insert(self.base_K, self.insert_time_constant_s, self.heater_power_W)
        self.setpoint_K = self.working_setpoint_K = self.start_K
        self.insert_K = self.sample_K = self.insert_sensor_K = self.sample_sensor_K = self.start_K

    def set_setpoint(self, temperature_K: float) -> None:
        """New final set point; the working one jumps there, or moves at the ramp rate when ramping is enabled."""
        self.setpoint_K = temperature_K
        if not self._ramps():
            self.working_setpoint_K = temperature_K

    def set_ramp(self, rate_K_per_min: float, *, enabled: bool) -> None:
        """Rate of the working set point; with ``enabled=False`` or a rate of 0 it jumps to the final one."""
        self.ramp_rate_K_per_min, self.ramp_enabled = abs(rate_K_per_min), enabled
        if not self._ramps():
            self.working_setpoint_K = self.setpoint_K

    def set_loop(self, on: bool) -> None:
        """Loop on (a ramp then starts from the insert's temperature) or off (heater on its manual value)."""
        if on and not self.loop_on:
            self._integral_K_per_s = 0.0
            self.working_setpoint_K = self.insert_K if self._ramps() else self.setpoint_K
        self.loop_on = on

    def set_manual_heater(self, percent: float) -> None:
        """Heater output while the loop is off.

        Raises:
            ValueError: not between 0 and 100 %.
        """
        if not 0 <= percent <= 100:
            raise ValueError(f"the heater gives 0 to 100 %, not {percent:g} %")
        self.manual_percent = percent

    @property
    def ramping(self) -> bool:
        """Whether the working set point still moves."""
        return self.loop_on and self.working_setpoint_K != self.setpoint_K

    @property
    def heater_percent(self) -> float:
        """Heater output in per cent of its power."""
        if not self.loop_on:
            return self.manual_percent
        return 100.0 * self._possible(self._wanted_drive()) / self._insert.full_rise_K

    def deposit(self, energy_J: float) -> None:
        """Heat of a moving field: the gas carries it away, so that it warms nothing here."""

    def advance(self, dt_s: float) -> None:
        """Let time pass; how it is divided into calls changes the result by far less than a sensor's noise."""
        left_s = dt_s
        while left_s > 0:
            left_s -= self._piece(left_s)

    def _piece(self, left_s: float) -> float:
        """Advance by a piece of at most ``left_s`` in which nothing changes its kind; returns its length."""
        if not self.loop_on:
            step_s = min(left_s, _LONGEST_LINE_S)
            self._follow_drive(self.manual_percent / 100.0 * self._insert.full_rise_K, step_s)
            return step_s
        slope = self._setpoint_slope_K_per_s()
        if slope:
            left_s = min(left_s, (self.setpoint_K - self.working_setpoint_K) / slope)
        drive = self._wanted_drive()
        if drive == self._possible(drive):
            step_s = self._follow_loop(slope, min(left_s, _LONGEST_LOOP_S))
        else:
            step_s = self._follow_limit(self._possible(drive), slope, min(left_s, _LONGEST_LINE_S))
        self._move_setpoint(slope, step_s)
        return step_s

    # the set point

    def _ramps(self) -> bool:
        return self.ramp_enabled and self.ramp_rate_K_per_min > 0

    def _setpoint_slope_K_per_s(self) -> float:
        way = self.setpoint_K - self.working_setpoint_K
        if way == 0:
            return 0.0
        return self.ramp_rate_K_per_min / 60.0 * (1 if way > 0 else -1)

    def _move_setpoint(self, slope: float, step_s: float) -> None:
        if not slope:
            return
        moved = self.working_setpoint_K + slope * step_s
        arrived = (self.setpoint_K - moved) * slope <= abs(slope) * 1e-12 * abs(self.setpoint_K)
        self.working_setpoint_K = self.setpoint_K if arrived else moved

    # the heater

    def _drive(self, temperature_K: float, setpoint_K: float, integral_K_per_s: float) -> float:
        rate = _PROPORTIONAL * (setpoint_K - temperature_K) + integral_K_per_s
        return self._insert.drive_for(temperature_K, rate)

    def _wanted_drive(self) -> float:
        return self._drive(self.insert_K, self.working_setpoint_K, self._integral_K_per_s)

    def _possible(self, drive_K: float) -> float:
        return min(max(drive_K, 0.0), self._insert.full_rise_K)

    # motion

    def _follow_loop(self, slope: float, step_s: float) -> float:
        """The heater delivers what the loop asks: deviation e and integral obey a linear equation.

        With Q = J - slope: de/dt = -p e - Q, dQ/dt = q e, whose solution is two exponentials.
        """
        deviation = self.working_setpoint_K - self.insert_K
        excess = self._integral_K_per_s - slope
        fast = (excess + _FAST * deviation) / (_FAST - _SLOW)
        slow = deviation - fast
        insert = Signal(self.working_setpoint_K, slope, ((-fast, _FAST), (-slow, _SLOW)))
        integral = Signal(slope, 0.0, ((-_SLOW * fast, _FAST), (-_FAST * slow, _SLOW)))

        def impossible(time_s: float) -> bool:
            drive = self._drive(insert.at(time_s), self.working_setpoint_K + slope * time_s, integral.at(time_s))
            return drive != self._possible(drive)

        step_s = first_time(impossible, step_s)
        self._follow(insert, step_s)
        self._integral_K_per_s = integral.at(step_s)
        return step_s

    def _follow_limit(self, drive_K: float, slope: float, step_s: float) -> float:
        """The heater is at its limit; the integral waits."""

        def possible_again(time_s: float) -> bool:
            temperature = self._insert.after(self.insert_K, drive_K, time_s)
            setpoint = self.working_setpoint_K + slope * time_s
            drive = self._drive(temperature, setpoint, self._integral_K_per_s)
            return self._possible(drive) != drive_K

        step_s = first_time(possible_again, step_s)
        self._follow_drive(drive_K, step_s)
        return step_s

    def _follow_drive(self, drive_K: float, step_s: float) -> None:
        end_K = self._insert.after(self.insert_K, drive_K, step_s)
        self._follow(Signal(self.insert_K, (end_K - self.insert_K) / step_s), step_s)

    def _follow(self, insert: Signal, step_s: float) -> None:
        """Move insert, sample and sensors along the insert's temperature."""
        sample = lagged(insert, self.sample_time_constant_s, self.sample_K)
        self.insert_sensor_K = lagged(insert, self.sensor_lag_s, self.insert_sensor_K).at(step_s)
        self.sample_sensor_K = lagged(sample, self.sensor_lag_s, self.sample_sensor_K).at(step_s)
        self.insert_K, self.sample_K = insert.at(step_s), sample.at(step_s)

"""A dilution refrigerator with its heater loop, the sample on its mixing chamber, and both sensors.

The loop asks for a rate of change, dr/dt + p (r - T) + J with dJ/dt = q (r - T), where r is the working set point,
and knows the chamber well enough to turn the rate into heater power (what a gain table does in a real one); it
knows nothing of the heat that a moving field or gate leaves. A jump of the set point is not passed to the
proportional part's slow mode, so that the loop never overshoots one. While the heater can deliver, the motion is a
line and two exponentials; when it cannot, the integral waits and the chamber follows its own equation.
"""

import math
from dataclasses import dataclass, field

from instruments.simulation.lag import Signal, lagged
from instruments.simulation.mixing_chamber import MixingChamber
from instruments.simulation.steps import first_time

#: Rates at which the closed loop forgets a deviation, in 1/s.
_FAST, _SLOW = 0.25, 0.03
_PROPORTIONAL, _INTEGRAL = _FAST + _SLOW, _FAST * _SLOW

#: Longest piece in which a saturation of the heater is looked for at the end only.
_LONGEST_LOOP_S = 5.0
#: While unknown heat flows, its effect on the rate (heat / (c T)) may change by this share within a piece.
_HEAT_SHARE = 0.02
#: A curved motion is drawn as lines that miss it by less than this, in K: far below a sensor's noise.
_LINE_K = 1e-6
_SHORTEST_S = 0.02
#: A loop this close to rest, in K and K/s, is at rest.
_REST_K, _REST_K_PER_S = 1e-10, 1e-12


@dataclass(frozen=True, slots=True)
class DilutionSettings:
    """A dilution refrigerator, in SI units; ``sensor_noise_K`` is that of one reading.

    ``heat_capacity_J_per_K2`` times T is the heat capacity of the chamber, ``cooling_W_per_K2`` (T^2 - base^2) its
    cooling power, ``sample_link_W_per_K2`` (Ts^2 - T^2) the heat that flows from the sample to the chamber.
    """

    base_K: float
    heat_capacity_J_per_K2: float
    cooling_W_per_K2: float
    sample_link_W_per_K2: float
    sample_time_constant_s: float
    sensor_lag_s: float
    heater_power_W: float
    sensor_noise_K: float
    start_K: float

    def model(self) -> "DilutionModel":
        """The refrigerator at its start temperature, loop off."""
        return DilutionModel(
            chamber=MixingChamber(self.base_K, self.heat_capacity_J_per_K2, self.cooling_W_per_K2),
            sample_link_W_per_K2=self.sample_link_W_per_K2,
            sample_time_constant_s=self.sample_time_constant_s,
            sensor_lag_s=self.sensor_lag_s,
            heater_power_W=self.heater_power_W,
            start_K=self.start_K,
        )


@dataclass(slots=True)
class DilutionModel:
    """Temperatures in K; ``insert_K`` is the mixing chamber. The first block is fixed, but for the heater's power.

    Commands go through the methods, which keep the loop consistent; the rest may be read at any time.
    """

    chamber: MixingChamber
    sample_link_W_per_K2: float
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
    insert_sensor_K: float = field(init=False)
    _integral_K_per_s: float = field(init=False, default=0.0)
    _pending_J: float = field(init=False, default=0.0)
    _heat_W: float = field(init=False, default=0.0)
    #: The sample without heat of its own, and what that heat adds to the square of its temperature.
    _unheated_K: float = field(init=False)
    _unheated_sensor_K: float = field(init=False)
    _excess_K2: float = field(init=False, default=0.0)
    _excess_sensor_K2: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.setpoint_K = self.working_setpoint_K = self.start_K
        self.insert_K = self.insert_sensor_K = self._unheated_K = self._unheated_sensor_K = self.start_K

    @property
    def sample_K(self) -> float:
        """Temperature of the sample."""
        return math.sqrt(self._unheated_K**2 + self._excess_K2)

    @property
    def sample_sensor_K(self) -> float:
        """What the sensor beside the sample shows."""
        return math.sqrt(self._unheated_sensor_K**2 + self._excess_sensor_K2)

    @property
    def ramping(self) -> bool:
        """Whether the working set point still moves."""
        return self.working_setpoint_K != self.setpoint_K

    @property
    def heater_percent(self) -> float:
        """Heater output in per cent of its power."""
        if not self.loop_on:
            return self.manual_percent
        return 100.0 * self._possible(self._wanted_W()) / self.heater_power_W

    def set_setpoint(self, temperature_K: float) -> None:
        """New final set point; the working one jumps there, or moves at the ramp rate when ramping is enabled."""
        self.setpoint_K = temperature_K
        if not self._ramps():
            self._jump(temperature_K)

    def set_ramp(self, rate_K_per_min: float, *, enabled: bool) -> None:
        """Rate of the working set point; with ``enabled=False`` or a rate of 0 it jumps to the final one."""
        self.ramp_rate_K_per_min, self.ramp_enabled = abs(rate_K_per_min), enabled
        if not self._ramps():
            self._jump(self.setpoint_K)

    def set_loop(self, on: bool) -> None:
        """Loop on (a ramp then starts from the chamber's temperature) or off (heater on its manual value)."""
        if on and not self.loop_on:
            self._integral_K_per_s, self.working_setpoint_K = 0.0, self.insert_K
            if not self._ramps():
                self._jump(self.setpoint_K)
        self.loop_on = on

    def set_manual_heater(self, percent: float) -> None:
        """Heater output while the loop is off.

        Raises:
            ValueError: not between 0 and 100.
        """
        if not 0.0 <= percent <= 100.0:
            raise ValueError(f"a heater delivers 0 to 100 %, not {percent}")
        self.manual_percent = percent

    def deposit(self, energy_J: float) -> None:
        """Heat left at the sample's place, spread over the step that follows."""
        self._pending_J += energy_J

    def advance(self, dt_s: float) -> None:
        """Let time pass; how it is divided into calls changes the result by far less than a sensor's noise."""
        if dt_s <= 0:
            return
        self._heat_W, self._pending_J = self._pending_J / dt_s, 0.0
        left_s = dt_s
        while left_s > 0:
            left_s -= self._piece(left_s)

    # the set point

    def _ramps(self) -> bool:
        return self.ramp_enabled and self.ramp_rate_K_per_min > 0

    def _jump(self, setpoint_K: float) -> None:
        """Without the integral's share the slow mode, and with it an overshoot, would be excited."""
        self._integral_K_per_s -= _SLOW * (setpoint_K - self.working_setpoint_K)
        self.working_setpoint_K = setpoint_K

    def _slope_K_per_s(self) -> float:
        way_K = self.setpoint_K - self.working_setpoint_K
        return math.copysign(self.ramp_rate_K_per_min / 60.0, way_K) if way_K else 0.0

    def _move_setpoint(self, slope: float, step_s: float) -> None:
        if not slope:
            return
        moved_K = self.working_setpoint_K + slope * step_s
        arrived = (self.setpoint_K - moved_K) * slope <= abs(slope) * 1e-12 * abs(self.setpoint_K)
        self.working_setpoint_K = self.setpoint_K if arrived else moved_K

    # the heater

    def _power_W(self, temperature_K: float, setpoint_K: float, integral_K_per_s: float, slope: float) -> float:
        rate = slope + _PROPORTIONAL * (setpoint_K - temperature_K) + integral_K_per_s
        return self.chamber.power_for(temperature_K, rate)

    def _wanted_W(self) -> float:
        return self._power_W(self.insert_K, self.working_setpoint_K, self._integral_K_per_s, self._slope_K_per_s())

    def _possible(self, power_W: float) -> float:
        return min(max(power_W, 0.0), self.heater_power_W)

    # motion

    def _piece(self, left_s: float) -> float:
        """Advance by a piece of at most ``left_s`` in which nothing changes its kind; returns its length."""
        if not self.loop_on:
            step_s = self._straight_s(self.manual_percent / 100.0 * self.heater_power_W, left_s)
            self._follow_power(self.manual_percent / 100.0 * self.heater_power_W, step_s)
            return step_s
        slope = self._slope_K_per_s()
        if slope:
            left_s = min(left_s, (self.setpoint_K - self.working_setpoint_K) / slope)
        wanted_W = self._wanted_W()
        if wanted_W == self._possible(wanted_W):
            step_s = self._follow_loop(slope, left_s)
        else:
            step_s = self._follow_limit(self._possible(wanted_W), slope, left_s)
        self._move_setpoint(slope, step_s)
        return step_s

    def _follow_loop(self, slope: float, left_s: float) -> float:
        """The heater delivers what the loop asks: deviation e and integral obey a linear equation.

        The unknown heat adds d = heat/(c T) to the rate, constant within a piece. With Q = J + d:
        de/dt = -p e - Q, dQ/dt = q e, whose solution is two exponentials.
        """
        deviation = self.working_setpoint_K - self.insert_K
        unknown = self._heat_W / (self.chamber.heat_capacity_J_per_K2 * self.insert_K)
        excess = self._integral_K_per_s + unknown
        if not slope and abs(deviation) < _REST_K and abs(excess) < _REST_K_PER_S:
            self._follow(Signal(self.insert_K, 0.0), left_s)
            return left_s
        fast = (excess + _FAST * deviation) / (_FAST - _SLOW)
        slow = deviation - fast
        chamber = Signal(self.working_setpoint_K, slope, ((-fast, _FAST), (-slow, _SLOW)))
        integral = Signal(-unknown, 0.0, ((-_SLOW * fast, _FAST), (-_FAST * slow, _SLOW)))
        step_s = min(left_s, _LONGEST_LOOP_S)
        if unknown:
            while step_s > _SHORTEST_S and abs(chamber.at(step_s) - self.insert_K) > _HEAT_SHARE * self.insert_K:
                step_s /= 2

        def impossible(time_s: float) -> bool:
            setpoint_K = self.working_setpoint_K + slope * time_s
            power_W = self._power_W(chamber.at(time_s), setpoint_K, integral.at(time_s), slope)
            return power_W != self._possible(power_W)

        step_s = first_time(impossible, step_s)
        self._follow(chamber, step_s)
        self._integral_K_per_s = integral.at(step_s)
        return step_s

    def _follow_limit(self, power_W: float, slope: float, left_s: float) -> float:
        """The heater is at its limit; the integral waits."""

        def possible_again(time_s: float) -> bool:
            temperature_K = self.chamber.after(self.insert_K, power_W + self._heat_W, time_s)
            setpoint_K = self.working_setpoint_K + slope * time_s
            wanted_W = self._power_W(temperature_K, setpoint_K, self._integral_K_per_s, slope)
            return self._possible(wanted_W) != power_W

        step_s = first_time(possible_again, self._straight_s(power_W, min(left_s, _LONGEST_LOOP_S)))
        self._follow_power(power_W, step_s)
        return step_s

    def _straight_s(self, power_W: float, left_s: float) -> float:
        """Longest piece, by halving, in which the chamber's motion is a line for all who watch."""
        power_W += self._heat_W
        step_s, start_K = left_s, self.insert_K
        end_K = self.chamber.after(start_K, power_W, step_s)
        while step_s > _SHORTEST_S:
            middle_K = self.chamber.after(start_K, power_W, step_s / 2)
            if abs(middle_K - 0.5 * (start_K + end_K)) < _LINE_K:
                break
            step_s, end_K = step_s / 2, middle_K
        return step_s

    def _follow_power(self, power_W: float, step_s: float) -> None:
        end_K = self.chamber.after(self.insert_K, power_W + self._heat_W, step_s)
        self._follow(Signal(self.insert_K, (end_K - self.insert_K) / step_s), step_s)
        self.insert_K = end_K

    def _follow(self, chamber: Signal, step_s: float) -> None:
        """Move chamber, sample and sensors along the chamber's temperature."""
        sample = lagged(chamber, self.sample_time_constant_s, self._unheated_K)
        self.insert_sensor_K = lagged(chamber, self.sensor_lag_s, self.insert_sensor_K).at(step_s)
        self._unheated_sensor_K = lagged(sample, self.sensor_lag_s, self._unheated_sensor_K).at(step_s)
        self.insert_K, self._unheated_K = chamber.at(step_s), sample.at(step_s)
        if self._heat_W or self._excess_K2 or self._excess_sensor_K2:
            held = Signal(self._heat_W / self.sample_link_W_per_K2, 0.0)
            excess = lagged(held, self.sample_time_constant_s, self._excess_K2)
            self._excess_sensor_K2 = max(lagged(excess, self.sensor_lag_s, self._excess_sensor_K2).at(step_s), 0.0)
            self._excess_K2 = max(excess.at(step_s), 0.0)

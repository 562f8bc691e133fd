"""Oxford Instruments ITC 503 temperature controller: three sensors, and the loop of its heater.

It has no ramp of the set point, but a sweep program of 16 steps, each a temperature, the minutes to go there and
the minutes to stay. A ramp is that program: step 1 is where the set point stands, step 2 the target, and all
others the target too, with no time, so that the end of the program changes nothing.

Sources: Mercury iTC handbook issue 05, section 8.4 (status string, numbers of ``R``); pymeasure's ITC503 for the
sweep table, its pointers and its longest time; EPICS support of ISIS for local mode and lost characters.
"""

import math
import re
from collections.abc import Mapping
from typing import ClassVar

from pymeasure.adapters import Adapter

from instruments.drivers.checked import fixed, insist
from instruments.drivers.oxford_legacy import OxfordLegacy
from instruments.errors import IdentityError, InstrumentError, LimitError, RefusedError
from instruments.limits import TemperatureLimits
from instruments.roles import Identity, Reading, ReadingFlag, Scalar, TemperatureController, Thermometer

SENSORS = (1, 2, 3)
_STATUS = re.compile(r"X(\d)A([0-3])C(\d)S(\d\d)H(\d)L(\d)")
_EXAMPLE = "X0A1C3S00H1L0"
_SET_POINT, _HEATER, _GAS, _PROPORTIONAL, _INTEGRAL, _DERIVATIVE = 0, 5, 7, 8, 9, 10
_HEATER_AUTO, _GAS_AUTO = 1, 2
_STEPS = 16
_TEMPERATURE, _SWEEP_TIME, _HOLD_TIME = 1, 2, 3
_TIME_STEP_MIN = 0.1
_LONGEST_MIN = 1339.9
_SET_POINT_STEP_K = 0.1


class Itc503(OxfordLegacy):
    """The controller itself: one connection, shared by the roles that its sensors play."""

    MODELS: ClassVar[tuple[str, ...]] = ("ITC503",)

    def __init__(self, adapter: Adapter | str) -> None:
        super().__init__(adapter, "ITC 503")

    def status(self) -> dict[str, int]:
        """The numbers of the status string by what they mean."""
        names = ("system", "auto", "control", "sweep", "sensor", "auto_pid")
        return dict(zip(names, map(int, self.examine(_STATUS, _EXAMPLE).groups()), strict=True))


class Itc503Sensor(Thermometer):
    """A sensor of an ITC 503.

    Args:
        itc: the controller, possibly shared with another role.
        sensor: 1 to 3.
        limits: readings not above zero or above ``max_K`` are flagged.
    """

    def __init__(self, itc: Itc503, *, sensor: int, limits: TemperatureLimits) -> None:
        self.itc = itc
        self.sensor = sensor
        self.limits = limits

    def identify(self) -> Identity:
        """Ask the controller who it is."""
        return self.itc.identify()

    def read_temperature(self) -> Reading:
        """Temperature in K; flagged when it cannot be true or lies above the limit. There is no status to read."""
        temperature_K = self.itc.parameter(self.sensor)
        plausible = 0 < temperature_K <= self.limits.max_K
        return Reading(temperature_K, ReadingFlag.GOOD if plausible else ReadingFlag.OUT_OF_LIMITS)

    def snapshot(self) -> Mapping[str, Scalar]:
        """Sensor and temperature."""
        return {"sensor": self.sensor, "temperature_K": self.read_temperature().value}

    def make_safe(self) -> None:
        """A sensor is safe as it is."""

    def close(self) -> None:
        """Release the connection of the controller."""
        self.itc.close()


class Itc503Loop(Itc503Sensor, TemperatureController):
    """A sensor with the loop of the heater; the sensor must be the one that the heater follows."""

    def __init__(self, itc: Itc503, *, sensor: int, limits: TemperatureLimits) -> None:
        super().__init__(itc, sensor=sensor, limits=limits)
        self._way_K: tuple[float, float] | None = None

    def identify(self) -> Identity:
        """Ask the controller who it is and which sensor the heater follows.

        Raises:
            IdentityError: another model answered, or the heater follows another sensor than declared.
        """
        identity = super().identify()
        followed = self.itc.status()["sensor"]
        if followed != self.sensor:
            raise IdentityError(
                f"at {self.itc.address} the station file declares sensor {self.sensor} for the heater's loop; found"
                f" that it follows sensor {followed}"
            )
        return identity

    def start_ramp(self, target_K: float, rate_K_per_min: float) -> None:
        """Program and start a sweep of the set point; when the loop was off, from the temperature read now.

        The time is rounded up to a tenth of a minute: the ramp is never faster than asked for.

        Raises:
            LimitError: target or rate beyond the limits, or a sweep longer than the controller knows; nothing was
                set.
            RefusedError: a setting was not taken, or the sweep does not run.
        """
        self.limits.check_temperature(target_K)
        self.limits.check_rate(rate_K_per_min)
        here_K = self.itc.parameter(_SET_POINT) if self.loop_is_on() else self._plausible_temperature()
        minutes = _sweep_minutes(abs(target_K - here_K), rate_K_per_min)
        self._stop_at(here_K)
        self._program(here_K, target_K, minutes)
        self._turn_on()
        self.itc.control("S1")
        self._way_K = (here_K, target_K)
        if not self.itc.status()["sweep"]:
            raise RefusedError(
                f"{self.itc.description}: a sweep to {target_K:g} K was started and does not run; the set point"
                f" stays at {here_K:g} K"
            )

    def set_temperature(self, target_K: float) -> None:
        """Go to ``target_K`` as fast as the loop can.

        Raises:
            LimitError: target beyond the limits; nothing was sent.
            RefusedError: a setting was not taken.
        """
        self.limits.check_temperature(target_K)
        self._stop_at(target_K)
        self._turn_on()

    def hold(self) -> None:
        """Set point to the temperature read now; a loop that is off stays off.

        Raises:
            LimitError: the sensor reads a temperature that cannot be true or lies above the limit.
        """
        self._stop_at(self._plausible_temperature())

    def read_setpoint(self) -> float:
        """The final set point in K: of a sweep on the way that was commanded last, its end."""
        sweeping = self.itc.status()["sweep"] != 0
        found_K = self.itc.parameter(_SET_POINT)
        if sweeping and self._way_K is not None:
            low_K, high_K = sorted(self._way_K)
            if low_K - _SET_POINT_STEP_K <= found_K <= high_K + _SET_POINT_STEP_K:
                return self._way_K[1]
        return found_K

    def read_heater(self) -> float:
        """Heater output in per cent of its maximum voltage, by the loop or by hand."""
        return self.itc.parameter(_HEATER)

    def loop_is_on(self) -> bool:
        """Whether the loop controls the heater, with this sensor, and the controller reports nothing."""
        status = self.itc.status()
        on = bool(status["auto"] & _HEATER_AUTO)
        return on and status["sensor"] == self.sensor and status["system"] == 0

    def snapshot(self) -> Mapping[str, Scalar]:
        """Sensor, set point, sweep, gains, heater and gas."""
        status = self.itc.examine(_STATUS, _EXAMPLE)[0]
        return {
            **super().snapshot(),
            "status": status,
            "loop_on": self.loop_is_on(),
            "set_point_K": self.read_setpoint(),
            "heater_percent": self.read_heater(),
            "gas_percent": self.itc.optional(_GAS),
            "proportional_K": self.itc.optional(_PROPORTIONAL),
            "integral_min": self.itc.optional(_INTEGRAL),
            "derivative_min": self.itc.optional(_DERIVATIVE),
        }

    def make_safe(self) -> None:
        """Loop off, heater at zero, sweep stopped; each is tried even when another fails. Gas stays as it is."""
        insist(self._turn_off, lambda: self.itc.control("O0"), lambda: self.itc.control("S0"))

    def _turn_on(self) -> None:
        auto = self.itc.status()["auto"] | _HEATER_AUTO
        self.itc.control(f"A{auto}")

    def _turn_off(self) -> None:
        try:
            gas = self.itc.status()["auto"] & _GAS_AUTO
        except InstrumentError:
            gas = 0  # a heater that goes off matters more than a valve that stays where it is
        self.itc.control(f"A{gas}")

    def _stop_at(self, target_K: float) -> None:
        """End a sweep, set the set point, and compare."""
        self.itc.control("S0", f"T{fixed(target_K, 3)}")
        self._way_K = None
        found_K = self.itc.parameter(_SET_POINT)
        if abs(found_K - target_K) > _SET_POINT_STEP_K / 2 * (1 + 1e-9):
            raise RefusedError(
                f"{self.itc.description}: a set point of {target_K:g} K was set and {found_K:g} K reads back"
            )

    def _program(self, here_K: float, target_K: float, minutes: float) -> None:
        """Write the whole table, so that no step of an older program is left."""
        for parameter, first, second, rest in (
            (_TEMPERATURE, here_K, target_K, target_K),
            (_SWEEP_TIME, 0.0, minutes, 0.0),
            (_HOLD_TIME, 0.0, 0.0, 0.0),
        ):
            values = (first, second, *[rest] * (_STEPS - 2))
            commands = [f"y{parameter}"]
            for step, value in enumerate(values, start=1):
                commands += [f"x{step}", f"s{fixed(value, 3)}"]
            self.itc.control(*commands)

    def _plausible_temperature(self) -> float:
        reading = self.read_temperature()
        if reading.flags:
            raise LimitError(
                f"{self.itc.description}: sensor {self.sensor} reads {reading.value:g} K, allowed is above 0 to"
                f" {self.limits.max_K:g} K; a set point cannot be taken from it; nothing was set"
            )
        return reading.value


def _sweep_minutes(way_K: float, rate_K_per_min: float) -> float:
    """Time of a sweep in whole tenths of a minute, at least one."""
    tenths = max(math.ceil(way_K / rate_K_per_min / _TIME_STEP_MIN - 1e-6), 1)
    if tenths * _TIME_STEP_MIN > _LONGEST_MIN + 1e-6:
        raise LimitError(
            f"asked for a ramp by {way_K:g} K at {rate_K_per_min:g} K/min; the longest sweep of an ITC 503 takes"
            f" {_LONGEST_MIN:g} min; nothing was set"
        )
    return tenths / 10.0

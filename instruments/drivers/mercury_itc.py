"""Oxford Instruments Mercury iTC temperature controller: sensors and the loops addressed through them.

pymeasure's MercuryiTC is not used: it takes an INVALID reply for done and clips set points in silence.
Source: Mercury iTC handbook issue 05.
"""

from collections.abc import Mapping
from typing import ClassVar

from pymeasure.adapters import Adapter

from instruments.drivers.checked import fixed, insist
from instruments.drivers.mercury import Mercury
from instruments.drivers.replies import Reply
from instruments.errors import IdentityError, LimitError
from instruments.limits import TemperatureLimits
from instruments.roles import Identity, Reading, ReadingFlag, Scalar, TemperatureController, Thermometer


class MercuryItc(Mercury):
    """The controller itself: one connection, shared by the roles that its sensors play."""

    MODELS: ClassVar[tuple[str, ...]] = ("MERCURY ITC",)

    def __init__(self, adapter: Adapter | str) -> None:
        super().__init__(adapter, "Mercury iTC")


class MercuryItcSensor(Thermometer):
    """A sensor of a Mercury iTC.

    Args:
        itc: the controller, possibly shared with another role.
        sensor: board address such as ``MB1.T1``.
        limits: readings not above zero or above ``max_K`` are flagged.
    """

    def __init__(self, itc: MercuryItc, *, sensor: str, limits: TemperatureLimits) -> None:
        self.itc = itc
        self.sensor = sensor
        self.limits = limits

    def identify(self) -> Identity:
        """Ask the controller who it is."""
        return self.itc.identify()

    def read_temperature(self) -> Reading:
        """Temperature in K; flagged when it cannot be true or lies above the limit.

        Alarms are a slow query and stand in :meth:`snapshot`.
        """
        temperature_K = self._read("SIG:TEMP").number("K")
        plausible = 0 < temperature_K <= self.limits.max_K
        return Reading(temperature_K, ReadingFlag.GOOD if plausible else ReadingFlag.OUT_OF_LIMITS)

    def snapshot(self) -> Mapping[str, Scalar]:
        """Sensor, temperature and the alarms of its board."""
        return {
            "sensor": self.sensor,
            "temperature_K": self.read_temperature().value,
            "alarms": self.itc.read_alarms(),
        }

    def make_safe(self) -> None:
        """A sensor is safe as it is."""

    def close(self) -> None:
        """Release the connection of the controller."""
        self.itc.close()

    def _noun(self, leaf: str) -> str:
        return f"DEV:{self.sensor}:TEMP:{leaf}"

    def _read(self, leaf: str) -> Reply:
        return self.itc.read_noun(self._noun(leaf))

    def _set(self, leaf: str, value: str) -> None:
        self.itc.set_noun(self._noun(leaf), value)


class MercuryItcLoop(MercuryItcSensor, TemperatureController):
    """A sensor with its control loop.

    Args:
        itc: the controller, possibly shared with another role.
        sensor: board address of the sensor that the loop controls.
        heater: board address of the heater that the loop must drive; compared by :meth:`identify`.
        limits: set points and rates beyond them are refused before anything is sent.
    """

    def __init__(self, itc: MercuryItc, *, sensor: str, heater: str, limits: TemperatureLimits) -> None:
        super().__init__(itc, sensor=sensor, limits=limits)
        self.heater = heater

    def identify(self) -> Identity:
        """Ask the controller who it is and which heater the loop drives.

        Raises:
            IdentityError: another model answered, or the loop drives another heater than declared.
        """
        identity = super().identify()
        driven = self._read("LOOP:HTR").text
        if driven != self.heater:
            raise IdentityError(
                f"at {self.itc.address} the station file declares heater {self.heater} for sensor {self.sensor};"
                f" found that its loop drives {driven!r}"
            )
        return identity

    def start_ramp(self, target_K: float, rate_K_per_min: float) -> None:
        """Move the set point at a rate; it never jumps.

        A loop that is off may hold an old set point; the ramp then starts at the temperature read now.

        Raises:
            LimitError: target or rate beyond the limits; nothing was sent.
        """
        self.limits.check_temperature(target_K)
        self.limits.check_rate(rate_K_per_min)
        if not self.loop_is_on():
            here_K = self._plausible_temperature()
            self._set("LOOP:RENA", "OFF")
            self._set("LOOP:TSET", fixed(here_K))
        self._set("LOOP:RSET", fixed(rate_K_per_min))
        self._set("LOOP:RENA", "ON")
        self._set("LOOP:TSET", fixed(target_K))
        self._set("LOOP:ENAB", "ON")

    def set_temperature(self, target_K: float) -> None:
        """Go to ``target_K`` as fast as the loop can.

        The target is set before a ramp is ended, so that the loop never heads for an older target.

        Raises:
            LimitError: target beyond the limits; nothing was sent.
        """
        self.limits.check_temperature(target_K)
        self._set("LOOP:TSET", fixed(target_K))
        self._set("LOOP:RENA", "OFF")
        self._set("LOOP:ENAB", "ON")

    def hold(self) -> None:
        """Set point to the temperature read now; a loop that is off stays off.

        Raises:
            LimitError: the sensor reads a temperature that cannot be true or lies above the limit.
        """
        self._set("LOOP:TSET", fixed(self._plausible_temperature()))

    def read_setpoint(self) -> float:
        """The final set point in K."""
        return self._read("LOOP:TSET").number("K")

    def read_heater(self) -> float:
        """Heater output in per cent, by the loop or by hand."""
        return self._read("LOOP:HSET").number()

    def loop_is_on(self) -> bool:
        """Whether the loop controls the heater."""
        return self._switch("LOOP:ENAB")

    def snapshot(self) -> Mapping[str, Scalar]:
        """Sensor, set point, ramp, gains and heater."""
        return {
            **super().snapshot(),
            "heater": self.heater,
            "loop_on": self.loop_is_on(),
            "set_point_K": self.read_setpoint(),
            "heater_percent": self.read_heater(),
            "ramp_on": self._switch("LOOP:RENA"),
            "ramp_rate_K_per_min": self._read("LOOP:RSET").number("K/m"),
            "proportional": self.itc.optional(self._noun("LOOP:P"), Reply.number),
            "integral_min": self.itc.optional(self._noun("LOOP:I"), Reply.number),
            "derivative_min": self.itc.optional(self._noun("LOOP:D"), Reply.number),
        }

    def make_safe(self) -> None:
        """Loop off, heater at zero; the one is tried even when the other fails."""
        insist(lambda: self._set("LOOP:ENAB", "OFF"), lambda: self._set("LOOP:HSET", "0"))

    def _switch(self, leaf: str) -> bool:
        return self._read(leaf).word("ON", "OFF") == "ON"

    def _plausible_temperature(self) -> float:
        reading = self.read_temperature()
        if reading.flags:
            raise LimitError(
                f"{self.itc.description}: sensor {self.sensor} reads {reading.value:g} K, allowed is above 0 to"
                f" {self.limits.max_K:g} K; a set point cannot be taken from it; nothing was set"
            )
        return reading.value

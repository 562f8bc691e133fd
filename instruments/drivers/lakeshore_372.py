"""Lake Shore Model 372: an AC resistance bridge with a scanner, and the loop of its sample heater (output 0).

Source: Lake Shore Model 372 user's manual, section 6.6.1. RAMP runs from 0.001 to 100 K/min (page 173); RANGE is 0
(off) or 1 to 8; RDGST is the state before the channel was left, when the scanner is elsewhere. Whether SETP? moves
while the set point ramps is not written there: this driver understands both.
"""

import math
from collections.abc import Mapping
from typing import ClassVar

from pymeasure.adapters import Adapter

from instruments.drivers.checked import fixed, insist
from instruments.drivers.lakeshore import LakeShore
from instruments.drivers.replies import Reply
from instruments.errors import IdentityError, LimitError, RefusedError
from instruments.limits import Range, TemperatureLimits, nearest_allowed
from instruments.roles import Identity, Reading, ReadingFlag, Scalar, TemperatureController, Thermometer

#: Full-scale currents of RANGE 1 to 8 of the sample heater.
HEATER_RANGES_A = (31.6e-6, 100e-6, 316e-6, 1e-3, 3.16e-3, 10e-3, 31.6e-3, 100e-3)
_CLOSED_LOOP = 5
_OVERLOAD_BITS = 0x0F  # current source, common mode, mixer, differential
_OUT_OF_RANGE_BITS = 0xF0  # resistance and temperature, over and under
_RAMP_RATE = Range("set point ramp rate of a Model 372", 0.001, 100.0, "K/min")
_RAMP_STEP_K_PER_MIN = 0.001
_SETPOINT_STEP_K = 1e-6
_HEATER_ERRORS = ("no error", "heater open", "heater short")


class LakeShore372(LakeShore):
    """The bridge itself: one connection, shared by the roles that its channels play."""

    MODELS: ClassVar[tuple[str, ...]] = ("MODEL372",)

    def __init__(self, adapter: Adapter | str) -> None:
        super().__init__(adapter, "Lake Shore 372")


class LakeShore372Sensor(Thermometer):
    """A channel of the scanner.

    Args:
        bridge: the Model 372, possibly shared with another role.
        channel: 1 to 16.
        limits: readings not above zero or above ``max_K`` are flagged.
    """

    def __init__(self, bridge: LakeShore372, *, channel: int, limits: TemperatureLimits) -> None:
        self.bridge = bridge
        self.channel = channel
        self.limits = limits

    def identify(self) -> Identity:
        """Ask the bridge who it is."""
        return self.bridge.identify()

    def read_temperature(self) -> Reading:
        """Temperature in K with the channel's status; STALE when the scanner stands still on another channel."""
        kelvin, status, scan = self.bridge.ask(f"KRDG? {self.channel}", f"RDGST? {self.channel}", "SCAN?")
        temperature_K = kelvin.number()
        register = status.integer(0, 255)
        flags = ReadingFlag.GOOD
        if register & _OVERLOAD_BITS:
            flags |= ReadingFlag.OVERLOAD
        if register & _OUT_OF_RANGE_BITS or not 0 < temperature_K <= self.limits.max_K:
            flags |= ReadingFlag.OUT_OF_LIMITS
        scanned, autoscan = (int(number) for number in scan.numbers(2))
        if scanned != self.channel and not autoscan:
            flags |= ReadingFlag.STALE
        return Reading(temperature_K, flags)

    def snapshot(self) -> Mapping[str, Scalar]:
        """Channel, temperature, status and scanner."""
        status, scan = self.bridge.ask(f"RDGST? {self.channel}", "SCAN?")
        scanned, autoscan = scan.numbers(2)
        return {
            "channel": self.channel,
            "temperature_K": self.read_temperature().value,
            "reading_status": status.integer(0, 255),
            "scanned_channel": int(scanned),
            "autoscan": bool(autoscan),
        }

    def make_safe(self) -> None:
        """A sensor is safe as it is."""

    def close(self) -> None:
        """Release the connection of the bridge."""
        self.bridge.close()


class LakeShore372Loop(LakeShore372Sensor, TemperatureController):
    """A channel with the loop of the sample heater.

    Args:
        bridge: the Model 372, possibly shared with another role.
        channel: the channel that the loop follows; compared by :meth:`identify`.
        range_A: full-scale current of the heater range that the loop uses.
        limits: set points and rates beyond them are refused before anything is sent.
    """

    def __init__(self, bridge: LakeShore372, *, channel: int, range_A: float, limits: TemperatureLimits) -> None:
        super().__init__(bridge, channel=channel, limits=limits)
        self.range_A = range_A
        self.range = heater_range(range_A)
        self._way_K: tuple[float, float] | None = None
        self._heater_error = 0

    def identify(self) -> Identity:
        """Ask the bridge who it is and which channel the sample heater follows.

        Raises:
            IdentityError: another model answered, or the loop follows another channel than declared.
        """
        identity = super().identify()
        followed = self._output_mode()[1]
        if followed != str(self.channel):
            raise IdentityError(
                f"at {self.bridge.address} the station file declares channel {self.channel} for the sample heater's"
                f" loop; found that it follows channel {followed}"
            )
        return identity

    def start_ramp(self, target_K: float, rate_K_per_min: float) -> None:
        """Ramp the set point; when the loop was off, from the temperature read now.

        Raises:
            LimitError: target or rate beyond the limits or the instrument; nothing was sent.
            RefusedError: a setting was not taken.
        """
        self.limits.check_temperature(target_K)
        self.limits.check_rate(rate_K_per_min)
        _RAMP_RATE.check(rate_K_per_min)
        if not self.loop_is_on():
            here_K = self._plausible_temperature()
            self.bridge.set("RAMP 0,0,0", f"SETP 0,{fixed(here_K)}")
        self._set_target(target_K, f"RAMP 0,1,{fixed(rate_K_per_min)}", f"SETP 0,{fixed(target_K)}")
        enabled, found = self.bridge.query("RAMP? 0").numbers(2)
        if not enabled or abs(found - rate_K_per_min) > _RAMP_STEP_K_PER_MIN / 2 * (1 + 1e-9):
            raise RefusedError(
                f"{self.bridge.description}: a ramp of {rate_K_per_min:g} K/min was set and reads back as"
                f" {found:g} K/min, {'on' if enabled else 'off'}"
            )
        self._turn_on()
        # turned on, the instrument may begin its ramp at the temperature of that moment
        self._way_K = (self.bridge.query("SETP? 0").number(), target_K)

    def set_temperature(self, target_K: float) -> None:
        """Go to ``target_K`` as fast as the loop can.

        The target is set before a ramp is ended, so that the loop never heads for an older target.

        Raises:
            LimitError: target beyond the limits; nothing was sent.
            RefusedError: a setting was not taken.
        """
        self.limits.check_temperature(target_K)
        self._set_target(target_K, f"SETP 0,{fixed(target_K)}", "RAMP 0,0,0")
        self._turn_on()

    def hold(self) -> None:
        """Set point to the temperature read now; a loop that is off stays off.

        Raises:
            LimitError: the sensor reads a temperature that cannot be true or lies above the limit.
        """
        here_K = self._plausible_temperature()
        self._set_target(here_K, f"SETP 0,{fixed(here_K)}", "RAMP 0,0,0")

    def read_setpoint(self) -> float:
        """The final set point in K.

        While it ramps on the way commanded last, SETP? may answer where it is now; its end is then the target.
        """
        ramping, setpoint = self.bridge.ask("RAMPST? 0", "SETP? 0")
        found_K = setpoint.number()
        if ramping.integer(0, 1) and self._way_K is not None and _between(found_K, *self._way_K):
            return self._way_K[1]
        return found_K

    def read_heater(self) -> float:
        """Heater current in per cent of the range; HTR? may be set to show the power instead."""
        range_, setup, output = self.bridge.ask("RANGE? 0", "HTRSET? 0", "HTR?")
        index, value = range_.integer(0, len(HEATER_RANGES_A)), output.number()
        resistance_ohm, _, _, shown = setup.numbers(4)
        if not index:
            return 0.0
        if shown == 1:
            return value
        full_W = HEATER_RANGES_A[index - 1] ** 2 * resistance_ohm
        return 100.0 * math.sqrt(max(value, 0.0) / full_W)

    def loop_is_on(self) -> bool:
        """Whether the heater has a range, follows the loop, and is neither open nor shorted.

        Reading the heater's error clears it in the instrument; it is therefore kept here until the loop is turned
        on again.
        """
        range_, error = self.bridge.ask("RANGE? 0", "HTRST? 0")
        self._heater_error = error.integer(0, 2) or self._heater_error
        on = range_.integer(0, len(HEATER_RANGES_A)) > 0 and not self._heater_error
        return on and self._output_mode()[0] == str(_CLOSED_LOOP)

    def snapshot(self) -> Mapping[str, Scalar]:
        """Sensor, set point, ramp, gains, heater and its range."""
        range_, ramp, gains = self.bridge.ask("RANGE? 0", "RAMP? 0", "PID? 0")
        ramp_on, rate_K_per_min = ramp.numbers(2)
        proportional, integral_s, derivative_s = gains.numbers(3)
        index = range_.integer(0, len(HEATER_RANGES_A))
        return {
            **super().snapshot(),
            "loop_on": self.loop_is_on(),
            "set_point_K": self.read_setpoint(),
            "heater_percent": self.read_heater(),
            "heater_range_A": HEATER_RANGES_A[index - 1] if index else 0.0,
            "heater_error": _HEATER_ERRORS[self._heater_error],
            "ramp_on": bool(ramp_on),
            "ramp_rate_K_per_min": rate_K_per_min,
            "proportional": proportional,
            "integral_s": integral_s,
            "derivative_s": derivative_s,
        }

    def make_safe(self) -> None:
        """Heater range off, which ends the loop; read back."""
        insist(lambda: self._set_range(0))

    def _set_target(self, target_K: float, *commands: str) -> None:
        """Set, and compare the set point that was taken with the one commanded."""
        before_K = self.bridge.query("SETP? 0").number()
        self.bridge.set(*commands)
        self._way_K = (before_K, target_K)
        ramping, setpoint = self.bridge.ask("RAMPST? 0", "SETP? 0")
        found_K = setpoint.number()
        if not _between(found_K, before_K if ramping.integer(0, 1) else target_K, target_K):
            raise RefusedError(
                f"{self.bridge.description}: a set point of {target_K:g} K was set and {found_K:g} K reads back"
            )

    def _turn_on(self) -> None:
        mode, channel, *rest = self._output_mode()
        if mode != str(_CLOSED_LOOP):
            self.bridge.set(f"OUTMODE 0,{_CLOSED_LOOP},{channel},{','.join(rest)}")
        self._heater_error = 0
        self._set_range(self.range)

    def _set_range(self, index: int) -> None:
        self.bridge.set(f"RANGE 0,{index}")
        found = self.bridge.query("RANGE? 0").integer(0, len(HEATER_RANGES_A))
        if found != index:
            raise RefusedError(
                f"{self.bridge.description}: heater range {index} was set and {found} reads back (0 is off)"
            )

    def _output_mode(self) -> list[str]:
        """Mode, channel, power-up, polarity, filter and delay of the sample heater, without leading zeros."""
        reply: Reply = self.bridge.query("OUTMODE? 0")
        parts = [part.strip().lstrip("0") or "0" for part in reply.text.split(",")]
        if len(parts) != 6 or not all(part.isdigit() for part in (parts[0], *parts[2:])):
            raise reply.error("six parts: mode, channel, power-up, polarity, filter, delay")
        return parts

    def _plausible_temperature(self) -> float:
        reading = self.read_temperature()
        if reading.flags:
            flags = str(reading.flags).removeprefix("ReadingFlag.")
            raise LimitError(
                f"{self.bridge.description}: channel {self.channel} reads {reading.value:g} K ({flags}); a set"
                " point cannot be taken from it; nothing was set"
            )
        return reading.value


def _between(found_K: float, start_K: float, end_K: float) -> bool:
    """Whether a set point that was read lies on a way, within the resolution of six digits."""
    step_K = max(_SETPOINT_STEP_K, 1e-5 * end_K)
    return min(start_K, end_K) - step_K <= found_K <= max(start_K, end_K) + step_K


def heater_range(current_A: float) -> int:
    """Number of the heater range with this full-scale current.

    Raises:
        LimitError: there is none; the message names the nearest.
    """
    for index, candidate_A in enumerate(HEATER_RANGES_A, start=1):
        if abs(current_A - candidate_A) <= 1e-3 * candidate_A:
            return index
    nearest_A = nearest_allowed(current_A, HEATER_RANGES_A)
    raise LimitError(
        f"asked for a heater range of {current_A:g} A; a Model 372 has none, the nearest is {nearest_A:g} A;"
        " nothing was sent"
    )

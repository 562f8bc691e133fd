"""Lake Shore Model 372: an AC resistance bridge with a scanner, and the loop of its sample heater (output 0).

Source: Lake Shore Model 372 user's manual, section 6.6.1. RAMP runs from 0.001 to 100 K/min (page 173); RANGE is 0
(off) or 1 to 8; RDGST is the state before the channel was left, when the scanner is elsewhere.
"""

import math
from collections.abc import Mapping
from typing import ClassVar

from pymeasure.adapters import Adapter

from instruments.drivers.lakeshore import LakeShore
from instruments.drivers.lakeshore_loop import LakeShoreLoop, LakeShoreSensor
from instruments.drivers.replies import Reply
from instruments.errors import IdentityError, LimitError, RefusedError
from instruments.limits import Range, TemperatureLimits, nearest_allowed
from instruments.roles import Identity, Reading, ReadingFlag, Scalar

#: Full-scale currents of RANGE 1 to 8 of the sample heater.
HEATER_RANGES_A = (31.6e-6, 100e-6, 316e-6, 1e-3, 3.16e-3, 10e-3, 31.6e-3, 100e-3)
_CLOSED_LOOP = 5
_OVERLOAD_BITS = 0x0F  # current source, common mode, mixer, differential
_OUT_OF_RANGE_BITS = 0xF0  # resistance and temperature, over and under
_HEATER_ERRORS = ("no error", "heater open", "heater short")


class LakeShore372(LakeShore):
    """The bridge itself: one connection, shared by the roles that its channels play."""

    MODELS: ClassVar[tuple[str, ...]] = ("MODEL372",)

    def __init__(self, adapter: Adapter | str) -> None:
        super().__init__(adapter, "Lake Shore 372")


class LakeShore372Sensor(LakeShoreSensor):
    """A channel of the scanner, 1 to 16."""

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


class LakeShore372Loop(LakeShore372Sensor, LakeShoreLoop):
    """A channel with the loop of the sample heater.

    Args:
        bridge: the Model 372, possibly shared with another role.
        channel: the channel that the loop follows; compared by :meth:`identify`.
        range_A: full-scale current of the heater range that the loop uses.
        limits: set points and rates beyond them are refused before anything is sent.
    """

    RAMP_RATE: ClassVar[Range] = Range("set point ramp rate of a Model 372", 0.001, 100.0, "K/min")

    output = 0

    def __init__(self, bridge: LakeShore372, *, channel: int, range_A: float, limits: TemperatureLimits) -> None:
        super().__init__(bridge, channel=channel, limits=limits)
        self.range_A = range_A
        self.range = heater_range(range_A)
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

    def _turn_on(self) -> None:
        mode, channel, *rest = self._output_mode()
        if mode != str(_CLOSED_LOOP):
            self.bridge.set(f"OUTMODE 0,{_CLOSED_LOOP},{channel},{','.join(rest)}")
        self._heater_error = 0
        self._set_range(self.range)

    def _turn_off(self) -> None:
        self._set_range(0)

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

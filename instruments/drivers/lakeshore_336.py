"""Lake Shore Models 335, 336, 340 and 350: temperature controllers with sensor inputs and heater loops.

Sources: Lake Shore's manuals of the Model 350 (page 154: RANGE, RDGST), the Model 340 (pages 9-38 to 9-40: RAMP,
RANGE, RDGST, and CSET and CMODE in place of OUTMODE) and the Model 331; the QCoDeS drivers of the 335 and 336 for
OUTMODE. The 340 has one loop with a heater, whose RANGE, HTR? and HTRST? take no output; the codes of its HTRST?
are not known here one by one, and any but zero ends the loop for this driver.
"""

import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from pymeasure.adapters import Adapter

from instruments.drivers.lakeshore import LakeShore
from instruments.drivers.lakeshore_loop import LakeShoreLoop, LakeShoreSensor
from instruments.errors import IdentityError, LimitError, RefusedError
from instruments.limits import Range, TemperatureLimits
from instruments.roles import Identity, Reading, ReadingFlag, Scalar

_INVALID, _OLD, _UNDER, _OVER, _UNITS_ZERO, _UNITS_OVER = 1, 2, 16, 32, 64, 128
_CLOSED_LOOPS = (1, 2)  # one set of gains, or gains by zone
_OPEN_LOOP = 3  # of CMODE
_HIGHEST_ERROR = 99
#: Words of the front panel for the first three heater ranges.
RANGE_WORDS: Mapping[str, int] = {"low": 1, "medium": 2, "high": 3}


@dataclass(frozen=True, slots=True)
class Model:
    """What distinguishes the models: outputs with a heater, and heater ranges above off."""

    heater_outputs: int
    ranges: int


#: Numbers of the inputs in OUTMODE; D and D1 are one.
_INPUT_NUMBERS = {"A": 1, "B": 2, "C": 3, "D": 4, "D1": 4, "D2": 5, "D3": 6, "D4": 7, "D5": 8}


class LetteredLakeShore(LakeShore):
    """The controller itself: one connection, shared by the roles that its inputs play."""

    MODEL: ClassVar[Model]

    def __init__(self, adapter: Adapter | str) -> None:
        super().__init__(adapter, f"Lake Shore {self.MODELS[0].removeprefix('MODEL')}")


class LakeShore335(LetteredLakeShore):
    """Model 335."""

    MODELS: ClassVar[tuple[str, ...]] = ("MODEL335",)
    MODEL: ClassVar[Model] = Model(2, 3)


class LakeShore336(LetteredLakeShore):
    """Model 336."""

    MODELS: ClassVar[tuple[str, ...]] = ("MODEL336",)
    MODEL: ClassVar[Model] = Model(2, 3)


class LakeShore340(LetteredLakeShore):
    """Model 340."""

    MODELS: ClassVar[tuple[str, ...]] = ("MODEL340",)
    MODEL: ClassVar[Model] = Model(1, 5)


class LakeShore350(LetteredLakeShore):
    """Model 350."""

    MODELS: ClassVar[tuple[str, ...]] = ("MODEL350",)
    MODEL: ClassVar[Model] = Model(2, 5)


#: By the names that station files use.
CONTROLLERS: Mapping[str, type[LetteredLakeShore]] = {
    "lakeshore_335": LakeShore335,
    "lakeshore_336": LakeShore336,
    "lakeshore_340": LakeShore340,
    "lakeshore_350": LakeShore350,
}


class LakeShore336Sensor(LakeShoreSensor):
    """An input: A, B, and whatever the model and its option cards have."""

    bridge: LetteredLakeShore

    def read_temperature(self) -> Reading:
        """Temperature in K with the status of its reading; STALE when the controller gives an old one."""
        kelvin, status = self.bridge.ask(f"KRDG? {self.channel}", f"RDGST? {self.channel}")
        temperature_K, register = kelvin.number(), status.integer(0, 255)
        flags = ReadingFlag.GOOD
        if register & _OLD:
            flags |= ReadingFlag.STALE
        if register & (_UNITS_ZERO | _UNITS_OVER):
            flags |= ReadingFlag.OVERLOAD
        if register & (_INVALID | _UNDER | _OVER) or not 0 < temperature_K <= self.limits.max_K:
            flags |= ReadingFlag.OUT_OF_LIMITS
        return Reading(temperature_K, flags)

    def snapshot(self) -> Mapping[str, Scalar]:
        """Input, temperature and status of the reading."""
        return {
            "channel": self.channel,
            "temperature_K": self.read_temperature().value,
            "reading_status": self.bridge.query(f"RDGST? {self.channel}").integer(0, 255),
        }


class LakeShore336Loop(LakeShore336Sensor, LakeShoreLoop):
    """An input with the loop of a heater output.

    Args:
        bridge: the controller, possibly shared with another role.
        channel: the input that the loop follows; compared by :meth:`identify`.
        output: 1 or 2.
        range_index: the heater range that the loop uses, 1 (low) to the model's highest.
        limits: set points and rates beyond them are refused before anything is sent.

    Raises:
        LimitError: the model has no such output or range.
    """

    RAMP_RATE: ClassVar[Range] = Range("set point ramp rate of a Lake Shore controller", 0.1, 100.0, "K/min")

    def __init__(
        self, bridge: LetteredLakeShore, *, channel: str, output: int, range_index: int, limits: TemperatureLimits
    ) -> None:
        super().__init__(bridge, channel=channel, limits=limits)
        Range(f"heater output of a {bridge.name}", 1, bridge.MODEL.heater_outputs, "(number)").check(output)
        Range(f"heater range of a {bridge.name}", 1, bridge.MODEL.ranges, "(number)").check(range_index)
        self.output = output
        self.range_index = range_index
        self._heater_error = 0

    def identify(self) -> Identity:
        """Ask the controller who it is and which input the output follows.

        Raises:
            IdentityError: another model answered, or the loop follows another input than declared.
        """
        identity = super().identify()
        followed = self._followed()
        if not self._is_this_input(followed):
            raise IdentityError(
                f"at {self.bridge.address} the station file declares input {self.channel} for the loop of output"
                f" {self.output}; found that it follows input {followed}"
            )
        return identity

    def read_heater(self) -> float:
        """Heater output in per cent of its range: of current or of power, as the controller is set up."""
        return self.bridge.query(self._of_heater("HTR?")).number()

    def loop_is_on(self) -> bool:
        """Whether the heater has a range, follows the loop, and reports no error.

        Reading the heater's error may clear it in the instrument; it is therefore kept here until the loop is
        turned on again.
        """
        range_, error = self.bridge.ask(self._of_heater("RANGE?"), self._of_heater("HTRST?"))
        self._heater_error = error.integer(0, _HIGHEST_ERROR) or self._heater_error
        on = range_.integer(0, self.bridge.MODEL.ranges) > 0 and not self._heater_error
        return on and self._is_closed_loop()

    def snapshot(self) -> Mapping[str, Scalar]:
        """Sensor, set point, ramp, gains, heater and its range."""
        ramp_on, rate_K_per_min = self.bridge.query(f"RAMP? {self.output}").numbers(2)
        proportional, integral, derivative = self.bridge.query(f"PID? {self.output}").numbers(3)
        return {
            **super().snapshot(),
            "output": self.output,
            "loop_on": self.loop_is_on(),
            "set_point_K": self.read_setpoint(),
            "heater_percent": self.read_heater(),
            "heater_range": self.bridge.query(self._of_heater("RANGE?")).integer(0, self.bridge.MODEL.ranges),
            "heater_error": self._heater_error,
            "ramp_on": bool(ramp_on),
            "ramp_rate_K_per_min": rate_K_per_min,
            "proportional": proportional,
            "integral": integral,
            "derivative": derivative,
        }

    @abstractmethod
    def _followed(self) -> str:
        """The input that the output follows, as the controller names it."""

    @abstractmethod
    def _is_this_input(self, followed: str) -> bool:
        """Whether that is the input of this loop."""

    @abstractmethod
    def _is_closed_loop(self) -> bool:
        """Whether the output is in a closed-loop mode."""

    @abstractmethod
    def _close_loop(self) -> None:
        """Put the output into closed-loop mode, unless it is."""

    @abstractmethod
    def _of_heater(self, command: str) -> str:
        """A command of the heater with what names the output."""

    def _turn_on(self) -> None:
        self._close_loop()
        self._heater_error = 0
        self._set_range(self.range_index)

    def _turn_off(self) -> None:
        self._set_range(0)

    def _set_range(self, index: int) -> None:
        named = self._of_heater("RANGE")
        self.bridge.set(f"{named},{index}" if " " in named else f"{named} {index}")
        found = self.bridge.query(self._of_heater("RANGE?")).integer(0, self.bridge.MODEL.ranges)
        if found != index:
            raise RefusedError(
                f"{self.bridge.description}: heater range {index} was set and {found} reads back (0 is off)"
            )


class OutmodeLoop(LakeShore336Loop):
    """A loop of a 335, 336 or 350: OUTMODE says what an output does and which input it follows."""

    def _of_heater(self, command: str) -> str:
        return f"{command} {self.output}"

    def _outmode(self) -> list[str]:
        reply = self.bridge.query(f"OUTMODE? {self.output}")
        parts = [part.strip() for part in reply.text.split(",")]
        if len(parts) != 3 or not all(part.isdigit() for part in parts):
            raise reply.error("three numbers: mode, input, power-up")
        return parts

    def _followed(self) -> str:
        return self._outmode()[1]

    def _is_this_input(self, followed: str) -> bool:
        return int(followed) == _INPUT_NUMBERS[str(self.channel)]

    def _is_closed_loop(self) -> bool:
        mode, followed, _ = self._outmode()
        return int(mode) in _CLOSED_LOOPS and self._is_this_input(followed)

    def _close_loop(self) -> None:
        mode, followed, power_up = self._outmode()
        if int(mode) not in _CLOSED_LOOPS:
            self.bridge.set(f"OUTMODE {self.output},{_CLOSED_LOOPS[0]},{followed},{power_up}")


class CsetLoop(LakeShore336Loop):
    """Loop 1 of a 340: CSET says which input it follows and whether it is on, CMODE how it is closed."""

    def _of_heater(self, command: str) -> str:
        return command

    def _cset(self) -> list[str]:
        reply = self.bridge.query(f"CSET? {self.output}")
        parts = [part.strip() for part in reply.text.split(",")]
        if len(parts) < 4 or not re.fullmatch(r"[A-D]\d?", parts[0]) or parts[2] not in ("0", "1"):
            raise reply.error("input, units, on or off, and power-up")
        return parts

    def _followed(self) -> str:
        return self._cset()[0]

    def _is_this_input(self, followed: str) -> bool:
        return followed == self.channel

    def _is_closed_loop(self) -> bool:
        followed, _, enabled, *_ = self._cset()
        return enabled == "1" and self._is_this_input(followed) and self._cmode() != _OPEN_LOOP

    def _close_loop(self) -> None:
        followed, units, enabled, *rest = self._cset()
        if enabled == "0":
            self.bridge.set(f"CSET {self.output},{','.join((followed, units, '1', *rest))}")
        if self._cmode() == _OPEN_LOOP:
            self.bridge.set(f"CMODE {self.output},1")

    def _cmode(self) -> int:
        return self.bridge.query(f"CMODE? {self.output}").integer(1, 6)


def range_index(option: Scalar) -> int:
    """Number of a heater range from the station file's word or number.

    Raises:
        LimitError: neither.
    """
    if isinstance(option, str):
        if option not in RANGE_WORDS:
            raise LimitError(f"asked for a heater range {option!r}; there are {', '.join(RANGE_WORDS)}")
        return RANGE_WORDS[option]
    return int(option)


def loop_for(bridge: LetteredLakeShore) -> type[LakeShore336Loop]:
    """The kind of loop that a model has."""
    return CsetLoop if isinstance(bridge, LakeShore340) else OutmodeLoop

"""Oxford Instruments Mercury iPS magnet supply.

Sources: Mercury iPS handbook issue 14; EPICS IPS support of ISIS (ibex_developers_manual#84) for the status bits
and for never using SWHN, the heater command without a check.
"""

from collections.abc import Mapping
from typing import ClassVar

from pymeasure.adapters import Adapter

from instruments.clock import Clock
from instruments.drivers.checked import fixed
from instruments.drivers.mercury import Mercury
from instruments.drivers.replies import Reply
from instruments.drivers.supply_state import SupplyState, Switch
from instruments.drivers.switched_magnet import DEFAULT_SWITCH_TIME_S, SwitchedMagnet
from instruments.limits import MagnetLimits
from instruments.roles import Identity, MagnetState, MagnetStatus, Scalar

_QUENCH = 0x100
_STATUS_WORDS: Mapping[int, str] = {
    0x1: "switch heater mismatch",
    0x2: "rundown resistors too hot",
    0x4: "sense resistor too hot",
    0x8: "circuit board too hot",
    0x10: "calibration failure",
    0x20: "firmware failure of the output stage",
    0x40: "rundown resistors failed",
    0x80: "internal communication failure",
    _QUENCH: "quench detected",
    0x200: "catch detected",
    0x1000: "sense amplifier too hot",
    0x2000: "amplifier 1 too hot",
    0x4000: "amplifier 2 too hot",
    0x8000: "output stage cut off",
    0x10000: "voltage converter error",
    0x20000: "current converter error",
}
_RESOLUTION = 1e-4  # T and T/min; the supply shows four decimals
_RAMPS: Mapping[str, str] = {"RTOS": "", "RTOZ": "to zero"}
_CLAMPED = "CLMP"


class MercuryIps(Mercury, SwitchedMagnet):
    """One axis of a Mercury iPS.

    Every SET is verified to be VALID, target and rate are read back before the ramp is started, and a closed
    persistent switch is never taken for a following field.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
        limits: reach and ramp rates; checked before the first SET is sent.
        clock: tells how long ago the switch heater was operated.
        group: the axis, ``GRPX``, ``GRPY`` or ``GRPZ``.
        has_switch: whether a persistent switch is fitted.
        switch_time_s: how long the switch takes to open after its heater is turned on, and to close.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("MERCURY IPS",)
    judges_rates_early: ClassVar[bool] = False
    least_rate_T_per_min = _RESOLUTION

    def __init__(
        self,
        adapter: Adapter | str,
        *,
        limits: MagnetLimits,
        clock: Clock,
        group: str = "GRPZ",
        has_switch: bool = True,
        switch_time_s: float = DEFAULT_SWITCH_TIME_S,
    ) -> None:
        super().__init__(adapter, "Mercury iPS")
        self.limits = limits
        self._clock = clock
        self._group = group
        self._has_switch = has_switch
        self._switch_time_s = switch_time_s
        self._supply = ""

    def identify(self) -> Identity:
        """Ask who is there; the firmware decides how the supply is addressed (PSU, from 2.6 on SPSU)."""
        identity = super().identify()
        node = "SPSU" if _firmware(identity.firmware) >= (2, 6) else "PSU"
        self._supply = f"DEV:{self._group}:{node}"
        return identity

    def read_supply_field(self) -> float:
        """Field in T of the supply's own output current."""
        return self._number("SIG:FLD", "T")

    def read_supply_voltage(self) -> float:
        """Voltage in V at the supply's output."""
        return self._number("SIG:VOLT", "V")

    def hold(self) -> None:
        """Stop a ramp where it is."""
        self._set("ACTN", "HOLD")
        self._forget_rate_of_leads()

    def switch_is_open(self) -> bool:
        """Whether coil and supply carry one current: heater on for long enough, or no switch fitted."""
        return self._switch() is Switch.OPEN

    def snapshot(self) -> Mapping[str, Scalar]:
        """Settings and state of this axis."""
        values: dict[str, Scalar] = {
            "group": self._group,
            "supply_field_T": self.read_supply_field(),
            "set_point_T": self._number("SIG:FSET", "T"),
            "ramp_rate_T_per_min": self._number("SIG:RFST", "T/m"),
            "action": self._action(),
            "status_register": self._read("STAT").text,
            "amperes_per_tesla": self.optional(self._noun("ATOB"), lambda reply: reply.number("A/T")),
        }
        if self._has_switch:
            values["persistent_field_T"] = self._read_coil_field()
            values["switch_heater_on"] = self._heater_is_on()
        values["alarms"] = self.read_alarms()
        return values

    def _examine(self) -> SupplyState:
        if (failure := self._failure()) is not None:
            return SupplyState(failure, heater_on=False, ramping=False)
        action = self._action()
        return SupplyState(
            failure=None,
            heater_on=self._heater_is_on(),
            ramping=action in _RAMPS,
            clamped=action == _CLAMPED,
            detail=_RAMPS.get(action, ""),
        )

    def _persistent_detail(self, state: SupplyState) -> str:
        return "supply clamped" if state.clamped else ""

    def _is_clamped(self) -> bool:
        return self._action() == _CLAMPED

    def _failure(self) -> MagnetStatus | None:
        register = self._read("STAT").hexadecimal()
        words = ", ".join(word for bit, word in _STATUS_WORDS.items() if register & bit)
        if register & _QUENCH:
            return MagnetStatus(MagnetState.QUENCHED, words)
        return MagnetStatus(MagnetState.FAULT, words) if words else None

    def _checked_switch(self) -> Switch:
        self._refuse_failure(self._failure())
        return self._switch()

    def _heater_stands(self, on: bool) -> bool:
        if self._heater_is_on() == on:
            return True
        self._refuse_failure(self._failure())
        if self._action() in _RAMPS:
            raise self._ramps()
        return False

    def _operate_heater(self, on: bool) -> None:
        self._set("SIG:SWHT", "ON" if on else "OFF")

    def _hold_first(self) -> None:
        if self._action() != "HOLD":
            self.hold()

    def _start(self, from_T: float, target_T: float, rate_T_per_min: float) -> None:
        self._program_rate(rate_T_per_min)
        self._set_and_verify("SIG:FSET", target_T, "T")
        self._set("ACTN", "RTOS")

    def _program_rate(self, rate_T_per_min: float) -> None:
        self._set_and_verify("SIG:RFST", rate_T_per_min, "T/m")

    def _switch(self) -> Switch:
        return self._position(SupplyState(None, self._heater_is_on(), ramping=False))

    def _heater_is_on(self) -> bool:
        return not self._has_switch or self._read("SIG:SWHT").word("ON", "OFF") == "ON"

    def _read_coil_field(self) -> float:
        return self._number("SIG:PFLD", "T")

    def _action(self) -> str:
        return self._read("ACTN").word("HOLD", *_RAMPS, _CLAMPED)

    def _set_and_verify(self, leaf: str, value: float, unit: str) -> None:
        self._set(leaf, fixed(value))
        self._check_taken(leaf, value, self._number(leaf, unit), unit, _RESOLUTION)

    def _number(self, leaf: str, unit: str) -> float:
        return self._read(leaf).number(unit)

    def _read(self, leaf: str) -> Reply:
        return self.read_noun(self._noun(leaf))

    def _set(self, leaf: str, value: str) -> None:
        self.set_noun(self._noun(leaf), value)

    def _noun(self, leaf: str) -> str:
        if not self._supply:
            self.identify()
        return f"{self._supply}:{leaf}"


def _firmware(text: str) -> tuple[int, int]:
    major, _, rest = text.partition(".")
    minor = rest.partition(".")[0]
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else (0, 0)

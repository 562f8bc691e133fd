"""Oxford Instruments Mercury iPS magnet supply.

Sources: Mercury iPS handbook issue 14; EPICS IPS support of ISIS (ibex_developers_manual#84) for the status bits
and for never using SWHN, the heater command without a check.
"""

from collections.abc import Mapping
from typing import ClassVar

from pymeasure.adapters import Adapter

from instruments.clock import Clock
from instruments.drivers.checked import fixed, insist
from instruments.drivers.mercury import Mercury
from instruments.drivers.replies import Reply
from instruments.drivers.switched_magnet import DEFAULT_SWITCH_TIME_S
from instruments.errors import InstrumentError, LimitError, MagnetQuenched, RefusedError
from instruments.limits import MagnetLimits, past_bound
from instruments.roles import Identity, Magnet, MagnetState, MagnetStatus, Scalar

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
_MATCH_T = 1e-3


class MercuryIps(Mercury, Magnet):
    """One axis of a Mercury iPS.

    Every SET is verified to be VALID, target and rate are read back before the ramp is started, and a closed
    persistent switch is never taken for a following field. The supply does not tell when its switch has become
    normal or superconducting, so that the time since this driver operated the heater decides.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
        limits: reach and ramp rates; checked before the first SET is sent.
        clock: tells how long ago the switch heater was operated.
        group: the axis, ``GRPX``, ``GRPY`` or ``GRPZ``.
        has_switch: whether a persistent switch is fitted.
        switch_time_s: how long the switch takes to open after its heater is turned on, and to close.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("MERCURY IPS",)

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
        self._switch_moves_until_s: float | None = None
        self._supply = ""

    def identify(self) -> Identity:
        """Ask who is there; the firmware decides how the supply is addressed (PSU, from 2.6 on SPSU)."""
        identity = super().identify()
        node = "SPSU" if _firmware(identity.firmware) >= (2, 6) else "PSU"
        self._supply = f"DEV:{self._group}:{node}"
        return identity

    def read_field(self) -> float:
        """Field at the sample in T: the coil's own when the switch is closed."""
        return self.read_supply_field() if self.switch_is_open() else self._read_persistent_field()

    def read_supply_field(self) -> float:
        """Field in T of the supply's own output current."""
        return self._number("SIG:FLD", "T")

    def start_ramp(self, target_T: float, rate_T_per_min: float) -> None:
        """Start towards ``target_T``: hold, rate, target, both read back, then go.

        Raises:
            LimitError: target or rate beyond the limits; nothing was set.
            MagnetQuenched: the supply reports a quench; nothing was set.
            RefusedError: a fault, a closed switch, or a setting that the supply did not take; the supply holds.
        """
        self.limits.check_field(target_T)
        if not rate_T_per_min > 0:
            raise LimitError(f"asked to ramp at {rate_T_per_min:g} T/min; allowed is more than 0; nothing was sent")
        self._check_health()
        if not self.switch_is_open():
            raise RefusedError(
                f"{self.description}: the persistent switch is closed or still moving, so that the field would not"
                f" follow a ramp to {target_T:g} T; turn the switch heater on and wait; nothing was set"
            )
        self.limits.check_ramp(past_bound(self.read_supply_field(), target_T), target_T, rate_T_per_min)
        if self._action() != "HOLD":
            self.hold()
        self._set_and_verify("SIG:RFST", rate_T_per_min, "T/m")
        self._set_and_verify("SIG:FSET", target_T, "T")
        self._set("ACTN", "RTOS")

    def hold(self) -> None:
        """Stop a ramp where it is."""
        self._set("ACTN", "HOLD")

    def status(self) -> MagnetStatus:
        """Quench and faults first, then switch and ramp."""
        failure = self._failure()
        if failure is not None:
            return failure
        action = self._action()
        heater_on = self._heater_is_on()
        if self._switch_is_moving():
            return MagnetStatus(MagnetState.HEATING_SWITCH if heater_on else MagnetState.COOLING_SWITCH)
        if action in ("RTOS", "RTOZ"):
            return MagnetStatus(MagnetState.RAMPING, "to zero" if action == "RTOZ" else "")
        if not heater_on:
            return MagnetStatus(MagnetState.PERSISTENT, "supply clamped" if action == "CLMP" else "")
        return MagnetStatus(MagnetState.CLAMPED if action == "CLMP" else MagnetState.HOLDING)

    def has_switch(self) -> bool:
        """Whether a persistent switch is fitted, as the station file says."""
        return self._has_switch

    def switch_is_open(self) -> bool:
        """Whether coil and supply carry one current: heater on for long enough, or no switch fitted."""
        return self._heater_is_on() and not self._switch_is_moving()

    def set_switch_heater(self, on: bool) -> None:
        """Turn the heater on (checked by us and by the supply) or off.

        Raises:
            MagnetQuenched: the supply reports a quench; nothing was set.
            RefusedError: no switch, a ramp under way, a fault, or currents that do not match; nothing was set.
        """
        if not self._has_switch:
            raise RefusedError(
                f"{self.description}: the station file says that no switch is fitted; nothing was set"
            )
        if self._heater_is_on() == on:
            return
        self._check_health()
        if (action := self._action()) in ("RTOS", "RTOZ"):
            raise RefusedError(
                f"{self.description}: the supply is ramping ({action}); hold before the switch heater is operated;"
                " nothing was set"
            )
        if on:
            self._check_match()
        self._set("SIG:SWHT", "ON" if on else "OFF")
        self._switch_moves_until_s = self._clock.now() + self._switch_time_s

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
            values["persistent_field_T"] = self._read_persistent_field()
            values["switch_heater_on"] = self._heater_is_on()
        values["alarms"] = self.read_alarms()
        return values

    def make_safe(self) -> None:
        """Hold the field; a clamped output is left clamped."""
        insist(self._hold_unless_clamped)

    def _hold_unless_clamped(self) -> None:
        try:
            clamped = self._action() == "CLMP"
        except InstrumentError:
            clamped = False  # holding is safe in every state; not holding is not
        if not clamped:
            self.hold()

    def _failure(self) -> MagnetStatus | None:
        register = self._read("STAT").hexadecimal()
        words = ", ".join(word for bit, word in _STATUS_WORDS.items() if register & bit)
        if register & _QUENCH:
            return MagnetStatus(MagnetState.QUENCHED, words)
        return MagnetStatus(MagnetState.FAULT, words) if words else None

    def _check_health(self) -> None:
        failure = self._failure()
        if failure is None:
            return
        if failure.state is MagnetState.QUENCHED:
            raise MagnetQuenched(
                f"{self.description} reports a quench ({failure.detail}); acknowledge it at the supply;"
                " nothing was set"
            )
        raise RefusedError(f"{self.description} reports a fault: {failure.detail}; nothing was set")

    def _check_match(self) -> None:
        supply_T, coil_T = self.read_supply_field(), self._read_persistent_field()
        if abs(supply_T - coil_T) > _MATCH_T:
            raise RefusedError(
                f"{self.description}: supply at {supply_T:g} T, coil persistent at {coil_T:g} T; opening the switch"
                f" needs them within {_MATCH_T:g} T, or the magnet quenches; nothing was set"
            )

    def _heater_is_on(self) -> bool:
        return not self._has_switch or self._read("SIG:SWHT").word("ON", "OFF") == "ON"

    def _switch_is_moving(self) -> bool:
        return self._switch_moves_until_s is not None and self._clock.now() < self._switch_moves_until_s

    def _read_persistent_field(self) -> float:
        return self._number("SIG:PFLD", "T")

    def _action(self) -> str:
        return self._read("ACTN").word("HOLD", "RTOS", "RTOZ", "CLMP")

    def _set_and_verify(self, leaf: str, value: float, unit: str) -> None:
        self._set(leaf, fixed(value))
        taken = self._number(leaf, unit)
        if abs(taken - value) > _RESOLUTION:
            raise RefusedError(
                f"{self.description}: {leaf} was set to {value:g} {unit} and reads back {taken:g} {unit};"
                " no ramp was started"
            )

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

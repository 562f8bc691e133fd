"""American Magnetics Model 430 power supply programmer.

Sources: AMI manual of the 05100PS-430-601 system, revision 5, chapter 4 (commands, STATE?, error codes); the
public source of AMI's own program Magnet-DAQ for state 11, and for the rate that holds while the switch is cold
(PS:PSRR, always in A/s). Units of field and rate are whatever the front panel says (kilogauss or tesla, per second
or per minute): they are asked for before every use.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pymeasure.adapters import Adapter
from pyvisa.constants import ControlFlow

from instruments.clock import Clock
from instruments.drivers.checked import fixed, insist
from instruments.drivers.replies import Reply
from instruments.drivers.supply_state import SupplyState, Switch
from instruments.drivers.switched_magnet import SwitchedMagnet
from instruments.errors import RefusedError
from instruments.limits import MagnetLimits, RampSegment
from instruments.roles import Identity, MagnetState, MagnetStatus, Scalar

#: Replies end with CR LF; a reader that stops at LF takes both CR LF and LF.
CONNECTION: Mapping[str, Any] = {
    "read_termination": "\n",
    "write_termination": "\r\n",
    "timeout": 5000,
    "asrl": {"baud_rate": 115200, "flow_control": ControlFlow.rts_cts},
}
_BANNER = ("American Magnetics Model 430 IP Interface", "Hello")
_RAMPING: Mapping[int, str] = {1: "", 4: "up by hand", 5: "down by hand", 6: "to zero"}
_QUENCH, _AT_ZERO, _HEATING, _COOLING, _RAMPDOWN = 7, 8, 9, 10, 11
_ERRORS_KEPT = 10
_MOST_SEGMENTS = 10
_RESOLUTION = 1e-4  # in the supply's own units


@dataclass(frozen=True, slots=True)
class Units:
    """What one of the supply's units is: of field in T, of rate in T/min."""

    field_T: float
    rate_T_per_min: float


class Ami430(SwitchedMagnet):
    """A Model 430 and its magnet.

    After every set the error queue is read, rates and target are read back before a ramp is started, and a closed
    persistent switch is never taken for a following field. The station's ramp segments are programmed into the
    supply, none faster than the ramp asked for, so that it keeps to them by itself.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
        limits: reach and ramp rates; checked before anything is set.
        clock: tells how long ago the switch heater was operated.
        has_switch: whether a persistent switch is fitted; :meth:`identify` compares it with the supply's setup.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("430",)
    judges_rates_early: ClassVar[bool] = False

    def __init__(self, adapter: Adapter | str, *, limits: MagnetLimits, clock: Clock, has_switch: bool) -> None:
        connection = dict(CONNECTION) if isinstance(adapter, str) else {}
        super().__init__(adapter, "AMI 430", includeSCPI=False, **connection)
        self.limits = limits
        self._clock = clock
        self._has_switch = has_switch

    def read(self, **kwargs: object) -> str:
        """Read one reply; the two lines with which the supply greets a new connection are passed over."""
        for _ in _BANNER:
            text = super().read(**kwargs)
            if not text.strip().startswith(_BANNER):
                return text
        return super().read(**kwargs)

    def identify(self) -> Identity:
        """Ask who is there, and whether a switch is set up there as the station file says.

        Raises:
            IdentityError: another model answered, or the supply's setup contradicts the station file.
        """
        reply = self.query("*IDN?")
        vendor, _, rest = reply.text.partition(",")
        if rest.count(",") == 1:  # some firmware tells no serial number
            model, _, firmware = rest.partition(",")
            reply = reply.with_text(f"{vendor},{model},,{firmware}")
        identity = reply.identity(",", self.MODELS, self.address)
        self._check_fitted(self.query("PS:INST?").integer(0, 1) == 1)
        return identity

    def read_field(self) -> float:
        """Field at the sample in T: the supply's own reckoning of the coil, also while it is persistent."""
        return self._field_unit_T() * self.query("FIELD:MAG?").number()

    def read_supply_field(self) -> float:
        """Field in T that the supply's output current would make."""
        return self._field_of("CURR:SUPP?")

    def read_supply_voltage(self) -> float:
        """Voltage in V at the supply's output."""
        return self.query("VOLT:SUPP?").number()

    def hold(self) -> None:
        """Stop a ramp where it is.

        Raises:
            RefusedError: the supply refused.
        """
        self._forget_errors()
        self._set("PAUSE")

    def switch_is_open(self) -> bool:
        """Whether coil and supply carry one current: heater on for long enough, or no switch fitted."""
        return self._switch() is Switch.OPEN

    def switch_settles_in_s(self) -> float:
        """0: STATE? tells when the switch is on its way, whoever operated its heater."""
        return 0.0

    def snapshot(self) -> Mapping[str, Scalar]:
        """Settings and state."""
        units = self._units()
        values: dict[str, Scalar] = {
            "field_T": self.read_field(),
            "supply_field_T": self.read_supply_field(),
            "target_T": self.query("FIELD:TARG?").number() * units.field_T,
            "state": self._state(),
            "quenches_recorded": self.query("QU:COUNT?").integer(0, 1_000_000),
            "field_units": "T" if units.field_T == 1.0 else "kG",
            "current_limit_A": self.query("CURR:LIMIT?").number(),
            "tesla_per_ampere": self.query("COIL?").number() * units.field_T,
        }
        for number in range(1, self.query("RAMP:RATE:SEG?").integer(1, _MOST_SEGMENTS) + 1):
            rate, bound = self.query(f"RAMP:RATE:FIELD:{number}?").numbers(2)
            values[f"segment_{number}_rate_T_per_min"] = rate * units.rate_T_per_min
            values[f"segment_{number}_up_to_T"] = bound * units.field_T
        if self._has_switch:
            values["switch_heater_on"] = self._heater_is_on()
            values["switch_heating_time_s"] = self.query("PS:HTIME?").number()
            values["switch_cooling_time_s"] = self.query("PS:CTIME?").number()
        return values

    def make_safe(self) -> None:
        """Hold the field: told at once, then told again and verified."""
        insist(lambda: self.write("PAUSE"), self.hold)

    def _state(self) -> int:
        return self.query("STATE?").integer(1, _RAMPDOWN)

    def _failure(self, state: int) -> MagnetStatus | None:
        if self.query("QU?").integer(0, 1) or state == _QUENCH:
            return MagnetStatus(MagnetState.QUENCHED, "quench detected, latched until it is reset at the supply")
        if state == _RAMPDOWN:
            return MagnetStatus(MagnetState.FAULT, "an external ramp-down is active")
        return None

    def _examine(self) -> SupplyState:
        state = self._state()
        if (failure := self._failure(state)) is not None:
            return SupplyState(failure, heater_on=False, ramping=False)
        return SupplyState(
            failure=None,
            heater_on=self._heater_is_on(),
            ramping=state in _RAMPING,
            switch_moves=state in (_HEATING, _COOLING),
            detail=_RAMPING.get(state, "supply at zero" if state == _AT_ZERO else ""),
        )

    def _persistent_detail(self, state: SupplyState) -> str:
        return state.detail

    def _read_coil_field(self) -> float:
        return self._field_of("CURR:MAG?")

    def _checked_number(self) -> int:
        """The number of STATE?, of a supply without quench and fault."""
        state = self._state()
        self._refuse_failure(self._failure(state))
        return state

    def _checked_switch(self) -> Switch:
        return self._switch(self._checked_number())

    def _switch(self, state: int | None = None) -> Switch:
        """Where the switch stands; ``state`` is the number of STATE? when it is known already."""
        if not self._has_switch:
            return Switch.OPEN
        heater_on = self._heater_is_on()
        moving = self._switch_is_moving()
        if heater_on:
            return Switch.MOVING if self._state() in (_HEATING, _COOLING) or moving else Switch.OPEN
        return Switch.MOVING if state == _COOLING or moving else Switch.CLOSED

    def _heater_stands(self, on: bool) -> bool:
        if self._heater_is_on() == on:
            return True
        if self._checked_number() in _RAMPING:
            raise self._ramps()
        return False

    def _time_of_switch_s(self, on: bool) -> float:
        return self.query("PS:HTIME?" if on else "PS:CTIME?").number()

    def _operate_heater(self, on: bool) -> None:
        self._forget_errors()
        self._set(f"PS {int(on)}")

    def _start_field(self) -> float:
        return self.read_field()

    def _start(self, from_T: float, target_T: float, rate_T_per_min: float) -> None:
        units = self._units()
        self._program_segments(rate_T_per_min, units)
        self._go(target_T, units)

    def _start_supply(self, from_T: float, target_T: float, rate_T_per_min: float) -> None:
        """With the switch cold the supply knows one rate, in A/s, and asks no segment."""
        units = self._units()
        rate = rate_T_per_min / 60.0 / (self.query("COIL?").number() * units.field_T)
        self._set(f"CONF:PS:PSRR {fixed(rate, 4)}")
        self._check_taken("rate behind a cold switch", rate, self.query("PS:PSRR?").number(), "A/s", _RESOLUTION)
        self._go(target_T, units)

    def _go(self, target_T: float, units: Units) -> None:
        self._program_target(target_T, units)
        if self._units() != units:
            raise RefusedError(
                f"{self.description}: the units of field or rate were changed while a ramp was prepared;"
                " no ramp was started"
            )
        self._set("RAMP")

    def _program_segments(self, rate_T_per_min: float, units: Units) -> None:
        segments = self.limits.segments
        if len(segments) > _MOST_SEGMENTS:  # the rate asked for is allowed on the whole way
            segments = (RampSegment(segments[-1].up_to_field_T, rate_T_per_min),)
        self._set(f"CONF:RAMP:RATE:SEG {len(segments)}")
        for number, segment in enumerate(segments, start=1):
            rate = min(rate_T_per_min, segment.max_rate_T_per_min) / units.rate_T_per_min
            bound = segment.up_to_field_T / units.field_T
            self._set(f"CONF:RAMP:RATE:FIELD {number},{fixed(rate, 8)},{fixed(bound)}")
            taken_rate, taken_bound = self.query(f"RAMP:RATE:FIELD:{number}?").numbers(2)
            self._check_taken(f"rate of segment {number}", rate, taken_rate, "", _RESOLUTION)
            if number < len(segments):  # the last one's bound is the supply's own limit
                self._check_taken(f"bound of segment {number}", bound, taken_bound, "", _RESOLUTION)

    def _program_target(self, target_T: float, units: Units) -> None:
        target = target_T / units.field_T
        self._set(f"CONF:FIELD:TARG {fixed(target)}")
        self._check_taken("target", target, self.query("FIELD:TARG?").number(), "", _RESOLUTION)

    def _heater_is_on(self) -> bool:
        return not self._has_switch or self.query("PS?").integer(0, 1) == 1

    def _field_of(self, current_query: str) -> float:
        current_A = self.query(current_query).number()
        return current_A * self.query("COIL?").number() * self._field_unit_T()

    def _field_unit_T(self) -> float:
        return (0.1, 1.0)[self.query("FIELD:UNITS?").integer(0, 1)]

    def _units(self) -> Units:
        field_T = self._field_unit_T()
        return Units(field_T, field_T * (60.0, 1.0)[self.query("RAMP:RATE:UNITS?").integer(0, 1)])

    def _set(self, command: str) -> None:
        """Send a command; only an empty error queue counts as done."""
        self.write(command)
        error = self._next_error()
        if error is None:
            return
        self._forget_errors()
        raise RefusedError(f"{self.description} refused {command!r}: it answered {error.text!r}")

    def _next_error(self) -> Reply | None:
        reply = self.query("SYST:ERR?")
        code, separator, _ = reply.text.partition(",")
        if not separator:
            raise reply.error('an error such as 0,"No errors"')
        return reply if reply.with_text(code.strip()).integer(-999, 999) else None

    def _forget_errors(self) -> None:
        """Empty the queue, so that an old error is not laid at the next command's door."""
        for _ in range(_ERRORS_KEPT + 1):
            if self._next_error() is None:
                return

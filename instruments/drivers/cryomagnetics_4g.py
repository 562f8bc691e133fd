"""Cryomagnetics Model 4G magnet supply.

Sources: public programs that run real units (QCoDeS's driver and several laboratories' own), which agree on the
commands; a summary of Cryomagnetics' manual, revision 9.3, in one of them for ranges, rates and SWEEP. Fields
come in kilogauss or amperes, as the front panel is set, always with their unit; rates in A/s, so that the coil
constant must stand in the station file. Whether "sweep up" ends at the limit is not written anywhere: arrival is
read back.
"""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from pymeasure.adapters import Adapter

from instruments.clock import Clock
from instruments.drivers.checked import fixed, insist
from instruments.drivers.replies import Reply
from instruments.drivers.supply_state import SupplyState
from instruments.drivers.switched_magnet import DEFAULT_SWITCH_TIME_S, SwitchedMagnet
from instruments.errors import RefusedError
from instruments.limits import MagnetLimits
from instruments.roles import Identity, MagnetState, MagnetStatus, Scalar

CONNECTION: Mapping[str, Any] = {
    "read_termination": "\n",
    "write_termination": "\n",
    "timeout": 5000,
    "asrl": {"baud_rate": 9600},
}
_QUENCH, _POWER_MODULE = 0x04, 0x08
_ERRORS: Mapping[int, str] = {
    0x04: "query error",
    0x08: "device error",
    0x10: "execution error",
    0x20: "command error",
}
_SWEEP = re.compile(r"(sweep up|sweep down|zeroing|sweep zero|sweep paused|paused?|standby)(?: (?:fast|slow))?")
_RATES, _RANGES = 5, 4
_FAST = 5  # the rate after those of the ranges
_RATE_STEP_A_PER_S = 1e-4
_ARRIVED_T = 2e-4
_RESOLUTION_T = 1e-4
_OFF, _ON, _MOVING = 0, 1, 2


class Cryomagnetics4G(SwitchedMagnet):
    """A 4G and its magnet.

    After every set the event register is read, all five rates and the limit are read back before a sweep is
    started, and a closed persistent switch is never taken for a following field. The fast rate is used for the
    leads alone, behind a closed switch, when the station file allows them more than the coil.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
        limits: reach and ramp rates; checked before anything is set.
        clock: tells how long ago the switch heater was operated.
        tesla_per_ampere: coil constant.
        has_switch: whether a persistent switch is fitted; the supply does not tell.
        switch_time_s: how long the switch takes to open after its heater is turned on, and to close.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("4G",)

    def __init__(
        self,
        adapter: Adapter | str,
        *,
        limits: MagnetLimits,
        clock: Clock,
        tesla_per_ampere: float,
        has_switch: bool,
        switch_time_s: float = DEFAULT_SWITCH_TIME_S,
    ) -> None:
        connection = dict(CONNECTION) if isinstance(adapter, str) else {}
        super().__init__(adapter, "Cryomagnetics 4G", includeSCPI=False, **connection)
        self.limits = limits
        self._clock = clock
        self._tesla_per_ampere = tesla_per_ampere
        self._has_switch = has_switch
        self._switch_time_s = switch_time_s
        self.least_rate_T_per_min = 60.0 * _RATE_STEP_A_PER_S * tesla_per_ampere
        self._heater_wanted = False
        self._unanswered: list[str] = []

    def write(self, command: str, **kwargs: object) -> None:
        """Send a command."""
        super().write(command, **kwargs)
        self._unanswered.append(command)

    def read(self, **kwargs: object) -> str:
        """Read one reply; commands that come back as an echo, as they do over USB, are passed over."""
        text = super().read(**kwargs)
        while text.strip() in self._unanswered:
            self._unanswered.remove(text.strip())
            text = super().read(**kwargs)
        self._unanswered.clear()
        return text

    def lose_step(self) -> None:
        """A reply was not what was expected: the next command starts clean."""
        super().lose_step()
        self._unanswered.clear()

    def identify(self) -> Identity:
        """Ask who is there.

        Raises:
            IdentityError: another model than this driver's answered.
        """
        return self.query("*IDN?").identity(",", self.MODELS, self.address)

    def read_supply_field(self) -> float:
        """Field in T that the supply's output current makes."""
        return self._field("IOUT?")

    def read_supply_voltage(self) -> float:
        """Voltage in V at the supply's output."""
        return self._compact("VOUT?").number("V")

    def hold(self) -> None:
        """Stop a sweep where it is.

        Raises:
            RefusedError: the supply refused.
        """
        self.query("*ESR?").integer(0, 255)  # errors of an earlier command are not ours
        self._set("REMOTE")
        self._set("SWEEP PAUSE")

    def make_safe(self) -> None:
        """Hold the field."""
        insist(self.hold)

    def snapshot(self) -> Mapping[str, Scalar]:
        """Settings and state."""
        per_A_per_s = 60.0 * self._tesla_per_ampere
        values: dict[str, Scalar] = {
            "field_T": self._read_coil_field(),
            "supply_field_T": self.read_supply_field(),
            "upper_limit_T": self._field("ULIM?"),
            "lower_limit_T": self._field("LLIM?"),
            "sweep": self._sweep(),
            "status_byte": self.query("*STB?").integer(0, 255),
            "voltage_limit_V": self._compact("VLIM?").number("V"),
            "magnet_voltage_V": self._compact("VMAG?").number("V"),
            "tesla_per_ampere": self._tesla_per_ampere,
        }
        for number in range(_RATES + 1):
            name = f"rate_{number}_T_per_min" if number < _RATES else "fast_rate_T_per_min"
            values[name] = self.query(f"RATE? {number}").number() * per_A_per_s
        for number in range(_RANGES):
            values[f"range_{number}_up_to_T"] = self.query(f"RANGE? {number}").number() * self._tesla_per_ampere
        if self._has_switch:
            values["switch_heater"] = self._heater()
        return values

    def _examine(self) -> SupplyState:
        register = self.query("*STB?").integer(0, 255)
        heater = self._heater() if self._has_switch else _ON
        sweep = self._sweep()
        return SupplyState(
            failure=_failure(register),
            heater_on=heater == _ON or (heater == _MOVING and self._heater_wanted),
            ramping=self._is_on_its_way(sweep),
            switch_moves=heater == _MOVING,
            detail="supply in standby" if sweep == "standby" else "",
        )

    def _read_coil_field(self) -> float:
        return self._field("IMAG?")

    def _start(self, from_T: float, target_T: float, rate_T_per_min: float) -> None:
        self._program_rates(rate_T_per_min, range(_RATES))
        self._sweep_to(from_T, target_T, "SLOW")

    def _start_supply(self, from_T: float, target_T: float, rate_T_per_min: float) -> None:
        if not self._is_of_leads(from_T, target_T, rate_T_per_min):
            self._start(from_T, target_T, rate_T_per_min)
            return
        self._program_rates(rate_T_per_min, (_FAST,))
        self._sweep_to(from_T, target_T, "FAST")

    def _sweep_to(self, from_T: float, target_T: float, pace: str) -> None:
        rises = target_T >= from_T
        limit, other = ("ULIM", "LLIM") if rises else ("LLIM", "ULIM")
        beyond_T = self._field(f"{other}?") - target_T
        # the upper limit cannot stand below the lower one, which is told with fewer digits than it is kept with
        if (beyond_T if rises else -beyond_T) > -_RESOLUTION_T:
            reach_T = self.limits.max_field_T
            aside_T = min(from_T, target_T) if rises else max(from_T, target_T)
            self._set_limit(other, min(max(aside_T, -reach_T), reach_T))
        self._set_limit(limit, target_T)
        self._set(f"SWEEP {'UP' if rises else 'DOWN'} {pace}")

    def _program_rates(self, rate_T_per_min: float, numbers: Iterable[int]) -> None:
        """The rate asked for, rounded down; in every range, because it is allowed on the whole way."""
        wanted = rate_T_per_min / 60.0 / self._tesla_per_ampere
        rate = math.floor(wanted / _RATE_STEP_A_PER_S + 1e-6) * _RATE_STEP_A_PER_S
        for number in numbers:
            self._set(f"RATE {number} {fixed(rate, 4)}")
            taken = self.query(f"RATE? {number}").number()
            what = f"rate of range {number}" if number < _RATES else "fast rate"
            self._check_taken(what, rate, taken, "A/s", _RATE_STEP_A_PER_S / 2)

    def _set_limit(self, limit: str, field_T: float) -> None:
        unit = self._compact(f"{limit}?").text
        if unit.endswith("G"):
            value = field_T * 10.0
        else:
            value = field_T if unit.endswith("T") else field_T / self._tesla_per_ampere
        self._set(f"{limit} {fixed(value, 5)}")
        self._check_taken(limit, field_T, self._field(f"{limit}?"), "T", _RESOLUTION_T)

    def _operate_heater(self, on: bool) -> None:
        self.query("*ESR?").integer(0, 255)
        self._set("REMOTE")
        self._set(f"PSHTR {'ON' if on else 'OFF'}")
        if self._heater() == (_OFF if on else _ON):
            raise self._heater_disobeyed(on)
        self._heater_wanted = on

    def _heater(self) -> int:
        return self.query("PSHTR?").integer(_OFF, _MOVING)

    def _sweep(self) -> str:
        reply = self.query("SWEEP?")
        match = _SWEEP.fullmatch(reply.text.lower())
        if match is None:
            raise reply.error("sweep up, sweep down, sweep paused, zeroing, or standby")
        return match.group(1)

    def _is_on_its_way(self, sweep: str) -> bool:
        """Whether a sweep has not arrived yet, by the fields and not by the word."""
        goals = {"sweep up": "ULIM?", "sweep down": "LLIM?"}
        if sweep in goals:
            goal_T = self._field(goals[sweep])
        elif "zero" in sweep:
            goal_T = 0.0
        else:
            return False
        return abs(self.read_supply_field() - goal_T) > _ARRIVED_T

    def _field(self, query: str) -> float:
        """A field in T from kilogauss, tesla or amperes, as the reply says."""
        reply = self._compact(query)
        if reply.text.endswith("G"):
            return reply.number("G") * 1e-4
        return reply.number("T") if reply.text.endswith("T") else reply.number("A") * self._tesla_per_ampere

    def _compact(self, query: str) -> Reply:
        """A reply without a blank between number and unit."""
        reply = self.query(query)
        return reply.with_text(reply.text.replace(" ", ""))

    def _set(self, command: str) -> None:
        """Send a command; only an event register without errors counts as done."""
        self.write(command)
        events = self.query("*ESR?").integer(0, 255)
        if errors := [words for bit, words in _ERRORS.items() if events & bit]:
            raise RefusedError(f"{self.description} refused {command!r}: {', '.join(errors)}")


def _failure(register: int) -> MagnetStatus | None:
    if register & _QUENCH:
        return MagnetStatus(MagnetState.QUENCHED, "quench detected, latched until it is reset at the supply")
    return MagnetStatus(MagnetState.FAULT, "power module failure") if register & _POWER_MODULE else None

"""Oxford Instruments IPS 120-10 magnet supply.

Sources: the EPICS support of ISIS for the status string and the numbers of ``R``, checked there on real units;
Oxford's Mercury iPS handbook issue 14, legacy commands. ``H2``, the heater without a check, is never sent. A supply
that was told to go to its set point goes on to any new one: it is put on hold before the set point is changed.
"""

import re
from collections.abc import Mapping
from typing import ClassVar

from pymeasure.adapters import Adapter

from instruments.clock import Clock
from instruments.drivers.checked import fixed
from instruments.drivers.oxford_legacy import OxfordLegacy
from instruments.drivers.supply_state import SupplyState
from instruments.drivers.switched_magnet import DEFAULT_SWITCH_TIME_S, SwitchedMagnet
from instruments.errors import RefusedError
from instruments.limits import MagnetLimits
from instruments.roles import Identity, MagnetState, MagnetStatus, Scalar

_STATUS = re.compile(r"X(\d)(\d)A([0124])C(\d)H([01258])M(\d)([0-3])(?:P\d\d)?")
_EXAMPLE = "X00A0C3H1M10P03"
_QUENCHED = 1
_SYSTEM: Mapping[int, str] = {_QUENCHED: "quench detected", 2: "overheated", 4: "warming up", 8: "fault"}
_LIMITING: Mapping[int, str] = {
    1: "at the positive voltage limit",
    2: "at the negative voltage limit",
    4: "outside the negative current limit",
    8: "outside the positive current limit",
}
_ACTIONS: Mapping[str, str] = {"0": "hold", "1": "to set point", "2": "to zero", "4": "clamped"}
_AUTO_RUN_DOWN = 4
_OFF_AT_ZERO, _HEATER_ON, _OFF_AT_FIELD, _HEATER_FAULT, _NO_SWITCH = 0, 1, 2, 5, 8
_EMPTY_T = 2e-3  # less than this the digit need not call a field
_OUTPUT_VOLTAGE, _FIELD, _SET_POINT, _RATE, _PERSISTENT_FIELD, _HEATER_CURRENT = 1, 7, 8, 9, 18, 20
_RESOLUTION = 1e-4  # T and T/min


class Ips120(OxfordLegacy, SwitchedMagnet):
    """An IPS 120-10 and its magnet.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
        limits: reach and ramp rates; checked before anything is set.
        clock: tells how long ago the switch heater was operated.
        has_switch: whether a persistent switch is fitted; :meth:`identify` compares it with the supply's setup.
        switch_time_s: how long the switch takes to open after its heater is turned on, and to close.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("IPS120-10",)
    EXTENDED_RESOLUTION: ClassVar[bool] = True
    least_rate_T_per_min = _RESOLUTION

    def __init__(
        self,
        adapter: Adapter | str,
        *,
        limits: MagnetLimits,
        clock: Clock,
        has_switch: bool,
        switch_time_s: float = DEFAULT_SWITCH_TIME_S,
    ) -> None:
        super().__init__(adapter, "IPS 120-10")
        self.limits = limits
        self._clock = clock
        self._has_switch = has_switch
        self._switch_time_s = switch_time_s

    def identify(self) -> Identity:
        """Ask who is there, and whether a switch is set up there as the station file says.

        Raises:
            IdentityError: another model answered, or the supply's setup contradicts the station file.
        """
        identity = super().identify()
        self._check_fitted(self._status()["heater"] != _NO_SWITCH)
        return identity

    def read_supply_field(self) -> float:
        """Field in T of the supply's own output current."""
        return self.parameter(_FIELD)

    def read_supply_voltage(self) -> float:
        """Voltage in V at the supply's output."""
        return self.parameter(_OUTPUT_VOLTAGE)

    def hold(self) -> None:
        """Stop a ramp where it is."""
        self.control("A0")
        self._forget_rate_of_leads()

    def snapshot(self) -> Mapping[str, Scalar]:
        """Settings and state."""
        status = self.examine(_STATUS, _EXAMPLE)
        values: dict[str, Scalar] = {
            "supply_field_T": self.read_supply_field(),
            "set_point_T": self.parameter(_SET_POINT),
            "ramp_rate_T_per_min": self.parameter(_RATE),
            "output_voltage_V": self.optional(_OUTPUT_VOLTAGE),
            "action": _ACTIONS[status[3]],
            "status": status[0],
        }
        if self._has_switch:
            values["persistent_field_T"] = self._read_coil_field()
            values["switch_heater_on"] = int(status[5]) == _HEATER_ON
            values["switch_heater_current_mA"] = self.optional(_HEATER_CURRENT)
        return values

    def _status(self) -> dict[str, int]:
        """The digits of the status string by what they mean."""
        names = ("system", "limit", "action", "control", "heater", "mode", "sweep")
        return dict(zip(names, map(int, self.examine(_STATUS, _EXAMPLE).groups()), strict=True))

    def _examine(self) -> SupplyState:
        status = self._status()
        return SupplyState(
            failure=_failure(status),
            heater_on=not self._has_switch or status["heater"] == _HEATER_ON,
            ramping=status["sweep"] != 0,
            clamped=status["action"] == 4,
            detail=", ".join(word for bit, word in _LIMITING.items() if status["limit"] & bit),
        )

    def _read_coil_field(self) -> float:
        return self.parameter(_PERSISTENT_FIELD)

    def _start(self, from_T: float, target_T: float, rate_T_per_min: float) -> None:
        self.extend_resolution()  # the supply may have been off since, and a short set point would be another one
        self.control(f"T{fixed(rate_T_per_min, 4)}", f"J{fixed(target_T, 4)}")
        self._check_taken("rate", rate_T_per_min, self.parameter(_RATE), "T/min", _RESOLUTION)
        self._check_taken("set point", target_T, self.parameter(_SET_POINT), "T", _RESOLUTION)
        self.control("A1")

    def _program_rate(self, rate_T_per_min: float) -> None:
        self.control(f"T{fixed(rate_T_per_min, 4)}")
        self._check_taken("rate", rate_T_per_min, self.parameter(_RATE), "T/min", _RESOLUTION)

    def _check_memory(self) -> None:
        """The heater's digit tells too whether the coil carries current."""
        coil_T, heater = self._read_coil_field(), self._status()["heater"]
        if heater == (_OFF_AT_ZERO if abs(coil_T) > _EMPTY_T else _OFF_AT_FIELD):
            word = "without" if heater == _OFF_AT_ZERO else "with"
            raise RefusedError(
                f"{self.description}: the field of the coil is not known: the supply remembers {coil_T:g} T and"
                f" says H{heater}, a magnet {word} current behind its switch; nothing was set"
            )

    def _operate_heater(self, on: bool) -> None:
        self.control(f"H{int(on)}")
        if (self._status()["heater"] == _HEATER_ON) != on:
            raise self._heater_disobeyed(on)


def _failure(status: Mapping[str, int]) -> MagnetStatus | None:
    system = status["system"]
    words = [word for bit, word in _SYSTEM.items() if system & bit]
    if system & _QUENCHED:
        return MagnetStatus(MagnetState.QUENCHED, ", ".join(words))
    if status["control"] >= _AUTO_RUN_DOWN:
        words.append("auto-run-down")
    if status["limit"] & 0xC:
        words += [word for bit, word in _LIMITING.items() if status["limit"] & bit & 0xC]
    if status["heater"] == _HEATER_FAULT:
        words.append("switch heater fault")
    return MagnetStatus(MagnetState.FAULT, ", ".join(words)) if words else None

"""The magnet of a Quantum Design PPMS, driven by MultiVu, which works a persistent switch by itself.

Fields are in Oe and rates in Oe/s on the wire. A ramp is linear and ends in driven mode.
"""

from collections.abc import Mapping

from instruments.drivers.checked import insist
from instruments.drivers.multipyvu import MultiPyVu
from instruments.drivers.replies import Reply
from instruments.errors import InstrumentError, LimitError, MagnetQuenched, RefusedError
from instruments.limits import MagnetLimits, past_bound
from instruments.roles import Identity, Magnet, MagnetState, MagnetStatus, Scalar

_OE_PER_T = 1e4
_OE_PER_S_PER_T_PER_MIN = 1e4 / 60.0
_LINEAR, _DRIVEN = 0, 1
_SAME_FIELD_T = 1e-4
_SAME_RATE = 0.01
_AT_SET_POINT_T = 1e-3

#: MultiPyVu's words; whatever is no ordinary state is a fault.
_STATES: Mapping[str, MagnetState] = {
    "Stable": MagnetState.HOLDING,
    "Holding (driven)": MagnetState.HOLDING,
    "Switch Warming": MagnetState.HEATING_SWITCH,
    "Switch Cooling": MagnetState.COOLING_SWITCH,
    "Iterate": MagnetState.RAMPING,
    "Ramping": MagnetState.RAMPING,
    "Quenching": MagnetState.QUENCHED,
    "Resetting": MagnetState.FAULT,
    "Current Error": MagnetState.FAULT,
    "Switch Error": MagnetState.FAULT,
    "Charging Error": MagnetState.FAULT,
    "PSU Error": MagnetState.FAULT,
    "General Failure": MagnetState.FAULT,
    "Unknown": MagnetState.FAULT,
}


class MultiPyVuMagnet(Magnet):
    """The magnet of a PPMS.

    Args:
        multivu: the connection, shared with the thermometers.
        limits: reach and ramp rates; the server has none of its own.
    """

    def __init__(self, multivu: MultiPyVu, *, limits: MagnetLimits) -> None:
        self.multivu = multivu
        self.limits = limits
        self._was_set = False

    def identify(self) -> Identity:
        """Ask the server who it is."""
        return self.multivu.identify()

    def read_field(self) -> float:
        """Field in T."""
        return self._read()[0]

    def read_supply_field(self) -> float:
        """The same: MultiVu tells of one field only."""
        return self.read_field()

    def start_ramp(self, target_T: float, rate_T_per_min: float) -> None:
        """Start towards ``target_T``, and read back what MultiVu took.

        Raises:
            LimitError: target or rate beyond the limits; nothing was set.
            MagnetQuenched: the magnet quenches; nothing was set.
            RefusedError: a fault (nothing was set), or a setting that was not taken (the magnet holds).
        """
        self.limits.check_field(target_T)
        if not rate_T_per_min > 0:
            raise LimitError(f"asked to ramp at {rate_T_per_min:g} T/min; allowed is more than 0; nothing was sent")
        field_T, status = self._read()
        if status.state is MagnetState.QUENCHED:
            raise MagnetQuenched(
                f"{self.multivu.description} reports a quench ({status.detail}); see to the magnet; nothing was set"
            )
        if status.state is MagnetState.FAULT:
            raise RefusedError(
                f"{self.multivu.description} reports the magnet's state {status.detail!r}; nothing was set"
            )
        self.limits.check_ramp(past_bound(field_T, target_T), target_T, rate_T_per_min)
        self._set(target_T, rate_T_per_min)
        taken_T, taken_rate = self._read_set_point()
        if (
            abs(taken_T - target_T) > _SAME_FIELD_T
            or abs(taken_rate - rate_T_per_min) > _SAME_RATE * rate_T_per_min
        ):
            self.hold()
            raise RefusedError(
                f"{self.multivu.description}: asked for {target_T:g} T at {rate_T_per_min:g} T/min, read back"
                f" {taken_T:g} T at {taken_rate:g} T/min; the magnet was told to hold"
            )

    def hold(self) -> None:
        """Make the present field the set point; there is no other way to stop a ramp. A quench is left alone."""
        field_T, status = self._read()
        if status.state is not MagnetState.QUENCHED:
            self._set(field_T, self.limits.max_rate(field_T, field_T))

    def status(self) -> MagnetStatus:
        """State of the magnet in MultiVu's words."""
        return self._read()[1]

    def has_switch(self) -> bool:
        """False: where there is a switch, MultiVu works it, also in the middle of a ramp."""
        return False

    def switch_is_open(self) -> bool:
        """True: the field follows every ramp."""
        return True

    def set_switch_heater(self, on: bool) -> None:
        """Not to be had.

        Raises:
            RefusedError: always; nothing was sent.
        """
        raise self._not_to_be_had(f"turn its heater {'on' if on else 'off'}")

    def switch_settles_in_s(self) -> float:
        """0: there is none to be worked."""
        return 0.0

    def start_supply_ramp(self, target_T: float, rate_T_per_min: float) -> None:
        """Not to be had.

        Raises:
            RefusedError: always; nothing was sent.
        """
        raise self._not_to_be_had(f"move the supply alone to {target_T:g} T")

    def read_supply_voltage(self) -> float:
        """Not to be had.

        Raises:
            RefusedError: always; nothing was sent.
        """
        raise self._not_to_be_had("tell the supply's voltage")

    def _not_to_be_had(self, what: str) -> RefusedError:
        return RefusedError(
            f"{self.multivu.description}: MultiVu works the persistent switch by itself; asked to {what};"
            " nothing was sent"
        )

    def snapshot(self) -> Mapping[str, Scalar]:
        """Field, state and what was set last; before anything was set MultiVu has no answer to that."""
        field_T, status = self._read()
        values: dict[str, Scalar] = {"field_T": field_T, "state": status.detail}
        if self._was_set:
            values["set_point_T"], values["ramp_rate_T_per_min"] = self._read_set_point()
        return values

    def make_safe(self) -> None:
        """Hold, unless the magnet stands at its set point; a set would take it out of persistent mode."""
        insist(self._hold_unless_there)

    def close(self) -> None:
        """Release the connection of the PPMS."""
        self.multivu.close()

    def _hold_unless_there(self) -> None:
        field_T, status = self._read()
        if status.state is MagnetState.HOLDING and self._stands_at_set_point(field_T):
            return
        self.hold()

    def _stands_at_set_point(self, field_T: float) -> bool:
        if not self._was_set:
            return True
        # the state alone does not tell: for a second after a set it is still the old one
        try:
            return abs(self._read_set_point()[0] - field_T) <= _AT_SET_POINT_T
        except InstrumentError:
            return False  # holding is safe in every state; not holding is not

    def _set(self, target_T: float, rate_T_per_min: float) -> None:
        self._was_set = True
        rate = rate_T_per_min * _OE_PER_S_PER_T_PER_MIN
        self.multivu.command("FIELD", target_T * _OE_PER_T, rate, _LINEAR, _DRIVEN)

    def _read(self) -> tuple[float, MagnetStatus]:
        field_Oe, state = self.multivu.read_value("FIELD?", "Oe")
        return field_Oe / _OE_PER_T, _status(state)

    def _read_set_point(self) -> tuple[float, float]:
        field_Oe, rate, _, _ = self.multivu.read_set_points("FIELD_SETPOINTS?", 4, "Oe")
        return field_Oe / _OE_PER_T, abs(rate) / _OE_PER_S_PER_T_PER_MIN


def _status(state: Reply) -> MagnetStatus:
    if "quench" in state.text.lower():  # however it is spelled
        return MagnetStatus(MagnetState.QUENCHED, state.text)
    return MagnetStatus(_STATES[state.word(*_STATES)], state.text)

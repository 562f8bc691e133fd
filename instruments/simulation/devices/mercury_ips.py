"""Oxford Mercury iPS: a magnet supply with a persistent switch.

Source: MercuryiPS manual (Issue 14), command reference. The node is ``PSU`` up to firmware 2.5 and ``SPSU`` from
2.6. A ramp that arrives returns to HOLD; a clamped supply must go to HOLD before it ramps; the heater is refused
when coil and supply differ (``SWHT``), except by the unchecked form (``SWHN``).
"""

from collections.abc import Callable

from instruments.simulation.cryostat import Cryostat
from instruments.simulation.magnet import MagnetAction
from instruments.simulation.wire import Refusal
from instruments.simulation.wire_mercury import MercuryInstrument, Reader, denied, fixed, number, word

ACTIONS = {
    "HOLD": MagnetAction.HOLD,
    "RTOS": MagnetAction.TO_SETPOINT,
    "RTOZ": MagnetAction.TO_ZERO,
    "CLMP": MagnetAction.CLAMP,
}
_ACTION_WORDS = {action: name for name, action in ACTIONS.items()}
STATUS_HEATER_MISMATCH, STATUS_QUENCH = 0x1, 0x100


def node_name(firmware: str) -> str:
    """``PSU`` or ``SPSU``."""
    major, minor = (int(part) for part in firmware.split(".")[:2])
    return "SPSU" if (major, minor) >= (2, 6) else "PSU"


class MercuryIPS(MercuryInstrument):
    """The supply's wire over the cryostat's magnet."""

    def __init__(
        self,
        cryostat: Cryostat,
        *,
        group: str = "GRPZ",
        firmware: str = "2.5.04.000",
        serial: str = "152250046",
        current_limit_A: float = 120.0,
        heater_current_mA: float = 50.0,
    ) -> None:
        super().__init__(f"IDN:OXFORD INSTRUMENTS:MERCURY IPS:{serial}:{firmware}")
        self._cryostat = cryostat
        self._magnet = cryostat.magnet
        self._group = group
        self._node = f"DEV:{group}:{node_name(firmware)}"
        self._current_limit_A = current_limit_A
        self._heater_current_mA = heater_current_mA
        self._tesla_per_ampere = self._magnet.tesla_per_ampere
        self._max_rate_A_per_s = self._magnet.voltage_limit_V / self._magnet.inductance_H
        self._bind()

    def _bind(self) -> None:
        magnet, scale = self._magnet, self._tesla_per_ampere
        signal = self._node + ":SIG:"
        self.add(signal + "FLD", lambda: fixed(self._cryostat.read_field_T(), "T"))
        self.add(signal + "CURR", lambda: fixed(self._cryostat.read_field_T() / scale, "A"))
        self.add(signal + "PFLD", lambda: fixed(self._cryostat.read_persistent_field_T(), "T"))
        self.add(signal + "PCUR", lambda: fixed(self._cryostat.read_persistent_field_T() / scale, "A"))
        self.add(signal + "VOLT", self._now(lambda: fixed(magnet.voltage_V, "V")))
        self.add(signal + "FSET", lambda: fixed(magnet.target_current_A * scale, "T"), self._set_field)
        self.add(signal + "CSET", lambda: fixed(magnet.target_current_A, "A"), self._set_current)
        self.add(signal + "RFST", lambda: fixed(magnet.rate_A_per_s * 60.0 * scale, "T/m"), self._set_field_rate)
        self.add(signal + "RCST", lambda: fixed(magnet.rate_A_per_s * 60.0, "A/m"), self._set_current_rate)
        self.add(signal + "SWHT", self._read_heater, lambda text: self._set_heater(text, checked=True))
        self.add(signal + "SWHN", self._read_heater, lambda text: self._set_heater(text, checked=False))
        self.add(self._node + ":ACTN", self._now(lambda: _ACTION_WORDS[magnet.action]), self._set_action)
        self.add(self._node + ":STAT", self._now(self._status))
        self.add(self._node + ":ATOB", lambda: fixed(1.0 / scale, "A/T"))
        self.add(self._node + ":IND", lambda: fixed(magnet.inductance_H, "H"))
        self.add(self._node + ":SHTC", lambda: self._if_switch(fixed(self._heater_current_mA, "mA")))
        self.add(self._node + ":CLIM", lambda: fixed(self._current_limit_A, "A"))
        self.add(self._node + ":VLIM", lambda: fixed(magnet.voltage_limit_V, "V"))
        self.add(self._node + ":BIPL", lambda: "ON")
        self.add("SYS:ALRM", self._now(self._alarms))
        self.add("SYS:CAT", lambda: self._node)

    def _now(self, reader: Reader) -> Reader:
        """The reader, after the cryostat was brought to the present."""

        def read() -> str:
            self._cryostat.advance()
            return reader()

        return read

    def _if_switch(self, text: str) -> str:
        return text if self._magnet.switch_fitted else "N/A"

    def _read_heater(self) -> str:
        return self._if_switch("ON" if self._magnet.heater_on else "OFF")

    def _status(self) -> str:
        magnet = self._magnet
        bits = STATUS_QUENCH if magnet.quenched else 0
        if magnet.heater_on and not magnet.currents_match and not magnet.sweeping:
            bits |= STATUS_HEATER_MISMATCH
        return f"{bits:08X}"

    def _alarms(self) -> str:
        return f"{self._group}\tQuench detected;" if self._magnet.quenched else ""

    def _apply(self, text: str, limit: float, apply: Callable[[float], None], *, low: float | None = None) -> float:
        value = number(text, -limit if low is None else low, limit)
        self._cryostat.advance()
        apply(value)
        return value

    def _set_field(self, text: str) -> str:
        return fixed(
            self._apply(text, self._current_limit_A * self._tesla_per_ampere, self._magnet.set_target_field)
        )

    def _set_current(self, text: str) -> str:
        scale = self._tesla_per_ampere
        return fixed(self._apply(text, self._current_limit_A, lambda a: self._magnet.set_target_field(a * scale)))

    def _set_field_rate(self, text: str) -> str:
        limit = self._max_rate_A_per_s * 60.0 * self._tesla_per_ampere
        return fixed(self._apply(text, limit, self._magnet.set_field_rate, low=0.0))

    def _set_current_rate(self, text: str) -> str:
        scale, limit = self._tesla_per_ampere, self._max_rate_A_per_s * 60.0
        return fixed(self._apply(text, limit, lambda rate: self._magnet.set_field_rate(rate * scale), low=0.0))

    def _set_heater(self, text: str, *, checked: bool) -> str:
        on = word(text, "ON", "OFF") == "ON"
        if not self._magnet.switch_fitted:
            raise Refusal(0, "N/A", 0)
        self._cryostat.advance()
        if not self._magnet.set_heater(on, checked=checked):
            raise denied()
        return text

    def _set_action(self, text: str) -> str:
        action = ACTIONS[word(text, *ACTIONS)]
        self._cryostat.advance()
        if not self._magnet.set_action(action):
            raise denied()
        return text

"""Oxford Mercury iPS: a magnet supply with a persistent switch.

Source: MercuryiPS manual (Issue 14), command reference. The node is ``PSU`` up to firmware 2.5 and ``SPSU`` from
2.6. A ramp that arrives returns to HOLD; a clamped supply must go to HOLD before it ramps; the heater is refused
when coil and supply differ (``SWHT``), except by the unchecked form (``SWHN``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from instruments.simulation.cryostat import Cryostat
from instruments.simulation.magnet import MagnetAction, MagnetModel
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
    """The supply's wire over the cryostat's magnet, and over further axes of a vector magnet.

    Args:
        cryostat: whose magnet ``group`` drives.
        group: the axis of the field at the sample.
        other_groups: further axes, alike, each with a coil of its own; their fields do not reach the sample.
        firmware: decides the node's name.
        serial: told by ``*IDN?``.
        current_limit_A: set points beyond it are INVALID.
        heater_current_mA: of the switch heater.
        start_s: the present on the cryostat's clock; coils of further axes live from then on.
    """

    def __init__(
        self,
        cryostat: Cryostat,
        *,
        group: str = "GRPZ",
        other_groups: tuple[str, ...] = (),
        firmware: str = "2.5.04.000",
        serial: str = "152250046",
        current_limit_A: float = 120.0,
        heater_current_mA: float = 50.0,
        start_s: float = 0.0,
    ) -> None:
        super().__init__(f"IDN:OXFORD INSTRUMENTS:MERCURY IPS:{serial}:{firmware}")
        limits = _Limits(current_limit_A, heater_current_mA)
        node = node_name(firmware)
        axis = _Axis(self, cryostat, _AtSample(cryostat), f"DEV:{group}:{node}", limits)
        others = [
            _Axis(self, cryostat, _Apart(cryostat, other, start_s), f"DEV:{other}:{node}", limits)
            for other in other_groups
        ]
        axes = [axis, *others]
        self.add("SYS:ALRM", lambda: "".join(each.alarm() for each in axes))
        self.add("SYS:CAT", lambda: ":".join(each.node for each in axes))


@dataclass(frozen=True, slots=True)
class _Limits:
    current_A: float
    heater_current_mA: float


class _Coil(Protocol):
    """A coil as its axis sees it; readings are of the present."""

    magnet: MagnetModel

    def read_field_T(self) -> float:
        """Field of the supply's output current, with the noise of its reading."""
        ...


class _AtSample:
    """The coil around the sample."""

    def __init__(self, cryostat: Cryostat) -> None:
        self.magnet = cryostat.magnet
        self.read_field_T = cryostat.read_field_T


class _Apart:
    """A coil like the one around the sample, beside it; it lives in the cryostat's time."""

    def __init__(self, cryostat: Cryostat, group: str, start_s: float) -> None:
        like = cryostat.magnet
        self.magnet = MagnetModel(
            like.inductance_H,
            like.tesla_per_ampere,
            like.voltage_limit_V,
            like.lead_resistance_ohm,
            like.switch_fitted,
            like.switch_time_s,
        )
        self._cryostat = cryostat
        self._noise = cryostat.noise_source(f"field {group}")
        self._lived_s = start_s
        cryostat.attach(self)

    def next_look_s(self, now_s: float) -> float:
        """Its steps may be of any length."""
        return now_s

    def look(self, at_s: float) -> None:
        """Let its coil live until now."""
        self.magnet.advance(at_s - self._lived_s)
        self._lived_s = at_s

    def read_field_T(self) -> float:
        """Field of the supply's output current, with noise."""
        self._cryostat.advance()
        noise_T = self._cryostat.settings.field_noise_T * float(self._noise.standard_normal())
        return self.magnet.supply_field_T + noise_T


class _Axis:
    """One group of the supply."""

    def __init__(
        self, wire: MercuryInstrument, cryostat: Cryostat, coil: _Coil, node: str, limits: _Limits
    ) -> None:
        self.node = node
        self._wire, self._cryostat, self._coil, self._limits = wire, cryostat, coil, limits
        self._magnet = coil.magnet
        self._tesla_per_ampere = self._magnet.tesla_per_ampere
        self._max_rate_A_per_s = self._magnet.voltage_limit_V / self._magnet.inductance_H
        self._bind()

    def alarm(self) -> str:
        """Its entry in the list of alarms; empty without any."""
        self._cryostat.advance()
        return f"{self.node.split(':')[1]}\tQuench detected;" if self._magnet.quenched else ""

    def _bind(self) -> None:
        magnet, scale, add, read_T = self._magnet, self._tesla_per_ampere, self._wire.add, self._coil.read_field_T
        signal = self.node + ":SIG:"
        add(signal + "FLD", lambda: fixed(read_T(), "T"))
        add(signal + "CURR", lambda: fixed(read_T() / scale, "A"))
        add(signal + "PFLD", self._now(lambda: fixed(magnet.remembered_field_T, "T")))
        add(signal + "PCUR", self._now(lambda: fixed(magnet.remembered_current_A, "A")))
        add(signal + "VOLT", self._now(lambda: fixed(magnet.voltage_V, "V")))
        add(signal + "FSET", lambda: fixed(magnet.target_current_A * scale, "T"), self._set_field)
        add(signal + "CSET", lambda: fixed(magnet.target_current_A, "A"), self._set_current)
        add(signal + "RFST", lambda: fixed(magnet.rate_A_per_s * 60.0 * scale, "T/m"), self._set_field_rate)
        add(signal + "RCST", lambda: fixed(magnet.rate_A_per_s * 60.0, "A/m"), self._set_current_rate)
        add(signal + "SWHT", self._read_heater, lambda text: self._set_heater(text, checked=True))
        add(signal + "SWHN", self._read_heater, lambda text: self._set_heater(text, checked=False))
        add(self.node + ":ACTN", self._now(lambda: _ACTION_WORDS[magnet.action]), self._set_action)
        add(self.node + ":STAT", self._now(self._status))
        add(self.node + ":ATOB", lambda: fixed(1.0 / scale, "A/T"))
        add(self.node + ":IND", lambda: fixed(magnet.inductance_H, "H"))
        add(self.node + ":SHTC", lambda: self._if_switch(fixed(self._limits.heater_current_mA, "mA")))
        add(self.node + ":CLIM", lambda: fixed(self._limits.current_A, "A"))
        add(self.node + ":VLIM", lambda: fixed(magnet.voltage_limit_V, "V"))
        add(self.node + ":BIPL", lambda: "ON")

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
        if magnet.heater_mismatch:
            bits |= STATUS_HEATER_MISMATCH
        return f"{bits:08X}"

    def _apply(self, text: str, limit: float, apply: Callable[[float], None], *, low: float | None = None) -> float:
        value = number(text, -limit if low is None else low, limit)
        self._cryostat.advance()
        apply(value)
        return value

    def _set_field(self, text: str) -> str:
        return fixed(
            self._apply(text, self._limits.current_A * self._tesla_per_ampere, self._magnet.set_target_field)
        )

    def _set_current(self, text: str) -> str:
        scale = self._tesla_per_ampere
        return fixed(self._apply(text, self._limits.current_A, lambda a: self._magnet.set_target_field(a * scale)))

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

"""The roles instruments play: verbs in SI units, and nothing about how an instrument says them.

A driver inherits its role explicitly. It never waits, never sleeps, never clips; it returns the number asked
for or raises one of :mod:`instruments.errors`. Waiting, and deciding whether a state is good, is the business
of :mod:`procedures`.
"""

from collections.abc import Mapping
from typing import Protocol

from instruments.readings import (
    Identity,
    LockInReading,
    LockInSettings,
    MagnetState,
    MagnetStatus,
    Reading,
    ReadingFlag,
    Scalar,
    SourceReading,
)

__all__ = [
    "CurrentSource",
    "Identity",
    "Instrument",
    "LockIn",
    "LockInReading",
    "LockInSettings",
    "Magnet",
    "MagnetState",
    "MagnetStatus",
    "Reading",
    "ReadingFlag",
    "Scalar",
    "SourceReading",
    "TemperatureController",
    "Thermometer",
    "VoltageSource",
    "Voltmeter",
]


class Instrument(Protocol):
    """What every instrument of a rack can do."""

    def identify(self) -> Identity:
        """Ask who is there; changes nothing.

        Raises:
            IdentityError: another model than this driver's answered.
        """
        ...

    def snapshot(self) -> Mapping[str, Scalar]:
        """Settings worth keeping with the data; keys carry the unit, reads only."""
        ...

    def make_safe(self) -> None:
        """Bring the instrument to its safe state; may be called at any moment, more than once."""
        ...

    def close(self) -> None:
        """Release the connection, leaving the instrument as it is."""
        ...


class Magnet(Instrument, Protocol):
    """A magnet supply. Safe state: holding its field."""

    def read_field(self) -> float:
        """Field at the sample now, in T (the persistent field when the switch is closed)."""
        ...

    def start_ramp(self, target_T: float, rate_T_per_min: float) -> None:
        """Start towards ``target_T``; returns at once.

        Raises:
            LimitError: target or rate beyond the limits; nothing was sent.
            MagnetQuenched: the supply reports a quench.
            RefusedError: the supply refused, or the switch is closed so that the field would not follow.
        """
        ...

    def hold(self) -> None:
        """Stop a ramp where it is."""
        ...

    def status(self) -> MagnetStatus:
        """State of supply and switch."""
        ...

    def has_switch(self) -> bool:
        """Whether a persistent switch is fitted."""
        ...

    def switch_is_open(self) -> bool:
        """Whether the heater is on so that coil and supply carry one current (True without a switch)."""
        ...

    def set_switch_heater(self, on: bool) -> None:
        """Turn the switch heater on or off; on is refused unless supply and coil currents match."""
        ...

    def switch_settles_in_s(self) -> float:
        """How long in s until the switch has surely followed its heater; 0 without a switch, or when it has.

        A heater that is found on or off may have been operated just before, by a program that was stopped: its
        switch is given its whole time. 0 too of supplies that tell by themselves when their switch moves.
        """
        ...

    def read_supply_field(self) -> float:
        """Field in T that the supply's own output current would make."""
        ...

    def start_supply_ramp(self, target_T: float, rate_T_per_min: float) -> None:
        """Move the supply alone while the coil persists behind its closed switch; returns at once.

        Raises:
            LimitError: target or rate beyond the limits; nothing was sent.
            MagnetQuenched: the supply reports a quench.
            RefusedError: the supply refused, or the switch is not closed so that the coil would follow.
        """
        ...

    def read_supply_voltage(self) -> float:
        """Voltage in V at the supply's output: that of the leads, and of the coil while it follows a ramp.

        Raises:
            RefusedError: this supply does not tell it.
        """
        ...


class Thermometer(Instrument, Protocol):
    """A temperature sensor. Safe state: as it is."""

    def read_temperature(self) -> Reading:
        """Temperature in K with the sensor's flags."""
        ...


class TemperatureController(Thermometer, Protocol):
    """A sensor with a heater loop. Safe state: loop off, heater at zero."""

    def start_ramp(self, target_K: float, rate_K_per_min: float) -> None:
        """Move the set point to ``target_K`` at a rate; returns at once.

        Raises:
            LimitError: target or rate beyond the limits; nothing was sent.
        """
        ...

    def set_temperature(self, target_K: float) -> None:
        """Go to ``target_K`` as fast as the loop can; returns at once."""
        ...

    def hold(self) -> None:
        """Stop a ramp of the set point at the temperature read now."""
        ...

    def read_setpoint(self) -> float:
        """The final set point in K, to be compared with what was commanded."""
        ...

    def read_heater(self) -> float:
        """Heater output in per cent of its maximum."""
        ...

    def loop_is_on(self) -> bool:
        """Whether the loop still controls the heater (a protection may have turned it off)."""
        ...


class LockIn(Instrument, Protocol):
    """A lock-in amplifier whose oscillator drives the sample. Safe state: oscillator at its minimum."""

    def configure(self, settings: LockInSettings) -> None:
        """Apply all settings.

        Raises:
            LimitError: a value the instrument does not have; the message names the nearest; nothing was sent.
        """
        ...

    def read_xy(self) -> LockInReading:
        """X and Y of one instant, with overload and unlock since the reading before."""
        ...

    def read_sensitivity(self) -> float:
        """Full-scale input in V rms."""
        ...

    def set_sensitivity(self, full_scale_V: float) -> None:
        """Choose a full scale that the instrument has."""
        ...

    def sensitivities(self) -> tuple[float, ...]:
        """Full scales the instrument has, in V rms, rising."""
        ...


class CurrentSource(Instrument, Protocol):
    """A DC current source. Safe state: zero current, output off."""

    def configure(self, compliance_V: float, range_A: float) -> None:
        """Set compliance and a fixed range that holds ``range_A``, leaving the output as it is."""
        ...

    def set_current(self, current_A: float) -> None:
        """Source this current.

        Raises:
            LimitError: beyond the limits; nothing was sent.
        """
        ...

    def set_output(self, on: bool) -> None:
        """Turn the output on or off."""
        ...

    def output_is_on(self) -> bool:
        """Whether the output is on: an interlock or a person may have turned it off."""
        ...

    def in_compliance(self) -> bool:
        """Whether the source is at its voltage limit now, so that the current is not what was set."""
        ...


class Voltmeter(Instrument, Protocol):
    """A DC nanovoltmeter with numbered inputs. Safe state: as it is."""

    def configure(self, channel: int, integration_plc: float, range_V: float) -> None:
        """Choose input, integration time in power-line cycles and a fixed range that holds ``range_V``."""
        ...

    def read_voltage(self) -> Reading:
        """A fresh conversion, started by this call, of the chosen input, in V."""
        ...


class VoltageSource(Instrument, Protocol):
    """A source-meter as a gate: a DC voltage, and the current that flows. Safe state: 0 V, then output off.

    It sets what it is told at once; slewing is the business of :mod:`procedures`.
    """

    def configure(self, compliance_A: float, range_V: float) -> None:
        """Source voltage, measure current, with this compliance and a fixed range that holds ``range_V``.

        The output stays as it is.

        Raises:
            LimitError: beyond the limits, or a compliance that the instrument does not have; nothing was sent.
        """
        ...

    def set_voltage(self, voltage_V: float) -> None:
        """Source this voltage.

        Raises:
            LimitError: beyond the limits; nothing was sent.
        """
        ...

    def read_setpoint(self) -> float:
        """The voltage that is programmed, in V."""
        ...

    def set_output(self, on: bool) -> None:
        """Turn the output on or off; turning it on is refused unless 0 V is programmed."""
        ...

    def output_is_on(self) -> bool:
        """Whether the output is on (a protection may have turned it off)."""
        ...

    def read(self) -> SourceReading:
        """Voltage and current measured now, and whether the source is in compliance."""
        ...

    def measures_current(self) -> bool:
        """Whether its readings have a current; if not, its compliance is all that watches the leakage."""
        return True

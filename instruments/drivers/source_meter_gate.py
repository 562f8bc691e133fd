"""A voltage source at the back gate: what the 2400, the 2450 and the GS200 do in the same words."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from instruments.drivers.checked import insist
from instruments.drivers.keithley import Keithley
from instruments.errors import LimitError, RefusedError
from instruments.limits import GateLimits, Range
from instruments.roles import Identity, VoltageSource

Terminals = Literal["front", "rear"]
TERMINALS: Mapping[Terminals, str] = {"front": "FRON", "rear": "REAR"}
OVER_RANGE = 1.05
#: A source at zero reads back less than this: a tenth of a step of the smallest range.
_ZERO_V = 5e-7


class SourceGate(VoltageSource):
    """A source at the back gate.

    Args:
        meter: the instrument.
        limits: voltages and leakage; the compliance is never set above the leakage.
    """

    #: What the voltage is programmed with.
    _LEVEL: ClassVar[str] = ":SOUR:VOLT"

    def __init__(self, meter: Keithley, *, limits: GateLimits) -> None:
        self.meter = meter
        self.limits = limits

    def identify(self) -> Identity:
        """Ask who is there."""
        return self.meter.identify()

    def close(self) -> None:
        """Release the connection."""
        self.meter.close()

    def set_voltage(self, voltage_V: float) -> None:
        """Source this voltage.

        Raises:
            LimitError: beyond the limits; nothing was sent.
            RefusedError: beyond the range in use.
        """
        self.limits.check_voltage(voltage_V)
        self.meter.set(f"{self._LEVEL} {voltage_V:.6e}")

    def read_setpoint(self) -> float:
        """The voltage that is programmed, in V."""
        return self.meter.query(f"{self._LEVEL}?").number()

    def set_output(self, on: bool) -> None:
        """Turn the output on or off; it is read back, because an open interlock keeps it off.

        Raises:
            RefusedError: turning on with another voltage than 0 V programmed, with another function than voltage
                (nothing was sent then), or the output is not as asked.
        """
        if on:
            function = self.meter.query(":SOUR:FUNC?").text
            programmed_V = self.read_setpoint()
            if function != "VOLT" or abs(programmed_V) > _ZERO_V:
                raise RefusedError(
                    f"{self.meter.description}: the output is turned on at 0 V only; found function {function},"
                    f" {programmed_V:g} V; the output was left as it is"
                )
        self.meter.set(f":OUTP {int(on)}")
        if self.output_is_on() is not on:
            raise RefusedError(
                f"{self.meter.description}: the output was turned {'on' if on else 'off'} and is not"
            )

    def output_is_on(self) -> bool:
        """Whether the output is on."""
        return self.meter.query(":OUTP?").integer(0, 1) == 1

    def make_safe(self) -> None:
        """0 V, then output off; both read back, the one tried even when the other fails."""
        insist(self._to_zero, lambda: self.set_output(False))

    def _to_zero(self) -> None:
        self.meter.write(f"{self._LEVEL} 0")
        self.meter.read_back(f"{self._LEVEL}?", "voltage", -_ZERO_V, _ZERO_V, "V")

    def _check_output_is_on(self) -> None:
        if not self.output_is_on():
            raise RefusedError(f"{self.meter.description}: its output is off; nothing can be measured")

    def _smallest(self, what: str, value: float, ranges: tuple[float, ...], unit: str) -> float:
        for candidate in ranges:
            if 0 < value <= OVER_RANGE * candidate:
                return candidate
        raise LimitError(
            f"asked for a {what} of {value:g} {unit}; a {self.meter.MODELS[0]} has more than 0 to"
            f" {OVER_RANGE * ranges[-1]:g} {unit}; nothing was sent"
        )


class SourceMeterGate(SourceGate):
    """A source-meter at the back gate.

    Args:
        meter: the source-meter.
        limits: voltages and leakage; the compliance is never set above the leakage.
        terminals: the jacks that the gate is connected to.
    """

    VOLTAGE_RANGES_V: ClassVar[tuple[float, ...]]
    CURRENT_RANGES_A: ClassVar[tuple[float, ...]]
    #: The compliance is at least this share of the measurement range.
    LEAST_SHARE: ClassVar[float]

    def __init__(self, meter: Keithley, *, limits: GateLimits, terminals: Terminals = "front") -> None:
        super().__init__(meter, limits=limits)
        self.terminals = terminals

    def _ranges(self, compliance_A: float, range_V: float) -> tuple[float, float]:
        """The source range in V that holds ``range_V``, and the measurement range in A that holds the compliance.

        Raises:
            LimitError: there is none, or the compliance is beyond the leakage that is allowed.
        """
        source_V = self._smallest("voltage range", range_V, self.VOLTAGE_RANGES_V, "V")
        least_A = self.LEAST_SHARE * self.CURRENT_RANGES_A[0]
        Range("compliance", least_A, self.limits.max_leakage_A, "A").check(compliance_A)
        return source_V, self._smallest("compliance", compliance_A, self.CURRENT_RANGES_A, "A")

    def _check_output_fits(self) -> None:
        """Jacks and function cannot change under an output that is on: it would go off."""
        if not self.output_is_on():
            return
        terminals, function = self.meter.query(":ROUT:TERM?").text, self.meter.query(":SOUR:FUNC?").text
        if terminals != TERMINALS[self.terminals] or function != "VOLT":
            raise RefusedError(
                f"{self.meter.description}: its output is on at {terminals}, function {function}; expected"
                f" {TERMINALS[self.terminals]}, VOLT; turn it off by hand; nothing was set"
            )

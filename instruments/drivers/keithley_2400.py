"""Keithley 2400 source-meter as a gate: sources voltage, measures the voltage and current at its terminals.

Source: Keithley Series 2400 user's manual (2400S-900), SCPI reference. :MEASure and :CONFigure are never used: they
reset the measured function and turn the output on. Bits of a reading's status word: 0 over-range, 3 compliance, 16
range compliance; :SENSe:CURRent:PROTection:TRIPped? is asked as well.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pymeasure.adapters import Adapter
from pymeasure.instruments import Instrument as PymeasureInstrument

from instruments.drivers.checked import insist
from instruments.drivers.keithley import CONNECTION, Keithley
from instruments.errors import LimitError, RefusedError
from instruments.limits import GateLimits, Range
from instruments.roles import Identity, ReadingFlag, Scalar, SourceReading, VoltageSource

Terminals = Literal["front", "rear"]
_TERMINALS: Mapping[Terminals, str] = {"front": "FRON", "rear": "REAR"}
_VOLTAGE_RANGES_V = (0.2, 2.0, 20.0, 200.0)
_CURRENT_RANGES_A = (1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0)
_OVER_RANGE = 1.05
#: The compliance is at least this share of the measurement range (manual, "compliance limit").
_LEAST_SHARE = 1e-3
_STATUS_BITS = (1 << 24) - 1
_OVER_RANGE_BIT, _COMPLIANCE_BITS = 0x1, 0x8 | 0x10000
#: A source at zero reads back less than this: a tenth of a step of the smallest range.
_ZERO_V = 5e-7


class Keithley2400(Keithley, PymeasureInstrument):
    """The source-meter itself: the connection.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("2400",)

    def __init__(self, adapter: Adapter | str) -> None:
        connection = dict(CONNECTION) if isinstance(adapter, str) else {}
        super().__init__(adapter, "Keithley 2400", includeSCPI=False, **connection)


class Keithley2400Gate(VoltageSource):
    """A 2400 at the back gate.

    Args:
        meter: the source-meter.
        limits: voltages and leakage; the compliance is never set above the leakage.
        terminals: the jacks that the gate is connected to.
    """

    def __init__(self, meter: Keithley2400, *, limits: GateLimits, terminals: Terminals = "front") -> None:
        self.meter = meter
        self.limits = limits
        self.terminals = terminals

    def identify(self) -> Identity:
        """Ask who is there."""
        return self.meter.identify()

    def close(self) -> None:
        """Release the connection."""
        self.meter.close()

    def configure(self, compliance_A: float, range_V: float) -> None:
        """Source voltage, measure voltage and current, fixed ranges; the output stays as it is.

        Raises:
            LimitError: beyond the limits, or a compliance that the instrument does not have; nothing was sent.
            RefusedError: the instrument did not take a setting, or its output is on at other jacks or as a current
                source.
        """
        source_V = _smallest("voltage range", range_V, _VOLTAGE_RANGES_V, "V")
        least_A = _LEAST_SHARE * _CURRENT_RANGES_A[0]
        Range("compliance", least_A, self.limits.max_leakage_A, "A").check(compliance_A)
        measure_A = _smallest("compliance", compliance_A, _CURRENT_RANGES_A, "A")
        self.meter.write("*CLS")  # errors of an earlier program are not ours
        self._check_output_fits()
        self.meter.set(
            f":ROUT:TERM {_TERMINALS[self.terminals]}",
            ":SOUR:FUNC VOLT",
            ":SOUR:VOLT:MODE FIX",
            ":SOUR:CLE:AUTO 0",
            f":SOUR:VOLT:RANG {source_V:g}",
            ":SENS:FUNC:CONC 1",
            ":SENS:FUNC 'VOLT','CURR'",
            *self._limit_commands(compliance_A, measure_A),
            ":FORM:DATA ASC",
            ":FORM:ELEM VOLT,CURR,STAT",
            ":ARM:COUN 1",
            ":TRIG:COUN 1",
        )
        self.meter.read_back(":SOUR:VOLT:RANG?", "voltage range", range_V / _OVER_RANGE, 1.1 * source_V, "V")
        self.meter.read_back(":SENS:CURR:PROT?", "compliance", 0.99 * compliance_A, 1.01 * compliance_A, "A")
        self.meter.read_back(":SENS:CURR:RANG?", "current range", 0.9 * measure_A, 1.1 * measure_A, "A")

    def set_voltage(self, voltage_V: float) -> None:
        """Source this voltage.

        Raises:
            LimitError: beyond the limits; nothing was sent.
            RefusedError: beyond the range in use.
        """
        self.limits.check_voltage(voltage_V)
        self.meter.set(f":SOUR:VOLT {voltage_V:.6e}")

    def read_setpoint(self) -> float:
        """The voltage that is programmed, in V."""
        return self.meter.query(":SOUR:VOLT?").number()

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

    def read(self) -> SourceReading:
        """A fresh conversion of voltage and current, and whether the source is in compliance.

        Raises:
            RefusedError: the output is off, so that nothing can be measured.
            ReplyError: no numbers, or the code for none (9.91e37).
        """
        if not self.output_is_on():
            raise RefusedError(f"{self.meter.description}: its output is off; nothing can be measured")
        reply = self.meter.query(":READ?")
        voltage_V, current_A, status = reply.numbers(3)
        if status != int(status) or not 0 <= status <= _STATUS_BITS:
            raise reply.error("two numbers and a status word of 24 bits")
        tripped = self.meter.query(":SENS:CURR:PROT:TRIP?").integer(0, 1)
        flags = ReadingFlag.GOOD
        if tripped or int(status) & _COMPLIANCE_BITS:
            flags |= ReadingFlag.IN_COMPLIANCE
        if int(status) & _OVER_RANGE_BIT:
            flags |= ReadingFlag.OVERLOAD
        return SourceReading(voltage_V, current_A, flags)

    def snapshot(self) -> Mapping[str, Scalar]:
        """Voltage, compliance, ranges and output."""
        return {
            "voltage_V": self.read_setpoint(),
            "voltage_range_V": self.meter.query(":SOUR:VOLT:RANG?").number(),
            "compliance_A": self.meter.query(":SENS:CURR:PROT?").number(),
            "current_range_A": self.meter.query(":SENS:CURR:RANG?").number(),
            "integration_plc": self.meter.query(":SENS:CURR:NPLC?").number(),
            "output_on": self.output_is_on(),
            "terminals": self.terminals,
        }

    def make_safe(self) -> None:
        """0 V, then output off; both read back, the one tried even when the other fails."""
        insist(self._to_zero, lambda: self.set_output(False))

    def _to_zero(self) -> None:
        self.meter.write(":SOUR:VOLT 0")
        self.meter.read_back(":SOUR:VOLT?", "voltage", -_ZERO_V, _ZERO_V, "V")

    def _check_output_fits(self) -> None:
        """Jacks and function cannot change under an output that is on: it would go off."""
        if not self.output_is_on():
            return
        terminals, function = self.meter.query(":ROUT:TERM?").text, self.meter.query(":SOUR:FUNC?").text
        if terminals != _TERMINALS[self.terminals] or function != "VOLT":
            raise RefusedError(
                f"{self.meter.description}: its output is on at {terminals}, function {function}; expected"
                f" {_TERMINALS[self.terminals]}, VOLT; turn it off by hand; nothing was set"
            )

    def _limit_commands(self, compliance_A: float, measure_A: float) -> tuple[str, str]:
        """A range must never be so large that the compliance of the moment is less than its 0.1 %."""
        range_command, limit_command = f":SENS:CURR:RANG {measure_A:g}", f":SENS:CURR:PROT {compliance_A:.6g}"
        if self.meter.query(":SENS:CURR:PROT?").number() < compliance_A:
            return limit_command, range_command
        return range_command, limit_command


def _smallest(what: str, value: float, ranges: tuple[float, ...], unit: str) -> float:
    for candidate in ranges:
        if 0 < value <= _OVER_RANGE * candidate:
            return candidate
    raise LimitError(
        f"asked for a {what} of {value:g} {unit}; a 2400 has more than 0 to {_OVER_RANGE * ranges[-1]:g} {unit};"
        " nothing was sent"
    )

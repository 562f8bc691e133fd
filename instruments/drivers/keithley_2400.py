"""Keithley 2400 source-meter as a gate: sources voltage, measures the voltage and current at its terminals.

Source: Keithley Series 2400 user's manual (2400S-900), SCPI reference. :MEASure and :CONFigure are never used: they
reset the measured function and turn the output on. Bits of a reading's status word: 0 over-range, 3 compliance, 16
range compliance; :SENSe:CURRent:PROTection:TRIPped? is asked as well.
"""

from collections.abc import Mapping
from typing import ClassVar

from pymeasure.adapters import Adapter
from pymeasure.instruments import Instrument as PymeasureInstrument

from instruments.drivers.keithley import CONNECTION, Keithley
from instruments.drivers.source_meter_gate import OVER_RANGE, TERMINALS, SourceMeterGate
from instruments.roles import ReadingFlag, Scalar, SourceReading

_STATUS_BITS = (1 << 24) - 1
_OVER_RANGE_BIT, _COMPLIANCE_BITS = 0x1, 0x8 | 0x10000


class Keithley2400(Keithley, PymeasureInstrument):
    """The source-meter itself: the connection.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("2400",)

    def __init__(self, adapter: Adapter | str) -> None:
        connection = dict(CONNECTION) if isinstance(adapter, str) else {}
        super().__init__(adapter, "Keithley 2400", includeSCPI=False, **connection)


class Keithley2400Gate(SourceMeterGate):
    """A 2400 at the back gate."""

    VOLTAGE_RANGES_V = (0.2, 2.0, 20.0, 200.0)
    CURRENT_RANGES_A = (1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0)
    #: The compliance is at least this share of the measurement range (manual, "compliance limit").
    LEAST_SHARE = 1e-3

    def configure(self, compliance_A: float, range_V: float) -> None:
        """Source voltage, measure voltage and current, fixed ranges; the output stays as it is.

        Raises:
            LimitError: beyond the limits, or a compliance that the instrument does not have; nothing was sent.
            RefusedError: the instrument did not take a setting, or its output is on at other jacks or as a current
                source.
        """
        source_V, measure_A = self._ranges(compliance_A, range_V)
        self.meter.write("*CLS")  # errors of an earlier program are not ours
        self._check_output_fits()
        self.meter.set(
            f":ROUT:TERM {TERMINALS[self.terminals]}",
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
        self.meter.read_back(":SOUR:VOLT:RANG?", "voltage range", range_V / OVER_RANGE, 1.1 * source_V, "V")
        self.meter.read_back(":SENS:CURR:PROT?", "compliance", 0.99 * compliance_A, 1.01 * compliance_A, "A")
        self.meter.read_back(":SENS:CURR:RANG?", "current range", 0.9 * measure_A, 1.1 * measure_A, "A")

    def read(self) -> SourceReading:
        """A fresh conversion of voltage and current, and whether the source is in compliance.

        Raises:
            RefusedError: the output is off, so that nothing can be measured.
            ReplyError: no numbers, or the code for none (9.91e37).
        """
        self._check_output_is_on()
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

    def _limit_commands(self, compliance_A: float, measure_A: float) -> tuple[str, str]:
        """A range must never be so large that the compliance of the moment is less than its 0.1 %."""
        range_command, limit_command = f":SENS:CURR:RANG {measure_A:g}", f":SENS:CURR:PROT {compliance_A:.6g}"
        if self.meter.query(":SENS:CURR:PROT?").number() < compliance_A:
            return limit_command, range_command
        return range_command, limit_command

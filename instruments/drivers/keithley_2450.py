"""Keithley 2450 source-meter as a gate, in its own SCPI: sources voltage, measures it and the current.

Source: Keithley Model 2450 reference manual (2450-901-01), SCPI command reference. :MEASure is never used: it
changes the measure function. Bits of a reading's source status: 2 overvoltage protection (manual of the 2461),
5 limited; the trips of limit and overvoltage protection are asked as well.
"""

from collections.abc import Mapping
from typing import ClassVar

from pymeasure.adapters import Adapter
from pymeasure.instruments import Instrument as PymeasureInstrument

from instruments.drivers.keithley import CONNECTION, Keithley
from instruments.drivers.source_meter_gate import OVER_RANGE, TERMINALS, SourceMeterGate
from instruments.errors import IdentityError
from instruments.roles import Identity, ReadingFlag, Scalar, SourceReading

_STATUS_BITS = 255
_LIMITED_BITS = 0x04 | 0x20


class Keithley2450(Keithley, PymeasureInstrument):
    """The source-meter itself: the connection.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("2450",)

    def __init__(self, adapter: Adapter | str) -> None:
        connection = dict(CONNECTION) if isinstance(adapter, str) else {}
        super().__init__(adapter, "Keithley 2450", includeSCPI=False, **connection)

    def identify(self) -> Identity:
        """Ask who is there, and which command set is in use.

        Raises:
            IdentityError: another model answered, or it speaks another command set than its own SCPI.
        """
        identity = super().identify()
        language = self.query("*LANG?").text
        if language != "SCPI":
            raise IdentityError(
                f"the 2450 at {self.address} uses the command set {language!r}; expected 'SCPI': choose SCPI at its"
                " panel (Menu, Settings, Command Set) and restart it; nothing was set"
            )
        return identity


class Keithley2450Gate(SourceMeterGate):
    """A 2450 at the back gate."""

    VOLTAGE_RANGES_V = (0.02, 0.2, 2.0, 20.0, 200.0)
    CURRENT_RANGES_A = (10e-9, 100e-9, 1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0)
    #: The limit is at least this share of the measurement range (data sheet).
    LEAST_SHARE = 0.1

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
            f":SOUR:VOLT:RANG {source_V:g}",
            ":SOUR:VOLT:READ:BACK 1",
            ':SENS:FUNC "CURR"',
            ":SENS:CURR:RANG:AUTO 1",  # no fixed range forbids the limit that follows
            f":SOUR:VOLT:ILIM {compliance_A:.6g}",
            f":SENS:CURR:RANG {measure_A:g}",
            ":SENS:COUN 1",
            ":FORM ASC",
        )
        self.meter.read_back(":SOUR:VOLT:RANG?", "voltage range", range_V / OVER_RANGE, 1.1 * source_V, "V")
        self.meter.read_back(":SOUR:VOLT:ILIM?", "compliance", 0.99 * compliance_A, 1.01 * compliance_A, "A")
        self.meter.read_back(":SENS:CURR:RANG?", "current range", 0.9 * measure_A, 1.1 * measure_A, "A")

    def read(self) -> SourceReading:
        """A fresh conversion of voltage and current, and whether current limit or overvoltage protection act.

        Raises:
            RefusedError: the output is off, so that nothing can be measured.
            ReplyError: no numbers, or the code for none (9.91e37).
        """
        self._check_output_is_on()
        reply = self.meter.query(':READ? "defbuffer1",SOUR,READ,SOURSTAT')
        voltage_V, current_A, status = reply.numbers(3)
        if status != int(status) or not 0 <= status <= _STATUS_BITS:
            raise reply.error("two numbers and a status of 8 bits")
        tripped = self.meter.query(":SOUR:VOLT:ILIM:TRIP?").integer(0, 1)
        protected = self.meter.query(":SOUR:VOLT:PROT:TRIP?").integer(0, 1)
        limited = tripped or protected or int(status) & _LIMITED_BITS
        return SourceReading(voltage_V, current_A, ReadingFlag.IN_COMPLIANCE if limited else ReadingFlag.GOOD)

    def snapshot(self) -> Mapping[str, Scalar]:
        """Voltage, compliance, ranges, protection and output."""
        return {
            "voltage_V": self.read_setpoint(),
            "voltage_range_V": self.meter.query(":SOUR:VOLT:RANG?").number(),
            "compliance_A": self.meter.query(":SOUR:VOLT:ILIM?").number(),
            "current_range_A": self.meter.query(":SENS:CURR:RANG?").number(),
            "integration_plc": self.meter.query(":SENS:CURR:NPLC?").number(),
            "overvoltage_protection": self.meter.query(":SOUR:VOLT:PROT?").text,
            "output_on": self.output_is_on(),
            "terminals": self.terminals,
        }

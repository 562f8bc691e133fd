"""Yokogawa GS200 (GS210, GS211) at a gate: a voltage source whose current is limited and not measured.

Sources: GS200 user's manual (IM GS210-01EN), section 13.2 for :SOURce:PROTection (1 mA to 200 mA) and the register
bits. The limiter acts at 1 mA and above, so that a leakage below cannot be watched: a station that allows less is
refused. A monitor option, where one is fitted, is not read.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from pymeasure.adapters import Adapter
from pymeasure.instruments import Instrument as PymeasureInstrument

from instruments.drivers.keithley import CONNECTION, Keithley
from instruments.drivers.source_meter_gate import SourceGate
from instruments.errors import LimitError, RefusedError
from instruments.limits import Range
from instruments.roles import ReadingFlag, Scalar, SourceReading

#: Ranges on which the limiter works, and the voltages that each of them reaches.
_RANGES_V: Mapping[float, float] = {1.0: 1.2, 10.0: 12.0, 30.0: 32.0}
REACH_V = 32.0
LEAST_LIMIT_A = 1e-3
_LIMITER = Range("compliance", LEAST_LIMIT_A, 0.2, "A")
STATUS_BITS = (1 << 16) - 1
#: Low and high limit; in the event register also: tripped.
LIMIT_BITS = 0x400 | 0x800
TRIPPED_BIT = 0x1000
EMERGENCY_BIT = 0x2000


class Gs200(Keithley, PymeasureInstrument):
    """The source itself: the connection; its error queue is read as a Keithley's.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("GS200", "GS210", "GS211")

    def __init__(self, adapter: Adapter | str) -> None:
        connection: dict[str, Any] = dict(CONNECTION) if isinstance(adapter, str) else {}
        super().__init__(adapter, "Yokogawa GS200", includeSCPI=False, **connection)


class Gs200Gate(SourceGate):
    """A GS200 at the back gate. It measures nothing: a reading holds the programmed voltage and no current."""

    _LEVEL = ":SOUR:LEV"

    def measures_current(self) -> bool:
        """No: only the limiter watches."""
        return False

    def configure(self, compliance_A: float, range_V: float) -> None:
        """Source voltage with this limit and a fixed range that holds ``range_V``; the output stays as it is.

        The level of an output that is off becomes zero: what somebody left there may be beyond the range.

        Raises:
            LimitError: beyond the limits, a limit that the instrument does not have, or a leakage that it cannot
                watch; nothing was sent.
            RefusedError: the instrument did not take a setting, or its output is on as a current source.
        """
        source_V = self._range_for(range_V)
        if self.limits.max_leakage_A < LEAST_LIMIT_A:
            raise LimitError(
                f"a leakage of {self.limits.max_leakage_A:g} A is allowed; a GS200 measures no current and limits"
                f" it at {LEAST_LIMIT_A:g} A at the least, so that nobody would watch it; nothing was sent"
            )
        _LIMITER.check(compliance_A)
        Range("compliance", 0.0, self.limits.max_leakage_A, "A").check(compliance_A)
        self.meter.write("*CLS")  # errors of an earlier program are not ours
        on = self.output_is_on()
        if on:
            self._check_function()
        commands = [] if on else [":SOUR:FUNC VOLT", ":SOUR:LEV 0"]
        if self.meter.query(":SOUR:RANG?").number() != source_V:
            commands.append(f":SOUR:RANG {source_V:g}")
        self.meter.set(*commands, f":SOUR:PROT:CURR {compliance_A:.6g}")
        self.meter.read_back(":SOUR:RANG?", "voltage range", 0.99 * source_V, 1.01 * source_V, "V")
        self.meter.read_back(":SOUR:PROT:CURR?", "compliance", 0.99 * compliance_A, 1.01 * compliance_A, "A")

    def read(self) -> SourceReading:
        """The programmed voltage, and whether the limiter acts now or has acted since the reading before.

        Returns:
            A reading whose current is NaN: none is measured.

        Raises:
            RefusedError: the output is off.
        """
        self._check_output_is_on()
        voltage_V = self.read_setpoint()
        now = self.meter.query(":STAT:COND?").integer(0, STATUS_BITS)
        since = self.meter.query(":STAT:EVEN?").integer(0, STATUS_BITS)
        limited = now & LIMIT_BITS or since & (LIMIT_BITS | TRIPPED_BIT)
        return SourceReading(voltage_V, math.nan, ReadingFlag.IN_COMPLIANCE if limited else ReadingFlag.GOOD)

    def snapshot(self) -> Mapping[str, Scalar]:
        """Voltage (or the current, as it may be before it is configured), range, limit and output."""
        function = self.meter.query(":SOUR:FUNC?").word("CURR", "VOLT")
        level, in_use = ("voltage_V", "voltage_range_V") if function == "VOLT" else ("current_A", "current_range_A")
        return {
            level: self.read_setpoint(),
            in_use: self.meter.query(":SOUR:RANG?").number(),
            "compliance_A": self.meter.query(":SOUR:PROT:CURR?").number(),
            "output_on": self.output_is_on(),
            "measures_current": False,
        }

    def _check_function(self) -> None:
        """The function cannot change under an output that is on: it would go off."""
        function = self.meter.query(":SOUR:FUNC?").text
        if function != "VOLT":
            raise RefusedError(
                f"{self.meter.description}: its output is on, function {function}; expected VOLT; turn it off by"
                " hand; nothing was set"
            )

    def _range_for(self, range_V: float) -> float:
        for range_of_source_V, reach_V in _RANGES_V.items():
            if 0 < range_V <= reach_V:
                return range_of_source_V
        raise LimitError(
            f"asked for a voltage range of {range_V:g} V; a GS200 has more than 0 to {REACH_V:g} V;"
            " nothing was sent"
        )

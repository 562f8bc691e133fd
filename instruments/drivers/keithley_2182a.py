"""Keithley 2182A nanovoltmeter, on pymeasure's driver.

Source: Keithley 2182/2182A user's manual 2182A-900-01: ranges, READ? and the overflow code +9.9E37.
"""

import math
from collections.abc import Mapping
from typing import ClassVar

from pymeasure.adapters import Adapter
from pymeasure.instruments.keithley import Keithley2182

from instruments.drivers.keithley import CONNECTION, Keithley
from instruments.errors import LimitError
from instruments.limits import Range
from instruments.roles import Reading, ReadingFlag, Scalar, Voltmeter

FULL_SCALE: Mapping[int, Range] = {
    1: Range("voltage range of input 1", 0.0, 120.0, "V"),
    2: Range("voltage range of input 2", 0.0, 12.0, "V"),
}
INTEGRATION = Range("integration time", 0.01, 50.0, "power-line cycles")
OVER_RANGE = 1.2 * (1 + 1e-6)


class Keithley2182A(Keithley, Keithley2182, Voltmeter):
    """A 2182A (or 2182) with two inputs, one read at a time.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("2182A", "2182")

    def __init__(self, adapter: Adapter | str) -> None:
        super().__init__(adapter, "Keithley 2182A", **(dict(CONNECTION) if isinstance(adapter, str) else {}))

    def configure(self, channel: int, integration_plc: float, range_V: float) -> None:
        """Input, integration time, fixed range, no averaging filter, one conversion for each :meth:`read_voltage`.

        Raises:
            LimitError: no such input, or beyond the instrument; nothing was sent.
            RefusedError: the instrument did not take a setting.
        """
        if channel not in FULL_SCALE:
            raise LimitError(f"asked for input {channel}; the 2182A has inputs 1 and 2; nothing was sent")
        FULL_SCALE[channel].check(abs(range_V))
        INTEGRATION.check(integration_plc)
        self.write("*CLS")  # errors of an earlier program are not ours
        self.set(
            ":INIT:CONT OFF",
            ":SENS:FUNC 'VOLT'",
            f":SENS:CHAN {channel}",
            f":SENS:VOLT:NPLC {integration_plc:g}",
            f":SENS:VOLT:CHAN{channel}:RANG {abs(range_V):g}",
            f":SENS:VOLT:CHAN{channel}:DFIL OFF",
            f":SENS:VOLT:CHAN{channel}:LPAS OFF",
        )
        full_scale = FULL_SCALE[channel]
        self.read_back(
            f":SENS:VOLT:CHAN{channel}:RANG?", full_scale.what, abs(range_V) / OVER_RANGE, full_scale.high, "V"
        )

    def read_voltage(self) -> Reading:
        """One fresh conversion in V.

        A reading beyond the range is flagged OVERLOAD and has no value (NaN); anything that is not a number is
        an error.
        """
        reply = self.query(":READ?")
        if reply.is_overflow():
            return Reading(math.nan, ReadingFlag.OVERLOAD)
        return Reading(reply.number())

    def snapshot(self) -> Mapping[str, Scalar]:
        """Input, integration time and range."""
        channel = self.query(":SENS:CHAN?").integer(0, 2)
        values: dict[str, Scalar] = {
            "channel": channel,
            "integration_plc": self.query(":SENS:VOLT:NPLC?").number(),
        }
        if channel in FULL_SCALE:
            values["range_V"] = self.query(f":SENS:VOLT:CHAN{channel}:RANG?").number()
        return values

    def make_safe(self) -> None:
        """A voltmeter is safe as it is."""

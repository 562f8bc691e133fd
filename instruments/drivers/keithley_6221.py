"""Keithley 6221 current source, on pymeasure's driver, without its clipping.

Source: Keithley 6220/6221 reference manual, status model (measurement condition register, bit 3: compliance).
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pymeasure.adapters import Adapter
from pymeasure.instruments.keithley import Keithley6221 as PymeasureKeithley6221

from instruments.drivers.checked import insist
from instruments.drivers.keithley import CONNECTION, Keithley
from instruments.errors import RefusedError
from instruments.limits import ExcitationLimits, Range
from instruments.roles import CurrentSource, Scalar

COMPLIANCE_BIT = 0x8
_COMPLIANCE = Range("compliance", 0.1, 105.0, "V")
_RANGE = Range("current range", 0.0, 0.105, "A")
_OVER_RANGE = 1.05 * (1 + 1e-6)


class Keithley6221(Keithley, PymeasureKeithley6221, CurrentSource):
    """A 6221 as a DC current source.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
        limits: the current and compliance it may be set to.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("6221",)

    def __init__(self, adapter: Adapter | str, *, limits: ExcitationLimits) -> None:
        super().__init__(adapter, "Keithley 6221", **(dict(CONNECTION) if isinstance(adapter, str) else {}))
        self.limits = limits

    @staticmethod
    def check(compliance_V: float, currents_A: Sequence[float]) -> None:
        """Refuse a compliance, or the range for the largest of some currents, which a 6221 does not have.

        Raises:
            LimitError: with what is allowed; nothing was sent.
        """
        _COMPLIANCE.check(compliance_V)
        _RANGE.check(max(abs(current_A) for current_A in currents_A))

    def configure(self, compliance_V: float, range_A: float) -> None:
        """Compliance and a fixed range that holds ``range_A``, read back; the output stays as it is.

        Raises:
            LimitError: beyond the limits or the instrument; nothing was sent.
            RefusedError: the instrument did not take a setting.
        """
        self.limits.check_compliance(compliance_V)
        self.limits.check_current(range_A)
        _COMPLIANCE.check(compliance_V)
        _RANGE.check(range_A)
        self.write("*CLS")  # errors of an earlier program are not ours
        self.set(
            f":SOUR:CURR:COMP {compliance_V:.6g}",
            ":SOUR:CURR:RANG:AUTO 0",
            f":SOUR:CURR:RANG {range_A:.6g}",
        )
        self.read_back(":SOUR:CURR:COMP?", "compliance", 0.99 * compliance_V, 1.01 * compliance_V, "V")
        self.read_back(":SOUR:CURR:RANG?", "current range", range_A / _OVER_RANGE, _RANGE.high, "A")

    def set_current(self, current_A: float) -> None:
        """Source this current.

        Raises:
            LimitError: beyond the limits; nothing was sent.
            RefusedError: beyond the range in use.
        """
        self.limits.check_current(current_A)
        self.set(f":SOUR:CURR {current_A:.6e}")

    def set_output(self, on: bool) -> None:
        """Turn the output on or off; it is read back, because an open interlock keeps it off.

        Raises:
            RefusedError: the output is not as asked.
        """
        self.set(f":OUTP {int(on)}")
        if self.output_is_on() is not on:
            raise RefusedError(f"{self.description}: the output was turned {'on' if on else 'off'} and is not")

    def output_is_on(self) -> bool:
        """Whether the output is on."""
        return self.query(":OUTP?").integer(0, 1) == 1

    def in_compliance(self) -> bool:
        """Whether the source is at its voltage limit now."""
        return bool(self.query(":STAT:MEAS:COND?").integer(0, 65535) & COMPLIANCE_BIT)

    def snapshot(self) -> Mapping[str, Scalar]:
        """Current, compliance, range and output."""
        return {
            "current_A": self.query(":SOUR:CURR?").number(),
            "compliance_V": self.query(":SOUR:CURR:COMP?").number(),
            "range_A": self.query(":SOUR:CURR:RANG?").number(),
            "output_on": self.output_is_on(),
            "in_compliance": self.in_compliance(),
        }

    def make_safe(self) -> None:
        """Zero current, output off; the one is tried even when the other fails."""
        insist(lambda: self.write(":SOUR:CURR 0"), lambda: self.set_output(False))

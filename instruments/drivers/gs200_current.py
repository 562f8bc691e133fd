"""Yokogawa GS200 (GS210, GS211) as a DC current source, its voltage limited.

Sources: GS200 user's manual (IM GS210-01EN), section 13.2 for :SOURce:LEVel, :SOURce:RANGe and
:SOURce:PROTection:VOLTage (1 V to 30 V), 13.3.4 for the register bits; its specifications for the ranges, what each
reaches and its steps. The limiter is set in steps of 1 V, a current in the steps of its range: what lies between is
refused, so that no other current flows than the one that is recorded.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from instruments.drivers.checked import insist
from instruments.drivers.gs200 import EMERGENCY_BIT, LIMIT_BITS, STATUS_BITS, TRIPPED_BIT, Gs200
from instruments.errors import LimitError, RefusedError
from instruments.limits import ExcitationLimits, Range
from instruments.roles import CurrentSource, Identity, Scalar

_LIMITER = Range("compliance", 1.0, 30.0, "V")
_LIMITER_STEP_V = 1.0


class _CurrentRange(NamedTuple):
    """A range, what it reaches, and its steps."""

    range_A: float
    reach_A: float
    step_A: float


_RANGES = (
    _CurrentRange(1e-3, 1.2e-3, 1e-8),
    _CurrentRange(10e-3, 12e-3, 1e-7),
    _CurrentRange(100e-3, 120e-3, 1e-6),
    _CurrentRange(200e-3, 200e-3, 1e-6),
)
#: A current counts as one of the steps when it is this share of itself away from it.
_ON_STEP = 1e-3
_SAME = 1e-9


class Gs200Current(CurrentSource):
    """A GS200 that drives the sample.

    Args:
        source: the instrument.
        limits: the current and compliance it may be set to.
    """

    def __init__(self, source: Gs200, *, limits: ExcitationLimits) -> None:
        self.source = source
        self.limits = limits

    def identify(self) -> Identity:
        """Ask who is there."""
        return self.source.identify()

    def close(self) -> None:
        """Release the connection."""
        self.source.close()

    @staticmethod
    def check(compliance_V: float, currents_A: Sequence[float]) -> None:
        """Refuse a compliance, or currents on the range for the largest of them, which a GS200 does not have.

        Raises:
            LimitError: with what is allowed, or the nearest value that exists; nothing was sent.
        """
        _check_compliance(compliance_V)
        in_use = _range_for(max(abs(current_A) for current_A in currents_A))
        for current_A in currents_A:
            _check_step(current_A, in_use)

    def configure(self, compliance_V: float, range_A: float) -> None:
        """Source current with this limit and a fixed range that holds ``range_A``; the output stays as it is.

        The level of an output that is off becomes zero: what somebody left there may be beyond the range.

        Raises:
            LimitError: beyond the limits, or a limit that the instrument does not have; nothing was sent.
            RefusedError: the instrument did not take a setting, or its output is on as a voltage source.
        """
        self.limits.check_compliance(compliance_V)
        self.limits.check_current(range_A)
        _check_compliance(compliance_V)
        chosen_A = _range_for(range_A).range_A
        self.source.write("*CLS")  # errors and events of an earlier program are not ours
        on = self.output_is_on()
        if on:
            self._check_function("nothing was set")
        commands = [] if on else [":SOUR:FUNC CURR", ":SOUR:LEV 0"]
        self.source.set(*commands, f":SOUR:RANG {chosen_A:g}", f":SOUR:PROT:VOLT {compliance_V:.0f}")
        self.source.read_back(":SOUR:RANG?", "current range", 0.99 * chosen_A, 1.01 * chosen_A, "A")
        self.source.read_back(":SOUR:PROT:VOLT?", "compliance", 0.99 * compliance_V, 1.01 * compliance_V, "V")

    def set_current(self, current_A: float) -> None:
        """Source this current.

        Raises:
            LimitError: beyond the limits, or between two of the range's steps; nothing was sent.
            RefusedError: beyond the range in use, or the source is one of voltage; the current is as it was.
        """
        self.limits.check_current(current_A)
        self._check_function("the current is as it was")
        range_A = self.source.query(":SOUR:RANG?").number()
        in_use = next((r for r in _RANGES if abs(r.range_A / range_A - 1) < 0.01), None)
        if in_use is None or abs(current_A) > in_use.reach_A * (1 + _SAME):
            raise RefusedError(
                f"{self.source.description}: {current_A:g} A is beyond its range of {range_A:g} A; the current is"
                " as it was"
            )
        _check_step(current_A, in_use)
        self.source.set(f":SOUR:LEV {current_A:.6e}")

    def set_output(self, on: bool) -> None:
        """Turn the output on or off; it is read back, because the emergency input keeps it off.

        Raises:
            RefusedError: the source is one of voltage (nothing was sent then), or the output is not as asked.
        """
        if on:
            self._check_function("the output was left as it is")
        self.source.set(f":OUTP {int(on)}")
        if self.output_is_on() is not on:
            state = "on" if on else "off"
            raise RefusedError(f"{self.source.description}: the output was turned {state} and is not")

    def output_is_on(self) -> bool:
        """Whether the output is on."""
        return self.source.query(":OUTP?").integer(0, 1) == 1

    def in_compliance(self) -> bool:
        """Whether the limiter acts now, or it or a trip has acted since the last question."""
        now = self.source.query(":STAT:COND?").integer(0, STATUS_BITS)
        since = self.source.query(":STAT:EVEN?").integer(0, STATUS_BITS)
        return bool((now | since) & (LIMIT_BITS | EMERGENCY_BIT) or since & TRIPPED_BIT)

    def snapshot(self) -> Mapping[str, Scalar]:
        """Function, current (or the voltage, as it may be before it is configured), compliance, range, output."""
        function = self.source.query(":SOUR:FUNC?").word("CURR", "VOLT")
        level, in_use = ("current_A", "range_A") if function == "CURR" else ("voltage_V", "range_V")
        return {
            "function": function,
            level: self.source.query(":SOUR:LEV?").number(),
            "compliance_V": self.source.query(":SOUR:PROT:VOLT?").number(),
            in_use: self.source.query(":SOUR:RANG?").number(),
            "output_on": self.output_is_on(),
        }

    def make_safe(self) -> None:
        """Zero current, output off; the one is tried even when the other fails."""
        insist(lambda: self.source.write(":SOUR:LEV 0"), lambda: self.set_output(False))

    def _check_function(self, consequence: str) -> None:
        function = self.source.query(":SOUR:FUNC?").text
        if function != "CURR":
            raise RefusedError(
                f"{self.source.description}: it is set to function {function}; expected CURR; {consequence}"
            )


def _check_compliance(compliance_V: float) -> None:
    _LIMITER.check(compliance_V)
    steps = compliance_V / _LIMITER_STEP_V
    if abs(steps - round(steps)) > _SAME * steps:
        below_V = int(steps) * _LIMITER_STEP_V
        raise LimitError(
            f"asked for a compliance of {compliance_V:g} V; a GS200 limits in steps of {_LIMITER_STEP_V:g} V, the"
            f" nearest are {below_V:g} V and {below_V + _LIMITER_STEP_V:g} V; nothing was sent"
        )


def _check_step(current_A: float, in_use: _CurrentRange) -> None:
    steps = round(current_A / in_use.step_A)
    if abs(steps * in_use.step_A - current_A) > max(_ON_STEP * abs(current_A), _SAME * in_use.step_A):
        raise LimitError(
            f"asked for {current_A:g} A; the {in_use.range_A:g} A range of a GS200 has steps of {in_use.step_A:g}"
            f" A, the nearest current is {steps * in_use.step_A:g} A; nothing was sent"
        )


def _range_for(current_A: float) -> _CurrentRange:
    for candidate in _RANGES:
        if 0 < current_A <= candidate.reach_A * (1 + _SAME):
            return candidate
    raise LimitError(
        f"asked for a current range of {current_A:g} A; a GS200 has more than 0 to {_RANGES[-1].reach_A:g} A;"
        " nothing was sent"
    )

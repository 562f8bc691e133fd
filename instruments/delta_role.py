"""The role of a source and a nanovoltmeter that reverse the current by themselves."""

from dataclasses import dataclass
from typing import Protocol

from instruments.roles import Instrument, Reading


@dataclass(frozen=True, slots=True)
class DeltaSettings:
    """How a delta meter measures.

    ``current_A`` flows with either sign in turn; a conversion of ``integration_plc`` power-line cycles begins
    ``delay_s`` after each reversal; ``averages`` successive readings are averaged, each sharing conversions with
    the one before.
    """

    current_A: float
    compliance_V: float
    range_V: float
    integration_plc: float
    delay_s: float
    averages: int


class DeltaMeter(Instrument, Protocol):
    """A current source that reverses, and the nanovoltmeter that it triggers. Safe state: stopped, output off.

    :meth:`configure`, :meth:`arm`, :meth:`start` follow each other, with time in between for the two instruments
    to talk: waiting is the business of :mod:`procedures`.
    """

    def configure(self, settings: DeltaSettings) -> None:
        """Set both instruments; whatever ran is stopped, and no current flows.

        Raises:
            LimitError: beyond the limits or the instruments; nothing was sent.
            RefusedError: there is no nanovoltmeter (nothing was set then), or a setting was not taken.
        """
        ...

    def arm(self) -> None:
        """Begin to arm; returns at once.

        Raises:
            RefusedError: the nanovoltmeter has not taken its settings; nothing was armed.
        """
        ...

    def is_armed(self) -> bool:
        """Whether arming is done and nothing has stopped it since."""
        ...

    def start(self) -> None:
        """Let the current flow and reverse.

        Raises:
            RefusedError: it is not armed.
        """
        ...

    def read_voltage(self) -> Reading:
        """The newest average of half the difference between the voltages at either sign, in V.

        IN_COMPLIANCE when the source was at its voltage limit, at either polarity, since the reading before; STALE
        when there is nothing newer than the reading before; OVERLOAD, without a value, beyond the range.

        Raises:
            RefusedError: it does not run (any more).
        """
        ...

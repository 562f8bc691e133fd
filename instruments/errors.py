"""The error tree. A message says what was asked, what is allowed, in which unit, and what was done.

::

    FluxoidError                     (analysis.errors)
    ├── AnalysisError                an argument outside the domain of a formula or a fit
    ├── ConfigurationError           one or several problems in a file or option; nothing was sent
    ├── LimitError                   a set beyond a declared limit; nothing was sent
    ├── InstrumentError              an instrument did not do what was asked
    │   ├── CommunicationError       no reply, no connection, a broken line
    │   ├── ReplyError               a reply that is not the number or word expected
    │   ├── RefusedError             the instrument said no (INVALID, DENIED, an error queue)
    │   └── IdentityError            another model answered at this address
    ├── RunStopped                   the run cannot go on; the rack is brought to its safe state
    │   ├── GuardTripped             a watched quantity left its bounds
    │   │   └── MagnetQuenched       the magnet lost its field; a person must acknowledge it
    │   ├── DeadlineExceeded         a named wait did not end in time
    │   └── StoppedByOperator        a person asked for the stop
    └── RecordingError               a journal or data file cannot be written or read
"""

from analysis.errors import AnalysisError, FluxoidError

__all__ = [
    "AnalysisError",
    "CommunicationError",
    "ConfigurationError",
    "DeadlineExceeded",
    "FluxoidError",
    "GuardTripped",
    "IdentityError",
    "InstrumentError",
    "LimitError",
    "MagnetQuenched",
    "RecordingError",
    "RefusedError",
    "ReplyError",
    "RunStopped",
    "StoppedByOperator",
]


class ConfigurationError(FluxoidError):
    """Problems found in files or options before anything was sent; ``problems`` holds one text each."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class LimitError(FluxoidError):
    """A set beyond a declared limit; nothing was sent to the instrument."""


class InstrumentError(FluxoidError):
    """An instrument did not do what was asked of it."""


class CommunicationError(InstrumentError):
    """No reply, no connection, or a line that broke."""


class ReplyError(InstrumentError):
    """A reply that is not the number or word expected; never turned into a value."""


class RefusedError(InstrumentError):
    """The instrument refused a command and said so."""


class IdentityError(InstrumentError):
    """Another model answered than the station file declares."""


class RunStopped(FluxoidError):
    """The run cannot go on; the engine brings the rack to its safe state."""


class GuardTripped(RunStopped):
    """A watched quantity left its bounds, or could not be watched (guards fail closed)."""


class MagnetQuenched(GuardTripped):
    """The magnet quenched; the state latches until a person acknowledges it at the supply."""


class DeadlineExceeded(RunStopped):
    """A named wait did not end before its deadline."""


class StoppedByOperator(RunStopped):
    """A person asked for the stop."""


class RecordingError(FluxoidError):
    """A journal or data file cannot be written or read."""

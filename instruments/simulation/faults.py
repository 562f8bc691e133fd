"""The faults that a test can give a simulated instrument, whatever it is reached through."""

from typing import Generic, Protocol, TypeVar


class Identified(Protocol):
    """What tells who it is, and can be made another."""

    identity: str


InstrumentT = TypeVar("InstrumentT", bound=Identified)


class FaultyBox(Generic[InstrumentT]):
    """An instrument at its address, and the faults injected there. Faults last until :meth:`heal`."""

    def __init__(self, instrument: InstrumentT) -> None:
        self.instrument = instrument
        self._identity = instrument.identity
        self._silent = False
        self._garbage: bytes | None = None

    def answer_as(self, identity: str) -> None:
        """Be another model: what it is asked who it is, it answers with this text."""
        self.instrument.identity = identity

    def go_silent(self) -> None:
        """Neither act nor answer, like a frozen firmware or a pulled plug."""
        self._silent = True

    def garble_next_reply(self, reply: bytes = b"#?\x07~") -> None:
        """Replace the next reply, or the next value that is asked for."""
        self._garbage = reply

    def heal(self) -> None:
        """Undo every fault."""
        self._silent = False
        self._garbage = None
        self.instrument.identity = self._identity

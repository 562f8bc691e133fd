"""The command language that Oxford's Mercury iPS and iTC share.

Source: Oxford Instruments, Mercury iPS handbook issue 14 and Mercury iTC handbook issue 05, "SCPI dialect".
It is case-sensitive, every SET is answered, and numbers come in fixed point with their unit.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pymeasure.adapters import Adapter
from pymeasure.instruments import Instrument as PymeasureInstrument

from instruments.drivers.checked import Checked
from instruments.drivers.replies import Reply
from instruments.errors import RefusedError
from instruments.roles import Identity, Scalar

_REFUSALS = ("INVALID", "DENIED", "NOT_FOUND", "N/A")
CONNECTION: Mapping[str, Any] = {
    "read_termination": "\n",
    "write_termination": "\n",
    "timeout": 5000,
    "asrl": {"baud_rate": 57600},
}


class Mercury(Checked, PymeasureInstrument):
    """A Mercury controller: nouns are read and set, and every reply must repeat the noun.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
    """

    def __init__(self, adapter: Adapter | str, name: str) -> None:
        connection = dict(CONNECTION) if isinstance(adapter, str) else {}
        super().__init__(adapter, name, includeSCPI=False, **connection)

    def identify(self) -> Identity:
        """Ask who is there.

        Raises:
            IdentityError: another model than this driver's answered.
        """
        reply = self.query("*IDN?")
        return reply.with_text(reply.text.removeprefix("IDN:")).identity(":", self.MODELS, self.address)

    def read_noun(self, noun: str) -> Reply:
        """The value of a noun such as ``DEV:GRPZ:PSU:SIG:FLD``.

        Raises:
            RefusedError: the instrument has no such noun or no value for it.
            ReplyError: the reply is about something else.
        """
        reply = self.query(f"READ:{noun}")
        self._check_refusal(reply)
        return self._after(reply, f"STAT:{noun}:")

    def set_noun(self, noun: str, value: str) -> None:
        """Set a noun; only ``VALID`` counts as done.

        Raises:
            RefusedError: the instrument answered INVALID, DENIED, NOT_FOUND or N/A.
            ReplyError: the reply is about something else.
        """
        reply = self.query(f"SET:{noun}:{value}")
        self._check_refusal(reply)
        rest = self._after(reply, f"STAT:SET:{noun}:")
        if not rest.text.endswith(":VALID"):
            raise reply.error(f"STAT:SET:{noun}:...:VALID")

    def optional(self, noun: str, convert: Callable[[Reply], Scalar]) -> Scalar:
        """A noun for a snapshot; one that this unit or firmware lacks reads ``"not available"``."""
        try:
            return convert(self.read_noun(noun))
        except RefusedError:
            return "not available"

    def read_alarms(self) -> str:
        """The alarms of all boards as one text, empty without any; a slow query."""
        text = str(self.optional("SYS:ALRM", lambda reply: reply.text))
        return "; ".join(" ".join(alarm.split()) for alarm in text.split(";") if alarm.strip())

    @staticmethod
    def _check_refusal(reply: Reply) -> None:
        if reply.text.rpartition(":")[2] in _REFUSALS:
            raise RefusedError(f"{reply.instrument} refused {reply.command!r}: it answered {reply.text!r}")

    @staticmethod
    def _after(reply: Reply, echo: str) -> Reply:
        if not f"{reply.text}:".startswith(echo):  # an empty value may take its colon with it
            raise reply.error(f"{echo}...")
        return reply.with_text(reply.text[len(echo) :])

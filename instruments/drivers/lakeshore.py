"""How Lake Shore's controllers talk: mnemonics, several in one line, a status register instead of an error queue.

Source: Lake Shore Model 372 user's manual, chapter 6 (IEEE 488.2 status, interface commands).
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from pymeasure.adapters import Adapter
from pymeasure.instruments import Instrument as PymeasureInstrument

from instruments.drivers.checked import Checked
from instruments.drivers.replies import Reply
from instruments.errors import RefusedError
from instruments.roles import Identity

#: Query error, device error, execution error, command error.
_ERROR_BITS: Mapping[int, str] = {
    0x04: "query error",
    0x08: "device error",
    0x10: "execution error",
    0x20: "command error",
}
CONNECTION: Mapping[str, Any] = {"read_termination": "\r\n", "write_termination": "\n", "timeout": 5000}


class LakeShore(Checked, PymeasureInstrument):
    """A Lake Shore controller: one line, one reply.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
        name: what pymeasure calls it.
    """

    MODELS: ClassVar[tuple[str, ...]]

    def __init__(self, adapter: Adapter | str, name: str) -> None:
        connection = dict(CONNECTION) if isinstance(adapter, str) else {}
        super().__init__(adapter, name, includeSCPI=False, **connection)

    def identify(self) -> Identity:
        """Ask who is there.

        Raises:
            IdentityError: another model than this driver's answered.
        """
        return self.query("*IDN?").identity(",", self.MODELS, self.address)

    def set(self, *commands: str) -> None:
        """Send commands in one line with the question whether they were taken.

        Raises:
            RefusedError: the event register shows an error of this line.
        """
        line = ";".join(("*CLS", *commands, "*ESR?"))  # errors of an earlier line are not ours
        events = self.query(line).integer(0, 255)
        if errors := [words for bit, words in _ERROR_BITS.items() if events & bit]:
            raise RefusedError(f"{self.description} refused {'; '.join(commands)!r}: {', '.join(errors)}")

    def ask(self, *queries: str) -> list[Reply]:
        """Several questions in one line, answered in one.

        Raises:
            ReplyError: not as many answers as questions.
        """
        whole = self.query(";".join(queries))
        parts = whole.text.split(";")
        if len(parts) != len(queries):
            raise whole.error(f"{len(queries)} answers separated by semicolons")
        return [whole.with_text(part.strip()) for part in parts]

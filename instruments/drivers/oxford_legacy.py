"""How Oxford's older boxes talk (ISOBUS, RS-232 or GPIB): one letter and a number, answered with that letter.

Sources: Oxford Instruments, Mercury iTC handbook issue 05, section 8.4 (legacy commands); the EPICS support of ISIS
for IPS and ITC503, used there on real units, for local mode, ``?`` replies and first characters that get lost.
A command that is not understood, or not allowed while the front panel has control, is answered with ``?`` and the
command. ``Q`` is never answered.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from pymeasure.adapters import Adapter
from pymeasure.instruments import Instrument as PymeasureInstrument
from pyvisa.constants import StopBits

from instruments.drivers.checked import Checked
from instruments.drivers.replies import Reply
from instruments.errors import IdentityError, RefusedError
from instruments.roles import Identity, Scalar

CONNECTION: Mapping[str, Any] = {
    "read_termination": "\r",
    "write_termination": "\r",
    "timeout": 5000,
    "asrl": {"baud_rate": 9600, "stop_bits": StopBits.two},
}
_VERSION = re.compile(r"V?(\S+)\s+[Vv]ersion\s+(\S+)")
_REMOTE, _EXTENDED_RESOLUTION = "C3", "Q4"


class OxfordLegacy(Checked, PymeasureInstrument):
    """A box of this family.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
        name: what pymeasure calls it.
    """

    #: Whether the box is asked for all digits before the first number is read.
    EXTENDED_RESOLUTION: ClassVar[bool] = False
    _extended = False

    def __init__(self, adapter: Adapter | str, name: str) -> None:
        connection = dict(CONNECTION) if isinstance(adapter, str) else {}
        super().__init__(adapter, name, includeSCPI=False, **connection)

    def identify(self) -> Identity:
        """Ask who is there; these boxes tell no serial number.

        Raises:
            IdentityError: another model than this driver's answered.
        """
        reply = self.ask("V")
        match = _VERSION.match(reply.text)
        if match is None:
            raise IdentityError(
                f"at {self.address} the station file declares a {' or '.join(self.MODELS)}; found {reply.text!r}"
                " there"
            )
        model, firmware = match.groups()
        text = f"Oxford Instruments,{model},,{firmware}"
        return reply.with_text(text).identity(",", self.MODELS, self.address)

    def ask(self, command: str) -> Reply:
        """A command and its reply; once more when the box complains of something that was not sent.

        Raises:
            RefusedError: the box answered ``?`` and the command.
        """
        reply = self.query(command)
        if reply.text.startswith("?") and not command.startswith(reply.text[1:]):
            reply = self.query(command)  # it lost the first character of the line
        if reply.text.startswith("?"):
            if not command.startswith(reply.text[1:]):
                raise reply.error(f"{command[0]} or ?{command}")
            raise RefusedError(f"{self.description} refused {command!r}: it answered {reply.text!r}")
        return reply

    def parameter(self, number: int) -> float:
        """One of the numbered values that ``R`` reads."""
        if self.EXTENDED_RESOLUTION and not self._extended:
            self.extend_resolution()
        reply = self.ask(f"R{number}")
        if not reply.text.startswith("R"):
            raise reply.error("R and a number")
        return reply.with_text(reply.text[1:].strip()).number()

    def optional(self, number: int) -> Scalar:
        """A numbered value for a snapshot; one that this unit lacks reads ``"not available"``."""
        try:
            return self.parameter(number)
        except RefusedError:
            return "not available"

    def extend_resolution(self) -> None:
        """Ask for all digits; there is no reply, and the box forgets it when it is turned off."""
        self.write(_EXTENDED_RESOLUTION)
        self._extended = True

    def examine(self, status: re.Pattern[str], example: str) -> re.Match[str]:
        """The status string, which must have exactly the form ``status``."""
        reply = self.ask("X")
        match = status.fullmatch(reply.text)
        if match is None:
            raise reply.error(f"a status such as {example}")
        return match

    def control(self, *commands: str) -> None:
        """Take control from the front panel (its keys stay unlocked) and do the commands.

        Raises:
            RefusedError: one was answered with ``?``; those after it were not sent.
            ReplyError: the reply is to another command.
        """
        for command in (_REMOTE, *commands):
            reply = self.ask(command)
            if reply.text != command[0]:
                raise reply.error(command[0])

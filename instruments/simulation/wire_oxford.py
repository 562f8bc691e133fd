"""Oxford's older dialect: a letter and a number, ended by a carriage return, answered with the letter.

Sources: Mercury iTC handbook issue 05, section 8.4; EPICS support of ISIS for IPS and ITC503. A command in front of
which stands ``$`` is done without a reply, ``@`` and a digit address one box of an ISOBUS, ``Q`` is never answered.
While the front panel has control (C0, C2) every command that changes something is refused: ``?`` and the command.
Not simulated: line feeds after the carriage return (Q2, Q6), several boxes on one ISOBUS.
"""

import re
from collections.abc import Callable
from typing import ClassVar

from instruments.simulation.wire import Refusal, WireInstrument, out_of_range, settings_conflict, undefined_header

Control = Callable[[str], None]
"""Takes what follows the letter and acts; raises Refusal."""

_ISOBUS = re.compile(r"@\d")


class OxfordInstrument(WireInstrument):
    """Controls by letter, numbered values, a status string."""

    line_end: ClassVar[bytes] = b"\r"

    def __init__(self, identity: str) -> None:
        super().__init__(identity, b"\r")
        self.local_remote = 0
        self.extended = False
        self._controls: dict[str, Control] = {}
        self._values: dict[int, Callable[[], str]] = {}

    def add_control(self, letter: str, control: Control) -> None:
        """A command that only works in remote."""
        self._controls[letter] = control

    def add_value(self, number: int, read: Callable[[], str]) -> None:
        """A value that ``R`` and the number read."""
        self._values[number] = read

    def commands(self) -> tuple[str, ...]:
        """Letters; those that read a value with its number."""
        return ("C", "Q", "V", "X", *(f"R{number}" for number in sorted(self._values)), *sorted(self._controls))

    def status(self) -> str:
        """Reply to ``X``."""
        raise NotImplementedError

    def _answer(self, line: str) -> str | None:
        line = line.strip("\r\n")
        line = line[2:] if _ISOBUS.match(line) else line
        silent = line.startswith("$")
        line = line.removeprefix("$")
        if not line:
            return None
        if line[0] == "Q":
            self.extended = line[1:] in ("4", "6")
            return None
        try:
            reply = self._obey(line[0], line[1:])
        except Refusal:
            reply = f"?{line}"
        return None if silent else reply

    def _obey(self, letter: str, text: str) -> str:
        if letter == "V":
            return self.identity
        if letter == "X":
            return self.status()
        if letter == "R":
            return f"R{self._value(text)()}"
        if letter == "C":
            self.local_remote = digit(text, "0123")
            return "C"
        control = self._controls.get(letter)
        if control is None:
            raise undefined_header()
        if self.local_remote not in (1, 3) or (self._deny_next_set and self._takes_denial()):
            raise settings_conflict()
        control(text)
        return letter

    def _value(self, text: str) -> Callable[[], str]:
        read = self._values.get(int(text)) if text.isdecimal() else None
        if read is None:
            raise undefined_header()
        return read


def digit(text: str, allowed: str) -> int:
    """One of the allowed digits.

    Raises:
        Refusal: anything else.
    """
    if len(text) != 1 or text not in allowed:
        raise out_of_range()
    return int(text)

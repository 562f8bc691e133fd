"""What Keithley's instruments and the GS200 share: identity and an error queue that is read after every set."""

from collections.abc import Mapping
from typing import Any

from instruments.drivers.checked import Checked
from instruments.errors import RefusedError
from instruments.roles import Identity

_QUEUE_LENGTH = 20
CONNECTION: Mapping[str, Any] = {"read_termination": "\n", "write_termination": "\n", "timeout": 10_000}


class Keithley(Checked):
    """A Keithley with SCPI: sends settings and asks whether they were taken."""

    def identify(self) -> Identity:
        """Ask who is there.

        Raises:
            IdentityError: another model than this driver's answered.
        """
        return self.query("*IDN?").identity(",", self.MODELS, self.address)

    def set(self, *commands: str) -> None:
        """Send commands, then empty the error queue.

        Raises:
            RefusedError: the queue held an error.
        """
        for command in commands:
            self.write(command)
        if errors := self.read_errors():
            raise RefusedError(f"{self.description} refused {'; '.join(commands)!r}: {', '.join(errors)}")

    def read_errors(self) -> list[str]:
        """Everything in the error queue, oldest first; reading empties it."""
        errors: list[str] = []
        for _ in range(_QUEUE_LENGTH):
            reply = self.query("SYST:ERR?")
            code, _, _ = reply.text.partition(",")
            if reply.with_text(code).integer(-32768, 32767) == 0:
                break
            errors.append(reply.text)
        return errors

    def read_back(self, query: str, what: str, low: float, high: float, unit: str) -> float:
        """Ask for a setting and refuse to go on when it lies outside what was set.

        Raises:
            RefusedError: the instrument uses another value.
        """
        found = self.query(query).number()
        if not low <= found <= high:
            raise RefusedError(
                f"{self.description}: the {what} reads back {found:g} {unit}; expected {low:g} to {high:g} {unit}"
            )
        return found

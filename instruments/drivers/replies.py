"""A reply is a number, a register or a word of a known set, or it is an error; never something in between."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Self

from instruments.errors import IdentityError, ReplyError
from instruments.roles import Identity

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_INTEGER = re.compile(r"[+-]?\d+")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{1,8}")
_PREFIX_EXPONENT: Mapping[str, int] = {"": 0, "n": -9, "u": -6, "µ": -6, "m": -3, "k": 3, "M": 6}
_SCPI_CODES_FROM = 9.85e37
_SCPI_OVERFLOW = 9.9e37


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Reply:
    """What an instrument answered, with what is needed to complain about it."""

    instrument: str
    command: str
    text: str
    on_error: Callable[[], None] = field(default=_nothing, compare=False, repr=False)

    def error(self, expected: str) -> ReplyError:
        """The complaint, to be raised: instrument, command, reply, expectation."""
        self.on_error()
        return ReplyError(f"{self.instrument} answered {self.text!r} to {self.command!r}; expected {expected}")

    def with_text(self, text: str) -> Self:
        """The same exchange with only a part of the reply left to read."""
        return type(self)(self.instrument, self.command, text, self.on_error)

    def number(self, unit: str = "") -> float:
        """A finite number followed by exactly ``unit``, an SI prefix (n, u, m, k, M) allowed before it.

        Returns:
            The value in ``unit``, prefix applied.

        Raises:
            ReplyError: anything else, an overflow or not-a-number code (9.9e37, 9.91e37) included.
        """
        expected = f"a number in {unit}" if unit else "a number"
        match = _NUMBER.match(self.text)
        suffix = self.text[match.end() :] if match else ""
        exponent = _PREFIX_EXPONENT.get(suffix[: len(suffix) - len(unit)])
        if match is None or not suffix.endswith(unit) or exponent is None or (suffix and not unit):
            raise self.error(expected)
        value = float(Decimal(match.group()).scaleb(exponent))
        if not abs(value) < _SCPI_CODES_FROM:
            raise self.error(f"{expected}, not an overflow or not-a-number code")
        return value

    def is_overflow(self) -> bool:
        """Whether the reply is the SCPI code for a reading beyond the range (9.9e37 of either sign)."""
        if _NUMBER.fullmatch(self.text) is None:
            return False
        return abs(abs(float(self.text)) / _SCPI_OVERFLOW - 1) < 5e-4

    def numbers(self, count: int) -> list[float]:
        """Exactly ``count`` numbers separated by commas."""
        parts = self.text.split(",")
        if len(parts) != count:
            raise self.error(f"{count} numbers separated by commas")
        return [self.with_text(part.strip()).number() for part in parts]

    def integer(self, low: int, high: int) -> int:
        """An integer from ``low`` to ``high``: an index or a register."""
        expected = f"an integer from {low} to {high}"
        if _INTEGER.fullmatch(self.text) is None or not low <= int(self.text) <= high:
            raise self.error(expected)
        return int(self.text)

    def hexadecimal(self) -> int:
        """A register of up to 8 hexadecimal digits."""
        if _HEXADECIMAL.fullmatch(self.text) is None:
            raise self.error("up to 8 hexadecimal digits")
        return int(self.text, 16)

    def word(self, *allowed: str) -> str:
        """One of the words ``allowed``, in exactly this spelling."""
        if self.text not in allowed:
            raise self.error(" or ".join(allowed))
        return self.text

    def identity(self, separator: str, models: Collection[str], address: str) -> Identity:
        """Vendor, model, serial number and firmware from an identification reply.

        Args:
            separator: what stands between the four parts.
            models: words of which one must stand in the model part.
            address: where the question went, for the message.

        Raises:
            IdentityError: another model answered, or the reply is no identification.
        """
        parts = [part.strip() for part in self.text.split(separator, 3)]
        if len(parts) != 4 or not any(f" {model} " in f" {parts[1]} " for model in models):
            raise IdentityError(
                f"at {address} the station file declares a {' or '.join(models)}; found {self.text!r} there"
            )
        return Identity(*parts)

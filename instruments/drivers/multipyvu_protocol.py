"""How MultiPyVu, Quantum Design's socket server for a PPMS, speaks: data in, data out, no socket.

A frame is two bytes (length of the header, big endian), a JSON header that tells the length of the body, and the
JSON body. One question takes four frames: request, ``confirmed``, ``completed`` with the result, and our
``confirmed``. The server forgets what comes in one piece with that last one, so that the next request must be a
write of its own.

Source: Quantum Design's MultiPyVu 3.8 (MIT), whose simulated server answers in the tests of the driver.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

Message = Mapping[str, Any]

_PREFIX_BYTES = 2
_LONGEST_HEADER = 1024
_LONGEST_BODY = 65536


class NotAFrame(ValueError):
    """Bytes that are no frame; the text says what was found."""


def frame(message: Message) -> bytes:
    """A message as it travels."""
    body = json.dumps(message, ensure_ascii=False).encode("utf-8")
    header = json.dumps(
        {
            "byteorder": sys.byteorder,
            "message-type": "text/json",
            "message-encoding": "utf-8",
            "message-length": len(body),
        }
    ).encode("utf-8")
    return len(header).to_bytes(_PREFIX_BYTES, "big") + header + body


class FrameReader:
    """Puts one message together: ask :attr:`needed`, bring exactly so many bytes, until there is a message."""

    def __init__(self) -> None:
        self.needed = _PREFIX_BYTES
        self._part = "prefix"
        self._encoding = "utf-8"

    def feed(self, data: bytes) -> Message | None:
        """Take ``needed`` bytes; the message once it is complete.

        Raises:
            NotAFrame: a length out of reason, or what should be JSON is none.
        """
        if len(data) != self.needed:
            raise NotAFrame(f"{len(data)} bytes where {self.needed} were needed")
        if self._part == "prefix":
            self._part, self.needed = "header", _bounded(int.from_bytes(data, "big"), _LONGEST_HEADER)
            return None
        if self._part == "header":
            header = _json(data, "utf-8")
            self._part, self.needed = "body", _bounded(header.get("message-length"), _LONGEST_BODY)
            self._encoding = str(header.get("message-encoding", "utf-8"))
            return None
        self._part, self.needed = "prefix", _PREFIX_BYTES
        return _json(data, self._encoding)


class Exchange:
    """One question to the server, from the request to the result."""

    def __init__(self, identifier: str, action: str, query: str = "") -> None:
        self._body = {"id": identifier, "action": action, "query": query, "result": ""}
        self.request = frame(self._body)
        self.confirmed = False
        self.answer: Message | None = None

    def receive(self, message: Message) -> bytes:
        """Take a message; what has to be sent back, or nothing.

        A completed message is confirmed even when it belongs to an older question, because the server repeats it
        until it is.

        Raises:
            NotAFrame: the answer to this question is about another action, or has no result.
        """
        kind = message.get("message_type")
        ours = message.get("id") == self._body["id"]
        if ours and kind == "confirmed":
            self.confirmed = True
        if kind != "completed":
            return b""
        if ours:
            if message.get("action") != self._body["action"] or not isinstance(message.get("result"), str):
                raise NotAFrame(f"the message {json.dumps(message)[:200]}")
            self.answer = message
        return frame({**message, "message_type": "confirmed"})


def _bounded(length: object, most: int) -> int:
    if not isinstance(length, int) or isinstance(length, bool) or not 2 <= length <= most:
        raise NotAFrame(f"a length of {length!r} bytes, where 2 to {most} can be")
    return length


def _json(data: bytes, encoding: str) -> Message:
    try:
        message = json.loads(data.decode(encoding))
    except (ValueError, LookupError):
        raise NotAFrame(f"{data[:60]!r}, which is not JSON") from None
    if not isinstance(message, dict):
        raise NotAFrame(f"{data[:60]!r}, which is not a JSON object")
    return message

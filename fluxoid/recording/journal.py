"""The journal: JSON Lines, only ever appended to, and the truth about a run while it lasts.

Every batch is handed to the operating system at once, so a killed process loses nothing that was written; it is
forced to the disk at most once a second and at the end of each curve, which bounds what a power cut can take.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from fluxoid.recording.lines import LineError, decode, encode
from fluxoid.recording.messages import CurveEnd, End, Message, Start
from instruments.errors import RecordingError

JOURNAL_NAME = "journal.jsonl"
SYNC_PERIOD_S = 1.0


class JournalWriter:
    """Appends messages to a new journal."""

    def __init__(self, path: Path, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._descriptor = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666
        )
        self._synced_s = monotonic_s()
        self._dirty = False
        _sync_directory(path.parent)

    def write(self, messages: Sequence[Message]) -> None:
        """Append messages; they survive the death of this process when the call returns."""
        data = memoryview(b"".join(map(encode, messages)))
        while data:
            data = data[os.write(self._descriptor, data) :]
        self._dirty = True
        if any(isinstance(message, CurveEnd | End) for message in messages):
            self._sync()
        else:
            self.tick()

    def tick(self) -> None:
        """Force what was written to the disk when that was last done a second ago or more."""
        if self._dirty and self._monotonic_s() - self._synced_s >= SYNC_PERIOD_S:
            self._sync()

    def close(self) -> None:
        """Force everything to the disk and release the file."""
        try:
            self._sync()
        finally:
            os.close(self._descriptor)

    def _sync(self) -> None:
        os.fsync(self._descriptor)
        self._dirty = False
        self._synced_s = self._monotonic_s()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class JournalContent:
    """Messages in order; ``torn_bytes`` is the length of a last line cut off in mid-writing, ``skipped`` one
    text for each unreadable line that was left out.
    """

    messages: tuple[Message, ...]
    torn_bytes: int = 0
    skipped: tuple[str, ...] = ()


def read_journal(path: Path, *, skip_corrupt: bool = False) -> JournalContent:
    """Read a journal, also one that is still being written.

    Raises:
        RecordingError: no such file, no start message, or (unless ``skip_corrupt``) a line before the last that
            cannot be read; the message names the line.
    """
    try:
        *lines, last = path.read_bytes().split(b"\n")
    except OSError as error:
        raise RecordingError(f"cannot read the journal {path}: {error.strerror or error}") from error
    messages: list[Message] = []
    skipped: list[str] = []
    torn_bytes = len(last)
    for number, line in enumerate(lines, start=1):
        try:
            messages.append(decode(line))
        except LineError as error:
            if number == len(lines) and not last:
                torn_bytes = len(line) + 1  # a power cut can leave a whole last line of rubbish
                break
            problem = f"{path}, line {number}: {error}"
            if not skip_corrupt:
                raise RecordingError(
                    f"{problem}; the lines before and after it may be good: recover can skip it"
                ) from error
            skipped.append(problem)
    if not messages or not isinstance(messages[0], Start):
        raise RecordingError(f"{path} does not begin with a readable start of a run")
    return JournalContent(tuple(messages), torn_bytes, tuple(skipped))


def _sync_directory(directory: Path) -> None:
    if os.name != "posix":  # elsewhere a directory cannot be opened for this
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

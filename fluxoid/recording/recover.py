"""Rebuilding the HDF5 file of a run from its journal, after a crash or at any other time."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fluxoid.recording.hdf5 import HDF5_NAME, Hdf5Writer
from fluxoid.recording.journal import JOURNAL_NAME, read_journal
from fluxoid.recording.messages import CurveStart, End, Event, Message, PointRow, Start
from fluxoid.recording.sequence import check_sequence
from instruments.errors import RecordingError


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was found in the journal; ``status`` is what the rebuilt file says of the run."""

    points: int
    curves: int
    events: int
    torn_bytes: int
    warnings: tuple[str, ...]
    status: str

    def __str__(self) -> str:
        counts = f"{self.points} points in {self.curves} curves and {self.events} events; the run is {self.status}"
        return "\n".join((f"rebuilt {HDF5_NAME}: {counts}", *self.warnings))


def recover(directory: Path | str, *, skip_corrupt: bool = False) -> Recovery:
    """Rebuild ``run.h5`` from ``journal.jsonl``; the journal is not touched.

    The old file is kept as ``run.h5.bak``. A run without an end is marked "interrupted". What could not be read
    becomes warnings in the log of the rebuilt file. Not meant for a run that is still being recorded: its writer
    would go on in the old file.

    Raises:
        RecordingError: no journal, or a damaged line in it and not ``skip_corrupt``, or the file cannot be written.
    """
    directory = Path(directory)
    content = read_journal(directory / JOURNAL_NAME, skip_corrupt=skip_corrupt)
    messages, problems = check_sequence(content.messages, strict=not skip_corrupt)
    warnings = [*(f"left out: {text}" for text in content.skipped), *problems]
    if content.torn_bytes:
        warnings.append(f"the journal's last line was cut off; its {content.torn_bytes} bytes were left out")
    messages, status = _ended(messages, warnings)
    target = directory / HDF5_NAME
    try:
        rebuilt = _write(directory / f"{HDF5_NAME}.recovered", messages)
        if target.exists():
            os.replace(target, target.with_name(f"{HDF5_NAME}.bak"))
        os.replace(rebuilt, target)
    except (OSError, RuntimeError) as error:
        raise RecordingError(f"cannot rebuild {target}: {error}") from error
    return Recovery(
        points=sum(isinstance(message, PointRow) for message in messages),
        curves=sum(isinstance(message, CurveStart) for message in messages),
        events=sum(isinstance(message, Event) for message in messages) - len(warnings),
        torn_bytes=content.torn_bytes,
        warnings=tuple(warnings),
        status=status,
    )


def _ended(messages: Sequence[Message], warnings: Sequence[str]) -> tuple[list[Message], str]:
    """The messages with the warnings as events before their end, and with an end."""
    body, last = list(messages), messages[-1]
    if isinstance(last, End):
        body, end = body[:-1], last
    else:
        end = End(_last_time(messages), "interrupted", "the recording stopped without an end")
    return [*body, *(Event(end.time_s, "warning", text) for text in warnings), end], end.status


def _last_time(messages: Sequence[Message]) -> float:
    return max(message.time_s for message in messages if not isinstance(message, PointRow))


def _write(path: Path, messages: Sequence[Message]) -> Path:
    start, *rest = messages
    if not isinstance(start, Start):
        raise RecordingError("a run begins with its start")
    with Hdf5Writer(path, start) as writer:
        writer.write(rest)
    return path

"""Reading a run back: from its journal, or from the HDF5 file where there is no journal."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from fluxoid.recording.hdf5 import HDF5_NAME
from fluxoid.recording.hdf5_reader import read_hdf5
from fluxoid.recording.journal import JOURNAL_NAME, read_journal
from fluxoid.recording.messages import CurveEnd, CurveStart, End, Event, Findings, Message, PointRow, Start
from fluxoid.recording.record import NOT_FINISHED, RecordedCurve, RunRecord
from fluxoid.recording.sequence import check_sequence
from instruments.errors import RecordingError


def load_run(path: Path | str) -> RunRecord:
    """Read a run, finished or not, from its directory, its journal or its HDF5 file.

    In a directory the journal is read when there is one.

    Raises:
        RecordingError: nothing there that can be read, or a journal with a damaged line (named in the message).
    """
    path = Path(path)
    if path.is_dir():
        journal, hdf5 = path / JOURNAL_NAME, path / HDF5_NAME
        if not journal.exists() and not hdf5.exists():
            raise RecordingError(f"{path} is no run: it holds neither {JOURNAL_NAME} nor {HDF5_NAME}")
        path = journal if journal.exists() else hdf5
    if path.suffix in (".h5", ".hdf5", ".nxs", ".bak"):
        return read_hdf5(path)
    content = read_journal(path)
    messages, _ = check_sequence(content.messages, strict=True)
    torn = f"the last line was cut off in mid-writing; its {content.torn_bytes} bytes were left out"
    return assemble(messages, (torn,) if content.torn_bytes else ())


def assemble(messages: Iterable[Message], warnings: Sequence[str] = ()) -> RunRecord:
    """Build the record of a run from its messages, which begin with the start."""
    first, *rest = messages
    if not isinstance(first, Start):
        raise RecordingError("a run begins with its start")
    curves: list[RecordedCurve] = []
    events: list[Event] = []
    rows: list[PointRow] = []
    findings = Findings(first.time_s, ())
    curve: CurveStart | None = None
    end = End(first.time_s, "interrupted", "")
    ended = False
    for message in rest:
        match message:
            case PointRow():
                rows.append(message)
            case CurveStart() | CurveEnd():
                if curve is not None:
                    complete = isinstance(message, CurveEnd) and message.status == "complete"
                    curves.append(_curve(curve, rows, complete))
                curve, rows = message if isinstance(message, CurveStart) else None, []
            case Event():
                events.append(message)
            case Findings():
                findings = message
            case End():
                end, ended = message, True
    if curve is not None:
        curves.append(_curve(curve, rows, complete=False))
    return RunRecord(
        header=first.header,
        start_unix_s=first.unix_time_s,
        curves=tuple(curves),
        events=tuple(events),
        findings=findings.findings,
        status=end.status if ended else NOT_FINISHED,
        reason=end.reason,
        warnings=tuple(warnings),
    )


def _curve(start: CurveStart, rows: Sequence[PointRow], complete: bool) -> RecordedCurve:
    values = np.array([row.values for row in rows], dtype=np.float64).reshape(len(rows), len(start.columns))
    columns = {column.name: values[:, number].copy() for number, column in enumerate(start.columns)}
    flags = np.array([row.flags for row in rows], dtype=np.uint16)
    return RecordedCurve(start.info, columns, flags, complete, start.columns)

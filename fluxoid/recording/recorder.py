"""The recorder: takes points from the engine in microseconds and writes them in a thread of its own."""

import errno
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from analysis.curves import CurveInfo
from analysis.findings import Finding
from fluxoid.recording.batch_queue import BatchQueue
from fluxoid.recording.hdf5 import HDF5_NAME, Hdf5Writer
from fluxoid.recording.header import RunHeader
from fluxoid.recording.journal import JOURNAL_NAME, JournalWriter
from fluxoid.recording.messages import (
    CurveEnd,
    CurveStart,
    CurveStatus,
    End,
    EndStatus,
    Event,
    Findings,
    Level,
    Message,
    PointRow,
    Start,
)
from instruments.clock import Clock
from instruments.errors import RecordingError
from procedures.point import Column, Point

QUEUE_CAPACITY = 4096
BATCH_PERIOD_S = 0.05


class Sink(Protocol):
    """Where messages go."""

    def write(self, messages: Sequence[Message]) -> None:
        """Append a batch."""
        ...

    def tick(self) -> None:
        """Called several times a second, also when nothing was written."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...


class Recorder:
    """Records one run in a directory of its own. Nothing is dropped: when the disk is slow, the caller waits.

    A failure of the writing thread stops the recording; the next call of any method raises it. As a context
    manager it finishes the run when the block did not: "failed" with the exception's text, or "interrupted".
    All methods are for one thread, the engine's.

    Args:
        directory: made when absent; must be empty.
        header: what is known of the run.
        clock: gives all times that are written.

    Raises:
        RecordingError: the directory holds something already, or cannot be written.
    """

    def __init__(
        self, directory: Path, header: RunHeader, clock: Clock, *, queue_capacity: int = QUEUE_CAPACITY
    ) -> None:
        self.directory = directory
        self._clock = clock
        self._names: tuple[str, ...] | None = None
        self._curves: set[str] = set()
        self._points = 0
        self._finished = False
        self._failure: Exception | None = None
        self._queue: BatchQueue[Message] = BatchQueue(queue_capacity)
        try:
            self._sinks = self._open(header)
        except (OSError, RuntimeError) as error:
            raise RecordingError(_explain(error, directory)) from error
        self._thread = threading.Thread(target=self._write_all, name="recorder", daemon=True)
        self._thread.start()

    def start_curve(self, info: CurveInfo, columns: Sequence[Column]) -> None:
        """Begin a curve.

        Raises:
            RecordingError: a curve is open, or the name was used before.
        """
        if self._names is not None:
            raise RecordingError(f"curve {info.name!r} cannot start before the one before it is ended")
        if info.name in self._curves:
            raise RecordingError(f"curve {info.name!r} was recorded already; findings refer to curves by name")
        names = tuple(column.name for column in columns)
        if not names or len(set(names)) < len(names) or {"flags", "status", "conditions"} & set(names):
            raise RecordingError(f"curve {info.name!r} cannot have the columns {', '.join(names) or '(none)'}")
        self._put(CurveStart(self._clock.now(), info, tuple(columns)))
        self._curves.add(info.name)
        self._names, self._points = names, 0

    def add(self, point: Point) -> None:
        """Record a point of the open curve; returns before it is on the disk.

        Raises:
            RecordingError: no curve is open, or the point has other columns than the curve.
        """
        names, values = self._names, point.values
        if names is None:
            raise RecordingError("a point came while no curve was open")
        try:
            row = tuple([float(values[name]) for name in names])
        except KeyError as missing:
            raise RecordingError(
                f"a point has no {missing}; its curve has the columns {', '.join(names)}"
            ) from None
        if len(values) != len(names):
            raise RecordingError(f"a point has {', '.join(values)}; its curve has the columns {', '.join(names)}")
        self._put(PointRow(row, point.flags.value))
        self._points += 1

    def end_curve(self, status: CurveStatus = "complete") -> None:
        """End the open curve.

        Raises:
            RecordingError: no curve is open.
        """
        if self._names is None:
            raise RecordingError("no curve is open that could end")
        self._put(CurveEnd(self._clock.now(), status, self._points), urgent=True)
        self._names = None

    def event(self, level: Level, text: str) -> None:
        """Record a line of the log."""
        self._put(Event(self._clock.now(), level, text))

    def findings(self, findings: Sequence[Finding]) -> None:
        """Record the findings; they replace those recorded before."""
        self._put(Findings(self._clock.now(), tuple(findings)))

    def finish(self, status: EndStatus, reason: str = "") -> None:
        """End the run and wait until everything is written; a curve still open ends as stopped.

        Raises:
            RecordingError: something could not be written.
        """
        if self._names is not None:
            self.end_curve("stopped")
        self._put(End(self._clock.now(), status, reason), urgent=True)
        self._finished = True
        self._queue.close()
        self._thread.join()
        self._raise_failure()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._finished or (self._failure is not None and error is not None):
            return
        if error is None:
            self.finish("interrupted", "the recording was left without an end")
        else:
            self.finish("failed", f"{type(error).__name__}: {error}")

    def _open(self, header: RunHeader) -> tuple[Sink, ...]:
        self.directory.mkdir(parents=True, exist_ok=True)
        if any(self.directory.iterdir()):
            raise RecordingError(f"{self.directory} is not empty; a run is never written over another")
        for name, text in header.files().items():
            (self.directory / name).write_text(text, encoding="utf-8", newline="")
        start = Start(self._clock.now(), self._clock.unix_time(), header)
        journal = JournalWriter(self.directory / JOURNAL_NAME)
        journal.write([start])
        return journal, Hdf5Writer(self.directory / HDF5_NAME, start)

    def _put(self, message: Message, *, urgent: bool = False) -> None:
        if not self._queue.put(message, urgent=urgent):
            self._raise_failure()
            raise RecordingError("the run is finished; nothing more can be recorded")

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise RecordingError(_explain(self._failure, self.directory)) from self._failure

    def _write_all(self) -> None:
        try:
            more = True
            while more:
                batch, more = self._queue.take(BATCH_PERIOD_S)
                for sink in self._sinks:
                    if batch:
                        sink.write(batch)
                    sink.tick()
        except Exception as error:  # noqa: BLE001 - kept, and raised in the caller's thread
            self._failure = error
            self._queue.close()
        for sink in self._sinks:
            try:
                sink.close()
            except Exception as error:  # noqa: BLE001 - as above; the first failure is the one that matters
                self._failure = self._failure or error
        self._queue.close()


def _explain(error: Exception, directory: Path) -> str:
    full = getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
    what = "the disk is full" if full else f"{type(error).__name__}: {error}"
    return (
        f"recording in {directory} stopped: {what}; points up to here are in {JOURNAL_NAME}"
        f"{', free some space and ' if full else ', '}rebuild {HDF5_NAME} from it with recover"
    )

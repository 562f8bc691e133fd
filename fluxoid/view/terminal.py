"""Live view in a terminal; a line per curve and event where there is none."""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import NoReturn, Self, TextIO

from rich.console import Console
from rich.live import Live

from analysis.findings import Finding
from fluxoid import notation
from fluxoid.view.ranking import of_curve
from fluxoid.view.screen import screen
from fluxoid.view.status import RunStatus

#: Findings in the line that says that a curve has ended.
MOST_OF_A_CURVE = 8
#: Shortest real time between two pictures (s); updates between them cost a comparison.
INTERVAL_S = 0.25


class TerminalView:
    """Shows the latest status at most four times a second, in the thread of the caller.

    Used as a context manager. It never raises for the stream's sake: when the stream is gone (a closed pipe, a
    terminal that went away), the view falls silent and the run goes on.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        interactive: bool | None = None,
        size: tuple[int, int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``interactive`` and ``size`` (columns, rows) are the stream's own unless given; ``clock`` is real."""
        self._stream = stream if stream is not None else sys.stdout
        self._interactive = self._stream.isatty() if interactive is None else interactive
        self._size = size
        self._clock = clock
        self._due_s = float("-inf")
        self._latest: RunStatus | None = None
        self._readings: Mapping[str, float] = {}
        self._first: tuple[float, float] | None = None
        self._live: Live | None = None
        self._log = _Log()
        self._gone = False

    def __enter__(self) -> Self:
        if self._interactive:
            self._guarded(self._open)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._guarded(self._close)

    def update(self, status: RunStatus) -> None:
        """Keep the status, and show it when a picture is due."""
        self._latest = status
        if status.readings:
            self._readings = status.readings
        if self._gone or not self._is_due(status):
            return
        self._guarded(self._show)

    def _is_due(self, status: RunStatus) -> bool:
        if not self._interactive:
            return self._log.has_news(status)
        now = self._clock()
        if now < self._due_s:
            return False
        self._due_s = now + INTERVAL_S
        return True

    def _open(self) -> None:
        width, height = self._size or (None, None)
        console = _Console(file=self._stream, force_terminal=True, width=width, height=height, highlight=False)
        self._live = Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
        self._live.start()

    def _show(self) -> None:
        status = self._latest
        if status is None:
            return
        if self._first is None:
            self._first = self._clock(), status.elapsed_s
        if self._live is None:
            self._write(self._log.lines(status))
        else:
            size = self._live.console.size
            self._live.update(
                screen(status, self._readings, self._speed(status), (size.width, size.height)), refresh=True
            )

    def _close(self) -> None:
        self._show()
        if self._live is not None:
            self._live.stop()
        elif self._latest is not None:
            self._write(self._log.last_lines(self._latest))

    def _write(self, lines: Sequence[str]) -> None:
        if lines:
            self._stream.write("".join(f"{line}\n" for line in lines))
            self._stream.flush()

    def _speed(self, status: RunStatus) -> float | None:
        if self._first is None:
            return None
        real_s, cryostat_s = self._clock() - self._first[0], status.elapsed_s - self._first[1]
        return cryostat_s / real_s if real_s > 0 else None

    def _guarded(self, action: Callable[[], None]) -> None:
        if self._gone:
            return
        try:
            action()
        except (OSError, ValueError) as error:
            # ValueError is what Python raises for a file closed on its own side; any other is a mistake of ours
            if isinstance(error, ValueError) and not self._stream.closed:
                raise
            self._gone = True
            _discard(self._stream)


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Leave the decision to the view; rich would end the program."""
        raise BrokenPipeError


def _discard(stream: TextIO) -> None:
    """Let whatever is still buffered for standard output go nowhere, instead of failing at the interpreter's end.

    Python's documentation recommends this for SIGPIPE (library/signal, "Note on SIGPIPE").
    """
    if stream is sys.stdout and not stream.closed and stream is sys.__stdout__:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, stream.fileno())
        os.close(devnull)


class _Log:
    """Turns statuses into lines: one when a curve begins, one when it ends, one per event."""

    def __init__(self) -> None:
        self._curve: tuple[int, str] | None = None
        self._events: list[str] = []
        self._title = ""

    def has_news(self, status: RunStatus) -> bool:
        """Cheap: called for every point."""
        if self._curve != (status.curve_index, status.curve_name):
            return True
        events = status.events
        return bool(events) and (not self._events or events[-1] is not self._events[-1])

    def lines(self, status: RunStatus) -> list[str]:
        """What happened since the last call."""
        stamp = notation.duration(status.elapsed_s)
        lines = [] if self._title == status.title else [status.title]
        self._title = status.title
        lines += [f"{stamp}  {text}" for text in self._new_events(status.events)]
        curve = status.curve_index, status.curve_name
        if curve != self._curve:
            if self._curve is not None:
                lines.append(self._finished(status))
            lines.append(f"{stamp}  curve {curve[0] + 1} of {status.curves_total} begins: {curve[1]}")
            self._curve = curve
        return lines

    def last_lines(self, status: RunStatus) -> list[str]:
        """The end of the last curve."""
        return [self._finished(status)] if self._curve is not None else []

    def _finished(self, status: RunStatus) -> str:
        index, name = self._curve or (status.curve_index, status.curve_name)
        found = of_curve(status.findings, name)
        text = ", ".join(_short(finding) for finding in found[:MOST_OF_A_CURVE]) or "no findings"
        stamp = notation.duration(status.elapsed_s)
        return f"{stamp}  curve {index + 1} of {status.curves_total} ends: {name}: {text}"

    def _new_events(self, events: Sequence[str]) -> list[str]:
        """Events after those already written; the list is a window that moves, so its overlap is looked for."""
        old, new = self._events, list(events)
        self._events = new
        for size in range(min(len(old), len(new)), 0, -1):
            if old[-size:] == new[:size]:
                return new[size:]
        return new


def _short(finding: Finding) -> str:
    return f"{notation.symbol(finding.quantity)} = {notation.value_text(finding, with_unit=True)}"

"""Live analysis beside the acquisition: it may fall behind, it never holds a point up, and it loses none.

The engine hands every point over and goes on. A worker thread takes all that waits, then works out one snapshot:
a slow snapshot is followed by one over newer data, never by a queue of stale ones. Nothing that is stored
depends on when the worker ran: what goes into the file is worked out by the engine at the end of each curve and
over all points at the end of the run. A snapshot takes one short step of what there is to do, so that nobody who
needs the analysis waits for long; the worker goes on with the next step after a breath.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping

from analysis.curves import CurveInfo
from analysis.findings import Finding
from analysis.studies import Studies

#: Shortest time (s, of the computer's clock) between two snapshots.
SNAPSHOT_INTERVAL_S = 0.5
#: Time (s) between two steps of one snapshot, in which others may have their turn.
BREATH_S = 1e-3

_Message = Callable[[Studies], None]


class LiveAnalysis:
    """Studies owned by a worker thread; the engine's calls return at once."""

    def __init__(self, expected_curves: int | None) -> None:
        self._study = Studies(expected_curves)
        self._inbox: deque[_Message] = deque()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._findings: list[Finding] = []
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="live-analysis", daemon=True)

    def __enter__(self) -> "LiveAnalysis":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def start_curve(self, info: CurveInfo) -> None:
        """A curve begins."""
        self._put(lambda study: study.start(info))

    def add(self, values: Mapping[str, float]) -> None:
        """One good point of the running curve, by column."""
        self._put(lambda study: study.add(values))

    def end_curve(self) -> list[Finding]:
        """The running curve is complete; returns what is known after it, over all its points."""
        self._put(lambda study: study.finish())
        with self._lock:
            self._take_all()
            self._findings = self._study.snapshot()
            return self._findings

    def findings(self) -> list[Finding]:
        """The latest snapshot.

        Raises:
            Exception: whatever stopped the worker, once more.
        """
        self._raise_failure()
        return self._findings

    def _put(self, message: _Message) -> None:
        self._raise_failure()
        self._inbox.append(message)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _take_all(self) -> None:
        while self._inbox:
            self._inbox.popleft()(self._study)

    def _work(self) -> None:
        pause = SNAPSHOT_INTERVAL_S
        while not self._stop.wait(pause):
            pause = SNAPSHOT_INTERVAL_S
            try:
                with self._lock:
                    self._take_all()
                    if self._study.busy:
                        self._findings = self._study.snapshot()
                        pause = BREATH_S
            except Exception as error:  # noqa: BLE001  (kept, and raised again in the engine)
                self._failure = error
                return

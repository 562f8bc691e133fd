"""Recording a run, reading it back, and rebuilding it after a crash.

A run is a directory: ``journal.jsonl``, the truth while the run lasts; ``run.h5``, the file people open; and the
experiment, station and sample files as they were at the start.
"""

from fluxoid.recording.header import RunHeader
from fluxoid.recording.reader import load_run
from fluxoid.recording.record import RecordedCurve, RunRecord
from fluxoid.recording.recorder import Recorder
from fluxoid.recording.recover import Recovery, recover

__all__ = ["RecordedCurve", "Recorder", "Recovery", "RunHeader", "RunRecord", "load_run", "recover"]

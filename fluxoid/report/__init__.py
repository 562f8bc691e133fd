"""Figures of a run: those of a paper on vortex activation, drawn from its findings."""

from fluxoid.report.data import RecordedCurveLike, RunLike, SampleLaw
from fluxoid.report.write import write_report

__all__ = ["RecordedCurveLike", "RunLike", "SampleLaw", "write_report"]

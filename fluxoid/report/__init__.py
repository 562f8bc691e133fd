"""Figures of a run: those of the papers, drawn from its curves and findings."""

from fluxoid.report.data import RecordedCurveLike, RunLike, SampleLaw
from fluxoid.report.write import write_report

__all__ = ["RecordedCurveLike", "RunLike", "SampleLaw", "write_report"]

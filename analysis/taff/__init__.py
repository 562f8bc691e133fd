"""Vortex activation energies from R(T): a curve at a time with :func:`prepare`, all with :func:`taff_findings`."""

from analysis.taff.curve import TaffCurve, prepare
from analysis.taff.findings import taff_findings, taff_report

__all__ = ["TaffCurve", "prepare", "taff_findings", "taff_report"]

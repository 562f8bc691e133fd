"""Tunnelling and point-contact spectra: from dI/dV to the gap, and the gap against temperature and field."""

from analysis.spectroscopy.across import gap_against_field, gap_against_temperature
from analysis.spectroscopy.barrier import common_barrier
from analysis.spectroscopy.report import spectrum_findings
from analysis.spectroscopy.spectrum import Spectrum, series_ratio

__all__ = [
    "Spectrum",
    "common_barrier",
    "gap_against_field",
    "gap_against_temperature",
    "series_ratio",
    "spectrum_findings",
]

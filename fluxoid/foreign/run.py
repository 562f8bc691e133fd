"""Files of others, from their names to findings and figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.curves import Curve, CurveInfo
from analysis.findings import Finding
from analysis.spectroscopy import Spectrum
from analysis.studies import analyze_all
from fluxoid.foreign.columns import identify
from fluxoid.foreign.curves import Asked, Gathered, gather
from fluxoid.foreign.spectra import level_fields, resistive_tc, spectroscopy
from fluxoid.foreign.tables import read_table
from fluxoid.foreign.units import Quantity
from instruments.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class ForeignCurve:
    """A curve as the report wants a recorded one."""

    curve: Curve

    @property
    def info(self) -> CurveInfo:
        """What is known of it."""
        return self.curve.info

    def as_curve(self) -> Curve:
        """Its points."""
        return self.curve


@dataclass(frozen=True, slots=True)
class ForeignRun:
    """Files of others as the report wants a run; ``notes`` say what was assumed, ``spectra`` are dI/dV curves."""

    curves: Sequence[ForeignCurve]
    findings: Sequence[Finding]
    spectra: Sequence[Spectrum]
    notes: Sequence[str]


def analyze_files(
    paths: Sequence[Path],
    asked: Asked,
    chosen: Mapping[Quantity, str] | None = None,
    length_over_area_per_m: float | None = None,
) -> ForeignRun:
    """Read all files as one set and work out everything they say.

    Raises:
        ConfigurationError: every file that cannot be read or understood, one message each.
    """
    gathered = Gathered()
    files = _expanded(paths)
    problems = [f"{path}: given twice" for path in dict.fromkeys(p for p in files if files.count(p) > 1)]
    for path in dict.fromkeys(files):
        try:
            gather(identify(read_table(path), chosen or {}, length_over_area_per_m), asked, gathered)
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(*problems)
    if asked.modulation_rms_V and not gathered.spectra:
        gathered.notes.append("--modulation is for dI/dV, of which the files hold none; it changes nothing")
    findings = analyze_all(gathered.curves) if gathered.curves else []
    spectra = level_fields(gathered.spectra)
    findings += spectroscopy(spectra, asked.orientation, resistive_tc(findings))
    run = [ForeignCurve(curve) for curve in gathered.curves]
    return ForeignRun(run, findings, [each.spectrum for each in spectra], list(dict.fromkeys(gathered.notes)))


def _expanded(paths: Sequence[Path]) -> list[Path]:
    """``*.dat`` as the files that it means, for shells that leave this to the program."""
    files: list[Path] = []
    for path in paths:
        matches = sorted(path.parent.glob(path.name)) if "*" in path.name and not path.exists() else []
        files += matches or [path]
    return files

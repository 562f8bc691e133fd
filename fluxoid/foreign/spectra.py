"""From columns to dI/dV spectra: one per plateau of temperature and field, or one per file."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.errors import AnalysisError
from analysis.findings import Finding
from analysis.spectroscopy import (
    Spectrum,
    common_barrier,
    gap_against_field,
    gap_against_temperature,
    spectrum_findings,
)
from fluxoid.foreign.columns import Columns
from fluxoid.foreign.units import SI, Quantity, value_in_name
from instruments.errors import ConfigurationError

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int_]

#: Fewest points of a plateau that is a spectrum; smaller steps than these begin none.
FEWEST = 12
FIELD_STEP_T, TEMPERATURE_STEP_SHARE = 5e-4, 5e-3
#: A bias beyond this is in another unit than it is said to be: gaps are a few millivolts.
LARGEST_BIAS_V = 0.2
#: A temperature that wanders by more than this within one spectrum is told.
DRIFT_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class SpectraAsked:
    """What the options say of every spectrum; None leaves it to the file."""

    field_T: float | None = None
    temperature_K: float | None = None
    modulation_rms_V: float = 0.0


@dataclass(frozen=True, slots=True)
class ForeignSpectrum:
    """A spectrum and the channel (contact) it belongs to, empty where the file has one."""

    spectrum: Spectrum
    channel: str = ""


def spectra_of(columns: Columns, asked: SpectraAsked, notes: list[str]) -> list[ForeignSpectrum]:
    """All spectra of one table; what is assumed goes into ``notes``.

    Raises:
        ConfigurationError: no bias in a range of gaps, no conductance, no temperature above zero.
    """
    path = columns.table.path
    bias, channels = columns.first("bias"), columns.found.get("conductance")
    if bias is None or not channels:
        missing = "bias" if bias is None else "conductance"
        listed = ", ".join(repr(heading) for heading in columns.table.headings if heading)
        raise ConfigurationError(
            f"{path}: dI/dV needs a column of {missing}; found {listed or 'columns without headings'}; name it by"
            f" --column {missing}=NUMBER"
        )
    _check_bias(f"{path}", bias, asked.modulation_rms_V)
    temperature = _held(columns, "temperature", asked.temperature_K, notes)
    field = _held(columns, "field", asked.field_T, notes)
    found = []
    parts = _plateaus(temperature, field)
    for rows in parts:
        kelvin = _level(temperature[rows])
        tesla = _level(field[rows])
        _tell_drift(f"{path}", temperature[rows], notes)
        for heading, conductance in channels:
            name = _name(path.name, kelvin, tesla, heading if len(channels) > 1 else "")
            try:
                spectrum = Spectrum(
                    name, 1e3 * bias[rows], conductance[rows], kelvin, tesla, 1e3 * asked.modulation_rms_V
                )
            except AnalysisError as error:
                raise ConfigurationError(f"{path}: {error}") from error
            found.append(ForeignSpectrum(spectrum, heading if len(channels) > 1 else ""))
    left_out = int(temperature.size - sum(rows.size for rows in parts))
    if left_out:
        notes.append(f"{path}: {left_out} row(s) between plateaus of temperature or field are left out")
    return found


def _check_bias(where: str, bias_V: FloatArray, modulation_rms_V: float) -> None:
    reach = float(np.max(np.abs(bias_V[np.isfinite(bias_V)]), initial=0.0))
    if modulation_rms_V > 0.5 * reach:
        raise ConfigurationError(
            f"{where}: --modulation {modulation_rms_V:g} is in V rms, and the bias reaches only {reach:.3g} V;"
            f" {modulation_rms_V:g} mV would be --modulation {1e-3 * modulation_rms_V:g}"
        )
    if reach > LARGEST_BIAS_V:
        raise ConfigurationError(
            f"{where}: the bias reaches {reach:.3g} V, and gaps are a few mV (allowed: up to {LARGEST_BIAS_V:g} V);"
            " if the column is in mV, say --column bias=NUMBER:mV"
        )


def _held(columns: Columns, quantity: Quantity, given: float | None, notes: list[str]) -> FloatArray:
    """What was held at every row: by option, by column, by the name of the file."""
    path, rows = columns.table.path, columns.table.values.shape[0]
    if given is not None:
        return np.full(rows, given)
    column = columns.first(quantity)
    if column is not None and np.any(np.isfinite(column)):
        return column
    if (named := value_in_name(path, quantity)) is not None:
        notes.append(f"{path}: {quantity} {named:g} {SI[quantity]} from the name of the file")
        return np.full(rows, named)
    if quantity == "temperature":
        raise ConfigurationError(
            f"{path}: a spectrum needs its temperature, which is in no column and not in the name of the file;"
            " give --temperature KELVIN"
        )
    notes.append(f"{path}: no field given, taken for zero; --field 0.5 would say otherwise")
    return np.zeros(rows)


def _plateaus(temperature: FloatArray, field: FloatArray) -> list[IndexArray]:
    """Rows of each spectrum: they end where temperature or field jumps by far more than it wanders."""
    known = np.flatnonzero(np.isfinite(temperature) & np.isfinite(field))
    t, b = temperature[known], field[known]
    warmer = np.maximum(np.abs(t[1:]), np.abs(t[:-1]))
    jumps = (_steps(t) > TEMPERATURE_STEP_SHARE * warmer) | (_steps(b) > FIELD_STEP_T)
    runs = np.split(np.arange(known.size), np.flatnonzero(jumps) + 1)
    long = [run for run in runs if run.size >= FEWEST]
    if not long:
        return [known]
    joined = [long[0]]
    for run in long[1:]:
        last = joined[-1]
        t_step, b_step = abs(_level(t[run]) - _level(t[last])), abs(_level(b[run]) - _level(b[last]))
        if t_step > TEMPERATURE_STEP_SHARE * abs(_level(t[run])) or b_step > FIELD_STEP_T:
            joined.append(run)
        else:  # a lone wrong reading in between
            joined[-1] = np.concatenate([last, run])
    return [known[run] for run in joined]


def _steps(values: FloatArray) -> FloatArray:
    """Steps from row to row; those that are the reading's own noise count as none."""
    steps = np.abs(np.diff(values))
    # spectra of 25 points and more have jumps at less than 4 % of their rows
    noise = 3.0 * float(np.quantile(steps, 0.95)) if steps.size else 0.0
    return np.where(steps > noise, steps, 0.0)


def _level(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    level = float(f"{float(np.median(known)):.5g}") if known.size else float("nan")
    return 0.0 if abs(level) < 1e-9 else level


def _tell_drift(where: str, temperature: FloatArray, notes: list[str]) -> None:
    low, high = float(np.nanquantile(temperature, 0.02)), float(np.nanquantile(temperature, 0.98))
    if high - low > DRIFT_SHARE * abs(high):
        notes.append(
            f"{where}: the temperature of one spectrum runs from {low:.4g} to {high:.4g} K; its median counts"
        )


def _name(file: str, kelvin: float, tesla: float, channel: str) -> str:
    return ", ".join(part for part in (file, f"{kelvin:.4g} K", f"{tesla:.4g} T", channel) if part)


def level_fields(spectra: Sequence[ForeignSpectrum]) -> list[ForeignSpectrum]:
    """The same spectra with fields that differ by less than a step made one: magnets do not return exactly."""
    order = sorted(range(len(spectra)), key=lambda index: spectra[index].spectrum.field_T)
    groups: list[list[int]] = []
    for index in order:
        tesla = spectra[index].spectrum.field_T
        if groups and tesla - spectra[groups[-1][0]].spectrum.field_T <= FIELD_STEP_T:
            groups[-1].append(index)
        else:
            groups.append([index])
    result = list(spectra)
    for group in groups:
        tesla = _level(np.array([spectra[index].spectrum.field_T for index in group]))
        for index in group:
            old = spectra[index]
            result[index] = ForeignSpectrum(replace(old.spectrum, field_T=tesla), old.channel)
    return result


def spectroscopy(
    spectra: Sequence[ForeignSpectrum], orientation: str | None = None, tc: Finding | None = None
) -> list[Finding]:
    """Findings of every spectrum, then of the gap against temperature and field and the barrier, set by channel.

    ``tc``: the resistive Tc of the same sample, where it is known.
    """
    findings: list[Finding] = []
    for channel in dict.fromkeys(each.channel for each in spectra):
        mine = [each.spectrum for each in spectra if each.channel == channel]
        own = [finding for spectrum in mine for finding in spectrum_findings(spectrum)]
        across: list[Finding] = []
        if len({spectrum.temperature_K for spectrum in mine}) > 1:
            across += gap_against_temperature(own, tc)
        if len({abs(spectrum.field_T) for spectrum in mine}) > 1:
            across += gap_against_field(own)
        if sum(f.quantity == "barrier" and f.value is not None for f in own) > 2:
            across += common_barrier(own)
        more = {"channel": channel} if channel else {}
        more |= {"orientation": orientation} if orientation else {}
        findings += [replace(f, conditions={**f.conditions, **more}) for f in (*own, *across)]
    return findings


def resistive_tc(findings: Sequence[Finding]) -> Finding | None:
    """Tc at half of the normal resistance in zero field, if the set holds just one."""
    found = [f for f in findings if f.quantity == "Tc_mid" and f.value and f.conditions.get("field_T") == 0.0]
    return found[0] if len(found) == 1 else None

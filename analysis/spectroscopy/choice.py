"""Which law describes a spectrum: contact or tunnelling, lifetime or Gaussian broadening, and whether any does."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.errors import AnalysisError
from analysis.spectroscopy.fit import Fit, Problem, least_squares
from analysis.spectroscopy.junction import GAP, OFFSET, TRANSPARENCY, WIDTH, Gaussian, Lorentzian
from analysis.spectroscopy.spectrum import Prepared, Spectrum, Start, prepare, starting_values
from analysis.statistics import aicc

FloatArray = npt.NDArray[np.float64]

#: Above this barrier strength a contact counts as a tunnel junction unless tunnelling is clearly worse.
TUNNELLING_BARRIER = 3.0
#: Accuracy of the fitted law relative to the normal state: noise is never taken to be less.
LAW_ACCURACY = 1e-4
_OUTLIER, _BESIDE_OUTLIER = 8.0, 4.0
_CLEARLY = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One law fitted: its broadening, whether the barrier was infinite, and Akaike's criterion."""

    broadening: str
    tunnelling: bool
    fit: Fit
    criterion: float

    @property
    def gap_meV(self) -> float:
        """The gap of this law."""
        return float(self.fit.parameters[GAP])


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The law chosen, the others, and the data they were fitted to (outliers left out)."""

    best: Candidate
    others: tuple[Candidate, ...]
    data: Prepared
    outliers: int

    @property
    def model_spread_meV(self) -> float:
        """What choosing between laws adds to the error of the gap: differences weighted with their evidence."""
        weights = np.exp(-0.5 * np.array([max(c.criterion - self.best.criterion, 0.0) for c in self.others]))
        if not weights.size:
            return 0.0
        shifts = np.array([c.gap_meV - self.best.gap_meV for c in self.others])
        return float(np.sqrt(np.sum(weights * shifts**2) / (1.0 + np.sum(weights))))


def choose(spectrum: Spectrum, compare_broadening: bool = True) -> Choice:
    """Fit what may describe the spectrum and choose by evidence.

    Raises:
        AnalysisError: the data cannot carry a fit, with the reason.
    """
    data = prepare(spectrum)
    data = replace(data, noise=max(data.noise, LAW_ACCURACY))
    start = starting_values(data, spectrum.thermal_meV)
    reach = float(np.max(np.abs(data.bias_mV - start.offset_mV)))
    if reach < 1.8 * start.gap_meV:
        raise AnalysisError(
            f"the bias reaches {reach:.3g} mV with a gap near {start.gap_meV:.3g} meV: the normal state is not"
            " reached, so that there is nothing to normalise to"
        )
    contact, data, outliers = _contact(spectrum, data, start)
    tunnel = _again(spectrum, data, contact, tunnelling=True)
    best, other = (tunnel, contact) if _is_tunnelling(contact, tunnel) else (contact, tunnel)
    curved = _again(spectrum, data, best, tunnelling=best.tunnelling, curved=True)
    if curved.criterion < best.criterion - 6.0:
        best, other = curved, _again(spectrum, data, other, tunnelling=other.tunnelling, curved=True)
    # a contact and its tunnelling limit share the barrier: only when undecided does the other count
    others = [other] if best.tunnelling and not other.tunnelling else []
    if compare_broadening:
        others += _gaussian(spectrum, data, best)
    winner = min([best, *(c for c in others if c.broadening == "Gaussian")], key=lambda c: c.criterion)
    rest = tuple(c for c in (best, *others) if c is not winner)
    return Choice(winner, rest, data, outliers)


def _is_tunnelling(contact: Candidate, tunnel: Candidate) -> bool:
    transparency, error = contact.fit.parameters[TRANSPARENCY], contact.fit.error(TRANSPARENCY)
    if tunnel.criterion > contact.criterion + _CLEARLY:
        return False
    return bool(transparency < 2.0 * error or transparency < 1.0 / (1.0 + TUNNELLING_BARRIER**2))


def _contact(spectrum: Spectrum, data: Prepared, start: Start) -> tuple[Candidate, Prepared, int]:
    """The general law from several starts if the first does not do, without lone outliers."""
    best = _fitted(spectrum, data, Lorentzian.name, _vector(start), False, False)
    if best.fit.chi2 > 1.4 * data.values.size or not best.fit.converged:
        gap = start.gap_meV
        for factor, width, transparency in ((1.2, 0.05, 0.5), (0.7, 0.5, 0.8), (1.0, 0.1, 0.02), (1.0, 0.3, 0.97)):
            other = Start(factor * gap, width * gap, transparency, start.offset_mV)
            trial = _fitted(spectrum, data, Lorentzian.name, _vector(other), False, False)
            best = min(best, trial, key=lambda c: c.fit.chi2)
    residual = np.abs(best.fit.residual)
    beside = np.maximum(np.pad(residual, 1)[:-2], np.pad(residual, 1)[2:])
    lone = (residual > _OUTLIER) & (beside < np.maximum(_BESIDE_OUTLIER, 0.3 * residual))
    if not np.any(lone):
        return best, data, 0
    data = replace(data, bias_mV=data.bias_mV[~lone], values=data.values[~lone])
    return _fitted(spectrum, data, Lorentzian.name, best.fit.parameters, False, False), data, int(lone.sum())


def _again(
    spectrum: Spectrum, data: Prepared, like: Candidate, tunnelling: bool, curved: bool | None = None
) -> Candidate:
    bent = bool(like.fit.parameters[-1] != 0) if curved is None else curved
    return _fitted(spectrum, data, like.broadening, like.fit.parameters, tunnelling, bent)


def _gaussian(spectrum: Spectrum, data: Prepared, best: Candidate) -> list[Candidate]:
    start = best.fit.parameters.copy()
    start[WIDTH] = max(start[WIDTH], 0.3 * spectrum.thermal_meV)
    bent = bool(start[-1] != 0)
    return [_fitted(spectrum, data, Gaussian.name, start, best.tunnelling, bent)]


def _vector(start: Start) -> FloatArray:
    return np.array([start.gap_meV, start.broadening_meV, start.transparency, start.offset_mV, 1.0, 0.0, 0.0])


def _fitted(
    spectrum: Spectrum, data: Prepared, broadening: str, start: FloatArray, tunnelling: bool, curved: bool
) -> Candidate:
    bias = data.bias_mV
    reach = float(np.max(np.abs(bias)))
    thermal, modulation = spectrum.thermal_meV, spectrum.modulation_rms_mV
    law = (
        Lorentzian(bias, thermal, modulation)
        if broadening == Lorentzian.name
        else Gaussian(bias, thermal, modulation, 0.35 * reach)
    )
    narrowest = law.smallest_width(float(start[GAP]))
    widest = 0.35 * reach if isinstance(law, Gaussian) else 2.0 * reach
    wander = 0.15 * reach
    lower = np.array([0.02 * reach, narrowest, 0.0, start[OFFSET] - wander, 0.3, -0.5, -0.5])
    upper = np.array([1.2 * reach, widest, 1.0, start[OFFSET] + wander, 3.0, 0.5, 0.5])
    held = np.array([False, False, tunnelling, data.symmetrised, False, data.symmetrised, not curved])
    first = start.copy()
    first[TRANSPARENCY] = 0.0 if tunnelling else np.clip(start[TRANSPARENCY], 0.005, 0.995)
    first[held & np.array([False] * 5 + [True] * 2)] = 0.0
    fit = least_squares(Problem(law, bias / reach, data.values, data.noise, lower, upper, held), first)
    return Candidate(broadening, tunnelling, fit, aicc(fit.chi2, bias.size, fit.free))

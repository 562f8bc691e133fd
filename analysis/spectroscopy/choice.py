"""Which law describes a spectrum: contact or tunnelling, lifetime or Gaussian broadening, and whether any does."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.errors import AnalysisError
from analysis.spectroscopy.fit import LAW, Fit, Problem, least_squares
from analysis.spectroscopy.gapless import has_no_structure
from analysis.spectroscopy.junction import GAP, OFFSET, SERIES, TRANSPARENCY, WIDTH, Contact, Gaussian, Lorentzian
from analysis.spectroscopy.spectrum import Prepared, Spectrum, Start, prepare, starting_values
from analysis.statistics import aicc

FloatArray = npt.NDArray[np.float64]

#: Above this barrier strength a contact counts as a tunnel junction unless tunnelling is clearly worse.
TUNNELLING_BARRIER = 3.0
#: Accuracy of the fitted law relative to the normal state: noise is never taken to be less.
LAW_ACCURACY = 1e-4
#: Gaps that the bias must reach for there to be a normal state in it.
SMALLEST_REACH = 1.8
#: Bounds of the gap in units of the largest bias.
SMALLEST_GAP, LARGEST_GAP = 0.005, 1.2
#: Bounds of series resistance, level, tilt and curvature.
LOWEST, HIGHEST = (-0.15, 0.3, -0.5, -0.5), (1.5, 3.0, 0.5, 0.5)
#: Steps of a fit from another start, before the best of them goes on.
_TRIAL = 12
_OUTLIER, _BESIDE_OUTLIER = 8.0, 4.0
_CLEARLY = 10.0
#: A parabolic background must be better than a straight one by this in Akaike's criterion. From the lesser number
#: on, which chance gives once in forty, it is not taken but counts in the error.
CURVED_BETTER_BY, CURVED_DOUBTED_FROM = 6.0, 3.0
#: A Gaussian spread must be better than a lifetime by this in twice the logarithm of the evidence, from where on it
#: counts as strong: Kass and Raftery, J. Am. Stat. Assoc. 90, 773 (1995).
GAUSSIAN_BETTER_BY = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One law fitted: its broadening, whether the barrier was infinite, and Akaike's criterion.

    ``room`` is twice the logarithm of the volume left to the parameters, over that of the same law with a lifetime:
    the criterion less this compares two kinds of broadening by their evidence, in Laplace's approximation.
    """

    broadening: str
    tunnelling: bool
    fit: Fit
    criterion: float
    room: float = 0.0

    @property
    def curved(self) -> bool:
        """Whether its background is a parabola."""
        return bool(self.fit.parameters[-1] != 0)

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
    def reach_in_gaps(self) -> float:
        """The largest bias from the offset."""
        return float(np.max(np.abs(self.data.bias_mV - self.best.fit.parameters[OFFSET]))) / self.best.gap_meV

    @property
    def gap_on_bound(self) -> bool:
        """Whether the gap ended at the smallest or largest that is looked for."""
        reach = float(np.max(np.abs(self.data.bias_mV)))
        return not SMALLEST_GAP * 1.001 < self.best.gap_meV / reach < LARGEST_GAP * 0.999

    def model_spread(self, index: int) -> float:
        """What choosing between laws adds to the error of a parameter: differences weighted with their evidence."""
        if not self.others:
            return 0.0
        # what a law has to be better by to be taken is nothing to be sure by, and the room of another only speaks
        # for it; one that is ahead and was not taken counts as much as the one that was
        best = self.best
        behind = [
            c.criterion - best.criterion - self._handicap(c) - max(c.room - best.room, 0.0) for c in self.others
        ]
        weights = np.exp(-0.5 * np.maximum(behind, 0.0))
        here = best.fit.parameters[index]
        shifts = np.array([c.fit.parameters[index] - here for c in self.others])
        return float(np.sqrt(np.sum(weights * shifts**2) / (1.0 + np.sum(weights))))

    def _handicap(self, other: Candidate) -> float:
        return GAUSSIAN_BETTER_BY if self.best.broadening == Gaussian.name != other.broadening else 0.0


def choose(
    spectrum: Spectrum, compare_broadening: bool = True, series_resistance_ratio: float | None = 0.0
) -> Choice:
    """Fit what may describe the spectrum and choose by evidence.

    ``series_resistance_ratio`` is the resistance in series over the contact's own, None for one to be fitted.

    Raises:
        AnalysisError: the data cannot carry a fit, with the reason.
    """
    data = prepare(spectrum)
    data = replace(data, noise=max(data.noise, LAW_ACCURACY))
    if has_no_structure(data):
        raise AnalysisError("no gap: a smooth background without a gap describes the data to their noise")
    start = starting_values(data, spectrum.thermal_meV)
    series = series_resistance_ratio
    fitter = _Fitter(spectrum, data, series or 0.0)
    contact = _contact(fitter, start)
    # a warm peak lies far above the gap, where the start looks for it
    reach, gap = float(np.max(np.abs(data.bias_mV - start.offset_mV))), min(start.gap_meV, contact.gap_meV)
    if reach < SMALLEST_REACH * gap:
        raise AnalysisError(
            f"the bias reaches {reach:.3g} mV with a gap near {gap:.3g} meV: the normal state is not reached, so"
            " that there is nothing to normalise to"
        )
    lone = _lone_outliers(contact.fit.residual)
    if np.any(lone):
        data = replace(data, bias_mV=data.bias_mV[~lone], values=data.values[~lone])
    if series is None or np.any(lone):
        fitter = _Fitter(spectrum, data, series)
        contact = fitter.like(contact)
    laws = _with_tunnelling(fitter, contact)
    curved = fitter.like(laws[0], curved=True)
    undecided: tuple[Candidate, ...] = ()
    if curved.criterion < laws[0].criterion - CURVED_BETTER_BY:
        laws = (curved, *(fitter.like(law, curved=True) for law in laws[1:]))
    elif curved.criterion < laws[0].criterion - CURVED_DOUBTED_FROM:
        undecided = (curved,)
    # the rival decides for itself whether it tunnels
    rivals = _with_tunnelling(fitter, fitter.gaussian(laws[-1])) if compare_broadening else ()
    if rivals:
        rivals = _against(laws[-1], rivals)
        # a lifetime is what the law was made for: a Gaussian has to be better than chance makes it
        if _lowest(rivals) < _lowest(laws) - GAUSSIAN_BETTER_BY:
            laws, rivals, undecided = rivals, laws, ()
    return Choice(laws[0], (*laws[1:], *rivals, *undecided), data, int(np.count_nonzero(lone)))


def _lowest(laws: tuple[Candidate, ...]) -> float:
    return min(law.criterion - law.room for law in laws)


def _against(contact: Candidate, rivals: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """The rivals with the room they have beyond the contact's.

    Both laws have the same parameters, so that it is chi2 that differs, and the volume that the data leave to the
    parameters: what has to be tuned more finely to fit as well is less likely.
    """
    room = 2.0 * (_log_volume(rivals[-1]) - _log_volume(contact))
    return tuple(replace(rival, room=room) for rival in rivals) if np.isfinite(room) else rivals


def _with_tunnelling(fitter: "_Fitter", contact: Candidate) -> tuple[Candidate, ...]:
    """The contact alone, or after its tunnelling limit where that is not clearly worse."""
    if _may_tunnel(contact):
        tunnel = fitter.like(contact, tunnelling=True)
        if tunnel.criterion <= contact.criterion + _CLEARLY:
            return tunnel, contact
    return (contact,)


def _log_volume(law: Candidate) -> float:
    """Logarithm of the volume that the data leave to the parameters of a law."""
    width, error = law.fit.parameters[WIDTH], law.fit.error(WIDTH)
    if law.broadening != Gaussian.name or error < 2.0 * width:
        return law.fit.log_volume
    # a spectrum knows the square of a spread, to 2 width error, and a spread near nothing to the root of that
    return law.fit.log_volume + 0.5 * float(np.log(2.0 * width / error))


def _may_tunnel(contact: Candidate) -> bool:
    """Whether the barrier is high, or not told from an infinite one."""
    transparency, error = contact.fit.parameters[TRANSPARENCY], contact.fit.error(TRANSPARENCY)
    return bool(transparency < 2.0 * error or transparency < 1.0 / (1.0 + TUNNELLING_BARRIER**2))


def _contact(fitter: "_Fitter", start: Start) -> Candidate:
    """The general law, from several starts if the first does not do."""
    best = fitter.fit(Lorentzian.name, _vector(start), False, False)
    if best.fit.chi2 > 1.4 * fitter.data.values.size or not best.fit.converged:
        gap = start.gap_meV
        for factor, width, transparency in ((1.2, 0.05, 0.5), (0.7, 0.5, 0.8), (1.0, 0.1, 0.02), (1.0, 0.3, 0.97)):
            other = Start(factor * gap, width * gap, transparency, start.offset_mV)
            trial = fitter.fit(Lorentzian.name, _vector(other), False, False, most=_TRIAL)
            best = min(best, trial, key=lambda c: c.fit.chi2)
        if not best.fit.converged:
            best = fitter.like(best)
    return best


def _lone_outliers(residual: FloatArray) -> npt.NDArray[np.bool_]:
    size = np.abs(residual)
    padded = np.pad(size, 1)
    beside = np.maximum(padded[:-2], padded[2:])
    return np.asarray((size > _OUTLIER) & (beside < np.maximum(_BESIDE_OUTLIER, 0.3 * size)), dtype=np.bool_)


def _vector(start: Start) -> FloatArray:
    return np.array([start.gap_meV, start.broadening_meV, start.transparency, start.offset_mV, 0.0, 1.0, 0.0, 0.0])


class _Fitter:
    """Fits of several laws to one set of data, with what is costly made once."""

    def __init__(self, spectrum: Spectrum, data: Prepared, series_ratio: float | None) -> None:
        self.data = data
        self._series = series_ratio
        self._thermal, self._modulation = spectrum.thermal_meV, spectrum.modulation_rms_mV
        self._reach = float(np.max(np.abs(data.bias_mV)))
        arguments = data.bias_mV, self._thermal, self._modulation
        self._lorentzian = Lorentzian(*arguments, resistive=series_ratio != 0)
        self._gaussian = Gaussian(*arguments, resistive=series_ratio != 0)

    def like(
        self, candidate: Candidate, *, tunnelling: bool | None = None, curved: bool | None = None
    ) -> Candidate:
        """The same law again from where it ended, with another barrier or background if said so."""
        parameters = candidate.fit.parameters
        closed = candidate.tunnelling if tunnelling is None else tunnelling
        return self.fit(candidate.broadening, parameters, closed, candidate.curved if curved is None else curved)

    def gaussian(self, like: Candidate) -> Candidate:
        """The same contact with a Gaussian spread in place of a lifetime."""
        start = like.fit.parameters.copy()
        start[WIDTH] = max(start[WIDTH], 0.3 * self._thermal)
        return self.fit(Gaussian.name, start, like.tunnelling, bool(start[-1] != 0))

    def fit(self, broadening: str, start: FloatArray, tunnelling: bool, curved: bool, most: int = 30) -> Candidate:
        """Least squares within bounds that follow from the range of the bias."""
        data, reach = self.data, self._reach
        widest = 2.0 * reach
        law: Contact = self._lorentzian
        if broadening == Gaussian.name:
            widest = min(0.35 * reach, max(2.5 * start[WIDTH], 2.0 * self._thermal, 0.3 * start[GAP]))
            law = self._gaussian
        narrowest, wander = law.smallest_width(float(start[GAP])), 0.15 * reach
        lower = np.array([SMALLEST_GAP * reach, narrowest, 0.0, start[OFFSET] - wander, *LOWEST])
        upper = np.array([LARGEST_GAP * reach, max(widest, narrowest), 1.0, start[OFFSET] + wander, *HIGHEST])
        folded = data.symmetrised
        held = np.array([False, False, tunnelling, folded, self._series is not None, False, folded, not curved])
        first = start.copy()
        first[TRANSPARENCY] = 0.0 if tunnelling else np.clip(start[TRANSPARENCY], 0.005, 0.995)
        if self._series is not None:
            first[SERIES] = self._series
            upper[SERIES] = max(upper[SERIES], self._series)
        first[LAW:][held[LAW:]] = 0.0
        problem = Problem(law, data.bias_mV / reach, data.values, data.noise, lower, upper, held)
        fit = least_squares(problem, first, most)
        return Candidate(broadening, tunnelling, fit, aicc(fit.chi2, data.values.size, fit.free))

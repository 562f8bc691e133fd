"""Peaks of R(B) in a map of gate sweeps, for fields in coarse and uneven steps: are there any, where, how high."""

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr, ndtri_exp

from analysis.curves import FloatArray
from analysis.gate_map import GateMap
from analysis.local_maximum import Curves, LocalMaximum, local_maxima

#: A peak is announced from so many standard deviations after look-elsewhere. Gauss would do with less: lines
#: whose temperature is off by a lot now and then are not.
ANNOUNCED = 5.0
#: The scatter of lines is known from a few of them: in the search for peaks it counts so many times.
LINE_DOUBT = 2.0
#: Lines that scatter by more than so many times their errors around the top are no peak of any known law.
MOST_GROWTH = 5.0
#: A rise of less than this share of the largest resistance at a gate is what drifts make.
LEAST_SHARE = 5e-3


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """The best candidate of one gate: indices of top and of the valleys beside, and its significance.

    ``local`` is the smaller of its rises above both valleys in standard errors, without the line that speaks most
    for it; ``significance`` the same after look-elsewhere.
    """

    top: int
    left: int
    right: int
    local: float
    significance: float


@dataclass(frozen=True, slots=True, eq=False)
class MapPeak:
    """A significant peak at one gate voltage (by index): its place, and its height above the higher valley."""

    gate: int
    candidate: Candidate
    place: LocalMaximum
    height_ohm: float
    height_error_ohm: float


def candidates(data: GateMap) -> list[Candidate | None]:
    """The best candidate for a peak at every gate, significant or not; None where R only rises or falls.

    A peak rises above a field on either side. Fields are compared one by one and in means of three neighbours; the
    line at the top is left out and the rise told by the others, so that no single line makes a peak. The number of
    comparisons, over all fields and gates, is in the significance (Bonferroni).
    """
    gates, fields = data.resistance_ohm.shape
    trials = 2.0 * gates * fields * (fields - 1) / 2.0
    sigma = np.hypot(data.own_ohm, LINE_DOUBT * data.line_ohm)
    found: list[Candidate | None] = []
    for r, error in zip(data.resistance_ohm, sigma, strict=True):
        best = max((_single(r, error, w) for w in (1, 3)), key=lambda c: c[3], default=None)
        found.append(None if best is None or best[3] <= 0 else _judged(best, r, trials))
    return found


def is_peak(candidate: Candidate | None) -> bool:
    """Whether a candidate is announced."""
    return candidate is not None and candidate.significance >= ANNOUNCED


def after_look_elsewhere(local: float, trials: float) -> float:
    """Standard deviations of a one-sided probability multiplied by the number of trials; negative for none."""
    log_p = float(log_ndtr(-local)) + float(np.log(max(trials, 1.0)))
    return -float(ndtri_exp(min(log_p, -1e-9)))


def _single(r: FloatArray, sigma: FloatArray, width: int) -> tuple[int, int, int, float]:
    """Top, valleys, and the rise that is left without the line at the top."""
    whole = _rise(r, sigma, width)
    if whole is None:
        return 0, 0, 0, -np.inf
    top, left, right, size = whole
    keep = np.delete(np.arange(r.size), top)
    rest = _rise(r[keep], sigma[keep], width)
    if rest is None or not left < keep[rest[0]] < right:
        return top, left, right, -np.inf
    return top, left, right, min(size, rest[3])


def _rise(r: FloatArray, sigma: FloatArray, width: int) -> tuple[int, int, int, float] | None:
    """Top and valleys of the largest rise above both sides in standard errors, by indices of single fields."""
    if r.size < width + 2:
        return None
    if width > 1:
        kernel = np.ones(width) / width
        r, sigma = np.convolve(r, kernel, "valid"), np.sqrt(np.convolve(sigma**2, kernel**2, "valid"))
    safe = np.maximum(sigma, 1e-12 * float(np.max(np.abs(r), initial=1e-300)) + 1e-300)
    above = (r[:, None] - r[None, :]) / np.hypot(safe[:, None], safe[None, :])
    lower = np.where(np.tri(r.size, k=-1, dtype=bool), above, -np.inf)
    upper = np.where(np.tri(r.size, k=-1, dtype=bool).T, above, -np.inf)
    sides = np.minimum(np.max(lower, axis=1), np.max(upper, axis=1))
    top = int(np.argmax(sides))
    if not np.isfinite(sides[top]):
        return None
    shift = width // 2
    left, right = int(np.argmax(lower[top])), int(np.argmax(upper[top]))
    return top + shift, left + shift, right + shift, float(sides[top])


def _judged(best: tuple[int, int, int, float], r: FloatArray, trials: float) -> Candidate:
    top, left, right, local = best
    left, right = int(np.argmin(r[: top + 1])), top + int(np.argmin(r[top:]))
    height = float(r[top] - max(r[left], r[right]))
    drifts = height < LEAST_SHARE * float(np.max(np.abs(r)))
    return Candidate(top, left, right, local, 0.0 if drifts else after_look_elsewhere(local, trials))


def map_peaks(data: GateMap, found: list[Candidate | None]) -> list[MapPeak]:
    """Places and heights of the significant peaks."""
    known = [(gate, each) for gate, each in enumerate(found) if each is not None and is_peak(each)]
    if not known:
        return []
    rows = [gate for gate, _ in known]
    shared = np.sqrt(data.common) * data.line_ohm[rows]
    own = np.hypot(data.own_ohm[rows], np.sqrt(1.0 - data.common) * data.line_ohm[rows])
    tops, lefts, rights = (
        np.array(each) for each in zip(*[(c.top, c.left, c.right) for _, c in known], strict=True)
    )
    places = local_maxima(Curves(data.field_T, data.resistance_ohm[rows], own, shared, tops, lefts, rights))
    peaks = []
    for (gate, candidate), place in zip(known, places, strict=True):
        if place is not None and place.growth <= MOST_GROWTH:
            height, error = _height(data, gate, candidate, place)
            peaks.append(MapPeak(gate, candidate, place, height, error))
    return peaks


def _height(data: GateMap, gate: int, candidate: Candidate, place: LocalMaximum) -> tuple[float, float]:
    r, sigma = data.resistance_ohm[gate], data.sigma_ohm[gate]
    valley = candidate.left if r[candidate.left] > r[candidate.right] else candidate.right
    return place.value - float(r[valley]), float(np.hypot(place.value_error, sigma[valley]))

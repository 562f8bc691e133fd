"""The normal-state resistance just above a transition in field: a straight line in |B|, and its worth below."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.curves import FloatArray
from analysis.errors import AnalysisError
from analysis.normal_state import FEWEST_POINTS, LARGEST_NOISE, MOST_BINS, bin_means, misfit
from analysis.statistics import LinearFit, noise_from_differences, robust_sigma, weighted_least_squares
from analysis.steps import Steps, stepwise

#: Windows tried: shares of the points at which they begin, and of the branch at which they end.
BEGINNINGS = np.linspace(0.0, 0.95, 39)
ENDS = (1.0, 0.8, 0.6, 0.45)
#: A line that loses this share of its resistance towards zero field is no normal state.
LARGEST_CHANGE = 0.5
#: A line this steep against the steepest part of the transition below it is the transition's own upper part.
LARGEST_SLOPE = 0.07
#: Points beyond the window may leave the line by this share: a normal state that bends, not a transition.
LARGEST_BEND = 0.1
#: A resistance below this share of the line shows a transition below the window.
LOWERED = 0.9
#: Deficits, as shares of the line, between which the length of the tail is taken.
TAIL = (0.02, 0.2)
#: Mean and spread of the size of the tail at the window, in units of what falling on by the same factor gives.
EXPECTED = (0.6, 1.2)
#: A tail this small against the noise of one point moves nothing.
LEAST_DEFICIT = 1e-3
#: The words that say that another curve's normal state may serve.
BEYOND_REACH = "the sweep may end before the normal state"


@dataclass(frozen=True, slots=True, eq=False)
class FieldNormal:
    """R_n(B) = c0 + c1 (|B| - B_ref) with the covariance of c0, c1; ``noise_ohm`` is that of one point of R.

    ``window_T`` are the fields fitted. ``remark`` is empty, or says what is doubtful, e.g. an extrapolation;
    ``lent`` is whether it is that of another curve.
    """

    reference_T: float
    coefficients: FloatArray
    covariance: FloatArray
    noise_ohm: float
    window_T: tuple[float, float]
    remark: str = ""
    lent: bool = False

    def design(self, field_T: npt.ArrayLike) -> FloatArray:
        """dR_n by c0 and c1."""
        distance = np.abs(np.asarray(field_T, dtype=float)) - self.reference_T
        return np.stack([np.ones_like(distance), distance], axis=-1)

    def resistance(self, field_T: npt.ArrayLike) -> FloatArray:
        """R_n in ohm at any fields."""
        return np.asarray(self.design(field_T) @ self.coefficients)

    def sigma(self, field_T: npt.ArrayLike) -> FloatArray:
        """Standard error of R_n in ohm; grows away from the window."""
        design = self.design(field_T)
        return np.asarray(np.sqrt(np.einsum("...i,ij,...j->...", design, self.covariance, design)))


#: A normal state whose error at the middle of the transition is this share of it is known well there, however far
#: it was carried: at the steepness of a transition that is a hundredth of its width.
KNOWN_WELL = 1e-3


@stepwise
def fit_normal_field(size_T: FloatArray, resistance_ohm: FloatArray) -> Steps[FieldNormal | str]:
    """Fit R_n(|B|) just above the transition of one branch; the reason in words when there is none.

    The longest window that a straight line describes and that is no part of the transition, less a margin at its
    lower end where a tail may hide in the noise. Errors rest on the noise of the points about the line, and on a
    tail too small to see in the window. Where the line reaches farther down than the window is long, and is not
    known well there, the remark says so.

    A branch without a transition is normal throughout. The line is extrapolated below its window; a normal state
    that bends (window ends before the sweep) is described only just above the transition.
    """
    order = np.argsort(size_T, kind="stable")
    h, r = size_T[order], resistance_ohm[order]
    if h.size < FEWEST_POINTS or float(h[-1] - h[0]) <= 0:
        return f"only {h.size} points on this side of zero field; at least {FEWEST_POINTS} are needed"
    noise = noise_from_differences(resistance_ohm) or robust_sigma(np.diff(resistance_ohm))
    level = float(np.median(r[-FEWEST_POINTS:]))
    if level <= noise:
        return f"no normal state: {level:.2g} ohm in {noise:.2g} ohm noise; never normal or not connected"
    if noise > LARGEST_NOISE * level:
        return f"no normal state: {noise:.2g} ohm of noise on {level:.2g} ohm, as of a channel not connected"
    found = yield from _search(h, r)
    if found is None:
        return f"no normal state: the resistance is no straight line just below {h[-1]:.4g} T; {BEYOND_REACH}"
    return _with_tail(found, h, r)


def _search(h: FloatArray, r: FloatArray) -> Steps[FieldNormal | None]:
    for end in ENDS:
        last = int(np.searchsorted(h, h[0] + end * (h[-1] - h[0]), side="right"))
        begins = np.unique((BEGINNINGS * last).astype(int))
        begins = begins[last - begins >= FEWEST_POINTS]
        for index, first in enumerate(begins):
            yield
            state = _window(h, r, int(first), last)
            if state is None:
                continue
            margin = begins[index + 1 : index + 3] if first > 0 else begins[:0]
            for higher in reversed(margin):
                yield
                backed = _window(h, r, int(higher), last)
                if backed is not None:
                    return backed
            return state
    return None


def _window(h: FloatArray, r: FloatArray, first: int, last: int) -> FieldNormal | None:
    """The line over one window, None where it is no normal state."""
    x, y = h[first:last], r[first:last]
    if np.unique(x).size < FEWEST_POINTS // 2 or _clearly_bent(x, y):
        return None
    try:
        state, keep = _line(x, y)
    except AnalysisError:
        return None
    if misfit(x[keep], y[keep], state, "T") or _is_transition(state, h, r, first, last):
        return None
    return state


def _clearly_bent(x: FloatArray, y: FloatArray) -> bool:
    """A quick look that spares most windows the fit: bins tens of sigma off any line; spikes do not count."""
    if x.size < 24:
        return False
    whole = x.size // 8 * 8
    place = np.mean(x[:whole].reshape(8, -1), axis=1)
    middle = np.median(y[:whole].reshape(8, -1), axis=1)
    distance = place - np.mean(place)
    slope = float(distance @ middle) / float(distance @ distance)
    residual = np.abs(middle - np.mean(middle) - slope * distance)
    error = 1.25 * noise_from_differences(y) * np.sqrt(8.0 / x.size)
    return bool(np.sort(residual)[-3] > 10 * error)


def _line(x: FloatArray, y: FloatArray) -> tuple[FieldNormal, npt.NDArray[np.bool_]]:
    centre = 0.5 * float(x[0] + x[-1])
    design = np.column_stack([np.ones_like(x), x - centre])
    digits = max(1e-12 * float(np.max(np.abs(y))), 1e-300)
    keep = np.ones(x.size, dtype=bool)
    noise = max(noise_from_differences(y), digits)
    fit: LinearFit = weighted_least_squares(design, y, noise)
    for _ in range(2):
        residual = y - design @ fit.coefficients
        keep = np.abs(residual - np.median(residual)) <= 5 * max(robust_sigma(residual), digits)
        kept = residual[keep]
        noise = max(float(np.sqrt(kept @ kept / max(kept.size - 2, 1))), digits)
        fit = weighted_least_squares(design[keep], y[keep], noise)
    return FieldNormal(centre, fit.coefficients, fit.covariance, noise, (float(x[0]), float(x[-1]))), keep


def _is_transition(state: FieldNormal, h: FloatArray, r: FloatArray, first: int, last: int) -> bool:
    """Whether the line is part of a transition rather than what comes after it."""
    slope = float(state.coefficients[1])
    start, end = float(state.resistance(h[first])), float(state.resistance(h[last - 1]))
    top = float(np.median(r[-FEWEST_POINTS // 2 :]))
    if not (start > 0 and end > 0) or abs(slope) * float(h[last - 1]) > LARGEST_CHANGE * end:
        return True
    if abs(top - float(state.resistance(h[-1]))) > LARGEST_BEND * end:
        return True
    if first < 4:
        return False
    bins = max(2, min(16, first // 2))
    below, place = bin_means(r[:first], bins), bin_means(h[:first], bins)
    if float(np.min(below)) > LOWERED * start:
        return False
    rise = float(np.max(np.diff(below) / np.maximum(np.diff(place), 1e-300)))
    return abs(slope) > LARGEST_SLOPE * rise


def _with_tail(state: FieldNormal, h: FloatArray, r: FloatArray) -> FieldNormal:
    """The line with what a tail of the transition, too small to see in its window, may do to it.

    Where the resistance is still well below the line, its deficit falls by a factor e over some length. Falling on
    like this it would have a certain size at the beginning of the window. Gaussian tails end sooner, others later:
    the truth is taken for EXPECTED of that size, unless the points of the window know better.
    """
    start, end = state.window_T
    tail = _tail(state, h, r)
    inside = (h >= start) & (h <= end)
    # spikes have no part in it
    inside &= np.abs(r - state.resistance(h)) <= 5 * state.noise_ohm
    x = h[inside]
    if tail is None or x.size < FEWEST_POINTS:
        return replace(state, remark=_extrapolated(state, h, r))
    deficit, length = tail
    mean, spread = (share * deficit for share in EXPECTED)
    shape = np.exp(-(x - start) / length)
    design = state.design(x)
    lever = np.linalg.solve(design.T @ design, design.T @ shape)
    beside = shape - design @ lever
    told = float(beside @ beside) / state.noise_ohm**2
    seen = float(beside @ (state.resistance(x) - r[inside])) / state.noise_ohm**2
    variance = 1.0 / (told + spread**-2)
    size = variance * (seen + mean / spread**2)
    coefficients = state.coefficients + size * lever
    covariance = state.covariance + variance * np.outer(lever, lever)
    state = replace(state, coefficients=coefficients, covariance=covariance)
    return replace(state, remark=_extrapolated(state, h, r))


def _extrapolated(state: FieldNormal, h: FloatArray, r: FloatArray) -> str:
    """In words where the line is carried far below its window and is not known well there."""
    start, end = state.window_T
    lowered = h[(h < start) & (r < 0.5 * float(state.resistance(start)))]
    if not lowered.size or end - start >= start - float(np.max(lowered)):
        return ""
    middle = float(np.max(lowered))
    if float(state.sigma(middle)) <= KNOWN_WELL * float(state.resistance(middle)):
        return ""
    return f"R_n is extrapolated from {start:.4g} to {end:.4g} T over more than the length of this window"


def _tail(state: FieldNormal, h: FloatArray, r: FloatArray) -> tuple[float, float] | None:
    """Deficit (ohm) at the beginning of the window, and the length over which it falls by e; None without one."""
    start = state.window_T[0]
    below = h < start
    bins = min(MOST_BINS, int(np.count_nonzero(below)) // 2)
    if bins < 4:
        return None
    place = bin_means(h[below], bins)
    level = state.resistance(place)
    share = 1.0 - bin_means(r[below], bins) / level
    noise = state.noise_ohm / float(level[-1]) * float(np.sqrt(bins / np.count_nonzero(below)))
    near, far = max(TAIL[0], 5 * noise), TAIL[1]
    # one bin alone may hold a spike
    higher = np.minimum(share[1:], share[:-1])
    high, low = np.nonzero(higher > near)[0], np.nonzero(higher > far)[0]
    if not low.size or near >= far:
        return None
    high_T, low_T = float(place[high[-1]]), float(place[low[-1]])
    step = (start - float(place[0])) / bins
    length = max(high_T - low_T, step) / float(
        np.log(share[low[-1]] / share[high[-1]]) if high[-1] > low[-1] else 1.0
    )
    deficit = float(share[high[-1]] * np.exp(-(start - high_T) / length) * level[-1])
    return (deficit, length) if deficit > LEAST_DEFICIT * state.noise_ohm else None

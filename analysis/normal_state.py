"""The normal-state resistance just above a transition, and what its extrapolation below is worth."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from analysis.curves import Curve
from analysis.errors import AnalysisError
from analysis.statistics import (
    LinearFit,
    chi2_probability,
    noise_from_differences,
    robust_sigma,
    weighted_least_squares,
)
from analysis.steps import Steps, stepwise

FloatArray = npt.NDArray[np.float64]

#: Fewest points of a curve, and of a window, that are worth a fit.
FEWEST_POINTS = 12
#: The window ends at this multiple of the temperature where the transition ends, unless that leaves too few points.
REACH = 1.5
#: More bins cost time and find nothing more.
MOST_BINS = 200
#: How c2 and c3 are held to those of R0 + A T^2, in units of c1: n = 2 within 2, and what n = 1 or 3 has.
HELD = (2.0, 0.5)
#: Noise beyond this share of the resistance leaves nothing to find a transition in.
LARGEST_NOISE = 0.2
#: Slopes up to so many times the ordinary one, for such a share of the points, are the metal's own.
STEADY, MOSTLY = 1.5, 0.8


class NormalLevel(Protocol):
    """R_n along the axis of a curve, linear in coefficients with a covariance."""

    @property
    def covariance(self) -> FloatArray: ...  # noqa: D102 - said by the class

    @property
    def noise_ohm(self) -> float: ...  # noqa: D102 - said by the class

    def resistance(self, place: npt.ArrayLike, /) -> FloatArray:
        """R_n in ohm."""
        ...

    def sigma(self, place: npt.ArrayLike, /) -> FloatArray:
        """Standard error of R_n in ohm."""
        ...

    def design(self, place: npt.ArrayLike, /) -> FloatArray:
        """dR_n by each coefficient, (n, coefficients)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class NormalState:
    """R_n(T) = c0 + t^2 (c1 + c2 ln t + c3 ln^2 t), t = T/T_ref, with the covariance of c0 to c3.

    This is R0 + A T^n expanded about n = 2: c2 = (n - 2) c1 and c3 = (n - 2)^2 c1 / 2. Unlike powers of T - T_ref,
    it cannot run away below the temperatures that were fitted.

    ``noise_ohm`` is the white noise of one point of R; ``window_K`` the temperatures fitted. ``remark`` is empty,
    or says what is doubtful about the fit.
    """

    reference_K: float
    coefficients: FloatArray
    covariance: FloatArray
    noise_ohm: float
    window_K: tuple[float, float]
    remark: str = ""

    def resistance(self, temperature_K: npt.ArrayLike) -> FloatArray:
        """R_n in ohm at any temperatures."""
        return np.asarray(self.design(temperature_K) @ self.coefficients)

    def design(self, temperature_K: npt.ArrayLike) -> FloatArray:
        """dR_n by c0, c1, c2 and c3."""
        return power_law_terms(temperature_K, self.reference_K)

    def slope(self, temperature_K: npt.ArrayLike) -> FloatArray:
        """dR_n/dT in ohm/K."""
        t = np.asarray(temperature_K, dtype=float) / self.reference_K
        log = np.log(t)
        _, c1, c2, c3 = self.coefficients
        return np.asarray(t * (2 * c1 + c2 * (1 + 2 * log) + 2 * c3 * log * (1 + log)) / self.reference_K)

    def sigma(self, temperature_K: npt.ArrayLike) -> FloatArray:
        """Standard error of R_n in ohm; grows away from the window."""
        design = self.design(temperature_K)
        return np.asarray(np.sqrt(np.einsum("...i,ij,...j->...", design, self.covariance, design)))


@stepwise
def fit_normal_state(curve: Curve, above_K: float | None = None) -> Steps[NormalState | str]:
    """Fit the normal state of R(T) from just above its transition; the reason in words when there is none.

    The steepest place of the curve is taken for the transition. The window begins where a smooth normal state
    describes everything up to the window's end, and a margin higher, so that the upper tail of the transition does
    not pull it down. A curve without a transition is normal throughout. The power of T is free within what metals
    have, so that the errors know how little a short window says of the resistance below it.

    ``above_K`` is where the normal state began in a lower field. If the data reach there, the window begins no
    lower: in a field, a last small step of the resistance can hide above what looks like a plateau.
    """
    temperature, resistance = curve.temperature_K, curve.resistance_ohm
    if problem := unusable(temperature, resistance):
        return problem
    order = np.argsort(temperature, kind="stable")
    sorted_t, sorted_r = temperature[order], resistance[order]
    noise = noise_from_differences(resistance) or robust_sigma(np.diff(resistance))
    foot, top = _transition_top(sorted_t, sorted_r, noise)
    if above_K is not None and np.count_nonzero(sorted_t >= above_K) >= 2 * FEWEST_POINTS:
        foot = top = max(top, above_K)
    state = yield from _search(sorted_t, sorted_r, foot, top)
    if state is None:
        return (
            f"no normal state: fewer than {FEWEST_POINTS} points above the transition, which ends near {top:.4g} K"
        )
    return _reject_noise(state)


def _search(temperature: FloatArray, resistance: FloatArray, foot: float, top: float) -> Steps[NormalState | None]:
    """The longest window just above the transition that a smooth normal state describes, else the first at all."""
    doubtful: NormalState | None = None
    room = _reach(temperature, top) - top
    for end in (top + room, top + room / 2, top + room / 4, top + room / 8):
        edges = _edges(foot, top, end)
        for index, edge in enumerate(edges):
            yield
            state = _fit_window(temperature, resistance, edge, end)
            if state is None:
                break
            if not state.remark:
                if edge <= foot:
                    return state
                return (yield from _backed_off(temperature, resistance, state, edges[index:], end))
            doubtful = doubtful or state
    return doubtful


def _backed_off(
    temperature: FloatArray, resistance: FloatArray, first: NormalState, edges: list[float], end: float
) -> Steps[NormalState]:
    """A window that starts higher than the first acceptable one, where a tail may still hide in the noise."""
    for edge in reversed(edges[1:4]):
        yield
        state = _fit_window(temperature, resistance, edge, end)
        if state is not None and not state.remark:
            return state
    return first


def unusable(temperature_K: FloatArray, resistance_ohm: FloatArray) -> str:
    """Why these data cannot be a curve at all; empty when they can."""
    if temperature_K.size != resistance_ohm.size:
        return f"{temperature_K.size} temperatures do not belong to {resistance_ohm.size} resistances"
    if temperature_K.size < FEWEST_POINTS:
        return f"only {temperature_K.size} points; at least {FEWEST_POINTS} are needed"
    if not (np.all(np.isfinite(temperature_K)) and np.all(np.isfinite(resistance_ohm))):
        return "the data hold values that are not finite"
    if float(np.min(temperature_K)) <= 0:
        return f"a temperature of {float(np.min(temperature_K)):g} K is not positive"
    if np.unique(temperature_K).size < FEWEST_POINTS // 2:
        return "the temperature does not change"
    if float(np.ptp(resistance_ohm)) == 0:
        return "the resistance does not change in any digit: a channel that is not alive"
    return ""


def bin_means(values: FloatArray, bins: int) -> FloatArray:
    """Means over ``bins`` runs of consecutive values, as equal in length as can be."""
    starts = np.linspace(0, values.size, bins + 1).astype(int)
    return np.add.reduceat(values, starts[:-1]) / np.diff(starts)


def power_law_terms(temperature_K: npt.ArrayLike, reference_K: float) -> FloatArray:
    """1, t^2, t^2 ln t and t^2 ln^2 t with t = T/T_ref, (n, 4): R0 + A T^n expanded about n = 2."""
    t = np.asarray(temperature_K, dtype=float) / reference_K
    log = np.log(t)
    return np.stack([np.ones_like(t), t**2, t**2 * log, (t * log) ** 2], axis=-1)


def _transition_top(temperature: FloatArray, resistance: FloatArray, noise: float) -> tuple[float, float]:
    """Temperatures of the steepest place and of where the slope has died away above it; equal if none.

    On a ramp from room temperature a transition may be no steeper than the metal is far above it: it is then looked
    for in the colder half, and the colder half of that.
    """
    lowest, last = float(temperature[0]), temperature.size
    without_end: tuple[float, float] | None = None
    while last >= 2 * FEWEST_POINTS:
        found = _steepest(temperature[:last], resistance[:last], noise)
        if found is not None and found[1] < float(temperature[last - 1]):
            return found
        without_end = without_end or found
        last = int(np.searchsorted(temperature, 0.5 * (lowest + float(temperature[last - 1]))))
    return without_end or (lowest, lowest)


def _steepest(temperature: FloatArray, resistance: FloatArray, noise: float) -> tuple[float, float] | None:
    """The steepest place and where the slope has died away, or the last temperature; None where none stands out."""
    bins = min(MOST_BINS, temperature.size // 2)
    t, r = bin_means(temperature, bins), bin_means(resistance, bins)
    run = t[2:] - t[:-2]
    valid = run > 1e-3 * np.median(run)
    slope = np.zeros_like(run)
    slope[valid] = (r[2:] - r[:-2])[valid] / run[valid]
    error = np.zeros_like(run)
    error[valid] = noise * np.sqrt(2.0 * bins / temperature.size) / run[valid]
    steepest = int(np.argmax(np.where(valid, slope - 3 * error, -np.inf)))
    ordinary = min(float(np.median(np.abs(slope))), float(np.median(np.abs(slope[steepest:]))))
    if slope[steepest] < max(5 * error[steepest], 4 * ordinary):
        return None
    calm = np.nonzero(slope[steepest:] < 0.1 * slope[steepest] + error[steepest:])[0]
    first = int(calm[0]) if calm.size else _where_steady(slope[steepest:], error[steepest:], ordinary)
    top = float(temperature[-1]) if first is None else float(t[steepest + 1 + first])
    return float(t[steepest + 1]), top


def _where_steady(slope: FloatArray, error: FloatArray, ordinary: float) -> int | None:
    """Where a slope that never dies away is that of the metal: as steep as most of what follows.

    A step that falls between two points of a coarse curve looks no more than some ten times as steep as a metal
    whose resistance is all phonons.
    """
    steady = slope < STEADY * ordinary + error
    first = int(np.argmax(steady))
    follows = steady[first:]
    if not steady[first] or follows.size < FEWEST_POINTS or np.mean(follows) < MOSTLY:
        return None
    return first


def _reach(temperature: FloatArray, top: float) -> float:
    above = temperature[temperature >= top]
    enough = float(above[min(2 * FEWEST_POINTS, above.size) - 1])
    return min(max(REACH * top, enough, top + 2 * (enough - top)), float(temperature[-1]))


def _edges(foot: float, top: float, end: float) -> list[float]:
    """Where the window may begin: from the end of the transition upwards."""
    if foot == top:
        return [top + share * (end - top) for share in (0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.85)]
    tail, room = top - foot, end - top
    steps = [tail * share for share in (0.25, 0.5, 0.75, 1.0, 1.3, 1.7, 2.2, 3.0, 4.0, 5.5, 7.5, 10.0)]
    inside = [step for step in steps if step < 0.85 * room]
    shares = [room * share for share in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)]
    beyond = [step for step in shares if not inside or step > inside[-1]]
    return [top + step for step in (*inside, *beyond)]


def _fit_window(temperature: FloatArray, resistance: FloatArray, start: float, end: float) -> NormalState | None:
    low, high = np.searchsorted(temperature, [start, end])
    t, r = temperature[low : high + 1], resistance[low : high + 1]
    if t.size < FEWEST_POINTS or np.unique(t).size < FEWEST_POINTS // 2:
        return None
    centre = 0.5 * float(t[0] + t[-1])
    try:
        fit, noise, keep = _robust_fit(t, r, centre)
    except AnalysisError:
        return None
    state = NormalState(centre, fit.coefficients, fit.covariance, noise, (float(t[0]), float(t[-1])))
    # what lies far below the lower end is no outlier: the resistance falls there
    falls = not keep[0] and r[0] < float(state.resistance(t[0]))
    remark = f"the resistance falls at {t[0]:.4g} K" if falls else misfit(t[keep], r[keep], state)
    if remark:
        return NormalState(centre, fit.coefficients, 9 * fit.covariance, noise, state.window_K, remark)
    return state


def _robust_fit(t: FloatArray, r: FloatArray, centre: float) -> tuple[LinearFit, float, npt.NDArray[np.bool_]]:
    terms = power_law_terms(t, centre)
    keep = np.ones(t.size, dtype=bool)
    digits = 1e-12 * float(np.max(np.abs(r)))
    noise = max(noise_from_differences(r), digits)
    fit = held_fit(terms, r, noise)
    for _ in range(2):
        residual = r - terms @ fit.coefficients
        spread = max(robust_sigma(residual), digits)
        keep = np.abs(residual - np.median(residual)) <= 5 * spread
        kept = residual[keep]
        noise = max(float(np.sqrt(kept @ kept / max(kept.size - 4, 1))), digits)
        fit = held_fit(terms[keep], r[keep], noise)
    return fit, noise, keep


def held_fit(terms: FloatArray, r: FloatArray, noise: float, held: tuple[float, float] = HELD) -> LinearFit:
    """Coefficients of :func:`power_law_terms` by least squares; c2 and c3 those of n = 2, within ``held`` of c1.

    Raises:
        AnalysisError: the terms depend on each other, or there are fewer values than two.
    """
    square = weighted_least_squares(terms[:, :2], r, noise)
    size = max(abs(float(square.coefficients[1])) + float(np.sqrt(square.covariance[1, 1])), 1e-300)
    design = np.vstack([terms, [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    sigma = np.append(np.full(r.size, noise), [share * size for share in held])
    return weighted_least_squares(design, np.append(r, [0.0, 0.0]), sigma)


def misfit(t: FloatArray, r: FloatArray, state: NormalLevel, unit: str = "K") -> str:
    """What speaks against a smooth normal state in this window: bins off the curve, or a lower end that falls.

    ``t`` is the abscissa of the curve, rising, in ``unit``.
    """
    bins = min(40, t.size // 3)
    residual = r - state.resistance(t)
    # scatter from neighbours, so that a misfit does not hide in its own noise
    noise = max(robust_sigma(np.diff(residual)) / np.sqrt(2.0), 1e-3 * state.noise_ohm)
    error = noise / np.sqrt(t.size / bins)
    means, places = bin_means(residual, bins), bin_means(t, bins)
    # a last term that nothing holds would take a tail for its own
    level = state.design(places)[:, :3]
    if chi2_probability(float(np.sum((means / error) ** 2)), max(bins - level.shape[1], 1)) < 1e-3:
        return f"no smooth normal state describes {t[0]:.4g} {unit} to {t[-1]:.4g} {unit}"
    tail = np.exp(-6.0 * (places - places[0]) / (places[-1] - places[0]))
    design = np.column_stack([level, tail])
    try:
        fit = weighted_least_squares(design, means, error)
    except AnalysisError:
        return ""
    if fit.coefficients[-1] < -3.0 * np.sqrt(fit.covariance[-1, -1]):
        return f"the resistance still bends down at {t[0]:.4g} {unit}"
    return ""


def _reject_noise(state: NormalState) -> NormalState | str:
    level = float(state.resistance(state.window_K[0]))
    if level <= state.noise_ohm:
        return f"no normal state: {level:.2g} ohm in {state.noise_ohm:.2g} ohm noise; never normal or not connected"
    if state.noise_ohm > LARGEST_NOISE * level:
        return (
            f"no normal state: {state.noise_ohm:.2g} ohm of noise on {level:.2g} ohm, as of a channel not connected"
        )
    return state

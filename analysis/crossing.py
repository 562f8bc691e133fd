"""Where R/R_n passes a given share, along temperature or field, and how well that is known: a local fit."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import ndtr, ndtri

from analysis.curves import FloatArray
from analysis.normal_state import MOST_BINS, NormalLevel, bin_means
from analysis.statistics import noise_from_differences, robust_sigma
from analysis.steps import Steps, stepwise

#: The window is as wide as a parabola in probit(R/R_n) stands up to a quartic; quoted is the quartic there. A bend
#: just too small to show would move the parabola's crossing by 0.2-0.3 of its error, to the same side in all sweeps
#: of one shape (bias-corrected inference: Calonico, Cattaneo and Titiunik, Econometrica 82, 2295 (2014)).
WINDOW_ORDER = 2
#: A chi2 of the two highest coefficients beyond this ends the growth of the window. 22 % pass it by chance, which
#: costs precision; a later stop costs honesty, because a bend is in the value before it is in the chi2.
BEND = 3.0
#: A crossing less certain than this share of the half window is not local, and its error not Gaussian.
LEAST_LOCAL = 0.12
#: The window stops growing when two more steps leave this share of the error.
NO_GAIN = 0.99
#: Fewest points of a local fit, and how much wider the next window is.
FEWEST_LOCAL, GROWTH = 12, 1.35
#: From so many points on the scatter about the fit tells the noise of the abscissa; below, the sweep itself does.
FEWEST_FOR_NOISE = 100
#: Residuals beyond this many sigma lose weight, so that a spike does not steer.
OUTLIER = 4.0


@dataclass(frozen=True, slots=True)
class Axis:
    """How the abscissa is spoken of: the superconductor is at its low end, the normal state at its high end."""

    unit: str
    lowest: str
    highest: str


TEMPERATURE = Axis("K", "the coldest", "the hottest")
FIELD = Axis("T", "the lowest field", "the highest field")


@dataclass(frozen=True)
class Fractions:
    """R/R_n of one curve in the order of its points, with the noise of each.

    ``place`` is the abscissa: temperature in K, or the size of the field in T, as ``axis`` says.
    """

    place: FloatArray
    fraction: FloatArray
    sigma: FloatArray
    normal: NormalLevel
    axis: Axis = TEMPERATURE

    @classmethod
    def of(
        cls, place: FloatArray, resistance_ohm: FloatArray, normal: NormalLevel, axis: Axis = TEMPERATURE
    ) -> "Fractions | str":
        """Divide by R_n at each place, or say why that has no meaning."""
        level = normal.resistance(place)
        if not np.all(level > 0):
            return f"the normal state, extrapolated to {axis.lowest} points, is not positive"
        return cls(place, resistance_ohm / level, normal.noise_ohm / level, normal, axis)

    @cached_property
    def order(self) -> np.ndarray:
        """Indices that sort the points along the axis."""
        return np.argsort(self.place, kind="stable")

    @cached_property
    def jitter(self) -> float:
        """White noise of the abscissa as the sweep itself shows it; too large where the steps are irregular."""
        return noise_from_differences(self.place)

    def binned(self, margin: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Means of place and fraction over neighbours along the axis, and the error of the latter.

        Bins hold enough points to see a difference of ``margin`` in the fraction.
        """
        needed = (4.5 * float(np.median(self.sigma)) / margin) ** 2
        bins = int(max(4, min(MOST_BINS, self.order.size // 2, self.order.size / needed)))
        t, f = bin_means(self.place[self.order], bins), bin_means(self.fraction[self.order], bins)
        sigma = bin_means(self.sigma[self.order], bins) / np.sqrt(self.order.size / bins)
        return t, f, np.hypot(sigma, f * self.normal.sigma(t) / self.normal.resistance(t))


@dataclass(frozen=True, slots=True)
class Crossing:
    """Place of a crossing and its error without the calibration of thermometer or magnet, in the axis' unit.

    ``count`` is the number of crossings beyond noise; the one quoted is the last, nearest to the normal state.
    ``place_noise`` is the white noise of the abscissa that the scatter in the steep part shows. ``remark`` says
    what makes the value doubtful.
    """

    place: float
    error: float
    window: tuple[float, float]
    count: int
    place_noise: float
    points: int
    remark: str = ""


@stepwise
def find_crossing(data: Fractions, share: float, place_noise: float | None = None) -> Steps[Crossing | str]:
    """The last crossing of R/R_n = ``share``, or in words why there is none.

    probit(R/R_n) is fitted by a parabola along the axis, by weighted least squares in R, over a window that
    grows until a quartic finds more. The error holds the noise of R, the noise of the abscissa (``place_noise``,
    or the scatter beyond the noise of R), the error of R_n as it acts on the fit, and the step between points.
    """
    place = _locate(data, share)
    if isinstance(place, str):
        return place
    low, high, count = place
    sorted_t, sorted_f = data.place[data.order], data.fraction[data.order]
    first, last = np.searchsorted(sorted_t, [low, high])
    # the sum of R/R_n - share falls below the crossing and rises above it: its minimum bears any noise
    guess = float(sorted_t[first + int(np.argmin(np.cumsum(sorted_f[first : last + 1] - share)))])
    fitted = yield from _grow(data, share, guess, place_noise, count)
    return fitted if fitted is not None else _unresolved(data, share, guess, count)


def _locate(data: Fractions, share: float) -> tuple[float, float, int] | str:
    """Places known to be below and above the last crossing, and the number of crossings."""
    t, f, sigma = data.binned(min(share, 1 - share))
    above, below = f > share + 3 * sigma, f < share - 3 * sigma
    # one bin alone may be a spike
    above, below = _supported(above), _supported(below)
    if not np.any(above):
        return f"R/R_n is nowhere above {share:.0%} beyond noise"
    if not np.any(below):
        where = f"{data.axis.lowest}, {t[0]:.4g} {data.axis.unit}"
        return f"R/R_n does not reach {share:.0%}: it is {f[0]:.3g} at {where}"
    known = np.nonzero(above | below)[0]
    changes = known[:-1][above[known][1:] != above[known][:-1]]
    if not above[known[-1]]:
        return f"R/R_n is below {share:.0%} at {data.axis.highest}"
    lower = int(changes[-1])
    upper = int(known[np.searchsorted(known, lower) + 1])
    return float(t[lower]), float(t[upper]), len(changes)


def _supported(flag: np.ndarray) -> np.ndarray:
    neighbour = np.zeros_like(flag)
    neighbour[1:] |= flag[:-1]
    neighbour[:-1] |= flag[1:]
    return np.asarray(flag & neighbour)


@dataclass(slots=True)
class _Local:
    """Points of one window in units of its half width, and the fit through them."""

    x: FloatArray
    f: FloatArray
    sigma: FloatArray
    half: float
    noise: float = 0.0

    def fit(self, start: FloatArray) -> "_Fit | None":
        """Gauss-Newton on f = ndtr(polynomial); None when it does not settle on a rising branch."""
        order = start.size - 1
        powers = np.vander(self.x, order + 1, increasing=True)
        slopes = powers[:, :-1] * np.arange(1, order + 1)
        c, chi2, settled = start.copy(), np.inf, False
        for iteration in range(25):
            eta = powers @ c
            density = np.exp(-0.5 * eta * eta) * 0.3989422804014327
            error = self.f - ndtr(eta)
            steep = density * (slopes @ c[1:]) / self.half
            variance = self.sigma**2 + (steep * self.noise) ** 2
            if iteration > 2:
                variance = variance * np.maximum(np.abs(error) / np.sqrt(variance) / OUTLIER, 1.0)
            jacobian = powers * density[:, None]
            weighted = jacobian / variance[:, None]
            normal = jacobian.T @ weighted
            normal[np.diag_indices(order + 1)] *= 1 + 1e-9
            try:
                covariance = np.asarray(np.linalg.inv(normal), dtype=float)
            except np.linalg.LinAlgError:
                return None
            gradient = weighted.T @ error
            if settled:
                return _Fit(c, covariance, weighted, error, np.asarray(steep, dtype=float))
            step = covariance @ gradient
            size = float(np.max(np.abs(step)))
            if not np.isfinite(size):
                return None
            c = c + step / max(1.0, size)
            chi2 = float(gradient @ step)
            settled = chi2 < 1e-3 and iteration > 2
        return None


@dataclass(frozen=True, slots=True)
class _Fit:
    coefficients: FloatArray
    covariance: FloatArray
    weighted: FloatArray
    error: FloatArray
    steep: FloatArray

    def bend(self) -> float:
        """chi2 of the coefficients beyond the quoted order."""
        beyond = slice(WINDOW_ORDER + 1, None)
        return float(
            self.coefficients[beyond] @ np.linalg.solve(self.covariance[beyond, beyond], self.coefficients[beyond])
        )

    def root(self, level: float, noise: float) -> tuple[float, float] | None:
        """Where the polynomial passes ``level``, near the middle of the window, and its slope there.

        Noise of the abscissa (``noise``, in half widths) flattens probit by sqrt(1 + (slope noise)^2); undone here.
        """
        rising = np.polynomial.Polynomial(self.coefficients)
        slope, x = rising.deriv(), 0.0
        for _ in range(20):
            steep = float(slope(x))
            if not steep > 0:
                return None
            step = (level / np.sqrt(1 + (steep * noise) ** 2) - float(rising(x))) / steep
            x += max(-0.5, min(0.5, step))
            if abs(step) < 1e-9:
                break
        return (x, float(slope(x))) if abs(x) < 1 and float(slope(x)) > 0 else None


def _grow(data: Fractions, share: float, guess: float, noise: float | None, count: int) -> Steps[Crossing | None]:
    """Grow from a window that beats the noise; from a smaller one if the curve bends inside that already."""
    needed = (60 * float(np.median(data.sigma)) / min(share, 1 - share)) ** 2
    most = data.place.size / 8
    bent: Crossing | None = None
    for points in sorted({int(max(FEWEST_LOCAL, min(needed, most) / part)) for part in (1, 3, 10)}, reverse=True):
        accepted, bent = yield from _grow_from(points, data, share, guess, noise, count)
        if accepted and (bent is None or accepted[0].points < 2 * bent.points):
            return _settled(accepted)
    return bent


def _grow_from(
    points: int, data: Fractions, share: float, guess: float, noise: float | None, count: int
) -> Steps[tuple[list[Crossing], Crossing | None]]:
    """Crossings of all windows accepted, and the one of the first refused for its bend."""
    distance = np.abs(data.place - guess)
    ranked = np.sort(distance)
    half = float(ranked[min(points, ranked.size) - 1]) * 1.001
    start: FloatArray | None = None
    accepted: list[Crossing] = []
    bent: Crossing | None = None
    refused = 0
    while refused < 2 and half < GROWTH * ranked[-1]:
        yield
        inside = distance <= half
        local = _Local((data.place[inside] - guess) / half, data.fraction[inside], data.sigma[inside], half)
        start = _first_guess(local, share) if start is None else start
        few = local.x.size < FEWEST_FOR_NOISE
        tested = _fit_with_noise(
            local, np.append(start, [0.0, 0.0]), data.jitter if noise is None and few else noise
        )
        plain = local.fit(start) if tested is not None else None
        found = None
        if tested is not None and plain is not None:
            found = _quote(data, inside, local, tested, share, guess, count)
        if tested is None or plain is None or found is None:
            refused += bool(accepted)
            start = None
        elif tested.bend() > BEND:
            refused += bool(accepted)
            bent = bent or _with_bend(found, plain, local, guess, share)
            start = plain.coefficients * GROWTH ** np.arange(WINDOW_ORDER + 1)
        else:
            refused = 0
            found = _beyond_linear(found, tested, plain, local, guess, share)
            accepted.append(found)
            if len(accepted) > 3 and found.error > NO_GAIN * accepted[-3].error:
                break
            start = plain.coefficients * GROWTH ** np.arange(WINDOW_ORDER + 1)
        if bent is not None and not accepted and local.x.size > 2 * bent.points:
            break
        half *= GROWTH
    return accepted, bent


def _settled(accepted: list[Crossing]) -> Crossing:
    """The widest window.

    Where it differs from the one before by more than the data they do not share allow, the excess joins the error
    (Hausman, Econometrica 46, 1251 (1978)).
    """
    if len(accepted) == 1:
        return accepted[0]
    narrower, chosen = accepted[-2:]
    allowed = abs(chosen.error**2 - narrower.error**2)
    excess = max((chosen.place - narrower.place) ** 2 - allowed, 0.0)
    return replace(chosen, error=float(np.sqrt(chosen.error**2 + excess)))


def _beyond_linear(
    found: Crossing, tested: _Fit, plain: _Fit, local: _Local, guess: float, share: float
) -> Crossing:
    """Few points can bend the quartic so much that its linear error no longer holds.

    Were it linear, terms of this chi2 would move the crossing by no more than the root of chi2 times its error;
    what they move it by beyond that joins the error.
    """
    root = plain.root(float(ndtri(share)), local.noise / local.half)
    moved = local.half if root is None else guess + root[0] * local.half - found.place
    excess = max(moved**2 - tested.bend() * found.error**2, 0.0)
    return replace(found, error=float(np.sqrt(found.error**2 + excess)))


def _with_bend(found: Crossing, plain: _Fit, local: _Local, guess: float, share: float) -> Crossing | None:
    """A window where the parabola fails already: what the quartic moves the crossing by joins the error."""
    root = plain.root(float(ndtri(share)), local.noise / local.half)
    if root is None:
        return None
    effect = guess + root[0] * local.half - found.place
    return replace(found, error=float(np.hypot(found.error, effect)))


def _first_guess(local: _Local, share: float) -> FloatArray:
    floor = np.clip(local.sigma, 1e-6, 0.05)
    eta = ndtri(np.clip(local.f, floor, 1 - floor))
    weight = np.exp(-0.5 * eta**2)
    slope = float(np.sum(weight * local.x * (eta - ndtri(share))) / max(float(np.sum(weight * local.x**2)), 1e-300))
    return np.array([float(ndtri(share)), max(slope, 0.05), 0.0])


def _fit_with_noise(local: _Local, start: FloatArray, noise: float | None) -> _Fit | None:
    """Quartic fit; where the noise of the abscissa is not given, scatter beyond the noise of R tells it."""
    if noise is not None:
        local.noise = noise
        return local.fit(start)
    fit = local.fit(start)
    for _ in range(2):
        if fit is None:
            return None
        local.noise = _place_noise(fit, local.sigma)
        fit = local.fit(fit.coefficients)
    return fit


def _place_noise(fit: _Fit, sigma: FloatArray) -> float:
    scatter = np.diff(fit.error) / np.sqrt(2.0)
    steep = 0.5 * (fit.steep[1:] ** 2 + fit.steep[:-1] ** 2)
    climbing = steep > 0.1 * float(np.max(steep))
    bulk = climbing & (np.abs(scatter) <= 5 * robust_sigma(scatter[climbing]))
    steep = steep[bulk]
    excess = (scatter**2 - 0.5 * (sigma[1:] ** 2 + sigma[:-1] ** 2))[bulk]
    return float(np.sqrt(max(float(np.sum(excess * steep)), 0.0) / max(float(np.sum(steep**2)), 1e-300)))


def _quote(
    data: Fractions, inside: np.ndarray, local: _Local, fit: _Fit, share: float, guess: float, count: int
) -> Crossing | None:
    root = fit.root(float(ndtri(share)), local.noise / local.half)
    if root is None:
        return None
    x, slope = root
    gradient = -(x ** np.arange(fit.coefficients.size)) / slope * local.half
    own = float(gradient @ fit.covariance @ gradient)
    # answer of the fit to each coefficient of R_n
    t, normal = data.place[inside], data.normal
    shift = -local.f / normal.resistance(t)
    answer = (gradient @ fit.covariance @ fit.weighted.T) @ (shift[:, None] * normal.design(t))
    from_normal = float(answer @ normal.covariance @ answer)
    step = float(np.ptp(t)) / max(np.unique(t).size - 1, 1)
    # between points this far apart on the scale of the transition no polynomial is sure
    coarse = step / np.sqrt(12.0) * min(1.0, slope * step / (2 * local.half)) ** 2
    informative = int(np.count_nonzero(np.abs(fit.error - local.f + 0.5) < 0.4999))
    if informative < 6:
        return None
    window = (float(np.min(t)), float(np.max(t)))
    error = float(np.sqrt(own + from_normal + coarse**2))
    if own > (LEAST_LOCAL * local.half) ** 2:
        return None
    return Crossing(guess + x * local.half, error, window, count, local.noise, int(t.size))


def _unresolved(data: Fractions, share: float, guess: float, count: int) -> Crossing | str:
    """A transition between two points: anywhere in between; or noise through which no fit finds a way."""
    t, f, sigma = data.place, data.fraction, data.sigma
    lows, highs = t[(f < share - 3 * sigma) & (t <= guess)], t[(f > share + 3 * sigma) & (t >= guess)]
    if not (lows.size and highs.size):
        return f"too noisy to say where R/R_n passes {share:.0%}"
    low, high = float(np.max(lows)), float(np.min(highs))
    inside = int(np.count_nonzero((t > low) & (t < high)))
    if inside > 4:
        where = f"near {guess:.5g} {data.axis.unit}"
        return f"no smooth curve describes the points where R/R_n passes {share:.0%}, {where}"
    apart = f"{(high - low) / (inside + 1):.2g} {data.axis.unit} apart"
    remark = f"the points, {apart}, are too few to resolve the transition"
    error = float(np.hypot((high - low) / np.sqrt(12.0), data.jitter))
    return Crossing(0.5 * (low + high), error, (low, high), count, 0.0, 2, remark)

"""One R(T) curve, reduced to what a fit of thermally activated flux flow needs.

The window is chosen by temperature on a smoothed curve, never point by point on the noisy resistance: that would
keep the upward scatter and drop the downward one, and flatten every slope near the floor.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from analysis.curves import Curve, CurveInfo
from analysis.errors import AnalysisError
from analysis.normal_state import NormalState
from analysis.statistics import noise_from_differences
from analysis.taff.joint import JointData, fit_joint
from analysis.taff.laws import Curved

FloatArray = npt.NDArray[np.float64]

#: Upper edge of the window as a share of the normal resistance (Palstra et al., Phys. Rev. Lett. 61, 1662 (1988)).
UPPER_EDGE = 1e-2
#: The resistance drowns where it is fewer than this many standard deviations of one reading.
FLOOR_SIGMAS = 5.0
#: Least number of decades between floor and upper edge, and of readings between them.
MIN_DECADES, MIN_POINTS = 0.75, 8
#: A resistance that no cooling removes, as a share of the normal one, beyond which a curve is left out.
MAX_RESIDUAL = 2e-3
#: Readings are averaged in bins this wide in ln R; averaging an exponential over it costs 7e-5.
BIN_WIDTH = 0.04
#: e-folds below the floor that keep their bins; everything colder is one bin, which fixes the offset. The law may
#: not reach into it: 5 exp(-7) is 0.005 of the noise of a reading, a twelfth of the least error of that bin. (At 3
#: e-folds the tail lifted the offset by 0.1 of its error, and with it all energies.)
EFOLDS_BELOW = 7.0
#: The cold bin weighs no more than this many readings, so that a slow drift cannot pass for precision.
MAX_COLD_READINGS = 300
_SMOOTHING = 5
_MIN_READINGS, _MANY = 20, 100
_FEWEST_BINS = 6
# The thermometer noise is found from above: from zero the first fit would follow the topmost bins alone.
_ROUNDS = 4


@dataclass(frozen=True, slots=True, eq=False)
class TaffCurve:
    """Bins of one curve in and below the window; empty, with a ``reason``, where there is no window.

    ``noise_ohm`` is the scatter of one reading of R, ``thermometer_noise_K`` that of its temperature, which shows
    where R is steep (gain noise ends up in it too); ``readings`` is how many count in each bin. ``level_ohm`` is
    the smooth curve without offset, ``gradient_per_K`` its |d lnR/dT|: windows and weights are taken from them.
    """

    info: CurveInfo
    complete: bool
    reason: str = ""
    temperature_K: FloatArray = field(default_factory=lambda: np.empty(0))
    resistance_ohm: FloatArray = field(default_factory=lambda: np.empty(0))
    readings: FloatArray = field(default_factory=lambda: np.empty(0))
    level_ohm: FloatArray = field(default_factory=lambda: np.empty(0))
    gradient_per_K: FloatArray = field(default_factory=lambda: np.empty(0))
    normal_ohm: FloatArray = field(default_factory=lambda: np.empty(0))
    noise_ohm: float = 0.0
    thermometer_noise_K: float = 0.0
    window_K: tuple[float, float] = (0.0, 0.0)
    floor_reached: bool = False
    #: ln R/R_n at the pivot, its slope and curvature against 1/T, and the offset in ohm
    shape: FloatArray = field(default_factory=lambda: np.empty(0))
    pivot_per_K: float = 0.0

    @property
    def usable(self) -> bool:
        """Whether there is a window."""
        return not self.reason

    def sigma_ohm(self, thermometer_noise_K: float) -> FloatArray:
        """Standard error of every bin for a scatter of one temperature reading."""
        steep = thermometer_noise_K * self.gradient_per_K * self.level_ohm
        return np.asarray(np.sqrt((self.noise_ohm**2 + steep**2) / self.readings))

    @property
    def field_T(self) -> float:
        """The commanded field, without sign."""
        return abs(_number(self.info.conditions, "field_T"))

    @property
    def orientation(self) -> str:
        """The commanded orientation; empty if none was given."""
        return str(self.info.conditions.get("orientation", ""))


def prepare(curve: Curve, normal: NormalState) -> TaffCurve:
    """Find the window of a curve, and average its readings into a bounded number of bins.

    Points that are not finite are left out. A curve without a usable window comes back with its ``reason``.

    Raises:
        AnalysisError: the curve has no ``field_T`` among its conditions.
    """
    try:
        return _prepare(curve, normal)
    except _NoWindowError as no_window:
        return TaffCurve(curve.info, curve.complete, reason=str(no_window))


def below(curve: TaffCurve, ceiling_K: float) -> TaffCurve:
    """The same curve with a window that ends no higher than ``ceiling_K``; unusable if too little is left of it."""
    if not curve.usable or curve.window_K[1] <= ceiling_K:
        return curve
    keep = curve.temperature_K < ceiling_K
    inside = keep & (curve.temperature_K >= curve.window_K[0])
    level = curve.level_ohm[inside]
    readings = float(np.sum(curve.readings[inside]))
    lowest = max(FLOOR_SIGMAS * curve.noise_ohm, float(level[0])) if level.size else np.inf
    decades = float(np.log10(level[-1] / lowest)) if level.size and level[-1] > lowest else 0.0
    if decades < MIN_DECADES or readings < MIN_POINTS or level.size < _FEWEST_BINS:
        reason = (
            f"the window reaches {curve.window_K[1]:.4g} K, into the transition of zero field, whose tail begins "
            f"at {ceiling_K:.4g} K; only {decades:.2f} decades lie below, need {MIN_DECADES:g}"
        )
        return TaffCurve(curve.info, curve.complete, reason=reason)
    return replace(
        curve,
        temperature_K=curve.temperature_K[keep],
        resistance_ohm=curve.resistance_ohm[keep],
        readings=curve.readings[keep],
        level_ohm=curve.level_ohm[keep],
        gradient_per_K=curve.gradient_per_K[keep],
        normal_ohm=curve.normal_ohm[keep],
        window_K=(curve.window_K[0], ceiling_K),
    )


class _NoWindowError(Exception):
    pass


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """Readings sorted from cold to warm, ``top`` of them below the upper edge."""

    temperature_K: FloatArray
    resistance_ohm: FloatArray
    smooth_ohm: FloatArray
    normal_ohm: float
    noise_ohm: float
    base_ohm: float
    low: int
    top: int
    floor_reached: bool


def _prepare(curve: Curve, normal: NormalState) -> TaffCurve:
    if _number(curve.info.conditions, "field_T") == 0:
        raise _NoWindowError("no vortices at zero field")
    finite = np.isfinite(curve.temperature_K) & np.isfinite(curve.resistance_ohm) & (curve.temperature_K > 0)
    order = np.argsort(curve.temperature_K[finite], kind="stable")
    window = _find_window(curve.temperature_K[finite][order], curve.resistance_ohm[finite][order], normal)
    temperature, resistance, count = _bins(window)
    expected = np.asarray(normal.resistance(temperature), dtype=float)
    return _describe(curve, window, temperature, resistance, count, expected)


def _find_window(temperature: FloatArray, resistance: FloatArray, normal: NormalState) -> _Window:
    if temperature.size < _MIN_READINGS:
        raise _NoWindowError(f"too few points: {temperature.size}, need {_MIN_READINGS}")
    smooth = _running_mean(resistance)
    expected = np.asarray(normal.resistance(temperature), dtype=float)
    above = np.flatnonzero(smooth >= UPPER_EDGE * expected)
    if above.size == 0:
        raise _NoWindowError(f"the whole curve lies below {UPPER_EDGE:g} R_n: no upper edge of the window")
    top = _upper_edge(temperature, smooth / expected, int(above[0]))
    noise = _floor_noise(resistance, normal.noise_ohm)
    if not noise > 0:
        raise _NoWindowError("the noise of a reading is not known: no scatter in the data")
    base, flat = _base(smooth, resistance, top, noise)
    scale = float(expected[max(top - 1, 0)])
    if top == 0 or (flat and abs(base) > MAX_RESIDUAL * scale):
        raise _NoWindowError(_why_not_below(temperature, smooth, expected))
    floor = FLOOR_SIGMAS * noise
    drowned = np.flatnonzero(smooth[:top] - base <= floor)
    low = int(drowned[-1]) + 1 if drowned.size else 0
    reach = max(floor, 0.0 if drowned.size else float(np.mean(resistance[: min(_SMOOTHING, top)])) - base)
    decades = np.log10(max(UPPER_EDGE * scale - base, floor) / reach)
    if decades < MIN_DECADES:
        raise _NoWindowError(
            f"only {decades:.2f} decades between {'the noise floor' if drowned.size else 'the coldest point'} "
            f"and {UPPER_EDGE:g} R_n, need {MIN_DECADES:g}"
        )
    if top - low < MIN_POINTS:
        raise _NoWindowError(f"too few points in the window: {top - low}, need {MIN_POINTS}")
    return _Window(temperature, resistance, smooth, scale, noise, base, low, top, bool(drowned.size))


def _upper_edge(temperature: FloatArray, share: FloatArray, first: int) -> int:
    """Number of readings below the upper edge, from a line through ln R/R_n about it.

    The first reading beyond the edge is likely one that scatters upwards: a window ending there would be biased.
    """
    low = int(np.argmax(share >= UPPER_EDGE / 2))
    beyond = share >= UPPER_EDGE * 2
    high = int(np.argmax(beyond)) if np.any(beyond) else share.size
    near = slice(low, high)
    if low == 0 or high - low < _SMOOTHING or np.any(share[near] <= 0):
        return first
    centre = temperature[first]
    slope, level = np.polyfit(temperature[near] - centre, np.log(share[near] / UPPER_EDGE), 1)
    if slope <= 0:
        return first
    return int(
        np.searchsorted(temperature, np.clip(centre - level / slope, temperature[low], temperature[high - 1]))
    )


def _why_not_below(temperature: FloatArray, smooth: FloatArray, expected: FloatArray) -> str:
    share = float(smooth[0] / expected[0])
    cold = temperature <= temperature[0] + 0.1 * (temperature[-1] - temperature[0])
    line = np.polyfit(temperature[cold], smooth[cold], 1) if np.count_nonzero(cold) > 2 else np.zeros(2)
    change = line[0] * np.ptp(temperature[cold]) / smooth[0]
    if share > 0.5:
        return f"transition not reached: R/R_n = {share:.3g} at {temperature[0]:.3g} K"
    if abs(change) < 0.5:
        return f"residual resistance: R/R_n levels off at {share:.2g} at {temperature[0]:.3g} K (flux flow)"
    return f"R/R_n is still {share:.2g} and falling at the lowest temperature, {temperature[0]:.3g} K"


def _running_mean(values: FloatArray) -> FloatArray:
    half = _SMOOTHING // 2
    total = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(values.size)
    low, high = np.maximum(index - half, 0), np.minimum(index + half + 1, values.size)
    return np.asarray((total[high] - total[low]) / (high - low), dtype=float)


def _floor_noise(resistance: FloatArray, normal_noise_ohm: float) -> float:
    """Scatter of a reading at the cold end; that of the normal state where few points are cold or R is steep."""
    count = int(np.clip(resistance.size // 3, 30, 1500))
    floor = noise_from_differences(resistance[:count])
    if not (np.isfinite(normal_noise_ohm) and normal_noise_ohm > 0):
        return floor
    known = 1.0 + 5.0 / np.sqrt(count)
    return floor if 0 < floor < known * normal_noise_ohm and count >= _MANY else normal_noise_ohm


def _base(smooth: FloatArray, resistance: FloatArray, top: int, noise: float) -> tuple[float, bool]:
    """Level of the coldest points, and whether it has become one; 0 while the curve still falls."""
    block = max(top // 20, 10)
    if top < 2 * block:
        return 0.0, False
    first, second = float(np.mean(resistance[:block])), float(np.mean(resistance[block : 2 * block]))
    flat = abs(second - first) < 5 * noise * np.sqrt(2 / block) + 0.02 * abs(first)
    return (first, True) if flat else (0.0, False)


def _bins(window: _Window) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean temperature, mean resistance and number of readings per bin, the cold bin first."""
    inverse = 1.0 / window.temperature_K[: window.top]
    resistance = window.resistance_ohm[: window.top]
    reach = max(FLOOR_SIGMAS * window.noise_ohm, float(window.smooth_ohm[window.low]) - window.base_ohm)
    efolds = np.log(UPPER_EDGE * window.normal_ohm / reach)
    span = inverse[window.low] - inverse[-1]
    width = BIN_WIDTH * span / efolds
    cold = inverse > inverse[window.low] + EFOLDS_BELOW / efolds * span
    label = np.where(cold, -1, np.floor((inverse[0] - inverse) / width).astype(np.int64))
    start = np.flatnonzero(np.diff(label, prepend=label[0] - 1))
    count = np.diff(np.append(start, label.size)).astype(float)
    mean_inverse = np.add.reduceat(inverse, start) / count
    mean_resistance = np.add.reduceat(resistance, start) / count
    if cold[0]:
        count[0] = min(count[0], MAX_COLD_READINGS)
    return 1.0 / mean_inverse, mean_resistance, count


def _describe(
    curve: Curve,
    window: _Window,
    temperature: FloatArray,
    resistance: FloatArray,
    count: FloatArray,
    expected: FloatArray,
) -> TaffCurve:
    """Smooth the bins with a parabola in ln R/R_n against 1/T, and take the noise from what is left."""
    cold_edge, warm_edge = window.temperature_K[window.low], window.temperature_K[window.top - 1]
    inside = temperature >= cold_edge
    pivot = float(np.average(1.0 / temperature[inside], weights=count[inside]))
    slope = -np.log(UPPER_EDGE * window.normal_ohm / (FLOOR_SIGMAS * window.noise_ohm)) / (
        1.0 / cold_edge - 1.0 / warm_edge
    )
    level = np.interp(temperature, window.temperature_K, window.smooth_ohm - window.base_ohm).clip(0.0)
    start = np.log(max(float(np.interp(1.0 / pivot, temperature, level)), window.noise_ohm))
    local = np.array([[start - np.log(window.normal_ohm), slope, 0.0, window.base_ohm]])
    law = Curved(np.array([pivot]), np.array([1.0 / cold_edge]))
    scatter = 0.02 / abs(slope * pivot**2)
    gradient = np.full_like(temperature, abs(slope * pivot**2))
    for _ in range(_ROUNDS):
        sigma = np.sqrt((window.noise_ohm**2 + (scatter * gradient * level) ** 2) / count)
        data = JointData.of_one(temperature, resistance, sigma, expected)
        prior = (0.0, FLOOR_SIGMAS * window.noise_ohm + abs(window.base_ohm))
        result = fit_joint(law, data, local, offset_prior=prior)
        local, level = result.local, result.level_ohm[0]
        rest = resistance - result.model_ohm[0]
        log = law.evaluate(temperature[None], local[:, :-1], np.empty(0))
        gradient = np.abs(log.by_temperature[0])
        columns = log.by_local[0] * (level / sigma)[:, None]
        used = np.sum(np.linalg.qr(columns)[0] ** 2, axis=1)
        squares = count * rest**2 / np.maximum(1.0 - used, 0.1)
        scatter = _thermometer_noise(squares[inside], (gradient * level)[inside], window.noise_ohm, scatter)
    if not np.all(np.isfinite(local)) or local[0, 1] >= 0:
        raise _NoWindowError("the resistance does not fall with temperature inside the window")
    return TaffCurve(
        info=curve.info,
        complete=curve.complete,
        temperature_K=temperature,
        resistance_ohm=resistance,
        readings=count,
        level_ohm=level,
        normal_ohm=expected,
        noise_ohm=window.noise_ohm,
        thermometer_noise_K=scatter,
        gradient_per_K=gradient,
        window_K=(float(cold_edge), float(warm_edge)),
        floor_reached=window.floor_reached,
        shape=local[0],
        pivot_per_K=pivot,
    )


def _thermometer_noise(squares: FloatArray, slope: FloatArray, noise: float, scatter: float) -> float:
    """Scatter of one temperature reading from squared residuals and |dR/dT| inside the window.

    The squares are per reading, and corrected for what the fit has used up. A weighted moment estimate; gain noise
    ends up here too.
    """
    weight = slope**4 / (noise**2 + (scatter * slope) ** 2) ** 2
    excess = (squares - noise**2) / np.maximum(slope, 1e-9 * np.max(slope)) ** 2
    return float(np.sqrt(max(np.average(excess, weights=weight), 0.0)))


def _number(conditions: Mapping[str, float | str], name: str) -> float:
    value = conditions.get(name)
    if not isinstance(value, int | float):
        raise AnalysisError(f"a curve for TAFF needs a number {name!r} among its conditions; found {value!r}")
    return float(value)

"""What the maps of all temperatures say together: one peak field or not, how it depends on gate and temperature."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from analysis.curves import FloatArray
from analysis.findings import Condition, Finding, Verdict
from analysis.gate_map import GateMap
from analysis.map_peaks import ANNOUNCED, Candidate, MapPeak
from analysis.statistics import chi2_probability, weighted_least_squares
from analysis.steepness import Steepness

PEAK, HEIGHT = "resistance_peak_field", "resistance_peak_height"
#: A slope beyond so many errors is one; a scatter less probable than this is told.
TREND_SIGMAS, LEAST_PROBABILITY = 3.0, 1e-3
#: Peaks that move by more than this share of their field over the map are not one peak.
ONE_PEAK = 0.1
#: Errors of places are known to this share: correlations are trusted no further.
COVARIANCE_FLOOR = 0.05
#: How a line's scatter moves the places at different gates is known to a third: never is all of it common, and it
#: may differ by so much from the middle of the gate voltages to their ends. The share that is common is taken
#: halfway between what is seen and all.
MOST_COMMON, TILT = 0.9, 1.0 / 3.0
METHOD = "gate sweeps at discrete fields, maximum of a local polynomial in B"


@dataclass(frozen=True, slots=True, eq=False)
class MapResult:
    """A map, the candidates for a peak at its gates, and the peaks that are announced."""

    data: GateMap
    candidates: list[Candidate | None]
    peaks: list[MapPeak]


def own_findings(
    result: MapResult, field_accuracy: float, temperature_accuracy_K: float, steep: Steepness | None
) -> list[Finding]:
    """``resistance_peak_field`` [T] and ``resistance_peak_height`` [ohm] at every gate that has a peak; or none.

    ``steep`` tells what the thermometer's error does to a height; heights are provisional when that is not known.
    """
    data = result.data
    if not result.peaks:
        return [_no_peak(result)]
    findings = []
    for peak in result.peaks:
        place, told = peak.place, f"{peak.candidate.significance:.1f} standard deviations after look-elsewhere"
        conditions = {**data.conditions, "gate_V": float(f"{data.gate_V[peak.gate]:.5g}")}
        window = {"field_T": place.window}
        error = float(np.hypot(place.whole_error, field_accuracy * place.place))
        doubts = [] if data.complete else ["sweeps of this map were cut short"]
        if place.growth > 1:
            doubts.append(f"the lines scatter {place.growth:.1f} times as much as their errors around the peak")
        verdict = Verdict.PROVISIONAL if doubts else Verdict.GOOD
        reason = "; ".join(filter(None, (*doubts, told, data.note)))
        findings.append(
            Finding(PEAK, place.place, error, "T", verdict, reason, METHOD, conditions, data.names, window)
        )
        moves = _thermometer_error(peak, temperature_accuracy_K, steep)
        unknown = "" if moves is not None else "the thermometer's error is not in it: no R(B) isotherms tell it"
        findings.append(
            Finding(
                HEIGHT,
                peak.height_ohm,
                float(np.hypot(peak.height_error_ohm, moves or 0.0)),
                "ohm",
                Verdict.PROVISIONAL if unknown else verdict,
                "; ".join(filter(None, (unknown, reason))),
                "above the higher of the two minima beside it",
                conditions,
                data.names,
                window,
            )
        )
    return findings


def _thermometer_error(peak: MapPeak, accuracy_K: float, steep: Steepness | None) -> float | None:
    """In the height, in ohm; None where it cannot be told."""
    if accuracy_K == 0:
        return 0.0
    if steep is None:
        return None
    top, valley = steep.ohm_per_K([peak.place.value, peak.place.value - peak.height_ohm])
    return accuracy_K * float(top - valley) if np.isfinite(top - valley) else None


def _no_peak(result: MapResult) -> Finding:
    data = result.data
    best = max((c for c in result.candidates if c is not None), key=lambda c: c.local, default=None)
    reason = f"no peak of R(B) at any of {data.gate_V.size} gate voltages and {data.field_T.size} fields"
    if best is not None:
        reason += (
            f": the largest rise is {best.local:.1f} standard deviations, {max(best.significance, 0.0):.1f} after"
            f" look-elsewhere ({ANNOUNCED:g} are needed)"
        )
    reason = "; ".join(filter(None, (reason, data.note)))
    none = Verdict.NOT_ENOUGH_DATA
    return Finding(PEAK, None, None, "T", none, reason, METHOD, data.conditions, data.names)


@dataclass(frozen=True, slots=True, eq=False)
class _Pool:
    """All peaks: places (n,), their covariance (n, n), gate voltages and temperatures, and the maps' curves.

    ``coherent`` is the covariance if the scatter of lines were shared by all gates.
    """

    place: FloatArray
    covariance: FloatArray
    coherent: FloatArray
    gate_V: FloatArray
    temperature_K: FloatArray
    names: tuple[str, ...]
    significance: float

    def fit(self, columns: list[FloatArray]) -> tuple[FloatArray, FloatArray, float, int]:
        """Coefficients, their covariance with all correlations, chi2, degrees of freedom.

        Weights are those of single errors: they need no trust in the correlations, which the errors hold.
        """
        design = np.column_stack(columns)
        sigma = np.sqrt(np.diag(self.covariance))
        weighted = design / sigma[:, None]
        inverse = np.linalg.inv(weighted.T @ weighted)
        leverage = inverse @ (design / sigma[:, None] ** 2).T
        coefficients = leverage @ self.place
        rest = self.place - design @ coefficients
        dof = self.place.size - design.shape[1]
        # correlations are known badly, and may make a slope too certain: there the largest error counts
        known = leverage @ self.covariance @ leverage.T
        others = [leverage @ other @ leverage.T for other in (np.diag(sigma**2), self.coherent)]
        largest = np.max([np.diag(known), *(np.diag(other) for other in others)], axis=0)
        grow = np.sqrt(largest / np.diag(known)) if design.shape[1] > 1 else np.ones(1)
        return coefficients, known * np.outer(grow, grow), self._chi2(rest, sigma), dof

    def _chi2(self, rest: FloatArray, sigma: FloatArray) -> float:
        size, axes = np.linalg.eigh(self.covariance / np.outer(sigma, sigma))
        return float(np.sum((axes.T @ (rest / sigma)) ** 2 / np.maximum(size, COVARIANCE_FLOOR)))


def pooled_findings(results: Sequence[MapResult], field_accuracy: float) -> list[Finding]:
    """Across gates and temperatures: the peak's field, and its slopes against gate voltage and temperature.

    Places of one map share the lines they were found in, so that they are correlated; maps are independent. Where
    the slopes are none, the minimum of Tc(B) is at the same field (``tc_minimum_field``).
    """
    conditions = _shared(results)
    pool = _pooled(results)
    if pool is None or pool.place.size < 2:
        found = 0 if pool is None else pool.place.size
        reason = f"{found} peak(s) in {len(results)} map(s); a test of independence needs 2"
        names = tuple(name for result in results for name in result.data.names)
        none = Verdict.NOT_ENOUGH_DATA
        return [Finding(PEAK, None, None, "T", none, reason, METHOD, conditions, names)]
    varied = {
        name: values - np.mean(values)
        for name, values in (("gate", pool.gate_V), ("temperature", pool.temperature_K))
        if np.ptp(values) > 0
    }
    coefficients, covariance, chi2, dof = pool.fit([np.ones_like(pool.place), *varied.values()])
    growth = float(np.sqrt(max(1.0, chi2 / dof))) if dof > 0 else 1.0
    slopes: dict[str, tuple[float, float]] = {}
    for index, name in enumerate(varied, start=1):
        slopes[name] = (float(coefficients[index]), growth * float(np.sqrt(covariance[index, index])))
    findings = [
        _slope(pool, slopes, "gate", "gate voltage", "V", pool.gate_V, conditions),
        _slope(pool, slopes, "temperature", "temperature", "K", pool.temperature_K, conditions),
    ]
    return [*_common(pool, slopes, field_accuracy, conditions), *findings]


def _common(
    pool: _Pool, slopes: dict[str, tuple[float, float]], field_accuracy: float, conditions: dict[str, Condition]
) -> list[Finding]:
    coefficients, covariance, chi2, dof = pool.fit([np.ones_like(pool.place)])
    value, error = float(coefficients[0]), float(np.sqrt(covariance[0, 0]))
    window = {"field_T": (float(np.min(pool.place)), float(np.max(pool.place)))}
    method = f"weighted mean of {pool.place.size} peaks; {METHOD}"
    told = [
        f"best peak {pool.significance:.1f} standard deviations after look-elsewhere",
        f"chi2 {chi2:.3g} for {dof} degrees of freedom",
    ]
    spread = {"gate": float(np.ptp(pool.gate_V)), "temperature": float(np.ptp(pool.temperature_K))}
    words = {"gate": "gate voltage", "temperature": "temperature"}
    moving = {name: slope for name, (slope, its) in slopes.items() if abs(slope) > TREND_SIGMAS * its}
    for name, slope in moving.items():
        told.insert(0, f"the peak moves with {words[name]}: by {slope * spread[name]:.2g} T over the map")
    if any(abs(slope) * spread[name] > ONE_PEAK * value for name, slope in moving.items()):
        reason = "; ".join(told)
        return [
            Finding(PEAK, None, None, "T", Verdict.MODEL_REJECTED, reason, method, conditions, pool.names, window)
        ]
    improbable = chi2_probability(chi2, dof) < LEAST_PROBABILITY
    if improbable or moving:
        scatter = float(np.sqrt(max(1.0, chi2 / max(dof, 1))))
        # a peak that moves has no one field: its error is how far it moves
        half = 0.5 * max((abs(slope) * spread[name] for name, slope in moving.items()), default=0.0)
        error = float(np.hypot(scatter * error, half))
        told.insert(0, "the places scatter beyond their errors, which are enlarged" if improbable else "")
    elif slopes:
        told.insert(0, f"independent of {' and '.join(words[name] for name in slopes)}")
    error = float(np.hypot(error, field_accuracy * value))
    verdict = Verdict.PROVISIONAL if improbable or moving else Verdict.GOOD
    reason = "; ".join(filter(None, told))
    made = [Finding(PEAK, value, error, "T", verdict, reason, method, conditions, pool.names, window)]
    if "temperature" in slopes and not moving:
        method = f"R(B) peaks at one field at every temperature, that of the minimum of Tc(B); {method}"
        made.append(
            Finding("tc_minimum_field", value, error, "T", verdict, reason, method, conditions, pool.names, window)
        )
    return made


def _slope(
    pool: _Pool,
    slopes: dict[str, tuple[float, float]],
    name: str,
    words: str,
    unit: str,
    values: FloatArray,
    conditions: dict[str, Condition],
) -> Finding:
    quantity, method = f"resistance_peak_{name}_dependence", f"line through {pool.place.size} peaks against {words}"
    if name not in slopes:
        reason = f"peaks at one {words} only"
        none = Verdict.NOT_ENOUGH_DATA
        return Finding(quantity, None, None, f"T/{unit}", none, reason, method, conditions, pool.names)
    slope, error = slopes[name]
    reach = float(np.ptp(values))
    if abs(slope) <= TREND_SIGMAS * error:
        bound = (abs(slope) + 2 * error) * reach
        reason = f"compatible with zero: over {reach:.3g} {unit} the peak moves by less than {bound:.2g} T (95 %)"
    else:
        reason = f"not zero: {abs(slope) / error:.1f} errors from it, {slope * reach:.2g} T over {reach:.3g} {unit}"
    shown = "gate_V" if name == "gate" else "temperature_K"
    window = {shown: (float(np.min(values)), float(np.max(values)))}
    return Finding(
        quantity, slope, error, f"T/{unit}", Verdict.GOOD, reason, method, conditions, pool.names, window
    )


def _pooled(results: Sequence[MapResult]) -> _Pool | None:
    having = [result for result in results if result.peaks]
    if not having:
        return None
    covariance, coherent = (
        block_diag(*[_covariance(result, share) for result, share in zip(having, shares, strict=True)])
        for shares in ([MOST_COMMON * 0.5 * (1.0 + result.data.common) for result in having], [1.0] * len(having))
    )
    pairs = [(result.data, peak) for result in having for peak in result.peaks]
    return _Pool(
        np.array([peak.place.place for _, peak in pairs]),
        covariance,
        coherent,
        np.array([data.gate_V[peak.gate] for data, peak in pairs]),
        np.array([data.temperature_K for data, _ in pairs]),
        tuple(dict.fromkeys(name for result in having for name in result.data.names)),
        max(peak.candidate.significance for _, peak in pairs),
    )


def _covariance(result: MapResult, common: float) -> FloatArray:
    """Of the places in one map: own noise, scatter of lines of which a share is common, and a bias of the law."""
    data, rows = result.data, [peak.gate for peak in result.peaks]
    lever = np.array([peak.place.growth * peak.place.weights for peak in result.peaks])
    shared = lever * data.line_ohm[rows]
    alone = (lever * data.own_ohm[rows]) ** 2 + (1 - common) * shared**2
    model = np.array([peak.place.model_error for peak in result.peaks])
    own = np.array([peak.place.own_model_error for peak in result.peaks])
    single = np.diag(np.sum(alone, axis=1) + own**2)
    gate = data.gate_V[rows]
    along = (gate - np.mean(gate)) / max(float(np.ptp(gate)) / 2.0, 1e-300)
    together, tilt = common * shared @ shared.T, np.outer(along, along)
    # a bias that the law has may be another one at either end of the gate voltages
    bias = np.outer(model, model) * (1.0 + tilt)
    return np.asarray(together * (1.0 + TILT**2 * tilt) + single + bias)


def _shared(results: Sequence[MapResult]) -> dict[str, Condition]:
    first = results[0].data.conditions if results else {}
    return {"across": "curves", **{k: v for k, v in first.items() if k != "temperature_K"}}


# -- height ------------------------------------------------------------------------------------------------


def height_growth(results: Sequence[MapResult]) -> list[Finding]:
    """``resistance_peak_height_growth`` [ohm/K]: slope of the mean height against temperature.

    The height is taken at the same three fields at every temperature, those of the map with the clearest peaks, so
    that maps without a peak count as what they show.
    """
    having = [result for result in results if result.peaks]
    if not having or len(results) < 2:
        return []
    best = max(having, key=lambda result: max(peak.candidate.significance for peak in result.peaks))
    rows: list[tuple[float, float, float]] = []
    for result in sorted(results, key=lambda result: result.data.temperature_K):
        found = _mean_height(best, result.data)
        if found is not None:
            rows.append((result.data.temperature_K, *found))
    quantity, conditions = "resistance_peak_height_growth", _shared(results)
    names = tuple(name for result in results for name in result.data.names)
    if len(rows) < 2:
        return []
    t, h, e = np.array(rows).T
    e = np.maximum(e, 1e-9 * np.max(np.abs(h)))
    line = weighted_least_squares(np.column_stack([np.ones_like(t), t - np.mean(t)]), h, e)
    slope = float(line.coefficients[1])
    error = float(np.sqrt(line.covariance[1, 1] * max(1.0, line.chi2 / line.dof if line.dof else 1.0)))
    told = ", ".join(f"{x:.3g} K: {y:.3g} +- {s:.2g} ohm" for x, y, s in rows)
    trend = "grows" if slope > TREND_SIGMAS * error else "falls" if slope < -TREND_SIGMAS * error else "is constant"
    reason = f"the peak {trend} with temperature; mean height at {told}"
    method = "height at fixed fields, mean over the gates that have a peak"
    window = {"temperature_K": (float(t[0]), float(t[-1]))}
    return [Finding(quantity, slope, error, "ohm/K", Verdict.GOOD, reason, method, conditions, names, window)]


def _mean_height(best: MapResult, data: GateMap) -> tuple[float, float] | None:
    heights, errors = [], []
    for peak in best.peaks:
        fields = best.data.field_T[[peak.candidate.top, peak.candidate.left, peak.candidate.right]]
        places = [int(np.argmin(np.abs(data.field_T - field))) for field in fields]
        gate = float(best.data.gate_V[peak.gate])
        near = np.max(np.abs(data.field_T[places] - fields)) < 0.02 * np.ptp(fields)
        if not near or not data.gate_V[0] <= gate <= data.gate_V[-1]:
            continue
        top, left, right = (float(np.interp(gate, data.gate_V, data.resistance_ohm[:, p])) for p in places)
        valley = places[1] if left > right else places[2]
        sigma = [float(np.interp(gate, data.gate_V, data.sigma_ohm[:, p])) for p in (places[0], valley)]
        heights.append(top - max(left, right))
        errors.append(float(np.hypot(sigma[0], sigma[1])))
    if not heights:
        return None
    # lines shift all gates together, so that the mean is known no better than each
    return float(np.mean(heights)), float(np.mean(errors))

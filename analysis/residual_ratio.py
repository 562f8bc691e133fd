"""Residual resistance ratio of a cooling curve, with the two temperatures that define it."""

import numpy as np

from analysis.curves import Curve
from analysis.errors import AnalysisError
from analysis.findings import Condition, Finding, Verdict
from analysis.normal_state import NormalState, held_fit, power_law_terms, unusable
from analysis.statistics import noise_from_differences

#: Definition where none is asked for: this temperature over just above the transition.
ROOM_K = 300.0
#: Points within this share of a temperature, and no fewer than so many, say the resistance there; from farther away
#: than the larger share none are called upon.
NEAR, FARTHEST, FEWEST = 0.05, 0.6, 6
#: How the expansion about n = 2 is held, in units of its first coefficient: n as free as metals have it, 1 to 5.
ANY_METAL = (3.0, 4.5)
#: From so many points to spare on their scatter tells the noise; with fewer, that of the whole curve is the least.
ENOUGH_FOR_NOISE = 12
#: A curve that ends within this share of a temperature still gives its value there.
SHORT = 0.01


def residual_ratio(
    curve: Curve, hot_K: float = ROOM_K, cold_K: float | None = None, normal: NormalState | None = None
) -> Finding:
    """``RRR`` = R(hot)/R(cold); the definition is in the conditions ``hot_K`` and ``cold_K``.

    Papers differ in both temperatures (300 K over 20 K, 4.2 K, just above Tc), and the ratio with them.
    Without ``cold_K`` it is the lower end of the window of ``normal``, just above the transition. R at each is that
    of R0 + A T^n, n loosely 2 +- 3, through the points within 5 % of it, or the six nearest where steps are coarse;
    the errors hold the scatter about it and the accuracy of the thermometer through dR/dT. Points below the
    lower end of ``normal`` have no part in it, and there is no residual resistance to quote there.
    """
    if cold_K is None and normal is not None:
        cold_K = float(f"{normal.window_K[0]:.3g}")
        cold_K = cold_K if cold_K >= normal.window_K[0] else float(f"{normal.window_K[0] * 1.005:.3g}")
    given: dict[str, Condition] = {"hot_K": hot_K}
    if cold_K is not None:
        given["cold_K"] = cold_K
    for name in ("field_T", "orientation"):
        if name in curve.info.conditions:
            given[name] = curve.info.conditions[name]

    def none(reason: str) -> Finding:
        names = (curve.info.name,)
        return Finding("RRR", None, None, "1", Verdict.NOT_ENOUGH_DATA, reason, conditions=given, curves=names)

    if problem := unusable(curve.temperature_K, curve.resistance_ohm):
        return none(problem)
    if cold_K is None:
        return none("neither a cold temperature nor a normal state above a transition is known")
    if normal is not None and cold_K < normal.window_K[0]:
        return none(f"{cold_K:g} K is not in the normal state, which begins at {normal.window_K[0]:.4g} K")
    parts = []
    lowest = 0.0 if normal is None else normal.window_K[0]
    for temperature in (hot_K, cold_K):
        found = _resistance_at(curve, temperature, lowest)
        if isinstance(found, str):
            return none(found)
        parts.append(found)
    (hot, hot_error), (cold, cold_error) = parts
    if not cold > 3 * cold_error or not hot > 0:
        return none(f"R({cold_K:g} K) = {cold:.3g} ohm is not above its error: a ratio has no meaning")
    value = hot / cold
    error = value * float(np.hypot(hot_error / hot, cold_error / cold))
    doubts = [] if curve.complete else ["the curve is still being measured"]
    verdict = Verdict.PROVISIONAL if doubts else Verdict.GOOD
    method = f"R({hot_K:g} K)/R({cold_K:g} K)"
    window = {"temperature_K": (cold_K, hot_K)}
    return Finding("RRR", value, error, "1", verdict, "; ".join(doubts), method, given, (curve.info.name,), window)


def _resistance_at(curve: Curve, temperature_K: float, lowest_K: float) -> tuple[float, float] | str:
    normal = curve.temperature_K >= lowest_K
    t, r = curve.temperature_K[normal], curve.resistance_ohm[normal]
    lowest, highest = (float(np.min(t)), float(np.max(t))) if t.size else (np.inf, -np.inf)
    if not lowest * (1 - SHORT) <= temperature_K <= highest * (1 + SHORT):
        return f"{temperature_K:g} K is outside the curve, {lowest:.4g} to {highest:.4g} K"
    away = np.abs(t / temperature_K - 1)
    reach = max(NEAR, float(np.sort(away)[min(FEWEST, t.size) - 1]))
    near = away <= reach
    if np.unique(t[near]).size < FEWEST or reach > FARTHEST:
        return f"fewer than {FEWEST} temperatures within {min(reach, FARTHEST):.0%} of {temperature_K:g} K"
    x, y = t[near], r[near]
    noise = max(noise_from_differences(curve.resistance_ohm), 1e-12 * float(np.max(np.abs(y))))
    try:
        fit = held_fit(power_law_terms(x, temperature_K), y, noise, ANY_METAL)
    except AnalysisError as problem:
        return str(problem)
    spare = x.size - 3
    scatter = float(np.sqrt(fit.chi2 / spare))
    scatter = scatter if spare >= ENOUGH_FOR_NOISE else max(1.0, scatter)
    c0, c1, c2, _ = fit.coefficients
    own = scatter * float(np.sqrt(fit.covariance[0, 0] + 2 * fit.covariance[0, 1] + fit.covariance[1, 1]))
    calibration = float(2 * c1 + c2) / temperature_K * curve.info.temperature_accuracy_K
    return float(c0 + c1), float(np.hypot(own, calibration))

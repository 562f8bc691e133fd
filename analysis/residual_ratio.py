"""Residual resistance ratio of a cooling curve, with the two temperatures that define it."""

import numpy as np

from analysis.curves import Curve
from analysis.errors import AnalysisError
from analysis.findings import Condition, Finding, Verdict
from analysis.normal_state import NormalState, unusable
from analysis.statistics import noise_from_differences, weighted_least_squares

#: Definition where none is asked for: this temperature over just above the transition.
ROOM_K = 300.0
#: Points within this share of a temperature, and no fewer than so many, say the resistance there.
NEAR, FEWEST = 0.05, 6
#: A curve that ends within this share of a temperature still gives its value there.
SHORT = 0.01


def residual_ratio(
    curve: Curve, hot_K: float = ROOM_K, cold_K: float | None = None, normal: NormalState | None = None
) -> Finding:
    """``RRR`` = R(hot)/R(cold); the definition is in the conditions ``hot_K`` and ``cold_K``.

    Papers differ in both temperatures (300 K over 20 K, 4.2 K, just above Tc), and the ratio with them.
    Without ``cold_K`` it is the lower end of the window of ``normal``, just above the transition. R at each is that
    of a parabola through the points within 5 % of it, with the scatter about it; the errors hold the accuracy of
    the thermometer through dR/dT. Below the lower end of ``normal`` there is no residual resistance to quote.
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
    for temperature in (hot_K, cold_K):
        found = _resistance_at(curve, temperature)
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


def _resistance_at(curve: Curve, temperature_K: float) -> tuple[float, float] | str:
    t, r = curve.temperature_K, curve.resistance_ohm
    lowest, highest = float(np.min(t)), float(np.max(t))
    if not lowest * (1 - SHORT) <= temperature_K <= highest * (1 + SHORT):
        return f"{temperature_K:g} K is outside the curve, {lowest:.4g} to {highest:.4g} K"
    near = np.abs(t - temperature_K) <= NEAR * temperature_K
    if np.count_nonzero(near) < FEWEST or np.unique(t[near]).size < 3:
        return f"fewer than {FEWEST} points within {NEAR:.0%} of {temperature_K:g} K"
    x, y = t[near] - temperature_K, r[near]
    noise = max(noise_from_differences(r), 1e-12 * float(np.max(np.abs(y))))
    powers = np.vander(x, 3 if np.unique(x).size > 5 else 2, increasing=True)
    try:
        fit = weighted_least_squares(powers, y, noise)
    except AnalysisError as problem:
        return str(problem)
    scatter = float(np.sqrt(max(1.0, fit.chi2 / max(fit.dof, 1))))
    own = scatter * float(np.sqrt(fit.covariance[0, 0]))
    calibration = float(fit.coefficients[1]) * curve.info.temperature_accuracy_K
    return float(fit.coefficients[0]), float(np.hypot(own, calibration))

"""Findings of one R(T) curve: critical temperatures by criterion, width, normal and residual resistance."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.crossing import Crossing, Fractions, find_crossing
from analysis.curves import Curve, FloatArray
from analysis.errors import AnalysisError
from analysis.findings import Condition, Finding, Verdict
from analysis.models.transition import MIDPOINT, ONSET, ZERO
from analysis.normal_state import NormalState
from analysis.statistics import weighted_least_squares
from analysis.steps import Steps, stepwise

#: The stable names of the criteria, and the shares of R_n behind them.
CRITERIA: Mapping[str, float] = {"onset": ONSET, "mid": MIDPOINT, "zero": ZERO}
#: Share of a curve's temperature range, from its cold end, that counts as its base.
BASE_SHARE = 0.015
#: From so many points on a crossing tells the noise of the thermometer to the others.
ENOUGH_FOR_NOISE = 40
HALF_SEEN = (
    "the resistance does not fall to half of R_n: a transition begins there, or the normal state itself bends"
)
#: From 1 to 99 % of a Gaussian step, in standard deviations.
_WIDTH_IN_SIGMA = 2 * 2.3263
#: A share of R_n at the base that is no begin of anything.
_ALL_NORMAL = 0.99
STILL_MEASURING = "the curve is still being measured"


@dataclass(frozen=True, slots=True)
class TransitionReport:
    """All findings of one curve, with those that other analyses need by name of the criterion."""

    findings: list[Finding]
    critical: Mapping[str, Finding] = field(default_factory=dict)
    base: Finding | None = None


@stepwise
def transition_report(curve: Curve, normal: NormalState | str) -> Steps[TransitionReport]:
    """Tc at onset, middle and zero, transition width, normal resistance and the share left at the base.

    Errors of the temperatures hold noise, step and the thermometer's calibration; the last cancels in the width.
    Without a normal state everything is NOT_ENOUGH_DATA with its reason; so is a criterion not reached.
    """
    maker = _Maker(curve, normal)
    if isinstance(normal, str):
        return _nothing(maker, normal)
    data = Fractions.of(curve.temperature_K, curve.resistance_ohm, normal)
    if isinstance(data, str):
        return _nothing(maker, data)
    crossings = yield from _crossings(data)
    yield
    seen = not isinstance(crossings["mid"], str)
    critical = {name: maker.critical(name, crossings[name], seen) for name in CRITERIA}
    base = maker.base(data, seen)
    width = maker.width(crossings["onset"], crossings["zero"])
    level = maker.normal_resistance(normal, crossings["mid"])
    return TransitionReport([*critical.values(), width, level, base], critical, base)


def _nothing(maker: "_Maker", reason: str) -> TransitionReport:
    critical = {name: maker.none(f"Tc_{name}", "K", reason) for name in CRITERIA}
    rest = [("transition_width", "K"), ("normal_resistance", "ohm"), ("resistance_fraction_at_base", "1")]
    return TransitionReport([*critical.values(), *(maker.none(*missing, reason) for missing in rest)], critical)


def _crossings(data: Fractions) -> Steps[dict[str, Crossing | str]]:
    middle = yield from find_crossing.steps(data, MIDPOINT)
    noise = None
    if not isinstance(middle, str) and middle.points >= ENOUGH_FOR_NOISE:
        noise = middle.place_noise
    others: dict[str, Crossing | str] = {}
    for name, share in CRITERIA.items():
        if name != "mid":
            others[name] = yield from find_crossing.steps(data, share, noise)
    return {"onset": others["onset"], "mid": middle, "zero": others["zero"]}


@dataclass(frozen=True, slots=True)
class _Maker:
    """Writes findings that share a curve's name, conditions, and doubts."""

    curve: Curve
    normal: NormalState | str

    @property
    def conditions(self) -> dict[str, Condition]:
        known = self.curve.info.conditions
        return {name: known[name] for name in ("field_T", "orientation") if name in known}

    def critical(self, name: str, crossing: Crossing | str, seen: bool) -> Finding:
        """One criterion; ``seen`` is whether the curve falls to the middle, and is surely a transition."""
        quantity = f"Tc_{name}"
        if isinstance(crossing, str):
            return self.none(quantity, "K", crossing)
        error = float(np.hypot(crossing.error, self.curve.info.temperature_accuracy_K))
        window = {"temperature_K": crossing.window}
        method = f"{CRITERIA[name]:.0%} of R_n, local fit"
        doubts = _doubts(crossing) if seen else [*_doubts(crossing), HALF_SEEN]
        return self.some(quantity, crossing.place, error, "K", doubts, method, window)

    def smeared(self, width_K: float) -> float:
        """By how much the read-out's filter widens a transition of this width, as it does a Gaussian one."""
        smeared_K = _WIDTH_IN_SIGMA * self.curve.info.smearing_K
        return width_K - float(np.sqrt(max(width_K**2 - smeared_K**2, 0.0)))

    def width(self, onset: Crossing | str, zero: Crossing | str) -> Finding:
        if isinstance(onset, str):
            return self.none("transition_width", "K", onset)
        if isinstance(zero, str):
            return self.none("transition_width", "K", zero)
        value = onset.place - zero.place
        error = float(np.hypot(np.hypot(onset.error, zero.error), self.smeared(value)))
        window = {"temperature_K": (zero.window[0], onset.window[1])}
        doubts = list(dict.fromkeys(_doubts(onset) + _doubts(zero)))
        return self.some("transition_width", value, error, "K", doubts, "onset - zero", window)

    def normal_resistance(self, normal: NormalState, middle: Crossing | str) -> Finding:
        place = normal.window_K[0] if isinstance(middle, str) else middle.place
        where = "the lower end of its window" if isinstance(middle, str) else "Tc_mid"
        accuracy = self.curve.info.temperature_accuracy_K
        error = float(np.hypot(normal.sigma(place), normal.slope(place) * accuracy))
        window = {"temperature_K": normal.window_K}
        value, method = float(normal.resistance(place)), f"normal state at {where}, {place:.4g} K"
        doubts = [HALF_SEEN] if isinstance(middle, str) else []
        return self.some("normal_resistance", value, error, "ohm", doubts, method, window)

    def base(self, data: Fractions, seen: bool) -> Finding:
        """R/R_n at the middle of the coldest part, by a parabola through it: the mean alone would miss its bend."""
        quantity = "resistance_fraction_at_base"
        coldest, span = float(np.min(data.place)), float(np.ptp(data.place))
        enough = float(data.place[data.order[min(10, data.order.size) - 1]])
        cold = data.place <= max(coldest + BASE_SHARE * span, enough)
        t, f, sigma = data.place[cold], data.fraction[cold], data.sigma[cold]
        # a spike has no part in a mean
        keep = np.abs(f - np.median(f)) <= 6 * np.maximum(np.median(np.abs(f - np.median(f))), sigma)
        place = float(np.mean(t[keep]))
        value, slope, own = _at_middle(t[keep] - place, f[keep], sigma[keep])
        from_normal = value * float(data.normal.sigma(place) / data.normal.resistance(place))
        calibration = slope * self.curve.info.temperature_accuracy_K
        error = float(np.sqrt(own**2 + from_normal**2 + calibration**2))
        window = {"temperature_K": (float(np.min(t)), float(np.max(t)))}
        doubts = [] if seen or value > _ALL_NORMAL else [HALF_SEEN]
        made = self.some(quantity, value, error, "1", doubts, "parabola through the coldest part", window)
        return replace(made, conditions={**self.conditions, "temperature_K": place})

    def some(
        self,
        quantity: str,
        value: float,
        error: float,
        unit: str,
        doubts: list[str],
        method: str,
        window: Mapping[str, tuple[float, float]],
    ) -> Finding:
        """A number; provisional with any doubt."""
        doubts = list(doubts)
        if isinstance(self.normal, NormalState) and self.normal.remark:
            doubts.append(self.normal.remark)
        if not self.curve.complete:
            doubts.append(STILL_MEASURING)
        verdict = Verdict.PROVISIONAL if doubts else Verdict.GOOD
        names = (self.curve.info.name,)
        return Finding(
            quantity, value, error, unit, verdict, "; ".join(doubts), method, self.conditions, names, window
        )

    def none(self, quantity: str, unit: str, reason: str) -> Finding:
        """No number, and why."""
        if not self.curve.complete:
            reason = f"{reason}; {STILL_MEASURING}"
        names = (self.curve.info.name,)
        return Finding(
            quantity, None, None, unit, Verdict.NOT_ENOUGH_DATA, reason, conditions=self.conditions, curves=names
        )


def _doubts(crossing: Crossing) -> list[str]:
    doubts = [crossing.remark] if crossing.remark else []
    if crossing.count > 1:
        doubts.append(f"the resistance passes this share {crossing.count} times; the hottest crossing is quoted")
    return doubts


def _at_middle(distance_K: FloatArray, share: FloatArray, sigma: FloatArray) -> tuple[float, float, float]:
    """Share, its slope (1/K) and its error at distance 0, by a parabola; by the mean where T was held."""
    design = np.column_stack([np.ones_like(distance_K), distance_K, distance_K**2])
    try:
        fit = weighted_least_squares(design, share, np.ones_like(share))
    except AnalysisError:
        value, slope, freedom, unit_error = float(np.mean(share)), 0.0, share.size - 1, share.size**-0.5
        residual = share - value
    else:
        value, slope = float(fit.coefficients[0]), float(fit.coefficients[1])
        freedom, unit_error = share.size - 3, float(np.sqrt(fit.covariance[0, 0]))
        residual = share - design @ fit.coefficients
    scatter = float(np.sqrt(np.sum(residual**2) / max(freedom, 1)))
    # readings that coincide in all their digits are not known without error
    return value, slope, (scatter or float(np.median(sigma))) * unit_error

"""Findings of one longitudinal R(B) curve: the upper critical field at each criterion, and the normal state."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from analysis.crossing import FIELD, Crossing, Fractions, find_crossing
from analysis.curves import Curve
from analysis.field_branches import Branch, Direction, Sweep, branches, sweeps
from analysis.findings import Condition, Finding, Verdict
from analysis.models.transition import MIDPOINT, ONSET, ZERO
from analysis.normal_field import BEYOND_REACH, FieldNormal, fit_normal_field
from analysis.steps import Steps, stepwise

#: Criteria in field: those of R(T), and the one that thin-film work quotes.
CRITERIA: Mapping[str, float] = {"onset": ONSET, "90 %": 0.90, "mid": MIDPOINT, "zero": ZERO}
#: Conditions that findings of a field sweep carry on.
KEPT = ("temperature_K", "orientation", "gate_V", "channel")
#: A temperature that moves by this share during a sweep is told.
LARGEST_DRIFT = 0.02
#: Differences beyond so many errors are told.
TOLD = 3.0
STILL_MEASURING = "the curve is still being measured"


@dataclass(frozen=True, slots=True)
class Place:
    """A crossing on one branch: where, how well, and what was found there."""

    direction: Direction
    side: int
    crossing: Crossing


@dataclass(frozen=True, slots=True)
class FieldReport:
    """Findings of one curve, and what analyses across curves need.

    ``places`` are the crossings by criterion; ``normals`` the normal states of the branches that have one.
    """

    findings: list[Finding]
    parts: list[Sweep] = field(default_factory=list)
    places: Mapping[str, list[Place]] = field(default_factory=dict)
    normals: list[FieldNormal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Maker:
    """Writes findings that share a curve's name, conditions, and doubts."""

    curve: Curve

    @property
    def conditions(self) -> dict[str, Condition]:
        """What was held fixed; the temperature as measured where none was commanded."""
        known = self.curve.info.conditions
        kept = {name: known[name] for name in KEPT if name in known}
        temperature = self.curve.temperature_K
        if "temperature_K" not in kept and temperature.size and np.all(np.isfinite(temperature)):
            kept = {"temperature_K": float(np.median(temperature)), **kept}
        return kept

    def some(
        self,
        quantity: str,
        value: float,
        error: float,
        unit: str,
        doubts: list[str],
        method: str,
        window: tuple[float, float],
        note: str = "",
        **more: Condition,
    ) -> Finding:
        """A number; provisional with any doubt. ``note`` is told without being a doubt."""
        doubts = [text for text in dict.fromkeys([*doubts, self._drift()]) if text]
        if not self.curve.complete:
            doubts.append(STILL_MEASURING)
        verdict = Verdict.PROVISIONAL if doubts else Verdict.GOOD
        reason = "; ".join(text for text in (*doubts, note) if text)
        conditions = {**self.conditions, **more}
        names = (self.curve.info.name,)
        return Finding(
            quantity, value, error, unit, verdict, reason, method, conditions, names, {"field_T": window}
        )

    def none(self, quantity: str, unit: str, reason: str, **more: Condition) -> Finding:
        """No number, and why."""
        if not self.curve.complete:
            reason = f"{reason}; {STILL_MEASURING}"
        conditions = {**self.conditions, **more}
        names = (self.curve.info.name,)
        return Finding(
            quantity, None, None, unit, Verdict.NOT_ENOUGH_DATA, reason, conditions=conditions, curves=names
        )

    def _drift(self) -> str:
        temperature = self.curve.temperature_K
        if temperature.size < 10 or not np.all(np.isfinite(temperature)):
            return ""
        low, high = (float(bound) for bound in np.percentile(temperature, [2, 98]))
        middle = float(np.median(temperature))
        if middle > 0 and high - low > LARGEST_DRIFT * middle:
            return f"the temperature moves from {low:.4g} to {high:.4g} K during the sweep"
        return ""


@stepwise
def field_report(curve: Curve, given: FieldNormal | None = None) -> Steps[FieldReport]:
    """Hc2 at onset (99 %), 90 %, mid and zero (1 %) of R_n(B), and R_n at the middle, from R(B) at one temperature.

    R_n is a straight line in |B| just above the transition of each branch. ``given`` is the normal state that other
    curves show: it serves where this sweep ends before its own, and the findings say so. Hc2 is the last upward
    crossing on each side of zero field; a sweep through both signs gives half the distance of its crossings, from
    which a remanent field and the lag of the reading cancel. Errors hold the noise of R and B, the error of R_n at
    the criterion, half a step, hysteresis within the curve, and the relative accuracy of the field.
    """
    maker = Maker(curve)
    parts = sweeps(curve.field_T, curve.resistance_ohm)
    if isinstance(parts, str):
        return FieldReport(_nothing(maker, parts))
    known = yield from _with_normals([branch for sweep in parts for branch in branches(sweep)], given)
    if not known:
        return FieldReport(_nothing(maker, "too few points on either side of zero field"), parts)
    places: dict[str, list[Place]] = {name: [] for name in CRITERIA}
    problems: dict[str, list[str]] = {name: [] for name in CRITERIA}
    normals: list[FieldNormal] = []
    borrowed: list[FieldNormal] = []
    for branch, normal, own in known:
        if isinstance(normal, FieldNormal):
            (normals if own else borrowed).append(normal)
        crossings = yield from _crossings(branch, normal)
        for name, found in crossings.items():
            if isinstance(found, str):
                problems[name].append(_on_side(branch, found, len(known)))
            else:
                places[name].append(Place(branch.direction, branch.side, found))
    used = normals or borrowed
    findings = [_critical(maker, name, places[name], problems[name], used) for name in CRITERIA]
    return FieldReport([*findings, _level(maker, used, places["mid"], known)], parts, places, normals)


def _with_normals(
    parts: list[Branch], given: FieldNormal | None
) -> Steps[list[tuple[Branch, FieldNormal | str, bool]]]:
    """Each branch with its own normal state, else another branch's, else the given one; and if it is its own."""
    own: list[FieldNormal | str] = []
    for branch in parts:
        own.append((yield from fit_normal_field.steps(branch.size_T, branch.resistance_ohm)))
    first = next((normal for normal in own if isinstance(normal, FieldNormal)), given)
    return [
        (branch, first, False)
        if isinstance(normal, str) and first is not None and BEYOND_REACH in normal
        else (branch, normal, True)
        for branch, normal in zip(parts, own, strict=True)
    ]


def _crossings(branch: Branch, normal: FieldNormal | str) -> Steps[dict[str, Crossing | str]]:
    if isinstance(normal, str):
        return dict.fromkeys(CRITERIA, normal)
    data = Fractions.of(branch.size_T, branch.resistance_ohm, normal, FIELD)
    if isinstance(data, str):
        return dict.fromkeys(CRITERIA, data)
    found: dict[str, Crossing | str] = {}
    for name, share in CRITERIA.items():
        found[name] = yield from find_crossing.steps(data, share)
    return found


def _critical(
    maker: Maker, name: str, found: list[Place], problems: list[str], normals: list[FieldNormal]
) -> Finding:
    if not found:
        return maker.none("Hc2", "T", "; ".join(dict.fromkeys(problems)), criterion=name)
    value, own, doubts, note = combined(found)
    if problems and len({place.side for place in found}) == 1:
        doubts.append("the other side of zero field gives none, so that a remanent field does not cancel")
    accuracy = maker.curve.info.field_accuracy * value
    doubts += [place.crossing.remark for place in found if place.crossing.remark]
    most = max(place.crossing.count for place in found)
    if most > 1:
        doubts.append(f"the resistance passes this share {most} times; the crossing at the highest field is quoted")
    doubts += [normal.remark for normal in normals if normal.remark]
    lacking = [f"not counted: {text}" for text in dict.fromkeys(problems)]
    window = (min(p.crossing.window[0] for p in found), max(p.crossing.window[1] for p in found))
    method = f"{CRITERIA[name]:.0%} of R_n(B), local fit, {_sides(found)}"
    note = "; ".join(text for text in (note, *lacking) if text)
    error = float(np.hypot(own, accuracy))
    return maker.some("Hc2", value, error, "T", doubts, method, window, note, criterion=name)


def combined(found: list[Place]) -> tuple[float, float, list[str], str]:
    """One size of field from the crossings of all branches; its error, doubts, and a note.

    Sides first: their mean is half the distance between them. Sweeps then: the mean, with half of a difference
    beyond their errors added to the error.
    """
    by_direction: dict[Direction, list[Place]] = {}
    for place in found:
        by_direction.setdefault(place.direction, []).append(place)
    means, notes = [], []
    for direction, places in by_direction.items():
        sides = {place.side: place.crossing for place in places}
        if len(sides) == 2:
            shift = 0.5 * (sides[1].place - sides[-1].place)
            error = 0.5 * float(np.hypot(sides[1].error, sides[-1].error))
            means.append((0.5 * (sides[1].place + sides[-1].place), error))
            if abs(shift) > TOLD * error:
                notes.append(f"the sweep {direction} is centred at {shift:.3g} T, which half the distance cancels")
        else:
            weights = np.array([place.crossing.error for place in places])
            means.append((float(np.mean([p.crossing.place for p in places])), _mean_error(weights)))
    values, errors = np.array(means).T
    value, error = float(np.mean(values)), _mean_error(errors)
    spread = 0.5 * float(np.ptp(values))
    doubts = []
    if spread > TOLD * error:
        doubts.append(f"sweeps up and down differ by {2 * spread:.3g} T; their mean is quoted")
        error = float(np.hypot(error, spread))
    return value, error, doubts, "; ".join(notes)


def _mean_error(errors: np.ndarray) -> float:
    return float(np.sqrt(np.sum(errors**2))) / errors.size


def _sides(found: list[Place]) -> str:
    sides = {place.side for place in found}
    return "half the distance of both signs of the field" if len(sides) == 2 else "one sign of the field"


def _on_side(branch: Branch, reason: str, count: int) -> str:
    return reason if count == 1 else f"{'positive' if branch.side > 0 else 'negative'} side: {reason}"


def _level(
    maker: Maker,
    normals: list[FieldNormal],
    middle: list[Place],
    known: list[tuple[Branch, FieldNormal | str, bool]],
) -> Finding:
    quantity = "normal_resistance"
    if not normals:
        reasons = dict.fromkeys(_on_side(b, n, len(known)) for b, n, _ in known if isinstance(n, str))
        return maker.none(quantity, "ohm", "; ".join(reasons))
    first = normals[0]
    if not middle and all(normal.lent for normal in normals):
        return maker.none(quantity, "ohm", f"no normal state of its own; {first.remark}")
    place = float(np.mean([p.crossing.place for p in middle])) if middle else first.window_T[0]
    levels = np.array([float(normal.resistance(place)) for normal in normals])
    errors = np.array([float(normal.sigma(place)) for normal in normals])
    error = float(np.hypot(_mean_error(errors), 0.5 * float(np.ptp(levels)) if levels.size > 1 else 0.0))
    window = (min(n.window_T[0] for n in normals), max(n.window_T[1] for n in normals))
    method = f"line in |B|, at {'Hc2, mid' if middle else 'its lower end'}, {place:.4g} T"
    doubts = [normal.remark for normal in normals if normal.remark]
    return maker.some(quantity, float(np.mean(levels)), error, "ohm", doubts, method, window)


def _nothing(maker: Maker, reason: str) -> list[Finding]:
    found = [maker.none("Hc2", "T", reason, criterion=name) for name in CRITERIA]
    return [*found, maker.none("normal_resistance", "ohm", reason)]

"""Upper critical field and zero-resistance field, across R(T) curves of one orientation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.findings import Condition, Finding, Verdict
from analysis.models.transition import ZERO

#: Temperatures of two curves closer than this many of their errors carry no slope.
DISTINCT = 3.0
SHARE = "resistance_fraction_at_base"


@dataclass(frozen=True, slots=True)
class FieldCurve:
    """What one R(T) curve says: Tc findings by criterion, and the share of R_n left at its base."""

    name: str
    field_T: float
    field_accuracy: float
    critical: Mapping[str, Finding]
    base: Finding | None


def critical_field_findings(
    curves: Sequence[FieldCurve], orientation: Condition | None, criterion: str, complete: bool
) -> list[Finding]:
    """Hc2 at each curve's Tc: the value is the field, the error that of Tc times |dH/dT| and that of the field.

    dH/dT is the steepest of the parabola through a curve and its neighbours in field, zero field included, and
    of the secants to them: near Tc the boundary can be a cusp, which a parabola takes too flat, and an error must
    not be too small. Two curves give a provisional secant, one gives no error and therefore no number.
    """
    having = [(curve, curve.critical[criterion]) for curve in curves if criterion in curve.critical]
    known = sorted(
        (
            (abs(c.field_T), f.value, f.error, f, c)
            for c, f in having
            if f.value is not None and f.error is not None
        ),
        key=lambda item: item[0],
    )
    base: dict[str, Condition] = {"criterion": criterion}
    if orientation is not None:
        base["orientation"] = orientation
    fields = np.array([item[0] for item in known])
    temperatures, errors = np.array([item[1] for item in known]), np.array([item[2] for item in known])
    if np.unique(fields).size < 2:
        reason = f"Tc_{criterion} is known at {np.unique(fields).size} field(s); a slope dH/dT needs two"
        return [Finding("Hc2", None, None, "T", Verdict.NOT_ENOUGH_DATA, reason, conditions=base)]
    findings = []
    for index, (field, temperature, error, critical, curve) in enumerate(known):
        if field == 0:
            continue
        slope, used, doubt = _slope(temperatures, fields, errors, index)
        conditions = {"temperature_K": float(temperature), **base}
        names = tuple(known[i][4].name for i in used)
        if slope is None:
            findings.append(
                Finding("Hc2", None, None, "T", Verdict.NOT_ENOUGH_DATA, doubt, conditions=conditions, curves=names)
            )
            continue
        doubts = [text for text in (doubt, critical.reason) if text]
        if not complete:
            doubts.append("neighbours may still come")
        total = float(np.hypot(error * slope, curve.field_accuracy * field))
        verdict = Verdict.PROVISIONAL if doubts else Verdict.GOOD
        method = f"field of the curve; slope dH/dT = {slope:.3g} T/K from its neighbours"
        findings.append(Finding("Hc2", field, total, "T", verdict, "; ".join(doubts), method, conditions, names))
    return findings


def _slope(
    temperature: np.ndarray, field: np.ndarray, error: np.ndarray, index: int
) -> tuple[float | None, list[int], str]:
    """dH/dT at a curve, the curves used, and a doubt; curves at one field count once."""
    distinct = [i for i in range(field.size) if field[i] != field[index]]
    below = [i for i in distinct if field[i] < field[index]][-1:]
    above = [i for i in distinct if field[i] > field[index]][:1]
    used = [*below, index, *above]
    if len(used) == 2 and len(distinct) > 1:  # the last curve: a second one on its side
        beyond = [i for i in distinct if i not in used and field[i] != field[(below or above)[0]]]
        used = sorted([*used, *(beyond[-1:] if below else beyond[:1])])
    # dT/dH is single valued even where Hc2(T) is steep
    inverse = _derivative(field[used], temperature[used], float(field[index]))
    reach = float(np.ptp(temperature[used]))
    if reach < DISTINCT * float(np.hypot(error[used[0]], error[used[-1]])) or inverse == 0:
        return None, used, "neighbouring curves have the same Tc within their errors: no slope dH/dT"
    flattest = min(abs(inverse), *(abs(secant) for secant in _secants(field, temperature, error, index)))
    if inverse > 0:
        return 1 / flattest, used, "Tc rises with field between neighbouring curves"
    return 1 / flattest, used, "" if len(used) > 2 else "the slope dH/dT rests on two curves"


def _secants(field: np.ndarray, value: np.ndarray, error: np.ndarray, index: int) -> list[float]:
    """d(value)/dH to the next lower and the next higher field; those lost in the errors are left out."""
    found = []
    for side in (field < field[index], field > field[index]):
        if np.any(side):
            other = int(np.flatnonzero(side)[np.argmin(np.abs(field[side] - field[index]))])
            rise = float(value[other] - value[index])
            if abs(rise) > DISTINCT * float(np.hypot(error[other], error[index])):
                found.append(rise / float(field[other] - field[index]))
    return found or [float("inf")]


def with_field_calibration(findings: Sequence[Finding], field_accuracy: float) -> list[Finding]:
    """One quantity of R(T) curves at several fields, the magnet's calibration added to the errors.

    A curve belongs to the field that was set; the true one differs by ``field_accuracy`` (relative, one standard
    deviation), which moves the quantity by its steepest change to a neighbouring field.
    """
    known = sorted(
        (f for f in findings if f.value is not None and f.error is not None and "field_T" in f.conditions),
        key=_field,
    )
    if len(known) < 2:
        return list(findings)
    field = np.array([_field(f) for f in known])
    value = np.array([f.value for f in known], dtype=float)
    error = np.array([f.error for f in known], dtype=float)
    widened = {}
    for index, finding in enumerate(known):
        change = _change(field, value, error, index, is_share=finding.quantity == SHARE)
        widened[id(finding)] = float(np.hypot(error[index], change * field_accuracy * field[index]))
    return [replace(f, error=widened[id(f)]) if id(f) in widened else f for f in findings]


def _field(finding: Finding) -> float:
    return abs(float(finding.conditions["field_T"]))


def _change(field: np.ndarray, value: np.ndarray, error: np.ndarray, index: int, is_share: bool) -> float:
    """|d(value)/dH| at one of several fields in rising order, rather too large than too small.

    A share of R_n grows from nothing by orders of magnitude: one that is lost in its error does not move yet, and
    one that is not moves no faster than its logarithm does.
    """
    secants = [abs(s) for s in _secants(field, value, error, index) if np.isfinite(s)]
    near = np.argsort(np.abs(field - field[index]), kind="stable")
    near = near[np.unique(field[near], return_index=True)[1]] if np.unique(field).size < field.size else near
    used = near[:3]
    steepest = max(
        [*secants, abs(_derivative(field[used], value[used], float(field[index]))) if used.size > 2 else 0.0]
    )
    if not is_share:
        return steepest
    if value[index] < DISTINCT * error[index]:
        return 0.0
    logarithm = np.log(np.maximum(value, error))
    by_order = [abs(s) for s in _secants(field, logarithm, np.zeros_like(error), index) if np.isfinite(s)]
    growing = float(value[index]) * max(by_order, default=float("inf"))
    if field[index] == field[-1]:  # beyond the last curve it goes on growing, less so as it nears R_n
        return max(steepest, growing * max(1 - float(value[index]), 0.0)) if np.isfinite(growing) else steepest
    return min(steepest, growing)


def _derivative(x: np.ndarray, y: np.ndarray, at: float) -> float:
    """Slope at ``at`` of the polynomial through two or three points."""
    return float(np.polynomial.Polynomial.fit(x, y, x.size - 1).deriv()(at))


def zero_resistance_field(
    curves: Sequence[FieldCurve], orientation: Condition | None, complete: bool
) -> list[Finding]:
    """The field where R/R_n at the coldest temperature passes 1 %: middle of the bracket, half of it as error.

    A curve within two errors of 1 % decides nothing and lies inside the bracket.
    """
    conditions: dict[str, Condition] = {} if orientation is None else {"orientation": orientation}
    known = [(abs(c.field_T), c.base, c) for c in curves if c.base is not None and c.base.value is not None]
    if known:
        conditions["temperature_K"] = max(float(base.conditions["temperature_K"]) for _, base, _ in known)
    zero = [(field, c.name) for field, base, c in known if _share(base) + 2 * _error(base) < ZERO]
    some = [(field, c.name) for field, base, c in known if _share(base) - 2 * _error(base) > ZERO]
    quantity, unit = "zero_resistance_field", "T"
    if not zero:
        reason = f"no curve of {len(known)} falls below {ZERO:.0%} of R_n"
        return [Finding(quantity, None, None, unit, Verdict.NOT_ENOUGH_DATA, reason, conditions=conditions)]
    highest = max(zero)
    beyond = [item for item in some if item[0] > highest[0]]
    if not beyond:
        reason = f"still below {ZERO:.0%} of R_n at the highest field, {highest[0]:g} T"
        return [Finding(quantity, None, None, unit, Verdict.NOT_ENOUGH_DATA, reason, conditions=conditions)]
    lowest = min(beyond)
    doubts = [] if complete else ["curves between these fields may still come"]
    if any(field < highest[0] for field, _ in some):
        doubts.append("a curve at a lower field keeps its resistance; the last passage is quoted")
    verdict = Verdict.PROVISIONAL if doubts else Verdict.GOOD
    return [
        Finding(
            quantity,
            0.5 * (highest[0] + lowest[0]),
            0.5 * (lowest[0] - highest[0]),
            unit,
            verdict,
            "; ".join(doubts),
            "middle of the bracketing fields",
            conditions,
            (highest[1], lowest[1]),
            {"field_T": (highest[0], lowest[0])},
        )
    ]


def _share(base: Finding | None) -> float:
    return float("nan") if base is None or base.value is None else base.value


def _error(base: Finding | None) -> float:
    return float("nan") if base is None or base.error is None else base.error

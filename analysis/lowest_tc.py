"""The field of the lowest Tc, where re-entrance makes Tc(B) rise again: from R(T) curves in several fields."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.curves import Curve
from analysis.findings import Condition, Finding, Verdict
from analysis.reentrance import tc_minimum
from analysis.transition import TransitionReport

#: What must be the same for curves to lie on one Tc(B).
HELD = ("orientation", "gate_V")


def lowest_tc_findings(curves: Sequence[tuple[Curve, TransitionReport]]) -> list[Finding]:
    """``tc_minimum_field`` of the R(T) curves of each orientation and gate voltage; nothing where Tc only falls.

    Tc is that of the middle of the transition. The calibration of the thermometer is common to all curves and has
    no part in it; that of the field is in the error. Curves in the same field, of either sign, count as one.
    """
    groups: dict[tuple[Condition | None, ...], list[tuple[Curve, Finding]]] = {}
    for curve, report in curves:
        middle, field = report.critical.get("mid"), curve.info.conditions.get("field_T")
        if middle is not None and middle.value is not None and isinstance(field, (int, float)):
            key = tuple(curve.info.conditions.get(name) for name in HELD)
            groups.setdefault(key, []).append((curve, middle))
    found = (_of_group(dict(zip(HELD, key, strict=True)), members) for key, members in groups.items())
    return [finding for finding in found if finding is not None]


def _of_group(held: dict[str, Condition | None], members: Sequence[tuple[Curve, Finding]]) -> Finding | None:
    by_field: dict[float, list[tuple[float, float]]] = {}
    for curve, middle in members:
        own = (middle.error or 0.0) ** 2 - curve.info.temperature_accuracy_K**2
        if middle.value is not None and own > 0:
            size = abs(float(curve.info.conditions["field_T"]))
            by_field.setdefault(size, []).append((middle.value, float(np.sqrt(own))))
    fields = np.array(sorted(by_field))
    if not fields.size:
        return None
    merged = np.array([_mean(by_field[size]) for size in fields])
    given = {name: value for name, value in held.items() if value is not None}
    made = tc_minimum(fields, merged[:, 0], merged[:, 1], given)
    if made.value is None or made.error is None:
        return None
    accuracy = max(curve.info.field_accuracy for curve, _ in members)
    error = float(np.hypot(made.error, accuracy * made.value))
    names = tuple(curve.info.name for curve, _ in members)
    doubtful = any(middle.verdict is not Verdict.GOOD for _, middle in members)
    verdict = Verdict.PROVISIONAL if doubtful else made.verdict
    reason = f"{made.reason}; some of the Tc are provisional" if doubtful else made.reason
    return replace(made, error=error, curves=names, verdict=verdict, reason=reason)


def _mean(values: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Weighted mean of (value, error) pairs; the error of their scatter where that is larger."""
    value, error = np.array(values).T
    weight = error**-2.0
    mean = float(np.sum(weight * value) / np.sum(weight))
    chi2 = float(np.sum(weight * (value - mean) ** 2)) / max(value.size - 1, 1)
    return mean, float(np.sqrt(max(1.0, chi2) / np.sum(weight)))

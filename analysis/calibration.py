"""What a common calibration error of the abscissa does to a series of findings.

A quantity y(x) that is quoted at a temperature, field or gate voltage x carries the error of x as |dy/dx| sigma_x
beside its own. One curve does not know the slope; its neighbours do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.findings import Condition, Finding

_Key = tuple[str, str, tuple[tuple[str, str], ...]]

#: No field is known better than this share of it, whatever its own error says: differences of squares have digits.
_LEAST_OWN = 1e-6


def with_abscissa_error(
    findings: Sequence[Finding], condition: str, sigma: Callable[[float], float]
) -> list[Finding]:
    """The findings in their order, each series widened by the slope along ``condition`` times ``sigma`` there.

    A series are findings of one quantity and unit with equal conditions but for ``condition``; several at one
    abscissa (sweeps up and down) count as one for the slope. A series with one abscissa only borrows the relative
    slope of another of the same quantity there; where there is none, nothing is added.

    Args:
        findings: those without a number, or without the condition, are returned as they are.
        condition: name of the abscissa, e.g. ``"temperature_K"``.
        sigma: standard deviation of the abscissa at an abscissa.
    """
    series: dict[_Key, list[int]] = {}
    for index, finding in enumerate(findings):
        if finding.value is not None and _at(finding, condition) is not None:
            series.setdefault(_key(finding, condition), []).append(index)
    steepness = {key: _slopes([findings[i] for i in members], condition) for key, members in series.items()}
    widened = list(findings)
    for key, members in series.items():
        for index in members:
            finding = findings[index]
            x = _at(finding, condition)
            if x is None or finding.error is None or finding.value is None:
                continue
            slope = steepness[key][x][0] if x in steepness[key] else _borrowed(finding, x, steepness)
            widened[index] = replace(finding, error=float(np.hypot(finding.error, slope * sigma(x))))
    return widened


def _borrowed(finding: Finding, x: float, steepness: Mapping[_Key, Mapping[float, tuple[float, float]]]) -> float:
    """The slope by the relative one of another series of the quantity at this abscissa; 0 where there is none."""
    for (quantity, unit, _), slopes in steepness.items():
        if (quantity, unit) == (finding.quantity, finding.unit) and x in slopes:
            return slopes[x][1] * (finding.value or 0.0)
    return 0.0


def _key(finding: Finding, condition: str) -> _Key:
    held = tuple(sorted((name, repr(value)) for name, value in finding.conditions.items() if name != condition))
    return finding.quantity, finding.unit, held


def _at(finding: Finding, condition: str) -> float | None:
    value: Condition | None = finding.conditions.get(condition)
    return None if value is None or isinstance(value, str) else float(value)


def _slopes(findings: Sequence[Finding], condition: str) -> dict[float, tuple[float, float]]:
    """dy/dx, and it over y, at each abscissa by differences of neighbours; empty with one abscissa."""
    rows: dict[float, list[float]] = {}
    for finding in findings:
        x = _at(finding, condition)
        if x is not None and finding.value is not None:
            rows.setdefault(x, []).append(finding.value)
    places = np.array(sorted(rows))
    if places.size < 2:
        return {}
    heights = np.array([np.mean(rows[float(place)]) for place in places])
    slopes = np.gradient(heights, places)
    relative = np.divide(slopes, heights, out=np.zeros_like(slopes), where=heights != 0)
    pairs = zip(slopes.tolist(), relative.tolist(), strict=True)
    return dict(zip(places.tolist(), pairs, strict=True))


def with_shift(findings: Sequence[Finding], shifted: Sequence[Finding], times: float = 1.0) -> list[Finding]:
    """The findings in their order, with what a shift of a common calibration changes in their errors.

    ``shifted`` are the findings of the same data with the calibration off by its standard error; where the same
    method gives both numbers, their difference is the error of the calibration. They may be off by a fraction of it
    only, so that no fit chooses another law, and the difference is taken so many ``times``.
    """
    other = {_name(f): f.value for f in shifted if f.value is not None}
    widened = []
    for f in findings:
        value = other.get(_name(f))
        if f.value is not None and f.error is not None and value is not None:
            f = replace(f, error=float(np.hypot(f.error, times * (value - f.value))))
        widened.append(f)
    return widened


def _name(finding: Finding) -> object:
    held = {k: v for k, v in finding.conditions.items() if k != "temperature_K"}
    return finding.quantity, finding.method, tuple(sorted((k, repr(v)) for k, v in held.items()))


#: How quantities of Hc2(T) go with the scale of the field: as this power of it.
FIELD_POWERS: Mapping[str, float] = {
    "Bc2_0": 1.0,
    "pauli_ratio": 1.0,
    "whh_slope": 1.0,
    "maki_parameter_from_slope": 1.0,
    "coherence_length": 0.5,
    "Hc2_extrapolated": 1.0,
    "Bc2_0_difference": 1.0,
    "gap_critical_field": 1.0,
}


def with_field_scale(findings: Sequence[Finding], accuracy: float) -> list[Finding]:
    """The findings in their order, with the relative error of the field's scale in those that go with it.

    It is common to all points of a boundary, so that no fit averages it out and no chi2 shows it.
    """
    return [
        f
        if f.value is None or f.error is None or f.quantity not in FIELD_POWERS
        else replace(f, error=float(np.hypot(f.error, FIELD_POWERS[f.quantity] * accuracy * f.value)))
        for f in findings
    ]


def without_field_scale(finding: Finding, accuracy: float) -> Finding:
    """A field whose error holds ``accuracy`` times its value, with what is its own only."""
    if finding.value is None or finding.error is None:
        return finding
    own = finding.error**2 - (accuracy * finding.value) ** 2
    least = _LEAST_OWN * abs(finding.value)
    return replace(finding, error=float(np.sqrt(max(own, least**2))))

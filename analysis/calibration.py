"""What a common calibration error of the abscissa does to a series of findings.

A quantity y(x) that is quoted at a temperature, field or gate voltage x carries the error of x as |dy/dx| sigma_x
beside its own. One curve does not know the slope; its neighbours do.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from analysis.findings import Condition, Finding


def with_abscissa_error(
    findings: Sequence[Finding], condition: str, sigma: Callable[[float], float]
) -> list[Finding]:
    """The findings in their order, each series widened by the slope along ``condition`` times ``sigma`` there.

    A series are findings of one quantity, unit and method kind with equal conditions but for ``condition``; several
    at one abscissa (sweeps up and down) count as one for the slope. Where a series has one abscissa only, the
    slope is not known and nothing is added.

    Args:
        findings: those without a number, or without the condition, are returned as they are.
        condition: name of the abscissa, e.g. ``"temperature_K"``.
        sigma: standard deviation of the abscissa at an abscissa.
    """
    series: dict[object, list[int]] = {}
    for index, finding in enumerate(findings):
        if finding.value is not None and _at(finding, condition) is not None:
            series.setdefault(_key(finding, condition), []).append(index)
    widened = list(findings)
    for members in series.values():
        slopes = _slopes([findings[index] for index in members], condition)
        for index in members:
            finding = findings[index]
            x = _at(finding, condition)
            if slopes and x is not None and finding.error is not None:
                widened[index] = replace(finding, error=float(np.hypot(finding.error, slopes[x] * sigma(x))))
    return widened


def _key(finding: Finding, condition: str) -> object:
    held = tuple(sorted((name, repr(value)) for name, value in finding.conditions.items() if name != condition))
    return finding.quantity, finding.unit, held


def _at(finding: Finding, condition: str) -> float | None:
    value: Condition | None = finding.conditions.get(condition)
    return None if value is None or isinstance(value, str) else float(value)


def _slopes(findings: Sequence[Finding], condition: str) -> dict[float, float]:
    """dy/dx at each abscissa by differences of neighbours; empty with one abscissa."""
    rows: dict[float, list[float]] = {}
    for finding in findings:
        x = _at(finding, condition)
        if x is not None and finding.value is not None:
            rows.setdefault(x, []).append(finding.value)
    places = np.array(sorted(rows))
    if places.size < 2:
        return {}
    heights = np.array([np.mean(rows[float(place)]) for place in places])
    return dict(zip(places.tolist(), np.gradient(heights, places).tolist(), strict=True))

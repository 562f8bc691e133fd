"""The boundary Hc2(T) through points whose field has a common scale and whose temperatures were measured."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.calibration import with_abscissa_error, with_field_scale, with_shift, without_field_scale
from analysis.critical_field_fits import critical_field_fit_findings
from analysis.curves import Curve
from analysis.findings import Finding

#: What the methods of Hc2 from R(B) have in common.
ISOTHERM = "R_n(B)"
#: Digits of a measured temperature.
_DIGITS = 6


def boundary_laws(
    points: Sequence[Finding],
    tc: Finding | None,
    complete: bool,
    field_accuracy: float,
    temperature_accuracy_K: float,
) -> list[Finding]:
    """Findings of all laws of Hc2(T), common calibrations kept out of the fits and added to what they give.

    Args:
        points: findings "Hc2" of one orientation and criterion, their errors with ``field_accuracy`` of the field.
        tc: critical temperature in zero field by the same criterion, where it is known.
        complete: whether more points may still come.
        field_accuracy: relative standard error of the field's scale, common to all points.
        temperature_accuracy_K: standard error of the thermometer's offset, common to all points and Tc.
    """
    own = [without_field_scale(point, field_accuracy) for point in points]
    laws = critical_field_fit_findings(own, tc, complete)
    if temperature_accuracy_K > 0 and any(law.value is not None for law in laws):
        warmer = [_warmer(point, temperature_accuracy_K) for point in own]
        warmer_tc = tc if tc is None or tc.value is None else replace(tc, value=tc.value + temperature_accuracy_K)
        laws = with_shift(laws, critical_field_fit_findings(warmer, warmer_tc, complete))
    return with_field_scale(laws, field_accuracy)


def _warmer(point: Finding, shift_K: float) -> Finding:
    shifted = float(point.conditions["temperature_K"]) + shift_K
    return replace(point, conditions={**point.conditions, "temperature_K": shifted})


def as_measured(point: Finding, isotherm: Curve) -> Finding:
    """The point at the temperature that was measured along its isotherm, instead of the one asked for."""
    if not len(isotherm):
        return point
    measured = float(f"{np.mean(isotherm.temperature_K):.{_DIGITS}g}")
    return replace(point, conditions={**point.conditions, "temperature_K": measured})


def with_temperature_errors(
    points: Sequence[Finding], isotherms: Sequence[Curve], temperature_accuracy_K: float
) -> list[Finding]:
    """Hc2 of R(B) isotherms with what their temperatures leave open, by the slope of the boundary they make.

    That is the thermometer's calibration, and how far the mean of an isotherm was from what was asked for.
    """
    off: dict[float, float] = {}
    for curve in isotherms:
        asked = curve.info.conditions.get("temperature_K")
        if isinstance(asked, (int, float)) and len(curve):
            distance = abs(float(np.mean(curve.temperature_K)) - float(asked))
            off[float(asked)] = max(off.get(float(asked), 0.0), distance)
    return with_abscissa_error(
        points, "temperature_K", lambda asked: float(np.hypot(temperature_accuracy_K, off.get(asked, 0.0)))
    )

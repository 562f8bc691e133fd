"""The boundary Hc2(T) through points whose field has a common scale and whose temperatures were measured."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.calibration import with_abscissa_error, with_field_scale, without_field_scale
from analysis.critical_field_fits import critical_field_fit_findings
from analysis.curves import Curve
from analysis.findings import Finding

#: What the methods of Hc2 from R(B) have in common.
ISOTHERM = "R_n(B)"
#: The share of a calibration's error that differs from point to point: no scale is straight, and no table of a
#: sensor is off by the same at every temperature.
OWN_SHARE = 0.05
#: The part of an isotherm that tells the temperature of its Hc2: fields within this share of it, so many points.
NEAR, FEWEST_NEAR = 0.05, 20


def boundary_laws(
    points: Sequence[Finding],
    tc: Finding | None,
    complete: bool,
    field_accuracy: float,
    temperature_accuracy_K: float,
) -> list[Finding]:
    """Findings of all laws of Hc2(T), with what all points have in common.

    The scale of the field goes with every law, so that it is kept out of the fits and added to what they give. An
    offset of the thermometer goes with none: with it a law is not itself, and points that are good to 1e-4 reject
    it. It is a parameter of every fit, held by its standard error.

    Args:
        points: findings "Hc2" of one orientation and criterion, their errors with ``field_accuracy`` of the field
            and without what the thermometer is off by everywhere.
        tc: critical temperature in zero field by the same criterion, where it is known; its error holds by how much
            its temperature may differ from those of the points.
        complete: whether more points may still come.
        field_accuracy: relative standard error of the field's scale, common to all points.
        temperature_accuracy_K: standard error of the thermometer's offset, common to all points and Tc.
    """
    own = [_own(point, field_accuracy) for point in points]
    laws = critical_field_fit_findings(own, tc, complete, temperature_accuracy_K)
    return with_field_scale(laws, field_accuracy)


def without_offset(tc: Finding, accuracy_K: float) -> Finding:
    """A critical temperature whose error holds that of a thermometer, with what is its own only."""
    if tc.error is None:
        return tc
    own = max(tc.error**2 - accuracy_K**2, (OWN_SHARE * accuracy_K) ** 2)
    return replace(tc, error=float(np.sqrt(own)) if accuracy_K > 0 else tc.error)


def _own(point: Finding, field_accuracy: float) -> Finding:
    bare = without_field_scale(point, field_accuracy)
    if bare.error is None or bare.value is None:
        return bare
    return replace(bare, error=float(np.hypot(bare.error, OWN_SHARE * field_accuracy * bare.value)))


def as_measured(points: Sequence[Finding], isotherms: Sequence[Curve]) -> list[Finding]:
    """The points at the temperatures measured where the isotherms cross, which need not be those asked for.

    What the mean of the readings there leaves open, and what the thermometer is off by at one temperature and not
    at another, is in their errors by the slope of the boundary.
    """
    measured = [_near(point, curve) for point, curve in zip(points, isotherms, strict=True)]
    scatter: dict[float, float] = {}
    for point, curve, (_, error) in zip(points, isotherms, measured, strict=True):
        asked = float(point.conditions["temperature_K"])
        own = float(np.hypot(error, OWN_SHARE * curve.info.temperature_accuracy_K))
        scatter[asked] = max(scatter.get(asked, 0.0), own)
    widened = with_abscissa_error(points, "temperature_K", lambda asked: scatter[asked])
    return [
        replace(point, conditions={**point.conditions, "temperature_K": place})
        for point, (place, _) in zip(widened, measured, strict=True)
    ]


def _near(point: Finding, isotherm: Curve) -> tuple[float, float]:
    """Mean temperature where the isotherm passes its Hc2, and its standard error."""
    if not len(isotherm) or point.value is None:
        return float(point.conditions["temperature_K"]), 0.0
    distance = np.abs(np.abs(isotherm.field_T) - point.value)
    count = max(FEWEST_NEAR, int(np.count_nonzero(distance <= NEAR * point.value)))
    kelvin = isotherm.temperature_K[np.argsort(distance, kind="stable")[:count]]
    return float(np.mean(kelvin)), float(np.std(kelvin) / np.sqrt(kelvin.size))


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

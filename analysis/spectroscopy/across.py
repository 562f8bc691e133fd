"""The gap against temperature and against field, from the findings of single spectra."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from analysis.errors import AnalysisError
from analysis.findings import Condition, Finding, Verdict
from analysis.models import bcs
from analysis.statistics import aicc, chi2_probability

FloatArray = npt.NDArray[np.float64]

Shape = Callable[[npt.ArrayLike], FloatArray]
Conditions = Mapping[str, Condition]

_FEWEST = 4
#: Below this probability of chi2 a shape is rejected; below the other its errors are enlarged.
_REJECTED, _DOUBTFUL = 1e-4, 1e-2
_WORSE = 10.0
#: By how much chi2 must be larger for an end far away than for the best one: three standard deviations.
_SEEN = 9.0

#: Delta(B)/Delta(0) against B/Bc, by name.
FIELD_SHAPES: dict[str, Shape] = {
    "parabolic": lambda share: bcs.gap_in_field_parabolic(share, 1.0),
    "thin film": lambda share: bcs.gap_in_field_thin_film(share, 1.0),
    "vortex average": lambda share: bcs.gap_in_field_vortex_average(share, 1.0),
    "pair breaking": lambda share: bcs.pair_broken_spectral_gap(np.abs(share)),
    "pair breaking, thin film": lambda share: bcs.pair_broken_spectral_gap(np.asarray(share) ** 2),
}


@dataclass(frozen=True, slots=True, eq=False)
class ScaledShape:
    """Delta(x) = height s(x/end) fitted: the two parameters, their covariance, chi2 and its degrees of freedom."""

    height: float
    end: float
    covariance: FloatArray
    chi2: float
    dof: int

    @property
    def probability(self) -> float:
        """Of a chi2 as large by chance."""
        return chi2_probability(self.chi2, self.dof)


def fit_scaled_shape(shape: Shape, at: FloatArray, gaps: FloatArray, errors: FloatArray) -> ScaledShape:
    """Weighted least squares of height and end of a shape that falls from 1 at 0 to 0 at 1.

    The height is linear; the end is searched on a logarithmic scale from just below the last gap to thirty
    times it, then refined. Covariance from the curvature at the best end, with the errors given (not rescaled).

    Raises:
        AnalysisError: the best end is at the border of the search, or not three standard deviations from far away.
    """
    last = float(np.max(np.abs(at)))

    def height_of(end: float) -> tuple[float, FloatArray]:
        law = shape(at / end)
        weighted = law / errors
        power = float(weighted @ weighted)
        return (float(weighted @ (gaps / errors)) / power if power > 0 else 0.0), law

    def chi2(log_end: float) -> float:
        height, law = height_of(float(np.exp(log_end)))
        return float(np.sum(((gaps - height * law) / errors) ** 2))

    grid = np.log(last) + np.concatenate([np.linspace(-0.08, 0.4, 49), np.linspace(0.45, 3.4, 36)])
    values_of_chi2 = [chi2(x) for x in grid]
    best = int(np.argmin(values_of_chi2))
    fallen = float(np.min(values_of_chi2))
    if best == 0 and chi2_probability(fallen, gaps.size - 2) < _REJECTED:
        end = float(np.exp(grid[0]))
        return ScaledShape(height_of(end)[0], end, np.full((2, 2), np.inf), fallen, gaps.size - 2)
    if best in (0, grid.size - 1) or values_of_chi2[-1] - fallen < _SEEN:
        raise AnalysisError("the gaps do not fall enough for the point where they vanish to be seen")
    found = minimize_scalar(
        chi2, bounds=(grid[best - 1], grid[best + 1]), method="bounded", options={"xatol": 1e-10}
    )
    end = float(np.exp(found.x))
    height, law = height_of(end)
    step = 1e-5
    slope = height * (shape(at / (end * (1 + step))) - shape(at / (end * (1 - step)))) / (2 * step * end)
    jacobian = np.stack([law, slope], axis=1) / errors[:, None]
    scale = np.sqrt(np.sum(jacobian**2, axis=0))
    normal = (jacobian / scale).T @ (jacobian / scale)
    if not np.all(scale > 0) or abs(np.linalg.det(normal)) < 1e-10:
        raise AnalysisError("height and end of the gap curve are not told apart by these points")
    covariance = np.linalg.inv(normal) / np.outer(scale, scale)
    return ScaledShape(height, end, covariance, float(found.fun), gaps.size - 2)


def gap_against_temperature(findings: Sequence[Finding], tc: Finding | float | None = None) -> list[Finding]:
    """``gap_zero`` [meV], ``Tc_gap`` [K] and ``gap_ratio_2Delta_kTc`` [1] at the lowest field among them.

    The exact weak-coupling shape with a free Delta(0): the alpha model. The ratio is taken with ``tc`` (the
    resistive Tc, a finding or kelvins known without error) if given, otherwise with the Tc where the gaps vanish.

    Raises:
        AnalysisError: ``tc`` is given and not a positive number.
    """
    names = (("gap_zero", "meV"), ("Tc_gap", "K"), ("gap_ratio_2Delta_kTc", "1"))
    gaps = _usable(findings)
    if gaps:
        lowest = min(abs(_condition(g, "field_T")) for g in gaps)
        gaps = [g for g in gaps if abs(_condition(g, "field_T")) <= lowest + 1e-9]
    conditions: Conditions = {"field_T": _condition(gaps[0], "field_T")} if gaps else {}
    method = "BCS gap, alpha model"
    at = np.array([_condition(g, "temperature_K") for g in gaps])
    if np.unique(at).size < _FEWEST:
        reason = f"gaps at {np.unique(at).size} temperatures of one field, {_FEWEST} are needed"
        return [_missing(n, u, reason, method, conditions, gaps) for n, u in names]
    values, errors = _columns(gaps)
    try:
        fit = fit_scaled_shape(bcs.gap_ratio, at, values, errors)
    except AnalysisError as error:
        return [_missing(n, u, str(error), method, conditions, gaps) for n, u in names]
    if tc is not None and not (_kelvin(tc) or 0.0) > 0:
        raise AnalysisError(f"Tc must be positive; found {_kelvin(tc)!r} K")
    verdict, reason, growth = _judged(fit, gaps)
    window = {"temperature_K": (float(at.min()), float(at.max()))}
    curves = tuple(dict.fromkeys(name for g in gaps for name in g.curves))
    if verdict is Verdict.MODEL_REJECTED:
        return [Finding(n, None, None, u, verdict, reason, method, conditions, curves, window) for n, u in names]
    zero_error, tc_error = growth * np.sqrt(np.diag(fit.covariance))
    ratio, ratio_error, source = _ratio(fit, growth, tc)
    return [
        Finding(
            "gap_zero", fit.height, float(zero_error), "meV", verdict, reason, method, conditions, curves, window
        ),
        Finding("Tc_gap", fit.end, float(tc_error), "K", verdict, reason, method, conditions, curves, window),
        Finding(
            names[2][0], ratio, ratio_error, "1", verdict, reason, f"{method}, {source}", conditions, curves, window
        ),
    ]


def gap_against_field(findings: Sequence[Finding], critical_field: Finding | float | None = None) -> list[Finding]:
    """``gap_critical_field`` [T], one finding per shape in :data:`FIELD_SHAPES`, at the coldest temperature.

    Each is judged by its own chi2 and against the best of the others: a shape that is worse by more than 10 in
    Akaike's criterion, or whose chi2 has a probability below 1e-4, is rejected. ``critical_field`` is what is known
    of it from elsewhere (the resistive one, a finding or teslas known without error): a shape whose gap closes at
    another field than that has the disagreement added to its chi2.

    Raises:
        AnalysisError: ``critical_field`` is given and not a positive number.
    """
    known = critical_field.value if isinstance(critical_field, Finding) else critical_field
    if critical_field is not None and not (known or 0.0) > 0:
        raise AnalysisError(f"the critical field must be positive; found {known!r} T")
    known_error = (critical_field.error or 0.0) if isinstance(critical_field, Finding) else 0.0
    gaps = _usable(findings)
    if gaps:
        coldest = min(_condition(g, "temperature_K") for g in gaps)
        gaps = [g for g in gaps if _condition(g, "temperature_K") <= 1.02 * coldest + 1e-3]
    conditions: Conditions = {"temperature_K": _condition(gaps[0], "temperature_K")} if gaps else {}
    at = np.abs([_condition(g, "field_T") for g in gaps])
    if np.unique(at).size < _FEWEST:
        reason = f"gaps at {np.unique(at).size} fields of one temperature, {_FEWEST} are needed"
        return [_missing("gap_critical_field", "T", reason, name, conditions, gaps) for name in FIELD_SHAPES]
    values, errors = _columns(gaps)
    fits: dict[str, ScaledShape | str] = {}
    for name, shape in FIELD_SHAPES.items():
        try:
            fit = fit_scaled_shape(shape, at, values, errors)
            fits[name] = fit if known is None else _with_known_end(fit, known, known_error)
        except AnalysisError as error:
            fits[name] = str(error)
    return [_field_finding(name, fits, at, gaps, conditions) for name in FIELD_SHAPES]


def _with_known_end(fit: ScaledShape, known: float, error: float) -> ScaledShape:
    """The fit with chi2 as it is when the end has to be the known one, in linear approximation about its own."""
    variance = float(fit.covariance[1, 1]) + error**2
    apart = (fit.end - known) ** 2 / variance if np.isfinite(variance) else 0.0
    return replace(fit, chi2=fit.chi2 + apart, dof=fit.dof + 1)


def _field_finding(
    name: str,
    fits: dict[str, ScaledShape | str],
    at: FloatArray,
    gaps: list[Finding],
    conditions: Conditions,
) -> Finding:
    fit = fits[name]
    if isinstance(fit, str):
        return _missing("gap_critical_field", "T", fit, name, conditions, gaps)
    verdict, reason, growth = _judged(fit, gaps)
    criteria = {other: aicc(f.chi2, at.size, 2) for other, f in fits.items() if not isinstance(f, str)}
    best = min(criteria, key=lambda other: criteria[other])
    behind = criteria[name] - criteria[best]
    if behind > _WORSE:
        verdict = Verdict.MODEL_REJECTED
        reason = "; ".join(r for r in (reason, f'"{best}" describes the gaps better by {behind:.3g} in AICc') if r)
    window = {"field_T": (float(at.min()), float(at.max()))}
    curves = tuple(dict.fromkeys(curve for g in gaps for curve in g.curves))
    rejected = verdict is Verdict.MODEL_REJECTED
    return Finding(
        "gap_critical_field",
        None if rejected else fit.end,
        None if rejected else float(growth * np.sqrt(fit.covariance[1, 1])),
        "T",
        verdict,
        reason,
        name,
        conditions,
        curves,
        window,
    )


def _judged(fit: ScaledShape, gaps: list[Finding]) -> tuple[Verdict, str, float]:
    growth = float(np.sqrt(max(1.0, fit.chi2 / max(fit.dof, 1))))
    typical = np.sqrt(fit.chi2 / max(fit.dof, 1))
    said = f"the gaps lie {typical:.2g} of their errors from it (chi2 has a probability of {fit.probability:.1g})"
    if fit.probability < _REJECTED:
        return Verdict.MODEL_REJECTED, f"{said}: the gaps do not follow this shape", growth
    if fit.probability < _DOUBTFUL:
        return Verdict.PROVISIONAL, f"{said}; errors enlarged", growth
    doubtful = sum(g.verdict is not Verdict.GOOD for g in gaps)
    if 2 * doubtful > len(gaps):
        return Verdict.PROVISIONAL, f"{doubtful} of {len(gaps)} gaps are provisional themselves", 1.0
    return Verdict.GOOD, "", 1.0


def _ratio(fit: ScaledShape, growth: float, tc: Finding | float | None) -> tuple[float, float, str]:
    """2 Delta(0)/(k Tc), its error, and which Tc it was."""
    known = _kelvin(tc)
    factor = 2.0 / bcs.BOLTZMANN_meV_per_K
    variance = growth**2 * fit.covariance
    if known is None:
        gradient = np.array([1.0 / fit.end, -fit.height / fit.end**2])
        spread = float(np.sqrt(gradient @ variance @ gradient))
        return factor * fit.height / fit.end, factor * spread, "Tc where the gap closes"
    tc_error = float(tc.error or 0.0) if isinstance(tc, Finding) else 0.0
    relative = np.hypot(np.sqrt(variance[0, 0]) / fit.height, tc_error / known)
    ratio = factor * fit.height / known
    return ratio, float(ratio * relative), "resistive Tc"


def _kelvin(tc: Finding | float | None) -> float | None:
    return tc.value if isinstance(tc, Finding) else tc


def _usable(findings: Sequence[Finding]) -> list[Finding]:
    return [
        f for f in findings if f.quantity == "gap" and f.value is not None and f.error is not None and f.error > 0
    ]


def _columns(gaps: list[Finding]) -> tuple[FloatArray, FloatArray]:
    return np.array([g.value for g in gaps], dtype=float), np.array([g.error for g in gaps], dtype=float)


def _condition(finding: Finding, name: str) -> float:
    return float(finding.conditions.get(name, 0.0))


def _missing(
    name: str, unit: str, reason: str, method: str, conditions: Conditions, gaps: list[Finding]
) -> Finding:
    curves = tuple(dict.fromkeys(curve for g in gaps for curve in g.curves))
    return Finding(name, None, None, unit, Verdict.NOT_ENOUGH_DATA, reason, method, conditions, curves)

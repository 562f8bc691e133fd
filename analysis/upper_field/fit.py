"""One law fitted to points Hc2(T) with errors in both directions, and profiles of what follows from it.

The errors are those given (effective variance: that of the field plus that of the temperature times the slope of
the law); they are never rescaled by the scatter, which goes into the goodness of fit instead.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.errors import AnalysisError
from analysis.models.whh import upper_critical_field_ratio
from analysis.statistics import aicc, chi2_probability
from analysis.upper_field.models import OFFSET, SLOPE_PER_FIELD, Law, Quantity, with_offset
from analysis.upper_field.solver import Solution, minimise

FloatArray = npt.NDArray[np.float64]

_START_MAKI = np.array([0.0, 0.5, 1.0, 2.0, 4.0])
_START_SPIN_ORBIT = np.array([0.0, 0.3, 1.0, 4.0, 20.0])
#: The row that holds a quantity at a value weighs so many of its standard errors.
_HOLD = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class CriticalFieldPoints:
    """Points (n,) and their standard errors; ``tc_K`` with its error where it is known, as one more measurement.

    ``field_error_T`` may contain the error of the temperature already; ``temperature_error_K`` is then 0. A Tc
    error of 0 keeps Tc fixed. ``temperature_offset_K`` is the standard error of an offset that all temperatures
    and Tc have in common; the errors of the points do not hold it then.
    """

    temperature_K: FloatArray
    field_T: FloatArray
    field_error_T: FloatArray
    temperature_error_K: FloatArray
    tc_K: float | None = None
    tc_error_K: float = 0.0
    temperature_offset_K: float = 0.0

    def __post_init__(self) -> None:
        arrays = (self.temperature_K, self.field_T, self.field_error_T, self.temperature_error_K)
        if any(array.shape != (self.temperature_K.size,) for array in arrays):
            raise AnalysisError("temperatures, fields and their errors must be arrays of one length")
        if not all(np.all(np.isfinite(array)) for array in arrays):
            raise AnalysisError("a temperature, a field or an error is not finite")
        if not (np.all(self.temperature_K > 0) and np.all(self.field_T > 0)):
            raise AnalysisError("temperatures and fields must be positive (kelvin and tesla)")
        if not (np.all(self.field_error_T >= 0) and np.all(self.temperature_error_K >= 0)):
            raise AnalysisError("errors must not be negative")
        if not np.all(self.field_error_T + self.temperature_error_K > 0):
            raise AnalysisError("a point needs an error, in field or in temperature")
        if self.tc_K is not None and not (self.tc_K > 0 and 0 <= self.tc_error_K < np.inf):
            raise AnalysisError(f"Tc must be positive and its error finite; found {self.tc_K}, {self.tc_error_K}")
        if not 0 <= self.temperature_offset_K < np.inf:
            raise AnalysisError(f"the offset's error must not be negative; found {self.temperature_offset_K} K")

    @property
    def measured(self) -> int:
        """Number of measurements, a Tc with an error included."""
        return int(self.temperature_K.size) + (self.tc_K is not None and self.tc_error_K > 0)


@dataclass(frozen=True, slots=True, eq=False)
class LawFit:
    """A fitted law."""

    law: Law
    points: CriticalFieldPoints
    sigma_T: FloatArray
    solution: Solution
    lower: FloatArray
    upper: FloatArray

    @property
    def values(self) -> FloatArray:
        """Parameters in the order of the law."""
        return self.solution.values

    @property
    def chi2(self) -> float:
        """Sum of squares."""
        return self.solution.chi2

    @property
    def parameters(self) -> int:
        """How many parameters of the law were free to move; an offset brings the datum that holds it with it."""
        return int(np.count_nonzero(self.upper > self.lower)) - (OFFSET in self.law.parameters)

    @property
    def dof(self) -> int:
        """Degrees of freedom."""
        return self.points.measured - self.parameters

    @property
    def probability(self) -> float:
        """Chance of a chi2 at least this large if the law holds."""
        return chi2_probability(self.chi2, self.dof)

    @property
    def aicc(self) -> float:
        """Akaike's criterion, corrected."""
        return aicc(self.chi2, self.points.measured, self.parameters)

    @property
    def covariance(self) -> FloatArray:
        """Of the parameters, linear; zero for those on a bound."""
        return self.solution.covariance(self.lower, self.upper)

    def get(self, parameter: str) -> float:
        """One parameter."""
        return float(self.values[self.law.index(parameter)])

    def correlation(self, first: str, second: str) -> float:
        """Linear correlation of two parameters, nan where one is on a bound."""
        a, b = self.law.index(first), self.law.index(second)
        both = self.covariance[a, a] * self.covariance[b, b]
        return float(self.covariance[a, b] / np.sqrt(both)) if both > 0 else float("nan")

    def linear_error(self, quantity: Quantity) -> float:
        """Standard error by the gradient."""
        return float(np.sqrt(max(float(quantity.gradient @ self.covariance @ quantity.gradient), 0.0)))


def fit_law(law: Law, points: CriticalFieldPoints) -> LawFit:
    """The least-squares fit of one law.

    Raises:
        AnalysisError: fewer measurements than parameters.
    """
    bare = law
    if points.temperature_offset_K > 0:
        law = with_offset(law, points.temperature_offset_K)
        if points.tc_K is not None:  # a Tc that is read off with no error still has the offset
            points = replace(points, tc_error_K=max(points.tc_error_K, 1e-6 * points.tc_K))
    lower, upper = law.lower.copy(), law.upper.copy()
    place = law.index("tc")
    if points.tc_K is not None and points.tc_error_K == 0:
        lower[place] = upper[place] = points.tc_K
    nuisances = len(law.parameters) - law.own
    if points.measured < int(np.count_nonzero(upper > lower)) - nuisances:
        raise AnalysisError(f"{law.name} needs more than {points.measured} measurements")
    slope = _steepness(points)
    sigma = np.hypot(points.field_error_T, points.temperature_error_K * slope)
    start = np.append(_start(bare, points, sigma), np.zeros(nuisances))
    for _ in range(4):
        solution = minimise(_residuals(law, points, sigma), start, lower, upper)
        if not np.any(points.temperature_error_K):
            break
        slopes = law.predict(points.temperature_K, solution.values).slope_T_per_K
        new = np.hypot(points.field_error_T, points.temperature_error_K * slopes)
        # a slope of zero would make a point exact: no steeper than the points are apart is never the case
        new = np.maximum(new, 0.05 * sigma)
        start, settled = solution.values, bool(np.all(np.abs(new - sigma) < 0.01 * sigma))
        sigma = new
        if settled:
            break
    return LawFit(law, points, sigma, solution, lower, upper)


def hold(
    fit: LawFit, quantity: Callable[[FloatArray], Quantity], at: float, unit: float, start: FloatArray
) -> tuple[float, LawFit]:
    """The best fit with a quantity pulled to ``at``: where it came to rest, and the fit, its chi2 without the pull.

    The pairs (quantity, chi2) so found lie on the profile exactly, however strong the pull.
    """
    plain = _residuals(fit.law, fit.points, fit.sigma_T)
    scale = _HOLD * unit

    def residuals(values: FloatArray) -> tuple[FloatArray, FloatArray]:
        rest, jacobian = plain(values)
        now = quantity(values)
        return np.append(rest, (now.value - at) / scale), np.column_stack([jacobian, now.gradient / scale])

    solution = minimise(residuals, start, fit.lower, fit.upper, 1e-4)
    rest, jacobian = plain(solution.values)
    free = replace(solution, chi2=float(rest @ rest), jacobian=jacobian)
    return quantity(solution.values).value, replace(fit, solution=free)


def refit(fit: LawFit, start: FloatArray, fixed: dict[str, float] | None = None) -> LawFit:
    """The fit again from another place, with some parameters fixed."""
    lower, upper = fit.lower.copy(), fit.upper.copy()
    for name, value in (fixed or {}).items():
        lower[fit.law.index(name)] = upper[fit.law.index(name)] = value
    solution = minimise(_residuals(fit.law, fit.points, fit.sigma_T), start, lower, upper)
    return replace(fit, solution=solution, lower=lower, upper=upper)


def _residuals(
    law: Law, points: CriticalFieldPoints, sigma: FloatArray
) -> Callable[[FloatArray], tuple[FloatArray, FloatArray]]:
    weight, place = 1.0 / sigma, law.index("tc")
    columns, aims = _priors(law, points)

    def residuals(values: FloatArray) -> tuple[FloatArray, FloatArray]:
        if not (values[0] > 0 and values[place] > 0):
            return np.full(weight.size + aims.size, np.inf), np.zeros((values.size, weight.size + aims.size))
        found = law.predict(points.temperature_K, values)
        rest, jacobian = (found.field_T - points.field_T) * weight, found.jacobian * weight
        if not aims.size:
            return rest, jacobian
        return np.append(rest, values @ columns - aims), np.column_stack([jacobian, columns])

    return residuals


def _priors(law: Law, points: CriticalFieldPoints) -> tuple[FloatArray, FloatArray]:
    """What is known of parameters beforehand: rows (k, m) whose products with them should be (m,), in errors."""
    columns, aims = [], []
    offset = points.temperature_offset_K if OFFSET in law.parameters else 0.0
    if points.tc_K is not None and points.tc_error_K > 0:
        column = np.zeros(len(law.parameters))
        column[law.index("tc")] = 1.0 / points.tc_error_K
        if offset:
            column[-1] = offset / points.tc_error_K
        columns.append(column)
        aims.append(points.tc_K / points.tc_error_K)
    if offset:
        columns.append(np.append(np.zeros(len(law.parameters) - 1), 1.0))
        aims.append(0.0)
    return np.array(columns).T.reshape(len(law.parameters), -1), np.array(aims)


def _steepness(points: CriticalFieldPoints) -> FloatArray:
    """|dHc2/dT| at every point from the points themselves, for first weights only."""
    curve = np.polynomial.Polynomial.fit(
        points.temperature_K, points.field_T, min(3, points.temperature_K.size - 1)
    )
    span = np.ptp(points.field_T) / max(float(np.ptp(points.temperature_K)), 1e-300)
    return np.asarray(np.maximum(np.abs(curve.deriv()(points.temperature_K)), 0.05 * span))


def _guess_tc(points: CriticalFieldPoints) -> float:
    """Tc itself, or the line through the warmest points taken to zero field."""
    if points.tc_K is not None:
        return points.tc_K
    order = np.argsort(points.temperature_K)[::-1][: max(4, points.temperature_K.size // 4)]
    line = np.polynomial.Polynomial.fit(points.field_T[order], points.temperature_K[order], 1)
    warmest = float(np.max(points.temperature_K))
    return min(max(float(line(0.0)), 1.001 * warmest), 2.0 * warmest)


def _start(law: Law, points: CriticalFieldPoints, sigma: FloatArray) -> FloatArray:
    """Scale by linear least squares at Tc, for the best of a coarse grid of the others."""
    tc = _guess_tc(points)
    t = np.minimum(points.temperature_K / tc, 1.0)
    if law.name in SLOPE_PER_FIELD:
        shape = law.predict(points.temperature_K, np.array([1.0, tc])).field_T
        return np.array([_linear_scale(shape[None, :], points, sigma)[0][0], tc])
    free = "maki_square" in law.parameters
    maki, spin_orbit = np.meshgrid(_START_MAKI, _START_SPIN_ORBIT, indexing="ij")
    shapes = tc * upper_critical_field_ratio(t[None, :], maki.reshape(-1, 1), spin_orbit.reshape(-1, 1))
    scales, chi2 = _linear_scale(shapes, points, sigma)
    best = int(np.argmin(chi2))
    others = (max(maki.flat[best], 0.1) ** 2, max(spin_orbit.flat[best], 0.05))
    return np.array([scales[best], *(others if free else others[1:]), tc])


def _linear_scale(
    shapes: FloatArray, points: CriticalFieldPoints, sigma: FloatArray
) -> tuple[FloatArray, FloatArray]:
    rows, target = shapes / sigma, points.field_T / sigma
    square = np.maximum(np.einsum("ij,ij->i", rows, rows), 1e-300)
    scale = (rows @ target) / square
    positive = np.where(scale > 0, scale, np.max(points.field_T) / points.temperature_K.max())
    return positive, np.sum((positive[:, None] * rows - target) ** 2, axis=1)

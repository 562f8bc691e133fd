"""The laws of Hc2(T) as fits see them: value, derivatives by the parameters, and slope.

Parameters are named; "scale" is |dHc2/dT| at Tc in T/K for the WHH family and B(0) in T for the others, "tc" is Tc,
"maki_square" alpha^2, in which the curve is linear near zero where it is flat in alpha. Beyond Tc every law goes on
along its tangent to negative fields, so that points on either side of Tc pull alike; the pure functions in
:mod:`analysis.models` end at zero.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.models.whh import MAKI_PER_SLOPE_K_PER_T, ORBITAL_RATIO, ratio_with_slopes

FloatArray = npt.NDArray[np.float64]

WHH, WHH_SLOPE, WHH_ORBITAL = "WHH", "WHH, Maki parameter from the slope", "WHH, orbital"
GL, TWO_FLUID, PARABOLIC = "Ginzburg-Landau", "two-fluid", "parabolic"
FILM, KLB = "thin film, parallel", "Klemm-Luther-Beasley"
#: The offset of the thermometer, in its standard errors: a parameter of the measurement, not of the law.
OFFSET, _FARTHEST = "offset", 8.0
LARGEST_MAKI_SQUARE, LARGEST_SPIN_ORBIT = 50.0**2, 100.0
_TINY = 1e-10  # alpha^2 at which the derivative by it is taken for 0


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Fields (n,), their derivatives by the parameters (k, n) and by the temperature (n,)."""

    field_T: FloatArray
    jacobian: FloatArray
    slope_T_per_K: FloatArray


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that follows from the parameters, and its gradient (k,)."""

    value: float
    gradient: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Law:
    """One law: its name, its parameters with their bounds, and its two functions."""

    name: str
    parameters: tuple[str, ...]
    lower: FloatArray
    upper: FloatArray
    predict: Callable[[FloatArray, FloatArray], Prediction]
    field_at_zero: Callable[[FloatArray], Quantity]

    def index(self, parameter: str) -> int:
        """Place of a parameter."""
        return self.parameters.index(parameter)

    @property
    def own(self) -> int:
        """Number of parameters of the law itself."""
        return len(self.parameters) - (OFFSET in self.parameters)


def _full(scale: float, maki_square: float, spin_orbit: float, tc: float, temperature: FloatArray) -> Prediction:
    """WHH with all four parameters, in the order of the arguments."""
    t = temperature / tc
    maki = float(np.sqrt(max(maki_square, _TINY)))
    parts = ratio_with_slopes(t, maki, spin_orbit)
    ratio = np.where(t < 1, parts.ratio, 1.0 - t)
    jacobian = np.stack(
        [
            tc * ratio,
            scale * tc * parts.by_maki / (2.0 * maki),
            scale * tc * parts.by_spin_orbit,
            scale * (ratio - t * parts.by_t),
        ]
    )
    return Prediction(scale * tc * ratio, jacobian, scale * parts.by_t)


def _whh(
    name: str, parameters: tuple[str, ...], spread: Callable[[FloatArray], tuple[FloatArray, FloatArray]]
) -> Law:
    """A member of the family; ``spread`` gives the four parameters of its own ones, and the derivatives (4, k)."""
    highest = {"maki_square": LARGEST_MAKI_SQUARE, "spin_orbit": LARGEST_SPIN_ORBIT}

    def predict(temperature: FloatArray, values: FloatArray) -> Prediction:
        full, by = spread(values)
        found = _full(float(full[0]), float(full[1]), float(full[2]), float(full[3]), temperature)
        return Prediction(found.field_T, by.T @ found.jacobian, found.slope_T_per_K)

    def field_at_zero(values: FloatArray) -> Quantity:
        found = predict(np.zeros(1), values)
        return Quantity(float(found.field_T[0]), found.jacobian[:, 0])

    return Law(
        name,
        parameters,
        np.zeros(len(parameters)),
        np.array([highest.get(parameter, np.inf) for parameter in parameters]),
        predict,
        field_at_zero,
    )


def _free(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    return values, np.eye(4)


def _from_slope(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    scale, spin_orbit, tc = values
    square = MAKI_PER_SLOPE_K_PER_T**2
    by = np.array([[1.0, 0.0, 0.0], [2 * square * scale, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    return np.array([scale, square * scale**2, spin_orbit, tc]), by


def _orbital(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    by = np.zeros((4, 2))
    by[0, 0] = by[3, 1] = 1.0
    return np.array([values[0], 0.0, 0.0, values[1]]), by


def _simple(name: str, shape: Callable[[FloatArray], tuple[FloatArray, FloatArray]]) -> Law:
    """B(0) times a function of t, which returns its values and derivatives."""

    def predict(temperature: FloatArray, values: FloatArray) -> Prediction:
        scale, tc = values
        t = temperature / tc
        inside, slope = shape(np.minimum(t, 1.0))
        form = inside + slope * np.maximum(t - 1.0, 0.0)
        return Prediction(scale * form, np.stack([form, -scale * slope * t / tc]), scale * slope / tc)

    def field_at_zero(values: FloatArray) -> Quantity:
        return Quantity(float(values[0]), np.array([1.0, 0.0]))

    return Law(name, ("scale", "tc"), np.zeros(2), np.full(2, np.inf), predict, field_at_zero)


def with_offset(law: Law, standard_error_K: float) -> Law:
    """The law as a thermometer shows it that reads too much by one and the same at every temperature."""

    def predict(temperature: FloatArray, values: FloatArray) -> Prediction:
        true = np.maximum(temperature - standard_error_K * values[-1], 0.0)
        found = law.predict(true, values[:-1])
        jacobian = np.vstack([found.jacobian, -standard_error_K * found.slope_T_per_K])
        return Prediction(found.field_T, jacobian, found.slope_T_per_K)

    def field_at_zero(values: FloatArray) -> Quantity:
        found = law.field_at_zero(values[:-1])
        return Quantity(found.value, np.append(found.gradient, 0.0))

    return Law(
        law.name,
        (*law.parameters, OFFSET),
        np.append(law.lower, -_FARTHEST),
        np.append(law.upper, _FARTHEST),
        predict,
        field_at_zero,
    )


LAWS: tuple[Law, ...] = (
    _whh(WHH, ("scale", "maki_square", "spin_orbit", "tc"), _free),
    _whh(WHH_SLOPE, ("scale", "spin_orbit", "tc"), _from_slope),
    _whh(WHH_ORBITAL, ("scale", "tc"), _orbital),
    _simple(GL, lambda t: (1.0 - t, -np.ones_like(t))),
    _simple(TWO_FLUID, lambda t: ((1.0 - t**2) / (1.0 + t**2), -4.0 * t / (1.0 + t**2) ** 2)),
    _simple(PARABOLIC, lambda t: (1.0 - t**2, -2.0 * t)),
)
#: Laws of the square of the field, of thin films and layers in a field along them: linear, and as orbital WHH.
FILM_LAWS: tuple[Law, ...] = (replace(LAWS[3], name=FILM), replace(LAWS[2], name=KLB))
#: Slope at Tc times Tc over the field at zero temperature, to start from.
SLOPE_PER_FIELD = {GL: 1.0, TWO_FLUID: 1.0, PARABOLIC: 2.0, WHH_ORBITAL: 1.0 / ORBITAL_RATIO}
SLOPE_PER_FIELD |= {FILM: 1.0, KLB: 1.0 / ORBITAL_RATIO}

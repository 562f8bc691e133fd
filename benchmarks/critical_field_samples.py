"""Synthetic points Hc2(T) of known laws, and how far another law is from them, found without our own fits.

Tc 1-20 K known to 0.1-0.5 %, slope 0.5-5 T/K, Maki parameter 0.8-4, spin-orbit scattering 0.08-1, 12-30 points
between T/Tc = 0.05-0.3 and 0.9-0.98, errors of 0.3-1.5 % of the field and 0.1-0.3 % of the temperature, all drawn
anew for each one. Layers after Klemm, Luther and Beasley: spin-orbit scattering 5-60.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from analysis.critical_field_film import FILM, KLB
from analysis.critical_field_fits import (
    GL,
    PARABOLIC,
    TWO_FLUID,
    WHH,
    WHH_ORBITAL,
    WHH_SLOPE,
    CriticalFieldPoints,
)
from analysis.models import ginzburg_landau as gl
from analysis.models import klb
from analysis.models.bcs import pauli_field
from analysis.models.whh import (
    MAKI_PER_SLOPE_K_PER_T,
    ORBITAL_RATIO,
    ratio_with_slopes,
    upper_critical_field,
    upper_critical_field_ratio,
)

FloatArray = npt.NDArray[np.float64]

UPWARD = "upward, (1 - t)^1.4"
FILMS = (FILM, KLB)
TRUTHS = (WHH, WHH_SLOPE, WHH_ORBITAL, GL, TWO_FLUID, PARABOLIC, UPWARD, *FILMS)
SHAPES: dict[str, Callable[[FloatArray, float], FloatArray]] = {
    GL: gl.linear,
    TWO_FLUID: gl.two_fluid,
    PARABOLIC: gl.parabolic,
    FILM: gl.parallel,
    KLB: lambda t, zero: zero * np.sqrt(upper_critical_field_ratio(t, 0.0, 0.0) / ORBITAL_RATIO),
}
#: Layers have so much more spin-orbit scattering than bulk material here.
STRONGER = 60.0
_MAKI, _SPIN_ORBIT = np.meshgrid([0.0, 0.4, 0.8, 1.3, 2.0, 3.0, 5.0, 12.0], [0.0, 0.1, 0.3, 1.0, 3.0, 20.0])


@dataclass(frozen=True, slots=True, eq=False)
class DataSet:
    """Measured points, what the fits should find, and the same points without noise with their true errors."""

    points: CriticalFieldPoints
    known: dict[str, float]
    temperature_K: FloatArray
    field_T: FloatArray
    sigma_T: FloatArray


def make(truth: str, seed: int) -> DataSet:
    """A data set of one law."""
    rng = np.random.default_rng([TRUTHS.index(truth), seed])
    tc, slope, tc_error = float(np.exp(rng.uniform(0, 3))), rng.uniform(0.5, 5.0), rng.uniform(1e-3, 5e-3)
    t = np.linspace(rng.uniform(0.05, 0.3), rng.uniform(0.9, 0.98), int(rng.integers(12, 31)))
    maki, spin_orbit = float(np.exp(rng.uniform(-0.2, 1.4))), float(np.exp(rng.uniform(-2.5, 0.0)))
    if truth == WHH_SLOPE:
        maki = MAKI_PER_SLOPE_K_PER_T * slope
    if truth == WHH_ORBITAL:
        maki = spin_orbit = 0.0
    law = _law(truth, tc, slope, maki, spin_orbit)
    zero = float(law(np.zeros(1))[0])
    known = {
        "Tc": tc,
        "Bc2_0": zero,
        "pauli_ratio": zero / float(pauli_field(tc)),
        "coherence_length": float(gl.coherence_length(zero)),
    }
    if truth in (WHH, WHH_SLOPE, WHH_ORBITAL):
        known |= {"whh_slope": slope, "maki_parameter_from_slope": MAKI_PER_SLOPE_K_PER_T * slope}
        known |= {"maki_parameter": maki, "spin_orbit_scattering": spin_orbit}
    if truth == KLB:
        known["spin_orbit_time"] = float(klb.spin_orbit_time(tc, STRONGER * spin_orbit))
    temperature, relative = t * tc, rng.uniform(1e-3, 3e-3)
    field = law(temperature)
    error, temperature_error = rng.uniform(0.003, 0.015) * field, relative * temperature
    points = CriticalFieldPoints(
        temperature + temperature_error * rng.normal(size=t.size),
        field + error * rng.normal(size=t.size),
        error,
        temperature_error,
        tc * (1 + tc_error * rng.normal()),
        tc * tc_error,
    )
    step = 1e-4 * tc
    steepness = np.abs(law(temperature + step) - law(temperature - step)) / (2 * step)
    return DataSet(points, known, temperature, field, np.hypot(error, temperature_error * steepness))


def _law(truth: str, tc: float, slope: float, maki: float, spin_orbit: float) -> Callable[[FloatArray], FloatArray]:
    if truth in (WHH, WHH_SLOPE, WHH_ORBITAL):
        return lambda temperature: upper_critical_field(temperature, tc, slope, maki, spin_orbit)
    if truth == KLB:
        return lambda temperature: klb.upper_critical_field(
            temperature, tc, klb.spin_orbit_time(tc, STRONGER * spin_orbit)
        )
    if truth == UPWARD:
        return lambda temperature: slope * tc * np.maximum(1 - temperature / tc, 0.0) ** 1.4
    return lambda temperature: SHAPES[truth](temperature / tc, slope * tc)


def distance(data: DataSet, law: str) -> float:
    """Least chi2 of a law against the points without noise: how far off it is, whatever is then measured.

    A set of points with noise has this chi2 on top of its degrees of freedom, and by a likelihood ratio its root is
    the number of standard errors by which the two curves can be told apart. The orbital slope says something of the
    whole curve only together with WHH, whose distance it has.
    """
    tc, tc_error = data.known["Tc"], data.points.tc_error_K
    if law in SHAPES:

        def simple(p: FloatArray) -> FloatArray:
            field = SHAPES[law](data.temperature_K / p[1], p[0])
            return np.append((field - data.field_T) / data.sigma_T, (p[1] - tc) / tc_error)

        return 2.0 * float(least_squares(simple, (float(np.max(data.field_T)), tc), x_scale="jac").cost)
    return min(_whh_distance(data, law, start) for start in _starts(data, law))


def _starts(data: DataSet, law: str) -> list[tuple[float, ...]]:
    """The two best of a grid, with the slope by linear least squares at the true Tc."""
    tc = data.known["Tc"]
    if law == WHH_ORBITAL:
        return [(data.known.get("whh_slope", float(np.max(data.field_T)) / tc), tc)]
    shapes = tc * upper_critical_field_ratio(
        data.temperature_K / tc, _MAKI.reshape(-1, 1), _SPIN_ORBIT.reshape(-1, 1)
    )
    rows, target = shapes / data.sigma_T, data.field_T / data.sigma_T
    slope = (rows @ target) / np.sum(rows**2, axis=1)
    chi2 = np.sum((slope[:, None] * rows - target) ** 2, axis=1)
    starts: list[tuple[float, ...]] = []
    for best in np.argsort(chi2)[:2]:
        scale, square, spin_orbit = slope[best], _MAKI.flat[best] ** 2 + 0.05, _SPIN_ORBIT.flat[best] + 0.02
        starts.append((scale, spin_orbit, tc) if law == WHH_SLOPE else (scale, square, spin_orbit, tc))
    return starts


def _whh_distance(data: DataSet, law: str, start: tuple[float, ...]) -> float:
    """For a law of WHH by scipy: slope, alpha^2, lambda_so and Tc, or those of them that the law has."""
    tc, tc_error, cache = data.known["Tc"], data.points.tc_error_K, {}

    def both(p: FloatArray) -> tuple[FloatArray, FloatArray]:
        slope, now = p[0], p[-1]
        square = {4: p[1], 3: (MAKI_PER_SLOPE_K_PER_T * slope) ** 2, 2: 0.0}[p.size]
        maki, spin_orbit = np.sqrt(square + 1e-12), p[-2] if p.size > 2 else 0.0
        parts = ratio_with_slopes(data.temperature_K / now, maki, spin_orbit)
        by = {
            "slope": now * parts.ratio,
            "square": slope * now * parts.by_maki / (2 * maki),
            "spin_orbit": slope * now * parts.by_spin_orbit,
            "tc": slope * (parts.ratio - data.temperature_K / now * parts.by_t),
        }
        if p.size == 3:
            by["slope"] = by["slope"] + by["square"] * 2 * MAKI_PER_SLOPE_K_PER_T**2 * slope
        names = {4: ("slope", "square", "spin_orbit", "tc"), 3: ("slope", "spin_orbit", "tc"), 2: ("slope", "tc")}
        jacobian = np.stack([by[name] / data.sigma_T for name in names[p.size]], axis=1)
        rest = (slope * now * parts.ratio - data.field_T) / data.sigma_T
        last = np.zeros((1, p.size))
        last[0, -1] = 1 / tc_error
        return np.append(rest, (now - tc) / tc_error), np.vstack([jacobian, last])

    def residuals(p: FloatArray) -> FloatArray:
        cache["at"], (rest, cache["jacobian"]) = p.copy(), both(p)
        return rest

    def jacobian(p: FloatArray) -> FloatArray:
        return cache["jacobian"] if np.array_equal(cache["at"], p) else both(p)[1]

    upper = {4: (np.inf, 2500.0, 100.0, np.inf), 3: (np.inf, 100.0, np.inf), 2: (np.inf, np.inf)}[len(start)]
    bounds = (np.zeros(len(start)), np.array(upper))
    found = least_squares(residuals, start, jacobian, bounds, x_scale="jac", max_nfev=200)
    return 2.0 * float(found.cost)

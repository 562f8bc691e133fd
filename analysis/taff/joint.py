"""Least squares of all curves at once: few shared parameters, a handful for each curve.

The normal matrix is an arrow (per-curve blocks and a border of shared parameters), so a step costs one small
solution per curve and one for the border. R itself is fitted, R = offset + R_n(T) exp(law): negative readings count
like all others, and laws are laws of R/R_n. Two nuisance parameters join the shared ones, each with its prior:

* ``saturation`` s: close to the normal state ln R falls below the activated law by s R/R_n to first order,
  s = 1 for the two resistances in parallel and s = 0 for a sharp bend. Unknown, hence 0.5 with deviation 1.
* ``shift``: the calibration error of the thermometer, common to all curves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from analysis.taff.laws import Law, LogLaw

FloatArray = npt.NDArray[np.float64]
#: What is known of a law's shared parameters (m,): the distance from it in deviations, and its derivatives (m,).
SharedPrior = Callable[[FloatArray], tuple[float, FloatArray]]

SATURATION_PRIOR = (0.5, 1.0)
#: Done when a step gains less chi2 than this: a hundredth of a standard error.
_TOLERANCE = 1e-4
_MAX_STEPS, _MAX_LOCAL_STEP = 40, 1.0


@dataclass(frozen=True, slots=True, eq=False)
class JointData:
    """Bins of all curves, padded to the same length with weight (1/sigma) zero."""

    temperature_K: FloatArray
    resistance_ohm: FloatArray
    weight_per_ohm: FloatArray
    normal_ohm: FloatArray

    @classmethod
    def of_one(
        cls, temperature: FloatArray, resistance: FloatArray, sigma: FloatArray, normal_ohm: FloatArray
    ) -> Self:
        """The data of a single curve."""
        return cls(temperature[None], resistance[None], 1.0 / sigma[None], normal_ohm[None])

    @classmethod
    def stack(
        cls,
        temperatures: Sequence[FloatArray],
        resistances: Sequence[FloatArray],
        weights: Sequence[FloatArray],
        normals: Sequence[FloatArray],
    ) -> Self:
        """Several curves; padding repeats the last temperature."""
        longest = max(t.size for t in temperatures)
        return cls(
            np.stack([np.pad(t, (0, longest - t.size), mode="edge") for t in temperatures]),
            np.stack([np.pad(r, (0, longest - r.size)) for r in resistances]),
            np.stack([np.pad(w, (0, longest - w.size)) for w in weights]),
            np.stack([np.pad(n, (0, longest - n.size), mode="edge") for n in normals]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class JointFit:
    """Parameters and their covariance.

    ``local`` (curves, k+1) ends with the offset in ohm; ``shared`` (m+2) with saturation and shift.
    ``inverse`` are the inverted per-curve blocks, ``lever`` = -d local/d shared.
    """

    local: FloatArray
    shared: FloatArray
    chi2: float
    prior_chi2: float
    model_ohm: FloatArray
    level_ohm: FloatArray
    inverse: FloatArray
    lever: FloatArray
    shared_covariance: FloatArray
    converged: bool

    @property
    def objective(self) -> float:
        """What was minimised: chi2 of the data and of the priors."""
        return self.chi2 + self.prior_chi2

    def covariance(self, index: int, other: int | None = None) -> FloatArray:
        """Covariance of local parameter ``index`` with ``other`` across curves, (curves, curves)."""
        other = index if other is None else other
        common = self.lever[:, index] @ self.shared_covariance @ self.lever[:, other].T
        return np.asarray(common + np.diag(self.inverse[:, index, other]))


def fit_joint(
    law: Law,
    data: JointData,
    local: FloatArray,
    shared: FloatArray | None = None,
    *,
    offset_prior: tuple[float, float],
    nuisance_sigma: tuple[float, float] = (0.0, 0.0),
    nuisances: tuple[float, float] | None = None,
    shared_prior: SharedPrior | None = None,
) -> JointFit:
    """Levenberg-Marquardt from the given start; nuisances with deviation 0 stay at zero.

    ``local`` includes the offsets in its last column; ``shared`` are the law's own parameters. ``nuisance_sigma``
    are the deviations of saturation and thermometer shift, ``nuisances`` their start (their means if not given).
    ``shared_prior`` is what other measurements say about the law's own shared parameters.
    """
    own = np.empty(0) if shared is None else shared
    problem = _Problem(law, data, offset_prior, nuisance_sigma, shared_prior)
    start = nuisances or (SATURATION_PRIOR[0] if nuisance_sigma[0] > 0 else 0.0, 0.0)
    state = problem.linearise(local, np.concatenate([own, start]))
    damping, converged = 1e-3, False
    for _ in range(_MAX_STEPS):
        step = _solve(state, damping)[:2]
        trial = problem.linearise(*problem.limited(state, *step))
        gain = state.objective - trial.objective
        if gain >= 0:
            state, damping = trial, max(damping * 0.1, 1e-9)
            if gain <= _TOLERANCE:
                converged = True
                break
        else:
            if damping > 1e8:
                converged = -gain <= 1e-3
                break
            damping *= 10.0
    inverse, lever, border = _solve(state, 0.0)[2:]
    return JointFit(
        state.local,
        state.shared,
        state.chi2,
        state.objective - state.chi2,
        state.model_ohm,
        state.level_ohm,
        inverse,
        lever,
        border,
        converged,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    local: FloatArray
    shared: FloatArray
    chi2: float
    objective: float
    model_ohm: FloatArray
    level_ohm: FloatArray
    blocks: FloatArray
    border: FloatArray
    corner: FloatArray
    local_gradient: FloatArray
    shared_gradient: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    law: Law
    data: JointData
    offset_prior: tuple[float, float]
    nuisance_sigma: tuple[float, float]
    shared_prior: SharedPrior | None = None

    def limited(
        self, state: _State, local_step: FloatArray, shared_step: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Scale a step so that no exponent and no shared parameter runs away."""
        bounds = self.law.shared_step
        scale = 1.0
        if bounds.size:
            scale = min(scale, 1.0 / max(float(np.max(np.abs(shared_step[: bounds.size]) / bounds)), 1.0))
        logs = np.abs(local_step[:, :1])
        scale = min(scale, 3 * _MAX_LOCAL_STEP / max(float(np.max(logs)), 3 * _MAX_LOCAL_STEP))
        return state.local + scale * local_step, state.shared + scale * shared_step

    def linearise(self, local: FloatArray, shared: FloatArray) -> _State:
        data, own = self.data, self.law.shared_step.size
        saturation, shift = shared[own], shared[own + 1]
        with np.errstate(over="ignore", invalid="ignore"):
            log = self.law.evaluate(data.temperature_K + shift, local[:, :-1], shared[:own])
            level, soft, by_saturation = _saturated(log, saturation, data.normal_ohm)
            rest = (data.resistance_ohm - level - local[:, -1:]) * data.weight_per_ohm
            scale = data.weight_per_ohm * level
            by_local = np.concatenate(
                [log.by_local * (scale * soft)[..., None], data.weight_per_ohm[..., None]], axis=-1
            )
            by_shared = np.concatenate(
                [
                    log.by_shared * (scale * soft)[..., None],
                    (scale * by_saturation)[..., None],
                    (scale * soft * log.by_temperature)[..., None],
                ],
                axis=-1,
            )
            return self._normal_equations(local, shared, level, rest, by_local, by_shared)

    def _normal_equations(
        self,
        local: FloatArray,
        shared: FloatArray,
        level: FloatArray,
        rest: FloatArray,
        by_local: FloatArray,
        by_shared: FloatArray,
    ) -> _State:
        across = np.swapaxes(by_local, 1, 2)
        blocks, border = across @ by_local, across @ by_shared
        corner = np.einsum("cbi,cbj->ij", by_shared, by_shared)
        local_gradient = (across @ rest[..., None])[..., 0]
        shared_gradient = np.einsum("cbi,cb->i", by_shared, rest)
        chi2 = float(np.sum(rest**2))
        mean, sigma = self.offset_prior
        away = (local[:, -1] - mean) / sigma
        blocks[:, -1, -1] += 1.0 / sigma**2
        local_gradient[:, -1] -= away / sigma
        prior = float(np.sum(away**2))
        for index, deviation, centre in (
            (shared.size - 2, self.nuisance_sigma[0], SATURATION_PRIOR[0]),
            (shared.size - 1, self.nuisance_sigma[1], 0.0),
        ):
            if deviation > 0:
                distance = (shared[index] - centre) / deviation
                corner[index, index] += 1.0 / deviation**2
                shared_gradient[index] -= distance / deviation
                prior += distance**2
            else:
                corner[index], corner[:, index], border[:, :, index] = 0.0, 0.0, 0.0
                corner[index, index], shared_gradient[index] = np.inf, 0.0
        if self.shared_prior is not None:
            own = self.law.shared_step.size
            distance, slope = self.shared_prior(shared[:own])
            corner[:own, :own] += np.outer(slope, slope)
            shared_gradient[:own] -= distance * slope
            prior += distance**2
        objective = chi2 + prior
        return _State(
            local,
            shared,
            chi2,
            objective if np.isfinite(objective) else np.inf,
            level + local[:, -1:],
            level,
            blocks,
            border,
            corner,
            local_gradient,
            shared_gradient,
        )


def _saturated(log: LogLaw, saturation: float, normal_ohm: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Activated resistance after saturation, d ln R/d ln law, d ln R/d saturation."""
    ratio = np.exp(np.minimum(log.value, 50.0))
    # the expansion is to first order: beyond a tenth of R_n, where no data are, it is held
    small = np.minimum(ratio, 0.1)
    level = normal_ohm * ratio * np.exp(-saturation * small)
    return level, np.where(ratio < 0.1, 1.0 - saturation * small, 1.0), -small


def _solve(state: _State, damping: float) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Steps of local and shared parameters, inverted blocks, lever and covariance of the shared ones."""
    fixed = ~np.isfinite(np.diagonal(state.corner))
    corner = state.corner.copy()
    corner[fixed, fixed] = 1.0
    diagonal = np.arange(state.blocks.shape[-1])
    blocks = state.blocks.copy()
    blocks[:, diagonal, diagonal] *= 1.0 + damping
    corner[np.diag_indices_from(corner)] *= 1.0 + damping
    # unit diagonals before inverting: ohms and logarithms differ by many orders of magnitude
    scale = np.sqrt(np.maximum(blocks[:, diagonal, diagonal], 1e-300))
    unit = blocks / (scale[:, :, None] * scale[:, None, :])
    unit[:, diagonal, diagonal] += 1e-14
    inverse = np.linalg.inv(unit) / (scale[:, :, None] * scale[:, None, :])
    lever = inverse @ state.border
    reduced = corner - np.einsum("cli,clj->ij", state.border, lever)
    size = np.sqrt(np.maximum(np.diagonal(corner), 1e-300))
    covariance = np.linalg.pinv(reduced / np.outer(size, size), rcond=1e-13, hermitian=True) / np.outer(size, size)
    covariance[fixed] = 0.0
    covariance[:, fixed] = 0.0
    gradient = state.shared_gradient - np.einsum("cli,cl->i", lever, state.local_gradient)
    shared_step = covariance @ gradient
    local_step = (inverse @ state.local_gradient[..., None])[..., 0] - lever @ shared_step
    return local_step, shared_step, inverse, lever, covariance

"""All fits of one orientation: Arrhenius, Arrhenius through one point, modified TAFF, and the law-free parabola."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from analysis.taff.curve import FLOOR_SIGMAS, TaffCurve
from analysis.taff.joint import SATURATION_PRIOR, JointData, JointFit, SharedPrior, fit_joint
from analysis.taff.laws import Arrhenius, Curved, Law, MeetingArrhenius, Modified, ModifiedBySlope

FloatArray = npt.NDArray[np.float64]

#: Other windows, to see what the choice does: an upper edge three times lower, a floor four times higher.
UPPER_VARIANT, LOWER_VARIANT = 3e-3, 4.0
#: Bins that the usual thermometer noise of all curves is worth against a curve's own.
_TRUST = 50.0
#: Share of the bins where R is steep enough to show thermometer noise.
_STEEP_SHARE = 0.3
_STARTS = ((2.0, 1.08), (1.4, 1.06), (2.5, 1.15), (1.1, 1.5))


@dataclass(frozen=True, eq=False)
class Orientation:
    """Usable curves of one orientation, and what the fits of them share.

    ``tc_K``: value and deviation to which the modified law's Tc is held; free where it is not given.
    """

    curves: Sequence[TaffCurve]
    tc_K: tuple[float, float] | None = None

    @cached_property
    def fields_T(self) -> FloatArray:
        """Fields of the curves."""
        return np.array([curve.field_T for curve in self.curves])

    @cached_property
    def pivot_per_K(self) -> FloatArray:
        """Mean 1/T of every window."""
        return np.array([curve.pivot_per_K for curve in self.curves])

    @cached_property
    def top_K(self) -> float:
        """Upper edge of the warmest window: every Tc lies above."""
        return max(curve.window_K[1] for curve in self.curves)

    @cached_property
    def thermometer_noise_K(self) -> FloatArray:
        """Scatter of a temperature reading per curve, leaning on the others: one thermometer reads all of them.

        It is itself uncertain, so one standard error is added: rather 5 to 10 % too cautious than too bold.
        """
        own = np.array([curve.thermometer_noise_K for curve in self.curves])
        bins = np.array([np.count_nonzero(curve.temperature_K >= curve.window_K[0]) for curve in self.curves])
        trust = _TRUST if own.size > 2 else 0.0
        known = np.sqrt((bins * own**2 + trust * np.median(own) ** 2) / (bins + trust))
        return np.asarray(known * (1.0 + 1.0 / np.sqrt(2.0 * _STEEP_SHARE * (bins + trust))))

    @cached_property
    def offset_prior(self) -> tuple[float, float]:
        """What the curves that reach the floor say about the offset of those that do not."""
        noise = float(np.median([curve.noise_ohm for curve in self.curves]))
        known = [curve.shape[3] for curve in self.curves if curve.floor_reached]
        if not known:
            return 0.0, FLOOR_SIGMAS * noise
        spread = float(np.std(known)) if len(known) > 2 else FLOOR_SIGMAS * noise
        return float(np.median(known)), float(np.hypot(spread, noise))

    @cached_property
    def reference_ohm(self) -> float:
        """R_n at the top of the warmest window, close to Tc: prefactors in ohm refer to it."""
        warmest = max(self.curves, key=lambda curve: curve.window_K[1])
        return float(warmest.normal_ohm[-1])

    @cached_property
    def nuisance_sigma(self) -> tuple[float, float]:
        """Deviations of saturation and thermometer shift."""
        return SATURATION_PRIOR[1], max(curve.info.temperature_accuracy_K for curve in self.curves)

    @cached_property
    def data(self) -> JointData:
        """The whole windows and everything colder."""
        return self._data([np.ones(curve.temperature_K.size, dtype=bool) for curve in self.curves])

    @cached_property
    def variants(self) -> dict[str, JointData]:
        """The same data seen through other windows; the cold bin stays, it holds the offset."""
        lower_top = [curve.level_ohm < UPPER_VARIANT * curve.normal_ohm for curve in self.curves]
        higher_floor = [
            (curve.level_ohm > LOWER_VARIANT * FLOOR_SIGMAS * curve.noise_ohm)
            | (np.arange(curve.level_ohm.size) == 0)
            for curve in self.curves
        ]
        return {
            f"upper edge {UPPER_VARIANT:g} R_n": self._data(lower_top),
            "higher floor": self._data(higher_floor),
        }

    def _data(self, keep: Sequence[npt.NDArray[np.bool_]]) -> JointData:
        weights = [
            np.where(mask, 1.0 / curve.sigma_ohm(scatter), 0.0)
            for curve, scatter, mask in zip(self.curves, self.thermometer_noise_K, keep, strict=True)
        ]
        return JointData.stack(
            [curve.temperature_K for curve in self.curves],
            [curve.resistance_ohm for curve in self.curves],
            weights,
            [curve.normal_ohm for curve in self.curves],
        )

    @cached_property
    def _shape(self) -> FloatArray:
        return np.stack([curve.shape for curve in self.curves])

    def _fit(self, law: Law, local: FloatArray, shared: FloatArray, data: JointData | None = None) -> JointFit:
        return fit_joint(
            law,
            self.data if data is None else data,
            local,
            shared,
            offset_prior=self.offset_prior,
            nuisance_sigma=self.nuisance_sigma,
            shared_prior=self._tc_prior if isinstance(law, Modified | ModifiedBySlope) else None,
        )

    @property
    def _tc_prior(self) -> SharedPrior | None:
        if self.tc_K is None:
            return None
        mean, sigma = self.tc_K

        def distance(shared: FloatArray) -> tuple[float, FloatArray]:
            above = float(np.exp(shared[1]))
            return (self.top_K + above - mean) / sigma, np.array([0.0, above / sigma])

        return distance

    @cached_property
    def parabola(self) -> JointFit:
        """No law: ln R/R_n against 1/T with a curvature of its own for every curve."""
        low = np.array([1.0 / curve.window_K[0] for curve in self.curves])
        return self._fit(Curved(self.pivot_per_K, low), self._shape, np.empty(0))

    @cached_property
    def arrhenius(self) -> JointFit:
        """A straight line for every curve; local: ln R/R_n at the pivot, ln U0, offset."""
        shape = self._shape
        local = np.stack([shape[:, 0], np.log(-shape[:, 1]), shape[:, 3]], axis=1)
        return self._fit(Arrhenius(self.pivot_per_K), local, np.empty(0))

    @cached_property
    def meeting(self) -> JointFit:
        """Straight lines through one point; local: ln U0, offset; shared: 1/T_cross, ln R/R_n there."""
        lines = self.arrhenius.local
        energy = np.exp(lines[:, 1])
        prefactor = lines[:, 0] + energy * self.pivot_per_K
        slope, level = np.polyfit(energy, prefactor, 1)
        return self._fit(MeetingArrhenius(), lines[:, 1:], np.array([slope, level]))

    @cached_property
    def modified_law(self) -> Modified:
        """The modified law with the pivots of these curves."""
        return Modified(self.pivot_per_K, self.top_K)

    @cached_property
    def modified(self) -> JointFit:
        """Modified TAFF; local: ln R/R_n at the pivot, ln U0, offset; shared: q, ln(Tc - highest window edge)."""
        shape = self._shape
        slopes = np.stack([shape[:, 0], np.log(-shape[:, 1]), shape[:, 3]], axis=1)
        fits = []
        for q, ratio in _STARTS:
            fits.append(self._fit_modified(slopes, np.array([q, np.log(self.top_K * (ratio - 1.0))]), self.data))
            if fits[-1].objective < self.parabola.objective + 2.0 * len(self.curves) + 10.0:
                break
        return min(fits, key=lambda fit: fit.objective)

    def _fit_modified(self, slopes: FloatArray, shared: FloatArray, data: JointData) -> JointFit:
        """Find the minimum by slopes, then settle in ln U0 for its covariance."""
        law = ModifiedBySlope(self.modified_law)
        first = self._fit(law, slopes, shared, data)
        local = np.column_stack([law.energies(first.local[:, :-1], first.shared[:2]), first.local[:, -1]])
        return fit_joint(
            self.modified_law,
            data,
            local,
            first.shared[:2],
            nuisances=(float(first.shared[2]), float(first.shared[3])),
            offset_prior=self.offset_prior,
            nuisance_sigma=self.nuisance_sigma,
            shared_prior=self._tc_prior,
        )

    def refit(self, fit: JointFit, law: Law, data: JointData) -> JointFit:
        """The same law seen through another window, from the minimum found in the whole one."""
        if isinstance(law, Modified):
            shape = self._shape
            slopes = np.stack([shape[:, 0], np.log(-shape[:, 1]), shape[:, 3]], axis=1)
            return self._fit_modified(slopes, fit.shared[:2], data)
        return self._fit(law, fit.local, fit.shared[:-2], data)

"""All fits of one orientation: Arrhenius, Arrhenius through one point, modified TAFF, and the law-free parabola."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from analysis.taff.curve import FLOOR_SIGMAS, TaffCurve
from analysis.taff.joint import SATURATION_PRIOR, JointData, JointFit, fit_joint
from analysis.taff.laws import Arrhenius, Curved, Law, MeetingArrhenius, Modified, modified_energy

FloatArray = npt.NDArray[np.float64]

#: Other windows, to see what the choice does: an upper edge three times lower, a floor four times higher.
UPPER_VARIANT, LOWER_VARIANT = 3e-3, 4.0
_STARTS = ((2.0, 1.08), (1.4, 1.06), (2.5, 1.15), (1.1, 1.5))


@dataclass(frozen=True, eq=False)
class Orientation:
    """Usable curves of one orientation, and what the fits of them share."""

    curves: Sequence[TaffCurve]

    @cached_property
    def fields_T(self) -> FloatArray:
        return np.array([curve.field_T for curve in self.curves])

    @cached_property
    def pivot_per_K(self) -> FloatArray:
        return np.array([curve.pivot_per_K for curve in self.curves])

    @cached_property
    def top_K(self) -> float:
        return max(curve.window_K[1] for curve in self.curves)

    @cached_property
    def gain_noise(self) -> FloatArray:
        """Relative scatter per curve. One thermometer reads all of them, so a poorly known one leans on the others."""
        own = np.array([curve.gain_noise for curve in self.curves])
        per_kelvin = np.array([abs(curve.shape[1]) * curve.pivot_per_K**2 for curve in self.curves])
        bins = np.array([np.count_nonzero(curve.temperature_K >= curve.window_K[0]) for curve in self.curves])
        usual = float(np.median(own / per_kelvin)) * per_kelvin
        trust = 20.0 if len(self.curves) > 2 else 0.0
        return np.asarray(np.sqrt((bins * own**2 + trust * usual**2) / (bins + trust)))

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
    def nuisance_sigma(self) -> tuple[float, float]:
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
            np.where(mask, 1.0 / curve.sigma_ohm(gain), 0.0)
            for curve, gain, mask in zip(self.curves, self.gain_noise, keep, strict=True)
        ]
        return JointData.stack(
            [curve.temperature_K for curve in self.curves],
            [curve.resistance_ohm for curve in self.curves],
            weights,
            np.array([curve.normal_ohm for curve in self.curves]),
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
        )

    @cached_property
    def parabola(self) -> JointFit:
        """No law: ln R against 1/T with a curvature of its own for every curve."""
        low = np.array([1.0 / curve.window_K[0] for curve in self.curves])
        return self._fit(Curved(self.pivot_per_K, low), self._shape, np.empty(0))

    @cached_property
    def arrhenius(self) -> JointFit:
        """A straight line for every curve; local: ln R at the pivot, ln U0, offset."""
        shape = self._shape
        local = np.stack([shape[:, 0], np.log(-shape[:, 1]), shape[:, 3]], axis=1)
        return self._fit(Arrhenius(self.pivot_per_K), local, np.empty(0))

    @cached_property
    def meeting(self) -> JointFit:
        """Straight lines through one point; local: ln U0, offset; shared: 1/T_cross, ln R there."""
        lines = self.arrhenius.local
        energy = np.exp(lines[:, 1])
        prefactor = lines[:, 0] + energy * self.pivot_per_K
        slope, level = np.polyfit(energy, prefactor, 1)
        return self._fit(MeetingArrhenius(), lines[:, 1:], np.array([slope, level]))

    @cached_property
    def modified_law(self) -> Modified:
        return Modified(self.pivot_per_K, self.top_K)

    @cached_property
    def modified(self) -> JointFit:
        """Modified TAFF; local: ln R at the pivot, ln U0, offset; shared: q, ln(Tc - highest window edge)."""
        fits = []
        for q, ratio in _STARTS:
            tc = self.top_K * ratio
            energy = modified_energy(-self._shape[:, 1], self.pivot_per_K, q, tc)
            local = np.stack([self._shape[:, 0], np.log(energy), self._shape[:, 3]], axis=1)
            fit = self._fit(self.modified_law, local, np.array([q, np.log(tc - self.top_K)]))
            fits.append(fit)
            if fit.objective < self.parabola.objective + 2.0 * len(self.curves) + 10.0:
                break
        return min(fits, key=lambda fit: fit.objective)

    def refit(self, fit: JointFit, law: Law, data: JointData) -> JointFit:
        """The same law seen through another window."""
        return self._fit(law, fit.local, fit.shared[:-2], data)

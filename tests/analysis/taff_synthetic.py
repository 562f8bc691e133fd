"""Campaigns of R(T) curves from the forward law of a sample, with noise and calibration errors per seed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from analysis.curves import Curve, CurveInfo
from analysis.models import activation, taff, transition

FloatArray = npt.NDArray[np.float64]

PERPENDICULAR = (0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.5, 1.8, 2.0, 2.2, 2.5, 3.0, 6.0, 12.0)
PARALLEL = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 9.0, 9.5, 10.0, 11.0, 12.0)


@dataclass(frozen=True)
class Truth:
    law: str
    energy: Callable[[npt.ArrayLike], FloatArray]
    prefactor: float
    fields: Sequence[float]
    tc_K: float = 6.0
    width_K: float = 0.17
    meeting_K: float = 5.95
    exponent_q: float = 2.0
    saturation: float = 2.0
    flux_flow: tuple[float, float] | None = None
    warm_K: float = 7.0
    base_K: float = 1.6
    step_K: float = 2.5e-3
    noise_ohm: float = 1e-6
    thermometer_noise_K: float = 3e-4
    accuracy_K: float = 2e-3
    field_accuracy: float = 2e-4
    offset_ohm: float = 0.0
    orientation: str = "out_of_plane"
    residual_ohm: float = 50e-3
    quadratic: float = 20e-6
    law_parameters: dict[str, float] = field(default_factory=dict)

    def normal(self, temperature_K: npt.ArrayLike) -> FloatArray:
        return self.residual_ohm + self.quadratic * np.asarray(temperature_K, dtype=float) ** 2

    def resistance(self, temperature_K: FloatArray, field_T: float) -> FloatArray:
        share = transition.normal_fraction(
            temperature_K, self.tc_K, self.tc_K + self.width_K, self.tc_K - self.width_K
        )
        vortices = np.zeros_like(temperature_K)
        flow = 0.0
        if field_T:
            energy = self.energy(field_T)
            if self.law == "arrhenius":
                exponent = -energy * (1 / temperature_K - 1 / self.meeting_K)
                rho = self.prefactor * np.exp(np.minimum(exponent, 300))
            else:
                rho = taff.modified(temperature_K, energy, self.tc_K, self.exponent_q, self.prefactor)
            vortices = taff.saturate(rho, 1.0, self.saturation)
            if self.flux_flow:
                onset, full = self.flux_flow
                flow = float(np.clip((field_T - onset) / (full - onset), 0, 1))
        return self.normal(temperature_K) * (1 - (1 - share) * (1 - vortices) * (1 - flow))

    def campaign(self, seed: int, fields: Sequence[float] | None = None) -> list[Curve]:
        rng = np.random.default_rng(seed)
        shift = rng.normal(0, self.accuracy_K)
        scale = 1 + rng.normal(0, self.field_accuracy)
        return [self.curve(rng, f, shift, scale) for f in (self.fields if fields is None else fields)]

    def curve(self, rng: np.random.Generator, field_T: float, shift: float = 0.0, scale: float = 1.0) -> Curve:
        actual = np.arange(self.warm_K, self.base_K, -self.step_K)
        clean = self.resistance(actual, field_T * scale)
        noisy = clean + self.offset_ohm + rng.normal(0, self.noise_ohm, actual.size)
        shown = actual + shift + rng.normal(0, self.thermometer_noise_K, actual.size)
        info = CurveInfo(
            f"{self.orientation}_{field_T:g}T",
            "R(T)",
            {"field_T": field_T, "orientation": self.orientation},
            self.accuracy_K,
            self.field_accuracy,
        )
        return Curve(info, shown, np.full(actual.size, field_T), noisy)


@dataclass(frozen=True)
class KnownNormal:
    truth: Truth
    noise_ohm: float

    def resistance(self, temperature_K: npt.ArrayLike) -> FloatArray:
        return self.truth.normal(temperature_K)


def perpendicular() -> Truth:
    p = {
        "energy_K": 1228.76,
        "reference_field_T": 0.1,
        "exponent_low": 0.71,
        "exponent_high": 1.67,
        "crossover_T": 0.7,
    }
    return Truth(
        "arrhenius",
        lambda h: activation.broken_power_law(h, **p),
        1.6e5,
        PERPENDICULAR,
        flux_flow=(1.9, 4.0),
        law_parameters={"U0_exponent_low": 0.71, "U0_exponent_high": 1.67, "U0_crossover_field": 0.7},
    )


def single_power() -> Truth:
    return replace(
        perpendicular(),
        energy=lambda h: activation.power_law(h, 1500.0, 0.1, 0.9),
        law_parameters={"U0_exponent": 0.9},
        flux_flow=None,
        fields=(0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.5, 1.8, 2.0),
    )


def parallel() -> Truth:
    return Truth(
        "modified",
        lambda h: activation.parabolic(h, 4653.88, -0.77, 14.5),
        10.0,
        PARALLEL,
        step_K=1.75e-3,
        orientation="in_plane",
        law_parameters={"U0_beta": 4653.88, "U0_gamma": -0.77, "U0_kramer_field": 14.5},
    )

"""Campaigns of R(T) curves from the forward law of a sample, with noise and calibration errors per seed.

Three samples of the kind of 2H-NbS2, and a wide box of others; benchmarks and tests share them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from analysis.curves import Curve, CurveInfo
from analysis.findings import Finding
from analysis.models import activation, taff, transition

FloatArray = npt.NDArray[np.float64]

PERPENDICULAR = (0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.5, 1.8, 2.0, 2.2, 2.5, 3.0, 6.0, 12.0)
PARALLEL = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 9.0, 9.5, 10.0, 11.0, 12.0)


@dataclass(frozen=True)
class Truth:
    """A sample and the bench it is measured on: K, T, ohm; ``energy`` is U0(H), ``prefactor`` a share of R_n."""

    law: str
    energy: Callable[[npt.ArrayLike], FloatArray]
    prefactor: float
    fields: Sequence[float]
    tc_K: float = 6.0
    width_K: float = 0.17
    meeting_K: float = 5.95
    exponent_q: float = 2.0
    saturation: float = 2.0
    #: the first-order saturation, where it is neither that of ``saturation`` 1 (which is 1) nor of more (0)
    first_order: float | None = None
    #: Tc of the law, where it is not the middle of the transition in zero field
    law_tc_K: float | None = None
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
        """Normal resistance in ohm."""
        return self.residual_ohm + self.quadratic * np.asarray(temperature_K, dtype=float) ** 2

    def resistance(self, temperature_K: FloatArray, field_T: float) -> FloatArray:
        """R(T) in ohm without noise."""
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
                rho = taff.modified(
                    temperature_K, energy, self.law_tc_K or self.tc_K, self.exponent_q, self.prefactor
                )
            vortices = self._joined(rho)
            if self.flux_flow:
                onset, full = self.flux_flow
                flow = float(np.clip((field_T - onset) / (full - onset), 0, 1))
        return self.normal(temperature_K) * (1 - (1 - share) * (1 - vortices) * (1 - flow))

    def _joined(self, share: FloatArray) -> FloatArray:
        """Saturation of an activated resistance (a share of R_n)."""
        if self.first_order is None:
            return taff.saturate(share, 1.0, self.saturation)
        # between and beyond the joins of first order 0 and 1, the quotient of which this is
        between = (np.hypot(1.0, share) / (1.0 + share)) ** self.first_order
        return np.minimum(taff.saturate(share, 1.0, 2.0) * between, 1.0)

    def campaign(self, seed: int, fields: Sequence[float] | None = None) -> list[Curve]:
        """All curves of one seed, with one calibration error of thermometer and magnet."""
        rng = np.random.default_rng(seed)
        shift = rng.normal(0, self.accuracy_K)
        scale = 1 + rng.normal(0, self.field_accuracy)
        return [self.curve(rng, f, shift, scale) for f in (self.fields if fields is None else fields)]

    def curve(self, rng: np.random.Generator, field_T: float, shift: float = 0.0, scale: float = 1.0) -> Curve:
        """One noisy curve, cooling."""
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
    """The true normal state, where its fit is not the question."""

    truth: Truth
    noise_ohm: float

    def resistance(self, temperature_K: npt.ArrayLike) -> FloatArray:
        """R_n in ohm."""
        return self.truth.normal(temperature_K)


def perpendicular() -> Truth:
    """Arrhenius, two power laws of U0(H), flux flow beyond 1.9 T."""
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
    """Arrhenius, one power law of U0(H)."""
    return replace(
        perpendicular(),
        energy=lambda h: activation.power_law(h, 1500.0, 0.1, 0.9),
        law_parameters={"U0_exponent": 0.9},
        flux_flow=None,
        fields=(0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.5, 1.8, 2.0),
    )


def parallel() -> Truth:
    """The modified law with q = 2 and the parabolic form of U0(H)."""
    return Truth(
        "modified",
        lambda h: activation.parabolic(h, 4653.88, -0.77, 14.5),
        10.0,
        PARALLEL,
        step_K=1.75e-3,
        orientation="in_plane",
        law_parameters={"U0_beta": 4653.88, "U0_gamma": -0.77, "U0_kramer_field": 14.5},
    )


def true_value(truth: Truth, finding: Finding) -> float | None:
    """Truth of a finding of thermally activated flux flow; None where the sample has none."""
    if finding.quantity in ("activation_energy", "ln_prefactor"):
        energy = float(truth.energy(finding.conditions["field_T"]))
        if finding.quantity == "activation_energy":
            return energy
        # in ohm, at R_n close to Tc
        level = float(np.log(truth.prefactor * truth.normal(truth.tc_K)))
        return level + (energy / truth.meeting_K if truth.law == "arrhenius" else 0.0)
    known = {
        "T_cross": truth.meeting_K,
        "inverse_slope_lnR0_U0": truth.meeting_K,
        "exponent_q": truth.exponent_q,
        "Tc_taff": truth.law_tc_K or truth.tc_K,
    }
    return (known | truth.law_parameters).get(finding.quantity)


def sample_of_box(seed: int) -> tuple[Truth, str]:
    """One sample of a wide box, and the name of its U0(H): "power law", "broken power law" or "parabolic".

    Half of the samples are Arrhenius, half follow the modified law; Tc from 2 to 25 K, R_n from 1 mOhm to 1 kOhm,
    noise from 3e-6 to 1e-4 of R_n, 6 to 16 fields over one to two decades. The join to the normal state is that of
    two resistances in parallel (the first-order saturation is 1) or sharper (it is 0), one as often as the other.
    """
    rng = np.random.default_rng([3, seed])
    law = ("arrhenius", "modified")[seed % 2]
    tc = float(10 ** rng.uniform(0.3, 1.4))
    level = float(10 ** rng.uniform(-3, 3))
    lowest = float(10 ** rng.uniform(-1, 0))
    highest = lowest * float(10 ** rng.uniform(1.0, 2.0))
    inner = np.linspace(0, 1, int(rng.integers(6, 17)))
    inner[1:-1] += rng.uniform(-0.3, 0.3, inner.size - 2) / inner.size
    fields = tuple(float(f"{field:.3g}") for field in lowest * (highest / lowest) ** inner)
    # barriers of 60 to 300 Tc in the lowest field; above the window the modified one is weaker by (1 - t)^q
    scale = tc * float(10 ** rng.uniform(1.8, 2.5)) * (1.0 if law == "arrhenius" else 4.0)
    name, energy, parameters = _energy_of_box(rng, fields, scale)
    truth = Truth(
        law,
        energy,
        float(10 ** (rng.uniform(0.5, 5.5) if law == "arrhenius" else rng.uniform(-0.3, 1.3))),
        fields,
        tc_K=tc,
        width_K=tc * float(rng.uniform(0.005, 0.03)),
        meeting_K=tc * float(rng.uniform(0.98, 1.0)),
        exponent_q=float(rng.uniform(1.3, 2.5)),
        saturation=float(rng.choice([1.0, 1.0, 2.0, 4.0])),
        warm_K=1.25 * tc,
        base_K=tc * float(rng.uniform(0.2, 0.35)),
        step_K=tc * float(10 ** rng.uniform(-3.7, -3.1)),
        noise_ohm=level * float(10 ** rng.uniform(-5.5, -4.0)),
        thermometer_noise_K=tc * float(10 ** rng.uniform(-4.7, -3.7)),
        accuracy_K=tc * float(10 ** rng.uniform(-4.0, -3.0)),
        offset_ohm=level * float(rng.normal(0, 2e-5)),
        orientation=("out_of_plane", "in_plane")[int(rng.integers(2))],
        residual_ohm=level,
        quadratic=level * float(rng.uniform(0, 0.05)) / tc**2,
        law_parameters=parameters,
    )
    return truth, name


def sample_of_wide_box(seed: int) -> tuple[Truth, str]:
    """The same sample, with what the analysis assumes to be uncertain drawn as widely as it assumes.

    The first-order saturation is 0.5 with deviation 1, and Tc of the law lies off the middle of the transition by a
    deviation of its width.
    """
    truth, name = sample_of_box(seed)
    rng = np.random.default_rng([4, seed])
    tc = truth.tc_K + truth.width_K * float(rng.normal())
    return replace(truth, first_order=float(rng.normal(0.5, 1.0)), law_tc_K=tc), name


def _energy_of_box(
    rng: np.random.Generator, fields: Sequence[float], scale: float
) -> tuple[str, Callable[[npt.ArrayLike], FloatArray], dict[str, float]]:
    lowest, highest = fields[0], fields[-1]
    name = ("power law", "broken power law", "parabolic")[int(rng.integers(3))]
    low = float(rng.uniform(0.3, 0.9))
    if name == "power law":
        return name, lambda h: activation.power_law(h, scale, lowest, low), {"U0_exponent": low}
    if name == "broken power law":
        high, place = low + float(rng.uniform(0.4, 1.2)), float(rng.uniform(0.3, 0.7))
        crossover = lowest ** (1 - place) * highest**place
        known = {"U0_exponent_low": low, "U0_exponent_high": high, "U0_crossover_field": crossover}
        return name, lambda h: activation.broken_power_law(h, scale, lowest, low, high, crossover), known
    kramer = highest * float(rng.uniform(1.1, 2.0))
    beta = scale * lowest**low / (1 - lowest / kramer) ** 2
    known = {"U0_beta": beta, "U0_gamma": -low, "U0_kramer_field": kramer}
    return name, lambda h: activation.parabolic(h, beta, -low, kramer), known

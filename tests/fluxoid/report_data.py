"""A synthetic run for tests of tables, report and view: curves and findings straight from the forward laws."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from analysis.curves import Curve, CurveInfo
from analysis.findings import Condition, Finding, Verdict
from analysis.models import activation, taff, transition
from analysis.models.hall import carrier_density, hall_slope

FloatArray = npt.NDArray[np.float64]

OUT_FIELDS = (0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.5, 1.8, 2, 2.2, 2.5, 3, 6, 12)
IN_FIELDS = (0, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 9, 9.5, 10, 11, 12)
SHARES = {"onset": transition.ONSET, "mid": transition.MIDPOINT, "zero": transition.ZERO}
THICKNESS_M, DENSITY = 2e-6, 1.75e28
TRUTHS = {
    "U0_exponent_low": 0.71,
    "U0_exponent_high": 1.67,
    "U0_crossover_field": 0.7,
    "U0_beta": 4653.88,
    "U0_gamma": -0.77,
    "U0_kramer_field": 14.5,
    "T_cross": 5.95,
    "inverse_slope_lnR0_U0": 5.95,
    "exponent_q": 2.0,
    "Tc_taff": 6.0,
    "hall_coefficient": hall_slope(DENSITY, THICKNESS_M),
    "carrier_density": DENSITY,
}


@dataclass
class RecordedCurve:
    curve: Curve

    @property
    def info(self) -> CurveInfo:
        return self.curve.info

    def as_curve(self) -> Curve:
        return self.curve


@dataclass
class Run:
    orientation: str
    curves: list[RecordedCurve] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def normal(temperature: npt.ArrayLike) -> FloatArray:
    return 0.05 + 2e-5 * np.asarray(temperature, dtype=float) ** 2


def energy(orientation: str, field_T: npt.ArrayLike) -> FloatArray:
    if orientation == "out_of_plane":
        return activation.broken_power_law(field_T, 1228.76, 0.1, 0.71, 1.67, 0.7)
    return activation.parabolic(field_T, 4653.88, -0.77, 14.5)


def law(orientation: str) -> Callable[[str, FloatArray, npt.ArrayLike], FloatArray]:
    """R(T, H) without noise."""

    def resistance(kind: str, temperature: FloatArray, field_T: npt.ArrayLike) -> FloatArray:
        if kind != "R(T)":
            return hall_slope(DENSITY, THICKNESS_M) * np.asarray(field_T) + 0 * temperature
        h = float(np.asarray(field_T))
        f = transition.normal_fraction(temperature, 6.0, 6.17, 5.83)
        if h == 0:
            return normal(temperature) * f
        u0 = energy(orientation, h)
        if orientation == "out_of_plane":
            raw = taff.arrhenius(temperature, u0, 1.6e5 * np.exp(u0 / 5.95))
            g = float(np.clip((h - 1.9) / 2.1, 0, 1))
        else:
            raw, g = taff.modified(temperature, u0, 6.0, 2.0, 10.0), 0.0
        r = taff.saturate(raw, 1.0, 2.0)
        return normal(temperature) * (1 - (1 - f) * (1 - r) * (1 - g))

    return resistance


def crossing(orientation: str, share: float, field_T: float) -> float | None:
    grid = np.linspace(7.0, 1.6, 20001)
    ratio = law(orientation)("R(T)", grid, field_T) / normal(grid)
    below = np.flatnonzero(ratio < share)
    return None if not below.size or below[0] == 0 else float(grid[below[0]])


def truth_for(orientation: str) -> Callable[[Finding], float | None]:
    def truth(finding: Finding) -> float | None:
        h = finding.conditions.get("field_T")
        if finding.quantity == "activation_energy" and h is not None:
            return float(energy(orientation, float(h)))
        if finding.quantity.startswith("Tc_") and h is not None:
            return crossing(orientation, SHARES[finding.quantity[3:]], float(h))
        return TRUTHS.get(finding.quantity)

    return truth


def make_run(orientation: str = "out_of_plane", points: int = 3000, seed: int = 7) -> Run:
    rng = np.random.default_rng(seed)
    run = Run(orientation)
    for h in OUT_FIELDS if orientation == "out_of_plane" else IN_FIELDS:
        t = np.linspace(7.0, 1.6, points)
        r = law(orientation)("R(T)", t, h) + rng.normal(0, 1e-6, points)
        info = CurveInfo(
            f"R(T) {h:g} T", "R(T)", {"field_T": float(h), "orientation": orientation}, 0.002, 2e-4, THICKNESS_M
        )
        run.curves.append(RecordedCurve(Curve(info, t, np.full(points, float(h)), r)))
        run.findings += per_curve(orientation, float(h), rng)
    run.findings += across(orientation, run.findings, rng)
    if orientation == "out_of_plane":
        add_hall(run, rng)
    return run


def per_curve(orientation: str, h: float, rng: np.random.Generator) -> list[Finding]:
    where: dict[str, Condition] = {"field_T": h, "orientation": orientation}
    name = (f"R(T) {h:g} T",)
    found = []
    t = {c: crossing(orientation, share, h) for c, share in SHARES.items()}
    for criterion, value in t.items():
        if value is None:
            why = f"R/R_n does not reach {SHARES[criterion]:.0%} above 1.6 K"
            verdict = Verdict.NOT_ENOUGH_DATA
            found.append(Finding(f"Tc_{criterion}", None, None, "K", verdict, why, "", where, name))
        else:
            good = Verdict.GOOD
            found.append(
                Finding(f"Tc_{criterion}", value + rng.normal(0, 2e-3), 2.1e-3, "K", good, "", "", where, name)
            )
    if t["onset"] and t["zero"]:
        width = t["onset"] - t["zero"]
        found.append(Finding("transition_width", width, 1.2e-3, "K", Verdict.GOOD, "", "", where, name))
    found.append(Finding("normal_resistance", 0.0507, 2e-6, "ohm", Verdict.GOOD, "", "", where, name))
    if h == 0:
        return found
    u0, u_window = float(energy(orientation, h)), (3e-4, 3e-2)
    grid = np.linspace(6.2, 1.6, 9000)
    ratio = law(orientation)("R(T)", grid, h) / normal(grid)
    inside = grid[(ratio > u_window[0]) & (ratio < u_window[1])]
    out = orientation == "out_of_plane"
    method = "Arrhenius" if out else "modified TAFF"
    if inside.size < 20 or (out and h > 1.9):
        why = "no thermally activated range: R/R_n stays above 3 %"
        verdict = Verdict.NOT_ENOUGH_DATA
        return [*found, Finding("activation_energy", None, None, "K", verdict, why, method, where, name)]
    window = {"temperature_K": (float(inside.min()), float(inside.max()))}
    error = 0.012 * u0
    got = u0 + rng.normal(0, error)
    centre = 0.5 * (1 / inside.min() + 1 / inside.max())
    if out:
        at_centre = np.log(1.6e5 * 0.0507) + u0 / 5.95 - u0 * centre
        found.append(Finding("activation_energy", got, error, "K", Verdict.GOOD, "", method, where, name, window))
        ln_r0 = float(at_centre + got * centre)
        found.append(
            Finding("ln_prefactor", ln_r0, error * centre, "1", Verdict.GOOD, "", method, where, name, window)
        )
        return found
    found.append(Finding("activation_energy", got, error, "K", Verdict.GOOD, "", method, where, name, window))
    x, y = 1 / inside, np.log(law(orientation)("R(T)", inside, h))
    slope, offset = np.polyfit(x, y, 1)
    why = "ln R against 1/T bends: chi^2 per degree of freedom 41"
    rejected = Verdict.MODEL_REJECTED
    found.append(
        Finding("activation_energy", float(-slope), 30.0, "K", rejected, why, "Arrhenius", where, name, window)
    )
    found.append(Finding("ln_prefactor", float(offset), 5.0, "1", rejected, why, "Arrhenius", where, name, window))
    return found


def across(orientation: str, found: list[Finding], rng: np.random.Generator) -> list[Finding]:
    where: dict[str, Condition] = {"orientation": orientation}
    good, rejected = Verdict.GOOD, Verdict.MODEL_REJECTED

    def one(quantity: str, error: float, unit: str, method: str) -> Finding:
        return Finding(quantity, TRUTHS[quantity] + rng.normal(0, error), error, unit, good, "", method, where)

    results = []
    for f in found:
        if (
            f.quantity in ("Tc_onset", "Tc_mid", "Tc_zero")
            and f.value is not None
            and float(f.conditions["field_T"]) > 0
        ):
            h = float(f.conditions["field_T"])
            conditions = {**where, "temperature_K": f.value, "criterion": f.quantity[3:]}
            results.append(Finding("Hc2", h, 0.004 + 2e-4 * h, "T", good, "", "", conditions, f.curves))
    if orientation == "out_of_plane":
        why = "one exponent leaves residuals of 9 sigma at both ends: chi^2 per degree of freedom 62"
        return [
            *results,
            one("T_cross", 0.011, "K", "Arrhenius"),
            one("inverse_slope_lnR0_U0", 0.014, "K", "Arrhenius"),
            Finding("U0_exponent", None, None, "1", rejected, why, "power law", where),
            one("U0_exponent_low", 0.012, "1", "broken power law"),
            one("U0_exponent_high", 0.021, "1", "broken power law"),
            one("U0_crossover_field", 0.015, "T", "broken power law"),
            Finding("zero_resistance_field", 1.9, 0.1, "T", good, "", "", where),
        ]
    why = "the fitted lines do not meet in one point: crossings scatter from 5.2 to 6.9 K, 14 times their errors"
    return [
        *results,
        Finding("T_cross", None, None, "K", rejected, why, "Arrhenius", where),
        one("exponent_q", 0.018, "1", "modified TAFF"),
        one("Tc_taff", 0.006, "K", "modified TAFF"),
        one("U0_beta", 41.0, "K", "parabolic"),
        one("U0_gamma", 0.008, "1", "parabolic"),
        one("U0_kramer_field", 0.12, "T", "parabolic"),
    ]


def add_hall(run: Run, rng: np.random.Generator) -> None:
    b = np.linspace(-12, 12, 600)
    slope = TRUTHS["hall_coefficient"]
    where: dict[str, Condition] = {"temperature_K": 10.0, "orientation": "out_of_plane", "signal": "hall"}
    info = CurveInfo("Hall 10 K", "R(B)", where, 0.002, 2e-4, THICKNESS_M)
    r = slope * b + 0.2 * float(normal(10.0)) * 1e-2 + rng.normal(0, 4e-8, b.size)
    run.curves.append(RecordedCurve(Curve(info, np.full(b.size, 10.0), b, r)))
    at: dict[str, Condition] = {"temperature_K": 10.0, "orientation": "out_of_plane"}
    good, name = Verdict.GOOD, ("Hall 10 K",)
    run.findings += [
        Finding("hall_coefficient", slope * 1.0001, slope * 3e-4, "ohm/T", good, "", "holes", at, name),
        Finding(
            "carrier_density",
            carrier_density(slope * 1.0001, THICKNESS_M),
            DENSITY * 3e-4,
            "1/m^3",
            good,
            "",
            "holes",
            at,
            name,
        ),
    ]

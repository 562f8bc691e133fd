"""Thin films in parallel field: truths of both laws come back within their errors, and each rejects the other."""

import numpy as np
import pytest

from analysis.critical_field_film import FILM, KLB, film_findings
from analysis.critical_field_fits import CriticalFieldPoints
from analysis.errors import AnalysisError
from analysis.findings import Finding, Verdict
from analysis.models import ginzburg_landau as gl
from analysis.models import klb

TC = 4.0
TEMPERATURE = np.linspace(0.15, 0.97, 16) * TC
TAU_SO = 2e-14  # lambda_so = 2 hbar/(3 pi k Tc tau_so) = 20
ACROSS = Finding("Bc2_0", 2.0, 0.02, "T", Verdict.GOOD, method="Ginzburg-Landau")


def points(field, seed=1, noise=0.01, temperature_noise=1e-3) -> CriticalFieldPoints:
    rng = np.random.default_rng(seed)
    error, shift = noise * field, temperature_noise * TEMPERATURE
    return CriticalFieldPoints(
        TEMPERATURE + shift * rng.normal(size=field.size),
        field + error * rng.normal(size=field.size),
        error,
        shift,
        TC * (1 + 2e-3 * rng.normal()),
        2e-3 * TC,
    )


def film(seed: int = 1) -> CriticalFieldPoints:
    return points(gl.parallel(TEMPERATURE / TC, 12.0), seed)


def layered(seed: int = 1) -> CriticalFieldPoints:
    return points(klb.upper_critical_field(TEMPERATURE, TC, TAU_SO), seed)


def pick(findings: list[Finding], method: str, quantity: str) -> Finding:
    (found,) = [f for f in findings if f.method == method and f.quantity == quantity]
    return found


def test_a_film_and_its_thickness():
    found = film_findings(film(), {"orientation": "in_plane"}, ACROSS)
    zero, thickness = pick(found, FILM, "Bc2_0"), pick(found, FILM, "film_thickness")
    assert zero.verdict is Verdict.GOOD
    assert abs(zero.value - 12.0) < 3 * zero.error
    # d = sqrt(6 phi0 Bperp/(pi Bpar^2)) by hand: sqrt(6 * 2.0678e-15 * 2 / pi)/12 = 7.406e-9
    assert abs(thickness.value - 7.406e-9) < 3 * thickness.error
    assert thickness.error / thickness.value == pytest.approx(
        np.hypot(0.5 * 0.01, zero.error / zero.value), rel=1e-6
    )
    assert pick(found, FILM, "pauli_ratio").value == pytest.approx(zero.value / (1.8568 * TC), rel=0.01)
    assert all(f.verdict is Verdict.MODEL_REJECTED for f in found if f.method == KLB)


def test_a_layered_superconductor_and_its_spin_orbit_time():
    found = film_findings(layered(), {})
    time = pick(found, KLB, "spin_orbit_time")
    assert time.unit == "s"
    assert abs(time.value - TAU_SO) < 3 * time.error
    truth = float(klb.upper_critical_field(0.0, TC, TAU_SO))
    zero = pick(found, KLB, "Bc2_0")
    assert abs(zero.value - truth) < 3 * zero.error
    assert all(f.verdict is Verdict.MODEL_REJECTED for f in found if f.method == FILM)


def test_pulls_have_the_width_of_their_errors():
    truths = {"Bc2_0": float(klb.upper_critical_field(0.0, TC, TAU_SO)), "spin_orbit_time": TAU_SO}
    pulls = {name: [] for name in truths} | {"film": []}
    for seed in range(60):
        found = film_findings(layered(seed), {})
        for name, truth in truths.items():
            one = pick(found, KLB, name)
            pulls[name].append((one.value - truth) / one.error)
        one = pick(film_findings(film(seed), {}), FILM, "Bc2_0")
        pulls["film"].append((one.value - 12.0) / one.error)
    for name, values in pulls.items():
        assert abs(np.mean(values)) < 4 / 60**0.5, name
        assert 0.7 < np.std(values) < 1.3, name


def test_weak_scattering_is_a_doubt():
    weak = points(klb.upper_critical_field(TEMPERATURE, TC, 4e-13))  # lambda_so = 1
    time = pick(film_findings(weak, {}), KLB, "spin_orbit_time")
    assert time.verdict is Verdict.PROVISIONAL
    assert "strong scattering" in time.reason


def test_without_the_perpendicular_field_there_is_no_thickness():
    thickness = pick(film_findings(film(), {}), FILM, "film_thickness")
    assert thickness.value is None
    assert thickness.verdict is Verdict.NOT_ENOUGH_DATA
    assert "perpendicular" in thickness.reason


def test_bulk_points_are_described_by_neither():
    found = film_findings(points(gl.linear(TEMPERATURE / TC, 12.0)), {})
    assert all(f.verdict is Verdict.MODEL_REJECTED and f.value is None for f in found)


def test_bad_input():
    few = film()
    few = CriticalFieldPoints(*(a[:4] for a in (few.temperature_K, few.field_T, few.field_error_T)), np.zeros(4))
    with pytest.raises(AnalysisError, match="need 5"):
        film_findings(few, {})
    with pytest.raises(AnalysisError, match="in T"):
        film_findings(film(), {}, Finding("Bc2_0", None, None, "T", Verdict.MODEL_REJECTED, "no law"))

"""A lifetime or a Gaussian spread: which is taken, and what being unsure of it adds to an error."""

import numpy as np
import pytest

from analysis.findings import Verdict
from analysis.models.bcs import BOLTZMANN_meV_per_K
from analysis.models.btk import conductance
from analysis.spectroscopy import Spectrum, spectrum_findings
from analysis.spectroscopy.choice import Candidate, Choice, _against, choose
from analysis.spectroscopy.fit import Fit
from analysis.spectroscopy.junction import GAP
from analysis.spectroscopy.spectrum import Prepared

BIAS = np.linspace(-4, 4, 401)


def spread_spectrum(thermal, spread, barrier, noise, seed):
    kelvin = thermal / BOLTZMANN_meV_per_K
    values = conductance(BIAS, 1.0, 0.0, barrier, kelvin, gaussian_broadening_meV=spread)
    return Spectrum("s", BIAS, values + np.random.default_rng(seed).normal(0, noise, BIAS.size), kelvin)


def candidate(broadening, gap, criterion, errors=(0.01,) * 5, chi2=400.0, room=0.0):
    parameters = np.array([gap, 0.1, 0.5, 0.0, 0.0])
    fit = Fit(parameters, np.diag(np.square(errors)), chi2, 5, True, np.zeros(401), np.ones(401))
    return Candidate(broadening, False, fit, criterion, room)


def choice(best, *others):
    return Choice(best, others, Prepared(BIAS, np.ones(401), 1.0, 0.01, False, 0), 0)


@pytest.mark.parametrize(("barrier", "seed"), [(2.2, 1), (2.4, 2), (2.45, 3)])
def test_the_barrier_of_a_spread_is_not_that_of_a_lifetime(barrier, seed):
    """The best lifetime is that of a tunnel junction here; a Gaussian with such a barrier would be refused."""
    data = spread_spectrum(0.06, 0.28, barrier, 0.0056, seed)
    found = {f.quantity: f for f in spectrum_findings(data)}
    assert found["gap"].verdict is Verdict.GOOD
    assert found["gap"].method == "BTK, Gaussian broadening"
    for name, truth in (("gap", 1.0), ("broadening", 0.28), ("barrier", barrier)):
        assert abs(found[name].value - truth) < 4 * found[name].error, name


def test_a_spread_tunnel_junction_is_told():
    chosen = choose(spread_spectrum(0.05, 0.15, np.inf, 0.005, 4))
    assert chosen.best.tunnelling
    assert chosen.best.broadening == "Gaussian"


def test_volume_of_the_errors():
    # independent errors 2 and 3 about a parameter that is held: 6; correlated by 0.6: 6 sqrt(1 - 0.36)
    covariance = np.diag([4.0, 0.0, 9.0])
    fit = Fit(np.zeros(3), covariance, 1.0, 2, True, np.zeros(1), np.zeros(1))
    assert fit.log_volume == pytest.approx(np.log(6.0))
    covariance[0, 2] = covariance[2, 0] = 0.6 * 2 * 3
    assert fit.log_volume == pytest.approx(np.log(6.0 * 0.8))


def test_what_needs_less_tuning_is_likelier():
    """At the same chi2, two errors twice as wide are 2 ln 4 in twice the logarithm of the evidence."""
    lifetime = candidate("Lorentzian", 1.0, 10.0)
    spread = candidate("Gaussian", 1.1, 10.0, errors=(0.02, 0.02, 0.01, 0.01, 0.01))
    (rival,) = _against(lifetime, (spread,))
    assert rival.room == pytest.approx(2 * np.log(4.0))
    assert rival.fit is spread.fit


def test_a_spread_of_nothing_has_no_room_without_end():
    """The square of the spread 0.1 is known to 2 * 0.1 * 5 = 1, so that a spread of 1 is what the data allow."""
    lifetime = candidate("Lorentzian", 1.0, 10.0)
    (rival,) = _against(lifetime, (candidate("Gaussian", 1.0, 10.0, errors=(0.01, 5.0, 0.01, 0.01, 0.01)),))
    assert rival.room == pytest.approx(2 * np.log(1.0 / 0.01))


def test_a_warm_peak_does_not_hide_that_the_normal_state_is_reached():
    """At kT of half a gap the peak is at twice the gap, and 3 gaps of bias less than 1.8 times that."""
    kelvin = 0.5 / BOLTZMANN_meV_per_K
    for reach, given in ((3.0, True), (1.2, False)):
        bias, noise = np.linspace(-reach, reach, 401), np.random.default_rng(7).normal(0, 0.003, 401)
        gap = spectrum_findings(Spectrum("w", bias, conductance(bias, 1.0, 0.3, np.inf, kelvin) + noise, kelvin))[0]
        assert (gap.value is not None) == given, gap.reason
        if gap.value is not None:
            assert abs(gap.value - 1.0) < 4 * gap.error


def test_evidence_against_the_integral():
    """Two laws linear in one parameter, y = p x and y = p x^2: the integrals of the likelihood by summation."""
    x, noise = np.linspace(0.2, 1.0, 30), 0.1
    y = 0.7 * x**1.4 + np.random.default_rng(3).normal(0, noise, x.size)
    slopes, integral, laws = np.linspace(-3, 4, 20001), [], []
    for name, shape in (("Lorentzian", x), ("Gaussian", x**2)):
        chi2 = np.sum(((y - slopes[:, None] * shape) / noise) ** 2, axis=1)
        integral.append(np.log(np.sum(np.exp(-0.5 * (chi2 - 30)))))
        covariance = np.array([[noise**2 / np.sum(shape**2)]])
        covariance = np.diag([covariance[0, 0], 0.0])  # the width is held
        fit = Fit(np.ones(2), covariance, float(chi2.min()), 1, True, y, y)
        laws.append(Candidate(name, False, fit, float(chi2.min())))
    (rival,) = _against(laws[0], (laws[1],))
    assert laws[0].criterion - rival.criterion + rival.room == pytest.approx(
        2 * (integral[1] - integral[0]), abs=1e-4
    )


@pytest.mark.parametrize("ahead", [-4.0, 0.0, 4.0])
def test_a_rival_counts_by_its_odds_and_at_most_as_much_as_what_was_taken(ahead):
    lifetime, spread = candidate("Lorentzian", 1.0, 10.0), candidate("Gaussian", 1.3, 10.0 - ahead)
    odds = min(np.exp(0.5 * ahead), 1.0)
    assert choice(lifetime, spread).model_spread(GAP) == pytest.approx(0.3 * np.sqrt(odds / (1 + odds)))
    assert choice(lifetime).model_spread(GAP) == 0.0


def test_no_surer_by_what_a_spread_has_to_be_better_by():
    # ahead by 7, of which 6 are needed to be taken at all
    spread, lifetime = candidate("Gaussian", 1.3, 3.0), candidate("Lorentzian", 1.0, 10.0)
    odds = np.exp(-0.5)
    assert choice(spread, lifetime).model_spread(GAP) == pytest.approx(0.3 * np.sqrt(odds / (1 + odds)))


@pytest.mark.parametrize(("room", "counts"), [(3.0, 3.0), (-3.0, 0.0)])
def test_the_room_of_a_rival_counts_for_it_and_never_against(room, counts):
    lifetime, spread = candidate("Lorentzian", 1.0, 10.0), candidate("Gaussian", 1.3, 14.0, room=room)
    odds = np.exp(-0.5 * (4.0 - counts))
    assert choice(lifetime, spread).model_spread(GAP) == pytest.approx(0.3 * np.sqrt(odds / (1 + odds)))


def test_a_parabolic_background_that_is_nearly_taken_counts_in_the_error():
    """Bent more and more, a background is straight, then straight with a doubt, then a parabola."""
    thermal, noise = 0.1, 0.003
    kelvin = thermal / BOLTZMANN_meV_per_K
    clean = conductance(BIAS, 1.0, 0.1, 0.5, kelvin)
    noisy = np.random.default_rng(12).normal(0, noise, BIAS.size)
    states = []
    for bend in np.linspace(0.0, 8e-3, 17):
        chosen = choose(Spectrum("b", BIAS, clean * (1 + bend * (BIAS / 4) ** 2) + noisy, kelvin), False)
        doubted = [other for other in chosen.others if other.curved and not chosen.best.curved]
        states.append("parabola" if chosen.best.curved else "doubt" if doubted else "straight")
        if doubted:
            assert chosen.model_spread(GAP) == pytest.approx(abs(doubted[0].gap_meV - chosen.best.gap_meV) / 2**0.5)
    assert list(dict.fromkeys(states)) == ["straight", "doubt", "parabola"]

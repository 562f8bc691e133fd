"""The thermal conductance of a contact with a sharp edge: for all barriers, against one other formulation."""

import numpy as np
import pytest

from analysis.models.bcs import BOLTZMANN_meV_per_K
from analysis.models.btk import conductance, root_width


def kelvin(thermal_meV):
    return thermal_meV / BOLTZMANN_meV_per_K


def by_many_panels(bias, gap, barrier, thermal):
    """No broadening: the real expressions of Table II by Gauss on panels halved a hundred times towards the edge.

    In t with E = Delta cosh t above the gap, where |a| = exp(-t), and E = Delta cos t below it.
    """
    node, weight = np.polynomial.legendre.leggauss(20)
    tau = 1 / (1 + barrier**2)
    total = np.zeros_like(bias)
    for above, last in ((True, np.arccosh((np.max(bias) + 45 * thermal) / gap + 1)), (False, np.pi / 2)):
        even = np.arange(1, 60 + 40 * last / np.sqrt(thermal / gap)) * np.sqrt(thermal / gap) / 40
        borders = np.unique(np.concatenate([[0.0, last], even[even < last], last * 0.5 ** np.arange(100)]))
        half = 0.5 * np.diff(borders)[:, None]
        t, share = (borders[:-1, None] + half * (1 + node)).ravel(), (half * weight).ravel()
        if above:
            q = np.exp(-2 * t)
            # 1 - q by expm1, and with dE in the numerator no infinity
            excess = (1 + q) / (tau * q - np.expm1(-2 * t)) - 1
            energy, share = gap * np.cosh(t), share * gap * np.sinh(t) * excess
        else:
            excess = 2 * tau / (tau**2 + 4 * (1 - tau) * np.sin(t) ** 2) - 1
            energy, share = gap * np.cos(t), share * gap * np.sin(t) * excess
        for sign in (1, -1):
            decay = np.exp(-np.abs(energy - sign * bias[:, None]) / thermal)
            total += (decay / (1 + decay) ** 2 / thermal) @ share
    return 1 + total


@pytest.mark.parametrize("thermal", [0.002, 0.0136, 0.05, 0.19, 0.6, 5.0])
@pytest.mark.parametrize("barrier", [0.0, 0.05, 0.5, 2.0, 5.0, 100.0, 1e4, 1e6, np.inf])
def test_no_broadening_for_all_barriers(barrier, thermal):
    """Down to a transparency of 1e-12, whose peak is as narrow as rounding lets an energy be."""
    bias = np.array([0.0, 0.4, 0.98, 0.9999, 1.0, 1.01, 1.3, 2.5])
    got = conductance(bias, 1.0, 0.0, barrier, kelvin(thermal))
    assert got == pytest.approx(by_many_panels(bias, 1.0, barrier, thermal), abs=4e-6)


def test_nodes_kept_for_one_gap_serve_no_other():
    """The same biases and temperature with gap, broadening and barrier changed and changed back."""
    bias, cases = np.linspace(0, 3, 31), [(1.0, 0.0, 0.5), (1.001, 0.0, 0.5), (1.0, 0.05, 0.5), (1.0, 0.0, 30.0)]
    first = [conductance(bias, *case, kelvin(0.07)) for case in cases]
    again = [conductance(bias, *case, kelvin(0.07)) for case in reversed(cases)]
    assert np.array_equal(first, again[::-1])
    for case, values in zip(cases, first, strict=True):
        if not case[1]:
            assert values == pytest.approx(by_many_panels(bias, case[0], case[2], 0.07), abs=1e-6)


def test_where_the_pole_is():
    """The denominator of the closed form vanishes for w = -root_width, at the energy Delta + w^2."""
    gap, tau = 1.3, 0.2
    width = root_width(gap, tau)
    energy, root = gap + width**2, -width * np.sqrt(2 * gap + width**2)
    assert (2 - tau) * root + tau * energy == pytest.approx(0, abs=1e-12)
    assert root_width(gap, 0.0) == root_width(gap, 1.0) == pytest.approx(np.sqrt(2 * gap))


@pytest.mark.parametrize("barrier", [0.7, np.inf])
def test_no_number_is_lost_where_a_node_falls_on_the_edge(barrier):
    """Gaps of many sizes at zero broadening, so that rounding puts nodes on the edge now and then."""
    bias = np.linspace(0, 3, 7)
    for gap in np.linspace(0.9, 1.1, 400):
        values = conductance(bias * gap, gap, 0.0, barrier, kelvin(0.1 * gap))
        assert values == pytest.approx(conductance(bias, 1.0, 0.0, barrier, kelvin(0.1)), abs=1e-5)

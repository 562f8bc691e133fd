import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.models import taff
from analysis.taff.laws import Arrhenius, Curved, MeetingArrhenius, Modified, ModifiedBySlope

PIVOT = np.array([1 / 5.1, 1 / 4.0])
TEMPERATURE = np.array([[4.9, 5.0, 5.2], [3.8, 4.0, 4.3]])
LOCAL = np.array([[-9.8, 6.5], [-9.7, 5.2]])


def families():
    modified = Modified(PIVOT, 5.3)
    return [
        (
            Curved(PIVOT, np.array([1 / 4.95, 1 / 3.9])),
            np.array([[-9.8, -700.0, -900.0], [-9.7, -300.0, 50.0]]),
            [],
        ),
        (Arrhenius(PIVOT), LOCAL, []),
        (MeetingArrhenius(), LOCAL[:, 1:], [0.168, 9.0]),
        (modified, LOCAL + np.array([0.0, 1.5]), [1.8, -0.4]),
        (ModifiedBySlope(modified), LOCAL, [1.8, -0.4]),
    ]


@pytest.mark.parametrize("index", range(5))
def test_derivatives_are_those_of_the_values(index):
    law, local, shared = families()[index]
    shared = np.array(shared)
    log = law.evaluate(TEMPERATURE, local, shared)

    def value(temperature=TEMPERATURE, local=local, shared=shared):
        return law.evaluate(temperature, local, shared).value

    h = 1e-6
    by_temperature = (value(TEMPERATURE + h) - value(TEMPERATURE - h)) / (2 * h)
    np.testing.assert_allclose(log.by_temperature, by_temperature, rtol=1e-6)
    for k in range(local.shape[1]):
        step = np.zeros(local.shape[1])
        step[k] = h * max(abs(local[0, k]), 1.0)
        slope = (value(local=local + step) - value(local=local - step)) / (2 * step[k])
        np.testing.assert_allclose(log.by_local[..., k], slope, rtol=1e-5, atol=1e-6)
    for k in range(shared.size):
        step = np.zeros(shared.size)
        step[k] = h
        slope = (value(shared=shared + step) - value(shared=shared - step)) / (2 * h)
        np.testing.assert_allclose(log.by_shared[..., k], slope, rtol=1e-5, atol=1e-6)


def test_laws_are_the_ones_of_the_models():
    energy = np.exp(LOCAL[:, 1, None])
    level = Arrhenius(PIVOT).evaluate(TEMPERATURE, LOCAL, np.empty(0)).value
    model = taff.arrhenius(TEMPERATURE, energy, np.exp(LOCAL[:, :1] + energy * PIVOT[:, None]))
    np.testing.assert_allclose(np.exp(level), model, rtol=1e-12)

    local, shared, tc = LOCAL + np.array([0.0, 1.5]), np.array([1.8, np.log(0.7)]), 6.0
    level = Modified(PIVOT, 5.3).evaluate(TEMPERATURE, local, shared).value
    at_pivot = taff.modified(1 / PIVOT, np.exp(local[:, 1]), tc, 1.8, 1.0)[:, None]
    model = taff.modified(TEMPERATURE, np.exp(local[:, 1:]), tc, 1.8, np.exp(local[:, :1]) / at_pivot)
    np.testing.assert_allclose(np.exp(level), model, rtol=1e-12)


# -d lnR/d(1/T) over U0, from [U0 (1-t)^q - T][1 + q t/(1-t)] with Tc = 6 K
@pytest.mark.parametrize(
    ("q", "energy_K", "shares"),
    [
        (1.0, 1229.0, {0.85: 0.972, 0.90: 0.956, 0.95: 0.907}),
        (2.0, 7206.0, {0.85: 0.269, 0.90: 0.176, 0.95: 0.067}),
        (1.5, 7206.0, {0.85: 0.545, 0.90: 0.448, 0.95: 0.306}),
    ],
)
def test_apparent_energy_is_not_u0(q, energy_K, shares):
    pivot = 1 / (6.0 * np.array(list(shares)))
    law = Modified(pivot, 5.8)
    local = np.column_stack([np.zeros(3), np.full(3, np.log(energy_K))])
    slope = law.evaluate(1 / pivot[:, None], local, np.array([q, np.log(0.2)])).by_temperature[:, 0] / pivot**2
    np.testing.assert_allclose(slope / energy_K, list(shares.values()), atol=6e-4)


@given(q=st.floats(0.5, 4), above=st.floats(0.05, 5), slope=st.floats(20, 5000))
def test_slope_and_energy_are_two_names_of_one_law(q, above, slope):
    law = ModifiedBySlope(Modified(PIVOT, 5.3))
    shared = np.array([q, np.log(above)])
    local = np.column_stack([np.zeros(2), np.full(2, np.log(slope))])
    log = law.evaluate(1 / PIVOT[:, None], local, shared)
    np.testing.assert_allclose(log.by_temperature[:, 0] / PIVOT**2, slope, rtol=1e-9)

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from analysis.errors import AnalysisError
from analysis.models.phonons import bloch_grueneisen


def test_cold_limit_goes_with_the_fifth_power():
    # int_0^inf x^5/[(e^x - 1)(1 - e^-x)] dx = 5 Gamma(5) zeta(5) = 124.4313306
    assert float(bloch_grueneisen(0.01)) == pytest.approx(4 * 124.4313306 * 1e-10, rel=1e-8)
    assert float(bloch_grueneisen(0.0)) == 0.0


def test_hot_limit_is_straight():
    # x^5/[(e^x-1)(1-e^-x)] = x^3 (1 - x^2/12 + ...): t (1 - 1/(18 t^2))
    assert float(bloch_grueneisen(20.0)) == pytest.approx(20.0 * (1 - 1 / (18 * 400)), rel=1e-6)


@given(st.floats(0.02, 5.0))
def test_it_is_the_integral(t):
    integral = quad(lambda x: x**5 / (math.expm1(x) * -math.expm1(-x)), 0, min(1 / t, 80), epsabs=0, epsrel=1e-11)[
        0
    ]
    assert float(bloch_grueneisen(t)) == pytest.approx(4 * t**5 * integral, rel=1e-9)


def test_shapes_and_refusals():
    assert bloch_grueneisen(np.ones((2, 3))).shape == (2, 3)
    with pytest.raises(AnalysisError, match="not negative"):
        bloch_grueneisen(-0.1)

import numpy as np
import pytest

from analysis.errors import AnalysisError
from analysis.statistics import aicc, chi2_probability, noise_from_differences, robust_sigma, weighted_least_squares


def test_mean_of_two_values_with_known_errors():
    # 1 +- 1 and 4 +- 2: weights 1 and 1/4, mean 2/1.25 = 1.6, variance 1/1.25, chi2 0.36 + 1.44
    fit = weighted_least_squares(np.ones((2, 1)), np.array([1.0, 4.0]), np.array([1.0, 2.0]))
    assert fit.coefficients[0] == pytest.approx(1.6)
    assert fit.covariance[0, 0] == pytest.approx(0.8)
    assert fit.chi2 == pytest.approx(1.8)
    assert fit.dof == 1


@pytest.mark.parametrize(
    ("design", "message"),
    [(np.ones((1, 2)), "too few"), (np.ones((5, 2)), "depend"), (np.zeros((5, 1)), "zero everywhere")],
)
def test_a_fit_that_has_no_answer_is_refused(design, message):
    with pytest.raises(AnalysisError, match=message):
        weighted_least_squares(design, np.ones(design.shape[0]), 1.0)


def test_noise_from_differences_is_blind_to_drift_and_spikes():
    rng = np.random.default_rng(1)
    x = 5 + 0.3 * np.arange(4000) + rng.normal(0, 0.02, 4000)
    x[::500] += 40
    assert noise_from_differences(x) == pytest.approx(0.02, rel=0.06)


def test_robust_sigma_keeps_the_efficiency_of_the_ordinary_one():
    rng = np.random.default_rng(2)
    estimates = [robust_sigma(rng.normal(0, 3, 200)) for _ in range(200)]
    # sqrt(1/2n) = 5 %; the bare median absolute deviation has 8 %
    assert np.std(estimates) / 3 < 0.06


def test_chi2_probability_at_its_known_values():
    assert chi2_probability(3.841, 1) == pytest.approx(0.05, abs=1e-4)
    assert chi2_probability(10.0, 0) == 1.0


def test_aicc_by_hand():
    assert aicc(10.0, 10, 2) == pytest.approx(10 + 4 + 12 / 7)
    assert aicc(0.0, 3, 2) == float("inf")

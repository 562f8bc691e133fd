"""The truth that an analysis should find in a film, under the names of its findings.

The boundary of every criterion is itself a WHH curve (:mod:`instruments.simulation.film`), so that the parameters
of a fit have a truth at each: alpha and lambda_so are the film's, slope, Tc and Bc2(0) those of the criterion.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from analysis.models.bcs import pauli_field
from analysis.models.ginzburg_landau import coherence_length
from analysis.models.whh import MAKI_PER_SLOPE_K_PER_T, ORBITAL_RATIO
from instruments.simulation.film import COLD_K, HOT_K, Film
from instruments.simulation.sample import OUT_OF_PLANE
from instruments.simulation.truth_curves import LEVELS, Curves, curve_truth, is_curve_quantity
from instruments.simulation.truth_question import Question, number

WHH, WHH_SLOPE, ORBITAL_SLOPE = "WHH", "WHH, Maki parameter from the slope", "orbital slope"
#: A Maki parameter is that of the slope within this share.
_TIED = 1e-3

_Answer = Callable[[Film, Question, float], float | None]


def film_truth(film: Film, quantity: str, question: Question) -> float | None:
    """See :func:`instruments.simulation.truth.truth_of`."""
    if quantity in ("hall_coefficient", "carrier_density"):
        return _hall(film, quantity, question)
    if quantity == "RRR":
        return _residual_ratio(film, question)
    if quantity == "pauli_field":
        return float(pauli_field(film.boundary.tc_K))
    if question.orientation not in film.orientations:
        return None
    if is_curve_quantity(quantity):
        return curve_truth(quantity, question, film_curves(film))
    share = LEVELS.get(question.criterion)
    return _BOUNDARY[quantity](film, question, share) if quantity in _BOUNDARY and share is not None else None


def film_curves(film: Film) -> Curves:
    """R/R_n and R_n of a film."""
    return Curves(film.boundary.share_at, film.normal_state.resistance_at, film.boundary.tc_at(1.0 - 1e-9))


def _hall(film: Film, quantity: str, question: Question) -> float | None:
    if question.orientation not in ("", OUT_OF_PLANE):
        return None
    return film.hall.carrier_density_per_m3 if quantity == "carrier_density" else film.hall_slope(OUT_OF_PLANE)


def _residual_ratio(film: Film, question: Question) -> float | None:
    """R(hot)/R(cold) of the curve, whatever its state there, at the temperatures that the finding names."""
    hot_K = number(question.conditions, "hot_K") or HOT_K
    cold_K = number(question.conditions, "cold_K") or COLD_K
    field_T = np.full(2, question.field_T or 0.0)
    hot, cold = film.resistance("longitudinal", np.array([hot_K, cold_K]), field_T, OUT_OF_PLANE)
    return float(hot / cold)


# what the law of Hc2(T) means, whichever method says it


def _bc2_0(film: Film, question: Question, share: float) -> float:
    """Bc2(0); of the slope alone the orbital field, which is what that estimate is defined as."""
    if question.method == ORBITAL_SLOPE:
        return ORBITAL_RATIO * film.boundary.tc_at(share) * film.boundary.slope_at(share)
    return float(film.boundary.upper_critical_field(0.0, share))


def _pauli_ratio(film: Film, question: Question, share: float) -> float:
    return _bc2_0(film, question, share) / float(pauli_field(film.boundary.tc_at(share)))


def _coherence_length(film: Film, question: Question, share: float) -> float:
    return float(coherence_length(_bc2_0(film, question, share)))


def _difference(film: Film, question: Question, share: float) -> float:
    """Bc2(0) less the orbital field of the slope at Tc."""
    orbital = replace(question, method=ORBITAL_SLOPE)
    return _bc2_0(film, question, share) - _bc2_0(film, orbital, share)


def _slope(film: Film, question: Question, share: float) -> float:
    return film.boundary.slope_at(share)


def _maki_from_slope(film: Film, question: Question, share: float) -> float:
    return MAKI_PER_SLOPE_K_PER_T * film.boundary.slope_at(share)


def _maki(film: Film, question: Question, share: float) -> float | None:
    return film.boundary.maki if question.asks_for(WHH) else None


def _spin_orbit(film: Film, question: Question, share: float) -> float | None:
    """None without spin effects, where it does nothing, and where a method ties alpha to another value."""
    tied = abs(film.boundary.maki - _maki_from_slope(film, question, share)) <= _TIED * film.boundary.maki
    if film.boundary.maki == 0 or not (question.asks_for(WHH) or (question.method == WHH_SLOPE and tied)):
        return None
    return film.boundary.spin_orbit


_BOUNDARY: Mapping[str, _Answer] = {
    "Bc2_0": _bc2_0,
    "Bc2_0_difference": _difference,
    "pauli_ratio": _pauli_ratio,
    "coherence_length": _coherence_length,
    "whh_slope": _slope,
    "maki_parameter_from_slope": _maki_from_slope,
    "maki_parameter": _maki,
    "spin_orbit_scattering": _spin_orbit,
}

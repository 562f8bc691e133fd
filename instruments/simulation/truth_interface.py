"""The truth that an analysis should find in a gated interface, under the names of its findings.

Everything is at the finding's ``gate_V``, 0 without one. The boundary at a share of R_n is that at 50 % with Tc
moved by the quantile of the share: across the interface a straight line, along it the root of one, but for the dip.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from analysis.models import ginzburg_landau
from analysis.models.bcs import pauli_field
from analysis.models.whh import MAKI_PER_SLOPE_K_PER_T, ORBITAL_RATIO
from instruments.simulation.interface import Interface
from instruments.simulation.sample import IN_PLANE, OUT_OF_PLANE
from instruments.simulation.truth_curves import LEVELS, Curves, curve_truth, is_curve_quantity
from instruments.simulation.truth_question import Question

FILM, ORBITAL_SLOPE = "thin film, parallel", "orbital slope"
#: Gate voltages, and fields beyond the peak, among which the least height is looked for.
_GATES, _FIELDS = 761, 2001

_Answer = Callable[[Interface, Question], float | None]


def interface_truth(interface: Interface, quantity: str, question: Question) -> float | None:
    """See :func:`instruments.simulation.truth.truth_of`."""
    if question.orientation not in ("", *interface.orientations):
        return None
    if is_curve_quantity(quantity):
        return curve_truth(quantity, question, _curves(interface, question)) if question.orientation else None
    return _ANSWERS[quantity](interface, question) if quantity in _ANSWERS else None


def _gate_V(question: Question) -> float:
    return question.gate_V or 0.0


def _curves(interface: Interface, question: Question) -> Curves:
    gate_V, orientation = _gate_V(question), question.orientation
    here = interface.at_gate(gate_V)
    return Curves(
        lambda temperature_K, field_T: interface.share_at(temperature_K, field_T, orientation, gate_V),
        lambda temperature_K, field_T: here.normal_ohm,
        here.tc_K + 10.0 * interface.sigma_K,
        reentrant=orientation == IN_PLANE and interface.dip is not None,
    )


# carriers


def _hall_coefficient(interface: Interface, question: Question) -> float | None:
    if question.orientation == IN_PLANE:
        return None
    return interface.at_gate(_gate_V(question)).hall_slope_ohm_per_T


def _sheet_density(interface: Interface, question: Question) -> float | None:
    return None if question.orientation == IN_PLANE else interface.carriers.density(_gate_V(question))


def _carrier_density(interface: Interface, question: Question) -> float | None:
    sheet = _sheet_density(interface, question)
    return None if sheet is None or interface.thickness_m is None else sheet / interface.thickness_m


def _mobility(interface: Interface, question: Question) -> float | None:
    slope = _hall_coefficient(interface, question)
    return None if slope is None else abs(slope) / interface.at_gate(_gate_V(question)).normal_ohm


def _density_slope(interface: Interface, question: Question) -> float | None:
    """dn/dVg, per volume where the finding's unit is that of a density per volume."""
    if question.orientation == IN_PLANE:
        return None
    if "sheet_density" in question.method:
        return interface.carriers.per_volt_per_m2
    return None if interface.thickness_m is None else interface.carriers.per_volt_per_m2 / interface.thickness_m


# the boundary


def _pauli_field(interface: Interface, question: Question) -> float | None:
    """Of the Tc at 50 % that a curve in no field shows."""
    at_zero = replace(question, field_T=0.0, orientation=question.orientation or OUT_OF_PLANE)
    tc_K = curve_truth("Tc_mid", at_zero, _curves(interface, at_zero))
    return None if tc_K is None else float(pauli_field(tc_K))


def _tc_at(interface: Interface, question: Question) -> float | None:
    """Tc in no field by the finding's criterion."""
    share = LEVELS.get(question.criterion)
    if share is None:
        return None
    return interface.at_gate(_gate_V(question)).tc_K + float(ndtri(share)) * interface.sigma_K


def _slope(interface: Interface, question: Question) -> float | None:
    """|dHc2/dT| at Tc; along the interface it is infinite."""
    if question.orientation != OUT_OF_PLANE or _tc_at(interface, question) is None:
        return None
    return interface.perpendicular_field_T / interface.at_gate(_gate_V(question)).tc_K


def _maki_from_slope(interface: Interface, question: Question) -> float | None:
    slope = _slope(interface, question)
    return None if slope is None else MAKI_PER_SLOPE_K_PER_T * slope


def _bc2_0(interface: Interface, question: Question) -> float | None:
    """Bc2(0); of the slope alone the orbital field, which is what that estimate is defined as."""
    tc_K, slope = _tc_at(interface, question), _slope(interface, question)
    if tc_K is None or question.orientation == "":
        return None
    if question.method == ORBITAL_SLOPE:
        return None if slope is None else ORBITAL_RATIO * tc_K * slope
    if slope is not None:
        return slope * tc_K
    here = interface.at_gate(_gate_V(question))
    return interface.parallel_field_T * float(np.sqrt(1.0 + (tc_K - here.tc_K) / here.parabola_K))


def _pauli_ratio(interface: Interface, question: Question) -> float | None:
    field_T, tc_K = _bc2_0(interface, question), _tc_at(interface, question)
    return None if field_T is None or tc_K is None else field_T / float(pauli_field(tc_K))


def _coherence_length(interface: Interface, question: Question) -> float | None:
    field_T = _bc2_0(interface, question)
    return None if field_T is None else float(ginzburg_landau.coherence_length(field_T))


def _film_thickness(interface: Interface, question: Question) -> float | None:
    """What the two fields imply, both at the finding's criterion."""
    along_T, tc_K = _bc2_0(interface, question), _tc_at(interface, question)
    if question.orientation != IN_PLANE or along_T is None or tc_K is None or not question.asks_for(FILM):
        return None
    across_T = interface.perpendicular_field_T * tc_K / interface.at_gate(_gate_V(question)).tc_K
    return float(ginzburg_landau.film_thickness(across_T, along_T))


# the peak


def _peak_field(interface: Interface, question: Question) -> float | None:
    """The same at every gate voltage and temperature."""
    return interface.dip.peak_field_T if interface.dip and question.orientation == IN_PLANE else None


def _no_dependence(interface: Interface, question: Question) -> float | None:
    return None if _peak_field(interface, question) is None else 0.0


def _channel_width(interface: Interface, question: Question) -> float | None:
    """phi0/(B xi) in m, the width that one flux quantum within a coherence length would need."""
    if interface.dip is None:
        return None
    return ginzburg_landau.FLUX_QUANTUM_T_m2 / (interface.dip.peak_field_T * interface.coherence_length_m)


def _height(interface: Interface, temperature_K: float, gate_V: float) -> float:
    """R of the peak above the higher of the minima on its two sides, in ohm."""
    assert interface.dip is not None
    peak_T = interface.dip.peak_field_T
    field_T = np.linspace(0.0, peak_T + 6.0 * interface.dip.width_T, _FIELDS)
    resistance = interface.resistance("longitudinal", np.full(_FIELDS, temperature_K), field_T, IN_PLANE, gate_V)
    top = interface.at_gate(gate_V).normal_ohm * interface.share_at(temperature_K, peak_T, IN_PLANE, gate_V)
    below = field_T < peak_T
    return top - max(float(np.min(resistance[below])), float(np.min(resistance[~below])))


def _peak_height(interface: Interface, question: Question) -> float | None:
    if _peak_field(interface, question) is None or question.temperature_K is None:
        return None
    return _height(interface, question.temperature_K, _gate_V(question))


def _least_height_gate(interface: Interface, question: Question) -> float | None:
    """Gate voltage between two higher ones at which the peak is least high, if there is one."""
    if _peak_field(interface, question) is None or question.temperature_K is None:
        return None
    low_V, high_V = interface.tc_K.ends
    gates = np.linspace(low_V, high_V, _GATES)
    heights = np.array([_height(interface, question.temperature_K, float(gate)) for gate in gates])
    inner = np.flatnonzero((heights[1:-1] < heights[:-2]) & (heights[1:-1] < heights[2:])) + 1
    return float(gates[inner[np.argmin(heights[inner])]]) if inner.size else None


def _hysteresis(interface: Interface, question: Question) -> float:
    """By how much the sweep up lies at higher gate voltage than the sweep down."""
    return interface.gate.hysteresis_V


_ANSWERS: Mapping[str, _Answer] = {
    "hall_coefficient": _hall_coefficient,
    "sheet_density": _sheet_density,
    "carrier_density": _carrier_density,
    "mobility": _mobility,
    "carrier_density_gate_slope": _density_slope,
    "pauli_field": _pauli_field,
    "Bc2_0": _bc2_0,
    "pauli_ratio": _pauli_ratio,
    "coherence_length": _coherence_length,
    "whh_slope": _slope,
    "maki_parameter_from_slope": _maki_from_slope,
    "film_thickness": _film_thickness,
    "resistance_peak_field": _peak_field,
    "tc_minimum_field": _peak_field,
    "resistance_peak_gate_dependence": _no_dependence,
    "resistance_peak_temperature_dependence": _no_dependence,
    "resistance_peak_height": _peak_height,
    "peak_height_minimum_gate": _least_height_gate,
    "channel_width": _channel_width,
    "gate_hysteresis": _hysteresis,
}

"""How long a campaign takes on the cryostat, before and while it runs."""

from dataclasses import dataclass, replace

from instruments.limits import MagnetLimits
from procedures.curve import CurveProcedure
from procedures.differential import DifferentialConductance
from procedures.gate_sweep import GateSweep
from procedures.moves import FIELD_HOLD_S
from procedures.resistance_field import ResistanceField, ResistanceFieldSteps
from procedures.resistance_temperature import ResistanceTemperature
from procedures.switch import SUPPLY_HOLD_S

#: Time for which the sample still follows after the loop has arrived, and for a set-up of instruments.
FOLLOW_S = 90.0
#: Time that a persistent switch is taken to need for opening or closing.
SWITCH_S = 60.0


@dataclass(frozen=True, slots=True)
class CryostatState:
    """Where the cryostat stands between two curves."""

    temperature_K: float
    field_T: float
    gate_V: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Expected duration of one curve, and the state it leaves behind."""

    moving_s: float
    measuring_s: float
    after: CryostatState

    @property
    def total_s(self) -> float:
        """Moving and measuring together."""
        return self.moving_s + self.measuring_s


def estimate(procedure: CurveProcedure, before: CryostatState, magnet: MagnetLimits) -> Estimate:
    """Expected time of one curve from the state the curve before left."""
    if isinstance(procedure, ResistanceTemperature):
        return _with_gate(_resistance_temperature(procedure, before, magnet), procedure, before)
    if isinstance(procedure, ResistanceField):
        return _with_gate(_resistance_field(procedure, before, magnet), procedure, before)
    if isinstance(procedure, ResistanceFieldSteps):
        return _with_gate(_field_steps(procedure, before, magnet), procedure, before)
    if isinstance(procedure, GateSweep):
        return _gate_sweep(procedure, before, magnet)
    if isinstance(procedure, DifferentialConductance):
        return _spectrum(procedure, before, magnet)
    raise TypeError(f"no estimate for {type(procedure).__name__}")


def ramp_time_s(magnet: MagnetLimits, from_T: float, to_T: float, rate_T_per_min: float) -> float:
    """Time of a field ramp, each range at no more than its own limit."""
    total_s, start_T = 0.0, from_T
    for end_T, allowed in magnet.legs(from_T, to_T):
        total_s += 60 * abs(end_T - start_T) / min(rate_T_per_min, allowed)
        start_T = end_T
    return total_s


def _persistent_s(field_T: float, persistent: bool, before: CryostatState, magnet: MagnetLimits) -> float:
    """Time to make the magnet persistent at a field, and to leave that again."""
    if not persistent or field_T == before.field_T:
        return 0.0
    start_T, supply_s = field_T, 0.0
    for end_T, rate in magnet.supply_legs(field_T, 0.0):
        supply_s += 60 * abs(end_T - start_T) / rate
        start_T = end_T
    return 2 * (SWITCH_S + supply_s + 2 * SUPPLY_HOLD_S)


def _resistance_temperature(
    procedure: ResistanceTemperature, before: CryostatState, magnet: MagnetLimits
) -> Estimate:
    warming_s = 60 * abs(procedure.warm_to_K - before.temperature_K) / procedure.warm_rate_K_per_min
    cooling_s = 60 * abs(procedure.warm_to_K - procedure.start_K) / procedure.warm_rate_K_per_min
    field_s = ramp_time_s(magnet, before.field_T, procedure.field_T, procedure.field_rate_T_per_min)
    field_s += _persistent_s(procedure.field_T, procedure.persistent, before, magnet)
    span_s = 60 * abs(procedure.stop_K - procedure.start_K) / procedure.rate_K_per_min
    if procedure.mode == "steps":
        steps = 1 + max(1, round(abs(procedure.stop_K - procedure.start_K) / procedure.step_K))
        reading_s = procedure.readout.period_s * procedure.readings_per_step if procedure.readout else 0.0
        span_s += steps * (procedure.settle_s + FOLLOW_S + reading_s)
    moving_s = warming_s + field_s + cooling_s + 2 * FOLLOW_S + FIELD_HOLD_S
    return Estimate(moving_s, span_s, CryostatState(procedure.stop_K, procedure.field_T))


def _resistance_field(procedure: ResistanceField, before: CryostatState, magnet: MagnetLimits) -> Estimate:
    going_s = 60 * abs(procedure.temperature_K - before.temperature_K) / procedure.temperature_rate_K_per_min
    start_T = before.field_T if procedure.from_here else procedure.start_T
    field_s = ramp_time_s(magnet, before.field_T, start_T, procedure.field_rate_T_per_min)
    span_s = ramp_time_s(magnet, start_T, procedure.stop_T, procedure.field_rate_T_per_min)
    moving_s = going_s + field_s + 3 * FOLLOW_S
    return Estimate(moving_s, span_s, CryostatState(procedure.temperature_K, procedure.stop_T))


def _with_gate(expected: Estimate, procedure: CurveProcedure, before: CryostatState) -> Estimate:
    """The same with the gate's way to its voltage."""
    if not procedure.gated:
        return replace(expected, after=replace(expected.after, gate_V=before.gate_V))
    slew_s = abs(procedure.gate_V - before.gate_V) / procedure.gate_slew_V_per_s
    after = replace(expected.after, gate_V=procedure.gate_V)
    return replace(expected, moving_s=expected.moving_s + slew_s, after=after)


def _going_s(temperature_K: float, rate_K_per_min: float, settle_s: float, before: CryostatState) -> float:
    moved = abs(temperature_K - before.temperature_K)
    return 60 * moved / rate_K_per_min + settle_s + (FOLLOW_S if moved else 0.0)


def _field_steps(procedure: ResistanceFieldSteps, before: CryostatState, magnet: MagnetLimits) -> Estimate:
    going_s = _going_s(procedure.temperature_K, procedure.temperature_rate_K_per_min, 0.0, before)
    reading_s = procedure.readout.period_s * procedure.readings_per_step if procedure.readout else 0.0
    total_s, field_T = 0.0, before.field_T
    for next_T in procedure.fields_T:
        total_s += ramp_time_s(magnet, field_T, next_T, procedure.field_rate_T_per_min)
        total_s += FIELD_HOLD_S + procedure.settle_s + reading_s
        field_T = next_T
    return Estimate(going_s, total_s, CryostatState(procedure.temperature_K, field_T))


def _gate_sweep(procedure: GateSweep, before: CryostatState, magnet: MagnetLimits) -> Estimate:
    going_s = _going_s(procedure.temperature_K, procedure.temperature_rate_K_per_min, procedure.settle_s, before)
    field_s = ramp_time_s(magnet, before.field_T, procedure.field_T, procedure.field_rate_T_per_min)
    field_s += _persistent_s(procedure.field_T, procedure.persistent, before, magnet)
    home_s = abs(procedure.start_V - before.gate_V) / procedure.gate_slew_V_per_s
    reading_s = (procedure.readout.period_s if procedure.readout else 0.0) + procedure.step_settle_s
    span_s = abs(procedure.stop_V - procedure.start_V) / procedure.gate_slew_V_per_s
    after = CryostatState(procedure.temperature_K, procedure.field_T, procedure.stop_V)
    moving_s = going_s + field_s + home_s + (FIELD_HOLD_S if field_s else 0.0)
    return Estimate(moving_s, span_s + (procedure.steps + 1) * reading_s, after)


def _spectrum(procedure: DifferentialConductance, before: CryostatState, magnet: MagnetLimits) -> Estimate:
    going_s = _going_s(procedure.temperature_K, procedure.temperature_rate_K_per_min, procedure.settle_s, before)
    field_s = ramp_time_s(magnet, before.field_T, procedure.field_T, procedure.field_rate_T_per_min)
    field_s += _persistent_s(procedure.field_T, procedure.persistent, before, magnet)
    settle_s = procedure.differential.settle_s if procedure.differential else 0.0
    after = CryostatState(procedure.temperature_K, procedure.field_T, before.gate_V)
    moving_s = going_s + field_s + (FIELD_HOLD_S if field_s else 0.0)
    return Estimate(moving_s, (procedure.number + 2) * settle_s, after)

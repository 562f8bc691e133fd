"""Declared limits, checked before the first byte is sent and again at every set."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from instruments.errors import LimitError

_AT_BOUND_T = 5e-3


@dataclass(frozen=True, slots=True)
class RampSegment:
    """The fastest ramp allowed while ``|field| <= up_to_field_T``."""

    up_to_field_T: float
    max_rate_T_per_min: float


@dataclass(frozen=True, slots=True)
class MagnetLimits:
    """The reach of a magnet and its ramp rate by field range, segments in rising order of field.

    ``leads_rate_T_per_min`` is how fast the supply may move while the coil is persistent behind a closed switch;
    without it the coil's own rates hold then too.
    """

    max_field_T: float
    segments: tuple[RampSegment, ...]
    leads_rate_T_per_min: float | None = None

    def __post_init__(self) -> None:
        bounds = [segment.up_to_field_T for segment in self.segments]
        if not bounds or any(low >= high for low, high in pairwise(bounds)) or bounds[-1] < self.max_field_T:
            raise LimitError(
                f"ramp segments must rise in field and cover {self.max_field_T:g} T; found upper bounds {bounds} T"
            )
        if self.leads_rate_T_per_min is not None and not self.leads_rate_T_per_min > 0:
            raise LimitError(
                f"the rate of the leads must be more than 0; found {self.leads_rate_T_per_min:g} T/min"
            )

    def max_rate(self, from_field_T: float, to_field_T: float) -> float:
        """Fastest rate (T/min) allowed anywhere on the way from one field to the other."""
        return min(rate for _, rate in self.legs(from_field_T, to_field_T))

    @property
    def slowest_rate_T_per_min(self) -> float:
        """The rate that is allowed at every field."""
        return min(segment.max_rate_T_per_min for segment in self.segments)

    def supply_legs(self, from_field_T: float, to_field_T: float) -> list[tuple[float, float]]:
        """As :meth:`legs`, for a supply that moves alone while the coil is persistent."""
        if self.leads_rate_T_per_min is not None:
            return [(to_field_T, self.leads_rate_T_per_min)]
        return self.legs(from_field_T, to_field_T)

    def legs(self, from_field_T: float, to_field_T: float) -> list[tuple[float, float]]:
        """The way split at segment bounds: ``(end field in T, fastest rate in T/min)`` for each leg."""
        rising = to_field_T >= from_field_T
        bounds = sorted({sign * s.up_to_field_T for s in self.segments for sign in (-1, 1)}, reverse=not rising)
        stops = [b for b in bounds if min(from_field_T, to_field_T) < b < max(from_field_T, to_field_T)]
        legs = []
        start = from_field_T
        for stop in [*stops, to_field_T]:
            legs.append((stop, self._rate_at((start + stop) / 2)))
            start = stop
        return legs

    def check_field(self, field_T: float) -> None:
        """Refuse a target beyond the magnet.

        Raises:
            LimitError: the field is not a number or its magnitude exceeds ``max_field_T``.
        """
        if not abs(field_T) <= self.max_field_T:
            raise LimitError(
                f"asked for {field_T:g} T; the magnet is allowed -{self.max_field_T:g} to {self.max_field_T:g} T;"
                " nothing was sent"
            )

    def check_ramp(self, from_field_T: float, to_field_T: float, rate_T_per_min: float) -> None:
        """Refuse a ramp that leaves the magnet's reach or is too fast for some field on its way.

        Raises:
            LimitError: target or rate is outside the limits, or the rate is not positive.
        """
        self._check_rate(from_field_T, to_field_T, rate_T_per_min, self.max_rate(from_field_T, to_field_T))

    def check_supply_ramp(self, from_field_T: float, to_field_T: float, rate_T_per_min: float) -> None:
        """As :meth:`check_ramp`, for a supply that moves alone while the coil is persistent."""
        allowed = min(rate for _, rate in self.supply_legs(from_field_T, to_field_T))
        self._check_rate(from_field_T, to_field_T, rate_T_per_min, allowed)

    def _check_rate(self, from_field_T: float, to_field_T: float, rate_T_per_min: float, allowed: float) -> None:
        self.check_field(to_field_T)
        if not 0 < rate_T_per_min <= allowed * (1 + 1e-9):
            raise LimitError(
                f"asked to ramp from {from_field_T:g} T to {to_field_T:g} T at {rate_T_per_min:g} T/min; allowed on"
                f" this way is more than 0 up to {allowed:g} T/min; nothing was sent"
            )

    def _rate_at(self, field_T: float) -> float:
        for segment in self.segments:
            if abs(field_T) <= segment.up_to_field_T:
                return segment.max_rate_T_per_min
        return self.segments[-1].max_rate_T_per_min


@dataclass(frozen=True, slots=True)
class Range:
    """A closed interval a commanded value must lie in."""

    what: str
    low: float
    high: float
    unit: str

    def check(self, value: float) -> None:
        """Refuse a value outside the interval.

        Raises:
            LimitError: the value is not a number or lies outside.
        """
        if not self.low <= value <= self.high:
            article = "an" if self.what[0] in "aeiou" else "a"
            raise LimitError(
                f"asked for {article} {self.what} of {value:g} {self.unit}; allowed is {self.low:g} to"
                f" {self.high:g} {self.unit}; nothing was sent"
            )


@dataclass(frozen=True, slots=True)
class TemperatureLimits:
    """What a temperature controller may be asked for."""

    base_K: float
    max_K: float
    max_rate_K_per_min: float

    def check_temperature(self, temperature_K: float) -> None:
        """Refuse a set point the cryostat cannot or must not reach."""
        Range("temperature", self.base_K, self.max_K, "K").check(temperature_K)

    def check_rate(self, rate_K_per_min: float) -> None:
        """Refuse a ramp rate of zero, below zero or above the limit."""
        Range("temperature ramp rate", 1e-4, self.max_rate_K_per_min, "K/min").check(rate_K_per_min)


@dataclass(frozen=True, slots=True)
class ExcitationLimits:
    """What the sample may be driven with."""

    max_current_A: float
    max_compliance_V: float

    def check_current(self, current_A: float) -> None:
        """Refuse a current, of either sign, beyond the limit."""
        Range("current", -self.max_current_A, self.max_current_A, "A").check(current_A)

    def check_compliance(self, voltage_V: float) -> None:
        """Refuse a compliance voltage beyond the limit."""
        Range("compliance", 0.0, self.max_compliance_V, "V").check(voltage_V)


@dataclass(frozen=True, slots=True)
class GateLimits:
    """What a gate may be asked for: voltages, slew rate, and the leakage at which it has tripped."""

    low_V: float
    high_V: float
    max_slew_V_per_s: float
    max_leakage_A: float

    def check_voltage(self, voltage_V: float) -> None:
        """Refuse a voltage that the dielectric must not see."""
        Range("gate voltage", self.low_V, self.high_V, "V").check(voltage_V)

    def check_slew(self, slew_V_per_s: float) -> None:
        """Refuse a slew rate of zero, below zero or above the limit."""
        Range("gate slew rate", 1e-6, self.max_slew_V_per_s, "V/s").check(slew_V_per_s)


def nearest_allowed(value: float, allowed: Sequence[float]) -> float:
    """The member of ``allowed`` closest to ``value``, for messages that suggest one."""
    return min(allowed, key=lambda candidate: abs(candidate - value))


def past_bound(field_T: float, target_T: float) -> float:
    """The field, a few mT on its way: one that stands at a segment bound is not judged by the segment behind it."""
    step_T = min(_AT_BOUND_T, abs(target_T - field_T))
    return field_T + step_T if target_T >= field_T else field_T - step_T

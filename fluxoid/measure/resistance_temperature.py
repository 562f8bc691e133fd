"""R(T) at each field of a list, at each gate voltage."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from fluxoid.measure.parts import (
    Check,
    GatedMeasurement,
    HeldFieldMeasurement,
    Planned,
    PositiveDifference,
    field_checks,
    field_rate_check,
    temperature_checks,
)
from fluxoid.measure.readouts import ReadoutSection, readout_problems
from instruments.quantities import (
    POSITIVE,
    Bounds,
    Kelvin,
    KelvinPerMinute,
    Second,
    Tesla,
    TeslaPerMinute,
    Whole,
)
from instruments.station import StationLimits, StationPlan
from instruments.yaml_lines import Location
from procedures.resistance_temperature import ResistanceTemperature


class ResistanceTemperatureSection(GatedMeasurement, HeldFieldMeasurement):
    """R(T) at each field of a list."""

    kind: Literal["R(T)"]
    fields_T: Annotated[tuple[Tesla, ...], Field(min_length=1)] = Field(
        alias="fields", description="Fields, measured in this order"
    )
    start_K: Kelvin = Field(alias="from", description="First temperature")
    stop_K: Kelvin = Field(alias="to", description="Last temperature")
    mode: Literal["sweep", "steps"] = Field("sweep", description="Measure while sweeping, or at settled steps")
    rate_K_per_min: KelvinPerMinute = Field(alias="rate", description="Sweep rate, or rate between steps")
    step_K: PositiveDifference | None = Field(None, alias="step", description="Distance of steps; mode steps only")
    settle_tolerance_K: PositiveDifference = Field(
        0.003, alias="settle_tolerance", description="Largest drift of a settled step; 3 mK unless given"
    )
    settle_s: Annotated[Second, POSITIVE] = Field(
        60.0, alias="settle_time", description="Time without drift that makes a step settled; 60 s unless given"
    )
    readings_per_step: Annotated[Whole, Bounds(least=1)] = Field(5, description="Readings per step; 5 unless given")
    field_rate_T_per_min: TeslaPerMinute = Field(alias="field_rate", description="Ramp rate between fields")
    warm_to: Kelvin | None = Field(
        None,
        description="Temperature at which the field is changed, above Tc; the higher of from and to unless given",
    )
    warm_rate_K_per_min: KelvinPerMinute = Field(
        2.0, alias="warm_rate", description="Rate of warming, and of going to the start; 2 K/min unless given"
    )
    readout: ReadoutSection

    @property
    def warm_to_K(self) -> float:
        """Temperature at which the field is changed."""
        return max(self.start_K, self.stop_K) if self.warm_to is None else self.warm_to

    def problems(self) -> Iterator[tuple[Location, str]]:
        """Start and end differ, keys of steps go with mode steps, and warming goes up."""
        if self.start_K == self.stop_K:
            yield ("to",), f"found {self.stop_K:g} K; expected another temperature than from"
        if self.mode == "steps":
            span_K = abs(self.stop_K - self.start_K)
            if self.step_K is None:
                yield (), "'step' is missing; mode 'steps' needs a temperature difference, such as '50 mK'"
            elif self.step_K > span_K > 0:
                yield (
                    ("step",),
                    f"found {self.step_K:g} K; expected at most the way from 'from' to 'to', {span_K:g} K",
                )
        else:
            for name, key in _STEP_KEYS.items():
                if name in self.model_fields_set:
                    yield (key,), f"'{key}' belongs to mode 'steps'; this is mode 'sweep'"
        if self.warm_to_K < max(self.start_K, self.stop_K):
            yield (
                ("warm_to",),
                f"found {self.warm_to_K:g} K; expected at least the highest temperature of the curve,"
                f" {max(self.start_K, self.stop_K):g} K",
            )

    @property
    def first_temperature_K(self) -> float:
        """Where the cryostat warms to first."""
        return self.warm_to_K

    @property
    def fastest_field_T_per_min(self) -> float:
        """Ramp rate between fields."""
        return self.field_rate_T_per_min

    def limit_checks(self, limits: StationLimits) -> Iterator[Check]:
        """Fields, temperatures, rates and gate voltages."""
        yield from field_checks(limits, {("fields", i): field_T for i, field_T in enumerate(self.fields_T)})
        temperatures: dict[Location, float] = {
            ("from",): self.start_K,
            ("to",): self.stop_K,
            ("warm_to",): self.warm_to_K,
        }
        rates = {"rate": self.rate_K_per_min, "warm_rate": self.warm_rate_K_per_min}
        yield from temperature_checks(limits, temperatures, rates)
        yield field_rate_check(limits, self.field_rate_T_per_min)
        yield from self.gate_checks(limits)

    def other_problems(self, station: StationPlan) -> Iterator[tuple[Location, str]]:
        """The read-out and the gate on this station."""
        yield from readout_problems(self.readout, station, "longitudinal")
        yield from self.gate_problems(station)
        yield from self.persistent_problems(station)

    def curves(self, station: StationPlan) -> Iterator[Planned]:
        """One curve for each field and gate voltage, gate voltages changing more often."""
        for field_T in self.fields_T:
            for gate_V in self.each_gate():
                procedure = self._procedure(field_T)
                procedure.readout = self.readout.readout(station, "longitudinal")
                planned = Planned(f"{field_T:g}T", "R(T)", {"field_T": field_T}, procedure)
                yield self.with_gate(planned, gate_V, station.limits)

    def _procedure(self, field_T: float) -> ResistanceTemperature:
        return ResistanceTemperature(
            field_T=field_T,
            start_K=self.start_K,
            stop_K=self.stop_K,
            mode=self.mode,
            rate_K_per_min=self.rate_K_per_min,
            settle_tolerance_K=self.settle_tolerance_K,
            settle_s=self.settle_s,
            readings_per_step=self.readings_per_step,
            warm_to_K=self.warm_to_K,
            warm_rate_K_per_min=self.warm_rate_K_per_min,
            field_rate_T_per_min=self.field_rate_T_per_min,
            persistent=self.persistent,
            **({"step_K": self.step_K} if self.step_K else {}),
        )


_STEP_KEYS = {
    "step_K": "step",
    "settle_tolerance_K": "settle_tolerance",
    "settle_s": "settle_time",
    "readings_per_step": "readings_per_step",
}

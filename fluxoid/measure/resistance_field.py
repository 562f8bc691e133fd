"""R(B) at each temperature of a list, at each gate voltage: swept, or at settled fields."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StrictBool

from analysis.findings import Condition
from fluxoid.measure.parts import (
    Check,
    GatedMeasurement,
    Planned,
    PositiveDifference,
    field_checks,
    field_rate_check,
    temperature_checks,
)
from fluxoid.measure.readouts import ReadoutSection, readout_problems
from instruments.quantities import POSITIVE, Bounds, Kelvin, KelvinPerMinute, Second, Tesla, TeslaPerMinute, Whole
from instruments.station import StationLimits, StationPlan
from instruments.yaml_lines import Location
from procedures.curve import CurveProcedure
from procedures.resistance_field import ResistanceField, ResistanceFieldSteps

#: Keys of one mode only, by field name.
_SWEEP_KEYS = {"start_T": "from", "stop_T": "to", "back": "back", "until_normal": "until_normal"}
_STEP_KEYS = {
    "fields_T": "fields",
    "settle_tolerance_K": "settle_tolerance",
    "settle_s": "settle_time",
    "readings_per_step": "readings_per_step",
}


class ResistanceFieldSection(GatedMeasurement):
    """R(B) at fixed temperature."""

    kind: Literal["R(B)"]
    signal: Literal["longitudinal", "hall"] = Field("longitudinal", description="Contacts that are read")
    temperature: Kelvin | None = Field(None, description="The temperature, when there is one")
    temperatures: Annotated[tuple[Kelvin, ...], Field(min_length=1)] | None = Field(
        None, description="The temperatures, when there are several, in this order"
    )
    temperature_rate_K_per_min: KelvinPerMinute = Field(
        2.0, alias="temperature_rate", description="Rate of going to the temperature; 2 K/min unless given"
    )
    mode: Literal["sweep", "steps"] = Field(
        "sweep", description="Measure while the field sweeps, or at settled fields of a list"
    )
    start_T: Tesla | None = Field(None, alias="from", description="First field; mode sweep")
    stop_T: Tesla | None = Field(None, alias="to", description="Last field; mode sweep")
    back: StrictBool = Field(False, description="Whether the way back is measured too, as a curve of its own")
    until_normal: StrictBool = Field(
        False, description="Whether a sweep ends early, once what is measured shows the normal state"
    )
    fields_T: Annotated[tuple[Tesla, ...], Field(min_length=2)] | None = Field(
        None, alias="fields", description="Fields, measured in this order; mode steps"
    )
    settle_tolerance_K: PositiveDifference = Field(
        0.003, alias="settle_tolerance", description="Largest drift of a settled temperature; 3 mK unless given"
    )
    settle_s: Annotated[Second, POSITIVE] = Field(
        60.0, alias="settle_time", description="Time without drift that makes it settled; 60 s unless given"
    )
    readings_per_step: Annotated[Whole, Bounds(least=1)] = Field(5, description="Readings per step; 5 unless given")
    field_rate_T_per_min: TeslaPerMinute = Field(alias="field_rate", description="Sweep rate")
    readout: ReadoutSection

    def problems(self) -> Iterator[tuple[Location, str]]:
        """One way to give temperatures, and the keys of the mode."""
        if (self.temperature is None) == (self.temperatures is None):
            found = "both" if self.temperature is not None else "neither"
            yield (), f"found {found} of 'temperature' and 'temperatures'; expected one of them"
        if self.mode == "steps":
            if self.fields_T is None:
                yield (), "'fields' is missing; mode 'steps' needs a list of fields"
            yield from self._foreign(_SWEEP_KEYS, "sweep")
            return
        yield from self._foreign(_STEP_KEYS, "steps")
        for key, field_T in (("from", self.start_T), ("to", self.stop_T)):
            if field_T is None:
                yield (), f"'{key}' is missing; mode 'sweep' needs a field, such as '0.5 T'"
        if self.start_T is not None and self.start_T == self.stop_T:
            yield ("to",), f"found {self.stop_T:g} T; expected another field than from"

    def _foreign(self, keys: dict[str, str], mode: str) -> Iterator[tuple[Location, str]]:
        for name, key in keys.items():
            if name in self.model_fields_set:
                yield (key,), f"'{key}' belongs to mode '{mode}'; this is mode '{self.mode}'"

    @property
    def temperatures_K(self) -> tuple[float, ...]:
        """The temperatures, in order."""
        return self.temperatures or (() if self.temperature is None else (self.temperature,))

    @property
    def first_temperature_K(self) -> float:
        """The first of them."""
        return self.temperatures_K[0]

    @property
    def fastest_field_T_per_min(self) -> float:
        """The sweep rate."""
        return self.field_rate_T_per_min

    def limit_checks(self, limits: StationLimits) -> Iterator[Check]:
        """Fields, temperatures, rates and gate voltages."""
        fields: dict[Location, float] = {("fields", i): field_T for i, field_T in enumerate(self.fields_T or ())}
        fields |= {(key,): T for key, T in (("from", self.start_T), ("to", self.stop_T)) if T is not None}
        yield from field_checks(limits, fields)
        temperatures: dict[Location, float] = {
            ("temperatures", i): T for i, T in enumerate(self.temperatures or ())
        }
        if self.temperature is not None:
            temperatures[("temperature",)] = self.temperature
        rates = {"temperature_rate": self.temperature_rate_K_per_min}
        yield from temperature_checks(limits, temperatures, rates)
        yield field_rate_check(limits, self.field_rate_T_per_min)
        yield from self.gate_checks(limits)

    def other_problems(self, station: StationPlan) -> Iterator[tuple[Location, str]]:
        """The read-out and the gate on this station."""
        yield from readout_problems(self.readout, station, self.signal)
        yield from self.gate_problems(station)

    def curves(self, station: StationPlan) -> Iterator[Planned]:
        """One curve (two with the way back) for each temperature and gate voltage."""
        for temperature_K in self.temperatures_K:
            for gate_V in self.each_gate():
                for planned in self._one(temperature_K):
                    planned.procedure.readout = self.readout.readout(station, self.signal)
                    yield self.with_gate(planned, gate_V, station.limits)

    def _one(self, temperature_K: float) -> Iterator[Planned]:
        conditions: dict[str, Condition] = {"temperature_K": temperature_K, "signal": self.signal}
        label = f"{temperature_K:g}K"
        if self.mode == "steps":
            yield Planned(label, "R(B)", conditions, self._steps(temperature_K))
            return
        assert self.start_T is not None
        assert self.stop_T is not None
        out = self._sweep(temperature_K, self.start_T, self.stop_T)
        out.until_normal = self.until_normal
        yield Planned(label, "R(B)", conditions, out)
        if self.back:
            way_back = self._sweep(temperature_K, self.stop_T, self.start_T)
            way_back.from_here = True
            yield Planned(f"{label}_back", "R(B)", conditions, way_back)

    def _sweep(self, temperature_K: float, start_T: float, stop_T: float) -> ResistanceField:
        return ResistanceField(
            temperature_K=temperature_K,
            temperature_rate_K_per_min=self.temperature_rate_K_per_min,
            start_T=start_T,
            stop_T=stop_T,
            field_rate_T_per_min=self.field_rate_T_per_min,
            signal=self.signal,
        )

    def _steps(self, temperature_K: float) -> CurveProcedure:
        procedure = ResistanceFieldSteps(
            temperature_K=temperature_K,
            temperature_rate_K_per_min=self.temperature_rate_K_per_min,
            field_rate_T_per_min=self.field_rate_T_per_min,
            settle_s=self.settle_s,
            settle_tolerance_K=self.settle_tolerance_K,
            readings_per_step=self.readings_per_step,
            signal=self.signal,
        )
        procedure.fields_T = self.fields_T or ()
        return procedure

"""R(Vg) at each temperature and field of two lists: the lines of a map."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from analysis.findings import Condition
from fluxoid.measure.parts import (
    Check,
    GridMeasurement,
    Planned,
    missing_roles,
)
from fluxoid.measure.readouts import ReadoutSection, readout_problems
from instruments.quantities import (
    NOT_NEGATIVE,
    POSITIVE,
    Second,
    Volt,
    VoltPerSecond,
)
from instruments.station import StationLimits, StationPlan
from instruments.yaml_lines import Location
from procedures.gate_sweep import GateSweep


class GateSweepSection(GridMeasurement):
    """R(Vg) lines. The field stands still during a line, so that the temperature does."""

    kind: Literal["R(Vg)"]
    start_V: Volt = Field(alias="from", description="First gate voltage")
    stop_V: Volt = Field(alias="to", description="Last gate voltage")
    step_V: Annotated[Volt, POSITIVE] = Field(alias="step", description="Distance of gate voltages")
    slew_V_per_s: Annotated[VoltPerSecond, POSITIVE] | None = Field(
        None, alias="slew", description="Slew rate of the gate; the station's limit unless given"
    )
    directions: Literal["one", "zigzag", "both"] = Field(
        "zigzag",
        description="one: every line from 'from' to 'to'; zigzag: every second one backwards; both: each line"
        " forth and back, which shows the hysteresis",
    )
    step_settle_s: Annotated[Second, NOT_NEGATIVE] = Field(
        0.5, alias="step_settle", description="Time between a step and its reading; 500 ms unless given"
    )
    readout: ReadoutSection

    def problems(self) -> Iterator[tuple[Location, str]]:
        """Start and end differ by at least a step, and the axes are two."""
        span_V = abs(self.stop_V - self.start_V)
        if self.step_V > span_V:
            yield ("step",), f"found {self.step_V:g} V; expected at most the way from 'from' to 'to', {span_V:g} V"
        yield from self.grid_problems()

    def limit_checks(self, limits: StationLimits) -> Iterator[Check]:
        """Fields, temperatures, rates and gate voltages."""
        yield from self.grid_checks(limits)
        gate = limits.gate
        if gate is not None:
            yield ("from",), lambda: gate.check_voltage(self.start_V)
            yield ("to",), lambda: gate.check_voltage(self.stop_V)
            yield ("slew",), lambda: gate.check_slew(self._slew(limits))

    def other_problems(self, station: StationPlan) -> Iterator[tuple[Location, str]]:
        """The read-out and the gate on this station."""
        yield from readout_problems(self.readout, station, "longitudinal")
        yield from self.persistent_problems(station)
        yield from missing_roles(station, ("gate",), "which this measurement needs", ())

    def curves(self, station: StationPlan) -> Iterator[Planned]:
        """The lines in the order of the axes."""
        forth = True
        for temperature_K, field_T in self.places():
            for way in (True, False) if self.directions == "both" else (forth,):
                yield self._line(temperature_K, field_T, way, station)
            if self.directions == "zigzag":
                forth = not forth

    def in_the_other_order(self) -> "GateSweepSection":
        """The same lines with the other axis changing least often; what that costs is worth knowing."""
        return self.model_copy(update={"order": (self.order[1], self.order[0])})

    def _slew(self, limits: StationLimits) -> float:
        assert limits.gate is not None
        return limits.gate.max_slew_V_per_s if self.slew_V_per_s is None else self.slew_V_per_s

    def _line(self, temperature_K: float, field_T: float, forth: bool, station: StationPlan) -> Planned:
        start_V, stop_V = (self.start_V, self.stop_V) if forth else (self.stop_V, self.start_V)
        procedure = GateSweep(
            temperature_K=temperature_K,
            temperature_rate_K_per_min=self.temperature_rate_K_per_min,
            settle_tolerance_K=self.settle_tolerance_K,
            settle_s=self.settle_s,
            field_T=field_T,
            field_rate_T_per_min=self.field_rate_T_per_min,
            persistent=self.persistent,
            gate_slew_V_per_s=self._slew(station.limits),
            start_V=start_V,
            stop_V=stop_V,
            step_V=self.step_V,
            step_settle_s=self.step_settle_s,
        )
        procedure.readout = self.readout.readout(station, "longitudinal")
        direction = "up" if stop_V > start_V else "down"
        conditions: dict[str, Condition] = {
            "temperature_K": temperature_K,
            "field_T": field_T,
            "direction": direction,
        }
        return Planned(f"{temperature_K:g}K_{field_T:g}T_{direction}", "R(Vg)", conditions, procedure)

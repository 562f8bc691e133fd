"""How an experiment file says in which way a resistance is read."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Annotated, Literal

from pydantic import Field

from fluxoid.measure.parts import missing_roles, refusal
from instruments.configuration import Section
from instruments.drivers.catalogue import check_lock_in
from instruments.quantities import POSITIVE, Ampere, Bounds, Hertz, Number, Second, Volt
from instruments.station import StationPlan
from instruments.yaml_lines import Location
from procedures.readout import DcReversalReadout, LockInReadout, Readout

Signal = Literal["longitudinal", "hall"]
_WHY = "which this read-out needs"


class LockInSection(Section):
    """A lock-in amplifier drives the sample through its ballast resistor."""

    kind: Literal["lock_in"]
    current_A: Annotated[Ampere, POSITIVE] = Field(alias="current", description="Excitation, rms")
    frequency_Hz: Annotated[Hertz, POSITIVE] = Field(alias="frequency")
    time_constant_s: Annotated[Second, POSITIVE] = Field(
        0.3, alias="time_constant", description="Time constant of the filter; 300 ms unless given"
    )
    filter_slope_dB: Literal[6, 12, 18, 24] = Field(
        12, alias="filter_slope", description="Slope of the filter in dB per octave; 12 unless given"
    )
    sensitivity_V: Annotated[Volt, POSITIVE] = Field(alias="sensitivity", description="Full scale, rms")

    def readout(self, station: StationPlan, signal: Signal) -> LockInReadout:
        """The read-out as procedures want it."""
        return LockInReadout(
            current_A=self.current_A,
            frequency_Hz=self.frequency_Hz,
            time_constant_s=self.time_constant_s,
            filter_slope_dB=self.filter_slope_dB,
            sensitivity_V=self.sensitivity_V,
            contacts=signal,
        )

    def problems_on(self, station: StationPlan, signal: Signal) -> Iterator[tuple[Location, str]]:
        """What this station cannot do of it."""
        if text := refusal(partial(station.limits.excitation.check_current, self.current_A)):
            yield ("current",), text
        if "lock_in" not in station.instruments:
            yield from missing_roles(station, ("lock_in",), _WHY, ("kind",))
            return
        if signal == "hall" and "hall_lock_in" not in station.instruments:
            yield (
                ("kind",),
                f"station {station.name} has no hall_lock_in, and its lock-in is wired to the longitudinal"
                " contacts; read the Hall signal by dc_reversal",
            )
        settings = self.readout(station, signal).settings(station.wiring.lock_in_ballast_ohm)
        wanted = {"lock_in": settings}
        if signal == "hall" and "hall_lock_in" in station.instruments:
            wanted["hall_lock_in"] = replace(settings, external_reference=True)
        for role, of_role in wanted.items():
            driver = station.instruments[role].driver
            if text := refusal(partial(check_lock_in, driver, of_role, station.limits, station.wiring)):
                yield (), text
                return


class DcReversalSection(Section):
    """A DC current of alternating sign and a nanovoltmeter."""

    kind: Literal["dc_reversal"]
    current_A: Annotated[Ampere, POSITIVE] = Field(alias="current", description="Excitation, either sign in turn")
    compliance_V: Annotated[Volt, POSITIVE] = Field(
        1.0, alias="compliance", description="Voltage limit of the current source; 1 V unless given"
    )
    integration_plc: Annotated[Number, Bounds(least=0.01, most=60)] = Field(
        5.0, alias="integration", description="Integration time in power-line cycles; 5 unless given"
    )
    range_V: Annotated[Volt, POSITIVE] = Field(alias="range", description="Range of the voltmeter")

    def readout(self, station: StationPlan, signal: Signal) -> Readout:
        """The read-out as procedures want it."""
        wiring = station.wiring
        return DcReversalReadout(
            current_A=self.current_A,
            compliance_V=self.compliance_V,
            integration_plc=self.integration_plc,
            range_V=self.range_V,
            channel=wiring.hall_channel if signal == "hall" else wiring.longitudinal_channel,
        )

    def problems_on(self, station: StationPlan, signal: Signal) -> Iterator[tuple[Location, str]]:
        """What this station cannot do of it."""
        excitation = station.limits.excitation
        if text := refusal(partial(excitation.check_current, self.current_A)):
            yield ("current",), text
        if text := refusal(partial(excitation.check_compliance, self.compliance_V)):
            yield ("compliance",), text
        yield from missing_roles(station, ("current_source", "voltmeter"), _WHY, ("kind",))


ReadoutSection = Annotated[LockInSection | DcReversalSection, Field(discriminator="kind")]


def readout_problems(
    section: LockInSection | DcReversalSection, station: StationPlan, signal: Signal
) -> Iterator[tuple[Location, str]]:
    """What this station cannot do of a read-out, its places inside the measurement."""
    for location, text in section.problems_on(station, signal):
        yield ("readout", *location), text

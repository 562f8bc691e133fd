"""How an experiment file says in which way a resistance is read."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Annotated, Literal

from pydantic import Field

from fluxoid.measure.parts import missing_roles, refusal
from instruments.configuration import Section
from instruments.drivers.checks import check_delta, check_lock_in, check_source
from instruments.quantities import POSITIVE, Ampere, Bounds, Hertz, Number, Second, Volt, Whole
from instruments.station import StationPlan
from instruments.yaml_lines import Location
from procedures.delta import DeltaReadout
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


class DcSection(Section):
    """What both ways to measure with a DC current of alternating sign have."""

    kind: Literal["dc_reversal", "delta"]
    current_A: Annotated[Ampere, POSITIVE] = Field(alias="current", description="Excitation, either sign in turn")
    compliance_V: Annotated[Volt, POSITIVE] = Field(
        1.0, alias="compliance", description="Voltage limit of the current source; 1 V unless given"
    )
    integration_plc: Annotated[Number, Bounds(least=0.01, most=60)] = Field(
        5.0, alias="integration", description="Integration time in power-line cycles; 5 unless given"
    )
    range_V: Annotated[Volt, POSITIVE] = Field(alias="range", description="Range of the voltmeter")

    def excitation_problems(self, station: StationPlan) -> Iterator[tuple[Location, str]]:
        """What the station's limits do not allow."""
        excitation = station.limits.excitation
        if text := refusal(partial(excitation.check_current, self.current_A)):
            yield ("current",), text
        if text := refusal(partial(excitation.check_compliance, self.compliance_V)):
            yield ("compliance",), text


class DcReversalSection(DcSection):
    """A DC current of alternating sign and a nanovoltmeter; the procedure reverses the current."""

    kind: Literal["dc_reversal"]

    def readout(self, station: StationPlan, signal: Signal) -> Readout:
        """The read-out as procedures want it."""
        return DcReversalReadout(
            current_A=self.current_A,
            compliance_V=self.compliance_V,
            integration_plc=self.integration_plc,
            range_V=self.range_V,
            channel=_channel(station, signal),
        )

    def problems_on(self, station: StationPlan, signal: Signal) -> Iterator[tuple[Location, str]]:
        """What this station cannot do of it."""
        yield from self.excitation_problems(station)
        missing = list(missing_roles(station, ("current_source", "voltmeter"), _WHY, ("kind",)))
        yield from missing
        if not missing:
            driver = station.instruments["current_source"].driver
            if text := refusal(partial(check_source, driver, self.compliance_V, [self.current_A])):
                yield (), text


class DeltaSection(DcSection):
    """A source that reverses its DC current by itself and averages what its nanovoltmeter converts (delta mode)."""

    kind: Literal["delta"]
    delay_s: Annotated[Second, POSITIVE] = Field(
        0.01, alias="delay", description="From a reversal to the conversion that follows; 10 ms unless given"
    )
    averages: Annotated[Whole, Bounds(least=1, most=300)] = Field(
        8, description="Successive readings in an average, each one conversion on; 8 unless given"
    )

    def readout(self, station: StationPlan, signal: Signal) -> DeltaReadout:
        """The read-out as procedures want it."""
        return DeltaReadout(
            current_A=self.current_A,
            compliance_V=self.compliance_V,
            integration_plc=self.integration_plc,
            range_V=self.range_V,
            averages=self.averages,
            delay_s=self.delay_s,
        )

    def problems_on(self, station: StationPlan, signal: Signal) -> Iterator[tuple[Location, str]]:
        """What this station cannot do of it."""
        yield from self.excitation_problems(station)
        missing = list(missing_roles(station, ("delta_meter",), _WHY, ("kind",)))
        yield from missing
        if not missing:
            driver = station.instruments["delta_meter"].driver
            if text := refusal(partial(check_delta, driver, self.readout(station, signal).settings())):
                yield (), text
        if _channel(station, signal) != 1:
            yield (
                ("kind",),
                f"delta mode reads the voltmeter's input 1; on station {station.name} the {signal} contacts are at"
                " input 2; exchange the two in the wiring, or read them by dc_reversal",
            )


def _channel(station: StationPlan, signal: Signal) -> int:
    return station.wiring.hall_channel if signal == "hall" else station.wiring.longitudinal_channel


ReadoutSection = Annotated[LockInSection | DcReversalSection | DeltaSection, Field(discriminator="kind")]


def readout_problems(
    section: LockInSection | DcReversalSection | DeltaSection, station: StationPlan, signal: Signal
) -> Iterator[tuple[Location, str]]:
    """What this station cannot do of a read-out, its places inside the measurement."""
    for location, text in section.problems_on(station, signal):
        yield ("readout", *location), text

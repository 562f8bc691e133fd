"""The instruments of a station file: per driver, the options it has and how they are written."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool

from instruments.configuration import Section
from instruments.quantities import POSITIVE, Ampere, Bounds, Second, TeslaPerAmpere, Whole
from instruments.words import problem, show
from instruments.yaml_lines import Location


def _pattern(expression: str, expected: str) -> BeforeValidator:
    def check(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(expression, value):
            raise problem(f"found {show(value)}; expected {expected}")
        return value

    return BeforeValidator(check)


def _address(value: object) -> str:
    from pyvisa import rname

    examples = "such as 'GPIB0::8::INSTR' or 'TCPIP0::192.168.1.11::7020::SOCKET'"
    if not isinstance(value, str):
        raise problem(f"found {show(value)}; expected a VISA address, {examples}")
    try:
        rname.ResourceName.from_string(value)
    except (rname.InvalidResourceName, ValueError):
        raise problem(f"found {show(value)}, which is not a VISA address; expected one {examples}") from None
    return value


def _device_address(value: object) -> str:
    from instruments.addresses import EXAMPLE, DeviceAddress
    from instruments.errors import ConfigurationError

    try:
        return str(DeviceAddress.parse(value if isinstance(value, str) else ""))
    except ConfigurationError:
        raise problem(f"found {show(value)}; expected a data server and a device, such as {EXAMPLE!r}") from None


Address = Annotated[str, BeforeValidator(_address)]
DeviceOnServer = Annotated[str, BeforeValidator(_device_address)]
SensorName = Annotated[str, _pattern(r"[A-Z]{2}\d+\.T\d+", "a sensor's board and name, such as 'MB1.T1'")]
HeaterName = Annotated[str, _pattern(r"[A-Z]{2}\d+\.H\d+", "a heater's board and name, such as 'DB1.H1'")]
GroupName = Annotated[str, _pattern(r"GRP[A-Z]", "a magnet group, such as 'GRPZ'")]

#: Full scales of a Model 372's sample heater.
_LAKESHORE_RANGES_A = (31.6e-6, 100e-6, 316e-6, 1e-3, 3.16e-3, 10e-3, 31.6e-3, 100e-3)
Channel = Annotated[Whole, Bounds(least=1, most=16)]


def _one_of(allowed: tuple[float, ...], unit: str) -> AfterValidator:
    def check(value: float) -> float:
        for candidate in allowed:
            if math.isclose(value, candidate, rel_tol=1e-3):
                return candidate
        raise problem(f"found {value:g} {unit}; expected one of {', '.join(f'{a:g}' for a in allowed)} {unit}")

    return AfterValidator(check)


class InstrumentSection(Section):
    """What every instrument has: a driver and an address; all other keys are options of the driver."""

    driver: str
    address: Address = Field(description="VISA address of the instrument")

    def options(self) -> Mapping[str, str | bool | float]:
        """Options by their key in the file."""
        return self.model_dump(by_alias=True, exclude={"driver", "address"})


class MercuryIps(InstrumentSection):
    """Oxford Instruments Mercury iPS."""

    driver: Literal["mercury_ips"]
    group: GroupName = Field(description="Magnet group, such as GRPZ")
    switch: StrictBool = Field(description="Whether a persistent switch is fitted: true or false")
    switch_time_s: Annotated[Second, POSITIVE] = Field(
        60.0, alias="switch_time", description="Time the switch takes to warm or cool; 60 s unless given"
    )


class Ami430(InstrumentSection):
    """American Magnetics Model 430."""

    driver: Literal["ami_430"]
    switch: StrictBool = Field(description="Whether a persistent switch is fitted: true or false")


class Ips120(InstrumentSection):
    """Oxford Instruments IPS 120-10."""

    driver: Literal["ips_120"]
    switch: StrictBool = Field(description="Whether a persistent switch is fitted: true or false")
    switch_time_s: Annotated[Second, POSITIVE] = Field(
        60.0, alias="switch_time", description="Time the switch takes to warm or cool; 60 s unless given"
    )


class Cryomagnetics4G(InstrumentSection):
    """Cryomagnetics Model 4G."""

    driver: Literal["cryomagnetics_4g"]
    tesla_per_ampere: Annotated[TeslaPerAmpere, POSITIVE] = Field(
        description="Coil constant, as it stands in the supply's own setup"
    )
    switch: StrictBool = Field(description="Whether a persistent switch is fitted: true or false")
    switch_time_s: Annotated[Second, POSITIVE] = Field(
        60.0, alias="switch_time", description="Time the switch takes to warm or cool; 60 s unless given"
    )


class MultiPyVu(InstrumentSection):
    """Quantum Design PPMS through MultiPyVu: magnet, temperature and sample thermometer at one address."""

    driver: Literal["multipyvu"]


class MercuryItcLoop(InstrumentSection):
    """Oxford Instruments Mercury iTC, one control loop."""

    driver: Literal["mercury_itc"]
    sensor: SensorName = Field(description="Sensor that the loop follows")
    heater: HeaterName = Field(description="Heater that the loop drives")


class MercuryItcSensor(InstrumentSection):
    """Oxford Instruments Mercury iTC, one sensor."""

    driver: Literal["mercury_itc"]
    sensor: SensorName = Field(description="Sensor that is read")


class Itc503(InstrumentSection):
    """Oxford Instruments ITC 503: a sensor, and as the temperature loop the heater that follows it."""

    driver: Literal["itc_503"]
    sensor: Annotated[Whole, Bounds(least=1, most=3)] = Field(description="Sensor that is read, 1 to 3")


class LakeShore372Loop(InstrumentSection):
    """Lake Shore 372, the loop of its sample heater."""

    driver: Literal["lakeshore_372"]
    channel: Channel = Field(description="Channel that the loop follows, 1 to 16")
    heater: Literal["sample"] = Field(description="Heater that the loop drives: sample")
    range: Annotated[Ampere, _one_of(_LAKESHORE_RANGES_A, "A")] = Field(
        description="Full-scale current of the heater range, 31.6 uA to 100 mA in steps of the square root of 10"
    )


class LakeShore372Sensor(InstrumentSection):
    """Lake Shore 372, one channel of its scanner."""

    driver: Literal["lakeshore_372"]
    channel: Channel = Field(description="Channel that is read, 1 to 16")


InputRange = Literal["full scale", "1 V", "300 mV", "100 mV", "30 mV", "10 mV"]
_INPUT_RANGE = "Largest peak voltage at the input; the smallest range that holds the full scale unless given"


_RangeWord = Literal["low", "medium", "high"]
_RangeNumber = Annotated[Whole, Bounds(least=1, most=5)]
_Output = Annotated[Whole, Bounds(least=1, most=2)]
_InputOf335 = Annotated[str, _pattern(r"[AB]", "an input, A or B")]
_InputOf340 = Annotated[str, _pattern(r"[ABCD]|[CD][1-4]", "an input, A to D, or C1 to D4 of an option card")]
_InputOf336 = Annotated[str, _pattern(r"[ABCD]|D[1-5]", "an input, A to D, or D1 to D5 of an option card")]
_READ, _FOLLOWED = "Input that is read", "Input that the loop follows"
_HEATED = "Output with the heater of the loop"
_RANGE = "Heater range that the loop uses"


class LakeShore335Loop(InstrumentSection):
    """Lake Shore 335, one control loop."""

    driver: Literal["lakeshore_335"]
    channel: _InputOf335 = Field(description=_FOLLOWED)
    output: _Output = Field(description=_HEATED)
    range: _RangeWord = Field(description=_RANGE)


class LakeShore335Sensor(InstrumentSection):
    """Lake Shore 335, one input."""

    driver: Literal["lakeshore_335"]
    channel: _InputOf335 = Field(description=_READ)


class LakeShore336Loop(InstrumentSection):
    """Lake Shore 336, one control loop."""

    driver: Literal["lakeshore_336"]
    channel: _InputOf336 = Field(description=_FOLLOWED)
    output: _Output = Field(description=_HEATED)
    range: _RangeWord = Field(description=_RANGE)


class LakeShore336Sensor(InstrumentSection):
    """Lake Shore 336, one input."""

    driver: Literal["lakeshore_336"]
    channel: _InputOf336 = Field(description=_READ)


class LakeShore340Loop(InstrumentSection):
    """Lake Shore 340, its control loop 1."""

    driver: Literal["lakeshore_340"]
    channel: _InputOf340 = Field(description=_FOLLOWED)
    output: Annotated[Whole, Bounds(least=1, most=1)] = Field(description=_HEATED)
    range: _RangeNumber = Field(description=_RANGE)


class LakeShore340Sensor(InstrumentSection):
    """Lake Shore 340, one input."""

    driver: Literal["lakeshore_340"]
    channel: _InputOf340 = Field(description=_READ)


class LakeShore350Loop(InstrumentSection):
    """Lake Shore 350, one control loop."""

    driver: Literal["lakeshore_350"]
    channel: _InputOf336 = Field(description=_FOLLOWED)
    output: _Output = Field(description=_HEATED)
    range: _RangeNumber = Field(description=_RANGE)


class LakeShore350Sensor(InstrumentSection):
    """Lake Shore 350, one input."""

    driver: Literal["lakeshore_350"]
    channel: _InputOf336 = Field(description=_READ)


LakeShoreLoop = LakeShore372Loop | LakeShore335Loop | LakeShore336Loop | LakeShore340Loop | LakeShore350Loop
LakeShoreSensor = (
    LakeShore372Sensor | LakeShore335Sensor | LakeShore336Sensor | LakeShore340Sensor | LakeShore350Sensor
)


class Sr830(InstrumentSection):
    """Stanford Research Systems SR830."""

    driver: Literal["sr830"]


class Sr860(InstrumentSection):
    """Stanford Research Systems SR860."""

    driver: Literal["sr860"]
    input_range: InputRange = Field("full scale", description=_INPUT_RANGE)


class Sr865a(InstrumentSection):
    """Stanford Research Systems SR865A."""

    driver: Literal["sr865a"]
    input_range: InputRange = Field("full scale", description=_INPUT_RANGE)


class SignalRecovery7265(InstrumentSection):
    """Signal Recovery (EG&G) 7265."""

    driver: Literal["signal_recovery_7265"]


class Mfli(InstrumentSection):
    """Zurich Instruments MFLI."""

    driver: Literal["mfli"]
    address: DeviceOnServer = Field(description="Data server and device, such as mfli://192.168.1.51:8004/dev1234")
    input: Literal["differential", "single-ended"] = Field(
        "differential", description="Whether -V is used; differential unless given, or single-ended"
    )
    reference_input: Literal["aux input 1", "aux input 2", "trigger input 1", "trigger input 2"] = Field(
        "aux input 1", description="Where the reference comes in when it follows another; aux input 1 unless given"
    )


class Keithley6221(InstrumentSection):
    """Keithley 6221."""

    driver: Literal["keithley_6221"]


class Keithley2182a(InstrumentSection):
    """Keithley 2182A."""

    driver: Literal["keithley_2182a"]


class Gs200(InstrumentSection):
    """Yokogawa GS200."""

    driver: Literal["gs200"]
    reach_V: ClassVar[float] = 32.0
    least_leakage_A: ClassVar[float] = 1e-3


_TERMINALS = "Jacks that the gate is connected to: front, unless given, or rear"


class Keithley2400(InstrumentSection):
    """Keithley 2400."""

    driver: Literal["keithley_2400"]
    reach_V: ClassVar[float] = 210.0
    least_leakage_A: ClassVar[float] = 1e-9
    terminals: Literal["front", "rear"] = Field("front", description=_TERMINALS)


class Keithley2450(InstrumentSection):
    """Keithley 2450."""

    driver: Literal["keithley_2450"]
    reach_V: ClassVar[float] = 210.0
    least_leakage_A: ClassVar[float] = 1e-9
    terminals: Literal["front", "rear"] = Field("front", description=_TERMINALS)


#: Several drivers play the role: the word at ``driver`` says which section this is.
ByDriver = Field(discriminator="driver")


class InstrumentsSection(Section):
    """Instruments by role; a role that the rack lacks is left out."""

    roles: ClassVar[tuple[str, ...]] = (
        "magnet",
        "temperature",
        "sample_thermometer",
        "lock_in",
        "hall_lock_in",
        "current_source",
        "voltmeter",
        "delta_meter",
        "gate",
    )

    magnet: Annotated[MercuryIps | Ips120 | Ami430 | Cryomagnetics4G | MultiPyVu, ByDriver] | None = Field(
        None, description="The magnet supply"
    )
    temperature: Annotated[MercuryItcLoop | Itc503 | MultiPyVu | LakeShoreLoop, ByDriver] | None = Field(
        None, description="The temperature loop that is commanded"
    )
    sample_thermometer: Annotated[MercuryItcSensor | Itc503 | MultiPyVu | LakeShoreSensor, ByDriver] | None = Field(
        None, description="The sensor beside the sample"
    )
    lock_in: Annotated[Sr830 | Sr860 | Sr865a | SignalRecovery7265 | Mfli, ByDriver] | None = Field(
        None, description="The lock-in amplifier that drives the sample"
    )
    hall_lock_in: Annotated[Sr830 | Sr860 | Sr865a | SignalRecovery7265 | Mfli, ByDriver] | None = Field(
        None, description="The lock-in amplifier at the Hall contacts"
    )
    current_source: Annotated[Keithley6221 | Gs200, ByDriver] | None = Field(
        None, description="The DC current source"
    )
    voltmeter: Keithley2182a | None = Field(None, description="The DC nanovoltmeter")
    delta_meter: Keithley6221 | None = Field(
        None, description="The current source that reverses by itself, a 2182A on its serial port"
    )
    gate: Annotated[Keithley2400 | Keithley2450 | Gs200, ByDriver] | None = Field(
        None, description="The source at the back gate"
    )

    def fitted(self) -> dict[str, InstrumentSection]:
        """The instruments that the rack has, by role."""
        found = ((role, getattr(self, role)) for role in self.roles)
        return {role: section for role, section in found if section is not None}

    def problems(self) -> Iterator[tuple[Location, str]]:
        """One address is one instrument, so it may appear twice only under one driver."""
        from instruments.addresses import canonical

        first: dict[str, str] = {}
        fitted = self.fitted()
        if not fitted:
            yield (), f"there is no instrument; expected at least one of {', '.join(self.roles)}"
        for role, section in fitted.items():
            other = first.setdefault(canonical(section.address), role)
            if fitted[other].driver != section.driver:
                yield (
                    (role, "address"),
                    f"found {section.address!r}, which is already the address of {other}"
                    f" (driver {fitted[other].driver!r}); expected another address for {section.driver!r}",
                )

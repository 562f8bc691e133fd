"""Temperature controllers and thermometers in a station file."""

from typing import Annotated, Literal

from pydantic import Field

from instruments.quantities import Ampere, Bounds, Whole
from instruments.sections.common import InstrumentSection, one_of, pattern

SensorName = Annotated[str, pattern(r"[A-Z]{2}\d+\.T\d+", "a sensor's board and name, such as 'MB1.T1'")]
HeaterName = Annotated[str, pattern(r"[A-Z]{2}\d+\.H\d+", "a heater's board and name, such as 'DB1.H1'")]

#: Full scales of a Model 372's sample heater.
_LAKESHORE_RANGES_A = (31.6e-6, 100e-6, 316e-6, 1e-3, 3.16e-3, 10e-3, 31.6e-3, 100e-3)
Channel = Annotated[Whole, Bounds(least=1, most=16)]


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
    range: Annotated[Ampere, one_of(_LAKESHORE_RANGES_A, "A")] = Field(
        description="Full-scale current of the heater range, 31.6 uA to 100 mA in steps of the square root of 10"
    )


class LakeShore372Sensor(InstrumentSection):
    """Lake Shore 372, one channel of its scanner."""

    driver: Literal["lakeshore_372"]
    channel: Channel = Field(description="Channel that is read, 1 to 16")


_RangeWord = Literal["low", "medium", "high"]
_RangeNumber = Annotated[Whole, Bounds(least=1, most=5)]
_Output = Annotated[Whole, Bounds(least=1, most=2)]
_InputOf335 = Annotated[str, pattern(r"[AB]", "an input, A or B")]
_InputOf340 = Annotated[str, pattern(r"[ABCD]|[CD][1-4]", "an input, A to D, or C1 to D4 of an option card")]
_InputOf336 = Annotated[str, pattern(r"[ABCD]|D[1-5]", "an input, A to D, or D1 to D5 of an option card")]
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

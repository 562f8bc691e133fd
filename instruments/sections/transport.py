"""Lock-ins, DC sources and meters, and what stands at the gate, in a station file."""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from instruments.sections.common import InstrumentSection
from instruments.words import problem, show


def _device_address(value: object) -> str:
    from instruments.addresses import EXAMPLE, DeviceAddress
    from instruments.errors import ConfigurationError

    try:
        return str(DeviceAddress.parse(value if isinstance(value, str) else ""))
    except ConfigurationError:
        raise problem(f"found {show(value)}; expected a data server and a device, such as {EXAMPLE!r}") from None


DeviceOnServer = Annotated[str, BeforeValidator(_device_address)]
InputRange = Literal["full scale", "1 V", "300 mV", "100 mV", "30 mV", "10 mV"]
_INPUT_RANGE = "Largest peak voltage at the input; the smallest range that holds the full scale unless given"


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

"""What all sections have in common: the driver, its address, and how options are checked."""

import math
import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from instruments.configuration import Section
from instruments.words import problem, show


def pattern(expression: str, expected: str) -> BeforeValidator:
    """Text that a regular expression matches in full; ``expected`` says so in words."""

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


Address = Annotated[str, BeforeValidator(_address)]


def one_of(allowed: tuple[float, ...], unit: str) -> AfterValidator:
    """A number that the instrument has, however it is rounded."""

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

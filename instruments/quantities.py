"""Numbers in files: text with a unit becomes a float in the canonical unit its field declares.

``Tesla`` and its neighbours are floats to a type checker; to pydantic they carry a :class:`Quantity`, which reads
``'100 mT'``, checks the dimension and converts exactly (in decimal arithmetic, so that it equals ``'0.1 T'``).
``Bounds`` narrows any of them.
"""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from tokenize import TokenError
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from instruments.words import problem, show

if TYPE_CHECKING:
    import pint

NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_WITH_UNIT = re.compile(rf"\s*({NUMBER})\s*(.*?)\s*", re.DOTALL)
_DECIMAL_COMMA = re.compile(r"\s*([+-]?\d+),(\d+)(.*)", re.DOTALL)
_UNIT_TEXT = re.compile(r"[\w%°℃Ω*/^(). +-]{1,60}")
_NOT_FROM_ZERO = ("degree_Celsius", "degree_Fahrenheit", "degree_Reaumur")


@cache
def unit_registry() -> "pint.UnitRegistry[Any]":
    """The one pint registry, made at first use because that takes a quarter of a second; numbers are Decimal."""
    import pint

    registry: pint.UnitRegistry[Any] = pint.UnitRegistry(non_int_type=Decimal)
    registry.define("@alias ohm = Ohm")
    return registry


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with unit: canonical unit, what it is ("a field") and an example for messages."""

    unit: str
    what: str
    example: str

    def parse(self, value: object) -> float:
        """The number in the canonical unit.

        Raises:
            PydanticCustomError: no number, no unit, an unknown unit, another dimension, or not finite.
        """
        with_unit = f"expected {self.what} with unit, such as {self.example!r}"
        if isinstance(value, bool) or not isinstance(value, str):
            raise problem(f"found {show(value)}; {with_unit}")
        comma = _DECIMAL_COMMA.fullmatch(value)
        if comma:
            raise problem(
                f"found {show(value)}; write the decimal point as a point: '{'{}.{}{}'.format(*comma.groups())}'"
            )
        match = _WITH_UNIT.fullmatch(value)
        if match is None or not match[2]:
            raise problem(f"found {show(value)}; {with_unit}")
        number = float(self._convert(Decimal(match[1]), match[2], value))
        if not math.isfinite(number):
            raise problem(f"found {show(value)}, which is too large for a number; {with_unit}")
        return number

    def _convert(self, number: Decimal, unit_text: str, value: str) -> Decimal:
        registry = unit_registry()
        unit = _unit(unit_text)
        if unit is None:
            raise problem(
                f"found {show(value)}, and {show(unit_text)} is not a unit; expected {self.what} in {self.unit},"
                f" such as {self.example!r}"
            )
        if any(name in str(unit) for name in _NOT_FROM_ZERO):
            raise problem(f"found {show(value)}; temperatures are given in K, not in degrees Celsius or Fahrenheit")
        canonical = registry.parse_units("" if self.unit == "%" else self.unit)
        if unit.dimensionality != canonical.dimensionality:
            raise problem(f"found {show(value)}, which is in {unit}; expected {self.what} in {self.unit}")
        try:
            return Decimal(registry.Quantity(number, unit).to(canonical).magnitude)
        except ArithmeticError:
            return Decimal("inf")

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Replace the float's own parsing by :meth:`parse`."""
        return core_schema.no_info_plain_validator_function(self.parse, metadata={"unit": self.unit})

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """What an editor may complain about before we do."""
        description = f"{self.what} in a unit that converts to {self.unit}"
        return {
            "type": "string",
            "pattern": rf"^\s*{NUMBER}\s*\S",
            "examples": [self.example],
            "x-unit": description,
        }


@cache
def _unit(text: str) -> "pint.Unit | None":
    """The pint unit a text names, or None."""
    import pint

    if text.lower() in ("°c", "℃", "celsius", "deg c", "deg. c"):
        text = "degC"
    if not _UNIT_TEXT.fullmatch(text):
        return None
    try:
        return unit_registry().parse_units(text)
    except (pint.PintError, TokenError, SyntaxError, AssertionError, ValueError, TypeError, LookupError):
        return None
    except (AttributeError, ArithmeticError, RecursionError):  # odd texts fail deep inside pint's parser
        return None


@dataclass(frozen=True, slots=True)
class PlainNumber:
    """A number without unit, whole or not; text, true, NaN and infinity are refused."""

    whole: bool = False

    def parse(self, value: object) -> float | int:
        """The number as it stands.

        Raises:
            PydanticCustomError: something else.
        """
        expected = "expected a whole number" if self.whole else "expected a number without unit"
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            hint = ", which is text" if isinstance(value, str) else ""
            raise problem(f"found {show(value)}{hint}; {expected}")
        try:
            finite = math.isfinite(value)
        except OverflowError:
            finite = False
        if not finite:
            raise problem(f"found {show(value)}; {expected}")
        return value if self.whole else float(value)

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Replace pydantic's lenient parsing by :meth:`parse`."""
        return core_schema.no_info_plain_validator_function(self.parse, metadata={"unit": ""})

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The JSON type."""
        return {"type": "integer" if self.whole else "number"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Narrows a number, in its canonical unit: ``above`` is exclusive, ``least`` and ``most`` are inclusive."""

    above: float | None = None
    least: float | None = None
    most: float | None = None

    def describe(self, unit: str) -> str:
        """The bounds in words."""
        space = f" {unit}" if unit else ""
        words = [
            f"{word} {bound:g}{space}"
            for word, bound in (("more than", self.above), ("at least", self.least), ("at most", self.most))
            if bound is not None
        ]
        return " and ".join(words)

    def holds(self, value: float) -> bool:
        """Whether the value lies inside."""
        return (
            (self.above is None or value > self.above)
            and (self.least is None or value >= self.least)
            and (self.most is None or value <= self.most)
        )

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check after the number was read; the unit for the message comes from the number's own schema."""
        inner = handler(source)
        unit = str((inner.get("metadata") or {}).get("unit", ""))

        def check(value: float) -> float:
            if not self.holds(value):
                raise problem(f"expected {self.describe(unit)}", found=True)
            return value

        return core_schema.no_info_after_validator_function(check, inner, metadata={"unit": unit})


POSITIVE = Bounds(above=0)
NOT_NEGATIVE = Bounds(least=0)

Tesla = Annotated[float, Quantity("T", "a field", "0.5 T")]
Kelvin = Annotated[float, Quantity("K", "a temperature", "1.6 K"), POSITIVE]
EnergyKelvin = Annotated[float, Quantity("K", "an energy over k_B", "1200 K"), POSITIVE]
KelvinDifference = Annotated[float, Quantity("K", "a temperature difference", "5 mK"), NOT_NEGATIVE]
KelvinPerMinute = Annotated[float, Quantity("K/min", "a ramp rate", "0.1 K/min"), POSITIVE]
TeslaPerMinute = Annotated[float, Quantity("T/min", "a ramp rate", "0.3 T/min"), POSITIVE]
Ampere = Annotated[float, Quantity("A", "a current", "4 mA")]
Volt = Annotated[float, Quantity("V", "a voltage", "10 mV")]
Ohm = Annotated[float, Quantity("Ohm", "a resistance", "1 kOhm")]
Second = Annotated[float, Quantity("s", "a time", "300 ms")]
Metre = Annotated[float, Quantity("m", "a length", "2 um")]
Hertz = Annotated[float, Quantity("Hz", "a frequency", "137 Hz")]
PerCubicMetre = Annotated[float, Quantity("1/m^3", "a density", "1.75e28 1/m^3")]
VoltPerRootHertz = Annotated[float, Quantity("V/Hz^0.5", "a noise density", "3 nV/Hz^0.5")]
VoltPerSecond = Annotated[float, Quantity("V/s", "a rate of voltage", "2 nV/min")]
TeslaPerKelvin = Annotated[float, Quantity("T/K", "a slope of a field", "1.8 T/K")]
PerTesla = Annotated[float, Quantity("1/T", "a share per tesla", "2e-4 1/T")]
EnergyMilliElectronVolt = Annotated[float, Quantity("meV", "an energy", "0.3 meV")]
PerSquareMetre = Annotated[float, Quantity("1/m^2", "a density per area", "6e17 1/m^2")]
PerSquareMetreVolt = Annotated[float, Quantity("1/m^2/V", "a density per area and volt", "4e14 1/m^2/V")]
Farad = Annotated[float, Quantity("F", "a capacitance", "500 pF")]
Henry = Annotated[float, Quantity("H", "an inductance", "25 H")]
TeslaPerAmpere = Annotated[float, Quantity("T/A", "a coil constant", "0.11 T/A")]
Watt = Annotated[float, Quantity("W", "a power", "50 W")]
EddyHeat = Annotated[float, Quantity("J*s/T^2", "a heat per squared ramp rate", "5 mJ*s/T^2")]
HeatPerKelvin2 = Annotated[float, Quantity("J/K^2", "a heat capacity per temperature", "1 J/K^2")]
PowerPerKelvin2 = Annotated[float, Quantity("W/K^2", "a power per temperature squared", "5 mW/K^2")]
GateHeat = Annotated[float, Quantity("J/V^2", "a heat per squared voltage", "1 nJ/V^2")]
OhmPerKelvin2 = Annotated[float, Quantity("Ohm/K^2", "a resistance per temperature squared", "20 uOhm/K^2")]
Fraction = Annotated[float, Quantity("%", "a share", "0.02 %")]
Number = Annotated[float, PlainNumber()]
Whole = Annotated[int, PlainNumber(whole=True)]

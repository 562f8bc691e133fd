"""Numbers with unit: exact conversion, and a plain refusal of everything else."""

import math
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from instruments import quantities as q


def read(annotation: Any, value: object) -> float:
    return TypeAdapter(annotation).validate_python(value)


def refusal(annotation: Any, value: object) -> str:
    with pytest.raises(ValidationError) as caught:
        read(annotation, value)
    (detail,) = caught.value.errors()
    return detail["msg"]


@pytest.mark.parametrize(
    ("annotation", "text", "expected"),
    [
        (q.Tesla, "100 mT", 0.1),
        (q.Tesla, "-12T", -12.0),
        (q.Tesla, "20 uT", 20e-6),
        (q.Tesla, "20 µT", 20e-6),
        (q.Kelvin, "1.6 K", 1.6),
        (q.Kelvin, " 1600 mK ", 1.6),
        (q.KelvinPerMinute, "0.1 K/min", 0.1),
        (q.KelvinPerMinute, "6 K/h", 0.1),
        (q.TeslaPerMinute, "5 mT/s", 0.3),
        (q.Ampere, "4 mA", 0.004),
        (q.Volt, "500 uV", 0.0005),
        (q.Ohm, "1 kOhm", 1000.0),
        (q.Ohm, "5 mOhm", 0.005),
        (q.Ohm, "5 uOhm", 5e-6),
        (q.Ohm, "3 Ohm", 3.0),
        (q.Ohm, "3 ohm", 3.0),
        (q.Second, "300 ms", 0.3),
        (q.Second, "2 min", 120.0),
        (q.Metre, "2 um", 2e-6),
        (q.Hertz, "1 kHz", 1000.0),
        (q.PerCubicMetre, "1.75e28 1/m^3", 1.75e28),
        (q.PerCubicMetre, "1.75e22 cm^-3", 1.75e28),
        (q.VoltPerRootHertz, "3 nV/Hz^0.5", 3e-9),
        (q.VoltPerSecond, "6 nV/min", 1e-10),
        (q.Henry, "25 H", 25.0),
        (q.TeslaPerAmpere, "0.11 T/A", 0.11),
        (q.Watt, "50 W", 50.0),
        (q.OhmPerKelvin2, "20 uOhm/K^2", 20e-6),
        (q.Fraction, "0.02 %", 2e-4),
        (q.Fraction, "200 ppm", 2e-4),
        (q.Number, 2, 2.0),
        (q.Number, -0.77, -0.77),
        (q.Whole, 2, 2),
    ],
)
def test_canonical_units(annotation: Any, text: object, expected: float) -> None:
    assert read(annotation, text) == expected


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        (q.KelvinPerMinute, 0.1, "found 0.1; expected a ramp rate with unit, such as '0.1 K/min'"),
        (q.Tesla, "9 K", "found '9 K', which is in kelvin; expected a field in T"),
        (q.Tesla, "9", "found '9'; expected a field with unit, such as '0.5 T'"),
        (q.Tesla, "fast", "found 'fast'; expected a field with unit, such as '0.5 T'"),
        (q.Tesla, None, "found nothing; expected a field with unit, such as '0.5 T'"),
        (q.Tesla, True, "found true; expected a field with unit, such as '0.5 T'"),
        (q.Tesla, [], "found a list; expected a field with unit, such as '0.5 T'"),
        (q.Tesla, "nan T", "found 'nan T'; expected a field with unit, such as '0.5 T'"),
        (q.Tesla, "inf T", "found 'inf T'; expected a field with unit, such as '0.5 T'"),
        (q.Tesla, math.nan, "found nan; expected a field with unit, such as '0.5 T'"),
        (q.Tesla, math.inf, "found inf; expected a field with unit, such as '0.5 T'"),
        (
            q.Tesla,
            "1e999 T",
            "found '1e999 T', which is too large for a number; expected a field with unit, such as '0.5 T'",
        ),
        (
            q.Tesla,
            "2 Teslas",
            "found '2 Teslas', and 'Teslas' is not a unit; expected a field in T, such as '0.5 T'",
        ),
        (q.Tesla, "1,5 T", "found '1,5 T'; write the decimal point as a point: '1.5 T'"),
        (q.Kelvin, "20 degC", "found '20 degC'; temperatures are given in K, not in degrees Celsius or Fahrenheit"),
        (q.Kelvin, "20 °C", "found '20 °C'; temperatures are given in K, not in degrees Celsius or Fahrenheit"),
        (q.Kelvin, "9 degF", "found '9 degF'; temperatures are given in K, not in degrees Celsius or Fahrenheit"),
        (q.Kelvin, "20 C", "found '20 C', which is in coulomb; expected a temperature in K"),
        (q.Fraction, 0.02, "found 0.02; expected a share with unit, such as '0.02 %'"),
        (q.Kelvin, "0 K", "expected more than 0 K"),
        (Annotated[q.Volt, q.Bounds(least=0, most=1)], "2 V", "expected at least 0 V and at most 1 V"),
        (q.Number, "2", "found '2', which is text; expected a number without unit"),
        (q.Number, "2 K", "found '2 K', which is text; expected a number without unit"),
        (q.Number, math.nan, "found nan; expected a number without unit"),
        (q.Number, True, "found true; expected a number without unit"),
        (q.Whole, 1.5, "found 1.5; expected a whole number"),
    ],
)
def test_refusals(annotation: Any, value: object, message: str) -> None:
    assert refusal(annotation, value) == message


NUMBERS = st.decimals(min_value=Decimal("-1e6"), max_value=Decimal("1e6"), places=4)


@settings(deadline=None, derandomize=True)  # the first number makes the registry
@given(NUMBERS)
@example(Decimal("0.1"))
def test_prefixes_change_nothing(number: Decimal) -> None:
    assert read(q.Tesla, f"{number} T") == read(q.Tesla, f"{number * 1000} mT") == float(number)
    assert read(q.Ampere, f"{number} A") == read(q.Ampere, f"{number * 10**6} uA") == float(number)
    assert read(q.TeslaPerAmpere, f"{number} T/A") == read(q.TeslaPerAmpere, f"{number} mT/mA") == float(number)


@settings(deadline=None, derandomize=True)  # the first number makes the registry
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_canonical_unit_keeps_every_float(number: float) -> None:
    assert read(q.Tesla, f"{number!r} T") == number


@settings(deadline=None, derandomize=True)  # the first number makes the registry
@given(st.one_of(st.text(max_size=30), st.text(alphabet="0123456789.e+-*/^()TKmin% °", max_size=20)))
@example("1 (")
@example("1 K/")
@example("1 T**T")
@example("1 T^9999999999")
@example("1 -")
def test_any_text_is_a_number_or_one_plain_sentence(text: str) -> None:
    try:
        outcome: object = read(q.Tesla, text)
    except ValidationError as error:
        outcome = error.errors()[0]["msg"]
    assert math.isfinite(outcome) if isinstance(outcome, float) else str(outcome).startswith("found ")

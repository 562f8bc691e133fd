"""Values with errors, rounded by hand."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.findings import Finding, Verdict
from fluxoid import notation
from fluxoid.notation import duration, plain_like, with_error

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "files.md"


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (1.23452, 0.00671, "1.2345(67)"),
        (6.17021, 0.0021, "6.1702(21)"),
        (1228.76, 53.64, "1229(54)"),  # the abstract of the paper on 2H-NbS2, two digits of the error
        (7205.58, 619.65, "7210(620)"),
        (751.2, 9.04, "751.2(9.0)"),
        (-0.7712, 0.028, "-0.771(28)"),
        (1.7498e28, 5.24e24, "1.74980(52)e28"),
        (1.78347e-4, 5.3e-8, "1.78347(53)e-4"),
        (123456.0, 8100.0, "1.235(81)e5"),
        (0.996, 0.0999, "1.00(10)"),  # the error carries into one more digit
        (99.96, 9.96, "100(10)"),
        (0.002, 1.3, "0.0(1.3)"),
        (-0.0005, 0.02, "0.000(20)"),  # no minus zero
        (5.95, 0.0, "5.95"),
    ],
)
def test_two_digits_of_the_error(value: float, error: float, text: str):
    assert with_error(value, error) == text


@given(
    st.floats(-1e12, 1e12, allow_subnormal=False).filter(lambda x: x == 0 or abs(x) > 1e-12),
    st.floats(1e-12, 1e12),
)
def test_what_is_printed_is_within_a_twentieth_of_the_error(value: float, error: float):
    mantissa, _, rest = with_error(value, error).partition("(")
    spread, _, exponent = rest.partition(")")
    power = 10.0 ** int(exponent[1:] or 0)
    decimals = len(mantissa.partition(".")[2])
    shown = float(spread) if "." in spread or not decimals else float(spread) * 10.0**-decimals
    assert float(mantissa) * power == pytest.approx(value, abs=0.0501 * error + 1e-12 * abs(value))
    assert shown * power == pytest.approx(error, rel=0.0501)


def test_a_truth_has_the_decimals_of_the_measurement():
    assert plain_like(6.0, 0.0021) == "6.0000"
    assert plain_like(1.75e28, 5e24) == "1.75000e28"


def test_durations():
    assert duration(59.6) == "00:01:00"
    assert duration(2 * 86400 + 3 * 3600 + 4 * 60 + 5) == "2 d 03:04:05"
    assert duration(-3) == "00:00:00"


def listed_quantities() -> list[str]:
    """The first column of the reference's table, without what stands in brackets (methods)."""
    table = REFERENCE.read_text(encoding="utf-8").partition("| quantity | unit |")[2]
    cells = [line.split("|")[1] for line in table.splitlines()[2:] if line.startswith("|")]
    return [name for cell in cells for name in re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)|with `\w+`", "", cell))]


def test_every_quantity_of_the_reference_has_a_symbol():
    names = listed_quantities()
    assert {"Tc_onset", "Bc2_0", "gap_critical_field", "mobility"} <= set(names)
    assert [name for name in dict.fromkeys(names) if name not in notation._SYMBOLS] == []


def test_symbols_differ_and_fit_their_column():
    symbols = list(notation._SYMBOLS.values())
    assert len(set(symbols)) == len(symbols)
    assert max(map(len, symbols)) <= 21


def test_units_are_those_that_people_write():
    length = Finding("coherence_length", 4.1e-9, 2e-10, "m", Verdict.GOOD)
    assert notation.value_text(length, with_unit=True) == "4.10(20) nm"
    mobility = Finding("mobility", 0.012, 0.001, "m^2/Vs", Verdict.GOOD)
    assert notation.value_text(mobility, with_unit=True) == "0.0120(10) m^2/(V s)"
    assert notation.value_text(Finding("RRR", 8.0, 0.1, "1", Verdict.GOOD), with_unit=True) == "8.00(10)"


def test_conditions_in_words():
    conditions = {"hot_K": 300.0, "cold_K": 7.0, "field_T": 0.0, "orientation": "in_plane", "gate_V": -2.0}
    text = notation.conditions_text(Finding("RRR", 8.0, 0.1, "1", Verdict.GOOD, conditions=conditions))
    assert text == "hot = 300 K, cold = 7 K, 0 T, in plane, gate = -2 V"


def test_currents_and_slopes_against_the_gate():
    def text(quantity: str, value: float, error: float, unit: str) -> str:
        return notation.value_text(Finding(quantity, value, error, unit, Verdict.GOOD), with_unit=True)

    assert text("gate_leakage", 4.8e-11, 1.7e-11, "A") == "48(17) pA"
    assert text("gate_leakage", 3.2e-9, 2e-11, "A") == "3.200(20) nA"
    assert text("Tc_gate_slope", -4.25e-4, 1.1e-5, "K/V") == "-0.425(11) mK/V"
    assert text("resistance_peak_gate_dependence", 2e-6, 5e-5, "T/V") == "0.002(50) mT/V"
    assert text("channel_width", 4.5e-8, 4e-10, "m") == "45.00(40) nm"
    assert text("carrier_density_gate_slope", 4.5e14, 5e11, "1/m^2/V") == "4.5000(50)e14 1/(m^2 V)"

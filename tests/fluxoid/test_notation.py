"""Values with errors, rounded by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxoid.notation import duration, plain_like, with_error


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

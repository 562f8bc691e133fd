import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.drivers.replies import Reply
from instruments.errors import IdentityError, ReplyError


def reply(text: str) -> Reply:
    return Reply("a box at COM1", "VALUE?", text)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1.2345T", "T", 1.2345),
        ("-0.0002V", "V", -0.0002),
        ("174.3112mV", "V", 0.1743112),
        ("12.5uV", "V", 12.5e-6),
        ("3kA", "A", 3000.0),
        ("0.3850T/m", "T/m", 0.385),
        ("5.0000K/m", "K/m", 5.0),
        ("250.0mK/m", "K/m", 0.25),
        ("-4.17234e-007", "", -4.17234e-7),
        ("+1.234560E-03", "", 1.23456e-3),
        (".5", "", 0.5),
        ("26", "", 26.0),
    ],
)
def test_number_with_its_unit(text: str, unit: str, value: float) -> None:
    assert reply(text).number(unit) == value


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("", ""),
        ("N/A", "K"),
        ("1.2345", "T"),  # the unit is missing
        ("1.2345T", ""),
        ("1.2345T", "K"),
        ("1.2345m", "T"),  # a prefix without its unit
        ("1.2345xT", "T"),
        ("1.2345TT", "T"),
        ("0.3850T", "T/m"),
        ("1,5", ""),
        ("1.2.3", ""),
        ("nan", ""),
        ("inf", ""),
        ("1e400", ""),
        ("9.9E37", ""),
        ("+9.91E37", ""),
        ("-9.900000E+37", ""),
        ("1 T", "T"),
        ("#?\x07~", ""),
    ],
)
def test_anything_else_is_an_error_that_names_the_exchange(text: str, unit: str) -> None:
    with pytest.raises(ReplyError) as caught:
        reply(text).number(unit)
    message = str(caught.value)
    assert "a box at COM1" in message
    assert "'VALUE?'" in message
    assert repr(text) in message


@given(st.text(max_size=12))
def test_no_text_becomes_a_wrong_number(text: str) -> None:
    try:
        value = reply(text).number()
    except ReplyError:
        return
    assert math.isfinite(value)
    assert value == float(text)


@given(st.floats(-1e6, 1e6), st.sampled_from(["T", "K/m", "V", "A/T"]))
def test_fixed_point_with_a_unit_is_read_exactly(value: float, unit: str) -> None:
    text = f"{value:.4f}"
    assert reply(text + unit).number(unit) == float(text)


@pytest.mark.parametrize(
    ("text", "overflows"),
    [("9.9E37", True), ("+9.900000E+37", True), ("-9.9e37", True), ("9.91E37", False), ("1", False), ("x", False)],
)
def test_overflow_code(text: str, overflows: bool) -> None:
    assert reply(text).is_overflow() is overflows


def test_numbers_are_exactly_as_many_as_expected() -> None:
    assert reply("-4.17234e-007,-5.9605e-007").numbers(2) == [-4.17234e-7, -5.9605e-7]
    for text in ("1", "1,2,3", "1,", "1;2"):
        with pytest.raises(ReplyError):
            reply(text).numbers(2)


@pytest.mark.parametrize("text", ["27", "-1", "3.0", "", "0x3", "3 3"])
def test_integer_outside_its_range_or_shape(text: str) -> None:
    assert reply("26").integer(0, 26) == 26
    with pytest.raises(ReplyError, match="integer from 0 to 26"):
        reply(text).integer(0, 26)


def test_hexadecimal_register() -> None:
    assert reply("00000100").hexadecimal() == 0x100
    assert reply("0000FfFF").hexadecimal() == 0xFFFF
    for text in ("", "0x100", "123456789", "quench"):
        with pytest.raises(ReplyError, match="hexadecimal"):
            reply(text).hexadecimal()


def test_word_is_exact() -> None:
    assert reply("ON").word("ON", "OFF") == "ON"
    for text in ("on", "ON ", "1", ""):
        with pytest.raises(ReplyError, match="ON or OFF"):
            reply(text).word("ON", "OFF")


def test_identity_and_another_model() -> None:
    answer = reply("KEITHLEY INSTRUMENTS INC.,MODEL 2182A,0734729,C02/A02")
    identity = answer.identity(",", ("2182A", "2182"), "GPIB0::7::INSTR")
    assert (identity.vendor, identity.model) == ("KEITHLEY INSTRUMENTS INC.", "MODEL 2182A")
    assert (identity.serial, identity.firmware) == ("0734729", "C02/A02")
    with pytest.raises(IdentityError, match=r"GPIB0::7::INSTR.*6221.*MODEL 2182A"):
        answer.identity(",", ("6221",), "GPIB0::7::INSTR")
    with pytest.raises(IdentityError):
        reply("hello").identity(",", ("6221",), "GPIB0::7::INSTR")


def test_a_complaint_is_reported_to_the_conversation() -> None:
    complaints = []
    with pytest.raises(ReplyError):
        Reply("a box", "X?", "junk", lambda: complaints.append("junk")).number()
    assert complaints == ["junk"]

import pytest
import pyvisa
from pymeasure.instruments import Instrument
from pyvisa.constants import StatusCode

from instruments.drivers.checked import Checked, fixed, insist
from instruments.errors import CommunicationError, MagnetQuenched, RefusedError, ReplyError
from tests.instruments.drivers.conftest import LOST, TIMEOUT, Exchange


class Box(Checked, Instrument):
    MODELS = ("BOX",)

    def __init__(self, adapter) -> None:
        super().__init__(adapter, "box", includeSCPI=False)


def test_timeout_names_instrument_address_and_command(exchange: Exchange) -> None:
    with (
        exchange(Box, [("VALUE?", TIMEOUT)]) as box,
        pytest.raises(CommunicationError, match=r"Box at GPIB0::8::INSTR did not answer in time.*'VALUE\?'"),
    ):
        box.query("VALUE?")


def test_lost_connection(exchange: Exchange) -> None:
    with exchange(Box, [("VALUE?", LOST)]) as box, pytest.raises(CommunicationError, match="out of reach"):
        box.query("VALUE?")


@pytest.mark.parametrize("fault", [TIMEOUT, LOST, b"\xff\xfe", "junk"])
def test_after_a_fault_the_line_is_cleared_before_the_next_command(exchange: Exchange, fault: object) -> None:
    with exchange(Box, [("VALUE?", fault), ("VALUE?", "1.5"), ("VALUE?", "1.5")]) as box:
        with pytest.raises((CommunicationError, ReplyError)):
            box.query("VALUE?").number()
        assert not box.adapter.connection.clear.called
        assert box.query("VALUE?").number() == 1.5
        assert box.query("VALUE?").number() == 1.5
        assert box.adapter.connection.clear.call_count == 1


def _timed_out() -> pyvisa.errors.VisaIOError:
    return pyvisa.errors.VisaIOError(StatusCode.error_timeout)


def test_without_device_clear_late_replies_are_read_away(exchange: Exchange) -> None:
    with exchange(Box, [("VALUE?", "junk"), ("VALUE?", "1.5")]) as box:
        connection = box.adapter.connection
        connection.timeout = 5000
        connection.clear.side_effect = NotImplementedError
        connection.read_raw.side_effect = [b"late\n", b"later\n", _timed_out()]
        with pytest.raises(ReplyError):
            box.query("VALUE?").number()
        assert box.query("VALUE?").number() == 1.5
        assert connection.read_raw.call_count == 3
        assert connection.timeout == 5000


def test_a_raw_socket_is_never_cleared_and_an_endless_talker_is_not_waited_for(exchange: Exchange) -> None:
    with exchange(Box, [("VALUE?", "junk"), ("VALUE?", "1.5")]) as box:
        box.adapter.resource_name = "TCPIP0::192.168.1.11::7020::SOCKET"
        with pytest.raises(ReplyError):
            box.query("VALUE?").number()
        assert box.query("VALUE?").number() == 1.5
        assert not box.adapter.connection.clear.called
        assert 1 < box.adapter.connection.read_raw.call_count < 100


def test_terminators_around_a_reply_are_not_part_of_it(exchange: Exchange) -> None:
    with exchange(Box, [("VALUE?", " 1.5\r\n")]) as box:
        assert box.query("VALUE?").number() == 1.5


def test_insist_does_everything_and_tries_twice() -> None:
    done: list[str] = []

    def fails(error: Exception) -> None:
        done.append(str(error))
        raise error

    with pytest.raises(RefusedError, match="first") as caught:
        insist(
            lambda: fails(RefusedError("first")),
            lambda: done.append("last"),
            lambda: fails(MagnetQuenched("second")),
        )
    assert done == ["first", "first", "last", "second", "second"]
    assert caught.value.__notes__ == ["second"]


def test_insist_is_content_with_a_second_try() -> None:
    answers = iter([CommunicationError("lost once"), None])

    def action() -> None:
        if (error := next(answers)) is not None:
            raise error

    insist(action)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.5, "1.5"), (-12.0, "-12"), (0.0, "0"), (-1e-9, "0"), (1e-5, "0.00001"), (320.0, "320"), (0.1 + 0.2, "0.3")],
)
def test_fixed_point(value: float, text: str) -> None:
    assert fixed(value) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_number_no_bytes(value: float) -> None:
    with pytest.raises(ValueError, match="cannot be sent"):
        fixed(value)

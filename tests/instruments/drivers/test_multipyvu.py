"""Exchanges with a MultiPyVu server written by hand: every byte that is sent is compared."""

import contextlib
import json
import math
import sys
from collections.abc import Callable
from typing import Any

import pytest
import pyvisa
from pymeasure.adapters import ProtocolAdapter
from pyvisa.constants import ResourceAttribute, StatusCode

from instruments.drivers.multipyvu import MultiPyVu
from instruments.drivers.multipyvu_magnet import MultiPyVuMagnet
from instruments.drivers.multipyvu_temperature import MultiPyVuLoop, MultiPyVuThermometer
from instruments.errors import (
    CommunicationError,
    IdentityError,
    LimitError,
    MagnetQuenched,
    RefusedError,
    ReplyError,
)
from instruments.limits import MagnetLimits, RampSegment, TemperatureLimits
from instruments.roles import MagnetState, ReadingFlag
from tests.instruments.drivers.conftest import Exchange

FIELD_LIMITS = MagnetLimits(9.0, (RampSegment(7.0, 1.2), RampSegment(9.0, 0.6)))
TEMPERATURE_LIMITS = TemperatureLimits(1.9, 400.0, 20.0)
Pair = tuple[bytes, bytes | None]
CONNECTED = "Connected to PPMS MultiVuServer at ('10.0.0.2', 27183)"


def framed(body: dict[str, Any]) -> bytes:
    text = json.dumps(body)
    header = (
        f'{{"byteorder": "{sys.byteorder}", "message-type": "text/json", "message-encoding": "utf-8",'
        f' "message-length": {len(text)}}}'
    )
    return bytes((0, len(header))) + header.encode() + text.encode()


class Server:
    """Pairs of what is sent and what comes back; questions are numbered as the driver numbers them."""

    def __init__(self) -> None:
        self.number = 0
        self.pairs: list[Pair] = []

    def ask(self, action: str, result: str, query: str = "") -> "Server":
        self.number += 1
        request = {"id": str(self.number), "action": action, "query": query, "result": ""}
        if action == "START":
            answer = {**request, "query": "3.8.0;mv=2.1;t", "result": result}
        else:
            answer = {**request, "result": result}
        heard = framed({**request, "message_type": "confirmed"})
        self.pairs += [
            (framed(request), heard + framed({**answer, "message_type": "completed"})),
            (framed({**answer, "message_type": "confirmed"}), None),
        ]
        return self

    def set_field(self, query: str) -> "Server":
        return self.ask("FIELD", "FIELD Command Received", query)

    def field(self, reply: str) -> "Server":
        return self.ask("FIELD?", reply)


@pytest.fixture
def play(exchange: Exchange) -> Any:
    def run(server: Server, action: Callable[[Any], Any]) -> Any:
        with exchange(MultiPyVu, server.pairs) as multivu:
            return action(multivu)

    return run


def magnet(multivu: Any) -> MultiPyVuMagnet:
    return MultiPyVuMagnet(multivu, limits=FIELD_LIMITS)


def loop(multivu: Any) -> MultiPyVuLoop:
    return MultiPyVuLoop(multivu, limits=TEMPERATURE_LIMITS)


class TestConnection:
    def test_starts_once_and_then_asks_whether_the_server_is_alive(self, play: Any) -> None:
        def twice(multivu: Any) -> None:
            first = multivu.identify()
            assert (first.vendor, first.model, first.firmware) == ("Quantum Design", "PPMS", "MultiPyVu 3.8.0")
            assert multivu.identify() == first

        play(Server().ask("START", CONNECTED).ask("ALIVE", CONNECTED), twice)

    def test_another_client_is_there_already(self, play: Any) -> None:
        refusal = "Connection attempt rejected from ('10.0.0.3', 54392): another client is connected."
        with pytest.raises(CommunicationError, match=r"another client is connected.*one client at a time"):
            play(Server().ask("START", refusal), lambda multivu: multivu.identify())

    def test_another_instrument(self, play: Any) -> None:
        with pytest.raises(IdentityError, match=r"PPMS or DYNACOOL or VERSALAB.*'MPMS3'"):
            play(Server().ask("START", CONNECTED.replace("PPMS", "MPMS3")), lambda multivu: multivu.identify())

    def test_an_error_in_the_servers_words(self, play: Any) -> None:
        words = "MultiPyVuError: Error when calling GetField()"
        with pytest.raises(RefusedError, match=r"Error when calling GetField\(\)"):
            play(Server().field(words), lambda multivu: magnet(multivu).read_field())

    def test_an_action_that_the_server_does_not_have(self, play: Any) -> None:
        words = "The command 'FIELD?' has not been implemented."
        with pytest.raises(RefusedError, match="has not been implemented"):
            play(Server().field(words), lambda multivu: magnet(multivu).read_field())

    @pytest.mark.parametrize("answer", [b"#?", b"\x00\x05hello", framed({"a": 1})[:-1] + b"]"])
    def test_bytes_that_are_no_frame(self, exchange: Exchange, answer: bytes) -> None:
        request = framed({"id": "1", "action": "FIELD?", "query": "", "result": ""})
        with exchange(MultiPyVu, [(request, answer)]) as multivu, pytest.raises(ReplyError, match=r"FIELD\?"):
            multivu.ask("FIELD?")

    def test_small_writes_are_not_hurried(self, play: Any) -> None:
        """A request that comes together with our confirmation is lost on the server."""
        connection = play(Server(), lambda multivu: multivu.adapter.connection)
        connection.set_visa_attribute.assert_called_once_with(ResourceAttribute.tcpip_nodelay, False)

    def test_nothing_is_set_where_small_writes_wait_anyway(self) -> None:
        adapter = ProtocolAdapter([])
        adapter.connection.get_visa_attribute.return_value = False
        MultiPyVu(adapter)
        adapter.connection.set_visa_attribute.assert_not_called()

    @pytest.mark.parametrize(
        ("code", "raised"),
        [(StatusCode.error_nonsupported_attribute, False), (StatusCode.error_connection_lost, True)],
    )
    def test_a_library_that_cannot_be_told_so_is_taken_as_it_is(self, code: StatusCode, raised: bool) -> None:
        adapter = ProtocolAdapter([])
        adapter.connection.set_visa_attribute.side_effect = pyvisa.errors.VisaIOError(code)
        with pytest.raises(CommunicationError) if raised else contextlib.nullcontext():
            MultiPyVu(adapter)


class TestMagnet:
    @pytest.mark.parametrize(("reply", "field_T"), [("12345.0,Oe,Ramping", 1.2345), ("-1e-05,Oe,Stable", -1e-9)])
    def test_oersted_become_tesla(self, play: Any, reply: str, field_T: float) -> None:
        read = play(Server().field(reply), lambda multivu: magnet(multivu).read_field())
        assert read == pytest.approx(field_T, rel=1e-12)

    @pytest.mark.parametrize(
        "reply", ["1.0,T,Stable", "nan,Oe,Stable", "1.0,Oe", "", "1.0,Oe,Happy", "x,Oe,Stable"]
    )
    def test_a_reply_that_is_no_field(self, play: Any, reply: str) -> None:
        with pytest.raises(ReplyError):
            play(Server().field(reply), lambda multivu: magnet(multivu).status())

    @pytest.mark.parametrize(
        ("word", "state"),
        [
            ("Stable", MagnetState.HOLDING),
            ("Holding (driven)", MagnetState.HOLDING),
            ("Switch Warming", MagnetState.HEATING_SWITCH),
            ("Switch Cooling", MagnetState.COOLING_SWITCH),
            ("Iterate", MagnetState.RAMPING),
            ("Ramping", MagnetState.RAMPING),
            ("Quenching", MagnetState.QUENCHED),
            ("Magnet QUENCH detected", MagnetState.QUENCHED),
            ("Current Error", MagnetState.FAULT),
            ("General Failure", MagnetState.FAULT),
            ("Resetting", MagnetState.FAULT),
            ("Unknown", MagnetState.FAULT),
        ],
    )
    def test_states(self, play: Any, word: str, state: MagnetState) -> None:
        status = play(Server().field(f"0.0,Oe,{word}"), lambda multivu: magnet(multivu).status())
        assert (status.state, status.detail) == (state, word)

    def test_a_ramp(self, play: Any) -> None:
        """0.6 T/min = 6000 Oe / 60 s = 100 Oe/s; linear, driven."""
        server = Server().field("500.0,Oe,Stable").set_field("-25000,100,0,1")
        server.ask("FIELD_SETPOINTS?", "(-25000.0, 100.0, 0, 1),Oe,Call was successful")
        play(server, lambda multivu: magnet(multivu).start_ramp(-2.5, 0.6))

    def test_an_unconfirmed_set_point_is_believed_when_it_is_read_back(self, play: Any) -> None:
        server = Server().field("0.0,Oe,Stable")
        server.ask("FIELD", "FIELD Command Received,SET_POINT_UNCONFIRMED", "10000,100,0,1")
        server.ask("FIELD_SETPOINTS?", "(10000.0, 100.0, 0, 1),Oe,Call was successful")
        play(server, lambda multivu: magnet(multivu).start_ramp(1.0, 0.6))

    @pytest.mark.parametrize("taken", ["(10000.0, 10.5, 0, 1)", "(9000.0, 5.0, 0, 1)"])
    def test_a_ramp_that_was_not_taken_as_asked_is_held(self, play: Any, taken: str) -> None:
        """0.03 T/min = 5 Oe/s."""
        server = Server().field("0.0,Oe,Stable").set_field("10000,5,0,1")
        server.ask("FIELD_SETPOINTS?", f"{taken},Oe,Call was successful")
        server.field("2.0,Oe,Ramping").set_field("2,200,0,1")
        with pytest.raises(RefusedError, match=r"asked for 1 T at 0.03 T/min, read back.*told to hold"):
            play(server, lambda multivu: magnet(multivu).start_ramp(1.0, 0.03))

    @pytest.mark.parametrize(
        ("target_T", "rate"), [(9.1, 0.1), (1e5, 0.1), (math.nan, 0.1), (1.0, 0.0), (1.0, -1.0), (1.0, math.nan)]
    )
    def test_limits_refuse_before_a_byte_is_sent(self, play: Any, target_T: float, rate: float) -> None:
        with pytest.raises(LimitError, match="nothing was sent"):
            play(Server(), lambda multivu: magnet(multivu).start_ramp(target_T, rate))

    @pytest.mark.parametrize(
        ("reply", "error", "words"),
        [
            ("0.0,Oe,Quenching", MagnetQuenched, "nothing was set"),
            ("0.0,Oe,PSU Error", RefusedError, "'PSU Error'; nothing was set"),
            ("75000.0,Oe,Stable", LimitError, "T/min"),
        ],
    )
    def test_nothing_is_set_when_the_magnet_cannot(
        self, play: Any, reply: str, error: type[Exception], words: str
    ) -> None:
        with pytest.raises(error, match=words):
            play(Server().field(reply), lambda multivu: magnet(multivu).start_ramp(0.0, 1.0))

    def test_hold_sets_the_present_field_at_the_rate_allowed_there(self, play: Any) -> None:
        """Above 7 T 0.6 T/min, which are 100 Oe/s."""
        server = Server().field("80000.5,Oe,Ramping").set_field("80000.5,100,0,1")
        play(server, lambda multivu: magnet(multivu).hold())

    def test_hold_leaves_a_quench_alone(self, play: Any) -> None:
        play(Server().field("80000.5,Oe,Quenching"), lambda multivu: magnet(multivu).hold())

    def test_safe_state_leaves_a_magnet_alone_that_stands_and_was_never_set(self, play: Any) -> None:
        play(Server().field("10000.4,Oe,Stable"), lambda multivu: magnet(multivu).make_safe())

    def test_safe_state_stops_what_somebody_else_started(self, play: Any) -> None:
        server = Server().field("10000,Oe,Ramping").field("10010,Oe,Ramping").set_field("10010,200,0,1")
        play(server, lambda multivu: magnet(multivu).make_safe())

    def after_a_set(self, play: Any, set_point: str, server: Callable[[Server], Server]) -> None:
        def run(multivu: Any) -> None:
            ppms = magnet(multivu)
            ppms.hold()
            ppms.make_safe()

        started = Server().field("10000,Oe,Stable").set_field("10000,200,0,1").field("10000.4,Oe,Stable")
        play(server(started.ask("FIELD_SETPOINTS?", set_point)), run)

    def test_safe_state_leaves_a_magnet_at_its_set_point_alone(self, play: Any) -> None:
        set_point = "(10000.0, 100.0, 0, 1),Oe,Call was successful"
        self.after_a_set(play, set_point, lambda server: server)

    @pytest.mark.parametrize("set_point", ["(20000.0, 100.0, 0, 1),Oe,Call was successful", "(nan, 1.0, 0, 1),Oe,"])
    def test_safe_state_does_not_believe_a_state_that_may_be_old(self, play: Any, set_point: str) -> None:
        self.after_a_set(play, set_point, lambda server: server.field("10001,Oe,Stable").set_field("10001,200,0,1"))


class TestTemperature:
    def set_(self, server: Server, query: str, set_point: str) -> Server:
        server.ask("TEMP", "TEMP Command Received", query)
        return server.ask("TEMP_SETPOINTS?", f"{set_point},K,Call was successful")

    def test_a_ramp_goes_without_overshoot(self, play: Any) -> None:
        server = self.set_(Server(), "4.2,2.5,1", "(4.2, 2.5, 1)")
        play(server, lambda multivu: loop(multivu).start_ramp(4.2, 2.5))

    def test_as_fast_as_it_can_is_as_fast_as_is_allowed(self, play: Any) -> None:
        server = self.set_(Server(), "300,20,0", "(300.0, 20.0, 0)")
        play(server, lambda multivu: loop(multivu).set_temperature(300.0))

    def test_a_set_point_that_was_not_taken(self, play: Any) -> None:
        server = self.set_(Server(), "4.2,2.5,1", "(300.0, 2.5, 1)")
        with pytest.raises(RefusedError, match="read back 300 K"):
            play(server, lambda multivu: loop(multivu).start_ramp(4.2, 2.5))

    @pytest.mark.parametrize(
        ("target_K", "rate"), [(1.8, 1.0), (401.0, 1.0), (math.nan, 1.0), (10.0, 21.0), (10.0, 0.009), (10.0, 0.0)]
    )
    def test_limits_refuse_before_a_byte_is_sent(self, play: Any, target_K: float, rate: float) -> None:
        with pytest.raises(LimitError, match="nothing was sent"):
            play(Server(), lambda multivu: loop(multivu).start_ramp(target_K, rate))

    @pytest.mark.parametrize(
        ("word", "on"),
        [("Stable", True), ("Near", True), ("Pot Operation", True), ("Standby", False), ("General Failure", False)],
    )
    def test_the_loop_is_on_when_multivu_controls(self, play: Any, word: str, on: bool) -> None:
        assert play(Server().ask("TEMP?", f"4.2,K,{word}"), lambda multivu: loop(multivu).loop_is_on()) is on

    def test_the_heater_is_not_told(self, play: Any) -> None:
        assert math.isnan(play(Server(), lambda multivu: loop(multivu).read_heater()))

    def test_hold_and_a_reading_that_cannot_be_one(self, play: Any) -> None:
        server = Server().ask("TEMP?", "55.5,K,Tracking").ask("TEMP", "TEMP Command Received", "55.5,20,0")
        play(server, lambda multivu: loop(multivu).hold())
        with pytest.raises(LimitError, match="nothing was set"):
            play(Server().ask("TEMP?", "-1.0,K,Tracking"), lambda multivu: loop(multivu).hold())

    def test_safe_state_stops_a_ramp_and_leaves_rest_alone(self, play: Any) -> None:
        server = Server().ask("TEMP?", "10.02,K,Stable")
        server.ask("TEMP_SETPOINTS?", "(10.0, 20.0, 0),K,Call was successful")
        play(server, lambda multivu: loop(multivu).make_safe())
        server = Server().ask("TEMP?", "100.0,K,Tracking")
        server.ask("TEMP_SETPOINTS?", "(300.0, 20.0, 0),K,Call was successful")
        server.ask("TEMP?", "100.5,K,Tracking").ask("TEMP", "TEMP Command Received", "100.5,20,0")
        play(server, lambda multivu: loop(multivu).make_safe())

    @pytest.mark.parametrize(("reply", "flag"), [("4.2", ReadingFlag.GOOD), ("401", ReadingFlag.OUT_OF_LIMITS)])
    def test_a_reading_is_flagged(self, play: Any, reply: str, flag: ReadingFlag) -> None:
        server = Server().ask("TEMP?", f"{reply},K,Stable")
        reading = play(
            server, lambda multivu: MultiPyVuThermometer(multivu, limits=TEMPERATURE_LIMITS).read_temperature()
        )
        assert (reading.value, reading.flags) == (float(reply), flag)

"""The simulated PPMS on its wire: frames, the good manners of an exchange, and bytes handed over as they come."""

import json

import pytest

from instruments.simulation.devices.multipyvu import MultiPyVuServer, encode, first_frame
from instruments.simulation.rack import RackInstrument, build_rack
from instruments.simulation.visa import open_resource_manager
from instruments.simulation.wire import Farewell, Sent

ADDRESS = "TCPIP0::192.168.1.20::27183::SOCKET"
#: A request of Quantum Design's own client, and what their simulated server confirmed and completed.
REQUEST = (
    b'\x00g{"byteorder": "little", "message-type": "text/json", "message-encoding": "utf-8", "message-length": 58}'
    b'{"id": "4", "action": "FIELD?", "query": "", "result": ""}'
)
CONFIRMED = (
    b'\x00g{"byteorder": "little", "message-type": "text/json", "message-encoding": "utf-8", "message-length": 87}'
    b'{"id": "4", "action": "FIELD?", "query": "", "result": "", "message_type": "confirmed"}'
)
COMPLETED = (
    b'\x00h{"byteorder": "little", "message-type": "text/json", "message-encoding": "utf-8", "message-length": 100}'
    b'{"id": "4", "action": "FIELD?", "query": "", "result": "0.0,Oe,Stable", "message_type": "completed"}'
)


class Ppms:
    def __init__(self, make_bench):
        bench = make_bench()
        self.clock, self.cryostat = bench.clock, bench.cryostat
        self.cryostat.magnet.switch_open = True
        self.cryostat.magnet.heater_on, self.cryostat.magnet.switch_warmth = True, 1.0
        self.server = MultiPyVuServer(self.cryostat)
        self.number = 0

    def send(self, **body):
        return frames(self.server.respond(encode(body)))

    def ask(self, action, query=""):
        """The result, confirmed; None when there is none."""
        self.number += 1
        answers = self.send(id=str(self.number), action=action, query=query, result="")
        assert answers[0]["message_type"] == "confirmed"
        if len(answers) == 1:
            return None
        assert self.send(**{**answers[1], "message_type": "confirmed"}) == []
        return answers[1]["result"]


def frames(data):
    found = []
    while data:
        message = first_frame(data)
        found.append(message)
        length = 2 + int.from_bytes(data[:2], "big")
        data = data[length + json.loads(data[2:length])["message-length"] :]
    return found


@pytest.fixture
def ppms(make_bench):
    return Ppms(make_bench)


def test_answers_byte_for_byte_what_the_real_server_answers(ppms):
    assert ppms.server.respond(REQUEST) == CONFIRMED + COMPLETED


def test_a_frame_may_come_in_pieces(ppms):
    for piece in (REQUEST[:1], REQUEST[1:50], REQUEST[50:-1]):
        assert ppms.server.respond(piece) is None
    assert ppms.server.respond(REQUEST[-1:]) == CONFIRMED + COMPLETED


def test_until_it_is_confirmed_an_answer_is_repeated_and_nothing_else_heard(ppms):
    ppms.server.respond(REQUEST)
    other = {"id": "5", "action": "TEMP?", "query": "", "result": ""}
    assert [answer["id"] for answer in ppms.send(**other)] == ["4"]
    assert ppms.send(id="4", action="FIELD?", message_type="confirmed") == []
    assert [answer["action"] for answer in ppms.send(**other)] == ["TEMP?", "TEMP?"]


def test_what_comes_in_one_piece_with_a_confirmation_is_lost(ppms):
    ppms.server.respond(REQUEST)
    confirmation = encode({"id": "4", "action": "FIELD?", "message_type": "confirmed"})
    assert ppms.server.respond(confirmation + REQUEST) is None
    assert ppms.server.respond(REQUEST) == CONFIRMED + COMPLETED


def test_start_tells_version_and_flavour(ppms):
    answers = ppms.send(id="1", action="START", query="", result="")
    assert answers[1]["query"].startswith("3.8.0;")
    assert answers[1]["result"].startswith("Connected to PPMS MultiVuServer at ")


@pytest.mark.parametrize("action", ["NONSENSE", "FIELD one", "TEMP? 3", ""])
def test_what_it_does_not_know_is_heard_and_never_answered(ppms, action):
    assert ppms.ask(action) is None


@pytest.mark.parametrize("action", ["FIELD", "TEMP"])
def test_the_wrong_count_of_numbers_is_an_error_in_words(ppms, action):
    assert ppms.ask(action, "1,2").startswith("MultiPyVuError: ")


def test_a_field_is_set_in_oersted_and_oersted_per_second(ppms):
    """100 Oe/s are 0.01 T/s."""
    assert ppms.ask("FIELD_SETPOINTS?") == "MultiPyVuError: No field set point has been established"
    assert ppms.ask("FIELD", "10000.0,100.0,0,1") == "FIELD Command Received"
    assert ppms.ask("FIELD_SETPOINTS?") == "(10000.0, 100.0, 0, 1),Oe,Call was successful"
    ppms.clock.sleep(50.0)
    value, unit, state = ppms.ask("FIELD?").split(",")
    assert (float(value), unit, state) == (pytest.approx(5000.0), "Oe", "Ramping")
    ppms.clock.sleep(51.0)
    value, _, state = ppms.ask("FIELD?").split(",")
    assert (float(value), state) == (pytest.approx(10000.0), "Holding (driven)")


def test_any_number_is_taken_for_a_field(ppms):
    assert ppms.ask("FIELD", "1e9,100,0,1") == "FIELD Command Received"


def test_a_quench_is_a_word(ppms):
    ppms.cryostat.magnet.quench("a test")
    assert ppms.ask("FIELD?").endswith(",Oe,Quenching")


def test_a_temperature_is_always_controlled(ppms):
    assert ppms.ask("TEMP?") == "300.0,K,Stable"
    assert ppms.ask("TEMP", "290.0,20.0,0") == "TEMP Command Received"
    assert ppms.ask("TEMP_SETPOINTS?") == "(290.0, 20.0, 0),K,Call was successful"
    ppms.clock.sleep(15.0)
    value, _, state = ppms.ask("TEMP?").split(",")
    assert state == "Tracking"
    assert 290.0 < float(value) < 300.0
    ppms.clock.sleep(600.0)
    value, _, state = ppms.ask("TEMP?").split(",")
    assert (float(value), state) == (pytest.approx(290.0, abs=0.05), "Stable")


def test_bytes_reach_it_as_they_are_sent_line_feeds_included(ppms):
    rack = build_rack(ppms.clock, ppms.cryostat, [RackInstrument("multipyvu", ADDRESS)])
    line = open_resource_manager(rack).open_resource(ADDRESS, read_termination=None)
    spread = json.dumps({"id": "4", "action": "FIELD?", "query": "", "result": ""}, indent=1).encode()
    header = b'{"message-encoding": "utf-8", "message-length": %d}' % len(spread)
    line.write_raw(bytes((0, len(header))) + header + spread)
    assert line.read_bytes(len(CONFIRMED + COMPLETED)) == CONFIRMED + COMPLETED


@pytest.mark.parametrize(
    "data", [b"\x00\x02[]", b"\x00\x02{}", b"\x00\x03abc", b'\x00\x14{"message-length": 2}[]', b"\x00\x02\xff\xfe"]
)
def test_what_is_no_frame_is_forgotten_without_an_answer(bench, data):
    server = MultiPyVuServer(bench.cryostat)
    assert server.respond(data) is None
    answer = server.respond(encode({"id": "1", "action": "TEMP?", "query": "", "result": ""}))
    assert answer is not None
    assert b"completed" in answer


class Connection:
    """One of several connections to the server."""

    def __init__(self, server, number):
        self.server, self.number = server, number

    def ask(self, action):
        """The result, and whether the server closes the connection when it is confirmed."""
        request = {"id": "7", "action": action, "query": "", "result": ""}
        answer = self.server.respond(Sent(encode(request), self.number))
        if isinstance(answer, Farewell):
            return None, True
        completed = frames(answer)[1]
        confirmation = encode({**completed, "message_type": "confirmed"})
        return completed["result"], isinstance(self.server.respond(Sent(confirmation, self.number)), Farewell)

    def leave(self):
        assert self.server.respond(Sent(b"", self.number)) is None


@pytest.fixture
def connections(bench):
    server = MultiPyVuServer(bench.cryostat)
    return [Connection(server, number) for number in (1, 2, 3)]


def test_a_second_client_is_rejected_and_its_connection_closed(connections):
    """The words of MultiPyVu 3.8."""
    first, second, third = connections
    assert first.ask("START")[0].startswith("Connected to PPMS MultiVuServer at ")
    result, closed = second.ask("START")
    assert result == "Connection attempt rejected from ('127.0.0.1', 49154): another client is connected."
    assert closed
    assert third.ask("FIELD?") == ("0.0,Oe,Stable", False)  # who does not say START may ask
    assert first.ask("TEMP?")[1] is False


@pytest.mark.parametrize("good_bye", [lambda client: client.ask("CLOSE"), Connection.leave])
def test_when_the_client_leaves_there_may_be_another(connections, good_bye):
    first, second, _ = connections
    first.ask("START")
    good_bye(first)
    assert second.ask("START")[0].startswith("Connected")


def test_close_ends_the_clients_connection_whoever_says_so(connections):
    first, second, _ = connections
    first.ask("START")
    assert second.ask("CLOSE") == ("Client ('127.0.0.1', 49154) disconnected.", False)
    assert first.ask("FIELD?") == (None, True)
    assert second.ask("STATUS") == ("idle", True)


@pytest.mark.parametrize("action", ["ALIVE", "STATUS"])
def test_asking_whether_it_is_alive_closes_all_but_the_client(connections, action):
    first, second, third = connections
    first.ask("START")
    third.ask("FIELD?")
    assert second.ask(action)[1] is True
    assert third.ask("FIELD?") == (None, True)
    assert first.ask(action)[1] is False
    assert first.ask("STATUS") == ("connected", False)


def test_half_an_exchange_of_one_connection_is_nothing_to_another(connections):
    first, second, _ = connections
    first.server.respond(Sent(REQUEST[:50], 1))
    assert second.ask("FIELD?") == ("0.0,Oe,Stable", False)
    assert first.server.respond(Sent(REQUEST[50:], 1)) == CONFIRMED + COMPLETED

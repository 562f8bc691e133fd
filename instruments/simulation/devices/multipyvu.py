"""A Quantum Design PPMS behind MultiPyVu's socket server: one field, one temperature, both always controlled.

Source: MultiPyVu 3.8 and the answers of its simulated server. A request is confirmed and completed, and its
completion has to be confirmed; until then the completion is repeated, and nothing else is heard. Of what arrives in
one piece only the first frame is heard. An unknown action is confirmed and never completed. Any set point is taken.
Who says START first is its client until it says CLOSE or leaves; a second START is rejected in words, and the
connection closed. Other connections may ask nevertheless, until somebody asks whether the server is ALIVE. Not
simulated: that the server fails when a completion is never confirmed.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from instruments.simulation.cryostat import Cryostat
from instruments.simulation.magnet import MagnetAction
from instruments.simulation.wire import Farewell, Refusal, Sent, WireInstrument

_HEADER_LENGTH_BYTES = 2
_REPEATS = 3
_OE_PER_T = 1e4
_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_COMMAND = re.compile(rf"(FIELD|TEMP) ({_NUMBER}(?:,{_NUMBER})*)")
_FIRST_PORT = 49152
_SETTLED = 0.005
_NEAR = 0.02

Body = dict[str, Any]


def encode(body: Mapping[str, Any]) -> bytes:
    """A frame: header length, header, body."""
    text = json.dumps(body).encode("utf-8")
    head = {"byteorder": "little", "message-type": "text/json", "message-encoding": "utf-8"}
    header = json.dumps({**head, "message-length": len(text)}).encode("utf-8")
    return len(header).to_bytes(_HEADER_LENGTH_BYTES, "big") + header + text


def first_frame(data: bytes) -> Body | None:
    """The body of the frame that the data begin with; None when there is no whole one.

    Raises:
        ValueError, LookupError, TypeError, AttributeError: what came is no frame.
    """
    if len(data) < _HEADER_LENGTH_BYTES:
        return None
    start = _HEADER_LENGTH_BYTES + int.from_bytes(data[:_HEADER_LENGTH_BYTES], "big")
    if len(data) < start:
        return None
    end = start + int(json.loads(data[_HEADER_LENGTH_BYTES:start])["message-length"])
    if len(data) < end:
        return None
    body: Body = json.loads(data[start:end])
    if not isinstance(body.get("action"), str) or "id" not in body:
        raise ValueError("a message without action or id")
    return body


@dataclass(slots=True)
class _Conversation:
    """What is under way in a connection; it ``ends`` when the present completion is confirmed."""

    buffer: bytes = b""
    unconfirmed: Body | None = None
    repeats: int = 0
    ends: bool = False


class MultiPyVuServer(WireInstrument):
    """The server over the cryostat's magnet and insert. ``identity`` is the flavour of MultiVu, such as PPMS."""

    takes_bytes: ClassVar[bool] = True

    def __init__(self, cryostat: Cryostat, *, identity: str = "PPMS", version: str = "3.8.0") -> None:
        super().__init__(identity)
        self._cryostat = cryostat
        self._magnet, self._thermal = cryostat.magnet, cryostat.thermal
        self._version = version
        self._conversations: dict[int, _Conversation] = {}
        self._client: int | None = None
        self._closed: set[int] = set()
        self._driven = False
        self._field_set: tuple[float, ...] = ()
        self._temperature_set: tuple[float, ...] = (self._thermal.setpoint_K, 1.0, 0)
        self._thermal.set_loop(True)
        self._results: Mapping[str, Callable[[], str]] = {
            "FIELD?": self._field,
            "TEMP?": self._temperature,
            "FIELD_SETPOINTS?": self._field_set_points,
            "TEMP_SETPOINTS?": lambda: f"{_tuple(self._temperature_set)},K,Call was successful",
        }
        self._manners: Mapping[str, Callable[[int], str]] = {
            "START": self._start,
            "ALIVE": self._tell_alive,
            "STATUS": self._tell_status,
            "CLOSE": self._close,
        }

    def commands(self) -> tuple[str, ...]:
        """The actions."""
        return (*self._results, *self._manners, "FIELD", "TEMP")

    def clear(self) -> None:
        """Forget half-done exchanges."""
        for conversation in self._conversations.values():
            conversation.buffer, conversation.unconfirmed = b"", None

    def _answer_bytes(self, line: bytes) -> bytes | None:
        number = line.connection if isinstance(line, Sent) else 0
        if not line:
            self._leave(number)
            return None
        if number in self._closed:
            return Farewell()
        conversation = self._conversations.setdefault(number, _Conversation())
        conversation.buffer += line
        try:
            message = first_frame(conversation.buffer)
        except (ValueError, LookupError, TypeError, AttributeError):  # the sender's fault: nothing is understood
            conversation.buffer = b""
            return None
        if message is None:
            return None
        conversation.buffer = b""  # what came in the same piece is lost
        if conversation.unconfirmed is not None:
            return self._take_confirmation(number, message, conversation.unconfirmed)
        return self._take_request(number, message)

    def _take_request(self, number: int, message: Body) -> bytes:
        confirmed = encode({**message, "message_type": "confirmed"})
        try:
            result = self._result(number, message)
        except Refusal as refusal:
            result = f"MultiPyVuError: {refusal.words}"
        if result is None:
            return confirmed
        completed = {**message, "result": result, "message_type": "completed"}
        action = message["action"]
        if action in self._manners:
            completed["query"] = action
        if action == "START":
            completed["query"] = f"{self._version};mv=sim;s;t" if number == self._client else message["query"]
        conversation = self._conversations[number]
        conversation.unconfirmed, conversation.repeats = completed, 0
        return confirmed + encode(completed)

    def _result(self, number: int, message: Body) -> str | None:
        if message["action"] in self._manners:
            return self._manners[message["action"]](number)
        return self._answer(f"{message['action']} {message.get('query')}".strip())

    def _take_confirmation(self, number: int, message: Body, completed: Body) -> bytes | None:
        conversation = self._conversations[number]
        if message.get("message_type") == "confirmed" and message.get("id") == completed["id"]:
            conversation.unconfirmed = None
            if conversation.ends:
                self._leave(number)
                return Farewell()
            return None
        conversation.repeats += 1
        if conversation.repeats >= _REPEATS:
            conversation.unconfirmed = None
            return None
        return encode(completed)

    # connections

    def _leave(self, number: int) -> None:
        self._conversations.pop(number, None)
        self._closed.discard(number)
        if self._client == number:
            self._client = None

    def _start(self, number: int) -> str:
        if self._client is None:
            self._client = number
            return self._welcome(number)
        self._conversations[number].ends = True
        return f"Connection attempt rejected from {_address(number)}: another client is connected."

    def _tell_alive(self, number: int) -> str:
        self._close_others(number)
        return self._welcome(number)

    def _tell_status(self, number: int) -> str:
        self._close_others(number)
        return "idle" if self._client is None else "connected"

    def _close_others(self, number: int) -> None:
        """Close the connections of all but the client, when they are heard of next."""
        others = set(self._conversations) - {self._client}
        self._closed |= others - {number}
        if number in others:
            self._conversations[number].ends = True

    def _close(self, number: int) -> str:
        """The client's connection is closed, whoever says so."""
        if self._client is not None:
            self._conversations[self._client].ends = True
            self._closed |= {self._client} - {number}
            self._client = None
        return f"Client {_address(number)} disconnected."

    def _welcome(self, number: int) -> str:
        return f"Connected to {self.identity} MultiVuServer at {_address(number)}"

    def _answer(self, line: str) -> str | None:
        self._cryostat.advance()
        if line in self._results:
            return self._results[line]()
        match = _COMMAND.fullmatch(line)
        if match is None:
            return None
        if self._takes_denial():
            raise Refusal(0, f"Error when setting the {line}: error = 2", 0)
        action, numbers = match.group(1), tuple(float(text) for text in match.group(2).split(","))
        wanted = 4 if action == "FIELD" else 3
        if len(numbers) != wanted:
            raise Refusal(0, f"Error when setting the {line}: {wanted} numeric inputs are needed", 0)
        if action == "FIELD":
            self._set_field(*numbers)
        else:
            self._set_temperature(*numbers)
        return f"{action} Command Received"

    def _field(self) -> str:
        return f"{self._cryostat.read_field_T() * _OE_PER_T},Oe,{self._field_state()}"

    def _field_state(self) -> str:
        if self._magnet.quenched:
            return "Quenching"
        if self._magnet.sweeping:
            return "Ramping"
        return "Holding (driven)" if self._driven else "Stable"

    def _field_set_points(self) -> str:
        if not self._field_set:
            raise Refusal(0, "No field set point has been established", 0)
        return f"{_tuple(self._field_set)},Oe,Call was successful"

    def _set_field(self, field_Oe: float, rate_Oe_per_s: float, approach: float, driven: float) -> None:
        self._field_set = (field_Oe, rate_Oe_per_s, int(approach), int(driven))
        self._driven = driven == 1
        self._magnet.set_target_field(field_Oe / _OE_PER_T)
        self._magnet.set_field_rate(60.0 * rate_Oe_per_s / _OE_PER_T)
        self._magnet.set_action(MagnetAction.TO_SETPOINT)

    def _temperature(self) -> str:
        reading_K = self._cryostat.read_thermometer("sample")
        return f"{reading_K},K,{self._temperature_state(reading_K)}"

    def _temperature_state(self, reading_K: float) -> str:
        if not self._thermal.loop_on:
            return "Standby"
        if self._thermal.ramping:
            return "Tracking"
        deviation = abs(reading_K / self._thermal.setpoint_K - 1)
        return "Stable" if deviation < _SETTLED else "Near" if deviation < _NEAR else "Chasing"

    def _set_temperature(self, target_K: float, rate_K_per_min: float, approach: float) -> None:
        self._temperature_set = (target_K, rate_K_per_min, int(approach))
        self._thermal.set_ramp(rate_K_per_min, enabled=True)
        self._thermal.set_setpoint(target_K)
        self._thermal.set_loop(True)


def _address(connection: int) -> tuple[str, int]:
    """Where a connection comes from, as the server sees it."""
    return "127.0.0.1", _FIRST_PORT + connection


def _tuple(numbers: tuple[float, ...]) -> str:
    return "(" + ", ".join(str(number) for number in numbers) + ")"

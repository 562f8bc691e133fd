"""The connection to a Quantum Design PPMS through MultiPyVu, shared by the roles that the PPMS plays.

The server runs beside MultiVu on the PPMS's own computer and hears one client at a time. It takes any number for
a set point; limits are kept here, before anything is sent. Source: MultiPyVu 3.8.
"""

import itertools
import re
from collections.abc import Mapping
from typing import Any, ClassVar

import pyvisa
from pymeasure.adapters import Adapter
from pymeasure.instruments import Instrument as PymeasureInstrument
from pyvisa.constants import ResourceAttribute, StatusCode

from instruments.drivers.checked import Checked, fixed
from instruments.drivers.multipyvu_protocol import Exchange, FrameReader, Message, NotAFrame
from instruments.drivers.replies import Reply
from instruments.errors import CommunicationError, IdentityError, InstrumentError, RefusedError, ReplyError
from instruments.roles import Identity

CONNECTION: Mapping[str, Any] = {"read_termination": None, "timeout": 5000}
_CONNECTED = re.compile(r"Connected to (\w+) MultiVuServer\b.*", re.DOTALL)
_SET_POINTS = re.compile(r"\(([^()]*)\),(\w+),.*")
_ATTEMPTS = 2
_NOT_TO_BE_SET = (
    StatusCode.error_nonsupported_attribute,
    StatusCode.error_nonsupported_attribute_state,
    StatusCode.error_attribute_read_only,
)
_UNCONFIRMED = "SET_POINT_UNCONFIRMED"


class MultiPyVu(Checked, PymeasureInstrument):
    """A MultiPyVu server: questions and settings, one after the other.

    Args:
        adapter: an open pymeasure adapter, or a VISA address.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("PPMS", "DYNACOOL", "VERSALAB")

    def __init__(self, adapter: Adapter | str) -> None:
        connection = dict(CONNECTION) if isinstance(adapter, str) else {}
        super().__init__(adapter, "MultiPyVu", includeSCPI=False, **connection)
        self._numbers = itertools.count(1)
        self._started = False
        self._closed = False
        self._firmware = ""
        self._keep_frames_apart()

    def identify(self) -> Identity:
        """Ask who is there; the first time this makes us the server's client.

        Raises:
            IdentityError: the server stands for another instrument.
            CommunicationError: it has another client.
        """
        if not self._firmware:
            self._started = True
            answer = self._answer("START")
            reply = self._reply("START", answer)
            self._firmware = "MultiPyVu " + str(answer.get("query", "")).partition(";")[0]
        else:
            reply = self.ask("ALIVE")
        match = _CONNECTED.fullmatch(reply.text)
        if match is None:
            self._firmware, self._started = "", False
            raise CommunicationError(
                f"{self.description} does not take us for its client: {reply.text!r}; it hears one client at a time"
            )
        if match.group(1) not in self.MODELS:
            raise IdentityError(
                f"at {self.address} the station file declares a {' or '.join(self.MODELS)}; found a MultiPyVu"
                f" server of {match.group(1)!r} there"
            )
        return Identity("Quantum Design", match.group(1), "", self._firmware)

    def read_value(self, action: str, unit: str) -> tuple[float, Reply]:
        """A value in its unit, and the word for its state, such as ``0.0,Oe,Stable``."""
        reply = self.ask(action)
        value, separator, rest = reply.text.partition(f",{unit},")
        if not separator:
            raise reply.error(f"a number, {unit} and a state")
        return reply.with_text(value).number(), reply.with_text(rest)

    def read_set_points(self, action: str, count: int, unit: str) -> list[float]:
        """The numbers that were set last, such as ``(500.0, 100.0, 0, 1),Oe,Call was successful``."""
        reply = self.ask(action)
        match = _SET_POINTS.fullmatch(reply.text)
        if match is None or match.group(2) != unit:
            raise reply.error(f"{count} numbers in brackets, and {unit}")
        return reply.with_text(match.group(1)).numbers(count)

    def command(self, action: str, *numbers: float) -> None:
        """Set something.

        Raises:
            RefusedError: the server or MultiVu refused.
        """
        reply = self.ask(action, ",".join(fixed(number) for number in numbers))
        reply.word(f"{action} Command Received", f"{action} Command Received,{_UNCONFIRMED}")

    def ask(self, action: str, query: str = "") -> Reply:
        """The result of an action.

        Raises:
            RefusedError: the server answered with an error.
            CommunicationError: it did not answer.
            ReplyError: what came is no answer to this.
        """
        return self._reply(f"{action} {query}".strip(), self._answer(action, query))

    def _reply(self, command: str, answer: Message) -> Reply:
        reply = Reply(self.description, command, str(answer["result"]).strip(), self.lose_step)
        if reply.text.startswith("MultiPyVuError") or "has not been implemented" in reply.text:
            raise RefusedError(f"{self.description} refused {command!r}: it answered {reply.text!r}")
        return reply

    def _answer(self, action: str, query: str = "") -> Message:
        exchange = Exchange(str(next(self._numbers)), action, query)
        command = f"{action} {query}".strip()
        try:
            with self._translated(command):
                if self._out_of_step:
                    self._discard_pending()
                return self._converse(exchange)
        except NotAFrame as error:
            self.lose_step()
            raise ReplyError(f"{self.description} answered {command!r} with {error}") from error
        except CommunicationError as error:
            why = (
                "it heard this and kept silent, as it does on what it does not know"
                if exchange.confirmed
                else "is the server running, and is no other client connected to it?"
            )
            raise CommunicationError(f"{error}; {why}") from error

    def _converse(self, exchange: Exchange) -> Message:
        """Send and listen; a request that nobody confirmed was not heard and is sent once more."""
        for attempt in range(1, _ATTEMPTS + 1):
            self.adapter.write_bytes(exchange.request)
            try:
                return self._listen(exchange)
            except pyvisa.errors.VisaIOError as error:
                if exchange.confirmed or attempt == _ATTEMPTS or not _timed_out(error):
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _listen(self, exchange: Exchange) -> Message:
        while exchange.answer is None:
            back = exchange.receive(self._read_message())
            if back:
                self.adapter.write_bytes(back)
        return exchange.answer

    def _read_message(self) -> Message:
        reader = FrameReader()
        while True:
            message = reader.feed(self.adapter.read_bytes(reader.needed))
            if message is not None:
                return message

    def _keep_frames_apart(self) -> None:
        """Let the network hold a request back until the frame before it has arrived.

        The server would lose a request that comes together with our confirmation. Vendors' VISA libraries send
        every small write at once unless told otherwise (pyvisa-py does not); where that cannot be told, requests
        may have to be sent twice.
        """
        with self._translated("TCP_NODELAY"):
            try:
                if self.adapter.connection.get_visa_attribute(ResourceAttribute.tcpip_nodelay):
                    self.adapter.connection.set_visa_attribute(ResourceAttribute.tcpip_nodelay, False)
            except pyvisa.errors.VisaIOError as error:
                if error.error_code not in _NOT_TO_BE_SET:
                    raise

    def close(self) -> None:
        """Tell the server that we leave, so that it takes another client, and release the connection."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._started:
                self.ask("CLOSE")
        except InstrumentError as error:
            raise CommunicationError(
                f"{self.description} was left without a good-bye and may have to be started anew before it takes"
                f" another client: {error}"
            ) from error
        finally:
            super().close()


def _timed_out(error: pyvisa.errors.VisaIOError) -> bool:
    return bool(error.error_code == StatusCode.error_timeout)

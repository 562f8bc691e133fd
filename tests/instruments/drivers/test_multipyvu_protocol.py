"""Frames against some taken from Quantum Design's server, byte for byte, and whatever else a line can bring."""

import json
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from instruments.drivers.multipyvu_protocol import Exchange, FrameReader, Message, NotAFrame, frame

#: What MultiPyVu 3.8 answered to a question for the field: heard, and done.
CONFIRMED = (
    b'\x00g{"byteorder": "little", "message-type": "text/json", "message-encoding": "utf-8", "message-length": 87}'
    b'{"id": "4", "action": "FIELD?", "query": "", "result": "", "message_type": "confirmed"}'
)
COMPLETED = (
    b'\x00h{"byteorder": "little", "message-type": "text/json", "message-encoding": "utf-8", "message-length": 100}'
    b'{"id": "4", "action": "FIELD?", "query": "", "result": "0.0,Oe,Stable", "message_type": "completed"}'
)
VALUES = st.one_of(st.text(max_size=30), st.integers(), st.booleans(), st.none())
MESSAGES = st.dictionaries(st.text(max_size=10), VALUES, max_size=6)


def read_one(data: bytes) -> tuple[Message, bytes]:
    """The first message, and what is left."""
    reader = FrameReader()
    while True:
        part, data = data[: reader.needed], data[reader.needed :]
        message = reader.feed(part)
        if message is not None:
            return message, data


def test_a_request_is_what_the_server_was_given_by_its_own_client() -> None:
    if sys.byteorder == "little":
        assert frame({"id": "4", "action": "FIELD?", "query": "", "result": ""}) == (
            b'\x00g{"byteorder": "little", "message-type": "text/json", "message-encoding": "utf-8",'
            b' "message-length": 58}{"id": "4", "action": "FIELD?", "query": "", "result": ""}'
        )


def test_two_frames_in_one_piece_are_two_messages() -> None:
    first, rest = read_one(CONFIRMED + COMPLETED)
    second, rest = read_one(rest)
    assert (first["message_type"], second["result"], rest) == ("confirmed", "0.0,Oe,Stable", b"")


@given(MESSAGES)
def test_what_is_framed_is_read_back(message: Message) -> None:
    assert read_one(frame(message)) == (message, b"")


@given(st.binary(max_size=200))
@example(b"\x00\x02{}")
@example(b"\x00\x15" + b'{"message-length": 1}' + b"x")
@example(b"\x00\x18" + b'{"message-length": true}')
@example(b"\x00\x02[]")
@example(b"\xff\xff")
@example(b'\x00(\x7b"message-length":2,"message-encoding":"x"}[]')
def test_no_bytes_are_taken_for_a_message_unless_they_are_one(data: bytes) -> None:
    try:
        message, rest = read_one(data + b"\0" * 70000)
    except NotAFrame:
        return
    length = int.from_bytes(data[:2], "big")
    body = data[2 + length : len(data) + 70000 - len(rest)]
    assert message == json.loads(body)


def test_an_exchange_goes_request_confirmed_completed_confirmed() -> None:
    exchange = Exchange("4", "FIELD?")
    assert json.loads(exchange.request[-58:]) == {"id": "4", "action": "FIELD?", "query": "", "result": ""}
    assert exchange.receive(read_one(CONFIRMED)[0]) == b""
    assert exchange.confirmed
    assert exchange.answer is None
    back = exchange.receive(read_one(COMPLETED)[0])
    assert exchange.answer is not None
    assert exchange.answer["result"] == "0.0,Oe,Stable"
    assert read_one(back)[0] == {**read_one(COMPLETED)[0], "message_type": "confirmed"}


def test_the_repeated_answer_to_an_older_question_is_confirmed_and_not_believed() -> None:
    exchange = Exchange("5", "TEMP?")
    back = exchange.receive(read_one(COMPLETED)[0])
    assert read_one(back)[0]["id"] == "4"
    assert exchange.answer is None
    assert exchange.receive(read_one(CONFIRMED)[0]) == b""
    assert not exchange.confirmed


@pytest.mark.parametrize("changes", [{"action": "TEMP?"}, {"result": None}, {"result": 3.0}])
def test_an_answer_about_something_else(changes: Message) -> None:
    with pytest.raises(NotAFrame, match="the message"):
        Exchange("4", "FIELD?").receive({**read_one(COMPLETED)[0], **changes})


def test_other_kinds_of_message_are_ignored() -> None:
    exchange = Exchange("4", "FIELD?")
    assert exchange.receive({"id": "4", "message_type": "gossip"}) == b""
    assert exchange.answer is None
    assert not exchange.confirmed

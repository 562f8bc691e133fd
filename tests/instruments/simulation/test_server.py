"""The rack over TCP: lines in pieces, several clients, greetings, frames, taken ports, an orderly end."""

import logging
import socket
import threading
from contextlib import closing

import pytest
import pyvisa

from instruments.errors import ConfigurationError
from instruments.simulation.devices.multipyvu import encode
from instruments.simulation.rack import RackInstrument, build_rack
from instruments.simulation.server import RackServer

AMI = "TCPIP0::192.168.1.31::7180::SOCKET"
PPMS = "TCPIP0::192.168.1.20::27183::SOCKET"


@pytest.fixture
def served(bench):
    extra = build_rack(
        bench.clock, bench.cryostat, [RackInstrument("ami_430", AMI), RackInstrument("multipyvu", PPMS)]
    )
    with RackServer({**bench.rack.ports(), **extra.ports()}) as server:
        yield server


def connect(served, address):
    (port,) = [each.port for each in served.served if each.address == address]
    client = socket.create_connection(("127.0.0.1", port), timeout=10.0)
    return closing(client)


def read_line(client):
    data = b""
    while not data.endswith(b"\n"):
        data += client.recv(1)
    return data


def test_lines_in_pieces_and_several_at_once(served, addresses):
    with connect(served, addresses.lock_in) as client:
        client.sendall(b"SE")
        client.sendall(b"NS?\r\nOFLT?\nOFSL?\n")
        assert [read_line(client) for _ in range(3)] == [b"26\n", b"8\n", b"1\n"]


def test_clients_have_buffers_of_their_own_on_one_instrument(served, addresses):
    with connect(served, addresses.lock_in) as one, connect(served, addresses.lock_in) as two:
        one.sendall(b"SENS 3;SE")
        two.sendall(b"OFLT?\n")
        assert read_line(two) == b"8\n"
        one.sendall(b"NS?\n")
        assert read_line(one) == b"3\n"
        two.sendall(b"SENS?\n")
        assert read_line(two) == b"3\n"


def test_a_visa_program_of_pyvisa_py(served, addresses):
    manager = pyvisa.ResourceManager("@py")
    (where,) = [each.visa_address for each in served.served if each.address == addresses.ips]
    supply = manager.open_resource(where, read_termination="\n", write_termination="\n")
    assert supply.query("READ:DEV:GRPZ:PSU:ACTN") == "STAT:DEV:GRPZ:PSU:ACTN:HOLD"
    supply.close()
    manager.close()


def test_the_greeting_and_line_ends(served):
    with connect(served, AMI) as client:
        assert read_line(client) == b"American Magnetics Model 430 IP Interface\r\n"
        assert read_line(client) == b"Hello.\r\n"
        client.sendall(b"FIELD:UNITS?\r\n")
        assert read_line(client) == b"1\r\n"


def test_frames_go_through_as_they_are_and_each_client_has_its_own(served):
    """A header length that waits for 2 + 16 bytes: nothing is answered, and no line end is looked for."""
    request = encode({"id": "1", "action": "FIELD?", "query": "", "result": ""})
    with connect(served, PPMS) as first, connect(served, PPMS) as second:
        first.sendall(b"\x00\x10\n\n")
        second.sendall(request)
        assert b"confirmed" in second.recv(1 << 16)
        first.settimeout(0.05)
        with pytest.raises(TimeoutError):
            first.recv(1)


def test_a_second_client_of_a_ppms_is_told_so_and_let_go(served):
    start = {"id": "1", "action": "START", "query": "", "result": ""}
    with connect(served, PPMS) as first, connect(served, PPMS) as second:
        first.sendall(encode(start))
        assert b"Connected to PPMS" in read_until(first, b"completed")
        second.sendall(encode(start))
        assert b"another client is connected" in read_until(second, b"completed")
        second.sendall(encode({**start, "message_type": "confirmed"}))
        assert second.recv(1) == b""  # it was closed
        first.sendall(encode({**start, "message_type": "confirmed"}))
        first.sendall(encode({**start, "action": "TEMP?"}))
        assert b"TEMP?" in first.recv(1 << 16)


def read_until(client, end):
    data = b""
    while end not in data:
        data += client.recv(1 << 16)
    return data


def test_a_defect_inside_lets_its_client_go_and_serves_the_others(served, addresses, bench, monkeypatch):
    def broken(*_):
        raise KeyError("no such thing")

    told = []
    monkeypatch.setattr(logging.getLogger("instruments.simulation.server"), "exception", told.append)
    monkeypatch.setattr(bench.cryostat, "lock_in_signal_V", broken)
    bench.clock.sleep(1.0)
    with connect(served, addresses.lock_in) as client, connect(served, addresses.ips) as other:
        client.sendall(b"OUTP? 1\n")
        assert client.recv(10) == b""
        other.sendall(b"*IDN?\n")
        assert read_line(other).startswith(b"IDN:OXFORD")
    assert told == ["a simulated instrument failed; its client was let go"]


def test_a_taken_port_is_named_and_nothing_stays_open(bench):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"port {port} on 127.0.0.1 cannot be had: address"):
            RackServer(bench.rack.ports(), first_port=port)
    with RackServer(bench.rack.ports(), first_port=port):
        pass


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 65535), ("127.0.0.1", -1), ("203.0.113.1", 0)])
def test_ports_and_hosts_that_cannot_be(bench, host, port):
    with pytest.raises(ConfigurationError, match="port"):
        RackServer(bench.rack.ports(), host, port)


def test_closing_ends_clients_and_threads(bench, addresses):
    before = threading.active_count()
    server = RackServer(bench.rack.ports())
    with connect(server, addresses.lock_in) as client:
        client.sendall(b"SENS?\n")
        assert read_line(client) == b"26\n"
        server.close()
        assert client.recv(10) == b""
    assert threading.active_count() == before

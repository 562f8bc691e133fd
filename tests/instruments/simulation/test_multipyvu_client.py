"""Quantum Design's own client on the simulated PPMS, over a real socket. Needs MultiPyVu (extra ``foreign``)."""

import contextlib
import socket
import threading

import pytest

from instruments.simulation.devices.multipyvu import MultiPyVuServer

MultiPyVu = pytest.importorskip("MultiPyVu", reason="MultiPyVu is not installed: pip install fluxoid[foreign]")


def serve(listener, server):
    """One client, until it leaves; line by line what a socket server does."""
    connection, _ = listener.accept()
    with connection:
        while data := connection.recv(4096):
            answer = server.respond(data)
            if answer:
                connection.sendall(answer)


@pytest.fixture
def ppms(make_bench, tmp_path):
    bench = make_bench()
    bench.cryostat.magnet.switch_open = True
    bench.cryostat.magnet.heater_on, bench.cryostat.magnet.switch_warmth = True, 1.0
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.chdir(tmp_path):
        thread = threading.Thread(target=serve, args=(listener, MultiPyVuServer(bench.cryostat)), daemon=True)
        thread.start()
        client = MultiPyVu.Client("127.0.0.1", listener.getsockname()[1])
        client.open()
        yield bench, client
        client.close_client()
        thread.join(5.0)
        assert not thread.is_alive()


def test_their_client_sets_and_reads(ppms):
    """100 Oe/s for 50 s is 5000 Oe."""
    bench, client = ppms
    client.set_field(10000.0, 100.0, client.field.approach_mode.linear)
    bench.clock.sleep(50.0)
    field_Oe, state = client.get_field()
    assert (field_Oe, state) == (pytest.approx(5000.0), "Ramping")
    assert bench.cryostat.magnet.coil_field_T == pytest.approx(0.5)
    set_point, rate, _, _ = client.get_field_setpoints()
    assert (set_point, rate) == (10000.0, 100.0)
    client.set_temperature(290.0, 20.0, client.temperature.approach_mode.fast_settle)
    bench.clock.sleep(600.0)
    temperature_K, state = client.get_temperature()
    assert (temperature_K, state) == (pytest.approx(290.0, abs=0.05), "Stable")

"""Quantum Design's own MultiPyVu client on the rack's TCP server: one client at a time, the others wait."""

import contextlib
import threading

import pytest

from instruments.simulation.rack import RackInstrument

MultiPyVu = pytest.importorskip("MultiPyVu", reason="MultiPyVu is not installed: pip install fluxoid[foreign]")

PPMS = "TCPIP0::192.168.1.20::27183::SOCKET"


@pytest.fixture
def rack(make_rack, tmp_path):
    with contextlib.chdir(tmp_path):  # it writes a log file where it is
        yield make_rack(RackInstrument("multipyvu", PPMS))


@contextlib.contextmanager
def client(rack):
    opened = MultiPyVu.Client("127.0.0.1", rack.port(PPMS))
    opened.open()
    try:
        yield opened
    finally:
        opened.close_client()


def test_field_and_temperature(rack):
    """10 kOe at 100 Oe/s: 100 s; 4 K to 6 K at 1 K/min: two minutes."""
    with client(rack) as ppms:
        ppms.set_field(10_000.0, 100.0, ppms.field.approach_mode.linear)
        rack.clock.sleep(50.0)
        field_Oe, state = ppms.get_field()
        assert (field_Oe, state) == (pytest.approx(5000.0), "Ramping")
        rack.clock.sleep(60.0)
        assert ppms.get_field()[0] == pytest.approx(10_000.0)
        assert rack.cryostat.true_field_T() == pytest.approx(1.0)
        ppms.set_temperature(6.0, 1.0, ppms.temperature.approach_mode.no_overshoot)
        rack.clock.sleep(1200.0)
        temperature_K, state = ppms.get_temperature()
        assert (temperature_K, state) == (pytest.approx(6.0, rel=0.01), "Stable")


def test_a_second_client_waits_for_the_first_to_leave(rack):
    answered = threading.Event()

    def second():
        with client(rack) as ppms:
            ppms.get_field()
        answered.set()

    with client(rack) as ppms:
        thread = threading.Thread(target=second, daemon=True)
        thread.start()
        for _ in range(20):
            ppms.get_field()
        assert not answered.is_set()
    assert answered.wait(20.0)
    thread.join(5.0)

"""Quantum Design's own MultiPyVu client on the rack's TCP server: one client at a time, the others are refused."""

import contextlib
import gc
import warnings

import pytest
from pymeasure.adapters import VISAAdapter

from instruments.drivers.multipyvu import MultiPyVu as MultiPyVuDriver
from instruments.errors import CommunicationError
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


def refuse(rack):
    """Their client is refused; it forgets to close its socket then."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        with pytest.raises(ConnectionRefusedError, match="another client"):
            MultiPyVu.Client("127.0.0.1", rack.port(PPMS)).open()
        gc.collect()


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


def test_a_second_client_is_refused_until_the_first_has_left(rack):
    with client(rack) as ppms:
        refuse(rack)
        assert ppms.get_field()[1] == "Stable"
    with client(rack) as ppms:
        assert ppms.get_field()[1] == "Stable"


def test_inside_the_process_too(rack):
    """Our own driver beside Quantum Design's client."""
    second = MultiPyVuDriver(VISAAdapter(PPMS, visa_library=rack.manager.visalib))
    with client(rack), pytest.raises(CommunicationError, match="another client is connected"):
        second.identify()
    with pytest.raises(CommunicationError):  # the server has closed the connection
        second.identify()
    second.adapter.close()
    third = MultiPyVuDriver(VISAAdapter(PPMS, visa_library=rack.manager.visalib))
    assert third.identify().model == "PPMS"
    refuse(rack)
    third.close()
    with client(rack) as ppms:
        assert ppms.get_field()[1] == "Stable"

"""The library of Zurich Instruments as the driver of the MFLI takes it; there is no data server to be had here.

It needs the extra ``mfli``: ``pip install fluxoid[mfli]``.
"""

import inspect
import socket
from contextlib import closing
from dataclasses import replace

import pytest

from instruments.clock import RealClock
from instruments.data_server import LIBRARY_ERRORS, DataServer, real_reach
from instruments.errors import CommunicationError
from instruments.opening import open_station, resource_manager_for
from instruments.station import InstrumentPlan
from tests.instruments.simulated_station import simulated_station

core = pytest.importorskip("zhinst.core", reason="needs the extra mfli")
METHODS = [name for name, member in vars(DataServer).items() if inspect.isfunction(member) and name[0] != "_"]


@pytest.mark.parametrize("method", METHODS)
def test_the_librarys_session_has_every_method_that_a_driver_calls(method):
    assert len(METHODS) > 10
    assert callable(getattr(core.ziDAQServer, method))


def test_whatever_the_library_raises_is_expected():
    from zhinst.core import errors

    raised = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]
    assert len(raised) > 5
    assert all(issubclass(kind, LIBRARY_ERRORS) for kind in raised)
    assert issubclass(errors.TimeoutError, TimeoutError)
    assert issubclass(errors.ConnectionError, ConnectionError)


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_a_server_that_is_not_there(host):
    assert callable(real_reach())
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    plan = simulated_station().plan
    plan = replace(plan, instruments={"lock_in": InstrumentPlan("mfli", f"mfli://{host}:{port}/dev1234", {})})
    with closing(resource_manager_for("pyvisa-py")) as manager, pytest.raises(CommunicationError) as caught:
        open_station(plan, RealClock(), manager)
    message = str(caught.value)
    assert message.startswith(f"lock_in: mfli://{host}:{port}/dev1234 (mfli) cannot be opened: ")
    assert message.endswith("check address, network and power")
    assert "boost" not in message

"""How a session with a data server begins."""

import subprocess
import sys

import pytest

from instruments.addresses import DeviceAddress
from instruments.data_server import connect

ADDRESS = DeviceAddress("192.168.1.51", 8004, "dev1234")


class Server:
    """A server with some devices, which reaches for others unless it fails."""

    def __init__(self, connected, failure=None):
        self.connected, self.failure, self.asked = connected, failure, []

    def getString(self, path):
        assert path == "/zi/devices/connected"
        return self.connected

    def connectDevice(self, device, interface):
        self.asked.append((device, interface))
        if self.failure:
            raise self.failure

    def disconnect(self):
        self.asked.append("disconnect")


@pytest.mark.parametrize(
    ("connected", "asked"),
    [
        ("DEV1234", []),
        ("DEV1000,DEV1234", []),
        ("", [("dev1234", "1GbE")]),
        ("DEV12345", [("dev1234", "1GbE")]),
    ],
)
def test_a_server_is_told_of_a_device_that_it_has_not_reached(connected, asked):
    server = Server(connected)
    assert connect(lambda _: server, ADDRESS) is server
    assert server.asked == asked


def test_a_session_without_the_device_is_ended():
    server = Server("", RuntimeError("device not visible"))
    with pytest.raises(RuntimeError, match="not visible"):
        connect(lambda _: server, ADDRESS)
    assert server.asked == [("dev1234", "1GbE"), "disconnect"]


def test_the_makers_library_is_not_loaded_before_it_is_needed():
    program = "import sys, instruments.opening; sys.exit(any(name.startswith('zhinst') for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

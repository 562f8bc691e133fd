import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.addresses import DeviceAddress, canonical, is_device_address
from instruments.errors import ConfigurationError


@pytest.mark.parametrize(
    ("address", "full"),
    [
        ("mfli://192.168.1.51:8004/dev1234", "mfli://192.168.1.51:8004/dev1234"),
        ("mfli://192.168.1.51/dev1234", "mfli://192.168.1.51:8004/dev1234"),
        ("MFLI://MF-dev1234.Local:9000/DEV1234", "mfli://mf-dev1234.local:9000/dev1234"),
        ("mfli://[fe80::1]:8004/dev7", "mfli://[fe80::1]:8004/dev7"),
        ("GPIB::8", "GPIB0::8::INSTR"),
        ("TCPIP::10.0.0.1::7020::SOCKET", "TCPIP0::10.0.0.1::7020::SOCKET"),
    ],
)
def test_an_address_in_full(address, full):
    assert canonical(address) == canonical(full) == full


@pytest.mark.parametrize(
    "address",
    ["mfli://", "mfli://host", "mfli://host/", "mfli://host/mf1", "mfli://host:0/dev1", "mfli://host:65536/dev1"],
)
def test_half_an_address(address):
    with pytest.raises(ConfigurationError, match=r"expected a data server and a device, as mfli://192"):
        canonical(address)


def test_an_address_of_neither_kind():
    with pytest.raises(ConfigurationError, match="found address 'somewhere'; expected a VISA address"):
        canonical("somewhere")


@given(st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True), st.integers(1, 65535), st.integers(0, 99999))
def test_what_is_written_is_read_again(host, port, number):
    place = DeviceAddress(host, port, f"dev{number}")
    assert is_device_address(str(place))
    assert DeviceAddress.parse(str(place)) == place

"""Every driver is known by what its instrument says of itself."""

import pytest

from instruments.drivers.catalogue import DRIVERS
from instruments.drivers.recognition import driver_of
from instruments.simulation.rack import RackInstrument, build_rack

OPTIONS = {"heater": "DB1.H1", "channel": 1, "ballast_ohm": 1e3, "switch": False}


# these three have no *IDN? and are not asked in their own way
@pytest.mark.parametrize("driver", sorted(set(DRIVERS) - {"multipyvu", "signal_recovery_7265", "mfli"}))
def test_every_simulated_instrument_is_recognised(driver):
    from tests.instruments.simulated_station import simulated_station

    bench = simulated_station()
    address = "GPIB0::1::INSTR"
    options = {**OPTIONS, "sensor": "DB8.T1" if driver.startswith("mercury") else 1}
    rack = build_rack(bench.clock, bench.cryostat, [RackInstrument(driver, address, options)])
    box = rack.box(address)
    answer = box.respond(b"*IDN?")
    if answer is None or answer.startswith(b"?"):
        answer = box.respond(b"V")
    assert driver_of(answer.decode()) == driver


@pytest.mark.parametrize(
    ("identity", "driver"),
    [
        ("OXFORD INSTRUMENTS:MERCURY IPS:1:2.6", "mercury_ips"),
        ("IDN:OXFORD INSTRUMENTS:MERCURY ITC:1:2.6", "mercury_itc"),
        ("LSCI,MODEL372,LSA23JD,1.3", "lakeshore_372"),
        ("KEITHLEY INSTRUMENTS INC.,MODEL 2182,1,A02", "keithley_2182a"),
        ("LSCI,MODEL370,1,1", None),
        ("ACME,SR830,1,1", None),
        ("KEITHLEY INSTRUMENTS INC.,MODEL 24001,1,A02", None),
        ("ERROR", None),
        ("", None),
    ],
)
def test_by_text(identity, driver):
    assert driver_of(identity) == driver

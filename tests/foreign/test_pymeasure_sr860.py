"""pymeasure's stock SR860 driver, as it is, on the simulated SR860 (pymeasure itself is always installed).

What pymeasure sends wrong is not asked for: it misspells REFZ, ADVFILT and GSPD when it sets them, and sends
numbers that the instrument has no choice for where two of its words mean the same ("voltage" becomes IVMD 2).
"""

import pytest
from pymeasure.instruments.srs import SR860

from instruments.simulation.rack import RackInstrument

LOCK_IN = "GPIB0::8::INSTR"


@pytest.fixture
def rack(make_rack):
    return make_rack(RackInstrument("sr860", LOCK_IN, {"ballast_ohm": 1000.0}))


@pytest.fixture
def lock_in(rack):
    """1 V through 1 kOhm, 10 Ohm: 10 mV."""
    opened = SR860(LOCK_IN, visa_library=rack.manager.visalib)
    opened.sine_voltage, opened.frequency, opened.time_constant = 1.0, 137.0, 0.1
    opened.filter_slope, opened.sensitivity = 3, 0.02  # 24 dB per octave
    rack.clock.sleep(5.0)
    opened.write("*CLS")
    yield opened
    assert int(opened.ask("*ESR?")) & 0x3C == 0
    opened.adapter.close()


def test_readings(lock_in):
    assert lock_in.x == pytest.approx(10e-3, rel=1e-3)
    assert lock_in.y == pytest.approx(0.0, abs=2e-5)
    assert lock_in.magnitude == pytest.approx(10e-3, rel=1e-3)
    assert lock_in.theta == pytest.approx(0.0, abs=0.1)
    assert lock_in.snap("X", "Y", "FInt") == pytest.approx([10e-3, 0.0, 137.0], abs=2e-5)
    assert lock_in.snap_all()[2] == pytest.approx(10e-3, rel=1e-3)
    assert lock_in.get_noise_bandwidth == pytest.approx(5 / (64 * 0.1))
    assert lock_in.detectedfrequency == 137.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phase", -30.0),
        ("internalfrequency", 17.3),
        ("harmonic", 2),
        ("dcmode", "DIF"),
        ("reference_source", "EXT"),
        ("input_coupling", "DC"),
        ("input_shields", "Ground"),
        ("input_range", "30M"),
        ("sensitivity", 1e-6),
        ("time_constant", 3e-3),
        ("filter_slope", 1),
        ("filter_synchronous", "On"),
        ("aux_out_2", 1.5),
    ],
)
def test_settings_come_back(lock_in, name, value):
    assert hasattr(type(lock_in), name)
    setattr(lock_in, name, value)
    assert getattr(lock_in, name) == value

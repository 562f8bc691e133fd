"""QCoDeS's own SR865A driver on the simulated rack: settings, data channels, capture buffer."""

import pytest

from instruments.simulation.rack import RackInstrument

pytest.importorskip("qcodes", reason="qcodes is not installed: pip install fluxoid[foreign]")

from qcodes.instrument import Instrument
from qcodes.instrument_drivers.stanford_research import SR865A

LOCK_IN = "GPIB0::8::INSTR"
#: 1 V through 1 kOhm, 10 Ohm.
SIGNAL_V = 10e-3


@pytest.fixture
def rack(make_rack):
    return make_rack(RackInstrument("sr865a", LOCK_IN, {"ballast_ohm": 1000.0}))


@pytest.fixture
def lock_in(rack):
    opened = SR865A("lock_in", None, resource=rack.manager.open_resource(LOCK_IN))
    opened.amplitude(1.0)
    opened.frequency(137.0)
    opened.time_constant(0.03)
    opened.filter_slope(12)
    opened.sensitivity(0.02)
    rack.clock.sleep(5.0)
    opened.ask("LIAS?")
    yield opened
    assert int(opened.ask("*ESR?")) & 0x3C == 0  # whatever was asked was understood
    Instrument.close_all()


def test_a_snapshot_asks_everything(lock_in):
    snapshot = lock_in.snapshot(update=True)
    values = {name: parameter.get("value") for name, parameter in snapshot["parameters"].items()}
    assert values["IDN"]["model"] == "SR865A"
    assert (values["amplitude"], values["frequency"], values["time_constant"]) == (1.0, 137.0, 0.03)
    assert (values["filter_slope"], values["sensitivity"], values["signal_input"]) == (12, 0.02, "voltage")
    assert values["noise_bandwidth"] == pytest.approx(1 / (8 * 0.03))
    assert values["X"] == pytest.approx(SIGNAL_V, rel=1e-3)
    assert (values["X_expand"], values["Y_offset"], values["aux_out2"]) == ("OFF", 0.0, 0.0)
    parameters = snapshot["submodules"]["buffer"]["parameters"]
    buffer = {name: parameter.get("value") for name, parameter in parameters.items()}
    assert (buffer["capture_config"], buffer["capture_length_in_kb"], buffer["capture_status"]) == ("X", 256, "0")
    assert buffer["capture_rate"] == buffer["capture_rate_max"] == 1.25e6 / 2**6
    assert buffer["count_capture_bytes"] == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sine_outdc", 0.5),
        ("harmonic", 3),
        ("phase", -45.0),
        ("sync_filter", "ON"),
        ("signal_input", "current"),
        ("input_range", 30e-3),
        ("input_config", "a-b"),
        ("input_shield", "ground"),
        ("input_gain", 100e6),
        ("adv_filter", "OFF"),
        ("input_coupling", "dc"),
        ("external_reference_trigger", "NEG"),
        ("reference_source", "EXT"),
        ("external_reference_trigger_input_resistance", "50"),
        ("X_offset", -12.5),
        ("R_expand", "X100"),
        ("aux_out3", 1.25),
    ],
)
def test_settings_come_back(lock_in, name, value):
    parameter = lock_in.parameters[name]
    parameter(value)
    assert parameter() in (value, {"NEG": "NEGTTL", "50": 0}.get(value))  # two names of one choice


def test_values_of_one_moment(lock_in):
    x_V, y_V = lock_in.get_values("X", "Y")
    assert (x_V, y_V) == pytest.approx((SIGNAL_V, 0.0), abs=2e-5)
    assert lock_in.complex_voltage() == pytest.approx(complex(x_V, y_V), rel=1e-3)
    assert lock_in.get_data_channels_parameters() == ("X", "Y", "R", "P")
    lock_in.data_channels[3].assigned_parameter("frequency")
    assert lock_in.get_data_channels_dict(requery_names=True)["frequency"] == 137.0


def test_auto_functions(rack, lock_in):
    lock_in.phase(30.0)
    rack.clock.sleep(1.0)
    lock_in.auto_phase()
    rack.clock.sleep(1.0)
    assert lock_in.P() == pytest.approx(0.0, abs=0.01)
    lock_in.auto_scale()
    lock_in.auto_range()
    assert (lock_in.sensitivity(), lock_in.input_range()) == (0.02, 0.03)  # 10 mV rms are 14 mV at the peak


def test_a_capture_of_samples(rack, lock_in):
    """At 76 samples in a second; a step of the amplitude behind a filter of 30 ms."""
    buffer = lock_in.buffer
    buffer.capture_config("X,Y")
    buffer.capture_rate(buffer.capture_rate_max() / 2**8)
    buffer.set_capture_length_to_fit_samples(50)
    buffer.start_capture("ONE", "IMM")
    lock_in.amplitude(0.5)
    rack.clock.sleep(51 / buffer.capture_rate())
    buffer.wait_until_samples_captured(50)
    buffer.stop_capture()
    assert (buffer.count_capture_kilobytes(), buffer.capture_length_in_kb()) == ("2", 2)
    data = buffer.get_capture_data(50)
    assert data["X"][0] > 0.6 * SIGNAL_V
    assert data["X"][-1] == pytest.approx(SIGNAL_V / 2, rel=1e-3)
    assert len(data["Y"]) == 50
    assert buffer.X() == pytest.approx(data["X"])


def test_a_sample_at_every_trigger(rack, lock_in):
    def triggers():
        for amplitude_V in (0.2, 0.4, 0.8):
            lock_in.amplitude(amplitude_V)
            rack.clock.sleep(2.0)
            lock_in.write("*TRG")

    data = lock_in.buffer.capture_one_sample_per_trigger(3, triggers)
    assert data["X"] == pytest.approx([2e-3, 4e-3, 8e-3], rel=1e-3)

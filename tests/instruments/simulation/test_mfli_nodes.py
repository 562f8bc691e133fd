"""The simulated MFLI as its data server shows it: nodes, what they take, what they refuse, what they remember."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instruments.addresses import DeviceAddress
from instruments.clock import VirtualClock
from instruments.errors import ConfigurationError
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.nodes import NodeError
from instruments.simulation.rack import RackInstrument, build_rack
from tests.instruments.simulation.samples import SETTINGS, GatedResistor

ADDRESS = "mfli://192.168.1.51:8004/dev1234"
FOLLOWER = "mfli://192.168.1.51:8004/dev1235"
FLAGS, LOCKED = "/dev1234/status/flags/binary", "/dev1235/extrefs/0/locked"
DOUBLES = [
    ("sigins/0/range", 0.9e-3, 1e-3),  # the next higher range
    ("sigins/0/range", 1.1e-3, 3e-3),
    ("sigins/0/range", 0.3, 0.3),
    ("sigins/0/range", 5.0, 3.0),  # there is no higher one
    ("sigouts/0/range", 0.011, 0.1),
    ("sigouts/0/range", 20.0, 10.0),
    ("demods/0/timeconstant", 1e-9, 337e-9),
    ("demods/0/timeconstant", 100.0, 83.0),
    ("demods/0/timeconstant", 0.3, 0.3),
    ("oscs/0/freq", 6e6, 500e3),
    ("oscs/0/freq", 17.12345678, 17.123457),
    ("demods/0/rate", 1700.0, 857142.857142857 / 512),
    ("demods/0/phaseshift", 270.0, -90.0),
]


class Bench:
    """Two MFLIs on one data server; 1 V rms at the first drives 1 mA through 1 kOhm."""

    def __init__(self, fitted=""):
        self.clock = VirtualClock()
        cryostat = Cryostat(self.clock, SETTINGS, GatedResistor(), "out_of_plane", 1)
        options = {"ballast_ohm": 1000.0, "fitted": fitted}
        entries = [
            RackInstrument("mfli", ADDRESS, options),
            RackInstrument("mfli", FOLLOWER, {**options, "role": "hall_lock_in"}),
        ]
        self.cryostat = cryostat
        self.rack = build_rack(self.clock, cryostat, entries)
        self.session = self.connect()

    def connect(self):
        return self.rack.reach_data_server(DeviceAddress.parse(ADDRESS))

    def drive(self, peak_V, range_V=10.0):
        self.session.setDouble("/dev1234/sigouts/0/range", range_V)
        self.session.setDouble("/dev1234/sigouts/0/amplitudes/1", peak_V)
        self.session.setInt("/dev1234/sigouts/0/enables/1", 1)
        self.session.setInt("/dev1234/sigouts/0/on", 1)


@pytest.fixture
def bench():
    return Bench()


@pytest.mark.parametrize(("node", "asked", "had"), DOUBLES)
def test_numbers_become_the_nearest_that_there_is(bench, node, asked, had):
    bench.session.setDouble(f"/dev1234/{node}", asked)
    assert bench.session.getDouble(f"/DEV1234/{node.upper()}") == pytest.approx(had, rel=1e-12)


@pytest.mark.parametrize(("asked", "had"), [(0, 1), (1, 1), (8, 8), (9, 8)])
def test_the_filter_has_orders_1_to_8(bench, asked, had):
    bench.session.setInt("/dev1234/demods/0/order", asked)
    assert bench.session.getInt("/dev1234/demods/0/order") == had


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), number=st.floats())
def test_whatever_is_set_the_node_has_a_value_of_its_type(bench, data, number):
    tree = bench.rack.box(ADDRESS).instrument
    path = f"/dev1234/{data.draw(st.sampled_from(tree.settings()))}"
    for set_it, get_it in (
        (bench.session.setDouble, bench.session.getDouble),
        (setting_int(bench), bench.session.getInt),
    ):
        try:
            before = get_it(path)
        except NodeError:
            continue  # of the other type
        try:
            set_it(path, number)
        except NodeError:
            assert not math.isfinite(number)
            assert get_it(path) == before
        assert math.isfinite(get_it(path))


def setting_int(bench):
    return lambda path, number: bench.session.setInt(path, int(number) if math.isfinite(number) else 0)


def test_an_amplitude_comes_in_steps_of_its_range(bench):
    """What a program that asked a real one for 1.414 V on its range of 10 V was left with."""
    bench.drive(1.414)
    assert bench.session.getDouble("/dev1234/sigouts/0/amplitudes/1") == 1.414031982421875


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda s: s.getDouble("/dev1234/oscs/0/frq"), "/dev1234/oscs/0/frq not found"),
        (lambda s: s.setInt("/dev1234/oscs/1/freq", 1), "not found"),  # the option MD is not fitted
        (lambda s: s.getInt("/dev9999/oscs/0/freq"), "/dev9999/oscs/0/freq not found"),
        (lambda s: s.setInt("/dev1234/extrefs/0/locked", 1), "read-only"),
        (lambda s: s.setDouble("/dev1234/clockbase", 1.0), "read-only"),
        (lambda s: s.getInt("/dev1234/oscs/0/freq"), "holds float, not int"),
        (lambda s: s.setDouble("/dev1234/demods/0/order", 2.0), "holds int, not float"),
        (lambda s: s.getSample("/dev1234/oscs/0/freq"), "no demodulator sample"),
        (lambda s: s.subscribe("/dev1234/status/flag"), "not found"),
        (lambda s: s.connectDevice("dev9999", "1GbE"), "dev9999 is not visible"),
    ],
)
def test_what_there_is_not_is_refused(bench, call, words):
    with pytest.raises(RuntimeError, match=words):
        call(bench.session)


def test_a_sample_is_rms_and_its_time_that_of_the_device(bench):
    """2 V peak over 1 kOhm drive 1.414 mA rms, and that leaves 1.414 V rms at 1 kOhm."""
    bench.drive(2.0)
    bench.clock.sleep(10.0)
    sample = bench.session.getSample("/dev1234/demods/0/sample")
    assert sample["x"] == pytest.approx([math.sqrt(2)], rel=1e-4)
    assert sample["y"] == pytest.approx([0.0], abs=1e-6)
    assert sample["timestamp"].tolist() == [600_000_000]
    assert bench.session.getInt("/dev1234/status/time") == 600_000_000
    assert bench.session.getDouble("/dev1234/clockbase") == 60e6


@pytest.mark.parametrize("node", ["sigouts/0/on", "sigouts/0/enables/1"])
def test_only_an_output_that_is_on_drives(bench, node):
    bench.drive(2.0)
    bench.session.setInt(f"/dev1234/{node}", 0)
    bench.session.sync()
    assert bench.cryostat.drive.current_rms_A == 0.0


def test_an_amplitude_beyond_its_range_clips(bench):
    bench.drive(0.9, range_V=1.0)
    bench.session.setDouble("/dev1234/sigouts/0/range", 0.1)
    assert bench.session.getInt(FLAGS) & 1 << 5
    assert bench.session.getInt("/dev1234/sigouts/0/over") == 1
    assert bench.cryostat.drive.current_rms_A == pytest.approx(0.1 / math.sqrt(2) / 1000.0)


@pytest.mark.parametrize(("slope", "share"), [(1, 0.6321), (2, 0.2642), (4, 0.0190), (8, 1.0249e-5)])
def test_after_a_time_constant_the_filter_shows_what_its_order_lets_through(bench, slope, share):
    """A step through n equal RC stages: 1 - exp(-1) sum 1/k! for k < n."""
    bench.session.setDouble("/dev1234/demods/0/timeconstant", 2.0)
    bench.session.setInt("/dev1234/demods/0/order", slope)
    bench.drive(math.sqrt(2))
    bench.clock.sleep(2.0)
    assert bench.session.getSample("/dev1234/demods/0/sample")["x"][0] == pytest.approx(share, rel=2e-3)


def test_a_demodulator_that_is_off_has_no_samples(bench):
    bench.session.setInt("/dev1234/demods/0/enable", 0)
    with pytest.raises(TimeoutError, match="demods/0/sample"):
        bench.session.getSample("/dev1234/demods/0/sample")


@pytest.mark.parametrize(("peak_V", "overflows"), [(0.99, 0), (1.01, 1)])
def test_the_peak_is_what_overflows_the_input(bench, peak_V, overflows):
    """1 V drives 1 mA through 1 kOhm, so that the input sees what the output gives."""
    bench.session.setDouble("/dev1234/sigins/0/range", 1.0)
    bench.drive(peak_V)
    bench.clock.sleep(1.0)
    assert bench.session.getInt(FLAGS) == overflows


def test_an_overflow_that_has_passed_is_told_once_and_to_who_listens(bench):
    session, deaf = bench.session, bench.connect()
    session.setDouble("/dev1234/sigins/0/range", 1.0)
    session.subscribe(FLAGS)
    bench.drive(2.0)
    bench.clock.sleep(1.0)
    session.sync()
    assert session.getInt(FLAGS) == 1
    bench.drive(0.1)
    assert session.getInt(FLAGS) == 0
    bench.drive(2.0)
    bench.clock.sleep(1.0)
    bench.drive(0.1)
    events = session.poll(0.0, 10, flat=True)[FLAGS]
    assert events["value"].tolist() == [0, 1, 0]
    assert events["timestamp"].tolist() == [60_000_000, 60_000_000, 120_000_000]
    assert session.poll(0.0, 10, flat=True) == {}
    assert deaf.poll(0.0, 10, flat=True) == {}


def test_a_follower_locks_to_who_drives_and_slips_when_the_frequency_changes(bench):
    session = bench.session
    session.subscribe(LOCKED)
    bench.drive(1.0)
    session.setDouble("/dev1234/oscs/0/freq", 17.3)
    session.setInt("/dev1235/extrefs/0/enable", 1)
    assert session.getInt(LOCKED) == 0  # nothing is at the voltage input
    session.setInt("/dev1235/demods/1/adcselect", 8)
    bench.clock.sleep(1.0)
    assert session.getInt(LOCKED) == 1
    assert session.getInt("/dev1235/status/flags/binary") == 1 << 7
    assert session.getDouble("/dev1235/oscs/0/freq") == 17.3
    assert session.getInt("/dev1235/extrefs/0/adcselect") == 8
    session.poll(0.0, 10, flat=True)
    session.setDouble("/dev1234/oscs/0/freq", 31.0)
    bench.clock.sleep(1.0)
    assert session.getDouble("/dev1235/oscs/0/freq") == 31.0
    assert session.poll(0.0, 10, flat=True)[LOCKED]["value"].tolist() == [0, 1]


def test_with_the_option_md_amplitudes_are_mixed_and_f5m_reaches_5_MHz():
    bench = Bench("MD F5M")
    assert bench.session.getString("/dev1234/features/options") == "MD\nF5M"
    bench.drive(1.0)
    bench.session.setDouble("/dev1234/sigouts/0/amplitudes/3", 0.5)
    bench.session.setInt("/dev1234/sigouts/0/enables/3", 1)
    assert bench.cryostat.drive.current_rms_A == pytest.approx(1.5e-3 / math.sqrt(2), rel=1e-4)
    bench.session.setDouble("/dev1234/oscs/0/freq", 5e6)
    assert bench.session.getDouble("/dev1234/oscs/0/freq") == 5e6


def test_a_session_that_has_ended_is_no_connection_and_keeps_nothing(bench):
    bench.session.subscribe(FLAGS)
    bench.session.disconnect()
    bench.session.disconnect()
    for ask in (
        bench.session.sync,
        lambda: bench.session.getInt(FLAGS),
        lambda: bench.session.poll(0, 0, flat=True),
    ):
        with pytest.raises(ConnectionError):
            ask()
    assert bench.connect().getString("/zi/devices/connected") == "DEV1234,DEV1235"


def test_no_server_and_no_device_elsewhere(bench):
    with pytest.raises(ConnectionError, match=r"192\.168\.1\.51:8005"):
        bench.rack.reach_data_server(DeviceAddress.parse("mfli://192.168.1.51:8005/dev1234"))
    with pytest.raises(ConfigurationError, match="no simulated instrument at mfli://192"):
        bench.rack.box("mfli://192.168.1.51/dev1")
    assert bench.rack.ports() == {}


@pytest.mark.parametrize(("driver", "address"), [("sr830", ADDRESS), ("mfli", "GPIB0::8::INSTR")])
def test_a_driver_at_the_other_kind_of_address(bench, driver, address):
    with pytest.raises(ConfigurationError, match=f"no simulated {driver}"):
        build_rack(bench.clock, bench.cryostat, [RackInstrument(driver, address, {"ballast_ohm": 1.0})])

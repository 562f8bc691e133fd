"""``station.yaml@fluxoid`` for any VISA program: one cryostat per path and options, events, and clear refusals."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
import pyvisa
from pyvisa.constants import EventMechanism, EventType, StatusCode

import pyvisa_fluxoid
from instruments.clock import FastClock, RealClock, VirtualClock
from instruments.errors import ConfigurationError
from pyvisa_fluxoid.specification import Specification, parse

CONFIGS = Path(__file__).parents[2] / "configs"
STATION = CONFIGS / "stations" / "teslatron_pt12.yaml"
LOCK_IN, SUPPLY = "GPIB0::8::INSTR", "TCPIP0::192.168.1.11::7020::SOCKET"
_seeds = itertools.count(1000)


@pytest.fixture
def path():
    """A rack that no other test has."""
    return f"{STATION}?clock=virtual&seed={next(_seeds)}@fluxoid"


@pytest.fixture
def lock_in(path):
    manager = pyvisa.ResourceManager(path)
    yield manager.open_resource(LOCK_IN, read_termination="\n", write_termination="\n")
    manager.close()


def test_a_query_and_the_list(lock_in):
    assert lock_in.query("*IDN?").startswith("Stanford_Research_Systems,SR830")
    manager = lock_in.visalib.resource_manager
    assert set(manager.list_resources()) == {LOCK_IN, "GPIB0::12::INSTR", "GPIB0::7::INSTR"}
    assert SUPPLY in manager.list_resources("TCPIP?*")
    assert manager.list_resources("USB?*") == ()


def test_two_managers_and_the_next_one_are_on_one_cryostat(path):
    """The path decides, not how it is written, and closing is not switching off."""
    first = pyvisa.ResourceManager(path)
    first.open_resource(LOCK_IN).write("SENS 3")
    first.close()
    relative = path.replace(str(STATION), str(STATION.parent / ".." / "stations" / STATION.name))
    second = pyvisa.ResourceManager(relative)
    assert second.open_resource(LOCK_IN, read_termination="\n").query("SENS?") == "3"
    second.close()
    assert pyvisa_fluxoid.rack(path) is pyvisa_fluxoid.rack(relative)


def test_another_seed_is_another_rack(path):
    other = f"{STATION}?clock=virtual&seed={next(_seeds)}@fluxoid"
    assert pyvisa_fluxoid.rack(path) is not pyvisa_fluxoid.rack(other)


def test_instruments_share_the_cryostat(path):
    """The supply's field is in the Hall voltage: 1 mOhm/T of the resistor at 2 T and 1 mA are 2 uV."""
    manager = pyvisa.ResourceManager(path)
    supply, source, voltmeter = (
        manager.open_resource(address, read_termination="\n", write_termination="\n")
        for address in (SUPPLY, "GPIB0::12::INSTR", "GPIB0::7::INSTR")
    )
    clock = pyvisa_fluxoid.rack(path).clock
    for line in ("SIG:SWHT:ON", "SIG:FSET:2", "SIG:RFST:0.5"):
        assert supply.query(f"SET:DEV:GRPZ:PSU:{line}").endswith(":VALID")
        clock.sleep(60.0)
    supply.query("SET:DEV:GRPZ:PSU:ACTN:RTOS")
    clock.sleep(5 * 60.0)
    source.write(":SOUR:CURR 1e-3;:OUTP ON")
    voltmeter.write(":SENS:CHAN 2")
    assert float(voltmeter.query(":READ?")) == pytest.approx(2e-6, abs=1e-7)
    manager.close()


def test_a_sample_of_a_file(path):
    """A crystal in its superconducting state has no resistance; it starts warm, at 300 K."""
    with_sample = path.replace("?", f"?sample={CONFIGS / 'samples' / '2h_nbs2.yaml'}&orientation=in_plane&")
    rack = pyvisa_fluxoid.rack(with_sample)
    assert (rack.cryostat.sample.name, rack.cryostat.orientation) == ("2H-NbS2", "in_plane")


def test_further_axes_of_a_supply(tmp_path):
    """0.5 T/min for one minute on the axis beside, and nothing at the sample."""
    text = STATION.read_text("utf-8").replace("    inductance:", "    other_groups: [GRPX]\n    inductance:")
    (tmp_path / "vector.yaml").write_text(text, "utf-8")
    path = f"{tmp_path / 'vector.yaml'}?clock=virtual@fluxoid"
    manager = pyvisa.ResourceManager(path)
    supply = manager.open_resource(SUPPLY, read_termination="\n", write_termination="\n")
    rack = pyvisa_fluxoid.rack(path)
    supply.query("SET:DEV:GRPX:PSU:SIG:SWHT:ON")
    rack.clock.sleep(60.0)
    for line in ("SIG:FSET:2", "SIG:RFST:0.5", "ACTN:RTOS"):
        assert supply.query(f"SET:DEV:GRPX:PSU:{line}").endswith(":VALID")
    rack.clock.sleep(60.0)
    assert float(supply.query("READ:DEV:GRPX:PSU:SIG:FLD").rsplit(":", 1)[1][:-1]) == pytest.approx(0.5, abs=2e-3)
    assert rack.cryostat.true_field_T() == 0.0
    assert supply.query("READ:DEV:GRPY:PSU:SIG:FLD") == "NOT_FOUND"
    manager.close()


def test_nothing_at_an_address(lock_in):
    for address in ("GPIB0::9::INSTR", "TCPIP0::10.0.0.1::7020::SOCKET", "USB0::1::2::SN::INSTR", "GPIB0::INTFC"):
        with pytest.raises(pyvisa.VisaIOError) as caught:
            lock_in.visalib.resource_manager.open_resource(address)
        assert caught.value.error_code == StatusCode.error_resource_not_found


def test_a_service_request_is_waited_for(lock_in):
    """The input overloads: LIA status into the status byte, and from there the request."""
    lock_in.write("*CLS;LIAE 4;*SRE 8;SLVL 5;SENS 26")
    lock_in.enable_event(EventType.service_request, EventMechanism.queue)
    waited = lock_in.wait_on_event(EventType.service_request, 100, capture_timeout=True)
    assert waited.timed_out
    lock_in.write("SENS 0")
    response = lock_in.wait_on_event(EventType.service_request, 3000)
    assert not response.timed_out
    assert response.event.event_type == EventType.service_request
    assert lock_in.read_stb() & 0x48 == 0x48
    assert lock_in.read_stb() & 0x48 == 0x08  # the poll took the request back, its reason is still there
    assert lock_in.wait_on_event(EventType.service_request, 100, capture_timeout=True).timed_out
    lock_in.query("LIAS?")
    lock_in.discard_events(EventType.service_request, EventMechanism.queue)
    lock_in.disable_event(EventType.service_request, EventMechanism.queue)
    with pytest.raises(pyvisa.VisaIOError) as caught:
        lock_in.wait_on_event(EventType.service_request, 100)
    assert caught.value.error_code == StatusCode.error_not_enabled


def test_waiting_the_way_of_gpib(lock_in):
    lock_in.write("*CLS;*SRE 16")
    lock_in.write("SENS?")  # a message is available
    lock_in.wait_for_srq(timeout=3000)
    assert lock_in.read() == "26"


def test_other_events_are_refused(lock_in):
    with pytest.raises(pyvisa.VisaIOError):
        lock_in.enable_event(EventType.trig, EventMechanism.queue)
    with pytest.raises(pyvisa.VisaIOError):
        lock_in.enable_event(EventType.service_request, EventMechanism.handler)


def test_specifications(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert parse("a.yaml") == Specification(tmp_path / "a.yaml")
    assert parse("a.yaml?seed=7&sample=s.yaml&orientation=x") == Specification(
        tmp_path / "a.yaml", tmp_path / "s.yaml", "x", 7
    )
    assert isinstance(parse("a.yaml").clock(), RealClock)
    assert isinstance(parse("a.yaml?clock=virtual").clock(), VirtualClock)
    assert isinstance(parse("a.yaml?speed=60").clock(), FastClock)
    (tmp_path / "odd?seed=1.yaml").write_text("", "utf-8")
    assert parse("odd?seed=1.yaml").station == tmp_path / "odd?seed=1.yaml"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no station file before @fluxoid"),
        ("?seed=1", "no station file before @fluxoid"),
        ("a.yaml?sed=1", "found the option 'sed'; expected sample, .* did you mean 'seed'"),
        ("a.yaml?seed=one", "seed: found 'one'; expected a whole number"),
        ("a.yaml?seed=-1", "seed: found '-1'"),
        ("a.yaml?seed", "seed: found no value"),
        ("a.yaml?seed=1&seed=2", "seed: found both '1' and '2'"),
        ("a.yaml?clock=fast", "clock: found 'fast'; expected 'real' or 'virtual'"),
        ("a.yaml?clock=virtual&speed=2", "speed: a virtual clock has none"),
        ("a.yaml?speed=0", "speed: found '0'; expected a number above 0"),
        ("a.yaml?speed=nan", "speed: found 'nan'"),
    ],
)
def test_wrong_specifications(text, message):
    with pytest.raises(ConfigurationError, match=message):
        pyvisa.ResourceManager(f"{text}@fluxoid")


def test_a_station_without_simulation_and_a_file_that_is_none(tmp_path):
    text = STATION.read_text("utf-8")
    real = text[: text.index("simulation:")].replace("backend: simulated", "backend: visa")
    (tmp_path / "real.yaml").write_text(real, "utf-8")
    with pytest.raises(ConfigurationError, match="'simulation' is missing"):
        pyvisa.ResourceManager(f"{tmp_path / 'real.yaml'}@fluxoid")
    with pytest.raises(ConfigurationError, match="there is no such file"):
        pyvisa.ResourceManager(f"{tmp_path / 'none.yaml'}@fluxoid")
    with pytest.raises(ConfigurationError, match="orientation: found 'sideways'; sample resistor has"):
        pyvisa.ResourceManager(f"{STATION}?orientation=sideways@fluxoid")


def test_another_process_finds_it_by_name_alone(tmp_path):
    program = (
        "import pyvisa, sys; r = pyvisa.ResourceManager(sys.argv[1]).open_resource('GPIB0::8::INSTR');"
        "print(r.query('*IDN?').strip())"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, f"{STATION}@fluxoid"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": str(CONFIGS.parent)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Stanford_Research_Systems,SR830")


def test_debug_info_for_pyvisa_info():
    assert "Version" in pyvisa_fluxoid.WRAPPER_CLASS.get_debug_info()

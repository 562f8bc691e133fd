"""``fluxoid station`` and ``fluxoid simulate``: asking changes nothing, what is missing is told, no file lost."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from fluxoid import simulate as simulate_module
from fluxoid.cli import main
from instruments.simulation.devices.multipyvu import first_frame
from instruments.simulation.rack import Box, Rack

HOME = Path(__file__).parents[2]
STATIONS = sorted((HOME / "configs" / "stations").glob("*.yaml"))
TESLATRON = HOME / "configs" / "stations" / "teslatron_pt12.yaml"
EXPERIMENT = HOME / "configs" / "experiments" / "nbs2_out_of_plane.yaml"


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def is_question(message: bytes) -> bool:
    """By the bytes alone: a query in every part of a line, a READ, a version, or a question of MultiPyVu's."""
    frame = first_frame(message) if b"{" in message else None
    if frame is not None:
        return frame["action"].endswith("?") or frame["action"] in ("START", "ALIVE", "CLOSE")
    if message.startswith(b"READ:") or message in (b"V", b"X", b"") or re.fullmatch(rb"R\d+", message):
        return True
    return all(re.fullmatch(rb"\s*:?\*?[A-Za-z0-9:]+\s*\?.*", part) for part in message.split(b";"))


def test_what_counts_as_a_question():
    for message in (b"*IDN?", b"SNAP? 1,2", b":SOUR:CURR?", b"RANGE? 0;RAMP? 0", b"READ:SYS:ALRM"):
        assert is_question(message)
    for message in (
        b"*CLS",
        b"*RST",
        b"SLVL0.004",
        b"SETP 0,4;*ESR?",
        b"SET:DEV:GRPZ:PSU:ACTN:HOLD",
        b"C3",
        b"OUTX 1",
    ):
        assert not is_question(message)


@pytest.mark.parametrize("station", STATIONS, ids=lambda path: path.stem)
def test_identifying_asks_everybody_and_sets_nothing(station, heard):
    result = run("station", station, "--identify")
    assert result.exit_code == 0, result.output
    assert "PROBLEM" not in result.output
    assert "firmware" in result.output
    assert heard
    assert [message for message in heard if not is_question(message)] == []


def test_identities_settings_and_alarms_are_told():
    output = run("station", TESLATRON, "--identify").output
    assert "magnet: mercury_ips at TCPIP0::192.168.1.11::7020::SOCKET" in output
    assert "OXFORD INSTRUMENTS MERCURY IPS, serial 152250046, firmware 2.5.04.000" in output
    assert "temperature, sample_thermometer: mercury_itc" in output
    assert "alarms = none" in output


def test_whoever_is_silent_or_another_is_told_and_the_rest_is_asked(edit_rack):
    def change(rack: Rack):
        rack.box("GPIB0::8::INSTR").go_silent()
        rack.box("GPIB0::12::INSTR").answer_as("KEITHLEY INSTRUMENTS INC.,MODEL 2400,1,C33")

    edit_rack(change)
    result = run("station", TESLATRON, "--identify")
    assert result.exit_code == 1
    assert "PROBLEM: lock_in: Sr830 at GPIB0::8::INSTR did not answer in time" in result.output
    assert (
        "found 'KEITHLEY INSTRUMENTS INC.,MODEL 2400,1,C33' there; the driver for it is keithley_2400"
        in result.output
    )
    assert "KEITHLEY INSTRUMENTS INC. MODEL 2182A" in result.output
    assert "2 of the addresses did not answer as declared" in result.output


def test_a_quench_is_told(edit_rack):
    edit_rack(lambda rack: rack.cryostat.quench("test"))
    output = run("station", TESLATRON, "--identify").output
    assert "status = quenched (quench detected" in output
    assert "alarms = GRPZ Quench detected" in output


def test_without_identify_the_file_is_checked_and_listed(heard):
    result = run("station", TESLATRON)
    assert result.exit_code == 0
    assert re.search(r"voltmeter +keithley_2182a +GPIB0::7::INSTR", result.output)
    assert heard == []
    result = run("station", HOME / "nothing.yaml")
    assert result.exit_code == 2
    assert "there is no such file" in result.output


def new(tmp_path, station, *words):
    path = tmp_path / "new.yaml"
    return path, run(
        "station", "new", "--backend", f"{station}?clock=virtual&seed=77@fluxoid", "--out", path, *words
    )


@pytest.mark.parametrize("station", STATIONS, ids=lambda path: path.stem)
def test_a_new_station_holds_what_answered_and_is_refused_until_filled_in(tmp_path, station, heard):
    path, result = new(tmp_path, station)
    assert result.exit_code == 0, result.output
    assert [message for message in heard if not is_question(message)] == []
    text = path.read_text("utf-8")
    for driver in set(re.findall(r"driver: (\w+)", station.read_text("utf-8"))):
        assert f"driver: {driver}" in text
    checked = run("check", EXPERIMENT, "--station", path)
    assert checked.exit_code == 2
    assert "limits.magnet.field: found 'fill in'; expected a field with unit" in checked.output
    blank_lines = {n for n, line in enumerate(text.splitlines(), 1) if ": fill in" in line}
    told = {int(n) for n in re.findall(r"new\.yaml:(\d+): ", checked.output)}
    assert blank_lines == told


def test_a_new_station_that_was_filled_in_is_good(tmp_path):
    path, _ = new(tmp_path, TESLATRON)
    text = path.read_text("utf-8")
    for key, value in {
        "group": "GRPZ",
        "switch": "true",
        "lock_in_ballast": "1 kOhm",
        "field": "12 T",
        "up_to": "12 T",
        "rate": "0.2 T/min",
        "sensor": "DB8.T1",
        "heater": "DB1.H1",
        "base": "1.5 K",
        "highest": "300 K",
        "current": "1 mA",
        "compliance": "10 V",
        "thermometer": "10 mK",
    }.items():
        text = re.sub(rf"\b{key}: fill in", f"{key}: {value}", text)
    text = text.replace("highest: 300 K, rate: 0.2 T/min", "highest: 300 K, rate: 5 K/min")
    text = text.replace("thermometer: 10 mK, field: 12 T", "thermometer: 10 mK, field: 0.1 %")
    path.write_text(text, "utf-8")
    result = run("station", path)
    assert result.exit_code == 0, result.output
    assert "fill in" not in re.sub("#.*", "", text)


def test_a_file_is_never_written_over(tmp_path, heard):
    (tmp_path / "new.yaml").write_text("mine\n", "utf-8")
    path, result = new(tmp_path, TESLATRON)
    assert result.exit_code == 2
    assert "exists already and is left as it is" in result.output
    assert path.read_text("utf-8") == "mine\n"
    assert heard == []


def test_buses_without_instruments_and_libraries_that_are_none(tmp_path, edit_rack):
    def all_silent(box, line):
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Box, "respond", all_silent)
        path, result = new(tmp_path, TESLATRON)
    assert result.exit_code == 1
    assert "does not answer *IDN? (no driver for it)" in result.output
    assert "nothing was written" in result.output
    assert not path.exists()
    result = run("station", "new", "--backend", "nonsense@nowhere", "--out", path)
    assert result.exit_code == 2
    assert "--backend: found 'nonsense@nowhere'" in result.output


def test_addresses_that_are_not_listed_are_asked_too(tmp_path):
    _, result = new(tmp_path, TESLATRON, "--address", "GPIB0::30::INSTR", "--address", "nonsense")
    assert result.exit_code == 0
    assert "GPIB0::30::INSTR: cannot be opened" in result.output
    assert "nonsense: cannot be opened" in result.output


@pytest.mark.parametrize("address", ["GPIB0::25::INSTR", "ASRL3::INSTR", "TCPIP0::10.0.0.1::4001::SOCKET"])
def test_oxfords_older_instruments_are_asked_their_version(tmp_path, address, heard):
    text = TESLATRON.read_text("utf-8").replace("driver: mercury_ips", "driver: ips_120")
    text = re.sub(r" +group: GRPZ.*\n", "", text).replace("TCPIP0::192.168.1.11::7020::SOCKET", address)
    (tmp_path / "old.yaml").write_text(text, "utf-8")
    path, result = new(tmp_path, tmp_path / "old.yaml")
    assert result.exit_code == 0, result.output
    assert "driver: ips_120" in path.read_text("utf-8")
    assert heard.count(b"V") == 1


def test_simulate_serves_until_it_is_stopped(tmp_path):
    """As a program of its own: what it prints is a rack that ``station --identify`` finds in order."""
    command = [sys.executable, "-m", "fluxoid", "simulate", str(TESLATRON), "--port-base", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HOME) as program:
        assert program.stdout is not None
        lines = []
        for line in program.stdout:
            lines.append(line)
            if line.startswith("serving"):
                break
        text = TESLATRON.read_text("utf-8").replace("backend: simulated", "backend: pyvisa-py")
        for served, declared in re.findall(r"(TCPIP0\S+SOCKET) .*in the station file (\S+)\)", "".join(lines)):
            text = text.replace(declared, served)
        (tmp_path / "tcp.yaml").write_text(text, "utf-8")
        result = run("station", tmp_path / "tcp.yaml", "--identify")
        assert result.exit_code == 0, result.output
        assert "OXFORD INSTRUMENTS MERCURY ITC" in result.output
        program.send_signal(signal.SIGTERM)
        assert program.stdout.read().strip() == "ended"
        assert program.wait(10.0) == 0


def test_other_computers_are_warned_of(monkeypatch):
    said, warned = [], []
    served = {"sample": None, "orientation": None, "seed": 1, "first_port": 0, "speed": 60.0}
    for host in ("127.0.0.1", "localhost", "0.0.0.0"):
        simulate_module.simulate(
            TESLATRON, host=host, say=said.append, warn=warned.append, stopped=lambda _: True, **served
        )
    assert len(warned) == 1
    assert "0.0.0.0" in warned[0]
    assert said.count("ended") == 3


def test_simulate_refuses_in_words(tmp_path):
    result = run("simulate", tmp_path / "none.yaml")
    assert result.exit_code == 2
    assert "there is no such file" in result.output
    result = run("simulate", TESLATRON, "--orientation", "sideways")
    assert result.exit_code == 2
    assert "orientation: found 'sideways'" in result.output


def test_a_data_server_is_not_asked_and_said_to_be_none_of_the_buses(tmp_path):
    _, result = new(tmp_path, TESLATRON, "--address", "mfli://192.168.1.51/dev1234")
    assert "mfli://192.168.1.51/dev1234: behind a data server, which is not asked" in result.output
    assert "Parsing error" not in result.output

"""``fluxoid magnet``: it asks before it moves anything, tells every step, and refuses what it cannot do."""

import signal
from contextlib import nullcontext

import pytest
from click.testing import CliRunner

from fluxoid import magnet as magnet_module
from fluxoid.cli import main
from fluxoid.magnet import Wish, work_magnet
from instruments.errors import MagnetQuenched, StoppedByOperator
from instruments.station_file import load_station
from tests.acceptance.campaigns import HOME
from tests.fluxoid.test_station_command import is_question

TESLATRON = HOME / "configs/stations/teslatron_pt12.yaml"
PPMS = HOME / "configs/stations/ppms_16t.yaml"


def run(*words, typed=""):
    return CliRunner().invoke(main, ["magnet", *(str(word) for word in words)], input=typed)


def persist(rack, field_T=3.0):
    """As somebody left it."""
    coil = rack.cryostat.magnet
    coil.coil_current_A = coil.noted_current_A = field_T / coil.tesla_per_ampere


def test_help_teaches():
    result = run("--help")
    assert result.exit_code == 0
    for words in ("--persistent", "--leave-persistent", "--field 3", "leads_rate", "Ctrl-C", "virtual time"):
        assert words in result.output


def test_without_a_wish_it_only_asks(heard, edit_rack):
    edit_rack(persist)
    result = run(TESLATRON)
    assert result.exit_code == 0
    assert "persistent, coil at 3.0000 T, supply at 0.0000 T" in result.output
    assert "fluxoid magnet STATION --leave-persistent" in result.output
    assert heard
    assert all(is_question(message) for message in heard)


def test_there_and_back(edit_rack):
    result = run(TESLATRON, "--persistent", "--field", "-0.5", "--rate", "0.5", "--leave-persistent", "--yes")
    assert result.exit_code == 0, result.output
    for words in ("1. ramp to -0.5 T", "heater off", "the coil stays", "the field is unchanged: -0.5000 T"):
        assert words in result.output
    assert "magnet is persistent: coil at -0.5000 T, supply at 0.0000 T" in result.output
    assert result.output.splitlines()[-1] == "the magnet: holding, coil and supply at -0.5000 T"


def test_a_no_moves_nothing(heard, edit_rack):
    edit_rack(persist)
    result = run(TESLATRON, "--leave-persistent", typed="n\n")
    assert result.exit_code == 130
    assert "remembers 3.0000 T" in result.output
    assert "nothing was moved" in result.output
    assert all(is_question(message) for message in heard)


def test_a_yes_opens_what_somebody_left(edit_rack):
    edit_rack(persist)
    result = run(TESLATRON, "--leave-persistent", typed="y\n")
    assert result.exit_code == 0, result.output
    assert "holding, coil and supply at 3.0000 T" in result.output


@pytest.mark.parametrize(
    ("station", "words", "expected"),
    [
        (PPMS, ["--persistent"], "no magnet with a persistent switch"),
        (TESLATRON, ["--persistent", "--field", "13"], "-12 to 12 T"),
        (TESLATRON, ["--persistent", "--field", "nan"], "-12 to 12 T"),
        (TESLATRON, ["--persistent", "--rate", "0.7"], "up to 0.6 T/min"),
        (TESLATRON, ["--field", "1"], "belong to --persistent"),
        (TESLATRON, ["--leave-persistent", "--field", "1"], "belong to --persistent"),
        (HOME / "nowhere.yaml", [], "nowhere.yaml"),
    ],
)
def test_refusals_set_nothing(heard, station, words, expected):
    result = run(station, *words, "--yes")
    assert result.exit_code == 2
    assert expected in result.output
    assert "Traceback" not in result.output
    assert all(is_question(message) for message in heard)


@pytest.mark.parametrize(
    ("at", "standing"),
    [
        ("heater off", "cooling the switch"),
        ("running the supply down", "persistent, coil at 1.0000 T, supply at 0.9"),
    ],
)
def test_ctrl_c_tells_how_it_stands(at, standing):
    lines = []

    def stop():
        return any(at in line for line in lines[5:])  # those before say what will be done

    with pytest.raises(StoppedByOperator, match="while: "):
        work_magnet(
            load_station(TESLATRON),
            Wish(persistent=True, field_T=1.0),
            lines.append,
            lambda _: True,
            lambda: nullcontext(stop),
        )
    assert lines[-1].partition("stopped; ")[2].startswith(f"the magnet: {standing}")


def test_a_stop_has_its_own_exit_code(monkeypatch):
    def stopped(*_):
        raise StoppedByOperator("stopped by the operator while: a test")

    monkeypatch.setattr(magnet_module, "go_persistent", stopped)
    assert run(TESLATRON, "--persistent", "--yes").exit_code == 130


def test_a_quench_on_the_way_is_told(edit_rack):
    racks = []
    edit_rack(lambda rack: (persist(rack), racks.append(rack)))
    lines = []

    def say(text):
        lines.append(text)
        if "heating the persistent switch" in text:
            racks[0].cryostat.quench("a test")

    with pytest.raises(MagnetQuenched):
        work_magnet(load_station(TESLATRON), Wish(leave=True), say, lambda _: True)
    assert "quenched" in lines[-1]
    assert "acknowledge the quench at the supply" in lines[-1]


def test_a_supply_that_falls_silent_on_the_way_is_told(edit_rack, monkeypatch):
    racks = []
    edit_rack(racks.append)
    leave = magnet_module.leave_persistent

    def cut(*arguments):
        racks[0].box(load_station(TESLATRON).plan().instruments["magnet"].address).go_silent()
        leave(*arguments)

    monkeypatch.setattr(magnet_module, "leave_persistent", cut)
    result = run(TESLATRON, "--leave-persistent", "--yes")
    assert result.exit_code == 1
    assert "ERROR: magnet: make_safe failed" in result.output
    assert "did not answer in time" in result.output
    assert "Traceback" not in result.output


def test_ctrl_c_at_the_question_is_a_no(monkeypatch):
    """The handler that asks a sequence to stop in order is not there yet."""
    installed = []

    def refuse(_):
        installed.append(signal.getsignal(signal.SIGINT))
        return False

    before = signal.getsignal(signal.SIGINT)
    assert not work_magnet(load_station(TESLATRON), Wish(leave=True), lambda _: None, refuse)
    assert installed == [before]


def test_a_real_ctrl_c_stops_in_order():
    lines = []

    def say(text):
        lines.append(text)
        if "running the supply down" in text and ":" in text[:3]:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(StoppedByOperator, match="while: "):
        work_magnet(load_station(TESLATRON), Wish(persistent=True, field_T=0.5), say, lambda _: True)
    assert "persistent, coil at 0.5000 T, supply at 0.4" in lines[-1]


def test_a_heater_that_is_found_on_has_its_switch_waited_for(edit_rack):
    """It is on for a second, and the switch takes 20: what is moved at once would meet it while it opens."""

    def just_turned_on(rack):
        coil = rack.cryostat.magnet
        coil.coil_current_A = coil.supply_current_A = 1.0 / coil.tesla_per_ampere
        coil.heater_on, coil.switch_warmth = True, 0.05

    edit_rack(just_turned_on)
    result = run(TESLATRON, "--leave-persistent", "--yes")
    assert result.exit_code == 0, result.output
    assert "giving the switch 30 s" in result.output
    assert "the coil follows" in result.output
    assert result.output.splitlines()[-1] == "the magnet: holding, coil and supply at 1.0000 T"

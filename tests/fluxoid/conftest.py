"""What several modules take: figures quick to draw, one recorded run, an ear and a hand on the rack."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from fluxoid import station_buses
from fluxoid.cli import main
from fluxoid.report import style
from instruments.simulation.rack import Box
from tests.acceptance.campaigns import write_experiment


@pytest.fixture(autouse=True)
def coarse(monkeypatch: pytest.MonkeyPatch):
    """Small pictures and fonts that are not cut to size: what is tested does not depend on either."""
    monkeypatch.setattr(style, "DPI", 30)
    monkeypatch.setitem(style._STYLE, "pdf.fonttype", 3)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a simulated run of one curve, in zero field; who changes something in it copies it first."""
    folder = tmp_path_factory.mktemp("recorded")
    path = write_experiment(folder, fields="0 T", rate="3 K/min")
    result = CliRunner().invoke(main, ["dry-run", str(path), "--out", str(folder / "run"), "--quiet"])
    assert result.exit_code == 0, result.output
    return folder / "run"


@pytest.fixture
def heard(monkeypatch):
    """Every message that any instrument was sent."""
    messages = []
    respond = Box.respond

    def listening(box, line):
        messages.append(line)
        return respond(box, line)

    monkeypatch.setattr(Box, "respond", listening)
    return messages


@pytest.fixture
def edit_rack(monkeypatch):
    """Lets a test touch the rack of a simulated station before it is asked."""

    def edit(change):
        build = station_buses.station_rack

        def changed(*arguments, **settings):
            rack = build(*arguments, **settings)
            change(rack)
            return rack

        monkeypatch.setattr(station_buses, "station_rack", changed)

    return edit

"""What several modules take: figures that are quick to draw, and one recorded run to look at."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from fluxoid.cli import main
from fluxoid.report import style
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

"""The one command that sets everything up: what it installs is pinned, and what cannot be had stops nothing."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import start

HOME = Path(__file__).parents[2]


def plain(name):
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", name)[0]).lower()


@pytest.mark.parametrize("extra", ["test", "foreign", None])
def test_every_requirement_is_pinned(extra):
    project = tomllib.loads((HOME / "pyproject.toml").read_text("utf-8"))["project"]
    required = project["dependencies"] if extra is None else project["optional-dependencies"][extra]
    pinned = {plain(line) for line in (HOME / "constraints.txt").read_text("utf-8").splitlines()}
    assert {plain(requirement) for requirement in required} <= pinned


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "WARNING: slow\nERROR: No matching distribution found for qcodes\nnotice\n",
            "No matching distribution found",
        ),
        ("killed\n", "killed"),
        ("", "pip does not say why"),
    ],
)
def test_without_others_programs_it_goes_on_in_a_line(monkeypatch, capsys, said, told):
    def fails(command, **_):
        assert command[-2:] == ["--editable", ".[foreign]"]
        return subprocess.CompletedProcess(command, 1, "", said)

    monkeypatch.setattr(subprocess, "run", fails)
    start.install_foreign()
    line = capsys.readouterr().out.splitlines()[-1]
    assert told in line
    assert "skipped" in line


def test_with_them_nothing_is_said(monkeypatch, capsys):
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0, "", ""))
    start.install_foreign()
    assert len(capsys.readouterr().out.splitlines()) == 1

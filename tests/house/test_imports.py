"""Import rules that import-linter cannot say: it does not look inside external packages."""

import ast
from pathlib import Path

HOME = Path(__file__).parents[2]


def imported_by(package):
    for path in (HOME / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield path, node.module


def test_procedures_use_pymeasure_for_experiments_only():
    found = [(path.name, name) for path, name in imported_by("procedures") if name.startswith("pymeasure")]
    assert found
    assert all(name == "pymeasure.experiment" for _, name in found)


def test_only_the_clock_sleeps():
    files = [
        p
        for package in ("instruments", "procedures", "analysis", "fluxoid", "pyvisa_fluxoid")
        for p in (HOME / package).rglob("*.py")
    ]
    sleepers = [
        path.relative_to(HOME).as_posix() for path in files if "time.sleep(" in path.read_text(encoding="utf-8")
    ]
    assert sleepers == ["instruments/clock.py"]

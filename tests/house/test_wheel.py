"""The wheel holds the tree, and nothing else; a foreign module of one of our names is noticed."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
PACKAGES = ("fluxoid", "instruments", "procedures", "analysis", "pyvisa_fluxoid")


def test_the_wheel_holds_exactly_the_tree(tmp_path):
    # from a copy: a build leaves a folder behind whose old files would go into the next wheel
    for package in PACKAGES:
        shutil.copytree(HOME / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(HOME / name, tmp_path / name)
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(tmp_path), str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    tree = {path.relative_to(HOME).as_posix() for package in PACKAGES for path in (HOME / package).rglob("*.py")}
    assert packed == tree


@pytest.mark.parametrize("name", ["analysis", "instruments", "procedures"])
def test_a_foreign_module_of_our_name_is_named(tmp_path, name):
    (tmp_path / f"{name}.py").write_text("mine = 1\n", encoding="utf-8")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.path.append({str(HOME)!r}); import fluxoid"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert ended.returncode != 0
    assert f"{name}.py" in ended.stderr
    assert "rename" in ended.stderr.lower()

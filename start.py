"""Set fluxoid up in its own virtual environment and run it: one command on Linux, macOS and Windows.

    python3 start.py dry-run [EXPERIMENT]    install, then run an experiment on the simulated rack
    python3 start.py test [PYTEST OPTIONS]   install with the test tools, then run tests and linters
    python3 start.py install                 install only

On Windows say `py start.py ...`. Only the standard library is used here. The environment is the folder .venv
beside this file; delete it to begin afresh.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

HOME = Path(__file__).resolve().parent
ENVIRONMENT = HOME / ".venv"
SCRIPTS = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
EXPERIMENT = "configs/experiments/nbs2_out_of_plane.yaml"


def main(arguments: list[str]) -> int:
    """Do what the first word says; returns the exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036  (whoever starts this with an older Python gets told so)
        print("fluxoid needs Python 3.11 or later; this is " + sys.version.split()[0], file=sys.stderr)
        return 2
    word, rest = (arguments or ["--help"])[0], arguments[1:]
    if word == "install" and not rest:
        install("")
        print(f"installed; the command is {SCRIPTS / 'fluxoid'}")
        return 0
    if word == "dry-run":
        install("")
        return run("-m", "fluxoid", "dry-run", *(rest or [EXPERIMENT]))
    if word == "test":
        install("[test]")
        install_foreign()
        return check(rest)
    print(__doc__)
    return 0 if word in ("-h", "--help") else 2


def install(extra: str) -> None:
    """Make the environment when there is none, and install this folder into it, editable."""
    if not PYTHON.exists():
        print(f"making a virtual environment in {ENVIRONMENT}", flush=True)
        venv.create(ENVIRONMENT, with_pip=True)
    print("installing fluxoid and what it needs (about a minute the first time)", flush=True)
    subprocess.run(pip("--editable", f".{extra}"), cwd=HOME, check=True)


def install_foreign() -> None:
    """Programs that others wrote, for the tests in tests/foreign; those are skipped where they cannot be had."""
    print("installing others' programs to test with (another minute the first time)", flush=True)
    wheels_only = ("--only-binary", ":all:", "--retries", "1")
    command = pip(*wheels_only, "--editable", ".[foreign]")
    done = subprocess.run(command, cwd=HOME, check=False, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["pip does not say why"]
        why = next((line for line in said if line.startswith("ERROR")), said[-1])
        print(f"they cannot be had here, and the tests that need them are skipped: {why}", flush=True)


def pip(*what: str) -> list[str]:
    """The command that installs something in the versions that are known to work together."""
    quietly = ("--quiet", "--disable-pip-version-check")
    return [str(PYTHON), "-m", "pip", "install", *quietly, "--constraint", "constraints.txt", *what]


def check(pytest_options: list[str]) -> int:
    """Tests and linters, all of them; the first exit code that is not zero."""
    codes = [
        run("-m", "ruff", "check", "."),
        run("-m", "ruff", "format", "--check", "."),
        run("-m", "mypy"),
        run("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"),
        run("-m", "pytest", *pytest_options),
    ]
    return next((code for code in codes if code), 0)


def run(*arguments: str) -> int:
    """One command of the environment's Python, in this folder."""
    print("$ python", " ".join(arguments), flush=True)
    return subprocess.run([str(PYTHON), *arguments], cwd=HOME, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as error:
        print(f"\nstopped: {' '.join(map(str, error.cmd))} ended with {error.returncode}", file=sys.stderr)
        sys.exit(error.returncode)

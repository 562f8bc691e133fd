"""The application: experiment files, run engine, recording, live view, report, command line."""

import importlib.util
from pathlib import Path

_HOME = Path(__file__).resolve().parent.parent


def _refuse_shadows() -> None:
    """instruments, procedures and analysis are common names: say so at once when another module took one."""
    for name in ("instruments", "procedures", "analysis"):
        spec = importlib.util.find_spec(name)
        found = Path(spec.origin).resolve() if spec and spec.origin else None
        if found != _HOME / name / "__init__.py":
            raise ImportError(
                f"fluxoid needs its own package {name!r}, but Python finds {found or 'none'}. Rename that file or"
                " folder, or run from another folder, or use a virtual environment that holds fluxoid alone."
            )


_refuse_shadows()

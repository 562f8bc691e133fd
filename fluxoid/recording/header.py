"""What is known of a run before its first point."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata

import h5py
import numpy as np

from instruments.roles import Identity, Scalar


def program_versions() -> dict[str, str]:
    """Versions of everything that shapes the bytes of a run."""
    try:
        fluxoid = metadata.version("fluxoid")
    except metadata.PackageNotFoundError:
        fluxoid = "not installed"
    return {
        "fluxoid": fluxoid,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "h5py": h5py.version.version,
        "hdf5": h5py.version.hdf5_version,
    }


@dataclass(frozen=True, slots=True)
class RunHeader:
    """The run as it was set up: the texts of its files and the rack as it answered at the start.

    ``experiment``, ``station`` and ``sample`` are the YAML texts, kept word for word; ``identities`` and
    ``instruments`` (the settings) are keyed by role. ``seed`` is None on a real rack.
    """

    title: str
    experiment: str
    station: str
    sample: str | None = None
    sample_name: str = ""
    seed: int | None = None
    simulated: bool = False
    identities: Mapping[str, Identity] = field(default_factory=dict)
    instruments: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=program_versions)

    def files(self) -> dict[str, str]:
        """Names and texts of the configuration files that are kept beside the data."""
        texts = {"experiment": self.experiment, "station": self.station, "sample": self.sample}
        return {f"{name}.yaml": text for name, text in texts.items() if text is not None}

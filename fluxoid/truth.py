"""The truth behind a simulated run, to stand beside its findings."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analysis.findings import Finding
from fluxoid.recording.record import RunRecord
from instruments.simulation.files import load_sample
from instruments.simulation.sample import Sample
from instruments.simulation.truth import truth_of

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SimulatedSample:
    """What a simulated run was made of."""

    sample: Sample
    orientation: str

    def truth(self, finding: Finding) -> float | None:
        """True value of a finding; None where the sample has none."""
        return truth_of(self.sample, finding.quantity, finding.conditions, finding.method)

    def resistance(self, kind: str, temperature_K: FloatArray, field_T: npt.ArrayLike) -> FloatArray | None:
        """Noise-free resistance: longitudinal for R(T), of the Hall contacts for R(B)."""
        temperature, field = np.broadcast_arrays(np.asarray(temperature_K, float), np.asarray(field_T, float))
        if kind == "R(T)":
            return self.sample.longitudinal_resistance(temperature, field, self.orientation)
        return self.sample.hall_resistance(temperature, field, self.orientation)


def simulated_sample(directory: Path, record: RunRecord) -> SimulatedSample | None:
    """The sample of a run directory, or None when the run was a real one."""
    path = directory / "sample.yaml"
    orientations = [str(curve.info.conditions.get("orientation", "")) for curve in record.curves]
    if not record.header.simulated or not path.exists() or not orientations:
        return None
    return SimulatedSample(load_sample(path).sample(), orientations[0])

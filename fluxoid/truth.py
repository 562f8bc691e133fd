"""The truth behind a simulated run, to stand beside its findings."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analysis.findings import Finding
from fluxoid.recording.record import RunRecord
from instruments.simulation.contact import PointContact
from instruments.simulation.files import load_sample
from instruments.simulation.kinds import AnySample
from instruments.simulation.specimen import ChannelKind
from instruments.simulation.truth import truth_of

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SimulatedSample:
    """What a simulated run was made of."""

    sample: AnySample
    orientation: str

    def truth(self, finding: Finding) -> float | None:
        """True value of a finding; None where the sample has none."""
        return truth_of(self.sample, finding.quantity, finding.conditions, finding.method)

    def resistance(
        self,
        kind: str,
        temperature_K: FloatArray,
        field_T: npt.ArrayLike,
        *,
        signal: ChannelKind | None = None,
        orientation: str | None = None,
        gate_V: npt.ArrayLike = 0.0,
    ) -> FloatArray | None:
        """Noise-free resistance in ohm of R(T), R(B) or R(Vg); None for other kinds. All arguments broadcast.

        ``signal`` names the contacts; without it R(B) is of the Hall contacts and the others longitudinal.
        ``orientation`` is that of the run unless given.
        """
        if kind not in ("R(T)", "R(B)", "R(Vg)"):
            return None
        contacts = signal or ("hall" if kind == "R(B)" else "longitudinal")
        given = (np.asarray(values, dtype=float) for values in (temperature_K, field_T, gate_V))
        temperature, field, gate = np.broadcast_arrays(*given)
        result = np.empty(temperature.shape)
        for voltage in np.unique(gate):
            here = gate == voltage
            result[here] = self.sample.resistance(
                contacts, temperature[here], field[here], orientation or self.orientation, float(voltage)
            )
        return result

    def conductance(
        self, bias_V: FloatArray, temperature_K: float, field_T: float, modulation_rms_V: float = 0.0
    ) -> FloatArray | None:
        """Noise-free dI/dV in S against the measured voltage, as a lock-in's modulation smears it.

        None for samples that are no contact.
        """
        if not isinstance(self.sample, PointContact):
            return None
        return self.sample.conductance(bias_V, temperature_K, field_T, modulation_rms_V)


def simulated_sample(directory: Path, record: RunRecord) -> SimulatedSample | None:
    """The sample of a run directory, or None when the run was a real one."""
    path = directory / "sample.yaml"
    orientations = [str(curve.info.conditions.get("orientation", "")) for curve in record.curves]
    if not record.header.simulated or not path.exists() or not orientations:
        return None
    return SimulatedSample(load_sample(path).sample(), orientations[0])

"""The law behind a dry run, for figures: any kind of sample, any kind of curve."""

from pathlib import Path

import numpy as np
import pytest

from analysis.findings import Finding, Verdict
from fluxoid.truth import SimulatedSample
from instruments.simulation.files import load_sample

SAMPLES = Path(__file__).parents[2] / "configs" / "samples"


def simulated(name: str, orientation: str = "out_of_plane") -> SimulatedSample:
    return SimulatedSample(load_sample(SAMPLES / f"{name}.yaml").sample(), orientation)


@pytest.mark.parametrize("name", ["2h_nbs2", "litio_vac", "litio_oxy", "litio_rrr52", "lto_kto", "lto_kto_plain"])
def test_every_resistive_sample_has_its_curves(name: str) -> None:
    sample = simulated(name)
    cold = sample.resistance("R(T)", np.linspace(0.1, 30.0, 20), 0.0)
    assert cold is not None
    assert cold.shape == (20,)
    assert cold[0] == pytest.approx(0.0, abs=1e-6)
    field_T = np.linspace(-9.0, 9.0, 31)
    hall = sample.resistance("R(B)", np.array(30.0), field_T)
    longitudinal = sample.resistance("R(B)", np.array(30.0), field_T, signal="longitudinal")
    assert hall is not None
    assert longitudinal is not None
    assert longitudinal == pytest.approx(longitudinal[::-1])
    assert np.all(np.diff(hall - hall[::-1]) != 0)
    assert sample.resistance("dI/dV", np.array(2.0), 0.0) is None
    assert sample.conductance(np.zeros(3), 2.0, 0.0) is None


def test_a_gate_line_of_the_interface() -> None:
    sample = simulated("lto_kto", "in_plane")
    gate_V = np.linspace(-200.0, 180.0, 39)
    line = sample.resistance("R(Vg)", np.array(0.9), 0.0, gate_V=gate_V)
    assert line is not None
    assert np.all(np.diff(line) < 0)
    assert line[[0, -1]] == pytest.approx([1650.0, 640.0])
    across = sample.resistance("R(Vg)", np.array(0.33), 0.5, gate_V=gate_V, orientation="out_of_plane")
    assert across is not None
    assert across == pytest.approx(line, rel=1e-6)  # four times the critical field


def test_spectra_of_a_contact() -> None:
    sample = simulated("litio_contact_vac")
    bias_V = np.linspace(-20e-3, 20e-3, 81) + 15e-6
    spectrum = sample.conductance(bias_V, 2.5, 0.0)
    assert spectrum is not None
    assert spectrum == pytest.approx(spectrum[::-1])
    assert spectrum[0] == pytest.approx(1 / 20.0, rel=0.01)
    normal = sample.conductance(bias_V, 12.0, 0.0)
    assert normal == pytest.approx(np.full(81, 1 / 20.0))
    warm = sample.resistance("R(T)", np.array([2.5, 12.0]), 0.0)
    assert warm is not None
    assert 1 / warm == pytest.approx([spectrum[40], 1 / 20.0], rel=1e-4)


def test_truth_of_a_finding() -> None:
    conditions = {"temperature_K": 0.33, "gate_V": 50.0, "orientation": "in_plane"}
    finding = Finding("resistance_peak_field", 0.91, 0.02, "T", Verdict.GOOD, conditions=conditions)
    assert simulated("lto_kto", "in_plane").truth(finding) == 0.9
    assert simulated("lto_kto_plain", "in_plane").truth(finding) is None

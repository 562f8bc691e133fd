"""Sample files and the simulated cryostat of a station file."""

import shutil
from pathlib import Path

import pytest

from instruments.errors import ConfigurationError
from instruments.simulation.files import cryostat_settings, load_sample
from instruments.simulation.sample import ArrheniusTruth, BrokenPowerLaw, FluxFlowTruth, ModifiedTruth, Parabolic
from instruments.simulation.thermal import InsertSettings
from instruments.station_file import load_station
from tests.edited import edit, with_line

CONFIGS = Path(__file__).parents[3] / "configs"
SHIPPED = CONFIGS / "samples" / "2h_nbs2.yaml"


@pytest.mark.parametrize("path", sorted((CONFIGS / "samples").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_sample_loads(path: Path) -> None:
    load_sample(path)


def test_the_shipped_sample_in_si_units() -> None:
    sample = load_sample(SHIPPED).sample()
    assert (sample.name, sample.thickness_m) == ("2H-NbS2", 2e-6)
    assert (sample.normal_state.residual_resistance_ohm, sample.normal_state.quadratic_ohm_per_K2) == (0.05, 2e-5)
    assert (sample.hall.carrier_density_per_m3, sample.hall.sign, sample.hall.misalignment) == (1.75e28, 1, 0.2)
    assert (sample.transition.tc_K, sample.transition.onset_K, sample.transition.zero_K) == (6.0, 6.17, 5.83)
    out, within = sample.orientations["out_of_plane"], sample.orientations["in_plane"]
    assert out.vortices == ArrheniusTruth(5.95, 1.6e5, 2.0, BrokenPowerLaw(0.1, 1228.76, 0.71, 1.67, 0.7))
    assert out.flux_flow == FluxFlowTruth(1.9, 4.0)
    assert within.vortices == ModifiedTruth(2.0, 6.0, 10.0, 2.0, Parabolic(4653.88, -0.77, 14.5))
    assert within.flux_flow is None
    assert sample.signal.voltage_noise_V_per_sqrtHz == 3e-9
    assert sample.signal.thermal_voltage_V == 150e-9
    assert sample.signal.thermal_drift_V_per_s == pytest.approx(2e-9 / 60, rel=1e-15)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("onset: 6.17 K", "onset: 5.9 K", "truth.transition.onset: found 5.9 K; expected more than tc, 6 K"),
        ("zero: 5.83 K", "zero: 6.1 K", "truth.transition.zero: found 6.1 K; expected less than tc, 6 K"),
        (
            "saturation: 2 ",
            "saturation: 0 ",
            "truth.orientations.out_of_plane.vortices.saturation: found 0; expected more than 0",
        ),
        (
            "full: 4.0 T",
            "full: 1.0 T",
            "truth.orientations.out_of_plane.flux_flow.full: found 1 T; expected more than onset, 1.9 T",
        ),
        (
            "prefactor: 10",
            "prefactor: 1.3",
            "truth.orientations.in_plane.vortices.prefactor: found 1.3; expected more than e/2 = 1.359, or it"
            " never becomes normal",
        ),
        (
            "kramer_field: 14.5 T",
            "kramer_field: -1 T",
            "truth.orientations.in_plane.vortices.activation_energy.kramer_field: found '-1 T'; expected more than"
            " 0 T",
        ),
        (
            "law: parabolic ",
            "law: parabola ",
            "truth.orientations.in_plane.vortices.activation_energy.law: found 'parabola'; expected 'power',"
            " 'broken_power' or 'parabolic'; did you mean 'parabolic'?",
        ),
        (
            "exponent_q: 2.0",
            "exponent_q: 2.0 K",
            "truth.orientations.in_plane.vortices.exponent_q: found '2.0 K', which is text; expected a number"
            " without unit",
        ),
        (
            "thickness: 2 um",
            "thickness: 2 us",
            "thickness: found '2 us', which is in microsecond; expected a length in m",
        ),
        ("  kind: crystal\n", "", "@truth:@truth: 'kind' is missing; expected KINDS"),
        (
            "kind: crystal",
            "kind: cristal",
            "truth.kind: found 'cristal'; expected KINDS; did you mean 'crystal'?",
        ),
        (
            "thickness: 2 um\n",
            "",
            "@# 2H@'thickness' is missing; the simulated Hall effect of a crystal needs it",
        ),
        (
            "carriers: holes",
            "carriers: hole",
            "truth.hall.carriers: found 'hole'; expected 'holes' or 'electrons'; did you mean 'holes'?",
        ),
    ],
)
def test_one_mistake_one_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    path = tmp_path / "x.yaml"
    shutil.copy(SHIPPED, path)
    text = edit(path, old, new)
    with pytest.raises(ConfigurationError) as caught:
        load_sample(path)
    expected = expected.replace("KINDS", "'crystal', 'film', 'point_contact' or 'interface'")
    assert caught.value.problems == (f"{path}:{with_line(text, new, expected)}",)


FILM_FILE = CONFIGS / "samples" / "litio_oxy.yaml"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "resistance_ratio: 2.3",
            "resistance_ratio: 2e6",
            "truth.normal_state.resistance_ratio: found 2e+06; phonons with this Debye temperature alone have"
            " R(300 K)/R(20 K) = 1.971e+04",
        ),
        (
            "width: 0.40 K",
            "width: 6 K",
            "truth.upper_critical_field.width: found 6 K; expected less than half of tc, 5.625 K",
        ),
        ("maki: 1.5", "maki: -1.5", "truth.upper_critical_field.maki: found -1.5; expected at least 0"),
        (
            "slope: 4.50 T/K",
            "slope: 4.50 T",
            "truth.upper_critical_field.slope: found '4.50 T', which is in tesla;"
            " expected a slope of a field in T/K",
        ),
    ],
)
def test_one_mistake_in_a_film(tmp_path: Path, old: str, new: str, expected: str) -> None:
    path = tmp_path / "x.yaml"
    shutil.copy(FILM_FILE, path)
    text = edit(path, old, new)
    with pytest.raises(ConfigurationError) as caught:
        load_sample(path)
    assert caught.value.problems == (f"{path}:{with_line(text, new, expected)}",)


INTERFACE_FILE = CONFIGS / "samples" / "lto_kto.yaml"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "[480 mK, 465 mK, ",
            "[480 mK, ",
            "truth.gated.tc: found 7 values; expected one for each of 8 gate voltages",
        ),
        ("-150 V, -100 V", "-100 V, -150 V", "truth.gated.gate: expected voltages that rise"),
        (
            "depth:             [92.2 mK, 68.6 mK, ",
            "depth:             [92.2 mK, ",
            "truth.reentrance.depth: found 7 values; expected one for each of 8 gate voltages",
        ),
        (
            "6.0 mK, 4.4 mK]",
            "6.0 mK, 0.5 mK]",
            "@depth: @truth.reentrance.depth: at ",
        ),
        ("width: 140 mK ", "width: 400 mK ", "truth.width: found 0.4 K; expected less than the lowest tc, 0.32 K"),
        (
            "per_volt: 4.5e14",
            "per_volt: 4.5e15",
            "truth.hall.per_volt: at -200 V it leaves -3e+17 carriers per m^2",
        ),
    ],
)
def test_one_mistake_in_an_interface(tmp_path: Path, old: str, new: str, expected: str) -> None:
    path = tmp_path / "x.yaml"
    shutil.copy(INTERFACE_FILE, path)
    text = edit(path, old, new)
    with pytest.raises(ConfigurationError) as caught:
        load_sample(path)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(f"{path}:{with_line(text, new, expected)}")


def test_an_interface_needs_no_thickness_and_a_contact_none_either() -> None:
    for name in ("lto_kto", "litio_contact_vac"):
        file = load_sample(CONFIGS / "samples" / f"{name}.yaml")
        assert file.thickness_m is None
        assert tuple(file.sample().orientations) == ("out_of_plane", "in_plane")
        assert file.missing_orientation("in_plane") is None


def test_electrons_and_a_plain_power_law(tmp_path: Path) -> None:
    text = SHIPPED.read_text("utf-8").replace("carriers: holes", "carriers: electrons")
    start, end = text.index("          law: parabolic"), text.index("  signal:")
    law = "          {law: power, field: 1 T, energy: 100 K, exponent: 0.5}\n"
    path = tmp_path / "x.yaml"
    path.write_text(text[:start] + law + text[end:], "utf-8")
    sample = load_sample(path).sample()
    assert sample.hall.sign == -1
    law_truth = sample.orientations["in_plane"].vortices.activation_energy
    assert (law_truth.field_T, law_truth.energy_K, law_truth.exponent) == (1.0, 100.0, 0.5)  # type: ignore[union-attr]  # this law


def test_a_real_sample_needs_no_truth(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("name: crystal 7\nthickness: 300 nm\n")
    sample = load_sample(path)
    assert sample.thickness_m == 3e-7
    assert sample.missing_orientation("in_plane") == "sample crystal 7 has no 'truth'; a dry run is made of it"
    with pytest.raises(ConfigurationError, match="sample crystal 7: 'truth' is missing; a dry run is made of it"):
        sample.sample()


def test_the_simulated_cryostat_of_the_shipped_station(tmp_path: Path) -> None:
    shipped = CONFIGS / "stations" / "teslatron_pt12.yaml"
    settings = cryostat_settings(load_station(shipped))
    assert (settings.inductance_H, settings.tesla_per_ampere, settings.voltage_limit_V) == (25.0, 0.11, 5.0)
    assert (settings.lead_resistance_ohm, settings.switch_fitted, settings.switch_time_s) == (0.005, True, 20.0)
    assert settings.field_noise_T == 2e-5
    assert settings.thermal == InsertSettings(
        base_K=1.5,
        insert_time_constant_s=40.0,
        sample_time_constant_s=20.0,
        sensor_lag_s=0.3,
        heater_power_W=50.0,
        sensor_noise_K=0.0003,
        start_K=300.0,
    )
    assert settings.voltmeter_noise_V == 2e-9
    assert (settings.thermometer_accuracy_K, settings.field_accuracy) == (0.003, 0.0003)
    text = shipped.read_text("utf-8").split("simulation:")[0].replace("backend: simulated", "backend: visa")
    (tmp_path / "x.yaml").write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match="'simulation' is missing"):
        cryostat_settings(load_station(tmp_path / "x.yaml"))

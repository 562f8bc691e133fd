"""The experiment file with the station and sample it names."""

import shutil
from pathlib import Path

import pytest

from fluxoid.experiment import ExperimentFile, load_experiment
from fluxoid.measure.readouts import DcReversalSection, LockInSection
from instruments.configuration import json_schema
from instruments.errors import ConfigurationError
from tests.edited import edit, with_line

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture
def configs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped files, in the working directory."""
    shutil.copytree(CONFIGS, tmp_path / "configs")
    monkeypatch.chdir(tmp_path)
    return Path("configs")


def problems(path: Path, **replaced: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_experiment(path, **replaced)
    return list(caught.value.problems)


OUT = "experiments/nbs2_out_of_plane.yaml"
PLACE = "configs/experiments/nbs2_out_of_plane.yaml"


@pytest.mark.parametrize("path", sorted((CONFIGS / "experiments").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_experiment_loads(path: Path) -> None:
    assert load_experiment(path).simulation_problems() == []


def test_the_shipped_experiment_in_si_units() -> None:
    experiment = load_experiment(CONFIGS / OUT)
    cooling, hall = experiment.file.measure
    assert cooling.kind == "R(T)"
    assert cooling.fields_T == (0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1, 1.3, 1.5, 1.8, 2, 2.2, 2.5, 3, 6, 12)
    assert (cooling.start_K, cooling.stop_K, cooling.mode, cooling.rate_K_per_min) == (7.0, 1.6, "sweep", 0.1)
    assert (cooling.field_rate_T_per_min, cooling.warm_to_K, cooling.warm_rate_K_per_min) == (0.3, 8.0, 2.0)
    assert isinstance(cooling.readout, LockInSection)
    lock_in = cooling.readout
    assert (lock_in.current_A, lock_in.frequency_Hz, lock_in.time_constant_s) == (0.004, 137.0, 0.3)
    assert (lock_in.filter_slope_dB, lock_in.sensitivity_V) == (12, 0.0005)
    assert hall.kind == "R(B)"
    assert (hall.signal, hall.temperatures_K[0], hall.start_T, hall.stop_T) == ("hall", 10.0, -12.0, 12.0)
    assert (hall.field_rate_T_per_min, hall.temperature_rate_K_per_min) == (0.2, 2.0)
    assert isinstance(hall.readout, DcReversalSection)
    dc = hall.readout
    assert (dc.current_A, dc.compliance_V, dc.integration_plc, dc.range_V) == (0.008, 1.0, 10.0, 0.01)
    assert experiment.station_file.name == "TeslatronPT 12 T"
    assert experiment.sample_file.name == "2H-NbS2"
    assert experiment.station_path.resolve() == (CONFIGS / "stations/teslatron_pt12.yaml").resolve()


def test_defaults_of_steps_and_readouts(configs: Path) -> None:
    path = configs / "experiments" / "x.yaml"
    path.write_text(
        "title: x\nstation: ../stations/teslatron_pt12.yaml\nsample: ../samples/2h_nbs2.yaml\n"
        "orientation: in_plane\n"
        "measure:\n- {kind: R(T), fields: [1 T], from: 2 K, to: 7 K, mode: steps, step: 50 mK, rate: 1 K/min,"
        " field_rate: 0.3 T/min, readout: {kind: lock_in, current: 1 mA, frequency: 17 Hz, sensitivity: 1 mV}}\n"
        "- {kind: R(B), temperature: 4 K, from: 0 T, to: 1 T, field_rate: 0.3 T/min,"
        " readout: {kind: dc_reversal, current: 1 mA, range: 10 mV}}\n"
    )
    steps, field = load_experiment(path).file.measure
    assert steps.kind == "R(T)"
    assert (steps.step_K, steps.settle_tolerance_K, steps.settle_s, steps.readings_per_step) == (0.05, 0.003, 60, 5)
    assert (steps.warm_to_K, steps.warm_rate_K_per_min) == (7.0, 2.0)
    assert isinstance(steps.readout, LockInSection)
    assert (steps.readout.time_constant_s, steps.readout.filter_slope_dB) == (0.3, 12)
    assert field.kind == "R(B)"
    assert (field.signal, field.temperature_rate_K_per_min) == ("longitudinal", 2.0)
    assert isinstance(field.readout, DcReversalSection)
    assert (field.readout.compliance_V, field.readout.integration_plc) == (1.0, 5.0)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "rate: 0.1 K/min",
            "rate: 0.1",
            "measure #1.rate: found 0.1; expected a ramp rate with unit, such as '0.1 K/min'",
        ),
        (
            "[0 T, 0.1 T",
            "[0 T, 100 mK",
            "measure #1.fields #2: found '100 mK', which is in millikelvin; expected a field in T",
        ),
        (
            "mode: sweep ",
            "mode: step ",
            "measure #1.mode: found 'step'; expected 'sweep' or 'steps'; did you mean 'steps'?",
        ),
        (
            "mode: sweep ",
            "mode: steps ",
            "@- kind: R(T)@measure #1: 'step' is missing; mode 'steps' needs a temperature difference,"
            " such as '50 mK'",
        ),
        (
            "mode: sweep ",
            "step: 9 K\n    mode: steps ",
            "measure #1.step: found 9 K; expected at most the way from 'from' to 'to', 5.4 K",
        ),
        (
            "mode: sweep ",
            "step: 1 K\n    mode: sweep ",
            "measure #1.step: 'step' belongs to mode 'steps'; this is mode 'sweep'",
        ),
        ("to: 1.6 K", "to: 7 K", "measure #1.to: found 7 K; expected another temperature than from"),
        ("to: 12 T", "to: -12 T", "measure #2.to: found -12 T; expected another field than from"),
        (
            "warm_to: 8 K",
            "warm_to: 6 K",
            "measure #1.warm_to: found 6 K; expected at least the highest temperature of the curve, 7 K",
        ),
        (
            "kind: R(B)",
            "kind: R(H)",
            "measure #2.kind: found 'R(H)'; expected 'R(T)', 'R(B)', 'R(Vg)' or 'dI/dV'; did you mean 'R(T)'?",
        ),
        (
            "filter_slope: 12",
            "filter_slope: 10",
            "measure #1.readout.filter_slope: found 10; expected 6, 12, 18 or 24",
        ),
        (
            "integration: 10 ",
            "integration: 100 ",
            "measure #2.readout.integration: found 100; expected at least 0.01 and at most 60",
        ),
        (
            "current: 8 mA",
            "curent: 8 mA",
            "measure #2.readout: unknown key 'curent'; did you mean 'current'? allowed here: kind,"
            " current, compliance, integration, range",
        ),
        ("current: 8 mA", "current: 0 mA", "measure #2.readout.current: found '0 mA'; expected more than 0 A"),
        (
            "orientation: out_of_plane",
            "orientation: out_of_plan",
            "orientation: found 'out_of_plan'; sample 2H-NbS2 has 'out_of_plane' and 'in_plane'; did you"
            " mean 'out_of_plane'?",
        ),
        (
            "orientation: out_of_plane",
            "orientation: H c",
            "orientation: found 'H c'; expected one word of lower-case letters, digits and '_'",
        ),
        (
            "../samples/2h_nbs2.yaml",
            "../samples/2h_nbse2.yaml",
            "sample: found '../samples/2h_nbse2.yaml'; configs/samples/2h_nbse2.yaml: there is no such"
            " file; did you mean configs/samples/2h_nbs2.yaml?",
        ),
        (
            "../stations/teslatron_pt12.yaml",
            "../stations",
            "station: found '../stations'; configs/stations: this is a folder; expected a YAML file",
        ),
    ],
)
def test_one_mistake_one_line(configs: Path, old: str, new: str, expected: str) -> None:
    text = edit(configs / OUT, old, new)
    assert problems(configs / OUT) == [f"{PLACE}:{with_line(text, new, expected)}"]


def test_an_empty_list_of_measurements(configs: Path) -> None:
    text = (configs / OUT).read_text("utf-8").split("measure:")[0]
    (configs / OUT).write_text(text + "measure: []\n", "utf-8")
    expected = (
        "the list is empty; expected a list; each item: a section with kind: 'R(T)', 'R(B)', 'R(Vg)' or 'dI/dV'"
    )
    assert problems(configs / OUT) == [f"{PLACE}:{text.count(chr(10)) + 1}: measure: {expected}"]


def test_mistakes_of_all_three_files_come_at_once(configs: Path) -> None:
    edit(configs / OUT, "rate: 0.1 K/min", "rate: 0.1")
    edit(configs / "stations/teslatron_pt12.yaml", "field: 12 T", "field: 12")
    edit(configs / "samples/2h_nbs2.yaml", "tc: 6.00 K", "tc: 6")
    found = [(text.split(":")[0], text.split(": ")[1]) for text in problems(configs / OUT)]
    assert found == [
        (PLACE, "measure #1.rate"),
        ("configs/stations/teslatron_pt12.yaml", "limits.magnet.field"),
        ("configs/samples/2h_nbs2.yaml", "truth.transition.tc"),
    ]


def test_other_files_may_be_given(configs: Path) -> None:
    other = Path(shutil.copy(configs / "samples/2h_nbs2.yaml", configs / "other.yaml"))
    edit(other, "name: 2H-NbS2", "name: other")
    experiment = load_experiment(configs / OUT, sample=other)
    assert (experiment.sample_file.name, experiment.sample_path) == ("other", other)
    assert problems(configs / OUT, sample="others.yaml") == ["others.yaml: there is no such file"]


def test_a_real_station_needs_no_truth_but_a_dry_run_does(configs: Path) -> None:
    station = configs / "stations/teslatron_pt12.yaml"
    (configs / "samples/2h_nbs2.yaml").write_text("name: crystal\nthickness: 2 um\n")
    missing = "configs/samples/2h_nbs2.yaml:1: 'truth' is missing; a dry run is made of it"
    assert problems(configs / OUT) == [missing]
    station.write_text(edit(station, "backend: simulated", "backend: visa").split("simulation:")[0], "utf-8")
    experiment = load_experiment(configs / OUT)
    assert experiment.simulation_problems() == [
        "configs/stations/teslatron_pt12.yaml:1: 'simulation' is missing; a dry run needs this section",
        missing,
    ]


def test_settings_that_only_the_lock_in_at_the_hall_contacts_lacks(configs: Path) -> None:
    edit(
        configs / "stations/dilution_9t.yaml",
        "sr830\n    address: GPIB0::9",
        "signal_recovery_7265\n    address: GPIB0::9",
    )
    experiment = load_experiment(configs / "experiments/lto_kto_transport.yaml")
    station = experiment.station_file.plan()
    refused = [list(measurement.refusals(station)) for measurement in experiment.file.measure]
    assert refused[0] == []
    ((place, text),) = refused[1]
    assert place == ("readout",)
    assert text.startswith("asked for a time constant of 0.3 s; the 7265 has none, the nearest is 0.2 s")


def test_later_problems_find_their_line(configs: Path) -> None:
    text = load_experiment(configs / OUT).problem(("measure", 0, "fields", 16), "found 12 T; allowed is 9 T")
    line = with_line(
        (configs / OUT).read_text("utf-8"), "fields:", "measure #1.fields #17: found 12 T; allowed is 9 T"
    )
    assert text == f"{PLACE}:{line}"


def test_json_schema_names_the_keys_of_the_file() -> None:
    schema = json_schema(ExperimentFile)
    assert {"title", "station", "sample", "orientation", "measure"} == set(schema["required"])
    assert "field_rate" in schema["$defs"]["ResistanceFieldSection"]["properties"]

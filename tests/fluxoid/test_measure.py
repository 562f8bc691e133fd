"""Gate sweeps, spectra and lists of R(B) in an experiment file: curves in order, and one message per mistake."""

from pathlib import Path

import pytest

from fluxoid.check import describe, prepare
from fluxoid.experiment import load_experiment
from instruments.errors import ConfigurationError

CONFIGS = Path(__file__).parents[2] / "configs"
LOCK_IN = "{kind: lock_in, current: 100 nA, frequency: 17.3 Hz, sensitivity: 1 mV}"
MAP = f"""
  - kind: R(Vg)
    temperatures: [90 mK, 330 mK]
    fields: [0 T, 1 T]
    from: -20 V
    to: 20 V
    step: 10 V
    temperature_rate: 20 mK/min
    field_rate: 0.1 T/min
    readout: {LOCK_IN}
"""
SPECTRUM = """
  - kind: dI/dV
    temperatures: [2.5 K, 5 K]
    fields: [0 T, 1 T]
    order: [field, temperature]
    current: 400 uA
    modulation: 2 uA
    frequency: 731 Hz
    sensitivity: 1 mV
    range: 100 mV
    temperature_rate: 2 K/min
    field_rate: 0.5 T/min
"""


@pytest.fixture
def written(tmp_path):
    def write(measure, station="dilution_9t", sample="lto_kto", orientation="in_plane"):
        path = tmp_path / "experiment.yaml"
        head = f"title: t\nstation: {CONFIGS}/stations/{station}.yaml\nsample: {CONFIGS}/samples/{sample}.yaml\n"
        path.write_text(f"{head}orientation: {orientation}\nmeasure:{measure}", encoding="utf-8")
        return path

    return write


def contact(written, measure):
    return written(measure, "ppms_16t", "litio_contact_vac", "out_of_plane")


def names(path):
    return [curve.info.name for curve in prepare(load_experiment(path)).campaign.curves]


def test_the_lines_of_a_map_go_to_and_fro(written):
    assert names(written(MAP)) == [
        "rg_01_0.09K_0T_up",
        "rg_02_0.09K_1T_down",
        "rg_03_0.33K_0T_up",
        "rg_04_0.33K_1T_down",
    ]


@pytest.mark.parametrize(
    ("directions", "ways"), [("one", ["up"] * 4), ("both", ["up", "down"] * 4), ("zigzag", ["up", "down"] * 2)]
)
def test_directions(written, directions, ways):
    path = written(MAP + f"    directions: {directions}\n")
    assert [name.rsplit("_", 1)[1] for name in names(path)] == ways


def test_the_other_order_of_axes_has_its_price_told(written):
    """One field ramp of 10 min in the one order (and back), two in the other; the gate lines are the same."""
    told = describe(prepare(load_experiment(written(MAP))))
    assert "in the order [temperature, field] the run takes" in told
    assert "[field, temperature] would take" in told


def test_spectra_in_the_order_of_the_file(written):
    assert names(contact(written, SPECTRUM)) == [
        "iv_01_2.5K_0T",
        "iv_02_5K_0T",
        "iv_03_2.5K_1T",
        "iv_04_5K_1T",
    ]


def test_isotherms_out_and_back(written):
    text = (CONFIGS / "experiments" / "litio_vac.yaml").read_text("utf-8")
    assert "back: true" in text
    found = [
        (curve.procedure.from_here, curve.procedure.until_normal)
        for curve in prepare(load_experiment(CONFIGS / "experiments" / "litio_vac.yaml")).campaign.curves
        if curve.info.kind == "R(B)"
    ]
    assert found[:4] == [(False, True), (True, False)] * 2


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("to: 20 V", "to: 200 V", "allowed is -200 to 180 V"),
        ("step: 10 V", "step: 50 V", "expected at most the way from 'from' to 'to', 40 V"),
        ("step: 10 V", "step: 10 V\n    slew: 3 V/s", "allowed is 1e-06 to 2 V/s"),
        ("1 T]", "10 T]", "the magnet is allowed -9 to 9 T"),
        ("330 mK]", "3 K]", "asked for a temperature of 3 K"),
        ("step: 10 V", "step: 10 V\n    order: [field, field]", "found 'field' twice"),
        ("step: 10 V", "step: 10 V\n    directions: up", "found 'up'; expected 'one', 'zigzag' or 'both'"),
    ],
)
def test_one_mistake_in_a_map_one_message(written, old, new, expected):
    with pytest.raises(ConfigurationError) as caught:
        prepare(load_experiment(written(MAP.replace(old, new))))
    assert len(caught.value.problems) == 1
    assert expected in caught.value.problems[0]
    assert "experiment.yaml:" in caught.value.problems[0]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("modulation: 2 uA", "modulation: 100 uA", "expected at most a seventh of the bias current"),
        ("current: 400 uA", "current: 40 mA", "asked for a current of 0.0400028 A"),
        ("sensitivity: 1 mV", "sensitivity: 3 mV", "the nearest is 0.002 V"),
        ("    current: 400 uA\n", "", "'current' is missing"),
    ],
)
def test_one_mistake_in_a_spectrum_one_message(written, old, new, expected):
    with pytest.raises(ConfigurationError) as caught:
        prepare(load_experiment(contact(written, SPECTRUM.replace(old, new))))
    assert len(caught.value.problems) == 1
    assert expected in caught.value.problems[0]


def test_a_station_without_a_gate(written):
    path = written(MAP.replace("20 mK", "2 K").replace("90 mK, 330 mK", "2 K, 4 K"), "ppms_16t", "litio_vac")
    with pytest.raises(ConfigurationError, match="has no gate, which this measurement needs"):
        prepare(load_experiment(path))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "temperature: 4 K\n    temperatures: [4 K]\n    from: 0 T\n    to: 1 T",
            "found both of 'temperature' and",
        ),
        ("from: 0 T\n    to: 1 T", "found neither of 'temperature' and 'temperatures'"),
        ("temperature: 4 K\n    mode: steps", "'fields' is missing; mode 'steps' needs a list of fields"),
        ("temperature: 4 K\n    to: 1 T", "'from' is missing; mode 'sweep' needs a field"),
        (
            "temperature: 4 K\n    from: 0 T\n    to: 1 T\n    fields: [0 T, 1 T]",
            "'fields' belongs to mode 'steps'",
        ),
    ],
)
def test_ways_to_ask_for_a_field_sweep(written, text, expected):
    measure = f"\n  - kind: R(B)\n    {text}\n    field_rate: 0.3 T/min\n    readout: {LOCK_IN}\n"
    with pytest.raises(ConfigurationError) as caught:
        load_experiment(written(measure, "ppms_16t", "litio_vac", "out_of_plane"))
    assert len(caught.value.problems) == 1
    assert expected in caught.value.problems[0]

"""An MFLI in the place of the SR830: the same curve, and the commands of a station take it."""

import numpy as np
import pytest
from click.testing import CliRunner

from fluxoid import simulate as simulate_module
from fluxoid.cli import main
from fluxoid.recording import load_run
from instruments.roles import ReadingFlag
from tests.acceptance.campaigns import HOME, SHORT, cold, simulated_file
from tests.edited import edit
from tests.instruments.simulated_station import MFLI_ADDRESS, teslatron_with

NORMAL_K = 6.5


def experiment_with(folder, station, sensitivity="0.7 mV", to="5.7 K"):
    path = folder / f"with_{station.stem}.yaml"
    sample = HOME / "configs/samples/2h_nbs2.yaml"
    text = SHORT.format(
        station=station, sample=sample, fields="0 T", to=to, rate="1 K/min", orientation="out_of_plane"
    )
    path.write_text(text.replace("500 uV", sensitivity), "utf-8")
    return path


def curve_of(folder, station, sensitivity):
    folder.mkdir()
    bench = simulated_file(folder, experiment_with(folder, cold(station), sensitivity))
    outcome = bench.engine().run()
    assert outcome.status == "finished", outcome.reason
    (curve,) = load_run(bench.directory).curves
    assert not curve.flags.any()
    return curve.columns["temperature_K"], curve.columns["resistance_ohm"]


def normal(temperature, resistance):
    """Normal resistance at 6.75 K and its standard error, from a parabola through what is above the transition."""
    chosen = temperature > NORMAL_K
    powers = np.vander(temperature[chosen] - 6.75, 3)
    fit, (squares,), *_ = np.linalg.lstsq(powers, resistance[chosen], rcond=None)
    covariance = np.linalg.inv(powers.T @ powers) * squares / (chosen.sum() - 3)
    return fit[2], np.sqrt(covariance[2, 2])


def midpoint(temperature, resistance):
    """Where the curve crosses half of the normal resistance, from the readings around it."""
    half = 0.5 * resistance[temperature > NORMAL_K].mean()
    near = np.abs(resistance / half - 1) < 0.6
    return np.polyfit(resistance[near] - half, temperature[near], 1)[1]


def test_the_same_curve_as_with_an_sr830(tmp_path):
    """Both have 3 nV/sqrt(Hz) in 1/(8 x 0.3 s): 0.5 uOhm at 4 mA. An MFLI meets 4 V within 1.4e-5."""
    first = curve_of(tmp_path / "a", teslatron_with(tmp_path, "sr830", "GPIB0::8::INSTR"), "500 uV")
    second = curve_of(tmp_path / "b", teslatron_with(tmp_path), "0.7 mV")
    (first_ohm, first_error_ohm), (second_ohm, second_error_ohm) = normal(*first), normal(*second)
    error_ohm = np.hypot(first_error_ohm, second_error_ohm)
    assert error_ohm < 0.5e-6
    assert first_ohm == pytest.approx(second_ohm, abs=4 * error_ohm + 1.4e-5 * first_ohm)
    assert midpoint(*first) == pytest.approx(midpoint(*second), abs=2e-3)  # the sensor's noise is 0.3 mK a reading
    assert len(first[0]) == pytest.approx(len(second[0]), abs=2)


def test_an_overload_is_flagged_and_the_range_found(tmp_path):
    """20 mA through 50 mOhm are 1 mV rms, 1.4 mV peak: more than the range of 1 mV, less than that of 3 mV."""
    station = cold(teslatron_with(tmp_path))
    edit(station, "lock_in_ballast: 1 kOhm", "lock_in_ballast: 200 Ohm")
    path = experiment_with(tmp_path, station, to="6.8 K")
    edit(path, "current: 4 mA", "current: 20 mA")
    bench = simulated_file(tmp_path, path)
    outcome = bench.engine().run()
    assert outcome.status == "finished", outcome.reason
    (curve,) = load_run(bench.directory).curves
    assert curve.flags[0] & ReadingFlag.OVERLOAD.value
    assert curve.flags[1] & ReadingFlag.RANGE_CHANGED.value
    assert not curve.flags[2:].any()
    assert bench.station.lock_in.read_sensitivity() == 2e-3


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_check_and_dry_run_take_it(tmp_path):
    path = experiment_with(tmp_path, teslatron_with(tmp_path), to="6.6 K")
    checked = run("check", path)
    assert checked.exit_code == 0, checked.output
    done = run("dry-run", path, "--out", tmp_path / "run")
    assert done.exit_code == 0, done.output


def test_check_names_the_nearest_full_scale(tmp_path):
    path = experiment_with(tmp_path, teslatron_with(tmp_path), sensitivity="500 uV")
    checked = run("check", path)
    assert checked.exit_code != 0
    assert "sensitivity of 0.0005 V; the MFLI has none, the nearest is 0.0007 V" in checked.output


def test_station_identify_shows_it(tmp_path):
    shown = run("station", teslatron_with(tmp_path), "--identify")
    assert shown.exit_code == 0, shown.output
    assert f"lock_in: mfli at {MFLI_ADDRESS}\n  Zurich Instruments MFLI, serial dev1234, firmware " in shown.output
    assert "    output_on = no\n" in shown.output


@pytest.mark.parametrize(
    ("address", "more", "words"),
    [
        (
            "GPIB0::8::INSTR",
            "",
            "found 'GPIB0::8::INSTR'; expected a data server and a device, such as 'mfli://192",
        ),
        ("mfli://192.168.1.51", "", "expected a data server and a device"),
        (MFLI_ADDRESS, "    input: floating\n", "lock_in.input: found 'floating'; expected 'differential' or"),
        (
            MFLI_ADDRESS,
            "    reference_input: ref in\n",
            "lock_in.reference_input: found 'ref in'; expected 'aux input 1'",
        ),
    ],
)
def test_a_mistake_in_its_section_is_named(tmp_path, address, more, words):
    checked = run("station", teslatron_with(tmp_path, address=address, more=more))
    assert checked.exit_code != 0
    assert words in checked.output


def test_simulate_says_that_it_is_not_served(tmp_path):
    said = []
    simulate_module.simulate(
        teslatron_with(tmp_path),
        None,
        None,
        seed=1,
        host="127.0.0.1",
        first_port=0,
        speed=1.0,
        say=said.append,
        warn=said.append,
        stopped=lambda _: True,
    )
    (line,) = [line for line in said if "mfli" in line.partition("(")[0]]
    assert line.split("  ")[1] == "not served"
    assert f"(in the station file {MFLI_ADDRESS}): how its data server talks to programs is not public" in line
    assert sum("::SOCKET  " in line for line in said) == 4

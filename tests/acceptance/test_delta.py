"""R(T) by delta mode on the simulated rack: a 6221 that reverses by itself, its 2182A on the serial port."""

import numpy as np
import pytest

from fluxoid.check import prepare
from fluxoid.experiment import load_experiment
from fluxoid.recording import load_run
from instruments.errors import ConfigurationError
from instruments.roles import ReadingFlag
from tests.acceptance.campaigns import HOME, SHORT, cold_station, simulated_file
from tests.edited import edit

DELTA = HOME / "configs/stations/teslatron_pt12_delta.yaml"
READOUT = "readout: {{kind: delta, current: 8 mA, range: 10 mV{more}}}"
#: The station's 2 nV of a conversion; eight readings rest on ten conversions (weights 1, 3, 4 ... 4, 3, 1 over 32).
NOISE_V = 2e-9 * np.sqrt(2 * 1 + 2 * 9 + 6 * 16) / 32
#: The sensor's, by its station file.
SENSOR_NOISE_K = 0.3e-3


def experiment(folder, station=None, to="5.5 K", more="", sample=HOME / "configs/samples/2h_nbs2.yaml"):
    path = folder / "experiment.yaml"
    text = SHORT.format(
        station=station or cold_station(folder, DELTA.stem),
        sample=sample,
        fields="0 T",
        to=to,
        rate="0.3 K/min",
        orientation="out_of_plane",
    )
    head, _, _ = text.partition("readout:")
    path.write_text(head + READOUT.format(more=more) + "\n", "utf-8")
    return path


def curve(bench):
    outcome = bench.engine().run()
    assert outcome.status == "finished", outcome.reason
    (curve,) = load_run(bench.directory).curves
    return curve


def truth(bench, temperature_K):
    cryostat = bench.rack.cryostat
    true_K = temperature_K - cryostat.thermometer_offset_K
    return cryostat.sample.longitudinal_resistance(true_K, 0.0, "out_of_plane")


def test_a_curve_is_right_within_its_noise(tmp_path):
    bench = simulated_file(tmp_path, experiment(tmp_path))
    found = curve(bench)
    temperature, resistance = found.columns["temperature_K"], found.columns["resistance_ohm"]
    assert not found.flags.any()
    assert temperature.size > 50
    # below the transition: neither 150 nV of thermal voltage (19 uOhm) nor its drift, and the noise of the average
    zero = resistance[temperature < 5.6]
    expected_ohm = NOISE_V / 8e-3
    assert abs(zero.mean()) < 5 * expected_ohm / np.sqrt(zero.size)
    assert zero.std() == pytest.approx(expected_ohm, rel=5 / np.sqrt(2 * zero.size))
    # above it and in it: the truth at the temperature of the instant, within the noise of voltage and sensor
    slope = (truth(bench, temperature + 1e-3) - truth(bench, temperature - 1e-3)) / 2e-3
    # a reading ended anywhere within the last cycle of 110 ms, in which the sample moves by 0.55 mK
    error_ohm = np.hypot(expected_ohm, slope * np.hypot(SENSOR_NOISE_K, 0.55e-3 / np.sqrt(12)))
    pull = (resistance - truth(bench, temperature)) / error_ohm
    assert abs(pull[slope > 0.05].mean()) < 5 / np.sqrt(np.sum(slope > 0.05))
    assert np.abs(pull).max() < 5.0


def test_a_source_in_compliance_is_flagged_at_every_point(tmp_path):
    """Leads of 20 Ohm: 8 mA need 160 mV."""
    found = curve(simulated_file(tmp_path, experiment(tmp_path, to="6.8 K", more=", compliance: 150 mV")))
    assert found.flags.size > 5
    assert all(ReadingFlag.IN_COMPLIANCE in ReadingFlag(int(flags)) for flags in found.flags)


def test_a_voltmeter_that_is_not_there_ends_the_run_with_its_name(tmp_path):
    bench = simulated_file(tmp_path, experiment(tmp_path, to="6.8 K"))
    bench.box("delta_meter").instrument.delta.mode.nanovoltmeter = None
    outcome = bench.engine().run()
    assert outcome.status != "finished"
    assert "no 2182A answers on its serial port" in outcome.reason
    assert not bench.rack.cryostat.dc_output_on


def test_the_shipped_experiment_is_accepted():
    path = HOME / "configs/experiments/nbs2_delta.yaml"
    assert len(prepare(load_experiment(path)).campaign.curves) == 4


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (", averages: 0", "averages"),
        (", averages: 301", "averages"),
        (", delay: 0.5 ms", "delta delay of 0.0005 s; allowed is 0.001 to"),
        (", compliance: 50 mV", "compliance of 0.05 V; allowed is 0.1 to 105 V"),
        (", compliance: 11 V", "compliance of 11 V; allowed is 0 to 10 V"),
        (", range: 200 V", "voltage range of input 1 of 200 V"),
    ],
)
def test_what_the_instruments_do_not_have_is_refused_with_the_file(tmp_path, more, problem):
    path = experiment(tmp_path, more=more)
    if "range" in more:
        edit(path, "range: 10 mV, ", "")
    with pytest.raises(ConfigurationError, match=problem):
        prepare(load_experiment(path))


def test_contacts_at_the_other_input_are_refused(tmp_path):
    station = tmp_path / "station.yaml"
    text = DELTA.read_text("utf-8")
    text = text.replace("longitudinal_channel: 1", "longitudinal_channel: 2").replace(
        "hall_channel: 2", "hall_channel: 1"
    )
    station.write_text(text, "utf-8")
    with pytest.raises(
        ConfigurationError, match=r"delta mode reads the voltmeter's input 1; .* longitudinal contacts"
    ):
        prepare(load_experiment(experiment(tmp_path, station)))


def test_a_station_without_a_delta_meter(tmp_path):
    with pytest.raises(ConfigurationError, match="delta_meter"):
        prepare(load_experiment(experiment(tmp_path, HOME / "configs/stations/teslatron_pt12.yaml")))

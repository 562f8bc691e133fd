"""Experiments that ask for a persistent magnet: every curve quiet, the way back at the end, and its price."""

import re

import pytest

from fluxoid.check import prepare
from fluxoid.experiment import load_experiment
from fluxoid.recording import load_run
from fluxoid.schedule import SWITCH_S
from instruments.errors import ConfigurationError
from tests.acceptance.campaigns import HOME, simulated_file, write_experiment


def persistent_experiment(folder, **changes):
    path = write_experiment(folder, **changes)
    text = path.read_text("utf-8").replace("    warm_to:", "    persistent: true\n    warm_to:")
    path.write_text(text, "utf-8")
    return path


def test_an_experiment_with_a_persistent_magnet(tmp_path):
    """Each curve with the supply at zero; at the end the switch is open and the field zero."""
    path = persistent_experiment(tmp_path, fields="0.3 T, 0.5 T", to="6.8 K", rate="5 K/min")
    bench = simulated_file(tmp_path, path)
    coil = bench.rack.cryostat.magnet
    supplies_T, fields_T = [], []

    class Looks:
        def update(self, status):
            if status.phase.startswith("R(T)"):
                supplies_T.append(coil.supply_field_T)
                fields_T.append(coil.coil_field_T)

    engine = bench.engine()
    engine._view = Looks()
    outcome = engine.run()
    assert outcome.status == "finished", outcome.reason
    assert max(map(abs, supplies_T)) < 1e-3
    assert {round(field_T, 2) for field_T in fields_T} == {0.3, 0.5}
    assert coil.switch_open
    assert not coil.quenched
    assert coil.coil_field_T == pytest.approx(0.0, abs=2e-3)
    record = load_run(bench.directory)
    told = [event.text for event in record.events]
    for field in (r"0\.(2999|300\d) T", r"0\.(4999|500\d) T"):
        assert any(
            re.match(rf"the magnet is persistent: coil at {field}, supply at 0\.000\d T", text) for text in told
        )
        assert any(re.search(f"the field is unchanged: {field}", text) for text in told)
    assert all(curve.complete for curve in record.curves)
    for curve, field_T in zip(record.curves, (0.3, 0.5), strict=True):
        assert curve.columns["field_T"] == pytest.approx(field_T, abs=2e-3)
        assert max(curve.columns["field_T"]) == min(curve.columns["field_T"])  # no noise of a supply in it


def test_a_run_that_is_stopped_says_that_its_magnet_is_persistent(tmp_path):
    path = persistent_experiment(tmp_path, fields="0.3 T", to="5 K", rate="5 K/min")
    bench = simulated_file(tmp_path, path)
    coil = bench.rack.cryostat.magnet

    def stop():
        return coil.coil_field_T > 0.29 and not coil.switch_open and coil.supply_field_T < 0.2

    outcome = bench.engine(stop).run()
    assert outcome.status == "interrupted"
    last = load_run(bench.directory).events[-1]
    assert last.level == "warning"
    assert re.search(r"persistent, coil at 0\.(2999|300\d) T, supply at 0\.", last.text)
    assert "fluxoid magnet STATION --leave-persistent" in last.text


def test_a_magnet_without_a_switch_is_refused(tmp_path):
    path = persistent_experiment(tmp_path)
    text = (
        (HOME / "configs/stations/teslatron_pt12.yaml").read_text("utf-8").replace("switch: true", "switch: false")
    )
    station = tmp_path / "station.yaml"
    station.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match=r"persistent.*no persistent switch"):
        prepare(load_experiment(path, station=station))


def test_its_time_counts_the_switch_and_the_supply(tmp_path):
    """0.3 T at 0.6 T/min are 30 s for the supply; with the switch and 20 s of arrival, there and back."""
    (tmp_path / "a").mkdir()
    without = prepare(load_experiment(write_experiment(tmp_path / "a", fields="0.3 T"))).campaign
    with_it = prepare(load_experiment(persistent_experiment(tmp_path, fields="0.3 T"))).campaign
    assert with_it.expected_s - without.expected_s == pytest.approx(2 * (SWITCH_S + 30 + 20))

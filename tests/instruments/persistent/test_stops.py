"""Persistent mode when somebody presses Ctrl-C between steps, or the magnet quenches there."""

import pytest

from instruments.errors import MagnetQuenched, StoppedByOperator
from instruments.simulation.magnet import MagnetModel
from instruments.station import Station
from procedures.persistent import go_persistent
from procedures.switch import describe, leave_persistent
from tests.instruments.persistent.person import Operator, persist, supply_T
from tests.instruments.simulated_station import SimulatedStation, later
from tests.instruments.test_every_magnet import coil_T

#: Words that are told at the beginning of a step.
STEPS = ("heater off", "the switch is closed", "running the supply down")
WAY_BACK = ("leaving persistent mode", "supply and coil match")


@pytest.mark.parametrize("words", STEPS)
def test_ctrl_c_on_the_way_there(
    simulated: SimulatedStation, station: Station, operator: Operator, model: MagnetModel, words: str
) -> None:
    """It stops at the next look, holds, can be described, and the same command goes on from there."""
    operator.when(words, operator.stop)
    with pytest.raises(StoppedByOperator, match="while: "):
        go_persistent(operator.bench, 1.0, 0.6)
    assert station.make_safe() == []
    told = describe(operator.magnet)
    assert "T" in told
    assert "ramping" not in told
    stood_T = supply_T(simulated)
    later(station, 600.0)
    assert coil_T(simulated) == pytest.approx(1.0, abs=2e-3)
    assert supply_T(simulated) == pytest.approx(stood_T, abs=1e-4)
    assert not model.quenched
    operator.when("never", operator.stop)
    go_persistent(operator.bench, 1.0, 0.6)
    assert coil_T(simulated) == pytest.approx(1.0, abs=2e-3)
    assert supply_T(simulated) == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("words", WAY_BACK)
def test_ctrl_c_on_the_way_back(
    simulated: SimulatedStation, station: Station, operator: Operator, model: MagnetModel, words: str
) -> None:
    persist(model, 1.0)
    operator.when(words, operator.stop)
    with pytest.raises(StoppedByOperator, match="while: "):
        leave_persistent(operator.bench, operator.magnet)
    assert station.make_safe() == []
    later(station, 600.0)
    assert coil_T(simulated) == pytest.approx(1.0, abs=2e-3)
    assert not model.quenched
    operator.when("never", operator.stop)
    leave_persistent(operator.bench, operator.magnet)
    assert model.switch_open
    assert not model.quenched
    assert coil_T(simulated) == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize("words", ["to be held", *STEPS])
def test_a_quench_on_the_way_there(
    simulated: SimulatedStation, station: Station, operator: Operator, model: MagnetModel, words: str
) -> None:
    operator.when(words, lambda: simulated.cryostat.quench("a test"))
    with pytest.raises(MagnetQuenched, match="quench"):
        go_persistent(operator.bench, 1.0, 0.6)
    assert station.make_safe() == []
    assert not model.heater_on
    with pytest.raises(MagnetQuenched):
        leave_persistent(operator.bench, operator.magnet)
    with pytest.raises(MagnetQuenched):
        operator.magnet.start_supply_ramp(0.5, 0.1)


@pytest.mark.parametrize("words", WAY_BACK)
def test_a_quench_on_the_way_back(
    simulated: SimulatedStation, operator: Operator, model: MagnetModel, words: str
) -> None:
    persist(model, 1.0)
    operator.when(words, lambda: simulated.cryostat.quench("a test"))
    with pytest.raises(MagnetQuenched, match="quench"):
        leave_persistent(operator.bench, operator.magnet)
    assert not model.heater_on

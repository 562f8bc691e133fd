"""Persistent mode there and back, of every magnet with a switch, and the supply moved alone."""

import math
from dataclasses import replace

import pytest

from instruments.errors import GuardTripped, LimitError, RefusedError
from instruments.limits import MagnetLimits
from instruments.roles import MagnetState
from instruments.simulation.magnet import MagnetModel
from instruments.station import Station
from procedures.bench import Bench
from procedures.moves import go_to_field
from procedures.persistent import go_persistent
from procedures.switch import describe, leave_persistent
from tests.instruments.persistent.person import SWITCHED, Operator, persist, supply_T
from tests.instruments.simulated_station import SimulatedStation, later
from tests.instruments.test_every_magnet import coil_T


def with_limits(station: Station, operator: Operator, limits: MagnetLimits) -> Bench:
    operator.magnet.limits = limits
    return Bench(replace(station, limits=replace(station.limits, magnet=limits)))


@pytest.mark.parametrize("simulated", SWITCHED, indirect=True)
@pytest.mark.parametrize("field_T", [0.5, -0.4])
def test_there_and_back(
    simulated: SimulatedStation, station: Station, operator: Operator, model: MagnetModel, field_T: float
) -> None:
    bench, magnet = operator.bench, operator.magnet
    go_persistent(bench, field_T, 0.6)
    assert magnet.status().state is MagnetState.PERSISTENT
    assert not model.heater_on
    assert not model.switch_open
    assert coil_T(simulated) == pytest.approx(field_T, abs=2e-3)
    assert supply_T(simulated) == pytest.approx(0.0, abs=1e-3)
    assert magnet.read_field() == pytest.approx(field_T, abs=2e-3)
    assert bench.persistent_T == pytest.approx(field_T, abs=2e-3)
    words = "\n".join(operator.heard)
    for step in ("to be held", "heater off", "the switch is closed", "the coil stays", "magnet is persistent"):
        assert step in words
    later(station, 3600.0)
    leave_persistent(bench, magnet)
    assert magnet.status().state is MagnetState.HOLDING
    assert model.switch_open
    assert not model.quenched
    assert coil_T(simulated) == pytest.approx(field_T, abs=2e-3)
    assert bench.persistent_T is None
    words = "\n".join(operator.heard)
    for step in ("leaving persistent mode", "match", "heating the persistent switch", "the field is unchanged"):
        assert step in words
    go_to_field(bench, 0.2, 0.6)
    assert coil_T(simulated) == pytest.approx(0.2, abs=2e-3)


def test_at_the_present_field_and_twice(simulated: SimulatedStation, operator: Operator) -> None:
    go_to_field(operator.bench, 0.5, 0.6)
    go_persistent(operator.bench, None, 0.6)
    go_persistent(operator.bench, 0.5, 0.6)
    assert coil_T(simulated) == pytest.approx(0.5, abs=2e-3)
    assert supply_T(simulated) == pytest.approx(0.0, abs=1e-3)


def test_at_zero(simulated: SimulatedStation, operator: Operator, model: MagnetModel) -> None:
    go_persistent(operator.bench, 0.0, 0.6)
    assert operator.magnet.status().state is MagnetState.PERSISTENT
    leave_persistent(operator.bench, operator.magnet)
    assert model.switch_open
    assert coil_T(simulated) == pytest.approx(0.0, abs=2e-3)


def test_the_next_field_of_a_run_leaves_persistent_mode_first(
    simulated: SimulatedStation, operator: Operator, model: MagnetModel
) -> None:
    go_persistent(operator.bench, 1.0, 0.6)
    go_persistent(operator.bench, 0.4, 0.6)
    assert coil_T(simulated) == pytest.approx(0.4, abs=2e-3)
    assert not model.switch_open
    assert not model.quenched
    go_to_field(operator.bench, 0.0, 0.6)
    assert model.switch_open


def test_left_by_somebody_else(
    simulated: SimulatedStation, station: Station, operator: Operator, model: MagnetModel
) -> None:
    """A run leaves it alone and names the command; the command brings it back."""
    persist(model, 3.0)
    with pytest.raises(GuardTripped, match=r"fluxoid magnet STATION --leave-persistent"):
        go_to_field(operator.bench, 1.0, 0.3)
    with pytest.raises(GuardTripped, match=r"persistent at 3 T"):
        go_persistent(operator.bench, 1.0, 0.3)
    assert coil_T(simulated) == pytest.approx(3.0)
    assert "coil at 3.0000 T, supply at" in describe(operator.magnet)
    leave_persistent(operator.bench, operator.magnet)
    assert model.switch_open
    assert coil_T(simulated) == pytest.approx(3.0, abs=2e-3)


def test_a_switch_that_is_open_already_follows(
    simulated: SimulatedStation, operator: Operator, model: MagnetModel
) -> None:
    go_to_field(operator.bench, -0.5, 0.6)
    leave_persistent(operator.bench, operator.magnet)
    assert operator.heard[-1] == "the coil follows"
    assert coil_T(simulated) == pytest.approx(-0.5, abs=2e-3)


def test_the_supply_moves_alone_only_behind_a_closed_switch(
    simulated: SimulatedStation, station: Station, operator: Operator
) -> None:
    magnet = operator.magnet
    magnet.set_switch_heater(True)
    with pytest.raises(RefusedError, match=r"still moving.*coil would follow"):
        magnet.start_supply_ramp(0.5, 0.1)
    later(station, 120.0)
    with pytest.raises(RefusedError, match=r"switch is open.*coil would follow"):
        magnet.start_supply_ramp(0.5, 0.1)
    later(station, 60.0)
    assert supply_T(simulated) == 0.0


def test_limits_of_the_leads(
    simulated: SimulatedStation, station: Station, operator: Operator, model: MagnetModel
) -> None:
    """1.2 T/min are twice what the coil may see; behind the switch they make 0.2 T in 10 s."""
    persist(model, 1.0)
    magnet = operator.magnet
    for target_T, rate in ((0.6, 1.2), (12.1, 0.1), (math.nan, 0.1), (0.6, 0.0)):
        with pytest.raises(LimitError):
            magnet.start_supply_ramp(target_T, rate)
    magnet.limits = replace(station.limits.magnet, leads_rate_T_per_min=1.2)
    magnet.start_supply_ramp(0.6, 1.2)
    later(station, 10.0)
    assert supply_T(simulated) == pytest.approx(0.2, abs=1e-3)
    magnet.hold()
    stood_T = supply_T(simulated)
    later(station, 60.0)
    assert supply_T(simulated) == pytest.approx(stood_T, abs=1e-4)
    assert coil_T(simulated) == pytest.approx(1.0)


def test_no_rate_of_the_leads_is_left_for_the_coil(
    simulated: SimulatedStation, station: Station, operator: Operator, model: MagnetModel
) -> None:
    """After there and back with fast leads, a ramp that somebody starts at the panel goes at the coil's rate."""
    bench = with_limits(station, operator, replace(station.limits.magnet, leads_rate_T_per_min=1.2))
    go_persistent(bench, 1.0, 0.6)
    leave_persistent(bench, operator.magnet)
    simulated.cryostat.advance()
    assert model.rate_A_per_s * 60 * model.tesla_per_ampere <= 0.6 * 1.001


@pytest.mark.parametrize("field_T", [8.0, -8.0, 12.0, -12.0])
def test_at_a_bound_of_ranges_and_at_the_end_of_the_reach(
    simulated: SimulatedStation, station: Station, operator: Operator, model: MagnetModel, field_T: float
) -> None:
    """There the noise of a reading must not make a field one beyond the magnet, or a rate one too fast."""
    slow = station.limits.magnet
    segments = tuple(replace(s, max_rate_T_per_min=2 * s.max_rate_T_per_min) for s in slow.segments)
    bench = with_limits(station, operator, replace(slow, segments=segments))
    persist(model, field_T)
    model.supply_current_A = 0.95 * model.coil_current_A
    leave_persistent(bench, operator.magnet)
    assert model.switch_open
    go_persistent(bench, None, 1.2)
    assert coil_T(simulated) == pytest.approx(field_T, abs=2e-3)
    assert supply_T(simulated) == pytest.approx(0.0, abs=1e-3)

"""Persistent mode there and back, of every magnet with a switch, and what may go wrong on the way."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from instruments.errors import (
    DeadlineExceeded,
    GuardTripped,
    LimitError,
    MagnetQuenched,
    RefusedError,
    StoppedByOperator,
)
from instruments.limits import MagnetLimits
from instruments.opening import open_station
from instruments.roles import MagnetState, MagnetStatus
from instruments.simulation.magnet import MagnetModel
from instruments.station import Station
from procedures.bench import Bench
from procedures.guards import standard_guards
from procedures.moves import go_to_field
from procedures.persistent import go_persistent
from procedures.switch import describe, leave_persistent
from tests.instruments.simulated_station import SimulatedStation
from tests.instruments.test_every_magnet import coil_T, later, rack

SWITCHED = ("mercury_ips", "ami T/min", "ami kG/s", "ips 120", "4g kG", "4g A, echoes")


class Operator:
    """Hears every event of a run, and may press Ctrl-C or break something at one of them."""

    def __init__(self, station: Station) -> None:
        self.heard: list[str] = []
        self.at = ""
        self.act: Callable[[], None] | None = None
        self._stops = False
        self.bench = Bench(station, standard_guards(station), lambda: self._stops, self._hear)
        assert station.magnet is not None
        self.magnet: Any = station.magnet

    def stop(self) -> None:
        self._stops = True

    def when(self, words: str, act: Callable[[], None]) -> None:
        self.at, self.act, self._stops = words, act, False

    def _hear(self, _level: str, text: str) -> None:
        self.heard.append(text)
        if self.act is not None and self.at in text:
            act, self.act = self.act, None
            act()


@pytest.fixture(params=SWITCHED)
def simulated(request: pytest.FixtureRequest, tmp_path: Path) -> SimulatedStation:
    return rack(request.param, tmp_path)


@pytest.fixture
def station(simulated: SimulatedStation) -> Iterator[Station]:
    station = open_station(simulated.plan, simulated.clock, simulated.manager)
    yield station
    assert station.close() == []


@pytest.fixture
def operator(station: Station) -> Operator:
    return Operator(station)


@pytest.fixture
def model(simulated: SimulatedStation) -> MagnetModel:
    return simulated.cryostat.magnet


def supply_T(simulated: SimulatedStation) -> float:
    simulated.cryostat.advance()
    return simulated.cryostat.magnet.supply_field_T


def persist(model: MagnetModel, field_T: float) -> None:
    """As if somebody had left it so: the coil at a field, the supply at zero."""
    model.coil_current_A = model.noted_current_A = field_T / model.tesla_per_ampere


@pytest.mark.parametrize("field_T", [1.0, -0.7])
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


STEPS = {
    "heater off": "to_field",
    "the switch is closed": "closed",
    "running the supply down": "closed",
}
WAY_BACK = {"leaving persistent mode": "closed", "supply and coil match": "matched"}


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


def test_a_heater_that_stays_on_though_the_supply_calls_it_off(
    simulated: SimulatedStation, operator: Operator, model: MagnetModel
) -> None:
    """The supply's own memory says 1 T all the way; only its voltage tells that the coil follows."""

    def stick() -> None:
        model.heater_stuck = True

    operator.when("heater off", stick)
    with pytest.raises(GuardTripped, match=r"heater is off.*the coil follows.*switch is not closed"):
        go_persistent(operator.bench, 1.0, 0.6)
    assert operator.magnet.read_field() == pytest.approx(1.0, abs=2e-3)
    assert coil_T(simulated) > 0.97
    assert coil_T(simulated) == supply_T(simulated)


def test_a_heater_that_stays_off_though_the_supply_calls_it_on(
    simulated: SimulatedStation, operator: Operator, model: MagnetModel
) -> None:
    persist(model, 1.0)
    model.heater_stuck = False
    with pytest.raises(GuardTripped, match=r"heater is on.*does not seem to follow.*1\.0000 T"):
        leave_persistent(operator.bench, operator.magnet)
    assert coil_T(simulated) == pytest.approx(1.0)
    assert supply_T(simulated) == pytest.approx(1.0, abs=1e-3)
    assert not model.quenched


def test_a_heater_flag_that_stays_on(
    simulated: SimulatedStation, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Supplies that read the flag back refuse themselves; of the others the procedure asks it after the wait."""
    go_to_field(operator.bench, 1.0, 0.6)
    magnet, box = operator.magnet, simulated.cryostat.magnet
    monkeypatch.setattr(type(box), "heated", property(lambda self: self.switch_fitted and not switched_off))
    switched_off = False

    def lying(on: bool, *, checked: bool = True) -> bool:
        nonlocal switched_off
        switched_off = not on
        return True

    monkeypatch.setattr(type(box), "set_heater", lambda self, on, *, checked=True: lying(on, checked=checked))
    with pytest.raises(
        (GuardTripped, RefusedError), match=r"turned off, and the supply (does not say so|says that)"
    ):
        go_persistent(operator.bench, None, 0.6)
    assert coil_T(simulated) == pytest.approx(1.0, abs=2e-3)
    assert supply_T(simulated) == pytest.approx(1.0, abs=1e-3)
    assert magnet.read_supply_field() == pytest.approx(1.0, abs=2e-3)


def test_a_ramp_flag_that_comes_late_is_waited_for(
    simulated: SimulatedStation, station: Station, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For 20 s after every hold the supply still says that it ramps."""
    magnet = operator.magnet
    truth, hold = magnet.status, magnet.hold
    held_at_s = -math.inf

    def held() -> None:
        nonlocal held_at_s
        hold()
        held_at_s = station.clock.now()

    def late() -> MagnetStatus:
        status: MagnetStatus = truth()
        resting = status.state in (MagnetState.HOLDING, MagnetState.PERSISTENT)
        return (
            replace(status, state=MagnetState.RAMPING)
            if resting and station.clock.now() < held_at_s + 20
            else status
        )

    monkeypatch.setattr(magnet, "hold", held)
    monkeypatch.setattr(magnet, "status", late)
    go_persistent(operator.bench, 0.5, 0.6)
    leave_persistent(operator.bench, magnet)
    assert coil_T(simulated) == pytest.approx(0.5, abs=2e-3)


def test_one_that_never_comes_leaves_the_switch_alone(
    operator: Operator, model: MagnetModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_to_field(operator.bench, 0.5, 0.6)
    monkeypatch.setattr(operator.magnet, "status", lambda: MagnetStatus(MagnetState.RAMPING))
    with pytest.raises(GuardTripped, match=r"still says that it ramps.*left as it is"):
        go_persistent(operator.bench, None, 0.6)
    assert model.switch_open


def test_a_coil_field_that_cannot_be_is_not_believed(operator: Operator, model: MagnetModel) -> None:
    persist(model, 40.0)
    with pytest.raises(GuardTripped, match=r"field of the coil is not known.*40 T.*12 T"):
        leave_persistent(operator.bench, operator.magnet)
    assert not model.heater_on
    assert model.supply_current_A == 0.0


def test_a_coil_field_that_is_not_what_the_run_left_is_not_believed(operator: Operator, model: MagnetModel) -> None:
    go_persistent(operator.bench, 1.0, 0.6)
    model.noted_current_A = 0.5 / model.tesla_per_ampere
    with pytest.raises(GuardTripped, match=r"not known: it was left at 1\.0\d+ T.*0\.5\d+ T"):
        go_to_field(operator.bench, 0.0, 0.6)
    assert not model.heater_on


def test_a_coil_that_has_decayed_unseen_quenches_and_is_told(
    simulated: SimulatedStation, station: Station, operator: Operator, model: MagnetModel
) -> None:
    """A day with a decay time of 100 days leaves 99 % (exp(-0.01)); the supply remembers 1 T."""
    model.decay_time_s = 100 * 86400.0
    go_persistent(operator.bench, 1.0, 0.6)
    later(station, 86400.0)
    assert coil_T(simulated) == pytest.approx(math.exp(-0.01), abs=1e-3)
    assert operator.magnet.read_field() == pytest.approx(1.0, abs=2e-3)
    with pytest.raises(MagnetQuenched):
        leave_persistent(operator.bench, operator.magnet)


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
    limits = station.limits.magnet
    magnet.limits = MagnetLimits(limits.max_field_T, limits.segments, leads_rate_T_per_min=1.2)
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
    limits = station.limits.magnet
    fast = MagnetLimits(limits.max_field_T, limits.segments, leads_rate_T_per_min=1.2)
    operator.magnet.limits = fast
    bench = Bench(replace(station, limits=replace(station.limits, magnet=fast)))
    go_persistent(bench, 1.0, 0.6)
    leave_persistent(bench, operator.magnet)
    simulated.cryostat.advance()
    assert model.rate_A_per_s * 60 * model.tesla_per_ampere <= 0.6 * 1.001


def test_a_heater_that_the_supply_calls_on_while_the_coil_persists(
    simulated: SimulatedStation, operator: Operator, model: MagnetModel
) -> None:
    """As a Mercury iPS may do: heater and switch are said to be open, and nothing of it is true."""
    persist(model, 3.0)
    model.heater_on, model.heater_stuck = True, False
    with pytest.raises(
        GuardTripped, match=r"heater is on.*does not seem to follow, and may stand at another field"
    ):
        leave_persistent(operator.bench, operator.magnet)
    assert coil_T(simulated) == pytest.approx(3.0)
    assert supply_T(simulated) == pytest.approx(0.0, abs=1e-3)


def test_a_switch_that_is_open_already_follows(
    simulated: SimulatedStation, operator: Operator, model: MagnetModel
) -> None:
    go_to_field(operator.bench, -0.5, 0.6)
    leave_persistent(operator.bench, operator.magnet)
    assert operator.heard[-1] == "the coil follows"
    assert coil_T(simulated) == pytest.approx(-0.5, abs=2e-3)


def test_currents_that_do_not_come_to_match_leave_the_switch_alone(
    operator: Operator, model: MagnetModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody has the supply stop 2 % before its target."""
    persist(model, 1.0)
    start = operator.magnet.start_supply_ramp
    monkeypatch.setattr(operator.magnet, "start_supply_ramp", lambda target_T, rate: start(0.98 * target_T, rate))
    with pytest.raises(DeadlineExceeded, match="supply at 1 T"):
        leave_persistent(operator.bench, operator.magnet)
    assert not model.heater_on
    with pytest.raises(RefusedError, match="quenches"):
        operator.magnet.set_switch_heater(True)


@pytest.mark.parametrize("volts", [9000.0, -9000.0])
def test_a_voltage_that_cannot_be_is_asked_for_again_and_not_believed(
    operator: Operator, model: MagnetModel, monkeypatch: pytest.MonkeyPatch, volts: float
) -> None:
    truth = operator.magnet.read_supply_voltage
    lies = [volts, volts]
    monkeypatch.setattr(operator.magnet, "read_supply_voltage", lambda: lies.pop() if lies else truth())
    go_persistent(operator.bench, 0.5, 0.6)
    assert not lies
    monkeypatch.setattr(operator.magnet, "read_supply_voltage", lambda: volts)
    with pytest.raises(GuardTripped, match=r"voltage reads -?9000 V again and again"):
        leave_persistent(operator.bench, operator.magnet)
    assert not model.quenched

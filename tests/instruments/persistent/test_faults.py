"""Persistent mode with heaters and flags that lie, coils nobody knows the field of, currents that do not match."""

import math
from dataclasses import replace

import pytest

from instruments.errors import DeadlineExceeded, GuardTripped, MagnetQuenched, RefusedError
from instruments.roles import MagnetState, MagnetStatus
from instruments.simulation.magnet import MagnetModel
from instruments.station import Station
from procedures.moves import go_to_field
from procedures.persistent import go_persistent
from procedures.switch import leave_persistent
from tests.instruments.persistent.person import Operator, persist, supply_T
from tests.instruments.simulated_station import SimulatedStation, later
from tests.instruments.test_every_magnet import coil_T


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
    """An hour with a decay time of 100 hours leaves 99 % (exp(-0.01)); the supply remembers 1 T."""
    model.decay_time_s = 100 * 3600.0
    go_persistent(operator.bench, 1.0, 0.6)
    later(station, 3600.0)
    assert coil_T(simulated) == pytest.approx(math.exp(-0.01), abs=1e-3)
    assert operator.magnet.read_field() == pytest.approx(1.0, abs=2e-3)
    with pytest.raises(MagnetQuenched):
        leave_persistent(operator.bench, operator.magnet)


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


def test_a_supply_that_moves_at_a_rate_of_its_own_behind_a_closed_switch(
    simulated: SimulatedStation, operator: Operator, model: MagnetModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """120 A/min, 13 T/min, whatever it is told: only its read-back says that it has arrived."""
    start = operator.magnet.start_supply_ramp

    def rush(target_T: float, rate_T_per_min: float) -> None:
        start(target_T, rate_T_per_min)
        model.rate_A_per_s = 2.0

    monkeypatch.setattr(operator.magnet, "start_supply_ramp", rush)
    go_persistent(operator.bench, 0.5, 0.6)
    assert coil_T(simulated) == pytest.approx(0.5, abs=2e-3)
    leave_persistent(operator.bench, operator.magnet)
    assert coil_T(simulated) == pytest.approx(0.5, abs=2e-3)
    assert not model.quenched

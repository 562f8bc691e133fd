"""What every driver of a role must do, on the simulated rack and through real VISA addresses."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from instruments.clock import VirtualClock
from instruments.errors import CommunicationError, InstrumentError, LimitError, MagnetQuenched, RefusedError
from instruments.opening import open_station
from instruments.roles import LockInSettings, MagnetState, Reading, ReadingFlag
from instruments.station import Station
from tests.instruments.simulated_station import CONFIGS, SimulatedStation, simulated_station, teslatron_with
from tests.instruments.simulation.samples import GatedResistor

READS = {
    "magnet": ("read_field", "read_supply_field", "status", "switch_is_open"),
    "temperature": ("read_temperature", "read_setpoint", "read_heater", "loop_is_on"),
    "sample_thermometer": ("read_temperature",),
    "lock_in": ("read_xy", "read_sensitivity"),
    "current_source": ("in_compliance",),
    "voltmeter": ("read_voltage",),
    "hall_lock_in": ("read_xy", "read_sensitivity"),
    "gate": ("read", "read_setpoint", "output_is_on"),
}
TESLATRON, DILUTION, MFLI = "teslatron_pt12", "dilution_9t", "teslatron_pt12 with an mfli"
ROLES = {
    TESLATRON: ("magnet", "temperature", "sample_thermometer", "lock_in", "current_source", "voltmeter"),
    DILUTION: ("temperature", "sample_thermometer", "lock_in", "hall_lock_in", "gate"),
    MFLI: ("lock_in",),
}
EVERY_ROLE = [(name, role) for name, roles in ROLES.items() for role in roles]
EVERY_READ = [(name, role, read) for name, role in EVERY_ROLE for read in (*READS[role], "identify", "snapshot")]


EITHER_LOCK_IN = pytest.mark.parametrize("simulated", [TESLATRON, MFLI], indirect=True)


@pytest.fixture
def simulated(request: pytest.FixtureRequest, tmp_path: Path) -> SimulatedStation:
    name = getattr(request, "param", TESLATRON)
    path = CONFIGS / "stations" / f"{name}.yaml" if name != MFLI else teslatron_with(tmp_path)
    return simulated_station(path=path, sample=GatedResistor() if name == DILUTION else None)


@pytest.fixture
def station(simulated: SimulatedStation) -> Iterator[Station]:
    station = open_station(simulated.plan, simulated.clock, simulated.manager)
    if station.gate is not None:  # a gate that is off has nothing to read
        station.gate.configure(20e-9, 200.0)
        station.gate.set_output(True)
    yield station
    assert station.close() == []


def clock_of(station: Station) -> VirtualClock:
    assert isinstance(station.clock, VirtualClock)
    return station.clock


def open_switch(station: Station) -> Any:
    magnet: Any = station.magnet
    magnet.set_switch_heater(True)
    clock_of(station).sleep(120.0)
    return magnet


class TestEveryInstrument:
    @pytest.mark.parametrize(("simulated", "role"), EVERY_ROLE, indirect=["simulated"])
    def test_snapshot_holds_scalars(self, station: Station, role: str) -> None:
        snapshot = station.require(role).snapshot()
        assert snapshot
        assert all(isinstance(value, float | int | str | bool) for value in snapshot.values())

    @pytest.mark.parametrize(("simulated", "role"), EVERY_ROLE, indirect=["simulated"])
    def test_safe_state_may_be_asked_for_at_any_moment_and_twice(self, station: Station, role: str) -> None:
        station.require(role).make_safe()
        station.require(role).make_safe()

    @pytest.mark.parametrize(("simulated", "role", "read"), EVERY_READ, indirect=["simulated"])
    def test_silence_is_a_communication_error_and_the_next_answer_is_right(
        self, simulated: SimulatedStation, station: Station, role: str, read: str
    ) -> None:
        box = simulated.rack.box(simulated.plan.instruments[role].address)
        box.go_silent()
        with pytest.raises(CommunicationError, match=simulated.plan.instruments[role].address):
            getattr(station.require(role), read)()
        box.heal()
        getattr(station.require(role), read)()

    @pytest.mark.parametrize(("simulated", "role", "read"), EVERY_READ, indirect=["simulated"])
    @pytest.mark.parametrize("garbage", [b"#?\x07~", b"", b"9.91E37", b"\xff\xfe"])
    def test_garbage_is_an_error_and_never_a_value(
        self, simulated: SimulatedStation, station: Station, role: str, read: str, garbage: bytes
    ) -> None:
        box = simulated.rack.box(simulated.plan.instruments[role].address)
        box.garble_next_reply(garbage)
        with pytest.raises(InstrumentError):
            getattr(station.require(role), read)()
        getattr(station.require(role), read)()

    def test_nothing_waits(self, station: Station) -> None:
        magnet = open_switch(station)
        controller: Any = station.temperature
        before_s = clock_of(station).now()
        magnet.start_ramp(1.0, 0.3)
        controller.start_ramp(290.0, 1.0)
        controller.hold()
        magnet.hold()
        station.make_safe()
        assert clock_of(station).now() == before_s


class TestMagnet:
    def test_ramps_at_the_rate_asked_for_and_arrives(self, station: Station) -> None:
        magnet = open_switch(station)
        magnet.start_ramp(1.0, 0.3)
        assert magnet.status().state is MagnetState.RAMPING
        clock_of(station).sleep(100.0)
        assert magnet.read_field() == pytest.approx(0.5, abs=2e-3)
        clock_of(station).sleep(110.0)
        assert magnet.status().state is MagnetState.HOLDING
        assert magnet.read_field() == pytest.approx(1.0, abs=2e-3)

    def test_hold_stops_where_it_is_and_a_new_ramp_turns_round(self, station: Station) -> None:
        magnet = open_switch(station)
        magnet.start_ramp(1.0, 0.6)
        clock_of(station).sleep(30.0)
        magnet.hold()
        clock_of(station).sleep(60.0)
        assert magnet.read_field() == pytest.approx(0.3, abs=2e-3)
        magnet.start_ramp(-1.0, 0.6)
        clock_of(station).sleep(60.0)
        assert magnet.read_field() == pytest.approx(-0.3, abs=2e-3)
        magnet.make_safe()
        assert magnet.status().state is MagnetState.HOLDING

    def test_limits(self, station: Station) -> None:
        magnet = open_switch(station)
        for target_T, rate in ((12.5, 0.1), (math.nan, 0.1), (1.0, 0.7), (1.0, 0.0), (10.0, 0.5)):
            with pytest.raises(LimitError):
                magnet.start_ramp(target_T, rate)
        assert magnet.status().state is MagnetState.HOLDING
        assert magnet.read_field() == pytest.approx(0.0, abs=1e-3)

    def test_a_closed_switch_refuses_a_ramp(self, station: Station) -> None:
        magnet: Any = station.magnet
        assert magnet.has_switch()
        assert magnet.status().state is MagnetState.PERSISTENT
        with pytest.raises(RefusedError, match="would not follow"):
            magnet.start_ramp(1.0, 0.3)

    def test_the_switch_takes_its_time(self, station: Station) -> None:
        magnet: Any = station.magnet
        magnet.set_switch_heater(True)
        assert magnet.status().state is MagnetState.HEATING_SWITCH
        assert not magnet.switch_is_open()
        clock_of(station).sleep(120.0)
        assert magnet.switch_is_open()

    def test_a_quench_is_a_state_and_stops_ramps(self, simulated: SimulatedStation, station: Station) -> None:
        magnet = open_switch(station)
        magnet.start_ramp(2.0, 0.3)
        clock_of(station).sleep(60.0)
        simulated.cryostat.quench("a test")
        assert magnet.status().state is MagnetState.QUENCHED
        with pytest.raises(MagnetQuenched):
            magnet.start_ramp(0.0, 0.1)

    def test_a_denied_set_is_an_error(self, simulated: SimulatedStation, station: Station) -> None:
        magnet = open_switch(station)
        simulated.rack.box(simulated.plan.instruments["magnet"].address).deny_next_set()
        with pytest.raises(RefusedError, match="DENIED"):
            magnet.start_ramp(1.0, 0.3)
        assert magnet.status().state is MagnetState.HOLDING


#: Of each station: start, target, rate in K/min, the time to be half way, what is half way, error of the sensor.
RAMPS = [(TESLATRON, 300.0, 290.0, 2.0, 150.0, 295.0, 0.5), (DILUTION, 0.05, 0.15, 0.1, 30.0, 0.1, 2e-3)]


class TestTemperatureController:
    @pytest.mark.parametrize(
        ("simulated", "start_K", "target_K", "rate", "half_s", "half_K", "error_K"), RAMPS, indirect=["simulated"]
    )
    def test_ramps_the_set_point_from_where_the_sensor_is(
        self,
        station: Station,
        start_K: float,
        target_K: float,
        rate: float,
        half_s: float,
        half_K: float,
        error_K: float,
    ) -> None:
        controller: Any = station.temperature
        assert controller.read_temperature().value == pytest.approx(start_K, abs=error_K)
        controller.start_ramp(target_K, rate)
        assert controller.loop_is_on()
        assert controller.read_setpoint() == pytest.approx(target_K, abs=1e-6)
        clock_of(station).sleep(half_s)
        assert controller.read_temperature().value == pytest.approx(half_K, abs=error_K)
        assert controller.read_setpoint() == pytest.approx(target_K, abs=1e-6)
        clock_of(station).sleep(2 * half_s + 600.0)
        assert controller.read_temperature().value == pytest.approx(target_K, abs=error_K)

    @pytest.mark.parametrize(
        ("simulated", "target_K", "rate", "error_K"),
        [(TESLATRON, 280.0, 5.0, 0.01), (DILUTION, 0.15, 0.1, 5e-4)],
        indirect=["simulated"],
    )
    def test_hold_and_safe_state(self, station: Station, target_K: float, rate: float, error_K: float) -> None:
        controller: Any = station.temperature
        controller.start_ramp(target_K, rate)
        clock_of(station).sleep(40.0)
        here_K = controller.read_temperature().value
        controller.hold()
        assert controller.read_setpoint() == pytest.approx(here_K, abs=error_K)
        controller.make_safe()
        assert not controller.loop_is_on()
        assert controller.read_heater() == 0.0

    @pytest.mark.parametrize(
        ("simulated", "refused"),
        [
            (TESLATRON, ((1.0, 1.0), (400.0, 1.0), (100.0, 6.0), (100.0, 0.0), (math.nan, 1.0))),
            (DILUTION, ((0.019, 0.1), (1.6, 0.1), (0.1, 0.11), (0.1, 0.0), (0.1, 0.0009), (math.nan, 0.1))),
        ],
        indirect=["simulated"],
    )
    def test_limits(self, station: Station, refused: tuple[tuple[float, float], ...]) -> None:
        controller: Any = station.temperature
        for target_K, rate in refused:
            with pytest.raises(LimitError):
                controller.start_ramp(target_K, rate)
        assert not controller.loop_is_on()

    @pytest.mark.parametrize(
        ("simulated", "target_K", "at_the_panel"),
        [(TESLATRON, 290.0, b"SET:DEV:DB8.T1:TEMP:LOOP:ENAB:OFF"), (DILUTION, 0.1, b"RANGE 0,0")],
        indirect=["simulated"],
    )
    def test_a_loop_turned_off_by_somebody_else_is_seen(
        self, simulated: SimulatedStation, station: Station, target_K: float, at_the_panel: bytes
    ) -> None:
        controller: Any = station.temperature
        controller.set_temperature(target_K)
        assert controller.loop_is_on()
        simulated.rack.box(simulated.plan.instruments["temperature"].address).respond(at_the_panel)
        assert not controller.loop_is_on()

    @pytest.mark.parametrize(
        ("simulated", "target_K"), [(TESLATRON, 290.0), (DILUTION, 0.1)], indirect=["simulated"]
    )
    def test_a_denied_set_is_an_error(self, simulated: SimulatedStation, station: Station, target_K: float) -> None:
        controller: Any = station.temperature
        simulated.rack.box(simulated.plan.instruments["temperature"].address).deny_next_set()
        with pytest.raises(RefusedError):
            controller.set_temperature(target_K)


@pytest.mark.parametrize("role", ["temperature", "sample_thermometer"])
@pytest.mark.parametrize(
    ("simulated", "start_K", "error_K"), [(TESLATRON, 300.0, 0.1), (DILUTION, 0.05, 1.5e-3)], indirect=["simulated"]
)
def test_thermometer_reads_a_flagged_number(station: Station, role: str, start_K: float, error_K: float) -> None:
    thermometer: Any = station.require(role)
    reading = thermometer.read_temperature()
    assert isinstance(reading, Reading)
    assert type(reading.value) is float
    assert reading.flags is ReadingFlag.GOOD
    assert reading.value == pytest.approx(start_K, abs=error_K)


class TestLockIn:
    SETTINGS = LockInSettings(1.0, 137.0, 0.3, 12, 0.2)  # a full scale that all have

    @EITHER_LOCK_IN
    def test_configures_and_reads(self, station: Station) -> None:
        lock_in: Any = station.lock_in
        lock_in.configure(self.SETTINGS)
        clock_of(station).sleep(10.0)
        lock_in.read_xy()
        reading = lock_in.read_xy()
        assert reading.flags is ReadingFlag.GOOD
        assert 0.0 < reading.x_V < 50e-3
        assert lock_in.read_sensitivity() == 0.2

    def test_overload_is_flagged(self, station: Station) -> None:
        lock_in: Any = station.lock_in
        lock_in.configure(LockInSettings(1.0, 137.0, 0.3, 12, lock_in.sensitivities()[5]))
        clock_of(station).sleep(10.0)
        assert ReadingFlag.OVERLOAD in lock_in.read_xy().flags

    @EITHER_LOCK_IN
    def test_every_sensitivity_can_be_chosen_and_none_between(self, station: Station) -> None:
        lock_in: Any = station.lock_in
        for full_scale_V in lock_in.sensitivities():
            lock_in.set_sensitivity(full_scale_V)
            assert lock_in.read_sensitivity() == full_scale_V
            with pytest.raises(LimitError):
                lock_in.set_sensitivity(full_scale_V * 1.4)

    @EITHER_LOCK_IN
    def test_safe_state_is_the_smallest_amplitude(self, station: Station) -> None:
        lock_in: Any = station.lock_in
        lock_in.configure(self.SETTINGS)
        lock_in.make_safe()
        assert lock_in.snapshot()["oscillator_V"] < 0.01


@pytest.mark.parametrize("simulated", [DILUTION], indirect=True)
class TestTwoLockIns:
    #: 1 V over 10 MOhm: 100 nA through 1 kOhm, and 20 Ohm at the Hall contacts for each tesla.
    SETTINGS = LockInSettings(1.0, 17.3, 0.3, 12, 500e-6)

    def test_the_second_reads_hall_contacts_in_the_phase_of_the_first(
        self, simulated: SimulatedStation, station: Station
    ) -> None:
        driving: Any = station.lock_in
        following: Any = station.hall_lock_in
        magnet: Any = station.magnet
        magnet.start_ramp(0.5, 0.3)
        clock_of(station).sleep(150.0)
        driving.configure(self.SETTINGS)
        following.configure(replace(self.SETTINGS, sensitivity_V=5e-6, external_reference=True))
        clock_of(station).sleep(5.0)
        for lock_in in (driving, following):
            lock_in.read_xy()  # what latched while it settled
        clock_of(station).sleep(5.0)
        assert driving.read_xy().x_V == pytest.approx(100e-6, rel=1e-3)
        reading = following.read_xy()
        assert reading.flags is ReadingFlag.GOOD
        assert reading.x_V == pytest.approx(100e-9 * 20.0 * 0.5, rel=2e-3)
        assert following.snapshot()["frequency_Hz"] == 17.3
        assert following.snapshot()["external_reference"] is True

    def test_a_new_frequency_is_followed_and_told(self, station: Station) -> None:
        driving: Any = station.lock_in
        following: Any = station.hall_lock_in
        driving.configure(self.SETTINGS)
        following.configure(replace(self.SETTINGS, external_reference=True))
        clock_of(station).sleep(5.0)
        following.read_xy()
        driving.configure(replace(self.SETTINGS, frequency_Hz=31.0))
        clock_of(station).sleep(5.0)
        assert ReadingFlag.REFERENCE_UNLOCKED in following.read_xy().flags
        assert following.read_xy().flags is ReadingFlag.GOOD
        assert following.snapshot()["frequency_Hz"] == 31.0

    def test_a_follower_drives_nothing(self, simulated: SimulatedStation, station: Station) -> None:
        driving: Any = station.lock_in
        following: Any = station.hall_lock_in
        before_V = following.snapshot()["oscillator_V"]
        driving.configure(self.SETTINGS)
        following.configure(replace(self.SETTINGS, oscillator_V=5.0, external_reference=True))
        clock_of(station).sleep(5.0)
        assert following.snapshot()["oscillator_V"] == before_V
        driving.read_xy()
        drive = simulated.cryostat.drive
        assert drive is not None
        assert drive.current_rms_A == pytest.approx(100e-9)


class TestCurrentSourceAndVoltmeter:
    def test_a_current_makes_a_voltage_that_reverses(self, station: Station) -> None:
        source: Any = station.current_source
        voltmeter: Any = station.voltmeter
        source.configure(5.0, 1e-3)
        voltmeter.configure(station.wiring.longitudinal_channel, 5, 10e-3)
        source.set_current(0.0)
        source.set_output(True)
        voltages = []
        for current_A in (1e-3, -1e-3):
            source.set_current(current_A)
            reading = voltmeter.read_voltage()
            assert reading.flags is ReadingFlag.GOOD
            voltages.append(reading.value)
        assert voltages[0] > 0.0 > voltages[1]
        assert not source.in_compliance()

    def test_compliance_is_seen(self, station: Station) -> None:
        source: Any = station.current_source
        source.configure(0.1, 20e-3)
        source.set_current(20e-3)
        source.set_output(True)
        assert source.in_compliance()

    def test_limits_and_safe_state(self, station: Station) -> None:
        source: Any = station.current_source
        source.configure(1.0, 10e-3)
        source.set_current(5e-3)
        source.set_output(True)
        for current_A in (21e-3, -21e-3, math.nan):
            with pytest.raises(LimitError):
                source.set_current(current_A)
        with pytest.raises(LimitError):
            source.configure(11.0, 1e-3)
        assert source.snapshot()["current_A"] == 5e-3
        source.make_safe()
        assert source.snapshot()["current_A"] == 0.0
        assert source.snapshot()["output_on"] is False

    def test_a_reading_beyond_the_range_has_no_value(self, station: Station) -> None:
        source: Any = station.current_source
        voltmeter: Any = station.voltmeter
        source.configure(5.0, 20e-3)
        voltmeter.configure(1, 5, 10e-3)
        source.set_current(20e-3)
        source.set_output(True)
        reading = voltmeter.read_voltage()
        if reading.flags is ReadingFlag.GOOD:
            assert abs(reading.value) <= 12e-3
        else:
            assert reading.flags is ReadingFlag.OVERLOAD
            assert math.isnan(reading.value)


@pytest.mark.parametrize("simulated", [DILUTION], indirect=True)
class TestVoltageSource:
    def test_a_voltage_is_sourced_and_measured_with_its_current(
        self, simulated: SimulatedStation, station: Station
    ) -> None:
        gate: Any = station.gate
        for voltage_V in (0.5, 100.0, -200.0):
            gate.set_voltage(voltage_V)
            clock_of(station).sleep(60.0)
            assert gate.read_setpoint() == pytest.approx(voltage_V, abs=1e-9)
            reading = gate.read()
            assert type(reading.voltage_V) is float
            if abs(voltage_V) < 190.0:
                assert reading.flags is ReadingFlag.GOOD
                assert reading.voltage_V == pytest.approx(voltage_V, abs=0.05)
                assert abs(reading.current_A) < 1e-9
                assert simulated.cryostat.gate.plate_V == pytest.approx(voltage_V, abs=0.01)
            else:
                assert reading.flags is ReadingFlag.IN_COMPLIANCE  # breakdown: 20 nA and not one more
                assert reading.current_A == pytest.approx(-20e-9, abs=1e-9)
                assert reading.voltage_V > -199.0

    def test_limits(self, station: Station) -> None:
        gate: Any = station.gate
        for voltage_V in (181.0, -201.0, math.nan, math.inf):
            with pytest.raises(LimitError):
                gate.set_voltage(voltage_V)
        for compliance_A, range_V in ((21e-9, 200.0), (0.5e-9, 200.0), (0.0, 200.0), (20e-9, 250.0), (20e-9, 0.0)):
            with pytest.raises(LimitError):
                gate.configure(compliance_A, range_V)
        assert gate.read_setpoint() == 0.0

    def test_turning_on_is_refused_unless_zero_is_programmed(self, station: Station) -> None:
        gate: Any = station.gate
        gate.set_output(False)
        gate.set_voltage(10.0)
        with pytest.raises(RefusedError, match="at 0 V only"):
            gate.set_output(True)
        assert not gate.output_is_on()
        gate.set_voltage(0.0)
        gate.set_output(True)
        assert gate.output_is_on()

    def test_an_output_that_is_off_has_no_reading(self, station: Station) -> None:
        gate: Any = station.gate
        gate.set_output(False)
        with pytest.raises(RefusedError, match="output is off"):
            gate.read()

    def test_configuring_leaves_the_output_as_it_is(self, station: Station) -> None:
        gate: Any = station.gate
        gate.set_voltage(5.0)
        gate.configure(10e-9, 200.0)
        assert gate.output_is_on()
        assert gate.read_setpoint() == 5.0
        gate.make_safe()
        gate.configure(20e-9, 200.0)
        assert not gate.output_is_on()

    def test_safe_state_is_zero_and_off(self, simulated: SimulatedStation, station: Station) -> None:
        gate: Any = station.gate
        gate.set_voltage(-50.0)
        gate.make_safe()
        assert gate.read_setpoint() == 0.0
        assert not gate.output_is_on()
        assert not simulated.cryostat.gate.output_on

    def test_a_denied_set_is_an_error(self, simulated: SimulatedStation, station: Station) -> None:
        gate: Any = station.gate
        simulated.rack.box(simulated.plan.instruments["gate"].address).deny_next_set()
        with pytest.raises(RefusedError):
            gate.set_voltage(1.0)
        assert gate.read_setpoint() == 0.0

    def test_nothing_waits(self, station: Station) -> None:
        gate: Any = station.gate
        before_s = clock_of(station).now()
        gate.set_voltage(1.0)
        gate.configure(20e-9, 200.0)
        gate.make_safe()
        assert clock_of(station).now() == before_s

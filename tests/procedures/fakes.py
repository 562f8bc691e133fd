"""A station of plain Python objects: roles without instruments, for tests of waiting and sequence."""

from dataclasses import dataclass, field

from instruments.clock import VirtualClock
from instruments.errors import CommunicationError
from instruments.limits import ExcitationLimits, GateLimits, MagnetLimits, RampSegment, TemperatureLimits
from instruments.roles import Identity, MagnetState, MagnetStatus, Reading, ReadingFlag, SourceReading
from instruments.station import Station, StationLimits, Wiring


@dataclass
class FakeInstrument:
    """Identity and safety; remembers how often it was made safe."""

    clock: VirtualClock
    made_safe: int = 0
    commands: list[str] = field(default_factory=list)

    def identify(self):
        return Identity("fake", type(self).__name__, "0", "0")

    def snapshot(self):
        return {}

    def make_safe(self):
        self.made_safe += 1

    def close(self):
        pass


@dataclass
class FakeMagnet(FakeInstrument):
    """A supply that ramps linearly in the clock's time."""

    start_T: float = 0.0
    target_T: float = 0.0
    rate_T_per_s: float = 1.0
    since_s: float = 0.0
    state: MagnetState = MagnetState.HOLDING
    supply_offset_T: float = 0.0
    silent: bool = False

    def read_field(self):
        if self.silent:
            raise CommunicationError("no answer from the magnet")
        elapsed = self.clock.now() - self.since_s
        way = self.target_T - self.start_T
        moved = min(abs(way), self.rate_T_per_s * elapsed)
        return self.start_T + (moved if way > 0 else -moved)

    def start_ramp(self, target_T, rate_T_per_min):
        self.commands.append(f"ramp {target_T:g} T at {rate_T_per_min:g} T/min")
        self.start_T, self.since_s = self.read_field(), self.clock.now()
        self.target_T, self.rate_T_per_s = target_T, rate_T_per_min / 60

    def hold(self):
        self.commands.append("hold")

    def status(self):
        if self.silent:
            raise CommunicationError("no answer from the magnet")
        return MagnetStatus(self.state, "fake")

    def has_switch(self):
        return True

    def switch_is_open(self):
        return self.state is not MagnetState.PERSISTENT

    def set_switch_heater(self, on):
        self.commands.append(f"heater {on}")
        self.state = MagnetState.HOLDING if on else MagnetState.PERSISTENT

    def switch_settles_in_s(self):
        return 0.0

    def read_supply_field(self):
        return self.read_field() + self.supply_offset_T


@dataclass
class FakeLoop(FakeInstrument):
    """A temperature that follows its ramp exactly, stopping at a floor."""

    start_K: float = 10.0
    target_K: float = 10.0
    rate_K_per_s: float = 1.0
    since_s: float = 0.0
    floor_K: float = 0.0
    on: bool = True
    reported_setpoint_K: float | None = None

    def read_temperature(self):
        elapsed = self.clock.now() - self.since_s
        way = self.target_K - self.start_K
        moved = min(abs(way), self.rate_K_per_s * elapsed)
        return Reading(max(self.floor_K, self.start_K + (moved if way > 0 else -moved)))

    def start_ramp(self, target_K, rate_K_per_min):
        self.commands.append(f"ramp {target_K:g} K at {rate_K_per_min:g} K/min")
        self.start_K, self.since_s = self.read_temperature().value, self.clock.now()
        self.target_K, self.rate_K_per_s = target_K, rate_K_per_min / 60

    def set_temperature(self, target_K):
        self.start_ramp(target_K, 1e6)

    def hold(self):
        self.commands.append("hold")

    def read_setpoint(self):
        return self.target_K if self.reported_setpoint_K is None else self.reported_setpoint_K

    def read_heater(self):
        return 12.0

    def loop_is_on(self):
        return self.on


@dataclass
class FakeGate(FakeInstrument):
    """A source whose leakage a test chooses; remembers every voltage with its time."""

    voltage_V: float = 0.0
    on: bool = False
    leakages_A: list[float] = field(default_factory=list)
    limited: bool = False
    history: list[tuple[float, float]] = field(default_factory=list)

    def configure(self, compliance_A, range_V):
        self.commands.append(f"configure {compliance_A:g} A, {range_V:g} V")

    def set_voltage(self, voltage_V):
        self.voltage_V = voltage_V
        self.history.append((self.clock.now(), voltage_V))

    def read_setpoint(self):
        return self.voltage_V

    def set_output(self, on):
        self.on = on

    def output_is_on(self):
        return self.on

    def read(self):
        leakage_A = self.leakages_A.pop(0) if self.leakages_A else 0.0
        return SourceReading(
            self.voltage_V, leakage_A, ReadingFlag.IN_COMPLIANCE if self.limited else ReadingFlag.GOOD
        )

    def make_safe(self):
        super().make_safe()
        self.set_voltage(0.0)
        self.on = False


def fake_station(**roles):
    """A 9 T station with a magnet and one loop that is also the sample's thermometer."""
    clock = VirtualClock()
    loop = FakeLoop(clock)
    limits = StationLimits(
        magnet=MagnetLimits(9.0, (RampSegment(6.0, 0.6), RampSegment(9.0, 0.3))),
        temperature=TemperatureLimits(1.5, 300.0, 5.0),
        excitation=ExcitationLimits(0.02, 10.0),
        thermometer_accuracy_K=0.002,
        field_accuracy=2e-4,
        gate=GateLimits(-200.0, 180.0, 2.0, 20e-9),
    )
    parts = {"magnet": FakeMagnet(clock), "temperature": loop, "sample_thermometer": loop, **roles}
    return Station("fake", clock, limits, Wiring(1000.0, 1, 2), **parts)

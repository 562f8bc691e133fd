"""The gate: slewed, watched at every step, brought home to zero whatever happens."""

from typing import cast

from instruments.errors import ConfigurationError
from instruments.limits import GateLimits
from instruments.roles import ReadingFlag, SourceReading, VoltageSource
from instruments.station import Station
from procedures.bench import Bench
from procedures.guards import GateGuard

#: Time between two steps of a slewing gate, and between two looks at its leakage on the way, in s.
SLEW_STEP_S, LOOK_S = 0.5, 1.0
#: A gate closer to zero than this is at zero, in V.
HOME_V = 1e-3


def gate_of(station: Station) -> VoltageSource:
    """The source at the gate, or a ConfigurationError."""
    return cast(VoltageSource, station.require("gate"))


def gate_limits(station: Station) -> GateLimits:
    """What the gate may be asked for, or a ConfigurationError."""
    if station.limits.gate is None:
        raise ConfigurationError(f"station {station.name} declares no limits of its gate")
    return station.limits.gate


def turn_gate_on(bench: Bench) -> None:
    """Configure the source and turn its output on at 0 V; a gate that is on already is left as it is."""
    gate, limits = gate_of(bench.station), gate_limits(bench.station)
    if gate.output_is_on():
        bench.arm_gate_guard()
        return
    bench.say("turning the gate on at 0 V")
    gate.configure(limits.max_leakage_A, max(abs(limits.low_V), abs(limits.high_V)))
    gate.set_voltage(0.0)
    gate.set_output(True)
    bench.arm_gate_guard()


def read_gate(bench: Bench) -> SourceReading:
    """Voltage and leakage now, judged by the guard's two-strike rule.

    Raises:
        GuardTripped: the second reading in a row leaks, or the output went off by itself.
    """
    reading = gate_of(bench.station).read()
    for guard in bench.guards:
        if isinstance(guard, GateGuard):
            guard.judge(reading)
    return reading


def move_gate(bench: Bench, target_V: float, slew_V_per_s: float) -> None:
    """Slew the gate to a voltage, leakage watched on the way.

    Raises:
        LimitError: target or slew rate beyond the limits; nothing was sent.
        GuardTripped: the gate leaks.
    """
    limits = gate_limits(bench.station)
    limits.check_voltage(target_V)
    limits.check_slew(slew_V_per_s)
    gate = gate_of(bench.station)
    now_V = gate.read_setpoint()
    step_V = slew_V_per_s * SLEW_STEP_S
    looked_at_s = bench.clock.now()
    bench.phase = f"gate {now_V:.4g} V to {target_V:.4g} V"
    while abs(target_V - now_V) > 1e-9:
        way_V = target_V - now_V
        now_V = target_V if abs(way_V) <= step_V else now_V + (step_V if way_V > 0 else -step_V)
        gate.set_voltage(now_V)
        bench.pause(SLEW_STEP_S)
        if bench.clock.now() - looked_at_s >= LOOK_S:
            read_gate(bench)
            looked_at_s = bench.clock.now()


def bring_gate_home(bench: Bench) -> None:
    """Slew the gate to 0 V, then turn its output off; neither a stop request nor a leak interrupts this.

    Raises:
        FluxoidError: the source does not do it; its own safe state (0 V at once, output off) was tried.
    """
    gate = bench.station.gate
    if gate is None:
        return
    bench.arm_gate_guard(on=False)
    try:
        if gate.output_is_on():
            limits = gate_limits(bench.station)
            if abs(gate.read_setpoint()) > HOME_V:
                bench.say("bringing the gate back to 0 V")
            now_V = gate.read_setpoint()
            while abs(now_V) > HOME_V:
                step_V = min(abs(now_V), limits.max_slew_V_per_s * SLEW_STEP_S)
                now_V -= step_V if now_V > 0 else -step_V
                gate.set_voltage(now_V)
                bench.clock.sleep(SLEW_STEP_S)
    finally:
        gate.make_safe()


def gate_flags(reading: SourceReading, limits: GateLimits) -> ReadingFlag:
    """Flags of a point measured while the gate read this."""
    leaks = abs(reading.current_A) > limits.max_leakage_A
    return reading.flags | (ReadingFlag.OUT_OF_LIMITS if leaks else ReadingFlag.GOOD)

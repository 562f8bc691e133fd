"""Moving the cryostat: to a temperature, to a field, along a field sweep. Guarded, with deadlines and reasons."""

from collections.abc import Iterator
from typing import cast

from instruments.errors import GuardTripped, MagnetQuenched
from instruments.roles import Magnet, MagnetState, TemperatureController, Thermometer
from instruments.station import Station
from procedures.bench import Bench
from procedures.switch import COMMAND, SWITCH_MATCH_T, in_words, leave_persistent, wait_for_switch

#: Arrival at a field: read-back within this of the target, for this long. A state flag alone is not believed.
FIELD_TOLERANCE_T = 2e-3
FIELD_HOLD_S = 10.0
#: Set points are read back and compared with what was commanded, within the controller's resolution.
SETPOINT_TOLERANCE_K = 2e-3
#: No tolerance is wider than this share of the temperature: what is little at 6 K is much at 90 mK.
TOLERANCE_SHARE = 0.01


def tolerance_K(widest_K: float, temperature_K: float) -> float:
    """A tolerance that suits the temperature."""
    return min(widest_K, TOLERANCE_SHARE * temperature_K)


def magnet_of(station: Station) -> Magnet:
    """The station's magnet, or a ConfigurationError."""
    return cast(Magnet, station.require("magnet"))


def controller_of(station: Station) -> TemperatureController:
    """The station's commanded temperature loop, or a ConfigurationError."""
    return cast(TemperatureController, station.require("temperature"))


def thermometer_of(station: Station) -> Thermometer:
    """The sensor beside the sample, or a ConfigurationError."""
    return cast(Thermometer, station.require("sample_thermometer"))


def sample_temperature(station: Station) -> float:
    """Temperature of the sample now, in K."""
    return thermometer_of(station).read_temperature().value


def command_ramp(bench: Bench, target_K: float, rate_K_per_min: float) -> None:
    """Start a ramp of the loop and make sure that the controller took the set point."""
    controller = controller_of(bench.station)
    controller.start_ramp(target_K, rate_K_per_min)
    taken_K = controller.read_setpoint()
    if abs(taken_K - target_K) > tolerance_K(SETPOINT_TOLERANCE_K, target_K):
        raise GuardTripped(
            f"the temperature controller was told to go to {target_K:g} K and reports a set point of {taken_K:g} K"
        )
    bench.arm_loop_guard()


def go_to_temperature(
    bench: Bench, target_K: float, rate_K_per_min: float, within_K: float = 0.05, hold_s: float = 0.0
) -> None:
    """Ramp to a temperature and wait until the sample is there.

    Raises:
        DeadlineExceeded: twice the ramp's own time plus an hour passed without the sample coming nearer.
    """
    station = bench.station
    start_K = sample_temperature(station)
    within_K = tolerance_K(within_K, 2 * target_K)
    command_ramp(bench, target_K, rate_K_per_min)
    deadline_s = 2 * 60 * abs(target_K - start_K) / rate_K_per_min + 3600
    bench.wait_until(
        f"sample temperature {target_K:g} K",
        lambda: abs(sample_temperature(station) - target_K) <= within_K,
        deadline_s,
        poll_s=5.0,
        hold_s=hold_s,
        distance=lambda: abs(sample_temperature(station) - target_K),
    )


def settle_temperature(
    bench: Bench, target_K: float, rate_K_per_min: float, drift_K: float, settle_s: float, near_K: float = 0.1
) -> None:
    """Go to a temperature and wait until the sample has drifted less than ``drift_K`` for ``settle_s``.

    Drift, not distance, decides: the sample's sensor and the loop's never agree to the last millikelvin.

    Raises:
        DeadlineExceeded: the sample did not come to rest within ``near_K`` of the target.
    """
    station = bench.station
    distance_K = abs(target_K - sample_temperature(station))
    command_ramp(bench, target_K, rate_K_per_min)
    reference_K, since_s = sample_temperature(station), bench.clock.now()

    def at_rest() -> bool:
        nonlocal reference_K, since_s
        now_K = sample_temperature(station)
        if abs(now_K - target_K) > tolerance_K(near_K, 5 * target_K) or abs(now_K - reference_K) > drift_K:
            reference_K, since_s = now_K, bench.clock.now()
        return bench.clock.now() - since_s >= settle_s

    bench.wait_until(
        f"sample settled at {target_K:.4g} K",
        at_rest,
        deadline_s=2 * 60 * distance_K / rate_K_per_min + 20 * settle_s + 1800,
        poll_s=2.0,
        distance=lambda: abs(sample_temperature(station) - target_K),
    )


def open_switch(bench: Bench) -> None:
    """Make sure that the coil follows the supply: match currents, then heat the persistent switch.

    A magnet that this run has made persistent is taken out of persistent mode with its whole sequence; one that was
    found so is opened only when the currents match.

    Raises:
        GuardTripped: supply and coil carry different currents; opening the switch would quench the magnet.
    """
    magnet = magnet_of(bench.station)
    if bench.persistent_T is not None:
        leave_persistent(bench, magnet)
        return
    if not magnet.has_switch():
        return
    if magnet.status().state is MagnetState.COOLING_SWITCH:
        wait_for_switch(bench, magnet)
    if magnet.status().state is MagnetState.PERSISTENT:
        coil_T, supply_T = magnet.read_field(), magnet.read_supply_field()
        if abs(coil_T - supply_T) > SWITCH_MATCH_T:
            raise GuardTripped(
                f"the magnet is persistent at {coil_T:.4g} T while the supply stands at {in_words(supply_T)};"
                f" opening the switch now would quench it; nothing was changed. {COMMAND} runs the supply to the"
                " field of the coil and opens the switch"
            )
        bench.say("heating the persistent switch")
        magnet.set_switch_heater(True)
    wait_for_switch(bench, magnet)


def go_to_field(bench: Bench, target_T: float, rate_T_per_min: float) -> None:
    """Ramp to a field, each range at no more than its own limit, and wait until it stands there.

    Raises:
        LimitError: the target is beyond the magnet; nothing was sent.
        DeadlineExceeded: the field did not arrive in twice the time the ramp needs plus five minutes.
    """
    for _ in sweep_field(bench, target_T, rate_T_per_min, poll_s=2.0):
        pass
    _wait_for_arrival(bench, target_T, 300.0)


def sweep_field(bench: Bench, target_T: float, rate_T_per_min: float, poll_s: float) -> Iterator[float]:
    """Sweep to a field, yielding the field about every ``poll_s`` seconds until it is reached.

    With ``poll_s`` = 0 the caller's own work between two fields is the pace.
    """
    station = bench.station
    magnet = magnet_of(station)
    limits = station.limits.magnet
    limits.check_field(target_T)
    open_switch(bench)
    start_T = magnet.read_field()
    if abs(start_T - target_T) <= FIELD_TOLERANCE_T / 2:
        return
    for end_T, allowed in limits.legs(start_T, target_T):
        rate = min(rate_T_per_min, allowed)
        bench.phase = f"field {start_T:.3g} T to {end_T:g} T at {rate:g} T/min"
        magnet.start_ramp(end_T, rate)
        deadline_s = bench.clock.now() + 2 * 60 * abs(end_T - start_T) / rate + 300
        while abs((field_T := magnet.read_field()) - end_T) > FIELD_TOLERANCE_T:
            yield field_T
            if poll_s > 0:
                bench.pause(poll_s)
            bench.expire(deadline_s, f"field {end_T:g} T")
        start_T = end_T


def _wait_for_arrival(bench: Bench, target_T: float, deadline_s: float) -> None:
    magnet = magnet_of(bench.station)

    def arrived() -> bool:
        if magnet.status().state is MagnetState.QUENCHED:
            raise MagnetQuenched("the magnet quenched while the field was settling; the run was stopped")
        return abs(magnet.read_field() - target_T) <= FIELD_TOLERANCE_T

    bench.wait_until(f"field settled at {target_T:g} T", arrived, deadline_s, poll_s=2.0, hold_s=FIELD_HOLD_S)

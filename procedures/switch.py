"""The persistent switch: the supply moved alone, currents matched, the switch opened, and whether the coil follows.

A supply's word for its switch is not enough: heaters break, flags lie. When a supply moves, an inductive voltage
shows that the coil follows (V = L dI/dt + R I), and its absence that the coil stays.
"""

from collections.abc import Callable

from instruments.errors import ConfigurationError, DeadlineExceeded, GuardTripped
from instruments.roles import Magnet, MagnetState
from instruments.station import Station
from procedures.bench import Bench
from procedures.guards import MagnetGuard

#: Supply and coil may differ by this much (as a field) when the switch is opened, and a supply has arrived.
SWITCH_MATCH_T = 1e-3
#: For this long it must have stood there.
SUPPLY_HOLD_S = 10.0
#: A coil behind its switch, or one whose switch has just opened, keeps its field within this.
COIL_TOLERANCE_T = 2e-3
#: Supplies may be told to let a switch cool for an hour.
SWITCH_DEADLINE_S = 4000.0
REST_DEADLINE_S = 60.0
#: More voltage than this appears when a coil follows at its fastest rate; magnets are charged with tenths of volts.
FOLLOWS_V = 0.05
#: The supply moves for this long, and at least and at most so far, to let that voltage appear.
FEEL_S = 2.0
FEEL_T = 4e-3
FEEL_MOST_T = 0.1
#: Some firmware tells thousands of volts now and then.
_NO_VOLTAGE_V = 1000.0
_LOOKS = 5

COMMAND = "fluxoid magnet STATION --leave-persistent"


def describe(magnet: Magnet) -> str:
    """State of magnet and switch in words, with the fields of coil and supply."""
    words, field_T = magnet.status().state.value, magnet.read_field()
    if not magnet.has_switch() or magnet.switch_is_open():
        return f"{words}, coil and supply at {in_words(field_T)}"
    return f"{words}, coil at {in_words(field_T)}, supply at {in_words(magnet.read_supply_field())}"


def in_words(field_T: float) -> str:
    """A field to a tenth of a mT, without a minus before zero."""
    return f"{round(field_T, 4) + 0.0:.4f} T"


def in_reach(bench: Bench, field_T: float) -> float:
    """A field that was reached, without the noise of its reading that would make it one beyond the magnet."""
    reach_T = bench.station.limits.magnet.max_field_T
    return min(max(field_T, -reach_T), reach_T)


def tell_persistent(bench: Bench) -> None:
    """Warn that this run leaves a persistent magnet behind, if it does."""
    magnet = bench.station.magnet
    if magnet is not None and bench.persistent_T is not None:
        bench.warn(f"the magnet is left as it is: {describe(magnet)}; {COMMAND} ends that")


def switched_magnet(station: Station) -> Magnet:
    """The station's magnet, which has a persistent switch.

    Raises:
        ConfigurationError: no magnet, or one without a switch that this program could work.
    """
    if station.magnet is None or not station.magnet.has_switch():
        raise ConfigurationError(
            f"station {station.name} has no magnet with a persistent switch that can be worked from here; nothing"
            " was done"
        )
    return station.magnet


def check_healthy(magnet: Magnet) -> None:
    """Raise MagnetQuenched after a quench, GuardTripped on a fault."""
    MagnetGuard(magnet).check()


def wait_for_switch(bench: Bench, magnet: Magnet) -> None:
    """Wait until a switch that is warming or cooling, or may be, has done so."""
    moving = (MagnetState.HEATING_SWITCH, MagnetState.COOLING_SWITCH)

    def done() -> bool:
        check_healthy(magnet)
        return magnet.status().state not in moving and magnet.switch_settles_in_s() <= 0

    check_healthy(magnet)
    left_s = magnet.switch_settles_in_s()
    if left_s > 0 and magnet.status().state not in moving:
        heater = "on" if magnet.switch_is_open() else "off"
        bench.say(f"the switch heater is {heater}, since when is not known: giving the switch {left_s:.0f} s")
    bench.wait_until("the persistent switch warms or cools", done, SWITCH_DEADLINE_S, poll_s=1.0)


def bring_to_rest(bench: Bench, magnet: Magnet) -> None:
    """Hold the supply and see that it does; a flag that says otherwise is waited for."""
    magnet.hold()
    try:
        bench.wait_until(
            "supply at rest", lambda: magnet.status().state is not MagnetState.RAMPING, REST_DEADLINE_S, poll_s=1.0
        )
    except DeadlineExceeded as error:
        raise GuardTripped(
            f"the supply was told to hold and still says that it ramps ({describe(magnet)}); the switch was left as"
            " it is"
        ) from error


def known_coil_field(bench: Bench, magnet: Magnet) -> float:
    """Field in T of a coil behind its closed switch, as the supply remembers it.

    Raises:
        GuardTripped: it cannot be, or is not what this run left there.
    """
    coil_T = magnet.read_field()
    reach_T = bench.station.limits.magnet.max_field_T
    if not abs(coil_T) <= reach_T + COIL_TOLERANCE_T:
        raise GuardTripped(
            f"the field of the coil is not known: the supply remembers {coil_T:g} T, and the magnet reaches"
            f" {reach_T:g} T; nothing was changed"
        )
    left_T = bench.persistent_T
    if left_T is not None and abs(coil_T - left_T) > COIL_TOLERANCE_T:
        raise GuardTripped(
            f"the field of the coil is not known: it was left at {left_T:.4f} T, and the supply remembers"
            f" {coil_T:.4f} T; nothing was changed"
        )
    return coil_T


def move_supply(bench: Bench, magnet: Magnet, target_T: float) -> None:
    """Ramp the supply behind the closed switch, at the leads' rate, until it stands at ``target_T``."""
    start_T = magnet.read_supply_field()
    for end_T, rate in bench.station.limits.magnet.supply_legs(start_T, target_T):
        magnet.start_supply_ramp(end_T, rate)
        _wait_for_supply(bench, magnet, end_T, 60 * abs(end_T - start_T) / rate)
        start_T = end_T


def match(bench: Bench, magnet: Magnet, coil_T: float) -> None:
    """Bring the supply to the coil's field, and see that it stays there."""
    bring_to_rest(bench, magnet)
    if abs(magnet.read_supply_field() - coil_T) > SWITCH_MATCH_T / 2:
        move_supply(bench, magnet, in_reach(bench, coil_T))
    _wait_for_supply(bench, magnet, coil_T, 0.0)
    bring_to_rest(bench, magnet)


def see_that_coil_stays(bench: Bench, magnet: Magnet) -> None:
    """Move the supply a little behind a switch that is said to be closed; stop when the coil follows.

    Raises:
        GuardTripped: the coil follows, or the voltage cannot be read; the supply holds.
    """
    here_T = magnet.read_supply_field()
    _, leads_rate = bench.station.limits.magnet.supply_legs(here_T, 0.0)[0]
    rate = min(_rate_near(bench, here_T), leads_rate)
    change_V = _voltage_of_move(bench, magnet, magnet.start_supply_ramp, here_T, rate)
    if change_V > FOLLOWS_V:
        magnet.hold()
        raise GuardTripped(
            f"the supply says that its switch heater is off, but its voltage changed by {change_V:.2g} V when it"
            " moved: the coil follows, so that the switch is not closed. The supply holds at"
            f" {in_words(magnet.read_supply_field())}, and the coil with it; look at the heater first"
        )


def see_that_coil_follows(bench: Bench, magnet: Magnet, coil_T: float) -> None:
    """Move a little and back with a switch that is said to be open; stop when the coil stays.

    Raises:
        GuardTripped: the coil does not follow (the supply is back at ``coil_T``), or the voltage cannot be read.
    """
    rate = _rate_near(bench, coil_T)
    change_V = _voltage_of_move(bench, magnet, magnet.start_ramp, coil_T, rate)
    magnet.start_ramp(in_reach(bench, coil_T), rate)
    _wait_for_supply(bench, magnet, coil_T, 60 * FEEL_T / rate + FEEL_S)
    if change_V <= FOLLOWS_V:
        raise GuardTripped(
            f"the supply says that its switch heater is on, but its voltage changed by only {change_V:.2g}"
            f" V when it moved at {rate:g} T/min: the coil does not seem to follow, and may stand at another field."
            f" The supply is back at {in_words(coil_T)}. Does the heater work? Had the switch its time, and is"
            " switch_time of the station file long enough?"
        )


def leave_persistent(bench: Bench, magnet: Magnet) -> None:
    """Run the supply to the coil's field, open the switch, and see that the coil follows and the field is the same.

    Raises:
        GuardTripped: a fault, a coil field that is not known, a heater or switch that does not do what it says; the
            message says what was left how.
        MagnetQuenched: the magnet quenched on the way.
    """
    check_healthy(magnet)
    wait_for_switch(bench, magnet)
    if magnet.switch_is_open():
        bench.say(f"the supply says that the switch is open ({describe(magnet)}): seeing that the coil follows")
        see_that_coil_follows(bench, magnet, magnet.read_field())
        bench.persistent_T = None
        bench.say("the coil follows")
        return
    coil_T = known_coil_field(bench, magnet)
    bench.say(f"leaving persistent mode ({describe(magnet)}): running the supply to the field of the coil")
    match(bench, magnet, coil_T)
    bench.say(f"supply and coil match at {coil_T:.4f} T; heating the persistent switch")
    magnet.set_switch_heater(True)
    wait_for_switch(bench, magnet)
    if not magnet.switch_is_open():
        raise GuardTripped(
            f"the switch heater was turned on, and the supply says that it is off ({describe(magnet)}); supply and"
            " coil match, nothing else was moved. Look at the heater at the supply"
        )
    see_that_coil_follows(bench, magnet, coil_T)
    field_T = magnet.read_field()
    if abs(field_T - coil_T) > COIL_TOLERANCE_T:
        raise GuardTripped(
            f"the switch opened, and the field is {field_T:.4f} T instead of {coil_T:.4f} T; the supply holds"
        )
    bench.persistent_T = None
    bench.say(f"the persistent switch is open, the coil follows, the field is unchanged: {field_T:.4f} T")


def _rate_near(bench: Bench, field_T: float) -> float:
    """The rate in T/min that the coil may see around a field, on either side of a bound of ranges."""
    return bench.station.limits.magnet.max_rate(field_T - FEEL_MOST_T, field_T + FEEL_MOST_T)


def _wait_for_supply(bench: Bench, magnet: Magnet, target_T: float, ramp_s: float) -> None:
    def there() -> bool:
        check_healthy(magnet)
        return abs(magnet.read_supply_field() - target_T) <= SWITCH_MATCH_T

    bench.wait_until(f"supply at {target_T:.4g} T", there, 2 * ramp_s + 300, poll_s=1.0, hold_s=SUPPLY_HOLD_S)


def _voltage_of_move(
    bench: Bench, magnet: Magnet, start: Callable[[float, float], None], here_T: float, rate_T_per_min: float
) -> float:
    """Largest change of the supply's voltage in V while it moves a little, towards zero where there is room."""
    step_T = min(max(FEEL_T, rate_T_per_min / 60 * FEEL_S), FEEL_MOST_T)
    target_T = here_T - step_T if here_T > step_T else here_T + step_T
    rest_V = _voltage(bench, magnet)
    deadline_s = bench.clock.now() + 60 * step_T / rate_T_per_min + REST_DEADLINE_S
    start(target_T, rate_T_per_min)
    largest_V = 0.0
    bench.phase = "looking at the supply's voltage"
    while True:
        largest_V = max(largest_V, abs(_voltage(bench, magnet) - rest_V))
        if largest_V > FOLLOWS_V or abs(magnet.read_supply_field() - target_T) <= SWITCH_MATCH_T:
            return largest_V
        bench.pause(0.25)
        bench.expire(deadline_s, f"supply at {target_T:.4g} T")


def _voltage(bench: Bench, magnet: Magnet) -> float:
    for _ in range(_LOOKS):
        voltage_V = magnet.read_supply_voltage()
        if abs(voltage_V) < _NO_VOLTAGE_V:
            return voltage_V
        bench.pause(0.5)
    raise GuardTripped(
        f"the supply's voltage reads {voltage_V:g} V again and again, which cannot be; whether the coil follows the"
        " supply is not known, and nothing more was moved"
    )

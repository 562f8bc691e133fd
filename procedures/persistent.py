"""Persistent mode on request: the coil at a field behind its closed switch, the supply at zero."""

from instruments.errors import GuardTripped
from instruments.roles import Magnet, MagnetState
from procedures.bench import Bench
from procedures.moves import go_to_field
from procedures.switch import (
    COIL_TOLERANCE_T,
    SWITCH_MATCH_T,
    bring_to_rest,
    check_healthy,
    describe,
    in_reach,
    in_words,
    known_coil_field,
    move_supply,
    see_that_coil_stays,
    switched_magnet,
    wait_for_switch,
)


def set_field(bench: Bench, field_T: float, rate_T_per_min: float, persistent: bool) -> None:
    """Go to a field, and when asked make the magnet persistent there."""
    if persistent:
        go_persistent(bench, field_T, rate_T_per_min)
    else:
        go_to_field(bench, field_T, rate_T_per_min)


def go_persistent(bench: Bench, field_T: float | None, rate_T_per_min: float) -> None:
    """Go to a field (None: the present one), close the switch, and run the supply down to zero.

    A magnet that is persistent there already, its supply anywhere on the way, is taken over as it is.

    Raises:
        ConfigurationError: no magnet with a switch; nothing was done.
        LimitError: the field is beyond the magnet; nothing was sent.
        GuardTripped: a fault, a coil field that is not known, a heater or switch that does not do what it says, a
            magnet that is persistent at another field; the message says what was left how.
        MagnetQuenched: the magnet quenched on the way.
    """
    magnet = switched_magnet(bench.station)
    if field_T is not None:
        bench.station.limits.magnet.check_field(field_T)
    check_healthy(magnet)
    wait_for_switch(bench, magnet)
    if not _is_there(bench, magnet, field_T):
        target_T = in_reach(bench, magnet.read_field()) if field_T is None else field_T
        bench.say(f"going to {target_T:.4g} T, to be held by a persistent magnet")
        go_to_field(bench, target_T, rate_T_per_min)
        _close_switch(bench, magnet)
    _run_down(bench, magnet)


def _is_there(bench: Bench, magnet: Magnet, field_T: float | None) -> bool:
    """Whether the coil already stands at the field behind a closed switch."""
    if magnet.switch_is_open():
        return False
    coil_T = known_coil_field(bench, magnet)
    return field_T is None or abs(coil_T - field_T) <= COIL_TOLERANCE_T


def _close_switch(bench: Bench, magnet: Magnet) -> None:
    bring_to_rest(bench, magnet)
    field_T = magnet.read_field()
    bench.say(f"the field stands at {field_T:.4f} T; turning the switch heater off and letting the switch cool")
    bench.persistent_T = field_T
    magnet.set_switch_heater(False)
    wait_for_switch(bench, magnet)
    if magnet.status().state is not MagnetState.PERSISTENT:
        raise GuardTripped(
            f"the switch heater was turned off, and the supply does not say so ({describe(magnet)}); nothing more"
            " was moved: supply and coil stand at one field. Compare with the supply's panel"
        )
    coil_T = magnet.read_field()
    if abs(coil_T - field_T) > COIL_TOLERANCE_T:
        raise GuardTripped(
            f"the field of the coil is not known: the switch closed at {field_T:.4f} T, and the supply remembers"
            f" {coil_T:.4f} T; nothing more was moved"
        )


def _run_down(bench: Bench, magnet: Magnet) -> None:
    bring_to_rest(bench, magnet)
    coil_T = known_coil_field(bench, magnet)
    if abs(magnet.read_supply_field()) > SWITCH_MATCH_T:
        bench.say(f"the switch is closed ({describe(magnet)}): seeing that the coil stays when the supply moves")
        see_that_coil_stays(bench, magnet)
        bench.say("the coil stays; running the supply down to zero")
        move_supply(bench, magnet, 0.0)
        bring_to_rest(bench, magnet)
    kept_T, supply_T = magnet.read_field(), magnet.read_supply_field()
    if abs(kept_T - coil_T) > COIL_TOLERANCE_T or abs(supply_T) > SWITCH_MATCH_T:
        raise GuardTripped(
            f"coil and supply should read {coil_T:.4f} T and 0 T, and read {kept_T:.4f} T and {supply_T:.4f} T; the"
            " supply holds"
        )
    bench.persistent_T = kept_T
    bench.say(f"the magnet is persistent: coil at {kept_T:.4f} T, supply at {in_words(supply_T)}")

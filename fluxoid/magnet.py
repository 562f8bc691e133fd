"""``fluxoid magnet``: what a magnet is doing, and persistent mode there and back, told step by step."""

from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace

from fluxoid import notation
from fluxoid.measure.parts import field_rate_check
from fluxoid.station_buses import buses_of
from fluxoid.stopping import stop_on_signal
from instruments.errors import ConfigurationError, FluxoidError, InstrumentError, RunStopped
from instruments.opening import open_station
from instruments.roles import Magnet, MagnetState
from instruments.station import Station
from instruments.station_file import StationFile
from procedures.bench import Bench, Level
from procedures.guards import standard_guards
from procedures.moves import magnet_of
from procedures.persistent import go_persistent
from procedures.switch import COMMAND, SWITCH_MATCH_T, describe, in_words, leave_persistent, switched_magnet

#: While something is waited for, a line about every so many seconds of the rack's time.
PROGRESS_S = 60.0

#: What each state of a magnet lets a person do next.
_NEXT = {
    MagnetState.HEATING_SWITCH: "the heater is on, supply and coil match; let the switch warm before anything",
    MagnetState.COOLING_SWITCH: "the heater is off, supply and coil match; let the switch cool before anything",
    MagnetState.QUENCHED: "inspect the cryostat, then acknowledge the quench at the supply",
    MagnetState.FAULT: "see to the supply",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of the magnet; ``field_T`` None is the present field, a rate None the limits of the station."""

    persistent: bool = False
    leave: bool = False
    field_T: float | None = None
    rate_T_per_min: float | None = None


def work_magnet(
    file: StationFile,
    wish: Wish,
    say: Callable[[str], None],
    agree: Callable[[str], bool],
    stopping: Callable[[], AbstractContextManager[Callable[[], bool]]] = stop_on_signal,
) -> bool:
    """Tell how the magnet stands, and do what is wished once ``agree`` says so; whether it was done.

    ``stopping`` gives what is asked, while anything moves, whether a person wants it to stop.

    Raises:
        ConfigurationError: no magnet, or none with a switch to be worked; nothing was set.
        LimitError: field or rate beyond the limits; nothing was set.
        RunStopped: it went wrong or was stopped on the way; the magnet holds, and how it stands was said.
    """
    plan = file.plan()
    if "magnet" not in plan.instruments:
        raise ConfigurationError(f"station {file.name} has no magnet")
    part = replace(plan, instruments={"magnet": plan.instruments["magnet"]})
    with buses_of(file) as (clock, manager), closing(open_station(part, clock, manager)) as station:
        magnet = magnet_of(station)
        say(_standing(magnet))
        if not (wish.persistent or wish.leave):
            return True
        switched_magnet(station)
        _check(station, wish)
        for number, step in enumerate(_steps(wish), start=1):
            say(f"  {number}. {step}")
        if not agree(_question(magnet)):
            return False
        start_s = clock.now()

        def tell(text: str) -> None:
            say(f"{notation.duration(clock.now() - start_s)}  {text}")

        with stopping() as should_stop:  # not before: at the question Ctrl-C is an answer
            bench = Bench(station, standard_guards(station), should_stop, _log_to(tell), _Progress(magnet, tell))
            _perform(bench, wish, tell)
        say(_standing(magnet))
    return True


def _check(station: Station, wish: Wish) -> None:
    if wish.field_T is not None:
        station.limits.magnet.check_field(wish.field_T)
    if wish.rate_T_per_min is not None:
        _, check = field_rate_check(station.limits, wish.rate_T_per_min)
        check()


def _fastest(station: Station) -> float:
    return max(segment.max_rate_T_per_min for segment in station.limits.magnet.segments)


def _steps(wish: Wish) -> list[str]:
    there = (
        "stay at the present field"
        if wish.field_T is None
        else f"ramp to {wish.field_T:g} T and wait until it is there"
    )
    steps = [
        f"{there}; hold; switch heater off; let the switch cool",
        "move the supply a little: its voltage must show that the coil stays",
        "run the supply down to zero, and see that the coil still reads its field",
    ]
    back = [
        "run the supply up to the field that it remembers of the coil, and see that both match",
        "switch heater on; let the switch warm",
        "move supply and coil by some mT and back: the voltage must show that the coil follows",
    ]
    return (steps if wish.persistent else []) + (back if wish.leave else [])


def _question(magnet: Magnet) -> str:
    if magnet.switch_is_open():
        return "Go on?"
    return (
        f"The supply remembers {in_words(magnet.read_field())} of the coil. If your notes or a Hall probe say"
        " otherwise, do not go on: a switch that opens on another current quenches the magnet. Go on?"
    )


def _log_to(tell: Callable[[str], None]) -> Callable[[Level, str], None]:
    return lambda level, text: tell(text if level == "info" else f"{level.upper()}: {text}")


def _perform(bench: Bench, wish: Wish, tell: Callable[[str], None]) -> None:
    station, magnet = bench.station, magnet_of(bench.station)
    try:
        if wish.persistent:
            go_persistent(bench, wish.field_T, wish.rate_T_per_min or _fastest(station))
        if wish.leave:
            leave_persistent(bench, magnet)
    except BaseException as error:
        for failure in station.make_safe():
            tell(f"ERROR: {failure}; the supply may go on with what it was told: hold it at its panel")
        bench.attempt(lambda: tell(f"stopped; {_standing(magnet)}"))
        if isinstance(error, InstrumentError):
            raise RunStopped(str(error)) from error
        raise


def _standing(magnet: Magnet) -> str:
    """How the magnet stands, and what can be done from there."""
    status = magnet.status()
    if status.state in (MagnetState.QUENCHED, MagnetState.FAULT):
        return f"the magnet: {status.state.value} ({status.detail}); {_NEXT[status.state]}"
    text = f"the magnet: {describe(magnet)}"
    if status.state is MagnetState.PERSISTENT:
        apart = abs(magnet.read_field() - magnet.read_supply_field()) > SWITCH_MATCH_T
        return f"{text}; runs leave its field alone until: {COMMAND}" if apart else text
    return f"{text}; {_NEXT[status.state]}" if status.state in _NEXT else text


class _Progress:
    """A line now and then while something is waited for."""

    def __init__(self, magnet: Magnet, say: Callable[[str], None]) -> None:
        self._magnet, self._say = magnet, say
        self._said_s: float | None = None

    def __call__(self, bench: Bench) -> None:
        now_s = bench.clock.now()
        if self._said_s is None:
            self._said_s = now_s
        if now_s - self._said_s < PROGRESS_S:
            return
        self._said_s = now_s
        try:
            self._say(f"  {bench.phase}: {describe(self._magnet)}")
        except FluxoidError as error:
            self._say(f"  {bench.phase}: {error}")

"""``fluxoid station FILE --identify``: who is at each address of a station, compared with what the file declares.

Only questions are sent, and none that empties an error queue. The one register that a question clears is the heater
error of a Lake Shore controller, which is told here.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace

import pyvisa

from instruments.addresses import canonical
from instruments.clock import Clock
from instruments.drivers.recognition import driver_of
from instruments.errors import FluxoidError, IdentityError
from instruments.opening import open_station
from instruments.roles import Identity, Scalar
from instruments.station import Station, StationPlan


@dataclass(frozen=True, slots=True)
class Answer:
    """What one address said: identity and settings by role, or why there is none."""

    address: str
    driver: str
    roles: tuple[str, ...]
    identity: Identity | None = None
    settings: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)
    problem: str = ""


def identify_station(plan: StationPlan, clock: Clock, manager: pyvisa.ResourceManager) -> Iterator[Answer]:
    """Open the instruments one after the other, ask, close; one that fails does not keep the others from it."""
    by_address: dict[str, list[str]] = {}
    for role, instrument in plan.instruments.items():
        by_address.setdefault(canonical(instrument.address), []).append(role)
    for roles in by_address.values():
        first = plan.instruments[roles[0]]
        asked = Answer(first.address, first.driver, tuple(roles))
        part = replace(plan, instruments={role: plan.instruments[role] for role in roles})
        try:
            with closing(open_station(part, clock, manager)) as station:
                yield _ask(station, asked)
        except IdentityError as error:
            yield replace(asked, problem=f"{error}{_other_driver(str(error))}")
        except FluxoidError as error:
            yield replace(asked, problem=str(error))


def _ask(station: Station, asked: Answer) -> Answer:
    identity = next(iter(station.identify().values()))
    settings: dict[str, Mapping[str, Scalar]] = {}
    problems: list[str] = []
    for role, instrument in station.instruments():
        try:
            settings[role] = instrument.snapshot()
        except FluxoidError as error:
            problems.append(f"{role}: {error}")
    if station.magnet is not None:
        try:
            status = station.magnet.status()
            words = f"{status.state.value} ({status.detail})" if status.detail else status.state.value
            settings["magnet"] = {"status": words, **settings.get("magnet", {})}
        except FluxoidError as error:
            problems.append(f"magnet: {error}")
    return replace(asked, identity=identity, settings=settings, problem="; ".join(problems))


def _other_driver(text: str) -> str:
    found = text.partition("; found '")[2].rpartition("'")[0]
    driver = driver_of(found)
    return f"; the driver for it is {driver}" if driver else ""


def describe(answer: Answer) -> list[str]:
    """Lines for people: address, who answered, every setting."""
    lines = [f"{', '.join(answer.roles)}: {answer.driver} at {answer.address}"]
    if answer.identity is not None:
        who = answer.identity
        serial = f", serial {who.serial}" if who.serial else ""
        lines.append(f"  {who.vendor} {who.model}{serial}, firmware {who.firmware}")
    for role, settings in answer.settings.items():
        for name, value in settings.items():
            owner = f"{role}: " if len(answer.roles) > 1 else ""
            lines.append(f"    {owner}{name} = {_text(value)}")
    if answer.problem:
        lines.append(f"  PROBLEM: {answer.problem}")
    return lines


def _text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value + 0.0:g}" if isinstance(value, float) else str(value) or "none"

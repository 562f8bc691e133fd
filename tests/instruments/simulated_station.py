"""A station file, by default the TeslatronPT of configs/, on a simulated rack in virtual time."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import pyvisa

from instruments.clock import VirtualClock
from instruments.errors import CommunicationError, InstrumentError
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.files import cryostat_settings, load_sample
from instruments.simulation.rack import Option, Rack, RackInstrument, build_rack
from instruments.simulation.specimen import Specimen
from instruments.simulation.visa import open_resource_manager
from instruments.station import Station, StationPlan
from instruments.station_file import StationFile, load_station

CONFIGS = Path(__file__).parents[2] / "configs"
STATIONS = CONFIGS / "stations"
MFLI_ADDRESS = "mfli://192.168.1.51:8004/dev1234"
#: Nonsense, nothing, the number that many instruments send for an overload, and bytes that are no text.
GARBAGE = (b"#?\x07~", b"", b"9.91E37", b"\xff\xfe")


def with_section(text: str, role: str, *lines: str, named: str = "") -> str:
    """The text of a station file in which a role (from then on ``named``) has another instrument."""
    section = "".join(f"    {line}\n" for line in lines)
    text, count = re.subn(rf"  {role}:.*\n(    .*\n)+", rf"  {named or role}:\n{section}", text, count=1)
    assert count == 1
    return text


def teslatron_with(folder: Path, driver: str = "mfli", address: str = MFLI_ADDRESS, more: str = "") -> Path:
    """A station file: the TeslatronPT with another lock-in (``more`` is what else its section says)."""
    text = (STATIONS / "teslatron_pt12.yaml").read_text("utf-8")
    path = folder / f"{driver}.yaml"
    lines = (f"driver: {driver}", f"address: {address}", *map(str.strip, more.splitlines()))
    path.write_text(with_section(text, "lock_in", *lines), "utf-8")
    return path


@dataclass(frozen=True)
class SimulatedStation:
    plan: StationPlan
    clock: VirtualClock
    rack: Rack
    cryostat: Cryostat
    manager: pyvisa.ResourceManager


@cache
def _station(path: Path, _: int) -> StationFile:
    return load_station(path)


@cache
def _sample() -> Specimen:
    return load_sample(CONFIGS / "samples" / "2h_nbs2.yaml").sample()


def simulated_station(
    seed: int = 1,
    path: Path = STATIONS / "teslatron_pt12.yaml",
    rack_options: Mapping[str, Option] | None = None,
    sample: Specimen | None = None,
) -> SimulatedStation:
    """``rack_options`` are of the simulated instruments only, such as the units at a front panel."""
    station = _station(path, path.stat().st_mtime_ns)
    if sample is None:
        sample = _sample()
    clock = VirtualClock()
    cryostat = Cryostat(clock, cryostat_settings(station), sample, "out_of_plane", seed)
    plan = station.plan()
    wiring = {"ballast_ohm": plan.wiring.lock_in_ballast_ohm}
    entries = [
        RackInstrument(p.driver, p.address, {"role": role, **wiring, **p.options, **(rack_options or {})})
        for role, p in plan.instruments.items()
    ]
    rack = build_rack(clock, cryostat, entries)
    return SimulatedStation(plan, clock, rack, cryostat, open_resource_manager(rack))


def written_station(
    folder: Path, text: str, rack_options: Mapping[str, Option] | None = None, sample: Specimen | None = None
) -> SimulatedStation:
    """The same from the text of a station file."""
    path = folder / "station.yaml"
    path.write_text(text, "utf-8")
    return simulated_station(path=path, rack_options=rack_options, sample=sample)


def later(station: Station, time_s: float) -> None:
    """Let virtual time pass."""
    assert isinstance(station.clock, VirtualClock)
    station.clock.sleep(time_s)


def box_of(simulated: SimulatedStation, role: str) -> Any:
    """What has a role in the simulated rack."""
    return simulated.rack.box(simulated.plan.instruments[role].address)


def fails_and_recovers(
    simulated: SimulatedStation,
    station: Station,
    role: str,
    read: str,
    garbage: Sequence[bytes] = GARBAGE,
    silence: str = "",
) -> None:
    """Silence is a communication error that names the address, garbage an error and never a value.

    The answer after each is right. ``silence`` is what else the first error says.
    """
    box, ask = box_of(simulated, role), getattr(station.require(role), read)
    box.go_silent()
    with pytest.raises(CommunicationError, match=silence or simulated.plan.instruments[role].address):
        ask()
    box.heal()
    ask()
    for reply in garbage:
        box.garble_next_reply(reply)
        with pytest.raises(InstrumentError):
            ask()
        ask()

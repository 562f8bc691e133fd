"""A station file, by default the TeslatronPT of configs/, on a simulated rack in virtual time."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyvisa

from instruments.clock import VirtualClock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.files import cryostat_settings, load_sample
from instruments.simulation.rack import Option, Rack, RackInstrument, build_rack
from instruments.simulation.specimen import Specimen
from instruments.simulation.visa import open_resource_manager
from instruments.station import StationPlan
from instruments.station_file import StationFile, load_station

CONFIGS = Path(__file__).parents[2] / "configs"


MFLI_ADDRESS = "mfli://192.168.1.51:8004/dev1234"


def teslatron_with(folder: Path, driver: str = "mfli", address: str = MFLI_ADDRESS, more: str = "") -> Path:
    """A station file: the TeslatronPT with another lock-in (``more`` is what else its section says)."""
    text = (CONFIGS / "stations" / "teslatron_pt12.yaml").read_text("utf-8")
    section = "  lock_in:\n    driver: sr830\n    address: GPIB0::8::INSTR\n"
    assert section in text
    path = folder / f"{driver}.yaml"
    path.write_text(
        text.replace(section, f"  lock_in:\n    driver: {driver}\n    address: {address}\n{more}"), "utf-8"
    )
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
    path: Path = CONFIGS / "stations" / "teslatron_pt12.yaml",
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

"""The simulated rack that a station file describes, with a sample in its cryostat."""

from pathlib import Path

from instruments.clock import Clock
from instruments.errors import ConfigurationError
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.files import cryostat_settings, load_sample
from instruments.simulation.rack import Option, Rack, RackInstrument
from instruments.simulation.resistor import Resistor
from instruments.simulation.specimen import Specimen
from instruments.station_file import StationFile
from instruments.yaml_lines import suggest


def station_rack(station: StationFile, sample: Specimen, orientation: str, clock: Clock, seed: int) -> Rack:
    """The station's instruments on a simulated cryostat with this sample in it.

    Raises:
        ConfigurationError: the station has no simulation section, or the sample no such orientation.
    """
    cryostat = Cryostat(clock, cryostat_settings(station), sample, orientation, seed)
    return Rack(clock, cryostat, rack_instruments(station))


def rack_instruments(station: StationFile) -> list[RackInstrument]:
    """The station's instruments as the simulated rack builds them."""
    plan = station.plan()
    common: dict[str, Option] = {
        "ballast_ohm": plan.wiring.lock_in_ballast_ohm,
        "longitudinal_channel": plan.wiring.longitudinal_channel,
        "hall_channel": plan.wiring.hall_channel,
        "other_groups": " ".join(station.simulation.magnet.other_groups) if station.simulation else "",
    }
    return [
        RackInstrument(instrument.driver, instrument.address, {**common, "role": role, **instrument.options})
        for role, instrument in plan.instruments.items()
    ]


def specimen_and_orientation(path: Path | str | None, orientation: str | None) -> tuple[Specimen, str]:
    """A sample and the direction of the field to it; without a file a resistor, without a direction its first.

    Raises:
        ConfigurationError: the file is wrong or has no truth, or the sample no such orientation.
    """
    sample: Specimen = Resistor() if path is None else load_sample(path).sample()
    known = list(sample.orientations)
    if orientation is not None and orientation not in known:
        allowed = " and ".join(map(repr, known))
        raise ConfigurationError(
            f"orientation: found {orientation!r}; sample {sample.name} has {allowed}" + suggest(orientation, known)
        )
    return sample, orientation or known[0]

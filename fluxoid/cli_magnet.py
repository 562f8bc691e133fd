"""The command ``magnet``. Heavy imports are inside, for a ``--help`` without delay."""

import sys
from pathlib import Path

import click

STOPPED = 130


@click.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="STATION")
@click.option("--persistent", is_flag=True, help="Make the magnet persistent: switch closed, supply at zero.")
@click.option(
    "--leave-persistent",
    "leave",
    is_flag=True,
    help="Run the supply to the field of the coil, and open the switch.",
)
@click.option(
    "--field", type=float, metavar="T", help="Go there first, with --persistent; default: the present field."
)
@click.option(
    "--rate",
    type=click.FloatRange(0, min_open=True),
    metavar="T/MIN",
    help="Of going there, where the station allows as much; default: as fast as the station allows.",
)
@click.option("--yes", is_flag=True, help="Do not ask before anything moves.")
def magnet(file: Path, persistent: bool, leave: bool, field: float | None, rate: float | None, yes: bool) -> None:
    """Tell how the magnet stands; make it persistent, or take it out of persistent mode.

    \b
    How does it stand? Nothing is set.
      fluxoid magnet my_station.yaml
    Hold 3 T without a current through the leads
      fluxoid magnet my_station.yaml --persistent --field 3
    Back, so that the field can be swept again
      fluxoid magnet my_station.yaml --leave-persistent

    Every step is told, and checked before the next: the field has arrived and stands; the switch had its time
    (switch_time of the station file; an AMI 430 knows its own); supply and coil carry the same current before the
    heater is turned on. Whether the coil stays or follows is seen by the supply's voltage, because flags may lie.
    While the coil is persistent the supply moves at limits.magnet.leads_rate; without it, as slowly as the coil.

    Ctrl-C stops at the next look: the supply holds, how everything stands is told, and the same command goes on
    from there. A quench or a fault ends it at once. On a simulated station all of it takes virtual time, and begins
    anew with every call: try both options together.
    """
    from fluxoid.magnet import Wish, work_magnet
    from instruments.errors import ConfigurationError
    from instruments.station_file import load_station

    if not persistent and (field is not None or rate is not None):
        raise ConfigurationError("--field and --rate belong to --persistent; nothing was done")
    wish = Wish(persistent, leave, field, rate)

    def agree(question: str) -> bool:
        try:
            return yes or click.confirm(question)
        except click.Abort:  # Ctrl-C, or nobody there to answer
            click.echo()
            return False

    loaded = load_station(file)
    if not work_magnet(loaded, wish, click.echo, agree):
        click.echo("nothing was moved", err=True)
        sys.exit(STOPPED)

"""Commands about racks: ``station`` and ``simulate``. Heavy imports are inside, for a ``--help`` without delay."""

import sys
from pathlib import Path

import click

FAILED = 1
_FILE = click.Path(path_type=Path)


class _StationGroup(click.Group):
    """``station FILE`` is ``station show FILE``: whatever is no command is a file."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = [word for word in args if not word.startswith("-")]
        if words and words[0] not in self.commands:
            args = ["show", *args]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "STATION [--identify]")
        formatter.write_usage(ctx.command_path, "new [--out FILE] [--backend NAME] [--address ADDRESS]...")


@click.group(cls=_StationGroup)
def station() -> None:
    """Look at a station file, ask its instruments who they are, or write a new one from what is on the buses."""


@station.command("show", short_help="STATION [--identify]: validate a station file; ask its instruments.")
@click.argument("file", type=_FILE, metavar="STATION")
@click.option(
    "--identify", is_flag=True, help="Ask every instrument who it is, and its settings and alarms; nothing is set."
)
def show(file: Path, identify: bool) -> None:
    """Validate a station file and list its instruments; with --identify ask each of them who it is.

    Nothing is set: only questions are sent. An instrument that does not answer, or is another one than the file
    says, is told, the others are asked all the same, and the exit code is 1.
    """
    from instruments.station_file import load_station

    loaded = load_station(file)
    click.echo(f"{loaded.name}, backend {loaded.backend}")
    if not identify:
        for role, plan in loaded.plan().instruments.items():
            click.echo(f"  {role:<20}{plan.driver:<16}{plan.address}")
        return
    from fluxoid.identification import describe, identify_station
    from fluxoid.station_buses import buses_of

    problems = 0
    with buses_of(loaded) as (clock, manager):
        for answer in identify_station(loaded.plan(), clock, manager):
            click.echo("\n".join(describe(answer)))
            problems += bool(answer.problem)
    if problems:
        click.echo(f"{problems} of the addresses did not answer as declared", err=True)
        sys.exit(FAILED)


@station.command("new", short_help="Write a station file from what is found on the buses.")
@click.option("--out", type=_FILE, default=Path("station.yaml"), show_default=True, help="The file to write.")
@click.option(
    "--backend",
    help="visa, pyvisa-py, or any library that pyvisa takes; by default visa when it is installed, else pyvisa-py.",
)
@click.option(
    "--address",
    "addresses",
    multiple=True,
    help="Ask here too, such as TCPIP0::192.168.1.11::7020::SOCKET: sockets cannot be listed. Repeatable.",
)
@click.option(
    "--timeout", type=click.FloatRange(0.05, 60), default=1.0, show_default=True, help="Seconds to wait for each."
)
def new(out: Path, backend: str | None, addresses: tuple[str, ...], timeout: float) -> None:
    """Ask who is on the buses and write a commented station file, to be filled in.

    Every instrument is asked its name (*IDN?; a silent socket whether it is MultiPyVu's), and nothing else is sent.
    Limits, wiring and calibration are left open, and fluxoid check refuses the file until they are filled in. No
    file is ever overwritten.
    """
    from contextlib import closing

    from fluxoid.bus_scan import open_buses, scan
    from fluxoid.station_draft import draft, write_draft
    from instruments.errors import ConfigurationError

    if out.exists():
        raise ConfigurationError(f"{out}: exists already and is left as it is; name another with --out")
    name, manager = open_buses(backend)
    found = []
    with closing(manager):
        for each in scan(manager, addresses, timeout):
            click.echo(f"  {each.address}: {each.identity or each.problem} ({each.driver or 'no driver for it'})")
            found.append(each)
    if not any(each.driver for each in found):
        click.echo(f"no instrument that a driver is made for was found by {name}; nothing was written", err=True)
        sys.exit(FAILED)
    write_draft(out, draft(found, name))
    click.echo(f"{out}: fill in what is left open, then: fluxoid station {out} --identify")


@click.command()
@click.argument("file", type=_FILE, metavar="STATION")
@click.option("--sample", type=_FILE, metavar="FILE", help="Sample in the cryostat; without it a 10 Ohm resistor.")
@click.option("--orientation", help="Direction of the field, a word of the sample file; default: its first.")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Of noise and calibration errors."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; loopback unless given.")
@click.option(
    "--port-base",
    type=click.IntRange(0, 65535),
    default=7100,
    show_default=True,
    help="Instruments get this port and those after it; 0: any that are free.",
)
@click.option(
    "--virtual-speed",
    type=click.FloatRange(0, min_open=True),
    default=1.0,
    show_default=True,
    help="How many times as fast the rack's time runs.",
)
def simulate(
    file: Path,
    sample: Path | None,
    orientation: str | None,
    seed: int,
    host: str,
    port_base: int,
    virtual_speed: float,
) -> None:
    """Serve the simulated instruments of a station over TCP, one port each, until Ctrl-C.

    Any program can connect: PyVISA by the addresses that are printed, others by plain sockets, one line a command.
    All are on one cryostat. Nothing outside this computer can connect unless --host says so.
    """
    from fluxoid.simulate import simulate as serve

    def warn(text: str) -> None:
        click.echo(f"warning: {text}", err=True)

    serve(
        file,
        sample,
        orientation,
        seed=seed,
        host=host,
        first_port=port_base,
        speed=virtual_speed,
        say=click.echo,
        warn=warn,
    )
